"""How the pages of the work show verdicts, experts and changes."""

from collections.abc import Mapping

from django import template

from gongzao.web.research import sentences

register = template.Library()
register.filter("verdict_label", sentences.verdict_label)
register.filter("result_kind_label", sentences.result_kind_label)


@register.filter
def expert_name(names: Mapping[str, str], code: str) -> str:
    """Return an expert's name; the code of one who is not in the register."""
    return names.get(code, code)


@register.filter
def cell(row: Mapping[str, str] | None, column: str) -> str:
    """Return what a row of a section has in a column; nothing where there is no row."""
    return (row or {}).get(column, "")
