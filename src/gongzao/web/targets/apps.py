"""The app."""

from django.apps import AppConfig


class TargetsConfig(AppConfig):
    """The app as Django knows it."""

    name = "gongzao.web.targets"
    label = "web_targets"
