"""What can be done with the registry; the only place that writes it.

Every function checks the permission, acts in one transaction and leaves an entry in Django's admin log
(:class:`django.contrib.admin.models.LogEntry`: who, when, what), one per row, so that an auditor finds the entry of
any figure. ``by=None`` is the installation itself loading its own data; it leaves no entry, for the log has no
place for nobody: those rows carry their source and the time they were recorded.
"""

from collections.abc import Sequence

from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models, transaction

from gongzao.kernel import InvalidValue
from gongzao.web.accounts.models import User
from gongzao.web.clusters.checks import find_faults
from gongzao.web.clusters.latest import advance, latest_differences, rebuild_latest
from gongzao.web.clusters.models import Observation

__all__ = ["latest_differences", "log", "rebuild_latest", "record_observations"]


def record_observations(observations: Sequence[Observation], *, by: User | None) -> list[Observation]:
    """Record figures, all or none of them, and let the newest ones show.

    Parameters
    ----------
    observations
        Unsaved rows; ``revision`` is 0 for a first publication and one more than the last for a correction.
    by
        Who records them; ``None`` only for the installation's own loaders.

    Returns
    -------
    list of Observation
        The same rows, stored.

    Raises
    ------
    PermissionDenied
        If a subject is outside what ``by`` may write to.
    InvalidValue
        For the first row at fault: ``observation.subject``, ``observation.empty``, ``observation.indicator``,
        ``observation.source``, ``observation.mixed``, ``observation.unit``, ``observation.duplicate``,
        ``observation.revision``, or ``<field>.<rule>``.
    """
    rows = list(observations)
    with transaction.atomic():
        for fault in find_faults(rows, by=by):
            if fault.error is None:
                raise PermissionDenied
            raise fault.error
        return _insert(rows, by)


def _insert(rows: list[Observation], by: User | None) -> list[Observation]:
    try:
        with transaction.atomic():
            Observation.objects.bulk_create(rows)
    except IntegrityError:
        # The rows were just checked, so only another writer's row can stand in the way.
        raise InvalidValue(
            "observation.conflict",
            en="the registry has changed meanwhile (same figure, or a subject or source is gone); please try again",
            zh="登记内容刚被他人更改（同一数据已登记，或主体、来源已不存在），请重试",
        ) from None
    advance(rows)
    log(by, rows)
    return rows


def log(by: User | None, rows: Sequence[models.Model], message: str = "", flag: int = ADDITION) -> None:
    """Leave an entry for each row in the admin log: who, when, what (``flag``: added or changed)."""
    if by is None or not rows:
        return
    kind = ContentType.objects.get_for_model(type(rows[0]))
    LogEntry.objects.bulk_create(
        LogEntry(
            user=by,
            content_type=kind,
            object_id=str(row.pk),
            object_repr=str(row)[:200],
            action_flag=flag,
            change_message=message,
        )
        for row in rows
    )
