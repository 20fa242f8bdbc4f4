"""Whatever is published, the independent checker agrees, and what must not matter does not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongzao.kernel import Period
from gongzao.targets import (
    Aggregation,
    Comparator,
    Light,
    Nature,
    Observation,
    Plan,
    attain,
    check,
)
from gongzao.targets.lights import light_of
from gongzao.targets.path import compounded, growth_needed, linear
from gongzao.targets.result import PathPoint

MakePlan = Callable[..., Plan]

values = st.decimals(Decimal("0.01"), 10**6, places=2, allow_nan=False, allow_infinity=False)
rates = st.decimals(-99, 300, places=2, allow_nan=False, allow_infinity=False)
days = st.dates(date(2024, 1, 1), date(2029, 12, 31))
comparators = st.sampled_from(Comparator)
written = st.sampled_from(["{}", "{}-H1", "{}-H2", "{}-Q1", "{}-Q3", "{}-05", "{}-YTD02", "{}-YTD06", "{}-YTD09"])


@st.composite
def observations(draw: st.DrawFn, indicator: str, unit: str) -> list[Observation]:
    found: dict[object, Observation] = {}
    for _ in range(draw(st.integers(0, 12))):
        period = Period.parse(draw(written).format(draw(st.integers(2023, 2028))))
        value, growth = draw(st.one_of(st.none(), values)), draw(st.one_of(st.none(), rates))
        item = Observation(
            subject=draw(st.sampled_from(["region:999900", "region:999900", "region:999901", "cluster:a"])),
            indicator=indicator,
            period=period,
            value=Decimal(1) if value is None and growth is None else value,
            unit=unit,
            scope=draw(st.sampled_from(["s", "s", "s", "other"])),
            source="S1",
            growth_pct=growth,
            basis=draw(st.sampled_from(["", "", "", "unknown", "goal"])),
            revision=draw(st.integers(0, 2)),
        )
        key = (item.subject, period.start, period.end, item.scope, item.basis, item.revision)
        found.setdefault(key, item)
    return list(found.values())


PLANS = {
    "growth": (Aggregation.GROWTH, {2025: 8, 2026: 9, 2027: 10}, "revenue", None),
    "flow": (Aggregation.SUM, {2025: 900, 2027: 1300}, "revenue", 800),
    "flow without baseline": (Aggregation.SUM, {2026: 900, 2027: 1300}, "revenue", None),
    "count": (Aggregation.SUM, {2025: 20, 2027: 31}, "little_giants", 7),
    "count without baseline": (Aggregation.SUM, {2025: 20, 2026: 25, 2027: 31}, "little_giants", None),
    "level": (Aggregation.MATURITY, {2027: 3}, "sharing_level", 1),
}


@pytest.mark.parametrize("name", PLANS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), day=days, comparator=comparators)
def test_the_checker_agrees_and_irrelevant_things_do_not_matter(
    make_plan: MakePlan, name: str, data: st.DataObject, day: date, comparator: Comparator
) -> None:
    aggregation, steps, indicator, baseline = PLANS[name]
    plan = make_plan(aggregation, steps, indicator=indicator, baseline=baseline, comparator=comparator)
    figures = data.draw(observations(indicator, plan.targets[0].indicator.unit))
    answers = attain(plan, figures, day)
    assert check(plan, figures, answers) == ()
    assert attain(plan, figures[::-1], day) == answers
    mine = [o for o in figures if o.subject == plan.subject and o.period.end <= day and o.basis != "goal"]
    assert attain(plan, mine, day) == answers
    (answer,) = answers
    assert answer.explanation.zh
    assert answer.explanation.en
    if answer.light not in {Light.NO_DATA, Light.CANNOT_BE_SAID}:
        assert {o.scope for o in answer.rests_on} == {"s"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), day=days)
def test_a_superseded_revision_changes_nothing(make_plan: MakePlan, data: st.DataObject, day: date) -> None:
    plan = make_plan(Aggregation.SUM, {2025: 900, 2027: 1300}, baseline=800)
    figures = data.draw(observations("revenue", "亿元"))
    older = [replace(o, revision=0, value=Decimal(1)) for o in figures]
    newer = [replace(o, revision=o.revision + 1) for o in figures]
    assert attain(plan, [*older, *newer], day) == attain(plan, newer, day)


ORDER = [Light.FAR_BEHIND, Light.BEHIND, Light.ON_TRACK, Light.AHEAD]


@given(st.sampled_from(Nature), comparators, values, values, values, st.booleans())
def test_more_is_never_judged_worse(
    nature: Nature, comparator: Comparator, one: Decimal, other: Decimal, required: Decimal, due: bool
) -> None:
    low, high = sorted((one, other))
    lights = [light_of(nature, comparator, value, required, due=due) for value in (low, high)]
    assert ORDER.index(lights[0]) <= ORDER.index(lights[1])


@given(values, values, st.integers(1, 20))
def test_growth_needed_leads_to_the_goal(level: Decimal, goal: Decimal, years: int) -> None:
    needed = growth_needed(level, goal, years)
    assert needed is not None
    # Four decimals of a percentage are kept, so near -100 % only an absolute distance makes sense.
    reached = float(level) * (1 + float(needed) / 100) ** years
    assert reached == pytest.approx(float(goal), rel=1e-4 * years, abs=float(level) * 1e-6 * years)


@given(values, values, st.integers(2024, 2028))
def test_paths_stay_between_their_knots(left: Decimal, right: Decimal, year: int) -> None:
    knots = [PathPoint(date(2024, 12, 31), left), PathPoint(date(2027, 12, 31), right)]
    level = compounded(knots, year)
    assert level is not None
    assert min(left, right) - Decimal("0.0001") <= level <= max(left, right) + Decimal("0.0001")
    assert Fraction(min(left, right)) <= linear(knots, date(year, 7, 1)) <= Fraction(max(left, right))
    assert compounded(knots, 2024) == left
    assert compounded(knots, 2023) is None
