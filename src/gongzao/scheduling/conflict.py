"""Why a problem has no schedule: few deadlines, frozen starts, calendars and orders that cannot all be kept.

A deletion filter: whatever can be left out while the rest stays impossible is left out, in halves at first, one by one
at last. What remains cannot be kept together, and if every question was answered, leaving out any one item helps.
Chinneck, Dravnieks 1991, https://doi.org/10.1287/ijoc.3.2.157.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gongzao.scheduling.arrays import compile_problem
from gongzao.scheduling.bounds import require_slots
from gongzao.scheduling.errors import NoSchedule
from gongzao.scheduling.frames import earliest_ends
from gongzao.scheduling.model import Job, Objective, Problem, Resource, Task
from gongzao.scheduling.solver import solve
from gongzao.scheduling.stop import Stop

MOVES = 2_000
"""Moves of the search that looks for a schedule before the exact model is asked."""
LONGEST = 5.0
"""Longest time [s] of one question."""
THREADS = 4
ANY = Objective.lexicographic("changes")
"""Without a baseline the same for every schedule: the first one found will do."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something that can be left out of a problem.

    Parameters
    ----------
    kind
        ``order`` (the job has to be done), ``deadline``, ``frozen`` or ``calendar``.
    index
        The job; for a calendar the resource.
    task
        The task in the job, for ``frozen``.
    """

    kind: str
    index: int
    task: int = 0


@dataclass(frozen=True)
class Conflict:
    """Items that no schedule keeps together, and what they say.

    Parameters
    ----------
    irreducible
        Whether it is proven that without any one of them there is a schedule.
    en, zh
        A line for each item.
    """

    items: tuple[Item, ...]
    irreducible: bool
    en: tuple[str, ...]
    zh: tuple[str, ...]


def conflict(problem: Problem, seconds: float = 20.0) -> Conflict | None:
    """Return the smallest conflict found in about ``seconds``, or ``None`` if none was proven."""
    judge = _Judge(problem, seconds)
    jobs = judge.hopeless()
    if jobs is None:
        return None
    items = [Item("order", j) for j in jobs]
    items = judge.shrink(items, ())
    for finer in (_deadlines, _frozen, _calendars):
        items += judge.shrink(list(finer(problem, items)), items)
    named = {i.index for i in items if i.kind in ("deadline", "frozen")}
    shown = tuple(i for i in items if i.kind != "order" or i.index not in named)
    texts = [_texts(problem, i) for i in shown]
    return Conflict(shown, judge.sure, tuple(en for en, _ in texts), tuple(zh for _, zh in texts))


def _deadlines(problem: Problem, items: Iterable[Item]) -> Iterable[Item]:
    jobs = [i.index for i in items if i.kind == "order"]
    return (Item("deadline", j) for j in jobs if problem.jobs[j].deadline is not None)


def _frozen(problem: Problem, items: Iterable[Item]) -> Iterable[Item]:
    jobs = [i.index for i in items if i.kind == "order"]
    return (Item("frozen", j, t) for j in jobs for t, task in enumerate(problem.jobs[j].tasks) if task.fixed)


def _calendars(problem: Problem, items: Iterable[Item]) -> Iterable[Item]:
    jobs = [i.index for i in items if i.kind == "order"]
    used = {m.resource for j in jobs for t in problem.jobs[j].tasks for m in t.modes}
    return (Item("calendar", r) for r in sorted(used) if problem.resources[r].calendar is not None)


class _Judge:
    """Says whether parts of a problem have a schedule, until its time is up."""

    def __init__(self, problem: Problem, seconds: float) -> None:
        self.problem, self.left = problem, seconds
        self.kinds = {"order"}
        self.sure = True

    def hopeless(self) -> list[int] | None:
        """Return jobs that are proven impossible together: one alone, a frozen pair, those bound in time, or all."""
        jobs = self.problem.jobs
        if _no_slot(self.problem):
            parts = (replace(self.problem, jobs=(job,), baseline=None) for job in jobs)
            return [next(j for j, part in enumerate(parts) if _no_slot(part))]
        bound = [j for j, job in enumerate(jobs) if job.deadline is not None or any(t.fixed for t in job.tasks)]
        for group in (*_overlapping(self.problem), bound, list(range(len(jobs)))):
            if group and self.impossible([Item("order", j) for j in group]):
                return group
        return None

    def shrink(self, items: list[Item], kept: Sequence[Item]) -> list[Item]:
        """Return few of ``items`` (of a kind not yet considered) that with ``kept`` are still impossible."""
        self.kinds.update(i.kind for i in items)
        size = len(items)
        while size:
            at = 0
            while at < len(items):
                rest = items[:at] + items[at + size :]
                if self.impossible([*kept, *rest]):
                    items = rest
                else:
                    at += size
            size //= 2
        return items

    def impossible(self, items: Sequence[Item]) -> bool:
        """Return whether the problem with these items alone, of the kinds considered so far, is proven impossible."""
        part = _only(self.problem, set(items), self.kinds)
        if part is None:
            return False
        answer = self._possible(part)
        self.sure &= answer is not None
        return answer is False

    def _possible(self, part: Problem) -> bool | None:
        if _no_slot(part):
            return False
        began = time.perf_counter()
        try:
            solve(part, stop=Stop(seconds=max(0.0, min(LONGEST, self.left)), iterations=MOVES), workers=THREADS)
        except NoSchedule as error:
            return None if error.code == "schedule.none_found" else False
        finally:
            self.left -= time.perf_counter() - began
        return True


def _no_slot(part: Problem) -> bool:
    """Return whether a task fits nowhere or misses a hard instant though all resources are free."""
    a = compile_problem(part)
    try:
        require_slots(part, a, earliest_ends(a))
    except NoSchedule:
        return True
    return False


def _overlapping(problem: Problem) -> list[list[int]]:
    """Return the first two jobs whose frozen tasks run at the same time on a resource of capacity 1, if any."""
    a = compile_problem(problem)
    frozen = np.flatnonzero(a.fixed_mode >= 0)
    mode = a.mode_ptr[frozen] + a.fixed_mode[frozen]
    last: dict[int, tuple[int, int]] = {}
    for k in np.lexsort((frozen, a.fixed_start[frozen])).tolist():
        res, start = int(a.mode_res[mode[k]]), int(a.fixed_start[frozen[k]])
        j, end = int(a.job[frozen[k]]), int(a.fixed_end[frozen[k]])
        if end < 0:
            end = start + int(a.mode_dur[mode[k]])
        if problem.resources[res].capacity == 1:
            other, busy = last.get(res, (j, 0))
            if start < busy:
                return [sorted({other, j})]
            last[res] = (j, end)
    return []


def _only(problem: Problem, items: set[Item], kinds: set[str]) -> Problem | None:
    """Return the problem without what is of one of the ``kinds`` and not among ``items``; ``None`` without any job."""

    def keep(item: Item) -> bool:
        return item.kind not in kinds or item in items

    chosen = [j for j in range(len(problem.jobs)) if keep(Item("order", j))]
    if not chosen:
        return None

    def task(j: int, t: int, old: Task) -> Task:
        return old if old.fixed is None or keep(Item("frozen", j, t)) else replace(old, fixed=None)

    def job(j: int) -> Job:
        old = problem.jobs[j]
        tasks = tuple(task(j, t, x) for t, x in enumerate(old.tasks))
        return replace(old, tasks=tasks, deadline=old.deadline if keep(Item("deadline", j)) else None)

    def resource(r: int, old: Resource) -> Resource:
        return old if old.calendar is None or keep(Item("calendar", r)) else replace(old, calendar=None)

    jobs = tuple(job(j) for j in chosen)
    resources = tuple(resource(r, x) for r, x in enumerate(problem.resources))
    return replace(problem, jobs=jobs, resources=resources, baseline=None, objective=ANY)


def _texts(problem: Problem, item: Item) -> tuple[str, str]:
    if item.kind == "calendar":
        resource = problem.resources[item.index]
        hours = problem.calendars[resource.calendar or 0].name
        return (
            f"resource {item.index} {resource.name!r} works only in the hours of calendar {hours!r}",
            f"资源 {item.index}“{resource.name}”只在日历“{hours}”的时段工作",
        )
    job = problem.jobs[item.index]
    en, zh = f"job {item.index} {job.name!r}", f"订单 {item.index}“{job.name}”"
    if item.kind == "order":
        return f"{en} has to be done", f"{zh}须完成"
    if item.kind == "deadline":
        return f"{en} must end by {job.deadline}", f"{zh}须在 {job.deadline} 前完成"
    task = job.tasks[item.task]
    start = task.fixed.start if task.fixed else 0
    where = problem.resources[task.modes[task.fixed.mode if task.fixed else 0].resource].name
    return (
        f"{en}, task {item.task} {task.name!r} is frozen to start at {start} on {where!r}",
        f"{zh}任务 {item.task}“{task.name}”冻结在 {start} 于“{where}”开始",
    )
