"""A full-model schedule under change: sequences per unit, earliest starts, and every measure kept up to date.

Starts are recomputed only where they change, in topological order; every write is logged, for a move to be undone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gongzao.scheduling._jit import Floats, Ints, Words, borrow, kernel, leaf, lowest_bit
from gongzao.scheduling.arrays import FAR, Arrays
from gongzao.scheduling.clockwork import place
from gongzao.scheduling.dispatch import Plan, ready_at, set_up
from gongzao.scheduling.errors import NoSchedule

REACH = 2_000
"""Starts that a move may change before it is given up; keeps moves on large plans cheap."""
VIOLATION, MAKESPAN, TARDINESS, LATE, COST, CHANGES = range(6)
NO_CAP = 1e300


class Line(NamedTuple):
    """The schedule and its bookkeeping.

    ``seq``, ``seq_ptr``, ``length``, ``place``: tasks of each unit in sequence and each task's place; ``order`` and
    ``pos``: topological order and its inverse; ``dirty``: bits over places of the order; ``job_end`` and ``peak``: end
    of each job and a tournament tree over them; ``late``: late jobs listed, their count and places; ``totals``: the
    measures, first minutes by which hard instants are missed; ``log``: what a move changed; ``window``: tasks
    and places of the order before it; ``buffer``: the tasks it orders anew; ``size``: entries in the log, first place
    of the window, entries in it, how many starts a move may change, and the last word of ``dirty`` with a bit set.
    """

    plan: Plan
    seq_ptr: Ints
    seq: Ints
    length: Ints
    place: Ints
    order: Ints
    pos: Ints
    dirty: Words
    job_end: Ints
    peak: Ints
    late: Ints
    late_at: Ints
    totals: Ints
    log: Ints
    window: Ints
    buffer: Ints
    size: Ints


def new_line(a: Arrays) -> Line:
    """Return an empty line for :func:`load` to fill."""
    n, jobs, units = len(a.job), len(a.due), len(a.unit_res)
    capacity = np.diff(a.unit_ptr)
    per_res = np.bincount(a.mode_res, minlength=len(capacity))
    leaves = 1 << max(0, (jobs - 1).bit_length())

    def zeros(size: int) -> Ints:
        return np.zeros(size, np.int64)

    seq_ptr = np.concatenate(([0], np.cumsum(per_res[a.unit_res])))
    return Line(
        plan=Plan(zeros(n), zeros(n), zeros(n), zeros(n)),
        seq_ptr=seq_ptr.astype(np.int64),
        seq=zeros(int(seq_ptr[-1])),
        length=zeros(units),
        place=zeros(n),
        order=zeros(n),
        pos=zeros(n),
        dirty=np.zeros(n // 64 + 2, np.uint64),
        job_end=zeros(jobs),
        peak=zeros(2 * leaves),
        late=zeros(jobs + 1),
        late_at=np.full(jobs, -1, np.int64),
        totals=zeros(6),
        log=np.zeros((n, 3), np.int64),
        window=np.zeros((n, 2), np.int64),
        buffer=zeros(2 * n + 1),
        size=zeros(5),
    )


def load(a: Arrays, line: Line, plan: Plan) -> None:
    """Make ``line`` the earliest schedule with the sequences of ``plan``.

    Raises
    ------
    NoSchedule
        If it does not fit into the calendars, which cannot be where they have :func:`overtime`.
    """
    rank = np.empty(len(a.job), np.int64)
    rank[a.topological] = np.arange(len(a.job))
    order = np.lexsort((rank, plan.end, plan.start)).astype(np.int64)
    for mine, other in zip(line.plan, plan, strict=True):
        mine[:] = other
    if not _fill(a, line, order):
        raise NoSchedule(
            "schedule.unfit",
            en="the order of the tasks does not fit into the calendars",
            zh="任务的先后次序无法在日历内排下",
        )


def settled(a: Arrays, plan: Plan) -> Plan:
    """Return the earliest plan with the sequences of one whose frozen tasks may overlap or precede their job's others.

    Frozen tasks that are in the way of one another then miss their start, which counts as violation.
    """
    key = plan.start.copy()
    for i in a.topological.tolist():
        for j in a.pred[a.pred_ptr[i] : a.pred_ptr[i + 1]].tolist():
            key[i] = max(key[i], key[j] + plan.end[j] - plan.start[j])
    line = new_line(a)
    load(a, line, Plan(plan.mode, plan.unit, key, key))
    return Plan(*(x.copy() for x in line.plan))


@kernel
def _fill(a: Arrays, line: Line, order: Ints) -> bool:
    """Lay out the sequences of ``line.plan`` in this topological order; return whether all tasks found a slot."""
    a, line = borrow(a), borrow(line)
    line.length[:] = 0
    line.totals[:] = 0
    line.job_end[:] = 0
    line.peak[:] = 0
    line.late_at[:] = -1
    line.late[-1] = 0
    line.plan.start[:] = 0
    line.plan.end[:] = 0
    for k in range(len(order)):
        v = order[k]
        u = line.plan.unit[v]
        line.order[k] = v
        line.pos[v] = k
        line.place[v] = line.length[u]
        line.seq[line.seq_ptr[u] + line.length[u]] = v
        line.length[u] += 1
        line.totals[COST] += a.mode_cost[line.plan.mode[v]]
    for v in order:
        line.totals[CHANGES] += changed(a, line, v)
        line.totals[VIOLATION] += missed(a, line, v)
    line.size[0] = 0
    line.size[3] = len(order)
    for k in range(len(order)):
        mark_dirty(line, k)
    fits = propagate(a, line, 0, np.zeros(6), NO_CAP)
    line.size[3] = min(REACH, len(order))
    return fits


@leaf
def score(line: Line, weights: Floats) -> float:
    """Return the weighted sum of the measures."""
    total = 0.0
    for k in range(6):
        total += weights[k] * line.totals[k]
    return total


@leaf
def earliest(a: Arrays, line: Line, v: int) -> tuple[int, int]:
    """Return the earliest (start, end) of ``v`` behind the task before it on its unit."""
    mode, u = line.plan.mode[v], line.plan.unit[v]
    res = a.mode_res[mode]
    before, free = -1, 0
    if line.place[v] > 0:
        before = line.seq[line.seq_ptr[u] + line.place[v] - 1]
        free = line.plan.end[before]
    bound = max(ready_at(a, line.plan, v, res), set_up(a, res, free, before, v))
    if a.fixed_mode[v] >= 0:
        bound = max(bound, a.fixed_start[v])
        if a.fixed_end[v] >= 0:
            return bound, bound + a.fixed_end[v] - a.fixed_start[v]
    return place(a, res, bound, a.mode_dur[mode], a.resumable[v])


@leaf
def changed(a: Arrays, line: Line, v: int) -> int:
    """Return 1 if ``v`` stands elsewhere than in the baseline."""
    if a.base_res[v] < 0:
        return 0
    same = a.mode_res[line.plan.mode[v]] == a.base_res[v] and line.plan.start[v] == a.base_start[v]
    return 0 if same else 1


@leaf
def missed(a: Arrays, line: Line, v: int) -> int:
    """Return by how much ``v`` starts after its frozen start [min]."""
    return 0 if a.fixed_mode[v] < 0 else abs(line.plan.start[v] - a.fixed_start[v])


@leaf
def mark_dirty(line: Line, k: int) -> None:
    """Have the task at place ``k`` of the order recomputed."""
    line.dirty[k >> 6] |= np.uint64(1) << np.uint64(k & 63)
    line.size[4] = max(line.size[4], k >> 6)


@leaf
def set_job_end(a: Arrays, line: Line, j: int, end: int) -> None:
    """Write a job's end and bring the measures up to date."""
    old = line.job_end[j]
    line.job_end[j] = end
    due, weight, deadline = a.due[j], a.weight[j], a.deadline[j]
    line.totals[TARDINESS] += weight * (max(0, end - due) - max(0, old - due))
    line.totals[VIOLATION] += max(0, end - deadline) - max(0, old - deadline)
    if (end > due) != (line.late_at[j] >= 0):
        if end > due:
            line.late_at[j] = line.late[-1]
            line.late[line.late[-1]] = j
            line.late[-1] += 1
        else:
            line.late[-1] -= 1
            last = line.late[line.late[-1]]
            line.late[line.late_at[j]] = last
            line.late_at[last] = line.late_at[j]
            line.late_at[j] = -1
        line.totals[LATE] = line.late[-1]
    k = len(line.peak) // 2 + j
    line.peak[k] = end
    while k > 1:
        k >>= 1
        top = max(line.peak[2 * k], line.peak[2 * k + 1])
        if line.peak[k] == top:
            break
        line.peak[k] = top
    line.totals[MAKESPAN] = line.peak[1]


@leaf
def write(a: Arrays, line: Line, v: int, start: int, end: int) -> None:
    """Set start and end of ``v`` and bring the measures up to date."""
    line.totals[CHANGES] -= changed(a, line, v)
    line.totals[VIOLATION] -= missed(a, line, v)
    line.plan.start[v] = start
    line.plan.end[v] = end
    line.totals[CHANGES] += changed(a, line, v)
    line.totals[VIOLATION] += missed(a, line, v)
    if a.succ_ptr[v] == a.succ_ptr[v + 1]:
        j = a.job[v]
        top = end
        for i in range(a.job_ptr[j], a.job_ptr[j + 1]):
            if a.succ_ptr[i] == a.succ_ptr[i + 1]:
                top = max(top, line.plan.end[i])
        if top != line.job_end[j]:
            set_job_end(a, line, j, top)


@leaf
def mark_after(a: Arrays, line: Line, v: int, high: int) -> None:
    """Mark what directly follows ``v``, up to place ``high`` of the order."""
    for s in range(a.succ_ptr[v], a.succ_ptr[v + 1]):
        k = line.pos[a.succ[s]]
        if k <= high:
            mark_dirty(line, k)
    u = line.plan.unit[v]
    if line.place[v] + 1 < line.length[u]:
        k = line.pos[line.seq[line.seq_ptr[u] + line.place[v] + 1]]
        if k <= high:
            mark_dirty(line, k)


@leaf
def propagate(a: Arrays, line: Line, first: int, weights: Floats, cap: float) -> bool:
    """Recompute dirty tasks from place ``first`` of the order on; return whether all found a slot within reach.

    It is given up, too, as soon as the score is above ``cap``.
    """
    fits = True
    w = first >> 6
    while w <= line.size[4]:
        while line.dirty[w] != np.uint64(0):
            bit = lowest_bit(line.dirty[w])
            line.dirty[w] &= line.dirty[w] - np.uint64(1)
            v = line.order[(w << 6) + bit]
            start, end = earliest(a, line, v)
            if start == line.plan.start[v] and end == line.plan.end[v]:
                continue
            k = line.size[0]
            if end >= FAR or k == line.size[3]:
                fits = False
                break
            line.log[k, 0], line.log[k, 1], line.log[k, 2] = v, line.plan.start[v], line.plan.end[v]
            line.size[0] = k + 1
            write(a, line, v, start, end)
            if score(line, weights) > cap:
                fits = False
                break
            mark_after(a, line, v, len(line.order))
        if not fits:
            line.dirty[w : line.size[4] + 1] = 0
            break
        w += 1
    line.size[4] = 0
    return fits
