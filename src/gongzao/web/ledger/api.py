"""The ledger over HTTP: the same rows and rights as the pages; amounts are whole hundredths of the unit (fen).

Only superusers submit transfers here; the systems of the platform book through
:mod:`gongzao.web.ledger.services`. Everybody else reads what they may see.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal, cast

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Body, Field, Header, Path, Query, Router, Schema, Status
from pydantic import ConfigDict, StringConstraints

from gongzao.kernel import MAX_FEN, InvalidValue
from gongzao.ledger import MAX_ID, MAX_TEXT, Kind, Outcome, Transfer
from gongzao.ledger import Status as Answer
from gongzao.web.accounts.models import User
from gongzao.web.kit.wire import Day, Moment, whole
from gongzao.web.ledger import entries, queries, services, statements
from gongzao.web.ledger.display import synthetic_account, synthetic_entry
from gongzao.web.ledger.models import Account, Entry, Unit
from gongzao.web.project.faults import REFUSALS, Fault, Faults

router = Router(tags=["ledger"])

ID = rf"^[A-Za-z0-9][A-Za-z0-9._:/+-]{{0,{MAX_ID - 1}}}$"

Id = Annotated[str, StringConstraints(pattern=ID, max_length=MAX_ID)]
NoId = Annotated[str, StringConstraints(pattern=rf"^$|{ID}", max_length=MAX_ID)]
Words = Annotated[str, StringConstraints(max_length=MAX_TEXT, pattern=r"^[^\u0000]*$")]
Place = Annotated[int, Query(ge=0, le=2**63 - 1)]
PerPage = Annotated[int, Query(ge=1, le=200)]
Amount: Any = whole(1, MAX_FEN, "Hundredths of the unit.")


class AccountOut(Schema):
    """An account with its balance [hundredths of the unit]."""

    id: str
    owner: str
    name: str
    kind: str
    unit: str
    minimum: int | None
    maximum: int | None
    balance: int = Field(description="Booked, on the side on which the account grows.")
    leaving: int = Field(description="Reserved to leave; not part of the balance.")
    coming: int = Field(description="Reserved to come; not part of the balance.")
    synthetic: bool = Field(description="Made up for demonstration (示例数据).")


class AccountPage(Schema):
    """Accounts by id; go on with ``after`` = the last id."""

    items: list[AccountOut]
    more: bool


class EntryOut(Schema):
    """A line of the journal: a transfer and its only answer [hundredths of the unit]."""

    seq: int
    at: datetime
    id: str = Field(description="Id of the transfer, chosen by the client.")
    kind: str
    debit: str = Field(description="Account debited; as asked for if refused.")
    credit: str = Field(description="Account credited; as asked for if refused.")
    unit: str
    asked_debit: str = Field(description="As asked for: of what a resolution takes from its reservation, empty.")
    asked_credit: str
    asked_unit: str
    amount: int = Field(description="As asked for.")
    posted: int
    pending: int = Field(description="Change of what is reserved.")
    pending_id: str
    expires_at: datetime | None
    linked: bool
    reverses: str
    purpose: str
    reference: str
    memo: str
    refusal: str | None = Field(description="Rule that refused it; null if it was booked.")
    refusal_detail: str
    previous: str
    hash: str
    synthetic: bool = Field(description="Made up for demonstration (示例数据).")


class EntryPage(Schema):
    """Entries, newest first, and with ``after`` oldest first; go on with ``before`` or ``after`` = the last place."""

    items: list[EntryOut]
    more: bool


class MovementOut(Schema):
    """What one entry moved on the account, and the balance after it [hundredths of the unit]."""

    change: int
    balance: int
    entry: EntryOut


class StatementOut(Schema):
    """A page of an account's statement, newest first; go on with ``before`` = ``older``."""

    account: AccountOut
    since: date | None
    until: date | None
    opening: int
    increase: int
    decrease: int
    closing: int
    movements: list[MovementOut]
    older: int | None
    reservations: list[EntryOut]


class HeadOut(Schema):
    """The last line of one day in China."""

    day: date
    seq: int
    hash: str


class Asked(Schema):
    """What every transfer says; its id is the header ``Idempotency-Key``."""

    model_config = ConfigDict(extra="forbid")

    purpose: Words = ""
    reference: Words = ""
    memo: Words = ""


class Moving(Asked):
    """A transfer that names accounts, amount and unit."""

    debit: Id = Field(description="Account to debit.")
    credit: Id = Field(description="Account to credit, another one.")
    amount: Amount
    unit: Unit


class PostIn(Moving):
    """Book an amount; with ``reverses`` as compensation of a booked transfer."""

    kind: Literal["post"]
    reverses: NoId = ""


class PendingIn(Moving):
    """Reserve an amount; from ``expires_at`` on it can only lapse."""

    kind: Literal["pending"]
    expires_at: Moment | None = None


class PostPendingIn(Asked):
    """Book a reservation, in whole or in part; the rest is returned."""

    kind: Literal["post_pending"]
    pending_id: Id
    amount: Amount


class VoidPendingIn(Asked):
    """Give back a reservation."""

    kind: Literal["void_pending"]
    pending_id: Id


TransferIn = Annotated[PostIn | PendingIn | PostPendingIn | VoidPendingIn, Body(discriminator="kind")]


class Answered(Schema):
    """The answer to a transfer."""

    again: bool = Field(description="Whether this is the first answer, given once more.")
    entry: EntryOut


class Declined(Fault):
    """A transfer that was not booked.

    ``ledger.refused.<rule>``: recorded as refused, and stays so under this id. ``ledger.conflict``: the id belongs to a
    transfer with other content, which is the entry shown. Any other code: it breaks a rule of form, is not recorded,
    and takes up no id.
    """

    again: bool = Field(False, description="Whether this is the first answer, given once more.")
    entry: EntryOut | None = None


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)


def _account(row: Account) -> dict[str, Any]:
    balance, kind = row.balance.value, row.value.kind
    booked, (low, high) = balance.of(kind), balance.worst(kind)
    plain = {name: getattr(row, name) for name in ("id", "owner", "name", "kind", "unit", "minimum", "maximum")}
    sums = {"balance": booked, "leaving": booked - low, "coming": high - booked}
    return {**plain, **sums, "synthetic": synthetic_account(row)}


_PLAIN = (
    "seq",
    "at",
    "kind",
    "asked_debit",
    "asked_credit",
    "asked_unit",
    "amount",
    "posted",
    "pending",
    "pending_id",
    "expires_at",
    "linked",
    "reverses",
    "purpose",
    "reference",
    "memo",
    "previous",
    "hash",
)


def _entry(row: Entry) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in _PLAIN},
        "id": row.transfer_id,
        "debit": row.debit_id or row.asked_debit,
        "credit": row.credit_id or row.asked_credit,
        "unit": row.unit or row.asked_unit,
        "refusal": row.reason or None,
        "refusal_detail": row.detail,
        "synthetic": synthetic_entry(row),
    }


@router.get("/accounts", response={200: AccountPage, **REFUSALS}, summary="List accounts")
def list_accounts(
    request: HttpRequest,
    owner: Id | None = None,
    unit: Unit | None = None,
    after: NoId = "",
    per_page: PerPage = 50,
) -> dict[str, Any]:
    """Accounts that you may see, with their balances."""
    rows = statements.accounts(_user(request)).filter(pk__gt=after).order_by("pk")
    wanted = {"owner": owner, "unit": unit}
    found = list(rows.filter(**{name: value for name, value in wanted.items() if value})[: per_page + 1])
    return {"items": [_account(row) for row in found[:per_page]], "more": len(found) > per_page}


@router.get("/statement", response={200: StatementOut, 404: Fault, **REFUSALS}, summary="Read a statement")
def read_statement(
    request: HttpRequest,
    account: Id,
    since: Day | None = None,
    until: Day | None = None,
    before: Place | None = None,
) -> dict[str, Any]:
    """Movements of an account that you may see, with the balance after each; open reservations stand apart."""
    row = statements.accounts(_user(request)).filter(pk=account).first()
    if row is None:
        raise Http404
    shown = statements.statement([row], statements.Period(since, until), before)
    (figures,) = shown.figures
    return {
        "account": _account(row),
        "since": since,
        "until": until,
        **{name: getattr(figures, name) for name in ("opening", "increase", "decrease", "closing")},
        "movements": [{"change": m.change, "balance": m.balance, "entry": _entry(m.entry)} for m in shown.movements],
        "older": shown.older,
        "reservations": [_entry(m.entry) for m in shown.reservations],
    }


@router.get("/entries", response={200: EntryPage, **REFUSALS}, summary="List entries")
def list_entries(
    request: HttpRequest,
    account: Id | None = None,
    party: Id | None = None,
    purpose: Words = "",
    q: Words = "",
    state: entries.State | None = None,
    since: Day | None = None,
    until: Day | None = None,
    before: Place | None = None,
    after: Place | None = None,
    per_page: PerPage = 50,
) -> dict[str, Any]:
    """Lines of the journal that you may see; ``q`` is a place, an id, or part of a reference or memo.

    With ``after`` the oldest come first, so that whoever keeps a copy reads what has come since.
    """
    choice = entries.Choice(account or "", party or "", purpose, q, state or "", since, until)
    rows = entries.journal(_user(request), choice).order_by("-seq" if after is None else "seq")
    if after is not None:
        rows = rows.filter(seq__gt=after)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    found = list(rows[: per_page + 1])
    return {"items": [_entry(row) for row in found[:per_page]], "more": len(found) > per_page}


@router.get("/entries/{seq}", response={200: EntryOut, 404: Fault, **REFUSALS}, summary="Read an entry")
def read_entry(request: HttpRequest, seq: Annotated[int, Path(ge=1, le=2**63 - 1)]) -> dict[str, Any]:
    """Return one line of the journal."""
    row = entries.journal(_user(request), entries.Choice()).filter(seq=seq).first()
    if row is None:
        raise Http404
    return _entry(row)


@router.get("/heads", response={200: list[HeadOut], 422: Faults}, auth=None, summary="Read the daily heads")
def list_heads(
    request: HttpRequest, month: Annotated[str, Query(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
) -> list[dict[str, Any]]:
    """Return the head of every finished day of a month, oldest first; everybody may read it."""
    first = date.fromisoformat(f"{month}-01")
    today = timezone.localdate()
    heads = queries.daily_heads(first, statements.last_of_month(first))
    return [{"day": head.day, "seq": head.seq, "hash": head.hash} for head in heads if head.day < today]


@router.post(
    "/transfers",
    response={201: Answered, 200: Answered, 400: Fault, 401: Fault, 403: Fault, 409: Declined, 422: Faults},
    summary="Submit a transfer",
)
def submit_transfer(
    request: HttpRequest, asked: TransferIn, key: Annotated[Id, Header(alias="Idempotency-Key")]
) -> Status[dict[str, Any]]:
    """Book a transfer at most once; the header ``Idempotency-Key`` is its id. Superusers only.

    201: booked. 200: the same transfer had been booked before, and this is the first answer. 409: not booked,
    ``code`` says why. 400: the body is no JSON.
    """
    user = _user(request)
    if not user.is_superuser:
        return Status(403, {"detail": "superusers only / 仅限超级管理员", "code": "permission"})
    fields: dict[str, Any] = {
        name: str(value) if isinstance(value, Unit) else value for name, value in asked.dict().items()
    }
    try:
        transfer = Transfer(**{**fields, "id": key, "kind": Kind(asked.kind)})
    except InvalidValue as error:
        return Status(409, {"detail": str(error), "code": error.code})
    except OverflowError:  # an hour before the first or after the last day of the calendar
        return Status(409, {"detail": "expires_at is out of range / 到期时间超出范围", "code": "ledger.time"})
    try:
        (outcome,) = services.submit([transfer], timezone.now(), by=user)
    except InvalidValue as error:
        return Status(409, {"detail": str(error), "code": error.code})
    return _answer(outcome)


def _answer(outcome: Outcome) -> Status[dict[str, Any]]:
    row = Entry.objects.select_related(
        "debit__enterprise", "debit__cluster", "credit__enterprise", "credit__cluster"
    ).get(seq=outcome.record.seq)
    shown = {"again": outcome.again, "entry": _entry(row)}
    refusal = outcome.record.refusal
    if outcome.status is Answer.CONFLICT:
        detail = "the id belongs to a transfer with other content / 该编号已用于内容不同的转账"
        return Status(409, {**shown, "detail": detail, "code": "ledger.conflict"})
    if refusal is not None:
        detail = f"{refusal.en} / {refusal.zh}"
        return Status(409, {**shown, "detail": detail, "code": f"ledger.refused.{refusal.reason}"})
    return Status(200 if outcome.again else 201, shown)
