"""Why a plan is as it is: what each late job waits for, how busy resources are, which of them bind."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass

from gongzao.scheduling.model import Assignment, Calendar, Problem, Schedule

LONGEST = 50
"""Steps of a chain after which it is cut."""


@dataclass(frozen=True, slots=True)
class Step:
    """A link of a binding chain: the task, when it runs, and what decides its start.

    Parameters
    ----------
    task
        The assignment.
    reason
        ``release`` (the job is not there earlier), ``material`` (the task's own release), ``precedence`` (the task
        before it in the job, with its lag), ``transport`` (the same, with time on the road), ``resource`` (the task
        before it on the resource), ``setup`` (the same, with a setup), ``frozen`` or ``nothing``.
    closed
        Further minutes lost because the resource's calendar was closed.
    """

    task: Assignment
    reason: str
    closed: int


@dataclass(frozen=True, slots=True)
class LateJob:
    """A late job: minutes late and the chain that binds its end, from the end backwards."""

    job: int
    minutes: int
    chain: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """A resource: worked and open minutes (times capacity) until the plan's end, and how often it delays a late job."""

    resource: int
    worked: int
    available: int
    holds: int

    @property
    def idle(self) -> int:
        """Return open minutes without work."""
        return self.available - self.worked

    @property
    def share(self) -> float:
        """Return the share of open time that is worked [0 to 1]."""
        return self.worked / self.available if self.available else 0.0


@dataclass(frozen=True)
class Explanation:
    """Late jobs, the latest (weighted) first; use of every resource; bottlenecks, the one that holds up most first."""

    late: tuple[LateJob, ...]
    use: tuple[Use, ...]
    bottlenecks: tuple[int, ...]


class _Hours:
    """A calendar with quick sums."""

    def __init__(self, calendar: Calendar | None) -> None:
        self.spans = None if calendar is None else calendar.intervals
        self.starts = [] if calendar is None else [a for a, _ in calendar.intervals]
        self.before = [0]
        for a, b in self.spans or ():
            self.before.append(self.before[-1] + b - a)

    def worked(self, t: int) -> int:
        """Return minutes open before ``t``."""
        if self.spans is None:
            return t
        k = bisect_right(self.starts, t) - 1
        return 0 if k < 0 else self.before[k] + min(t, self.spans[k][1]) - self.spans[k][0]

    def after(self, t: int, work: int) -> int:
        """Return when ``work`` minutes have been worked from ``t`` on."""
        if self.spans is None or work == 0:
            return t + work
        goal = self.worked(t) + work
        k = bisect_right(self.before, goal - 1) - 1
        return self.spans[k][0] + goal - self.before[k] if k < len(self.spans) else t + work


class _Reader:
    """A plan with what stands before each task."""

    def __init__(self, problem: Problem, schedule: Schedule) -> None:
        self.problem = problem
        self.at = {(x.job, x.task): x for x in schedule.tasks}
        self.hours = [_Hours(None if r.calendar is None else problem.calendars[r.calendar]) for r in problem.resources]
        self.before: dict[tuple[int, int], Assignment] = {}
        on: dict[int, list[Assignment]] = defaultdict(list)
        for x in sorted(schedule.tasks, key=lambda x: (x.start, x.end)):
            on[x.resource].append(x)
        for r, row in on.items():
            self._units(problem.resources[r].capacity, row)

    def _units(self, capacity: int, row: list[Assignment]) -> None:
        ends: list[Assignment | None] = [None] * capacity
        for x in row:
            k = min(range(capacity), key=lambda u: -1 if (e := ends[u]) is None else e.end)
            previous = ends[k]
            if previous is not None:
                self.before[x.job, x.task] = previous
            ends[k] = x

    def binding(self, x: Assignment) -> tuple[Step, Assignment | None]:
        """Return what decides the start of ``x`` and the task it waits for."""
        job, resource = self.problem.jobs[x.job], self.problem.resources[x.resource]
        task = job.tasks[x.task]
        if task.fixed is not None:
            return Step(x, "frozen", 0), None
        options: list[tuple[int, str, Assignment | None]] = [(job.release, "release", None)]
        options.append((task.release, "material" if task.release > job.release else "release", None))
        for link in job.arcs:
            if link.after == x.task:
                p = self.at[x.job, link.before]
                road = self.problem.transport[self.problem.resources[p.resource].site][resource.site]
                options.append((p.end + link.lag + road, "transport" if road else "precedence", p))
        previous = self.before.get((x.job, x.task))
        if previous is not None:
            setup = 0
            if resource.setup is not None:
                family = self.problem.jobs[previous.job].tasks[previous.task].family
                setup = self.problem.setups[resource.setup][family][task.family]
            free = self.hours[x.resource].after(previous.end, setup)
            options.append((free, "setup" if setup else "resource", previous))
        bound, reason, waited = max(options, key=lambda o: o[0])
        return Step(x, reason if bound > 0 else "nothing", max(0, x.start - bound)), waited


def explain(problem: Problem, schedule: Schedule) -> Explanation:
    """Return what holds back every late job, and the use of every resource, of a complete and checked plan."""
    reader = _Reader(problem, schedule)
    last: dict[int, Assignment] = {}
    for x in schedule.tasks:
        if x.job not in last or x.end > last[x.job].end:
            last[x.job] = x
    late = []
    holds: Counter[int] = Counter()
    for j, x in last.items():
        due = problem.jobs[j].due
        if due is None or x.end <= due:
            continue
        chain: list[Step] = []
        at: Assignment | None = x
        while at is not None and len(chain) < LONGEST:
            step, at = reader.binding(at)
            chain.append(step)
        holds.update(s.task.resource for s in chain if s.reason in ("resource", "setup"))
        late.append(LateJob(j, x.end - due, tuple(chain)))
    late.sort(key=lambda row: -row.minutes * problem.jobs[row.job].weight)
    end = max(x.end for x in schedule.tasks)
    worked: Counter[int] = Counter()
    for x in schedule.tasks:
        worked[x.resource] += reader.hours[x.resource].worked(x.end) - reader.hours[x.resource].worked(x.start)
    use = tuple(
        Use(r, worked[r], reader.hours[r].worked(end) * resource.capacity, holds[r])
        for r, resource in enumerate(problem.resources)
    )
    order = sorted(range(len(use)), key=lambda r: (-use[r].holds, -use[r].share))
    return Explanation(tuple(late), use, tuple(r for r in order if use[r].holds or use[r].share > 0.9))
