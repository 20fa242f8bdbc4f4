"""The problem as flat arrays, what the kernels read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from gongzao.scheduling._jit import Floats, Ints, borrow, kernel
from gongzao.scheduling.model import Assignment, Calendar, Job, Problem, Schedule, Task
from gongzao.scheduling.past import hours, minutes, span

FAR = 1 << 60
"""An instant that never comes."""


class Arrays(NamedTuple):
    """A problem in compressed rows: the entries of ``x`` are ``x_ptr[x] .. x_ptr[x + 1]``; -1 stands for none.

    A pool of k units is k equal ``unit`` entries: with tasks that take one unit each the two are the same. Time is cut
    into slots of ``1 << cal_shift`` minutes; ``cal_slot`` holds the first interval that ends after each slot begins.
    ``pace`` is how many minutes a minute of work on a resource takes on average.
    ``fixed_end`` is the end of tasks that have started: they lie there whatever leads to them, so nothing does, and
    take as long as is worked meanwhile. ``first_family`` is what a resource is set up for after them, and ``since``
    when the first setup of a task that has not started may begin, by resource and family.
    """

    job: Ints
    job_ptr: Ints
    pred_ptr: Ints
    pred: Ints
    pred_lag: Ints
    succ_ptr: Ints
    succ: Ints
    succ_lag: Ints
    mode_ptr: Ints
    mode_res: Ints
    mode_dur: Ints
    mode_cost: Ints
    unit_ptr: Ints
    unit_res: Ints
    calendar: Ints
    cal_ptr: Ints
    cal_start: Ints
    cal_end: Ints
    cal_work: Ints
    cal_shift: Ints
    cal_slot_ptr: Ints
    cal_slot: Ints
    pace: Floats
    site: Ints
    travel: Ints
    setup: Ints
    setups: Ints
    first_family: Ints
    family: Ints
    resumable: Ints
    release: Ints
    fixed_mode: Ints
    fixed_start: Ints
    fixed_end: Ints
    since: Ints
    due: Ints
    deadline: Ints
    weight: Ints
    base_res: Ints
    base_start: Ints
    topological: Ints


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, np.int64)


def _rows(lengths: Iterable[int]) -> Ints:
    return np.concatenate(([0], np.cumsum(_ints(lengths)))).astype(np.int64)


def compile_problem(problem: Problem) -> Arrays:
    """Return the arrays of a problem."""
    tasks = [t for j in problem.jobs for t in j.tasks]
    modes = [m for t in tasks for m in t.modes]
    job_ptr = _rows(len(j.tasks) for j in problem.jobs)
    offsets = job_ptr.tolist()
    past = [span(problem, t) for t in tasks]
    arcs = [
        (o + a.before, o + a.after, a.lag)
        for j, o in zip(problem.jobs, offsets, strict=False)
        for a in j.arcs
        if past[o + a.before] is None or past[o + a.after] is None
    ]
    pred_ptr, pred, pred_lag = _neighbours(len(tasks), [(after, before, lag) for before, after, lag in arcs])
    succ_ptr, succ, succ_lag = _neighbours(len(tasks), arcs)
    spans = [i for c in problem.calendars for i in c.intervals]
    slots = [_slots(np.array(c.intervals, np.int64)) for c in problem.calendars]
    base = [None] * len(tasks) if problem.baseline is None else [b for row in problem.baseline for b in row]
    width = max((len(s) for s in problem.setups), default=1)
    setups = np.zeros((max(1, len(problem.setups)), width, width), np.int64)
    for k, matrix in enumerate(problem.setups):
        setups[k, : len(matrix), : len(matrix)] = matrix
    first_family, since = _states(problem, tasks, width)
    return Arrays(
        job=_ints(j for j, job in enumerate(problem.jobs) for _ in job.tasks),
        job_ptr=job_ptr,
        pred_ptr=pred_ptr,
        pred=pred,
        pred_lag=pred_lag,
        succ_ptr=succ_ptr,
        succ=succ,
        succ_lag=succ_lag,
        mode_ptr=_rows(len(t.modes) for t in tasks),
        mode_res=_ints(m.resource for m in modes),
        mode_dur=_durations(problem, tasks),
        mode_cost=_ints(m.cost for m in modes),
        unit_ptr=_rows(r.capacity for r in problem.resources),
        unit_res=_ints(i for i, r in enumerate(problem.resources) for _ in range(r.capacity)),
        calendar=_ints(-1 if r.calendar is None else r.calendar for r in problem.resources),
        cal_ptr=_rows(len(c.intervals) for c in problem.calendars),
        cal_start=_ints(a for a, _ in spans),
        cal_end=_ints(b for _, b in spans),
        cal_work=_worked_before(problem),
        cal_shift=_ints(shift for shift, _ in slots),
        cal_slot_ptr=_rows(len(firsts) for _, firsts in slots),
        cal_slot=np.concatenate([np.zeros(0, np.int64), *(firsts for _, firsts in slots)]),
        pace=np.array([_pace(problem.calendars, r.calendar) for r in problem.resources], np.float64),
        site=_ints(r.site for r in problem.resources),
        travel=np.array(problem.transport, np.int64),
        setup=_ints(-1 if r.setup is None else r.setup for r in problem.resources),
        setups=setups,
        first_family=first_family,
        family=_ints(t.family for t in tasks),
        resumable=_ints(int(t.resumable) for t in tasks),
        release=_ints(_release(problem, j.release, t) for j in problem.jobs for t in j.tasks),
        fixed_mode=_ints(-1 if t.fixed is None else t.fixed.mode for t in tasks),
        fixed_start=_ints(-1 if t.fixed is None else t.fixed.start for t in tasks),
        fixed_end=_ints(-1 if p is None else FAR if p[1] is None else p[1] for p in past),
        since=since,
        due=_ints(FAR if j.due is None else j.due for j in problem.jobs),
        deadline=_ints(_deadline(problem, j) for j in problem.jobs),
        weight=_ints(j.weight for j in problem.jobs),
        base_res=_ints(-1 if b is None else b[0] for b in base),
        base_start=_ints(-1 if b is None else b[1] for b in base),
        topological=_ints(o + t for job, o in zip(problem.jobs, offsets, strict=False) for t in job.topological),
    )


def overtime(a: Arrays, after: int) -> Arrays:
    """Return the arrays with calendars that open once more ``after`` everything, which no job may reach: a deadline.

    So a search always has a plan to go on from: what does not fit misses a hard instant by minutes that can be made
    fewer, as with any other deadline. ``after`` [min] must be an instant by which a schedule ends if there is one.
    """
    calendars = len(a.cal_ptr) - 1
    if calendars == 0:
        return a
    extra, ends = a.cal_ptr[1:], np.full(calendars, FAR >> 1)
    worked = a.cal_work[extra - 1] + a.cal_end[extra - 1] - a.cal_start[extra - 1]
    return a._replace(
        cal_ptr=a.cal_ptr + np.arange(calendars + 1),
        cal_start=np.insert(a.cal_start, extra, after + 1),
        cal_end=np.insert(a.cal_end, extra, ends),
        cal_work=np.insert(a.cal_work, extra, worked),
        deadline=np.minimum(a.deadline, after),
    )


def _release(problem: Problem, release: int, task: Task) -> int:
    if task.fixed is not None:
        return task.fixed.start if problem.past(task) else max(release, task.release)
    return max(release, task.release, problem.now or 0)


def _deadline(problem: Problem, job: Job) -> int:
    """Return the deadline of a job; one that is missed already binds no more."""
    if job.deadline is None:
        return FAR
    ends = [p[1] for p in (span(problem, t) for t in job.tasks) if p is not None]
    return FAR if any(end is not None and end > job.deadline for end in ends) else job.deadline


def _durations(problem: Problem, tasks: list[Task]) -> Ints:
    durations: list[int] = []
    for task in tasks:
        row = [m.duration for m in task.modes]
        past = span(problem, task)
        if past is not None and past[1] is not None and task.fixed is not None:
            row[task.fixed.mode] = minutes(hours(problem, task.modes[task.fixed.mode].resource), past[0], past[1])
        durations += row
    return _ints(durations)


def _states(problem: Problem, tasks: list[Task], width: int) -> tuple[Ints, Ints]:
    """Return what each resource is set up for after what has started, and from when on the next setup may begin."""
    family = [-1 if r.family is None else r.family for r in problem.resources]
    since = np.full((len(problem.resources), width), problem.now or 0, np.int64)
    over = [0] * len(family)
    for task in tasks:
        past = span(problem, task)
        if past is not None and past[1] is not None and task.fixed is not None:
            r = task.modes[task.fixed.mode].resource
            if past[1] >= over[r]:
                over[r], family[r] = past[1], task.family
    since = np.maximum(since, np.array(over, np.int64)[:, None])
    for r, resource in enumerate(problem.resources):
        if resource.begun is not None:
            since[r, resource.begun[0]] = max(over[r], resource.begun[1])
    return _ints(family), since


def _neighbours(count: int, arcs: list[tuple[int, int, int]]) -> tuple[Ints, Ints, Ints]:
    table = np.array(arcs, np.int64).reshape(-1, 3)
    table = table[np.argsort(table[:, 0], kind="stable")]
    ptr = np.searchsorted(table[:, 0], np.arange(count + 1)).astype(np.int64)
    return ptr, table[:, 1].copy(), table[:, 2].copy()


def _worked_before(problem: Problem) -> Ints:
    worked: list[int] = []
    for calendar in problem.calendars:
        total = 0
        for start, end in calendar.intervals:
            worked.append(total)
            total += end - start
    return _ints(worked)


def _pace(calendars: Sequence[Calendar], index: int | None) -> float:
    if index is None:
        return 1.0
    spans = calendars[index].intervals
    return (spans[-1][1] - spans[0][0]) / sum(end - start for start, end in spans)


def _slots(intervals: Ints) -> tuple[int, Ints]:
    ends = intervals[:, 1]
    last = int(ends[-1])
    shift = max(0, (last // len(ends)).bit_length() - 1)
    return shift, np.searchsorted(ends, np.arange((last >> shift) + 2) << shift, side="right")


def to_schedule(a: Arrays, mode: Ints, start: Ints, end: Ints) -> Schedule:
    """Return the schedule in which task ``i`` takes ``mode[i]`` (counted over all modes)."""
    place = (np.arange(len(a.job)) - a.job_ptr[a.job]).tolist()
    rows = zip(a.job.tolist(), place, a.mode_res[mode].tolist(), start.tolist(), end.tolist(), strict=True)
    return Schedule(tuple(Assignment(*row) for row in rows))


def from_schedule(a: Arrays, schedule: Schedule) -> tuple[Ints, Ints, Ints]:
    """Return mode, start and end of every task of a complete, checked schedule."""
    mode = np.empty(len(a.job), np.int64)
    start, end = mode.copy(), mode.copy()
    for x in schedule.tasks:
        i = int(a.job_ptr[x.job]) + x.task
        low, high = int(a.mode_ptr[i]), int(a.mode_ptr[i + 1])
        mode[i] = low + int(np.flatnonzero(a.mode_res[low:high] == x.resource)[0])
        start[i], end[i] = x.start, x.end
    return mode, start, end


@kernel
def units_for(a: Arrays, mode: Ints, start: Ints, end: Ints) -> Ints:
    """Return a unit for each task such that no two on a unit overlap."""
    a = borrow(a)
    free = np.zeros(len(a.unit_res), np.int64)
    unit = np.empty(len(mode), np.int64)
    by_end = np.argsort(end, kind="mergesort")
    for i in by_end[np.argsort(start[by_end], kind="mergesort")]:
        res = a.mode_res[mode[i]]
        low, high = a.unit_ptr[res], a.unit_ptr[res + 1]
        unit[i] = low + np.argmin(free[low:high])
        free[unit[i]] = max(free[unit[i]], end[i])
    return unit
