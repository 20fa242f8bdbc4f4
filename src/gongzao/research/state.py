"""What a project is at a moment; :mod:`gongzao.research.history` makes it of its events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from gongzao.research import events as e
from gongzao.research import facts
from gongzao.research.model import Milestone, Party, Proposal, Role, Unit
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
    asking, backed, turned_away
        Organisations that ask to join and which sides agreed; ids of those refused.
    dropped
        Parties left out because they joined and did not sign.
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
    submission, attempts, pool, pooled_at, reviewers, reviews
        The milestone under review, how often each was handed in, who may review it and when that was fixed, the experts
        drawn for it, their verdicts.
    motion, votes
        The open motion and the votes on it.
    results, requests, granted
        Results; licence requests; licensee by request id.
    income, earned
        Income by its id, as corrected; what each party got of it.
    corrections
        Corrections of income in order.
    """

    id: str
    proposal: Proposal
    policy: PolicyVersion
    exemption: Exemption | None = None
    phase: Phase = Phase.CAMPAIGN
    version: int = 1
    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    pledges: Mapping[str, facts.Pledge] = field(default_factory=dict)
    withdrawn: frozenset[str] = frozenset()
    joined: frozenset[str] = frozenset()
    asking: Mapping[str, Party] = field(default_factory=dict)
    backed: Mapping[str, frozenset[facts.Side]] = field(default_factory=dict)
    turned_away: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()
    stage: int = 0
    collected: tuple[facts.Collected, ...] = ()
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
    attempts: Mapping[str, int] = field(default_factory=dict)
    pool: tuple[str, ...] = ()
    pooled_at: datetime | None = None
    reviewers: tuple[str, ...] = ()
    reviews: Mapping[str, e.Reviewed] = field(default_factory=dict)
    motion: facts.Motion | None = None
    votes: Mapping[str, bool] = field(default_factory=dict)
    results: Mapping[str, facts.Result] = field(default_factory=dict)
    requests: Mapping[str, facts.LicenceRequest] = field(default_factory=dict)
    granted: Mapping[str, e.LicenceGranted] = field(default_factory=dict)
    income: Mapping[str, e.Earned] = field(default_factory=dict)
    earned: Mapping[str, int] = field(default_factory=dict)
    corrections: tuple[e.Corrected, ...] = ()

    @property
    def live_pledges(self) -> tuple[facts.Pledge, ...]:
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
