"""What can happen to a plan, as it is reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gongzao.scheduling.errors import InvalidProblem
from gongzao.scheduling.model import Job, Problem


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A resource stands still from ``start`` to ``end`` [min]."""

    resource: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Start:
    """A task has started at ``start`` [min], on the resource it was planned for."""

    job: int
    task: int
    start: int


@dataclass(frozen=True, slots=True)
class Finish:
    """A task that has started has ended, or is expected to end, at ``end`` [min], early or late, overtime or not."""

    job: int
    task: int
    end: int


@dataclass(frozen=True, slots=True)
class Urgent:
    """A new order."""

    job: Job


@dataclass(frozen=True, slots=True)
class Cancel:
    """An order is cancelled; its tasks that have not started are dropped."""

    job: int


Event = Breakdown | Start | Finish | Urgent | Cancel


def require_known(problem: Problem, now: int, events: Sequence[Event]) -> None:
    """Refuse events that name what the problem does not have, or instants that cannot be.

    Raises
    ------
    InvalidProblem
        Naming the event and what is wrong with it.
    """
    if now < (problem.now or 0):
        raise InvalidProblem(
            "schedule.now",
            en=f"now is {now}, but the problem tells what has happened up to {problem.now}",
            zh=f"现在是 {now}，但问题已记录到 {problem.now} 为止发生的事",
        )
    for event in events:
        if isinstance(event, Breakdown):
            good = 0 <= event.resource < len(problem.resources) and 0 <= event.start < event.end
        elif isinstance(event, Start | Finish):
            good = 0 <= event.job < len(problem.jobs) and 0 <= event.task < len(problem.jobs[event.job].tasks)
        else:
            good = isinstance(event, Urgent) or 0 <= event.job < len(problem.jobs)
        if not good:
            raise InvalidProblem(
                "schedule.event",
                en=f"{event!r} names no resource, task or job of the problem, or an empty time",
                zh=f"{event!r} 指向不存在的资源、任务或订单，或时间为空",
            )
        if isinstance(event, Start) and not 0 <= event.start <= now:
            raise InvalidProblem(
                "schedule.event_future",
                en=f"{name(problem, event.job, event.task)[0]} is reported to start at {event.start}, after now, {now}",
                zh=f"{name(problem, event.job, event.task)[1]}报告在 {event.start} 开工，晚于现在 {now}",
            )


def name(problem: Problem, job: int, task: int) -> tuple[str, str]:
    """Return how a task is called in messages, in English and Chinese."""
    order, step = problem.jobs[job], problem.jobs[job].tasks[task]
    return (
        f"job {job} {order.name!r}, task {task} {step.name!r}",
        f"订单 {job}“{order.name}”任务 {task}“{step.name}”",
    )
