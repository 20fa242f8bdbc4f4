"""ISO 20022 camt.053 statements (versions 02 to 08), read without ever resolving an entity."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from io import BytesIO
from typing import Any, TypeVar
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces

from defusedxml.common import DefusedXmlException

from gongzao.kernel import InvalidInput, InvalidValue, Money, Problem
from gongzao.ledger.bank import MAX_LINES, BankLine, BankStatement, plain

MAX_ELEMENTS = 1_000_000
"""Most XML elements in a file: a small file can hold very many."""

_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.0[2-8]")
_AMOUNT = re.compile(r"\d{1,18}(\.\d{1,5})?")
_NOT_GIVEN = {"NOTPROVIDED", "NOTAVAILABLE"}
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)

T = TypeVar("T")


@dataclass(slots=True)
class _Element:
    tag: str
    line: int
    attributes: dict[str, str]
    children: list["_Element"] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.parts).strip()

    def all(self, path: str) -> list["_Element"]:
        """Return the elements at ``A/B/C`` below this one."""
        found = [self]
        for tag in path.split("/"):
            found = [child for element in found for child in element.children if child.tag == tag]
        return found

    def first(self, *paths: str) -> "_Element | None":
        """Return the first element at any of the paths that holds something."""
        return next((e for path in paths for e in self.all(path) if e.text or e.children), None)

    def word(self, *paths: str) -> str:
        """Return the text at the first of the paths that has one."""
        found = self.first(*paths)
        return found.text if found else ""


class _Builder(ContentHandler):
    """Keeps the tree with line numbers; elements of foreign namespaces keep their namespace in the tag."""

    def __init__(self) -> None:
        super().__init__()
        self.top = _Element("", 0, {})
        self.stack = [self.top]
        self.space = ""
        self.count = 0

    def setDocumentLocator(self, locator: Any) -> None:  # noqa: N802 - the name that SAX calls
        self.locator = locator

    def startElementNS(self, name: tuple[str | None, str], _: str | None, attrs: Any) -> None:  # noqa: N802
        space, local = name[0] or "", name[1]
        if self.stack[-1] is self.top:
            self.space = space
        self.count += 1
        if self.count > MAX_ELEMENTS:
            raise InvalidValue(
                "bank.too_long",
                en=f"more than {MAX_ELEMENTS} elements",
                zh=f"XML元素超过{MAX_ELEMENTS}个",
            )
        tag = local if space == self.space else f"{{{space}}}{local}"
        element = _Element(tag, self.locator.getLineNumber(), {key[1]: value for key, value in attrs.items()})
        self.stack[-1].children.append(element)
        self.stack.append(element)

    def endElementNS(self, _: tuple[str | None, str], __: str | None) -> None:  # noqa: N802
        self.stack.pop()

    def characters(self, content: str) -> None:
        self.stack[-1].parts.append(content)


class _Reading:
    """One file being read: its name and the problems found so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []

    def refuse(self, element: _Element, error: InvalidValue, value: str | None = None) -> None:
        self.problems.append(
            Problem(self.name, error.code, error.en, error.zh, element.line, element.tag or None, value)
        )

    def read(self, element: _Element, reader: Callable[[_Element], T]) -> T | None:
        """Return what ``reader`` makes of the element, or ``None`` (then noted)."""
        try:
            return reader(element)
        except InvalidValue as error:
            self.refuse(element, error, element.text[:80] or None)
            return None

    def need(self, parent: _Element, paths: tuple[str, ...], reader: Callable[[_Element], T]) -> T | None:
        """Return what ``reader`` makes of the first of the paths, or ``None`` (then noted)."""
        found = parent.first(*paths)
        if found is None:
            names = " / ".join(paths)
            self.refuse(parent, InvalidValue("bank.missing", en=f"{names} is missing", zh=f"缺少 {names}"))
            return None
        return self.read(found, reader)


def read_camt053(data: bytes, name: str) -> tuple[BankStatement, ...]:
    """Read the statements of a camt.053 file.

    Only booked entries count (status ``BOOK``); pending and informative ones come again when they are booked. An
    entry that the bank booked as one sum for several payments is read as one line per payment where the amounts of
    the payments are given and add up.

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
        document type or entities), ``bank.format`` (not camt.053.001.02 to .08), ``bank.currency`` (not CNY),
        ``bank.amount``, ``bank.date``, ``bank.direction``, ``bank.missing``, ``bank.too_long``, and what
        :class:`~gongzao.ledger.bank.BankStatement` refuses.

    References
    ----------
    ISO 20022, Bank-to-Customer Cash Management, camt.053 (BankToCustomerStatement).
    """
    reading = _Reading(name)
    document = _parse(data, reading)
    nodes = document.all("BkToCstmrStmt/Stmt")
    if not nodes:
        reading.refuse(document, InvalidValue("bank.missing", en="Stmt is missing", zh="缺少 Stmt"))
    statements = [_statement(node, reading) for node in nodes]
    if reading.problems:
        raise InvalidInput(reading.problems)
    return tuple(s for s in statements if s is not None)


def _parse(data: bytes, reading: _Reading) -> _Element:
    from defusedxml.sax import make_parser  # loads the standard library's network modules, which nobody else needs

    builder = _Builder()
    parser = make_parser()
    parser.forbid_dtd = True
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(builder)
    try:
        parser.parse(BytesIO(data))
    except DefusedXmlException:
        en, zh = "document types and entities are not accepted", "不接受文档类型声明或实体"
        raise InvalidInput([Problem(reading.name, "bank.xml_unsafe", en, zh)]) from None
    except InvalidValue as error:
        raise InvalidInput([Problem(reading.name, error.code, error.en, error.zh)]) from None
    except SAXParseException as error:
        en, zh = f"not well-formed XML: {error.getMessage()}", "XML格式有误"
        raise InvalidInput([Problem(reading.name, "bank.xml", en, zh, error.getLineNumber())]) from None
    except (LookupError, ValueError):  # an encoding that Python or expat does not know
        en, zh = "unknown encoding", "XML编码无法识别"
        raise InvalidInput([Problem(reading.name, "bank.xml", en, zh, 1)]) from None
    root = builder.top.children[0]
    if root.tag != "Document" or not _NAMESPACE.fullmatch(builder.space):
        en, zh = "not a camt.053.001.02 to .08 document", "不是 camt.053.001.02 至 .08 版对账单"
        raise InvalidInput([Problem(reading.name, "bank.format", en, zh, root.line, root.tag, builder.space or None)])
    return root


def _statement(node: _Element, reading: _Reading) -> BankStatement | None:
    before = len(reading.problems)
    currency = node.first("Acct/Ccy")
    if currency is not None and currency.text != "CNY":
        reading.refuse(currency, _wrong_currency(), currency.text)
    opening = _balance(node, _OPENING, reading)
    closing = _balance(node, _CLOSING, reading)
    read = [line for entry in node.all("Ntry") if _booked(entry) for line in _entry(entry, reading)]
    if len(read) > MAX_LINES:
        en, zh = f"more than {MAX_LINES} entries", f"明细超过{MAX_LINES}笔"
        reading.refuse(node, InvalidValue("bank.too_long", en=en, zh=zh))
    from_day = node.first("FrToDt/FrDtTm")
    first = reading.read(from_day, _day) if from_day else None
    if len(reading.problems) > before or opening is None or closing is None:
        return None
    lines = tuple(replace(line, number=number) for number, line in enumerate(read, 1))
    last = closing[1]
    first = first or min([last, *(line.booked_on for line in lines)])
    account = node.word("Acct/Id/IBAN", "Acct/Id/Othr/Id").replace(" ", "")
    number = node.word("ElctrncSeqNb", "Id")

    def build(_: _Element) -> BankStatement:
        return BankStatement(plain(account, 40), first, last, opening[0], closing[0], lines, plain(number, 40))

    return reading.read(node, build)


def _balance(node: _Element, codes: tuple[str, ...], reading: _Reading) -> tuple[int, date] | None:
    by_code = {balance.word("Tp/CdOrPrtry/Cd"): balance for balance in reversed(node.all("Bal"))}
    balance = next((by_code[code] for code in codes if code in by_code), None)
    if balance is None:
        names = "/".join(codes)
        error = InvalidValue("bank.missing", en=f"balance {names} is missing", zh=f"缺少余额 {names}")
        reading.refuse(node, error)
        return None
    amount = _signed(balance, reading)
    day = reading.need(balance, ("Dt/Dt", "Dt/DtTm"), _day)
    return None if amount is None or day is None else (amount, day)


def _booked(entry: _Element) -> bool:
    return entry.word("Sts/Cd", "Sts") == "BOOK"


def _entry(entry: _Element, reading: _Reading) -> Iterator[BankLine]:
    """Yield the lines of one entry; they are numbered later."""
    amount = _signed(entry, reading)
    day = reading.need(entry, ("BookgDt/Dt", "BookgDt/DtTm"), _day)
    if not amount or day is None:  # an entry over 0.00 moves nothing
        return
    details = entry.all("NtryDtls/TxDtls")
    parts = _parts(entry, details, amount, reading) if len(details) > 1 else None
    for detail, part in parts or [(details[0] if details else entry, amount)]:
        line = reading.read(detail, partial(_line, entry, day, part))
        if line is not None:
            yield line


def _parts(
    entry: _Element, details: list[_Element], amount: int, reading: _Reading
) -> list[tuple[_Element, int]] | None:
    """Return the payments of a collective entry with their amounts, or ``None`` if the file does not give them all."""
    found = []
    for detail in details:
        node = detail.first("Amt", "AmtDtls/TxAmt/Amt")
        direction = detail.first("CdtDbtInd") or entry.first("CdtDbtInd")
        fen = reading.read(node, _fen) if node else None
        sign = reading.read(direction, _sign) if direction else None
        if fen is None or sign is None:
            return None
        found.append((detail, sign * fen))
    return found if sum(part for _, part in found) == amount else None


def _line(entry: _Element, day: date, amount: int, detail: _Element) -> BankLine:
    other = "Dbtr" if amount > 0 else "Cdtr"
    end_to_end = detail.word("Refs/EndToEndId")
    remittance = " ".join(element.text for element in detail.all("RmtInf/Ustrd"))
    return BankLine(
        1,
        day,
        amount,
        detail.word("Refs/AcctSvcrRef") or entry.word("AcctSvcrRef", "NtryRef"),
        "" if end_to_end in _NOT_GIVEN else end_to_end,
        plain(detail.word(f"RltdPties/{other}/Nm", f"RltdPties/{other}/Pty/Nm")),
        plain(remittance or detail.word("AddtlTxInf") or entry.word("AddtlNtryInf")),
        detail.line,
    )


def _signed(parent: _Element, reading: _Reading) -> int | None:
    fen = reading.need(parent, ("Amt",), _fen)
    sign = reading.need(parent, ("CdtDbtInd",), _sign)
    return None if fen is None or sign is None else sign * fen


def _fen(element: _Element) -> int:
    if element.attributes.get("Ccy") != "CNY":
        raise _wrong_currency()
    if not _AMOUNT.fullmatch(element.text):
        raise InvalidValue("bank.amount", en="not an amount of the form 1234.56", zh="不是形如 1234.56 的金额")
    return Money.from_yuan(element.text).fen


def _sign(element: _Element) -> int:
    signs = {"CRDT": 1, "DBIT": -1}
    if element.text not in signs:
        raise InvalidValue("bank.direction", en="expected CRDT or DBIT", zh="须为 CRDT（贷）或 DBIT（借）")
    return signs[element.text]


def _day(element: _Element) -> date:
    try:
        return date.fromisoformat(element.text[:10])
    except ValueError:
        raise InvalidValue(
            "bank.date", en="not a date of the form 2025-06-30", zh="不是形如 2025-06-30 的日期"
        ) from None


def _wrong_currency() -> InvalidValue:
    return InvalidValue("bank.currency", en="only CNY is accepted", zh="只接受人民币（CNY）")
