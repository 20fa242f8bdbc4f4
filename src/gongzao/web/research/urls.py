"""Addresses of crowd-funded research."""

from django.urls import URLPattern, URLResolver, include, path

app_name = "research"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("gongzao.web.research.urls_projects")),
    path("", include("gongzao.web.research.urls_calls")),
    path("", include("gongzao.web.research.urls_campaign")),
    path("", include("gongzao.web.research.urls_work")),
]
