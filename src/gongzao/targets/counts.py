"""Targets for counts and maturity levels: a straight path from the baseline, or from the plan's first figure."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from gongzao.targets import explain
from gongzao.targets.lights import light_of
from gongzao.targets.model import Nature, Observation, Target
from gongzao.targets.path import linear, whole
from gongzao.targets.question import Question
from gongzao.targets.result import Attainment, Light, PathPoint


def count_attainment(question: Question) -> Attainment:
    """Return how a stock stands against its straight path, on figures of one scope and basis only."""
    target, plan = question.target, question.plan
    after = target.baseline.on if target.baseline else None
    inside = tuple(
        i
        for i in question.series
        if i.value is not None
        and i.period.end <= plan.end
        and (i.period.end > after if after else i.period.end >= plan.start)
    )
    scoped = tuple(i for i in inside if i.scope == target.scope)
    basis = target.baseline.basis if target.baseline else (scoped[0].basis if scoped else "")
    matched = tuple(i for i in scoped if i.basis == basis)
    path = straight_path(target, matched)
    shared = replace(
        question.answer(Light.NO_DATA, explain.nothing_yet(question)),
        path=path,
        missing=explain.nothing_yet(question),
        observed=question.points(matched),
    )
    if not matched:
        if not inside:
            return shared
        reason = explain.scope_changed(question, inside[-1])
        return replace(shared, light=Light.CANNOT_BE_SAID, explanation=reason, rests_on=inside[-1:])
    item = matched[-1]
    newer = [i for i in scoped if i.period.end > item.period.end]
    return _verdict(question, shared, item, matched, newer)


def straight_path(target: Target, matched: Sequence[Observation] = ()) -> tuple[PathPoint, ...]:
    """Return the points of the path; it begins at the baseline, else at a matched figure before the first milestone."""
    steps = [PathPoint(step.deadline, step.value) for step in target.steps if step.value is not None]
    if target.baseline:
        return (PathPoint(target.baseline.on, target.baseline.value), *steps)
    first = matched[0] if matched else None
    value = None if first is None else first.value_in(target.unit)
    if first is None or value is None or first.period.end >= steps[0].on:
        return tuple(steps)
    return (PathPoint(first.period.end, value), *steps)


def _verdict(
    question: Question,
    shared: Attainment,
    item: Observation,
    matched: tuple[Observation, ...],
    newer: Sequence[Observation],
) -> Attainment:
    target, last = question.target, question.target.last
    value = item.value_in(target.unit)
    assert value is not None and last.value is not None  # noqa: S101, PT018 - values were chosen, steps are checked
    day = item.period.end
    required = whole(linear(shared.path, day))
    step = target.step_at(day)
    stale = question.stale(day)
    nature = Nature.LEVEL if target.indicator.nature is Nature.LEVEL else Nature.STOCK
    first = matched[0].period.end
    begins_here = not target.baseline and shared.path[0].on == first < target.steps[0].deadline
    light = light_of(nature, target.comparator, value, required, due=day >= step.deadline)
    return replace(
        shared,
        # A figure at which the path begins lies on it by construction.
        light=Light.CANNOT_BE_SAID if begins_here and len(matched) == 1 else light,
        day=day,
        stale=stale,
        explanation=explain.join(
            explain.stale(day) if stale else None,
            explain.count(question, item, value, required),
            explain.milestone_passed(step, day, question.as_of),
            explain.path_begins(matched[0], only=len(matched) == 1) if begins_here else None,
            explain.basis_unknown(matched),
            explain.scope_changed(question, newer[-1]) if newer else None,
        ),
        latest=value,
        latest_period=item.period,
        qualifier=item.qualifier,
        required=required,
        distance=value - required,
        distance_unit=target.unit,
        to_step=None if step.value is None else value - step.value,
        amount_needed=max(Decimal(0), last.value - value),
        missing=None,
        rests_on=matched,
    )
