"""Proven lower bounds: job paths on calendars, and loads over flexible resources with heads and tails."""

from __future__ import annotations

import numpy as np
from ortools.linear_solver import pywraplp  # type: ignore[import-untyped]

from gongzao.scheduling._jit import Floats, Ints, borrow, kernel
from gongzao.scheduling.arrays import FAR, Arrays
from gongzao.scheduling.clockwork import place
from gongzao.scheduling.dispatch import longest_after
from gongzao.scheduling.errors import NoSchedule
from gongzao.scheduling.model import Measure, Problem

LARGEST = 30_000
"""Modes beyond which the load bound is not worth its time."""
ROUNDS = 60


@kernel
def earliest_ends(a: Arrays) -> Ints:
    """Return when each task can end at the earliest, resources taken as free whenever their calendar is open."""
    a = borrow(a)
    ends = np.zeros(len(a.job), np.int64)
    for i in a.topological:
        ready = a.release[i]
        for p in range(a.pred_ptr[i], a.pred_ptr[i + 1]):
            ready = max(ready, ends[a.pred[p]] + a.pred_lag[p])
        best = FAR
        for m in range(a.mode_ptr[i], a.mode_ptr[i + 1]):
            if a.fixed_mode[i] >= 0 and a.mode_ptr[i] + a.fixed_mode[i] != m:
                continue
            _, end = place(a, a.mode_res[m], max(ready, a.fixed_start[i]), a.mode_dur[m], a.resumable[i])
            best = min(best, end)
        ends[i] = best
    return ends


def require_slots(problem: Problem, a: Arrays, ends: Ints) -> None:
    """Raise :class:`NoSchedule` for the first task that fits nowhere alone or misses a hard instant."""
    for i in np.flatnonzero(ends >= FAR)[:1]:
        raise _no_slot(
            problem, a, int(i), "has no slot on any of its resources' calendars", "在其资源的日历中没有可用时段"
        )
    for i in np.flatnonzero(a.fixed_mode >= 0).tolist():
        mode = a.mode_ptr[i] + a.fixed_mode[i]
        start, _ = place(a, a.mode_res[mode], a.fixed_start[i], a.mode_dur[mode], a.resumable[i])
        if start != a.fixed_start[i]:
            raise _no_slot(problem, a, i, "is frozen at a start outside working time", "冻结的开始时间不在工作时间内")
    for j in range(len(a.due)):
        rows = slice(a.job_ptr[j], a.job_ptr[j + 1])
        if ends[rows].max() > a.deadline[j]:
            i = int(a.job_ptr[j] + ends[rows].argmax())
            raise _no_slot(
                problem,
                a,
                i,
                f"cannot end before {ends[i]}, after the deadline {a.deadline[j]}",
                "无法在最后期限前完成",
            )


def _no_slot(problem: Problem, a: Arrays, i: int, en: str, zh: str) -> NoSchedule:
    j = int(a.job[i])
    t = i - int(a.job_ptr[j])
    name = f"job {j} {problem.jobs[j].name!r}, task {t} {problem.jobs[j].tasks[t].name!r}"
    return NoSchedule("schedule.no_slot", en=f"{name} {en}", zh=f"{name}：{zh}")


def lower_bound(problem: Problem, a: Arrays) -> tuple[int, ...]:
    """Return a bound for each level of the objective; each holds for every feasible schedule by itself."""
    ends = earliest_ends(a)
    job_end = np.maximum.reduceat(ends, a.job_ptr[:-1])
    late = np.maximum(0, job_end - a.due)
    measures = dict.fromkeys(Measure, 0)
    measures[Measure.TARDINESS] = int((late * a.weight).sum())
    measures[Measure.LATE] = int((late > 0).sum())
    measures[Measure.COST] = int(np.minimum.reduceat(a.mode_cost, a.mode_ptr[:-1]).sum())
    if any(m is Measure.MAKESPAN for level in problem.objective.levels for m, _ in level):
        measures[Measure.MAKESPAN] = max(int(job_end.max()), load_bound(a) if len(a.mode_res) <= LARGEST else 0)
    return problem.objective.value(measures)


def load_bound(a: Arrays) -> int:
    """Return a bound on the makespan from a linear program over the shares ``x`` of tasks on resources.

    For each resource of capacity c and any instants A, B: A + B + (sum of duration times x over tasks that cannot start
    before A and need B after them) / c is at most the makespan; for each job, so is the length of its longest path.
    With every task on one resource this is the preemptive one-machine bound (Carlier 1982,
    https://doi.org/10.1016/S0377-2217(82)80007-6). Rows are added where the last solution breaks them.
    """
    shortest = np.minimum.reduceat(a.mode_dur, a.mode_ptr[:-1])
    head, tail = _longest_before(a, shortest), longest_after(a, shortest)
    solver = pywraplp.Solver.CreateSolver("GLOP")
    end = solver.NumVar(float((head + shortest + tail).max()), solver.infinity(), "end")
    share = [solver.NumVar(0.0, 1.0, "") for _ in a.mode_res]
    solver.Minimize(end)
    for i in range(len(a.job)):
        solver.Add(solver.Sum(share[a.mode_ptr[i] : a.mode_ptr[i + 1]]) == 1)
    for path, slack in _paths(a, shortest, head, tail):
        ways = [m for i in path for m in range(a.mode_ptr[i], a.mode_ptr[i + 1])]
        solver.Add(solver.Sum([float(a.mode_dur[m]) * share[m] for m in ways]) + float(slack) <= end)
    task = np.repeat(np.arange(len(a.job)), np.diff(a.mode_ptr))
    on = [np.flatnonzero(a.mode_res == r) for r in range(len(a.unit_ptr) - 1)]
    best = 0
    for _ in range(ROUNDS):
        if solver.Solve() != pywraplp.Solver.OPTIMAL:
            break
        value = end.solution_value()
        best = max(best, int(np.ceil(value - 1e-5)))
        x = np.array([v.solution_value() for v in share])
        added = 0
        for r, modes in enumerate(on):
            capacity = int(a.unit_ptr[r + 1] - a.unit_ptr[r])
            load = a.mode_dur[modes] * x[modes] / capacity
            for chosen, base in _worst_rows(load, head[task[modes]], tail[task[modes]], value):
                terms = [float(a.mode_dur[m]) / capacity * share[m] for m in modes[chosen]]
                solver.Add(solver.Sum(terms) + float(base) <= end)
                added += 1
        if added == 0:
            break
    return best


def _longest_before(a: Arrays, shortest: Ints) -> Ints:
    head = a.release.copy()
    for i in a.topological.tolist():
        for p in range(a.pred_ptr[i], a.pred_ptr[i + 1]):
            j = a.pred[p]
            head[i] = max(head[i], head[j] + shortest[j] + a.pred_lag[p])
    return head


def _paths(a: Arrays, shortest: Ints, head: Ints, tail: Ints) -> list[tuple[list[int], int]]:
    """Return for each job the tasks of its longest path, and the minutes of release and lags on it."""
    paths = []
    for j in range(len(a.due)):
        rows = range(a.job_ptr[j], a.job_ptr[j + 1])
        i = max(rows, key=lambda k: int(head[k] + shortest[k] + tail[k]))
        while True:
            binding = [
                int(a.pred[p])
                for p in range(a.pred_ptr[i], a.pred_ptr[i + 1])
                if head[a.pred[p]] + shortest[a.pred[p]] + a.pred_lag[p] == head[i]
            ]
            if not binding or head[i] == a.release[i]:
                break
            i = binding[0]
        path, slack = [i], int(head[i])
        while a.succ_ptr[i] < a.succ_ptr[i + 1]:
            arcs = range(a.succ_ptr[i], a.succ_ptr[i + 1])
            s = max(arcs, key=lambda k: int(a.succ_lag[k] + shortest[a.succ[k]] + tail[a.succ[k]]))
            slack += int(a.succ_lag[s])
            i = int(a.succ[s])
            path.append(i)
        paths.append((path, slack))
    return paths


def _worst_rows(load: Floats, head: Ints, tail: Ints, end: float) -> list[tuple[Ints, int]]:
    """Return, for the few instants A that break the bound most, the tasks of the row and A + B."""
    by_tail = np.argsort(-tail, kind="stable")
    found: list[tuple[float, int, int]] = []
    for first in np.unique(head).tolist():
        members = by_tail[head[by_tail] >= first]
        values = first + tail[members] + np.cumsum(load[members])
        k = int(values.argmax())
        if values[k] > end + 1e-4:
            found.append((float(values[k]), first, int(tail[members[k]])))
    found.sort(reverse=True)
    return [(np.flatnonzero((head >= A) & (tail >= B)), A + B) for _, A, B in found[:5]]
