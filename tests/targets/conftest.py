"""Small plans and figures for the tests of the engine; every figure made here is 示例数据."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from gongzao.kernel import Period
from gongzao.targets import (
    Aggregation,
    Baseline,
    Comparator,
    Confidence,
    Dossier,
    Indicator,
    Observation,
    Plan,
    Step,
    Target,
    Text,
    load,
    load_indicators,
    shipped_plan,
)

MakePlan = Callable[..., Plan]
MakeObservation = Callable[..., Observation]


@pytest.fixture(scope="session")
def hebei() -> Dossier:
    return load(shipped_plan("hebei-2025-2027"))


@pytest.fixture(scope="session")
def indicators() -> dict[str, Indicator]:
    return load_indicators()


@pytest.fixture(scope="session")
def see() -> MakeObservation:
    """Make an observation of place 999900, scope "s", from ``period`` and ``value``."""

    def make(period: str, value: object = None, growth: object = None, **fields: Any) -> Observation:
        base = Observation(
            subject="region:999900",
            indicator="revenue",
            period=Period.parse(period),
            value=None if value is None else Decimal(str(value)),
            unit="亿元",
            scope="s",
            source="S1",
            growth_pct=None if growth is None else Decimal(str(growth)),
        )
        return replace(base, **fields)

    return make


@pytest.fixture(scope="session")
def make_plan(indicators: dict[str, Indicator]) -> MakePlan:
    """Make a plan for 2025–2027 of place 999900 with one target; values are given by year."""

    def make(
        aggregation: Aggregation,
        by_year: dict[int, object],
        *,
        indicator: str = "revenue",
        comparator: Comparator = Comparator.AT_LEAST,
        baseline: object = None,
        **fields: Any,
    ) -> Plan:
        kind = indicators[indicator]
        growth = aggregation is Aggregation.GROWTH
        parts: dict[str, Any] = {
            "id": "t",
            "name": Text("目标", "target"),
            "indicator": kind,
            "scope": "s",
            "aggregation": aggregation,
            "comparator": comparator,
            "unit": "%" if growth else kind.unit,
            "steps": tuple(Step(date(year, 12, 31), Decimal(str(value))) for year, value in by_year.items()),
            "source": "S1",
            "citation": Text("文件", "document"),
            "confidence": Confidence.OFFICIAL,
            "baseline": None if baseline is None else Baseline(date(2024, 12, 31), Decimal(str(baseline)), "S1"),
        }
        return Plan(
            id="p",
            name=Text("规划", "plan"),
            issuer=Text("某市", "a city"),
            document="示例〔2025〕1号",
            issued_on=date(2025, 1, 1),
            start=date(2025, 1, 1),
            end=date(2027, 12, 31),
            region="999900",
            scope="s",
            targets=(Target(**parts | fields),),
        )

    return make
