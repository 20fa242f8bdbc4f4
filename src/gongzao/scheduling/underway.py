"""Setups under way: what a resource is being set up for at an instant, as the plan in force has it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace

from gongzao.scheduling.model import MAX_TIME, Assignment, Fixed, Problem, Resource, Schedule
from gongzao.scheduling.past import before, hours, runs_until

Key = tuple[int, int]


def with_setups(
    problem: Problem, schedule: Schedule, started: Mapping[Key, Fixed], gone: Container[int], now: int
) -> Problem:
    """Return the problem with the setups that are under way at ``now``.

    Parameters
    ----------
    problem
        With the calendars as they are now.
    schedule, started
        The plan in force, and its tasks that have started.
    gone
        Orders that are cancelled: what was set up for them is nobody's.
    """
    last: dict[int, tuple[int, int]] = {}
    following: dict[int, Assignment] = {}
    for x in schedule.tasks:
        task, fixed = problem.jobs[x.job].tasks[x.task], started.get((x.job, x.task))
        if fixed is not None:
            end = runs_until(problem, task, x.resource, fixed.start) if fixed.end is None else fixed.end
            last[x.resource] = max(last.get(x.resource, (0, 0)), (MAX_TIME if end is None else end, task.family))
        elif x.resource not in following or x.start < following[x.resource].start:
            following[x.resource] = x
    resources = list(problem.resources)
    for r, resource in enumerate(resources):
        ahead = following.get(r)
        planned = ahead is not None and ahead.start >= now and ahead.job not in gone
        begun = _begun(problem, r, last.get(r), ahead, now) if ahead is not None and planned else None
        resources[r] = replace(resource, begun=begun)
    return replace(problem, resources=tuple(resources), now=now)


def _begun(problem: Problem, r: int, last: tuple[int, int] | None, x: Assignment, now: int) -> tuple[int, int] | None:
    """Return family and start of the setup for ``x`` if it must have begun before now for ``x`` to start as planned."""
    resource: Resource = problem.resources[r]
    free, family = (0, resource.family) if last is None else last
    if resource.setup is None or family is None:
        return None
    mine = problem.jobs[x.job].tasks[x.task].family
    start = before(hours(problem, r), x.start, problem.setups[resource.setup][family][mine])
    return (mine, start) if start is not None and free <= start < now else None
