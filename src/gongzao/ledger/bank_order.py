"""In which order and with which signs a table reads: the printed balances and the days decide, or a person is asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from itertools import pairwise

from gongzao.kernel import InvalidValue, Money


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Parameters
    ----------
    line
        Line of the file.
    day, time
        When it was booked; a row that only carries a balance over may have none.
    credit, debit
        What stands in either column [fen], with the sign that stands there.
    balance
        The balance printed behind it [fen].
    texts
        What else it says, by meaning.
    """

    line: int
    day: date | None
    time: time | None
    credit: int
    debit: int
    balance: int
    texts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Anchors:
    """What else is known about a table: balances that it states outside its rows [fen], and what a person told."""

    opening: int | None = None
    closing: int | None = None
    oldest_first: bool | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a table: rows from old to new, and what each moved [fen]."""

    rows: tuple[Row, ...]
    amounts: tuple[int, ...]
    as_printed: bool

    @property
    def opening(self) -> int:
        """Balance before the first row [fen]."""
        return self.rows[0].balance - self.amounts[0]

    @property
    def broken_at(self) -> int | None:
        """Place of the first row whose balance does not follow from the row before."""
        pairs = enumerate(pairwise(zip(self.rows, self.amounts, strict=True)), 1)
        return next((n for n, ((a, _), (b, moved)) in pairs if a.balance + moved != b.balance), None)

    @property
    def in_time(self) -> int:
        """How well days and times agree with the order: 2 in full, 1 the days alone, 0 not at all."""
        days = [row.day for row in self.rows if row.day]
        if any(a > b for a, b in pairwise(days)):
            return 0
        dated = [row for row in self.rows if row.day]
        return 1 if any(_later(a, b) for a, b in pairwise(dated)) else 2


def _later(a: Row, b: Row) -> bool:
    return a.day == b.day and a.time is not None and b.time is not None and a.time > b.time


def read_in_order(rows: Sequence[Row], anchors: Anchors, *, unsigned: bool) -> Reading:
    """Return the one reading of ``rows`` that balances and days allow.

    A bank lists from old to new or from new to old. A minus in the debit column (支出) means money that came back, or
    it is only how the bank writes what goes out; it is the latter only where every debit has one. Of the readings
    whose balances run through, those with days in order go first, of these the ones with times in order.

    Parameters
    ----------
    rows
        As the file has them.
    anchors
        What else is known.
    unsigned
        Whether amounts stand in one column without a sign and without a side, so that the sign is not said.

    Raises
    ------
    InvalidValue
        ``bank.unsigned``, ``bank.order`` (balances run one way and days the other), ``bank.ambiguous`` (several
        readings fit: a person has to say), ``bank.stated`` (not the balance that the file states), or
        ``bank.balance`` with the row in ``line``.
    """
    readings = list(_readings(rows, anchors))
    running = [reading for reading in readings if reading.broken_at is None]
    if not running or (unsigned and len(rows) == 1):
        raise _unsigned() if unsigned else _broken(readings)
    held = [reading for reading in running if _meets(reading, anchors)]
    if not held:
        raise _stated(running[0], anchors)
    best = max(reading.in_time for reading in held)
    held = [reading for reading in held if reading.in_time == best]
    if len({(reading.opening, tuple(sorted(reading.amounts))) for reading in held}) > 1:
        raise InvalidValue(
            "bank.ambiguous",
            en="balances and days fit in more than one way (oldest or newest first, or what a minus means); say on the "
            "upload page which row is the oldest, or export with times or over more days",
            zh="余额和日期有不止一种读法（从旧到新或从新到旧，或负号的含义），请在上传页指明明细顺序，或导出带交易时间、跨度更长的明细",
        )
    chosen = held[0]
    days = [row.day for row in chosen.rows if row.day]
    if best == 0 and days[0] > days[-1]:
        raise InvalidValue(
            "bank.order",
            en="the balances run from the first row to the last, but the days run the other way; export the file anew",
            zh="余额按一个方向衔接，日期却按相反方向排列，无法确认明细顺序，请重新导出",
        )
    return chosen


def _readings(rows: Sequence[Row], anchors: Anchors) -> Iterator[Reading]:
    debits = [row.debit for row in rows if row.debit]
    for minus in (False, True) if debits and max(debits) < 0 else (False,):
        amounts = tuple(row.credit - (-row.debit if minus else row.debit) for row in rows)
        if anchors.oldest_first is not False:
            yield Reading(tuple(rows), amounts, True)
        if anchors.oldest_first is not True and len(rows) > 1:
            yield Reading(tuple(rows[::-1]), amounts[::-1], False)
        if anchors.oldest_first is False and len(rows) == 1:
            yield Reading(tuple(rows), amounts, True)


def _meets(reading: Reading, anchors: Anchors) -> bool:
    return anchors.opening in (None, reading.opening) and anchors.closing in (None, reading.rows[-1].balance)


def _stated(reading: Reading, anchors: Anchors) -> InvalidValue:
    what, stated, found = (
        (("opening", "期初"), anchors.opening, reading.opening)
        if anchors.opening not in (None, reading.opening)
        else (("closing", "期末"), anchors.closing, reading.rows[-1].balance)
    )
    return InvalidValue(
        "bank.stated",
        en=f"the file states a {what[0]} balance of {Money(stated or 0)}, its rows give {Money(found)}",
        zh=f"文件写明{what[1]}余额 {Money(stated or 0)}，按明细推算为 {Money(found)}，可能有明细缺失",
    )


def _unsigned() -> InvalidValue:
    return InvalidValue(
        "bank.unsigned",
        en="the amounts carry no sign and no column says debit or credit, so what came in and what went out cannot be "
        "told; export with 借贷标志 or with separate columns, or say on the upload page which column it is",
        zh="金额不带正负号，也没有能识别的借贷（收支）方向列，无法区分收入和支出；请导出带“借贷标志”或收入、支出分列的明细，或在上传页指明方向列",
    )


class BrokenBalance(InvalidValue):
    """A printed balance that does not follow from the row before; ``row`` is where."""

    row: Row


def _broken(readings: Sequence[Reading]) -> InvalidValue:
    # The reading that a person would take: days in order, and broken as late as can be.
    reading = max(readings, key=lambda r: (r.in_time > 0, r.broken_at or 0, r.as_printed))
    place = reading.broken_at or 0
    before, row = reading.rows[place - 1], reading.rows[place]
    expected = Money(before.balance + reading.amounts[place])
    error = BrokenBalance(
        "bank.balance",
        en=f"the balance should be {expected}: a line is missing, doubled or altered",
        zh=f"余额应为 {expected}，可能有明细缺失、重复或被改动",
    )
    error.row = row
    return error
