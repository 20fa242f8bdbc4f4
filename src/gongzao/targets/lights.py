"""The verdict's thresholds, declared once: the engine, the words on pages and the manual read them here."""

from dataclasses import dataclass
from decimal import Decimal

from gongzao.targets.model import Comparator, Nature, Text
from gongzao.targets.result import Light


@dataclass(frozen=True, slots=True)
class LightLook:
    """How a light is shown besides its colour; ``tone`` is a neutral name that a style sheet maps to a colour."""

    icon: str
    name: Text
    tone: str


LIGHTS: dict[Light, LightLook] = {
    Light.AHEAD: LightLook("▲", Text("超前", "ahead"), "good"),
    Light.ON_TRACK: LightLook("●", Text("符合进度", "on track"), "fair"),
    Light.BEHIND: LightLook("▼", Text("滞后", "behind"), "warn"),
    Light.FAR_BEHIND: LightLook("✖", Text("严重滞后", "far behind"), "bad"),
    Light.NO_DATA: LightLook("○", Text("暂无数据", "no data"), "none"),
    Light.CANNOT_BE_SAID: LightLook("？", Text("无法判断", "cannot be said"), "none"),
}
"""Icon, words and tone of every light."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Lowest distance for each light; below ``behind`` is far behind.

    ``unit`` says how distance is taken: 百分点 as it is, ``%`` relative to what is required.
    """

    unit: str
    ahead: Decimal
    on_track: Decimal
    behind: Decimal


THRESHOLDS: dict[Nature, Thresholds] = {
    Nature.RATE: Thresholds("百分点", ahead=Decimal("0.5"), on_track=Decimal("-0.5"), behind=Decimal(-3)),
    Nature.FLOW: Thresholds("%", ahead=Decimal(1), on_track=Decimal(-1), behind=Decimal(-5)),
    Nature.STOCK: Thresholds("%", ahead=Decimal(10), on_track=Decimal(0), behind=Decimal(-15)),
    Nature.LEVEL: Thresholds("%", ahead=Decimal(10), on_track=Decimal(0), behind=Decimal(-35)),
}
"""Thresholds by the nature of the compared figure."""

STALE_AFTER_MONTHS = 12
"""A figure whose period ended longer ago than this says how it stood then, not how it stands [months]."""


def light_of(nature: Nature, comparator: Comparator, latest: Decimal, required: Decimal, *, due: bool) -> Light:
    """Return the light for a value held against what is required of it.

    Parameters
    ----------
    nature
        Of the compared figure; chooses the thresholds.
    comparator
        Of the target. Once a milestone is due, only "about" leaves room below it.
    latest, required
        In the same unit, ``required`` ≥ 0.
    due
        Whether the value covers the milestone's deadline.

    >>> light_of(Nature.RATE, Comparator.ABOUT, Decimal("5.1"), Decimal(8), due=False)
    <Light.BEHIND: 'behind'>
    """
    limits = THRESHOLDS[nature]
    distance = latest - required
    if due and (distance < 0 or (distance == 0 and comparator is Comparator.MORE_THAN)):
        met = comparator is Comparator.ABOUT
    else:
        met = True
    if limits.unit == "%":
        distance = distance * 100 / required if required else distance * 100
    if distance >= limits.ahead:
        return Light.AHEAD
    if distance >= limits.on_track and met:
        return Light.ON_TRACK
    return Light.BEHIND if distance >= limits.behind else Light.FAR_BEHIND
