"""Two tasks of a shop change places, and what loads count."""

import numpy as np
import pytest

from gongzao.scheduling import Problem
from gongzao.scheduling._jit import Ints, kernel, random_state
from gongzao.scheduling.arrays import compile_problem
from gongzao.scheduling.dispatch import Rule, dispatch
from gongzao.scheduling.insertions import evaluate
from gongzao.scheduling.shop import Graph, Shop, new_graph, rebuild, shop_of, solution_of, trade
from gongzao.scheduling.tabu import search
from gongzao.scheduling.trades import offer_trades, room
from gongzao.scheduling.walk import Style, new_walk
from tests.scheduling.problems import shop
from tests.scheduling.test_kernels import random_shop


@kernel
def tried(shop: Shop, g: Graph, v: int, alt: int, w: int, alt_w: int) -> int:
    return trade(shop, g, v, alt, w, alt_w) if room(shop, g, v, w) and room(shop, g, w, v) else -1


def pairs(s: Shop, g: Graph) -> list[tuple[int, int, int, int]]:
    """Return all pairs of tasks that can do each other's unit, with the alternatives."""
    return [
        (v, k, w, j)
        for v in range(len(g.unit))
        for w in range(len(g.unit))
        for k in range(s.alt_ptr[v], s.alt_ptr[v + 1])
        for j in range(s.alt_ptr[w], s.alt_ptr[w + 1])
        if g.unit[v] != g.unit[w] and s.alt_unit[k] == g.unit[w] and s.alt_unit[j] == g.unit[v]
    ]


@pytest.mark.parametrize("seed", range(6))
def test_a_trade_leaves_what_a_rebuild_gives(seed: int) -> None:
    a = compile_problem(random_shop(seed, jobs=8))
    s = shop_of(a)
    g, fresh = new_graph(s), new_graph(s)
    rebuild(s, g, *solution_of(a, dispatch(a, Rule(3, 0.5, 0.0), 1)))
    rng = np.random.default_rng(seed)
    done = 0
    for _ in range(60):
        able = pairs(s, g)
        value = tried(s, g, *able[int(rng.integers(len(able)))])
        if value < 0:
            continue
        done += 1
        assert rebuild(s, fresh, g.order, g.alt) == value
        assert np.array_equal(g.head, fresh.head)
        assert np.array_equal(g.tail, fresh.tail)
        assert np.array_equal(g.load, fresh.load)
        assert g.load.sum() == g.time.sum()
        for v in range(len(g.unit)):
            assert all(g.pos[p] < g.pos[v] for p in s.pred[s.pred_ptr[v] : s.pred_ptr[v + 1]])
    assert done > 5


def uneven(times: tuple[list[int], list[int]]) -> tuple[Problem, Ints, Ints]:
    """Return a shop of single tasks that either machine can do, and the solution with these on each."""
    tasks = [t for row in times for t in row]
    problem = shop([[{0: t, 1: t}] for t in tasks], 2)
    alt = np.array([2 * v + int(v >= len(times[0])) for v in range(len(tasks))], np.int64)
    return problem, np.arange(len(tasks), dtype=np.int64), alt


def test_full_machines_trade_a_task_for_one_that_is_shorter() -> None:
    problem, order, alt = uneven(([7, 9, 8], [6, 9, 7]))
    s = shop_of(compile_problem(problem))
    g, walk = new_graph(s), new_walk(s, random_state(1))
    assert rebuild(s, g, order, alt) == 24
    for v in range(3):
        evaluate(s, g, walk, v, 1e-6)
    assert walk.found[0, 5] == 24
    for v in range(3):
        offer_trades(s, g, walk, v, 1e-6)
    v, other, _, w, other_w, cost, _ = walk.found[0].tolist()
    assert (cost, g.time[v] - g.time[w]) == (23, 1)
    assert trade(s, g, v, other, w, other_w) == 23
    assert g.load.tolist() == [23, 23]


@pytest.mark.parametrize(("other", "offered"), [(8, True), (9, True), (10, False)])
def test_a_task_is_traded_for_none_that_takes_longer(other: int, offered: bool) -> None:
    problem, order, alt = uneven(([9], [other]))
    s = shop_of(compile_problem(problem))
    g, walk = new_graph(s), new_walk(s, random_state(1))
    rebuild(s, g, order, alt)
    offer_trades(s, g, walk, 0, 1e-6)
    assert (walk.rank[0] < np.inf) == offered


def test_a_search_trades_only_where_machines_idle_less_than_asked() -> None:
    problem, order, alt = uneven(([7, 9, 8], [6, 9, 7]))
    s = shop_of(compile_problem(problem))
    values = []
    for times in (0.0, 1.0):
        walk = new_walk(s, random_state(1))
        search(s, new_graph(s), walk, order, alt, Style(1.0, 1.0, times), 1, 1, 0, np.zeros(1, np.int64))
        values.append(int(walk.best[0]))
    assert values == [24, 23]


@pytest.mark.parametrize(("lean", "unit"), [(1e-6, 1), (20.0, 0)])
def test_working_time_counts_as_much_as_asked(lean: float, unit: int) -> None:
    """The second machine is free and slow: it ends sooner there, but takes longer."""
    s = shop_of(compile_problem(shop([[{0: 10}], [{0: 10, 1: 25}], [{0: 10}]], 2)))
    g, walk = new_graph(s), new_walk(s, random_state(1))
    rebuild(s, g, np.arange(3), np.array([0, 1, 3]))
    evaluate(s, g, walk, 1, lean / 60.0)
    assert s.alt_unit[walk.found[0, 1]] == unit


def test_where_machines_idle_loads_do_not_keep_the_makespan_long() -> None:
    s = shop_of(compile_problem(shop([[{0: 10}], [{0: 10, 1: 25}], [{0: 10}]], 2)))
    walk = new_walk(s, random_state(1))
    start = np.arange(3), np.array([0, 1, 3])
    search(s, new_graph(s), walk, *start, Style(1.0, 20.0, 0.0), 1, 1, 0, np.zeros(1, np.int64))
    assert walk.best[0] == 25
