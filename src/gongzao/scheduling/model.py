"""What is to be scheduled: jobs of tasks, the resources they may use, and what counts as good.

All times are integer minutes from the problem's epoch; durations are working minutes of the resource.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import NoReturn

from gongzao.scheduling.epoch import require_epoch
from gongzao.scheduling.errors import InvalidProblem

MAX_TIME = 100_000_000
"""Largest instant, duration, lag, setup or transport time [min], about 190 years."""
MAX_WEIGHT = 10_000
"""Largest weight of a job."""
MAX_COST = 10**12
"""Largest cost of a mode [fen]."""
MAX_TOTAL = 2**62
"""Largest total that any objective of a problem may reach."""


def _fail(code: str, en: str, zh: str) -> NoReturn:
    raise InvalidProblem(f"schedule.{code}", en=en, zh=zh)


def _whole(value: object, low: int, high: int, what: str) -> None:
    if type(value) is not int:
        _fail("not_integer", f"{what} must be a whole number, not {value!r}", f"{what} 必须是整数，而不是 {value!r}")
    if not low <= value <= high:
        _fail(
            "range", f"{what} must be {low} to {high}, not {value}", f"{what} 须在 {low} 到 {high} 之间，而不是 {value}"
        )


def _table(rows: Sequence[Sequence[int]], what: str) -> None:
    for row in rows:
        if len(row) != len(rows):
            _fail("square", f"{what} must be square", f"{what} 必须是方阵")
        for value in row:
            _whole(value, 0, MAX_TIME, f"an entry of {what}")


class Measure(StrEnum):
    """What can be minimised. Times in minutes, cost in fen, the rest counted."""

    MAKESPAN = "makespan"
    TARDINESS = "tardiness"
    LATE = "late"
    COST = "cost"
    CHANGES = "changes"


@dataclass(frozen=True, slots=True)
class Objective:
    """Levels in order of importance; each level is a weighted sum of measures.

    A lower level counts only among schedules equal on every higher one. ``tardiness`` is the sum over jobs of weight
    times minutes late, ``late`` the number of late jobs, ``changes`` the number of tasks whose start or resource
    differs from the baseline.

    >>> Objective.lexicographic("tardiness", "makespan").levels
    (((<Measure.TARDINESS: 'tardiness'>, 1),), ((<Measure.MAKESPAN: 'makespan'>, 1),))
    """

    levels: tuple[tuple[tuple[Measure, int], ...], ...] = (((Measure.MAKESPAN, 1),),)

    def __post_init__(self) -> None:
        if not self.levels or not all(self.levels):
            _fail("objective", "an objective needs at least one measure on each level", "目标的每一级至少要有一个指标")
        for level in self.levels:
            for _, weight in level:
                _whole(weight, 1, MAX_WEIGHT, "weight of a measure")

    @classmethod
    def lexicographic(cls, *measures: str) -> Objective:
        """Return the objective that minimises the measures one after the other."""
        return cls(tuple(((_measure(m), 1),) for m in measures))

    @classmethod
    def weighted(cls, /, **weights: int) -> Objective:
        """Return the objective that minimises one weighted sum, for instance ``tardiness=10, makespan=1``."""
        return cls((tuple((_measure(m), w) for m, w in weights.items()),))

    def value(self, measures: dict[Measure, int]) -> tuple[int, ...]:
        """Return the value of each level."""
        return tuple(sum(w * measures[m] for m, w in level) for level in self.levels)


def _measure(name: str) -> Measure:
    if name not in set(Measure):
        _fail("measure", f"unknown measure {name!r}; known: {', '.join(Measure)}", f"未知指标 {name!r}")
    return Measure(name)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working intervals ``(start, end)`` [min], in order, not touching; outside them nothing is worked.

    Shifts that follow one another without a gap are one interval; a problem file may give them one by one.
    """

    intervals: tuple[tuple[int, int], ...]
    name: str = ""

    def __post_init__(self) -> None:
        where = f"calendar {self.name!r}"
        if not self.intervals:
            _fail("calendar_empty", f"{where} has no working interval", f"日历 {self.name!r} 没有工作时段")
        for start, end in self.intervals:
            _whole(start, 0, MAX_TIME, f"{where}: start")
            _whole(end, start + 1, MAX_TIME, f"{where}: end after {start}")
        for (_, end), (start, _) in pairwise(self.intervals):
            if start <= end:
                _fail(
                    "calendar_order",
                    f"{where}: interval at {start} must begin after the one before ends at {end}",
                    f"日历 {self.name!r}：{start} 开始的时段必须晚于前一时段的结束 {end}",
                )


@dataclass(frozen=True, slots=True)
class Resource:
    """A machine, or a pool of equal units.

    Parameters
    ----------
    capacity
        Units [1 to 10,000]; each task takes one.
    calendar
        Index into ``Problem.calendars``; ``None`` is always open.
    setup
        Index into ``Problem.setups``; ``None`` is no setups. Only for capacity 1.
    family
        Setup family the resource is in at time 0; ``None``: the first task needs no setup.
    site
        Index into ``Problem.transport``.
    begun
        Family and start [min] of a setup under way at ``Problem.now``; any other setup begins at ``now`` or later.
    """

    name: str = ""
    capacity: int = 1
    calendar: int | None = None
    setup: int | None = None
    family: int | None = None
    site: int = 0
    begun: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        where = f"resource {self.name!r}"
        _whole(self.capacity, 1, 10_000, f"{where}: capacity")
        if self.capacity > 1 and self.setup is not None:
            _fail("pool_setup", f"{where}: a pool cannot have setups", f"资源 {self.name!r}：资源池不能有换型时间")


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to do a task: on ``resource`` (index) for ``duration`` working minutes at ``cost`` [fen]."""

    resource: int
    duration: int
    cost: int = 0

    def __post_init__(self) -> None:
        _whole(self.duration, 0, MAX_TIME, "duration")
        _whole(self.cost, 0, MAX_COST, "cost")


@dataclass(frozen=True, slots=True)
class Fixed:
    """A start that may not change.

    Parameters
    ----------
    mode
        Index of the mode taken.
    start
        The start [min].
    end
        When the task ended, or will for all that is known [min]: it holds its resource from start to end, whatever
        calendar and duration say.
    assumed
        Nobody reported it, the plan had it so: a later report that says otherwise counts.
    """

    mode: int
    start: int
    end: int | None = None
    assumed: bool = False

    def __post_init__(self) -> None:
        _whole(self.start, 0, MAX_TIME, "fixed start")
        if self.end is not None:
            _whole(self.end, self.start, MAX_TIME, f"end after the fixed start {self.start}")
        if type(self.assumed) is not bool:
            _fail("kind", f"assumed must be true or false, not {self.assumed!r}", "assumed 必须是 true 或 false")


@dataclass(frozen=True, slots=True)
class Task:
    """One operation.

    Parameters
    ----------
    modes
        Alternatives, at most one per resource.
    family
        Setup family.
    resumable
        Whether a break of the calendar may interrupt the task; it goes on at the next working minute.
    release
        Earliest start [min], for instance when material arrives.
    fixed
        Frozen start of work in progress.
    """

    modes: tuple[Mode, ...]
    family: int = 0
    resumable: bool = False
    release: int = 0
    fixed: Fixed | None = None
    name: str = ""

    def __post_init__(self) -> None:
        where = f"task {self.name!r}"
        if not self.modes:
            _fail("no_mode", f"{where} has no mode", f"任务 {self.name!r} 没有可用的加工方式")
        if len({m.resource for m in self.modes}) < len(self.modes):
            _fail("mode_twice", f"{where} names a resource twice", f"任务 {self.name!r} 重复列出同一资源")
        _whole(self.family, 0, MAX_WEIGHT, f"{where}: family")
        _whole(self.release, 0, MAX_TIME, f"{where}: release")
        if self.fixed is not None:
            _whole(self.fixed.mode, 0, len(self.modes) - 1, f"{where}: fixed mode")


@dataclass(frozen=True, slots=True)
class Link:
    """``after`` starts at least ``lag`` minutes, and the transport time, after ``before`` ends (indices in the job)."""

    before: int
    after: int
    lag: int = 0

    def __post_init__(self) -> None:
        _whole(self.lag, 0, MAX_TIME, "lag")


@dataclass(frozen=True)
class Job:
    """An order.

    Parameters
    ----------
    tasks
        At least one.
    links
        Precedences, without a cycle; ``None`` is a chain in the order given.
    release, due, deadline
        Earliest start, promised end (lateness counts against the objective) and latest end allowed [min].
    weight
        How much a minute of lateness counts [0 to 10,000].
    """

    tasks: tuple[Task, ...]
    links: tuple[Link, ...] | None = None
    release: int = 0
    due: int | None = None
    deadline: int | None = None
    weight: int = 1
    name: str = ""

    def __post_init__(self) -> None:
        where = f"job {self.name!r}"
        if not self.tasks:
            _fail("no_task", f"{where} has no task", f"订单 {self.name!r} 没有任务")
        _whole(self.release, 0, MAX_TIME, f"{where}: release")
        for what, value in (("due", self.due), ("deadline", self.deadline)):
            if value is not None:
                _whole(value, 0, MAX_TIME, f"{where}: {what}")
        _whole(self.weight, 0, MAX_WEIGHT, f"{where}: weight")
        seen: set[tuple[int, int]] = set()
        for link in self.links or ():
            for end in (link.before, link.after):
                _whole(end, 0, len(self.tasks) - 1, f"{where}: task of a link")
            if (link.before, link.after) in seen:
                _fail(
                    "link_twice",
                    f"{where}: link {link.before}→{link.after} twice",
                    f"订单 {self.name!r} 的先后关系重复",
                )
            seen.add((link.before, link.after))
        if len(self.topological) < len(self.tasks):
            stuck = sorted(set(range(len(self.tasks))) - set(self.topological))
            _fail(
                "cycle",
                f"{where}: links form a cycle through tasks {stuck}",
                f"订单 {self.name!r}：任务 {stuck} 的先后关系成环",
            )

    @cached_property
    def arcs(self) -> tuple[Link, ...]:
        """Return the precedences, a chain written out."""
        if self.links is None:
            return tuple(Link(i, i + 1) for i in range(len(self.tasks) - 1))
        return self.links

    @cached_property
    def topological(self) -> tuple[int, ...]:
        """Return task indices in an order that keeps the links; some are missing if there is a cycle."""
        if self.links is None:
            return tuple(range(len(self.tasks)))
        waiting = [0] * len(self.tasks)
        after: list[list[int]] = [[] for _ in self.tasks]
        for link in self.links:
            waiting[link.after] += 1
            after[link.before].append(link.after)
        done = [i for i, count in enumerate(waiting) if count == 0]
        for i in done:
            for j in after[i]:
                waiting[j] -= 1
                if waiting[j] == 0:
                    done.append(j)
        return tuple(done)


@dataclass(frozen=True)
class Problem:
    """Everything the engine needs to know.

    Parameters
    ----------
    jobs, resources, calendars
        See :class:`Job`, :class:`Resource`, :class:`Calendar`.
    setups
        Matrices ``setups[k][from_family][to_family]`` [working min].
    transport
        Matrix ``transport[from_site][to_site]`` [min], between a task and the next of its job.
    baseline
        For each job and task ``(resource, start)`` of an earlier plan, or ``None`` where there was none; what the
        measure ``changes`` compares with.
    epoch
        The instant of minute 0, with its time zone (a ``ZoneInfo`` where there is summer time) [years 1900 to 9700];
        only for showing.
    now
        The instant up to which it is known what has happened [min]: what is not fixed starts then or later, and so does
        its setup; see :meth:`past`.

    Raises
    ------
    InvalidProblem
        With the item and the rule it breaks.
    """

    jobs: tuple[Job, ...]
    resources: tuple[Resource, ...]
    calendars: tuple[Calendar, ...] = ()
    setups: tuple[tuple[tuple[int, ...], ...], ...] = ()
    transport: tuple[tuple[int, ...], ...] = ((0,),)
    objective: Objective = field(default_factory=Objective)
    baseline: tuple[tuple[tuple[int, int] | None, ...], ...] | None = None
    epoch: datetime | None = None
    name: str = ""
    now: int | None = None

    def __post_init__(self) -> None:
        if self.now is not None:
            _whole(self.now, 0, MAX_TIME, "now")
        if not self.jobs:
            _fail("no_job", "a problem needs at least one job", "问题至少要有一个订单")
        if not self.transport:
            _fail("no_site", "the transport matrix needs at least one site", "运输时间表至少要有一个地点")
        if self.epoch is not None:
            require_epoch(self.epoch)
        for i, setup in enumerate(self.setups):
            _table(setup, f"setup matrix {i}")
        _table(self.transport, "the transport matrix")
        for i, resource in enumerate(self.resources):
            self._check_resource(i, resource)
        for j, job in enumerate(self.jobs):
            for t, task in enumerate(job.tasks):
                self._check_task(f"job {j} {job.name!r}, task {t} {task.name!r}", task)
        self._check_baseline(self.baseline or ())
        time = self.horizon * max(1, sum(j.weight for j in self.jobs))
        cost = sum(max(m.cost for m in task.modes) for job in self.jobs for task in job.tasks)
        if (time + cost) * self._heaviest() > MAX_TOTAL:
            _fail(
                "total",
                "times, costs and weights are too large for totals",
                "时间、成本与权重过大，合计会溢出",
            )

    def _heaviest(self) -> int:
        return max(sum(w for _, w in level) for level in self.objective.levels)

    def _check_resource(self, index: int, resource: Resource) -> None:
        where = f"resource {index} {resource.name!r}"
        if resource.calendar is not None:
            _whole(resource.calendar, 0, len(self.calendars) - 1, f"{where}: calendar")
        if resource.setup is not None:
            _whole(resource.setup, 0, len(self.setups) - 1, f"{where}: setup matrix")
            if resource.family is not None:
                _whole(resource.family, 0, len(self.setups[resource.setup]) - 1, f"{where}: family")
        if resource.begun is not None:
            if resource.setup is None or self.now is None:
                _fail(
                    "begun",
                    f"{where}: a setup under way needs a setup matrix and the problem's now",
                    f"{where}：进行中的换型需要换型表和 now",
                )
            _whole(resource.begun[0], 0, len(self.setups[resource.setup]) - 1, f"{where}: family of the setup begun")
            _whole(resource.begun[1], 0, self.now, f"{where}: start of the setup begun")
        _whole(resource.site, 0, len(self.transport) - 1, f"{where}: site")

    def _check_baseline(self, baseline: Sequence[Sequence[tuple[int, int] | None]]) -> None:
        if self.baseline is not None and [len(j) for j in baseline] != [len(j.tasks) for j in self.jobs]:
            _fail("baseline", "the baseline must have an entry for every task", "基准计划必须覆盖每个任务")
        for j, row in enumerate(baseline):
            for t, planned in enumerate(row):
                if planned is not None:
                    _whole(planned[0], 0, len(self.resources) - 1, f"baseline[{j}][{t}]: resource")
                    _whole(planned[1], 0, MAX_TOTAL, f"baseline[{j}][{t}]: start")

    def _check_task(self, where: str, task: Task) -> None:
        for mode in task.modes:
            if type(mode.resource) is not int or not 0 <= mode.resource < len(self.resources):
                _fail(
                    "unknown_resource",
                    f"{where}: unknown resource {mode.resource!r}",
                    f"{where}：未知资源 {mode.resource!r}",
                )
            setup = self.resources[mode.resource].setup
            if setup is not None and task.family >= len(self.setups[setup]):
                _fail(
                    "unknown_family",
                    f"{where}: family {task.family} is not in setup matrix {setup}",
                    f"{where}：换型族 {task.family} 不在换型表 {setup} 中",
                )

    def past(self, task: Task) -> bool:
        """Return whether a task has started: its end is known, or it is fixed to a start up to ``now``.

        What has started keeps its start, and needs no slot of a calendar, release, setup, lag or transport any more;
        one that cannot pause runs on until its duration is over, one that can is worked in the hours of the calendar.
        """
        fixed = task.fixed
        return fixed is not None and (fixed.end is not None or (self.now is not None and fixed.start <= self.now))

    @cached_property
    def horizon(self) -> int:
        """Return an instant [min] by which everything can be done one after the other, calendars aside.

        Where ``changes`` count that is after every start of the baseline.
        """
        top = max([self.now or 0, *(j.release for j in self.jobs)])
        if any(m is Measure.CHANGES for level in self.objective.levels for m, _ in level):
            top = max([top, *(b[1] for row in self.baseline or () for b in row if b is not None)])
        setup = max((max(map(max, s)) for s in self.setups if s), default=0)
        travel = max(map(max, self.transport))
        close = max((c.intervals[-1][1] for c in self.calendars), default=0)
        total = top + close
        for job in self.jobs:
            total += sum(link.lag + travel for link in job.arcs)
            for task in job.tasks:
                start = max(task.fixed.start, task.fixed.end or 0) if task.fixed else 0
                total += max(m.duration for m in task.modes) + setup + max(0, task.release, start)
        return total

    @cached_property
    def size(self) -> int:
        """Return the number of tasks."""
        return sum(len(j.tasks) for j in self.jobs)


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where and when a task is done: indices of job, task in the job and resource; start and end [min]."""

    job: int
    task: int
    resource: int
    start: int
    end: int


@dataclass(frozen=True)
class Schedule:
    """A plan: one :class:`Assignment` per task, in order of job and task."""

    tasks: tuple[Assignment, ...]

    @classmethod
    def of(cls, tasks: Iterable[Assignment]) -> Schedule:
        """Return the schedule with its assignments sorted by job and task."""
        return cls(tuple(sorted(tasks, key=lambda a: (a.job, a.task))))

    def measures(self, problem: Problem) -> dict[Measure, int]:
        """Return every measure of the plan; needs an assignment for every task."""
        ends = [0] * len(problem.jobs)
        cost = changes = 0
        for a in self.tasks:
            ends[a.job] = max(ends[a.job], a.end)
            cost += next(m.cost for m in problem.jobs[a.job].tasks[a.task].modes if m.resource == a.resource)
            if problem.baseline is not None:
                before = problem.baseline[a.job][a.task]
                changes += before is not None and before != (a.resource, a.start)
        late = [max(0, end - j.due) if j.due is not None else 0 for end, j in zip(ends, problem.jobs, strict=True)]
        return {
            Measure.MAKESPAN: max(ends),
            Measure.TARDINESS: sum(j.weight * x for j, x in zip(problem.jobs, late, strict=True)),
            Measure.LATE: sum(x > 0 for x in late),
            Measure.COST: cost,
            Measure.CHANGES: changes,
        }

    def value(self, problem: Problem) -> tuple[int, ...]:
        """Return the objective of the plan, level by level."""
        return problem.objective.value(self.measures(problem))
