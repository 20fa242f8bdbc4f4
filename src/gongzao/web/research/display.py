"""Amounts, names and events of research as pages and exports show them."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from gongzao.kernel import GongzaoError
from gongzao.research import Delivery, Project, Side, Unit
from gongzao.web.ledger.display import amount, in_english, unit_word, whole

__all__ = ["amount", "in_english", "unit_word", "whole"]


def side_label(side: Side) -> str:
    """Return the name of a side that lets an organisation in."""
    return {Side.LEAD: _("牵头单位"), Side.ORGANISER: _("集群服务中心或主管部门")}[side]


def yuan(fen: int | None) -> str:
    """Return an amount [fen] in yuan.

    >>> yuan(123456)
    '1,234.56 元'
    """
    return "—" if fen is None else f"{amount(fen)} {_('元')}"


def wan(fen: int | None) -> str:
    """Return an amount [fen] in ten thousand yuan, on an English page in yuan; without zeros at the end.

    >>> wan(600_000_00), wan(123_400)
    ('60 万元', '0.1234 万元')
    """
    if fen is None:
        return "—"
    text = f"{whole(fen) if in_english() else whole(fen).scaleb(-4):,f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {_('元') if in_english() else _('万元')}"


def quantity(hundredths: int, unit: str) -> str:
    """Return a contribution with its unit; cash in yuan."""
    return f"{amount(hundredths)} {unit_word(unit)}"


def in_kind(deliveries: tuple[Delivery, ...]) -> str:
    """Return contributions in kind as one phrase."""
    return _("、").join(quantity(d.quantity, d.unit) for d in deliveries)


def names(project: Project) -> Mapping[str, str]:
    """Return the parties' names by their codes."""
    return {party.id: party.name for party in project.proposal.parties}


def name_of(project: Project, party: str) -> str:
    """Return a party's name; somebody else's code stays as it is."""
    return names(project).get(party, party)


def unit_label(unit: Unit) -> str:
    """Return what is pledged in a unit."""
    return {
        Unit.CASH: _("现金"),
        Unit.WORK_HOURS: _("人员工时"),
        Unit.MACHINE_HOURS: _("设备机时"),
        Unit.MATERIAL: _("材料"),
    }[unit]


def said(error: GongzaoError) -> str:
    """Return an error in the language of the page."""
    return error.en if in_english() else error.zh
