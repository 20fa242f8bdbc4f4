"""A project is the fold of its events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import reduce, singledispatch

from gongzao.research import events as e
from gongzao.research.errors import StepRefused
from gongzao.research.model import Milestone, Part, Party, Proposal, Role, Unit
from gongzao.research.policy import Exemption, PolicyVersion


class Phase(StrEnum):
    """Where a project stands; MISSED, LAPSED and STOPPED are ends, COMPLETED lives on with its results."""

    CAMPAIGN = "campaign"
    SECOND_ROUND = "second_round"
    SIGNING = "signing"
    RUNNING = "running"
    COMPLETED = "completed"
    STOPPED = "stopped"
    MISSED = "missed"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Project:
    """The state of one project; all money in fen, all mappings by party id unless said otherwise.

    Parameters
    ----------
    id, proposal, policy, exemption
        Identifier, what was agreed (with amendments and joined parties), the policy version and any exemption from it.
    phase, version, at
        Where it stands, number of events so far (a page shows it and sends it back), time of the last.
    pledges, withdrawn, joined
        Pledge by its id, in order; ids of those withdrawn; parties that joined during the campaign.
    stage, collected
        Milestones up to this stage are funded; what is taken of each cash pledge.
    contract, signed
        SHA-256 of the contract in force, and who signed it.
    paid, drawn, released, refunded
        Cash paid in, used for milestones, received as payee, and given back.
    promised, delivered
        In kind, by (party, unit) [hundredths of the unit].
    accepted
        Ids of accepted milestones in order.
    submission, reviewers, reviews
        The milestone under review, the experts drawn for it, their verdicts.
    motion, votes
        The open motion and the votes on it.
    results, requests, granted
        Results; licence requests; licensee by request id.
    income, earned
        Income by its id; what each party got of it.
    """

    id: str
    proposal: Proposal
    policy: PolicyVersion
    exemption: Exemption | None = None
    phase: Phase = Phase.CAMPAIGN
    version: int = 1
    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    pledges: Mapping[str, e.Pledge] = field(default_factory=dict)
    withdrawn: frozenset[str] = frozenset()
    joined: frozenset[str] = frozenset()
    stage: int = 0
    collected: tuple[e.Collected, ...] = ()
    contract: str = ""
    signed: frozenset[str] = frozenset()
    paid: Mapping[str, int] = field(default_factory=dict)
    drawn: Mapping[str, int] = field(default_factory=dict)
    released: Mapping[str, int] = field(default_factory=dict)
    refunded: Mapping[str, int] = field(default_factory=dict)
    promised: Mapping[tuple[str, Unit], int] = field(default_factory=dict)
    delivered: Mapping[tuple[str, Unit], int] = field(default_factory=dict)
    accepted: tuple[str, ...] = ()
    submission: e.Submitted | None = None
    reviewers: tuple[str, ...] = ()
    reviews: Mapping[str, e.Reviewed] = field(default_factory=dict)
    motion: e.Motion | None = None
    votes: Mapping[str, bool] = field(default_factory=dict)
    results: Mapping[str, e.Result] = field(default_factory=dict)
    requests: Mapping[str, e.LicenceRequest] = field(default_factory=dict)
    granted: Mapping[str, e.LicenceGranted] = field(default_factory=dict)
    income: Mapping[str, e.Earned] = field(default_factory=dict)
    earned: Mapping[str, int] = field(default_factory=dict)

    @property
    def live_pledges(self) -> tuple[e.Pledge, ...]:
        """Pledges that were not withdrawn, in order."""
        return tuple(pledge for pledge in self.pledges.values() if pledge.id not in self.withdrawn)

    @property
    def pledged_cash(self) -> int:
        """Cash pledged [fen]."""
        return sum(pledge.quantity for pledge in self.live_pledges if pledge.unit is Unit.CASH)

    @property
    def pledged_in_kind(self) -> int:
        """Value of what is pledged in kind [fen]."""
        return sum(pledge.value for pledge in self.live_pledges if pledge.unit is not Unit.CASH)

    @property
    def contributors(self) -> tuple[str, ...]:
        """Parties with a pledge, in the order of the consortium."""
        pledging = {pledge.party for pledge in self.live_pledges}
        return tuple(party.id for party in self.proposal.parties if party.id in pledging)

    @property
    def plan(self) -> tuple[Milestone, ...]:
        """The funded milestones."""
        return tuple(m for m in self.proposal.milestones if m.stage <= self.stage)

    @property
    def next_milestone(self) -> Milestone | None:
        """The milestone that is to be handed in next, or is under review."""
        return self.plan[len(self.accepted)] if len(self.accepted) < len(self.plan) else None

    @property
    def remaining(self) -> int:
        """Cash paid in and neither used nor given back [fen]."""
        return sum(self.paid.values()) - sum(self.drawn.values()) - sum(self.refunded.values())

    def contributed(self, party: str) -> int:
        """Return the value of a party's contribution, cash and kind [fen]."""
        if self.collected:
            cash = sum(c.amount for c in self.collected if c.party == party)
        else:
            cash = sum(p.quantity for p in self.live_pledges if p.party == party and p.unit is Unit.CASH)
        return cash + sum(p.value for p in self.live_pledges if p.party == party and p.unit is not Unit.CASH)

    def is_public(self, party: str) -> bool:
        """Whether the party is the public institute."""
        found = self.proposal.party(party)
        return found is not None and found.role is Role.PUBLIC


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
    return replace(_apply(event.body, project), version=event.seq, at=event.at)


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


def _add_kind(amounts: Mapping[tuple[str, Unit], int], more: Iterable[e.Delivery]) -> dict[tuple[str, Unit], int]:
    total = dict(amounts)
    for d in more:
        total[d.party, d.unit] = total.get((d.party, d.unit), 0) + d.quantity
    return total


@singledispatch
def _apply(body: object, _project: Project) -> Project:
    raise TypeError(f"no event: {type(body).__name__}")


@_apply.register
def _(body: e.Joined, project: Project) -> Project:
    parties: tuple[Party, ...] = (*project.proposal.parties, body.party)
    proposal = replace(project.proposal, parties=parties)
    return replace(project, proposal=proposal, joined=project.joined | {body.party.id})


@_apply.register
def _(body: e.Pledged, project: Project) -> Project:
    return replace(project, pledges={**project.pledges, body.pledge.id: body.pledge})


@_apply.register
def _(body: e.Withdrawn, project: Project) -> Project:
    return replace(project, withdrawn=project.withdrawn | {body.pledge})


@_apply.register
def _(_body: e.SecondRoundOpened, project: Project) -> Project:
    return replace(project, phase=Phase.SECOND_ROUND)


@_apply.register
def _(body: e.Funded, project: Project) -> Project:
    # Who joined and then withdrew every pledge is no party of the contract.
    gone = project.joined - set(project.contributors)
    proposal = replace(project.proposal, parties=tuple(p for p in project.proposal.parties if p.id not in gone))
    return replace(project, phase=Phase.SIGNING, proposal=proposal, stage=body.stage, collected=body.cash)


@_apply.register
def _(_body: e.Missed, project: Project) -> Project:
    return replace(project, phase=Phase.MISSED)


@_apply.register
def _(_body: e.Lapsed, project: Project) -> Project:
    return replace(project, phase=Phase.LAPSED)


@_apply.register
def _(body: e.Signed, project: Project) -> Project:
    return replace(project, contract=body.contract, signed=project.signed | {body.party})


@_apply.register
def _(_body: e.Started, project: Project) -> Project:
    kind = [e.Delivery(p.party, p.unit, p.quantity) for p in project.live_pledges if p.unit is not Unit.CASH]
    return replace(
        project,
        phase=Phase.RUNNING,
        paid=add({}, [Part(c.party, c.amount) for c in project.collected if c.amount]),
        promised=_add_kind({}, kind),
    )


@_apply.register
def _(body: e.Submitted, project: Project) -> Project:
    return replace(project, submission=body, reviewers=(), reviews={})


@_apply.register
def _(body: e.Drawn, project: Project) -> Project:
    return replace(project, reviewers=body.reviewers)


@_apply.register
def _(body: e.Reviewed, project: Project) -> Project:
    return replace(project, reviews={**project.reviews, body.reviewer: body})


@_apply.register
def _(body: e.Accepted, project: Project) -> Project:
    return replace(
        _closed(project),
        accepted=(*project.accepted, body.milestone),
        drawn=add(project.drawn, body.draws),
        released=add(project.released, body.payees),
        delivered=_add_kind(project.delivered, body.deliveries),
    )


@_apply.register
def _(_body: e.SentBack, project: Project) -> Project:
    return _closed(project)


@_apply.register
def _(_body: e.Rejected, project: Project) -> Project:
    return _closed(project)


def _closed(project: Project) -> Project:
    return replace(project, submission=None, reviewers=(), reviews={})


@_apply.register
def _(body: e.MotionMade, project: Project) -> Project:
    return replace(project, motion=body.motion, votes={})


@_apply.register
def _(body: e.Voted, project: Project) -> Project:
    return replace(project, votes={**project.votes, body.party: body.yes})


@_apply.register
def _(_body: e.MotionLost, project: Project) -> Project:
    return replace(project, motion=None, votes={})


@_apply.register
def _(body: e.Amended, project: Project) -> Project:
    return replace(project, motion=None, votes={}, proposal=body.proposal, contract=body.contract)


@_apply.register
def _(body: e.Stopped, project: Project) -> Project:
    return replace(
        _closed(project),
        phase=Phase.STOPPED,
        motion=None,
        votes={},
        drawn={part.party: part.amount for part in body.borne},
        refunded=add({}, body.refunds),
    )


@_apply.register
def _(_body: e.Completed, project: Project) -> Project:
    return replace(project, phase=Phase.COMPLETED, motion=None, votes={})


@_apply.register
def _(body: e.Registered, project: Project) -> Project:
    return replace(project, results={**project.results, body.result.id: body.result})


@_apply.register
def _(body: e.LicenceAsked, project: Project) -> Project:
    return replace(project, requests={**project.requests, body.request.id: body.request})


@_apply.register
def _(body: e.LicenceGranted, project: Project) -> Project:
    return replace(project, granted={**project.granted, body.request: body})


@_apply.register
def _(body: e.Earned, project: Project) -> Project:
    return replace(project, income={**project.income, body.id: body}, earned=add(project.earned, body.parts))
