"""Figures as pages show them: clusters in 亿元, firms in 万元, everything else in the unit it was reported in."""

from decimal import Decimal
from functools import cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from gongzao.kernel import Quantity
from gongzao.targets import QUALIFIERS, Qualifier, number, show
from gongzao.web.clusters.models import Observation

MONEY = ("元", "万元", "亿元", "万亿元")
CLUSTER_UNIT, FIRM_UNIT = "亿元", "万元"


def language() -> str:
    """Return ``"en"`` or ``"zh"``, the language of the page."""
    return "en" if (get_language() or "").startswith("en") else "zh"


@cache
def factor(unit: str, target: str) -> Decimal:
    """Return by what a value in ``unit`` is multiplied to be in ``target``."""
    return Quantity(Decimal(1), unit).to(target).value


def edge_unit(figure: Observation) -> str:
    """Return the unit in which a page shows ``figure``."""
    if figure.unit not in MONEY:
        return figure.unit
    return FIRM_UNIT if figure.enterprise_id else CLUSTER_UNIT


def level(figure: Observation, unit: str = "") -> Decimal | None:
    """Return the figure's value in ``unit`` (default: its unit on pages), ``None`` where only growth was published."""
    return None if figure.value is None else figure.value * factor(figure.unit, unit or edge_unit(figure))


def figure_text(figure: Observation, unit: str = "") -> str:
    """Return the number as a table shows it, without unit; 约, 超过 and the like stand before it."""
    value = level(figure, unit)
    if value is None:
        return "—"
    return QUALIFIERS[Qualifier(figure.qualifier)].get(language()) + number(value, 2)


def figure_words(figure: Observation) -> str:
    """Return the figure with its unit, as a sentence says it."""
    value = level(figure)
    if value is None:
        return "—"
    return show(value, edge_unit(figure), language(), Qualifier(figure.qualifier))


def money_words(value: Decimal, unit: str) -> str:
    """Return an amount of yuan as a sentence says it."""
    return show(value, unit, language())


def growth_text(figure: Observation) -> str:
    """Return the published growth with its sign, without the per cent sign."""
    growth = figure.growth_pct
    return "" if growth is None else f"{'+' if growth > 0 else ''}{number(growth, 2)}"


def revision_text(figure: Observation) -> str:
    """Return which revision a figure is, in words."""
    if figure.revision == 0:
        return _("首次公布")
    return _("第%(revision)s次修订") % {"revision": figure.revision}


def period_text(figure: Observation) -> str:
    """Return the period in the language of the page."""
    return figure.period.label(language())
