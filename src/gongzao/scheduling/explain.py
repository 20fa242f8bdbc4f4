"""Why a plan is as it is: what each late job waits for, how busy resources are, which of them bind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from gongzao.scheduling.hours import Hours, by_resource, setups
from gongzao.scheduling.model import Assignment, Problem, Schedule

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
        before it in the job, with its lag), ``transport`` (the same, with time on the road), ``resource`` (the machine
        is busy with the task before it), ``setup`` (the setup before it, which follows that task if there is one),
        ``frozen`` or ``nothing``.
    setup, closed, short, idle
        Minutes between what decides the start and the start: the setup worked, the resource closed, the resource open
        for less than the task needs at a stretch, and the resource open and waiting for nothing.
    """

    task: Assignment
    reason: str
    setup: int = 0
    closed: int = 0
    short: int = 0
    idle: int = 0


@dataclass(frozen=True, slots=True)
class LateJob:
    """A late job: minutes late and the chain that binds its end, from the end backwards."""

    job: int
    minutes: int
    chain: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """A resource until the plan's end: how it spent its open minutes (times capacity), and what it holds up.

    Parameters
    ----------
    worked, setup, available
        Minutes with work, with setups, and open at all.
    closed
        Minutes outside working time.
    holds
        How often it delays a late job.
    """

    resource: int
    worked: int
    setup: int
    available: int
    closed: int
    holds: int

    @property
    def idle(self) -> int:
        """Return open minutes with neither work nor setup."""
        return self.available - self.worked - self.setup

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


class _Reader:
    """A plan with what stands before each task."""

    def __init__(self, problem: Problem, schedule: Schedule) -> None:
        self.problem = problem
        self.at = {(x.job, x.task): x for x in schedule.tasks}
        self.hours = [Hours.of(problem, r) for r in range(len(problem.resources))]
        self.setups = setups(problem, schedule.tasks)
        self.before: dict[tuple[int, int], Assignment] = {}
        for r, row in by_resource(schedule.tasks).items():
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
        task = self.problem.jobs[x.job].tasks[x.task]
        if task.fixed is not None:
            return Step(x, "frozen"), None
        hours = self.hours[x.resource]
        setup = self.setups.get((x.job, x.task), 0)
        ready, reason, waited = max(self._waits(x, setup), key=lambda o: o[0])
        since = ready
        if reason == "setup":
            since = waited.end if waited is not None else 0
        elif ready == 0:
            reason = "nothing"
        duration = next(m.duration for m in task.modes if m.resource == x.resource)
        fitting = min(x.start, hours.fits(ready, duration, resumable=task.resumable))
        spent = setup if reason == "setup" else 0
        short = hours.between(ready, fitting)
        closed = fitting - since - spent - short
        return Step(x, reason, spent, closed, short, x.start - fitting), waited

    def _waits(self, x: Assignment, setup: int) -> list[tuple[int, str, Assignment | None]]:
        """Return what ``x`` waits for: until when, the reason, and the task that is over then."""
        job, resource = self.problem.jobs[x.job], self.problem.resources[x.resource]
        release = job.tasks[x.task].release
        waits: list[tuple[int, str, Assignment | None]] = [(job.release, "release", None)]
        if release > job.release:
            waits.append((release, "material", None))
        for link in job.arcs:
            if link.after == x.task:
                p = self.at[x.job, link.before]
                road = self.problem.transport[self.problem.resources[p.resource].site][resource.site]
                waits.append((p.end + link.lag + road, "transport" if road else "precedence", p))
        previous = self.before.get((x.job, x.task))
        if setup or previous is not None:
            free = 0 if previous is None else previous.end
            waits.append((self.hours[x.resource].after(free, setup), "setup" if setup else "resource", previous))
        return waits


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
    use = _uses(problem, schedule, reader, holds)
    order = sorted(range(len(use)), key=lambda r: (-use[r].holds, -use[r].share))
    return Explanation(tuple(late), use, tuple(r for r in order if use[r].holds or use[r].share > 0.9))


def _uses(problem: Problem, schedule: Schedule, reader: _Reader, holds: Counter[int]) -> tuple[Use, ...]:
    end = max(x.end for x in schedule.tasks)
    worked: Counter[int] = Counter()
    setup: Counter[int] = Counter()
    for x in schedule.tasks:
        worked[x.resource] += reader.hours[x.resource].between(x.start, x.end)
        setup[x.resource] += reader.setups.get((x.job, x.task), 0)
    uses = []
    for r, resource in enumerate(problem.resources):
        available = reader.hours[r].worked(end) * resource.capacity
        closed = end * resource.capacity - available
        uses.append(Use(r, worked[r], setup[r], available, closed, holds[r]))
    return tuple(uses)
