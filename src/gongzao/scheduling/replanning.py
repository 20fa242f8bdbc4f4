"""Replanning: what has started stays, the rest moves as little as the objective allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gongzao.scheduling._jit import Ints, borrow, kernel
from gongzao.scheduling.anneal import AnnealSearch
from gongzao.scheduling.arrays import FAR, Arrays, compile_problem, to_schedule, units_for
from gongzao.scheduling.bounds import require_slots
from gongzao.scheduling.clockwork import place
from gongzao.scheduling.dispatch import Plan
from gongzao.scheduling.errors import InvalidProblem, NoSchedule
from gongzao.scheduling.frames import earliest_ends
from gongzao.scheduling.line import load, new_line
from gongzao.scheduling.model import MAX_TIME, Assignment, Calendar, Fixed, Job, Problem, Schedule, Task
from gongzao.scheduling.solver import score_of

WORTH = 0.05
"""What moving a task costs, in shares of the mean task's part of the objective."""
MOVES = 300_000


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A resource stands still from ``start`` to ``end`` [min]."""

    resource: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Finish:
    """A task that has started will end (or has ended) at ``end`` [min], early or late."""

    job: int
    task: int
    end: int


@dataclass(frozen=True, slots=True)
class Urgent:
    """A new order."""

    job: Job


@dataclass(frozen=True, slots=True)
class Cancel:
    """An order is cancelled; its tasks that have not started are dropped."""

    job: int


Event = Breakdown | Finish | Urgent | Cancel


@dataclass(frozen=True)
class Replan:
    """The new problem, its plan, and which old job each new one was (``None``: an urgent order).

    ``objective`` is the new plan's, level by level, ``moved`` counts tasks that were planned and now start at another
    time or on another resource.
    """

    problem: Problem
    schedule: Schedule
    jobs: tuple[int | None, ...]
    objective: tuple[int, ...]
    moved: int


def replan(
    problem: Problem, schedule: Schedule, now: int, events: Sequence[Event], *, moves: int = MOVES, seed: int = 0
) -> Replan:
    """Return a plan for what is left after events.

    Tasks that start before ``now`` are frozen, except a task that cannot be interrupted and is hit by a breakdown: it
    is done again. No task starts earlier than planned; those in the way of the events move, and a short search trades
    lateness against further moves.

    Parameters
    ----------
    problem, schedule
        The plan in force, checked.
    now
        Present instant [min].
    events
        What has happened.
    moves
        Moves the search tries.

    Raises
    ------
    InvalidProblem
        If an event names what does not exist.
    NoSchedule
        If no plan keeps deadlines and calendars.
    """
    _require_known(problem, schedule, now, events)
    at = {(x.job, x.task): x for x in schedule.tasks}
    changed, jobs = _after(problem, at, now, events)
    a = compile_problem(changed)
    require_slots(changed, a, earliest_ends(a))
    over = np.minimum.reduceat(a.fixed_mode, a.job_ptr[:-1]) >= 0
    held = a._replace(
        release=np.maximum(a.release, np.where(a.fixed_mode >= 0, 0, a.base_start)),
        due=np.where(over, FAR, a.due),
    )
    line = new_line(held)
    mode, begin, end = _first_plan(held, now)
    load(held, line, Plan(mode, units_for(held, mode, begin, end), begin, end))
    start = Plan(*(x.copy() for x in line.plan))
    search = AnnealSearch(held, changed.objective, [start], seed, 1, 0.0)
    value = max(1, score_of(a, changed.objective, start).levels[0])
    search.price_changes(WORTH * value / len(a.job))
    stop = np.zeros(1, np.int64)
    done = 0
    while done < moves:
        done += sum(task() for task in search.tasks(1, moves - done, 1.0, stop))
        search.absorb()
    best = search.plan()
    score = score_of(a, changed.objective, best)
    if score.missed:
        raise NoSchedule(
            "schedule.none_found",
            en="no plan keeps deadlines and frozen starts",
            zh="没有找到满足最后期限与冻结开始时间的计划",
        )
    moved = (a.base_res >= 0) & ((a.mode_res[best.mode] != a.base_res) | (best.start != a.base_start))
    return Replan(changed, to_schedule(a, best.mode, best.start, best.end), jobs, score.levels, int(moved.sum()))


def _require_known(problem: Problem, schedule: Schedule, now: int, events: Sequence[Event]) -> None:
    started = {(x.job, x.task) for x in schedule.tasks if x.start < now}
    for event in events:
        if isinstance(event, Breakdown):
            good = 0 <= event.resource < len(problem.resources) and 0 <= event.start < event.end
        elif isinstance(event, Finish):
            good = (event.job, event.task) in started
        else:
            good = isinstance(event, Urgent) or 0 <= event.job < len(problem.jobs)
        if not good:
            raise InvalidProblem(
                "schedule.event",
                en=f"{event!r} names no resource, started task or job of the plan, or an empty time",
                zh=f"{event!r} 指向不存在的资源、未开工的任务或订单，或时间为空",
            )


def _after(
    problem: Problem, at: dict[tuple[int, int], Assignment], now: int, events: Sequence[Event]
) -> tuple[Problem, tuple[int | None, ...]]:
    """Return the problem as it stands after the events, and where its jobs come from."""
    calendars, resources = list(problem.calendars), list(problem.resources)
    for event in events:
        if isinstance(event, Breakdown):
            old = resources[event.resource].calendar
            spans = ((0, MAX_TIME),) if old is None else calendars[old].intervals
            calendars.append(Calendar(_without(spans, event.start, event.end), f"{resources[event.resource].name}"))
            resources[event.resource] = replace(resources[event.resource], calendar=len(calendars) - 1)
    stops = [e for e in events if isinstance(e, Breakdown)]
    ends = {(e.job, e.task): e.end for e in events if isinstance(e, Finish)}
    gone = {e.job for e in events if isinstance(e, Cancel)}
    jobs: list[Job] = []
    origin: list[int | None] = []
    baseline: list[tuple[tuple[int, int] | None, ...]] = []
    for j, job in enumerate(problem.jobs):
        row = [at[j, t] for t in range(len(job.tasks))]
        frozen = [x.start < now and not _redo(job.tasks[x.task], x, stops) for x in row]
        keep = [t for t in range(len(row)) if j not in gone or frozen[t]]
        if not keep:
            continue
        if any(frozen):
            tasks = [_task(problem, job.tasks[t], row[t], now, ends.get((j, t)), frozen=frozen[t]) for t in keep]
            place = {t: i for i, t in enumerate(keep)}
            links = tuple(
                replace(k, before=place[k.before], after=place[k.after])
                for k in job.arcs
                if k.before in place and k.after in place
            )
            jobs.append(replace(job, tasks=tuple(tasks), links=links))
        else:
            jobs.append(replace(job, release=max(job.release, now)))
        origin.append(j)
        baseline.append(tuple((row[t].resource, row[t].start) for t in keep))
    for event in events:
        if isinstance(event, Urgent):
            jobs.append(replace(event.job, release=max(now, event.job.release)))
            origin.append(None)
            baseline.append((None,) * len(event.job.tasks))
    after = replace(
        problem, jobs=tuple(jobs), resources=tuple(resources), calendars=tuple(calendars), baseline=tuple(baseline)
    )
    return after, tuple(origin)


def _without(spans: tuple[tuple[int, int], ...], start: int, end: int) -> tuple[tuple[int, int], ...]:
    parts = [p for a, b in spans for p in ((a, min(b, start)), (max(a, end), b)) if p[0] < p[1]]
    return tuple(sorted(parts))


def _redo(task: Task, x: Assignment, stops: list[Breakdown]) -> bool:
    """Return whether a breakdown ruins a started task."""
    return not task.resumable and any(b.resource == x.resource and b.start < x.end and x.start < b.end for b in stops)


def _task(problem: Problem, task: Task, x: Assignment, now: int, end: int | None, *, frozen: bool) -> Task:
    """Return the task as it stands: frozen with its true duration, or not before now."""
    if not frozen:
        return replace(task, release=max(task.release, now))
    k = next(i for i, m in enumerate(task.modes) if m.resource == x.resource)
    modes = task.modes
    if end is not None:
        index = problem.resources[x.resource].calendar
        spans = ((0, MAX_TIME),) if index is None else problem.calendars[index].intervals
        worked = sum(max(0, min(b, end) - max(a, x.start)) for a, b in spans)
        modes = (*modes[:k], replace(modes[k], duration=worked), *modes[k + 1 :])
    return replace(task, modes=modes, fixed=Fixed(k, x.start))


@kernel
def _first_plan(a: Arrays, now: int) -> tuple[Ints, Ints, Ints]:
    """Return mode, start and end of the old plan; tasks it did not have go where their job alone would put them."""
    a = borrow(a)
    mode = np.empty(len(a.job), np.int64)
    start, end = mode.copy(), mode.copy()
    for i in a.topological:
        best = a.mode_ptr[i]
        for m in range(a.mode_ptr[i], a.mode_ptr[i + 1]):
            if a.mode_res[m] == a.base_res[i] or (a.base_res[i] < 0 and a.mode_dur[m] < a.mode_dur[best]):
                best = m
        start[i] = a.base_start[i]
        if a.base_res[i] < 0:
            start[i] = max(now, a.release[i])
            for p in range(a.pred_ptr[i], a.pred_ptr[i + 1]):
                start[i] = max(start[i], end[a.pred[p]])
        mode[i] = best
        _, end[i] = place(a, a.mode_res[best], start[i], a.mode_dur[best], a.resumable[i])
    return mode, start, end
