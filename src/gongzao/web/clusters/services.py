"""What can be done with the registry; the only place that writes its figures.

Every function checks the permission, acts in one transaction and leaves an entry in the history
(:mod:`gongzao.web.kit.history`), one per row, so that an auditor finds who recorded any figure. ``by=None`` is the
installation itself loading its own data; it leaves no entry: those rows carry their source and when they were recorded.
What people report passes through :mod:`gongzao.web.clusters.reporting`, where a second person may be needed.
"""

from collections.abc import Sequence
from datetime import date
from secrets import token_hex

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from gongzao.kernel import InvalidValue
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import editable
from gongzao.web.clusters.checks import figure_of, find_faults
from gongzao.web.clusters.latest import SUBJECT_KINDS, advance, latest_differences, rebuild_latest, retreat
from gongzao.web.clusters.models import Figure, Indicator, Observation, Source, Withdrawal
from gongzao.web.clusters.queries import may_report
from gongzao.web.kit import history
from gongzao.web.kit.history import Act

__all__ = [
    "add_source",
    "latest_differences",
    "may_write",
    "rebuild_latest",
    "record_observations",
    "refuse_faulty",
    "withdraw_observation",
]


def add_source(
    *, title: str, publisher: str, published_on: date, link: str = "", synthetic: bool = False, by: User
) -> Source:
    """Register a publication that figures come from, under a code of its own.

    Parameters
    ----------
    title, publisher, published_on, link
        The publication.
    synthetic
        Whether it is made up, like the subject whose figures it is for.
    by
        Who cites it: whoever may report figures at all.

    Raises
    ------
    PermissionDenied
        If ``by`` may report nothing.
    """
    if not may_report(by):
        raise PermissionDenied
    with transaction.atomic():
        source = Source.objects.create(
            code=f"U{timezone.localdate():%Y%m%d}-{token_hex(3)}",
            title=title,
            publisher=publisher,
            published_on=published_on.isoformat(),
            link=link,
            synthetic=synthetic,
        )
        history.record([history.added(source)], by=by)
    return source


def record_observations(
    observations: Sequence[Observation], *, by: User | None, confirmed_by: User | None = None
) -> list[Observation]:
    """Record figures, all or none of them, and let the newest ones show.

    Parameters
    ----------
    observations
        Unsaved rows; ``revision`` is 0 for a first publication and one more than the last for a correction.
    by
        Who records them; ``None`` only for the installation's own loaders.
    confirmed_by
        The second person, who has the same right, where one has confirmed them.

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
        ``observation.revision``, or ``<field>.<rule>`` such as ``period.not_over``.
    """
    rows = list(observations)
    with transaction.atomic():
        refuse_faulty(rows, by)
        if confirmed_by is not None:
            refuse_faulty(rows, confirmed_by)
        for row in rows:
            row.recorded_by, row.confirmed_by = by, confirmed_by
        return _insert(rows, by, confirmed_by)


def refuse_faulty(rows: Sequence[Figure], by: User | None) -> None:
    """Raise what :func:`record_observations` raises if one of ``rows`` is at fault; call it in the transaction."""
    for fault in find_faults(rows, by=by):
        if fault.error is None:
            raise PermissionDenied
        raise fault.error


def _insert(rows: list[Observation], by: User | None, confirmed_by: User | None) -> list[Observation]:
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
        history.record([history.added(row) for row in rows], by=confirmed_by or by)
    return rows


def withdraw_observation(
    figure: Observation, *, reason: str, by: User, confirmed_by: User | None = None
) -> Observation:
    """Let a figure count no more: a further revision says why, and every revision up to it is marked.

    Parameters
    ----------
    figure
        Its newest revision.
    reason
        Why it is wrong; becomes the note of the revision.
    by, confirmed_by
        Who withdraws it, and the second person where one has confirmed that.

    Returns
    -------
    Observation
        The revision that withdraws it. A right figure can follow as the next revision.

    Raises
    ------
    PermissionDenied
        If the subject is outside what ``by`` (or the second person) may write to.
    InvalidValue
        ``withdrawal.reason`` without a reason, ``withdrawal.done`` if the figure is withdrawn already,
        ``observation.revision`` if there is a newer revision.
    """
    if not reason.strip():
        raise InvalidValue("withdrawal.reason", en="say why the figure is withdrawn", zh="请写明撤回原因")
    with transaction.atomic():
        Indicator.objects.select_for_update().get(pk=figure.indicator_id)
        known = _revisions(figure)
        if known[-1].withdrawn:
            raise InvalidValue("withdrawal.done", en="the figure is withdrawn already", zh="该数据已经撤回")
        if known[-1].pk != figure.pk:
            en, zh = "the figure has a newer revision", "该数据已有更新的修订，请先查看"
            raise InvalidValue("observation.revision", en=en, zh=zh)
        if any(not may_write(figure, person) for person in (by, confirmed_by) if person is not None):
            raise PermissionDenied
        said = {**figure.said(), "revision": figure.revision + 1, "note": reason.strip()}
        row = Observation(**said, recorded_by=by, confirmed_by=confirmed_by)
        row.save()
        counted = [old for old in known if not old.withdrawn]
        Withdrawal.objects.bulk_create(Withdrawal(observation=old, revision=row) for old in [*counted, row])
        retreat(row)
        was = history.snapshot(figure)
        withdrawn = history.act(
            Act.WITHDRAWN, row, {name: was[name] for name in ("value", "growth_pct")}, reason=reason
        )
        history.record([withdrawn], by=confirmed_by or by)
    return row


def may_write(figure: Figure, person: User) -> bool:
    """Whether ``person`` may report figures of this subject."""
    return editable(type(figure.subject)._default_manager.filter(pk=figure.subject.pk), person).exists()


def _revisions(figure: Figure) -> list[Observation]:
    subject = {f"{kind}_id": getattr(figure, f"{kind}_id") for kind in SUBJECT_KINDS}
    same = Observation.objects.filter(**subject, indicator_id=figure.indicator_id, period_end=figure.period.end)
    rows = same.select_related("withdrawal").order_by("revision")
    return [row for row in rows if figure_of(row) == figure_of(figure)]
