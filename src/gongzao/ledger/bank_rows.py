"""Rows of a bank's table: what each says about money, time, party and purpose, or what is wrong with it."""

import re
from collections.abc import Callable, Sequence
from datetime import date, time
from typing import TypeVar

from gongzao.kernel import InvalidValue, Problem
from gongzao.kernel.tables import Line
from gongzao.ledger.bank import MAX_PROBLEMS, MAX_REFERENCE, clean_id, plain, same_account
from gongzao.ledger.bank_around import Around, around
from gongzao.ledger.bank_cells import done, fen, moment, nothing, side, time_of, yuan
from gongzao.ledger.bank_headings import FOREIGN, YUAN, Columns, flat
from gongzao.ledger.bank_order import Row

_TOTALS = re.compile(
    r"(?:本页|本期|本日|本月|当日|累计|收入|支出|借方|贷方|全部|总)*(?:合计|总计|小计|累计|共计)(?:金额|发生额|余额|笔数)?[:\d,.笔条元]*"
    r"|(?:sub|grand)?totals?[:\d,.]*"
)
_OPENING = re.compile(
    r"(?:期初|上期|上月|上年|上日|昨日|年初|月初)(?:余额|结余|结转|转入)?|opening ?balance|balance ?b/?f"
)
_CLOSING = re.compile(r"(?:期末|本期|本月|月末|年末)(?:余额|结余|结转)|closing ?balance|balance ?c/?f")
_CARRIED = re.compile(r"承前页|过次页|转次页|承上页|余额结转|结转下[页年期月]")

T = TypeVar("T")


class RowReader:
    """Reads row after row; notes what is wrong and what the rows state together."""

    def __init__(self, name: str, found: Columns, outside: Around, head: Line) -> None:
        self.name, self.found, self.head, self.outside = name, found, head, outside
        self.problems: list[Problem] = []
        self.opening: int | None = None
        self.closing: int | None = None
        self.accounts: dict[str, int] = {}
        self.notes: list[tuple[str, ...]] = []
        places = found.places
        self.both = {"credit", "debit"} <= places.keys()
        self.sided = bool(places.keys() & {"credit", "debit"})
        self.unsigned = not self.sided and "direction" not in places and not found.signed

    def account(self) -> str:
        """The account number of the rows, or of what stands above them."""
        return plain(next(iter(self.accounts), self.outside.account), 40)

    def rows(self, rows: Sequence[Line]) -> list[Row]:
        """Return what the rows say, up to where too much is wrong."""
        read = []
        for row in rows:
            if len(self.problems) >= MAX_PROBLEMS:
                break
            if (found := self.row(row)) is not None:
                read.append(found)
        self._check_notes()
        return read

    def _check_notes(self) -> None:
        """Refuse another currency or unit that is named below the table."""
        below = around(self.notes)
        if below.foreign:
            en, zh = "only CNY is accepted", "只接受人民币，表格下方写明了其他币种"
            self.problems.append(Problem(self.name, "bank.currency", en, zh, None, "currency", below.foreign))
        if below.unit not in (YUAN, self.outside.unit):
            en, zh = "a note below the table names another unit", "表格下方写明了其他金额单位，请统一后重新导出"
            self.problems.append(Problem(self.name, "bank.unit", en, zh))

    def row(self, row: Line) -> Row | None:
        """Return what a row says; ``None`` for what says nothing about money, and for a faulty row (then noted)."""
        cells = _Cells(row, self)
        if row.cells == self.head.cells:
            return None
        if len(row.cells) > max(len(self.head.cells), *(max(p) + 1 for p in self.found.places.values())):
            cells.refuse(
                None,
                _fault(
                    "bank.width",
                    "more cells than headings: an amount with a comma needs quotes",
                    "单元格多于表头：含逗号的金额须加引号",
                ),
            )
            return None
        figures = [c for c in ("credit", "debit", "amount", "balance") if not nothing(cells.text(c))]
        try:
            at = moment(cells.text("date"))
        except InvalidValue as error:
            return self._undated(cells, figures, error)
        return self._dated(cells, at)

    def _undated(self, cells: "_Cells", figures: list[str], error: InvalidValue) -> Row | None:
        """Read a row without a day: a total, a balance carried over, a note; anything else is a fault."""
        said = [flat(cell).rstrip(":") for cell in cells.row.cells if not nothing(cell)]
        balance = cells.read("balance", self._fen) if "balance" in figures else None
        stated = balance is not None and figures == ["balance"]
        if any(_TOTALS.fullmatch(word) for word in said[:3]):
            return None
        if not figures:
            self.notes.append(cells.row.cells)
            return None
        if stated and any(_OPENING.fullmatch(word) for word in said):
            self.opening = balance
        elif stated and any(_CLOSING.fullmatch(word) for word in said):
            self.closing = balance
        elif stated and balance is not None and any(_CARRIED.fullmatch(word) for word in said):
            return Row(cells.row.number, None, None, 0, 0, balance)
        elif not cells.failed:
            cells.refuse("date", error)
        return None

    def _dated(self, cells: "_Cells", at: tuple[date, time | None]) -> Row | None:
        before = len(self.problems)
        self._check_words(cells)
        balance = cells.read("balance", self._fen)
        credit, debit = self._movement(cells)
        if balance is not None and self._side_of_balance(cells):
            balance = -balance
        texts = cells.texts()
        if len(self.problems) > before or balance is None:
            return None
        clock = at[1] or next((t for p in self.found.places.get("time", ()) if (t := cells.clock(p))), None)
        return Row(cells.row.number, at[0], clock, credit, debit, balance, texts)

    def _check_words(self, cells: "_Cells") -> None:
        """Refuse another currency, another account and what is not booked."""
        for text in cells.all("currency"):
            if not yuan(text):
                cells.refuse("currency", _fault("bank.currency", "only CNY is accepted", "只接受人民币"), text)
        for place in self.found.left:
            text = cells.row.cells[place] if place < len(cells.row.cells) else ""
            if FOREIGN.fullmatch(text):
                error = _fault("bank.currency", "only CNY is accepted", "只接受人民币")
                cells.refuse(self.found.left[place], error, text)
        for text in cells.all("status"):
            if not done(text):
                en, zh = "not known as booked; leave out what was not booked", "不是已入账状态；请只导出已入账明细"
                cells.refuse("status", _fault("bank.status", en, zh), text)
        for text in cells.all("account")[:1]:
            number = re.sub(r"[\s-]", "", text)
            if number and not any(same_account(number, known) for known in self.accounts):
                self.accounts[number] = cells.row.number
                if len(self.accounts) > 1:
                    en, zh = (
                        "the file mixes several accounts; export one account at a time",
                        "文件含多个账号，请逐个账户导出",
                    )
                    cells.refuse("account", _fault("bank.accounts", en, zh), text)

    def _fen(self, text: str, place: int) -> int:
        return fen(text, self.found.units.get(place) or self.outside.unit)

    def _side_of_balance(self, cells: "_Cells") -> bool:
        """Whether a balance is owed to the bank, where a column says on which side it stands."""
        text = cells.text("balance_side")
        if nothing(text) or flat(text) in ("平", "平衡"):
            return False
        return cells.read("balance_side", lambda word, _: side(word)) == -1

    def _movement(self, cells: "_Cells") -> tuple[int, int]:
        """Return what stands in credit and debit [fen]; (0, 0) also for what is faulty (then noted)."""
        if self.sided:
            return self._sides(cells)
        amount = cells.read("amount", self._fen)
        if amount is None:
            return 0, 0
        if re.search(r"^\s*[-+−－＋(（]|[-+]\s*$|[a-zA-Z贷借]", cells.text("amount")):
            self.unsigned = False
        if "direction" not in self.found.places:
            return amount, 0
        way = cells.read("direction", lambda word, _: side(word))
        return (amount, 0) if way == 1 else (0, amount) if way else (0, 0)

    def _sides(self, cells: "_Cells") -> tuple[int, int]:
        given = [c for c in ("credit", "debit") if not nothing(cells.text(c))]
        amounts = {c: cells.read(c, self._fen) for c in given}
        if None in amounts.values():
            return 0, 0
        moved = [c for c in given if amounts[c]]
        if len(moved) == 2 or not given or (not self.both and not moved):
            cells.refuse(
                "credit" if "credit" in self.found.places else "debit",
                _fault("bank.amount", "exactly one of credit and debit is given", "收入与支出须且只须填一项"),
            )
        elif moved and "direction" in self.found.places and cells.text("direction"):
            way = cells.read("direction", lambda word, _: side(word))
            if way and (way == 1) != (moved == ["credit"]):
                en, zh = "says the other side than the column of the amount", "与金额所在的列（收入/支出）矛盾"
                cells.refuse("direction", _fault("bank.direction", en, zh))
        return amounts.get("credit") or 0, amounts.get("debit") or 0


def _fault(code: str, en: str, zh: str) -> InvalidValue:
    return InvalidValue(code, en=en, zh=zh)


class _Cells:
    """The cells of one row by meaning."""

    def __init__(self, row: Line, reader: RowReader) -> None:
        self.row, self.reader, self.failed = row, reader, False

    def all(self, meaning: str) -> list[str]:
        """Return the cells of a meaning that hold something, best column first."""
        places = self.reader.found.places.get(meaning, ())
        cells = [self.row.cells[place] for place in places if place < len(self.row.cells)]
        return [cell for cell in cells if cell and (meaning == "direction" or not nothing(cell))]

    def text(self, meaning: str) -> str:
        """Return the first cell of a meaning that holds something."""
        return next(iter(self.all(meaning)), "")

    def clock(self, place: int) -> time | None:
        """Return the time of day in a column, also behind a day."""
        text = self.row.cells[place] if place < len(self.row.cells) else ""
        try:
            return moment(text)[1]
        except InvalidValue:
            return time_of(text)

    def texts(self) -> dict[str, str]:
        """Return what the row says beside money and time."""
        texts = {meaning: self.text(meaning) for meaning in ("counterparty", "payer", "payee")}
        for meaning in ("reference", "end_to_end_id"):
            texts[meaning] = next((kept for text in self.all(meaning) if (kept := clean_id(text))), "")
            if len(texts[meaning]) > MAX_REFERENCE:
                en, zh = f"at most {MAX_REFERENCE} characters", f"最多{MAX_REFERENCE}个字符"
                self.refuse(meaning, _fault("bank.reference", en, zh))
        return {**texts, "text": " ".join(dict.fromkeys(self.all("text")))}

    def refuse(self, meaning: str | None, error: InvalidValue, value: str | None = None) -> None:
        """Note what is wrong with a cell."""
        self.failed = True
        told = self.text(meaning) if meaning and value is None else value
        self.reader.problems.append(
            Problem(self.reader.name, error.code, error.en, error.zh, self.row.number, meaning, told)
        )

    def read(self, meaning: str, reader: Callable[[str, int], T]) -> T | None:
        """Return what ``reader`` makes of a cell, or ``None`` (then noted)."""
        try:
            return reader(self.text(meaning), self.reader.found.places[meaning][0])
        except InvalidValue as error:
            self.refuse(meaning, error)
            return None
