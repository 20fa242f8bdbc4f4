"""A draft as a workbook for WPS and Excel, one sheet per section; read back with the place of each cell."""

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override
from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.datavalidation import DataValidation

from gongzao.kernel import InvalidInput, InvalidValue, Problem
from gongzao.web.clusters.intake import MAX_BYTES, MAX_UNPACKED
from gongzao.web.research import cells
from gongzao.web.research.proposal_reader import Fault
from gongzao.web.research.sections import MAX_CELL, MAX_ROWS, SECTIONS, Column, Kind, Row, Section, Typed, rows_of

LANGUAGES = ("zh-hans", "en")
_MOST_COLUMNS = 40
_BROKEN = (
    AttributeError,
    EOFError,
    IndexError,
    InvalidFileException,
    KeyError,
    OSError,
    RuntimeError,  # encrypted, or packed in a way that the library does not know
    SyntaxError,  # of the XML
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
Places = dict[tuple[str, int, str], str]
"""Sheet and cell of each field, by section, row and column."""


def write(data: Typed, sections: Sequence[Section] = SECTIONS) -> bytes:
    """Return a draft as an .xlsx file."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for section in sections:
        sheet = book.create_sheet(str(section.label))
        (_write_table if section.table else _write_fields)(sheet, section, rows_of(data, section))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _write_table(sheet: Any, section: Section, rows: list[Row]) -> None:
    sheet.freeze_panes = "A2"
    for x, column in enumerate(section.columns, start=1):
        _put(sheet, 1, x, _heading(column)).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(x)].width = 36 if column.kind is Kind.LONG else 22
        _offer(sheet, column, f"{get_column_letter(x)}2:{get_column_letter(x)}{MAX_ROWS + 1}")
        for y, row in enumerate(rows, start=2):
            _put_typed(sheet, y, x, column, row)


def _write_fields(sheet: Any, section: Section, rows: list[Row]) -> None:
    for x, (word, width) in enumerate(((_("项目"), 22), (_("内容"), 48), (_("说明"), 48)), start=1):
        _put(sheet, 1, x, word).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(x)].width = width
    for y, column in enumerate(section.columns, start=2):
        _put(sheet, y, 1, _heading(column))
        _put(sheet, y, 3, str(column.help))
        _offer(sheet, column, f"B{y}")
        _put_typed(sheet, y, 2, column, rows[0])


def _heading(column: Column) -> str:
    return f"{column.label}{_('（元）')}" if column.kind is Kind.MONEY else str(column.label)


def _offer(sheet: Any, column: Column, place: str) -> None:
    if column.kind is Kind.CHOICE:
        words = ",".join(str(label) for _value, label in column.choices)
        offer = DataValidation(type="list", formula1=f'"{words}"', allow_blank=True)
        sheet.add_data_validation(offer)
        offer.add(place)


def _put(sheet: Any, y: int, x: int, text: str) -> Any:
    cell = sheet.cell(y, x)
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)
    cell.data_type, cell.number_format = "s", "@"  # stays text, whatever it begins with
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _put_typed(sheet: Any, y: int, x: int, column: Column, row: Row) -> None:
    text = row.get(column.name, "")
    if column.kind is Kind.CHOICE:
        text = str(dict(column.choices).get(text, text))
    cell = _put(sheet, y, x, text)
    if column.kind is Kind.MONEY and text:
        try:
            amount = Decimal(cells.read_money(text)).scaleb(-2)
        except InvalidValue:
            return
        cell.value, cell.number_format = amount, "#,##0.00"


def read(data: bytes, filename: str, sections: Sequence[Section] = SECTIONS) -> tuple[dict[str, Any], Places]:
    """Return what a workbook says of the given sections, and where each field stands.

    Raises
    ------
    InvalidInput
        With every fault of form: sheet and cell, what is wrong, what to do.
    """
    problems: list[Problem] = []
    found: dict[str, Any] = {}
    places: Places = {}
    with _opened(data, filename) as book:
        sheets = {sheet.title.strip(): sheet for sheet in book.worksheets}
        for section in sections:
            sheet = next((sheets[name] for name in _names(section.label) if name in sheets), None)
            if sheet is None:
                label = str(section.label)
                problems.append(
                    Problem(filename, "workbook.sheet", f"sheet {label!r} is missing", f"缺少工作表“{label}”")
                )
                continue
            lines = _lines(sheet, filename, problems)
            rows = _table(section, lines) if section.table else _fields(section, lines)
            found[section.name] = _keep(section, sheet.title, rows, places, filename, problems)
    if problems:
        raise InvalidInput(problems)
    return found, places


@contextmanager
def _opened(data: bytes, filename: str) -> Iterator[Any]:
    if len(data) > MAX_BYTES:
        raise _refused(filename, "file.size", "larger than 10 MB", "文件超过10 MB")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        en, zh = "an old .xls or a protected file; save it as .xlsx", "旧版 .xls 或加密文件，请另存为 .xlsx"
        raise _refused(filename, "file.old_excel", en, zh)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > MAX_UNPACKED:
            raise _refused(filename, "file.size", "too large once unpacked", "解压后过大")
        book = load_workbook(io.BytesIO(data), read_only=True)
        yield book
        book.close()
    except _BROKEN:
        raise _refused(filename, "file.xlsx", "not a readable .xlsx workbook", "不是可读取的 .xlsx 工作簿") from None


def _refused(filename: str, code: str, en: str, zh: str) -> InvalidInput:
    return InvalidInput([Problem(filename, code, en, zh)])


def _names(label: Any) -> list[str]:
    """Return a label in each language of the site: who downloads and who uploads may read different ones."""
    names = []
    for language in LANGUAGES:
        with override(language):
            names.append(str(label))
    return names


Line = list[tuple[str, Any]]


def _lines(sheet: Any, filename: str, problems: list[Problem]) -> list[Line]:
    """Return the rows that hold anything, each cell with its place."""
    sheet.reset_dimensions()
    lines: list[Line] = []
    for y, row in enumerate(sheet.iter_rows(max_col=_MOST_COLUMNS, values_only=False), start=1):
        line = [(f"{get_column_letter(x)}{y}", cell.value) for x, cell in enumerate(row, start=1)]
        for (place, value), cell in zip(line, row, strict=True):
            if cell.data_type == "f":
                en, zh = "formulas are not taken; paste the values", "不接受公式，请粘贴为数值"
                problems.append(_problem(filename, "cell.formula", en, zh, sheet.title, place, str(value)))
        if any(value is not None for _place, value in line):
            lines.append(line)
        if len(lines) > MAX_ROWS + 1:
            en, zh = f"more than {MAX_ROWS} rows", f"超过{MAX_ROWS}行"
            problems.append(_problem(filename, "file.rows", en, zh, sheet.title, f"A{y}", None))
            break
    return lines


def _problem(filename: str, code: str, en: str, zh: str, sheet: str, cell: str, value: str | None) -> Problem:
    return Problem(filename, code, en, zh, None, f"{sheet}!{cell}", value)


def _plain_heading(value: Any) -> str:
    text = str(value or "").strip()
    for language in LANGUAGES:
        with override(language):
            text = text.removesuffix(_("（元）"))
    return text


def _column(section: Section, heading: Any) -> Column | None:
    text = _plain_heading(heading)
    return next((column for column in section.columns if text in (*_names(column.label), column.name)), None)


def _table(section: Section, lines: list[Line]) -> list[dict[str, tuple[str, Any]]]:
    if not lines:
        return []
    columns = [_column(section, value) for _place, value in lines[0]]
    return [
        {column.name: cell for column, cell in zip(columns, line, strict=False) if column is not None}
        for line in lines[1:]
    ]


def _fields(section: Section, lines: list[Line]) -> list[dict[str, tuple[str, Any]]]:
    found = {}
    for line in lines[1:]:
        column = _column(section, line[0][1])
        if column is not None and len(line) > 1:
            found[column.name] = line[1]
    return [found]


def _keep(
    section: Section,
    sheet: str,
    rows: list[dict[str, tuple[str, Any]]],
    places: Places,
    filename: str,
    problems: list[Problem],
) -> Any:
    """Return the rows as typed, empty ones left out, and note where each cell stands."""
    absent = [column for column in section.columns if rows and not any(column.name in row for row in rows)]
    problems += [_missing(filename, sheet, column) for column in absent]
    kept: list[Row] = []
    for found in rows:
        row = {column.name: _text(column, found.get(column.name, ("", None))[1]) for column in section.columns}
        if section.table and not section.filled(row):
            continue
        for column in section.columns:
            place, text = found.get(column.name, ("A1", None))[0], row[column.name]
            places[section.name, len(kept), column.name] = f"{sheet}!{place}"
            if "\x00" in text or len(text) > MAX_CELL:
                en, zh = f"longer than {MAX_CELL} characters, or holds a NUL", f"超过{MAX_CELL}个字或含空字符（NUL）"
                problems.append(_problem(filename, "cell.character", en, zh, sheet, place, text[:40]))
        kept.append(row)
    return kept if section.table else kept[0]


def _missing(filename: str, sheet: str, column: Column) -> Problem:
    en, zh = f"{column.label} is missing: keep the headings as downloaded", f"缺少“{column.label}”：请保留下载时的表头"
    return _problem(filename, "table.column_missing", en, zh, sheet, "A1", None)


def _text(column: Column, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if column.kind is Kind.DATE else value.isoformat(timespec="minutes")
    if isinstance(value, float | int | Decimal) and not isinstance(value, bool):
        return _number(value)
    text = str(value).strip()
    return next((value for value, label in column.choices if text in _names(label)), text)


def _number(value: float | Decimal) -> str:
    """Return a number as it was typed: 0.1 and not 0.1000000000000000055, 2025 and not 2025.0."""
    text = format(Decimal(repr(value)) if isinstance(value, float) else Decimal(value), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def problems_of(faults: Sequence[Fault], places: Places, filename: str, data: Typed) -> list[Problem]:
    """Return the faults of single cells as problems of the workbook; what is only incomplete is none."""
    found = []
    for fault in faults:
        place = places.get((fault.section, fault.row or 0, fault.field)) if fault.row is not None else None
        if fault.blank or fault.row is None:
            continue
        section = next(section for section in SECTIONS if section.name == fault.section)
        first = places.get((fault.section, fault.row, section.columns[0].name), str(section.label))
        value = rows_of(data, section)[fault.row].get(fault.field) if fault.field else None
        found.append(Problem(filename, fault.code, fault.en, fault.zh, None, place or first, value))
    return found
