"""What lists can be narrowed down by; every choice lives in the address of the page."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from gongzao.kernel import InvalidValue, Period
from gongzao.web.accounts.scope import Visitor, visible
from gongzao.web.clusters.models import (
    Cluster,
    Enterprise,
    Indicator,
    Industry,
    Observation,
    Region,
    Source,
    Title,
    TitleAward,
)
from gongzao.web.clusters.queries import THRESHOLDS, with_code
from gongzao.web.kit.fields import as_validation_error

LEVELS = (Region.Level.PROVINCE, Region.Level.CITY, Region.Level.COUNTY)


Choices = list[tuple[str, str]]


class PlaceFilter(django_filters.FilterSet):
    """Narrows a list to a place: province ▸ city ▸ county ▸ cluster, each offering what lies in the one above."""

    province = django_filters.ChoiceFilter(label=_("省"), empty_label=_("全部"))
    city = django_filters.ChoiceFilter(label=_("市"), empty_label=_("全部"))
    county = django_filters.ChoiceFilter(label=_("县（市、区）"), empty_label=_("全部"))

    def __init__(self, data: QueryDict, visitor: Visitor, queryset: QuerySet[Any]) -> None:
        self.visitor = visitor
        self.regions = {region.code: region for region in visible(Region.objects.all(), visitor)}
        self.named_clusters = list(visible(Cluster.objects.select_related("county"), visitor))
        super().__init__(self._chosen(data), queryset)
        for name, options in self.options().items():
            self.filters[name].extra["choices"] = options
        for name, narrowing in self.filters.items():
            kind = "form-select" if isinstance(narrowing, django_filters.ChoiceFilter) else "form-control"
            narrowing.field.widget.attrs.update({"class": kind, "id": f"filter-{name}"})

    def _chosen(self, data: QueryDict) -> QueryDict:
        """Return the choices, with the levels above a region filled in and what lies outside the one above dropped."""
        chosen = data.copy()
        self.place: Region | None = None
        for level in LEVELS:
            region = self.regions.get(chosen.get(level, ""))
            if region and region.level == level and (self.place is None or region.path.startswith(self.place.path)):
                self.place = region
        above = self.place.path.split("/") if self.place else []
        codes = {self.regions[code].level: code for code in above if code in self.regions}
        for level in LEVELS:
            if level in codes or chosen.get(level) in self.regions:
                chosen[level] = codes.get(level, "")
        self.within = next((c for c in self.named_clusters if c.slug == chosen.get("cluster")), None)
        if self.within and not self._holds(self.within.county):
            self.within = None
            chosen["cluster"] = ""
        return chosen

    def _holds(self, region: Region) -> bool:
        return self.place is None or region.path.startswith(self.place.path)

    def options(self) -> dict[str, Choices]:
        """Return what the selects offer that depends on the data."""
        found: dict[str, Choices] = {}
        path = f"/{self.place.path}" if self.place else "/"
        provinces = [region.code for region in self.regions.values() if region.level == LEVELS[0]]
        if len(provinces) == 1:  # then there is nothing to choose above its cities
            path += f"{provinces[0]}/"
        for level in LEVELS:
            inside = [r for r in self.regions.values() if r.level == level]
            found[level] = [(r.code, r.name) for r in inside if level == LEVELS[0] or f"/{r.parent_id}/" in path]
        if "cluster" in self.filters:
            found["cluster"] = [(c.slug, c.name) for c in self.named_clusters if self._holds(c.county)]
        return found

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Apply the lowest region and the cluster, then the other filters."""
        cleaned = self.form.cleaned_data
        for level in LEVELS:
            cleaned.pop(level, None)
        if cleaned.pop("cluster", None) and self.within:
            queryset = queryset.filter(self.in_cluster(self.within))
        if self.place:
            queryset = queryset.filter(self.in_place(self.place))
        return super().filter_queryset(queryset)

    def in_place(self, place: Region) -> Q:
        """Return the condition that a row lies in ``place``."""
        return Q(county__path__startswith=place.path)

    def in_cluster(self, cluster: Cluster) -> Q:
        """Return the condition that a row belongs to ``cluster``."""
        return Q(cluster=cluster)

    @property
    def place_name(self) -> str:
        """The place in words, from the province down; empty for everywhere."""
        codes = [code for code in (self.place.path.split("/") if self.place else []) if code in self.regions]
        names = [self.regions[code].name for code in codes]
        return " ▸ ".join([*names, *([self.within.name] if self.within else [])])

    @property
    def in_words(self) -> str:
        """All choices in force, as ``label: choice`` pairs, for the head of an export."""
        pairs = [(str(_("地区")), self.place_name)] if self.place_name else []
        for name, field in self.form.fields.items():
            value = self.form.cleaned_data.get(name)
            if value not in (None, "") and name not in (*LEVELS, "cluster"):
                chosen = dict(field.choices).get(value, value) if hasattr(field, "choices") else value
                pairs.append((str(field.label), str(chosen)))
        return str(_("；")).join(f"{label}{_('：')}{value}" for label, value in pairs)


def choices(rows: QuerySet[Any]) -> Choices:
    """Return primary keys and names for a select."""
    return [(row.pk, row.name) for row in rows]


def is_period(text: str) -> None:
    """Raise a form error unless ``text`` is a period."""
    try:
        Period.parse(text)
    except InvalidValue as error:
        raise as_validation_error(error) from None


def _in_cluster() -> django_filters.ChoiceFilter:
    return django_filters.ChoiceFilter(label=_("集群"), empty_label=_("全部"))


def _search(label: Any) -> django_filters.CharFilter:
    return django_filters.CharFilter(
        label=label, method="search", max_length=80, widget=forms.TextInput(attrs={"type": "search"})
    )


KINDS = [("published", _("只看真实数据")), ("synthetic", _("只看示例数据"))]


class RegisterFilter(PlaceFilter):
    """What clusters and firms have in common."""

    q = _search(_("名称"))
    industry = django_filters.ChoiceFilter(label=_("行业"), empty_label=_("全部"))
    kind = django_filters.ChoiceFilter(label=_("数据"), empty_label=_("全部"), choices=KINDS, method="by_kind")

    def options(self) -> dict[str, Choices]:
        """Return what the selects offer that depends on the data."""
        return {**super().options(), "industry": choices(visible(Industry.objects.all(), self.visitor))}

    def by_kind(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep real rows or those marked 示例数据."""
        return rows.filter(synthetic=value == "synthetic")


class ClusterFilter(RegisterFilter):
    """Clusters by place, name, industry and size."""

    size = django_filters.ChoiceFilter(
        label=_("营业收入"),
        empty_label=_("全部"),
        method="by_size",
        choices=[(str(value), format_lazy(_("超{value}亿元"), value=value)) for value in THRESHOLDS],
    )

    def search(self, rows: QuerySet[Cluster], name: str, text: str) -> QuerySet[Cluster]:
        """Keep clusters whose name or product contains ``text``."""
        named = Q(name_zh__icontains=text) | Q(name_en__icontains=text)
        return rows.filter(named | Q(product_zh__icontains=text) | Q(product_en__icontains=text))

    def by_size(self, rows: QuerySet[Cluster], name: str, value: str) -> QuerySet[Cluster]:
        """Keep clusters over a threshold [亿元]."""
        return rows.filter(Q(("revenue__gt", int(value))))

    class Meta:
        model = Cluster
        fields = ("q", "province", "city", "county", "industry", "size", "kind")


class EnterpriseFilter(RegisterFilter):
    """Firms by place, cluster, name or code, industry, title and whether they lead."""

    q = _search(_("名称或信用代码"))
    cluster = _in_cluster()
    leader = django_filters.ChoiceFilter(
        label=_("龙头企业"), empty_label=_("全部"), choices=[("1", _("只看龙头企业"))], method="by_leader"
    )
    title = django_filters.ChoiceFilter(label=_("称号"), empty_label=_("全部"), method="by_title")

    def options(self) -> dict[str, Choices]:
        """Return what the selects offer that depends on the data."""
        return {**super().options(), "title": choices(visible(Title.objects.all(), self.visitor))}

    def in_cluster(self, cluster: Cluster) -> Q:
        """Return the condition that a firm is a member of ``cluster``."""
        return Q(pk__in=Enterprise.objects.filter(memberships__cluster=cluster).values("pk"))

    def search(self, rows: QuerySet[Enterprise], name: str, text: str) -> QuerySet[Enterprise]:
        """Keep firms whose name contains ``text`` or whose code begins with it."""
        return rows.filter(Q(name__icontains=text) | Q(uscc__startswith=text.upper()))

    def by_leader(self, rows: QuerySet[Enterprise], name: str, value: str) -> QuerySet[Enterprise]:
        """Keep the leading firms of their clusters."""
        return rows.filter(pk__in=Enterprise.objects.filter(memberships__leader=True).values("pk"))

    def by_title(self, rows: QuerySet[Enterprise], name: str, value: str) -> QuerySet[Enterprise]:
        """Keep firms that hold a title today."""
        return rows.filter(pk__in=held_today().filter(title=value, enterprise__isnull=False).values("enterprise"))

    class Meta:
        model = Enterprise
        fields = ("q", "province", "city", "county", "cluster", "industry", "leader", "title", "kind")


def held_today() -> QuerySet[TitleAward]:
    """Return the awards that have not run out."""
    today = timezone.localdate()
    return TitleAward.objects.filter(Q(expires_on__isnull=True) | Q(expires_on__gte=today), awarded_on__lte=today)


class HolderFilter(PlaceFilter):
    """Rows that belong to a region, a cluster or a firm through a foreign key each."""

    holders: tuple[str, ...] = ("cluster", "enterprise")
    cluster = _in_cluster()

    def in_place(self, place: Region) -> Q:
        """Return the condition that the subject lies in ``place``."""
        inside: dict[str, QuerySet[Any]] = {
            "region": Region.objects.filter(path__startswith=place.path).values("pk"),
            "cluster": Cluster.objects.filter(county__path__startswith=place.path).values("pk"),
            "enterprise": Enterprise.objects.filter(county__path__startswith=place.path).values("pk"),
        }
        return Q(*((f"{name}__in", inside[name]) for name in self.holders), _connector=Q.OR)

    def in_cluster(self, cluster: Cluster) -> Q:
        """Return the condition that the subject is ``cluster`` or one of its members."""
        return Q(cluster=cluster) | Q(enterprise__in=cluster.memberships.values("enterprise"))

    def search(self, rows: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        """Keep rows whose subject's name contains ``text``, or that belong to the firm with this code."""
        named = Q(name_zh__icontains=text) | Q(name_en__icontains=text)
        firms = Enterprise.objects.filter(Q(name__icontains=text) | with_code(text))
        found: dict[str, QuerySet[Any]] = {
            "region": Region.objects.filter(named).values("pk"),
            "cluster": Cluster.objects.filter(named).values("pk"),
            "enterprise": firms.values("pk"),
        }
        return rows.filter(Q(*((f"{holder}__in", found[holder]) for holder in self.holders), _connector=Q.OR))


class ObservationFilter(HolderFilter):
    """Figures by subject, indicator, period, scope (口径), source and whether they were replaced."""

    holders = ("region", "cluster", "enterprise")
    q = _search(_("地区、集群或企业"))
    subject = django_filters.ChoiceFilter(
        label=_("对象"),
        empty_label=_("全部"),
        method="by_subject",
        choices=[("region", _("地区")), ("cluster", _("集群")), ("enterprise", _("企业"))],
    )
    indicator = django_filters.ChoiceFilter(label=_("指标"), empty_label=_("全部"))
    period = django_filters.CharFilter(
        label=_("期间"),
        method="by_period",
        max_length=10,
        validators=[is_period],
        widget=forms.TextInput(attrs={"placeholder": "2025-H1"}),
    )
    scope = django_filters.CharFilter(label=_("口径"), max_length=60)
    source = django_filters.ChoiceFilter(label=_("来源"), empty_label=_("全部"))

    def options(self) -> dict[str, Choices]:
        """Return what the selects offer that depends on the data."""
        return {
            **super().options(),
            "indicator": choices(visible(Indicator.objects.all(), self.visitor)),
            "source": [(row.pk, str(row)) for row in visible(Source.objects.order_by("code"), self.visitor)],
        }

    def by_subject(self, rows: QuerySet[Observation], name: str, value: str) -> QuerySet[Observation]:
        """Keep figures of places, of clusters or of firms."""
        return rows.filter(**{f"{value}__isnull": False})

    def by_period(self, rows: QuerySet[Observation], name: str, value: str) -> QuerySet[Observation]:
        """Keep one period; a year alone keeps everything that ends in it."""
        period = Period.parse(value)
        if str(period) == f"{period.year}":
            return rows.filter(period_end__year=period.year)
        return rows.filter(period=period)

    class Meta:
        model = Observation
        fields = ("q", "province", "city", "county", "cluster", "subject", "indicator", "period", "scope", "source")


class AwardFilter(HolderFilter):
    """Awards of titles by holder, title, level and whether they still hold."""

    q = _search(_("集群或企业"))
    title = django_filters.ChoiceFilter(label=_("称号"), empty_label=_("全部"))
    level = django_filters.ChoiceFilter(label=_("级别"), empty_label=_("全部"), choices=TitleAward.Level.choices)
    valid = django_filters.ChoiceFilter(
        label=_("有效期"),
        empty_label=_("全部"),
        method="by_validity",
        choices=[("1", _("有效")), ("0", _("已到期"))],
    )

    def options(self) -> dict[str, Choices]:
        """Return what the selects offer that depends on the data."""
        return {**super().options(), "title": choices(visible(Title.objects.all(), self.visitor))}

    def by_validity(self, rows: QuerySet[TitleAward], name: str, value: str) -> QuerySet[TitleAward]:
        """Keep awards that still hold, or those that have run out."""
        expired = Q(expires_on__lt=timezone.localdate())
        return rows.filter(expired) if value == "0" else rows.exclude(expired)

    class Meta:
        model = TitleAward
        fields = ("q", "province", "city", "county", "cluster", "title", "level", "valid")
