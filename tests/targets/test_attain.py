"""One behaviour a test, on small made-up plans (示例数据)."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from stdnum.cn.uscc import calc_check_digit

from gongzao.kernel import Uscc
from gongzao.targets import (
    GOAL,
    Aggregation,
    Attainment,
    Award,
    Comparator,
    Counted,
    Indicator,
    InvalidPlan,
    Light,
    Observation,
    Plan,
    Qualifier,
    Step,
    Text,
    Threshold,
    attain,
    check,
    known_on,
    revisions,
)

MakePlan = Callable[..., Plan]
See = Callable[..., Observation]


def answer(plan: Plan, figures: list[Observation], day: str, awards: list[Award] | None = None) -> Attainment:
    given = awards or []
    answers = attain(plan, figures, date.fromisoformat(day), awards=given)
    assert check(plan, figures, answers, awards=given) == ()
    (only,) = answers
    return only


# Growth


@pytest.mark.parametrize(
    ("growth", "light"),
    [
        ("8.5", Light.AHEAD),
        ("8.4", Light.ON_TRACK),
        ("7.5", Light.ON_TRACK),
        ("7.4", Light.BEHIND),
        ("5", Light.BEHIND),
        ("4.9", Light.FAR_BEHIND),
    ],
)
def test_growth_is_judged_in_percentage_points(make_plan: MakePlan, see: See, growth: str, light: Light) -> None:
    plan = make_plan(Aggregation.GROWTH, {2027: 8}, comparator=Comparator.ABOUT)
    assert answer(plan, [see("2025-H1", 100, growth)], "2025-06-30").light is light


def test_only_about_leaves_room_once_the_milestone_is_due(make_plan: MakePlan, see: See) -> None:
    figures = [see("2025", 100, "7.8")]
    for comparator, light in [(Comparator.ABOUT, Light.ON_TRACK), (Comparator.AT_LEAST, Light.BEHIND)]:
        plan = make_plan(Aggregation.GROWTH, {2025: 8}, comparator=comparator)
        assert answer(plan, figures, "2025-12-31").light is light
    exact = [see("2025", 100, "8")]
    for comparator, light in [(Comparator.MORE_THAN, Light.BEHIND), (Comparator.AT_LEAST, Light.ON_TRACK)]:
        plan = make_plan(Aggregation.GROWTH, {2025: 8}, comparator=comparator)
        assert answer(plan, exact, "2025-12-31").light is light


def test_the_years_left_must_make_up_for_the_years_done(make_plan: MakePlan, see: See) -> None:
    plan = make_plan(Aggregation.GROWTH, {2027: 8}, comparator=Comparator.ABOUT)
    one = answer(plan, [see("2025", 100, 5)], "2026-06-30").growth_needed_pct
    assert one is not None
    assert float(1 + one / 100) ** 2 * 1.05 == pytest.approx(1.08**3, rel=1e-6)
    done = [see("2025", 100, 8), see("2026", 108, 8), see("2027", 117, 8)]
    assert answer(plan, done, "2027-12-31").growth_needed_pct is None


def test_growth_of_another_scope_cannot_be_used(make_plan: MakePlan, see: See) -> None:
    plan = make_plan(Aggregation.GROWTH, {2027: 8})
    got = answer(plan, [see("2025-H1", 100, 9, scope="other")], "2025-06-30")
    assert (got.light, got.latest) == (Light.CANNOT_BE_SAID, None)
    assert "other" in got.explanation.zh
    assert "other" in got.explanation.en


def test_a_single_month_says_nothing_about_the_year(make_plan: MakePlan, see: See) -> None:
    plan = make_plan(Aggregation.GROWTH, {2027: 8})
    assert answer(plan, [see("2025-05", 100, 9)], "2025-06-30").light is Light.NO_DATA


def test_remainder_is_left_out_without_last_year_or_with_another_scope(make_plan: MakePlan, see: See) -> None:
    plan = make_plan(Aggregation.GROWTH, {2027: 8})
    half = see("2025-H1", 100, 5)
    assert answer(plan, [half], "2025-06-30").remainder is None
    assert answer(plan, [half, see("2024", 220, 5, scope="other")], "2025-06-30").remainder is None
    rest = answer(plan, [half, see("2024", 210, 5)], "2025-06-30").remainder
    assert rest is not None
    assert rest.rest == (7, 12)


def test_a_year_that_is_already_made_says_so(make_plan: MakePlan, see: See) -> None:
    plan = make_plan(Aggregation.GROWTH, {2027: 8})
    got = answer(plan, [see("2024", 100, 5), see("2025-YTD11", 110, 20)], "2025-11-30")
    assert "已经达到" in got.explanation.zh


# Yearly flows


def test_a_full_year_is_held_against_the_compounded_path(make_plan: MakePlan, see: See) -> None:
    plan = make_plan(Aggregation.SUM, {2026: 121}, baseline=100)
    got = answer(plan, [see("2025", 110)], "2025-12-31")
    assert (got.required, got.distance, got.light) == (Decimal("110.0000"), Decimal("0.0000"), Light.ON_TRACK)
    assert got.growth_needed_pct == Decimal("10.0000")
    assert [(p.on.year, p.required) for p in got.path] == [(2024, 100), (2025, Decimal("110.0000")), (2026, 121)]


def test_a_half_year_is_held_against_last_years_share_of_it(make_plan: MakePlan, see: See) -> None:
    plan = make_plan(Aggregation.SUM, {2026: 121}, baseline=100)
    got = answer(plan, [see("2025-H1", 44, 10)], "2025-06-30")
    # The first half was 40 of last year's 100; the path asks 110 of this year, so 44 of the first half.
    assert got.required == Decimal("44.0000")
    assert got.to_step is None
    published = [see("2024-H1", 40), see("2025-H1", 44)]
    assert answer(plan, published, "2025-06-30").required == Decimal("44.0000")


def test_a_half_year_without_growth_or_last_years_half_cannot_be_judged(make_plan: MakePlan, see: See) -> None:
    plan = make_plan(Aggregation.SUM, {2026: 121}, baseline=100)
    got = answer(plan, [see("2025-H1", 44)], "2025-06-30")
    assert (got.light, got.required, got.latest) == (Light.NO_DATA, None, Decimal(44))
    assert got.missing is not None
    assert "2024" in got.missing.zh


@pytest.mark.parametrize("change", [{"scope": "other"}, {"basis": "above_scale_only"}])
def test_levels_are_never_chained_across_a_change(make_plan: MakePlan, see: See, change: dict[str, str]) -> None:
    plan = make_plan(Aggregation.SUM, {2026: 121}, baseline=100)
    got = answer(plan, [see("2025", 130, 12, **change)], "2025-12-31")
    assert (got.light, got.latest, got.distance) == (Light.CANNOT_BE_SAID, None, None)
    assert next(iter(change.values())) in got.explanation.zh
    assert got.growth_needed_pct == Decimal("10.0000")


def test_a_plan_without_baseline_has_no_path_before_its_first_milestone(make_plan: MakePlan, see: See) -> None:
    plan = make_plan(Aggregation.SUM, {2026: 100, 2027: 110}, comparator=Comparator.MORE_THAN)
    assert answer(plan, [see("2025", 95)], "2025-12-31").light is Light.NO_DATA
    assert answer(plan, [see("2026", 101)], "2026-12-31").required == Decimal(100)


def test_figures_in_other_units_are_converted(make_plan: MakePlan, see: See) -> None:
    plan = make_plan(Aggregation.SUM, {2026: 12100}, baseline=10000)
    got = answer(plan, [see("2025", "1.1", unit="万亿元")], "2025-12-31")
    assert got.latest == Decimal(11000)


# Counts and levels


def count(see: See, period: str, value: object, **fields: object) -> Observation:
    return see(period, value, indicator="little_giants", unit="个", **fields)


def counting(make_plan: MakePlan, steps: dict[int, object], baseline: object = None) -> Plan:
    return make_plan(Aggregation.SUM, steps, indicator="little_giants", baseline=baseline)


def test_a_count_is_due_in_proportion_to_time_rounded_down(make_plan: MakePlan, see: See) -> None:
    plan = counting(make_plan, {2025: 20}, baseline=10)
    got = answer(plan, [count(see, "2025-H1", 14)], "2025-06-30")
    assert got.path[0].required == 10
    assert (got.required, got.light, got.amount_needed) == (Decimal(14), Light.ON_TRACK, Decimal(6))
    assert answer(plan, [count(see, "2025-H1", 12)], "2025-06-30").light is Light.BEHIND
    assert answer(plan, [count(see, "2025-H1", 11)], "2025-06-30").light is Light.FAR_BEHIND


def test_without_a_baseline_the_path_begins_at_the_first_figure_inside_the_plan(make_plan: MakePlan, see: See) -> None:
    plan = counting(make_plan, {2025: 20})
    before, first, later = count(see, "2024", 3), count(see, "2025-Q1", 10), count(see, "2025-Q3", 12)
    alone = answer(plan, [before, first], "2025-03-31")
    assert alone.path[0].on == date(2025, 3, 31)
    assert "唯一" in alone.explanation.zh
    got = answer(plan, [before, first, later], "2025-09-30")
    assert (got.path[0].required, got.required) == (Decimal(10), Decimal(16))
    assert "从2025年一季度的数据起算" in got.explanation.zh
    assert "唯一" not in got.explanation.zh


def test_a_count_on_another_basis_is_not_compared(make_plan: MakePlan, see: See) -> None:
    plan = counting(make_plan, {2025: 20})
    got = answer(plan, [count(see, "2025-Q1", 10), count(see, "2025-Q3", 30, basis="new")], "2025-09-30")
    assert got.latest == 10
    assert "new" in got.explanation.zh


def test_a_count_of_another_scope_only_cannot_be_said(make_plan: MakePlan, see: See) -> None:
    plan = counting(make_plan, {2025: 20}, baseline=5)
    assert answer(plan, [count(see, "2025-Q1", 10, scope="o")], "2025-03-31").light is Light.CANNOT_BE_SAID


def test_an_old_figure_says_how_it_stood_on_its_own_day(make_plan: MakePlan, see: See) -> None:
    plan = counting(make_plan, {2027: 20}, baseline=10)
    figures = [count(see, "2025-02", 20)]
    young, late = answer(plan, figures, "2026-02-28"), answer(plan, figures, "2026-03-01")
    for got, stale in ((young, False), (late, True)):
        assert (got.light, got.day, got.stale) == (Light.AHEAD, date(2025, 2, 28), stale)
        assert ("12个月" in got.explanation.zh, "12 months" in got.explanation.en) == (stale, stale)


@pytest.mark.parametrize("as_of", ["2025-06-30", "2025-12-31", "2026-03-31", "2027-12-31", "2029-01-01"])
def test_a_verdict_does_not_change_while_nothing_new_is_known(make_plan: MakePlan, see: See, as_of: str) -> None:
    plan = counting(make_plan, {2025: 8, 2026: 9}, baseline=6)
    got = answer(plan, [count(see, "2025-H1", 7)], as_of)
    assert (got.light, got.required, got.to_step) == (Light.AHEAD, Decimal(6), Decimal(-1))
    passed = "2025-12-31的节点已过，尚无到期后的数据" in got.explanation.zh
    assert passed is (date.fromisoformat(as_of) > date(2025, 12, 31))


def test_a_milestone_counts_as_met_or_missed_only_by_a_figure_of_its_day(make_plan: MakePlan, see: See) -> None:
    plan = counting(make_plan, {2025: 8, 2026: 9}, baseline=6)
    figures = [count(see, "2025-H1", 7), count(see, "2025", 7)]
    assert answer(plan, figures[:1], "2026-03-31").light is Light.AHEAD
    missed = answer(plan, figures, "2026-03-31")
    assert (missed.light, missed.day) == (Light.BEHIND, date(2025, 12, 31))


def test_a_maturity_level_is_judged_when_observed_and_illustrated_when_not(
    make_plan: MakePlan, see: See, indicators: dict[str, Indicator]
) -> None:
    plan = make_plan(
        Aggregation.MATURITY,
        {2027: 3},
        indicator="sharing_level",
        baseline=1,
        evidence=(indicators["shared_factories"],),
    )
    sign = see("2025-H1", 148, indicator="shared_factories", unit="个")
    seen = answer(plan, [sign], "2025-06-30")
    assert (seen.light, seen.evidence) == (Light.NO_DATA, (sign,))
    assert "148个" in seen.explanation.zh
    level = see("2026", 2, indicator="sharing_level", unit="级")
    assert answer(plan, [sign, level], "2026-12-31").light is Light.ON_TRACK


def test_a_qualitative_target_lists_evidence_and_gives_no_figure(
    make_plan: MakePlan, see: See, indicators: dict[str, Indicator]
) -> None:
    plan = make_plan(
        Aggregation.QUALITATIVE,
        {},
        indicator="crowd_research_projects",
        steps=(Step(date(2025, 12, 31), text=Text("启动一批", "a batch starts")),),
        evidence=(indicators["crowd_research_projects"],),
    )
    bare = answer(plan, [], "2025-06-30")
    assert (bare.light, bare.latest, bare.path) == (Light.NO_DATA, None, ())
    assert "尚无公开的佐证数据" in bare.explanation.zh
    seen = answer(plan, [see("2025-Q1", 2, indicator="crowd_research_projects", unit="个")], "2025-06-30")
    assert "启动一批" in seen.explanation.zh
    assert "众筹科研项目2个" in seen.explanation.zh


# Titles


def code(number: int) -> Uscc:
    body = f"91999900{number:09d}"
    return Uscc(body + calc_check_digit(body))


def won(number: int, day: str, revenue: object = None, title: str = "giant", scope: str = "s") -> Award:
    size = None if revenue is None else Decimal(str(revenue))
    return Award(title, code(number), date.fromisoformat(day), scope, "S1", size)


def titled(make_plan: MakePlan, **fields: object) -> Plan:
    return make_plan(
        Aggregation.NEW_TITLES, {2027: 6}, indicator="new_little_giants", baseline=0, titles=("giant",), **fields
    )


def test_new_titles_are_firms_that_no_earlier_list_held(make_plan: MakePlan) -> None:
    awards = [won(1, "2023-01-01"), won(2, "2024-06-01")]
    awards += [won(2, "2025-05-01"), won(3, "2025-05-01"), won(4, "2025-05-01"), won(4, "2026-05-01")]
    awards += [won(5, "2026-05-01", scope="elsewhere"), won(6, "2026-05-01", title="other"), won(7, "2027-01-01")]
    got = answer(titled(make_plan), [], "2026-12-31", awards)
    assert (got.latest, got.required, got.light) == (Decimal(2), Decimal(2), Light.ON_TRACK)
    assert (got.day, got.stale) == (date(2026, 5, 1), False)
    assert answer(titled(make_plan), [], "2027-06-01", awards).day == date(2027, 1, 1)
    assert got.amount_needed == 4
    # Adding up the lists would have said six.
    assert sum(a.awarded_on.year > 2024 for a in awards) == 7


def test_lists_from_before_the_baseline_are_needed(make_plan: MakePlan) -> None:
    got = answer(titled(make_plan), [], "2026-12-31", [won(3, "2025-05-01")])
    assert got.light is Light.NO_DATA
    assert "复核" in got.explanation.zh


def test_without_lists_there_is_no_data_and_the_path_is_still_shown(make_plan: MakePlan) -> None:
    got = answer(titled(make_plan), [], "2026-12-31", [won(1, "2023-01-01")])
    assert (got.light, got.path[-1].required) == (Light.NO_DATA, Decimal(6))
    assert got.missing is not None


def test_a_size_threshold_counts_only_the_large_and_needs_every_revenue(
    make_plan: MakePlan, indicators: dict[str, Indicator]
) -> None:
    threshold = Threshold(Counted.ENTERPRISE, indicators["revenue"], Decimal(10), "亿元")
    plan = titled(make_plan, threshold=threshold)
    old, large, small = won(1, "2024-01-01", 20), won(2, "2025-05-01", 10), won(3, "2025-05-01", "9.99")
    assert answer(plan, [], "2025-12-31", [old, large, small]).latest == 1
    got = answer(plan, [], "2025-12-31", [old, large, won(3, "2025-05-01")])
    assert got.light is Light.NO_DATA
    assert "营业收入" in got.explanation.zh


# Time and revisions


def test_before_the_plan_begins_there_is_no_verdict(make_plan: MakePlan, see: See) -> None:
    plan = make_plan(Aggregation.SUM, {2026: 121}, baseline=100)
    got = answer(plan, [see("2024", 100)], "2024-12-31")
    assert (got.light, got.latest) == (Light.NO_DATA, None)
    assert "尚未开始" in got.explanation.zh


def test_figures_count_once_their_period_has_ended(make_plan: MakePlan, see: See) -> None:
    plan = make_plan(Aggregation.GROWTH, {2027: 8})
    figures = [see("2025-Q1", 50, 7), see("2025-H1", 100, 9)]
    assert answer(plan, figures, "2025-06-29").latest == 7
    assert answer(plan, figures, "2025-06-30").latest == 9


def test_the_latest_revision_wins_and_the_older_ones_stay_readable(make_plan: MakePlan, see: See) -> None:
    plan = make_plan(Aggregation.GROWTH, {2027: 8})
    first, second = see("2025-H1", 100, 5), see("2025-YTD06", 101, 6, revision=1)
    got = answer(plan, [second, first], "2025-06-30")
    assert (got.latest, got.rests_on) == (Decimal(6), (second,))
    assert known_on([first, second], date(2025, 6, 30)) == (second,)
    assert revisions([second, first], second) == (first, second)


def test_goals_are_never_taken_for_figures(make_plan: MakePlan, see: See) -> None:
    plan = make_plan(Aggregation.SUM, {2026: 121}, baseline=100)
    assert answer(plan, [see("2025", 500, basis=GOAL)], "2025-12-31").light is Light.NO_DATA


def test_qualifiers_are_carried_into_the_words(make_plan: MakePlan, see: See) -> None:
    plan = make_plan(Aggregation.SUM, {2026: 121}, baseline=100)
    got = answer(plan, [see("2025", 120, qualifier=Qualifier.MORE_THAN)], "2025-12-31")
    assert got.qualifier is Qualifier.MORE_THAN
    assert "超过120亿元" in got.explanation.zh
    assert "over 12 billion yuan" in got.explanation.en.lower()


def test_levels_of_a_yearly_flow_are_set_for_the_ends_of_years(make_plan: MakePlan) -> None:
    with pytest.raises(InvalidPlan) as caught:
        make_plan(Aggregation.SUM, {}, steps=(Step(date(2026, 6, 30), Decimal(5)),))
    assert caught.value.code == "target.year_end"
