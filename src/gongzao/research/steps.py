"""What every step has in common: who may act when, and how events become a new state and transfers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gongzao.ledger import Transfer
from gongzao.research import history
from gongzao.research.books import transfers
from gongzao.research.errors import StepRefused
from gongzao.research.events import Body, Event
from gongzao.research.model import Party, check_zone
from gongzao.research.state import Phase, Project


@dataclass(frozen=True, slots=True)
class Step:
    """What a step intends; store the events and book the transfers in one transaction, or neither.

    Parameters
    ----------
    project
        The project afterwards.
    events
        New events; none if the same request was answered before.
    transfers
        What is to be booked, in order; each event's transfers are linked.
    """

    project: Project
    events: tuple[Event, ...]
    transfers: tuple[Transfer, ...]


def take(project: Project, now: datetime, by: str, bodies: Sequence[Body]) -> Step:
    """Return the step made of these event bodies; time never runs backwards in a log."""
    check_zone("now", now)
    at = max(now, project.at)
    events: list[Event] = []
    booked: list[Transfer] = []
    for body in bodies:
        event = Event(project.version + 1, at, by, body)
        booked += transfers(project, event)
        project = history.evolve(project, event)
        events.append(event)
    return Step(project, tuple(events), tuple(booked))


def require_version(project: Project, seen: int) -> None:
    """Refuse a form that was filled in on an older state (``step.stale``).

    Parameters
    ----------
    project
        The project as it is.
    seen
        ``project.version`` when the page was shown.
    """
    if seen != project.version:
        raise refused(
            "stale",
            "the project has changed since this page was shown; look again",
            "页面已过期，项目有新变化，请刷新后重试",
        )


def require_phase(project: Project, *phases: Phase) -> None:
    """Refuse a step that is not due (``step.phase``)."""
    if project.phase not in phases:
        raise refused(
            "phase",
            f"not possible while the project is {project.phase}; only while {', '.join(phases)}",
            f"项目当前阶段（{project.phase}）不允许此操作，仅限：{'、'.join(phases)}",
        )


def require_party(project: Project, party_id: str) -> Party:
    """Return a party of the project; refuse anybody else (``step.not_a_party``)."""
    party = project.proposal.party(party_id)
    if party is None:
        raise refused("not_a_party", f"{party_id} is not a party of this project", f"{party_id} 不是本项目参与单位")
    return party


def require_worker(project: Project, party_id: str) -> Party:
    """Return a party that does the work; who joined to pay only is refused (``step.no_task``)."""
    party = require_party(project, party_id)
    if party_id in project.joined and not project.proposal.works(party_id):
        raise refused(
            "no_task",
            f"{party.name} joined as contributor and has no task in the contract",
            f"{party.name} 为中途加入的出资方，合同未约定其承担任务",
        )
    return party


def refused(rule: str, en: str, zh: str) -> StepRefused:
    """Return the error for a rule of the project."""
    return StepRefused(f"step.{rule}", en=en, zh=zh)
