"""Windows of a plan, solved exactly while the rest stays: large neighbourhood search with CP-SAT.

A window is some jobs around a late one, free to change resources and order, among their neighbours, which keep both and
only shift in time (Shaw 1998, https://doi.org/10.1007/3-540-49481-2_30; partial-order windows: Godard, Laborie, Nuijten
2005, ICAPS).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from ortools.sat.python import cp_model

from gongzao.scheduling._jit import Bools, Ints
from gongzao.scheduling.arrays import Arrays
from gongzao.scheduling.dispatch import Plan
from gongzao.scheduling.exact import ExactModel
from gongzao.scheduling.frames import effective_dues
from gongzao.scheduling.line import settled
from gongzao.scheduling.model import Measure, Problem
from gongzao.scheduling.run import score_of

FREE, KEPT = 150, 300
"""Free tasks of the first window, and tasks of a window in all; the former adapts to what is solved in time."""
SECONDS, QUICK = 4.0, 1.0
"""Longest time of a window, and below which the next is made larger [s]."""
BEFORE, AFTER = 240, 120
"""How long before a task is ready and after its end others of its resources are its neighbours [min]."""


class Window(NamedTuple):
    """Tasks of a window in topological order, and whether each task of the problem is free if it is among them."""

    tasks: Ints
    free: Bools


def neighbours(a: Arrays, plan: Plan, j: int) -> Ints:
    """Return the jobs that use a resource of job ``j`` around when it could."""
    res = a.mode_res[plan.mode]
    near = np.zeros(len(a.job), np.bool_)
    for i in range(int(a.job_ptr[j]), int(a.job_ptr[j + 1])):
        could = np.zeros(len(a.setup), np.bool_)
        could[a.mode_res[a.mode_ptr[i] : a.mode_ptr[i + 1]]] = True
        ready = max([int(a.release[i]), *plan.end[a.pred[a.pred_ptr[i] : a.pred_ptr[i + 1]]].tolist()])
        near |= could[res] & (plan.end > ready - BEFORE) & (plan.start < plan.end[i] + AFTER)
    return np.unique(a.job[near])


def avoidable_cost(a: Arrays, dues: Ints, plan: Plan) -> Ints:
    """Return the weighted tardiness of each job after its effective due date."""
    end = np.maximum.reduceat(plan.end, a.job_ptr[:-1])
    return a.weight * np.maximum(0, end - dues)


def first_job(a: Arrays, dues: Ints, plan: Plan, random: np.random.Generator) -> int:
    """Return a job that is later than it must be, the later and heavier the likelier, or without one any."""
    cost = avoidable_cost(a, dues, plan).astype(np.float64)
    if cost.sum() == 0.0:
        return int(random.integers(len(cost)))
    cost += cost.mean() * (cost > 0)
    return int(random.choice(len(cost), p=cost / cost.sum()))


def choose(a: Arrays, dues: Ints, plan: Plan, random: np.random.Generator, free: int, count: int) -> Window:
    """Return a window of ``count`` tasks, ``free`` of them free, around a random late job."""
    size = np.diff(a.job_ptr)
    chosen: list[int] = []
    queue = [first_job(a, dues, plan, random)]
    kept: list[int] = []
    while queue and sum(size[chosen]) < free:
        j = queue.pop(int(random.integers(len(queue))))
        if j not in chosen:
            chosen.append(j)
            near = random.permutation(neighbours(a, plan, j)).tolist()
            queue += near[:6]
            kept += near
    inside = dict.fromkeys(chosen)
    total = int(sum(size[chosen]))
    random.shuffle(kept)
    for j in kept:
        if j not in inside and total < count:
            inside[j] = None
            total += int(size[j])
    tasks = np.concatenate([a.topological[a.job_ptr[j] : a.job_ptr[j + 1]] for j in sorted(inside)])
    return Window(tasks[a.fixed_mode[tasks] < 0], np.isin(a.job, chosen))


class WindowSearch:
    """Windows on every thread, all of the best plan; ``left`` tells the seconds left."""

    def __init__(self, problem: Problem, a: Arrays, plan: Plan, seed: int, left: Callable[[], float]) -> None:
        self.problem, self.a, self.left = problem, a, left
        self.dues = effective_dues(a)
        self.best, self.score = plan, score_of(a, problem.objective, plan)
        self.seed = seed
        self.rounds = 0
        self.free = float(FREE)
        self.found: list[Plan] = []

    def tasks(self, workers: int, _limit: int, _progress: float, stop: Ints) -> list[Callable[[], int]]:
        """Return the runs of the next round, a window each."""
        self.rounds += 1
        return [partial(self._solve, np.random.default_rng((self.seed, self.rounds, w)), stop) for w in range(workers)]

    def _latest(self, tasks: Ints) -> Ints:
        """Return the latest ends of jobs in any window that is as good as now."""
        a, plan = self.a, self.best
        latest = np.minimum(a.deadline, int(plan.end.max()))
        if self.problem.objective.levels[0] == ((Measure.TARDINESS, 1),):
            jobs = np.unique(a.job[tasks])
            avoidable = int(avoidable_cost(a, self.dues, plan)[jobs].sum())
            jobs = jobs[a.weight[jobs] > 0]
            latest[jobs] = np.minimum(latest[jobs], self.dues[jobs] + avoidable // a.weight[jobs])
        return latest

    def _solve(self, random: np.random.Generator, stop: Ints) -> int:
        window = choose(self.a, self.dues, self.best, random, int(self.free), KEPT)
        if len(window.tasks) == 0:
            return 1
        model = ExactModel(self.problem, self.a, self._latest(window.tasks), self.best, window.tasks, window.free)
        seconds = min(SECONDS, self.left())
        if seconds <= 0.0:
            return 1
        status = model.improve(seconds, int(random.integers(2**31)), stop)
        quick = status == cp_model.OPTIMAL and model.solver.wall_time < QUICK
        self.free = min(KEPT, max(10.0, self.free * (1.05 if quick else 0.95)))
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            self.found.append(settled(self.a, model.read()))
        return 1

    def absorb(self) -> None:
        """Go on from the best plan found, or from an equal one."""
        for plan in self.found:
            score = score_of(self.a, self.problem.objective, plan)
            if score <= self.score:
                self.best, self.score = plan, score
        self.found.clear()

    def offer(self, plan: Plan) -> None:
        """Take in a plan found elsewhere."""
        self.found.append(plan)
        self.absorb()

    def plan(self) -> Plan:
        """Return the best plan so far."""
        return self.best
