"""Tables as CSV and Excel files."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from tempfile import TemporaryFile
from typing import Any

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

MOST_EXCEL_ROWS = 200_000
"""Rows that an Excel file takes; more go into CSV."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")

Cell = str | int | Decimal | date | None


@dataclass(frozen=True, slots=True)
class Table:
    """What goes into a file.

    Parameters
    ----------
    name
        Of the file, without ending.
    head
        Lines above the table, in Excel files.
    headers
        One per column; the unit stands in brackets or in a column of its own.
    rows
        The cells.
    """

    name: str
    head: Sequence[str]
    headers: Sequence[str]
    rows: Iterable[list[Cell]]


def clock(at: datetime) -> str:
    """Return a time in China to the second."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}"


def send(table: Table, form: str, today: date) -> HttpResponseBase:
    """Return a table as a download; ``form`` is ``"xlsx"`` or ``"csv"``."""
    name = f"{table.name}-{today:%Y%m%d}.{form}"
    if form == "csv":
        response = StreamingHttpResponse(_csv_lines(table), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = content_disposition_header(True, name) or ""
        return response
    return FileResponse(_workbook(table), as_attachment=True, filename=name)


class _Echo:
    """Hands what is written back to the writer's caller."""

    def write(self, text: str) -> str:
        """Return ``text``."""
        return text


def _csv_lines(table: Table) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff"  # Excel takes a CSV file for UTF-8 by this mark only
    yield writer.writerow(table.headers)
    for cells in table.rows:
        yield writer.writerow([_harmless(cell) for cell in cells])


def _harmless(cell: Cell) -> Cell:
    """Return a cell that no spreadsheet takes for a formula; numbers stay numbers."""
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell


def _workbook(table: Table) -> Any:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for i, header in enumerate(table.headers, start=1):
        sheet.column_dimensions[get_column_letter(i)].width = max(12, 2 * len(header) + 2)
    head = [*table.head, _("导出时间：%(now)s") % {"now": clock(timezone.now())}]
    sheet.freeze_panes = f"A{len(head) + 2}"
    for n, line in enumerate(head):
        cell = _text(sheet, line)
        if n == 0:
            cell.font = Font(bold=True, size=14)
        sheet.append([cell])
    sheet.append([_heading(sheet, header) for header in table.headers])
    for cells in table.rows:
        sheet.append([_typed(sheet, cell) for cell in cells])
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    book.save(file)
    file.seek(0)
    return file


def _heading(sheet: Any, header: str) -> Any:
    cell = _text(sheet, header)
    cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    return cell


def _text(sheet: Any, text: str) -> Any:
    """Return a cell that stays text, so that ids keep their digits and nothing is a formula."""
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text))
    cell.data_type = "s"
    cell.number_format = "@"
    return cell


def _typed(sheet: Any, cell: Cell) -> Any:
    if isinstance(cell, str):
        return _text(sheet, cell)
    if isinstance(cell, Decimal):
        number = WriteOnlyCell(sheet)
        number.value = cell
        exponent = cell.as_tuple().exponent
        number.number_format = "#,##0." + "0" * -exponent if isinstance(exponent, int) and exponent < 0 else "#,##0"
        return number
    return cell
