"""Tables of text as people keep them: lines with bounds, a heading, and cells that note what is wrong with them."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from gongzao.kernel.errors import InvalidInput, InvalidValue, Problem
from gongzao.kernel.text import one_line, read_text, several_lines

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

SEPARATORS = ",\t;"
"""What may stand between two cells."""
_SHOWN = 60
_HEADINGS_WITHIN = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that is read of one table.

    Parameters
    ----------
    rows
        Lines that hold anything, the heading not counted.
    columns
        Cells of a line, empty ones at its end not counted.
    cells
        Cells of the whole table.
    characters
        Characters of a cell.
    """

    rows: int = 20_000
    columns: int = 50
    cells: int = 300_000
    characters: int = 32_767


LIMITS = Limits()
"""The bounds of a table that is uploaded."""


class Line(NamedTuple):
    """A line of a table that holds anything: its number in the file [1-based] and its cells."""

    number: int
    cells: tuple[str, ...]


def read_lines(text: str, source: str, *, limits: Limits = LIMITS, separator: str | None = None) -> Iterator[Line]:
    r"""Yield the lines of a text with cells in columns, empty lines left out and blanks around cells cut off.

    Parameters
    ----------
    text
        The table, as :func:`gongzao.kernel.text.decode` returns it.
    source
        Name of the file, for messages.
    limits
        Where reading ends with an error; no more than that is ever held.
    separator
        One of :data:`SEPARATORS`; the most frequent of the first lines if not given.

    Raises
    ------
    InvalidInput
        ``table.form`` for broken quotes, ``file.rows``, ``table.columns``, ``table.cells`` or ``cell.length``.

    Examples
    --------
    >>> list(read_lines("a;b\n\n1;x,y\n", "t.csv"))
    [Line(number=1, cells=('a', 'b')), Line(number=3, cells=('1', 'x,y'))]
    """
    physical = _Record(text, source, limits)
    reader = csv.reader(physical, delimiter=separator or _separator(text), strict=True)
    rows = cells = last = 0
    try:
        for found in reader:
            number, last = last + 1, reader.line_num
            physical.length = 0
            line = tuple(_cell(cell) for cell in found)
            while line and not line[-1]:
                line = line[:-1]
            if not line:
                continue
            rows, cells = rows + 1, cells + len(line)
            check_bounds(line, rows, cells, number, source, limits)
            yield Line(number, line + ("",) * min(len(found) - len(line), limits.columns - len(line)))
    except csv.Error as error:
        en, zh = f"broken CSV: {error}", f"CSV格式有误（引号不配对等）：{error}"
        raise _refused(source, "table.form", en, zh, max(reader.line_num, 1)) from None


def check_bounds(line: Sequence[str], rows: int, cells: int, number: int, source: str, limits: Limits) -> None:
    """Refuse the line with which a table grows past its limits; ``rows`` and ``cells`` count it and those before.

    Raises
    ------
    InvalidInput
        ``file.rows``, ``table.columns``, ``table.cells`` or ``cell.length``.
    """
    if rows > limits.rows + 1:
        en, zh = f"more than {limits.rows} rows; please split the file", f"超过{limits.rows}行，请拆分文件"
        raise _refused(source, "file.rows", en, zh, number)
    if len(line) > limits.columns:
        en, zh = f"more than {limits.columns} columns", f"超过{limits.columns}列"
        raise _refused(source, "table.columns", en, zh, number)
    if cells > limits.cells:
        en, zh = f"more than {limits.cells} cells; please split the file", f"超过{limits.cells}个单元格，请拆分文件"
        raise _refused(source, "table.cells", en, zh, number)
    if max(map(len, line), default=0) > limits.characters:
        en, zh = f"a cell of more than {limits.characters} characters", f"单元格超过{limits.characters}个字"
        raise _refused(source, "cell.length", en, zh, number)


class _Record:
    """The physical lines of a text, as long as one record of the table does not outgrow what its cells may hold."""

    def __init__(self, text: str, source: str, limits: Limits) -> None:
        self.lines = io.StringIO(text, newline="")
        self.source, self.most = source, max(limits.characters * 4, limits.columns * 80)
        self.length = self.number = 0

    def __iter__(self) -> "_Record":
        return self

    def __next__(self) -> str:
        line = self.lines.readline(self.most + 1)
        self.number += 1
        self.length += len(line)
        if not line:
            raise StopIteration
        if self.length > self.most:
            en, zh = f"a row of more than {self.most} characters", f"一行超过{self.most}个字符"
            raise _refused(self.source, "table.columns", en, zh, self.number)
        return line


def _separator(text: str) -> str:
    first = islice((line for line in io.StringIO(text[:100_000]) if line.strip(" ,;\t\r\n")), _HEADINGS_WITHIN)
    unquoted = "".join("".join(line.split('"')[::2]) for line in first)
    return max(SEPARATORS, key=unquoted.count)


def _cell(cell: str) -> str:
    # Programs write ="0123" so that spreadsheets keep every digit.
    text = cell.strip()
    return text[2:-1] if text.startswith('="') and text.endswith('"') else text


@dataclass
class Row:
    """One line of a table by the names of its columns; notes what is wrong with its cells instead of stopping."""

    source: str
    line: int
    cells: dict[str, str]
    problems: list[Problem]
    ok: bool = field(default=True, init=False)

    def refuse(self, name: str | None, error: InvalidValue, value: str | None = None) -> None:
        """Note a problem of this row."""
        self.ok = False
        shown = value if value is None or len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
        self.problems.append(Problem(self.source, error.code, error.en, error.zh, self.line, name, shown))

    def text(self, name: str, *, required: bool = False, several: bool = False) -> str:
        """Return a cell as one line, or as several if it may have them; empty if it is wrong (then noted)."""
        cell = self.cells.get(name, "")
        try:
            cell = several_lines(cell) if several else one_line(cell)
        except InvalidValue as error:
            self.refuse(name, error)
            return ""
        if required and not cell:
            self.refuse(name, InvalidValue("cell.empty", en="must not be empty", zh="不能为空"))
        return cell

    def read(self, name: str, reader: Callable[[str], T], default: T) -> T:
        """Return a cell as ``reader`` understands it; ``default`` if it is empty or wrong (then noted)."""
        cell = self.text(name)
        if not cell:
            return default
        try:
            return reader(cell)
        except InvalidValue as error:
            self.refuse(name, error, cell)
            return default

    def require(self, name: str, reader: Callable[[str], T]) -> T | None:
        """Return a cell that must not be empty; ``None`` if it is missing or wrong (then noted)."""
        if not self.cells.get(name, ""):
            self.text(name, required=True)
            return None
        return self.read(name, reader, None)

    def build(self, make: Callable[[], T]) -> T | None:
        """Return what ``make`` makes of this row, or ``None`` if the row or the result is wrong (then noted)."""
        if not self.ok:
            return None
        try:
            return make()
        except InvalidValue as error:
            self.refuse(None, error)
            return None


def read_rows(
    lines: Iterable[Line],
    source: str,
    columns: Mapping[str, str] | Sequence[str],
    problems: list[Problem],
    *,
    required: Collection[str] | None = None,
) -> Iterator[Row]:
    """Yield the rows under a heading; faults of form go to ``problems``.

    Parameters
    ----------
    lines
        As :func:`read_lines` and the reader of workbooks return them.
    source
        Name of the file, for messages.
    columns
        Names that the heading may have, in any order, each with a second word for it if it has one.
    problems
        Where faults are noted.
    required
        Names that the heading must have; all of them if not given.
    """
    words = columns if isinstance(columns, Mapping) else {name: name for name in columns}
    all_lines = iter(lines)
    heading = next(all_lines, Line(1, ()))
    header = names_of(heading, words)
    header = header[: max((i for i, name in enumerate(header, 1) if name), default=0)]
    faults = _faults_of_heading(header, words, columns if required is None else required)
    if faults:
        lower = next(
            (line for line in islice(all_lines, _HEADINGS_WITHIN) if is_heading(line, words)),
            None,
        )
        if lower is not None and not is_heading(heading, words):
            en = f"the heading must be the first line; it stands in line {lower.number}: remove what is above it"
            zh = f"首行须为表头；表头在第{lower.number}行，请删去它上面的标题、说明等行"
            faults = [("table.heading", None, en, zh)]
        problems += [Problem(source, code, en, zh, heading.number, name) for code, name, en, zh in faults]
        return
    for line in all_lines:
        width = len(line.cells)
        if width < len(header) or any(line.cells[len(header) :]):
            en = f"the heading has {len(header)} columns, this row {width}"
            zh = f"表头有{len(header)}列，本行有{width}列"
            problems.append(Problem(source, "table.width", en, zh, line.number))
            continue
        yield Row(source, line.number, dict(zip(header, line.cells, strict=False)), problems)


def read_table(
    path: Path,
    columns: Mapping[str, str] | Sequence[str],
    problems: list[Problem],
    *,
    required: Collection[str] | None = None,
) -> Iterator[Row]:
    """Yield the rows of a file on the disk, as :func:`read_rows` does; every fault goes to ``problems``."""
    source = str(path)
    try:
        yield from read_rows(read_lines(read_text(path), source), source, columns, problems, required=required)
    except InvalidInput as error:
        problems += error.problems


def names_of(line: Line, words: Mapping[str, str]) -> list[str]:
    """Return the cells of a heading, each as the name of its column where it is one or its second word."""
    names = {word: name for name, other in words.items() for word in (name, other)}
    return [names.get(cell.strip("\ufeff\u200b "), cell) for cell in line.cells]


def is_heading(line: Line, words: Mapping[str, str]) -> bool:
    """Whether a line holds at least two of the columns, so that it was meant to be the heading."""
    return len(set(names_of(line, words)) & words.keys()) >= min(2, len(words))


def _faults_of_heading(
    header: Sequence[str], words: Mapping[str, str], required: Collection[str]
) -> list[tuple[str, str | None, str, str]]:
    def told(names: Iterable[str]) -> str:
        return "、".join(name if words[name] == name else f"{words[name]}（{name}）" for name in names)

    if not set(header) & words.keys():
        got = "、".join(cell[:20] for cell in header[:8])
        en = f"no heading found in the first line (found: {got}); known columns: {', '.join(words)}"
        zh = f"首行没有表头（首行为：{got}）；可用的列：{told(words)}；各列用逗号、制表符或分号隔开"
        return [("table.heading", None, en, zh)]
    faults: list[tuple[str, str | None, str, str]] = []
    if missing := [name for name in required if name not in header]:
        en, zh = f"columns are missing: {', '.join(missing)}", f"缺少的列：{told(missing)}"
        faults.append(("table.column_missing", missing[0], en, zh))
    for name, times in Counter(header).items():
        if name not in words:
            en, zh = f"unknown column {name!r}; known: {', '.join(words)}", f"未知的列“{name}”；可用的列：{told(words)}"
            faults.append(("table.column_unknown", name, en, zh))
        elif times > 1:
            faults.append(("table.column_twice", name, f"column {name!r} occurs twice", f"“{name}”列重复"))
    return faults


def member(kind: type[E]) -> Callable[[str], E]:
    """Return a reader of the values of ``kind``; it raises InvalidValue ``choice`` for any other text."""

    def read(text: str) -> E:
        try:
            return kind(text)
        except ValueError:
            en = f"expected one of {', '.join(kind)}, got {text[:_SHOWN]!r}"
            raise InvalidValue("choice", en=en, zh=f"须为{'、'.join(kind)}之一，收到“{text[:_SHOWN]}”") from None

    return read


def _refused(source: str, code: str, en: str, zh: str, line: int | None = None) -> InvalidInput:
    return InvalidInput([Problem(source, code, en, zh, line)])
