"""Addresses of needs, calls and drafts."""

from django.urls import URLPattern, URLResolver, path, re_path

from gongzao.web.research import views_calls, views_drafts, views_sections
from gongzao.web.research.urls_projects import PROJECT

urlpatterns: list[URLPattern | URLResolver] = [
    path("needs/", views_calls.needs, name="needs"),
    path("clusters/<slug:slug>/topic/", views_calls.topic_new, name="topic_new"),
    path("clusters/<slug:slug>/call/", views_calls.call_new, name="call_new"),
    path("calls/<slug:slug>/", views_calls.call, name="call"),
    path("topics/<slug:slug>/propose/", views_drafts.start, name="draft_start"),
    path("drafts/", views_drafts.listing, name="drafts"),
    path("drafts/<slug:slug>/", views_drafts.draft, name="draft"),
    path("drafts/<slug:slug>/workbook/", views_sections.draft_workbook, name="draft_workbook"),
    path("drafts/<slug:slug>/submit/", views_drafts.submit, name="draft_submit"),
    path("drafts/<slug:slug>/consent/", views_drafts.consent, name="draft_consent"),
    path("drafts/<slug:slug>/open/", views_drafts.open_project, name="draft_open"),
    re_path(r"^drafts/(?P<slug>[-\w]+)/(?P<what>return|decline)/$", views_drafts.reply, name="draft_reply"),
    path("drafts/<slug:slug>/<slug:name>/edit/", views_sections.section, name="draft_section"),
    re_path(rf"^projects/{PROJECT}/amend/$", views_drafts.amend, name="amend"),
]
