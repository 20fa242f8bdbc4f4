"""What a chart of a target needs, as plain data for the page's script."""

from typing import Any

from django.utils.translation import gettext as _

from gongzao.targets import Attainment, Nature, show


def chart(attainment: Attainment, language: str) -> dict[str, Any]:
    """Return title, unit, required path and observed points of a target; empty lists where there is nothing to draw.

    A flow is drawn for whole years only: half a year's revenue does not belong on a path of yearly levels.
    The title states the finding, so that the picture says the same without colours.
    """
    unit = attainment.target.unit
    whole_years = attainment.target.indicator.nature is Nature.FLOW and attainment.target.unit != "%"
    observed = [p for p in attainment.observed if p.period.months == 12 or not whole_years]
    return {
        "title": finding(attainment, language),
        "unit": unit,
        "required": [[p.on.isoformat(), float(p.required)] for p in attainment.path],
        "observed": [
            [
                p.on.isoformat(),
                float(p.value),
                f"{p.period.label(language)} {show(p.value, unit, language, p.qualifier)}",
            ]
            for p in observed
        ],
        "asOf": attainment.as_of.isoformat(),
        "words": {"required": _("进度要求"), "observed": _("公布值"), "asOf": _("截至日")},
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
