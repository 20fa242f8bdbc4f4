"""The app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The app as Django knows it."""

    name = "gongzao.web.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Keep in the history whatever happens to users, posts and tokens."""
        from gongzao.web.accounts.models import ApiToken, Post, User
        from gongzao.web.kit.history.watching import watch

        watch(User, Post, ApiToken)
