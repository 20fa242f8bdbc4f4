"""The pool of solutions, searched by several threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from gongzao.scheduling import check
from gongzao.scheduling.arrays import compile_problem, to_schedule
from gongzao.scheduling.dispatch import Plan, dispatch, portfolio
from gongzao.scheduling.elite import Effort, EliteSearch
from tests.scheduling.test_kernels import random_shop

PROBLEM = random_shop(7, jobs=12, machines=5)
ARRAYS = compile_problem(PROBLEM)
PLANS = [dispatch(ARRAYS, r, 1) for r in portfolio(due=False, count=6, seed=1)]


def elite(found: list[tuple[Plan, int]], *, lockstep: bool = False, target: int = 0) -> EliteSearch:
    effort = Effort(patience=(50, 200))
    return EliteSearch(
        ARRAYS, PLANS, target, 3, lambda p, moves: found.append((p, moves)), lockstep=lockstep, effort=effort
    )


def run(search: EliteSearch, limit: int, stop: int = 0) -> list[int]:
    with ThreadPoolExecutor(2) as pool:
        moves = list(pool.map(lambda task: task(), search.tasks(2, limit, 0.0, np.full(1, stop))))
    search.absorb()
    return moves


def test_workers_share_one_pool_and_tell_every_better_plan() -> None:
    found: list[tuple[Plan, int]] = []
    search = elite(found)
    first = search.best.value
    assert run(search, 5_000) == [5_000, 5_000]
    assert search.moves == 10_000
    values = [int(plan.end.max()) for plan, _ in found]
    assert values == sorted(set(values), reverse=True)
    assert values[-1] == search.best.value < first
    for plan, _ in found:
        assert check(PROBLEM, to_schedule(ARRAYS, plan.mode, plan.start, plan.end)) == ()


def test_the_search_ends_at_its_target_and_at_a_stop() -> None:
    search = elite([], target=10**6)
    assert run(search, 5_000) == [0, 0]
    assert run(elite([]), 5_000, stop=1) == [0, 0]


def test_in_lockstep_a_round_depends_on_the_seed_alone() -> None:
    results = []
    for _ in range(2):
        search = elite([], lockstep=True)
        moves = [run(search, 2_000) for _ in range(12)]
        results.append((moves, search.best.order.tolist(), search.best.alt.tolist()))
    assert results[0] == results[1]


def test_a_plan_offered_from_elsewhere_is_taken_in() -> None:
    better = elite([])
    run(better, 5_000)
    found: list[tuple[Plan, int]] = []
    search = elite(found)
    search.offer(better.plan())
    assert search.best.value == better.best.value
    assert len(found) == 1


def test_the_options_whose_solutions_enter_the_pool_are_drawn_most() -> None:
    search = elite([])
    for _ in range(50):
        for tenure in range(3):
            for leaning in range(3):
                search._learn((tenure, leaning), taken=(tenure, leaning) == (1, 2))
    drawn = [search._walker().drawn for _ in range(200)]
    assert drawn.count((1, 2)) > 80
    assert len(set(drawn)) > 1
