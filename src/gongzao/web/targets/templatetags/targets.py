"""How verdicts and figures of the targets engine look in templates."""

from decimal import Decimal

from django import template

from gongzao.kernel import Period
from gongzao.targets import LIGHTS, Light, Observation, Qualifier, Target, Text, Threshold, show
from gongzao.web.clusters import models as registry
from gongzao.web.targets.queries import catalogue, language

register = template.Library()

ICONS = {
    Light.AHEAD: "trending-up",
    Light.ON_TRACK: "circle-check",
    Light.BEHIND: "alert-triangle",
    Light.FAR_BEHIND: "alert-octagon",
    Light.NO_DATA: "circle-dashed",
    Light.CANNOT_BE_SAID: "help-circle",
}


@register.filter
def words(text: Text) -> str:
    """Return a bilingual text in the language of the page."""
    return text.get(language())


@register.filter
def figure(value: Decimal, unit: str) -> str:
    """Return a figure with its unit, scaled for reading."""
    return show(value, unit, language())


@register.simple_tag
def qualified(value: Decimal, unit: str, qualifier: Qualifier) -> str:
    """Return a figure with its unit and how exactly it was printed."""
    return show(value, unit, language(), qualifier)


@register.inclusion_tag("targets/light.html")
def light(value: Light) -> dict[str, object]:
    """Return the light: icon, word and colour."""
    return {"light": value, "icon_name": ICONS[value], "word": LIGHTS[value].name.get(language())}


@register.filter
def period_name(period: Period) -> str:
    """Return a period as people write it."""
    return period.label(language())


@register.filter
def growth(value: Decimal) -> str:
    """Return a growth rate with its sign."""
    return f"{'+' if value > 0 else ''}{show(value, '%', language())}"


@register.simple_tag
def indicator_name(observation: Observation) -> str:
    """Return the name of what an observation is of."""
    return catalogue()[observation.indicator].name.get(language())


@register.inclusion_tag("targets/source.html")
def source_mark(sources: dict[str, registry.Source], observation: Observation) -> dict[str, object]:
    """Return a mark that opens source, date and revision of a figure."""
    return {"source": sources.get(observation.source), "observation": observation}


@register.inclusion_tag("targets/source.html")
def plan_mark(sources: dict[str, registry.Source], target: Target) -> dict[str, object]:
    """Return a mark that opens the source of a target itself."""
    return {"source": sources.get(target.source)}


@register.inclusion_tag("targets/near_row.html")
def near_row(row: registry.Observation, threshold: Threshold) -> dict[str, object]:
    """Return a row of the drill-down: who, how much, and how far from the threshold."""
    subject = row.cluster or row.enterprise
    if subject is None:
        raise ValueError("a figure near a threshold belongs to a cluster or a firm")
    gap: Decimal = row.gap  # type: ignore[attr-defined]  # annotated by queries.near
    return {
        "row": row,
        "name": str(subject),
        "href": subject.get_absolute_url(),
        "county": subject.county,
        "value": show(threshold.value + gap, threshold.unit, language()),
        "gap": f"{'+' if gap > 0 else ''}{show(gap, threshold.unit, language())}",
    }
