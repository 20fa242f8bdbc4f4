"""Proven bounds on the makespan of public flexible job shops against the best known ones, on one core.

``python -m benchmarks.bounds --instances DIR``
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from gongzao.scheduling import read
from gongzao.scheduling.arrays import compile_problem
from gongzao.scheduling.bounds import lower_bound
from gongzao.scheduling.loads import load_bound

WITHIN = 0.5
"""Percent below the best known lower bound that counts as close."""


class Row(NamedTuple):
    """What one instance gave: percent below the best known lower bound, CPU seconds, whether the bound can be true."""

    loads: float
    gap: float
    seconds: float
    valid: bool


def measure(file: Path, lower: int, upper: int) -> tuple[int, int, Row]:
    """Return the load bound, the bound, and how far they are from the best known bounds."""
    problem = read(file, "fjs").problem
    a = compile_problem(problem)
    loads = load_bound(a)
    began = time.process_time()
    bound = lower_bound(problem, a)[0]
    seconds = time.process_time() - began
    below = [100.0 * (lower - value) / lower for value in (loads, bound)]
    return loads, bound, Row(below[0], below[1], seconds, bound <= upper)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=Path, required=True)
    parser.add_argument("--families", nargs="*", help="directories; all of them by default")
    args = parser.parse_args()
    families: dict[str, list[Row]] = defaultdict(list)
    with (args.instances / "best_known.csv").open(encoding="utf-8") as lines:
        known = list(csv.DictReader(lines))
    for k in known:
        family, lower, upper = Path(k["file"]).parent.name, int(k["lower_bound"]), int(k["upper_bound"])
        if args.families and family not in args.families:
            continue
        loads, bound, row = measure(args.instances / k["file"], lower, upper)
        families[family].append(row)
        print(
            f"{k['instance']:12} {lower:5}–{upper:5}  loads {loads:5} {row.loads:6.2f} %  "
            f"bound {bound:5} {row.gap:6.2f} %  {row.seconds:5.2f} s{'' if row.valid else '  FALSE'}",
            flush=True,
        )
    for family, rows in families.items():
        close = [r for r in rows if r.gap <= WITHIN]
        print(
            f"{family:12} within {WITHIN} %: loads {sum(r.loads <= WITHIN for r in rows)}, bound {len(close)} "
            f"({sum(r.seconds < 1 for r in close)} under a second) of {len(rows)}; "
            f"mean gap {sum(r.gap for r in rows) / len(rows):.2f} %; "
            f"seconds {sum(r.seconds for r in rows) / len(rows):.2f} mean, {max(r.seconds for r in rows):.2f} at most"
        )


if __name__ == "__main__":
    main()
