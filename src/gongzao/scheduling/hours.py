"""Working hours and setups of a plan, as plain sums: what explanations and charts rest on."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from gongzao.scheduling.model import Assignment, Problem


class Hours:
    """When a resource is open, with quick sums; without intervals it always is."""

    def __init__(self, intervals: Sequence[tuple[int, int]] | None) -> None:
        self.spans = intervals
        self.starts = [a for a, _ in intervals or ()]
        self.before = [0]
        for a, b in intervals or ():
            self.before.append(self.before[-1] + b - a)

    @classmethod
    def of(cls, problem: Problem, resource: int) -> Hours:
        """Return the hours of a resource."""
        calendar = problem.resources[resource].calendar
        return cls(None if calendar is None else problem.calendars[calendar].intervals)

    def worked(self, t: int) -> int:
        """Return minutes open before ``t``."""
        if self.spans is None:
            return t
        k = bisect_right(self.starts, t) - 1
        return 0 if k < 0 else self.before[k] + min(t, self.spans[k][1]) - self.spans[k][0]

    def between(self, start: int, end: int) -> int:
        """Return minutes open from ``start`` to ``end``."""
        return self.worked(end) - self.worked(start)

    def after(self, t: int, work: int) -> int:
        """Return when ``work`` minutes have been worked from ``t`` on."""
        if self.spans is None or work == 0:
            return t + work
        goal = self.worked(t) + work
        k = bisect_right(self.before, goal - 1) - 1
        return self.spans[k][0] + goal - self.before[k] if k < len(self.spans) else t + work

    def fits(self, t: int, work: int, *, resumable: bool) -> int:
        """Return the first instant from ``t`` on at which ``work`` minutes can begin; ``t`` if there is none."""
        if self.spans is None:
            return t
        least = min(1, work) if resumable else work
        k = max(0, bisect_right(self.starts, t) - 1)
        for a, b in self.spans[k:]:
            if max(a, t) + least <= b:
                return max(a, t)
        return t

    def closed(self, start: int, end: int) -> tuple[tuple[int, int], ...]:
        """Return the closed times between two instants."""
        if self.spans is None:
            return ()
        edges = [start, *(min(max(t, start), end) for span in self.spans for t in span), end]
        return tuple((a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b)


def by_resource(tasks: Sequence[Assignment]) -> dict[int, list[Assignment]]:
    """Return the tasks of each resource, in order."""
    rows: dict[int, list[Assignment]] = defaultdict(list)
    for x in sorted(tasks, key=lambda x: (x.start, x.end)):
        rows[x.resource].append(x)
    return rows


def setups(problem: Problem, tasks: Sequence[Assignment]) -> dict[tuple[int, int], int]:
    """Return the setup before each task that needs one [working min], the first of a resource too."""
    found: dict[tuple[int, int], int] = {}
    for r, row in by_resource(tasks).items():
        resource = problem.resources[r]
        if resource.setup is None:
            continue
        matrix = problem.setups[resource.setup]
        families = [resource.family, *(problem.jobs[x.job].tasks[x.task].family for x in row)]
        for x, (before, after) in zip(row, pairwise(families), strict=True):
            if before is not None and after is not None and matrix[before][after]:
                found[x.job, x.task] = matrix[before][after]
    return found
