"""Where tasks that have started lie: from start to end as reported or, while that is not known, as they run on."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import islice

from gongzao.scheduling.model import Problem, Task

Spans = Sequence[tuple[int, int]]


def hours(problem: Problem, resource: int) -> Spans | None:
    """Return the working intervals of a resource [min]; ``None`` if it is always open."""
    index = problem.resources[resource].calendar
    return None if index is None else problem.calendars[index].intervals


def minutes(spans: Spans | None, start: int, end: int) -> int:
    """Return the minutes open from ``start`` to ``end``."""
    if spans is None:
        return max(0, end - start)
    first = bisect_right(spans, start, key=lambda s: s[1])
    last = bisect_left(spans, end, key=lambda s: s[0])
    return sum(min(b, end) - max(a, start) for a, b in spans[first:last])


def after(spans: Spans | None, start: int, work: int) -> int | None:
    """Return when ``work`` minutes have been open from ``start`` on; ``None`` if that never comes."""
    if spans is None or work == 0:
        return start + work
    for a, b in islice(spans, bisect_right(spans, start, key=lambda s: s[1]), None):
        open_from = max(a, start)
        if open_from + work <= b:
            return open_from + work
        work -= b - open_from
    return None


def before(spans: Spans | None, end: int, work: int) -> int | None:
    """Return the latest instant from which ``work`` minutes are open by ``end``; ``None`` if there are fewer."""
    if spans is None or work == 0:
        return end - work if end >= work else None
    for a, b in reversed(spans[: bisect_left(spans, end, key=lambda s: s[0])]):
        open_until = min(b, end)
        if open_until - work >= a:
            return open_until - work
        work -= open_until - a
    return None


def runs_until(problem: Problem, task: Task, resource: int, start: int) -> int | None:
    """Return when a task that started ends if nothing is reported; ``None`` if its resource's hours end before.

    One that cannot pause runs on past closing time until it is done.
    """
    duration = next(m.duration for m in task.modes if m.resource == resource)
    return after(hours(problem, resource) if task.resumable else None, start, duration)


def span(problem: Problem, task: Task) -> tuple[int, int | None] | None:
    """Return start and end of a task that has started (an end of ``None`` never comes), ``None`` of any other."""
    fixed = task.fixed
    if fixed is None or not problem.past(task):
        return None
    if fixed.end is not None:
        return fixed.start, fixed.end
    return fixed.start, runs_until(problem, task, task.modes[fixed.mode].resource, fixed.start)
