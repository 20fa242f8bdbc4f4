from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from gongzao.scheduling import Job, Mode, Problem, Resource, Stop, Task, check, solve, solver
from gongzao.scheduling.arrays import compile_problem, to_schedule
from gongzao.scheduling.dispatch import dispatch, portfolio
from gongzao.scheduling.exact import PROVERS, ExactModel
from gongzao.scheduling.generate import Recipe, generate
from gongzao.scheduling.run import score_of
from gongzao.scheduling.twins import in_order, twins
from tests.scheduling.brute import optimum
from tests.scheduling.problems import problems, shop
from tests.scheduling.test_solve import FT06

CALM = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("kind", PROVERS)
def test_each_search_finds_the_least_makespan_of_ft06_and_refutes_a_shorter_one(kind: str) -> None:
    problem = shop([[{m: d} for m, d in job] for job in FT06], 6)
    a = compile_problem(problem)
    plan, bounds, infeasible = ExactModel(problem, a, np.full(6, 60)).solve(60.0, 1, 0, kinds=[kind])
    assert plan is not None
    assert (int(plan.end.max()), bounds, infeasible) == (55, (55,), False)
    assert ExactModel(problem, a, np.full(6, 54)).solve(60.0, 1, 0, kinds=[kind]) == (None, (55,), True)


def test_a_bound_known_from_elsewhere_ends_the_search() -> None:
    problem = shop([[{m: d} for m, d in job] for job in FT06], 6)
    plan, bounds, _ = ExactModel(problem, compile_problem(problem), np.full(6, 60), least=57).solve(60.0, 1, 0)
    assert plan is not None
    assert bounds == (57,)


@pytest.mark.parametrize(
    "problem",
    [
        pytest.param(shop([[{m: d} for m, d in job] for job in FT06], 6), id="a shop, beside the walk"),
        pytest.param(generate(Recipe(3, 8, 1.5, 0.5), 1), id="a cluster, after a quick annealing"),
    ],
)
def test_solve_proves_by_the_exact_model_what_no_other_bound_tells(
    problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solver, "lower_bound", lambda *_: tuple(0 for _ in problem.objective.levels))
    result = solve(problem, stop=Stop(seconds=30), workers=2, seed=1)
    assert result.objective[0] > 0
    assert result.optimal
    assert check(problem, result.schedule) == ()


def twice(problem: Problem) -> Problem:
    """Return the problem with a second job like its first, frozen starts left out."""
    free = tuple(replace(t, fixed=None) for t in problem.jobs[0].tasks)
    first = replace(problem.jobs[0], tasks=free)
    again = replace(first, name="again", tasks=tuple(replace(t, name="again") for t in free))
    return replace(problem, jobs=(first, again), baseline=None)


@CALM
@given(problems(most_jobs=1, most_tasks=2))
def test_the_order_of_twins_costs_nothing(problem: Problem) -> None:
    problem = twice(problem)
    a = compile_problem(problem)
    assert twins(problem) == [[0, 1]]
    best = optimum(problem)
    plan, bounds, _ = ExactModel(problem, a, np.full(2, 300)).solve(None, 1, 0)
    assert (None if plan is None else bounds) == best
    if plan is not None:
        assert plan.start[a.job_ptr[0]] <= plan.start[a.job_ptr[1]]
        assert check(problem, to_schedule(a, plan.mode, plan.start, plan.end)) == ()


def test_twins_change_places_with_all_they_do() -> None:
    like = tuple(Task((Mode(k, 3 + k), Mode(2, 5))) for k in (0, 1))
    other = Task((Mode(0, 4), Mode(1, 4), Mode(2, 9)))
    jobs = (Job(like, name="A"), Job((other,)), Job(like, name="B"), Job((other,), due=9), Job(like, name="C"))
    problem = Problem(jobs, tuple(Resource(f"M{r}") for r in range(3)))
    assert twins(problem) == [[0, 2, 4]]
    a = compile_problem(problem)
    for rule in portfolio(True, 12, 0):
        plan = dispatch(a, rule, 0)
        new = in_order(a, twins(problem), plan)
        assert score_of(a, problem.objective, new) == score_of(a, problem.objective, plan)
        assert check(problem, to_schedule(a, new.mode, new.start, new.end)) == ()
        assert (np.diff(new.start[a.job_ptr[[0, 2, 4]]]) >= 0).all()
        assert sorted(zip(new.unit, new.start, strict=True)) == sorted(zip(plan.unit, plan.start, strict=True))
