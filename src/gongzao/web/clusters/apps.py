"""The app."""

from django.apps import AppConfig


class ClustersConfig(AppConfig):
    """The app as Django knows it."""

    name = "gongzao.web.clusters"
    label = "clusters"
