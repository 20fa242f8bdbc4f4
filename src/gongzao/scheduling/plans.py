"""Plan files: a schedule, what it was made for, what is stated about it, and what a chart of it shows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from gongzao.kernel import Problem as Fault
from gongzao.scheduling.document import read_epoch, read_objective, write_objective
from gongzao.scheduling.entries import VERSION, At, load, many, pair
from gongzao.scheduling.epoch import epoch_text
from gongzao.scheduling.hours import Hours, setups
from gongzao.scheduling.model import Assignment, Objective, Problem, Schedule

PLAN = "gongzao.plan"

Numbers: TypeAlias = Sequence[Sequence[tuple[int, int]]]
Spans: TypeAlias = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Plan:
    """A schedule with what is stated about it.

    Parameters
    ----------
    schedule
        The schedule.
    objective, lower_bound
        Value and proven bound of each level of the goal; empty: not stated.
    goal
        The objective both are of; ``None``: the problem's.
    """

    schedule: Schedule
    objective: tuple[int, ...]
    lower_bound: tuple[int, ...]
    goal: Objective | None = None


@dataclass(frozen=True)
class Sheet:
    """A plan file as it stands, jobs and tasks numbered as in its problem's file.

    Parameters
    ----------
    tasks, setups
        The assignments, and the setup before each [working min].
    title, resources, names, dues
        Names of the problem, of resources and of orders, and when orders are due [min], as far as they are told.
    closed
        Closed times of each resource within the plan.
    objective, lower_bound, goal
        As in :class:`Plan`.
    """

    tasks: tuple[Assignment, ...]
    setups: tuple[int, ...] = ()
    title: str = ""
    resources: tuple[str, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)
    dues: Mapping[int, int] = field(default_factory=dict)
    closed: tuple[Spans, ...] = ()
    epoch: datetime | None = None
    objective: tuple[int, ...] = ()
    lower_bound: tuple[int, ...] = ()
    goal: Objective | None = None


def _scalar(values: Sequence[int]) -> int | list[int]:
    return values[0] if len(values) == 1 else list(values)


def plan_to_json(problem: Problem, plan: Plan, numbers: Numbers) -> str:
    """Return a plan as JSON: a file that can be checked and drawn.

    ``measures`` names the objective as a problem file does, ``objective`` and ``lower_bound`` are lists if it has
    several levels; ``orders`` (names, due dates), ``resources``, ``closed`` (each resource's closed times) and the
    ``setup`` before a task are for charts. ``numbers`` is how the problem's file counts its tasks, see
    :class:`~gongzao.scheduling.read.Instance`.
    """
    tasks = plan.schedule.tasks
    before = setups(problem, tasks)
    rows: list[dict[str, int]] = []
    for x in tasks:
        job, task = numbers[x.job][x.task]
        rows.append({"job": job, "task": task, "resource": x.resource, "start": x.start, "end": x.end})
        if (x.job, x.task) in before:
            rows[-1]["setup"] = before[x.job, x.task]
    first, last = min((x.start for x in tasks), default=0), max((x.end for x in tasks), default=0)
    data = {
        "format": PLAN,
        "version": VERSION,
        "problem": problem.name,
        "measures": write_objective(plan.goal or problem.objective),
        "objective": _scalar(plan.objective),
        "lower_bound": _scalar(plan.lower_bound),
        "epoch": epoch_text(problem.epoch) if problem.epoch else None,
        "resources": [r.name for r in problem.resources],
        "closed": [Hours.of(problem, r).closed(first, last) for r in range(len(problem.resources))],
        "orders": [_order(numbers[j][0][0], job.name, job.due) for j, job in enumerate(problem.jobs)],
        "tasks": rows,
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _order(number: int, name: str, due: int | None) -> dict[str, Any]:
    told = {"name": name or None, "due": due}
    return {"job": number, **{k: v for k, v in told.items() if v is not None}}


_HEAD = frozenset(
    ("problem", "measures", "objective", "lower_bound", "epoch", "resources", "closed", "orders", "tasks")
)
_TASK = frozenset(("job", "task", "resource", "start", "end", "setup"))
_ORDER = frozenset(("job", "name", "due"))


def _levels(at: At) -> tuple[int, ...]:
    return tuple(x.whole(0) for x in at.items()) if isinstance(at.value, list) else (at.whole(0),)


def _numbers(at: At, known: frozenset[str], needed: Sequence[str]) -> dict[str, int]:
    found = at.known(known)
    missing = [key for key in needed if key not in found]
    if missing:
        raise at.fault("missing_field", f"lacks {', '.join(missing)}", f"缺少 {', '.join(missing)}")
    return {key: inner.whole(0) for key, inner in found.items() if key != "name"}


def sheet_from_json(text: str, source: str = "<text>") -> Sheet:
    """Read a plan file as it stands.

    Raises
    ------
    InvalidInput
        Naming the entry (for instance ``tasks[3].end``), the rule and the value.
    """
    at = load(text, source, PLAN)
    head = at.known(_HEAD)
    if "tasks" not in head:
        raise at.fault("missing_field", "lacks tasks", "缺少 tasks")
    needed = ("job", "task", "resource", "start", "end")
    tasks = [_numbers(item, _TASK, needed) for item in head["tasks"].items()]
    orders = head["orders"].items() if "orders" in head else []
    told = [(_numbers(o, _ORDER, ("job",)), o.known(_ORDER).get("name")) for o in orders]
    read = {
        "title": ("problem", At.text),
        "resources": ("resources", many(At.text)),
        "closed": ("closed", many(many(pair))),
        "epoch": ("epoch", read_epoch),
        "objective": ("objective", _levels),
        "lower_bound": ("lower_bound", _levels),
        "goal": ("measures", read_objective),
    }
    given: dict[str, Any] = {name: reader(head[key]) for name, (key, reader) in read.items() if key in head}
    return Sheet(
        tuple(Assignment(*(t[key] for key in needed)) for t in tasks),
        tuple(t.get("setup", 0) for t in tasks),
        names={numbers["job"]: name.text() for numbers, name in told if name is not None},
        dues={numbers["job"]: numbers["due"] for numbers, _ in told if "due" in numbers},
        **given,
    )


def plan_from_json(text: str, numbers: Numbers, source: str = "<text>") -> Plan:
    """Read a plan; tasks the problem does not have stay, for the checker to report.

    Raises
    ------
    InvalidInput
        As :func:`sheet_from_json`.
    """
    sheet = sheet_from_json(text, source)
    place = {told: (j, t) for j, row in enumerate(numbers) for t, told in enumerate(row)}
    tasks = []
    for x in sheet.tasks:
        job, task = place.get((x.job, x.task), (-1 - x.job, x.task))
        tasks.append(Assignment(job, task, x.resource, x.start, x.end))
    return Plan(Schedule.of(tasks), sheet.objective, sheet.lower_bound, sheet.goal)


def misstated(problem: Problem, plan: Plan, source: str = "<plan>") -> tuple[Fault, ...]:
    """Return what a plan says of itself and is not so; the schedule must be complete.

    The value must be that of the objective the plan names, level by level. Nothing proves a bound above a value that
    was reached; a level counts only among plans equal on the levels before it, so the first that differs decides.
    """
    goal = plan.goal or problem.objective
    value = goal.value(plan.schedule.measures(problem))
    name = ", ".join(" + ".join(f"{w} × {m}" if w > 1 else str(m) for m, w in level) for level in goal.levels)
    found = []
    if plan.objective and plan.objective != value:
        en = f"is stated as {_told(plan.objective)}, but {name} of the plan is {_told(value)}"
        zh = f"写作 {_told(plan.objective)}，而计划的 {name} 是 {_told(value)}"
        found.append(Fault(source, "schedule.objective_stated", en, zh, field="objective"))
    if plan.lower_bound and len(plan.lower_bound) != len(value):
        en = f"has {len(plan.lower_bound)} levels, the objective ({name}) has {len(value)}"
        zh = f"有 {len(plan.lower_bound)} 级，而目标（{name}）有 {len(value)} 级"
        found.append(Fault(source, "schedule.bound_levels", en, zh, field="lower_bound"))
    elif plan.lower_bound > value:
        en = f"is stated as {_told(plan.lower_bound)}, but the plan itself reaches {_told(value)} ({name})"
        zh = f"写作 {_told(plan.lower_bound)}，而计划本身已达到 {_told(value)}（{name}）"
        found.append(Fault(source, "schedule.bound_stated", en, zh, field="lower_bound"))
    return tuple(found)


def _told(values: tuple[int, ...]) -> str:
    return ", ".join(map(str, values))
