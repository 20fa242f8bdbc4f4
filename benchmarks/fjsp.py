"""Makespan of public flexible job shops: ours against the best known bounds and, side by side, PyJobShop.

``python -m benchmarks.fjsp --instances DIR --panel NAME --time-limit 60 --workers 2 --vs pyjobshop``

The panel ``bffmor`` (arbitrary precedence) has no best known bounds here: its gaps are to the bound of the same run.
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gongzao.scheduling import Problem, Stop, check, read, solve

PANELS = Path(__file__).with_name("panels.json")
UNBOUNDED = ("bffmor",)
"""Folders of instances of which the archive has no bounds."""
PEER_WORKERS = (2, 8)
"""Threads the peer is tried with; its better result counts."""


@dataclass(frozen=True)
class Known:
    """Best known bounds of an instance; 0: none is known to us."""

    file: Path
    name: str
    lower: int = 0
    upper: int = 0


def panel(instances: Path, name: str) -> list[Known]:
    """Return the instances of a panel; an entry that is no instance stands for all whose name starts with it.

    A panel without bounds is the folder of its name.
    """
    if name in UNBOUNDED:
        return [Known(file, file.stem) for file in sorted((instances / name).glob("*.fajsp"))]
    with (instances / "best_known.csv").open(encoding="utf-8") as lines:
        known = [
            Known(instances / r["file"], r["instance"], int(r["lower_bound"]), int(r["upper_bound"]))
            for r in csv.DictReader(lines)
        ]
    names = {k.name for k in known}
    wanted = json.loads(PANELS.read_text(encoding="utf-8"))[name]
    return [k for k in known if any(k.name == w or (w not in names and k.name.startswith(w)) for w in wanted)]


def peer(problem: Problem, seconds: float, workers: int) -> tuple[int | None, int]:
    """Return PyJobShop's makespan (``None`` if it found no schedule) and bound."""
    import pyjobshop

    model = pyjobshop.Model()
    machines = [model.add_machine() for _ in problem.resources]
    for job in problem.jobs:
        row = model.add_job()
        tasks = []
        for task in job.tasks:
            tasks.append(model.add_task(row))
            for mode in task.modes:
                model.add_mode(tasks[-1], machines[mode.resource], mode.duration)
        for arc in job.arcs:
            model.add_end_before_start(tasks[arc.before], tasks[arc.after], arc.lag)
    result: Any = model.solve(time_limit=seconds, num_workers=workers, display=False)
    found = result.objective if result.best.tasks else None
    return (None if found is None or found == float("inf") else int(found)), int(result.lower_bound)


def gap(value: int | None, best: int) -> float:
    """Return the gap to a value in percent; no schedule counts as 100."""
    return 100.0 if value is None else 100.0 * (value - best) / best


def run(instances: Path, name: str, seconds: float, workers: int, seed: int, versus: str | None) -> dict[str, Any]:
    """Run a panel, print it line by line, and return everything measured."""
    rows: list[dict[str, Any]] = []
    for known in panel(instances, name):
        problem = read(known.file, "fajsp" if known.file.suffix == ".fajsp" else "fjs").problem
        began = time.perf_counter()
        result = solve(problem, stop=Stop(seconds=seconds), workers=workers, seed=seed)
        best = known.upper or result.lower_bound[0]
        row: dict[str, Any] = {
            "instance": known.name,
            "best_known": [known.lower, known.upper],
            "objective": result.objective[0],
            "bound": result.lower_bound[0],
            "gap": gap(result.objective[0], best),
            "seconds": time.perf_counter() - began,
            "feasible": not check(problem, result.schedule),
        }
        if versus == "pyjobshop":
            tried = {w: peer(problem, seconds, w) for w in PEER_WORKERS}
            row["peer"] = {str(w): {"objective": v, "bound": b, "gap": gap(v, best)} for w, (v, b) in tried.items()}
            row["peer_gap"] = min(gap(v, best) for v, _ in tried.values())
        rows.append(row)
        against = f"  peer {row['peer_gap']:6.2f} %" if "peer_gap" in row else ""
        print(
            f"{known.name:12} {known.lower:5}–{known.upper:5}  ours {row['objective']:5} {row['gap']:6.2f} %  "
            f"bound {row['bound']:5}  {row['seconds']:5.1f} s  {'ok' if row['feasible'] else 'INFEASIBLE'}{against}",
            flush=True,
        )
    mean = sum(r["gap"] for r in rows) / len(rows)
    print(f"mean gap: ours {mean:.3f} %", end="")
    if versus:
        print(f", {versus} {sum(r['peer_gap'] for r in rows) / len(rows):.3f} %", end="")
    print()
    return {
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{platform.processor() or platform.machine()}, {workers} workers",
        "versions": {p: version(p) for p in ("ortools", "numba", "numpy")},
        "panel": name,
        "time_limit": seconds,
        "seed": seed,
        "rows": rows,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=Path, required=True)
    parser.add_argument("--panel", default="quick")
    parser.add_argument("--time-limit", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--vs", choices=["pyjobshop"])
    parser.add_argument("--output", type=Path, help="write everything measured as JSON")
    args = parser.parse_args()
    measured = run(args.instances, args.panel, args.time_limit, args.workers, args.seed, args.vs)
    if args.output:
        args.output.write_text(json.dumps(measured, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
