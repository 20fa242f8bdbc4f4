"""Random histories of small shops: a floor works to the plan, well and badly, and reports; every replan is examined.

What the floor reports is true and enough to tell what has started: starts and ends that are not as planned, breakdowns,
orders cancelled and new. What it does not report went as planned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from gongzao.scheduling import (
    Breakdown,
    Calendar,
    Cancel,
    Finish,
    InvalidProblem,
    Job,
    Mode,
    NoSchedule,
    Problem,
    Replan,
    Schedule,
    Start,
    Stop,
    Task,
    Urgent,
    check,
    replan,
    solve,
)
from gongzao.scheduling.events import Event
from gongzao.scheduling.replanning import standing
from tests.scheduling.oracle import faults, minutes, optimum, spans_of, value_of

Key = tuple[int, int]
MOVES = 300
STEPS = 4
ASKED = 5
"""Tasks left up to which the time-indexed model is asked."""
LONG = 60
"""How long a resource works that is always open [min], so that minutes can be counted one by one."""


@dataclass
class Fact:
    """What a task really did: start, end, and whether the end is known to the planner."""

    start: int
    end: int
    known: bool


class Floor:
    """A shop that works to a plan from one replan to the next; ``done`` is what has really happened."""

    def __init__(self, problem: Problem, schedule: Schedule, rng: Random) -> None:
        self.problem, self.schedule, self.rng = problem, schedule, rng
        self.now = 0
        self.done: dict[Key, Fact] = {}

    def work(self, now: int) -> list[Event]:
        """Work until ``now``; return the reports."""
        stops = self.breakdowns(now)
        reports: list[Event] = [*stops]
        spoilt: set[Key] = set()
        for key, fact in self.done.items():
            if fact.end > self.now and not self.goes_on(key, fact, now, stops, reports):
                spoilt.add(key)
        self.done = {key: fact for key, fact in self.done.items() if key not in spoilt}
        at = {(x.job, x.task): x for x in self.schedule.tasks}
        rank = {(j, t): k for j, job in enumerate(self.problem.jobs) for k, t in enumerate(job.topological)}
        for key, x in sorted(at.items(), key=lambda kx: (kx[1].start, kx[1].end, rank[kx[0]])):
            if key not in self.done and key not in spoilt and x.start < now:
                self.begin(key, now, stops, reports)
        self.now = now
        self.rng.shuffle(reports)
        return reports

    def breakdowns(self, now: int) -> list[Breakdown]:
        """Return what breaks down; nothing that is said to have been done by then is undone."""
        found = []
        for r in range(len(self.problem.resources)):
            if self.rng.random() < 0.25:
                start = self.rng.randint(self.now, now + 2)
                found.append(Breakdown(r, start, start + self.rng.randint(1, 6)))
        return found

    def resource(self, key: Key) -> int:
        """Return the resource a task is planned on."""
        return next(x.resource for x in self.schedule.tasks if (x.job, x.task) == key)

    def expected(self, key: Key, start: int, stops: list[Breakdown]) -> int:
        """Return when a task that starts then ends if all goes well."""
        r = self.resource(key)
        task = self.problem.jobs[key[0]].tasks[key[1]]
        left = next(m.duration for m in task.modes if m.resource == r)
        spans, t = spans_of(self.problem, r), start
        while left and t < 1_000:
            up = not any(b.resource == r and b.start <= t < b.end for b in stops)
            left -= not task.resumable or (up and (spans is None or any(a <= t < b for a, b in spans)))
            t += 1
        return t

    def ruined(self, key: Key, start: int, end: int, stops: list[Breakdown]) -> bool:
        """Return whether a breakdown ruins a task."""
        r = self.resource(key)
        task = self.problem.jobs[key[0]].tasks[key[1]]
        return not task.resumable and any(b.resource == r and b.start < end and start < b.end for b in stops)

    def goes_on(self, key: Key, fact: Fact, now: int, stops: list[Breakdown], reports: list[Event]) -> bool:
        """Go on with a task that was running; return whether it was not ruined."""
        r = self.resource(key)
        if self.ruined(key, fact.start, fact.end, stops):
            return False
        held = sum(minutes_of(b, max(fact.start, self.now), fact.end) for b in stops if b.resource == r)
        if held or self.rng.random() < 0.3:
            down = [b for b in stops if b.resource == r]
            fact.end += held + self.rng.choice([0, 0, 1, 3])
            while any(b.start < fact.end < b.end for b in down):
                fact.end += 1
            reports.append(Finish(*key, fact.end))
            fact.known = True
        return True

    def begin(self, key: Key, now: int, stops: list[Breakdown], reports: list[Event]) -> None:
        """Start a task as soon as it can be, if that is before now, and end it by and by."""
        x = next(y for y in self.schedule.tasks if (y.job, y.task) == key)
        job, resource = self.problem.jobs[x.job], self.problem.resources[x.resource]
        before = [(x.job, a.before) for a in job.arcs if a.after == x.task]
        if any(p not in self.done for p in before):
            return
        start = max([self.now, x.start, *(self.done[p].end for p in before)])
        lasts = next(m.duration for m in job.tasks[x.task].modes if m.resource == x.resource) > 0
        start = self.free_from(x.resource, start, stops, lasts=lasts or resource.capacity == 1)
        if start >= now:
            return
        clean = start == x.start and all(self.done[p].end + self.way(p, key) <= start for p in before)
        here = [(f.end, k) for k, f in self.done.items() if self.resource(k) == x.resource and f.end <= start]
        if here and resource.setup is not None:
            last = self.problem.jobs[max(here)[1][0]].tasks[max(here)[1][1]].family
            need = self.problem.setups[resource.setup][last][job.tasks[x.task].family]
            shut = sum(minutes_of(b, max(here)[0], start) for b in stops if b.resource == x.resource)
            clean &= minutes(self.problem, x.resource, max(here)[0], start) - shut >= need
        if not clean or self.rng.random() < 0.2:
            reports.append(Start(*key, start))
        self.end(key, start, now, stops, reports, lasts=lasts)

    def end(self, key: Key, start: int, now: int, stops: list[Breakdown], reports: list[Event], *, lasts: bool) -> None:
        """End a task that has started, as planned or not."""
        planned = self.expected(key, start, stops)
        end = max(start + 1, planned + self.rng.choice([0, 0, 0, -3, -1, 1, 2, 5])) if lasts else start
        if self.ruined(key, start, planned if end == planned else min(end, planned), stops):
            return
        down = [b for b in stops if b.resource == self.resource(key)]
        while any(b.start < end < b.end for b in down):
            end += 1
        if self.ruined(key, start, end, stops):
            end = planned
        known = end != planned or self.rng.random() < 0.3
        if known:
            reports.append(Finish(*key, end))
        self.done[key] = Fact(start, end, known or end <= now)

    def way(self, before: Key, after: Key) -> int:
        """Return lag and transport between two tasks of a job."""
        lag = next(a.lag for a in self.problem.jobs[before[0]].arcs if (a.before, a.after) == (before[1], after[1]))
        one, two = (self.problem.resources[self.resource(k)].site for k in (before, after))
        return lag + self.problem.transport[one][two]

    def free_from(self, r: int, start: int, stops: list[Breakdown], *, lasts: bool) -> int:
        """Return when a resource is up and, for a task that lasts, has room."""
        while True:
            there = [f for k, f in self.done.items() if self.resource(k) == r and f.start <= start < f.end]
            down = any(b.resource == r and b.start <= start < b.end for b in stops)
            if not down and (not lasts or len(there) < self.problem.resources[r].capacity):
                return start
            start += 1

    def follow(self, new: Replan) -> None:
        """Go on with a new plan."""
        numbers = {old: j for j, old in enumerate(new.jobs) if old is not None}
        gone = {old for old in range(len(self.problem.jobs)) if old not in numbers}
        kept: dict[int, list[int]] = {}
        for j, t in sorted(self.done):
            kept.setdefault(j, []).append(t)
        done = {}
        for (j, t), fact in self.done.items():
            if j not in gone:
                whole = len(new.problem.jobs[numbers[j]].tasks) == len(self.problem.jobs[j].tasks)
                done[numbers[j], t if whole else kept[j].index(t)] = fact
        self.problem, self.schedule, self.done = new.problem, new.schedule, done


def minutes_of(stop: Breakdown, start: int, end: int) -> int:
    """Return how long a breakdown lasts between two instants."""
    return max(0, min(stop.end, end) - max(stop.start, start))


def orders(floor: Floor, rng: Random) -> list[Event]:
    """Return new orders and cancelled ones."""
    found: list[Event] = []
    if rng.random() < 0.3:
        resources = floor.problem.resources
        tasks = tuple(
            Task((Mode(rng.randrange(len(resources)), rng.randint(1, 4)),), resumable=rng.random() < 0.5)
            for _ in range(rng.randint(1, 2))
        )
        found.append(Urgent(Job(tasks, due=rng.randint(floor.now, floor.now + 20), weight=3)))
    if rng.random() < 0.2:
        found.append(Cancel(rng.randrange(len(floor.problem.jobs))))
    return found


def lived(floor: Floor, new: Replan, now: int) -> list[str]:
    """Return where a new plan is not what has really happened, or has something else happen before now."""
    wrong = []
    for x in new.schedule.tasks:
        fact = floor.done.get((x.job, x.task))
        if fact is None and x.start < now:
            wrong.append(f"{x} has not started, and now is {now}")
        if fact is not None and x.start != fact.start:
            wrong.append(f"{x} started at {fact.start}")
        if fact is not None and fact.known and x.end != fact.end:
            wrong.append(f"{x} ended at {fact.end}")
    there = {(x.job, x.task) for x in new.schedule.tasks}
    return [*wrong, *(f"{key} was done and is gone" for key in floor.done if key not in there)]


def shop_for(problem: Problem, rng: Random) -> Problem:
    """Return a problem of which minutes can be counted, mostly with room to spare, with nothing yet begun."""
    jobs = tuple(
        replace(j, tasks=tuple(replace(t, fixed=None) for t in j.tasks), deadline=rng.choice([None, None, j.deadline]))
        for j in problem.jobs
    )
    always, wide = len(problem.calendars), rng.random() < 0.8
    resources = tuple(replace(r, calendar=always if r.calendar is None else r.calendar) for r in problem.resources)
    calendars = [
        replace(c, intervals=(*c.intervals, (c.intervals[-1][1] + 2, c.intervals[-1][1] + LONG))) if wide else c
        for c in problem.calendars
    ]
    calendars.append(Calendar(((0, LONG),)))
    return replace(problem, jobs=jobs, resources=resources, calendars=tuple(calendars), baseline=None)


def history_faults(problem: Problem, rng: Random) -> tuple[list[str], str]:
    """Live through a history of replans; return what was wrong, and how it ended.

    As long as few tasks are left the time-indexed model says whether there is a plan, and what the best one is worth.
    """
    problem = shop_for(problem, rng)
    try:
        floor = Floor(problem, solve(problem, stop=Stop(iterations=MOVES), seed=1).schedule, rng)
    except NoSchedule:
        return [], "no plan"
    wrong: list[str] = []
    for step in range(STEPS):
        now = floor.now + rng.randint(0 if step else 1, 9)
        events = [*floor.work(now), *orders(floor, rng)]
        told = f"step {step}, now {now}, {events}"
        try:
            changed, _ = standing(floor.problem, floor.schedule, now, events)
        except NoSchedule:
            return wrong, "nothing left"
        except InvalidProblem as error:
            return [f"{told}: {error.en}"], "misunderstood"
        ask = sum(t.fixed is None for j in changed.jobs for t in j.tasks) <= ASKED
        best = optimum(changed) if ask else None
        try:
            new = replan(floor.problem, floor.schedule, now, events, moves=MOVES, seed=step)
        except NoSchedule as error:
            if best is not None or (not ask and error.code == "schedule.none_found"):
                wrong.append(f"{told}: {error.code}, though {best and best[0]} can be had")
            return wrong, "refused"
        floor.follow(new)
        found = [*(f"{v.rule} {v.en}" for v in check(new.problem, new.schedule)), *lived(floor, new, now)]
        found += faults(new.problem, new.schedule)
        if new.objective != value_of(new.problem, new.schedule):
            found.append(f"objective {new.objective} of a plan worth {value_of(new.problem, new.schedule)}")
        if ask and (best is None or new.objective < best[0]):
            found.append(f"objective {new.objective}, and the best is {best and best[0]}")
        wrong += [f"{told}: {x}" for x in found]
        if wrong:
            break
    return wrong, "lived"
