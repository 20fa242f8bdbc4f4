"""A bank's table as a statement: where its heading stands, what each row says, and which balances it states."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gongzao.kernel import InvalidInput, InvalidValue, Problem
from gongzao.kernel.tables import Line
from gongzao.ledger.bank import (
    MAX_LINES,
    BankLine,
    BankStatement,
    Hint,
    plain,
)
from gongzao.ledger.bank_around import Around, around
from gongzao.ledger.bank_headings import Columns, columns, heading, words
from gongzao.ledger.bank_order import Anchors, BrokenBalance, Reading, read_in_order
from gongzao.ledger.bank_rows import RowReader
from gongzao.ledger.bank_text import PREAMBLE


@dataclass(frozen=True, slots=True)
class Told:
    """What a person said about the files of an account.

    Parameters
    ----------
    columns
        What headings mean, one of :data:`~gongzao.ledger.bank_headings.MEANINGS`, by :func:`heading_key`.
    oldest_first
        Whether the first row is the oldest; ``None`` leaves it to balances and days.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    oldest_first: bool | None = None


def heading_key(text: str) -> str:
    """Return a heading as it is compared.

    >>> heading_key(" 借方 发生额（元） ")
    '借方发生额'
    """
    return heading(text).name


def read_table(rows: Sequence[Line], name: str, told: Told) -> BankStatement:
    """Read a statement from the rows of a table.

    Parameters
    ----------
    rows
        The rows of the file that hold something.
    name
        The file's name, for messages.
    told
        What a person said.

    Raises
    ------
    InvalidInput
        With every fault, its line and column; ``bank.heading`` for each heading that is not understood. See
        :func:`gongzao.ledger.read_statements`.
    """
    start, found = _heading(rows, name, told)
    outside = around([row.cells for row in rows[:start]])
    _accept(found, outside, rows[start], name)
    reader = RowReader(name, found, outside, rows[start])
    read = reader.rows(rows[start + 1 :])
    problems = reader.problems
    if not problems and not read:
        en, zh = "the statement has no lines, so its balance cannot be told", "对账单没有明细，无法得知余额"
        problems.append(Problem(name, "bank.empty", en, zh))
    if not problems and len(read) > MAX_LINES:
        en, zh = f"more than {MAX_LINES} lines", f"明细超过{MAX_LINES}笔"
        problems.append(Problem(name, "bank.too_long", en, zh))
    if problems:
        raise InvalidInput(problems)
    anchors = Anchors(
        outside.opening if reader.opening is None else reader.opening,
        outside.closing if reader.closing is None else reader.closing,
        told.oldest_first,
    )
    try:
        reading = read_in_order(read, anchors, unsigned=reader.unsigned)
        return _statement(reading, reader.account(), found)
    except BrokenBalance as error:
        row = error.row
        value = f"{row.balance / 100:.2f}"
        raise InvalidInput([Problem(name, error.code, error.en, error.zh, row.line, "balance", value)]) from None
    except InvalidValue as error:
        raise InvalidInput([Problem(name, error.code, error.en, error.zh)]) from None


def _heading(rows: Sequence[Line], name: str, told: Told) -> tuple[int, Columns]:
    """Return where the heading stands and what its columns mean; the best one if none says enough."""
    best, most = None, 1
    for start, row in enumerate(rows[:PREAMBLE]):
        found = columns(row.cells, told.columns)
        if found.complete:
            return start, found
        known = len(found.places)
        if known > most:
            best, most = (start, found), known
    if best is not None:
        return best
    en = "no heading with date, balance and credit/debit or amount found"
    zh = "没有找到表头：须有日期、余额，以及收入/支出（贷方/借方）或金额"
    raise InvalidInput([Problem(name, "bank.columns", en, zh, rows[0].number if rows else None)])


def _accept(found: Columns, outside: Around, row: Line, name: str) -> None:
    """Refuse a table of which something that matters is not understood."""
    if found.foreign:
        en, zh = f"only CNY is accepted, the heading names {found.foreign[1]}", "只接受人民币，表头写明了其他币种"
        raise InvalidInput([Problem(name, "bank.currency", en, zh, row.number, *found.foreign)])
    problems = [
        Problem(
            name,
            "bank.heading",
            "the heading is not understood and may change what a row means; say on the upload page what it is",
            "表头含义不明，可能影响金额、方向或币种；请在上传页指明它是什么（会为该账户记住）",
            row.number,
            text,
        )
        for text in (*found.unknown.values(), *(() if found.complete else found.left.values()))
    ]
    for meaning, texts in found.twice.items():
        en = f"several columns could be the {meaning}; say on the upload page which to leave aside"
        zh = f"有多列都可能是“{words()['meanings'][meaning][0]}”，请在上传页指明哪一列不用"
        problems.extend(Problem(name, "bank.heading_twice", en, zh, row.number, text) for text in texts)
    if len({found.units.get(place, outside.unit) for place in found.money}) > 1:
        en, zh = (
            "the amounts stand in several units; export them in one",
            "金额各列的单位（元、万元）不一致，请统一后重新导出",
        )
        problems.append(Problem(name, "bank.unit", en, zh, row.number))
    if not found.complete:
        en = "no heading with date, balance and credit/debit or amount found"
        zh = "没有找到表头：须有日期、余额，以及收入/支出（贷方/借方）或金额"
        problems.append(Problem(name, "bank.columns", en, zh, row.number))
    if outside.foreign:
        en, zh = "only CNY is accepted", "只接受人民币，表头上方写明了其他币种"
        problems.append(Problem(name, "bank.currency", en, zh, None, "currency", outside.foreign))
    if problems:
        raise InvalidInput(problems)


def _statement(reading: Reading, account: str, found: Columns) -> BankStatement:
    moved = [(row, amount) for row, amount in zip(reading.rows, reading.amounts, strict=True) if amount]
    lines = []
    for number, (row, amount) in enumerate(moved, 1):
        texts = row.texts
        other = texts["counterparty"] or texts["payer" if amount > 0 else "payee"]
        ids = texts["reference"], texts["end_to_end_id"]
        assert row.day is not None  # noqa: S101 - only rows with a day move anything
        lines.append(BankLine(number, row.day, amount, *ids, plain(other), plain(texts["text"]), row.line))
    days = [row.day for row, _ in moved if row.day] or [row.day for row in reading.rows if row.day]
    if not days:
        en, zh = "the statement has no lines, so its days cannot be told", "对账单没有明细，无法得知期间"
        raise InvalidValue("bank.empty", en=en, zh=zh)
    closing = reading.rows[-1].balance
    return BankStatement(account, min(days), max(days), reading.opening, closing, tuple(lines), hints=_hints(found))


def _hints(found: Columns) -> tuple[Hint, ...]:
    if not found.left:
        return ()
    names = "、".join(unicodedata.normalize("NFKC", text) for text in found.left.values())
    return (
        Hint(
            "bank.left_aside",
            f"columns not known and left aside: {names}; the balances run through without them",
            f"以下列未识别、未采用：{names}（不影响余额衔接）。如其中有流水号或业务编号，请在上传页指明，以后自动采用",
        ),
    )
