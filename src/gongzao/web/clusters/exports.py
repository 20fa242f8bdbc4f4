"""Excel and CSV files of exactly the filtered, sorted list that a page shows, and empty ones to fill in."""

from decimal import Decimal
from io import BytesIO

from django.http import FileResponse, HttpResponseBase
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from gongzao.web.clusters.listings import Listing
from gongzao.web.project.exports import Cell, Table


def table(listing: Listing) -> Table:
    """Return a whole list as a table for files."""
    headers = [str(header) for header in listing.headers]
    rows = ([_plain(cell) for cell in cells] for cells in listing.all_cells())
    return Table(str(listing.title), _head(listing), headers, rows)


def _plain(cell: Cell) -> Cell:
    """Return a number without the zeros with which the database pads it."""
    return cell.normalize() if isinstance(cell, Decimal) else cell


def _head(listing: Listing) -> list[str]:
    lines = [
        f"{listing.title} · {_('共造')}",
        listing.answer,
        _("筛选条件：%(filters)s") % {"filters": listing.filter.in_words or _("无")},
        _("说明：公布数据均注明来源；数值为各项最新公布值，期间与口径可能不同，合计仅供参考。"),
    ]
    if listing.totals["synthetic"]:
        lines.append(_("注意：本表含示例数据（见“示例数据”列），为演示生成，并非真实数据。"))
    return lines


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
