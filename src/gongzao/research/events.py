"""What can happen to a project: the bodies of its events. The state is their fold, the bookings follow from each."""

from dataclasses import dataclass, field
from datetime import datetime

from gongzao.kernel import Uscc
from gongzao.research.facts import Collected, Delivery, Evidence, LicenceRequest, Motion, Pledge, Result, Side, Verdict
from gongzao.research.model import Part, Party, Proposal, check_amount, check_id, check_text
from gongzao.research.plain import LATER
from gongzao.research.policy import Exemption, PolicyVersion


@dataclass(frozen=True, slots=True)
class Opened:
    """A proposal without faults went into its campaign, under a version of the policy."""

    proposal: Proposal
    policy: PolicyVersion
    exemption: Exemption | None = None


@dataclass(frozen=True, slots=True)
class JoinAsked:
    """An organisation asked to take part; until both sides agree it is no party and has no right."""

    party: Party


@dataclass(frozen=True, slots=True)
class JoinBacked:
    """One side agreed that an organisation takes part."""

    party: str
    side: Side


@dataclass(frozen=True, slots=True)
class JoinRefused:
    """One side refused an organisation, with its reason."""

    party: str
    side: Side
    reason: str


@dataclass(frozen=True, slots=True)
class Joined:
    """One more organisation takes part as contributor."""

    party: Party


@dataclass(frozen=True, slots=True)
class Pledged:
    """A pledge was made and reserved."""

    pledge: Pledge


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A pledge was withdrawn."""

    pledge: str


@dataclass(frozen=True, slots=True)
class SecondRoundOpened:
    """The minimum is reached; pledges go on towards the optimum."""


@dataclass(frozen=True, slots=True)
class Funded:
    """The campaign closed with the money for all milestones up to ``stage``."""

    stage: int
    cash: tuple[Collected, ...]


@dataclass(frozen=True, slots=True)
class Missed:
    """The campaign closed below its minimum; all pledges are void."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A party signed the contract with this hash."""

    party: str
    contract: str


@dataclass(frozen=True, slots=True)
class Lapsed:
    """Not all had signed in time; all pledges are void."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """Who joined and did not sign in time is left out; what is taken of the others, up to which stage."""

    parties: tuple[str, ...]
    stage: int
    cash: tuple[Collected, ...]


@dataclass(frozen=True, slots=True)
class Started:
    """All have signed: pledges are collected, work begins."""

    contract: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """A milestone was handed in with evidence and with what was delivered in kind."""

    milestone: str
    party: str
    evidence: tuple[Evidence, ...]
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class PoolFixed:
    """Who may review a milestone was fixed, before anybody can know the seed; ``attempt`` counts its hand-ins."""

    milestone: str
    attempt: int
    experts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Reviewers were drawn from the fixed pool; anyone can draw again from the seed.

    ``attempt`` 0 is a draw of earlier logs: its pool was not recorded, and the seed was known at the hand-in.
    """

    milestone: str
    seed: str
    reviewers: tuple[str, ...]
    attempt: int = field(default=0, metadata=LATER)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A reviewer gave a verdict."""

    milestone: str
    reviewer: str
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A milestone was accepted: from whose stakes its amount comes, who gets it, and what was delivered."""

    milestone: str
    draws: tuple[Part, ...]
    payees: tuple[Part, ...]
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class SentBack:
    """A milestone must be handed in again."""

    milestone: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A milestone was rejected; the project stops."""

    milestone: str


@dataclass(frozen=True, slots=True)
class MotionMade:
    """A motion was put to the vote."""

    party: str
    motion: Motion


@dataclass(frozen=True, slots=True)
class Voted:
    """A party voted on the open motion."""

    motion: str
    party: str
    yes: bool


@dataclass(frozen=True, slots=True)
class MotionLost:
    """The motion can no longer reach the consent it needs."""

    motion: str


@dataclass(frozen=True, slots=True)
class Amended:
    """An amendment was carried; the contract with this hash holds from now on."""

    motion: str
    proposal: Proposal
    contract: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The project ended early: who bears how much of what was spent, and what each gets back."""

    reason: str
    borne: tuple[Part, ...]
    refunds: tuple[Part, ...]
    undelivered: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Completed:
    """The last milestone was accepted; promises in kind that were not needed end."""

    undelivered: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Registered:
    """A result was entered in the register."""

    result: Result


@dataclass(frozen=True, slots=True)
class LicenceAsked:
    """A licence was asked for."""

    request: LicenceRequest


@dataclass(frozen=True, slots=True)
class LicenceGranted:
    """A licence was granted on the terms of the request: to who asked, or to a member who claimed it."""

    request: str
    licensee: Uscc
    claimed: bool


@dataclass(frozen=True, slots=True)
class Earned:
    """Income of a result [fen], paid by somebody, and how it is split."""

    id: str
    result: str
    payer: str
    amount: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Corrected:
    """Income was wrong and is ``amount`` [fen] instead; ``earned`` is what each party has got of all income then."""

    id: str
    income: str
    amount: int
    reason: str
    earned: tuple[Part, ...]

    def __post_init__(self) -> None:
        check_id("correction.id", self.id)
        check_amount("correction.amount", self.amount, 0)
        check_text("correction.reason", self.reason)


Body = (
    Opened
    | JoinAsked
    | JoinBacked
    | JoinRefused
    | Joined
    | Pledged
    | Withdrawn
    | SecondRoundOpened
    | Funded
    | Missed
    | Signed
    | Lapsed
    | Dropped
    | Started
    | Submitted
    | PoolFixed
    | Drawn
    | Reviewed
    | Accepted
    | SentBack
    | Rejected
    | MotionMade
    | Voted
    | MotionLost
    | Amended
    | Stopped
    | Completed
    | Registered
    | LicenceAsked
    | LicenceGranted
    | Earned
    | Corrected
)
"""All kinds of events."""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a project's log: place [1, 2, 3 …], time, who acted (the site's user, or a party), and what."""

    seq: int
    at: datetime
    by: str
    body: Body
