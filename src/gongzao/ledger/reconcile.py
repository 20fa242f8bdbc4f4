"""Matching what the bank says with what the books say about one account."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar

from gongzao.kernel import InvalidValue
from gongzao.ledger.bank import BankLine
from gongzao.ledger.chain import CHINA
from gongzao.ledger.model import Account
from gongzao.ledger.pairing import pair
from gongzao.ledger.record import Record

K = TypeVar("K")
T = TypeVar("T")

WINDOW_DAYS = 3
"""Usual distance between the day in the books and the day at the bank, with a weekend between them [d]."""


@dataclass(frozen=True, slots=True)
class BookEntry:
    """What one journal line moved on the account.

    Parameters
    ----------
    seq
        Place in the journal.
    on
        Day in China.
    amount
        [fen], positive if the account grew, as in :class:`~gongzao.ledger.bank.BankLine`.
    keys
        What the bank may name it by: id of the transfer, its reference, the reservation it resolved.
    """

    seq: int
    on: date
    amount: int
    keys: tuple[str, ...] = ()


def book_entries(account: Account, records: Iterable[Record]) -> tuple[BookEntry, ...]:
    """Return what the journal lines booked on ``account``, in their order; reservations book nothing."""
    found = []
    for r in records:
        if r.posted and account.id in (r.debit, r.credit):
            grows = (r.debit == account.id) == account.kind.debit_normal
            keys = (r.transfer.id, r.transfer.reference, r.transfer.pending_id)
            on = r.at.astimezone(CHINA).date()
            found.append(BookEntry(r.seq, on, r.posted if grows else -r.posted, tuple(key for key in keys if key)))
    return tuple(found)


class MatchedBy(StrEnum):
    """Why a line and an entry are taken for the same movement."""

    END_TO_END_ID = "end_to_end_id"
    REFERENCE = "reference"
    AMOUNT_AND_DATE = "amount_and_date"
    HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class Match:
    """A line of the bank and an entry of the books that are the same movement."""

    line: BankLine
    entry: BookEntry
    by: MatchedBy

    @property
    def difference(self) -> int:
        """What the bank moved more than the books [fen]."""
        return self.line.amount - self.entry.amount


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What is settled and what differs at the end of one day; the two balances and what explains their difference.

    Parameters
    ----------
    last
        The day.
    bank_balance, books_balance
        Closing balance of the statement, and of the account in the books, at the end of the day [fen].
    matches
        Pairs with equal amounts, by line number.
    differing
        Pairs that name the same movement but differ in amount, by line number.
    bank_only, books_only
        Lines and entries up to ``last`` without a partner.
    """

    last: date
    bank_balance: int
    books_balance: int
    matches: tuple[Match, ...]
    differing: tuple[Match, ...]
    bank_only: tuple[BankLine, ...]
    books_only: tuple[BookEntry, ...]

    @property
    def difference(self) -> int:
        """Balance at the bank less balance in the books [fen]."""
        return self.bank_balance - self.books_balance

    @property
    def ahead(self) -> int:
        """Sum of the entries that the bank had by ``last`` and the books only later [fen]."""
        return sum(m.entry.amount for m in (*self.matches, *self.differing) if m.entry.on > self.last)

    @property
    def explained(self) -> int:
        """How much of the difference the open items account for [fen]."""
        return (
            sum(line.amount for line in self.bank_only)
            + sum(match.difference for match in self.differing)
            + self.ahead
            - sum(entry.amount for entry in self.books_only)
        )

    @property
    def unexplained(self) -> int:
        """The rest [fen]: not 0 if a statement is missing, or the two began with different balances."""
        return self.difference - self.explained

    @property
    def clean(self) -> bool:
        """Whether bank and books agree with nothing open."""
        return not (self.differing or self.bank_only or self.books_only or self.difference)


def reconcile(
    lines: Sequence[BankLine],
    entries: Sequence[BookEntry],
    *,
    last: date,
    bank_balance: int,
    books_balance: int,
    window_days: int = WINDOW_DAYS,
    settled: Sequence[Match] = (),
    held: Collection[int] = (),
) -> Reconciliation:
    """Match lines with entries one to one; the order in which they are given does not matter.

    First by key: a line's end-to-end id, then its reference, equal to a key of an entry with the same amount. Then,
    in the same order, keys that agree with an amount of the same sign that does not: these pairs differ. What is left
    is matched by equal amount and day, same day first, then one day apart, up to ``window_days``. A line with an
    end-to-end id is never matched by amount and day with an entry that has ids, for these contradict: that is for a
    person to decide. In each of the three steps no other choice would make more pairs; a nearer pair gives way only
    where that lets one more be made. Where several fit, the earlier line and the earlier entry come first.

    Parameters
    ----------
    lines
        The bank's lines up to ``last`` that are not settled yet, of this statement and of earlier ones.
    entries
        The entries that are not settled yet; those later than ``last`` can be matched, but are not missed.
    last
        Day at whose end the balances are compared.
    bank_balance, books_balance
        The balances then [fen]; the books' is the sum of all entries up to ``last``.
    window_days
        Largest distance for a match by amount and day, ≥ 0 [d].
    settled
        Pairs settled earlier whose entry is later than ``last``: they explain a part of the difference.
    held
        Numbers of lines that only a person may match, because a match of theirs was taken back.

    Raises
    ------
    InvalidValue
        ``bank.number_twice`` if two lines or two entries have the same number; ``bank.window`` if it is negative.

    References
    ----------
    企业会计准则应用指南附录《会计科目和主要账务处理》1002 银行存款 (银行存款余额调节表).
    """
    if window_days < 0:
        raise InvalidValue("bank.window", en=f"the window is ≥ 0 days, got {window_days}", zh="匹配天数须≥0")
    _each_once("line", "明细", [line.number for line in lines])
    _each_once("entry", "分录", [entry.seq for entry in entries])
    in_order = sorted(lines, key=lambda line: (line.booked_on, line.number))
    open_lines = [line for line in in_order if line.number not in held]
    open_entries = sorted(entries, key=lambda entry: (entry.on, entry.seq))
    same = _take(open_lines, open_entries, _by_key(open_lines, open_entries, lambda amount: amount))
    differing = _take(
        open_lines, open_entries, _by_key(open_lines, open_entries, lambda amount: 1 if amount > 0 else -1)
    )
    near = _take(open_lines, open_entries, _by_day(open_lines, open_entries, window_days))
    paired = {match.line.number for match in (*same, *differing, *near)}
    return Reconciliation(
        last,
        bank_balance,
        books_balance,
        tuple(sorted((*settled, *same, *near), key=lambda match: match.line.number)),
        tuple(sorted(differing, key=lambda match: match.line.number)),
        tuple(line for line in in_order if line.number not in paired),
        tuple(entry for entry in open_entries if entry.on <= last),
    )


def contradicts(line: BankLine, entry: BookEntry) -> bool:
    """Whether a line names its movement by an end-to-end id, and the entry has ids of its own that are all different.

    The bank's own reference counts for a pair, but never against one: it is another numbering than the books'.
    """
    return bool(line.end_to_end_id and entry.keys) and not {line.end_to_end_id, line.reference} & {*entry.keys}


def _each_once(en: str, zh: str, numbers: Sequence[int]) -> None:
    if len(set(numbers)) != len(numbers):
        raise InvalidValue("bank.number_twice", en=f"a {en} is given twice", zh=f"{zh}重复")


def _take(lines: list[BankLine], entries: list[BookEntry], pairs: Sequence[Match]) -> Sequence[Match]:
    """Take what the pairs hold out of the open lines and entries."""
    taken, booked = {match.line.number for match in pairs}, {match.entry.seq for match in pairs}
    lines[:] = [line for line in lines if line.number not in taken]
    entries[:] = [entry for entry in entries if entry.seq not in booked]
    return pairs


_KEYS = (MatchedBy.END_TO_END_ID, MatchedBy.REFERENCE)


def _by_key(lines: Sequence[BankLine], entries: Sequence[BookEntry], shape: Callable[[int], int]) -> list[Match]:
    """Return the pairs that share a key and whose amounts have the same ``shape``."""
    left = _grouped(lines, lambda line: (line.end_to_end_id, line.reference, shape(line.amount)))
    right = _grouped(entries, lambda entry: (entry.keys, shape(entry.amount)))
    named: dict[tuple[str, int], list[int]] = defaultdict(list)
    for place, (keys, amount) in enumerate(right):
        for key in dict.fromkeys(keys):
            named[key, amount].append(place)
    edges: dict[int, list[tuple[int, int]]] = {}
    for place, (end_to_end, reference, amount) in enumerate(left):
        ranks: dict[int, int] = {}
        for rank, key in enumerate((end_to_end, reference)):
            for other in named.get((key, amount), ()) if key else ():
                ranks.setdefault(other, rank)
        edges[place] = list(ranks.items())
    return [Match(line, entry, _KEYS[rank]) for line, entry, rank in pair([*left.values()], [*right.values()], edges)]


def _by_day(lines: Sequence[BankLine], entries: Sequence[BookEntry], window_days: int) -> list[Match]:
    """Return the pairs of equal amount not more than the window apart whose ids do not contradict."""
    left = _grouped(lines, lambda line: (line.amount, line.booked_on, bool(line.end_to_end_id)))
    right = _grouped(entries, lambda entry: (entry.amount, entry.on, bool(entry.keys)))
    places = {key: place for place, key in enumerate(right)}
    nearest = sorted(range(-window_days, window_days + 1), key=lambda days: (abs(days), days))
    edges: dict[int, list[tuple[int, int]]] = {}
    for place, (amount, day, named) in enumerate(left):
        keyed = (False,) if named else (True, False)
        near = [(places.get((amount, day + timedelta(days=d), k)), abs(d)) for d in nearest for k in keyed]
        edges[place] = [(other, far) for other, far in near if other is not None]
    found = pair([*left.values()], [*right.values()], edges)
    return [Match(line, entry, MatchedBy.AMOUNT_AND_DATE) for line, entry, _ in found]


def _grouped(items: Sequence[T], key_of: Callable[[T], K]) -> dict[K, list[T]]:
    groups: dict[K, list[T]] = {}
    for item in items:
        groups.setdefault(key_of(item), []).append(item)
    return groups
