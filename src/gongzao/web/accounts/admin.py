"""Users, posts and tokens in the administration."""

from typing import ClassVar

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from gongzao.web.accounts.models import ApiToken, Post, User


class PostInline(admin.TabularInline[Post, User]):
    """The posts of a user, on the user's page."""

    model = Post
    extra = 0
    autocomplete_fields = ("region", "cluster", "enterprise")


@admin.register(User)
class GongzaoUserAdmin(UserAdmin[User]):
    """Users with their posts."""

    inlines: ClassVar = [PostInline]


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin[ApiToken]):
    """Tokens can be looked at and withdrawn here; they are issued on the account page only."""

    list_display = ("user", "name", "created_at", "expires_at")
    readonly_fields = ("user", "name", "created_at", "expires_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return no: the text of a token is shown to its owner only."""
        return False
