"""Reading what people upload (CSV or .xlsx) into values; knows the forms of the files, nothing of the registry."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import IO

from gongzao.kernel import (
    InvalidValue,
    Period,
    Problem,
    Uscc,
    parse_date,
    parse_number,
    parse_percent,
    parse_whole,
)
from gongzao.kernel.tables import Row, member, read_rows
from gongzao.kernel.text import MAX_BYTES
from gongzao.targets import Confidence, Qualifier
from gongzao.web.kit.workbook import read_table_file

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
    """One line of a file of enterprises; ``cluster`` is a slug, empty for none; ``leader`` is ``None`` if not said."""

    line: int
    uscc: Uscc
    name: str
    county: str
    industry: str
    cluster: str
    leader: bool | None


def read_observations(file: IO[bytes], filename: str, problems: list[Problem]) -> list[ObservationEntry]:
    """Read a file of figures; faults of form go to ``problems``."""
    rows = _rows(file, filename, OBSERVATION_COLUMNS, _OBSERVATION_NEEDS, problems)
    return [entry for row in rows if (entry := _observation(row)) is not None]


def _observation(row: Row) -> ObservationEntry | None:
    subject = row.require("subject", _subject)
    period = row.require("period", Period.parse)
    value = row.read("value", parse_percent if row.cells["unit"] == "%" else parse_number, None)
    growth = row.read("growth_pct", parse_percent, None)
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
        note=row.text("note", several=True),
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
        leader = row.read("leader", _yes_no, None)
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
) -> Iterator[Row]:
    lines = read_table_file(file.read(MAX_BYTES + 1), filename, columns)
    return read_rows(lines, filename, columns, problems, required=needed)
