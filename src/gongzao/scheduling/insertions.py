"""Moves of a pure shop: a task leaves its place for any other, on any unit that can do it, exactly estimated.

For a task ``v`` taken out, ``r`` is the earliest start its job allows and ``q`` the longest path after it through its
job. On each unit the tasks that end after ``r`` and those whose path to the end is longer than ``q`` are found by two
binary searches; some best insertion lies between the two borders (Mastrolilli, Gambardella 2000). Where the borders
have crossed, every slot between them costs exactly ``r + time + q``; elsewhere the heads and tails that ``v``'s removal
changes are propagated through the narrow part of the order that matters, and undone.
"""

from __future__ import annotations

import numpy as np

from gongzao.scheduling._jit import highest_bit, leaf, lowest_bit, next_random
from gongzao.scheduling.shop import Graph, Shop, put_in, take_out
from gongzao.scheduling.walk import Walk, borders, job_bounds, offer, swell


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
def scan_window(
    shop: Shop, g: Graph, walk: Walk, v: int, alt: int, late: int, early: int, same: int, r: int, q: int, price: float
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
        cost = left + time + right
        offer(walk, v, alt, slot, -1, -1, cost, cost + price)


@leaf
def evaluate(shop: Shop, g: Graph, walk: Walk, v: int, dear: float) -> None:
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
                cost = r + shop.alt_time[k] + q
                offer(walk, v, k, slot, -1, -1, cost, cost + dear * swell(shop, g, v, k))
    count = lower_tails(shop, g, walk, v, first, lower_heads(shop, g, walk, v, last))
    for k in range(shop.alt_ptr[v], shop.alt_ptr[v + 1]):
        late, early = walk.window[k - shop.alt_ptr[v], 0], walk.window[k - shop.alt_ptr[v], 1]
        if late < early:
            scan_window(shop, g, walk, v, k, late, early, same if k == own else -1, r, q, dear * swell(shop, g, v, k))
    for k in range(count):
        x = walk.lowered[k]
        g.head2[x], g.tail2[x] = g.head[x], g.tail[x]
    put_in(shop, g, v, own, same)
