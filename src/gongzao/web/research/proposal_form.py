"""The sections of a proposal, filled in; the reverse of :mod:`.proposal_reader`."""

from typing import Any

from gongzao.research import Milestone, Proposal
from gongzao.web.research.cells import money_text, time_text
from gongzao.web.research.sections import BY_NAME, Row


def from_proposal(p: Proposal) -> dict[str, Any]:
    """Return what would have to be typed for a proposal."""
    shares = {
        name: {share.party: f"{share.value:f}" for share in given}
        for name, given in (("ownership", p.ownership), ("income", p.income), ("losses", p.losses))
    }
    sharing = [party.id for party in p.parties if any(party.id in given for given in shares.values())]
    return {
        "basics": {
            "title": p.title,
            "content": p.content,
            "goals": "\n".join(p.goals),
            "start": p.start.isoformat(),
            "end": p.end.isoformat(),
        },
        "parties": [
            {"uscc": x.id, "role": x.role.value, "applicant": "yes" if x.applicant else "no"} for x in p.parties
        ],
        "budget": [
            {
                "category": line.category,
                "cash": money_text(line.cash),
                "in_kind": money_text(line.in_kind) if line.in_kind else "",
                "stage": str(line.stage),
            }
            for line in p.budget
        ],
        "tasks": [{"id": task.id, "title": task.title, "party": task.party} for task in p.tasks],
        "milestones": [_milestone_row(m) for m in p.milestones],
        "payees": [
            {"milestone": m.id, "party": part.party, "amount": money_text(part.amount)}
            for m in p.milestones
            for part in m.payees
        ],
        "terms": {name: time_text(at) if (at := getattr(p.terms, name)) else "" for name in _names_of("terms")},
        "support": {
            "support": money_text(p.support),
            "work_hour": money_text(p.rates.work_hour),
            "machine_hour": money_text(p.rates.machine_hour),
        },
        "shares": [
            {"party": code, **{name: given.get(code, "") for name, given in shares.items()}} for code in sharing
        ],
        "rules": {
            "priority_days": str(p.priority_days),
            "amending_by": p.amending.by.value,
            "amending_percent": f"{p.amending.percent:f}",
            "stopping_by": p.stopping.by.value,
            "stopping_percent": f"{p.stopping.percent:f}",
            "reviewers": str(p.reviewers),
        },
    }


def _names_of(section: str) -> list[str]:
    return [column.name for column in BY_NAME[section].columns]


def _milestone_row(m: Milestone) -> Row:
    return {
        "id": m.id,
        "title": m.title,
        "due": m.due.isoformat(),
        "condition": m.condition,
        "amount": money_text(m.amount),
        "stage": str(m.stage),
    }
