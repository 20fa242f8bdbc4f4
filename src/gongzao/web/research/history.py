"""The audit trail of a project: what happened, what was booked for it, and whether both agree."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from gongzao.research import Event as EventValue
from gongzao.research import Finding, Pledged, check
from gongzao.research import Project as ProjectValue
from gongzao.web.accounts.scope import Visitor, visible
from gongzao.web.ledger.models import Entry
from gongzao.web.research import models, money, sentences


@dataclass(frozen=True, slots=True)
class Line:
    """An event in words, and the entries of the ledger for it that the visitor may see."""

    event: models.Event
    text: str
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class History:
    """All events, oldest first; how many entries were held against them, and every rule found broken."""

    lines: Sequence[Line]
    booked: int
    findings: Sequence[Finding]


def history(visitor: Visitor, project: ProjectValue, log: Sequence[EventValue]) -> History:
    """Return the audit trail; the check covers every entry, also those the visitor may not open."""
    every = list(money.entries(project.id).order_by("seq"))
    shown = set(visible(money.entries(project.id), visitor).values_list("pk", flat=True))
    pledged = {f"pledge:{event.body.pledge.id}": event.seq for event in log if isinstance(event.body, Pledged)}
    booked: dict[int, list[Entry]] = defaultdict(list)
    for entry in every:
        name = entry.transfer_id.removeprefix(f"research:{project.id}:")
        place = pledged.get(name) or _place(name)
        if entry.pk in shown and place:
            booked[place].append(entry)
    rows = models.Event.objects.filter(project=project.id).select_related("by").order_by("seq")
    lines = [
        Line(row, sentences.of_event(project, event), booked.get(event.seq, ()))
        for row, event in zip(rows, log, strict=True)
    ]
    return History(lines, len(every), check(log, [entry.record for entry in every]))


def _place(name: str) -> int:
    """Return the event in the id of a transfer, ``<event>:<number>``; 0 for one that was booked by other means."""
    place = name.split(":", maxsplit=1)[0]
    return int(place) if place.isascii() and place.isdigit() else 0


def finding(found: Finding) -> str:
    """Say which rule is broken and where; what was found stays as the check says it."""
    rule = {
        "order": _("次序"),
        "limit": _("限额"),
        "sum": _("合计"),
        "public_last": _("公共支持最后使用"),
        "share": _("比例"),
        "draw": _("专家抽取"),
        "ledger": _("账本"),
    }[found.rule]
    place = _("第%(seq)s条") % {"seq": found.seq} if found.seq else _("全部记录")
    return f"{rule} · {place}: {found.detail}"
