"""Exports hold exactly the list on the page, in order, marked, and harmless in a spreadsheet."""

import csv
import io
from typing import Any

import pytest
from django.urls import reverse
from openpyxl import load_workbook
from stdnum.cn import uscc

from gongzao.web.clusters.models import Enterprise


def code(number: int) -> str:
    body = f"91139900MB{number:07}"
    return body + uscc.calc_check_digit(body)


def fetch(world: Any, name: str, form: str, role: str = "province", **query: str) -> bytes:
    answer = world.client(role).get(reverse(f"clusters:{name}", args=[form]), query)
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]
    return b"".join(answer.streaming_content)


def csv_rows(data: bytes) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def xlsx_rows(data: bytes) -> list[tuple[Any, ...]]:
    return list(load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(values_only=True))


def test_csv_holds_the_filtered_and_sorted_list(world: Any) -> None:
    header, *rows = csv_rows(fetch(world, "enterprise_export", "csv", sort="-uscc", city="130500"))
    assert header[0] == "统一社会信用代码"
    assert [row[0] for row in rows] == ["91139900MA0000002X", "91139900MA0000001T"]
    assert rows[1][header.index("营业收入（万元）")] == "12000"
    assert {row[-1] for row in rows} == {"示例数据"}


@pytest.mark.parametrize("name", ["cluster_export", "enterprise_export", "observation_export", "cluster_award_export"])
def test_excel_says_what_it_is(world: Any, name: str) -> None:
    rows = xlsx_rows(fetch(world, name, "xlsx"))
    head = [str(row[0]) for row in rows[:6]]
    assert "共造" in head[0]
    assert head[2].startswith("筛选条件")
    assert "来源" in head[3]
    assert "示例数据" in head[4]
    assert head[5].startswith("导出时间")
    assert rows[6][-1] == "示例数据"


def test_excel_of_real_rows_has_no_warning(world: Any) -> None:
    rows = xlsx_rows(fetch(world, "cluster_export", "xlsx", kind="published", city="130500"))
    assert "邢台市" in rows[2][0]
    assert not any("注意" in str(row[0]) for row in rows)
    assert rows[-1][0] == "宁晋电线电缆"
    assert rows[-1][6] == pytest.approx(330.51)


def test_excel_keeps_codes_as_text(world: Any) -> None:
    digits = next(
        body + last for n in range(99) if (last := uscc.calc_check_digit(body := f"91130000{n:09}")).isdigit()
    )
    Enterprise.objects.filter(pk=world.firm_here.pk).update(uscc=digits)
    book = load_workbook(io.BytesIO(fetch(world, "enterprise_export", "xlsx", q=digits)))
    cell = list(book.worksheets[0].iter_rows())[-1][0]
    assert (cell.value, cell.data_type, cell.number_format) == (digits, "s", "@")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_cells_are_no_formulas(world: Any, name: str) -> None:
    Enterprise.objects.filter(pk=world.firm_here.pk).update(name=name)
    *_, row = csv_rows(fetch(world, "enterprise_export", "csv", q="91139900MA0000001T"))
    assert row[1] == f"'{name}"
    book = load_workbook(io.BytesIO(fetch(world, "enterprise_export", "xlsx", q="91139900MA0000001T")))
    cell = list(book.worksheets[0].iter_rows())[-1][1]
    assert cell.data_type == "s"
    assert str(cell.value).strip() == name.strip()


def test_characters_that_excel_refuses_are_left_out(world: Any) -> None:
    Enterprise.objects.filter(pk=world.firm_here.pk).update(name="示例\x0b厂")
    rows = xlsx_rows(fetch(world, "enterprise_export", "xlsx", q="91139900MA0000001T"))
    assert rows[-1][1] == "示例厂"


def test_exports_stay_inside_the_place(world: Any) -> None:
    rows = csv_rows(fetch(world, "enterprise_export", "csv", role="member"))
    assert [row[0] for row in rows[1:]] == [world.firm_here.uscc]


def test_export_is_not_cut_at_a_page(world: Any) -> None:
    Enterprise.objects.bulk_create(
        Enterprise(uscc=code(n), name=f"批量{n}", county=world.here.county, industry=world.here.industry)
        for n in range(2100)
    )
    rows = csv_rows(fetch(world, "enterprise_export", "csv", sort="uscc"))
    assert len(rows) == 2104
    assert [row[0] for row in rows[4:]] == [code(n) for n in range(2100)]
