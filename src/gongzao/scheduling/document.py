"""Problems and orders as the project's own JSON, versioned."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from datetime import datetime
from typing import Any

from gongzao.scheduling.entries import VERSION, At, Reader, load, many, pair, record, row
from gongzao.scheduling.epoch import epoch_text, parse_epoch
from gongzao.scheduling.errors import InvalidProblem
from gongzao.scheduling.model import Calendar, Fixed, Job, Link, Measure, Mode, Objective, Problem, Resource, Task

PROBLEM = "gongzao.problem"
ORDER = "gongzao.order"

_mode_row = row(Mode)


def _mode(at: At) -> Mode:
    resource = at.items()[:1]
    if resource and isinstance(resource[0].value, list):
        raise at.fault("several_resources", "takes several resources, which is not supported", "不支持同时占用多个资源")
    mode: Mode = _mode_row(at)
    return mode


def _intervals(at: At) -> tuple[tuple[int, int], ...]:
    """Return working intervals, those that touch as one: nothing is closed between them, so nothing is interrupted."""
    spans: list[tuple[int, int]] = []
    for start, end in many(pair)(at):
        if spans and spans[-1][1] == start < end:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return tuple(spans)


def read_objective(at: At) -> Objective:
    """Return the objective of a list of levels such as ``[{"tardiness": 1}, {"makespan": 1}]``."""
    levels: list[tuple[tuple[Measure, int], ...]] = []
    for level in at.items():
        weights = {name: weight.whole() for name, weight in level.entries().items()}
        try:
            levels += Objective.weighted(**weights).levels
        except InvalidProblem as error:
            raise level.broken(error) from error
    try:
        return Objective(tuple(levels))
    except InvalidProblem as error:
        raise at.broken(error) from error


def write_objective(objective: Objective) -> list[dict[str, int]]:
    """Return the levels as :func:`read_objective` takes them."""
    return [{str(m): w for m, w in level} for level in objective.levels]


def read_epoch(at: At) -> datetime:
    """Return the instant of minute 0."""
    text = at.text()
    try:
        return parse_epoch(text)
    except InvalidProblem as error:
        raise at.fault("instant", error.en, error.zh) from error


def _planned(at: At) -> tuple[int, int] | None:
    return None if at.value is None else pair(at)


_text, _flag = At.text, At.flag
_numbers = many(At.whole)
_task = record(
    Task, {"modes": many(_mode), "fixed": row(Fixed, {"assumed": At.flag}), "resumable": _flag, "name": _text}
)
_order = record(Job, {"tasks": many(_task), "links": many(row(Link)), "name": _text})
_readers: dict[str, Reader] = {
    "jobs": many(_order),
    "resources": many(record(Resource, {"name": _text, "begun": pair})),
    "calendars": many(record(Calendar, {"intervals": _intervals, "name": _text})),
    "setups": many(many(_numbers)),
    "transport": many(_numbers),
    "objective": read_objective,
    "baseline": many(many(_planned)),
    "epoch": read_epoch,
    "name": _text,
}
_problem = record(Problem, _readers)


def problem_from_json(text: str, source: str = "<text>") -> Problem:
    """Read a problem; :func:`problem_to_json` describes the format.

    An entry that is null counts as left out; intervals of a calendar that touch are read as one.

    Raises
    ------
    InvalidInput
        Naming the entry (for instance ``jobs[3].tasks[0].modes[1]``), the rule and the value.
    """
    problem: Problem = _problem(load(text, source, PROBLEM))
    return problem


def order_from_json(text: str, source: str = "<text>") -> Job:
    """Read one order: an entry of a problem's ``jobs``, with the format ``gongzao.order`` and the version.

    Raises
    ------
    InvalidInput
        Naming the entry, the rule and the value.
    """
    job: Job = _order(load(text, source, ORDER))
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
    """Return the fields in order, without those at the end that say nothing."""
    values = [getattr(item, f.name) for f in fields(item)]
    while values[-1] is None or values[-1] is False:
        values.pop()
    return values


def problem_to_json(problem: Problem) -> str:
    """Return the problem as JSON: one entry per field of the model, defaults left out.

    Modes ``[resource, duration, cost]``, links ``[before, after, lag]`` and what is fixed ``[mode, start, end,
    assumed]``, the last two of which may be left out, are lists; the objective is a list of levels such as
    ``[{"tardiness": 1}, {"makespan": 1}]``, the epoch an ISO 8601 instant.
    """
    data: dict[str, Any] = {"format": PROBLEM, "version": VERSION, **_bare(problem)}
    data["jobs"] = [_job(j) for j in problem.jobs]
    data["resources"] = [_bare(r) for r in problem.resources]
    data["calendars"] = [_bare(c) for c in problem.calendars]
    data["objective"] = write_objective(problem.objective)
    if problem.epoch is not None:
        data["epoch"] = epoch_text(problem.epoch)
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
