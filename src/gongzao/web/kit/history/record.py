"""Writing the history, in the transaction of the act itself."""

from collections.abc import Iterable
from typing import Any

from axes.helpers import get_client_ip_address
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth.models import AbstractUser
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.http import HttpRequest

from gongzao.web.kit.history.middleware import current_request
from gongzao.web.kit.history.models import Act, Change, Via
from gongzao.web.kit.history.snapshots import Values, difference, place_of, snapshot

_FLAGS = {Act.ADDED: ADDITION, Act.CHANGED: CHANGE, Act.REMOVED: DELETION}


def added(row: models.Model, *, reason: str = "", place: str | None = None) -> Change:
    """Describe that ``row`` was stored; ``place`` is the path of its region, found by ``seen_by`` if not given."""
    return act(Act.ADDED, row, after=snapshot(row), reason=reason, place=place)


def changed(
    row: models.Model, before: Values, *, reason: str = "", place: str | None = None, place_before: str = ""
) -> Change:
    """Describe that ``row`` no longer has the values ``before`` (of :func:`snapshot`); only differences are kept."""
    return act(Act.CHANGED, row, before, snapshot(row), reason=reason, place=place, place_before=place_before)


def removed(row: models.Model, *, reason: str = "", place: str | None = None) -> Change:
    """Describe that ``row`` is gone; call it before its key is."""
    return act(Act.REMOVED, row, before=snapshot(row), reason=reason, place=place)


def act(
    kind: Act,
    row: models.Model,
    before: Values | None = None,
    after: Values | None = None,
    *,
    reason: str = "",
    place: str | None = None,
    place_before: str = "",
) -> Change:
    """Describe an act on ``row`` by the values that matter, any JSON, of which differences are kept; not stored yet."""
    where = place_of(row) if place is None else place
    was, now = difference(before or {}, after or {})
    return Change(
        act=kind,
        model=row._meta.label_lower,
        key=str(row.pk),
        title=str(row)[:200],
        before=was,
        after=now,
        reason=reason[:400],
        place=where,
        place_before=place_before if place_before != where else "",
    )


def record(changes: Iterable[Change], *, by: AbstractUser | None) -> None:
    """Store what was done, in the transaction in which it was done.

    Parameters
    ----------
    changes
        Descriptions by :func:`added`, :func:`changed`, :func:`removed` or :func:`act`; changes of nothing are left out.
    by
        Who did it; ``None`` is the installation itself.

    Raises
    ------
    TransactionManagementError
        Outside a transaction: an act without its entry, or an entry without its act, could remain.
    """
    stored = keep(changes, by)
    _show_in_administration(stored)


def keep(changes: Iterable[Change], by: AbstractUser | None) -> list[Change]:
    """Store what was done without showing it in the administration, which has its own line for what it does itself."""
    rows = [row for row in changes if row.act != Act.CHANGED or row.before or row.after]
    if not rows:
        return []
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("history is recorded in the transaction of the act")
    request = current_request()
    who: dict[str, Any] = {"user": by, "user_name": _name(by), "address": _address(request), "via": _via(request)}
    for row in rows:
        for field, value in who.items():
            setattr(row, field, value)
    return list(Change.objects.bulk_create(rows, batch_size=2000))


def _name(by: AbstractUser | None) -> str:
    if by is None:
        return ""
    full = by.get_full_name()
    return f"{by.get_username()}（{full}）"[:200] if full else by.get_username()


def _address(request: HttpRequest | None) -> str:
    # The same address that sign-in counts failures by.
    return (get_client_ip_address(request) or "")[:45] if request is not None else ""


def _via(request: HttpRequest | None) -> Via:
    if request is None:
        return Via.COMMAND
    match = request.resolver_match
    namespaces = match.namespaces if match else []
    return Via.ADMIN if "admin" in namespaces else Via.API if "api" in namespaces else Via.PAGE


def _show_in_administration(changes: list[Change]) -> None:
    """Let the History button of the administration, which reads Django's own log, know the acts of services."""
    shown = [(row, row.user_id) for row in changes if row.user_id is not None and row.act in _FLAGS]
    kinds = {row.model: ContentType.objects.get_by_natural_key(*row.model.split(".")) for row, _ in shown}
    LogEntry.objects.bulk_create(
        (
            LogEntry(
                user_id=user,
                content_type=kinds[row.model],
                object_id=row.key,
                object_repr=row.title,
                action_flag=_FLAGS[Act(row.act)],
                change_message=row.reason,
            )
            for row, user in shown
        ),
        batch_size=2000,
    )
