"""A project is the fold of its events."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import reduce, singledispatch

from gongzao.research import events as e
from gongzao.research import facts
from gongzao.research.errors import StepRefused
from gongzao.research.model import Part, Party, Unit
from gongzao.research.state import Phase, Project


def fold(events: Iterable[e.Event]) -> Project:
    """Return the project that a complete log describes.

    Raises
    ------
    StepRefused
        ``project.log`` if the log does not begin with the opening or has a gap.
    """
    first, *rest = events
    return reduce(evolve, rest, start(first))


def start(event: e.Event) -> Project:
    """Return the project after its first event."""
    if event.seq != 1 or not isinstance(event.body, e.Opened):
        raise _broken(event)
    return Project(event.body.proposal.id, event.body.proposal, event.body.policy, event.body.exemption, at=event.at)


def evolve(project: Project, event: e.Event) -> Project:
    """Return the project after one more event; no rule is checked here but the order."""
    if event.seq != project.version + 1:
        raise _broken(event)
    return replace(_apply(event.body, project, event.at), version=event.seq, at=event.at)


def _broken(event: e.Event) -> StepRefused:
    return StepRefused(
        "project.log",
        en=f"the log is not complete: event {event.seq} is out of place",
        zh=f"事件记录不完整：第{event.seq}条位置不符",
    )


def add(amounts: Mapping[str, int], parts: Iterable[Part]) -> dict[str, int]:
    """Return ``amounts`` with the parts added."""
    total = dict(amounts)
    for part in parts:
        total[part.party] = total.get(part.party, 0) + part.amount
    return total


def _add_kind(amounts: Mapping[tuple[str, Unit], int], more: Iterable[facts.Delivery]) -> dict[tuple[str, Unit], int]:
    total = dict(amounts)
    for d in more:
        total[d.party, d.unit] = total.get((d.party, d.unit), 0) + d.quantity
    return total


@singledispatch
def _apply(body: object, _project: Project, _at: datetime) -> Project:
    raise TypeError(f"no event: {type(body).__name__}")


@_apply.register
def _(body: e.JoinAsked, project: Project, _at: datetime) -> Project:
    name = body.party.id
    return replace(project, asking={**project.asking, name: body.party}, backed={**project.backed, name: frozenset()})


@_apply.register
def _(body: e.JoinBacked, project: Project, _at: datetime) -> Project:
    return replace(project, backed={**project.backed, body.party: project.backed[body.party] | {body.side}})


@_apply.register
def _(body: e.JoinRefused, project: Project, _at: datetime) -> Project:
    return replace(project, asking=_without(project, body.party), turned_away=project.turned_away | {body.party})


def _without(project: Project, party: str) -> dict[str, Party]:
    return {name: asked for name, asked in project.asking.items() if name != party}


@_apply.register
def _(body: e.Joined, project: Project, _at: datetime) -> Project:
    parties: tuple[Party, ...] = (*project.proposal.parties, body.party)
    proposal = replace(project.proposal, parties=parties)
    asking = _without(project, body.party.id)
    return replace(project, proposal=proposal, asking=asking, joined=project.joined | {body.party.id})


@_apply.register
def _(body: e.Pledged, project: Project, _at: datetime) -> Project:
    return replace(project, pledges={**project.pledges, body.pledge.id: body.pledge})


@_apply.register
def _(body: e.Withdrawn, project: Project, _at: datetime) -> Project:
    return replace(project, withdrawn=project.withdrawn | {body.pledge})


@_apply.register
def _(_body: e.SecondRoundOpened, project: Project, _at: datetime) -> Project:
    return replace(project, phase=Phase.SECOND_ROUND)


@_apply.register
def _(body: e.Funded, project: Project, _at: datetime) -> Project:
    # Who joined and then withdrew every pledge is no party of the contract.
    gone = project.joined - set(project.contributors)
    proposal = replace(project.proposal, parties=tuple(p for p in project.proposal.parties if p.id not in gone))
    return replace(project, phase=Phase.SIGNING, proposal=proposal, stage=body.stage, collected=body.cash, asking={})


@_apply.register
def _(body: e.Dropped, project: Project, _at: datetime) -> Project:
    gone = frozenset(body.parties)
    proposal = replace(project.proposal, parties=tuple(p for p in project.proposal.parties if p.id not in gone))
    return replace(
        project,
        proposal=proposal,
        withdrawn=project.withdrawn | {p.id for p in project.live_pledges if p.party in gone},
        dropped=gone,
        stage=body.stage,
        collected=body.cash,
    )


@_apply.register
def _(_body: e.Missed, project: Project, _at: datetime) -> Project:
    return replace(project, phase=Phase.MISSED)


@_apply.register
def _(_body: e.Lapsed, project: Project, _at: datetime) -> Project:
    return replace(project, phase=Phase.LAPSED)


@_apply.register
def _(body: e.Signed, project: Project, _at: datetime) -> Project:
    return replace(project, contract=body.contract, signed=project.signed | {body.party})


@_apply.register
def _(body: e.Started, project: Project, _at: datetime) -> Project:
    kind = [facts.Delivery(p.party, p.unit, p.quantity) for p in project.live_pledges if p.unit is not Unit.CASH]
    return replace(
        project,
        phase=Phase.RUNNING,
        contract=body.contract,
        paid=add({}, [Part(c.party, c.amount) for c in project.collected if c.amount]),
        promised=_add_kind({}, kind),
    )


@_apply.register
def _(body: e.Submitted, project: Project, _at: datetime) -> Project:
    attempts = {**project.attempts, body.milestone: project.attempts.get(body.milestone, 0) + 1}
    return replace(_closed(project), submission=body, attempts=attempts)


@_apply.register
def _(body: e.PoolFixed, project: Project, at: datetime) -> Project:
    return replace(project, pool=body.experts, pooled_at=at)


@_apply.register
def _(body: e.Drawn, project: Project, _at: datetime) -> Project:
    return replace(project, reviewers=body.reviewers)


@_apply.register
def _(body: e.Reviewed, project: Project, _at: datetime) -> Project:
    return replace(project, reviews={**project.reviews, body.reviewer: body})


@_apply.register
def _(body: e.Accepted, project: Project, _at: datetime) -> Project:
    return replace(
        _closed(project),
        accepted=(*project.accepted, body.milestone),
        drawn=add(project.drawn, body.draws),
        released=add(project.released, body.payees),
        delivered=_add_kind(project.delivered, body.deliveries),
    )


@_apply.register
def _(_body: e.SentBack, project: Project, _at: datetime) -> Project:
    return _closed(project)


@_apply.register
def _(_body: e.Rejected, project: Project, _at: datetime) -> Project:
    return _closed(project)


def _closed(project: Project) -> Project:
    return replace(project, submission=None, pool=(), pooled_at=None, reviewers=(), reviews={})


@_apply.register
def _(body: e.MotionMade, project: Project, _at: datetime) -> Project:
    return replace(project, motion=body.motion, votes={})


@_apply.register
def _(body: e.Voted, project: Project, _at: datetime) -> Project:
    return replace(project, votes={**project.votes, body.party: body.yes})


@_apply.register
def _(_body: e.MotionLost, project: Project, _at: datetime) -> Project:
    return replace(project, motion=None, votes={})


@_apply.register
def _(body: e.Amended, project: Project, _at: datetime) -> Project:
    return replace(project, motion=None, votes={}, proposal=body.proposal, contract=body.contract)


@_apply.register
def _(body: e.Stopped, project: Project, _at: datetime) -> Project:
    return replace(
        _closed(project),
        phase=Phase.STOPPED,
        motion=None,
        votes={},
        drawn={part.party: part.amount for part in body.borne},
        refunded=add({}, body.refunds),
    )


@_apply.register
def _(_body: e.Completed, project: Project, _at: datetime) -> Project:
    return replace(project, phase=Phase.COMPLETED, motion=None, votes={})


@_apply.register
def _(body: e.Registered, project: Project, _at: datetime) -> Project:
    return replace(project, results={**project.results, body.result.id: body.result})


@_apply.register
def _(body: e.LicenceAsked, project: Project, _at: datetime) -> Project:
    return replace(project, requests={**project.requests, body.request.id: body.request})


@_apply.register
def _(body: e.LicenceGranted, project: Project, _at: datetime) -> Project:
    return replace(project, granted={**project.granted, body.request: body})


@_apply.register
def _(body: e.Earned, project: Project, _at: datetime) -> Project:
    return replace(project, income={**project.income, body.id: body}, earned=add(project.earned, body.parts))


@_apply.register
def _(body: e.Corrected, project: Project, _at: datetime) -> Project:
    right = replace(project.income[body.income], amount=body.amount)
    return replace(
        project,
        income={**project.income, body.income: right},
        earned={part.party: part.amount for part in body.earned},
        corrections=(*project.corrections, body),
    )
