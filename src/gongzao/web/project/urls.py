"""The addresses of the site."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path

from gongzao.web.project import views
from gongzao.web.project.api import api


def api_urls() -> Any:
    """Return the API's addresses; it asks for session or token itself and answers 401, never with a sign-in page."""
    patterns, app, namespace = api.urls
    for pattern in patterns:
        if pattern.callback is not None:
            pattern.callback = login_not_required(pattern.callback)
    return patterns, app, namespace


urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("gongzao.web.targets.urls")),
    path("accounts/", include("gongzao.web.accounts.urls")),
    path("clusters/", include("gongzao.web.clusters.urls")),
    path("ledger/", include("gongzao.web.ledger.urls")),
    path("research/", include("gongzao.web.research.urls")),
    path("api/", api_urls()),
    path("admin/", admin.site.urls),
    path("language/", views.set_language, name="set_language"),
    path("health/", views.health, name="health"),
    path("robots.txt", views.robots, name="robots"),
    path("favicon.ico", views.favicon, name="favicon"),
]
handler400 = views.bad_request
handler403 = views.permission_denied
handler404 = views.page_not_found
handler500 = views.server_error
