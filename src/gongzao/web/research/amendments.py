"""Amendments of a signed contract: what they leave alone, and what they would change."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

from gongzao.kernel import InvalidValue
from gongzao.research import Project as ProjectValue
from gongzao.research import Proposal
from gongzao.web.research import policies, store
from gongzao.web.research.models import Project, Topic
from gongzao.web.research.proposal_faults import check
from gongzao.web.research.proposal_form import from_proposal
from gongzao.web.research.proposal_reader import Fault, Reading, Registered, read
from gongzao.web.research.sections import CAMPAIGN, SECTIONS, Section, Typed, rows_of


def proposal_of(
    project: Project, topic: Topic, data: Typed, registry: Mapping[str, Registered]
) -> tuple[Proposal, tuple[Fault, ...]]:
    """Return the contract's proposal as an amendment would have it, and everything that is wrong with it."""
    value = store.read(project.pk)
    old = value.proposal
    reading = read({**data, **{name: from_proposal(old)[name] for name in CAMPAIGN}}, old.id, old.topic, registry)
    amended = replace(
        reading.proposal,
        parties=old.parties,
        budget=old.budget,
        terms=old.terms,
        rates=old.rates,
        support=old.support,
    )
    mine = tuple(fault for fault in reading.faults if fault.section not in CAMPAIGN)
    known = policies.policies().get(topic.call.policy) if topic.call else None
    names = (known.name_en, known.name_zh) if known else (value.policy.id, value.policy.id)
    return amended, check(Reading(amended, mine), value.policy, names, value.exemption)


def fixed(project: Project, section: str) -> int:
    """Return how many rows of a section, from the first, an amendment leaves alone: milestones done or under review."""
    value = store.read(project.pk)
    return _fixed(value, section)


def _fixed(value: ProjectValue, section: str) -> int:
    done = value.proposal.milestones[: len(value.accepted) + (value.submission is not None)]
    if section == "milestones":
        return len(done)
    return sum(len(milestone.payees) for milestone in done) if section == "payees" else 0


def require_unlocked(project: Project, before: Typed, changes: Mapping[str, Any]) -> None:
    """Refuse changes of what an amendment leaves alone (``draft.locked``)."""
    value = store.read(project.pk)
    for name, content in changes.items():
        kept = _fixed(value, name)
        contract = from_proposal(value.proposal)[name]
        if (name in CAMPAIGN and content != before.get(name)) or (kept and content[:kept] != contract[:kept]):
            raise InvalidValue(
                "draft.locked",
                en="an amendment leaves parties, budget, campaign and milestones accepted or under review as they are",
                zh="合同变更不得改动参与单位、预算、众筹条款及已验收或评审中的里程碑",
            )


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows of a section as the contract has them and as the amendment would; empty where there is none."""

    old: dict[str, str] | None
    new: dict[str, str] | None


def differences(project: Project, data: Typed) -> list[tuple[Section, list[Difference]]]:
    """Return what an amendment changes, by section."""
    contract = from_proposal(store.read(project.pk).proposal)
    found = []
    for section in SECTIONS:
        old, new = rows_of(contract, section), rows_of(data, section)
        if old != new:
            found.append((section, _paired(old, new)))
    return found


def _paired(old: list[dict[str, str]], new: list[dict[str, str]]) -> list[Difference]:
    before, after = [tuple(row.items()) for row in old], [tuple(row.items()) for row in new]
    pairs: list[Difference] = []
    for kind, a, b, c, d in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        pairs += [
            Difference(old[a + n] if a + n < b else None, new[c + n] if c + n < d else None)
            for n in range(max(b - a, d - c))
        ]
    return pairs
