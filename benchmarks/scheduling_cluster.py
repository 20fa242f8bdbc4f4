"""Generated clusters (示例数据) with weighted tardiness: first plan, gain over the best rule, memory, and a peer.

``python -m benchmarks.scheduling_cluster --tasks 1000 10000 100000 --time-limit 60 --workers 2 --vs pyjobshop``

Every size runs in a process of its own, so that its peak memory is its own. A first plan is timed from the call of
``solve`` with kernels loaded; the best rule is the best of the seven plain dispatch rules.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.pyjobshop_cluster import peer
from gongzao.scheduling import NoSchedule, Problem, Stop, check, solve
from gongzao.scheduling.arrays import compile_problem, overtime
from gongzao.scheduling.dispatch import dispatch, portfolio
from gongzao.scheduling.generate import Recipe, generate
from gongzao.scheduling.solver import score_of

TASKS_PER_ORDER = 5
TASKS_PER_FIRM = 100
RULES = 7
LARGEST_PEER = 2_000
"""Tasks up to which the peer is tried."""
HEAD = ("tasks", "first plan [s]", "best rule", "ours", "better by", "bound", "moves", "peak [MB]", "peer", "than peer")


def cluster(tasks: int, seed: int) -> Problem:
    """Return a generated cluster of about ``tasks`` tasks."""
    return generate(Recipe(max(3, tasks // TASKS_PER_FIRM), tasks // TASKS_PER_ORDER), seed)


def warm_up() -> None:
    """Load every kernel."""
    solve(cluster(100, 1), stop=Stop(iterations=1_000))


def best_rule(problem: Problem) -> int:
    """Return the least tardiness any plain rule gives."""
    a = overtime(compile_problem(problem), problem.horizon)
    plans = [dispatch(a, rule, 0) for rule in portfolio(due=True, count=RULES, seed=0)]
    scores = [score_of(a, problem.objective, p) for p in plans]
    values = [s.levels[0] for s in scores if s.missed == 0]
    if not values:
        raise NoSchedule("schedule.none_found", en="no rule found a plan", zh="没有规则找到计划")
    return min(values)


def peak_megabytes() -> int:
    """Return this process's peak memory; ``getrusage`` would count that of the parent it was forked from."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(x.split()[1]) for x in lines if x.startswith("VmHWM:")) // 1024


def measure(tasks: int, seconds: float, workers: int, seed: int) -> dict[str, Any]:
    """Return everything measured about one size, in this process."""
    warm_up()
    problem = cluster(tasks, seed)
    result = solve(problem, stop=Stop(seconds=seconds), workers=workers, seed=seed)
    peak = peak_megabytes()
    rule = best_rule(problem)
    return {
        "tasks": problem.size,
        "jobs": len(problem.jobs),
        "resources": len(problem.resources),
        "first_plan_seconds": result.history[0].seconds,
        "first_plan": result.history[0].objective,
        "best_rule": rule,
        "objective": result.objective,
        "bound": result.lower_bound,
        "gain": 1 - result.objective[0] / max(1, rule),
        "iterations": result.iterations,
        "seconds": result.seconds,
        "feasible": not check(problem, result.schedule),
        "peak_megabytes": peak,
        "load": os.getloadavg()[0],
    }


def line(row: dict[str, Any]) -> str:
    """Return a row of the table."""
    peers = [p for p in row.get("peer", {}).values() if p is not None]
    against = ["", ""]
    if "peer" in row:
        best = min(peers, default=None)
        against = ["none found", ""] if best is None else [f"{best:,}", f"{1 - row['objective'][0] / max(1, best):.1%}"]
    cells = (
        f"{row['tasks']:,}",
        f"{row['first_plan_seconds']:.2f}",
        f"{row['best_rule']:,}",
        f"{row['objective'][0]:,}" + ("" if row["feasible"] else " INFEASIBLE"),
        f"{row['gain']:.1%}",
        f"{row['bound'][0]:,}",
        f"{row['iterations']:,}",
        f"{row['peak_megabytes']:,}",
        *against,
    )
    return f"| {' | '.join(cells)} |"


def _alone(function: Callable[..., dict[str, Any]], *args: object) -> dict[str, Any]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, args)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--time-limit", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--vs", choices=["pyjobshop"])
    parser.add_argument("--output", type=Path, help="write everything measured as JSON")
    args = parser.parse_args()
    print(f"| {' | '.join(HEAD)} |\n|{' ---: |' * len(HEAD)}", flush=True)
    rows = []
    for tasks in args.tasks:
        row = _alone(measure, tasks, args.time_limit, args.workers, args.seed)
        if args.vs and row["tasks"] <= LARGEST_PEER:
            row["peer"] = _alone(peer, cluster(tasks, args.seed), args.time_limit)
        rows.append(row)
        print(line(row), flush=True)
    if args.output:
        packages = ("ortools", "numba", "numpy", *([args.vs] if args.vs else []))
        data = {
            "date": time.strftime("%Y-%m-%d"),
            "machine": f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores",
            "versions": {p: version(p) for p in packages},
            "time_limit": args.time_limit,
            "workers": args.workers,
            "seed": args.seed,
            "rows": rows,
        }
        args.output.write_text(json.dumps(data, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
