"""Accounts, the transfers between them and their balances."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from gongzao.kernel import MAX_FEN, InvalidValue

UNITS: dict[str, str] = {"CNY": "人民币", "WORKHOUR": "工时", "MACHINEHOUR": "机时", "MATERIAL": "材料折价"}
"""What is counted, each in whole hundredths: fen of CNY, and memorandum units for contributions in kind."""

MAX_ID = 100
"""Longest identifier [characters]."""

MAX_TEXT = 200
"""Longest purpose, reference, memo, owner or name [characters]."""

_ID = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._:/+-]{{0,{MAX_ID - 1}}}")


class AccountKind(StrEnum):
    """The five kinds of double entry; assets and expenses grow by debits, the others by credits."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"

    @property
    def debit_normal(self) -> bool:
        """Whether the balance is debits less credits (else credits less debits)."""
        return self in (AccountKind.ASSET, AccountKind.EXPENSE)


class Kind(StrEnum):
    """What a transfer asks for."""

    POST = "post"
    PENDING = "pending"
    POST_PENDING = "post_pending"
    VOID_PENDING = "void_pending"
    EXPIRE = "expire"
    OPEN = "open"


RESOLVING = frozenset({Kind.POST_PENDING, Kind.VOID_PENDING, Kind.EXPIRE})
"""The kinds that resolve a reservation."""


def _check_id(what: str, value: str) -> None:
    if not _ID.fullmatch(value):
        raise InvalidValue(
            "ledger.id",
            en=f"{what} must be 1–{MAX_ID} letters, digits or . _ : / + -, got {value!r}",
            zh=f"{what} 须为1—{MAX_ID}个字母、数字或 . _ : / + -，收到“{value}”",
        )


def _check_text(what: str, value: str) -> None:
    # The wide space of Chinese input methods is text; control characters and lone surrogates are not storable.
    if len(value) > MAX_TEXT or not value.replace("\u3000", " ").isprintable():
        raise InvalidValue(
            "ledger.text",
            en=f"{what} must be at most {MAX_TEXT} printable characters, got {value!r}",
            zh=f"{what} 最多{MAX_TEXT}个可显示字符，收到 {value!r}",
        )


def _check_unit(unit: str) -> None:
    if unit not in UNITS:
        raise InvalidValue(
            "ledger.unit",
            en=f"unit must be one of {', '.join(UNITS)}, got {unit!r}",
            zh=f"单位须为 {'、'.join(UNITS)} 之一，收到“{unit}”",
        )


def check_time(what: str, value: datetime) -> datetime:
    """Return an aware time in UTC.

    Raises
    ------
    InvalidValue
        ``ledger.time`` if it has no time zone.
    """
    if value.tzinfo is None:
        raise InvalidValue(
            "ledger.time", en=f"{what} needs a time zone, got {value}", zh=f"{what} 须带时区，收到 {value}"
        )
    return value.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Account:
    """One account of one party in one unit.

    Parameters
    ----------
    id
        Identifier, never reused.
    owner
        The party it belongs to, such as ``firm:91130…`` or ``project:12``.
    kind
        Decides the side on which it grows.
    unit
        One of :data:`UNITS`; a transfer never mixes two.
    minimum, maximum
        Limits of the balance on the account's own side [hundredths of the unit], reservations counted at their
        worst; None is no limit. ``minimum=0`` forbids an overdraft.
    name
        Name for people, usually Chinese.

    Raises
    ------
    InvalidValue
        ``ledger.id``, ``ledger.text``, ``ledger.unit`` or ``ledger.limits`` (not integers within ±MAX_FEN with
        minimum ≤ 0 ≤ maximum, so that a new account with balance 0 keeps them).
    """

    id: str
    owner: str
    kind: AccountKind
    unit: str = "CNY"
    minimum: int | None = None
    maximum: int | None = None
    name: str = ""

    def __post_init__(self) -> None:
        _check_id("account", self.id)
        _check_id("owner", self.owner)
        _check_unit(self.unit)
        _check_text("name", self.name)
        limits = [limit for limit in (self.minimum, self.maximum) if limit is not None]
        low, high = self.minimum or 0, self.maximum or 0
        if any(type(limit) is not int for limit in limits) or not -MAX_FEN <= low <= 0 <= high <= MAX_FEN:
            raise InvalidValue(
                "ledger.limits",
                en=f"limits must be integers with -{MAX_FEN} ≤ minimum ≤ 0 ≤ maximum ≤ {MAX_FEN}, "
                f"got {self.minimum!r} and {self.maximum!r}",
                zh=f"上下限须为整数且 下限≤0≤上限（±{MAX_FEN}以内），收到 {self.minimum!r}、{self.maximum!r}",
            )


@dataclass(frozen=True, slots=True)
class Transfer:
    """A request to move one amount from one account to another; two requests are the same if all fields are.

    Parameters
    ----------
    id
        Chosen by the client; booked at most once.
    kind
        ``post`` and ``pending`` name accounts, amount and unit. The three that resolve a reservation name only
        ``pending_id``, and ``post_pending`` the amount to book (less than reserved: the rest is returned). ``open``
        names only an account, as ``debit``; see :func:`~gongzao.ledger.chain.opening`.
    debit, credit
        Account to debit and account to credit; empty when resolving.
    amount
        [hundredths of the unit, for CNY fen], 1 to MAX_FEN; 0 for ``void_pending``, ``expire`` and ``open``.
    unit
        One of :data:`UNITS`; empty when resolving or opening.
    pending_id
        The reservation to resolve.
    expires_at
        Only for ``pending``: from this moment on it can only be expired.
    linked
        Succeeds or fails together with the next transfer of the batch.
    reverses
        Only for ``post``: the booked transfer that this one compensates, in whole or in part.
    purpose, reference, memo
        Free text for people, at most 200 characters each.

    Raises
    ------
    InvalidValue
        ``ledger.id``, ``ledger.text``, ``ledger.unit``, ``ledger.time``, ``ledger.amount``, ``ledger.same_account``
        or ``ledger.fields``. Such a request is no request: it takes up no id.
    """

    id: str
    kind: Kind
    debit: str = ""
    credit: str = ""
    amount: int = 0
    unit: str = ""
    pending_id: str = ""
    expires_at: datetime | None = None
    linked: bool = False
    reverses: str = ""
    purpose: str = ""
    reference: str = ""
    memo: str = ""

    def __post_init__(self) -> None:
        _check_id("id", self.id)
        for what, text in (("purpose", self.purpose), ("reference", self.reference), ("memo", self.memo)):
            if text:
                _check_text(what, text)
        if self.reverses:
            _check_id("reverses", self.reverses)
        if self.kind in RESOLVING:
            self._check_resolving()
        elif self.kind is Kind.OPEN:
            _check_id("debit", self.debit)
            _check_amount(self.amount, 0, 0)
            if any((self.credit, self.unit, self.pending_id, self.expires_at, self.linked, self.reverses)):
                self._refuse_fields()
        else:
            self._check_moving()

    def _check_moving(self) -> None:
        _check_id("debit", self.debit)
        _check_id("credit", self.credit)
        _check_unit(self.unit)
        _check_amount(self.amount, 1, MAX_FEN)
        if self.debit == self.credit:
            raise InvalidValue(
                "ledger.same_account",
                en=f"a transfer runs between two accounts, got {self.debit!r} twice",
                zh=f"转账须在两个账户之间进行，收到同一账户“{self.debit}”",
            )
        if self.expires_at is not None:
            object.__setattr__(self, "expires_at", check_time("expires_at", self.expires_at))
        if (
            self.pending_id
            or (self.kind is not Kind.PENDING and self.expires_at)
            or (self.kind is not Kind.POST and self.reverses)
        ):
            self._refuse_fields()

    def _check_resolving(self) -> None:
        _check_id("pending_id", self.pending_id)
        partial = self.kind is Kind.POST_PENDING
        _check_amount(self.amount, 1 if partial else 0, MAX_FEN if partial else 0)
        if self.debit or self.credit or self.unit or self.expires_at or self.reverses:
            self._refuse_fields()

    def _refuse_fields(self) -> None:
        raise InvalidValue(
            "ledger.fields",
            en=f"transfer {self.id}: a field was given that does not belong to kind {self.kind}",
            zh=f"转账 {self.id}：含有不属于类型 {self.kind} 的字段",
        )


def _check_amount(amount: int, low: int, high: int) -> None:
    if type(amount) is not int or not low <= amount <= high:
        raise InvalidValue(
            "ledger.amount",
            en=f"the amount must be a whole number from {low} to {high}, got {amount!r}",
            zh=f"金额须为 {low} 至 {high} 的整数，收到 {amount!r}",
        )


class Balance(NamedTuple):
    """What went over one account [hundredths of the unit]; each counter stays within MAX_FEN, so within 64 bits."""

    debits: int = 0
    credits: int = 0
    debits_pending: int = 0
    credits_pending: int = 0

    def of(self, kind: AccountKind) -> int:
        """Return the booked balance on the side on which ``kind`` grows."""
        return self.debits - self.credits if kind.debit_normal else self.credits - self.debits

    def worst(self, kind: AccountKind) -> tuple[int, int]:
        """Return the lowest and the highest balance that the open reservations can still lead to."""
        booked = self.of(kind)
        if kind.debit_normal:
            return booked - self.credits_pending, booked + self.debits_pending
        return booked - self.debits_pending, booked + self.credits_pending
