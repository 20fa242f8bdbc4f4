"""A city's plan, with made-up figures (示例数据): the engine knows no place by name."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import gongzao.targets
from gongzao.targets import Dossier, Light, attain, check, load

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def city() -> Dossier:
    return load(DATA / "langfang-2025-2027.yaml")


def test_the_citys_targets_are_attained_on_its_own_figures(city: Dossier) -> None:
    answers = {a.target.id: a for a in attain(city.plan, city.observations, date(2026, 6, 30))}
    assert check(city.plan, city.observations, tuple(answers.values())) == ()
    revenue = answers["revenue"]
    # The path of 2026 is 4600 × √(5300 ÷ 4600); the first half of 2025 was 2300 ÷ 1.06 of 4700.
    wanted = 4600 * (5300 / 4600) ** 0.5 * (2300 / 1.06) / 4700
    assert float(revenue.required or 0) == pytest.approx(wanted, rel=1e-6)
    assert revenue.light is Light.ON_TRACK
    giants = answers["little-giants"]
    assert (giants.latest, giants.required, giants.light) == (Decimal(33), Decimal(34), Light.BEHIND)
    assert answers["clusters-over-10bn"].light is Light.ON_TRACK
    assert answers["clusters-over-50bn"].light is Light.NO_DATA
    assert answers["shared-factories"].light is Light.NO_DATA


def test_more_than_is_more_than(city: Dossier) -> None:
    revenue = next(a for a in attain(city.plan, city.observations, date(2025, 12, 31)) if a.target.id == "revenue")
    assert (revenue.latest, revenue.required, revenue.light) == (Decimal(4700), Decimal(4600), Light.AHEAD)
    assert "超过" not in revenue.explanation.zh


def test_no_module_of_the_engine_names_a_place() -> None:
    names = re.compile(r"河北|廊坊|hebei|langfang|13\d{4}", re.IGNORECASE)
    modules = Path(gongzao.targets.__file__).parent.glob("*.py")
    # Examples in docstrings name the shipped plan; code does not.
    code = {p.name: re.sub(r'""".*?"""', "", p.read_text(encoding="utf-8"), flags=re.DOTALL) for p in modules}
    assert {name for name, text in code.items() if names.search(text)} == set()
