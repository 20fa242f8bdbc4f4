"""What must hold of every path, whatever the milestones, and of every way to write the same months."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongzao.targets import Aggregation, Attainment, Comparator, Light, Observation, Plan, attain, check
from gongzao.targets.path import linear

MakePlan = Callable[..., Plan]
See = Callable[..., Observation]

any_plan = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
levels = st.decimals(Decimal("0.01"), 10**6, places=2)
rising = st.lists(levels, min_size=4, max_size=4).map(sorted)
counts = st.lists(st.integers(0, 10**4), min_size=4, max_size=4).map(sorted)
days = st.dates(date(2024, 12, 31), date(2028, 12, 31))


def steps_of(values: list[Decimal] | list[int]) -> dict[int, object]:
    return dict(zip((2025, 2026, 2027), values[1:], strict=True))


def only(plan: Plan, figures: list[Observation], day: date) -> Attainment:
    answers = attain(plan, figures, day)
    assert check(plan, figures, answers) == ()
    return answers[0]


@any_plan
@given(values=rising)
def test_a_compounded_path_rises_with_its_milestones_and_meets_each(make_plan: MakePlan, values: list[Decimal]) -> None:
    answer = only(make_plan(Aggregation.SUM, steps_of(values), baseline=values[0]), [], date(2025, 6, 30))
    required = [point.required for point in answer.path]
    assert required == sorted(required)
    assert [round(r, 2) for r in required] == values
    assert [point.on.year for point in answer.path] == [2024, 2025, 2026, 2027]


@any_plan
@given(values=counts, one=days, other=days)
def test_a_straight_path_rises_with_its_milestones_and_meets_each(
    make_plan: MakePlan, values: list[int], one: date, other: date
) -> None:
    plan = make_plan(Aggregation.SUM, steps_of(values), indicator="little_giants", baseline=values[0])
    path = only(plan, [], date(2025, 6, 30)).path
    assert [linear(path, point.on) for point in path] == [Fraction(value) for value in values]
    early, late = sorted((one, other))
    assert linear(path, early) <= linear(path, late)
    for left, right in pairwise(path):
        if left.on <= early <= right.on:
            assert left.required <= linear(path, early) <= right.required


@any_plan
@given(values=counts, year=st.sampled_from([2025, 2026, 2027]), comparator=st.sampled_from(Comparator))
def test_at_a_deadline_the_milestone_itself_is_required(
    make_plan: MakePlan, see: See, values: list[int], year: int, comparator: Comparator
) -> None:
    milestone = Decimal(values[year - 2024])
    plan = make_plan(
        Aggregation.SUM, steps_of(values), indicator="little_giants", baseline=values[0], comparator=comparator
    )
    figure = see(str(year), milestone, indicator="little_giants", unit="个")
    got = only(plan, [figure], date(year, 12, 31))
    assert (got.required, got.distance, got.to_step) == (milestone, Decimal(0), Decimal(0))
    assert got.light is (Light.BEHIND if comparator is Comparator.MORE_THAN else Light.ON_TRACK)


@any_plan
@given(values=rising, reached=levels, year=st.sampled_from([2025, 2026]))
def test_the_growth_needed_leads_exactly_to_the_last_milestone(
    make_plan: MakePlan, see: See, values: list[Decimal], reached: Decimal, year: int
) -> None:
    plan = make_plan(Aggregation.SUM, steps_of(values), baseline=values[0])
    got = only(plan, [see(str(year), reached)], date(year, 12, 31))
    assert got.growth_needed_pct is not None
    years = 2027 - year
    # Four decimals of a percentage are kept, so the goal lies between the results of the neighbouring figures.
    low, high = (1 + (Fraction(got.growth_needed_pct) + Fraction(d, 20000)) / 100 for d in (-1, 1))
    assert max(low, Fraction(0)) ** years * Fraction(reached) <= Fraction(values[3]) <= high**years * Fraction(reached)


@pytest.mark.parametrize(
    ("one", "other"),
    [("2025-Q1", "2025-YTD03"), ("2025-H1", "2025-YTD06"), ("2025", "2025-YTD12")],
)
@pytest.mark.parametrize("growth", [None, "6.5"])
@pytest.mark.parametrize("aggregation", [Aggregation.GROWTH, Aggregation.SUM])
def test_the_same_months_give_the_same_answer_however_they_are_written(
    make_plan: MakePlan, see: See, one: str, other: str, growth: str | None, aggregation: Aggregation
) -> None:
    plan = make_plan(aggregation, {2027: 140}, baseline=None if aggregation is Aggregation.GROWTH else 100)
    before = [see("2024", 90), *([see(one.replace("2025", "2024"), 40)] if one != "2025" else [])]
    answers = [only(plan, [*before, see(text, 45, growth)], date(2025, 12, 31)) for text in (one, other)]
    assert answers[0].latest == answers[1].latest
    for name in ("light", "required", "distance", "to_step", "growth_needed_pct", "path"):
        assert getattr(answers[0], name) == getattr(answers[1], name), name
    rests = [answer.remainder and answer.remainder.needed_pct for answer in answers]
    assert rests[0] == rests[1]


@any_plan
@given(data=st.data(), scope=st.sampled_from(["s", "other"]), basis=st.sampled_from(["", "above_scale_only"]))
def test_a_verdict_rests_on_one_scope_and_one_basis(
    make_plan: MakePlan, see: See, data: st.DataObject, scope: str, basis: str
) -> None:
    plan = make_plan(Aggregation.SUM, {2025: 110, 2027: 140}, baseline=100)
    written = data.draw(st.lists(st.sampled_from(["2024", "2025-Q1", "2025-H1", "2025", "2026-H1"]), unique=True))
    figures = [see(text, data.draw(levels), data.draw(st.none() | st.just("7"))) for text in written]
    mixed = [replace(item, scope=scope, basis=basis) if i % 2 else item for i, item in enumerate(figures)]
    got = only(plan, mixed, date(2026, 6, 30))
    if got.light in {Light.AHEAD, Light.ON_TRACK, Light.BEHIND, Light.FAR_BEHIND}:
        assert {(item.scope, item.basis) for item in got.rests_on} == {("s", "")}
    if got.light is Light.CANNOT_BE_SAID:
        assert (scope, basis) != ("s", "")
        assert scope in got.explanation.zh or basis in got.explanation.zh
        assert (got.latest, got.required, got.distance) == (None, None, None)


def test_a_stock_has_no_rest_of_the_year(make_plan: MakePlan, see: See) -> None:
    plan = make_plan(Aggregation.GROWTH, {2027: 8}, indicator="employees")
    figures = [see(text, 10, 5, indicator="employees", unit="万人") for text in ("2024", "2025-H1")]
    got = only(plan, figures, date(2025, 6, 30))
    assert (got.latest, got.remainder) == (Decimal(5), None)
