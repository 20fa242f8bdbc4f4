"""One way in for every statement file: the form is told by the content, not by the name."""

import re
from collections.abc import Iterable, Sequence

from gongzao.kernel import InvalidInput, Problem
from gongzao.kernel.text import decode
from gongzao.ledger.bank import MAX_STATEMENT_BYTES, BankStatement
from gongzao.ledger.bank_camt import read_camt053
from gongzao.ledger.bank_table import Told, read_table
from gongzao.ledger.bank_text import html_rows, sheet_rows, text_rows

_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|table|meta|style|div|form|center)\b", re.IGNORECASE)
_MT940 = re.compile(r"\s*(?:\{1:|:20:)")

_STRANGE: tuple[tuple[bytes, str, str], ...] = (
    (
        b"\xd0\xcf\x11\xe0",
        "an old Excel file (.xls); open it and save it as .xlsx or CSV, or export text from the bank's site",
        "旧版 Excel 文件（.xls），请打开后另存为 .xlsx 或 CSV，或在网银改选文本导出",
    ),
    (
        b"%PDF",
        "a PDF cannot be checked line by line; export the lines as Excel or CSV from the bank's site",
        "PDF 无法逐笔核对，请在网银导出 Excel 或 CSV 明细",
    ),
    (b"\x89PNG", "a picture; export the lines as Excel or CSV", "图片无法核对，请在网银导出 Excel 或 CSV 明细"),
    (b"\xff\xd8\xff", "a picture; export the lines as Excel or CSV", "图片无法核对，请在网银导出 Excel 或 CSV 明细"),
    (b"Rar!", "an archive; unpack it first", "压缩包，请先解压"),
    (b"7z\xbc\xaf", "an archive; unpack it first", "压缩包，请先解压"),
    (b"\x1f\x8b", "an archive; unpack it first", "压缩包，请先解压"),
    (
        b"PK",
        "a workbook (.xlsx) is read on the page 上传对账单; here save it as CSV. An archive: unpack it first",
        "Excel 工作簿（.xlsx）请在“上传对账单”页上传，此处请另存为 CSV；压缩包请先解压",
    ),
)


def read_statements(data: bytes, name: str, told: Told | None = None) -> tuple[BankStatement, ...]:
    """Read a bank statement file: ISO 20022 camt.053, or a table as text or HTML.

    A table needs ``date``, ``balance``, and ``credit`` and/or ``debit``, or ``amount`` with ``direction`` or with a
    sign. Headings are those of the banks (``bank_headings.yaml``) or what a person told. As in Chinese exports
    ``credit`` (贷方, 收入) is what came in and ``debit`` (借方, 支出) what went out. What is not understood and could
    change an amount, a side or the currency is refused, never left aside. The printed balances must run through.

    Parameters
    ----------
    data
        The file, at most :data:`~gongzao.ledger.bank.MAX_STATEMENT_BYTES`.
    name
        Its name, for messages.
    told
        What a person said about headings and order; only tables need it.

    Raises
    ------
    InvalidInput
        With every fault, its line and column or element. For any file: ``bank.file_size``, ``bank.format`` (with what
        to do), ``file.encoding``. For tables: ``table.form``, ``file.rows``, ``table.columns``, ``table.cells``,
        ``cell.length``, ``bank.columns``, ``bank.heading``, ``bank.heading_twice``,
        ``bank.empty``, ``bank.too_long``, ``bank.width``, ``bank.currency``,
        ``bank.unit``, ``bank.amount``, ``bank.date``, ``bank.direction``, ``bank.status``, ``bank.accounts``,
        ``bank.balance``, ``bank.unsigned``, ``bank.order``, ``bank.ambiguous``, ``bank.stated``, ``bank.reference``.
        For XML see :func:`~gongzao.ledger.bank_camt.read_camt053`.
    """
    if len(data) > MAX_STATEMENT_BYTES:
        size = MAX_STATEMENT_BYTES // 1024 // 1024
        raise InvalidInput([Problem(name, "bank.file_size", f"larger than {size} MB", f"文件超过{size} MB")])
    for start, en, zh in _STRANGE:
        if data.startswith(start):
            raise InvalidInput([Problem(name, "bank.format", en, zh)])
    if _is_xml(data):
        return read_camt053(data, name)
    text = decode(data, name, most=MAX_STATEMENT_BYTES)
    if _MT940.match(text[:200]):
        en, zh = "MT940 is not read; ask the bank for camt.053 or CSV", "不读取 MT940，请向银行申请 camt.053 或 CSV"
        raise InvalidInput([Problem(name, "bank.format", en, zh)])
    rows = html_rows(text, name) if text.lstrip()[:1] == "<" else text_rows(text, name)
    return (read_table(rows, name, told or Told()),)


def read_sheet(
    rows: Iterable[tuple[int, Sequence[str]]], name: str, told: Told | None = None
) -> tuple[BankStatement, ...]:
    """Read a statement from the rows of a worksheet, each with its number and its cells as a person sees them.

    Raises
    ------
    InvalidInput
        What :func:`read_statements` refuses of tables.
    """
    return (read_table(sheet_rows(rows, name), name, told or Told()),)


def _is_xml(data: bytes) -> bool:
    """Whether a file is XML and no web page; both begin with ``<``."""
    start = data[:4000]
    wide = start[:2] in (b"\xff\xfe", b"\xfe\xff")
    head = start.decode("utf-16" if wide else "latin-1", errors="replace").removeprefix("ï»¿").lstrip("\ufeff \t\r\n")
    while head.startswith("<!--"):
        head = head.partition("-->")[2].lstrip()
    return head.startswith("<") and not _HTML.match(head)


__all__ = ["Told", "read_sheet", "read_statements"]
