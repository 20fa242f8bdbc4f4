"""The shipped plan on the shipped figures: what must be shown, and a golden text as of several days.

Where an answer is meant to change, run this file as a script: it writes the golden text anew; then read the difference.
"""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from gongzao.targets import (
    GOAL,
    Attainment,
    Dossier,
    Light,
    attain,
    check,
    load,
    load_clusters,
    load_regions,
    shipped_plan,
)

DAYS = ["2024-12-31", "2025-03-31", "2025-06-30", "2025-12-31", "2026-03-31", "2026-11-23", "2026-12-31"]
GOLDEN = Path(__file__).parent / "golden" / "hebei.txt"


def on(dossier: Dossier, day: str) -> dict[str, Attainment]:
    return {a.target.id: a for a in attain(dossier.plan, dossier.observations, date.fromisoformat(day))}


def render(dossier: Dossier) -> str:
    """Everything that an answer says, as text."""
    lines: list[str] = []
    for day in DAYS:
        for key, a in on(dossier, day).items():
            figures = (a.latest, a.latest_period, a.required, a.distance, a.distance_unit, a.to_step)
            needed = (a.growth_needed_pct, a.amount_needed, a.remainder and a.remainder.needed_pct)
            used = " ".join(f"{o.indicator}@{o.period}" for o in a.rests_on)
            lines += [
                f"{day} {key}: {a.light}",
                f"  {' | '.join('-' if f is None or f == '' else str(f) for f in (*figures, *needed))}",
                f"  path {' '.join(f'{p.on}={p.required}' for p in a.path)}",
                f"  rests on {used or 'nothing'}",
                f"  {a.explanation.zh}",
                f"  {a.explanation.en}",
            ]
    return "\n".join(lines) + "\n"


def test_answers_are_the_golden_ones(hebei: Dossier) -> None:
    assert render(hebei) == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("day", DAYS)
def test_the_independent_checker_agrees(hebei: Dossier, day: str) -> None:
    answers = attain(hebei.plan, hebei.observations, date.fromisoformat(day))
    assert check(hebei.plan, hebei.observations, answers) == ()


def test_growth_in_the_first_half_of_2025_is_behind(hebei: Dossier) -> None:
    growth = on(hebei, "2025-06-30")["revenue-growth"]
    assert (growth.light, growth.latest, growth.required) == (Light.BEHIND, Decimal("5.1"), Decimal(8))
    assert growth.distance == Decimal("-2.9")
    assert growth.distance_unit == "百分点"
    assert "上半年增长5.1%" in growth.explanation.zh
    assert "低2.9个百分点" in growth.explanation.zh
    assert "须增长约10.5%" in growth.explanation.zh


def test_the_rest_of_2025_needs_ten_and_a_half_percent(hebei: Dossier) -> None:
    rest = on(hebei, "2025-06-30")["revenue-growth"].remainder
    assert rest is not None
    # 36,000 × 1.08 − 17,400 against 36,000 − 17,400 ÷ 1.051, worked out by hand.
    assert round(rest.last_year_done, 2) == Decimal("16555.66")
    assert round(rest.last_year_rest, 2) == Decimal("19444.34")
    assert rest.rest_required == Decimal(21480)
    assert round(rest.needed_pct, 1) == Decimal("10.5")
    assert [(str(i.period), i.value) for i in rest.inputs] == [("2024", Decimal(36000)), ("2025-H1", Decimal(17400))]
    assert "10.5%" in rest.formula.zh


def test_seven_clusters_against_eight(hebei: Dossier) -> None:
    clusters = on(hebei, "2025-06-30")["clusters-over-100bn"]
    assert (clusters.latest, clusters.step.value, clusters.to_step) == (Decimal(7), Decimal(8), Decimal(-1))
    assert "未注明该数的计算依据" in clusters.explanation.zh
    assert "方案未给基期数" in clusters.explanation.zh
    later = on(hebei, "2026-03-31")["clusters-over-100bn"]
    assert (later.light, later.day) == (clusters.light, date(2025, 6, 30))
    assert "2025-12-31的节点已过，尚无到期后的数据" in later.explanation.zh


def test_total_revenue_needs_seven_point_seven_percent_a_year(hebei: Dossier) -> None:
    total = on(hebei, "2025-06-30")["revenue-total"]
    assert total.growth_needed_pct is not None
    assert round(total.growth_needed_pct, 1) == Decimal("7.7")
    assert "约3.6万亿元" in total.explanation.zh
    assert "年均须增长7.7%" in total.explanation.zh


def test_what_was_not_published_has_no_verdict_and_says_what_is_missing(hebei: Dossier) -> None:
    answers = on(hebei, "2025-06-30")
    for key in ("leading-firms-over-10bn", "new-little-giants", "new-champions", "new-pace-setters-over-1bn"):
        assert answers[key].light is Light.NO_DATA
        assert answers[key].missing is not None
    assert "不能用各批名单数相加" in answers["new-little-giants"].explanation.zh
    assert "共享工厂（载体）148个" in answers["sharing-level"].explanation.zh
    assert "17个" in answers["national-sme-clusters"].explanation.zh


def test_every_figure_and_target_names_a_listed_source(hebei: Dossier) -> None:
    used = {o.source for o in hebei.observations} | {t.source for t in hebei.plan.targets}
    used |= {t.baseline.source for t in hebei.plan.targets if t.baseline}
    assert used <= set(hebei.sources)
    assert {o.scope for o in hebei.observations} <= set(hebei.plan.scopes)


def test_subjects_are_listed_places_and_clusters(hebei: Dossier) -> None:
    folder = shipped_plan("hebei-2025-2027")
    regions = {r.code: r for r in load_regions(folder.with_name(hebei.plan.files.regions))}
    clusters = {c.slug: c for c in load_clusters(folder.with_name(hebei.plan.files.clusters))}
    kinds = {o.subject.partition(":") for o in hebei.observations}
    assert {key for kind, _, key in kinds if kind == "region"} <= {*regions, "100000"}
    assert {key for kind, _, key in kinds if kind == "cluster"} <= set(clusters)
    assert len([r for r in regions.values() if r.level == "city"]) == 11
    assert len([r for r in regions.values() if r.level == "county"]) == 167
    for cluster in clusters.values():
        assert cluster.county_name.startswith(regions[cluster.county_code].name_zh)
        assert cluster.city_name == regions[cluster.city_code].name_zh
        assert cluster.industry_code.isdigit()
        assert len(cluster.industry_code) in {2, 3}


@pytest.mark.parametrize(
    ("subject", "indicator", "period", "value", "growth", "qualifier"),
    [
        ("region:130000", "revenue", "2019", "19885.02", "14.85", "="),
        ("region:130000", "revenue", "2024", "36000", "9.3", "≈"),
        ("region:130000", "tax_paid", "2024", "872.64", "2.5", "="),
        ("region:130000", "clusters_over_10bn", "2025-H1", "102", None, "≥"),
        ("region:130000", "sharing_firms", "2026-03", "20000", None, "<"),
        ("region:130000", "pace_setters", "2025-04", "286", None, "="),
        ("region:130500", "revenue", "2023", "5676.67", "13.94", "="),
        ("cluster:anping-wire-mesh", "output_value", "2023", "1006", None, ">"),
        ("cluster:linxi-bearings", "size_unspecified", "2024", "271.58", "14.96", "="),
    ],
)
def test_figures_are_as_printed(
    hebei: Dossier, subject: str, indicator: str, period: str, value: str, growth: str | None, qualifier: str
) -> None:
    found = [
        (o.value, o.growth_pct, o.qualifier.value)
        for o in hebei.observations
        if (o.subject, o.indicator, str(o.period)) == (subject, indicator, period)
    ]
    assert (Decimal(value), None if growth is None else Decimal(growth), qualifier) in found


def test_goals_among_the_figures_are_never_attained(hebei: Dossier) -> None:
    goals = [o for o in hebei.observations if o.basis == GOAL]
    assert goals
    for day in DAYS:
        for answer in on(hebei, day).values():
            assert not set(goals) & {*answer.rests_on, *answer.evidence}


def test_the_figures_of_all_county_clusters_are_never_chained_with_the_107(hebei: Dossier) -> None:
    for day in DAYS:
        answers = on(hebei, day)
        for key in ("revenue-growth", "revenue-total"):
            assert {o.scope for o in answers[key].rests_on} <= {"key107"}


if __name__ == "__main__":
    GOLDEN.write_text(render(load(shipped_plan("hebei-2025-2027"))), encoding="utf-8", newline="\n")
