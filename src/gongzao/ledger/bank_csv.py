"""Bank statements as CSV, as Chinese banks export them."""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import TypeVar

from gongzao.kernel import InvalidInput, InvalidValue, Money, Problem
from gongzao.ledger.bank import MAX_LINES, BankLine, BankStatement, plain

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "date": ("日期", "交易日期", "记账日期", "入账日期", "交易时间", "交易日", "记账时间"),
    "credit": ("收入", "收入金额", "贷方发生额", "贷方金额", "贷方发生额（收入）", "存入金额", "转入金额", "贷方"),
    "debit": ("支出", "支出金额", "借方发生额", "借方金额", "借方发生额（支出）", "支取金额", "转出金额", "借方"),
    "amount": ("金额", "交易金额", "发生额"),
    "direction": ("借贷标志", "借贷方向", "收支", "收支标志", "借贷", "收/支"),
    "balance": ("余额", "账户余额", "交易后余额", "本次余额", "当前余额"),
    "reference": ("流水号", "交易流水号", "银行流水号", "交易流水", "核心流水号", "凭证号", "业务编号"),
    "end_to_end_id": ("端到端标识", "端到端标识号", "客户业务编号", "客户参考号", "企业流水号"),
    "counterparty": ("对方户名", "对方名称", "对方账户名称", "对方单位", "对方单位名称", "交易对手", "对手户名"),
    "text": ("摘要", "用途", "附言", "交易摘要", "备注"),
    "currency": ("币种", "货币"),
    "account": ("账号", "本方账号", "账户", "卡号/账号"),
}
"""Columns that are understood, each with the Chinese headings of it; the first that a file has is taken."""

_IN = {"贷", "收", "收入", "转入", "c", "cr", "credit", "in"}
_OUT = {"借", "支", "支出", "转出", "付", "d", "dr", "debit", "out"}
_YUAN = {"人民币", "人民币元", "cny", "rmb", "156", "元"}
_TOTALS = re.compile(r"(本页|本期|收入|支出)?(合计|总计|小计)|total", re.IGNORECASE)
_AMOUNT = re.compile(r"[+-]?(\d{1,15}|\d{1,3}(,\d{3})+)(\.\d+)?")
_DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))(?:\D.*)?", re.DOTALL)
_ACCOUNT = re.compile(r"账\s*号\W*(\d[\d -]{4,38})")
_PREAMBLE = 30
"""Rows above the heading in which the banks print name, number and period of the account."""

_Row = tuple[int, list[str]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Read:
    """One row: the line and the balance printed behind it."""

    line: BankLine
    balance: int


def read_bank_csv(data: bytes, name: str) -> tuple[BankStatement, ...]:
    """Read a statement from CSV in UTF-8 (with or without byte order mark) or GB18030.

    The heading may stand below some rows about the account. It needs ``date``, ``balance``, and ``credit`` and/or
    ``debit``, or ``amount`` with ``direction`` (without it the amount carries a sign); headings are English as in
    :data:`COLUMNS` or Chinese. Other columns are left aside. As in Chinese exports ``credit`` (贷方, 收入) is what came
    in and ``debit`` (借方, 支出) what went out. Newest first is turned round. The printed balances must run through, so
    a missing or doubled line is noticed.

    Parameters
    ----------
    data
        The file.
    name
        Its name, for messages.

    Returns
    -------
    tuple of BankStatement
        One; its period is from the first to the last booking day.

    Raises
    ------
    InvalidInput
        With every fault, its line and column: ``bank.encoding``, ``bank.csv``, ``bank.columns``, ``bank.empty``,
        ``bank.too_long``, ``bank.currency``, ``bank.amount``, ``bank.date``, ``bank.direction``, ``bank.balance``
        (a printed balance does not follow from the one before), and what the values refuse.
    """
    problems: list[Problem] = []
    rows = _rows(_decode(data, name), name)
    start, columns = _heading(rows, name)
    read = [item for row in rows[start + 1 :] if (item := _read(row, columns, name, problems)) is not None]
    if problems:
        raise InvalidInput(problems)
    if not read:
        en, zh = "the statement has no lines, so its balance cannot be told", "对账单没有明细，无法得知余额"
        raise InvalidInput([Problem(name, "bank.empty", en, zh)])
    return (_statement(_oldest_first(read, name), _account(rows, start, columns), name),)


def _decode(data: bytes, name: str) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    en, zh = "not text in UTF-8 or GB18030", "不是 UTF-8 或 GB18030 编码的文本"
    raise InvalidInput([Problem(name, "bank.encoding", en, zh)])


def _rows(text: str, name: str) -> list[_Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[_Row] = []
    last = 0
    try:
        for cells in reader:
            line, last = last + 1, reader.line_num
            if any(cell.strip() for cell in cells):
                rows.append((line, [_cell(cell) for cell in cells]))
            if len(rows) > MAX_LINES + _PREAMBLE:
                en, zh = f"more than {MAX_LINES} lines", f"明细超过{MAX_LINES}笔"
                raise InvalidInput([Problem(name, "bank.too_long", en, zh)])
    except csv.Error as error:
        en, zh = f"broken CSV: {error}", "CSV格式有误"
        raise InvalidInput([Problem(name, "bank.csv", en, zh, max(reader.line_num, 1))]) from None
    return rows


def _cell(cell: str) -> str:
    # Banks write numbers as ="123" or with a tab so that spreadsheets keep every digit.
    text = cell.strip().strip("\t'")
    return text[2:-1] if text.startswith('="') and text.endswith('"') else text


def _heading(rows: Sequence[_Row], name: str) -> tuple[int, dict[str, int]]:
    """Return where the heading stands and the place of each column."""
    for start, (_, cells) in enumerate(rows[:_PREAMBLE]):
        columns = {}
        names = [re.sub(r"\s|[(（]元[)）]", "", cell).replace("(", "（").replace(")", "）").lower() for cell in cells]
        for column, headings in COLUMNS.items():
            place = next((names.index(h) for h in (column, *headings) if h in names), None)
            if place is not None:
                columns[column] = place
        if {"date", "balance"} <= columns.keys() and columns.keys() & {"credit", "debit", "amount"}:
            return start, columns
    en = "no heading with date, balance and credit/debit or amount found"
    zh = "没有找到表头：须有日期、余额，以及收入/支出（贷方/借方）或金额"
    raise InvalidInput([Problem(name, "bank.columns", en, zh, rows[0][0] if rows else None)])


class _Cells:
    """The cells of one row; notes what is wrong with them."""

    def __init__(self, row: _Row, columns: Mapping[str, int], name: str, problems: list[Problem]) -> None:
        self.line, self.name, self.problems = row[0], name, problems
        self.values = {column: row[1][place] if place < len(row[1]) else "" for column, place in columns.items()}

    def text(self, column: str) -> str:
        return self.values.get(column, "")

    def refuse(self, column: str | None, error: InvalidValue) -> None:
        value = self.values[column] if column else None
        self.problems.append(Problem(self.name, error.code, error.en, error.zh, self.line, column, value))

    def read(self, column: str, reader: Callable[[str], T]) -> T | None:
        """Return what ``reader`` makes of a cell, or ``None`` (then noted)."""
        try:
            return reader(self.values[column])
        except InvalidValue as error:
            self.refuse(column, error)
            return None


def _read(row: _Row, columns: Mapping[str, int], name: str, problems: list[Problem]) -> _Read | None:
    """Return what a row says; ``None`` for totals, for a movement of 0.00, and for a faulty row (then noted)."""
    cells = _Cells(row, columns, name, problems)
    if not cells.text("date")[:1].isdigit() and any(_TOTALS.match(cell) for cell in row[1]):
        return None
    if cells.text("currency") and cells.text("currency").lower() not in _YUAN:
        cells.refuse("currency", InvalidValue("bank.currency", en="only CNY is accepted", zh="只接受人民币"))
        return None
    day, balance = cells.read("date", _day), cells.read("balance", _fen)
    amount = _movement(cells)
    if day is None or balance is None or not amount:
        return None
    try:
        line = BankLine(
            1,
            day,
            amount,
            cells.text("reference"),
            cells.text("end_to_end_id"),
            plain(cells.text("counterparty")),
            plain(cells.text("text")),
            cells.line,
        )
    except InvalidValue as error:
        cells.refuse(None, error)
        return None
    return _Read(line, balance)


def _movement(cells: _Cells) -> int | None:
    """Return what a row moved [fen], in positive and out negative; ``None`` if it cannot be told (then noted)."""
    if not cells.values.keys() & {"credit", "debit"}:
        amount = cells.read("amount", _fen)
        sign = cells.read("direction", _sign) if "direction" in cells.values else 1
        return None if amount is None or sign is None else sign * amount
    sides = {side: cells.text(side) for side in ("credit", "debit") if cells.text(side).strip("-— ")}
    amounts = {side: cells.read(side, _fen) for side in sides}
    if None in amounts.values():
        return None
    given = {side: amount for side, amount in amounts.items() if amount}
    if len(given) == 2 or not sides:
        error = InvalidValue(
            "bank.amount", en="exactly one of credit and debit is given", zh="收入与支出须且只须填一项"
        )
        cells.refuse("credit" if "credit" in cells.values else "debit", error)
        return None
    return sum(amount if side == "credit" else -amount for side, amount in given.items())


def _fen(text: str) -> int:
    bare = text.replace("，", ",").lstrip("¥￥ ")
    if not _AMOUNT.fullmatch(bare):
        raise InvalidValue("bank.amount", en="not an amount of the form 1,234.56", zh="不是形如 1,234.56 的金额")
    return Money.from_yuan(bare.replace(",", "")).fen


def _sign(text: str) -> int:
    word = text.lower()
    if word not in _IN | _OUT:
        raise InvalidValue("bank.direction", en="expected 借 or 贷 (debit or credit)", zh="须为“借”或“贷”（收或支）")
    return 1 if word in _IN else -1


def _day(text: str) -> date:
    found = _DATE.fullmatch(text)
    try:
        return date(*(int(part) for part in found.groups() if part)) if found else date.fromisoformat(text)
    except ValueError:
        raise InvalidValue(
            "bank.date", en="not a date of the form 2025-06-30", zh="不是形如 2025-06-30 的日期"
        ) from None


def _oldest_first(read: list[_Read], name: str) -> list[_Read]:
    """Return the rows so that every balance follows from the one before."""
    fault = _first_break(read)
    if fault is None:
        return read
    turned = read[::-1]
    if _first_break(turned) is None:
        return turned
    if read[0].line.booked_on > read[-1].line.booked_on:
        read = turned
        fault = _first_break(read) or 0
    before, item = read[fault - 1], read[fault]
    expected = before.balance + item.line.amount
    en = f"the balance should be {Money(expected)}: a line is missing, doubled or altered"
    zh = f"余额应为 {Money(expected)}，可能有明细缺失、重复或被改动"
    raise InvalidInput(
        [Problem(name, "bank.balance", en, zh, item.line.line, "balance", f"{Money(item.balance).yuan}")]
    )


def _first_break(read: Sequence[_Read]) -> int | None:
    pairs = enumerate(pairwise(read), 1)
    return next((place for place, (a, b) in pairs if a.balance + b.line.amount != b.balance), None)


def _statement(read: Sequence[_Read], account: str, name: str) -> BankStatement:
    days = [item.line.booked_on for item in read]
    opening = read[0].balance - read[0].line.amount
    lines = tuple(replace(item.line, number=number) for number, item in enumerate(read, 1))
    try:
        return BankStatement(account, min(days), max(days), opening, read[-1].balance, lines)
    except InvalidValue as error:
        raise InvalidInput([Problem(name, error.code, error.en, error.zh)]) from None


def _account(rows: Sequence[_Row], start: int, columns: Mapping[str, int]) -> str:
    place = columns.get("account")
    if place is not None:
        named = next((cells[place] for _, cells in rows[start + 1 :] if place < len(cells) and cells[place]), "")
    else:
        found = _ACCOUNT.search("\n".join(" ".join(cells) for _, cells in rows[:start]))
        named = found[1] if found else ""
    return plain(re.sub(r"[\s-]", "", named), 40)
