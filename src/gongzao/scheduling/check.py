"""The independent checker: whether a schedule keeps every rule of its problem. Shares no code with the engine."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

from gongzao.scheduling.errors import NotAPlan
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
    On a resource of capacity 1 tasks follow one another, and at least the setup time is worked between them. Tasks
    that have started (:meth:`Problem.past`) lie where they were reported; nothing else, nor its setup, begins before
    ``now``.
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
        faults = list(_started(problem, x) if problem.past(problem.jobs[x.job].tasks[x.task]) else _task(problem, x))
        broken += faults
        if not any(f.rule == "resource" for f in faults):
            usable.append(x)
    broken += _deadlines(problem, usable)
    broken += _links(problem, {(x.job, x.task): x for x in usable})
    broken += _resources(problem, usable)
    return tuple(broken)


def require_plan(problem: Problem, schedule: Schedule, objective: tuple[int, ...], bound: tuple[int, ...]) -> None:
    """Let through a result that is what it says: a plan that breaks no rule, its objective, and a bound not above it.

    Raises
    ------
    NotAPlan
        With the first thing that is wrong.
    """
    broken = check(problem, schedule)
    if broken:
        first = broken[0]
        where = f"job {first.job}, task {first.task}"
        raise NotAPlan(
            "schedule.not_a_plan",
            en=f"the search ended with what is no plan, a fault of this program ({first.rule}; {where}: {first.en})",
            zh=f"求解结果不是可行计划，是程序的错误（{first.rule}；订单 {first.job} 任务 {first.task}：{first.zh}）",
        )
    value = schedule.value(problem)
    if value != objective or bound > value:
        raise NotAPlan(
            "schedule.misstated",
            en=f"the plan is worth {value}, not {objective}, or the bound {bound} is false; a fault of this program",
            zh=f"计划的目标值为 {value}，而不是 {objective}，或下界 {bound} 不成立；这是程序的错误",
        )


def _mode(problem: Problem, x: Assignment) -> Mode | None:
    return next((m for m in problem.jobs[x.job].tasks[x.task].modes if m.resource == x.resource), None)


def _worked(calendar: Calendar | None, start: int, end: int) -> int:
    if calendar is None:
        return end - start
    return sum(max(0, min(b, end) - max(a, start)) for a, b in _around(calendar, start, end))


def _around(calendar: Calendar, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Return the intervals of a calendar that touch ``start`` to ``end``."""
    spans = calendar.intervals
    first = max(0, bisect_left(spans, (start,)) - 1)
    if spans[first][1] < start:
        first += 1
    return spans[first : bisect_left(spans, (max(start, end) + 1,))]


def _calendar(problem: Problem, resource: int) -> Calendar | None:
    index = problem.resources[resource].calendar
    return None if index is None else problem.calendars[index]


def _within(calendar: Calendar, x: Assignment, *, resumable: bool) -> bool:
    """Return whether the first and the last minute of a task are worked, and if it cannot pause all between.

    A task of no minutes may lie at any instant of an interval, its two ends included.
    """
    spans = _around(calendar, x.start, x.end)
    if x.start == x.end:
        return bool(spans)
    first = next((i for i in spans if i[0] <= x.start < i[1]), None)
    last = next((i for i in spans if i[0] < x.end <= i[1]), None)
    return first is not None and last is not None and (resumable or first == last)


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
    if x.end < x.start or worked != mode.duration or (mode.duration == 0 and x.end > x.start):
        yield fault(
            "duration",
            f"{worked} minutes worked from {x.start} to {x.end}, {mode.duration} needed",
            f"{x.start} 至 {x.end} 实际工作 {worked} 分钟，应为 {mode.duration}",
        )
    elif calendar is not None and not _within(calendar, x, resumable=task.resumable):
        yield fault(
            "calendar",
            f"{x.start} to {x.end}: starts or ends outside working time, or a break interrupts it",
            f"{x.start} 至 {x.end}：开始或结束不在工作时间内，或被休息打断",
        )
    earliest = max(job.release, task.release)
    if task.fixed is None:
        earliest = max(earliest, problem.now or 0)
    if x.start < earliest:
        yield fault(
            "release", f"starts at {x.start}, before {earliest}", f"开始于 {x.start}，早于可开始时间 {earliest}"
        )
    if task.fixed is not None and (x.start, mode) != (task.fixed.start, task.modes[task.fixed.mode]):
        yield fault("fixed", f"frozen start {task.fixed.start} was moved", f"冻结的开始时间 {task.fixed.start} 被移动")


def _started(problem: Problem, x: Assignment) -> Iterator[Violation]:
    """Go through what holds for a task that has started."""
    task = problem.jobs[x.job].tasks[x.task]
    fixed, mode = task.fixed, _mode(problem, x)
    if mode is None:
        yield Violation("resource", x.job, x.task, f"resource {x.resource} is not an alternative", "资源不可用于该任务")
        return
    if fixed is None or (x.start, mode) != (fixed.start, task.modes[fixed.mode]):
        yield Violation("fixed", x.job, x.task, "its start was moved though it has started", "已开工的任务被移动")
    elif fixed.end is not None and x.end != fixed.end:
        yield Violation("fixed", x.job, x.task, f"its end {fixed.end} was moved", f"已知的结束时间 {fixed.end} 被移动")
    elif fixed.end is None:
        calendar = _calendar(problem, x.resource) if task.resumable and mode.duration else None
        worked = _worked(calendar, x.start, x.end)
        if worked != mode.duration or (calendar is not None and not _worked(calendar, x.end - 1, x.end)):
            yield Violation(
                "duration",
                x.job,
                x.task,
                f"{worked} minutes worked from {x.start} to {x.end}, {mode.duration} needed",
                f"{x.start} 至 {x.end} 实际工作 {worked} 分钟，应为 {mode.duration}",
            )


def _deadlines(problem: Problem, usable: list[Assignment]) -> Iterator[Violation]:
    """Find jobs that end after their deadline; one that was missed by what has started binds no more."""
    late: dict[int, list[Assignment]] = defaultdict(list)
    for x in usable:
        deadline = problem.jobs[x.job].deadline
        if deadline is not None and x.end > deadline:
            late[x.job].append(x)
    for j, tasks in late.items():
        deadline = problem.jobs[j].deadline
        if not any(problem.past(problem.jobs[j].tasks[x.task]) for x in tasks):
            for x in tasks:
                yield Violation(
                    "deadline",
                    j,
                    x.task,
                    f"ends at {x.end}, after {deadline}",
                    f"结束于 {x.end}，晚于最后期限 {deadline}",
                )


def _links(problem: Problem, found: dict[tuple[int, int], Assignment]) -> Iterator[Violation]:
    for j, job in enumerate(problem.jobs):
        for link in job.arcs:
            before, after = found.get((j, link.before)), found.get((j, link.after))
            if before is None or after is None:
                continue
            sites = (problem.resources[before.resource].site, problem.resources[after.resource].site)
            earliest = before.end
            if not problem.past(job.tasks[link.after]):
                earliest += link.lag + problem.transport[sites[0]][sites[1]]
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
    for one, two in pairwise(tasks):
        if two.start < one.end:
            yield Violation(
                "overlap",
                two.job,
                two.task,
                f"starts at {two.start} while resource {index} is busy until {one.end}",
                f"开始于 {two.start}，而资源 {index} 占用至 {one.end}",
            )
    setup = problem.resources[index].setup
    if setup is not None:
        yield from _setups(problem, index, problem.setups[setup], tasks)


def _setups(
    problem: Problem, index: int, matrix: tuple[tuple[int, ...], ...], tasks: list[Assignment]
) -> Iterator[Violation]:
    """Go through a resource task by task, with all families that it may be in by then.

    Tasks of no minutes at one instant may follow one another in any order.
    """
    calendar = _calendar(problem, index)
    initial = problem.resources[index].family
    families, free = None if initial is None else {initial}, 0
    for (start, end), together in groupby(tasks, key=lambda x: (x.start, x.end)):
        group = list(together)
        if all(problem.past(problem.jobs[x.job].tasks[x.task]) for x in group):
            families, free = {problem.jobs[group[-1].job].tasks[group[-1].task].family}, max(free, end)
            continue
        kinds = [problem.jobs[x.job].tasks[x.task].family for x in group]
        worked = {k: _worked(calendar, max(free, _since(problem, index, k)), start) for k in kinds}
        first = set(kinds)
        if families is not None and start >= free:
            first = {k for k in kinds if min(matrix[f][k] for f in families) <= worked[k]}
        after = _last(matrix, kinds, first)
        if not after:
            before, minutes = (kinds, 0) if first or families is None else (families, min(worked.values()))
            need = min(matrix[f][k] for f in before for k in kinds)
            yield Violation(
                "setup",
                group[0].job,
                group[0].task,
                f"{minutes} minutes before it, setup needs {need}",
                f"换型需 {need} 分钟，只有 {minutes}",
            )
        families, free = after or set(kinds), max(free, end)


def _since(problem: Problem, index: int, family: int) -> int:
    """Return when a setup may begin that is not history."""
    begun = problem.resources[index].begun
    return begun[1] if begun is not None and begun[0] == family else problem.now or 0


def _last(matrix: tuple[tuple[int, ...], ...], kinds: list[int], first: set[int]) -> set[int]:
    """Return which families may come last where tasks of no minutes follow one another at one instant."""
    ways = {(k, tuple(sorted(kinds))) for k in first}
    for _ in kinds[1:]:
        ways = {(g, _less(rest, f)) for f, rest in ways for g in set(_less(rest, f)) if matrix[f][g] == 0}
    return {k for k, _ in ways}


def _less(kinds: tuple[int, ...], one: int) -> tuple[int, ...]:
    at = kinds.index(one)
    return kinds[:at] + kinds[at + 1 :]


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
