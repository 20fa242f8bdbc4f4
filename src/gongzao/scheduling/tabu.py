"""Tabu search for the makespan of a pure shop: every insertion of every critical task; trades where units are full."""

from __future__ import annotations

import numpy as np

from gongzao.scheduling._jit import Ints, borrow, kernel, leaf, next_random
from gongzao.scheduling.insertions import evaluate
from gongzao.scheduling.shop import Graph, Shop, move, rebuild, trade
from gongzao.scheduling.trades import offer_trades
from gongzao.scheduling.walk import FULL, TIES, Style, Walk


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
    style: Style,
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
        walk.rank[:] = np.inf
        full = g.load.sum() > FULL * value * len(g.load)
        dear = (style.lean if full else TIES) / (2.0 * value)
        critical = 0
        for k in range(len(g.order)):
            v = g.order[k]
            if g.head[v] + g.time[v] + g.tail[v] == value:
                critical += 1
                evaluate(shop, g, walk, v, dear)
                if value - g.load[g.unit[v]] < style.trade * g.time[v]:
                    offer_trades(shop, g, walk, v, dear)
        row = 0 if walk.rank[0] < np.inf else 1
        found = walk.found[row]
        if walk.rank[row] == np.inf:
            break
        v = found[0]
        choices = shop.alt_ptr[v + 1] - shop.alt_ptr[v]
        barred = int(style.tenure * critical) + choices + 5 + int(next_random(walk.random) * 10)
        walk.tabu[g.alt[v]] = walk.best[1] + barred
        w = found[3]
        if w >= 0:
            walk.tabu[g.alt[w]] = walk.best[1] + barred
            value = trade(shop, g, v, found[1], w, found[4])
        else:
            value = move(shop, g, v, found[1], found[2])
        if value < walk.best[0]:
            keep(g, walk, value)
            last = walk.best[1]
    return int(walk.best[1])
