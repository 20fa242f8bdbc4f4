"""Reads of the registry. Every row passes through ``visible``: nobody else decides who sees what.

Lists are read in two steps, the keys of one page and then its rows, so that sorting and skipping touch no wide row
and the number of queries does not depend on the number of rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar, cast

from django.core.paginator import Page, Paginator
from django.db.models import (
    Case,
    Count,
    DateField,
    DecimalField,
    F,
    FilteredRelation,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import OrderBy

from gongzao.kernel import InvalidValue, Uscc
from gongzao.targets import GOAL
from gongzao.web.accounts.models import OFFICERS, Role, User
from gongzao.web.accounts.scope import Visitor, editable, roles_of, sees_all, visible
from gongzao.web.clusters.display import CLUSTER_UNIT, MONEY, factor
from gongzao.web.clusters.latest import SUBJECT_KINDS
from gongzao.web.clusters.models import Cluster, Draft, Enterprise, Figure, Membership, Observation, Region, TitleAward

M = TypeVar("M", bound=Model)

PAGE_SIZE = 50
MOST_COUNTED = 10_000
"""Observations are counted up to here; behind it a list says "more than" and asks for a filter."""

REVENUE = "revenue"
SIZES = (REVENUE, "output_value", "size_unspecified")
"""Indicators that say how large a cluster is, the first that is known wins; they are never added up together."""

WHOLE_YEAR = r"^[0-9]{4}(-YTD12)?$"
"""How a period of twelve months is written."""

THRESHOLDS = (100, 500, 1000)
"""Cluster sizes that the plans speak of [亿元]."""


@dataclass(frozen=True, slots=True)
class Sheet(Generic[M]):
    """One page of a list.

    Parameters
    ----------
    page
        Position within the list; holds keys, not rows.
    rows
        The rows of this page, in order.
    total
        How many rows the whole list has.
    """

    page: Page[Any]
    rows: list[M]
    total: int


def sheet(rows: QuerySet[M], order: Sequence[str | OrderBy], number: str, total: int) -> Sheet[M]:
    """Return page ``number`` of ``rows``; whatever is no page number leads to the first or the last page."""
    paginator: Paginator[Any] = Paginator(rows.order_by(*order).values_list("pk", flat=True), PAGE_SIZE)
    paginator.count = min(total, MOST_COUNTED) if rows.model is Observation else total
    page = paginator.get_page(number)
    return Sheet(page, in_order(rows.model._default_manager.all(), list(page.object_list)), total)


def in_order(rows: QuerySet[M], keys: Sequence[Any]) -> list[M]:
    """Return the rows with these primary keys, in the order of the keys, with what a list shows beside them."""
    found = {row.pk: row for row in rows.select_related(*_SHOWN[rows.model]).filter(pk__in=keys)}
    return [found[key] for key in keys if key in found]


_SUBJECT = ("region", "cluster__county__parent", "enterprise__county__parent")
_SHOWN: dict[type[Model], tuple[str, ...]] = {
    Cluster: ("county__parent", "industry"),
    Enterprise: ("county__parent", "industry"),
    Observation: (*_SUBJECT, "indicator", "source", "withdrawal"),
    TitleAward: ("title", "source", "cluster__county__parent", "enterprise__county__parent"),
}


def ordering(sort: str, ways: dict[str, str], default: str) -> tuple[str, list[str | OrderBy]]:
    """Return the sort key in force (``-`` in front: descending) and its expressions, unknown values last."""
    if sort.removeprefix("-") not in ways:
        sort = default
    expression = F(ways[sort.removeprefix("-")])
    ordered = expression.desc(nulls_last=True) if sort.startswith("-") else expression.asc(nulls_last=True)
    return sort, [ordered, "-pk" if sort.startswith("-") else "pk"]


def _whole_years(visitor: Visitor) -> QuerySet[Observation]:
    """Return figures of whole years, newest first; part of a year says nothing about a cluster's size."""
    rows = (
        observations(visitor).filter(withdrawal=None, period__regex=WHOLE_YEAR, value__isnull=False).exclude(basis=GOAL)
    )
    return rows.order_by("-period_end", "-revision", F("published_on").desc(nulls_last=True), "-pk")


def clusters(visitor: Visitor) -> QuerySet[Cluster]:
    """Return the clusters that ``visitor`` may see; ``revenue`` is that of the newest whole year [亿元]."""
    in_unit = Case(*(When(unit=unit, then=F("value") * Value(factor(unit, CLUSTER_UNIT))) for unit in MONEY))
    newest = _whole_years(visitor).filter(cluster=OuterRef("pk"), indicator=REVENUE).annotate(in_unit=in_unit)
    return visible(Cluster.objects.all(), visitor).annotate(
        revenue=Subquery(newest.values("in_unit")[:1], output_field=DecimalField()),
        revenue_end=Subquery(newest.values("period_end")[:1], output_field=DateField()),
    )


def cluster_sizes(visitor: Visitor, keys: Iterable[int]) -> dict[int, Observation]:
    """Return the figure that says how large each cluster was in the newest whole year, in one query."""
    found: dict[int, dict[str, Observation]] = {}
    rows = _whole_years(visitor).filter(cluster__in=list(keys), indicator__in=SIZES)
    for row in rows.select_related("indicator", "source"):
        found.setdefault(cast("int", row.cluster_id), {}).setdefault(row.indicator_id, row)
    return {key: next(known[name] for name in SIZES if name in known) for key, known in found.items()}


def enterprises(visitor: Visitor) -> QuerySet[Enterprise]:
    """Return the firms that ``visitor`` may see; ``newest__value`` is the newest revenue in the indicator's unit."""
    newest = FilteredRelation("latest", condition=Q(latest__indicator=REVENUE))
    return visible(Enterprise.objects.all(), visitor).annotate(newest=newest)


def observations(visitor: Visitor) -> QuerySet[Observation]:
    """Return the figures that ``visitor`` may see, every revision of them."""
    return visible(Observation.objects.all(), visitor)


def drafts(visitor: Visitor) -> QuerySet[Draft]:
    """Return the figures that wait for a second person, and those sent back, as far as ``visitor`` may report them."""
    shown = ("indicator", "source", "made_by", "decided_by", *SUBJECT_KINDS)
    return editable(Draft.objects.exclude(accepted=True), visitor).select_related(*shown)


def scopes() -> list[str]:
    """Return the scopes (口径) in use; they are terms, and belong to nobody."""
    return list(Observation.objects.order_by("scope").values_list("scope", flat=True).distinct())


def awards(visitor: Visitor) -> QuerySet[TitleAward]:
    """Return the awards of titles that ``visitor`` may see."""
    return visible(TitleAward.objects.all(), visitor)


CLUSTER_SORTS = {"name": "name_zh", "place": "county_id", "revenue": "revenue"}
ENTERPRISE_SORTS = {
    "name": "name",
    "uscc": "uscc",
    "place": "county_id",
    "revenue": "newest__value",
}
OBSERVATION_SORTS = {"recorded": "pk", "period": "period_end"}
AWARD_SORTS = {"awarded": "awarded_on", "expires": "expires_on", "title": "title_id"}


def cluster_totals(rows: QuerySet[Cluster]) -> dict[str, Any]:
    """Return how many clusters there are, and ``sums`` of what may be added up, in one query.

    A sum is over the clusters of one kind, real or synthetic, and one year: number, revenue [亿元], and how many pass
    each threshold. Real ones come first, newer years before older ones.
    """
    over = {f"over_{value}": Count("pk", filter=Q(revenue__gt=value)) for value in THRESHOLDS}
    return _totals(rows, "revenue_end", "revenue", over)


def enterprise_totals(rows: QuerySet[Enterprise]) -> dict[str, Any]:
    """Return how many firms there are, and ``sums`` over firms of one kind and one period, in one query."""
    return _totals(
        rows.annotate(revenue_period=F("newest__observation__period")), "revenue_period", "newest__value", {}
    )


def _totals(rows: QuerySet[Any], period: str, amount: str, more: dict[str, Count]) -> dict[str, Any]:
    groups = [
        {**group, "period": group.pop(period)}
        for group in rows.order_by()
        .values("synthetic", period)
        .annotate(number=Count("pk"), known=Count(amount), sum=Sum(amount), **more)
        .order_by("synthetic", F(period).desc(nulls_last=True))
    ]
    return {
        "total": sum(group["number"] for group in groups),
        "synthetic": sum(group["number"] for group in groups if group["synthetic"]),
        "known": sum(group["known"] for group in groups),
        "sums": [group for group in groups if group["known"]],
    }


def overseen(visitor: Visitor, keys: Iterable[int]) -> set[int]:
    """Return those of the clusters whose firms and figures ``visitor`` sees all of; of others he sees a part."""
    rows = Cluster.objects.filter(pk__in=list(keys))
    return set((rows if sees_all(visitor) else editable(rows, visitor)).values_list("pk", flat=True))


def award_totals(rows: QuerySet[TitleAward]) -> dict[str, Any]:
    """Return number, synthetic number and how many are held by firms and by clusters, in one query."""
    return rows.aggregate(
        total=Count("pk"),
        synthetic=Count("pk", filter=Q(source__synthetic=True)),
        firms=Count("enterprise"),
        clusters=Count("cluster"),
    )


def bounded_count(rows: QuerySet[M]) -> int:
    """Return how many rows there are, counting no further than one past :data:`MOST_COUNTED`."""
    return rows.order_by()[: MOST_COUNTED + 1].count()


def newest_figures(
    visitor: Visitor, subject: str, keys: Iterable[int], indicators: Sequence[str] = (REVENUE,)
) -> dict[int, dict[str, Observation]]:
    """Return the newest figure of each ``subject`` (``"cluster"`` or ``"enterprise"``) by indicator, in one query."""
    rows = observations(visitor).filter(latest__indicator__in=indicators, **{f"{subject}__in": list(keys)})
    found: dict[int, dict[str, Observation]] = {}
    for row in rows.select_related("indicator", "source"):
        found.setdefault(getattr(row, f"{subject}_id"), {})[row.indicator_id] = row
    return found


def member_counts(visitor: Visitor, keys: Iterable[int]) -> dict[int, int]:
    """Return how many firms of each cluster ``visitor`` may see; clusters without any are missing."""
    rows = visible(Membership.objects.filter(cluster__in=list(keys)), visitor)
    return dict(rows.order_by().values_list("cluster").annotate(firms=Count("pk")))


def clusters_of(visitor: Visitor, keys: Iterable[int]) -> dict[int, list[Membership]]:
    """Return the memberships of firms that ``visitor`` may see, with their clusters."""
    found: dict[int, list[Membership]] = {}
    for row in visible(Membership.objects.filter(enterprise__in=list(keys)), visitor).select_related("cluster"):
        found.setdefault(row.enterprise_id, []).append(row)
    return found


def _figure(row: Figure) -> tuple[object, ...]:
    # 2025-H1 and 2025-YTD06 are the same months and so the same figure.
    subject = (row.region_id, row.cluster_id, row.enterprise_id)
    return (*subject, row.indicator_id, row.period.start, row.period.end, row.scope, row.basis)


def _alike(rows: Iterable[Figure]) -> QuerySet[Observation]:
    """Return what may be revisions of ``rows``: same subjects, indicators and ends of period."""
    rows = list(rows)
    keys = {name: {getattr(row, f"{name}_id") for row in rows} - {None} for name in SUBJECT_KINDS}
    subject = Q(*((f"{name}__in", found) for name, found in keys.items()), _connector=Q.OR)
    indicators, ends = {row.indicator_id for row in rows}, {row.period.end for row in rows}
    return Observation.objects.filter(subject, indicator__in=indicators, period_end__in=ends)


def history(visitor: Visitor, figure: Figure) -> list[Observation]:
    """Return the revisions of ``figure``, stored or not, that ``visitor`` may see, oldest first."""
    shown = ("source", "indicator", "withdrawal", "recorded_by", "confirmed_by", *SUBJECT_KINDS)
    rows = visible(_alike([figure]), visitor).select_related(*shown)
    return [row for row in rows.order_by("revision") if _figure(row) == _figure(figure)]


def superseded(rows: Sequence[Observation]) -> set[int]:
    """Return the keys of those ``rows`` that a later revision has replaced, in one query."""
    last: dict[tuple[object, ...], int] = {}
    for row in _alike(rows):
        last[_figure(row)] = max(row.revision, last.get(_figure(row), 0))
    return {row.pk for row in rows if row.revision < last[_figure(row)]}


def current_figures(visitor: Visitor, **subject: Any) -> list[Observation]:
    """Return the newest revision of every figure of a subject: sizes first, newest period first in each indicator."""
    rows = observations(visitor).filter(withdrawal=None, **subject)
    rows = rows.select_related("indicator", "source", *SUBJECT_KINDS)
    newest = {_figure(row): row for row in rows.order_by("revision")}
    return sorted(newest.values(), key=_by_weight)


def _by_weight(row: Observation) -> tuple[object, ...]:
    weight = SIZES.index(row.indicator_id) if row.indicator_id in SIZES else len(SIZES)
    return (weight, row.indicator_id, -row.period_end.toordinal(), row.scope, row.basis)


def leading_firms(visitor: Visitor, cluster: Cluster, most: int = 10) -> list[Membership]:
    """Return the cluster's firms with the leaders first, then by newest revenue."""
    newest = FilteredRelation("enterprise__latest", condition=Q(enterprise__latest__indicator=REVENUE))
    rows = visible(Membership.objects.filter(cluster=cluster), visitor).annotate(newest=newest)
    ordered = rows.order_by("-leader", F("newest__value").desc(nulls_last=True), "pk")
    return list(ordered.select_related("enterprise__county__parent")[:most])


def nearest_threshold(revenue: Decimal | None) -> tuple[int, Decimal] | None:
    """Return the next threshold above ``revenue`` and what is missing [亿元], ``None`` past the last one.

    >>> nearest_threshold(Decimal(820))
    (1000, Decimal('180'))
    """
    if revenue is None:
        return None
    ahead = [value for value in THRESHOLDS if value >= revenue]
    return (ahead[0], ahead[0] - revenue) if ahead else None


def with_code(text: str, lookup: str = "uscc") -> Q:
    """Return the condition that a firm has this credit code; what is no code fits no firm."""
    try:
        return Q((lookup, Uscc(text).code))
    except InvalidValue:
        return Q(pk__in=[])


def find(visitor: Visitor, text: str, most: int = 20) -> tuple[list[Cluster], list[Enterprise]]:
    """Return the clusters and firms whose name, product or code contains ``text``."""
    in_cluster = Q(name_zh__icontains=text) | Q(name_en__icontains=text)
    in_cluster |= Q(product_zh__icontains=text) | Q(product_en__icontains=text)
    found = clusters(visitor).filter(in_cluster).select_related("county__parent", "industry")
    in_firm = Q(name__icontains=text) | Q(uscc__startswith=text.upper())
    firms = visible(Enterprise.objects.filter(in_firm), visitor).select_related("county__parent", "industry")
    return list(found[:most]), list(firms[:most])


def may_report(visitor: Visitor) -> bool:
    """Whether ``visitor`` may report figures for anything at all: officers and operators, not members or auditors."""
    superuser = isinstance(visitor, User) and visitor.is_active and visitor.is_superuser
    return superuser or not roles_of(visitor).isdisjoint({*OFFICERS, Role.OPERATOR})


def reference(row: Region | Cluster | Enterprise) -> str:
    """Return how files and forms write a subject, such as ``cluster:anping-wire-mesh``."""
    match row:
        case Region():
            return f"region:{row.code}"
        case Cluster():
            return f"cluster:{row.slug}"
        case _:
            return f"enterprise:{row.uscc}"


def subjects_like(visitor: Visitor, text: str, most: int = 10) -> list[Region | Cluster | Enterprise]:
    """Return places, clusters and firms that ``visitor`` may report for and whose name contains ``text``."""
    named = Q(name_zh__icontains=text) | Q(name_en__icontains=text)
    kinds: tuple[QuerySet[Any], ...] = (
        editable(Cluster.objects.filter(named | Q(slug__startswith=text)), visitor),
        editable(Region.objects.filter(named | Q(code__startswith=text)), visitor),
        editable(Enterprise.objects.filter(Q(name__icontains=text) | Q(uscc__startswith=text.upper())), visitor),
    )
    return [row for rows in kinds for row in rows[:most]]


def named_subjects(visitor: Visitor, text: str) -> list[Region | Cluster | Enterprise]:
    """Return what ``visitor`` may report for that has exactly this reference, code or name."""
    code = text.partition(":")[2] or text
    named = Q(name_zh=text) | Q(name_en=text)
    kinds: dict[str, QuerySet[Any]] = {
        "region": Region.objects.filter(named | Q(code=code)),
        "cluster": Cluster.objects.filter(named | Q(slug=code)),
        "enterprise": Enterprise.objects.filter(Q(name=text) | with_code(code)),
    }
    asked = [text.partition(":")[0]] if text.partition(":")[0] in kinds else list(kinds)
    return [row for kind in asked for row in editable(kinds[kind], visitor)[:5]]
