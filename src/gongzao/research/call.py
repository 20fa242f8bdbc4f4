"""From the needs of single firms to common problems, and the call that publishes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations, pairwise

from gongzao.kernel import Uscc
from gongzao.research.errors import InvalidResearch
from gongzao.research.model import check_id, check_text, check_zone


@dataclass(frozen=True, slots=True)
class Need:
    """What one firm needs, in its own words."""

    id: str
    firm: Uscc
    text: str

    def __post_init__(self) -> None:
        check_id("need.id", self.id)
        check_text("need.text", self.text)


@dataclass(frozen=True, slots=True)
class Topic:
    """A common problem (共性技术需求): needs of at least two firms under one title."""

    id: str
    title: str
    needs: tuple[Need, ...]

    def __post_init__(self) -> None:
        check_id("topic.id", self.id)
        check_text("topic.title", self.title)
        if len({need.firm for need in self.needs}) < 2:
            raise InvalidResearch(
                "topic.private",
                en=f"topic {self.id}: one firm's problem is private, needs of at least two firms make it common",
                zh=f"题目 {self.id}：单个企业的问题不是共性需求，须有至少两家企业的需求",
            )


@dataclass(frozen=True, slots=True)
class Call:
    """A published call: its topics, and when proposals are taken."""

    id: str
    title: str
    topics: tuple[Topic, ...]
    opens: datetime
    closes: datetime

    def __post_init__(self) -> None:
        check_id("call.id", self.id)
        check_text("call.title", self.title)
        check_zone("call.opens", self.opens)
        check_zone("call.closes", self.closes)
        if self.closes <= self.opens:
            raise InvalidResearch("call.period", en="a call closes after it opens", zh="截止时间须晚于开始时间")
        if not self.topics:
            raise InvalidResearch("call.empty", en="a call needs a topic", zh="征集须至少有一个题目")
        used = [need.id for topic in self.topics for need in topic.needs]
        if len(set(used)) < len(used) or len({topic.id for topic in self.topics}) < len(self.topics):
            raise InvalidResearch(
                "call.twice",
                en="a topic id, or a need under two topics, occurs twice",
                zh="题目编号重复，或同一需求列入多个题目",
            )

    def is_open(self, now: datetime) -> bool:
        """Whether proposals are taken at this time."""
        return self.opens <= now < self.closes


def suggest(needs: Sequence[Need], likeness: float = 0.25) -> tuple[tuple[Need, ...], ...]:
    """Return groups of needs that sound alike, largest first: a suggestion for the person who merges them.

    Two needs are alike if the pairs of neighbouring characters they share are at least ``likeness`` of all their pairs
    (Jaccard index); groups are chains of likeness.

    Parameters
    ----------
    needs
        Needs, each text in any language.
    likeness
        0 (all alike) to 1 (same pairs).
    """
    pairs = [_pairs(need.text) for need in needs]
    group = list(range(len(needs)))
    for i, j in combinations(range(len(needs)), 2):
        common = len(pairs[i] & pairs[j])
        if common and common >= likeness * len(pairs[i] | pairs[j]):
            old, new = group[j], group[i]
            group = [new if g == old else g for g in group]
    found: dict[int, list[Need]] = {}
    for need, g in zip(needs, group, strict=True):
        found.setdefault(g, []).append(need)
    return tuple(sorted((tuple(members) for members in found.values()), key=len, reverse=True))


def _pairs(text: str) -> set[str]:
    letters = [c for c in text.lower() if c.isalnum()]
    return {a + b for a, b in pairwise(letters)}
