"""Every threshold at its border, for every nature, comparator and time; the README prints the same table."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

import gongzao.targets
from gongzao.targets import LIGHTS, THRESHOLDS, Comparator, Light, Nature
from gongzao.targets.lights import light_of

REQUIRED = Decimal(200)
STEP = Decimal("0.0001")


def value_at(nature: Nature, distance: Decimal) -> Decimal:
    """The value whose distance, in the unit of the thresholds, is ``distance``."""
    return REQUIRED + (distance if THRESHOLDS[nature].unit == "百分点" else distance * REQUIRED / 100)


@pytest.mark.parametrize("nature", Nature)
@pytest.mark.parametrize("comparator", Comparator)
@pytest.mark.parametrize(
    ("border", "at", "under"),
    [
        ("ahead", Light.AHEAD, Light.ON_TRACK),
        ("on_track", Light.ON_TRACK, Light.BEHIND),
        ("behind", Light.BEHIND, Light.FAR_BEHIND),
    ],
)
def test_a_border_belongs_to_the_better_light(
    nature: Nature, comparator: Comparator, border: str, at: Light, under: Light
) -> None:
    value = value_at(nature, getattr(THRESHOLDS[nature], border))
    assert light_of(nature, comparator, value, REQUIRED, due=False) is at
    assert light_of(nature, comparator, value - STEP, REQUIRED, due=False) is under


@pytest.mark.parametrize("nature", Nature)
@pytest.mark.parametrize(
    ("comparator", "short", "equal"),
    [
        (Comparator.AT_LEAST, Light.BEHIND, Light.ON_TRACK),
        (Comparator.MORE_THAN, Light.BEHIND, Light.BEHIND),
        (Comparator.ABOUT, Light.ON_TRACK, Light.ON_TRACK),
    ],
)
def test_a_due_milestone_leaves_room_only_to_about(
    nature: Nature, comparator: Comparator, short: Light, equal: Light
) -> None:
    # Where nothing below the path is on track, a shortfall is behind for every comparator.
    shortfall = short if THRESHOLDS[nature].on_track < 0 else Light.BEHIND
    assert light_of(nature, comparator, REQUIRED - STEP, REQUIRED, due=True) is shortfall
    assert light_of(nature, comparator, REQUIRED, REQUIRED, due=True) is equal
    assert light_of(nature, comparator, REQUIRED + STEP, REQUIRED, due=True) is Light.ON_TRACK


@pytest.mark.parametrize("nature", Nature)
def test_where_nothing_is_required_any_value_counts_as_it_is(nature: Nature) -> None:
    assert light_of(nature, Comparator.AT_LEAST, Decimal(0), Decimal(0), due=False) is Light.ON_TRACK
    assert light_of(nature, Comparator.AT_LEAST, Decimal(10), Decimal(0), due=False) is Light.AHEAD


def test_every_light_has_an_icon_and_words_of_its_own() -> None:
    assert set(LIGHTS) == set(Light)
    assert len({look.icon for look in LIGHTS.values()}) == len(Light)
    assert (
        len({look.name.zh for look in LIGHTS.values()}) == len({look.name.en for look in LIGHTS.values()}) == len(Light)
    )


def test_the_readme_prints_these_thresholds() -> None:
    readme = Path(gongzao.targets.__file__).with_name("README.md").read_text(encoding="utf-8")
    rows = {"growth": Nature.RATE, "yearly flow": Nature.FLOW, "stock, count, titles": Nature.STOCK}
    for name, nature in {**rows, "maturity level": Nature.LEVEL}.items():
        limits = THRESHOLDS[nature]
        (row,) = re.findall(rf"^\| {name} \| (.*) \|$", readme, flags=re.MULTILINE)
        printed = row.replace("−", "-").replace("≥ ", "").replace("+", "").split(" | ")
        assert printed == [limits.unit, *(str(x) for x in (limits.ahead, limits.on_track, limits.behind)), "below"]
