"""The registry in the administration, where staff look after the whole of it."""

from typing import Any, ClassVar, TypeVar

from django.contrib import admin
from django.db.models import Model, URLField
from django.http import HttpRequest

from gongzao.web.clusters.models import (
    Cluster,
    Enterprise,
    Indicator,
    Industry,
    Membership,
    Observation,
    Region,
    Source,
    Title,
    TitleAward,
)

M = TypeVar("M", bound=Model)


class SettledAdmin(admin.ModelAdmin[M]):
    """Rows of which some fields are settled once the row is there: other tables and projections derive from them."""

    settled: ClassVar[tuple[str, ...]] = ()

    def get_readonly_fields(self, request: HttpRequest, obj: M | None = None) -> Any:
        """Return the settled fields as well, for a row that is there."""
        return (*super().get_readonly_fields(request, obj), *(self.settled if obj is not None else ()))

    def get_prepopulated_fields(self, request: HttpRequest, obj: M | None = None) -> Any:
        """Fill in only what can still be chosen."""
        return {} if obj is not None else super().get_prepopulated_fields(request, obj)


@admin.register(Region)
class RegionAdmin(SettledAdmin[Region]):
    """Regions; what lies within one follows when its parent changes."""

    settled = ("code",)

    list_display = ("code", "name_zh", "level", "parent")
    list_filter = ("level",)
    list_select_related = ("parent",)
    search_fields = ("code", "name_zh", "name_en")
    autocomplete_fields = ("parent",)


@admin.register(Industry)
class IndustryAdmin(SettledAdmin[Industry]):
    """Industries."""

    settled = ("code",)
    list_display = ("code", "name_zh", "name_en")
    search_fields = ("code", "name_zh", "name_en")


@admin.register(Source)
class SourceAdmin(SettledAdmin[Source]):
    """Sources of figures."""

    settled = ("code", "synthetic")
    formfield_overrides: ClassVar = {URLField: {"assume_scheme": "https"}}
    list_display = ("code", "title", "publisher", "published_on", "synthetic")
    list_filter = ("synthetic",)
    search_fields = ("code", "title", "publisher")


@admin.register(Cluster)
class ClusterAdmin(SettledAdmin[Cluster]):
    """Clusters."""

    settled = ("slug", "synthetic")
    list_display = ("name_zh", "county", "industry", "synthetic")
    list_filter = ("synthetic", "industry")
    list_select_related = ("county", "industry")
    search_fields = ("name_zh", "name_en", "slug")
    autocomplete_fields = ("county", "industry")
    prepopulated_fields = {"slug": ("name_en",)}  # noqa: RUF012 - the name Django reads


class MembershipInline(admin.TabularInline[Membership, Enterprise]):
    """Clusters a firm belongs to."""

    model = Membership
    autocomplete_fields = ("cluster",)
    extra = 0


@admin.register(Enterprise)
class EnterpriseAdmin(SettledAdmin[Enterprise]):
    """Enterprises."""

    settled = ("uscc", "synthetic")
    list_display = ("name", "uscc", "county", "industry", "synthetic")
    list_filter = ("synthetic", "industry")
    list_select_related = ("county", "industry")
    search_fields = ("name", "uscc")
    autocomplete_fields = ("county", "industry")
    inlines = (MembershipInline,)
    show_full_result_count = False


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin[Membership]):
    """Memberships."""

    list_display = ("enterprise", "cluster", "leader")
    list_filter = ("leader",)
    list_select_related = ("enterprise", "cluster")
    search_fields = ("enterprise__name", "enterprise__uscc", "cluster__name_zh")
    autocomplete_fields = ("enterprise", "cluster")
    show_full_result_count = False


@admin.register(Title)
class TitleAdmin(SettledAdmin[Title]):
    """Titles."""

    settled = ("code",)
    list_display = ("code", "name_zh", "name_en")
    search_fields = ("code", "name_zh", "name_en")


@admin.register(TitleAward)
class TitleAwardAdmin(admin.ModelAdmin[TitleAward]):
    """Awards of titles."""

    list_display = ("title", "level", "enterprise", "cluster", "awarded_on", "expires_on", "source")
    list_filter = ("title", "level")
    list_select_related = ("title", "enterprise", "cluster", "source")
    search_fields = ("enterprise__name", "enterprise__uscc", "cluster__name_zh", "document")
    autocomplete_fields = ("title", "enterprise", "cluster", "source")
    date_hierarchy = "awarded_on"


@admin.register(Indicator)
class IndicatorAdmin(SettledAdmin[Indicator]):
    """Indicators; the newest figures are kept in their unit, so it stays once there is a figure."""

    settled = ("code",)

    list_display = ("code", "name_zh", "name_en", "unit")
    list_filter = ("unit",)
    search_fields = ("code", "name_zh", "name_en")

    def get_readonly_fields(self, request: HttpRequest, obj: Indicator | None = None) -> Any:
        """Return the unit as well, once there is a figure."""
        observed = obj is not None and Observation.objects.filter(indicator=obj).exists()
        return (*super().get_readonly_fields(request, obj), *(("unit",) if observed else ()))


@admin.register(Observation)
class ObservationAdmin(admin.ModelAdmin[Observation]):
    """Figures, to be looked at: they are reported on their own page, where doubts and effects are shown first."""

    list_display = ("indicator", "subject", "period", "value", "unit", "growth_pct", "scope", "source", "revision")
    list_filter = ("source__synthetic", "indicator")
    list_select_related = ("region", "cluster", "enterprise", "indicator", "source")
    search_fields = ("region__name_zh", "cluster__name_zh", "enterprise__name", "enterprise__uscc", "period")
    show_full_result_count = False
    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody here: see the page for reporting figures."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Observation | None = None) -> bool:
        """Nobody: figures are never overwritten."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Observation | None = None) -> bool:
        """Nobody: history is kept."""
        return False
