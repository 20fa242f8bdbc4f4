"""Kernels made ready before a search, so that its time is spent on searching."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numba.core import event

from gongzao.scheduling._jit import random_state
from gongzao.scheduling.arrays import Arrays, compile_problem
from gongzao.scheduling.blend import relink
from gongzao.scheduling.dispatch import dispatch, portfolio
from gongzao.scheduling.elite import Effort, EliteSearch
from gongzao.scheduling.frames import frames
from gongzao.scheduling.model import Calendar, Fixed, Job, Mode, Objective, Problem, Resource, Task
from gongzao.scheduling.replanning import replan
from gongzao.scheduling.shop import solution_of
from gongzao.scheduling.solver import solve
from gongzao.scheduling.stop import Stop

MOVES = 200
"""Moves of a small search that uses every kernel at least once."""


class _Heard(event.Listener):
    """Tells when a kernel begins to be compiled; one that is found ready says nothing."""

    def __init__(self, told: Callable[[], None]) -> None:
        self._told = told

    def on_start(self, _event: Any) -> None:
        self._told()

    def on_end(self, _event: Any) -> None:
        pass


@contextmanager
def compilations(told: Callable[[], None]) -> Iterator[None]:
    """Call ``told``, on the compiling thread, whenever a kernel begins to be compiled inside."""
    with event.install_listener("numba:compile", _Heard(told)):
        yield


def prepare() -> None:
    """Load every kernel that a search, a replanning or a check for conflicts may need.

    The first time after a change of the sources they are compiled, which takes a minute or two of one processor; after
    that they are read from :func:`~gongzao.scheduling._cache.folder` in about two seconds. Without this call the first
    search does it, within its own limit.
    """
    pure, full = _samples()
    for problem in (pure, full):
        result = solve(problem, stop=Stop(iterations=MOVES))
        replan(problem, result.schedule, 1, ())
    _prepare_rare(compile_problem(pure))


def _prepare_rare(a: Arrays) -> None:
    """Load the kernels that a search of a small problem is over too soon to need."""
    plan = dispatch(a, portfolio(due=False, count=1, seed=0)[0], 0)
    assert plan is not None  # noqa: S101 - the sample has neither calendars nor deadlines
    frames(a, np.arange(len(a.job)), plan, plan.end)
    search = EliteSearch(a, [plan], 0, 0, lambda _plan, _moves: None, lockstep=True, effort=Effort((1, 2), 5))
    for _ in range(2):
        for task in search.tasks(1, 5, 0.0, np.zeros(1, np.int64)):
            task()
        search.absorb()
    order, alt = solution_of(a, plan)
    relink(order, alt, order, alt, 0.5, random_state(0))


def _samples() -> tuple[Problem, ...]:
    """Return small problems which between them use all there is."""
    pure = tuple(Job((Task((Mode(i, 3), Mode(1 - i, 4))), Task((Mode(1 - i, 2),)))) for i in (0, 1, 0))
    lathe = Resource(calendar=0, setup=0, family=0)
    resumable = Job((Task((Mode(0, 3),), family=1, resumable=True), Task((Mode(1, 4, 5),))), due=1, deadline=900)
    frozen = Job((Task((Mode(1, 5),), fixed=Fixed(0, 0)), Task((Mode(0, 4, 1),))), due=2)
    days = Calendar(tuple((a, a + 20) for a in range(0, 1000, 30)))
    full = Problem(
        (resumable, frozen, resumable),
        (lathe, Resource(capacity=2, site=1)),
        (days,),
        (((0, 1), (1, 0)),),
        ((0, 1), (1, 0)),
        Objective.lexicographic("tardiness", "cost", "makespan"),
    )
    return Problem(pure, (Resource(), Resource())), full
