"""ISO 20022 camt.053 statements, versions 02 to 13, alone, in an envelope, or page by page."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from gongzao.kernel import InvalidInput, InvalidValue, Problem
from gongzao.ledger.bank import MAX_LINES, MAX_PROBLEMS, BankLine, BankStatement, Hint, plain
from gongzao.ledger.bank_entry import day_of, entry_lines, fen_of, sign_of, wrong_currency
from gongzao.ledger.bank_xml import Element, parse

_NAMESPACE = re.compile(r".*\bcamt\.053\.001\.(?:0[2-9]|1[0-3])(?:\b.*)?")
_OTHERS = (
    (
        re.compile(r".*\bcamt\.052\b.*"),
        "a camt.052 is a report within the day, not a statement; ask for camt.053",
        "camt.052 是日间报告，不是对账单；请下载日终对账单 camt.053",
    ),
    (
        re.compile(r".*\bcamt\.054\b.*"),
        "a camt.054 is a notice of single movements without balances; ask for camt.053",
        "camt.054 是逐笔收付通知，不含余额；请下载日终对账单 camt.053",
    ),
    (
        re.compile(r".*\bcamt\.053\b.*"),
        "this version of camt.053 is not read, only 001.02 to 001.13",
        "不支持该版本的 camt.053，只读取 001.02 至 001.13 版",
    ),
    (
        re.compile(r".*office:spreadsheet.*"),
        "an Excel table in XML; open it and save it as .xlsx or CSV",
        "XML 格式的 Excel 表格，请打开后另存为 .xlsx 或 CSV",
    ),
    (
        re.compile(r".*"),
        "not a camt.053.001.02 to .13 document",
        "不是 camt.053.001.02 至 .13 版对账单",
    ),
)
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)

T = TypeVar("T")


@dataclass(slots=True)
class _Page:
    """A ``Stmt``, with the lines of its entries and what its message says of pages."""

    node: Element
    lines: list[BankLine] = field(default_factory=list)
    pagination: Element | None = None
    faulty: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What all pages of a statement share."""
        return _account(self.node), self.node.word("Id")

    @property
    def number(self) -> int | None:
        """Its number, if it is a page of several."""
        text = self._paging("PgNb")
        return int(text) if text.isdecimal() and len(text) < 6 else None

    @property
    def ends(self) -> bool:
        """Whether nothing comes after it."""
        return self._paging("LastPgInd") not in ("false", "0")

    def _paging(self, tag: str) -> str:
        own = self.node.word(f"StmtPgntn/{tag}", f"RptPgntn/{tag}")
        return own or (self.pagination.word(tag) if self.pagination else "")


class Reading:
    """One file being read: its name, the problems and the hints found so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self.hints: dict[str, Hint] = {}
        self.pages: dict[int, _Page] = {}
        self.count = 0

    def refuse(self, element: Element, error: InvalidValue, value: str | None = None) -> None:
        """Note a fault; where there are too many, stop."""
        self.problems.append(
            Problem(self.name, error.code, error.en, error.zh, element.line, element.tag or None, value)
        )
        if len(self.problems) >= MAX_PROBLEMS:
            raise InvalidInput(self.problems)

    def read(self, element: Element, reader: Callable[[Element], T]) -> T | None:
        """Return what ``reader`` makes of the element, or ``None`` (then noted)."""
        try:
            return reader(element)
        except InvalidValue as error:
            self.refuse(element, error, element.text[:80] or None)
            return None

    def need(self, parent: Element, paths: tuple[str, ...], reader: Callable[[Element], T]) -> T | None:
        """Return what ``reader`` makes of the first of the paths, or ``None`` (then noted)."""
        found = parent.first(*paths)
        if found is None:
            names = " / ".join(paths)
            self.refuse(parent, InvalidValue("bank.missing", en=f"{names} is missing", zh=f"缺少 {names}"))
            return None
        return self.read(found, reader)

    def take(self, parent: Element, element: Element) -> bool:
        """Read an entry as soon as it ends, so that its tree need not be kept."""
        if parent.tag != "Stmt" or element.tag != "Ntry":
            return False
        page = self.pages.setdefault(id(parent), _Page(parent))
        before = len(self.problems)
        lines, hints = entry_lines(element, self)
        page.faulty = page.faulty or len(self.problems) > before
        self.hints.update((hint.code, hint) for hint in hints)
        page.lines.extend(lines)
        self.count += len(lines)
        if self.count > MAX_LINES:
            raise InvalidValue("bank.too_long", en=f"more than {MAX_LINES} entries", zh=f"明细超过{MAX_LINES}笔")
        return True


def read_camt053(data: bytes, name: str) -> tuple[BankStatement, ...]:
    """Read the statements of a camt.053 file.

    Only booked entries count (status ``BOOK``); pending and informative ones come again when they are booked. An
    entry that the bank booked as one sum for several payments is read as one line per payment where the amounts of
    the payments are given in CNY and add up, else as one line. Times are told in China's day. Pages of one statement
    that stand in one file are put together. A fault in what an entry need not have never refuses the entry.

    Parameters
    ----------
    data
        The file.
    name
        Its name, for messages.

    Raises
    ------
    InvalidInput
        With every fault, its line and element: ``bank.xml`` (not well-formed), ``bank.xml_unsafe`` (declares a
        document type or entities), ``bank.format`` (not camt.053.001.02 to .13, with what to do), ``bank.page`` (pages
        are missing), ``bank.currency`` (not CNY), ``bank.amount``, ``bank.date``, ``bank.direction``, ``bank.status``,
        ``bank.missing``, ``bank.too_long``, ``bank.too_deep``, and what
        :class:`~gongzao.ledger.bank.BankStatement` refuses.

    References
    ----------
    ISO 20022, Bank-to-Customer Cash Management, camt.053 (BankToCustomerStatement).
    """
    reading = Reading(name)
    pages = _pages(parse(data, name, reading.take), reading)
    groups: dict[tuple[str, str] | int, list[_Page]] = {}
    for place, page in enumerate(pages):
        paged = page.number is not None and (page.number > 1 or not page.ends)
        groups.setdefault(page.key if paged else place, []).append(page)
    statements = [_statement(group, reading) for group in groups.values()]
    if reading.problems:
        raise InvalidInput(reading.problems)
    return tuple(s for s in statements if s is not None)


def _pages(documents: Sequence[tuple[Element, str]], reading: Reading) -> list[_Page]:
    """Return every ``Stmt`` of every document that is a camt.053."""
    pages = []
    readable = [
        (root, space) for root, space in documents if root.tag == "Document" or root.first("BkToCstmrStmt/Stmt")
    ]
    for root, space in readable or documents[:1]:
        message = root.first("BkToCstmrStmt")
        if not _NAMESPACE.fullmatch(space) and not (message and not space):
            en, zh = next((en, zh) for shape, en, zh in _OTHERS if shape.fullmatch(space))
            tag = root.tag.rpartition("}")[2]
            raise InvalidInput([Problem(reading.name, "bank.format", en, zh, root.line, tag, space or None)])
        nodes = root.all("BkToCstmrStmt/Stmt")
        if not nodes:
            reading.refuse(root, InvalidValue("bank.missing", en="Stmt is missing", zh="缺少 Stmt"))
        for node in nodes:
            page = reading.pages.get(id(node)) or _Page(node)
            page.pagination = root.first("BkToCstmrStmt/GrpHdr/MsgPgntn")
            pages.append(page)
    return pages


def _statement(pages: list[_Page], reading: Reading) -> BankStatement | None:
    before = len(reading.problems)
    ordered = sorted(pages, key=lambda page: page.number or 0)
    first, final = ordered[0].node, ordered[-1].node
    if _incomplete(ordered):
        numbers = ", ".join(str(page.number) for page in ordered)
        error = InvalidValue(
            "bank.page",
            en=f"only page {numbers} of a statement that has more; upload a file with all its pages",
            zh=f"对账单分页，本文件只有第{numbers}页；请把全部页放在一个文件中，或下载完整对账单后上传",
        )
        reading.refuse(first, error)
        return None
    currency = first.first("Acct/Ccy")
    if currency is not None and currency.text != "CNY":
        reading.refuse(currency, wrong_currency(), currency.text)
    opening = _balance(first, _OPENING, reading)
    closing = _balance(final, _CLOSING, reading)
    faulty = len(reading.problems) > before or any(page.faulty for page in ordered)
    if faulty or opening is None or closing is None:
        return None
    read = [line for page in ordered for line in page.lines]
    lines = tuple(
        BankLine(n, x.booked_on, x.amount, x.reference, x.end_to_end_id, x.counterparty, x.text, x.line)
        for n, x in enumerate(read, 1)
    )
    last = closing[1]
    since = _since(first)
    if since is None or since > last:
        since = min([last, *(line.booked_on for line in lines)])
    hints = list(reading.hints.values())
    number = first.word("ElctrncSeqNb", "Id")

    def build(_: Element) -> BankStatement:
        statement = BankStatement(
            plain(_account(first), 40), since, last, opening[0], closing[0], lines, plain(number, 40), tuple(hints)
        )
        return _with_hint(statement)

    return reading.read(first, build)


def _with_hint(statement: BankStatement) -> BankStatement:
    outside = len(statement.outside)
    if not outside:
        return statement
    hint = Hint(
        "bank.outside",
        f"{outside} lines are dated outside {statement.first} to {statement.last}; the balances prove that they belong",
        f"有{outside}笔的记账日不在对账单期间 {statement.first} 至 {statement.last} 内；余额与合计相符，已照银行登记",
    )
    parts = (statement.account, statement.first, statement.last, statement.opening, statement.closing, statement.lines)
    return BankStatement(*parts, statement.id, (*statement.hints, hint))


def _incomplete(pages: Sequence[_Page]) -> bool:
    """Whether pages are missing: numbers 1, 2, 3 … and the last says that it is the last.

    A page with opening and closing balance is whole, whatever it says of pages: the sum will prove it.
    """
    if len(pages) == 1 and _has_both(pages[0].node):
        return False
    numbers = [page.number for page in pages]
    return not pages[-1].ends or (numbers != [None] and numbers != list(range(1, len(pages) + 1)))


def _has_both(node: Element) -> bool:
    codes = {balance.word("Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry") for balance in node.all("Bal")}
    return bool(codes & {*_OPENING}) and bool(codes & {*_CLOSING})


def _since(node: Element) -> date | None:
    """Return the first day that the statement names; ``None`` if it names none that can be read."""
    found = node.first("FrToDt/FrDtTm", "FrToDt/FrDt")
    try:
        return day_of(found) if found else None
    except InvalidValue:
        return None


def _account(node: Element) -> str:
    return node.word("Acct/Id/IBAN", "Acct/Id/Othr/Id").replace(" ", "")


def _balance(node: Element, codes: tuple[str, ...], reading: Reading) -> tuple[int, date] | None:
    by_code: dict[str, Element] = {}
    for balance in node.all("Bal"):
        code = balance.word("Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry")
        interim = balance.word("Tp/SubTp/Cd", "Tp/SubTp/Prtry") == "INTM"
        amount = balance.first("Amt")
        elsewhere = amount is not None and (amount.attributes or {}).get("Ccy") != "CNY"
        known = by_code.get(code)
        if not interim and (known is None or (_foreign(known) and not elsewhere)):
            by_code[code] = balance
    found = next((by_code[code] for code in codes if code in by_code), None)
    if found is None:
        names = "/".join(codes)
        error = InvalidValue(
            "bank.missing",
            en=f"balance {names} is missing: without it nothing proves that the lines are complete; ask the bank for a "
            "statement at the end of the day with opening and closing balance",
            zh=f"缺少余额 {names}：没有它无法证明明细完整；请向银行申请带期初、期末余额的日终对账单",
        )
        reading.refuse(node, error)
        return None
    fen, sign = reading.need(found, ("Amt",), fen_of), reading.need(found, ("CdtDbtInd",), sign_of)
    day = reading.need(found, ("Dt/Dt", "Dt/DtTm"), day_of)
    return None if fen is None or sign is None or day is None else (sign * fen, day)


def _foreign(balance: Element) -> bool:
    amount = balance.first("Amt")
    return amount is not None and (amount.attributes or {}).get("Ccy") != "CNY"
