"""What holds for every request: bodies have a size, private pages stay private, steps are no dead ends."""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from gongzao.web.project import views

Handler = Callable[[HttpRequest], HttpResponseBase]

MOST_BYTES = 32 * 1024 * 1024
"""Size of a request's body that anybody signed in may send [B]."""
MOST_BYTES_OUTSIDE = 1024 * 1024
"""The same without a session or a token [B]."""


def limit_bodies(next_handler: Handler) -> Handler:
    """Refuse large bodies before any of them is read; CSRF checks would store them first."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        known = settings.SESSION_COOKIE_NAME in request.COOKIES or "HTTP_AUTHORIZATION" in request.META
        most = MOST_BYTES if known else MOST_BYTES_OUTSIDE
        try:
            size = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            size = 0
        return views.too_large(request, most) if size > most else next_handler(request)

    return handle


def keep_private(next_handler: Handler) -> Handler:
    """Have nothing kept in caches that was made for somebody who is signed in."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        response = next_handler(request)
        known = settings.SESSION_COOKIE_NAME in request.COOKIES or "HTTP_AUTHORIZATION" in request.META
        if known and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response

    return handle


def lead_back(next_handler: Handler) -> Handler:
    """Send a browser that opens the address of a step (as after signing in again) to the page the step stands on."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        response = next_handler(request)
        page = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or not page:
            return response
        messages.warning(request, _("刚才这一步没有办理，请在本页重新办理。"))
        return HttpResponseRedirect(_page_above(request.path))

    return handle


def _page_above(path: str) -> str:
    """Return the nearest address above ``path`` that leads anywhere."""
    while path.count("/") > 2:
        path = path.rstrip("/").rsplit("/", 1)[0] + "/"
        try:
            resolve(path)
        except Resolver404:
            continue
        return path
    return "/"
