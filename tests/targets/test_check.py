"""The checker catches answers that were tampered with."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from gongzao.targets import Attainment, Dossier, Light, PathPoint, Plan, attain, check

DAY = date(2025, 6, 30)
Change = Callable[[Attainment, Dossier], Attainment]


def judged(dossier: Dossier, target: str, change: Change) -> set[str]:
    answers = [
        change(a, dossier) if a.target.id == target else a for a in attain(dossier.plan, dossier.observations, DAY)
    ]
    return {f.rule for f in check(dossier.plan, dossier.observations, answers) if f.target == target}


def put(**fields: object) -> Change:
    return lambda a, _: replace(a, **fields)  # type: ignore[arg-type]


def rest(**fields: Decimal) -> Change:
    def change(a: Attainment, _: Dossier) -> Attainment:
        assert a.remainder is not None
        return replace(a, remainder=replace(a.remainder, **fields))  # type: ignore[arg-type]

    return change


def resting_on(period: str, scope: str) -> Change:
    def change(a: Attainment, dossier: Dossier) -> Attainment:
        wrong = [o for o in dossier.observations if (str(o.period), o.scope, o.indicator) == (period, scope, "revenue")]
        assert wrong
        return replace(a, rests_on=tuple(wrong))

    return change


@pytest.mark.parametrize(
    ("target", "change", "rule"),
    [
        ("revenue-growth", put(light=Light.ON_TRACK), "light"),
        ("revenue-growth", put(light=Light.NO_DATA), "light"),
        ("revenue-growth", put(latest=Decimal(8), distance=Decimal(0), to_step=Decimal(0)), "latest"),
        ("revenue-growth", put(required=Decimal(5), distance=Decimal("0.1")), "required"),
        ("revenue-growth", put(distance=Decimal("2.9")), "distance"),
        ("revenue-growth", put(to_step=Decimal(1)), "to_step"),
        ("revenue-growth", put(required=None), "complete"),
        ("revenue-growth", rest(needed_pct=Decimal(9)), "remainder.needed"),
        ("revenue-growth", rest(last_year_done=Decimal(17000)), "remainder.last_year_done"),
        ("revenue-growth", rest(last_year_rest=Decimal(17000)), "remainder.last_year_rest"),
        ("revenue-growth", rest(rest_required=Decimal(17000)), "remainder.rest_required"),
        ("revenue-growth", rest(year_required=Decimal(17000)), "remainder.year_required"),
        ("revenue-total", put(required=Decimal(17000), distance=Decimal(400)), "required"),
        ("revenue-total", put(growth_needed_pct=Decimal("8.5")), "growth_needed"),
        ("revenue-total", resting_on("2023", "all_county"), "scope"),
        ("revenue-total", resting_on("2022", "all_county"), "known"),
        ("clusters-over-100bn", put(latest=Decimal(8), distance=Decimal(1), to_step=Decimal(0)), "latest"),
        ("clusters-over-100bn", put(required=Decimal(8), distance=Decimal(-1)), "required"),
        ("clusters-over-100bn", put(amount_needed=Decimal(1)), "amount_needed"),
        ("clusters-over-100bn", put(path=(PathPoint(date(2027, 12, 31), Decimal(9)),)), "path"),
        ("leading-firms-over-10bn", put(light=Light.CANNOT_BE_SAID), "comparable"),
        ("new-little-giants", put(missing=None), "missing"),
        ("new-little-giants", put(light=Light.ON_TRACK, latest=Decimal(9), required=Decimal(3)), "latest"),
        ("crowd-research", put(light=Light.AHEAD), "light"),
    ],
)
def test_a_changed_answer_is_found(hebei: Dossier, target: str, change: Change, rule: str) -> None:
    assert rule in judged(hebei, target, change)


def test_a_missing_answer_is_found(hebei: Dossier) -> None:
    answers = attain(hebei.plan, hebei.observations, DAY)
    for wrong in (answers[1:], answers[::-1], (*answers[:-1], replace(answers[-1], as_of=date(2025, 7, 1)))):
        assert [f.rule for f in check(hebei.plan, hebei.observations, wrong)] == ["one_answer_each"]


def test_an_old_revision_is_found(hebei: Dossier) -> None:
    answers = attain(hebei.plan, hebei.observations, DAY)
    half = next(o for o in hebei.observations if o.indicator == "revenue" and str(o.period) == "2025-H1")
    corrected = [*hebei.observations, replace(half, revision=1, growth_pct=Decimal(6))]
    assert {"known", "latest"} <= {f.rule for f in check(hebei.plan, corrected, answers)}


def test_findings_speak_both_languages(hebei: Dossier) -> None:
    plan: Plan = hebei.plan
    (finding, *_) = check(plan, hebei.observations, ())
    assert finding.text.zh
    assert finding.text.en
