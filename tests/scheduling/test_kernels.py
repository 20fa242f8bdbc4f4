"""The kernels beside a plain recomputation."""

import numpy as np
import pytest

from gongzao.scheduling import Fixed, Job, Mode, Objective, Problem, Resource, Task
from gongzao.scheduling._jit import Words, highest_bit, kernel, lowest_bit, plain, random_state
from gongzao.scheduling.anneal import empty_plan, weights_for
from gongzao.scheduling.arrays import compile_problem
from gongzao.scheduling.blend import relink
from gongzao.scheduling.clockwork import place, work_done
from gongzao.scheduling.dispatch import Rule, dispatch, portfolio
from gongzao.scheduling.generate import Recipe, generate
from gongzao.scheduling.insertions import evaluate
from gongzao.scheduling.line import NO_CAP, load, new_line, score, settled
from gongzao.scheduling.moves import move, undo
from gongzao.scheduling.proposals import propose
from gongzao.scheduling.shop import move as move_in_shop
from gongzao.scheduling.shop import new_graph, rebuild, shop_of, solution_of
from gongzao.scheduling.solver import score_of
from gongzao.scheduling.tabu import search
from gongzao.scheduling.walk import Style, new_walk
from tests.scheduling.problems import shop


def random_shop(seed: int, jobs: int = 6, machines: int = 4) -> Problem:
    rng = np.random.default_rng(seed)
    return shop(
        [
            [
                {int(m): int(rng.integers(1, 20)) for m in rng.choice(machines, int(rng.integers(1, 4)), replace=False)}
                for _ in range(int(rng.integers(2, 6)))
            ]
            for _ in range(jobs)
        ],
        machines,
    )


@pytest.mark.parametrize("seed", range(8))
def test_a_move_in_a_shop_leaves_what_a_rebuild_gives(seed: int) -> None:
    a = compile_problem(random_shop(seed))
    s = shop_of(a)
    g, fresh, walk = new_graph(s), new_graph(s), new_walk(s, random_state(seed))
    plan = dispatch(a, Rule(3, 0.5, 0.0), 1)
    value = rebuild(s, g, *solution_of(a, plan))
    rng = np.random.default_rng(seed)
    for _ in range(60):
        v = int(rng.choice(np.flatnonzero(g.head + g.time + g.tail == value)))
        walk.rank[:] = np.inf
        evaluate(s, g, walk, v, 1e-6)
        assert np.array_equal(g.head, g.head2)
        assert np.array_equal(g.tail, g.tail2)
        if walk.rank[0] == np.inf:
            continue
        _, alt, slot, _, _, cost, _ = walk.found[0].tolist()
        value = move_in_shop(s, g, v, alt, slot)
        assert value >= cost
        assert rebuild(s, fresh, g.order, g.alt) == value
        assert np.array_equal(g.head, fresh.head)
        assert np.array_equal(g.tail, fresh.tail)
        assert g.head[v] + g.time[v] + g.tail[v] == cost


def test_the_estimate_of_an_insertion_is_the_longest_path_through_it() -> None:
    test_a_move_in_a_shop_leaves_what_a_rebuild_gives(99)


@pytest.mark.parametrize("seed", range(6))
def test_undo_restores_a_line_exactly(seed: int) -> None:
    problem = generate(Recipe(4, 15), seed)
    a = compile_problem(problem)
    plan = dispatch(a, Rule(0, 2.0, 0.0), 1)
    line, fresh = new_line(a), new_line(a)
    load(a, line, plan)
    weights = weights_for(problem.objective, line.totals)
    random = random_state(seed)
    kept = 0
    for step in range(300):
        v, mode, unit, slot = propose(a, line, random)
        if v < 0:
            continue
        before = [x.copy() for x in (*line.plan, line.order, line.totals, line.job_end)]
        old = int(line.plan.mode[v]), int(line.plan.unit[v]), int(line.place[v])
        cap = NO_CAP if step % 5 else score(line, weights)
        fits = move(a, line, v, mode, unit, slot, weights, cap)
        if fits and step % 3 == 0:
            kept += 1
            now = empty_plan(len(a.job))
            for target, source in zip(now, line.plan, strict=True):
                target[:] = source
            load(a, fresh, now)
            assert np.array_equal(fresh.totals, line.totals)
            assert np.array_equal(fresh.plan.start, line.plan.start)
            continue
        undo(a, line, v, *old)
        after = (*line.plan, line.order, line.totals, line.job_end)
        assert all(np.array_equal(x, y) for x, y in zip(before, after, strict=True))
    assert kept > 10
    assert weights[2] > 0


def test_frozen_tasks_in_the_way_of_others_count_as_violation() -> None:
    first, second = Task((Mode(0, 9),)), Task((Mode(0, 5),), fixed=Fixed(0, 4))
    a = compile_problem(Problem((Job((first, second)), Job((second,))), (Resource(),)))
    plan = dispatch(a, Rule(0, 2.0, 0.0), 1)
    good = settled(a, plan)
    order = np.argsort(good.start)
    assert (good.start[order][1:] >= good.end[order][:-1]).all()
    assert good.start[1] >= good.end[0]
    assert score_of(a, Objective(), good).missed > 0


def test_working_time_agrees_with_its_plain_twin_and_with_counting() -> None:
    a = compile_problem(generate(Recipe(2, 3), 1))
    res = int(np.flatnonzero(a.calendar >= 0)[0])
    cal = a.calendar[res]
    spans = list(
        zip(
            a.cal_start[a.cal_ptr[cal] : a.cal_ptr[cal + 1]],
            a.cal_end[a.cal_ptr[cal] : a.cal_ptr[cal + 1]],
            strict=True,
        )
    )
    for t in range(0, 5_000, 97):
        for work in (0, 1, 200, 700):
            end = work_done(a, res, t, work)
            assert end == plain(work_done)(a, res, t, work)
            if work:
                assert sum(max(0, min(int(y), end) - max(int(x), t)) for x, y in spans) == work
        start, end = place(a, res, t, 150, 0)
        assert any(x <= start and end <= y for x, y in spans)
        assert end - start == 150


def test_relinking_keeps_jobs_in_order() -> None:
    a = compile_problem(random_shop(4))
    plans = [dispatch(a, rule, 1) for rule in portfolio(due=False, count=6, seed=2)]
    (one, alt_one), (two, alt_two) = (solution_of(a, p) for p in (plans[0], plans[5]))
    order, alt = relink(one, alt_one, two, alt_two, 0.5, random_state(1))
    place_of = np.argsort(order)
    for i in range(len(a.job)):
        assert all(place_of[a.pred[p]] < place_of[i] for p in range(a.pred_ptr[i], a.pred_ptr[i + 1]))
    assert ((alt == alt_one) | (alt == alt_two)).all()


def test_durations_of_zero_do_not_make_cycles() -> None:
    problem = shop([[{0: 0, 1: 0}, {1: 3, 0: 0}, {0: 2}], [{1: 0}, {0: 0, 1: 1}, {1: 2}], [{0: 1}, {1: 0}]], 2)
    a = compile_problem(problem)
    s = shop_of(a)
    plan = dispatch(a, Rule(3, 0.5, 0.0), 1)
    walk = new_walk(s, random_state(1))
    order, alt = solution_of(a, plan)
    search(s, new_graph(s), walk, order, alt, Style(1.0, 1.0, 2.0), 500, 500, 0, np.zeros(1, np.int64))
    assert walk.best[0] // s.scale <= plan.end.max()


@kernel
def outer_bits(word: np.uint64) -> tuple[int, int]:
    return lowest_bit(word), highest_bit(word)


def test_the_outer_bits_of_a_word_agree_with_their_plain_twins() -> None:
    words: Words = np.array([0, 1, 6, 2**63, 2**63 + 8, 2**64 - 1], np.uint64)
    assert [outer_bits(w) for w in words] == [(-1, -1), (0, 0), (1, 2), (63, 63), (3, 63), (0, 63)]
    assert [highest_bit(w) for w in words] == [-1, 0, 2, 63, 63, 63]
