"""What every page's template can use."""

from typing import Any

from django.http import HttpRequest

from gongzao.web.accounts.scope import posts_of
from gongzao.web.project.navigation import PLACES


def site(request: HttpRequest) -> dict[str, Any]:
    """Return navigation and posts of the visitor; error pages come before the user is known, so ask gently."""
    visitor = getattr(request, "user", None)
    if visitor is None:
        return {}
    here = request.resolver_match.view_name if request.resolver_match else ""
    return {
        "places": [(place, here.startswith(place.area)) for place in PLACES if place.shown_to(visitor)],
        "posts": posts_of(visitor),
    }
