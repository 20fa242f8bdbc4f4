"""Addresses of the registry."""

from django.urls import URLPattern, path, re_path

from gongzao.web.clusters import views, views_report

FORM = r"(?P<form>xlsx|csv)"

app_name = "clusters"
urlpatterns: list[URLPattern] = [
    path("", views.listing, {"name": "clusters"}, name="cluster_list"),
    re_path(rf"^export\.{FORM}$", views.export, {"name": "clusters"}, name="cluster_export"),
    path("search/", views.search, name="search"),
    path("awards/", views.listing, {"name": "awards"}, name="cluster_award_list"),
    re_path(rf"^awards/export\.{FORM}$", views.export, {"name": "awards"}, name="cluster_award_export"),
    path("enterprises/", views.listing, {"name": "enterprises"}, name="enterprise_list"),
    re_path(rf"^enterprises/export\.{FORM}$", views.export, {"name": "enterprises"}, name="enterprise_export"),
    path("enterprises/<slug:uscc>/", views.enterprise_detail, name="enterprise_detail"),
    path("observations/", views.listing, {"name": "observations"}, name="observation_list"),
    re_path(rf"^observations/export\.{FORM}$", views.export, {"name": "observations"}, name="observation_export"),
    path("observations/record/", views_report.observation_record, name="observation_record"),
    path("observations/subjects/", views_report.observation_subjects, name="observation_subjects"),
    path("observations/upload/", views_report.observation_upload, name="observation_upload"),
    re_path(
        rf"^observations/template/(?P<kind>observations|enterprises)\.{FORM}$",
        views_report.observation_template,
        name="observation_template",
    ),
    path("observations/waiting/", views_report.observation_drafts, name="observation_drafts"),
    path("observations/waiting/<int:pk>/", views_report.observation_decide, name="observation_decide"),
    re_path(
        r"^observations/(?P<pk>\d{1,18})/withdraw/$", views_report.observation_withdraw, name="observation_withdraw"
    ),
    re_path(r"^observations/(?P<pk>\d{1,18})/$", views.observation_detail, name="observation_detail"),
    path("<slug:slug>/", views.cluster_detail, name="cluster_detail"),
]
