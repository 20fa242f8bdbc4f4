"""The disjunctive graph of a shop without calendars, setups and transport: sequences, heads, tails and moves.

Units are single machines; a solution is a topological order of the tasks with the alternative each one takes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gongzao.scheduling._jit import Ints, borrow, kernel, leaf
from gongzao.scheduling.arrays import FAR, Arrays
from gongzao.scheduling.dispatch import Plan


class Shop(NamedTuple):
    """Fixed data; rows as in :class:`~gongzao.scheduling.arrays.Arrays`, alternatives by unit."""

    release: Ints
    pred_ptr: Ints
    pred: Ints
    pred_lag: Ints
    succ_ptr: Ints
    succ: Ints
    succ_lag: Ints
    alt_ptr: Ints
    alt_unit: Ints
    alt_time: Ints
    seq_ptr: Ints
    scale: int


class Graph(NamedTuple):
    """A solution under change.

    ``alt`` alternative of each task, ``unit`` and ``time`` what it stands for, ``place`` the place of the task in its
    unit's part of ``seq``, ``length`` the length of these parts, ``load`` the time they take; ``head`` start, ``tail``
    longest path after the end; ``order`` topological and sorted by head, ``pos`` its inverse; the rest is scratch.
    """

    alt: Ints
    unit: Ints
    time: Ints
    seq: Ints
    length: Ints
    load: Ints
    place: Ints
    head: Ints
    tail: Ints
    order: Ints
    pos: Ints
    head2: Ints
    tail2: Ints
    mark: Ints
    buffer: Ints


def suits(a: Arrays) -> bool:
    """Return whether a problem is a pure shop: nothing but alternatives, precedences, lags and releases."""
    plain = np.all(a.calendar < 0) and np.all(a.setup < 0) and not a.travel.any()
    return bool(plain and np.all(a.fixed_mode < 0) and np.all(a.deadline >= FAR))


def shop_of(a: Arrays) -> Shop:
    """Return the shop; where a duration is 0, times are scaled so that every task takes some (see ``Shop.scale``)."""
    n = len(a.job)
    capacity = np.diff(a.unit_ptr)
    copies = capacity[a.mode_res]
    alt_unit = np.concatenate([np.arange(a.unit_ptr[r], a.unit_ptr[r + 1]) for r in a.mode_res])
    alt_time = np.repeat(a.mode_dur, copies)
    alt_ptr = np.concatenate(([0], np.cumsum(copies)))[a.mode_ptr]
    scale = 1 if (a.mode_dur > 0).all() else n + 1
    on = np.bincount(alt_unit, minlength=len(a.unit_res))
    return Shop(
        release=a.release * scale,
        pred_ptr=a.pred_ptr,
        pred=a.pred,
        pred_lag=a.pred_lag * scale,
        succ_ptr=a.succ_ptr,
        succ=a.succ,
        succ_lag=a.succ_lag * scale,
        alt_ptr=alt_ptr.astype(np.int64),
        alt_unit=alt_unit.astype(np.int64),
        alt_time=alt_time * scale + (scale > 1),
        seq_ptr=np.concatenate(([0], np.cumsum(on))).astype(np.int64),
        scale=scale,
    )


def new_graph(shop: Shop) -> Graph:
    """Return an empty graph for :func:`rebuild` to fill."""
    n = len(shop.release)
    rows = [np.zeros(n, np.int64) for _ in range(13)]
    alt, unit, time, place, head, tail, order, pos, head2, tail2, mark, buffer, _ = rows
    seq = np.zeros(len(shop.alt_unit), np.int64)
    length, load = np.zeros((2, len(shop.seq_ptr) - 1), np.int64)
    return Graph(alt, unit, time, seq, length, load, place, head, tail, order, pos, head2, tail2, mark, buffer)


def solution_of(a: Arrays, plan: Plan) -> tuple[Ints, Ints]:
    """Return (order, alternatives) of a decoded plan."""
    rank = np.empty(len(a.job), np.int64)
    rank[a.topological] = np.arange(len(a.job))
    first = np.concatenate(([0], np.cumsum(np.diff(a.unit_ptr)[a.mode_res])))[plan.mode]
    alt = first + plan.unit - a.unit_ptr[a.mode_res[plan.mode]]
    return np.lexsort((rank, plan.end, plan.start)).astype(np.int64), alt.astype(np.int64)


@kernel
def rebuild(shop: Shop, g: Graph, order: Ints, alt: Ints) -> int:
    """Make ``g`` the solution (order, alternatives); return its makespan."""
    shop, g = borrow(shop), borrow(g)
    g.length[:] = 0
    g.load[:] = 0
    for k in range(len(order)):
        v = order[k]
        g.order[k] = v
        g.pos[v] = k
        g.alt[v] = alt[v]
        u = shop.alt_unit[alt[v]]
        g.unit[v] = u
        g.time[v] = shop.alt_time[alt[v]]
        g.place[v] = g.length[u]
        g.seq[shop.seq_ptr[u] + g.length[u]] = v
        g.length[u] += 1
        g.load[u] += g.time[v]
    heads(shop, g, 0)
    tails(shop, g, len(order) - 1)
    sort(g)
    return makespan(g)


@leaf
def heads(shop: Shop, g: Graph, first: int) -> None:
    """Recompute heads from place ``first`` of the order on."""
    for k in range(first, len(g.order)):
        v = g.order[k]
        h = shop.release[v]
        for p in range(shop.pred_ptr[v], shop.pred_ptr[v + 1]):
            j = shop.pred[p]
            h = max(h, g.head[j] + g.time[j] + shop.pred_lag[p])
        if g.place[v] > 0:
            j = g.seq[shop.seq_ptr[g.unit[v]] + g.place[v] - 1]
            h = max(h, g.head[j] + g.time[j])
        g.head[v] = h
        g.head2[v] = h


@leaf
def tails(shop: Shop, g: Graph, last: int) -> None:
    """Recompute tails from place ``last`` of the order down."""
    for k in range(last, -1, -1):
        v = g.order[k]
        t = 0
        for p in range(shop.succ_ptr[v], shop.succ_ptr[v + 1]):
            j = shop.succ[p]
            t = max(t, g.tail[j] + g.time[j] + shop.succ_lag[p])
        if g.place[v] + 1 < g.length[g.unit[v]]:
            j = g.seq[shop.seq_ptr[g.unit[v]] + g.place[v] + 1]
            t = max(t, g.tail[j] + g.time[j])
        g.tail[v] = t
        g.tail2[v] = t


@leaf
def makespan(g: Graph) -> int:
    """Return the latest end."""
    return int(np.max(g.head + g.time))


@leaf
def sort(g: Graph) -> None:
    """Sort the order by head (it is nearly sorted), keeping ties."""
    for k in range(1, len(g.order)):
        v = g.order[k]
        key = g.head[v]
        i = k
        while i > 0 and g.head[g.order[i - 1]] > key:
            g.order[i] = g.order[i - 1]
            g.pos[g.order[i]] = i
            i -= 1
        g.order[i] = v
        g.pos[v] = i


@leaf
def take_out(shop: Shop, g: Graph, v: int) -> None:
    """Remove ``v`` from the sequence of its unit."""
    u = g.unit[v]
    base = shop.seq_ptr[u]
    g.length[u] -= 1
    g.load[u] -= g.time[v]
    for k in range(g.place[v], g.length[u]):
        j = g.seq[base + k + 1]
        g.seq[base + k] = j
        g.place[j] = k


@leaf
def put_in(shop: Shop, g: Graph, v: int, alt: int, slot: int) -> None:
    """Insert ``v`` with alternative ``alt`` as number ``slot`` of that unit's sequence."""
    u = shop.alt_unit[alt]
    base = shop.seq_ptr[u]
    for k in range(g.length[u], slot, -1):
        j = g.seq[base + k - 1]
        g.seq[base + k] = j
        g.place[j] = k
    g.seq[base + slot] = v
    g.length[u] += 1
    g.place[v], g.alt[v], g.unit[v], g.time[v] = slot, alt, u, shop.alt_time[alt]
    g.load[u] += g.time[v]


@leaf
def follows_marked(shop: Shop, g: Graph, x: int, v: int) -> bool:
    """Return whether a direct predecessor of ``x`` is ``v`` or marked."""
    for p in range(shop.pred_ptr[x], shop.pred_ptr[x + 1]):
        if shop.pred[p] == v or g.mark[shop.pred[p]] == 1:
            return True
    if g.place[x] > 0:
        j = g.seq[shop.seq_ptr[g.unit[x]] + g.place[x] - 1]
        return bool(j == v or g.mark[j] == 1)
    return False


@leaf
def repair(shop: Shop, g: Graph, v: int) -> tuple[int, int]:
    """Make the order topological again after ``v`` was inserted; return the part of the order that changed.

    Within the part, what follows ``v`` goes behind it and all else before it.
    """
    low = high = g.pos[v]
    for p in range(shop.pred_ptr[v], shop.pred_ptr[v + 1]):
        high = max(high, g.pos[shop.pred[p]])
    for p in range(shop.succ_ptr[v], shop.succ_ptr[v + 1]):
        low = min(low, g.pos[shop.succ[p]])
    base = shop.seq_ptr[g.unit[v]] + g.place[v]
    if g.place[v] > 0:
        high = max(high, g.pos[g.seq[base - 1]])
    if g.place[v] + 1 < g.length[g.unit[v]]:
        low = min(low, g.pos[g.seq[base + 1]])
    kept = behind = 0
    for k in range(low, high + 1):
        x = g.order[k]
        if x == v:
            continue
        if follows_marked(shop, g, x, v):
            g.mark[x] = 1
            g.buffer[behind] = x
            behind += 1
        else:
            g.order[low + kept] = x
            g.pos[x] = low + kept
            kept += 1
    g.order[low + kept] = v
    g.pos[v] = low + kept
    for k in range(behind):
        x = g.buffer[k]
        g.mark[x] = 0
        g.order[low + kept + 1 + k] = x
        g.pos[x] = low + kept + 1 + k
    return low, high


@leaf
def move(shop: Shop, g: Graph, v: int, alt: int, slot: int) -> int:
    """Re-insert ``v`` (``slot`` counted without it); return the new makespan."""
    first = last = g.pos[v]
    take_out(shop, g, v)
    put_in(shop, g, v, alt, slot)
    low, high = repair(shop, g, v)
    heads(shop, g, min(first, low))
    tails(shop, g, max(last, high))
    sort(g)
    return makespan(g)


@leaf
def trade(shop: Shop, g: Graph, v: int, alt: int, w: int, alt_w: int) -> int:
    """Give ``v`` and ``w`` each other's place, with these alternatives; return the new makespan.

    Between the neighbours of each new place, in its job and on its unit, there must be room in the order.
    """
    first, last = min(g.pos[v], g.pos[w]), max(g.pos[v], g.pos[w])
    slot, slot_w = g.place[w], g.place[v]
    take_out(shop, g, v)
    take_out(shop, g, w)
    put_in(shop, g, v, alt, slot)
    put_in(shop, g, w, alt_w, slot_w)
    for x in (v, w):
        low, high = repair(shop, g, x)
        first, last = min(first, low), max(last, high)
    heads(shop, g, first)
    tails(shop, g, last)
    sort(g)
    return makespan(g)
