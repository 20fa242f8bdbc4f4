"""What can happen to a project: the bodies of its events. The state is their fold, the bookings follow from each."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gongzao.kernel import Uscc
from gongzao.research.errors import InvalidResearch
from gongzao.research.model import (
    Part,
    Party,
    Proposal,
    Unit,
    check_amount,
    check_id,
    check_text,
    check_zone,
)
from gongzao.research.policy import Exemption, PolicyVersion


@dataclass(frozen=True, slots=True)
class Pledge:
    """A promise of one party: ``quantity`` [hundredths of ``unit``, for cash fen] worth ``value`` [fen]."""

    id: str
    party: str
    unit: Unit
    quantity: int
    value: int

    def __post_init__(self) -> None:
        check_id("pledge.id", self.id)
        check_amount("pledge.quantity", self.quantity)


@dataclass(frozen=True, slots=True)
class Collected:
    """What is taken of a cash pledge [fen]: all of it, or its share if more was pledged than is needed."""

    pledge: str
    party: str
    amount: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """A contribution in kind: ``quantity`` [hundredths of ``unit``] of one party."""

    party: str
    unit: Unit
    quantity: int

    def __post_init__(self) -> None:
        check_amount("delivery.quantity", self.quantity)
        if self.unit is Unit.CASH:
            raise InvalidResearch("delivery.unit", en="cash is not delivered in kind", zh="现金不属于实物投入")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file handed in: its name and the SHA-256 of its content."""

    name: str
    sha256: str

    def __post_init__(self) -> None:
        check_text("evidence.name", self.name)
        if len(self.sha256) != 64 or set(self.sha256) - set("0123456789abcdef"):
            raise InvalidResearch(
                "evidence.sha256",
                en=f"a SHA-256 has 64 lower-case hex digits, got {self.sha256!r}",
                zh=f"SHA-256 为64位小写十六进制，收到“{self.sha256}”",
            )


class Verdict(StrEnum):
    """What a reviewer can say about a milestone."""

    ACCEPT = "accept"
    SEND_BACK = "send_back"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Motion:
    """A question put to the parties: an amendment if there is a ``proposal``, else to stop the project."""

    id: str
    reason: str
    proposal: Proposal | None = None

    def __post_init__(self) -> None:
        check_id("motion.id", self.id)
        check_text("motion.reason", self.reason)


class ResultKind(StrEnum):
    """Kinds of results."""

    PATENT = "patent"
    DATA = "data"
    PROCESS = "process"
    PAPER = "paper"
    PRODUCT = "product"
    METHOD = "method"


@dataclass(frozen=True, slots=True)
class Result:
    """A result of the project; it belongs to the parties as the contract's shares of ownership say."""

    id: str
    kind: ResultKind
    title: str
    register_number: str = ""

    def __post_init__(self) -> None:
        check_id("result.id", self.id)
        check_text("result.title", self.title)


@dataclass(frozen=True, slots=True)
class LicenceRequest:
    """Somebody asks for a licence of a result for a fee [fen]; members may claim it before ``priority_until``."""

    id: str
    result: str
    licensee: Uscc
    name: str
    exclusive: bool
    fee: int
    priority_until: datetime

    def __post_init__(self) -> None:
        check_id("licence.id", self.id)
        check_text("licence.name", self.name)
        check_amount("licence.fee", self.fee, 0)
        check_zone("licence.priority_until", self.priority_until)


@dataclass(frozen=True, slots=True)
class Opened:
    """A proposal without faults went into its campaign, under a version of the policy."""

    proposal: Proposal
    policy: PolicyVersion
    exemption: Exemption | None = None


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
class Drawn:
    """Reviewers were drawn; anyone can draw again from the seed."""

    milestone: str
    seed: str
    reviewers: tuple[str, ...]


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


Body = (
    Opened
    | Joined
    | Pledged
    | Withdrawn
    | SecondRoundOpened
    | Funded
    | Missed
    | Signed
    | Lapsed
    | Started
    | Submitted
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
)
"""All kinds of events."""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a project's log: place [1, 2, 3 …], time, who acted (the site's user, or a party), and what."""

    seq: int
    at: datetime
    by: str
    body: Body
