"""A bound on the makespan from an exact search in which only the busiest resources keep their capacity."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from ortools.sat.python import cp_model

from gongzao.scheduling._jit import Bools
from gongzao.scheduling.arrays import Arrays
from gongzao.scheduling.loads import Windows, windows

BUSY_MODES, MODES = 5_000, 500
"""Modes on the busiest resources, and on all, up to which a search is worth building."""
BUSY = 0.93
"""Share of the greatest pressure from which on a resource is busy."""
BUSY_EFFORT, EFFORT = 0.25, 0.1
"""Deterministic time of a search on the busiest resources, and on all; a unit is two to six seconds."""


class Use(NamedTuple):
    """A task on a resource: its interval, and its minutes there if it takes the mode."""

    span: cp_model.IntervalVar
    load: cp_model.LinearExprT
    task: int


def busiest(a: Arrays, w: Windows) -> Bools:
    """Return which resources are busy: their least head and tail, and an even share of their tasks in between."""
    counts = np.diff(a.mode_ptr)
    task = np.repeat(np.arange(len(a.job)), counts)
    share = np.bincount(a.mode_res, (w.shortest / counts)[task], len(a.setup)) / np.diff(a.unit_ptr)
    head, tail = (np.full(len(a.setup), np.iinfo(np.int64).max) for _ in range(2))
    np.minimum.at(head, a.mode_res, w.head[task])
    np.minimum.at(tail, a.mode_res, w.tail[task])
    pressure = np.where(share > 0, share + head + tail, 0.0)
    return np.asarray(pressure >= BUSY * pressure.max())


def relaxed_bound(a: Arrays, lower: int, seconds: float = float("inf")) -> int:
    """Return a bound on the makespan, at least ``lower``, which must be one.

    Calendars, setups and transport are left out, which only lets schedules end earlier. CP-SAT, led by cores, raises
    the makespan as long as it can refute it (destructive improvement, Klein, Scholl 1999,
    https://doi.org/10.1016/S0377-2217(97)00442-6): first with the busiest resources alone, then with all.
    """
    w = windows(a)
    busy = busiest(a, w)
    if busy[a.mode_res].sum() <= BUSY_MODES:
        lower = _refute(a, w, busy, lower, BUSY_EFFORT, seconds / 2)
    if len(a.mode_res) <= MODES and not busy.all():
        lower = _refute(a, w, np.ones_like(busy), lower, EFFORT, seconds / 2)
    return lower


def _refute(a: Arrays, w: Windows, kept: Bools, lower: int, effort: float, seconds: float) -> int:
    upper = lower + lower // 6 + 1
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.optimize_with_core = True
    solver.parameters.max_deterministic_time = effort
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.catch_sigint_signal = False
    if solver.solve(_model(a, w, kept, lower, upper)) == cp_model.INFEASIBLE:
        return upper + 1
    return max(lower, int(np.ceil(solver.best_objective_bound - 1e-6)))


def _model(a: Arrays, w: Windows, kept: Bools, lower: int, upper: int) -> cp_model.CpModel:
    model = cp_model.CpModel()
    makespan = model.new_int_var(lower, upper, "")
    n, head, tail = len(a.job), w.head.tolist(), w.tail.tolist()
    start = [model.new_int_var(head[i], upper, "") for i in range(n)]
    end = [model.new_int_var(head[i], upper, "") for i in range(n)]
    on: list[list[Use]] = [[] for _ in kept]
    for i in range(n):
        model.add(end[i] + tail[i] <= makespan)
        for p in range(a.pred_ptr[i], a.pred_ptr[i + 1]):
            model.add(start[i] >= end[a.pred[p]] + int(a.pred_lag[p]))
        modes = range(a.mode_ptr[i], a.mode_ptr[i + 1])
        if not kept[a.mode_res[modes]].any():
            model.add(end[i] >= start[i] + int(w.shortest[i]))
            continue
        used = [model.new_bool_var("") for _ in modes]
        model.add_exactly_one(used)
        model.add(end[i] == start[i] + sum(int(a.mode_dur[m]) * u for m, u in zip(modes, used, strict=True)))
        for m, u in zip(modes, used, strict=True):
            duration = int(a.mode_dur[m])
            model.add(end[i] == start[i] + duration).only_enforce_if(u)
            if duration > 0:
                span = model.new_optional_fixed_size_interval_var(start[i], duration, u, "")
                on[a.mode_res[m]].append(Use(span, duration * u, i))
    for r in np.flatnonzero(kept).tolist():
        if on[r]:
            _keep(model, int(a.unit_ptr[r + 1] - a.unit_ptr[r]), on[r], w, makespan)
    model.minimize(makespan)
    return model


def _keep(model: cp_model.CpModel, capacity: int, on: list[Use], w: Windows, makespan: cp_model.IntVar) -> None:
    """Keep a resource's capacity, and its load between the least head and tail, which the solver cannot see itself."""
    spans, tasks = [u.span for u in on], [u.task for u in on]
    if capacity == 1:
        model.add_no_overlap(spans)
    else:
        model.add_cumulative(spans, [1] * len(spans), capacity)
    idle = int(w.head[tasks].min() + w.tail[tasks].min())
    model.add(sum(u.load for u in on) <= capacity * (makespan - idle))
