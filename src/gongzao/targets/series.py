"""Choosing observations: what was known on a day, in which revision, and what may be compared."""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date

from gongzao.targets.lights import STALE_AFTER_MONTHS
from gongzao.targets.model import GOAL, Observation, Plan, Target


def known_on(observations: Iterable[Observation], as_of: date) -> tuple[Observation, ...]:
    """Return the figures whose period has ended by ``as_of``, each in its latest revision, oldest first.

    Goals are left out. Of two figures for the same months the one with the higher revision wins, whichever way its
    period is written (``2025-H1`` and ``2025-YTD06``). Figures of the same months stand in the order of scope and
    basis, so that the order of a file never matters.
    """
    best: dict[tuple[object, ...], Observation] = {}
    for item in observations:
        if item.period.end > as_of or item.basis == GOAL:
            continue
        key = (item.subject, item.indicator, item.period.start, item.period.end, item.scope, item.basis)
        if key not in best or item.revision > best[key].revision:
            best[key] = item
    return tuple(sorted(best.values(), key=lambda item: (item.period.end, item.period.months, item.scope, item.basis)))


def revisions(observations: Iterable[Observation], of: Observation) -> tuple[Observation, ...]:
    """Return every revision of the same figure, first publication first."""
    return tuple(
        sorted(
            (
                item
                for item in observations
                if (item.subject, item.indicator, item.scope, item.basis)
                == (of.subject, of.indicator, of.scope, of.basis)
                and item.period.same_months(of.period)
            ),
            key=lambda item: item.revision,
        )
    )


def about(target: Target, plan: Plan, known: Iterable[Observation]) -> tuple[Observation, ...]:
    """Return the figures of the target's indicator for the plan's place, of any scope and basis."""
    return tuple(item for item in known if item.subject == plan.subject and item.indicator == target.indicator.id)


def evidence_for(target: Target, plan: Plan, known: Iterable[Observation]) -> tuple[Observation, ...]:
    """Return the latest figure of every evidence indicator, scope and basis, in the target's order."""
    wanted = [indicator.id for indicator in target.evidence]
    latest = {
        (item.indicator, item.scope, item.basis): item
        for item in known
        if item.subject == plan.subject and item.indicator in wanted
    }
    return tuple(sorted(latest.values(), key=lambda item: (wanted.index(item.indicator), item.scope, item.basis)))


def is_cumulative(item: Observation) -> bool:
    """Whether the figure runs from January, as year-on-year targets need it."""
    return item.period.first_month == 1


def is_stale(end: date, as_of: date) -> bool:
    """Whether a period that ended on ``end`` is too long ago to speak about ``as_of``."""
    years, month = divmod(end.month - 1 + STALE_AFTER_MONTHS, 12)
    year = end.year + years
    last = monthrange(year, month + 1)[1]
    # A period ends with its month, so a year after 28 February 2023 is 29 February 2024.
    return as_of > date(year, month + 1, last)
