"""What a chart and a table of a target need, as plain data: one place on the axis per period, in the order of time."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from gongzao.targets import Aggregation, Attainment, Nature, ObservedPoint, show


@dataclass(frozen=True, slots=True)
class Row:
    """One period on the axis: its name and last day, what the path requires and what was published [target.unit]."""

    label: str
    on: date
    required: Decimal | None = None
    observed: ObservedPoint | None = None


def rows(attainment: Attainment, language: str) -> list[Row]:
    """Return the periods of a target that have a requirement or a published figure, the earliest first."""
    found: dict[tuple[date, bool], Row] = {}
    for seen in attainment.observed:
        key = seen.on, _adds_up(attainment) and seen.period.months < 12
        found[key] = Row(seen.period.label(language), seen.on, observed=seen)
    for point in attainment.path:
        if attainment.target.aggregation is Aggregation.GROWTH and point.on == attainment.path[0].on:
            continue  # a rate holds for years; the first point only says where the plan begins
        year = point.on == date(point.on.year, 12, 31)
        label = (f"{point.on.year}年" if language == "zh" else f"{point.on.year}") if year else point.on.isoformat()
        row = found.get((point.on, False), Row(label, point.on))
        found[point.on, False] = replace(row, required=point.required)
    latest = attainment.latest_period
    if latest is not None:
        key = latest.end, _adds_up(attainment) and latest.months < 12
        if key in found:
            found[key] = replace(found[key], required=attainment.required)
    return [found[key] for key in sorted(found, key=lambda key: (key[0], not key[1]))]


def _adds_up(attainment: Attainment) -> bool:
    """Whether part of a year is something else than the year itself, as with revenue."""
    return attainment.target.indicator.nature is Nature.FLOW and attainment.target.unit != "%"


def chart(attainment: Attainment, language: str) -> dict[str, Any]:
    """Return title, unit, periods, and for each period what is required and published (``None`` where nothing is).

    Sums over months are drawn as bars, all else as points. The title states the finding, so that the picture says the
    same without colours.
    """
    unit = attainment.target.unit
    axis = rows(attainment, language)
    return {
        "title": finding(attainment, language),
        "unit": unit,
        "periods": [row.label for row in axis],
        "required": [None if row.required is None else float(row.required) for row in axis],
        "observed": [None if row.observed is None else float(row.observed.value) for row in axis],
        "labels": [
            "" if row.observed is None else show(row.observed.value, unit, language, row.observed.qualifier)
            for row in axis
        ],
        "bars": _adds_up(attainment),
        "words": {"required": _("进度要求"), "observed": _("公布值")},
    }


def finding(attainment: Attainment, language: str) -> str:
    """Return the figures of a target in one short line."""
    unit = attainment.target.unit
    if attainment.latest is None or attainment.latest_period is None:
        return str(_("尚无可比的公布数据"))
    latest = show(attainment.latest, unit, language, attainment.qualifier)
    period = attainment.latest_period.label(language)
    if attainment.required is None:
        return f"{period} {latest}"
    required = show(attainment.required, unit, language)
    return str(_("%(period)s %(latest)s，进度要求 %(required)s")) % {
        "period": period,
        "latest": latest,
        "required": required,
    }
