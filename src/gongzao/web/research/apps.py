"""The app."""

from django.apps import AppConfig


class ResearchConfig(AppConfig):
    """The app as Django knows it."""

    name = "gongzao.web.research"
    label = "research"
