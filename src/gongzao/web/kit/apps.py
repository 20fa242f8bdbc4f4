"""The app."""

from django.apps import AppConfig


class KitConfig(AppConfig):
    """The app as Django knows it."""

    name = "gongzao.web.kit"
    label = "kit"

    def ready(self) -> None:
        """Follow what the administration writes; its register is complete, for it stands before in the settings."""
        from gongzao.web.kit.history import watching

        watching.follow_administration()
