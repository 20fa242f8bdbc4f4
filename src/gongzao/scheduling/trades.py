"""Moves of a pure shop: two tasks of different units change places.

Where units are busy to the end, the makespan is the greatest load. No task is short enough to go elsewhere then, but
one may change places with a slightly shorter one, or with an equal one to close a gap. What such a move costs is
estimated as if all else stayed as it is.
"""

from __future__ import annotations

from gongzao.scheduling._jit import leaf
from gongzao.scheduling.shop import Graph, Shop
from gongzao.scheduling.walk import Walk, borders, job_bounds, offer, traded


@leaf
def room(shop: Shop, g: Graph, v: int, w: int) -> bool:
    """Return whether the order has room for ``v`` between the neighbours of its job and those of ``w`` on its unit."""
    base, at = shop.seq_ptr[g.unit[w]], g.place[w]
    low, high = -1, len(g.order)
    if at > 0:
        low = g.pos[g.seq[base + at - 1]]
    if at + 1 < g.length[g.unit[w]]:
        high = g.pos[g.seq[base + at + 1]]
    for p in range(shop.pred_ptr[v], shop.pred_ptr[v + 1]):
        if shop.pred[p] == w:
            return False
        low = max(low, g.pos[shop.pred[p]])
    for p in range(shop.succ_ptr[v], shop.succ_ptr[v + 1]):
        if shop.succ[p] == w:
            return False
        high = min(high, g.pos[shop.succ[p]])
    return bool(low < high)


@leaf
def through(shop: Shop, g: Graph, v: int, alt: int, w: int) -> int:
    """Return the longest path through ``v`` with ``alt`` in the place of ``w``, what is elsewhere staying as it is."""
    left, right = job_bounds(shop, g, v)
    base, at = shop.seq_ptr[g.unit[w]], g.place[w]
    if at > 0:
        j = g.seq[base + at - 1]
        left = max(left, g.head[j] + g.time[j])
    if at + 1 < g.length[g.unit[w]]:
        j = g.seq[base + at + 1]
        right = max(right, g.tail[j] + g.time[j])
    return int(left + shop.alt_time[alt] + right)


@leaf
def offer_trades(shop: Shop, g: Graph, walk: Walk, v: int, dear: float) -> None:
    """Offer to exchange the places of ``v`` and of tasks of other units that its unit can do in no more time."""
    r, q = job_bounds(shop, g, v)
    own = g.unit[v]
    for k in range(shop.alt_ptr[v], shop.alt_ptr[v + 1]):
        unit = shop.alt_unit[k]
        if unit == own:
            continue
        late, early = borders(shop, g, unit, r, q)
        base = shop.seq_ptr[unit]
        for at in range(max(0, min(late, early) - 1), min(g.length[unit], max(late, early) + 1)):
            w = g.seq[base + at]
            other = -1
            for j in range(shop.alt_ptr[w], shop.alt_ptr[w + 1]):
                if shop.alt_unit[j] == own:
                    other = j
                    break
            if other < 0 or shop.alt_time[other] > g.time[v]:
                continue
            if not (room(shop, g, v, w) and room(shop, g, w, v)):
                continue
            cost = max(through(shop, g, v, k, w), through(shop, g, w, other, v))
            grown = traded(g, unit, own, shop.alt_time[k] - g.time[w], g.time[v] - shop.alt_time[other])
            offer(walk, v, k, at, w, other, cost, cost + dear * grown)
