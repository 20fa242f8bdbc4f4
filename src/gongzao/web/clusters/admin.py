"""The registry in the administration, where staff look after the whole of it."""

from django.contrib import admin
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
from gongzao.web.kit.fields import as_validation_error


@admin.register(Region)
class RegionAdmin(admin.ModelAdmin[Region]):
    """Regions."""

    list_display = ("code", "name_zh", "level", "parent")
    list_filter = ("level",)
    list_select_related = ("parent",)
    search_fields = ("code", "name_zh", "name_en")
    autocomplete_fields = ("parent",)


@admin.register(Industry)
class IndustryAdmin(admin.ModelAdmin[Industry]):
    """Industries."""

    list_display = ("code", "name_zh", "name_en")
    search_fields = ("code", "name_zh", "name_en")


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin[Source]):
    """Sources of figures."""

    list_display = ("code", "title", "publisher", "published_on", "synthetic")
    list_filter = ("synthetic",)
    search_fields = ("code", "title", "publisher")


@admin.register(Cluster)
class ClusterAdmin(admin.ModelAdmin[Cluster]):
    """Clusters."""

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
class EnterpriseAdmin(admin.ModelAdmin[Enterprise]):
    """Enterprises."""

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
class TitleAdmin(admin.ModelAdmin[Title]):
    """Titles."""

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
class IndicatorAdmin(admin.ModelAdmin[Indicator]):
    """Indicators."""

    list_display = ("code", "name_zh", "name_en", "unit")
    list_filter = ("unit",)
    search_fields = ("code", "name_zh", "name_en")


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
