"""Jobs that differ in nothing but their names: they may exchange their places, so a proof looks at one order only."""

from __future__ import annotations

from dataclasses import replace

from gongzao.scheduling.arrays import Arrays
from gongzao.scheduling.dispatch import Plan
from gongzao.scheduling.model import Job, Problem


def twins(problem: Problem) -> list[list[int]]:
    """Return the groups of such jobs, each of at least two; none where a baseline tells jobs apart."""
    if problem.baseline is not None:
        return []
    groups: dict[Job, list[int]] = {}
    for j, job in enumerate(problem.jobs):
        nameless = replace(job, name="", tasks=tuple(replace(t, name="") for t in job.tasks))
        groups.setdefault(nameless, []).append(j)
    return [g for g in groups.values() if len(g) > 1]


def in_order(a: Arrays, groups: list[list[int]], plan: Plan) -> Plan:
    """Return an equal plan in which the first tasks of the jobs of a group start in the order of their numbers."""
    new = Plan(*(x.copy() for x in plan))
    for group in groups:
        by_start = sorted(group, key=lambda j: int(plan.start[a.job_ptr[j]]))
        for j, other in zip(group, by_start, strict=True):
            to, source = (slice(int(a.job_ptr[x]), int(a.job_ptr[x + 1])) for x in (j, other))
            for field, old in zip(new, plan, strict=True):
                field[to] = old[source]
            new.mode[to] += a.mode_ptr[to] - a.mode_ptr[source]
    return new
