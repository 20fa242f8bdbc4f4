import subprocess
import sys

import pytest

from gongzao.kernel import InvalidInput
from gongzao.scheduling import (
    MAX_COST,
    MAX_TIME,
    MAX_WEIGHT,
    Calendar,
    Fixed,
    InvalidProblem,
    Job,
    Link,
    Mode,
    NoSchedule,
    Objective,
    Plan,
    Problem,
    Resource,
    Stop,
    Task,
    check,
    order_from_json,
    plan_from_json,
    plan_to_json,
    problem_from_json,
    read_fajsp,
    read_fjs,
    solve,
)

FAJSP = """# two jobs
4 2 2
0 1 3
2 1 3   # 1 joins 0 and 2
2 0 4 1 3
1 0 2
1 1 5
1 1 1
"""


def test_fajsp_keeps_the_numbers_of_its_file() -> None:
    instance = read_fajsp(FAJSP)
    assert instance.numbers == (((3, 0), (3, 1), (3, 2)), ((4, 3),))
    result = solve(instance.problem, stop=Stop(iterations=100))
    text = plan_to_json(instance.problem, Plan(result.schedule, result.objective, result.lower_bound), instance.numbers)
    assert '"job":3,"task":2,"resource":1' in text
    again = plan_from_json(text, instance.numbers)
    assert again.schedule == result.schedule
    assert check(instance.problem, again.schedule) == ()


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "schedule.empty_file", None),
        ("1 1\n1 1 2 5", "schedule.range", 2),
        ("1 1\n1 1 1", "schedule.line_short", 2),
        ("1 1\n1 1 1 5 9", "schedule.line_long", 2),
        ("1 1\n1 1 1 x", "schedule.not_integer", 2),
        ("1 1\n1 1 1 -5", "schedule.range", 2),
        ("2 1\n1 1 1 5", "schedule.lines", 2),
        (f"1 1\n1 1 1 {MAX_TIME + 1}", "schedule.range", 2),
    ],
)
def test_faults_of_a_text_file_name_their_line(text: str, code: str, line: int | None) -> None:
    with pytest.raises(InvalidInput) as error:
        read_fjs(text, "bad.fjs")
    assert (error.value.problems[0].code, error.value.problems[0].line) == (code, line)


def test_a_cycle_in_a_fajsp_file_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="cycle"):
        read_fajsp("2 2 1\n0 1 0\n1 0 0\n1 0 3\n1 0 3")


HEAD = '{"format": "gongzao.problem", "version": 1, '


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "schedule.json"),
        ("[" * 100_000, "schedule.json"),
        ("1" * 5000, "schedule.json"),
        ('{"format": "other", "version": 1}', "schedule.format"),
        (HEAD + '"jobs": []}', "schedule.missing_field"),
        (
            HEAD + '"jobs": [{"tasks": [{"modes": [[0, -1]]}]}], "resources": [{}]}',
            "schedule.range",
        ),
        (
            HEAD + '"jobs": [{"tasks": [{"modes": [[7, 1]]}]}], "resources": [{}]}',
            "schedule.unknown_resource",
        ),
        (
            HEAD + '"jobs": [], "resources": [], "colour": 1}',
            "schedule.unknown_field",
        ),
        (HEAD + '"jobs": [{"tasks": 3}], "resources": []}', "schedule.kind"),
        (
            HEAD + '"jobs": [], "resources": [], "calendars": [{"intervals": []}]}',
            "schedule.calendar_empty",
        ),
    ],
)
def test_faults_of_a_json_file_are_named(text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as error:
        problem_from_json(text, "bad.json")
    assert error.value.problems[0].code == code


def test_an_order_is_read_like_an_entry_of_a_problem() -> None:
    text = '{"format": "gongzao.order", "version": 1, "tasks": [{"modes": [[0, 5]]}], "due": 9, "name": "急单"}'
    assert order_from_json(text) == Job((Task((Mode(0, 5),)),), due=9, name="急单")
    with pytest.raises(InvalidInput) as error:
        order_from_json(text.replace('"due": 9', '"due": -9'), "o.json")
    assert (error.value.problems[0].code, error.value.problems[0].source) == ("schedule.range", "o.json")
    with pytest.raises(InvalidInput, match="must have format"):
        order_from_json(text.replace("gongzao.order", "gongzao.problem"))


ONE = Task((Mode(0, 1),))


@pytest.mark.parametrize(
    ("build", "code"),
    [
        (lambda: Job((ONE, ONE), (Link(0, 1), Link(1, 0))), "schedule.cycle"),
        (lambda: Mode(0, -1), "schedule.range"),
        (lambda: Mode(0, MAX_TIME + 1), "schedule.range"),
        (lambda: Task(()), "schedule.no_mode"),
        (lambda: Calendar(()), "schedule.calendar_empty"),
        (lambda: Calendar(((0, 5), (5, 7))), "schedule.calendar_order"),
        (lambda: Problem((Job((Task((Mode(3, 1),)),)),), (Resource(),)), "schedule.unknown_resource"),
        (lambda: Problem((Job((ONE,)),), (Resource(calendar=0),)), "schedule.range"),
        (lambda: Resource(capacity=2, setup=0), "schedule.pool_setup"),
        (lambda: Objective.weighted(speed=1), "schedule.measure"),
        (lambda: Mode(0, 1.5), "schedule.not_integer"),  # type: ignore[arg-type]
        (lambda: Mode(0, True), "schedule.not_integer"),
        (lambda: Mode(0, 1, MAX_COST + 1), "schedule.range"),
        (lambda: Job((ONE,), weight=MAX_WEIGHT + 1), "schedule.range"),
        (lambda: Job((ONE,), due=MAX_TIME + 1), "schedule.range"),
        (lambda: Job((ONE,), deadline=-1), "schedule.range"),
        (lambda: Job((ONE,), release=MAX_TIME + 1), "schedule.range"),
        (lambda: Job(()), "schedule.no_task"),
        (lambda: Job((ONE, ONE), (Link(0, 1, 1), Link(0, 1, 2))), "schedule.link_twice"),
        (lambda: Job((ONE,), (Link(0, 1),)), "schedule.range"),
        (lambda: Link(0, 1, MAX_TIME + 1), "schedule.range"),
        (lambda: Fixed(0, -1), "schedule.range"),
        (lambda: Task((Mode(0, 1),), fixed=Fixed(1, 0)), "schedule.range"),
        (lambda: Task((Mode(0, 1), Mode(0, 2))), "schedule.mode_twice"),
        (lambda: Resource(capacity=0), "schedule.range"),
        (lambda: Calendar(((5, 5),)), "schedule.range"),
        (lambda: Objective(()), "schedule.objective"),
        (lambda: Objective.weighted(tardiness=MAX_WEIGHT + 1), "schedule.range"),
        (lambda: Problem((), (Resource(),)), "schedule.no_job"),
        (lambda: Problem((Job((ONE,)),), (Resource(setup=0),)), "schedule.range"),
        (lambda: Problem((Job((ONE,)),), (Resource(site=1),)), "schedule.range"),
        (lambda: Problem((Job((ONE,)),), (Resource(),), setups=(((0, 1),),)), "schedule.square"),
        (lambda: Problem((Job((ONE,)),), (Resource(),), transport=((MAX_TIME + 1,),)), "schedule.range"),
        (lambda: Problem((Job((ONE,)),), (Resource(),), baseline=((None, None),)), "schedule.baseline"),
        (
            lambda: Problem((Job((Task((Mode(0, 1),), family=2),)),), (Resource(setup=0),), setups=(((0,),),)),
            "schedule.unknown_family",
        ),
        (
            lambda: Problem(
                tuple(Job((Task((Mode(0, MAX_TIME),)),), weight=MAX_WEIGHT) for _ in range(500)),
                (Resource(),),
                objective=Objective.weighted(tardiness=MAX_WEIGHT),
            ),
            "schedule.total",
        ),
    ],
)
def test_bad_items_are_refused(build: object, code: str) -> None:
    with pytest.raises(InvalidProblem) as error:
        build()  # type: ignore[operator]
    assert error.value.code == code


def test_a_task_without_a_slot_is_named_before_the_search() -> None:
    problem = Problem((Job((ONE, Task((Mode(0, 9),), name="long"))),), (Resource(calendar=0),), (Calendar(((0, 5),)),))
    with pytest.raises(NoSchedule, match="task 1 'long' has no slot"):
        solve(problem, stop=Stop(iterations=10))


def test_a_deadline_no_task_can_keep_is_named() -> None:
    with pytest.raises(NoSchedule, match="deadline 4"):
        solve(Problem((Job((ONE,), release=4, deadline=4),), (Resource(),)), stop=Stop(iterations=10))


def test_the_package_is_quick_to_import_and_knows_no_web() -> None:
    code = "import sys, gongzao.scheduling; print([m for m in ('django', 'numba', 'ortools') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
