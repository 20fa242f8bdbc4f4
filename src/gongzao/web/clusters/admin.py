"""The registry in the administration, where staff look after the whole of it."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.http import HttpRequest

from gongzao.web.accounts.models import User
from gongzao.web.clusters import services
from gongzao.web.clusters.checks import find_faults
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


class ObservationForm(forms.ModelForm[Observation]):
    """A figure, held to the rules of the service that will record it."""

    by: User

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # Django's hook, which the stubs leave out
        self.errors.pop(NON_FIELD_ERRORS, None)  # the table's constraints: the service says them with what to do
        if self.errors:
            return
        for fault in find_faults([self.instance], by=self.by):
            if fault.error is None:
                raise PermissionDenied
            self.add_error(fault.field if fault.field in self.fields else None, as_validation_error(fault.error))


@admin.register(Observation)
class ObservationAdmin(admin.ModelAdmin[Observation]):
    """Figures: added through the service, read-only afterwards; a correction is a new revision."""

    form = ObservationForm
    list_display = ("indicator", "subject", "period", "value", "unit", "growth_pct", "scope", "source", "revision")
    list_filter = ("source__synthetic", "indicator")
    list_select_related = ("region", "cluster", "enterprise", "indicator", "source")
    search_fields = ("region__name_zh", "cluster__name_zh", "enterprise__name", "enterprise__uscc", "period")
    autocomplete_fields = ("region", "cluster", "enterprise", "indicator", "source")
    show_full_result_count = False
    ordering = ("-pk",)

    def has_change_permission(self, request: HttpRequest, obj: Observation | None = None) -> bool:
        """Nobody: figures are never overwritten."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Observation | None = None) -> bool:
        """Nobody: history is kept."""
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form that knows who records."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.by = request.user
        return form

    def save_model(self, request: HttpRequest, obj: Observation, form: Any, change: bool) -> None:
        """Record the figure."""
        services.record_observations([obj], by=cast("User", request.user))

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave the entry to the service, which writes one per figure."""
