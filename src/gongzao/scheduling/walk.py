"""What a tabu search of a pure shop carries along, and how the moves that it is offered are compared."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gongzao.scheduling._jit import Floats, Ints, Words, leaf, next_random
from gongzao.scheduling.shop import Graph, Shop

FULL = 0.95
"""Share of the time for which units must be busy on average for their loads to count."""
TIES = 1e-6
"""What loads count elsewhere, see :class:`Style`: enough to decide among equals."""


class Style(NamedTuple):
    """How a search walks.

    Parameters
    ----------
    tenure
        Moves for which what a move leaves is barred, over the number of critical tasks.
    lean
        What a minute of working time more counts, over a minute of makespan, in a shop that is :data:`FULL`; loads that
        are less even count likewise, as the sum of their squares.
    trade
        Tasks change places with others where their unit idles less than this many times what they take; 0: never.
    """

    tenure: float
    lean: float
    trade: float


class Walk(NamedTuple):
    """Memory of a search: ``tabu[alt]`` iteration until which an alternative is barred, the best solution, counters.

    ``best[0]`` is the best makespan, ``best[1]`` the iterations done; ``window`` is scratch per alternative;
    ``found`` holds the best move and the best barred one (task, alternative, slot; the task it changes places with and
    its alternative, or -1; cost and ties), ``rank`` what they are compared by; ``dirty`` are bits over places of the
    order, ``lowered`` the tasks whose head or tail an evaluation has changed.
    """

    tabu: Ints
    order: Ints
    alt: Ints
    best: Ints
    window: Ints
    found: Ints
    rank: Floats
    dirty: Words
    lowered: Ints
    random: Words


def new_walk(shop: Shop, random: Words) -> Walk:
    """Return an empty memory."""
    n, alts = len(shop.release), len(shop.alt_unit)
    widest = int(np.diff(shop.alt_ptr).max())
    return Walk(
        tabu=np.zeros(alts, np.int64),
        order=np.zeros(n, np.int64),
        alt=np.zeros(n, np.int64),
        best=np.zeros(2, np.int64),
        window=np.zeros((widest, 2), np.int64),
        found=np.zeros((2, 7), np.int64),
        rank=np.full(2, np.inf),
        dirty=np.zeros(n // 64 + 1, np.uint64),
        lowered=np.zeros(n, np.int64),
        random=random,
    )


@leaf
def job_bounds(shop: Shop, g: Graph, v: int) -> tuple[int, int]:
    """Return the earliest start of ``v`` and the longest path after it, as its job alone asks."""
    r = shop.release[v]
    for p in range(shop.pred_ptr[v], shop.pred_ptr[v + 1]):
        j = shop.pred[p]
        r = max(r, g.head[j] + g.time[j] + shop.pred_lag[p])
    q = 0
    for p in range(shop.succ_ptr[v], shop.succ_ptr[v + 1]):
        j = shop.succ[p]
        q = max(q, g.tail[j] + g.time[j] + shop.succ_lag[p])
    return r, q


@leaf
def borders(shop: Shop, g: Graph, unit: int, r: int, q: int) -> tuple[int, int]:
    """Return the first place on ``unit`` that ends after ``r`` and the first whose path to the end is within ``q``."""
    base = shop.seq_ptr[unit]
    low, high = 0, g.length[unit]
    while low < high:
        middle = (low + high) // 2
        j = g.seq[base + middle]
        if g.head[j] + g.time[j] > r:
            high = middle
        else:
            low = middle + 1
    late = low
    low, high = 0, g.length[unit]
    while low < high:
        middle = (low + high) // 2
        j = g.seq[base + middle]
        if g.tail[j] + g.time[j] <= q:
            high = middle
        else:
            low = middle + 1
    return late, low


@leaf
def square(load: int) -> float:
    """Return the square of a load, which no whole number may hold."""
    return float(load) * float(load)


@leaf
def swell(shop: Shop, g: Graph, v: int, alt: int) -> float:
    """Return by what the sum of the squares of the loads grows if ``v``, which is out, takes ``alt``."""
    new, old = g.load[shop.alt_unit[alt]], g.load[g.unit[v]]
    return square(new + shop.alt_time[alt]) - square(new) - square(old + g.time[v]) + square(old)


@leaf
def traded(g: Graph, one: int, two: int, more: int, less: int) -> float:
    """Return by what the sum of the squares grows if unit ``one`` gains ``more`` and ``two`` loses ``less``."""
    gain = square(g.load[one] + more) - square(g.load[one])
    return gain + square(g.load[two] - less) - square(g.load[two])


@leaf
def offer(walk: Walk, v: int, alt: int, slot: int, w: int, alt_w: int, cost: int, rank: float) -> None:
    """Keep the move if it ranks first in its row; row 1 is for moves barred. Of equals each has the same chance."""
    barred = walk.tabu[alt] > walk.best[1] or (w >= 0 and walk.tabu[alt_w] > walk.best[1])
    row = 1 if barred and cost >= walk.best[0] else 0
    found = walk.found[row]
    if rank > walk.rank[row]:
        return
    found[6] = found[6] + 1 if rank == walk.rank[row] else 1
    if found[6] == 1 or next_random(walk.random) * found[6] < 1.0:
        found[0], found[1], found[2], found[3], found[4], found[5] = v, alt, slot, w, alt_w, cost
        walk.rank[row] = rank
