"""Policies: data with effective dates, read from YAML."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

from gongzao.kernel import InvalidInput, InvalidValue, Money, Problem, parse_date, parse_percent, parse_whole
from gongzao.kernel.marked import Marked, read_yaml
from gongzao.research.errors import InvalidPolicy
from gongzao.research.model import check_amount, check_id, check_text
from gongzao.research.plain import LATER


@dataclass(frozen=True, slots=True)
class Floors:
    """What a contribution must come to before it gives a right.

    Parameters
    ----------
    pledge_percent
        Least value of one pledge [% of the minimum's cost, cash and kind]; less is taken only if it closes what is
        missing.
    pledges
        Most pledges of one party in one project, withdrawn ones included.
    vote_percent
        Least part of all contributions with which who joined during the campaign has a vote [%].
    """

    pledge_percent: Decimal
    pledges: int
    vote_percent: Decimal

    def __post_init__(self) -> None:
        check_amount("floors.pledges", self.pledges)
        for percent in (self.pledge_percent, self.vote_percent):
            _check_percent(percent)


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """The rules in force from one day on.

    Parameters
    ----------
    id
        Identifier, such as ``hebei-2024``.
    first, last
        First day in force, and last day (None: until the next version).
    minimum_applicants
        Organisations that must apply together, at least 2.
    public_percent
        Largest part of the total cost that the public institute may carry [%].
    public_limit
        Largest support for one project [fen].
    exceptions
        Whether single projects may be let beyond both limits by a recorded decision.
    source_zh, source_en
        Where the rules are published.
    floors
        What a contribution must come to; None: nothing is asked.
    """

    id: str
    first: date
    last: date | None
    minimum_applicants: int
    public_percent: Decimal
    public_limit: int
    exceptions: bool
    source_zh: str
    source_en: str
    floors: Floors | None = field(default=None, metadata=LATER)

    def __post_init__(self) -> None:
        check_id("policy.id", self.id)
        check_text("policy.source", self.source_zh)
        _check_limits(self.public_percent, self.public_limit)
        if self.minimum_applicants < 2:
            raise InvalidPolicy(
                "policy.applicants",
                en=f"at least 2 applicants make a crowd, got {self.minimum_applicants}",
                zh=f"申报单位下限不得少于2家，收到 {self.minimum_applicants}",
            )
        if self.last is not None and self.last < self.first:
            raise InvalidPolicy("policy.dates", en="the last day is before the first", zh="失效日期早于生效日期")


@dataclass(frozen=True, slots=True)
class Exemption:
    """A recorded case-by-case decision that sets other limits for one project.

    Parameters
    ----------
    project
        Id of the proposal.
    public_percent, public_limit
        The limits that hold instead [%], [fen].
    reason, decided_by, decided_on
        Why, by whom, and when.
    """

    project: str
    public_percent: Decimal
    public_limit: int
    reason: str
    decided_by: str
    decided_on: date

    def __post_init__(self) -> None:
        _check_limits(self.public_percent, self.public_limit)
        check_text("exemption.reason", self.reason)
        check_text("exemption.decided_by", self.decided_by)


def _check_limits(percent: Decimal, limit: int) -> None:
    check_amount("public_limit", limit, 0)
    _check_percent(percent)


def _check_percent(percent: Decimal) -> None:
    if not percent.is_finite() or not 0 <= percent <= 100:
        raise InvalidPolicy("policy.percent", en=f"must be 0–100 %, got {percent}", zh=f"须为0—100%，收到 {percent}")


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy with all its versions, oldest first, none overlapping."""

    id: str
    name_zh: str
    name_en: str
    versions: tuple[PolicyVersion, ...]

    def __post_init__(self) -> None:
        check_id("policy.id", self.id)
        if not self.versions:
            raise InvalidPolicy("policy.empty", en="a policy needs a version", zh="政策至少要有一个版本")
        for before, after in pairwise(self.versions):
            if after.first <= (before.last or before.first):
                raise InvalidPolicy(
                    "policy.overlap",
                    en=f"{after.id} begins on {after.first}, inside {before.id}",
                    zh=f"{after.id} 自 {after.first} 起生效，与 {before.id} 重叠",
                )

    def on(self, day: date) -> PolicyVersion:
        """Return the version in force on a day.

        Raises
        ------
        InvalidPolicy
            ``policy.not_in_force``.
        """
        started = [version for version in self.versions if version.first <= day]
        if not started or (started[-1].last is not None and started[-1].last < day):
            raise InvalidPolicy(
                "policy.not_in_force",
                en=f"{self.id} has no version in force on {day}",
                zh=f"{day} 没有生效的 {self.id} 版本",
            )
        return started[-1]


def shipped_policies() -> dict[str, Path]:
    """Return the policies that come with the package: path of the YAML file by policy id (the file's name)."""
    folder = Path(str(files("gongzao.research") / "policies"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


_VERSION_KEYS = (
    "id",
    "from",
    "until",
    "minimum_applicants",
    "public_percent",
    "public_limit_yuan",
    "exceptions",
    "source",
    "pledge_floor_percent",
    "pledges_per_party",
    "vote_floor_percent",
)


def load_policy(path: Path) -> Policy:
    """Read a policy.

    Raises
    ------
    InvalidInput
        With every problem found: file, line, entry, rule, value.

    Examples
    --------
    >>> load_policy(shipped_policies()["hebei"]).on(date(2025, 6, 1)).public_percent
    Decimal('30')
    """
    problems: list[Problem] = []
    root = read_yaml(path, ("policy", "versions"), problems)
    made = None if root is None else _policy(root)
    if problems or made is None:
        raise InvalidInput(problems)
    return made


def _policy(root: Marked) -> Policy | None:
    head = root.mapping("policy", ("id", "name"))
    policy_id, name = (head.text("id"), head.words("name")) if head else ("", None)
    versions = [_version(entry) for entry in root.entries("versions", _VERSION_KEYS)]
    if root.problems or name is None:
        return None
    try:
        return Policy(policy_id, *name, tuple(version for version in versions if version is not None))
    except InvalidValue as error:
        root.refuse("versions", error)
        return None


def _version(entry: Marked) -> PolicyVersion | None:
    before = len(entry.problems)
    first, last = entry.read("from", parse_date), entry.read("until", parse_date, required=False)
    least = entry.read("minimum_applicants", parse_whole)
    percent = entry.read("public_percent", parse_percent)
    limit = entry.read("public_limit_yuan", lambda text: Money.parse(text).fen)
    exceptions = entry.read("exceptions", _yes_or_no)
    source = entry.words("source")
    version_id = entry.text("id")
    floors = _floors(entry)
    if len(entry.problems) > before or first is None or least is None or percent is None or limit is None:
        return None
    if source is None or exceptions is None:
        return None
    try:
        return PolicyVersion(version_id, first, last, least, percent, limit, exceptions, *source, floors)
    except InvalidValue as error:
        entry.refuse("", error)
        return None


def _floors(entry: Marked) -> Floors | None:
    """Read the floors: all three, or none."""
    pledge = entry.read("pledge_floor_percent", parse_percent, required=False)
    pledges = entry.read("pledges_per_party", parse_whole, required=False)
    vote = entry.read("vote_floor_percent", parse_percent, required=False)
    if pledge is None and pledges is None and vote is None:
        return None
    try:
        if pledge is None or pledges is None or vote is None:
            raise InvalidPolicy("policy.floors", en="give all three floors", zh="三项下限须一并给出")
        return Floors(pledge, pledges, vote)
    except InvalidValue as error:
        entry.refuse("pledge_floor_percent", error)
        return None


_YES_NO: Mapping[str, bool] = {"true": True, "false": False}


def _yes_or_no(text: str) -> bool:
    if text not in _YES_NO:
        raise InvalidPolicy("choice", en="expected true or false", zh="须为 true 或 false")
    return _YES_NO[text]
