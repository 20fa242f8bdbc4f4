"""Addresses of the targets."""

from django.urls import path

from gongzao.web.targets import views

app_name = "targets"
urlpatterns = [
    path("", views.home, name="home"),
    path("targets/<slug:plan>/<slug:target>/", views.target, name="target"),
    path("targets/<slug:plan>/<slug:target>.csv", views.target_data, name="target_data"),
]
