"""Generated clusters (示例数据) with weighted tardiness: first plan, gain over the best rule, memory, and replanning.

``python -m benchmarks.scheduling_cluster --tasks 1000 --time-limit 60 --workers 2``
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from typing import Any

import numpy as np

from gongzao.scheduling import Breakdown, NoSchedule, Problem, Stop, check, replan, solve
from gongzao.scheduling.arrays import compile_problem
from gongzao.scheduling.dispatch import dispatch, portfolio
from gongzao.scheduling.generate import Recipe, generate
from gongzao.scheduling.solver import score_of

TASKS_PER_ORDER = 5
TASKS_PER_FIRM = 100


def best_rule(problem: Problem) -> tuple[float, int]:
    """Return the seconds to the first plan, and the least tardiness any plain rule gives."""
    began = time.perf_counter()
    a = compile_problem(problem)
    first, best = 0.0, None
    for rule in portfolio(due=True, count=7, seed=0):
        plan = dispatch(a, rule, 0)
        first = first or time.perf_counter() - began
        if plan is not None:
            value = score_of(a, problem.objective, plan).levels[0]
            best = value if best is None else min(best, value)
    if best is None:
        raise NoSchedule("schedule.none_found", en="no rule found a plan", zh="没有规则找到计划")
    return first, best


def replans(problem: Problem, result: Any, count: int, seed: int) -> dict[str, float]:
    """Break resources down one by one; return seconds and the share of tasks moved, 95th percentiles."""
    rng = np.random.default_rng(seed)
    starts = sorted(x.start for x in result.schedule.tasks)
    seconds, moved = [], []
    for _ in range(count):
        now = starts[int(rng.integers(len(starts) // 4, len(starts) // 2))]
        machine = result.schedule.tasks[int(rng.integers(len(starts)))].resource
        began = time.perf_counter()
        new = replan(problem, result.schedule, now, [Breakdown(machine, now, now + 480)], seed=seed)
        seconds.append(time.perf_counter() - began)
        moved.append(new.moved / problem.size)
    return {"seconds_p95": float(np.quantile(seconds, 0.95)), "moved_p95": float(np.quantile(moved, 0.95))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--time-limit", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--replans", type=int, default=0)
    args = parser.parse_args()
    warm = generate(Recipe(5, 20), 1)
    solved = solve(warm, stop=Stop(iterations=1_000))
    replan(warm, solved.schedule, 0, [])
    recipe = Recipe(max(3, args.tasks // TASKS_PER_FIRM), args.tasks // TASKS_PER_ORDER)
    problem = generate(recipe, args.seed)
    first, rule = best_rule(problem)
    result = solve(problem, stop=Stop(seconds=args.time_limit), workers=args.workers, seed=args.seed)
    row: dict[str, Any] = {
        "tasks": problem.size,
        "first_plan_seconds": first,
        "best_rule": rule,
        "objective": result.objective,
        "gain_percent": 100.0 * (1 - result.objective[0] / max(1, rule)),
        "iterations": result.iterations,
        "feasible": not check(problem, result.schedule),
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    if args.replans:
        row["replan"] = replans(problem, result, args.replans, args.seed)
    print(json.dumps(row, indent=1))


if __name__ == "__main__":
    main()
