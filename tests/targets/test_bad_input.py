# ruff: noqa: E501 - one fault a line reads as a table
"""Every rule for plan files and tables, broken once: the message names file, line, entry and value, in two languages."""

from pathlib import Path

import pytest

from gongzao.kernel import InvalidInput, InvalidValue, Problem
from gongzao.targets import (
    OBSERVATION_COLUMNS,
    UnknownPlan,
    load,
    load_clusters,
    load_indicators,
    load_regions,
    load_sources,
    shipped_plan,
)

PLAN = """\
plan:
  id: example
  name: {zh: 示例规划, en: Example plan}
  issuer: {zh: 某市, en: A city}
  document: 示例〔2025〕1号
  issued_on: 2025-01-01
  start: 2025-01-01
  end: 2027-12-31
  region: "999900"
  scope: s
  data: {observations: figures.csv, sources: sources.csv}
targets:
  - id: growth
    name: {zh: 增长, en: Growth}
    indicator: revenue
    aggregation: growth
    comparator: about
    unit: "%"
    steps:
      - {deadline: 2027-12-31, value: 8}
    source: S1
    citation: {zh: 第一条, en: Item 1}
    confidence: A
  - id: clusters
    name: {zh: 集群, en: Clusters}
    indicator: clusters_over_10bn
    aggregation: count_over_threshold
    comparator: ">="
    unit: 个
    threshold: {of: cluster, indicator: revenue, value: 100, unit: 亿元}
    steps:
      - {deadline: 2025-12-31, value: 8}
      - {deadline: 2027-12-31, value: 10}
    baseline: {on: 2024-12-31, value: 7, source: S1}
    source: S1
    citation: {zh: 第二条, en: Item 2}
    confidence: A
  - id: titles
    name: {zh: 称号, en: Titles}
    indicator: new_little_giants
    aggregation: new_titles
    comparator: ">="
    unit: 个
    titles: [little_giant]
    evidence: [little_giants]
    steps:
      - {deadline: 2027-12-31, value: 20}
    source: S1
    citation: {zh: 第三条, en: Item 3}
    confidence: A
  - id: words
    name: {zh: 定性, en: Words}
    indicator: crowd_research_projects
    aggregation: qualitative
    comparator: about
    unit: 个
    steps:
      - {deadline: 2025-12-31, text: {zh: 启动, en: begun}}
    source: S1
    citation: {zh: 第四条, en: Item 4}
    confidence: A
"""
HEAD = ",".join(OBSERVATION_COLUMNS)
ROW = "region:999900,revenue,2025-H1,100,亿元,=,5.1,s,,S1,2025-08-15,A,0,说明"
FIGURES = f"{HEAD}\n{ROW}\nregion:999900,revenue,2024,200,亿元,≈,,s,,S1,,A,0,\n"
SOURCES = "id,title,publisher,published,confidence,note\nS1,示例数据,测试,2025,A,\n"
AWARDS = "title,holder,awarded_on,scope,source,revenue\nlittle_giant,91110000600037341L,2025-05-01,s,S1,12.5\n"


def write(folder: Path, *, plan: str = PLAN, figures: str = FIGURES, sources: str = SOURCES) -> Path:
    (folder / "plan.yaml").write_text(plan, encoding="utf-8")
    (folder / "figures.csv").write_text(figures, encoding="utf-8")
    (folder / "sources.csv").write_text(sources, encoding="utf-8")
    return folder / "plan.yaml"


def problems(path: Path, awards: Path | None = None) -> tuple[Problem, ...]:
    with pytest.raises(InvalidInput) as caught:
        load(path, awards=awards)
    assert all(p.en and p.zh for p in caught.value.problems)
    return caught.value.problems


def line_of(text: str, part: str) -> int:
    return next(i for i, line in enumerate(text.splitlines(), start=1) if part in line)


def test_the_example_itself_is_fine(tmp_path: Path) -> None:
    (tmp_path / "awards.csv").write_text(AWARDS, encoding="utf-8")
    dossier = load(write(tmp_path), awards=tmp_path / "awards.csv")
    assert (len(dossier.plan.targets), len(dossier.observations), len(dossier.awards)) == (4, 2, 1)


@pytest.mark.parametrize(
    ("old", "new", "code", "field"),
    [
        ("  id: example\n", "", "key.missing", "plan.id"),
        ("start: 2025-01-01", "start: 2025-02-30", "date.form", "plan.start"),
        ("start: 2025-01-01", "start: 2028-01-01", "plan.deadline", "targets[growth].steps[1].deadline"),
        ('region: "999900"', 'region: "9999"', "plan.region", "plan"),
        ("  scope: s\n", "  scope: s\n  colour: red\n", "key.unknown", "plan.colour"),
        ("  scope: s\n", "  scope: s\n  scope: t\n", "key.twice", "plan.scope"),
        ("data: {observations: figures.csv,", "data: {observations: ../figures.csv,", "plan.file", None),
        ("name: {zh: 增长, en: Growth}", "name: {zh: 增长}", "key.missing", "targets[growth].name.en"),
        ("name: {zh: 增长, en: Growth}", "name: 增长", "key.mapping", "targets[growth].name"),
        ("indicator: revenue\n    aggregation: growth", "indicator: wealth\n    aggregation: growth", "target.indicator", None),
        ("aggregation: growth", "aggregation: guess", "choice", "targets[growth].aggregation"),
        ("comparator: about\n    unit: \"%\"", "comparator: roughly\n    unit: \"%\"", "choice", "targets[growth].comparator"),
        ('unit: "%"', "unit: 亿元", "target.unit", "targets[growth]"),
        ('unit: "%"', "unit: 亿", "quantity.unit", "targets[growth].unit"),
        ("value: 8}\n    source", "value: 八}\n    source", "number.form", "targets[growth].steps[1].value"),
        ("value: 8}\n    source", "value: 1e999}\n    source", "number.form", "targets[growth].steps[1].value"),
        ("value: 8}\n    source", "value: -8}\n    source", "target.sign", "targets[growth]"),
        ("value: 8}\n    source", "value: [8]}\n    source", "key.text", "targets[growth].steps[1].value"),
        ("deadline: 2027-12-31, value: 8}", "deadline: 2028-12-31, value: 8}", "plan.deadline", "targets[growth].steps[1].deadline"),
        ("deadline: 2027-12-31, value: 10}", "deadline: 2025-12-31, value: 10}", "target.steps", "targets[clusters]"),
        ("    source: S1\n    citation: {zh: 第一条", "    source: S9\n    citation: {zh: 第一条", "target.source", "targets[growth].source"),
        ("baseline: {on: 2024-12-31, value: 7, source: S1}", "baseline: {on: 2026-12-31, value: 7, source: S1}", "target.baseline", "targets[clusters]"),
        ("baseline: {on: 2024-12-31, value: 7, source: S1}", "baseline: {on: 2024-12-31, value: 7, source: S1, assumed: 1}", "choice", "targets[clusters].baseline.assumed"),
        ("    threshold: {of: cluster, indicator: revenue, value: 100, unit: 亿元}\n", "", "target.threshold", "targets[clusters]"),
        ("value: 100, unit: 亿元", "value: 100, unit: 个", "quantity.kind", "targets[clusters].threshold.unit"),
        ("    titles: [little_giant]\n", "", "target.titles", "targets[titles]"),
        ("titles: [little_giant]", "titles: little_giant", "key.list", "targets[titles].titles"),
        ("evidence: [little_giants]", "evidence: [big_giants]", "target.indicator", "targets[titles].evidence"),
        ("text: {zh: 启动, en: begun}", "value: 3", "target.step_value", "targets[words]"),
        ("  - id: words", "  - id: titles", "plan.duplicate", "targets[titles].id"),
        ("confidence: A\n  - id: clusters", "confidence: Z\n  - id: clusters", "choice", "targets[growth].confidence"),
        ("  - id: words", "  - nothing\n  - id: words", "key.mapping", "targets"),
    ],
)  # fmt: skip
def test_a_broken_plan_names_line_entry_and_rule(
    tmp_path: Path, old: str, new: str, code: str, field: str | None
) -> None:
    assert PLAN.count(old) >= 1
    text = PLAN.replace(old, new, 1)
    found = [p for p in problems(write(tmp_path, plan=text)) if p.code == code]
    assert found
    assert found[0].source.endswith("plan.yaml")
    assert found[0].line is not None
    assert 1 <= found[0].line <= len(text.splitlines())
    if field is not None:
        assert found[0].field == field


def test_the_line_is_that_of_the_fault(tmp_path: Path) -> None:
    text = PLAN.replace("value: 10}", "value: ten}")
    (problem,) = problems(write(tmp_path, plan=text))
    assert (problem.line, problem.value) == (line_of(text, "ten"), "ten")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("plan: [", "yaml.form"),
        ("- a\n- b\n", "yaml.form"),
        ("", "yaml.form"),
        ("plan: 1\n", "key.mapping"),
        ("targets: []\n", "key.missing"),
        (PLAN.partition("targets:")[0] + "targets: []\n", "plan.empty"),
        (PLAN.replace("示例规划", "示例\x07规划"), "yaml.form"),
    ],
)
def test_what_is_no_plan_is_refused(tmp_path: Path, text: str, code: str) -> None:
    assert code in {p.code for p in problems(write(tmp_path, plan=text))}


def test_a_plan_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_bytes(PLAN.encode("gbk"))
    assert [p.code for p in problems(path)] == ["file.encoding"]


@pytest.mark.parametrize(
    ("old", "new", "code", "field"),
    [
        ("region:999900,revenue,2025-H1", "county:1,revenue,2025-H1", "observation.subject", None),
        ("revenue,2025-H1", "wealth,2025-H1", "observation.indicator", "indicator"),
        ("2025-H1", "2025-H3", "period.form", "period"),
        ("2025-H1", "", "cell.empty", "period"),
        (",100,", ",1o0,", "number.form", "value"),
        (",100,", ",1e999,", "number.form", "value"),
        (",100,亿元,=,5.1,", ",,亿元,=,,", "observation.empty", None),
        (",亿元,=", ",个,=", "observation.unit", "unit"),
        (",亿元,=", ",亿,=", "observation.unit", "unit"),
        (",=,", ",~,", "choice", "qualifier"),
        (",5.1,", ",5.1%%,", "number.form", "growth_pct"),
        (",S1,2025", ",S9,2025", "observation.source", "source"),
        ("2025-08-15", "15/08/2025", "date.form", "published_on"),
        (",A,0,说明", ",Z,0,说明", "choice", "confidence"),
        (",A,0,说明", ",A,-1,说明", "number.whole", "revision"),
        (",说明", ",说明,多", "table.width", None),
    ],
)
def test_a_broken_figure_names_line_and_column(
    tmp_path: Path, old: str, new: str, code: str, field: str | None
) -> None:
    assert old in ROW
    (problem,) = problems(write(tmp_path, figures=FIGURES.replace(ROW, ROW.replace(old, new, 1))))
    assert (problem.code, problem.field, problem.line) == (code, field, 2)
    assert problem.source.endswith("figures.csv")


@pytest.mark.parametrize("period", ["2025-H1", "2025-YTD06"])
def test_a_duplicate_observation_names_the_first(tmp_path: Path, period: str) -> None:
    (problem,) = problems(write(tmp_path, figures=FIGURES + ROW.replace("2025-H1", period) + "\n"))
    assert (problem.code, problem.line) == ("observation.duplicate", 4)
    assert "line 2" in problem.en
    assert "第2行" in problem.zh


def test_a_higher_revision_is_no_duplicate(tmp_path: Path) -> None:
    figures = FIGURES + ROW.replace(",A,0,", ",A,1,") + "\n"
    assert len(load(write(tmp_path, figures=figures)).observations) == 3


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (HEAD.replace("value,", "", 1), "table.column_missing"),
        (HEAD + ",colour", "table.column_unknown"),
        (HEAD + ",value", "table.column_twice"),
        ("", "table.heading"),
    ],
)
def test_a_broken_header_is_refused(tmp_path: Path, header: str, code: str) -> None:
    assert code in {p.code for p in problems(write(tmp_path, figures=f"{header}\n{ROW}\n"))}


def test_an_open_quote_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(write(tmp_path, figures=FIGURES + '"region:999900'))
    assert problem.code == "table.form"


def test_a_note_over_two_lines_does_not_shift_the_line_numbers(tmp_path: Path) -> None:
    figures = f"{HEAD}\n{ROW.replace('说明', chr(34) + '两' + chr(10) + '行' + chr(34))}\n\nx\n"
    (problem,) = problems(write(tmp_path, figures=figures))
    assert (problem.code, problem.line) == ("table.width", 5)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_tables_from_excel_and_wps_are_read(tmp_path: Path, encoding: str, newline: str) -> None:
    path = write(tmp_path)
    figures = FIGURES.replace("≈", "=").replace("\n", newline)
    (tmp_path / "figures.csv").write_bytes(figures.encode(encoding))
    (first, _) = load(path).observations
    assert (first.unit, first.note) == ("亿元", "说明")


def test_columns_may_come_in_any_order_and_optional_ones_may_be_left_out(tmp_path: Path) -> None:
    figures = 'source,scope,unit,value,period,indicator,subject\nS1,s,亿元,"1,234.5",2024,revenue,region:999900\n'
    (only,) = load(write(tmp_path, figures=figures)).observations
    assert str(only.value) == "1234.5"


def test_every_problem_of_every_file_is_reported_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        plan=PLAN.replace("value: 10}", "value: ten}").replace('unit: "%"', "unit: 亿"),
        figures=FIGURES.replace(",100,", ",1o0,").replace(",200,", ",2oo,"),
        sources=SOURCES + "S1,又一个,测试,2025,Z,\n",
    )
    found = problems(path)
    assert {(Path(p.source).name, p.code) for p in found} >= {
        ("plan.yaml", "number.form"),
        ("plan.yaml", "quantity.unit"),
        ("figures.csv", "number.form"),
        ("sources.csv", "choice"),
    }
    assert len([p for p in found if p.source.endswith("figures.csv")]) == 2


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("91110000600037341L", "91110000600037341A", "uscc.checksum"),
        ("91110000600037341L", "123", "uscc.form"),
        ("2025-05-01", "May", "date.form"),
        (",S1,", ",S9,", "award.source"),
        ("12.5", "much", "number.form"),
    ],
)
def test_a_broken_award_is_refused(tmp_path: Path, old: str, new: str, code: str) -> None:
    awards = tmp_path / "awards.csv"
    awards.write_text(AWARDS.replace(old, new), encoding="utf-8")
    (problem,) = problems(write(tmp_path), awards)
    assert (problem.code, problem.line) == (code, 2)


def test_an_award_listed_twice_is_refused(tmp_path: Path) -> None:
    awards = tmp_path / "awards.csv"
    awards.write_text(AWARDS + AWARDS.splitlines()[1] + "\n", encoding="utf-8")
    (problem,) = problems(write(tmp_path), awards)
    assert (problem.code, problem.line) == ("award.duplicate", 3)


def test_missing_files_are_named(tmp_path: Path) -> None:
    assert [p.code for p in problems(tmp_path / "no.yaml")] == ["file.unreadable"]
    path = write(tmp_path)
    (tmp_path / "figures.csv").unlink()
    (problem,) = problems(path)
    assert (problem.code, Path(problem.source).name) == ("file.unreadable", "figures.csv")


def test_lists_of_places_clusters_sources_and_indicators_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("code,name_zh,name_en,level,parent\n1,甲,A,city,9\n1,乙,B,city,\n", encoding="utf-8")
    with pytest.raises(InvalidInput) as places:
        load_regions(path)
    assert [p.code for p in places.value.problems] == ["region.parent", "table.duplicate"]
    path.write_text("slug\na\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="city_name"):
        load_clusters(path)
    path.write_text("id,title,publisher,published,confidence,note\nS1,,x,2025,A,\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="title"):
        load_sources(path)
    path.write_text("id,name_zh,name_en,unit,nature\nx,甲,A,个,tide\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="nature"):
        load_indicators(path)


def test_an_unknown_shipped_plan_is_named_with_those_there_are() -> None:
    with pytest.raises(UnknownPlan) as caught:
        shipped_plan("atlantis")
    assert isinstance(caught.value, InvalidValue)
    assert "hebei-2025-2027" in caught.value.zh
