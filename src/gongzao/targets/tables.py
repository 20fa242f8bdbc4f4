"""CSV tables as people keep them: UTF-8 with or without a byte order mark, or GBK as Excel and WPS write it."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from gongzao.kernel import InvalidValue, Problem, Quantity
from gongzao.kernel.marked import decode

_MOST = Decimal(10) ** 15

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


def parse_date(text: str) -> date:
    """Read ``2025-06-30``.

    Raises
    ------
    InvalidValue
        ``date.form``.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidValue(
            "date.form",
            en=f"a date is written 2025-06-30 and must exist, got {text!r}",
            zh=f"日期写作 2025-06-30 且须真实存在，收到“{text}”",
        ) from None


def parse_number(text: str) -> Decimal:
    """Read a decimal within ±10^15 and of at most ten decimals; thousands separators are allowed.

    Raises
    ------
    InvalidValue
        ``quantity.value`` or ``number.range``.
    """
    value = Quantity.parse(text, "个").value
    exponent = value.as_tuple().exponent
    if abs(value) > _MOST or not isinstance(exponent, int) or exponent < -10:
        raise InvalidValue(
            "number.range",
            en=f"a number lies within ±10^15 and has at most ten decimals, got {text!r}",
            zh=f"数值须在±10^15以内且至多十位小数，收到“{text}”",
        )
    return value


def parse_whole(text: str) -> int:
    """Read a whole number ≥ 0.

    Raises
    ------
    InvalidValue
        ``number.whole``.
    """
    if not (text.isascii() and text.isdigit()):
        raise InvalidValue("number.whole", en=f"not a whole number: {text!r}", zh=f"不是非负整数：“{text}”")
    return int(text)


def member(kind: type[E]) -> Callable[[str], E]:
    """Return a reader of the values of ``kind``; it raises InvalidValue ``choice`` for any other text."""

    def read(text: str) -> E:
        try:
            return kind(text)
        except ValueError:
            known = "、".join(kind)
            raise InvalidValue(
                "choice", en=f"expected one of {', '.join(kind)}, got {text!r}", zh=f"须为{known}之一，收到“{text}”"
            ) from None

    return read


@dataclass
class Row:
    """One line of a table; reads its cells and notes what is wrong with them instead of stopping."""

    source: str
    line: int
    cells: dict[str, str]
    problems: list[Problem]
    ok: bool = field(default=True, init=False)

    def refuse(self, name: str | None, error: InvalidValue, value: str | None = None) -> None:
        """Note a problem of this row."""
        self.ok = False
        self.problems.append(Problem(self.source, error.code, error.en, error.zh, self.line, name, value))

    def text(self, name: str, *, required: bool = False) -> str:
        """Return a cell without surrounding blanks."""
        cell = self.cells.get(name, "")
        if required and not cell:
            self.refuse(name, InvalidValue("cell.empty", en="must not be empty", zh="不能为空"))
        return cell

    def read(self, name: str, reader: Callable[[str], T], default: T) -> T:
        """Return a cell as ``reader`` understands it; ``default`` if it is empty or wrong (then noted)."""
        cell = self.cells.get(name, "")
        if not cell:
            return default
        try:
            return reader(cell)
        except InvalidValue as error:
            self.refuse(name, error, cell)
            return default

    def require(self, name: str, reader: Callable[[str], T]) -> T | None:
        """Return a cell that must not be empty; ``None`` if it is missing or wrong (then noted)."""
        return self.read(name, reader, None) if self.text(name, required=True) else None

    def build(self, make: Callable[[], T]) -> T | None:
        """Return what ``make`` makes of this row, or ``None`` if the row or the result is wrong (then noted)."""
        if not self.ok:
            return None
        try:
            return make()
        except InvalidValue as error:
            self.refuse(None, error)
            return None


def read_table(
    path: Path, columns: Sequence[str], problems: list[Problem], *, required: Sequence[str] | None = None
) -> Iterator[Row]:
    """Yield the rows of a CSV file whose header is made of ``columns``; faults of form go to ``problems``.

    Parameters
    ----------
    path
        The file.
    columns
        Names that the header may have, in any order.
    problems
        Where faults are noted.
    required
        Names that the header must have; all of them if not given.
    """
    text = decode(path, problems)
    if text is None:
        return
    name = str(path)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        if not _header_fits(name, header, columns, columns if required is None else required, problems):
            return
        last = reader.line_num
        for cells in reader:
            line, last = last + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                problems.append(
                    Problem(
                        name,
                        "table.width",
                        f"the header has {len(header)} columns, this row {len(cells)}",
                        f"表头有{len(header)}列，本行有{len(cells)}列",
                        line,
                    )
                )
                continue
            yield Row(name, line, dict(zip(header, (cell.strip() for cell in cells), strict=True)), problems)
    except csv.Error as error:
        problems.append(
            Problem(name, "table.form", f"broken CSV: {error}", f"CSV格式有误：{error}", max(reader.line_num, 1))
        )


def _header_fits(
    name: str, header: list[str], columns: Sequence[str], required: Sequence[str], problems: list[Problem]
) -> bool:
    before = len(problems)
    problems.extend(
        Problem(name, "table.column_missing", f"column {column!r} is missing", f"缺少“{column}”列", 1, column)
        for column in required
        if column not in header
    )
    for i, column in enumerate(header):
        if column in header[:i]:
            problems.append(
                Problem(name, "table.column_twice", f"column {column!r} occurs twice", f"“{column}”列重复", 1, column)
            )
        elif column not in columns:
            problems.append(
                Problem(
                    name,
                    "table.column_unknown",
                    f"unknown column {column!r}; known: {', '.join(columns)}",
                    f"未知的列“{column}”；可用的列：{'、'.join(columns)}",
                    1,
                    column,
                )
            )
    return len(problems) == before
