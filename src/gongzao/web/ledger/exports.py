"""Statements and journal as CSV and Excel files."""

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
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from gongzao.ledger.chain import CHINA
from gongzao.web.ledger.display import mark, refusal_text, synthetic_account, synthetic_entry, unit_word, whole
from gongzao.web.ledger.models import Account, Entry
from gongzao.web.ledger.statements import Movement

MOST_EXCEL_ROWS = 200_000
"""Rows that an Excel file takes; more go into CSV."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")

Cell = str | int | Decimal | None


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
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


def statement_table(name: str, head: Sequence[str], movements: Iterable[Movement]) -> Table:
    """Return the movements of a statement, oldest first."""
    headers = [_("序号"), _("时间"), _("账户编号"), _("账户名称"), _("用途"), _("对方账户"), _("增加"), _("减少")]
    headers += [_("余额"), _("单位"), _("转账编号"), _("参考号"), _("备注"), _("示例数据")]
    return Table(name, head, headers, (_movement(row) for row in movements))


def _movement(row: Movement) -> list[Cell]:
    grown = whole(row.change) if row.change > 0 else None
    shrunk = whole(-row.change) if row.change < 0 else None
    entry = row.entry
    return [
        entry.seq,
        clock(entry.at),
        row.account.pk,
        row.account.name,
        entry.purpose,
        str(row.other),
        grown,
        shrunk,
        whole(row.balance),
        unit_word(entry.unit),
        entry.transfer_id,
        entry.reference,
        entry.memo,
        mark(synthetic_account(row.account)),
    ]


def journal_table(name: str, head: Sequence[str], entries: Iterable[Entry]) -> Table:
    """Return entries with everything that their hash covers and the answer in words."""
    headers = [
        _("序号"),
        _("时间"),
        _("转账编号"),
        _("类型"),
        _("借方账户"),
        _("借方名称"),
        _("贷方账户"),
        _("贷方名称"),
    ]
    headers += [
        _("入账金额"),
        _("冻结变动"),
        _("单位"),
        _("用途"),
        _("参考号"),
        _("备注"),
        _("冻结编号"),
        _("冲正对象"),
    ]
    headers += [_("与下一笔关联"), _("拒绝原因"), _("上一行哈希"), _("哈希"), _("示例数据")]
    return Table(name, head, headers, (_entry(row) for row in entries))


def _entry(row: Entry) -> list[Cell]:
    return [
        row.seq,
        clock(row.at),
        row.transfer_id,
        row.get_kind_display(),
        row.debit_id or row.asked_debit,
        _name(row.debit),
        row.credit_id or row.asked_credit,
        _name(row.credit),
        whole(row.posted),
        whole(row.pending),
        unit_word(row.unit or row.asked_unit),
        row.purpose,
        row.reference,
        row.memo,
        row.pending_id,
        row.reverses,
        _("是") if row.linked else "",
        refusal_text(row.refusal) if row.refusal else "",
        row.previous,
        row.hash,
        mark(synthetic_entry(row)),
    ]


def _name(account: Account | None) -> str:
    return account.name if account else ""


def export(table: Table, form: str, today: date) -> HttpResponseBase:
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
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell


def _workbook(table: Table) -> Any:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for i, header in enumerate(table.headers, start=1):
        sheet.column_dimensions[get_column_letter(i)].width = max(12, 2 * len(header) + 2)
    head = [*table.head, _("导出时间：%(now)s") % {"now": clock(timezone.now())}]
    sheet.freeze_panes = f"A{len(head) + 2}"
    for line in head:
        sheet.append([_text(sheet, line)])
    titles = [_text(sheet, header) for header in table.headers]
    for cell in titles:
        cell.font = Font(bold=True)
    sheet.append(titles)
    for cells in table.rows:
        sheet.append([_typed(sheet, cell) for cell in cells])
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    book.save(file)
    file.seek(0)
    return file


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
        number.number_format = "#,##0.00"
        return number
    return cell
