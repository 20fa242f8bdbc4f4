"""Past one machine: independent parts of a problem, and several seeds of each, solved side by side.

Parts share no resource, for instance one cluster each. They run as threads of this process or, with the extra
``gongzao[ray]``, as tasks on the machines of a Ray cluster; merging and checking are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from gongzao.kernel import InvalidValue
from gongzao.scheduling._jit import Ints
from gongzao.scheduling.check import check
from gongzao.scheduling.errors import InvalidProblem
from gongzao.scheduling.model import Measure, Objective, Problem, Schedule
from gongzao.scheduling.prepare import prepare
from gongzao.scheduling.result import Progress, Result
from gongzao.scheduling.solver import solve
from gongzao.scheduling.stop import Stop, interruptible

LEAST_SECONDS = 0.1
"""Least time [s] a task gets, however many there are."""


@dataclass(frozen=True)
class Part:
    """Jobs that share no resource with any other: a problem of its own and which job of the whole each one is."""

    problem: Problem
    jobs: tuple[int, ...]


@dataclass(frozen=True)
class Work:
    """One task: a part, when to stop, and the seed."""

    problem: Problem
    stop: Stop
    seed: int

    def run(self, interrupt: Ints | None = None) -> Result:
        """Solve the part with one thread; see :func:`~gongzao.scheduling.solver.solve` for ``interrupt``."""
        return solve(self.problem, stop=self.stop, seed=self.seed, interrupt=interrupt)


class Runner(Protocol):
    """Where tasks run."""

    def slots(self) -> int:
        """Return how many tasks run at a time."""

    def run(self, works: Sequence[Work]) -> list[Result]:
        """Return the results in the order of the tasks."""


@dataclass(frozen=True, slots=True)
class Threads:
    """Tasks as threads of this process.

    SIGINT ends all their searches and keeps the best plan of each part; seeds of a part that has one are left out.
    """

    count: int = 1

    def slots(self) -> int:
        """Return the number of threads."""
        return self.count

    def run(self, works: Sequence[Work]) -> list[Result]:
        """Return the results in the order of the tasks."""
        flag = np.zeros(1, np.int64)
        found: dict[int, Result] = {}

        def run(work: Work) -> Result:
            known = found.get(id(work.problem))
            if flag[0] and known is not None:
                return replace(known, iterations=0)
            found[id(work.problem)] = work.run(flag)
            return found[id(work.problem)]

        with interruptible(flag), ThreadPoolExecutor(self.count) as pool:
            return list(pool.map(run, works))


class OnRay:
    """Tasks on the Ray cluster this process has joined with ``ray.init``, one processor each.

    Raises
    ------
    InvalidValue
        ``schedule.no_ray`` if Ray is not installed, ``schedule.ray_not_joined`` without a cluster.
    """

    def __init__(self) -> None:
        try:
            import ray
        except ModuleNotFoundError as error:
            raise InvalidValue(
                "schedule.no_ray",
                en="Ray is not installed; install gongzao[ray]",
                zh="没有安装 Ray，请安装 gongzao[ray]",
            ) from error
        if not ray.is_initialized():
            raise InvalidValue(
                "schedule.ray_not_joined",
                en="no Ray cluster has been joined; call ray.init first",
                zh="尚未加入 Ray 集群，请先调用 ray.init",
            )
        self._ray: Any = ray

    @classmethod
    def join(cls, address: str) -> OnRay:
        """Join the cluster at ``address`` (``auto``: the one of this machine) and return the runner on it."""
        with suppress(ModuleNotFoundError):
            import ray

            ray.init(address=address, log_to_driver=False)
        return cls()

    def slots(self) -> int:
        """Return the processors of the cluster."""
        return max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def run(self, works: Sequence[Work]) -> list[Result]:
        """Return the results in the order of the tasks; a part is sent once, however many seeds it gets."""
        sent: dict[int, Any] = {}
        remote = self._ray.remote(num_cpus=1)(_run_remote)
        tasks = []
        for work in works:
            if id(work.problem) not in sent:
                sent[id(work.problem)] = self._ray.put(work.problem)
            tasks.append(remote.remote(sent[id(work.problem)], work.stop, work.seed))
        results: list[Result] = self._ray.get(tasks)
        return results


def _run_remote(problem: Problem, stop: Stop, seed: int) -> Result:
    prepare()
    return Work(problem, stop, seed).run()


def split(problem: Problem) -> tuple[Part, ...]:
    """Return the independent parts of a problem, the largest first.

    Jobs belong together if a chain of shared resources joins them. Every part keeps all resources, so indices stay.
    """
    root = list(range(len(problem.resources)))

    def find(r: int) -> int:
        while root[r] != r:
            root[r] = root[root[r]]
            r = root[r]
        return r

    for job in problem.jobs:
        first = find(job.tasks[0].modes[0].resource)
        for task in job.tasks:
            for mode in task.modes:
                root[find(mode.resource)] = first
    groups: dict[int, list[int]] = {}
    for j, job in enumerate(problem.jobs):
        groups.setdefault(find(job.tasks[0].modes[0].resource), []).append(j)
    parts = [_part(problem, jobs) for jobs in groups.values()]
    return tuple(sorted(parts, key=lambda p: (-p.problem.size, p.jobs)))


def _part(problem: Problem, jobs: Sequence[int]) -> Part:
    base = problem.baseline
    own = replace(
        problem,
        jobs=tuple(problem.jobs[j] for j in jobs),
        baseline=None if base is None else tuple(base[j] for j in jobs),
    )
    return Part(own, tuple(jobs))


def solve_parts(problem: Problem, *, stop: Stop, seed: int = 0, seeds: int = 1, runner: Runner | None = None) -> Result:
    """Return the best schedule found by solving each independent part with each of several seeds.

    Parameters
    ----------
    problem
        What to schedule; one that does not fall apart is one part.
    stop
        Limits of the whole: seconds are shared out by tasks that must wait for one another, moves by size.
    seed, seeds
        First seed, and how many runs each part gets; its best counts.
    runner
        Where tasks run; ``None``: one after the other in this process.

    Raises
    ------
    NoSchedule
        If a part has none, or none was found.
    InvalidProblem
        If the merged schedule breaks a rule, which would be a fault of this program.
    """
    if seeds < 1:
        raise InvalidValue("schedule.seeds", en=f"seeds must be at least 1, not {seeds}", zh="种子数至少为 1")
    runner = runner or Threads()
    parts = split(problem)
    numbers = [int(x) for x in np.random.SeedSequence(seed).generate_state(seeds)]
    works = [Work(p.problem, _share(stop, p, problem, seeds, runner.slots()), n) for p in parts for n in numbers]
    results = runner.run(works)
    best = [min(results[k * seeds : (k + 1) * seeds], key=lambda r: r.objective) for k in range(len(parts))]
    schedule = Schedule.of(
        replace(x, job=part.jobs[x.job])
        for part, result in zip(parts, best, strict=True)
        for x in result.schedule.tasks
    )
    broken = check(problem, schedule)
    if broken:
        raise InvalidProblem(f"schedule.{broken[0].rule}", en=broken[0].en, zh=broken[0].zh)
    return _merged(problem, schedule, results, best)


def _share(stop: Stop, part: Part, problem: Problem, seeds: int, slots: int) -> Stop:
    """Return the limits of one run: time by size among parts that wait for one another, moves by size."""
    size = part.problem.size / problem.size
    seconds, iterations = stop.seconds, stop.iterations
    if seconds is not None:
        seconds = max(LEAST_SECONDS, seconds * min(1.0, size * slots / seeds))
    if iterations is not None:
        iterations = int(iterations * size / seeds)
    return Stop(seconds, iterations)


def _merged(problem: Problem, schedule: Schedule, results: Sequence[Result], best: Sequence[Result]) -> Result:
    value = schedule.value(problem)
    bound = merged_bound(problem.objective, [r.lower_bound for r in best])
    seconds = max(r.seconds for r in results)
    moves = sum(r.iterations for r in results)
    return Result(schedule, value, bound, (Progress(seconds, moves, value, bound),), moves, seconds)


def merged_bound(objective: Objective, bounds: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """Return what the bounds of independent parts prove about the whole.

    Sums of parts are bounded by sums, a makespan by the largest bound. Below a makespan nothing is claimed: there a
    part need not be the best it can be, only not the longest.
    """
    total = [0] * len(objective.levels)
    for depth, level in enumerate(objective.levels):
        mine = [b[depth] for b in bounds]
        makespan = any(m is Measure.MAKESPAN for m, _ in level)
        total[depth] = max(mine) if makespan else sum(mine)
        if makespan:
            break
    return tuple(total)
