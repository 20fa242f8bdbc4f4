"""A bound on the makespan from the loads of flexible resources, with heads and tails, as a linear program."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from ortools.linear_solver import pywraplp  # type: ignore[import-untyped]

from gongzao.scheduling._jit import Floats, Ints
from gongzao.scheduling.arrays import Arrays
from gongzao.scheduling.dispatch import longest_after

ROUNDS = 60


class Windows(NamedTuple):
    """Minutes that must pass before a task, that it takes at least, and that must pass after it."""

    head: Ints
    shortest: Ints
    tail: Ints


def windows(a: Arrays) -> Windows:
    """Return the windows of all tasks, by the paths of their jobs in their shortest modes."""
    shortest = np.minimum.reduceat(a.mode_dur, a.mode_ptr[:-1])
    return Windows(_longest_before(a, shortest), shortest, longest_after(a, shortest))


def load_bound(a: Arrays) -> int:
    """Return a bound on the makespan from a linear program over the shares ``x`` of tasks on resources.

    For each resource of capacity c and any instants A, B: A + B + (sum of duration times x over tasks that cannot start
    before A and need B after them) / c is at most the makespan; for each job, so is the length of its longest path.
    With every task on one resource this is the preemptive one-machine bound (Carlier 1982,
    https://doi.org/10.1016/S0377-2217(82)80007-6). Rows are added where the last solution breaks them.
    """
    head, shortest, tail = windows(a)
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
