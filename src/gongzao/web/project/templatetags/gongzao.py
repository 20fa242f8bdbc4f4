"""Template tags that every page uses."""

from functools import cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@cache
def _svg(name: str) -> SafeString:
    path = Path(settings.ROOT) / "node_modules/@tabler/icons/icons/outline" / f"{name}.svg"
    svg = path.read_text().replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)
    return mark_safe(svg.replace('class="', 'class="icon ', 1))  # noqa: S308 - a file of the icon package


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return a Tabler outline icon as inline SVG, hidden from screen readers (words stand beside it)."""
    return _svg(name)


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """Return the query string of the page with some parameters changed; an empty value drops one."""
    request: HttpRequest = context["request"]
    parameters = request.GET.copy()
    for key, value in changes.items():
        if value in (None, ""):
            parameters.pop(key, None)
        else:
            parameters[key] = str(value)
    return f"?{parameters.urlencode()}"
