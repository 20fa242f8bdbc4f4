"""Excel and CSV files of exactly the filtered, sorted list that a page shows."""

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from gongzao.web.clusters.listings import Cell, Listing

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_BOLD = Font(bold=True)


def export(listing: Listing, form: str, today: date) -> HttpResponseBase:
    """Return the whole list as a download; ``form`` is ``"xlsx"`` or ``"csv"``."""
    name = f"{listing.title}-{today:%Y%m%d}.{form}"
    if form == "csv":
        response = StreamingHttpResponse(_csv_lines(listing), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = content_disposition_header(True, name) or ""
        return response
    return FileResponse(_workbook(listing, today), as_attachment=True, filename=name)


class _Echo:
    """Hands what is written back to the writer's caller."""

    def write(self, text: str) -> str:
        """Return ``text``."""
        return text


def _csv_lines(listing: Listing) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff"  # Excel takes a CSV file for UTF-8 by this mark only
    yield writer.writerow([str(header) for header in listing.headers])
    for cells in listing.all_cells():
        yield writer.writerow([_harmless(cell) for cell in cells])


def _harmless(cell: Cell) -> Any:
    """Return a cell that no spreadsheet takes for a formula; numbers stay numbers."""
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS):
        return f"'{cell}"
    return "" if cell is None else cell


def _workbook(listing: Listing, today: date) -> Any:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(str(listing.title))
    headers = [str(header) for header in listing.headers]
    synthetic = bool(listing.totals["synthetic"])
    for i, header in enumerate(headers, start=1):
        sheet.column_dimensions[get_column_letter(i)].width = max(12, 2 * len(header) + 2)
    head = _head(listing, today, synthetic)
    sheet.freeze_panes = f"A{len(head) + 2}"
    for i, line in enumerate(head):
        cell = WriteOnlyCell(sheet, _plain(line))
        cell.data_type = "s"
        if i == 0:
            cell.font = Font(bold=True, size=14)
        sheet.append([cell])
    sheet.append([_heading(sheet, header) for header in headers])
    for cells in listing.all_cells():
        sheet.append([_typed(sheet, cell) for cell in cells])
    file = BytesIO()
    book.save(file)
    file.seek(0)
    return file


def _head(listing: Listing, today: date, synthetic: bool) -> list[str]:
    lines = [
        f"{listing.title} · {_('共造')}",
        listing.answer,
        _("筛选条件：%(filters)s") % {"filters": listing.filter.in_words or _("无")},
        _("导出日期：%(today)s") % {"today": today.isoformat()},
        _("说明：公布数据均注明来源；数值为各项最新公布值，期间与口径可能不同，合计仅供参考。"),
    ]
    if synthetic:
        lines.append(_("注意：本表含示例数据（见“示例数据”列），为演示生成，并非真实数据。"))
    return lines


def _heading(sheet: Any, header: str) -> Any:
    cell = WriteOnlyCell(sheet, header)
    cell.font = _BOLD
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _plain(text: str) -> str:
    return ILLEGAL_CHARACTERS_RE.sub("", text)


def _typed(sheet: Any, cell: Cell) -> Any:
    """Return a cell of the right type: text stays text, so that codes keep their digits and nothing is a formula."""
    if not isinstance(cell, str):
        return cell
    text = _plain(cell)
    if not text.startswith("=") and not text.isdigit():
        return text
    fixed = WriteOnlyCell(sheet, text)
    fixed.data_type = "s"
    fixed.number_format = "@"
    return fixed


def template(name: str, headers: list[str], form: str) -> HttpResponseBase:
    """Return an empty file to fill in; every cell of the workbook is text, so that codes keep their digits."""
    file = BytesIO()
    if form == "csv":
        file.write(("\ufeff" + ",".join(headers) + "\r\n").encode())
    else:
        book = Workbook()
        sheet = book.worksheets[0]
        sheet.append(headers)
        for i, header in enumerate(headers, start=1):
            column = sheet.column_dimensions[get_column_letter(i)]
            column.number_format, column.width = "@", max(14, 2 * len(header) + 2)
        book.save(file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.{form}")
