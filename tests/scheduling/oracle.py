"""What a plan is and what the best one is worth, written from the rules; shares no code with the engine.

``faults`` looks at every minute of a plan; ``optimum`` is a time-indexed model, a literal for each task, mode, start.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, groupby, pairwise, permutations
from typing import NamedTuple

from ortools.sat.python import cp_model

from gongzao.scheduling import Assignment, Measure, Problem, Schedule


class Place(NamedTuple):
    """A task on a resource from start to end, or what may become of it."""

    job: int
    task: int
    resource: int
    start: int
    end: int


def spans_of(problem: Problem, resource: int) -> tuple[tuple[int, int], ...] | None:
    """Return the working intervals of a resource, ``None`` if it is always open."""
    index = problem.resources[resource].calendar
    return None if index is None else problem.calendars[index].intervals


def minutes(problem: Problem, resource: int, start: int, end: int) -> int:
    """Return the working minutes of a resource between two instants."""
    spans = spans_of(problem, resource)
    return sum(spans is None or any(a <= t < b for a, b in spans) for t in range(start, end))


def lies(problem: Problem, resource: int, start: int, length: int, *, resumable: bool) -> int | None:
    """Return where ``length`` minutes of work end that start just then, ``None`` if they cannot."""
    spans = spans_of(problem, resource)
    if spans is None:
        return start + length
    if length == 0:
        return start if any(a <= start <= b for a, b in spans) else None
    if not any(a <= start < b for a, b in spans):
        return None
    t, left = start, length
    while left:
        if t >= spans[-1][1]:
            return None
        works = any(a <= t < b for a, b in spans)
        if not works and not resumable:
            return None
        left -= works
        t += 1
    return t


def has_started(problem: Problem, j: int, t: int) -> bool:
    """Return whether a task lies where it was reported."""
    fixed = problem.jobs[j].tasks[t].fixed
    return fixed is not None and (fixed.end is not None or (problem.now is not None and fixed.start <= problem.now))


def started_at(problem: Problem, j: int, t: int) -> Place:
    """Return where a started task lies, minute by minute if its end is not known; -1 is an end that never comes."""
    task = problem.jobs[j].tasks[t]
    assert task.fixed is not None
    mode = task.modes[task.fixed.mode]
    end, left = task.fixed.start, mode.duration
    spans = spans_of(problem, mode.resource) if task.resumable else None
    while left and task.fixed.end is None:
        if spans is not None and end >= spans[-1][1]:
            return Place(j, t, mode.resource, task.fixed.start, -1)
        left -= spans is None or any(a <= end < b for a, b in spans)
        end += 1
    return Place(j, t, mode.resource, task.fixed.start, end if task.fixed.end is None else task.fixed.end)


def deadline_of(problem: Problem, j: int) -> int | None:
    """Return the deadline of a job unless what has started misses it already."""
    job = problem.jobs[j]
    ends = [started_at(problem, j, t).end for t in range(len(job.tasks)) if has_started(problem, j, t)]
    return None if job.deadline is None or any(end > job.deadline for end in ends) else job.deadline


def set_up_from(problem: Problem, resource: int, family: int) -> int:
    """Return when a setup may begin."""
    begun = problem.resources[resource].begun
    return begun[1] if begun is not None and begun[0] == family else problem.now or 0


def horizon_of(problem: Problem) -> int:
    """Return an instant by which some best plan ends."""
    used = {m.resource for job in problem.jobs for task in job.tasks for m in task.modes}
    history = [
        started_at(problem, j, t).end
        for j, job in enumerate(problem.jobs)
        for t in range(len(job.tasks))
        if has_started(problem, j, t)
    ]
    close = [spans[-1][1] for spans in (spans_of(problem, r) for r in used) if spans is not None]
    if len(close) == len(used):
        return max(close + history)
    tasks = [task for job in problem.jobs for task in job.tasks]
    setup = max((x for matrix in problem.setups for row in matrix for x in row), default=0)
    road = max(x for row in problem.transport for x in row)
    latest = [problem.now or 0, *history, *close, *(job.release for job in problem.jobs)]
    latest += [task.release for task in tasks]
    latest += [task.fixed.start for task in tasks if task.fixed]
    latest += [b[1] for row in problem.baseline or () for b in row if b]
    work = sum(max(m.duration for m in task.modes) + setup for task in tasks)
    return max(latest) + work + sum(link.lag + road for job in problem.jobs for link in job.arcs)


def places(problem: Problem, j: int, t: int, horizon: int) -> Iterator[Place]:
    """Return everywhere that a task may lie as far as it alone is concerned."""
    job = problem.jobs[j]
    task = job.tasks[t]
    if has_started(problem, j, t):
        there = started_at(problem, j, t)
        if there.end >= 0:
            yield there
        return
    now, deadline = 0 if task.fixed is not None else problem.now or 0, deadline_of(problem, j)
    for k, mode in enumerate(task.modes):
        for start in range(max(job.release, task.release, now), horizon + 1):
            if task.fixed is not None and (task.fixed.mode, task.fixed.start) != (k, start):
                continue
            end = lies(problem, mode.resource, start, mode.duration, resumable=task.resumable)
            if end is not None and end <= (horizon if deadline is None else min(horizon, deadline)):
                yield Place(j, t, mode.resource, start, end)


def faults(problem: Problem, schedule: Schedule) -> list[str]:
    """Return what is wrong with a plan."""
    at = {(x.job, x.task): Place(x.job, x.task, x.resource, x.start, x.end) for x in schedule.tasks}
    every = [(j, t) for j, job in enumerate(problem.jobs) for t in range(len(job.tasks))]
    if sorted(at) != every or len(schedule.tasks) != len(every):
        return ["tasks"]
    found = [f"task {j}-{t}" for (j, t), x in at.items() if x not in set(places(problem, j, t, max(x.start, x.end)))]
    for j, job in enumerate(problem.jobs):
        for link in job.arcs:
            one, two = at[j, link.before], at[j, link.after]
            road = problem.transport[problem.resources[one.resource].site][problem.resources[two.resource].site]
            if two.start < one.end + (0 if has_started(problem, j, link.after) else link.lag + road):
                found.append(f"link {j}: {link.before}-{link.after}")
    for r in range(len(problem.resources)):
        here = sorted((x for x in at.values() if x.resource == r), key=lambda x: (x.start, x.end))
        found += _resource(problem, r, here)
    return found


def _resource(problem: Problem, r: int, here: list[Place]) -> list[str]:
    resource = problem.resources[r]
    if resource.capacity > 1:
        last = max((x.end for x in here), default=0)
        over = any(sum(x.start <= m < x.end for x in here) > resource.capacity for m in range(last))
        return [f"pool {r}"] if over else []
    if any(x.start < y.end and y.start < x.end for x, y in combinations(here, 2)):
        return [f"overlap {r}"]
    return [] if resource.setup is None or _can_follow(problem, r, here) else [f"setup {r}"]


def _can_follow(problem: Problem, r: int, here: list[Place]) -> bool:
    """Return whether tasks on a machine can be ordered so that every setup is worked; those at one instant may swap."""
    families = {problem.resources[r].family}
    free = 0
    for (start, end, past), group in groupby(here, key=lambda x: (x.start, x.end, has_started(problem, x.job, x.task))):
        kinds = [problem.jobs[x.job].tasks[x.task].family for x in group]
        if past:
            families, free = {kinds[-1]}, end
            continue
        worked = {k: minutes(problem, r, max(free, set_up_from(problem, r, k)), start) for k in kinds}
        families = {
            order[-1]
            for order in set(permutations(kinds))
            if any(_need(problem, r, f, order[0]) <= worked[order[0]] for f in families)
            and all(_need(problem, r, f, g) == 0 for f, g in pairwise(order))
        }
        free = end
    return bool(families)


def _need(problem: Problem, r: int, before: int | None, after: int) -> int:
    setup = problem.resources[r].setup
    return 0 if before is None or setup is None else problem.setups[setup][before][after]


def value_of(problem: Problem, schedule: Schedule) -> tuple[int, ...]:
    """Return the objective of a plan."""
    ends = [max(x.end for x in schedule.tasks if x.job == j) for j in range(len(problem.jobs))]
    late = [0 if job.due is None else max(0, end - job.due) for job, end in zip(problem.jobs, ends, strict=True)]
    cost = changes = 0
    for x in schedule.tasks:
        cost += sum(m.cost for m in problem.jobs[x.job].tasks[x.task].modes if m.resource == x.resource)
        before = None if problem.baseline is None else problem.baseline[x.job][x.task]
        changes += before is not None and before != (x.resource, x.start)
    measures = {
        Measure.MAKESPAN: max(ends),
        Measure.TARDINESS: sum(job.weight * n for job, n in zip(problem.jobs, late, strict=True)),
        Measure.LATE: sum(n > 0 for n in late),
        Measure.COST: cost,
        Measure.CHANGES: changes,
    }
    return tuple(sum(w * measures[m] for m, w in level) for level in problem.objective.levels)


def optimum(problem: Problem) -> tuple[tuple[int, ...], Schedule] | None:
    """Return the best objective and a plan that has it, or ``None`` if there is no plan."""
    return _Model(problem).solve()


class _Model:
    def __init__(self, problem: Problem) -> None:
        self.problem, self.model = problem, cp_model.CpModel()
        horizon = horizon_of(problem)
        every = [(j, t) for j, job in enumerate(problem.jobs) for t in range(len(job.tasks))]
        self.at = {one: {p: self.model.new_bool_var("") for p in places(problem, *one, horizon)} for one in every}
        for literals in self.at.values():
            self.model.add_exactly_one(literals.values()) if literals else self.model.add_bool_or([])
        for j in range(len(problem.jobs)):
            self._links(j)
        for r, resource in enumerate(problem.resources):
            here = [one for one in every if any(p.resource == r for p in self.at[one])]
            if resource.capacity > 1:
                self._pool(r, here, horizon)
            else:
                self._machine(r, here)
        self.levels = self._levels(horizon)

    def _links(self, j: int) -> None:
        problem = self.problem
        for link in problem.jobs[j].arcs:
            if has_started(problem, j, link.before) and has_started(problem, j, link.after):
                continue
            before = self.at[j, link.before]
            for q, after in self.at[j, link.after].items():
                site = problem.resources[q.resource].site
                late = [
                    x
                    for p, x in before.items()
                    if q.start < p.end + link.lag + problem.transport[problem.resources[p.resource].site][site]
                ]
                self.model.add(sum(late) == 0).only_enforce_if(after)

    def _pool(self, r: int, here: list[tuple[int, int]], horizon: int) -> None:
        for m in range(horizon):
            held = [x for one in here for p, x in self.at[one].items() if p.resource == r and p.start <= m < p.end]
            self.model.add(sum(held) <= self.problem.resources[r].capacity)

    def _machine(self, r: int, here: list[tuple[int, int]]) -> None:
        problem, model = self.problem, self.model
        resource = problem.resources[r]
        matrix = None if resource.setup is None else problem.setups[resource.setup]
        on = {one: {p: x for p, x in self.at[one].items() if p.resource == r} for one in here}
        family = {one: problem.jobs[one[0]].tasks[one[1]].family for one in here}
        first = {(u, v): model.new_bool_var("") for u in here for v in here if u != v}
        for u, v in combinations(here, 2):
            model.add(first[u, v] + first[v, u] == 1)
        for u, v, w in permutations(here, 3):
            model.add_bool_or([first[u, v].negated(), first[v, w].negated(), first[u, w]])
        for u, v in permutations(here, 2):
            between = [self._between(on[w], first[u, w], first[w, v]) for w in here if w not in (u, v)]
            need = 0 if matrix is None or has_started(problem, *v) else matrix[family[u]][family[v]]
            since = set_up_from(problem, r, family[v])
            for q, there in on[v].items():
                clash = [x for p, x in on[u].items() if p.end > q.start]
                model.add(sum(clash) == 0).only_enforce_if(first[u, v], there)
                if need:
                    soon = [x for p, x in on[u].items() if minutes(problem, r, max(p.end, since), q.start) < need]
                    model.add(sum(soon) <= sum(between)).only_enforce_if(first[u, v], there)
        for v in here if matrix is not None and resource.family is not None else ():
            assert matrix is not None
            assert resource.family is not None
            if has_started(problem, *v):
                continue
            before = [self._between(on[w], first[w, v], None) for w in here if w != v]
            since = set_up_from(problem, r, family[v])
            for q, there in on[v].items():
                if minutes(problem, r, since, q.start) < matrix[resource.family][family[v]]:
                    model.add(sum(before) >= 1).only_enforce_if(there)

    def _between(
        self, here: dict[Place, cp_model.IntVar], one: cp_model.IntVar, two: cp_model.IntVar | None
    ) -> cp_model.IntVar:
        """Return a literal that needs a task to be here, and in this order."""
        literal = self.model.new_bool_var("")
        self.model.add(sum(here.values()) == 1).only_enforce_if(literal)
        self.model.add_implication(literal, one)
        if two is not None:
            self.model.add_implication(literal, two)
        return literal

    def _levels(self, horizon: int) -> list[cp_model.LinearExprT]:
        problem, model = self.problem, self.model
        top = model.new_int_var(0, horizon, "")
        terms: dict[Measure, list[cp_model.LinearExprT]] = {m: [] for m in Measure}
        terms[Measure.MAKESPAN] = [top]
        for j, job in enumerate(problem.jobs):
            over, late = model.new_int_var(0, horizon, ""), model.new_bool_var("")
            model.add(over == 0).only_enforce_if(late.negated())
            for t in range(len(job.tasks)):
                end = sum(p.end * x for p, x in self.at[j, t].items())
                model.add(end <= top)
                if job.due is not None:
                    model.add(end - job.due <= over)
            terms[Measure.TARDINESS].append(job.weight * over)
            terms[Measure.LATE].append(late)
        for (j, t), literals in self.at.items():
            cost = {m.resource: m.cost for m in problem.jobs[j].tasks[t].modes}
            terms[Measure.COST] += [cost[p.resource] * x for p, x in literals.items()]
            before = None if problem.baseline is None else problem.baseline[j][t]
            if before is not None:
                terms[Measure.CHANGES] += [x for p, x in literals.items() if (p.resource, p.start) != before]
        return [sum(w * sum(terms[m]) for m, w in level) for level in problem.objective.levels]

    def solve(self) -> tuple[tuple[int, ...], Schedule] | None:
        values: list[int] = []
        for level in self.levels:
            solver = cp_model.CpSolver()
            solver.parameters.num_workers = 1
            self.model.minimize(level)
            status = solver.solve(self.model)
            if status == cp_model.INFEASIBLE:
                assert not values
                return None
            assert status == cp_model.OPTIMAL
            values.append(round(solver.objective_value))
            self.model.add(level <= values[-1])
        chosen = [p for literals in self.at.values() for p, x in literals.items() if solver.boolean_value(x)]
        return tuple(values), Schedule.of(Assignment(*p) for p in chosen)
