"""What delays a late job is named for what it is."""

from dataclasses import replace

from gongzao.scheduling import (
    Assignment,
    Calendar,
    Fixed,
    Job,
    Link,
    Mode,
    Problem,
    Resource,
    Schedule,
    Task,
    check,
    explain,
)
from gongzao.scheduling.explain import Explanation, Step

ONE = Task((Mode(0, 20),), family=1)
SHIFTS = (Calendar(((0, 100), (160, 260), (320, 900))),)
SETUPS = (((0, 30), (30, 0)),)


def told(problem: Problem, *tasks: Assignment) -> Explanation:
    schedule = Schedule.of(tasks)
    assert check(problem, schedule) == ()
    return explain(problem, schedule)


def last_step(problem: Problem, *tasks: Assignment) -> tuple[str, dict[str, int]]:
    """Return the reason of the last task of the latest job, and the minutes that are not 0."""
    step: Step = told(problem, *tasks).late[0].chain[0]
    lost = {key: getattr(step, key) for key in ("setup", "closed", "short", "idle")}
    return step.reason, {k: v for k, v in lost.items() if v}


def late(task: Task = ONE, resource: Resource | None = None, **more: object) -> Problem:
    return Problem((Job((task,), due=0),), (resource or Resource(),), SHIFTS, SETUPS, **more)  # type: ignore[arg-type]


def test_setup_idle_and_closed_are_three_things() -> None:
    assert last_step(late(), Assignment(0, 0, 0, 0, 20)) == ("nothing", {})
    assert last_step(late(), Assignment(0, 0, 0, 100, 120)) == ("nothing", {"idle": 100})
    machine = Resource(setup=0, family=0)
    assert last_step(late(resource=machine), Assignment(0, 0, 0, 30, 50)) == ("setup", {"setup": 30})
    assert last_step(late(resource=machine), Assignment(0, 0, 0, 45, 65)) == ("setup", {"setup": 30, "idle": 15})
    shifts = replace(machine, calendar=0)
    opened = replace(ONE, release=95)
    assert last_step(late(opened, Resource(calendar=0)), Assignment(0, 0, 0, 160, 180)) == (
        "material",
        {"closed": 60, "short": 5},
    )
    assert last_step(late(opened, Resource(calendar=0)), Assignment(0, 0, 0, 170, 190)) == (
        "material",
        {"closed": 60, "short": 5, "idle": 10},
    )
    resumable = replace(opened, resumable=True)
    assert last_step(late(resumable, Resource(calendar=0)), Assignment(0, 0, 0, 95, 175)) == ("material", {})
    pair = Problem((Job((replace(ONE, family=0),)), Job((ONE,), due=0)), (shifts,), SHIFTS, SETUPS)
    both = Assignment(0, 0, 0, 60, 80), Assignment(1, 0, 0, 170, 190)
    assert last_step(pair, *both) == ("setup", {"setup": 30, "closed": 60})


def test_waiting_is_named_for_what_is_waited_for() -> None:
    two = (Task((Mode(0, 10),)), Task((Mode(1, 10),)))
    near, far = (Resource(), Resource()), (Resource(), Resource(site=1))
    sites = ((0, 7), (7, 0))
    job = Job(two, due=0)
    first = Assignment(0, 0, 0, 0, 10)
    assert last_step(Problem((job,), near), first, Assignment(0, 1, 1, 10, 20)) == ("precedence", {})
    assert last_step(Problem((job,), far, transport=sites), first, Assignment(0, 1, 1, 17, 27)) == ("transport", {})
    lag = replace(job, links=(Link(0, 1, 5),))
    assert last_step(Problem((lag,), near), first, Assignment(0, 1, 1, 16, 26)) == ("precedence", {"idle": 1})
    busy = Problem((Job(two[:1]), Job(two[:1], due=0)), near)
    assert last_step(busy, first, Assignment(1, 0, 0, 10, 20)) == ("resource", {})
    released = Problem((Job(two[:1], release=4, due=0),), near)
    assert last_step(released, Assignment(0, 0, 0, 4, 14)) == ("release", {})
    material = Problem((Job((replace(two[0], release=9),), release=4, due=0),), near)
    assert last_step(material, Assignment(0, 0, 0, 9, 19)) == ("material", {})
    frozen = Problem((Job((replace(two[0], fixed=Fixed(0, 3)),), due=0),), near)
    assert last_step(frozen, Assignment(0, 0, 0, 3, 13)) == ("frozen", {})
    pool = Problem((Job(two[:1]), Job(two[:1]), Job(two[:1], due=0)), (Resource(capacity=2), Resource()))
    third = told(pool, first, Assignment(1, 0, 0, 2, 12), Assignment(2, 0, 0, 10, 20)).late[0]
    assert [(s.reason, s.task.job) for s in third.chain] == [("resource", 2), ("nothing", 0)]


def test_time_of_a_resource_is_work_setup_idle_or_closed() -> None:
    shifts = Resource(calendar=0, setup=0, family=0)
    problem = Problem((Job((ONE,)),), (shifts, Resource(capacity=2)), SHIFTS, SETUPS)
    lathe, pool = told(problem, Assignment(0, 0, 0, 160, 180)).use
    assert (lathe.worked, lathe.setup, lathe.idle, lathe.closed) == (20, 30, 70, 60)
    assert (pool.worked, pool.setup, pool.idle, pool.closed) == (0, 0, 360, 0)
