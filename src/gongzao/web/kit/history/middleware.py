"""Knowing, wherever something is written, in which request that happens."""

from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponseBase

_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


def current_request() -> HttpRequest | None:
    """Return the request that is being answered; ``None`` in a command."""
    return _request.get()


class RequestMiddleware:
    """Keep the request at hand while it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        token = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(token)
