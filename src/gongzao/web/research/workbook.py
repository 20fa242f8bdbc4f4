"""A draft as a workbook for WPS and Excel, one sheet per section; read back with the place of each cell."""

import io
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from gongzao.kernel import InvalidInput, InvalidValue, Problem, Problems
from gongzao.kernel.tables import Limits
from gongzao.web.kit.workbook import read_workbook
from gongzao.web.research import cells
from gongzao.web.research.proposal_reader import Fault
from gongzao.web.research.sections import MAX_CELL, MAX_ROWS, SECTIONS, Column, Kind, Row, Section, Typed, rows_of

LANGUAGES = ("zh-hans", "en")
_LIMITS = Limits(rows=MAX_ROWS, columns=40, cells=50_000)
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
    problems = Problems()
    found: dict[str, Any] = {}
    places: Places = {}
    sheets = {sheet.name: sheet for sheet in read_workbook(data, filename, limits=_LIMITS)}
    for section in sections:
        sheet = next((sheets[name] for name in _names(section.label) if name in sheets), None)
        if sheet is None:
            label = str(section.label)
            problems.append(Problem(filename, "workbook.sheet", f"sheet {label!r} is missing", f"缺少工作表“{label}”"))
            continue
        if sheet.hidden:
            en, zh = f"sheet {sheet.name!r} is hidden; show it", f"工作表“{sheet.name}”被隐藏，请取消隐藏"
            problems.append(Problem(filename, "workbook.sheet", en, zh))
        problems += [replace(p, line=None, field=f"{sheet.name}!{p.field or f'A{p.line}'}") for p in sheet.problems]
        lines = [
            [(f"{get_column_letter(x)}{line.number}", cell) for x, cell in enumerate(line.cells, 1)]
            for line in sheet.lines
        ]
        rows = _table(section, lines) if section.table else _fields(section, lines)
        found[section.name] = _keep(section, sheet.name, rows, places, filename, problems)
    if problems:
        raise InvalidInput(problems)
    return found, places


def _names(label: Any) -> list[str]:
    """Return a label in each language of the site: who downloads and who uploads may read different ones."""
    names = []
    for language in LANGUAGES:
        with override(language):
            names.append(str(label))
    return names


Line = list[tuple[str, str]]
"""The cells of a row, each with its place."""


def _problem(filename: str, code: str, en: str, zh: str, sheet: str, cell: str, value: str | None) -> Problem:
    return Problem(filename, code, en, zh, None, f"{sheet}!{cell}", value)


def _plain_heading(text: str) -> str:
    for language in LANGUAGES:
        with override(language):
            text = text.removesuffix(_("（元）"))
    return text


def _column(section: Section, heading: str) -> Column | None:
    text = _plain_heading(heading)
    return next((column for column in section.columns if text in (*_names(column.label), column.name)), None)


def _table(section: Section, lines: list[Line]) -> list[dict[str, tuple[str, str]]]:
    if not lines:
        return []
    columns = [_column(section, value) for _place, value in lines[0]]
    return [
        {column.name: cell for column, cell in zip(columns, line, strict=False) if column is not None}
        for line in lines[1:]
    ]


def _fields(section: Section, lines: list[Line]) -> list[dict[str, tuple[str, str]]]:
    found = {}
    for line in lines[1:]:
        column = _column(section, line[0][1])
        if column is not None and len(line) > 1:
            found[column.name] = line[1]
    return [found]


def _keep(
    section: Section,
    sheet: str,
    rows: list[dict[str, tuple[str, str]]],
    places: Places,
    filename: str,
    problems: list[Problem],
) -> Any:
    """Return the rows as typed, empty ones left out, and note where each cell stands."""
    absent = [column for column in section.columns if rows and not any(column.name in row for row in rows)]
    problems += [_missing(filename, sheet, column) for column in absent]
    kept: list[Row] = []
    for found in rows:
        row = {column.name: _text(column, found.get(column.name, ("", ""))[1]) for column in section.columns}
        if section.table and not section.filled(row):
            continue
        for column in section.columns:
            place, text = found.get(column.name, ("A1", ""))[0], row[column.name]
            places[section.name, len(kept), column.name] = f"{sheet}!{place}"
            if len(text) > MAX_CELL:
                en, zh = f"longer than {MAX_CELL} characters", f"超过{MAX_CELL}个字"
                problems.append(_problem(filename, "cell.length", en, zh, sheet, place, text[:40]))
        kept.append(row)
    return kept if section.table else kept[0]


def _missing(filename: str, sheet: str, column: Column) -> Problem:
    en, zh = f"{column.label} is missing: keep the headings as downloaded", f"缺少“{column.label}”：请保留下载时的表头"
    return _problem(filename, "table.column_missing", en, zh, sheet, "A1", None)


def _text(column: Column, text: str) -> str:
    return next((value for value, label in column.choices if text in _names(label)), text)


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
