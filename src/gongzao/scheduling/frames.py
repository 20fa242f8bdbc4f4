"""Where the exact model lets a task lie: minutes worked on calendars, frames of tasks, gaps between families."""

from __future__ import annotations

import numpy as np

from gongzao.scheduling._jit import Ints, borrow, kernel
from gongzao.scheduling.arrays import FAR, Arrays
from gongzao.scheduling.clockwork import place
from gongzao.scheduling.dispatch import Plan

MODES, PAIRS, BREAKS = 4_000, 60_000, 30_000
"""Modes, pairs of tasks with setups, and breaks in the frames of modes, up to which the model is worth building."""


def worked(a: Arrays, cal: int, t: int) -> int:
    """Return the minutes worked on a calendar before the instant ``t``; without a calendar, ``t``."""
    if cal < 0:
        return t
    low, high = int(a.cal_ptr[cal]), int(a.cal_ptr[cal + 1])
    k = low + int(np.searchsorted(a.cal_start[low:high], t, side="right")) - 1
    return 0 if k < low else int(a.cal_work[k]) + min(t, int(a.cal_end[k])) - int(a.cal_start[k])


@kernel
def frames(a: Arrays, tasks: Ints, plan: Plan, latest: Ints) -> tuple[Ints, Ints]:
    """Return the earliest start and the latest end of ``tasks``, which come in topological order.

    The others stay where ``plan`` has them; job ``j`` ends at ``latest[j]`` at the latest.
    """
    a, plan = borrow(a), borrow(plan)
    head, end, tail = plan.start.copy(), plan.end.copy(), plan.start.copy()
    for i in tasks:
        ready = a.release[i]
        for p in range(a.pred_ptr[i], a.pred_ptr[i + 1]):
            ready = max(ready, end[a.pred[p]] + a.pred_lag[p])
        head[i] = end[i] = FAR
        for m in range(a.mode_ptr[i], a.mode_ptr[i + 1]):
            first, last = place(a, a.mode_res[m], ready, a.mode_dur[m], a.resumable[i])
            head[i], end[i] = min(head[i], first), min(end[i], last)
    for i in tasks[::-1]:
        shortest = a.mode_dur[a.mode_ptr[i] : a.mode_ptr[i + 1]].min()
        last = latest[a.job[i]]
        for p in range(a.succ_ptr[i], a.succ_ptr[i + 1]):
            last = min(last, tail[a.succ[p]] - a.succ_lag[p])
        tail[i] = last - shortest
        end[i] = last
    return head[tasks], end[tasks]


def tractable(a: Arrays, latest: Ints) -> bool:
    """Return whether the model of a whole problem with these latest ends of jobs stays small."""
    per_res = np.bincount(a.mode_res, minlength=len(a.setup))
    pairs = int((per_res[a.setup >= 0] ** 2).sum())
    if len(a.mode_res) > MODES or pairs > PAIRS:
        return False
    head, tail = frames(a, a.topological, no_plan(a), latest)
    row = np.repeat(np.argsort(a.topological), np.diff(a.mode_ptr))
    breaks = 0
    for c in range(len(a.cal_ptr) - 1):
        rows = row[a.calendar[a.mode_res] == c]
        starts = a.cal_start[a.cal_ptr[c] : a.cal_ptr[c + 1]]
        breaks += int((np.searchsorted(starts, tail[rows]) - np.searchsorted(starts, head[rows])).sum())
    return breaks <= BREAKS


def no_plan(a: Arrays) -> Plan:
    """Return a plan of zeros, for models of whole problems without one."""
    return Plan(*(np.zeros(len(a.job), np.int64) for _ in range(4)))


def gaps(setups: Ints, families: list[int], lengths: list[int]) -> Ints:
    """Return the least minutes between two tasks of each pair of families, others of ``lengths`` in between or not.

    Where they equal the setup times, it is enough to keep them between all pairs, neighbours or not.
    """
    least = setups.copy()
    shortest = dict.fromkeys(families, FAR)
    for family, length in zip(families, lengths, strict=True):
        shortest[family] = min(shortest[family], length)
    for family, length in shortest.items():
        least = np.minimum(least, least[:, family, None] + length + least[family])
    return least
