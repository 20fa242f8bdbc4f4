"""Rules of a target that would otherwise come to light only when figures arrive."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from gongzao.kernel import InvalidValue
from gongzao.targets import (
    Aggregation,
    Baseline,
    Counted,
    Indicator,
    InvalidPlan,
    Observation,
    Plan,
    Step,
    Threshold,
    attain,
)

MakePlan = Callable[..., Plan]
See = Callable[..., Observation]


@pytest.mark.parametrize(
    "fields",
    [
        {"steps": (Step(date(2026, 6, 30), Decimal(121)),)},
        # Two milestones in one year would leave no year to grow in.
        {"steps": (Step(date(2026, 11, 30), Decimal(121)), Step(date(2026, 12, 31), Decimal(122)))},
        {"baseline": Baseline(date(2024, 6, 30), Decimal(100), "S1")},
    ],
)
def test_levels_of_a_yearly_flow_are_set_for_the_ends_of_years(make_plan: MakePlan, fields: dict[str, object]) -> None:
    (target,) = make_plan(Aggregation.SUM, {2026: 121}).targets
    with pytest.raises(InvalidPlan) as caught:
        replace(target, **fields)  # type: ignore[arg-type]
    assert caught.value.code == "target.year_end"
    assert "年末" in caught.value.zh
    assert any(text in caught.value.en for text in ("2026-06-30", "2026-11-30", "2024-06-30"))


def test_a_count_may_be_due_on_any_day(make_plan: MakePlan, see: See) -> None:
    plan = make_plan(
        Aggregation.SUM, {}, indicator="little_giants", baseline=1, steps=(Step(date(2025, 6, 30), Decimal(5)),)
    )
    (got,) = attain(plan, [see("2025-H1", 5, indicator="little_giants", unit="个")], date(2025, 6, 30))
    assert got.required == 5


def test_a_count_has_a_unit_that_its_figures_can_be_converted_into(
    make_plan: MakePlan, see: See, indicators: dict[str, Indicator]
) -> None:
    threshold = Threshold(Counted.CLUSTER, indicators["revenue"], Decimal(100), "亿元")
    with pytest.raises(InvalidValue) as caught:
        make_plan(
            Aggregation.COUNT_OVER_THRESHOLD, {2027: 9}, indicator="clusters_over_10bn", unit="人", threshold=threshold
        )
    assert caught.value.code == "quantity.kind"
    plan = make_plan(Aggregation.COUNT_OVER_THRESHOLD, {2027: 2}, indicator="firms", unit="万个", threshold=threshold)
    (got,) = attain(plan, [see("2025", 15000, indicator="firms", unit="个")], date(2025, 12, 31))
    assert got.latest == Decimal("1.5")
