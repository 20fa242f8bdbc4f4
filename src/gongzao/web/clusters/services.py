"""What can be done with the registry; the only place that writes it.

Every function checks the permission, acts in one transaction and leaves an entry in the history
(:mod:`gongzao.web.kit.history`), one per row, so that an auditor finds who recorded any figure. ``by=None`` is the
installation itself loading its own data; it leaves no entry: those rows carry their source and when they were recorded.
"""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from gongzao.kernel import InvalidValue
from gongzao.web.accounts.models import User
from gongzao.web.clusters.checks import find_faults
from gongzao.web.clusters.latest import advance, latest_differences, rebuild_latest
from gongzao.web.clusters.models import Observation
from gongzao.web.kit import history

__all__ = ["latest_differences", "rebuild_latest", "record_observations"]


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
    if by is not None:
        history.record([history.added(row) for row in rows], by=by)
    return rows
