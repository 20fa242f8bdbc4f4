"""Documents are read strictly: every fault names its place, and no document gives anything but that or a result."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongzao.kernel import InvalidInput
from gongzao.scheduling import check, order_from_json, plan_from_json, problem_from_json, problem_to_json, read_fajsp
from gongzao.scheduling.chart import chart_from_json
from gongzao.scheduling.gantt import svg
from gongzao.scheduling.plans import misstated
from gongzao.scheduling.read import Instance, read_fjs

PROBLEM: dict[str, Any] = {
    "format": "gongzao.problem",
    "version": 1,
    "name": "试",
    "epoch": "2026-01-05T08:00:00+08:00",
    "jobs": [
        {
            "name": "甲",
            "due": 60,
            "weight": 2,
            "links": [[0, 1, 5]],
            "tasks": [
                {"modes": [[0, 30], [1, 20, 7]], "family": 1, "resumable": True, "name": "车"},
                {"modes": [[1, 20]], "release": 3},
            ],
        },
        {"deadline": 900, "release": 2, "tasks": [{"modes": [[2, 15]], "fixed": [0, 4]}]},
    ],
    "resources": [
        {"name": "车床", "calendar": 0, "setup": 0, "family": 0},
        {"name": "铣床", "site": 1},
        {"capacity": 2, "calendar": None},
    ],
    "calendars": [{"name": "两班", "intervals": [[0, 480], [600, 2000]]}],
    "setups": [[[0, 10], [10, 0]]],
    "transport": [[0, 4], [4, 0]],
    "objective": [{"tardiness": 3, "cost": 1}, {"makespan": 1}],
    "baseline": [[[0, 0], None], [[2, 4]]],
}
PLAN: dict[str, Any] = {
    "format": "gongzao.plan",
    "version": 1,
    "problem": "试",
    "measures": [{"makespan": 1}],
    "objective": 67,
    "lower_bound": [0],
    "epoch": "2026-03-28T00:00+01:00[Europe/Berlin]",
    "resources": ["车床", "铣床", "池"],
    "closed": [[[480, 600]], [], []],
    "orders": [{"job": 0, "name": "甲", "due": 60}, {"job": 1}],
    "tasks": [
        {"job": 0, "task": 0, "resource": 0, "start": 10, "end": 40, "setup": 10},
        {"job": 0, "task": 1, "resource": 1, "start": 49, "end": 69},
        {"job": 1, "task": 0, "resource": 2, "start": 4, "end": 19},
    ],
}
ORDER = {"format": "gongzao.order", "version": 1, **PROBLEM["jobs"][0]}


def use_problem(text: str) -> None:
    problem = problem_from_json(text)
    assert problem_from_json(problem_to_json(problem)) == problem


def use_plan(text: str) -> None:
    problem = problem_from_json(json.dumps(PROBLEM))
    plan = plan_from_json(text, Instance.of(problem).numbers)
    if not check(problem, plan.schedule):
        misstated(problem, plan)
    assert svg(chart_from_json(text)).endswith("</svg>")


def use_order(text: str) -> None:
    order_from_json(text)


DOCUMENTS: list[tuple[dict[str, Any], Callable[[str], None]]] = [
    (PROBLEM, use_problem),
    (PLAN, use_plan),
    (ORDER, use_order),
]


@pytest.mark.parametrize(("document", "use"), DOCUMENTS)
def test_the_documents_are_valid_with_a_byte_order_mark_too(
    document: dict[str, Any], use: Callable[[str], None]
) -> None:
    use(json.dumps(document))
    use("\ufeff" + json.dumps(document, ensure_ascii=False))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(p for k, v in inner for p in places(v, (*path, k)))]


def changed(document: dict[str, Any], path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = deepcopy(document)
    at: Any = copy
    for key in path[:-1]:
        at = at[key]
    if new is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = new
    return copy


JUNK = st.one_of(
    st.sampled_from([None, True, "", "0", "9999-12-31", "\ud800", "a\0b", [], {}, [[]], [None], {"a": 1}, [[0, 1, 2]]]),
    st.sampled_from([-1, 0, 1, 2, 10**8, 10**9, 2**62, 2**63, 10**30, -(10**30), 1.5, 3.0, 1e308]),
    st.sampled_from([float("nan"), float("inf"), float("-inf"), ...]),
    st.recursive(st.integers(-3, 3) | st.text(max_size=3), lambda inner: st.lists(inner, max_size=3), max_leaves=5),
)


@settings(max_examples=700)
@given(data=st.data())
def test_a_mutated_document_is_read_or_refused_by_name(data: st.DataObject) -> None:
    document, use = data.draw(st.sampled_from(DOCUMENTS))
    for _ in range(data.draw(st.integers(1, 2))):
        every = places(document)[1:]
        if every:
            document = changed(document, data.draw(st.sampled_from(every)), data.draw(JUNK))
    try:
        use(json.dumps(document))
    except InvalidInput as error:
        unplaced = [p for p in error.problems if not p.field and not p.line]
        if unplaced:
            pytest.fail(f"{unplaced} names no place")


@pytest.mark.parametrize(("_", "use"), DOCUMENTS)
@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"a":' * 100_000, "1" * 5_000, "null", "[]", '"text"', "", "{}", '{"format": "\\ud800"}', "NaN"],
)
def test_what_is_no_document_is_refused(text: str, _: object, use: Callable[[str], None]) -> None:
    with pytest.raises(InvalidInput):
        use(text)


@pytest.mark.parametrize(
    ("path", "new", "code", "place"),
    [
        (("baseline", 0, 0), 5, "kind", "baseline[0][0]"),
        (("baseline", 0, 0), [0], "pair", "baseline[0][0]"),
        (("baseline", 0, 0), [0, 10**30], "range", "baseline[0][0][1]"),
        (("baseline", 0, 0), ["0", 1], "not_integer", "baseline[0][0][0]"),
        (("jobs", 0, "tasks", 0, "modes", 0), [[0, 1], 30], "several_resources", "jobs[0].tasks[0].modes[0]"),
        (("jobs", 0, "tasks", 0, "modes", 0), [0], "missing_field", "jobs[0].tasks[0].modes[0]"),
        (("jobs", 0, "due"), float("nan"), "not_integer", "jobs[0].due"),
        (("jobs", 0, "due"), True, "not_integer", "jobs[0].due"),
        (("setups", 0, 1), None, "kind", "setups[0][1]"),
        (("calendars", 0, "intervals", 1), [600.0, 700], "not_integer", "calendars[0].intervals[1][0]"),
        (("objective", 0), {"cls": 1}, "measure", "objective[0]"),
        (("objective",), [], "objective", "objective"),
        (("resources",), None, "missing_field", "document"),
        (("transport",), [], "no_site", "document"),
        (("version",), True, "format", "document"),
        (("name",), "\udc00", "text", "name"),
    ],
)
def test_a_fault_of_a_problem_names_its_place(path: tuple[Any, ...], new: Any, code: str, place: str) -> None:
    with pytest.raises(InvalidInput) as error:
        problem_from_json(json.dumps(changed(PROBLEM, path, new)))
    assert (error.value.problems[0].code, error.value.problems[0].field) == (f"schedule.{code}", place)


@pytest.mark.parametrize(
    ("path", "new", "place"),
    [
        (("tasks", 0, "end"), 40.9, "tasks[0].end"),
        (("tasks", 1, "end"), float("inf"), "tasks[1].end"),
        (("tasks", 1, "start"), -1, "tasks[1].start"),
        (("tasks", 1), None, "tasks[1]"),
        (("tasks",), ..., "document"),
        (("objective",), "67", "objective"),
        (("lower_bound",), [1.5], "lower_bound[0]"),
        (("orders", 0, "due"), "soon", "orders[0].due"),
        (("closed", 0), [[1]], "closed[0][0]"),
        (("colour",), 1, "colour"),
    ],
)
def test_a_fault_of_a_plan_names_its_place(path: tuple[Any, ...], new: Any, place: str) -> None:
    with pytest.raises(InvalidInput) as error:
        plan_from_json(json.dumps(changed(PLAN, path, new)), ())
    assert error.value.problems[0].field == place


def test_a_baseline_names_resources_that_exist() -> None:
    with pytest.raises(InvalidInput, match=r"baseline\[1\]\[0\]: resource must be 0 to 2, not 9"):
        problem_from_json(json.dumps(changed(PROBLEM, ("baseline", 1, 0), [9, 4])))


def test_a_key_that_stands_twice_is_refused_where_it_stands() -> None:
    text = json.dumps(PROBLEM, ensure_ascii=False).replace('"due": 60', '"due": 60, "due": 10')
    with pytest.raises(InvalidInput) as error:
        problem_from_json(text)
    assert (error.value.problems[0].code, error.value.problems[0].field) == ("schedule.twice", "jobs[0].due")


@pytest.mark.parametrize("key", ["calendars", "setups", "transport", "objective", "baseline", "epoch", "name"])
def test_null_counts_as_left_out(key: str) -> None:
    plain = {**PROBLEM, "resources": [{}, {}, {"capacity": 2}], "jobs": PROBLEM["jobs"][1:], "baseline": None}
    for document in (plain, changed(plain, ("jobs", 0, "tasks", 0, "resumable"), None)):
        left = {k: v for k, v in document.items() if k != key}
        assert problem_from_json(json.dumps({**document, key: None})) == problem_from_json(json.dumps(left))


def test_shifts_that_touch_are_one_interval_and_overlaps_are_refused() -> None:
    path = ("calendars", 0, "intervals")
    shifts = changed(PROBLEM, path, [[0, 480], [480, 960], [960, 1440], [1500, 1600]])
    assert problem_from_json(json.dumps(shifts)).calendars[0].intervals == ((0, 1440), (1500, 1600))
    for wrong in ([[0, 480], [479, 960]], [[0, 480], [480, 480]], [[5, 5]], [[480, 960], [0, 480]]):
        with pytest.raises(InvalidInput, match="calendar"):
            problem_from_json(json.dumps(changed(PROBLEM, path, wrong)))


def test_costs_too_large_for_totals_are_refused() -> None:
    dear = {"modes": [[0, 1, 10**12]]}
    document = {
        **{k: PROBLEM[k] for k in ("format", "version")},
        "resources": [{}],
        "jobs": [{"tasks": [dear] * 500}],
        "objective": [{"cost": 10_000}],
    }
    with pytest.raises(InvalidInput, match="too large for totals"):
        problem_from_json(json.dumps(document))


TWO_COLUMNS = """# jobs: 2

# machines: 3
6 3 3
2 0
1 2   # joins
3 5
2 0 4 1 5
1 1 3
2 0 2 2 2
1 2 6
1 0 9
3 0 1 1 1 2 1
"""


def test_jobs_of_two_column_lines_are_the_connected_parts() -> None:
    instance = read_fajsp(TWO_COLUMNS)
    assert instance.numbers == (((0, 0), (0, 1), (0, 2)), ((1, 3), (1, 5)), ((2, 4),))
    assert [(link.before, link.after) for link in instance.problem.jobs[0].arcs] == [(2, 0), (1, 2)]
    with pytest.raises(InvalidInput, match="cycle"):
        read_fajsp(TWO_COLUMNS.replace("1 2   #", "0 2   #"))
    with pytest.raises(InvalidInput, match="too many"):
        read_fajsp(TWO_COLUMNS.replace("3 5", "3 5 1"))
    with pytest.raises(InvalidInput, match="ends where job"):
        read_fajsp(TWO_COLUMNS.replace("2 0\n1", "2 0 0\n1"))


@pytest.mark.parametrize("word", ["1_0", "１", "+1", "0x1", "1e3", "9" * 30])
def test_numbers_of_text_files_are_plain_digits(word: str) -> None:
    with pytest.raises(InvalidInput, match="whole number"):
        read_fjs(f"1 1\n1 1 1 {word}")


def test_a_header_cannot_ask_for_more_machines_than_fit() -> None:
    with pytest.raises(InvalidInput, match="number of machines"):
        read_fjs("1 1000000000\n1 1 1 5")
