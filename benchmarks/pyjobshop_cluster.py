"""A cluster problem as far as PyJobShop can say it, solved by PyJobShop.

Left out in its favour: transport time between sites (its delays know no pair of modes), the setup of a machine's first
task, calendars beyond the end of a plain dispatch plan, and makespan as second objective. Setups count clock time
there, so a closed machine can be set up. What it returns is the tardiness of this easier problem.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gongzao.scheduling import Calendar, Problem, Stop, solve

WORKERS = (2, 8)
"""Threads it is tried with; its better result counts."""


def _breaks(calendar: Calendar | None, end: int) -> list[tuple[int, int]]:
    if calendar is None:
        return []
    closed, at = [], 0
    for start, stop in calendar.intervals:
        if at < start:
            closed.append((at, start))
        if at > end:
            break
        at = stop
    return closed


def model_of(problem: Problem, end: int) -> Any:
    """Return the problem as a PyJobShop model, calendars written out until ``end``."""
    import pyjobshop

    model = pyjobshop.Model()
    resources: list[Any] = []
    for r in problem.resources:
        breaks = _breaks(None if r.calendar is None else problem.calendars[r.calendar], end)
        resources.append(model.add_machine(breaks) if r.capacity == 1 else model.add_renewable(r.capacity, breaks))
    on: list[list[tuple[Any, int]]] = [[] for _ in resources]
    for job in problem.jobs:
        row = model.add_job(weight=job.weight, release_date=job.release, due_date=job.due)
        tasks = []
        for task in job.tasks:
            tasks.append(model.add_task(row, earliest_start=task.release, allow_breaks=task.resumable))
            for mode in task.modes:
                pool = problem.resources[mode.resource].capacity > 1
                model.add_mode(tasks[-1], resources[mode.resource], mode.duration, 1 if pool else None)
                on[mode.resource].append((tasks[-1], task.family))
        for arc in job.arcs:
            model.add_end_before_start(tasks[arc.before], tasks[arc.after], arc.lag)
    for index, r in enumerate(problem.resources):
        if r.setup is not None:
            for one, before in on[index]:
                for two, after in on[index]:
                    if one is not two and problem.setups[r.setup][before][after]:
                        model.add_setup_time(resources[index], one, two, problem.setups[r.setup][before][after])
    model.set_objective(weight_total_tardiness=1)
    return model


def peer(problem: Problem, seconds: float) -> dict[str, int | None]:
    """Return the weighted tardiness PyJobShop reaches by number of threads, ``None`` where it found no schedule."""
    plan = solve(problem, stop=Stop(iterations=0)).schedule
    model = model_of(problem, max(x.end for x in plan.tasks))
    found: dict[str, int | None] = {}
    for workers in WORKERS:
        result = model.solve(time_limit=seconds, num_workers=workers, display=False)
        value = float(result.objective)
        found[str(workers)] = int(value) if result.best.tasks and np.isfinite(value) else None
    return found
