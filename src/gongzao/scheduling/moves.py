"""Moves of a line: a task leaves its sequence for another place, in a topological order that is repaired locally."""

from __future__ import annotations

import numpy as np

from gongzao.scheduling._jit import Floats, highest_bit, kernel, leaf, lowest_bit
from gongzao.scheduling.arrays import Arrays
from gongzao.scheduling.line import CHANGES, COST, Line, changed, mark_after, mark_dirty, propagate, write


@leaf
def take_out(line: Line, v: int) -> None:
    """Remove ``v`` from the sequence of its unit."""
    u = line.plan.unit[v]
    base = line.seq_ptr[u]
    line.length[u] -= 1
    for k in range(line.place[v], line.length[u]):
        j = line.seq[base + k + 1]
        line.seq[base + k] = j
        line.place[j] = k


@leaf
def put_in(a: Arrays, line: Line, v: int, mode: int, unit: int, slot: int) -> None:
    """Insert ``v`` as number ``slot`` of the sequence of ``unit``."""
    base = line.seq_ptr[unit]
    for k in range(line.length[unit], slot, -1):
        j = line.seq[base + k - 1]
        line.seq[base + k] = j
        line.place[j] = k
    line.seq[base + slot] = v
    line.length[unit] += 1
    line.totals[COST] += a.mode_cost[mode] - a.mode_cost[line.plan.mode[v]]
    line.totals[CHANGES] -= changed(a, line, v)
    line.place[v], line.plan.mode[v], line.plan.unit[v] = slot, mode, unit
    line.totals[CHANGES] += changed(a, line, v)


@leaf
def mark_before(a: Arrays, line: Line, v: int, low: int) -> None:
    """Mark what ``v`` directly follows, from place ``low`` of the order on."""
    for p in range(a.pred_ptr[v], a.pred_ptr[v + 1]):
        k = line.pos[a.pred[p]]
        if k >= low:
            mark_dirty(line, k)
    if line.place[v] > 0:
        k = line.pos[line.seq[line.seq_ptr[line.plan.unit[v]] + line.place[v] - 1]]
        if k >= low:
            mark_dirty(line, k)


@leaf
def gather_after(a: Arrays, line: Line, v: int, low: int, high: int) -> int:
    """List behind ``v`` in ``buffer`` what follows it up to place ``high`` of the order; return the end of the list.

    The end is -1 if ``v`` follows itself.
    """
    at, end = line.pos[v], len(line.order) + 1
    mark_after(a, line, v, high)
    for w in range(low >> 6, (high >> 6) + 1):
        while line.dirty[w] != np.uint64(0):
            x = line.order[(w << 6) + lowest_bit(line.dirty[w])]
            line.dirty[w] &= line.dirty[w] - np.uint64(1)
            line.buffer[end] = x
            end += 1
            mark_after(a, line, x, high)
            if line.dirty[at >> 6] >> np.uint64(at & 63) & np.uint64(1) != np.uint64(0):
                line.dirty[low >> 6 : (high >> 6) + 1] = 0
                return -1
    return end


@leaf
def gather_before(a: Arrays, line: Line, v: int, low: int, high: int) -> int:
    """List before ``v`` in ``buffer`` what leads to it from place ``low`` of the order on; return the list's start."""
    start = len(line.order)
    mark_before(a, line, v, low)
    for w in range(high >> 6, (low >> 6) - 1, -1):
        while line.dirty[w] != np.uint64(0):
            bit = highest_bit(line.dirty[w])
            line.dirty[w] ^= np.uint64(1) << np.uint64(bit)
            x = line.order[(w << 6) + bit]
            start -= 1
            line.buffer[start] = x
            mark_before(a, line, x, low)
    return start


@leaf
def repair(a: Arrays, line: Line, v: int) -> bool:
    """Make the order topological again after ``v`` was inserted; return whether there is one.

    What leads to ``v``, then ``v``, then what follows it take each other's places, kept in ``window``; the rest stays.

    References
    ----------
    Pearce, Kelly 2006, https://doi.org/10.1145/1187436.1210590.
    """
    low = high = line.pos[v]
    for p in range(a.pred_ptr[v], a.pred_ptr[v + 1]):
        high = max(high, line.pos[a.pred[p]])
    for p in range(a.succ_ptr[v], a.succ_ptr[v + 1]):
        low = min(low, line.pos[a.succ[p]])
    base = line.seq_ptr[line.plan.unit[v]] + line.place[v]
    if line.place[v] > 0:
        high = max(high, line.pos[line.seq[base - 1]])
    if line.place[v] + 1 < line.length[line.plan.unit[v]]:
        low = min(low, line.pos[line.seq[base + 1]])
    line.size[1], line.size[2] = low, 0
    if low == high:
        return True
    end = gather_after(a, line, v, low, high)
    if end < 0:
        return False
    start = gather_before(a, line, v, low, high)
    line.buffer[len(line.order)] = v
    for k in range(start, end):
        mark_dirty(line, line.pos[line.buffer[k]])
    for w in range(low >> 6, (high >> 6) + 1):
        while line.dirty[w] != np.uint64(0):
            at = (w << 6) + lowest_bit(line.dirty[w])
            line.dirty[w] &= line.dirty[w] - np.uint64(1)
            k = line.size[2]
            line.window[k, 0], line.window[k, 1] = line.order[at], at
            line.order[at] = line.buffer[start + k]
            line.pos[line.order[at]] = at
            line.size[2] = k + 1
    return True


@leaf
def restore_order(line: Line) -> None:
    """Undo the last :func:`repair`."""
    for k in range(line.size[2]):
        x, at = line.window[k, 0], line.window[k, 1]
        line.order[at] = x
        line.pos[x] = at


@leaf
def move(a: Arrays, line: Line, v: int, mode: int, unit: int, slot: int, weights: Floats, cap: float) -> bool:
    """Re-insert ``v`` (``slot`` counted without it); return whether it gives a schedule. :func:`undo` reverts it.

    A move whose score passes ``cap`` on the way is given up.
    """
    first = line.pos[v]
    old = line.plan.unit[v]
    gap = line.place[v]
    take_out(line, v)
    put_in(a, line, v, mode, unit, slot)
    line.size[0] = 0
    if not repair(a, line, v):
        return False
    first = min(first, line.size[1])
    if gap < line.length[old]:
        after = line.pos[line.seq[line.seq_ptr[old] + gap]]
        mark_dirty(line, after)
        first = min(first, after)
    if unit == old and gap + 1 < line.length[old]:
        after = line.pos[line.seq[line.seq_ptr[old] + gap + 1]]
        mark_dirty(line, after)
        first = min(first, after)
    mark_dirty(line, line.pos[v])
    mark_after(a, line, v, len(line.order))
    return propagate(a, line, first, weights, cap)


@leaf
def undo(a: Arrays, line: Line, v: int, mode: int, unit: int, slot: int) -> None:
    """Revert the last :func:`move`, given what it replaced."""
    for k in range(line.size[0] - 1, -1, -1):
        write(a, line, line.log[k, 0], line.log[k, 1], line.log[k, 2])
    restore_order(line)
    take_out(line, v)
    put_in(a, line, v, mode, unit, slot)


@kernel
def sort(line: Line) -> None:
    """Sort the order by start, keeping ties, so that repairs stay local."""
    order = line.order[np.argsort(line.plan.start[line.order], kind="mergesort")]
    for k in range(len(order)):
        line.order[k] = order[k]
        line.pos[order[k]] = k
