"""The demonstration set meets the published aggregates exactly, whatever the seed."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongzao.kernel import InvalidValue, Period, Uscc
from gongzao.web.clusters.synthetic import Recipe, generate

RECIPE = Recipe(
    clusters=107,
    year=2024,
    total=Decimal(36_000),
    at_least={Decimal(1000): 7, Decimal(500): 17, Decimal(100): 102},
    growth_pct={
        Period.parse("2023"): Decimal(9),
        Period.parse("2024"): Decimal("9.3"),
        Period.parse("2025-H1"): Decimal("5.1"),
    },
    first_half_share=Decimal("0.46"),
    enterprises=400,
    area="139900",
    industries={"33": ("五金制品", "hardware"), "17": ("纺织面料", "fabrics")},
)
COUNTIES = ["130528", "131125", "130408"]
YEAR, HALF = Period.parse("2024"), Period.parse("2025-H1")

seeds = st.integers(0, 2**32)


@settings(max_examples=40, deadline=None)
@given(seed=seeds)
def test_aggregates_are_met_exactly(seed: int) -> None:
    sizes = [cluster.revenue(YEAR) for cluster in generate(RECIPE, seed, COUNTIES)]
    assert len(sizes) == RECIPE.clusters
    assert sum(sizes) == RECIPE.total
    for bound, number in RECIPE.at_least.items():
        assert sum(size >= bound for size in sizes) == sum(size > bound for size in sizes) == number


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_firms_are_sound_and_marked(seed: int) -> None:
    invented = generate(RECIPE, seed, COUNTIES)
    firms = [firm for cluster in invented for firm in cluster.firms]
    assert len(firms) == RECIPE.enterprises
    assert len({firm.uscc for firm in firms}) == len({firm.name for firm in firms}) == len(firms)
    for firm in firms:
        assert Uscc(firm.uscc).code == firm.uscc
        assert firm.uscc[2:8] == "139900"
        assert firm.name.startswith("示例")
        for award in firm.awards:
            assert award.expires_on == date(award.awarded_on.year + 3, award.awarded_on.month, award.awarded_on.day)
    for cluster in invented:
        assert cluster.name_zh.startswith("示例")
        assert cluster.slug.startswith("demo-")
        assert cluster.county in COUNTIES
        assert sum(firm.revenue for firm in cluster.firms) <= cluster.revenue(YEAR)
        if cluster.firms:
            smallest_leader = min(firm.revenue for firm in cluster.firms if firm.leader)
            assert smallest_leader >= max((f.revenue for f in cluster.firms if not f.leader), default=Decimal(0))


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_history_agrees_with_its_growth_and_with_the_published_half_year(seed: int) -> None:
    invented = generate(replace(RECIPE, enterprises=0), seed, COUNTIES)
    before = after = Decimal(0)
    for cluster in invented:
        assert [str(item.period) for item in cluster.history] == ["2022", "2023", "2024", "2025-H1"]
        for earlier, later in zip(cluster.history[:2], cluster.history[1:3], strict=True):
            assert later.growth_pct is not None
            assert abs(earlier.value * (1 + later.growth_pct / 100) - later.value) < Decimal("0.01")
        after += cluster.revenue(HALF)
        before += cluster.revenue(YEAR) * RECIPE.first_half_share
    assert abs((after / before - 1) * 100 - Decimal("5.1")) < Decimal("2.5")


@settings(max_examples=5, deadline=None)
@given(seed=seeds)
def test_the_same_seed_gives_the_same_set(seed: int) -> None:
    once = generate(RECIPE, seed, COUNTIES)
    assert once == generate(RECIPE, seed, COUNTIES)
    assert once != generate(RECIPE, seed + 1, COUNTIES)


@pytest.mark.parametrize("total", [1000, 200_000])
def test_a_total_that_no_sizes_meet_is_refused(total: int) -> None:
    with pytest.raises(InvalidValue) as caught:
        generate(replace(RECIPE, total=Decimal(total)), 1, COUNTIES)
    assert caught.value.code == "demo.recipe"
