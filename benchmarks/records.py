"""Schedules of public flexible job shops that are better than the best known ones.

``python -m benchmarks.records hunt --instances DIR --time-limit 3600 --workers 2 mk13 behnke59`` searches;
``python -m benchmarks.records verify --instances DIR`` checks every file of ``benchmarks/records`` again.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.fjsp import Known, panel
from gongzao.scheduling import Plan, Schedule, Stop, check, plan_from_json, plan_to_json, read, solve

RECORDS = Path(__file__).with_name("records")


def known(instances: Path) -> dict[str, Known]:
    """Return the best known bounds by the instance's name."""
    return {k.name: k for k in panel(instances, "all")}


def stored(instance: Known) -> Plan | None:
    """Return the plan on file for an instance."""
    path = RECORDS / f"{instance.name}.json"
    numbers = read(instance.file, "fjs").numbers
    return plan_from_json(path.read_text(encoding="utf-8"), numbers, path.name) if path.exists() else None


def keep(instance: Known, schedule: Schedule, value: int, bound: int) -> bool:
    """Write a feasible schedule that beats both the best known and the one on file; return whether it did."""
    source = read(instance.file, "fjs")
    before = stored(instance)
    best = min([instance.upper, *([before.objective[0]] if before else [])])
    if value >= best:
        return False
    if check(source.problem, schedule):
        raise RuntimeError(f"{instance.name}: the schedule is not feasible")
    RECORDS.mkdir(exist_ok=True)
    text = plan_to_json(source.problem, Plan(schedule, (value,), (bound,)), source.numbers)
    (RECORDS / f"{instance.name}.json").write_text(text + "\n", encoding="utf-8")
    return True


def hunt(instance: Known, seconds: float, workers: int, seed: int) -> None:
    """Search one instance, starting from the record on file if there is one."""
    problem = read(instance.file, "fjs").problem
    before = stored(instance)
    initial = before.schedule if before else None
    result = solve(problem, stop=Stop(seconds=seconds), workers=workers, seed=seed, initial=initial)
    better = keep(instance, result.schedule, result.objective[0], result.lower_bound[0])
    print(
        f"{instance.name:12} best known {instance.lower}–{instance.upper}  found {result.objective[0]} after "
        f"{result.history[-1].seconds:.0f} s, bound {result.lower_bound[0]}{'  RECORD' if better else ''}",
        flush=True,
    )


def verify(instances: Path) -> None:
    """Check every record against its instance, and its makespan against the best known."""
    for name, instance in known(instances).items():
        plan = stored(instance)
        if plan is None:
            continue
        broken = check(read(instance.file, "fjs").problem, plan.schedule)
        value = max(task.end for task in plan.schedule.tasks)
        if broken or value != plan.objective[0] or value >= instance.upper:
            raise SystemExit(f"{name}: {[b.en for b in broken]} makespan {value}, on file {plan.objective[0]}")
        print(f"{name:12} best known {instance.lower}–{instance.upper}  record {value}  feasible")


def main() -> None:
    """Hunt or verify."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["hunt", "verify"])
    parser.add_argument("names", nargs="*", help="instances to hunt")
    parser.add_argument("--instances", type=Path, required=True)
    parser.add_argument("--time-limit", type=float, default=3600.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_intermixed_args()
    if args.what == "verify":
        verify(args.instances)
        return
    found = known(args.instances)
    for name in args.names:
        hunt(found[name], args.time_limit, args.workers, args.seed)


if __name__ == "__main__":
    main()
