"""Workbooks are read as a person sees them, within bounds, or refused with what to do."""

import io
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.worksheet.worksheet import Worksheet

from gongzao.kernel import InvalidInput, Problem
from gongzao.kernel.tables import Limits, Line
from gongzao.web.kit.workbook import read_table_file, read_workbook
from tests.cost import cost
from tests.web.kit.hostile import MAIN, WORKBOOKS, plain, replaced, sheet

WORDS = {"code": "代码", "value": "数值"}
DEAR_SECONDS, DEAR_MEGABYTES = 3, 200


def saved(*makers: Callable[[Worksheet], object]) -> bytes:
    """Return a workbook with a sheet filled by each maker."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for n, make in enumerate(makers, 1):
        make(book.create_sheet(f"表{n}"))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def cell(value: Any, number_format: str = "General") -> tuple[str, list[Problem]]:
    """Return what a cell is read as."""

    def make(made: Worksheet) -> None:
        made["A1"] = value
        made["A1"].number_format = number_format

    (found,) = read_workbook(saved(make), "t.xlsx")
    return (found.lines[0].cells[0] if found.lines else ""), found.problems


def refused(data: bytes, name: str = "t.xlsx") -> Problem:
    with pytest.raises(InvalidInput) as caught:
        read_table_file(data, name, WORDS)
    return caught.value.problems[0]


@pytest.mark.parametrize("name", WORKBOOKS)
def test_no_small_file_is_dear(name: str, tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(WORKBOOKS[name]())
    setup = "from gongzao.kernel import GongzaoError\nfrom gongzao.web.kit.workbook import read_workbook"
    seconds, memory, _said = cost(str(path), setup, "read_workbook(data, 't.xlsx')")
    assert seconds < DEAR_SECONDS
    assert memory < DEAR_MEGABYTES


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (0.051, "0.0%", "5.1%"),
        (0.051, "General", "0.051"),
        (5.1000000000000005, "0.00", "5.1"),
        (0.1 + 0.2, "General", "0.3"),
        (2025, "General", "2025"),
        (1234567.8, "#,##0.00", "1234567.8"),
        (0, '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ', "0"),
        (-5, "0.00;[Red]0.00", "-5"),
        (12, '0"万元"', "12万元"),
        (12, "[$$-409]#,##0.00", "$12"),
        (12, "￥#,##0", "￥12"),
        (111, "0000", "0111"),
        (True, "General", "TRUE"),
        ("  文字 ", "@", "文字"),
        (date(2025, 6, 30), "yyyy/m/d", "2025-06-30"),
        (datetime(2025, 6, 30, 17, 5), "yyyy/m/d h:mm", "2025-06-30 17:05"),  # noqa: DTZ001 - a cell has no zone
        (date(2025, 3, 1), "mmm-yy", "2025-03"),
        (date(2025, 3, 1), 'yyyy"年"m"月"', "2025-03"),
        (date(1900, 2, 28), "yyyy-mm-dd", "1900-02-28"),
    ],
)
def test_a_cell_is_read_as_a_person_sees_it(value: object, number_format: str, shown: str) -> None:
    assert cell(value, number_format) == (shown, [])


@pytest.mark.parametrize(
    ("value", "number_format", "code"),
    [
        (911305286647122808, "0", "cell.digits"),
        (1e15, "General", "cell.digits"),
        (-1e300, "General", "cell.digits"),
        ("=1+1", "General", "cell.formula"),
        ("#REF!", "General", "cell.error"),
        (123456, "#,##0,", "cell.format"),
        (123456, '0\\.0,"万"', "cell.format"),
        (123456, "0!.0000", "cell.format"),
        (5, ";;;", "cell.hidden"),
        (-5, "yyyy-mm-dd", "cell.date"),
    ],
)
def test_a_cell_that_is_not_what_it_shows_is_refused(value: object, number_format: str, code: str) -> None:
    text, problems = cell(value, number_format)
    assert text == ""
    assert [(p.code, p.line, p.field) for p in problems] == [(code, 1, "A1")]


def test_days_of_a_workbook_that_counts_from_1904() -> None:
    old = sheet('<row><c s="1"><v>0.5</v></c><c s="1"><v>44000</v></c></row>')
    data = replaced(
        old,
        styles=f'<styleSheet {MAIN}><cellXfs><xf/><xf numFmtId="14"/></cellXfs></styleSheet>',
        workbook=f'<workbook {MAIN} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<workbookPr date1904="1"/><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>',
    )
    (found,) = read_workbook(data, "t.xlsx")
    assert found.lines == (Line(1, ("12:00", "2024-06-19")),)


def test_shared_texts_leave_out_how_they_are_spoken() -> None:
    data = replaced(
        sheet('<row r="3"><c r="B3" t="s"><v>1</v></c></row>'),
        strings=f"<sst {MAIN}><si><t>a</t></si><si><r><t>安</t></r><r><t>平</t></r><rPh><t>anping</t></rPh></si></sst>",
    )
    assert read_workbook(data, "t.xlsx")[0].lines == (Line(3, ("", "安平")),)


def table(made: Worksheet) -> None:
    made.append(["代码", "数值"])
    made.append(["x", 1])


def note(made: Worksheet) -> None:
    made.append(["填表说明", "", "请逐行填写"])


def hidden(maker: Callable[[Worksheet], object]) -> Callable[[Worksheet], object]:
    def make(made: Worksheet) -> None:
        maker(made)
        made.sheet_state = "hidden"

    return make


@pytest.mark.parametrize("makers", [(table,), (note, table), (table, note), (hidden(note), table)])
def test_the_sheet_with_the_heading_is_read(makers: tuple[Callable[[Worksheet], object], ...]) -> None:
    assert [line.cells for line in read_table_file(saved(*makers), "t.xlsx", WORDS)] == [("代码", "数值"), ("x", "1")]


@pytest.mark.parametrize(
    ("makers", "said"),
    [
        ((table, table), "请只留一张"),
        ((hidden(table), table), "“表1”被隐藏"),
        ((note, hidden(table)), "“表2”被隐藏"),
        ((note, note), "没有一张工作表"),
    ],
)
def test_sheets_that_leave_a_choice_are_refused(makers: tuple[Callable[[Worksheet], object], ...], said: str) -> None:
    problem = refused(saved(*makers))
    assert problem.code == "workbook.sheet"
    assert said in problem.zh


def test_a_sheet_of_a_chart_has_no_cells() -> None:
    book = Workbook()
    table(book.worksheets[0])
    chart = BarChart()
    chart.add_data(Reference(book.worksheets[0], min_col=2, min_row=1, max_row=2))
    book.create_chartsheet("图").add_chart(chart)
    file = io.BytesIO()
    book.save(file)
    assert len(read_table_file(file.getvalue(), "t.xlsx", WORDS)) == 2


def hide_row(made: Worksheet) -> None:
    table(made)
    made.row_dimensions[2].hidden = True


def hide_column(made: Worksheet) -> None:
    table(made)
    made.column_dimensions["B"].hidden = True


@pytest.mark.parametrize(
    ("make", "code", "line"),
    [(hide_row, "row.hidden", 2), (hide_column, "cell.hidden", 1)],
)
def test_what_a_person_does_not_see_is_told(make: Callable[[Worksheet], object], code: str, line: int) -> None:
    problem = refused(saved(make))
    assert (problem.code, problem.line) == (code, line)


@pytest.mark.parametrize("height", ['ht="0"', 'hidden="1"', 'hidden="true"'])
def test_a_row_of_no_height_is_hidden(height: str) -> None:
    (found,) = read_workbook(sheet(f'<row r="4" {height}><c><v>1</v></c></row>'), "t.xlsx")
    assert [(p.code, p.line) for p in found.problems] == [("row.hidden", 4)]


def test_rows_are_hidden_where_the_sheet_says_so() -> None:
    rows = '<row><c><v>1</v></c></row><row ht="15"><c><v>1</v></c></row>'
    (found,) = read_workbook(sheet(rows, before='<sheetFormatPr zeroHeight="1"/>'), "t.xlsx")
    assert [p.line for p in found.problems] == [1]


def test_hidden_rows_and_columns_without_content_do_no_harm() -> None:
    def make(made: Worksheet) -> None:
        table(made)
        made.row_dimensions[5].hidden = True
        made.column_dimensions["F"].hidden = True

    assert len(read_table_file(saved(make), "t.xlsx", WORDS)) == 2


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xd0\xcf\x11\xe0rest", "file.old_excel"),
        (b"\x89PNG\r\n\x1a\n", "file.kind"),
        (b"%PDF-1.7", "file.kind"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "file.html"),
        (b"\xef\xbb\xbf <?xml version='1.0'?><Workbook/>", "file.html"),
        (b"PK\x03\x04 no archive", "file.xlsx"),
        (plain()[:-30], "file.xlsx"),
        (replaced(plain(), sheet=b"<worksheet><broken"), "file.xlsx"),
        (replaced(plain(), workbook=b"<nothing/>"), "file.xlsx"),
        (sheet('<row r="1"><c r="A2"><v>1</v></c></row>'), "file.xlsx"),
        (sheet('<row r="2"/><row r="1"/>'), "file.xlsx"),
        (sheet('<row><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>'), "file.xlsx"),
        (sheet('<row><c t="s"><v>7</v></c></row>'), "file.xlsx"),
        (sheet("<row><c><v>1_7</v></c></row>"), "file.xlsx"),
        (b"x" * (10 * 1024 * 1024 + 1), "file.size"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(data: bytes, code: str) -> None:
    assert refused(data).code == code


@pytest.mark.parametrize(
    ("limits", "code"),
    [(Limits(rows=0), "file.rows"), (Limits(columns=1), "table.columns"), (Limits(cells=3), "table.cells")],
)
def test_the_callers_limits_hold_over_all_sheets(limits: Limits, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_workbook(saved(table, table), "t.xlsx", limits=limits)
    assert caught.value.code == code
