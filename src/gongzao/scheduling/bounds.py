"""Proven lower bounds of each level of an objective, and the tasks that fit nowhere."""

from __future__ import annotations

import numpy as np

from gongzao.scheduling._jit import Ints
from gongzao.scheduling.arrays import FAR, Arrays
from gongzao.scheduling.clockwork import place
from gongzao.scheduling.errors import NoSchedule
from gongzao.scheduling.frames import earliest_ends
from gongzao.scheduling.loads import load_bound
from gongzao.scheduling.model import Measure, Problem
from gongzao.scheduling.relaxed import relaxed_bound

LARGEST = 30_000
"""Modes beyond which the load bound is not worth its time."""


def require_slots(problem: Problem, a: Arrays, ends: Ints) -> None:
    """Raise :class:`NoSchedule` for the first task that fits nowhere alone or misses a hard instant."""
    for i in np.flatnonzero(ends >= FAR)[:1]:
        raise _no_slot(
            problem, a, int(i), "has no slot on any of its resources' calendars", "在其资源的日历中没有可用时段"
        )
    for i in np.flatnonzero((a.fixed_mode >= 0) & (a.fixed_end < 0)).tolist():
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


def lower_bound(problem: Problem, a: Arrays, known: int = FAR, seconds: float = float("inf")) -> tuple[int, ...]:
    """Return a bound for each level of the objective; each holds for every feasible schedule by itself.

    A makespan on the first level is searched for at most ``seconds``, unless the load bound meets the ``known`` one.
    """
    ends = earliest_ends(a)
    job_end = np.maximum.reduceat(ends, a.job_ptr[:-1])
    late = np.maximum(0, job_end - a.due)
    measures = dict.fromkeys(Measure, 0)
    measures[Measure.TARDINESS] = int((late * a.weight).sum())
    measures[Measure.LATE] = int((late > 0).sum())
    measures[Measure.COST] = int(np.minimum.reduceat(a.mode_cost, a.mode_ptr[:-1]).sum())
    if any(m is Measure.MAKESPAN for level in problem.objective.levels for m, _ in level):
        end = max(int(job_end.max()), load_bound(a) if len(a.mode_res) <= LARGEST else 0)
        if end < known and any(m is Measure.MAKESPAN for m, _ in problem.objective.levels[0]):
            end = relaxed_bound(a, end, seconds)
        measures[Measure.MAKESPAN] = end
    return problem.objective.value(measures)
