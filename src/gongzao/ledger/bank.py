"""Bank statements as values: what the bank says about the supervised account that the books mirror."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from gongzao.kernel import InvalidValue, Money
from gongzao.ledger.model import MAX_TEXT

MAX_STATEMENT_BYTES = 10 * 1024 * 1024
"""Largest statement file [B]."""

MAX_LINES = 20_000
"""Most lines in one file."""

MAX_PROBLEMS = 200
"""Most faults that are told of one file; reading stops there."""

MAX_REFERENCE = 100
"""Longest reference or end-to-end id [characters]."""

_NO_ID = frozenset(
    {"NOTPROVIDED", "NOTAVAILABLE", "NOTGIVEN", "NONREF", "NOREF", "NOREFERENCE", "NONE", "NULL", "NA", "无"}
)


class Hint(NamedTuple):
    """What a person should know of a statement that was taken all the same.

    Parameters
    ----------
    code
        Stable name of what was noticed, such as ``bank.outside``.
    en, zh
        The sentence.
    """

    code: str
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class BankLine:
    """One booked line of a bank statement.

    Parameters
    ----------
    number
        Tells the line from all others it is given with; in a file that was read: its place, 1, 2, 3 …
    booked_on
        Day on which the bank booked it.
    amount
        [fen], positive into the account, negative out of it, never 0.
    reference
        The bank's own reference, if any.
    end_to_end_id
        The identification that the payer gave and that went through unchanged, if any.
    counterparty, text
        Who paid or was paid, and what for, as the bank prints it.
    line
        Line of the file where it stands, if it was read from one.

    Raises
    ------
    InvalidValue
        ``money.not_integer``, ``money.too_large``, ``bank.amount_zero`` or ``bank.reference``.
    """

    number: int
    booked_on: date
    amount: int
    reference: str = ""
    end_to_end_id: str = ""
    counterparty: str = ""
    text: str = ""
    line: int | None = None

    def __post_init__(self) -> None:
        if Money(self.amount).fen == 0:
            raise InvalidValue(
                "bank.amount_zero", en="a statement line moves an amount, got 0", zh="对账单明细的金额不得为0"
            )
        for value in (self.reference, self.end_to_end_id):
            if len(value) > MAX_REFERENCE:
                raise InvalidValue(
                    "bank.reference",
                    en=f"a reference has at most {MAX_REFERENCE} characters, got {value!r}",
                    zh=f"流水号或端到端标识最多{MAX_REFERENCE}个字符，收到“{value}”",
                )


class Span(NamedTuple):
    """What one statement covers: days, both included, and the balances before and after [fen]."""

    first: date
    last: date
    opening: int
    closing: int


@dataclass(frozen=True, slots=True)
class BankStatement:
    """A bank statement in CNY that adds up.

    Parameters
    ----------
    account
        Account number or IBAN without blanks; empty where the file does not say.
    first, last
        Days it covers, both included.
    opening, closing
        Booked balance before the first and after the last line [fen].
    lines
        In the bank's order.
    id
        The bank's number of the statement, if any.
    hints
        What was noticed and changes no amount.

    Raises
    ------
    InvalidValue
        ``bank.period`` (last before first), or ``bank.sum`` (opening plus lines is not closing).

    Notes
    -----
    Balances that agree with the sum of the lines are proof: lines that are equal word for word, and lines that the
    bank dates outside the period, are taken; the latter with a hint.
    """

    account: str
    first: date
    last: date
    opening: int
    closing: int
    lines: tuple[BankLine, ...]
    id: str = ""
    hints: tuple[Hint, ...] = ()

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise InvalidValue(
                "bank.period",
                en=f"the statement ends on {self.last}, before it begins on {self.first}",
                zh=f"对账单截止日 {self.last} 早于起始日 {self.first}",
            )
        total = Money(self.opening).fen + sum(line.amount for line in self.lines)
        if total != Money(self.closing).fen:
            raise InvalidValue(
                "bank.sum",
                en=f"opening {Money(self.opening)} plus lines is {total / 100:.2f} 元, not the closing balance "
                f"{Money(self.closing)}: a line is missing, doubled or altered",
                zh=f"期初余额 {Money(self.opening)} 加明细合计后不等于期末余额 {Money(self.closing)}"
                f"（相差 {Money(self.closing - total)}），可能有明细缺失、重复或被改动",
            )

    @property
    def span(self) -> Span:
        """What it covers."""
        return Span(self.first, self.last, self.opening, self.closing)

    @property
    def outside(self) -> tuple[BankLine, ...]:
        """The lines that the bank dates outside the period."""
        return tuple(line for line in self.lines if not self.first <= line.booked_on <= self.last)


class GapKind(StrEnum):
    """How two statements fail to follow each other."""

    OVERLAP = "overlap"
    BALANCE = "balance"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Gap:
    """Two statements of one account that do not follow each other.

    Parameters
    ----------
    before, after
        The earlier and the later one.
    kind
        ``overlap``: they cover the same days; ``balance``: the later does not open with what the earlier closed with;
        ``days``: the balances agree, but days between them are covered by neither.
    """

    before: Span
    after: Span
    kind: GapKind

    @property
    def difference(self) -> int:
        """What is missing between them: opening less closing [fen]."""
        return self.after.opening - self.before.closing


def gaps(spans: Iterable[Span]) -> tuple[Gap, ...]:
    """Return where the statements of one account do not follow each other, oldest first.

    Two statements may share one day, at the border, if the balances agree: a day can be split.
    """
    ordered = sorted(spans, key=lambda span: (span.first, span.last))
    found = []
    for before, after in pairwise(ordered):
        if after.first < before.last or (after.first == before.last and after.opening != before.closing):
            found.append(Gap(before, after, GapKind.OVERLAP))
        elif after.opening != before.closing:
            found.append(Gap(before, after, GapKind.BALANCE))
        elif after.first > before.last + timedelta(days=1):
            found.append(Gap(before, after, GapKind.DAYS))
    return tuple(found)


def plain(text: str, most: int = MAX_TEXT) -> str:
    """Return ``text`` on one line of printable characters, cut after ``most``."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:most]


def clean_id(text: str) -> str:
    """Return a reference or an identification; empty for what banks print where there is none.

    >>> clean_id(" o-17 "), clean_id("NOTPROVIDED"), clean_id("not-provided"), clean_id("0000"), clean_id("--")
    ('o-17', '', '', '', '')
    """
    bare = plain(text)
    letters = re.sub(r"[\W_]", "", bare).upper()
    return "" if letters in _NO_ID or not letters.strip("0") else bare


def same_account(one: str, other: str) -> bool:
    """Whether two account numbers can be one, where a bank may hide digits with ``*``.

    >>> same_account("6222****0001", "6222000011110001"), same_account("6222", "6223")
    (True, False)
    """
    hidden, shown = (one, other) if "*" in one else (other, one)
    if "*" not in hidden:
        return hidden == shown
    start, end = hidden.split("*", 1)[0], hidden.rsplit("*", 1)[1]
    return len(shown) >= len(start) + len(end) and shown.startswith(start) and shown.endswith(end)
