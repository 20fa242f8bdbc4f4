"""The app."""

from django.apps import AppConfig


class TargetsConfig(AppConfig):
    """The app as Django knows it."""

    name = "gongzao.web.targets"
    label = "web_targets"

    def ready(self) -> None:
        """Tell the registry on which figures plans are measured."""
        from gongzao.web.targets import effects

        effects.connect()
