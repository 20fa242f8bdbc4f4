"""Tables of text: separators, headings, bounds, and what is wrong with a cell."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzao.kernel import InvalidInput, Problem, Problems, parse_number
from gongzao.kernel.errors import MAX_PROBLEMS
from gongzao.kernel.tables import LIMITS, SEPARATORS, Limits, Line, read_lines, read_rows

cells = st.text('ab,;\t"\n 1', max_size=5).map(str.strip).filter(lambda cell: not cell.startswith('="'))
COLUMNS = {"code": "代码", "value": "数值"}


def rows_of(text: str, limits: Limits = LIMITS) -> tuple[list[dict[str, str]], list[Problem]]:
    problems: list[Problem] = []
    lines = read_lines(text, "t.csv", limits=limits)
    return [row.cells for row in read_rows(lines, "t.csv", COLUMNS, problems)], problems


@given(
    st.lists(st.lists(cells, min_size=2, max_size=4), max_size=8),
    st.sampled_from(SEPARATORS),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_a_program_writes_is_read_back(table: list[list[str]], separator: str, newline: str) -> None:
    file = io.StringIO()
    csv.writer(file, delimiter=separator, lineterminator=newline).writerows([["h1", "h2", "h3"], *table])
    found = list(read_lines(file.getvalue(), "t.csv", separator=separator))
    assert [[*line.cells] for line in found[1:]] == [row for row in table if any(row)]


@pytest.mark.parametrize("separator", SEPARATORS)
def test_the_separator_is_told_by_the_first_lines(separator: str) -> None:
    text = f"代码{separator}数值\n1{separator}2\n"
    assert rows_of(text) == ([{"code": "1", "value": "2"}], [])


def test_numbers_that_programs_keep_as_text_are_unwrapped() -> None:
    assert list(read_lines('="0012",x\n', "t.csv")) == [Line(1, ("0012", "x"))]


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("2025年统计表,\n单位：万元,\n代码,数值\n1,2\n", "table.heading", "第3行"),
        ("a,b\n1,2\n", "table.heading", "代码（code）"),
        ("", "table.heading", "首行没有表头"),
        ("代码,注\n1,2\n", "table.column_missing", "数值（value）"),
        ("代码,数值,注\n1,2,3\n", "table.column_unknown", "“注”"),
        ("代码,数值,code\n1,2,3\n", "table.column_twice", "“code”"),
        ("代码,数值\n1\n", "table.width", "本行有1列"),
        ("代码,数值\n1,2,3\n", "table.width", "本行有3列"),
    ],
)
def test_faults_of_form_say_what_to_do(text: str, code: str, said: str) -> None:
    rows, problems = rows_of(text)
    assert rows == []
    assert problems[0].code == code
    assert said in problems[0].text("zh")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("代码,数值\n" + "1,2\n" * 4, "file.rows"),
        ("代码,数值\n1,2,3,4,5\n", "table.columns"),
        ("代码,数值\n" + "1,2,3,4\n" * 3, "table.cells"),
        ("代码,数值\n1," + "2" * 11 + "\n", "cell.length"),
        ("代码,数值\n1," + "2" * 1000 + "\n", "table.columns"),
        ("代码,数值\n" + '"\n",' * 500, "table.columns"),
        ('代码,数值\n"1,2\n', "table.form"),
    ],
)
def test_nothing_past_the_limits_is_read(text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        rows_of(text, Limits(rows=3, columns=4, cells=12, characters=10))
    assert caught.value.code == code


def test_the_first_problems_are_kept_and_the_rest_counted() -> None:
    problems = Problems()
    text = "代码,数值\n" + "x,一\n" * (MAX_PROBLEMS + 50)
    for row in read_rows(read_lines(text, "t.csv"), "t.csv", COLUMNS, problems):
        row.read("value", parse_number, None)
    error = InvalidInput(problems)
    assert (len(error.problems), error.rest) == (MAX_PROBLEMS, 50)
    assert error.zh.endswith("另有50处问题")


def test_a_cell_with_unseen_characters_is_a_problem_of_its_row() -> None:
    problems: list[Problem] = []
    (row,) = read_rows([Line(1, ("代码", "数值")), Line(2, ("a\u202eb", "1"))], "t.csv", COLUMNS, problems)
    assert row.text("code") == ""
    assert (problems[0].code, problems[0].line, problems[0].field) == ("text.hidden", 2, "code")
