"""Where the exact model lets a task lie: minutes worked on calendars, frames of tasks, gaps between families."""

from __future__ import annotations

from typing import NamedTuple

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
def earliest_by_mode(a: Arrays, tasks: Ints, ends: Ints) -> Ints:
    """Return when ``tasks``, which come in topological order, can start; write when they can end in each mode.

    Resources count as free whenever their calendar is open. ``ends`` holds when the other tasks end, FAR for modes that
    they do not take.
    """
    a = borrow(a)
    starts = np.full(len(a.job), FAR, np.int64)
    for i in tasks:
        for m in range(a.mode_ptr[i], a.mode_ptr[i + 1]):
            if a.fixed_mode[i] >= 0 and a.mode_ptr[i] + a.fixed_mode[i] != m:
                ends[m] = FAR
                continue
            if a.fixed_end[i] >= 0:
                starts[i], ends[m] = a.fixed_start[i], a.fixed_end[i]
                continue
            site, ready = a.site[a.mode_res[m]], max(a.release[i], a.fixed_start[i])
            for p in range(a.pred_ptr[i], a.pred_ptr[i + 1]):
                soonest, j = FAR, a.pred[p]
                for o in range(a.mode_ptr[j], a.mode_ptr[j + 1]):
                    if ends[o] < FAR:
                        soonest = min(soonest, ends[o] + a.travel[a.site[a.mode_res[o]], site])
                ready = max(ready, soonest + a.pred_lag[p])
            start, ends[m] = place(a, a.mode_res[m], ready, a.mode_dur[m], a.resumable[i])
            starts[i] = min(starts[i], start)
    return starts


def earliest_ends(a: Arrays) -> Ints:
    """Return when each task can end at the earliest, resources taken as free whenever their calendar is open."""
    ends = np.full(len(a.mode_res), FAR)
    earliest_by_mode(a, a.topological, ends)
    return np.minimum.reduceat(ends, a.mode_ptr[:-1])


def effective_dues(a: Arrays) -> Ints:
    """Return when each job begins to be later than it must: its due date, or its earliest end if that is later."""
    return np.maximum(a.due, np.maximum.reduceat(earliest_ends(a), a.job_ptr[:-1]))


@kernel
def _latest(a: Arrays, tasks: Ints, plan: Plan, latest: Ints) -> Ints:
    """Return the latest end of ``tasks``."""
    a, plan = borrow(a), borrow(plan)
    inside = np.zeros(len(a.job), np.bool_)
    inside[tasks] = True
    end = plan.end.copy()
    for i in tasks[::-1]:
        end[i] = latest[a.job[i]]
        if a.fixed_end[i] >= 0:
            end[i] = a.fixed_end[i]
            continue
        for p in range(a.succ_ptr[i], a.succ_ptr[i + 1]):
            s = a.succ[p]
            start = -FAR
            for m in range(a.mode_ptr[s], a.mode_ptr[s + 1]):
                if not inside[s] and m != plan.mode[s]:
                    continue
                way = FAR
                for o in range(a.mode_ptr[i], a.mode_ptr[i + 1]):
                    way = min(way, a.travel[a.site[a.mode_res[o]], a.site[a.mode_res[m]]])
                start = max(start, (end[s] - a.mode_dur[m] if inside[s] else plan.start[s]) - way)
            end[i] = min(end[i], start - a.succ_lag[p])
    return end[tasks]


class Frames(NamedTuple):
    """Of some tasks: the earliest start, the earliest and the latest end [min]."""

    start: Ints
    first: Ints
    last: Ints


def frames(a: Arrays, tasks: Ints, plan: Plan, latest: Ints) -> Frames:
    """Return the frames of ``tasks``, which come in topological order.

    The others stay where ``plan`` has them; job ``j`` ends at ``latest[j]`` at the latest.
    """
    ends = np.full(len(a.mode_res), FAR)
    ends[plan.mode] = plan.end
    start = earliest_by_mode(a, tasks, ends)[tasks]
    first = np.minimum.reduceat(ends, a.mode_ptr[:-1])[tasks]
    return Frames(start, first, _latest(a, tasks, plan, latest))


def tractable(a: Arrays, latest: Ints) -> bool:
    """Return whether the model of a whole problem with these latest ends of jobs stays small."""
    per_res = np.bincount(a.mode_res, minlength=len(a.setup))
    pairs = int((per_res[a.setup >= 0] ** 2).sum())
    if len(a.mode_res) > MODES or pairs > PAIRS:
        return False
    head, _, tail = frames(a, a.topological, no_plan(a), latest)
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
