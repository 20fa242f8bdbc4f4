"""How the registry's pages show figures and sortable columns."""

from typing import Any

from django import template

from gongzao.kernel import Problem
from gongzao.web.clusters import display, queries
from gongzao.web.clusters.listings import Listing
from gongzao.web.clusters.models import Observation

register = template.Library()
register.filter("period", display.period_text)
register.filter("growth", display.growth_text)
register.filter("revision", display.revision_text)
register.filter("unit", display.edge_unit)
register.filter("reference", queries.reference)


@register.inclusion_tag("clusters/includes/figure.html")
def figure(observation: Observation | None, unit: str = "") -> dict[str, Any]:
    """Show a figure without its unit; its source opens on hover, on focus and by tap."""
    return {"figure": observation, "text": display.figure_text(observation, unit) if observation else "—"}


@register.inclusion_tag("clusters/includes/sort.html", takes_context=True)
def sortable(context: dict[str, Any], key: str, label: str, number: bool = False) -> dict[str, Any]:
    """Show a column's heading as a link that sorts by it, the other way round on the second use."""
    listing: Listing = context["list"]
    now = {key: "ascending", f"-{key}": "descending"}.get(listing.sort, "")
    descending = now == "ascending" or (not now and number)
    return {
        "request": context["request"],
        "label": label,
        "number": number,
        "now": now,
        "next": f"-{key}" if descending else key,
    }


@register.filter
def problem(found: Problem) -> str:
    """Return what is wrong in a file, in the language of the page, without the place."""
    return found.en if display.language() == "en" else found.zh
