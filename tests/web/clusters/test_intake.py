"""Uploaded files: what is understood, and how every fault is named."""

import io
import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from gongzao.kernel import InvalidInput, Period, Problem
from gongzao.kernel.tables import LIMITS
from gongzao.kernel.text import MAX_BYTES
from gongzao.web.clusters.intake import (
    ENTERPRISE_COLUMNS,
    OBSERVATION_COLUMNS,
    EnterpriseEntry,
    ObservationEntry,
    read_enterprises,
    read_observations,
)
from tests.cost import cost

READ = """
import io
from gongzao.kernel import GongzaoError, InvalidInput, Problems
from gongzao.web.clusters.intake import read_observations
def work(data):
    problems = Problems()
    read_observations(io.BytesIO(data), "t.csv", problems)
    raise InvalidInput(problems)
"""
HEADER = "subject,indicator,period,value,unit,scope,source"
LINE = "cluster:ningjin-cable,revenue,2025-H1,170.5,亿元,cluster,S5"


def observations(data: bytes) -> tuple[list[ObservationEntry], list[Problem]]:
    problems: list[Problem] = []
    return read_observations(io.BytesIO(data), "月报", problems), problems


def enterprises(text: str) -> tuple[list[EnterpriseEntry], list[Problem]]:
    problems: list[Problem] = []
    return read_enterprises(io.BytesIO(text.encode()), "名录.csv", problems), problems


def workbook(*rows: list[Any]) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def refused(data: bytes) -> Problem:
    with pytest.raises(InvalidInput) as caught:
        observations(data)
    return caught.value.problems[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_in_the_encodings_of_office_programs(encoding: str, end: str) -> None:
    entries, problems = observations(f"{HEADER}{end}{LINE}{end}".encode(encoding))
    assert problems == []
    assert [(e.kind, e.subject, e.period, e.value, e.unit, e.revision, e.line) for e in entries] == [
        ("cluster", "ningjin-cable", Period.parse("2025-H1"), Decimal("170.5"), "亿元", 0, 2)
    ]


def test_chinese_headings_in_any_order() -> None:
    entries, problems = observations(
        "来源,主体,指标,期间,数值,单位,口径\nS5,region:130528,revenue,2025,1,亿元,x\n".encode()
    )
    assert problems == []
    assert (entries[0].kind, entries[0].subject, entries[0].source) == ("region", "130528", "S5")


def test_workbook_with_numbers_years_and_dates_as_excel_keeps_them() -> None:
    header = [*HEADER.split(","), "published_on", "growth_pct"]
    row = ["cluster:x", "revenue", 2025, 0.1, "亿元", "cluster", "S5", datetime(2025, 8, 15), 5.0]  # noqa: DTZ001 - as Excel has it
    entries, problems = observations(workbook(header, row, [], row))
    assert problems == []
    assert [e.line for e in entries] == [2, 4]
    first = entries[0]
    assert (first.period, first.value, first.growth_pct) == (Period.parse("2025"), Decimal("0.1"), Decimal(5))
    assert str(first.published_on) == "2025-08-15"


@pytest.mark.parametrize(
    ("line", "field", "code", "value"),
    [
        ("cluster:x,revenue,2025-H1,1o,亿元,cluster,S5", "value", "number.form", "1o"),
        ("cluster:x,revenue,2025-H3,1,亿元,cluster,S5", "period", "period.form", "2025-H3"),
        ("cluster:x,revenue,2025-YTD01,1,亿元,cluster,S5", "period", "period.number", "2025-YTD01"),
        ("firm x,revenue,2025,1,亿元,cluster,S5", "subject", "observation.subject_form", "firm x"),
        (
            "enterprise:91110000600037341X,revenue,2025,1,亿元,c,S5",
            "subject",
            "uscc.checksum",
            "enterprise:91110000600037341X",
        ),
        ("enterprise:9111,revenue,2025,1,亿元,c,S5", "subject", "uscc.form", "enterprise:9111"),
        ("cluster:x,revenue,2025,1,亿元,,S5", "scope", "cell.empty", None),
        (",revenue,2025,1,亿元,c,S5", "subject", "cell.empty", None),
        ("cluster:x,revenue,2025,1,亿元,c,S5,extra", None, "table.width", None),
        ("cluster:x,revenue,2025,1,亿元,c\u202e,S5", "scope", "text.hidden", None),
        ('cluster:x,revenue,2025,1,亿元,"c\nd",S5', "scope", "text.hidden", None),
        ("cluster:x,revenue,2025,17.4%,亿元,c,S5", "value", "number.form", "17.4%"),
    ],
)
def test_a_fault_is_named_with_line_field_rule_and_value(
    line: str, field: str | None, code: str, value: str | None
) -> None:
    entries, problems = observations(f"{HEADER}\n{LINE}\n\n{line}\n{LINE}\n".encode())
    assert len(entries) == 2
    assert [(p.source, p.line, p.field, p.code, p.value) for p in problems] == [("月报", 4, field, code, value)]
    assert problems[0].en != problems[0].zh


def test_every_fault_of_a_row_and_of_all_rows_is_found() -> None:
    _, problems = observations(f"{HEADER}\n,,2025x,a,,,\ncluster:x,revenue,2025,b,亿元,c,S5\n".encode())
    assert [(p.line, p.field) for p in problems] == [
        (2, "subject"),
        (2, "period"),
        (2, "value"),
        (2, "indicator"),
        (2, "unit"),
        (2, "scope"),
        (2, "source"),
        (3, "value"),
    ]


@pytest.mark.parametrize(
    ("header", "codes"),
    [
        ("subject,indicator,period,value,unit,scope", ["table.column_missing"]),
        (f"{HEADER},colour", ["table.column_unknown"]),
        (f"{HEADER},value", ["table.column_twice"]),
        (f"{HEADER},数值", ["table.column_twice"]),
        ("", ["table.heading"]),
    ],
)
def test_a_header_that_does_not_fit_stops_the_reading(header: str, codes: list[str]) -> None:
    entries, problems = observations(f"{header}\n{LINE}\n".encode())
    assert entries == []
    assert [problem.code for problem in problems] == codes


def test_formulas_are_refused_with_their_cells() -> None:
    row = ["cluster:x", "revenue", "2025", "=1+1", "亿元", "cluster", "S5"]
    problem = refused(workbook(HEADER.split(","), row))
    assert (problem.code, problem.line, problem.field, problem.value) == ("cell.formula", 2, "D2", "=1+1")


def packed(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return file.getvalue()


def test_files_that_are_none_are_refused() -> None:
    assert refused(b"\xff\xfe\x00").code == "file.encoding"
    assert refused(f"{HEADER}\n{LINE}\n\x00".encode()).code == "file.encoding"
    assert refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1").code == "file.old_excel"
    assert refused(b"PK\x03\x04 and no more").code == "file.xlsx"
    assert refused(packed(readme=b"no workbook")).code == "file.xlsx"
    assert refused(f'{HEADER}\n"open quote'.encode()).code == "table.form"
    assert refused(b"x" * (MAX_BYTES + 1)).code == "file.size"


@pytest.mark.parametrize("excel", [False, True])
def test_more_rows_than_allowed_are_refused(excel: bool) -> None:
    rows = [LINE.split(",")] * (LIMITS.rows + 1)
    data = workbook(HEADER.split(","), *rows) if excel else "\n".join([HEADER, *[LINE] * len(rows)]).encode()
    problem = refused(data)
    assert (problem.code, problem.line) == ("file.rows", LIMITS.rows + 2)


def test_a_title_above_the_heading_is_told() -> None:
    _, problems = observations(f"某县集群数据表\n单位：万元\n{HEADER}\n{LINE}\n".encode())
    assert [p.code for p in problems] == ["table.heading"]
    assert "第3行" in problems[0].zh


def test_percentages_are_read_as_a_person_sees_them() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append([*HEADER.split(","), "growth_pct"])
    sheet.append(["cluster:x", "revenue", "2025年上半年", 0.051, "%", "cluster", "S5", 0.0525])
    sheet["D2"].number_format = "0%"
    sheet["H2"].number_format = "0.0%"
    file = io.BytesIO()
    book.save(file)
    entries, problems = observations(file.getvalue())
    assert problems == []
    assert [(str(e.period), e.value, e.growth_pct) for e in entries] == [("2025-H1", Decimal("5.1"), Decimal("5.25"))]


def test_the_number_of_a_person_is_no_code_of_a_firm() -> None:
    entries, problems = enterprises("uscc,name,county,industry\n362322198709086409,某人,130528,38\n")
    assert entries == []
    assert [(p.code, p.field) for p in problems] == [("uscc.identity_card", "uscc")]


def test_a_file_wrong_in_every_cell_is_cheap(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(",".join(OBSERVATION_COLUMNS) + "\n" + "a,b,c,d,e,f,g,,i,,k,l,m,n\n" * 20_000, encoding="utf-8")
    seconds, memory, said = cost(str(path), READ, "work(data)")
    assert said == "observation.subject_form"
    assert seconds < 3
    assert memory < 200


@pytest.mark.parametrize("data", [b"," * 9_000_000, b'"\n",' * 2_000_000, b'"' * 9_000_000, b"a;b\n" * 2_000_000])
def test_large_text_of_little_sense_is_cheap(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    seconds, memory, said = cost(str(path), READ, "work(data)")
    assert said != "read"
    assert seconds < 3
    assert memory < 200


def test_firms_are_read_with_their_codes_put_right() -> None:
    text = "uscc,name,county,industry,cluster,leader\n91110000600037341l,甲公司,130528,38,ningjin-cable,是\n"
    entries, problems = enterprises(text)
    assert problems == []
    assert (entries[0].uscc.code, entries[0].leader, entries[0].cluster) == (
        "91110000600037341L",
        True,
        "ningjin-cable",
    )


def test_a_firm_twice_in_the_file_is_refused() -> None:
    line = "91110000600037341L,甲公司,130528,38\n"
    _, problems = enterprises(f"uscc,name,county,industry\n{line}{line}")
    assert [(p.line, p.field, p.code) for p in problems] == [(3, "uscc", "enterprise.duplicate")]
    assert "2" in problems[0].zh


def test_leader_is_yes_or_no() -> None:
    _, problems = enterprises("uscc,name,county,industry,leader\n91110000600037341L,甲公司,130528,38,也许\n")
    assert [(p.line, p.field, p.value) for p in problems] == [(2, "leader", "也许")]


def test_headings_are_told_apart() -> None:
    for columns in (OBSERVATION_COLUMNS, ENTERPRISE_COLUMNS):
        assert len({*columns, *columns.values()}) == 2 * len(columns)
