"""The lists of the registry: what each one says, shows and exports. Pages and exports read the same rows."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongzao.targets import number
from gongzao.web.clusters import queries
from gongzao.web.clusters.display import (
    CLUSTER_UNIT,
    FIRM_UNIT,
    edge_unit,
    language,
    level,
    money_words,
    period_text,
    revision_text,
)
from gongzao.web.clusters.filters import AwardFilter, ClusterFilter, EnterpriseFilter, ObservationFilter, PlaceFilter
from gongzao.web.clusters.latest import batches
from gongzao.web.clusters.models import Cluster, Enterprise, Observation, Region, TitleAward
from gongzao.web.project.exports import Cell

Entry = dict[str, Any]

MOST_SUMS = 4
"""Sums of firms' revenue that a sentence tells: of each kind and period one."""


class Listing(ABC):
    """The rows that a visitor asked for: filtered and sorted by the parameters of the address.

    Attributes
    ----------
    name, title
        Part of the address and heading.
    headers
        Columns of an export, in the order of :meth:`cells`; units stand in brackets.
    """

    name: ClassVar[str]
    title: ClassVar[str | Promise]
    headers: ClassVar[tuple[str | Promise, ...]]
    filter_class: ClassVar[type[PlaceFilter]]
    sorts: ClassVar[dict[str, str]]
    default: ClassVar[str]

    def __init__(self, request: HttpRequest) -> None:
        self.visitor = request.user
        self.page_number = request.GET.get("page", "1")
        self.filter = self.filter_class(request.GET, self.visitor, self.source())
        self.rows: QuerySet[Any] = self.filter.qs
        self.sort, self.order = queries.ordering(request.GET.get("sort", ""), self.sorts, self.default)

    @abstractmethod
    def source(self) -> QuerySet[Any]:
        """Return every row that the visitor may see."""

    @cached_property
    @abstractmethod
    def totals(self) -> dict[str, Any]:
        """At least ``total`` and ``synthetic``: how many rows there are, and how many of them are 示例数据."""

    @property
    @abstractmethod
    def answer(self) -> str:
        """The first line of the page: the list in words."""

    @abstractmethod
    def entries(self, rows: Sequence[Any]) -> list[Entry]:
        """Return ``rows`` with what stands beside them, in a constant number of queries."""

    @abstractmethod
    def cells(self, entry: Entry) -> list[Cell]:
        """Return one row of an export."""

    @cached_property
    def sheet(self) -> queries.Sheet[Any]:
        """The page asked for."""
        return queries.sheet(self.rows, self.order, self.page_number, self.totals["total"])

    @cached_property
    def page_entries(self) -> list[Entry]:
        """The rows of the page asked for, with what stands beside them."""
        return self.entries(self.sheet.rows)

    def all_cells(self) -> Iterator[list[Cell]]:
        """Yield every row of the list for an export, in its order."""
        keys = list(self.rows.order_by(*self.order).values_list("pk", flat=True))
        for batch in batches(keys, 2000):
            rows = queries.in_order(self.rows.model._default_manager.all(), batch)
            yield from (self.cells(entry) for entry in self.entries(rows))

    @property
    def where(self) -> str:
        """The place asked for, in words."""
        return self.filter.place_name or _("您可查看的范围内")


def place_names(county: Region) -> list[Cell]:
    """Return city and county as two cells."""
    return [county.parent.name if county.parent else "", county.name]


def figure_cells(figure: Observation | None, unit: str) -> list[Cell]:
    """Return value [``unit``], growth, period, scope and source of a figure as cells."""
    if figure is None:
        return [None] * 5
    return [level(figure, unit), figure.growth_pct, period_text(figure), figure.scope, str(figure.source)]


def mark(synthetic: bool) -> str:
    """Return the mark of made-up rows, empty for real ones."""
    return _("示例数据") if synthetic else ""


def hidden(entry: Entry) -> str:
    """Say that a cluster's size is not shown to this visitor, where that is why there is none."""
    return _("无权查看") if entry["part"] and entry["cluster"].synthetic else ""


def kind_of(group: dict[str, Any]) -> str:
    """Return which kind of data a sum is over; real and made-up figures are never added up."""
    return _("示例数据") if group["synthetic"] else _("公布数据")


def synthetic_share(totals: dict[str, Any]) -> str:
    """Return in words how many rows are made up."""
    if not totals["synthetic"]:
        return _("均为真实数据。")
    if totals["synthetic"] == totals["total"]:
        return _("均为示例数据。")
    return _("其中示例数据%(synthetic)s个。") % {"synthetic": f"{totals['synthetic']:,}"}


class ClusterListing(Listing):
    """Clusters with their newest size."""

    name = "clusters"
    title = gettext_lazy("集群")
    filter_class = ClusterFilter
    sorts = queries.CLUSTER_SORTS
    default = "-revenue"
    headers = (
        gettext_lazy("集群"),
        gettext_lazy("市"),
        gettext_lazy("县（市、区）"),
        gettext_lazy("行业"),
        gettext_lazy("主要产品"),
        gettext_lazy("指标"),
        gettext_lazy("数值（亿元）"),
        gettext_lazy("同比增速（%）"),
        gettext_lazy("期间"),
        gettext_lazy("口径"),
        gettext_lazy("来源"),
        gettext_lazy("在册企业（家）"),
        gettext_lazy("示例数据"),
    )

    def source(self) -> QuerySet[Cluster]:
        """Return every cluster that the visitor may see."""
        return queries.clusters(self.visitor)

    @cached_property
    def totals(self) -> dict[str, Any]:
        """Numbers and revenue of the whole list."""
        return queries.cluster_totals(self.rows)

    @property
    def answer(self) -> str:
        """How many clusters, how large together, how many over each threshold."""
        known = dict(self.totals)
        if not known["total"]:
            return _("%(where)s没有符合条件的集群。") % {"where": self.where}
        words = _("%(where)s共%(total)s个集群，") % {"where": self.where, "total": f"{known['total']:,}"}
        words += synthetic_share(known)
        for group in known["sums"]:
            words += kind_of(group) + _(
                "%(year)s年全年营业收入：%(known)s个集群合计%(sum)s，"
                "其中超千亿元%(over_1000)s个，超五百亿元%(over_500)s个，超百亿元%(over_100)s个。"
            ) % {**group, "year": group["period"].year, "sum": money_words(group["sum"], CLUSTER_UNIT)}
        if known["known"] < known["total"]:
            words += _("其余%(others)s个没有您可查看的全年营业收入，未计入。") % {
                "others": known["total"] - known["known"]
            }
        return words

    def entries(self, rows: Sequence[Cluster]) -> list[Entry]:
        """Return clusters with size and number of firms."""
        keys = [row.pk for row in rows]
        sizes = queries.cluster_sizes(self.visitor, keys)
        firms = queries.member_counts(self.visitor, keys)
        overseen = queries.overseen(self.visitor, keys)
        return [
            {
                "cluster": row,
                "size": sizes.get(row.pk),
                "firms": firms.get(row.pk),
                "part": row.pk not in overseen,
            }
            for row in rows
        ]

    def cells(self, entry: Entry) -> list[Cell]:
        """Return one cluster."""
        cluster, size = entry["cluster"], entry["size"]
        return [
            cluster.name,
            *place_names(cluster.county),
            cluster.industry.name,
            cluster.product,
            size.indicator.name if size else hidden(entry),
            *figure_cells(size, CLUSTER_UNIT),
            _("您可查看%(n)s家") % {"n": entry["firms"] or 0} if entry["part"] else entry["firms"],
            mark(cluster.synthetic),
        ]


class EnterpriseListing(Listing):
    """Firms with their newest revenue."""

    name = "enterprises"
    title = gettext_lazy("企业")
    filter_class = EnterpriseFilter
    sorts = queries.ENTERPRISE_SORTS
    default = "-revenue"
    headers = (
        gettext_lazy("统一社会信用代码"),
        gettext_lazy("企业名称"),
        gettext_lazy("市"),
        gettext_lazy("县（市、区）"),
        gettext_lazy("行业"),
        gettext_lazy("集群"),
        gettext_lazy("龙头企业"),
        gettext_lazy("营业收入（万元）"),
        gettext_lazy("同比增速（%）"),
        gettext_lazy("期间"),
        gettext_lazy("口径"),
        gettext_lazy("来源"),
        gettext_lazy("示例数据"),
    )

    def source(self) -> QuerySet[Enterprise]:
        """Return every firm that the visitor may see."""
        return queries.enterprises(self.visitor)

    @cached_property
    def totals(self) -> dict[str, Any]:
        """Numbers and revenue of the whole list."""
        return queries.enterprise_totals(self.rows)

    @property
    def answer(self) -> str:
        """How many firms, and how large together."""
        known = dict(self.totals)
        if not known["total"]:
            return _("%(where)s没有符合条件的企业。") % {"where": self.where}
        words = _("%(where)s共%(total)s家企业，") % {"where": self.where, "total": f"{known['total']:,}"}
        words += synthetic_share(known)
        for group in known["sums"][:MOST_SUMS]:
            words += kind_of(group) + _("%(period)s营业收入：%(known)s家合计%(sum)s。") % {
                "period": group["period"].label(language()),
                "known": f"{group['known']:,}",
                "sum": money_words(group["sum"], CLUSTER_UNIT),
            }
        others = sum(group["known"] for group in known["sums"][MOST_SUMS:])
        if others:
            words += _("另有%(others)s家的最新数据属于其他期间，不相加。") % {"others": f"{others:,}"}
        return words

    def entries(self, rows: Sequence[Enterprise]) -> list[Entry]:
        """Return firms with revenue and clusters."""
        keys = [row.pk for row in rows]
        figures = queries.newest_figures(self.visitor, "enterprise", keys)
        members = queries.clusters_of(self.visitor, keys)
        return [
            {
                "enterprise": row,
                "revenue": figures.get(row.pk, {}).get(queries.REVENUE),
                "memberships": members.get(row.pk, []),
            }
            for row in rows
        ]

    def cells(self, entry: Entry) -> list[Cell]:
        """Return one firm."""
        firm, members = entry["enterprise"], entry["memberships"]
        return [
            firm.uscc,
            firm.name,
            *place_names(firm.county),
            firm.industry.name,
            _("、").join(member.cluster.name for member in members),
            _("是") if any(member.leader for member in members) else "",
            *figure_cells(entry["revenue"], FIRM_UNIT),
            mark(firm.synthetic),
        ]


def subject_kind(row: Observation | TitleAward) -> str:
    """Return what a row is about, in words."""
    if getattr(row, "region_id", None):
        return _("地区")
    return _("集群") if row.cluster_id else _("企业")


class ObservationListing(Listing):
    """Figures, every revision of them."""

    name = "observations"
    title = gettext_lazy("数据")
    filter_class = ObservationFilter
    sorts = queries.OBSERVATION_SORTS
    default = "-recorded"
    headers = (
        gettext_lazy("类别"),
        gettext_lazy("对象"),
        gettext_lazy("指标"),
        gettext_lazy("期间"),
        gettext_lazy("约数"),
        gettext_lazy("数值"),
        gettext_lazy("单位"),
        gettext_lazy("同比增速（%）"),
        gettext_lazy("口径"),
        gettext_lazy("计算基础"),
        gettext_lazy("来源"),
        gettext_lazy("发布日期"),
        gettext_lazy("修订次数"),
        gettext_lazy("状态"),
        gettext_lazy("说明"),
        gettext_lazy("示例数据"),
    )

    def source(self) -> QuerySet[Observation]:
        """Return every figure that the visitor may see."""
        return queries.observations(self.visitor)

    @cached_property
    def totals(self) -> dict[str, Any]:
        """How many figures, counted up to a bound, and whether any is made up."""
        return {
            "total": queries.bounded_count(self.rows),
            "synthetic": self.rows.order_by().filter(source__synthetic=True).exists(),
        }

    @property
    def answer(self) -> str:
        """How many figures; a figure that was corrected is there with each of its revisions."""
        total = self.totals["total"]
        if not total:
            return _("%(where)s没有符合条件的数据。") % {"where": self.where}
        if total > queries.MOST_COUNTED:
            return _("%(where)s有超过%(total)s条数据；请用上面的条件缩小范围，或导出全部。") % {
                "where": self.where,
                "total": f"{queries.MOST_COUNTED:,}",
            }
        return _("%(where)s共%(total)s条数据，更正过的数据保留每一次修订。") % {
            "where": self.where,
            "total": f"{total:,}",
        }

    def entries(self, rows: Sequence[Observation]) -> list[Entry]:
        """Return figures with whether they were replaced."""
        replaced = queries.superseded(rows)
        return [{"figure": row, "kind": subject_kind(row), "replaced": row.pk in replaced} for row in rows]

    def cells(self, entry: Entry) -> list[Cell]:
        """Return one figure, in the unit it is shown in."""
        figure: Observation = entry["figure"]
        return [
            entry["kind"],
            str(figure.subject),
            figure.indicator.name,
            period_text(figure),
            "" if figure.qualifier == Observation.Qualifier.EXACT else figure.get_qualifier_display(),
            level(figure),
            edge_unit(figure),
            figure.growth_pct,
            figure.scope,
            figure.basis,
            str(figure.source),
            figure.published_on,
            revision_text(figure),
            _("已撤回") if figure.withdrawn else _("已被修订") if entry["replaced"] else _("有效"),
            figure.note,
            mark(figure.source.synthetic),
        ]


class AwardListing(Listing):
    """Titles that clusters and firms hold or held."""

    name = "awards"
    title = gettext_lazy("称号认定")
    filter_class = AwardFilter
    sorts = queries.AWARD_SORTS
    default = "-awarded"
    headers = (
        gettext_lazy("称号"),
        gettext_lazy("级别"),
        gettext_lazy("类别"),
        gettext_lazy("持有者"),
        gettext_lazy("市"),
        gettext_lazy("县（市、区）"),
        gettext_lazy("认定日期"),
        gettext_lazy("有效期至"),
        gettext_lazy("认定文件"),
        gettext_lazy("来源"),
        gettext_lazy("示例数据"),
    )

    def source(self) -> QuerySet[TitleAward]:
        """Return every award that the visitor may see."""
        return queries.awards(self.visitor)

    @cached_property
    def totals(self) -> dict[str, Any]:
        """Numbers of the whole list."""
        return queries.award_totals(self.rows)

    @property
    def answer(self) -> str:
        """How many titles are held by how many firms and clusters."""
        known = dict(self.totals)
        if not known["total"]:
            return _("%(where)s没有符合条件的称号认定。") % {"where": self.where}
        return _("%(where)s共%(total)s项称号认定，其中企业%(firms)s项、集群%(clusters)s项。") % {
            "where": self.where,
            **{key: number(Decimal(value)) for key, value in known.items()},
        }

    def entries(self, rows: Sequence[TitleAward]) -> list[Entry]:
        """Return awards with their holders."""
        return [{"award": row, "kind": subject_kind(row), "holder": row.enterprise or row.cluster} for row in rows]

    def cells(self, entry: Entry) -> list[Cell]:
        """Return one award."""
        award, holder = entry["award"], entry["holder"]
        return [
            award.title.name,
            award.get_level_display(),
            entry["kind"],
            str(holder),
            *place_names(holder.county),
            award.awarded_on,
            award.expires_on,
            award.document,
            str(award.source),
            mark(award.source.synthetic),
        ]


LISTINGS: dict[str, type[Listing]] = {
    listing.name: listing for listing in (ClusterListing, EnterpriseListing, ObservationListing, AwardListing)
}
