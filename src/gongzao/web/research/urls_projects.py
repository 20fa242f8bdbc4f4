"""Addresses of projects."""

from django.urls import URLPattern, URLResolver, path, re_path

from gongzao.web.research import views_projects as views

PROJECT = r"(?P<pk>[A-Za-z0-9][A-Za-z0-9._-]{0,31})"
FORM = r"(?P<form>xlsx|csv)"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    re_path(rf"^p/{PROJECT}/$", views.public, name="public"),
    path("projects/", views.projects, name="projects"),
    re_path(rf"^projects/export\.{FORM}$", views.projects_export, name="projects_export"),
    re_path(rf"^projects/{PROJECT}/$", views.project, name="project"),
    re_path(rf"^projects/{PROJECT}/money/$", views.money_page, name="money"),
    re_path(rf"^projects/{PROJECT}/money/export\.{FORM}$", views.money_export, name="money_export"),
    re_path(rf"^projects/{PROJECT}/money/flow\.{FORM}$", views.flow_export, name="flow_export"),
    re_path(rf"^projects/{PROJECT}/log/$", views.log, name="log"),
    re_path(rf"^projects/{PROJECT}/log/export\.{FORM}$", views.log_export, name="log_export"),
]
