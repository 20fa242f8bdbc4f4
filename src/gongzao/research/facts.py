"""What the events of a project speak of: pledges, deliveries, evidence, motions, results, licences."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gongzao.kernel import Uscc
from gongzao.research.errors import InvalidResearch
from gongzao.research.model import Proposal, Unit, check_amount, check_id, check_text, check_zone


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


class Side(StrEnum):
    """Whose consent lets an organisation in: the consortium's lead, and who looks after the cluster."""

    LEAD = "lead"
    ORGANISER = "organiser"
