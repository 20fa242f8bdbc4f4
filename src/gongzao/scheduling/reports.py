"""What has happened by an instant: what was reported and, as far as that leaves room, what the plan in force had.

1. A reported start or end counts, whatever plan, calendar and duration say.
2. What a reported task needs before it in its job has ended by then, reported or not.
3. Any other task has started if the plan starts it before now and nothing known is in the way: all tasks before it in
   its job ended early enough, its resource was up, free and set up. It has ended when its duration is over, or when a
   task that was planned after it is reported to have taken its place.
4. A task that cannot pause and is hit by a breakdown before any reported end has to be done again.
5. Reports that contradict one another are refused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from gongzao.scheduling.errors import InvalidProblem
from gongzao.scheduling.events import Breakdown, Event, Finish, Start, name
from gongzao.scheduling.model import MAX_TIME, Assignment, Fixed, Problem, Schedule, Task
from gongzao.scheduling.past import hours, minutes, runs_until

Key = tuple[int, int]


@dataclass(slots=True)
class Record:
    """A task that has started: where it was planned, its start and end [min], and which of them were reported.

    ``final`` tells that the end was reported by an instant at which it had passed, or just now; ``cut`` that something
    reported shows that the task has ended.
    """

    plan: Assignment
    start: int
    end: int
    told_start: bool = False
    told_end: bool = False
    final: bool = False
    cut: bool = False


def meets(q: Record, t: int, r: Record) -> bool:
    """Return whether ``q`` holds a place at ``t`` that ``r`` needs; where it begins, one of no minutes may lie."""
    if r.start == r.end:
        return q.start < t < q.end
    return q.start <= t < q.end or q.start == q.end == t > r.start


class History:
    """Works out which tasks have started, and when.

    Parameters
    ----------
    problem, schedule
        The plan in force; ``problem`` has the calendars from before the breakdowns.
    after
        The problem with its calendars as they are now.
    now
        Present instant [min].
    events
        What is reported.
    """

    def __init__(self, problem: Problem, after: Problem, schedule: Schedule, now: int, events: Sequence[Event]) -> None:
        self.problem, self.after, self.now = problem, after, now
        rank = {(j, t): k for j, job in enumerate(problem.jobs) for k, t in enumerate(job.topological)}
        order = sorted(schedule.tasks, key=lambda x: (x.start, x.end, rank[x.job, x.task]))
        self.plan = {(x.job, x.task): x for x in order}
        self.rank = {key: k for k, key in enumerate(self.plan)}
        self.stops: dict[int, list[Breakdown]] = defaultdict(list)
        for event in events:
            if isinstance(event, Breakdown):
                self.stops[event.resource].append(event)
        self.known: dict[Key, Record] = {}
        self.on: dict[int, list[Key]] = defaultdict(list)
        self.site = [r.site for r in problem.resources]
        self.facts(events)
        self.implied = self.needed()
        self.settle()
        self.suppose()

    def task(self, key: Key) -> Task:
        """Return a task."""
        return self.problem.jobs[key[0]].tasks[key[1]]

    def before(self, key: Key) -> list[tuple[Key, int]]:
        """Return the tasks before one in its job, with lags."""
        return [((key[0], a.before), a.lag) for a in self.problem.jobs[key[0]].arcs if a.after == key[1]]

    def lasts(self, key: Key) -> bool:
        """Return whether a task takes any time."""
        x = self.plan[key]
        return next(m.duration for m in self.task(key).modes if m.resource == x.resource) > 0

    def runs(self, key: Key, start: int) -> int:
        """Return when a task that started ends if nothing is reported [min]."""
        end = runs_until(self.after, self.task(key), self.plan[key].resource, start)
        return MAX_TIME if end is None else end

    def fixed(self) -> dict[Key, Fixed]:
        """Return what is to be frozen of the tasks that have started."""
        out = {}
        for key, r in self.known.items():
            mode = next(k for k, m in enumerate(self.task(key).modes) if m.resource == r.plan.resource)
            end = r.end if r.told_end or r.cut else None
            out[key] = Fixed(mode, r.start, end, assumed=not r.told_end and (r.cut or not r.told_start))
        return out

    def facts(self, events: Sequence[Event]) -> None:
        """Take in what was reported, now and before."""
        told = self.problem.now if self.problem.now is not None else self.now
        for key, x in self.plan.items():
            fixed = self.task(key).fixed
            if (
                fixed is not None
                and not fixed.assumed
                and (self.problem.past(self.task(key)) or fixed.start <= self.now)
            ):
                end = fixed.end
                self.known[key] = Record(
                    x,
                    fixed.start,
                    end or 0,
                    told_start=True,
                    told_end=end is not None,
                    final=end is not None and end <= told,
                )
        reports = [e for e in events if isinstance(e, Start | Finish)]
        for event in sorted(reports, key=lambda e: isinstance(e, Finish)):
            key = (event.job, event.task)
            r = self.known.setdefault(key, Record(self.plan[key], self.plan[key].start, 0))
            if isinstance(event, Start):
                if r.told_start and r.start != event.start and not self.begun_again(key, r, event.start):
                    self.twice(key, "start", "开工", r.start, event.start)
                r.start, r.told_start = event.start, True
            else:
                if r.final and r.end != event.end:
                    self.twice(key, "end", "完工", r.end, event.end)
                r.end, r.told_end, r.final = event.end, True, True

    def begun_again(self, key: Key, r: Record, start: int) -> bool:
        """Return whether a breakdown ruined a task after its first start, for it to start anew; forget its end then."""
        again = any(r.start <= b.start and b.end <= start for b in self.stops[r.plan.resource])
        if self.task(key).resumable or r.final or not again:
            return False
        r.told_end = False
        return True

    def needed(self) -> set[Key]:
        """Return the tasks that must have ended as a later one of their job is reported; add those not yet known."""
        found: set[Key] = set()
        stack = list(self.known)
        while stack:
            for key, _ in self.before(stack.pop()):
                if key not in found:
                    found.add(key)
                    stack.append(key)
        for key in found:
            self.known.setdefault(key, Record(self.plan[key], self.plan[key].start, 0))
        return found

    def latest(self) -> dict[Key, int]:
        """Return by when each known task must have ended at the latest, as far as reports of its job tell [min]."""
        bound: dict[Key, int] = {}
        for key in sorted(self.known, key=self.rank.__getitem__, reverse=True):
            r = self.known[key]
            mine = r.end if r.told_end else bound.get(key, MAX_TIME)
            for p, _ in self.before(key):
                bound[p] = min(bound.get(p, MAX_TIME), r.start if r.told_start else mine)
            bound[key] = mine
        return bound

    def settle(self) -> None:
        """Give every known task its start and end, and refuse what cannot be together."""
        latest = self.latest()
        for key in sorted(self.known, key=self.rank.__getitem__):
            r = self.known[key]
            self.time(key, r, latest[key])
            self.require_up(key, r)
            if key not in self.implied and not r.final and self.ruined(key, r.start, r.end):
                del self.known[key]
                continue
            if not r.told_end and r.end > latest[key]:
                r.end, r.cut = latest[key], True
            self.require_possible(key, r, latest[key])
            self.on[r.plan.resource].append(key)
        for row in self.on.values():
            self.sweep(row)
        for key, r in self.known.items():
            for p, _ in self.before(key):
                if self.known[p].end > r.start:
                    self.clash(p, key)

    def time(self, key: Key, r: Record, limit: int) -> None:
        """Give a known task the start and end that were not reported."""
        if not r.told_start:
            r.start = self.first(key, limit)
        if not r.told_end:
            r.end = self.runs(key, r.start)
        elif not r.final:
            r.end = self.delayed(r)

    def first(self, key: Key, limit: int) -> int:
        """Return the start of a task that is known to have started, but not when: as planned or as soon as it could."""
        x = self.plan[key]
        start = x.start
        ways = [p for p, _ in self.before(key)]
        if self.problem.resources[x.resource].capacity == 1:
            ways += self.on[x.resource]
        for p in ways:
            q = self.known[p]
            if q.end > start and (q.end < limit or q.told_end):
                start = q.end
        for q in (self.known[p] for p in ways):
            if not q.told_end and q.end > start:
                q.end, q.cut = max(start, q.start), True
        for b in sorted(self.stops[x.resource], key=lambda b: b.start):
            if b.start <= start < b.end:
                start = b.end
        return start

    def delayed(self, r: Record) -> int:
        """Return the end of a task that was expected before the breakdowns were known."""
        stops = [(b.start, b.end) for b in self.stops[r.plan.resource]]
        return r.end + minutes(stops, r.start, r.end)

    def ruined(self, key: Key, start: int, end: int) -> bool:
        """Return whether a breakdown ruins a task."""
        stops = self.stops[self.plan[key].resource]
        return not self.task(key).resumable and any(b.start < end and start < b.end for b in stops)

    def require_possible(self, key: Key, r: Record, limit: int) -> None:
        """Refuse a task that ends before it starts, or cannot have started by now."""
        if r.end < r.start or (r.end == r.start and self.lasts(key)):
            self.empty(key, r, limit)
        if r.start > self.now:
            self.refuse(
                key,
                f"cannot have started before {r.start}, after now, {self.now}; report its start",
                f"在 {r.start} 之前不可能开工，而现在是 {self.now}；请报告其开工时间",
            )

    def require_up(self, key: Key, r: Record) -> None:
        """Refuse a start or an end that is reported from within a breakdown."""
        for b in self.stops[r.plan.resource]:
            for told, t, en, zh in ((r.told_start, r.start, "start", "开工"), (r.final, r.end, "end", "完工")):
                if told and b.start < t < b.end:
                    self.refuse(
                        key,
                        f"is reported to {en} at {t}, while its resource stands still from {b.start} to {b.end}",
                        f"报告在 {t} {zh}，而其资源在 {b.start} 至 {b.end} 停机",
                    )

    def sweep(self, row: list[Key]) -> None:
        """End what must have ended for what is reported to start on a resource; refuse what it cannot hold at once."""
        capacity = self.problem.resources[self.known[row[0]].plan.resource].capacity
        active: list[Key] = []
        for key in sorted(row, key=lambda k: (self.known[k].start, self.known[k].end, self.rank[k])):
            r = self.known[key]
            active = [k for k in active if self.known[k].end > r.start]
            while len(active) >= capacity and (capacity == 1 or r.end > r.start):
                open_ends = [k for k in active if not self.known[k].told_end and self.known[k].start < r.start]
                if not open_ends:
                    self.clash(active[-1], key)
                out = min(open_ends, key=lambda k: self.known[k].end)
                self.known[out].end, self.known[out].cut = r.start, True
                active.remove(out)
            active.append(key)

    def suppose(self) -> None:
        """Add the tasks that nobody reported, which the plan has started by now and nothing known hinders."""
        for key, x in self.plan.items():
            if key in self.known or not (x.start < self.now or self.problem.past(self.task(key))):
                continue
            fixed = self.task(key).fixed
            r = Record(x, x.start, self.runs(key, x.start))
            if fixed is not None and fixed.end is not None:
                r.end, r.cut = fixed.end, True
                r.end = self.delayed(r)
            stops = self.stops[x.resource]
            down = any(b.start <= x.start < b.end for b in stops) or self.ruined(key, r.start, r.end)
            if not down and self.ready(key, x) and self.has_room(key, r):
                self.known[key] = r
                self.on[x.resource].append(key)

    def ready(self, key: Key, x: Assignment) -> bool:
        """Return whether what comes before a task in its job let it start as planned."""
        for p, lag in self.before(key):
            q = self.known.get(p)
            if q is None:
                return False
            road = self.problem.transport[self.site[q.plan.resource]][self.site[x.resource]]
            if q.end + lag + road > x.start:
                return False
        return True

    def has_room(self, key: Key, r: Record) -> bool:
        """Return whether a task nobody reported had its resource; end it where a later one has taken its place."""
        resource = self.problem.resources[r.plan.resource]
        if resource.capacity > 1 and r.end == r.start:
            return True
        row = self.on[r.plan.resource]
        last = max((k for k in row if self.known[k].end <= r.start), key=lambda k: self.known[k].end, default=None)
        row[:] = [k for k in row if k == last or self.known[k].end > r.start]
        others = [self.known[k] for k in row]
        lasting = [q for q in others if q.end > q.start or resource.capacity == 1]
        for t in sorted({r.start, *(q.start for q in lasting if r.start < q.start < r.end)}):
            there = [q for q in lasting if meets(q, t, r)]
            if len(there) < resource.capacity:
                continue
            follows = all(self.rank[q.plan.job, q.plan.task] > self.rank[key] for q in there if q.start == t)
            if t == r.start or not follows:
                return False
            r.end, r.cut = t, True
            break
        if resource.setup is None or last is None:
            return True
        setup = self.problem.setups[resource.setup][self.task(last).family][self.task(key).family]
        return minutes(hours(self.after, r.plan.resource), self.known[last].end, r.start) >= setup

    def refuse(self, key: Key, en: str, zh: str) -> NoReturn:
        """Raise :class:`InvalidProblem` about a task."""
        who = name(self.problem, *key)
        raise InvalidProblem("schedule.report", en=f"{who[0]} {en}", zh=f"{who[1]}{zh}")

    def twice(self, key: Key, en: str, zh: str, one: int, two: int) -> NoReturn:
        """Refuse two reports of the same that differ."""
        self.refuse(key, f"is reported to {en} at {one} and at {two}", f"报告了两个{zh}时间：{one} 和 {two}")

    def empty(self, key: Key, r: Record, limit: int) -> NoReturn:
        """Refuse an end that is not after the start."""
        rivals = [*(p for p, _ in self.before(key)), *self.on[r.plan.resource]]
        rival = next((p for p in rivals if not r.told_start and self.known[p].end == r.start > r.plan.start), None)
        if r.told_end and rival is not None:
            en, zh = name(self.problem, *rival)
            self.refuse(
                key,
                f"is reported to end at {r.end}, but cannot have started before {en} ended at {r.start}",
                f"报告在 {r.end} 完工，而须先完工的{zh}结束于 {r.start}",
            )
        if r.told_end:
            told = ("is reported to start", "报告的") if r.told_start else ("by the plan starts", "计划的")
            self.refuse(
                key,
                f"is reported to end at {r.end}, but {told[0]} at {r.start}",
                f"报告在 {r.end} 完工，而{told[1]}开工时间是 {r.start}",
            )
        self.refuse(
            key,
            f"must have ended by {limit}, as what is reported of its job tells, but starts at {r.start}; report it too",
            f"按其订单的报告须在 {limit} 前完工，而开工时间是 {r.start}；请一并报告",
        )

    def clash(self, one: Key, two: Key) -> NoReturn:
        """Refuse two tasks that cannot have been as known."""
        a, b = self.known[one], self.known[two]
        en, zh = name(self.problem, *one)
        self.refuse(
            two,
            f"starts at {b.start}, but {en}, which must have ended by then, ends at {a.end}",
            f"开工于 {b.start}，而须先完工的{zh}结束于 {a.end}",
        )
