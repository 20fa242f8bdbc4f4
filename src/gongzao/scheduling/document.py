"""The project's own JSON: problems and plans, versioned."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from typing import Any, TypeAlias

from gongzao.kernel import InvalidInput
from gongzao.kernel import Problem as Fault
from gongzao.scheduling.errors import InvalidProblem
from gongzao.scheduling.model import (
    Assignment,
    Calendar,
    Fixed,
    Job,
    Link,
    Measure,
    Mode,
    Objective,
    Problem,
    Resource,
    Schedule,
    Task,
)

PROBLEM = "gongzao.problem"
PLAN = "gongzao.plan"
ORDER = "gongzao.order"
VERSION = 1

type_names = {str: "text", bool: "true or false", list: "a list", dict: "an object"}


class _At:
    """A value of the document and where it stands."""

    def __init__(self, source: str, path: str, value: Any) -> None:
        self.source, self.path, self.value = source, path, value

    def fault(self, code: str, en: str, zh: str) -> InvalidInput:
        shown = repr(self.value)
        return InvalidInput(
            [Fault(self.source, f"schedule.{code}", en, zh, field=self.path or "document", value=shown[:80])]
        )

    def need(self, kind: type) -> Any:
        if not isinstance(self.value, kind):
            raise self.fault("kind", f"must be {type_names[kind]}", "类型不对")
        return self.value

    def items(self) -> list[_At]:
        return [_At(self.source, f"{self.path}[{i}]", v) for i, v in enumerate(self.need(list))]

    def raw(self) -> Any:
        return self.value


def _text(at: _At) -> str:
    return str(at.need(str))


def _flag(at: _At) -> bool:
    return bool(at.need(bool))


def _table(at: _At) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row.need(list)) for row in at.items())


def _pairs(at: _At) -> tuple[tuple[int, int], ...]:
    rows = []
    for row in at.items():
        if len(row.need(list)) != 2:
            raise row.fault("pair", "must be a pair", "必须是一对数")
        rows.append((row.value[0], row.value[1]))
    return tuple(rows)


def _row_of(cls: type) -> Callable[[_At], Any]:
    """Return the reader of a small object written as a list of its fields in order, trailing ones left out at will."""

    def build(at: _At) -> Any:
        values = at.need(list)
        if not 1 <= len(values) <= len(fields(cls)):
            raise at.fault("pair", f"must list {', '.join(f.name for f in fields(cls))}", "项数不对")
        return _make(at, cls, dict(zip([f.name for f in fields(cls)], values, strict=False)))

    return build


def _make(at: _At, cls: type, values: Mapping[str, Any]) -> Any:
    missing = [f.name for f in fields(cls) if f.default is f.default_factory is MISSING and f.name not in values]
    if missing:
        raise at.fault("missing_field", f"lacks {', '.join(missing)}", f"缺少 {', '.join(missing)}")
    try:
        return cls(**values)
    except InvalidProblem as error:
        raise InvalidInput([Fault(at.source, error.code, error.en, error.zh, field=at.path or "document")]) from error


def _object(cls: type, readers: Mapping[str, Callable[[_At], Any]]) -> Callable[[_At], Any]:
    known = {f.name for f in fields(cls)}

    def build(at: _At) -> Any:
        values = {}
        for key, value in at.need(dict).items():
            inner = _At(at.source, f"{at.path}.{key}" if at.path else key, value)
            if key not in known:
                raise inner.fault("unknown_field", "unknown entry", "未知项")
            values[key] = None if value is None else readers.get(key, _At.raw)(inner)
        return _make(at, cls, values)

    return build


def _many(reader: Callable[[_At], Any]) -> Callable[[_At], Any]:
    return lambda at: tuple(reader(item) for item in at.items())


def _objective(at: _At) -> Objective:
    levels: list[tuple[tuple[Measure, int], ...]] = []
    for level in at.items():
        level.need(dict)
        try:
            levels += Objective.weighted(**level.value).levels
        except InvalidProblem as error:
            raise InvalidInput([Fault(at.source, error.code, error.en, error.zh, field=level.path)]) from error
    return Objective(tuple(levels)) if levels else Objective()


def _epoch(at: _At) -> datetime:
    try:
        return datetime.fromisoformat(at.need(str))
    except ValueError as error:
        raise at.fault("instant", "must be an ISO 8601 instant", "必须是 ISO 8601 时间") from error


def _baseline(at: _At) -> tuple[tuple[tuple[int, int] | None, ...], ...]:
    return tuple(tuple(None if x is None else (x[0], x[1]) for x in job.need(list)) for job in at.items())


_task = _object(Task, {"modes": _many(_row_of(Mode)), "fixed": _row_of(Fixed), "resumable": _flag, "name": _text})
_order = _object(Job, {"tasks": _many(_task), "links": _many(_row_of(Link)), "name": _text})
_problem = _object(
    Problem,
    {
        "jobs": _many(_order),
        "resources": _many(_object(Resource, {"name": _text})),
        "calendars": _many(_object(Calendar, {"intervals": _pairs, "name": _text})),
        "setups": _many(_table),
        "transport": _table,
        "objective": _objective,
        "baseline": _baseline,
        "epoch": _epoch,
        "name": _text,
    },
)


def _load(text: str, source: str, kind: str) -> _At:
    """Return the document without its head, which must name ``kind`` and the version."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        fault = Fault(source, "schedule.json", f"not JSON: {error.msg}", "不是合法的 JSON", line=error.lineno)
        raise InvalidInput([fault]) from error
    at = _At(source, "", data)
    at.need(dict)
    if data.get("format") != kind or data.get("version") != VERSION:
        raise at.fault("format", f"must have format {kind!r} and version {VERSION}", "格式或版本不符")
    at.value = {k: v for k, v in data.items() if k not in ("format", "version")}
    return at


def problem_from_json(text: str, source: str = "<text>") -> Problem:
    """Read a problem; :func:`problem_to_json` describes the format.

    Raises
    ------
    InvalidInput
        Naming the entry (for instance ``jobs[3].tasks[0].modes[1]``), the rule and the value.
    """
    problem: Problem = _problem(_load(text, source, PROBLEM))
    return problem


def order_from_json(text: str, source: str = "<text>") -> Job:
    """Read one order: an entry of a problem's ``jobs``, with the format ``gongzao.order`` and the version.

    Raises
    ------
    InvalidInput
        Naming the entry, the rule and the value.
    """
    job: Job = _order(_load(text, source, ORDER))
    return job


def _bare(item: Any) -> dict[str, Any]:
    """Return the fields of a dataclass that differ from their defaults."""
    out = {}
    for f in fields(item):
        value = getattr(item, f.name)
        default = f.default if f.default_factory is MISSING else f.default_factory()
        if value != default:
            out[f.name] = value
    return out


def _row(item: Any) -> list[Any]:
    return [getattr(item, f.name) for f in fields(item)]


def problem_to_json(problem: Problem) -> str:
    """Return the problem as JSON: one entry per field of the model, defaults left out.

    Modes ``[resource, duration, cost]``, links ``[before, after, lag]`` and fixed starts ``[mode, start]`` are lists;
    the objective is a list of levels such as ``[{"tardiness": 1}, {"makespan": 1}]``.
    """
    data: dict[str, Any] = {"format": PROBLEM, "version": VERSION, **_bare(problem)}
    data["jobs"] = [_job(j) for j in problem.jobs]
    data["resources"] = [_bare(r) for r in problem.resources]
    data["calendars"] = [_bare(c) for c in problem.calendars]
    data["objective"] = [{str(m): w for m, w in level} for level in problem.objective.levels]
    if problem.epoch is not None:
        data["epoch"] = problem.epoch.isoformat()
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _job(job: Job) -> dict[str, Any]:
    out = _bare(job)
    if job.links is not None:
        out["links"] = [_row(link) for link in job.links]
    out["tasks"] = []
    for task in job.tasks:
        entry = _bare(task)
        entry["modes"] = [_row(m) for m in task.modes]
        if task.fixed is not None:
            entry["fixed"] = _row(task.fixed)
        out["tasks"].append(entry)
    return out


Numbers: TypeAlias = Sequence[Sequence[tuple[int, int]]]


@dataclass(frozen=True)
class Plan:
    """A schedule with what was found and proven about it."""

    schedule: Schedule
    objective: tuple[int, ...]
    lower_bound: tuple[int, ...]


def _scalar(values: Sequence[int]) -> int | list[int]:
    return values[0] if len(values) == 1 else list(values)


def plan_to_json(problem: Problem, plan: Plan, numbers: Numbers) -> str:
    """Return a plan as JSON with ``objective``, ``lower_bound`` (lists if there are several levels) and ``tasks``.

    ``numbers`` is how the problem's file counts its tasks, see :class:`~gongzao.scheduling.read.Instance`.
    """
    rows = []
    for x in plan.schedule.tasks:
        job, task = numbers[x.job][x.task]
        rows.append({"job": job, "task": task, "resource": x.resource, "start": x.start, "end": x.end})
    data = {
        "format": PLAN,
        "version": VERSION,
        "problem": problem.name,
        "objective": _scalar(plan.objective),
        "lower_bound": _scalar(plan.lower_bound),
        "resources": [r.name for r in problem.resources],
        "epoch": problem.epoch.isoformat() if problem.epoch else None,
        "tasks": rows,
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def plan_from_json(text: str, numbers: Numbers, source: str = "<text>") -> Plan:
    """Read a plan; tasks the problem does not have stay, for the checker to report."""
    data = _load(text, source, PLAN)
    place = {pair: (j, t) for j, row in enumerate(numbers) for t, pair in enumerate(row)}
    tasks = []
    for at in _At(source, "tasks", data.value.get("tasks")).items():
        entry = at.need(dict)
        try:
            job, task, resource, start, end = (int(entry[k]) for k in ("job", "task", "resource", "start", "end"))
        except (KeyError, TypeError, ValueError) as error:
            raise at.fault("plan_task", "needs whole job, task, resource, start and end", "缺少必要的整数项") from error
        job, task = place.get((job, task), (-1 - job, task))
        tasks.append(Assignment(job, task, resource, start, end))
    levels = []
    for key in ("objective", "lower_bound"):
        value = data.value.get(key)
        levels.append(tuple(value) if isinstance(value, list) else (value,))
    return Plan(Schedule.of(tasks), levels[0], levels[1])
