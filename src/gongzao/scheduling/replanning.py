"""Replanning: what has started stays, the rest moves as little as the objective allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gongzao.scheduling._jit import Ints, borrow, kernel
from gongzao.scheduling.anneal import AnnealSearch
from gongzao.scheduling.arrays import FAR, Arrays, compile_problem, overtime, to_schedule, units_for
from gongzao.scheduling.bounds import require_slots
from gongzao.scheduling.check import require_plan
from gongzao.scheduling.clockwork import place
from gongzao.scheduling.dispatch import Plan
from gongzao.scheduling.errors import NoSchedule
from gongzao.scheduling.events import Breakdown, Cancel, Event, Urgent, require_known
from gongzao.scheduling.frames import earliest_ends
from gongzao.scheduling.line import load, new_line
from gongzao.scheduling.model import MAX_TIME, Calendar, Fixed, Job, Problem, Schedule, Task
from gongzao.scheduling.reports import History
from gongzao.scheduling.solver import score_of, solve
from gongzao.scheduling.stop import Stop
from gongzao.scheduling.underway import with_setups

WORTH = 0.05
"""What moving a task costs, in shares of the mean task's part of the objective."""
MOVES = 300_000


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

    What has started is what was reported, and what the plan starts before ``now`` with nothing known in its way; the
    rules are those of :mod:`~gongzao.scheduling.reports`. It stays as it was; all else, and its setups, begin at
    ``now`` or later. A task that cannot pause and is hit by a breakdown is done again. No task starts earlier than
    planned; those in the way of the events move, and a short search trades lateness against further moves.

    Parameters
    ----------
    problem, schedule
        The plan in force, checked.
    now
        Present instant [min].
    events
        What has happened, in any order.
    moves
        Moves the search tries.

    Raises
    ------
    InvalidProblem
        If an event names what does not exist, or contradicts what is known; the text names both with their times.
    NoSchedule
        If no plan keeps deadlines and calendars, or nothing is left to plan.
    """
    changed, jobs = standing(problem, schedule, now, events)
    a = compile_problem(changed)
    require_slots(changed, a, earliest_ends(a))
    before = [place for row in changed.baseline or () for place in row]
    a = overtime(a, max([changed.horizon, *(place[1] for place in before if place is not None)]))
    best = _repaired(changed, a, now, moves, seed)
    score = score_of(a, changed.objective, best)
    if score.missed:
        new = solve(changed, stop=Stop(iterations=max(moves, len(a.job))), seed=seed).schedule
    else:
        new = to_schedule(a, best.mode, best.start, best.end)
    value = new.value(changed)
    require_plan(changed, new, value, tuple(0 for _ in value))
    moved = sum(old not in (None, (x.resource, x.start)) for old, x in zip(before, new.tasks, strict=True))
    return Replan(changed, new, jobs, value, moved)


def _repaired(problem: Problem, a: Arrays, now: int, moves: int, seed: int) -> Plan:
    """Return the old plan with what is in the way of the events moved, and improved by a short search."""
    over = np.minimum.reduceat(a.fixed_end, a.job_ptr[:-1]) >= 0
    held = a._replace(
        release=np.maximum(a.release, np.where(a.fixed_mode >= 0, 0, a.base_start)),
        due=np.where(over, FAR, a.due),
    )
    line = new_line(held)
    mode, begin, end = _first_plan(held, now)
    unit, after = units_for(held, mode, begin, end), np.where(a.fixed_end >= 0, 0, now + 1)
    load(held, line, Plan(mode, unit, begin + after, end + after))
    start = Plan(*(x.copy() for x in line.plan))
    search = AnnealSearch(held, problem.objective, [start], seed, 1, 0.0)
    value = max(1, score_of(a, problem.objective, start).levels[0])
    search.price_changes(WORTH * value / len(a.job))
    stop = np.zeros(1, np.int64)
    done = 0
    while done < moves:
        done += sum(task() for task in search.tasks(1, moves - done, 1.0, stop))
        search.absorb()
    return search.plan()


def standing(
    problem: Problem, schedule: Schedule, now: int, events: Sequence[Event]
) -> tuple[Problem, tuple[int | None, ...]]:
    """Return the problem as it stands after the events, and which old job each of its jobs was.

    Raises
    ------
    InvalidProblem, NoSchedule
        As :func:`replan`, whose first step this is.
    """
    require_known(problem, now, events)
    down, dead = _broken(problem, events)
    fixed = History(problem, down, schedule, now, events).fixed()
    gone = {e.job for e in events if isinstance(e, Cancel)}
    down = with_setups(down, schedule, fixed, gone, now)
    at = {(x.job, x.task): (x.resource, x.start) for x in schedule.tasks}
    at |= {key: (at[key][0], f.start) for key, f in fixed.items()}
    jobs: list[Job] = []
    origin: list[int | None] = []
    baseline: list[tuple[tuple[int, int] | None, ...]] = []
    for j, job in enumerate(problem.jobs):
        keep = [t for t in range(len(job.tasks)) if j not in gone or (j, t) in fixed]
        if keep:
            jobs.append(_job(job, keep, [fixed.get((j, t), _appointment(job.tasks[t], now)) for t in keep], j in gone))
            origin.append(j)
            baseline.append(tuple(at[j, t] for t in keep))
    for event in events:
        if isinstance(event, Urgent):
            jobs.append(event.job)
            origin.append(None)
            baseline.append((None,) * len(event.job.tasks))
    jobs = [_without_modes(down, job, dead) for job in jobs]
    if not jobs:
        raise NoSchedule(
            "schedule.nothing_left",
            en="nothing is left to plan: every order is cancelled, and none has started",
            zh="没有可排的任务：所有订单都已取消，且均未开工",
        )
    return replace(down, jobs=tuple(jobs), baseline=tuple(baseline)), tuple(origin)


def _broken(problem: Problem, events: Sequence[Event]) -> tuple[Problem, set[int]]:
    """Return the problem with resources closed while they stand still, and those that never work again."""
    calendars, resources, dead = list(problem.calendars), list(problem.resources), set()
    for event in events:
        if isinstance(event, Breakdown):
            broken = resources[event.resource]
            spans = ((0, MAX_TIME),) if broken.calendar is None else calendars[broken.calendar].intervals
            left = _without(spans, event.start, event.end)
            if left:
                calendars.append(Calendar(left, broken.name))
                resources[event.resource] = replace(broken, calendar=len(calendars) - 1)
            else:
                dead.add(event.resource)
    return replace(problem, calendars=tuple(calendars), resources=tuple(resources)), dead


def _without_modes(problem: Problem, job: Job, dead: set[int]) -> Job:
    """Return the job with its tasks that have not started off resources that never work again."""
    tasks = list(job.tasks)
    for t, task in enumerate(tasks):
        left = tuple(m for m in task.modes if m.resource not in dead)
        if len(left) < len(task.modes) and not problem.past(task):
            if not left or task.fixed is not None:
                where = problem.resources[task.modes[task.fixed.mode if task.fixed else 0].resource].name
                raise NoSchedule(
                    "schedule.no_slot",
                    en=f"job {job.name!r}, task {t} {task.name!r}: {where!r} stands still in all its working time",
                    zh=f"订单“{job.name}”任务 {t}“{task.name}”：“{where}”在全部工作时间内停机",
                )
            tasks[t] = replace(task, modes=left)
    return replace(job, tasks=tuple(tasks)) if dead else job


def _appointment(task: Task, now: int) -> Fixed | None:
    """Return the start a task is fixed to later on; one that was taken for started and is not is free."""
    return task.fixed if task.fixed is not None and task.fixed.start > now and not task.fixed.assumed else None


def _job(job: Job, keep: list[int], fixed: list[Fixed | None], cancelled: bool) -> Job:
    """Return what is left of a job: of a cancelled one what has started, which is due at no time any more."""
    tasks = tuple(replace(job.tasks[t], fixed=f) for t, f in zip(keep, fixed, strict=True))
    if not cancelled:
        return replace(job, tasks=tasks)
    place = {t: i for i, t in enumerate(keep)}
    arcs = (k for k in job.arcs if k.before in place and k.after in place)
    links = tuple(replace(k, before=place[k.before], after=place[k.after]) for k in arcs)
    return replace(job, tasks=tasks, links=links, due=None, deadline=None)


def _without(spans: tuple[tuple[int, int], ...], start: int, end: int) -> tuple[tuple[int, int], ...]:
    parts = [p for a, b in spans for p in ((a, min(b, start)), (max(a, end), b)) if p[0] < p[1]]
    return tuple(sorted(parts))


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
        if a.fixed_end[i] >= 0:
            end[i] = a.fixed_end[i]
            continue
        _, end[i] = place(a, a.mode_res[best], start[i], a.mode_dur[best], a.resumable[i])
    return mode, start, end
