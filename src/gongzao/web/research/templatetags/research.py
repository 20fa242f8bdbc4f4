"""How the pages of research show amounts and names."""

from collections.abc import Mapping
from typing import Any

from django import template

from gongzao.research import Project
from gongzao.web.accounts.scope import Visitor
from gongzao.web.research import display
from gongzao.web.research.evidence import PICTURES
from gongzao.web.research.models import Phase, Role
from gongzao.web.research.tabs import Tab, tabs_of

register = template.Library()
register.filter("yuan", display.yuan)
register.filter("wan", display.wan)
register.filter("quantity", display.quantity)
register.filter("unit_label", display.unit_label)


@register.filter
def party_name(project: Project, party: str) -> str:
    """Return the name of a party of the project."""
    return display.name_of(project, party)


@register.simple_tag
def research_tabs(user: Visitor) -> list[Tab]:
    """Return the pages of research that a visitor has something on."""
    return tabs_of(user)


@register.filter
def is_picture(name: str) -> bool:
    """Whether a file of evidence is a picture that a page shows."""
    return name.rsplit(".", 1)[-1] in PICTURES


@register.filter
def phase_label(phase: str) -> str:
    """Return the name of a phase."""
    return str(Phase(phase).label)


@register.filter
def role_label(role: str) -> str:
    """Return the name of a party's role."""
    return str(Role(role).label)


@register.filter
def of(mapping: Mapping[Any, Any], key: Any) -> Any:
    """Return the value of a key, 0 if there is none."""
    return mapping.get(key, 0)
