"""Reads for the targets: a plan held against the registry's observations."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, DecimalField, Exists, ExpressionWrapper, F, OuterRef, Subquery, Value, When
from django.db.models.functions import Abs
from django.utils.translation import get_language

from gongzao.kernel import Uscc
from gongzao.targets import (
    GOAL,
    Attainment,
    Award,
    Confidence,
    Counted,
    Dossier,
    Indicator,
    Observation,
    Plan,
    Qualifier,
    Threshold,
    attain,
    load,
    load_indicators,
    shipped_plans,
)
from gongzao.web.accounts.scope import Visitor, visible
from gongzao.web.clusters import models as registry
from gongzao.web.clusters.display import MONEY, factor
from gongzao.web.clusters.queries import WHOLE_YEAR


@cache
def dossiers() -> dict[str, Dossier]:
    """Return the plans of this installation by id: those shipped, and those laid into ``var/plans``."""
    paths = [*shipped_plans().values(), *sorted((settings.VAR / "plans").glob("*.yaml"))]
    return {dossier.plan.id: dossier for dossier in map(load, paths)}


@cache
def catalogue() -> dict[str, Indicator]:
    """Return the indicators the engine knows, by id."""
    return load_indicators()


def language() -> str:
    """Return ``"zh"`` or ``"en"``, the language of the page."""
    return "en" if (get_language() or "").startswith("en") else "zh"


def observations(plan: Plan) -> tuple[Observation, ...]:
    """Return what the registry holds on the plan's place, oldest revision first.

    Synthetic figures never enter: a plan is measured on published ones only, which are the same for every visitor.
    """
    rows = (
        visible(registry.Observation.objects.standing(), AnonymousUser())
        .filter(region_id=plan.region, source__synthetic=False)
        .order_by("period_end", "indicator_id", "scope", "revision")
    )
    return tuple(value_of(row) for row in rows)


def value_of(row: registry.Figure) -> Observation:
    """Return a figure on a region, stored or not, as the engine takes it."""
    return Observation(
        subject=f"region:{row.region_id}",
        indicator=row.indicator_id,
        period=row.period,
        value=None if row.value is None else row.value.normalize() + 0,
        unit=row.unit,
        scope=row.scope,
        source=row.source_id,
        qualifier=Qualifier(row.qualifier),
        growth_pct=None if row.growth_pct is None else row.growth_pct.normalize() + 0,
        basis=row.basis,
        published_on=row.published_on,
        confidence=Confidence(row.confidence) if row.confidence else Confidence.BACKGROUND,
        revision=row.revision,
        note=row.note,
    )


def awards(plan: Plan) -> tuple[Award, ...]:
    """Return the published title awards of firms that belong to a cluster of the plan's place.

    A plan for clusters counts the firms of clusters: one in none is outside its scope. The lists are public, so what
    is counted from them is the same whoever asks; names of firms are not handed out here.
    """
    member = registry.Membership.objects.filter(
        enterprise=OuterRef("enterprise"), cluster__synthetic=False, cluster__county__path__contains=f"{plan.region}/"
    )
    rows = (
        registry.TitleAward.objects.filter(Exists(member), source__synthetic=False)
        .order_by("awarded_on", "pk")
        .values_list("title_id", "enterprise__uscc", "awarded_on", "source_id")
    )
    return tuple(Award(title, Uscc(holder), on, plan.scope, source) for title, holder, on, source in rows)


@dataclass(frozen=True, slots=True)
class Status:
    """A plan as of a day.

    Parameters
    ----------
    plan
        The plan.
    as_of
        The day looked at.
    days
        The days that can be chosen: today, and the ends of the periods with a published figure, newest first.
    attainments
        One per target, in the plan's order.
    sources
        Sources of the figures by id.
    """

    plan: Plan
    as_of: date
    days: tuple[date, ...]
    attainments: tuple[Attainment, ...]
    sources: dict[str, registry.Source]


def status(plan: Plan, today: date, as_of: date | None = None) -> Status:
    """Return how ``plan`` stands on a day; without one, today."""
    known = observations(plan)
    days = sorted({o.period.end for o in known if plan.start <= o.period.end <= today} | {today}, reverse=True)
    chosen = as_of or today
    attainments = attain(plan, known, chosen, awards=awards(plan))
    used = {o.source for a in attainments for o in (*a.rests_on, *a.evidence)} | {t.source for t in plan.targets}
    sources = registry.Source.objects.in_bulk(sorted(used))
    return Status(plan, chosen, tuple(days), attainments, sources)


def near(threshold: Threshold, visitor: Visitor, as_of: date, *, limit: int = 10) -> list[registry.Observation]:
    """Return whole-year figures nearest to a threshold, the newest by ``as_of`` of each cluster or firm seen.

    Part of a year says nothing about a threshold for years. ``gap`` is the distance [unit of the threshold].
    """
    kind = threshold.of.value
    line = Value(threshold.value, DecimalField())
    in_unit = Case(*(When(unit=unit, then=F("value") * Value(factor(unit, threshold.unit))) for unit in MONEY))
    years = (
        registry.Observation.objects.standing()
        .filter(
            indicator_id=threshold.indicator.id,
            period__regex=WHOLE_YEAR,
            period_end__lte=as_of,
            value__isnull=False,
            unit__in=MONEY,
        )
        .exclude(basis=GOAL)
    )
    if threshold.of is Counted.CLUSTER:
        seen = years.filter(cluster__in=visible(registry.Cluster.objects.all(), visitor))
    else:
        seen = years.filter(enterprise__in=visible(registry.Enterprise.objects.all(), visitor))
    newest = years.filter(**{kind: OuterRef(kind)}).order_by("-period_end", "-revision", "-pk").values("pk")[:1]
    rows = seen.filter(pk=Subquery(newest)).annotate(gap=ExpressionWrapper(in_unit - line, DecimalField()))
    nearest = rows.select_related("cluster__county", "enterprise__county", "source").order_by(Abs("gap"), "pk")
    return list(nearest[:limit])
