"""The method of equal shares on large Pabulib files: this engine and pabutools, same file, same result.

Run ``python -m benchmarks.research``. Protocol and result are in research.md.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from pabutools.election import Cardinality_Sat, Cost_Sat
from pabutools.election.pabulib import parse_pabulib
from pabutools.rules import method_of_equal_shares

from gongzao.research import Measure, equal_shares, read_pabulib

Answer = TypeVar("Answer")

SIZES = ((3_000, 60, 8), (20_000, 150, 12), (50_000, 200, 15))
"""Voters, projects, mean approvals."""


def write(path: Path, voters: int, projects: int, mean: float, seed: int) -> None:
    """Write a file of made-up votes (示例数据): project popularity uneven, about ``mean`` approvals a voter."""
    draw = random.Random(seed)
    costs = [draw.randint(10, 1000) * 1000 for _ in range(projects)]
    popular = [draw.random() ** 2 + 0.02 for _ in range(projects)]
    factor = mean / sum(popular)
    lines = ["META", "key;value", "description;示例数据", "country;-", "unit;-", "instance;-"]
    lines += [f"num_projects;{projects}", f"num_votes;{voters}", f"budget;{sum(costs) * 3 // 10}"]
    lines += ["vote_type;approval", "rule;-", "PROJECTS", "project_id;cost"]
    lines += [f"{i:03};{cost}" for i, cost in enumerate(costs)]
    lines += ["VOTES", "voter_id;vote"]
    for voter in range(voters):
        vote = [f"{i:03}" for i, chance in enumerate(popular) if draw.random() < chance * factor]
        lines.append(f"{voter};{','.join(vote)}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def timed(work: Callable[[], Answer]) -> tuple[Answer, float]:
    """Return the answer and the processor time [s]."""
    start = time.process_time()
    answer = work()
    return answer, time.process_time() - start


def compare(path: Path, measure: Measure, repeat: int) -> tuple[int, list[float], list[float]]:
    """Return the number of projects funded, and the times to read and to decide of the engine and of pabutools [s].

    The engine's times are the best of ``repeat``.
    """
    mine: list[str] = []
    fast = [float("inf")] * 2
    for _ in range(repeat):
        contest, reading = timed(lambda: read_pabulib(path, measure))
        found, deciding = timed(partial(equal_shares, contest, complete=False, explain=False))
        fast = [min(fast[0], reading), min(fast[1], deciding)]
        mine = [funding.candidate for funding in found.funded]
    (instance, profile), reading = timed(lambda: parse_pabulib(str(path)))
    satisfaction = Cost_Sat if measure is Measure.COST else Cardinality_Sat
    theirs, deciding = timed(lambda: method_of_equal_shares(instance, profile, sat_class=satisfaction))
    if mine != [project.name for project in theirs]:
        raise RuntimeError(f"{path.name}: the results differ")
    return len(mine), fast, [reading, deciding]


def main() -> None:
    """Write the files, compare, print one line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sizes", type=int, default=len(SIZES), help="how many sizes, smallest first")
    options = parser.parse_args()
    print(
        "voters projects measure funded | engine: read decide [s] | pabutools: read decide [s] | times: decide, whole"
    )
    with tempfile.TemporaryDirectory() as folder:
        for voters, projects, mean in SIZES[: options.sizes]:
            path = Path(folder) / f"{voters}.pb"
            write(path, voters, projects, mean, options.seed)
            for measure in Measure:
                funded, fast, slow = compare(path, measure, options.repeat)
                ratio = f"{slow[1] / fast[1]:.1f} {sum(slow) / sum(fast):.1f}"
                times = " | ".join(" ".join(f"{seconds:.2f}" for seconds in pair) for pair in (fast, slow))
                print(voters, projects, measure, funded, "|", times, "|", ratio, flush=True)


if __name__ == "__main__":
    main()
