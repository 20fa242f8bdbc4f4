"""Every field of every answer on the shipped figures, changed one at a time: the checker finds each change."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from gongzao.kernel import Period
from gongzao.targets import Attainment, Dossier, Light, Qualifier, Remainder, Text, attain, check

FIGURES = ("latest", "required", "distance", "to_step", "growth_needed_pct", "amount_needed")
OTHER: dict[str, Any] = {
    "year": 2026,
    "done": Period.parse("2025-Q1"),
    "rest": (8, 12),
    "unit": "万元",
    "formula": Text("", ""),
    "inputs": (),
}


def mutants(a: Attainment) -> Iterator[tuple[str, Any]]:
    for name in FIGURES:
        value = getattr(a, name)
        yield name, Decimal(1) if value is None else value + 1
        if value is not None:
            yield name, None
    yield from (("light", light) for light in Light if light is not a.light)
    yield "day", date(2025, 1, 1) if a.day is None else None
    yield "stale", not a.stale
    yield from (("qualifier", qualifier) for qualifier in Qualifier if qualifier is not a.qualifier)
    yield from (("step", step) for step in a.target.steps if step is not a.step)
    yield "latest_period", Period.parse("2024")
    yield "distance_unit", "个" if a.distance_unit == "亿元" else "亿元"
    yield "missing", None if a.missing else Text("甲", "a")
    yield "explanation", Text("", "")
    for name in ("path", "observed", "rests_on", "evidence"):
        items = getattr(a, name)
        yield from ((name, items[:i] + items[i + 1 :]) for i in range(len(items)))
    for i, point in enumerate(a.path):
        yield "path", (*a.path[:i], replace(point, required=point.required + 1), *a.path[i + 1 :])
    for i, seen in enumerate(a.observed):
        yield "observed", (*a.observed[:i], replace(seen, value=seen.value + 1), *a.observed[i + 1 :])
    if a.remainder is not None:
        yield "remainder", None
        yield from (("remainder", changed) for changed in remainders(a.remainder))


def remainders(r: Remainder) -> Iterator[Remainder]:
    for field in fields(r):
        value = getattr(r, field.name)
        changed = value + 1 if isinstance(value, Decimal) else OTHER[field.name]
        yield replace(r, **{field.name: changed})  # type: ignore[arg-type]


@pytest.mark.parametrize("day", ["2024-12-31", "2025-06-30", "2026-03-31", "2026-11-23"])
def test_every_change_is_found(hebei: Dossier, day: str) -> None:
    place = [item for item in hebei.observations if item.subject == hebei.plan.subject]
    tried, missed = 0, []
    for answer in attain(hebei.plan, place, date.fromisoformat(day)):
        alone = replace(hebei.plan, targets=(answer.target,))
        assert check(alone, place, [answer]) == ()
        for name, value in mutants(answer):
            tried += 1
            if not check(alone, place, [replace(answer, **{name: value})]):
                missed.append((answer.target.id, name, value))
    assert tried > 150
    assert missed == []
