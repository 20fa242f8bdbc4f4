"""The app."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """The app as Django knows it."""

    name = "gongzao.web.project"
    label = "project"
