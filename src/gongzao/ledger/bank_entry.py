"""One entry of a camt.053: what it must have is read or refused, what it may have is read or left aside."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Protocol, TypeVar

from gongzao.kernel import InvalidValue, Money
from gongzao.ledger.bank import MAX_REFERENCE, BankLine, Hint, clean_id, plain
from gongzao.ledger.bank_xml import Element
from gongzao.ledger.chain import CHINA

_AMOUNT = re.compile(r"(?:\d{1,18}(?:\.\d{0,5})?|\.\d{1,5})", re.ASCII)
_NOT_YET = {"PDNG", "INFO", "FUTR"}

T = TypeVar("T")


class Faults(Protocol):
    """Where faults are noted; see :class:`gongzao.ledger.bank_camt.Reading`."""

    def refuse(self, element: Element, error: InvalidValue, value: str | None = None) -> None:
        """Note a fault."""

    def read(self, element: Element, reader: Callable[[Element], T]) -> T | None:
        """Return what ``reader`` makes of the element, or ``None`` (then noted)."""

    def need(self, parent: Element, paths: tuple[str, ...], reader: Callable[[Element], T]) -> T | None:
        """Return what ``reader`` makes of the first of the paths, or ``None`` (then noted)."""


def entry_lines(entry: Element, faults: Faults) -> tuple[list[BankLine], list[Hint]]:
    """Return the lines of an entry, numbered later, and what a person should know; nothing for what is not booked."""
    status = entry.word("Sts/Cd", "Sts/Prtry", "Sts")
    if status in _NOT_YET:
        return [], []
    if status != "BOOK":
        error = InvalidValue(
            "bank.status", en="expected BOOK, PDNG, INFO or FUTR", zh="状态须为 BOOK（已记账）、PDNG、INFO 或 FUTR"
        )
        faults.refuse(entry.first("Sts") or entry, error, status or None)
        return [], []
    fen, sign = faults.need(entry, ("Amt",), fen_of), faults.need(entry, ("CdtDbtInd",), sign_of)
    day = faults.need(entry, ("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"), day_of)
    if not fen or sign is None or day is None:  # an entry over 0.00 moves nothing
        return [], []
    details = entry.all("NtryDtls/TxDtls")
    parts = _parts(entry, details, sign * fen)
    hints: list[Hint] = []
    if parts is None:
        parts = [(details[0] if len(details) == 1 else entry, sign * fen)]
        if len(details) > 1:
            hints.append(
                Hint(
                    "bank.collective",
                    "some entries for several payments do not give all their amounts; each was taken as one line",
                    "有汇总入账的明细金额不全或合计不符，已按一笔登记",
                )
            )
    lines = []
    for detail, amount in parts:
        lines.append(_line(entry, day, amount, detail, hints))
    return lines, hints


def _parts(entry: Element, details: list[Element], amount: int) -> list[tuple[Element, int]] | None:
    """Return the payments of a collective entry with their amounts, or ``None`` if the file does not give them all."""
    if len(details) < 2:
        return None
    found = []
    for detail in details:
        direction = detail.first("CdtDbtInd") or entry.first("CdtDbtInd")
        fen = _first_in_yuan(detail)
        try:
            sign = sign_of(direction) if direction else None
        except InvalidValue:
            sign = None
        if fen is None or sign is None:
            return None
        if fen:
            found.append((detail, sign * fen))
    return found if sum(part for _, part in found) == amount else None


def _first_in_yuan(detail: Element) -> int | None:
    for node in (*detail.all("Amt"), *detail.all("AmtDtls/TxAmt/Amt"), *detail.all("AmtDtls/CntrValAmt/Amt")):
        try:
            return fen_of(node)
        except InvalidValue:
            continue
    return None


def _line(entry: Element, day: date, amount: int, detail: Element, hints: list[Hint]) -> BankLine:
    other = "Dbtr" if amount > 0 else "Cdtr"
    remittance = " ".join(element.text for element in detail.all("RmtInf/Ustrd"))
    reference = _id(
        hints,
        detail.word("Refs/AcctSvcrRef"),
        entry.word("AcctSvcrRef"),
        entry.word("NtryRef"),
        detail.word("Refs/TxId"),
    )
    return BankLine(
        1,
        day,
        amount,
        reference,
        _id(hints, detail.word("Refs/EndToEndId")),
        plain(detail.word(f"RltdPties/{other}/Nm", f"RltdPties/{other}/Pty/Nm", f"RltdPties/Ultmt{other}/Nm")),
        plain(remittance or detail.word("AddtlTxInf") or entry.word("AddtlNtryInf")),
        detail.line,
    )


def _id(hints: list[Hint], *texts: str) -> str:
    """Return the first of the texts that identifies something."""
    for text in texts:
        kept = clean_id(text)
        if len(kept) > MAX_REFERENCE:
            hints.append(
                Hint(
                    "bank.long_id",
                    f"an identification of more than {MAX_REFERENCE} characters was left aside",
                    f"有编号超过{MAX_REFERENCE}个字符，未采用",
                )
            )
        elif kept:
            return kept
    return ""


def fen_of(element: Element) -> int:
    """Read an amount in CNY, without sign [fen]; refused are other currencies and other forms."""
    if (element.attributes or {}).get("Ccy") != "CNY":
        raise wrong_currency()
    if not _AMOUNT.fullmatch(element.text):
        raise InvalidValue("bank.amount", en="not an amount of the form 1234.56", zh="不是形如 1234.56 的金额")
    return Money.from_yuan(element.text).fen


def sign_of(element: Element) -> int:
    """Read on which side an amount stands: 1 for CRDT, −1 for DBIT."""
    signs = {"CRDT": 1, "DBIT": -1}
    if element.text not in signs:
        raise InvalidValue("bank.direction", en="expected CRDT or DBIT", zh="须为 CRDT（贷）或 DBIT（借）")
    return signs[element.text]


def day_of(element: Element) -> date:
    """Read a day, or the day in China of a time; a time without zone is China's."""
    text = element.text
    try:
        if "T" not in text:
            return date.fromisoformat(text[:10])
        moment = datetime.fromisoformat(text)
        return (moment.astimezone(CHINA) if moment.tzinfo else moment).date()
    except (ValueError, OverflowError):
        raise InvalidValue(
            "bank.date", en="not a date of the form 2025-06-30", zh="不是形如 2025-06-30 的日期"
        ) from None


def wrong_currency() -> InvalidValue:
    """Return the refusal of another currency."""
    return InvalidValue("bank.currency", en="only CNY is accepted", zh="只接受人民币（CNY）")
