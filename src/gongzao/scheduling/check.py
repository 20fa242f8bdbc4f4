"""The independent checker: whether a schedule keeps every rule of its problem. Shares no code with the engine."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from gongzao.scheduling.model import Assignment, Calendar, Mode, Problem, Schedule


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule.

    Parameters
    ----------
    rule
        ``missing``, ``twice``, ``unknown``, ``resource``, ``duration``, ``calendar``, ``release``, ``fixed``,
        ``precedence``, ``overlap``, ``setup``, ``capacity`` or ``deadline``.
    job, task
        Indices of the item at fault; ``task`` is ``None`` where the whole job is.
    en, zh
        What is wrong.
    """

    rule: str
    job: int
    task: int | None
    en: str
    zh: str


def check(problem: Problem, schedule: Schedule) -> tuple[Violation, ...]:
    """Return every rule the schedule breaks; empty means it is feasible.

    A task runs without pause between start and end in working time of its resource, or, if resumable, over breaks.
    On a resource of capacity 1 tasks follow one another, and at least the setup time is worked between them.
    """
    found: dict[tuple[int, int], Assignment] = {}
    broken: list[Violation] = []
    for x in schedule.tasks:
        if not (0 <= x.job < len(problem.jobs) and 0 <= x.task < len(problem.jobs[x.job].tasks)):
            broken.append(Violation("unknown", x.job, x.task, "no such task", "没有这个任务"))
        elif (x.job, x.task) in found:
            broken.append(Violation("twice", x.job, x.task, "scheduled twice", "任务被排了两次"))
        else:
            found[x.job, x.task] = x
    wanted = ((j, t) for j, job in enumerate(problem.jobs) for t in range(len(job.tasks)))
    broken += [Violation("missing", j, t, "not scheduled", "任务没有排入") for j, t in wanted if (j, t) not in found]
    usable = []
    for x in found.values():
        faults = list(_task(problem, x))
        broken += faults
        if not any(f.rule == "resource" for f in faults):
            usable.append(x)
    broken += _links(problem, {(x.job, x.task): x for x in usable})
    broken += _resources(problem, usable)
    return tuple(broken)


def _mode(problem: Problem, x: Assignment) -> Mode | None:
    return next((m for m in problem.jobs[x.job].tasks[x.task].modes if m.resource == x.resource), None)


def _worked(calendar: Calendar | None, start: int, end: int) -> int:
    if calendar is None:
        return end - start
    return sum(max(0, min(b, end) - max(a, start)) for a, b in _around(calendar, start, end))


def _around(calendar: Calendar, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Return the intervals of a calendar that touch ``start`` to ``end``."""
    spans = calendar.intervals
    first = bisect_left(spans, start, key=lambda span: span[1])
    return spans[first : bisect_right(spans, max(start, end), key=lambda span: span[0])]


def _calendar(problem: Problem, resource: int) -> Calendar | None:
    index = problem.resources[resource].calendar
    return None if index is None else problem.calendars[index]


def _task(problem: Problem, x: Assignment) -> Iterator[Violation]:
    job = problem.jobs[x.job]
    task = job.tasks[x.task]
    mode = _mode(problem, x)

    def fault(rule: str, en: str, zh: str) -> Violation:
        return Violation(rule, x.job, x.task, en, zh)

    if mode is None:
        yield fault("resource", f"resource {x.resource} is not an alternative", f"资源 {x.resource} 不可用于该任务")
        return
    calendar = _calendar(problem, x.resource)
    worked = _worked(calendar, x.start, x.end)
    if x.end < x.start or worked != mode.duration:
        yield fault(
            "duration",
            f"{worked} minutes worked, {mode.duration} needed",
            f"实际工作 {worked} 分钟，应为 {mode.duration}",
        )
    if calendar is not None:
        spans = _around(calendar, x.start, x.end)
        inside = [i for i in spans if i[0] <= x.start <= i[1]]
        over = any(x.end <= b for _, b in inside)
        if not inside or (not over and not task.resumable):
            yield fault(
                "calendar", f"{x.start} to {x.end} is not in working time", f"{x.start} 至 {x.end} 不在工作时间内"
            )
        if not any(a <= x.end <= b for a, b in spans):
            yield fault("calendar", f"ends at {x.end}, outside working time", f"结束于 {x.end}，不在工作时间内")
    earliest = max(job.release, task.release)
    if x.start < earliest:
        yield fault(
            "release", f"starts at {x.start}, before {earliest}", f"开始于 {x.start}，早于可开始时间 {earliest}"
        )
    if task.fixed is not None and (x.start, mode) != (task.fixed.start, task.modes[task.fixed.mode]):
        yield fault("fixed", f"frozen start {task.fixed.start} was moved", f"冻结的开始时间 {task.fixed.start} 被移动")
    if job.deadline is not None and x.end > job.deadline:
        yield fault(
            "deadline", f"ends at {x.end}, after {job.deadline}", f"结束于 {x.end}，晚于最后期限 {job.deadline}"
        )


def _links(problem: Problem, found: dict[tuple[int, int], Assignment]) -> Iterator[Violation]:
    for j, job in enumerate(problem.jobs):
        for link in job.arcs:
            before, after = found.get((j, link.before)), found.get((j, link.after))
            if before is None or after is None:
                continue
            sites = (problem.resources[before.resource].site, problem.resources[after.resource].site)
            earliest = before.end + link.lag + problem.transport[sites[0]][sites[1]]
            if after.start < earliest:
                yield Violation(
                    "precedence",
                    j,
                    link.after,
                    f"starts at {after.start}; task {link.before} allows {earliest}",
                    f"开始于 {after.start}；前序任务 {link.before} 要求不早于 {earliest}",
                )


def _resources(problem: Problem, usable: list[Assignment]) -> Iterator[Violation]:
    on: dict[int, list[Assignment]] = defaultdict(list)
    for x in usable:
        on[x.resource].append(x)
    for index, tasks in on.items():
        tasks.sort(key=lambda x: (x.start, x.end))
        if problem.resources[index].capacity == 1:
            yield from _sequence(problem, index, tasks)
        else:
            yield from _pool(problem, index, tasks)


def _sequence(problem: Problem, index: int, tasks: list[Assignment]) -> Iterator[Violation]:
    resource = problem.resources[index]
    calendar = _calendar(problem, index)
    matrix = None if resource.setup is None else problem.setups[resource.setup]
    family, free = resource.family, 0
    for x in tasks:
        mine = problem.jobs[x.job].tasks[x.task].family
        if matrix is not None and family is not None and x.start >= free:
            worked = _worked(calendar, free, x.start)
            if worked < matrix[family][mine]:
                need = matrix[family][mine]
                yield Violation(
                    "setup",
                    x.job,
                    x.task,
                    f"{worked} minutes before it, setup needs {need}",
                    f"换型需 {need} 分钟，只有 {worked}",
                )
        family = mine
        free = max(free, x.end)
    for one, two in pairwise(tasks):
        if two.start < one.end:
            yield Violation(
                "overlap",
                two.job,
                two.task,
                f"starts at {two.start} while resource {index} is busy until {one.end}",
                f"开始于 {two.start}，而资源 {index} 占用至 {one.end}",
            )


def _pool(problem: Problem, index: int, tasks: list[Assignment]) -> Iterator[Violation]:
    capacity = problem.resources[index].capacity
    ends = sorted(x.end for x in tasks if x.end > x.start)
    gone = running = 0
    for x in tasks:
        if x.end <= x.start:
            continue
        while ends[gone] <= x.start:
            gone += 1
        running += 1
        if running - gone > capacity:
            yield Violation(
                "capacity",
                x.job,
                x.task,
                f"resource {index} holds {capacity} at once, {running - gone} at {x.start}",
                f"资源 {index} 最多同时 {capacity} 个任务，{x.start} 时有 {running - gone} 个",
            )
