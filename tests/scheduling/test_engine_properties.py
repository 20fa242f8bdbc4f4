from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gongzao.scheduling import (
    NoSchedule,
    Objective,
    Problem,
    Schedule,
    Stop,
    check,
    problem_from_json,
    problem_to_json,
    solve,
)
from gongzao.scheduling.arrays import compile_problem
from gongzao.scheduling.loads import load_bound
from gongzao.scheduling.relaxed import relaxed_bound
from tests.scheduling.brute import optimum
from tests.scheduling.problems import problems

CALM = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def exact(problem: Problem) -> tuple[int, ...] | None:
    from gongzao.scheduling.arrays import to_schedule
    from gongzao.scheduling.exact import ExactModel

    a = compile_problem(problem)
    plan, bounds, _ = ExactModel(problem, a, np.full(len(a.due), 300)).solve(None, 1, 0)
    if plan is None:
        return None
    schedule = to_schedule(a, plan.mode, plan.start, plan.end)
    assert check(problem, schedule) == ()
    assert schedule.value(problem) == bounds
    return bounds


@CALM
@given(problems(most_jobs=2, most_tasks=2))
def test_the_exact_model_finds_what_enumeration_finds(problem: Problem) -> None:
    assert exact(problem) == optimum(problem)


@CALM
@given(problems())
def test_search_keeps_every_rule_and_reaches_what_the_bound_allows(problem: Problem) -> None:
    best = exact(problem)
    if best is None:
        return
    try:
        result = solve(problem, stop=Stop(iterations=6_000), seed=1)
    except NoSchedule:
        assume(False)
    assert check(problem, result.schedule) == ()
    assert result.objective == result.schedule.value(problem)
    assert result.objective >= best
    assert result.lower_bound[0] <= best[0]
    assert result.objective[0] <= best[0] + best[0] // 5 + 3


@CALM
@given(problems())
def test_no_bound_on_the_makespan_exceeds_the_optimum(problem: Problem) -> None:
    problem = replace(problem, objective=Objective())
    best = exact(problem)
    if best is None:
        return
    a = compile_problem(problem)
    loads = load_bound(a)
    assert loads <= relaxed_bound(a, loads) <= best[0]


@CALM
@given(problems())
def test_a_problem_survives_its_file(problem: Problem) -> None:
    assert problem_from_json(problem_to_json(problem)) == problem


@pytest.mark.parametrize("workers", [1, 2])
def test_the_same_seed_and_limit_give_the_same_schedule(workers: int) -> None:
    from gongzao.scheduling.generate import Recipe, generate

    problem = generate(Recipe(3, 12), 5)
    bare = tuple(replace(r, calendar=None, setup=None, family=None, site=0) for r in problem.resources)
    pure = replace(problem, calendars=(), setups=(), transport=((0,),), resources=bare, objective=Objective())
    for one in (problem, pure):
        first, second = (solve(one, stop=Stop(iterations=4_000), seed=3, workers=workers).schedule for _ in range(2))
        assert first == second


@CALM
@given(problems(), st.randoms(use_true_random=False))
def test_a_mutated_schedule_breaks_the_rule_of_its_mutation(problem: Problem, chance: Random) -> None:
    try:
        good = solve(problem, stop=Stop(iterations=200), seed=1).schedule
    except NoSchedule:
        assume(False)
    x = chance.choice(good.tasks)
    job = problem.jobs[x.job]
    task = job.tasks[x.task]
    unary = problem.resources[x.resource].capacity == 1
    on = [y for y in good.tasks if y.resource == x.resource and y != x and x.start < x.end and y.start < y.end]
    before = [
        y for y in good.tasks if y.job == x.job and any((a.before, a.after) == (y.task, x.task) for a in job.arcs)
    ]
    wrong = set(range(len(problem.resources))) - {m.resource for m in task.modes}
    changes = {
        "release": [replace(x, start=max(job.release, task.release) - 1)],
        "duration": [replace(x, end=x.start - 1)],
        "overlap": [replace(x, start=y.start, end=y.start + x.end - x.start) for y in on if unary],
        "precedence": [replace(x, start=y.end - 1, end=y.end - 1 + x.end - x.start) for y in before],
        "resource": [replace(x, resource=r) for r in wrong],
        "fixed": [replace(x, start=x.start + 1, end=x.end + 1)] if task.fixed else [],
    }
    for rule, mutants in changes.items():
        for y in mutants:
            mutated = Schedule.of([*(z for z in good.tasks if z != x), y])
            assert rule in {v.rule for v in check(problem, mutated)}
    assert "missing" in {v.rule for v in check(problem, Schedule.of(z for z in good.tasks if z != x))}
    assert "twice" in {v.rule for v in check(problem, Schedule.of([*good.tasks, x]))}
    if x.end > 0:
        tight = tuple(replace(j, deadline=x.end - 1) if i == x.job else j for i, j in enumerate(problem.jobs))
        assert "deadline" in {v.rule for v in check(replace(problem, jobs=tight), good)}
