"""Growth targets: published growth against the target rate."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal, localcontext

from gongzao.targets import explain
from gongzao.targets.lights import light_of
from gongzao.targets.model import Nature, Observation, Qualifier, Target
from gongzao.targets.path import rounded
from gongzao.targets.question import Question
from gongzao.targets.remainder import remainder
from gongzao.targets.result import Attainment, Light, ObservedPoint, PathPoint
from gongzao.targets.series import is_cumulative


def growth_attainment(question: Question) -> Attainment:
    """Return how the latest published cumulative growth stands against the rate of its year."""
    plan, target = question.plan, question.target
    inside = [
        item
        for item in question.series
        if item.growth_pct is not None and is_cumulative(item) and plan.start <= item.period.end <= plan.end
    ]
    matched = tuple(item for item in inside if item.scope == target.scope)
    path = tuple(PathPoint(step.deadline, step.value) for step in target.steps if step.value is not None)
    shared = replace(
        question.answer(Light.NO_DATA, explain.nothing_yet(question)),
        path=(PathPoint(plan.start, path[0].required), *path),
        growth_needed_pct=_rate_left(question, matched),
        missing=explain.nothing_yet(question),
    )
    if not matched:
        if not inside:
            return shared
        reason = explain.scope_changed(question, inside[-1])
        return replace(shared, light=Light.CANNOT_BE_SAID, explanation=reason, rests_on=(inside[-1],))
    latest = matched[-1]
    step = target.step_at(latest.period.end)
    rate, required = latest.growth_pct, step.value
    assert rate is not None and required is not None  # noqa: S101, PT018 - chosen above; growth steps have values
    rest = remainder(plan, target, question.known, question.as_of)
    day = latest.period.end
    stale = question.stale(day)
    due = day == step.deadline
    return replace(
        shared,
        light=light_of(Nature.RATE, target.comparator, rate, required, due=due),
        day=day,
        stale=stale,
        explanation=explain.join(
            explain.stale(day) if stale else None,
            explain.growth(target, latest, rate, rate - required, step),
            None if rest is None else explain.rest_of_year(rest.year, rest.rest[0], rest.needed_pct, question.as_of),
            explain.milestone_passed(step, day, question.as_of) if rest is None else None,
            explain.basis_unknown([latest]),
        ),
        latest=rate,
        latest_period=latest.period,
        qualifier=_qualifier(latest),
        required=required,
        distance=rate - required,
        distance_unit="百分点",
        to_step=rate - required,
        remainder=rest,
        missing=None,
        rests_on=matched if rest is None else tuple(dict.fromkeys((*rest.inputs, *matched))),
        observed=tuple(
            ObservedPoint(i.period.end, i.growth_pct, _qualifier(i), i.period, i.source)
            for i in matched
            if i.growth_pct is not None
        ),
    )


def _qualifier(item: Observation) -> Qualifier:
    # Beside a value the qualifier speaks of the value; the growth rate was printed as it is.
    return item.qualifier if item.value is None else Qualifier.EXACT


def _rate_left(question: Question, matched: Iterable[Observation]) -> Decimal | None:
    """Return the yearly growth the years left must average, given the full years published in a row."""
    plan, target = question.plan, question.target
    done = {item.period.year: item.growth_pct for item in matched if item.period.months == 12}
    wanted, got, left = Decimal(1), Decimal(1), 0
    with localcontext(prec=50):
        for year in range(plan.start.year, plan.end.year + 1):
            wanted *= 1 + _rate_of(target, year) / 100
            growth = done.get(year) if left == 0 else None
            if growth is None:
                left += 1
            else:
                got *= 1 + growth / 100
        if left == 0 or got <= 0:
            return None
        return rounded(((wanted / got) ** (Decimal(1) / left) - 1) * 100)


def _rate_of(target: Target, year: int) -> Decimal:
    step = next((step for step in target.steps if step.deadline.year >= year), target.last)
    return step.value or Decimal(0)
