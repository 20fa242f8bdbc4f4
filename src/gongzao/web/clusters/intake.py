"""Reading what people upload (CSV or .xlsx) into values; knows the forms of the files, nothing of the registry."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from gongzao.kernel import InvalidInput, InvalidValue, Period, Problem, Uscc, parse_date, parse_number, parse_whole
from gongzao.kernel.tables import Row, member
from gongzao.targets import Confidence, Qualifier

MAX_BYTES = 10 * 1024 * 1024
"""Largest file [B]."""
MAX_UNPACKED = 200 * 1024 * 1024
"""Largest content of an .xlsx file once unpacked [B]: a small file can hold a huge one."""
MAX_ROWS = 20_000
"""Most rows in one file, header not counted."""

OBSERVATION_COLUMNS: Mapping[str, str] = {
    "subject": "主体",
    "indicator": "指标",
    "period": "期间",
    "value": "数值",
    "unit": "单位",
    "qualifier": "约数",
    "growth_pct": "同比增速",
    "scope": "口径",
    "basis": "计算基础",
    "source": "来源",
    "published_on": "发布日期",
    "confidence": "可信度",
    "revision": "修订次数",
    "note": "说明",
}
"""Columns of a file of figures, each with the Chinese heading it may have as well."""
_OBSERVATION_NEEDS = ("subject", "indicator", "period", "unit", "scope", "source")

ENTERPRISE_COLUMNS: Mapping[str, str] = {
    "uscc": "统一社会信用代码",
    "name": "企业名称",
    "county": "行政区划代码",
    "industry": "行业代码",
    "cluster": "集群",
    "leader": "龙头企业",
}
"""Columns of a file of enterprises, each with the Chinese heading it may have as well."""
_ENTERPRISE_NEEDS = ("uscc", "name", "county", "industry")

_YES_NO = {"是": True, "yes": True, "true": True, "1": True, "否": False, "no": False, "false": False, "0": False}
_KINDS = ("region", "cluster", "enterprise")


@dataclass(frozen=True, slots=True)
class ObservationEntry:
    """One line of a file of figures; ``subject`` is the code, slug or credit code of its ``kind``."""

    line: int
    kind: str
    subject: str
    indicator: str
    period: Period
    value: Decimal | None
    unit: str
    qualifier: str
    growth_pct: Decimal | None
    scope: str
    basis: str
    source: str
    published_on: date | None
    confidence: str
    revision: int
    note: str


@dataclass(frozen=True, slots=True)
class EnterpriseEntry:
    """One line of a file of enterprises; ``cluster`` is a slug, empty for none."""

    line: int
    uscc: Uscc
    name: str
    county: str
    industry: str
    cluster: str
    leader: bool


def read_observations(file: IO[bytes], filename: str, problems: list[Problem]) -> list[ObservationEntry]:
    """Read a file of figures; faults of form go to ``problems``."""
    rows = _rows(file, filename, OBSERVATION_COLUMNS, _OBSERVATION_NEEDS, problems)
    return [entry for row in rows if (entry := _observation(row)) is not None]


def _observation(row: Row) -> ObservationEntry | None:
    subject = row.require("subject", _subject)
    period = row.require("period", Period.parse)
    value = row.read("value", parse_number, None)
    growth = row.read("growth_pct", parse_number, None)
    qualifier = row.read("qualifier", member(Qualifier), Qualifier.EXACT)
    published = row.read("published_on", parse_date, None)
    confidence = row.text("confidence") and row.require("confidence", member(Confidence))
    revision = row.read("revision", parse_whole, 0)
    indicator, unit, scope, source = (
        row.text(name, required=True) for name in ("indicator", "unit", "scope", "source")
    )
    if not row.ok or subject is None or period is None:
        return None
    return ObservationEntry(
        line=row.line,
        kind=subject[0],
        subject=subject[1],
        indicator=indicator,
        period=period,
        value=value,
        unit=unit,
        qualifier=qualifier,
        growth_pct=growth,
        scope=scope,
        basis=row.text("basis"),
        source=source,
        published_on=published,
        confidence=confidence or "",
        revision=revision,
        note=row.text("note"),
    )


def _subject(text: str) -> tuple[str, str]:
    kind, colon, code = text.partition(":")
    if kind not in _KINDS or not colon or not code:
        raise InvalidValue(
            "observation.subject_form",
            en="a subject is written region:130100, cluster:anping-wire-mesh or enterprise:<credit code>",
            zh="主体写作 region:区划代码、cluster:集群标识 或 enterprise:统一社会信用代码",
        )
    return kind, Uscc(code).code if kind == "enterprise" else code


def read_enterprises(file: IO[bytes], filename: str, problems: list[Problem]) -> list[EnterpriseEntry]:
    """Read a file of enterprises, each credit code once; faults of form go to ``problems``."""
    first: dict[Uscc, int] = {}
    entries = []
    for row in _rows(file, filename, ENTERPRISE_COLUMNS, _ENTERPRISE_NEEDS, problems):
        uscc = row.require("uscc", Uscc)
        leader = row.read("leader", _yes_no, default=False)
        name, county, industry = (row.text(column, required=True) for column in ("name", "county", "industry"))
        if uscc is not None and first.setdefault(uscc, row.line) != row.line:
            row.refuse(
                "uscc",
                InvalidValue(
                    "enterprise.duplicate",
                    en=f"the same credit code as in line {first[uscc]}",
                    zh=f"统一社会信用代码与第{first[uscc]}行重复",
                ),
                uscc.code,
            )
        if row.ok and uscc is not None:
            entries.append(EnterpriseEntry(row.line, uscc, name, county, industry, row.text("cluster"), leader))
    return entries


def _yes_no(text: str) -> bool:
    try:
        return _YES_NO[text.lower()]
    except KeyError:
        raise InvalidValue("choice", en="write yes or no", zh="请填“是”或“否”") from None


def _rows(
    file: IO[bytes], filename: str, columns: Mapping[str, str], needed: tuple[str, ...], problems: list[Problem]
) -> list[Row]:
    """Return the rows under the header, cells by column name; empty rows are passed over."""
    lines = _lines(file, filename)
    rows: list[Row] = []
    try:
        _, heading = next(lines, (1, []))
        names = {heading: name for name, zh in columns.items() for heading in (name, zh)}
        header = [names.get(cell, cell) for cell in heading]
        if not _header_fits(filename, header, columns, needed, problems):
            return []
        for line, cells in lines:
            if not any(cells):
                continue
            if len(rows) == MAX_ROWS:
                raise _refused(
                    filename,
                    "file.rows",
                    f"more than {MAX_ROWS} rows; please split the file",
                    f"超过{MAX_ROWS}行，请拆分文件",
                    line,
                )
            if any(cells[len(header) :]):
                problems.append(
                    Problem(
                        filename,
                        "table.width",
                        f"the header has {len(header)} columns, this row more",
                        f"表头有{len(header)}列，本行超出",
                        line,
                    )
                )
                continue
            if any("\x00" in cell for cell in cells):  # PostgreSQL keeps no such text
                en, zh = "holds a NUL character", "含有空字符（NUL）"
                problems.append(Problem(filename, "cell.character", en, zh, line))
                continue
            padded = [*cells, *[""] * len(header)]
            rows.append(Row(filename, line, dict(zip(header, padded, strict=False)), problems))
    except csv.Error as error:
        raise _refused(filename, "table.form", f"broken CSV: {error}", f"CSV格式有误：{error}") from None
    return rows


def _header_fits(
    filename: str, header: list[str], columns: Mapping[str, str], needed: tuple[str, ...], problems: list[Problem]
) -> bool:
    before = len(problems)
    for name in needed:
        if name not in header:
            en, zh = f"column {name!r} is missing", f"缺少“{columns[name]}”（{name}）列"
            problems.append(Problem(filename, "table.column_missing", en, zh, 1, name))
    for i, name in enumerate(header):
        if name in header[:i]:
            en, zh = f"column {name!r} occurs twice", f"“{name}”列重复"
            problems.append(Problem(filename, "table.column_twice", en, zh, 1, name))
        elif name not in columns:
            en, zh = (
                f"unknown column; known: {', '.join(columns)}",
                f"未知的列；可用的列：{'、'.join(columns.values())}",
            )
            problems.append(Problem(filename, "table.column_unknown", en, zh, 1, name, name))
    return len(problems) == before


def _lines(file: IO[bytes], filename: str) -> Iterator[tuple[int, list[str]]]:
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        size = MAX_BYTES // 1024 // 1024
        raise _refused(filename, "file.size", f"larger than {size} MB", f"文件超过{size} MB")
    if data.startswith(b"PK\x03\x04"):
        return _xlsx_lines(data, filename)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        en, zh = "an old .xls or a protected file; save it as .xlsx", "旧版 .xls 或加密文件，请另存为 .xlsx"
        raise _refused(filename, "file.old_excel", en, zh)
    return _csv_lines(data, filename)


def _csv_lines(data: bytes, filename: str) -> Iterator[tuple[int, list[str]]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise _refused(filename, "file.encoding", "not text in UTF-8 or GB18030", "不是 UTF-8 或 GB18030 编码的文本")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    last = 0
    for cells in reader:
        line, last = last + 1, reader.line_num
        yield line, [cell.strip() for cell in cells]


def _xlsx_lines(data: bytes, filename: str) -> Iterator[tuple[int, list[str]]]:
    formulas: list[Problem] = []
    lines = []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED:
                raise _refused(filename, "file.size", "too large once unpacked", "解压后过大")
        book = load_workbook(io.BytesIO(data), read_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        for line, cells in enumerate(sheet.iter_rows(), start=1):
            for cell in cells:
                if cell.data_type == "f":
                    en, zh = "formulas are not taken; paste the values", "不接受公式，请粘贴为数值"
                    value = str(cell.value)
                    formulas.append(Problem(filename, "cell.formula", en, zh, line, cell.coordinate, value))
            if any(cell.value is not None for cell in cells):
                lines.append((line, [_cell_text(cell.value) for cell in cells]))
            if len(lines) > MAX_ROWS + 1:  # one more than allowed: enough for the caller to refuse
                break
        book.close()
    except (
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
    ):
        raise _refused(filename, "file.xlsx", "not a readable .xlsx workbook", "不是可读取的 .xlsx 工作簿") from None
    if formulas:
        raise InvalidInput(formulas)
    return iter(lines)


def _cell_text(value: Any) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.date().isoformat()
        case float():
            return format(Decimal(repr(value)).normalize(), "f")  # 0.1 as it was typed, 2025.0 as 2025
        case _:
            return str(value).strip()


def _refused(filename: str, code: str, en: str, zh: str, line: int | None = None) -> InvalidInput:
    return InvalidInput([Problem(filename, code, en, zh, line)])
