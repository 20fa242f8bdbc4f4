from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from gongzao.scheduling import Problem, Stop, check, solve
from gongzao.scheduling.arrays import compile_problem, to_schedule
from gongzao.scheduling.dispatch import Plan, dispatch, portfolio
from gongzao.scheduling.exact import ExactModel
from gongzao.scheduling.frames import effective_dues, gaps
from gongzao.scheduling.generate import Recipe, generate
from gongzao.scheduling.run import score_of
from gongzao.scheduling.windows import WindowSearch, choose
from tests.scheduling.problems import problems

CALM = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

CLOSED = (((0, 2, 3), (1, 0, 2), (2, 1, 0)),)
"""Setup times that no way through another family shortens."""


def first_plan(problem: Problem) -> Plan:
    return dispatch(compile_problem(problem), next(iter(portfolio(True, 3, 0))), 0)


def test_a_gap_between_families_is_the_shortest_way_by_tasks_of_others() -> None:
    setups = np.array([[0, 9, 1], [9, 0, 9], [9, 2, 0]])
    assert gaps(setups, [0, 1, 2], [5, 5, 3])[0, 1] == 1 + 3 + 2
    assert gaps(setups, [0, 1], [5, 5])[0, 1] == 9


@CALM
@given(problems(), st.integers(0, 9))
def test_a_window_moves_nothing_outside_it_and_keeps_what_is_not_free_in_order(problem: Problem, seed: int) -> None:
    problem = replace(problem, setups=CLOSED)
    a = compile_problem(problem)
    assume(not (a.fixed_mode >= 0).any())
    plan = first_plan(problem)
    window = choose(a, effective_dues(a), plan, np.random.default_rng(seed), 1, 4)
    latest = np.full(len(a.due), int(plan.end.max()))
    model = ExactModel(problem, a, latest, plan, window.tasks, window.free)
    assert model.improve(10.0, 0, np.zeros(1, np.int64)) == cp_model.OPTIMAL
    new = model.read()
    assert check(problem, to_schedule(a, new.mode, new.start, new.end)) == ()
    outside = np.ones(len(a.job), np.bool_)
    outside[window.tasks] = False
    assert (new.start[outside] == plan.start[outside]).all()
    kept = ~window.free
    assert (new.mode[kept] == plan.mode[kept]).all()
    for r in np.flatnonzero(np.diff(a.unit_ptr) == 1):
        on = np.flatnonzero(kept & (a.mode_res[plan.mode] == r))
        assert (np.diff(new.start[on[np.lexsort((plan.end[on], plan.start[on]))]]) >= 0).all()
    assert score_of(a, problem.objective, new).levels[0] <= score_of(a, problem.objective, plan).levels[0]


def test_windows_improve_a_dispatched_plan_by_feasible_ones() -> None:
    problem = generate(Recipe(3, 20), 2)
    a = compile_problem(problem)
    plan = first_plan(problem)
    search = WindowSearch(problem, a, plan, 1, lambda: 60.0)
    before = search.score
    for _ in range(4):
        for task in search.tasks(1, 1, 0.0, np.zeros(1, np.int64)):
            assert task() == 1
        search.absorb()
    assert search.score < before
    best = search.plan()
    assert check(problem, to_schedule(a, best.mode, best.start, best.end)) == ()


def test_the_exact_model_proves_the_tardiness_of_a_small_cluster() -> None:
    result = solve(generate(Recipe(3, 20), 2), stop=Stop(seconds=60), workers=2, seed=1)
    assert result.objective[0] > 0
    assert result.lower_bound[0] == result.objective[0]
