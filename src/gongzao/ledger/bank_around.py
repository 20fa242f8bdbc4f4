"""What a bank prints above its table: account, currency, unit and balances."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from gongzao.kernel import InvalidValue
from gongzao.ledger.bank_cells import fen, yuan
from gongzao.ledger.bank_headings import FOREIGN, UNITS, YUAN, flat

_ACCOUNT = re.compile(
    r"(?:账\s*号|帐\s*号|卡\s*号|account\s*(?:no|number))[^\d*\n]{0,40}?([\d*][\d* -]{4,38})", re.IGNORECASE
)
_CURRENCY = re.compile(
    r"(?:.*(?:币种|币别|货币)|.*\b(?:currency|ccy))\s*(?:\[[^\]]*\])?\s*(?:[:：]\s*(.*))?", re.IGNORECASE
)
_UNIT = re.compile(r"(?:^|.*[(（\s])(?:金额|货币|计量|记账)?单位\s*(?:[:：]\s*([^)）\s]*))?.*")
_ALONE = re.compile(r"(?:^|[(（\[【:：\s])(?:人民币)?((?:百万|[百千万亿])元)(?=$|[)）\]】\s])")
_BALANCE = re.compile(r"(期初|上期|承前|期末)余额(?:\(.*?\))?(?::(.*))?|(opening|closing)balance(?::(.*))?")
_SAID = re.compile(r"(?:以|按|为)(?:人民币)?((?:百万|[百千万亿])元)(?=为单位|计|列|表示)")
_MARKED = re.compile(
    rf"(?:^|[(（\[【:：\s]){FOREIGN.pattern}(?=$|[)）\]】\s])|{FOREIGN.pattern}(?=账户|户|账号|活期|定期|存款|明细)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Around:
    """What stands above a table.

    Parameters
    ----------
    account
        The account number without blanks, or empty.
    unit
        What 1 counts in the table's amounts [fen].
    foreign
        Another currency than the yuan, as it stands there, or empty.
    opening, closing
        Balances that are stated [fen].
    """

    account: str
    unit: int
    foreign: str
    opening: int | None
    closing: int | None


def around(rows: Sequence[Sequence[str]]) -> Around:
    """Read what stands above a table."""
    found = _ACCOUNT.search("\n".join(" ".join(cells) for cells in rows))
    unit, foreign = YUAN, ""
    stated: dict[str, int | None] = {"opening": None, "closing": None}
    for cells in rows:
        for place, cell in enumerate(cells):
            text = unicodedata.normalize("NFKC", cell).strip()
            following = next((other for other in cells[place + 1 :] if other), "")
            foreign = foreign or _foreign(text, following)
            unit = _unit(text, following) or unit
            _state(flat(text), following, stated)
    if stated["opening"] is not None:
        stated["opening"] = stated["opening"] * unit // 100
    if stated["closing"] is not None:
        stated["closing"] = stated["closing"] * unit // 100
    account = re.sub(r"[\s-]", "", found[1]) if found else ""
    return Around(account, unit, foreign, stated["opening"], stated["closing"])


def _foreign(text: str, following: str) -> str:
    """Return the currency that a cell names, if it is not the yuan."""
    if labelled := _CURRENCY.fullmatch(text):
        value = (labelled[1] or following).strip()
        return "" if yuan(value.split(" ")[0]) or flat(value) in UNITS or _unit_word(value) else value
    marked = _MARKED.search(text)
    return marked[0].strip("(（[【:： ") if marked else ""


def _unit_word(text: str) -> int:
    return UNITS.get(flat(text).removeprefix("人民币").removeprefix("rmb").removeprefix("cny"), 0)


def _unit(text: str, following: str) -> int:
    """Return the unit that a cell names [fen], or 0; 单位 may also be an organisation."""
    if (labelled := _UNIT.fullmatch(text)) and (unit := _unit_word(labelled[1] or following)):
        return unit
    alone = _ALONE.search(text) or _SAID.search(text)
    return UNITS[alone[1]] if alone else 0


def _state(text: str, following: str, stated: dict[str, int | None]) -> None:
    found = _BALANCE.fullmatch(text)
    if not found:
        return
    which = "closing" if (found[1] or found[3]) in ("期末", "closing") else "opening"
    try:
        stated[which] = fen(found[2] or found[4] or following, 100)
    except InvalidValue:  # not an amount: a caption, not a balance
        return
