"""Tabu search for the makespan of a pure shop: every insertion of every critical task, exactly estimated.

For a task ``v`` taken out, ``r`` is the earliest start its job allows and ``q`` the longest path after it through its
job. On each unit the tasks that end after ``r`` and those whose path to the end is longer than ``q`` are found by two
binary searches; some best insertion lies between the two borders (Mastrolilli, Gambardella 2000). Where the borders
have crossed, every slot between them costs exactly ``r + time + q``; elsewhere the heads and tails that ``v``'s removal
changes are propagated through the narrow part of the order that matters, and undone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gongzao.scheduling._jit import Ints, Words, borrow, highest_bit, kernel, leaf, lowest_bit, next_random
from gongzao.scheduling.arrays import FAR
from gongzao.scheduling.shop import Graph, Shop, move, put_in, rebuild, take_out


class Walk(NamedTuple):
    """Memory of a search: ``tabu[alt]`` iteration until which an alternative is barred, the best solution, counters.

    ``best[0]`` is the best makespan, ``best[1]`` the iterations done; ``window`` is scratch per alternative;
    ``found`` holds the best move and the best barred one: task, alternative, slot, cost, ties, time it adds; ``dirty``
    are bits over places of the order, ``lowered`` the tasks whose head or tail an evaluation has changed.
    """

    tabu: Ints
    order: Ints
    alt: Ints
    best: Ints
    window: Ints
    found: Ints
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
        found=np.zeros((2, 6), np.int64),
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
def flag(walk: Walk, k: int) -> None:
    """Have the task at place ``k`` of the order recomputed."""
    walk.dirty[k >> 6] |= np.uint64(1) << np.uint64(k & 63)


@leaf
def flag_after(shop: Shop, g: Graph, walk: Walk, x: int, k: int, last: int) -> None:
    """Flag what directly follows ``x`` up to place ``last`` of the order; on its unit that is number ``k``."""
    for p in range(shop.succ_ptr[x], shop.succ_ptr[x + 1]):
        if g.pos[shop.succ[p]] <= last:
            flag(walk, g.pos[shop.succ[p]])
    if k < g.length[g.unit[x]]:
        j = g.seq[shop.seq_ptr[g.unit[x]] + k]
        if g.pos[j] <= last:
            flag(walk, g.pos[j])


@leaf
def flag_before(shop: Shop, g: Graph, walk: Walk, x: int, first: int) -> None:
    """Flag what directly precedes ``x`` down to place ``first`` of the order."""
    for p in range(shop.pred_ptr[x], shop.pred_ptr[x + 1]):
        if g.pos[shop.pred[p]] >= first:
            flag(walk, g.pos[shop.pred[p]])
    if g.place[x] > 0:
        j = g.seq[shop.seq_ptr[g.unit[x]] + g.place[x] - 1]
        if g.pos[j] >= first:
            flag(walk, g.pos[j])


@leaf
def lower_heads(shop: Shop, g: Graph, walk: Walk, v: int, last: int) -> int:
    """Propagate into ``head2`` that ``v`` is out, up to place ``last`` of the order; return how many it lowers."""
    count = 0
    flag_after(shop, g, walk, v, g.place[v], last)
    for w in range(g.pos[v] >> 6, (last >> 6) + 1):
        while walk.dirty[w] != np.uint64(0):
            x = g.order[(w << 6) + lowest_bit(walk.dirty[w])]
            walk.dirty[w] &= walk.dirty[w] - np.uint64(1)
            h = shop.release[x]
            for p in range(shop.pred_ptr[x], shop.pred_ptr[x + 1]):
                j = shop.pred[p]
                if j != v:
                    h = max(h, g.head2[j] + g.time[j] + shop.pred_lag[p])
            if g.place[x] > 0:
                j = g.seq[shop.seq_ptr[g.unit[x]] + g.place[x] - 1]
                h = max(h, g.head2[j] + g.time[j])
            if h < g.head2[x]:
                g.head2[x] = h
                walk.lowered[count] = x
                count += 1
                flag_after(shop, g, walk, x, g.place[x] + 1, last)
    return count


@leaf
def lower_tails(shop: Shop, g: Graph, walk: Walk, v: int, first: int, count: int) -> int:
    """Propagate into ``tail2`` that ``v`` is out, down to place ``first`` of the order; return ``count`` and more."""
    flag_before(shop, g, walk, v, first)
    for w in range(g.pos[v] >> 6, (first >> 6) - 1, -1):
        while walk.dirty[w] != np.uint64(0):
            bit = highest_bit(walk.dirty[w])
            x = g.order[(w << 6) + bit]
            walk.dirty[w] ^= np.uint64(1) << np.uint64(bit)
            t = 0
            for p in range(shop.succ_ptr[x], shop.succ_ptr[x + 1]):
                j = shop.succ[p]
                if j != v:
                    t = max(t, g.tail2[j] + g.time[j] + shop.succ_lag[p])
            if g.place[x] + 1 < g.length[g.unit[x]]:
                j = g.seq[shop.seq_ptr[g.unit[x]] + g.place[x] + 1]
                t = max(t, g.tail2[j] + g.time[j])
            if t < g.tail2[x]:
                g.tail2[x] = t
                walk.lowered[count] = x
                count += 1
                flag_before(shop, g, walk, x, first)
    return count


@leaf
def offer(walk: Walk, v: int, alt: int, slot: int, cost: int, extra: int) -> None:
    """Keep the move if it is the cheapest of its row; row 1 is for moves barred.

    Among moves of equal cost the one that adds least working time counts, and among those each has equal chance.
    """
    row = 1 if walk.tabu[alt] > walk.best[1] and cost >= walk.best[0] else 0
    found = walk.found[row]
    if cost > found[3] or (cost == found[3] and extra > found[5]):
        return
    found[4] = found[4] + 1 if cost == found[3] and extra == found[5] else 1
    if found[4] == 1 or next_random(walk.random) * found[4] < 1.0:
        found[0], found[1], found[2], found[3], found[5] = v, alt, slot, cost, extra


@leaf
def scan_window(
    shop: Shop, g: Graph, walk: Walk, v: int, alt: int, late: int, early: int, same: int, r: int, q: int
) -> None:
    """Offer every slot from ``late`` to ``early`` with its exact cost."""
    base = shop.seq_ptr[shop.alt_unit[alt]]
    time = shop.alt_time[alt]
    for slot in range(late, early + 1):
        if slot == same:
            continue
        left, right = r, q
        if slot > late:
            j = g.seq[base + slot - 1]
            left = max(r, g.head2[j] + g.time[j])
        if slot < early:
            j = g.seq[base + slot]
            right = max(q, g.tail2[j] + g.time[j])
        offer(walk, v, alt, slot, left + time + right, time - g.time[v])


@leaf
def evaluate(shop: Shop, g: Graph, walk: Walk, v: int) -> None:
    """Offer the best insertions of ``v`` on each of its units."""
    own, same = g.alt[v], g.place[v]
    take_out(shop, g, v)
    r, q = job_bounds(shop, g, v)
    first = last = g.pos[v]
    for k in range(shop.alt_ptr[v], shop.alt_ptr[v + 1]):
        unit = shop.alt_unit[k]
        base = shop.seq_ptr[unit]
        late, early = borders(shop, g, unit, r, q)
        walk.window[k - shop.alt_ptr[v], 0] = late
        walk.window[k - shop.alt_ptr[v], 1] = early
        if late < early:
            first = min(first, g.pos[g.seq[base + late]])
            last = max(last, g.pos[g.seq[base + early - 1]])
        else:
            slot = early + int(next_random(walk.random) * (late - early + 1))
            if k == own and slot == same:
                slot = late if slot < late else early
            if k != own or slot != same:
                offer(walk, v, k, slot, r + shop.alt_time[k] + q, shop.alt_time[k] - g.time[v])
    count = lower_tails(shop, g, walk, v, first, lower_heads(shop, g, walk, v, last))
    for k in range(shop.alt_ptr[v], shop.alt_ptr[v + 1]):
        late, early = walk.window[k - shop.alt_ptr[v], 0], walk.window[k - shop.alt_ptr[v], 1]
        if late < early:
            scan_window(shop, g, walk, v, k, late, early, same if k == own else -1, r, q)
    for k in range(count):
        x = walk.lowered[k]
        g.head2[x], g.tail2[x] = g.head[x], g.tail[x]
    put_in(shop, g, v, own, same)


@leaf
def keep(g: Graph, walk: Walk, value: int) -> None:
    """Remember the present solution as the best."""
    walk.best[0] = value
    walk.order[:] = g.order
    walk.alt[:] = g.alt


@kernel
def search(
    shop: Shop,
    g: Graph,
    walk: Walk,
    order: Ints,
    alt: Ints,
    tenure: float,
    patience: int,
    limit: int,
    target: int,
    stop: Ints,
) -> int:
    """Walk from (order, alternatives) until ``patience`` moves bring nothing, after ``limit`` moves or at ``stop``.

    A move bars the alternative it leaves for about ``tenure`` times the number of critical tasks. The best solution is
    left in ``walk``; returns the moves done.

    References
    ----------
    Mastrolilli, Gambardella 2000, https://doi.org/10.1002/(SICI)1099-1425(200001/02)3:1<3::AID-JOS32>3.0.CO;2-Y.
    """
    shop, g, walk = borrow(shop), borrow(g), borrow(walk)
    walk.tabu[:] = 0
    walk.best[1] = 0
    value = rebuild(shop, g, order, alt)
    keep(g, walk, value)
    last = 0
    while walk.best[0] > target and walk.best[1] < limit and walk.best[1] - last < patience and stop[0] == 0:
        walk.best[1] += 1
        walk.found[:, 3] = FAR
        critical = 0
        for k in range(len(g.order)):
            v = g.order[k]
            if g.head[v] + g.time[v] + g.tail[v] == value:
                critical += 1
                evaluate(shop, g, walk, v)
        found = walk.found[0] if walk.found[0, 3] < FAR else walk.found[1]
        if found[3] >= FAR:
            break
        v = found[0]
        choices = shop.alt_ptr[v + 1] - shop.alt_ptr[v]
        barred = int(tenure * critical) + choices + 5 + int(next_random(walk.random) * 10)
        walk.tabu[g.alt[v]] = walk.best[1] + barred
        value = move(shop, g, v, found[1], found[2])
        if value < walk.best[0]:
            keep(g, walk, value)
            last = walk.best[1]
    return int(walk.best[1])


@kernel
def relink(one: Ints, alt_one: Ints, two: Ints, alt_two: Ints, share: float, random: Words) -> tuple[Ints, Ints]:
    """Return a solution between two: order by mixed ranks, alternatives from either; always acyclic."""
    n = len(one)
    rank = np.zeros(n)
    for k in range(n):
        rank[one[k]] += share * k
        rank[two[k]] += (1.0 - share) * k
    alt = alt_two.copy()
    for v in range(n):
        if next_random(random) < share:
            alt[v] = alt_one[v]
    return np.argsort(rank, kind="mergesort"), alt


@kernel
def distance(shop: Shop, one: Ints, alt_one: Ints, two: Ints, alt_two: Ints) -> int:
    """Return how many tasks have another unit or another task before them there."""
    units = len(shop.seq_ptr) - 1
    before = np.full(len(one), -1, np.int64)
    last = np.full(units, -1, np.int64)
    for v in one:
        before[v] = last[shop.alt_unit[alt_one[v]]]
        last[shop.alt_unit[alt_one[v]]] = v
    last[:] = -1
    count = 0
    for v in two:
        u = shop.alt_unit[alt_two[v]]
        count += int(alt_one[v] != alt_two[v] or before[v] != last[u])
        last[u] = v
    return count
