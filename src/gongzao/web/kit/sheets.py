"""One worksheet of an .xlsx, read as a stream into lines of text, each cell as a person sees it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from openpyxl.utils.cell import column_index_from_string, get_column_letter

from gongzao.kernel import Problem, Problems
from gongzao.kernel.tables import Limits, Line, check_bounds
from gongzao.web.kit.number_formats import Scaled, Unseen, date_length, plain_number, shown_date, shown_number
from gongzao.web.kit.xml import Budget, Handler

T = TypeVar("T")

MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
"""The namespace of workbooks, transitional and strict."""

_PLACE = re.compile(r"([A-Z]{1,3})(\d{1,7})", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([Ee][+-]?\d+)?", re.ASCII)
_DIGITS = 1e15
_ROWS = 1_048_576
_TEXT_FORMATS = ("General", "@", "")


def named(calls: Mapping[str, T]) -> dict[str, T]:
    """Return what is called for elements of a workbook, by their names in either namespace."""
    return {f"{space} {name}": call for space in MAIN for name, call in calls.items()}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet.

    Parameters
    ----------
    name
        Its name on the tab.
    hidden
        Whether a person does not see it.
    lines
        The lines that hold anything, all as wide as the widest.
    problems
        Cells that cannot be taken for what they seem, and what of the sheet a person does not see.
    """

    name: str
    hidden: bool
    lines: tuple[Line, ...]
    problems: Problems


@dataclass(frozen=True, slots=True)
class Book:
    """What the sheets of one file share."""

    source: str
    limits: Limits
    budget: Budget
    strings: Sequence[str]
    formats: Sequence[str]
    epoch: datetime


class SheetReader:
    """Takes the elements of a sheet; ``sheet`` is what was found."""

    def __init__(self, book: Book, name: str, *, hidden: bool) -> None:
        self.book, self.name, self.hidden = book, name, hidden
        self.problems = Problems()
        self.lines: list[Line] = []
        self.cells = self.row = self.column = self.style = 0
        self.hidden_columns: set[int] = set()
        self.rows_hidden = self.row_hidden = self.keep = self.spoken = self.formula = False
        self.values: dict[int, str] = {}
        self.kind = ""
        self.parts: list[str] = []
        starts = {"c": self._begin_cell, "row": self._begin_row, "f": self._begin_formula, "rPh": self._speak}
        starts |= {"v": self._listen, "t": self._listen, "col": self._begin_column, "sheetFormatPr": self._begin_rows}
        ends = {"c": self._end_cell, "row": self._end_row, "rPh": self._be_silent}
        ends |= dict.fromkeys(("v", "t", "f"), self._stop)
        self.handler = Handler(named(starts), named(ends), self._text)

    @property
    def sheet(self) -> Sheet:
        """The sheet, once all is read."""
        width = max((len(line.cells) for line in self.lines), default=0)
        lines = tuple(Line(n, cells + ("",) * (width - len(cells))) for n, cells in self.lines)
        return Sheet(self.name, self.hidden, lines, self.problems)

    def _text(self, text: str) -> None:
        if self.keep:
            self.parts.append(self.book.budget.keep(text))

    def _listen(self, _attributes: dict[str, str]) -> None:
        self.keep = not self.spoken

    def _stop(self) -> None:
        self.keep = False

    def _speak(self, _attributes: dict[str, str]) -> None:
        self.spoken = True

    def _be_silent(self) -> None:
        self.spoken = False

    def _begin_formula(self, _attributes: dict[str, str]) -> None:
        self.formula = self.keep = True

    def _begin_column(self, attributes: dict[str, str]) -> None:
        if attributes.get("hidden") in ("1", "true") or attributes.get("width") == "0":
            last = min(int(attributes["max"]), self.book.limits.columns)
            self.hidden_columns.update(range(int(attributes["min"]), last + 1))

    def _begin_rows(self, attributes: dict[str, str]) -> None:
        self.rows_hidden = attributes.get("zeroHeight") in ("1", "true")

    def _begin_row(self, attributes: dict[str, str]) -> None:
        row = int(attributes.get("r", self.row + 1))
        if not self.row < row <= _ROWS:
            raise ValueError(row)
        self.row, self.column, self.values = row, 0, {}
        shown = attributes.get("hidden", "1" if self.rows_hidden and "ht" not in attributes else "0") in ("0", "false")
        self.row_hidden = not shown or attributes.get("ht") in ("0", "0.0")

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        column = self.column + 1
        if place := attributes.get("r"):
            found = _PLACE.fullmatch(place)
            if not found or int(found[2]) != self.row:
                raise ValueError(place)
            column = column_index_from_string(found[1])
        if column <= self.column:
            raise ValueError(place)
        self.column = column
        self.kind, self.style = attributes.get("t", "n"), int(attributes.get("s", "0"))
        self.parts, self.formula = [], False

    def _end_cell(self) -> None:
        if not self.parts and not self.formula:
            return
        text = self._shown("".join(self.parts)).strip()
        if not text:
            return
        if self.column in self.hidden_columns:
            en, zh = "stands in a hidden column; show the column or clear it", "位于隐藏的列，请取消隐藏或清除内容"
            self._refuse("cell.hidden", en, zh, text)
        self.values[self.column] = text

    def _end_row(self) -> None:
        if not self.values:
            return
        last = max(self.values)
        if last > self.book.limits.columns:
            last = self.book.limits.columns + 1
        cells = tuple(self.values.get(column, "") for column in range(1, last + 1))
        self.cells += len(self.values)
        check_bounds(cells, len(self.lines) + 1, self.cells, self.row, self.book.source, self.book.limits)
        self.lines.append(Line(self.row, cells))
        if self.row_hidden:
            en, zh = "a hidden row (filtered?); show it or remove it", "该行被隐藏（可能是筛选），请取消隐藏或删除该行"
            self.problems.append(Problem(self.book.source, "row.hidden", en, zh, self.row))

    def _refuse(self, code: str, en: str, zh: str, value: str) -> str:
        place = f"{get_column_letter(self.column)}{self.row}"
        self.problems.append(Problem(self.book.source, code, en, zh, self.row, place, value[:60]))
        return ""

    def _shown(self, text: str) -> str:
        """Return a cell as a person sees it; empty, and noted, if that cannot be told."""
        if self.formula:
            en, zh = "formulas are not taken; paste the values", "不接受公式，请粘贴为数值"
            return self._refuse("cell.formula", en, zh, f"={text}")
        match self.kind:
            case "n":
                return self._number(text.strip())
            case "s":
                return self.book.budget.keep(self.book.strings[int(text)])  # one text may stand in every cell
            case "b":
                return "TRUE" if text.strip() in ("1", "true") else "FALSE"
            case "e":
                return self._refuse("cell.error", "the cell shows an error", "单元格为错误值", text)
            case _:  # "inlineStr", "str", and "d", a day in ISO 8601
                return text

    def _number(self, text: str) -> str:
        if not _NUMBER.fullmatch(text):
            raise ValueError(text)
        number = float(text)
        if not abs(number) < _DIGITS:
            en = "a number of more than 15 digits: the last ones are lost; set the cell to text and type it anew"
            zh = "数字超过15位，表格软件已丢失末尾数字；请把单元格设为“文本”格式后重新输入"
            return self._refuse("cell.digits", en, zh, text)
        code = self.book.formats[self.style] if self.style < len(self.book.formats) else ""
        try:
            if code not in _TEXT_FORMATS and (length := date_length(code)):
                return shown_date(number, length, self.book.epoch)
            # A spreadsheet keeps and shows 15 digits; what follows is noise of its arithmetic.
            value = Decimal(f"{number:.15g}")
            return plain_number(value) if code in _TEXT_FORMATS else shown_number(value, code)
        except Scaled:
            en, zh = (
                "the number format shows another number than the cell holds",
                "数字格式显示的数与单元格实际的数不同",
            )
            return self._refuse("cell.format", f"{en}; use a plain one", f"{zh}，请改用常规格式", text)
        except Unseen:
            en, zh = "the number format hides the number", "数字格式把这个数隐藏了，请改用常规格式"
            return self._refuse("cell.hidden", en, zh, text)
        except ValueError:
            en, zh = "is shown as a date but is none", "按日期显示，但不是有效日期"
            return self._refuse("cell.date", en, zh, text)
