"""One definition of a plan for search, exact model, bounds and checker, and a guard on everything that leaves."""

import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from gongzao.scheduling import (
    Assignment,
    Calendar,
    Fixed,
    Job,
    Mode,
    NoSchedule,
    NotAPlan,
    Objective,
    Problem,
    Resource,
    Schedule,
    Stop,
    Task,
    check,
    conflict,
    solve,
)
from gongzao.scheduling.arrays import compile_problem, overtime, units_for
from gongzao.scheduling.bounds import lower_bound
from gongzao.scheduling.check import require_plan
from gongzao.scheduling.dispatch import Plan
from gongzao.scheduling.line import VIOLATION, load, new_line
from gongzao.scheduling.moves import move
from tests.scheduling.fuzz import large_faults, problem_faults, random_problem, run_apart
from tests.scheduling.oracle import faults, optimum

COUNTED, TIMED = Stop(iterations=300), Stop(seconds=3.0)
SHIFTS = Calendar(((2, 6), (7, 12), (15, 40)))


def one(*tasks: Task, calendar: Calendar = SHIFTS, resource: Resource | None = None, **kwargs: object) -> Problem:
    """Return an order on one machine."""
    resource = resource or Resource(calendar=0)
    return Problem((Job(tasks),), (resource,), (calendar,), **kwargs)  # type: ignore[arg-type]


def plan(*spans: tuple[int, int]) -> Schedule:
    """Return the tasks of an order on one machine."""
    return Schedule(tuple(Assignment(0, t, 0, *span) for t, span in enumerate(spans)))


def rules(problem: Problem, schedule: Schedule) -> set[str]:
    return {x.rule for x in check(problem, schedule)}


@pytest.mark.parametrize(
    ("minutes", "resumable", "span", "broken"),
    [
        (3, True, (12, 18), {"calendar"}),
        (3, True, (9, 15), {"calendar"}),
        (3, True, (10, 16), set()),
        (3, True, (9, 12), set()),
        (3, False, (10, 16), {"calendar"}),
        (4, True, (12, 19), {"calendar"}),
        (5, True, (7, 15), {"calendar"}),
        (0, True, (12, 15), {"duration"}),
        (0, False, (6, 7), {"duration"}),
        (0, False, (12, 12), set()),
        (0, True, (15, 15), set()),
        (0, False, (13, 13), {"calendar"}),
        (0, True, (1, 1), {"calendar"}),
        (0, True, (40, 40), set()),
    ],
)
def test_a_task_starts_with_its_first_minute_and_ends_with_its_last(
    minutes: int, resumable: bool, span: tuple[int, int], broken: set[str]
) -> None:
    problem = one(Task((Mode(0, minutes),), resumable=resumable))
    assert rules(problem, plan(span)) == broken
    assert bool(faults(problem, plan(span))) == bool(broken)


@pytest.mark.parametrize("stop", [Stop(iterations=0), COUNTED, TIMED])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("resumable", [True, False])
def test_a_milestone_lies_at_the_closing_bell(stop: Stop, last: bool, resumable: bool) -> None:
    calendar = Calendar(((0, 8),) if last else ((0, 8), (24, 32)))
    problem = one(Task((Mode(0, 8),)), Task((Mode(0, 0),), resumable=resumable), calendar=calendar)
    result = solve(problem, stop=stop)
    assert result.schedule == plan((0, 8), (8, 8))
    assert result.objective == (8,)
    assert result.lower_bound <= (8,)


def test_a_milestone_may_take_either_side_of_a_break() -> None:
    """Two at one instant of the axis of worked minutes; a transport leaves only the later to the second."""
    tasks = (Task((Mode(0, 8),)), Task((Mode(0, 0),)), Task((Mode(1, 0),)))
    resources = (Resource(calendar=0), Resource(calendar=0, site=1))
    problem = Problem((Job(tasks),), resources, (Calendar(((0, 8), (24, 32))),), transport=((0, 5), (5, 0)))
    result = solve(problem, stop=TIMED)
    assert [(x.start, x.end) for x in result.schedule.tasks] == [(0, 8), (8, 8), (24, 24)]
    assert result.optimal


def test_tasks_of_no_minutes_at_one_instant_follow_in_some_order() -> None:
    setups = (((9, 9, 9), (0, 9, 9), (9, 0, 9)),)
    jobs = tuple(Job((Task((Mode(0, 0),), family),)) for family in (0, 1, 2))
    problem = Problem(jobs, (Resource(setup=0),), setups=setups)
    together = Schedule(tuple(Assignment(j, 0, 0, 4, 4) for j in range(3)))
    assert check(problem, together) == ()
    assert rules(replace(problem, resources=(Resource(setup=0, family=0),)), together) == {"setup"}
    stuck = replace(problem, setups=(((9, 9, 9), (0, 9, 9), (9, 1, 9)),))
    assert rules(stuck, together) == {"setup"}
    assert solve(problem, stop=TIMED).objective == (0,)
    best = solve(stuck, stop=TIMED)
    found = optimum(stuck)
    assert found is not None
    assert best.objective == best.lower_bound == found[0]


def test_a_machine_must_be_free_for_no_minutes_and_a_pool_need_not() -> None:
    jobs = (Job((Task((Mode(0, 10),)),)), Job((Task((Mode(0, 0),), release=5),)))
    inside = Schedule((Assignment(0, 0, 0, 0, 10), Assignment(1, 0, 0, 5, 5)))
    machine, pool = Problem(jobs, (Resource(),)), Problem((jobs[0], *jobs), (Resource(capacity=2),))
    assert rules(machine, inside) == {"overlap"}
    full = Schedule((Assignment(0, 0, 0, 0, 10), Assignment(1, 0, 0, 0, 10), Assignment(2, 0, 0, 5, 5)))
    assert check(pool, full) == ()
    both = replace(pool, objective=Objective.weighted(makespan=1, tardiness=1))
    due = replace(both, jobs=(*both.jobs[:2], replace(both.jobs[2], due=5)))
    result = solve(due, stop=TIMED)
    assert result.objective == result.lower_bound == (10,)


@pytest.mark.parametrize("measures", [("changes",), ("changes", "makespan"), ("makespan", "changes")])
def test_a_late_baseline_can_be_kept(measures: Sequence[str]) -> None:
    jobs = (Job((Task((Mode(0, 10),)),)), Job((Task((Mode(0, 4),)), Task((Mode(0, 3),)))))
    problem = Problem(
        jobs,
        (Resource(),),
        objective=Objective.lexicographic(*measures),
        baseline=(((0, 90),), ((0, 50), (0, 70))),
    )
    best = optimum(problem)
    assert best is not None
    timed = solve(problem, stop=TIMED)
    assert timed.objective == timed.lower_bound == best[0]
    counted = solve(problem, stop=COUNTED)
    assert counted.lower_bound <= best[0] <= counted.objective


def test_a_search_without_time_keeps_a_plan_that_waits() -> None:
    rng = np.random.default_rng(3)
    free = [0, 0, 0]
    jobs, baseline = [], []
    for _ in range(40):
        r, n = int(rng.integers(3)), int(rng.integers(2, 9))
        start = free[r] + int(rng.integers(0, 15))
        free[r] = start + n
        jobs.append(Job((Task((Mode(r, n), Mode((r + 1) % 3, n))),)))
        baseline.append(((r, start),))
    objective = Objective.lexicographic("changes", "makespan")
    problem = Problem(tuple(jobs), (Resource(),) * 3, objective=objective, baseline=tuple(baseline))
    result = solve(problem, stop=Stop(iterations=4_000))
    assert result.objective == (0, max(free))


def packed(shifts: int, seed: int) -> Problem:
    """Return single tasks of a machine that fill its shifts to the minute."""
    rng = np.random.default_rng(seed)
    spans, lengths, t = [], [], 0
    for _ in range(shifts):
        parts = rng.integers(2, 9, 3).tolist()
        spans.append((t, t + sum(parts)))
        lengths += parts
        t += sum(parts) + 4
    jobs = tuple(Job((Task((Mode(0, n),)),)) for n in rng.permutation(lengths).tolist())
    return Problem(jobs, (Resource(calendar=0),), (Calendar(tuple(spans)),))


@pytest.mark.parametrize("stop", [COUNTED, TIMED])
@pytest.mark.parametrize("shifts", [2, 4, 7])
def test_tight_calendars_have_their_plan(shifts: int, stop: Stop) -> None:
    problem = packed(shifts, shifts)
    result = solve(problem, stop=stop)
    assert check(problem, result.schedule) == ()
    assert result.objective == (problem.calendars[0].intervals[-1][1],)


def test_the_search_mends_what_no_rule_could_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gongzao.scheduling.run.EFFORT", 0.0)
    full = packed(20, 1)
    problem = replace(full, jobs=full.jobs[:55])
    with pytest.raises(NoSchedule) as raised:
        solve(problem, stop=Stop(iterations=0))
    assert raised.value.code == "schedule.none_found"
    result = solve(problem, stop=Stop(iterations=60_000))
    assert check(problem, result.schedule) == ()


def test_an_answer_found_by_the_exact_model_alone_is_always_the_same() -> None:
    problem = packed(6, 1)
    results = [solve(problem, stop=Stop(iterations=0), seed=4) for _ in range(2)]
    assert results[0].schedule == results[1].schedule


@pytest.mark.parametrize("stop", [COUNTED, TIMED])
def test_what_is_impossible_is_said_to_be_proven(stop: Stop) -> None:
    frozen = Job((Task((Mode(0, 5),), fixed=Fixed(0, 0)),))
    both = Problem((frozen, frozen), (Resource(calendar=0),), (Calendar(((0, 10),)),))
    over = replace(packed(3, 5), jobs=(*packed(3, 5).jobs, Job((Task((Mode(0, 1),)),))))
    for problem in (both, over):
        with pytest.raises(NoSchedule) as raised:
            solve(problem, stop=stop)
        assert raised.value.code == "schedule.infeasible"
        found = conflict(problem)
        assert found is not None
        assert found.irreducible


def test_what_is_left_open_is_said_to_be_open() -> None:
    problem = packed(60, 2)
    with pytest.raises(NoSchedule) as raised:
        solve(problem, stop=Stop(seconds=0.0))
    assert raised.value.code == "schedule.none_found"


def test_work_that_fits_nowhere_is_late_and_can_be_moved_back() -> None:
    problem = Problem(
        (Job((Task((Mode(0, 6),)),)), Job((Task((Mode(0, 6), Mode(1, 9))),))),
        (Resource(calendar=0), Resource(calendar=0)),
        (Calendar(((0, 10),)),),
    )
    a = compile_problem(problem)
    ends = np.array([6, 12])
    together = Plan(np.array([0, 1]), np.zeros(2, np.int64), ends - 6, ends)
    with pytest.raises(NoSchedule):
        load(a, new_line(a), together)
    wide = overtime(a, problem.horizon)
    line = new_line(wide)
    load(wide, line, together)
    assert line.plan.start.tolist() == [0, problem.horizon + 1]
    assert line.totals[VIOLATION] == 7
    assert move(wide, line, 1, 2, 1, 0, np.zeros(6), 1e300)
    assert line.plan.end.tolist() == [6, 9]
    assert line.totals[VIOLATION] == 0


@pytest.mark.parametrize("measures", [("makespan",), ("changes", "makespan")])
def test_a_plan_that_ends_after_everything_could_is_a_plan_to_begin_with(measures: Sequence[str]) -> None:
    problem = Problem(
        (Job((Task((Mode(0, 3),)), Task((Mode(1, 2),)))),),
        (Resource(calendar=0), Resource()),
        (Calendar(((0, 5), (400, 410))),),
        objective=Objective.lexicographic(*measures),
        baseline=(((0, 401), (1, 9_000)),),
    )
    late = Schedule((Assignment(0, 0, 0, 401, 404), Assignment(0, 1, 1, 9_000, 9_002)))
    result = solve(problem, stop=Stop(iterations=0), initial=late)
    assert result.objective <= late.value(problem)
    assert check(problem, result.schedule) == ()


def test_a_line_of_few_tasks_may_log_as_many_starts_as_it_has() -> None:
    a = compile_problem(Problem((Job((Task((Mode(0, 3),)),)),) * 5, (Resource(),)))
    line = new_line(a)
    start = np.arange(5) * 3
    load(a, line, Plan(np.arange(5), np.zeros(5, np.int64), start, start + 3))
    assert line.size[3] <= len(line.log)


def test_units_stay_taken_when_a_task_of_no_minutes_passes() -> None:
    a = compile_problem(Problem((Job((Task((Mode(0, 3),)),)),) * 5, (Resource(capacity=2),)))
    start, end = np.array([0, 0, 5, 6, 10]), np.array([10, 10, 5, 6, 12])
    unit = units_for(a, np.arange(5), start, end)
    assert unit[0] != unit[1]
    assert np.bincount(unit[[0, 1]]).tolist() == [1, 1]


def test_nothing_that_is_not_a_plan_leaves() -> None:
    problem = one(Task((Mode(0, 3),)))
    require_plan(problem, plan((2, 5)), (5,), (5,))
    for schedule, objective, bound in (
        (plan((0, 0)), (0,), (0,)),
        (plan((2, 5)), (4,), (4,)),
        (plan((2, 5)), (5,), (6,)),
        (Schedule(()), (0,), (0,)),
    ):
        with pytest.raises(NotAPlan):
            require_plan(problem, schedule, objective, bound)


def test_solve_lets_no_false_plan_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from gongzao.scheduling import solver

    def early(a: object, mode: object, start: np.ndarray, end: np.ndarray) -> Schedule:
        return plan((int(start[0]) - 1, int(end[0]) - 1))

    monkeypatch.setattr(solver, "to_schedule", early)
    with pytest.raises(NotAPlan):
        solve(one(Task((Mode(0, 3),))), stop=COUNTED)


def test_bounds_are_not_above_the_value_of_any_plan() -> None:
    for seed in range(400, 460):
        problem = random_problem(seed)
        best = optimum(problem)
        if best is not None:
            bound = lower_bound(problem, compile_problem(problem))
            assert all(x <= y for x, y in zip(bound[:1], best[0], strict=False)), seed


@pytest.mark.parametrize("seed", range(40))
def test_random_problems_agree_with_the_time_indexed_model(seed: int) -> None:
    wrong, _ = problem_faults(seed)
    assert wrong == []


@pytest.mark.parametrize("seed", range(4))
def test_random_shops_get_plans_and_true_bounds(seed: int) -> None:
    wrong, _ = large_faults(seed)
    assert wrong == []


DIES = """
import os, signal, sys
first = int(sys.argv[sys.argv.index("--first") + 1])
for seed in (first, first + 1) if first == 0 else (first,):
    print('{"seed": %d}' % seed, flush=True)
    if seed == 1:
        os.kill(os.getpid(), signal.SIGSEGV)
    print('{"seed": %d, "wrong": [], "end": "none"}' % seed, flush=True)
"""


def test_the_fuzz_command_counts_a_process_that_dies() -> None:
    ends, wrong = run_apart("problems", 0, 3, [sys.executable, "-c", DIES])
    assert [x.split(",")[0] for x in wrong] == ["problems 1: the process ended with -11"]
    assert ends == {"none": 2}
