"""Random small problems of every feature, solved and compared with a time-indexed model; run by hand.

``python -m tests.scheduling.fuzz --problems 2000 --replans 1000 --seed 0``. Problems, and histories of replans, run in
subprocesses, so that one that dies by a signal is a fault like any other; ``--first`` goes on from a seed, ``--count``
of them in this very process.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from random import Random

from gongzao.scheduling import (
    Calendar,
    Fixed,
    Job,
    Link,
    Measure,
    Mode,
    NoSchedule,
    Objective,
    Problem,
    Resource,
    Result,
    Schedule,
    Stop,
    Task,
    check,
    problem_to_json,
    solve,
    solve_parts,
)
from tests.scheduling.histories import history_faults
from tests.scheduling.oracle import faults, optimum, value_of

CHUNK = 100
"""Problems of a subprocess."""
LIMITS: dict[str, Callable[[Problem, int], Result]] = {
    "timed": lambda problem, seed: solve(problem, stop=Stop(seconds=2.0), seed=seed),
    "counted": lambda problem, seed: solve(problem, stop=Stop(iterations=400), seed=seed, workers=1 + seed % 2),
    "parts": lambda problem, seed: solve_parts(problem, stop=Stop(iterations=200), seed=seed),
}
MUTANTS = 6
PROGRAM = (sys.executable, "-m", "tests.scheduling.fuzz")


def random_problem(seed: int, scale: int = 1) -> Problem:
    """Return a problem; tight calendars, frozen starts, baselines and tasks of no minutes are frequent.

    It has at most six tasks, times ``scale``, and so much more time for them.
    """
    rng = Random(seed)
    calendars = tuple(_calendar(rng, scale) for _ in range(rng.randint(1, 2)))
    families = rng.randint(1, 3)
    setups = (tuple(tuple(rng.choice([0, 0, 1, 2, 4]) for _ in range(families)) for _ in range(families)),)
    transport = ((0, rng.randint(0, 3)), (rng.randint(0, 3), 0)) if rng.random() < 0.4 else ((0,),)
    resources = tuple(_resource(rng, len(calendars), families, len(transport)) for _ in range(rng.randint(1, 3)))
    most = scale * rng.choice([2, 3, 4, 5, 6])
    jobs: list[Job] = []
    while sum(len(j.tasks) for j in jobs) < most:
        jobs.append(_job(rng, len(resources), families, most - sum(len(j.tasks) for j in jobs), scale))
    baseline = None
    if rng.random() < 0.4:
        baseline = tuple(tuple(_before(rng, t, len(resources), scale) for t in j.tasks) for j in jobs)
    return Problem(tuple(jobs), resources, calendars, setups, transport, _objective(rng), baseline)


def _calendar(rng: Random, scale: int) -> Calendar:
    spans, t = [], rng.choice([0, 0, 0, rng.randint(1, 6)])
    for _ in range(scale * rng.randint(1, 4)):
        end = t + rng.randint(1, 9)
        spans.append((t, end))
        t = end + rng.randint(1, 5)
    if rng.random() < 0.4:
        spans.append((t, t + 30 * scale))
    return Calendar(tuple(spans))


def _resource(rng: Random, calendars: int, families: int, sites: int) -> Resource:
    capacity = rng.choice([1, 1, 1, 2, 3])
    setup = 0 if capacity == 1 and rng.random() < 0.5 else None
    return Resource(
        capacity=capacity,
        calendar=None if rng.random() < 0.25 else rng.randrange(calendars),
        setup=setup,
        family=rng.randrange(families) if setup is not None and rng.random() < 0.5 else None,
        site=rng.randrange(sites),
    )


def _job(rng: Random, resources: int, families: int, most: int, scale: int) -> Job:
    tasks = tuple(_task(rng, resources, families, scale) for _ in range(rng.randint(1, min(3, most))))
    links = None
    if rng.random() < 0.4:
        pairs = [(i, k) for i in range(len(tasks)) for k in range(i + 1, len(tasks)) if rng.random() < 0.6]
        links = tuple(Link(i, k, rng.choice([0, 0, 1, 4])) for i, k in pairs)
    due = scale * rng.randint(0, 25) if rng.random() < 0.6 else None
    deadline = scale * rng.randint(6, 40) if rng.random() < 0.15 / scale else None
    return Job(tasks, links, rng.choice([0, 0, 0, 3, 8]), due, deadline, rng.randint(0, 3))


def _task(rng: Random, resources: int, families: int, scale: int) -> Task:
    chosen = rng.sample(range(resources), rng.randint(1, min(2, resources)))
    modes = tuple(Mode(r, 0 if rng.random() < 0.2 else rng.randint(1, 6), rng.randint(0, 9)) for r in chosen)
    fixed = Fixed(rng.randrange(len(modes)), scale * rng.randint(0, 14)) if rng.random() < 0.08 / scale else None
    release = 0 if fixed or rng.random() < 0.8 else rng.randint(1, 10)
    return Task(modes, rng.randrange(families), rng.random() < 0.4, release, fixed)


def _before(rng: Random, task: Task, resources: int, scale: int) -> tuple[int, int] | None:
    if rng.random() < 0.2:
        return None
    resource = rng.choice(task.modes).resource if rng.random() < 0.9 else rng.randrange(resources)
    return resource, rng.randint(0, 30 * scale)


def _objective(rng: Random) -> Objective:
    measures = rng.sample([m.value for m in Measure], rng.randint(1, 3))
    if rng.random() < 0.6:
        return Objective.lexicographic(*measures)
    return Objective.weighted(**{m: rng.randint(1, 5) for m in measures})


def mutants(problem: Problem, schedule: Schedule, rng: Random) -> Iterator[Schedule]:
    """Return plans of which one task was moved a little."""
    for _ in range(MUTANTS):
        k = rng.randrange(len(schedule.tasks))
        x = schedule.tasks[k]
        start = max(0, x.start + rng.randint(-4, 4))
        end = start + x.end - x.start + rng.choice([0, 0, 0, -1, 1, 2])
        mode = rng.choice(problem.jobs[x.job].tasks[x.task].modes)
        moved = replace(x, resource=rng.choice([x.resource, mode.resource]), start=start, end=end)
        yield Schedule((*schedule.tasks[:k], moved, *schedule.tasks[k + 1 :]))


def problem_faults(seed: int) -> tuple[list[str], str]:
    """Return what the engine gets wrong about the problem of a seed, and how it ended."""
    problem = random_problem(seed)
    best = optimum(problem)
    wrong: list[str] = []
    if best is not None:
        wrong += [f"the checker refuses {x.rule}: {x.en}" for x in check(problem, best[1])]
        wrong += [f"the oracle refuses its own plan: {x}" for x in faults(problem, best[1])]
        for plan in mutants(problem, best[1], Random(seed)):
            ours, theirs = [x.en for x in check(problem, plan)], faults(problem, plan)
            if bool(ours) != bool(theirs):
                wrong.append(f"the checker says {ours}, the oracle {theirs} about {plan}")
    ends = []
    for name, run in LIMITS.items():
        try:
            result = run(problem, seed)
        except NoSchedule as error:
            ends.append("open" if error.code == "schedule.none_found" else "none")
            if best is not None:
                wrong.append(f"{name}: {error.code}, though {best[0]} can be had")
            continue
        ends.append("optimal" if result.optimal else "feasible")
        wrong += [f"{name}: {x}" for x in result_faults(problem, result, None if best is None else best[0])]
    return wrong, "/".join(ends)


def result_faults(problem: Problem, result: Result, best: tuple[int, ...] | None) -> list[str]:
    """Return what is wrong with a result, given the best objective."""
    wrong = faults(problem, result.schedule)
    if best is None:
        return [*wrong, "a plan of what has none"]
    if result.objective != value_of(problem, result.schedule):
        wrong.append(f"objective {result.objective} of a plan worth {value_of(problem, result.schedule)}")
    if result.objective < best:
        wrong.append(f"objective {result.objective} below the optimum {best}")
    if result.lower_bound > best or result.lower_bound[0] > best[0]:
        wrong.append(f"bound {result.lower_bound} above the optimum {best}")
    return wrong


def large_faults(seed: int) -> tuple[list[str], str]:
    """Return what is wrong with the plans of a problem too large for the time-indexed model, and how it ended."""
    problem = random_problem(seed, 12)
    wrong: list[str] = []
    ends: list[str] = []
    values: list[tuple[int, ...]] = []
    bounds: list[int] = []
    for stop in (Stop(seconds=2.0), Stop(iterations=5_000)):
        try:
            result = solve(problem, stop=stop, seed=seed)
        except NoSchedule as error:
            ends.append("open" if error.code == "schedule.none_found" else "none")
            continue
        ends.append("optimal" if result.optimal else "feasible")
        values.append(result.objective)
        bounds.append(result.lower_bound[0])
        wrong += result_faults(problem, result, result.objective)
    if values and "none" in ends:
        wrong.append(f"said to have no plan, and has one: {ends}")
    if values and max(bounds) > min(values)[0]:
        wrong.append(f"a bound of {bounds} is above a value of {values}")
    return wrong, "/".join(ends)


def replan_faults(seed: int) -> tuple[list[str], str]:
    """Return what replanning gets wrong in the history of a seed, and how it ended."""
    return history_faults(random_problem(seed), Random(seed))


KINDS: dict[str, Callable[[int], tuple[list[str], str]]] = {
    "problems": problem_faults,
    "large": large_faults,
    "replans": replan_faults,
}
"""What is tried, by the option that says how many."""


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def run_here(kind: str, first: int, count: int) -> None:
    """Try some seeds, a line before and a line after each."""
    for seed in range(first, first + count):
        say(json.dumps({"seed": seed}))
        wrong, end = KINDS[kind](seed)
        say(json.dumps({"seed": seed, "wrong": wrong, "end": end}, ensure_ascii=False))


def run_apart(kind: str, first: int, count: int, program: Sequence[str] = PROGRAM) -> tuple[Counter[str], list[str]]:
    """Try seeds in subprocesses; return how they ended and every fault."""
    ends: Counter[str] = Counter()
    wrong: list[str] = []
    at = first
    while at < first + count:
        size = min(CHUNK, first + count - at)
        command = [*program, "--kind", kind, "--first", str(at), "--count", str(size)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        lines = [json.loads(x) for x in done.stdout.splitlines()]
        for line in lines:
            if "end" in line:
                ends[line["end"]] += 1
                wrong += [f"{kind} {line['seed']}: {x}" for x in line["wrong"]]
        at += size
        if done.returncode != 0:
            at = lines[-1]["seed"] + 1 if lines else at
            said = done.stderr.strip().splitlines()[-1:]
            wrong.append(f"{kind} {at - 1}: the process ended with {done.returncode}, {said}")
        say(f"{at - first} of {count} {kind}, {len(wrong)} faults")
    return ends, wrong


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.scheduling.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="first seed")
    for kind in KINDS:
        parser.add_argument(f"--{kind}", type=int, default=0, help=f"how many {kind}")
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--first", type=int)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print the problem of --first")
    given = parser.parse_args()
    if given.first is not None:
        if given.show:
            say(json.dumps(problem_to_json(random_problem(given.first)), ensure_ascii=False))
        run_here(given.kind or "problems", given.first, given.count)
        return 0
    failed = False
    for kind in KINDS:
        began = time.monotonic()
        ends, wrong = run_apart(kind, given.seed, getattr(given, kind))
        say("\n".join(wrong))
        say(f"{sum(ends.values())} {kind} in {time.monotonic() - began:.0f} s, {len(wrong)} faults: {dict(ends)}")
        failed |= bool(wrong)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
