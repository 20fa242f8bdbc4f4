"""Users, posts and tokens in the administration."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from gongzao.web.accounts.models import ApiToken, Post, User

NEVER_DELETED = _("账号不能删除：其操作记录须长期保留。离岗或停用请取消“有效”，该账号即不能登录，接口令牌同时失效。")


class PostInline(admin.TabularInline[Post, User]):
    """The posts of a user, on the user's page."""

    model = Post
    extra = 0
    autocomplete_fields = ("region", "cluster", "enterprise")


@admin.register(User)
class GongzaoUserAdmin(UserAdmin[User]):
    """Users with their posts; switched off where they leave, never deleted."""

    inlines: ClassVar = [PostInline]

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Say above the switch what to do instead of deleting."""
        fieldsets = super().get_fieldsets(request, obj)
        return [
            (name, {**options, "description": NEVER_DELETED} if "is_active" in options["fields"] else options)
            for name, options in fieldsets
        ]

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody: the history names its authors."""
        return False

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Lead whoever asks to delete a user back to the switch."""
        messages.error(request, NEVER_DELETED)
        return HttpResponseRedirect(reverse("admin:accounts_user_change", args=[object_id]))


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin[ApiToken]):
    """Tokens can be looked at and withdrawn here; they are issued on the account page only."""

    list_display = ("user", "name", "created_at", "expires_at")
    readonly_fields = ("user", "name", "created_at", "expires_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return no: the text of a token is shown to its owner only."""
        return False
