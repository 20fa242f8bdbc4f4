"""The move by which a task that holds another back makes way."""

import numpy as np
import pytest

from gongzao.scheduling import Fixed, Job, Mode, Problem, Resource, Task
from gongzao.scheduling._jit import random_state
from gongzao.scheduling.advance import advance
from gongzao.scheduling.arrays import compile_problem
from gongzao.scheduling.dispatch import Plan
from gongzao.scheduling.line import Line, load, new_line
from gongzao.scheduling.make_way import make_way

EITHER = Task((Mode(0, 10), Mode(1, 12)))
FROZEN = Task((Mode(0, 10),), fixed=Fixed(0, 0))
STARTS = [0, 10, 20, 30]


def stand(*tasks: Task) -> tuple[object, Line]:
    """Return the arrays and the line of tasks that follow one another on the first resource."""
    a = compile_problem(Problem(tuple(Job((t,)) for t in tasks), (Resource(), Resource())))
    mode = a.mode_ptr[:-1].copy()
    start = np.array(STARTS[: len(tasks)], np.int64)
    line = new_line(a)
    load(a, line, Plan(mode, np.zeros(len(tasks), np.int64), start, start + 10))
    return a, line


def offers(move: object, a: object, line: Line, v: int, held: int) -> set[tuple[int, int, int, int]]:
    random = random_state(5)
    return {move(a, line, v, held, random) for _ in range(400)}  # type: ignore[operator]


def test_what_holds_back_goes_later_or_elsewhere() -> None:
    a, line = stand(EITHER, EITHER, EITHER)
    found = offers(make_way, a, line, 1, 0)
    assert {v for v, *_ in found} == {0, -1}
    assert {(unit, slot) for v, _, unit, slot in found if v == 0} == {(0, 1), (0, 2), (1, 0)}


@pytest.mark.parametrize(("tasks", "held"), [((EITHER, EITHER), -1), ((FROZEN, EITHER), 0)])
def test_where_nothing_can_make_way_it_declines(tasks: tuple[Task, ...], held: int) -> None:
    a, line = stand(*tasks)
    assert {v for v, *_ in offers(make_way, a, line, 1, held)} == {-1}


def test_a_task_goes_earlier_or_elsewhere_and_the_first_one_later() -> None:
    a, line = stand(EITHER, EITHER, EITHER)
    assert {(unit, slot) for v, _, unit, slot in offers(advance, a, line, 2, 1)} == {(0, 0), (0, 1), (1, 0)}
    assert {(unit, slot) for v, _, unit, slot in offers(advance, a, line, 0, -1)} == {(0, 1), (0, 2), (1, 0)}


def test_a_frozen_task_does_not_move() -> None:
    a, line = stand(FROZEN, EITHER)
    assert {v for v, *_ in offers(advance, a, line, 0, -1)} == {-1}
