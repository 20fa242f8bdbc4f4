"""Replanning after a breakdown in a plan of a generated cluster (示例数据): time, what moves, and what it costs.

``python -m benchmarks.replanning --tasks 10000 --breakdowns 40 --resolves 3 --time-limit 60``

Each breakdown takes a machine that still has work out for a day or less, at an instant when a quarter to three quarters
of the tasks have started. Times are of a warm process. Moved is counted among tasks that have not started and do not
themselves run on the broken machine while it stands still. The full re-solve plans the same changed problem from
nothing, with what has started frozen.
"""

from __future__ import annotations

import argparse
import os
import time
from typing import Any

import numpy as np

from benchmarks.scheduling_cluster import cluster, warm_up
from gongzao.scheduling import Breakdown, Problem, Replan, Schedule, Stop, check, replan, solve


def draw(schedule: Schedule, count: int, seed: int) -> list[tuple[int, Breakdown]]:
    """Return instants and breakdowns."""
    rng = np.random.default_rng(seed)
    starts = sorted(x.start for x in schedule.tasks)
    drawn = []
    for _ in range(count):
        now = starts[int(rng.integers(len(starts) // 4, 3 * len(starts) // 4))]
        waiting = [x for x in schedule.tasks if x.end > now]
        machine = waiting[int(rng.integers(len(waiting)))].resource
        drawn.append((now, Breakdown(machine, now, now + int(rng.integers(60, 1_441)))))
    return drawn


def moved(schedule: Schedule, new: Replan, now: int, stop: Breakdown) -> float:
    """Return the share of unaffected tasks, not yet started, that stand elsewhere than before."""
    places = {(new.jobs[x.job], x.task): (x.resource, x.start) for x in new.schedule.tasks}
    free = [
        x
        for x in schedule.tasks
        if x.start >= now and not (x.resource == stop.resource and x.start < stop.end and stop.start < x.end)
    ]
    return sum(places[x.job, x.task] != (x.resource, x.start) for x in free) / max(1, len(free))


def measure(problem: Problem, schedule: Schedule, now: int, stop: Breakdown) -> tuple[Replan, dict[str, Any]]:
    """Replan once; return the new plan and what was measured."""
    began = time.perf_counter()
    new = replan(problem, schedule, now, [stop])
    seconds = time.perf_counter() - began
    row = {
        "seconds": seconds,
        "moved": moved(schedule, new, now, stop),
        "objective": new.objective[0],
        "feasible": not check(new.problem, new.schedule),
    }
    return new, row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--breakdowns", type=int, default=40)
    parser.add_argument("--resolves", type=int, default=3, help="breakdowns that are also solved anew in full")
    parser.add_argument("--time-limit", type=float, default=60.0, help="of the plan and of each full re-solve [s]")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    warm_up()
    problem = cluster(args.tasks, args.seed)
    plan = solve(problem, stop=Stop(seconds=args.time_limit), workers=args.workers, seed=args.seed)
    replan(problem, plan.schedule, 0, [])
    print(f"plan: {problem.size:,} tasks, tardiness {plan.objective[0]:,}; load {os.getloadavg()[0]:.1f}", flush=True)
    rows = []
    for k, (now, stop) in enumerate(draw(plan.schedule, args.breakdowns, args.seed)):
        new, row = measure(problem, plan.schedule, now, stop)
        rows.append(row)
        if k < args.resolves:
            full = solve(new.problem, stop=Stop(seconds=args.time_limit), workers=args.workers, seed=args.seed)
            share = row["objective"] / max(1, full.objective[0]) - 1
            print(
                f"breakdown {k}: replan {row['objective']:,}, full re-solve {full.objective[0]:,} ({share:+.2%})",
                flush=True,
            )
    for name in ("seconds", "moved"):
        values = [r[name] for r in rows]
        print(f"{name}: p50 {np.quantile(values, 0.5):.4f}, p95 {np.quantile(values, 0.95):.4f}")
    print(f"feasible: {sum(r['feasible'] for r in rows)} of {len(rows)}; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
