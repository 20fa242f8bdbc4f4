"""What people report: doubts come first; it is recorded at once or, where a plan rests on it, after a second person."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from gongzao.kernel import InvalidValue
from gongzao.web.accounts.models import User
from gongzao.web.clusters import effects, plausibility
from gongzao.web.clusters.checks import figure_of
from gongzao.web.clusters.models import Draft, Figure, Observation
from gongzao.web.clusters.plausibility import Doubt
from gongzao.web.clusters.services import may_write, record_observations, refuse_faulty, withdraw_observation
from gongzao.web.kit import history
from gongzao.web.kit.history import Act


@dataclass(frozen=True)
class Review:
    """What whoever reports figures has to see before they are recorded.

    Parameters
    ----------
    doubts
        What is unlikely about them.
    effects
        What they change in public, in sentences.
    """

    doubts: list[Doubt]
    effects: list[str]

    @cached_property
    def signature(self) -> str:
        """Short text that is the same only for the same doubts and effects; empty if there are none."""
        told = [*(f"{doubt.row} {doubt.error.zh}" for doubt in self.doubts), *self.effects]
        return sha256("\n".join(told).encode()).hexdigest()[:16] if told else ""


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of reported figures: recorded, or waiting for a second person."""

    recorded: list[Observation]
    drafts: list[Draft]


def review(rows: Sequence[Figure]) -> Review:
    """Return what is to be seen and confirmed about ``rows``, which have no faults."""
    return Review(plausibility.doubts(rows), effects.effect(rows))


def report(rows: Sequence[Observation], *, by: User) -> Reported:
    """Record figures, all or none; those on which a plan is measured wait for a second person.

    Raises
    ------
    PermissionDenied, InvalidValue
        What :func:`gongzao.web.clusters.services.record_observations` raises, and ``observation.waiting`` if the same
        figure waits already.
    """
    with transaction.atomic():
        refuse_faulty(rows, by)
        waiting = [row for row in rows if effects.weighs(row)]
        held = set(map(id, waiting))
        recorded = record_observations([row for row in rows if id(row) not in held], by=by)
        return Reported(recorded, _propose(waiting, by))


def withdraw(figure: Observation, *, reason: str, by: User) -> Observation | Draft:
    """Withdraw a figure, at once or, where a plan is measured on it, once a second person agrees.

    Raises
    ------
    PermissionDenied, InvalidValue
        What :func:`gongzao.web.clusters.services.withdraw_observation` raises, and ``observation.waiting``.
    """
    with transaction.atomic():
        # What would be refused later is refused now: the withdrawal is tried, and undone where it has to wait.
        mark = transaction.savepoint()
        row = withdraw_observation(figure, reason=reason, by=by)
        if not effects.weighs(figure):
            transaction.savepoint_commit(mark)
            return row
        transaction.savepoint_rollback(mark)
        (draft,) = _propose([figure], by, withdrawal=True, note=reason.strip(), revision=figure.revision + 1)
        return draft


def _propose(rows: Sequence[Figure], by: User, **changes: object) -> list[Draft]:
    waiting = Draft.objects.filter(accepted=None, indicator__in={row.indicator_id for row in rows})
    known = {figure_of(draft) for draft in waiting}
    for row in rows:
        if figure_of(row) in known:
            en = f"the same figure ({row.period}) waits for confirmation already"
            zh = f"同一数据（{row.period.label('zh')}）已有一份待确认"
            raise InvalidValue("observation.waiting", en=en, zh=zh)
    drafts = [Draft(**{**row.said(), **changes}, made_by=by) for row in rows]
    for draft in drafts:
        draft.period_end = draft.period.end
    Draft.objects.bulk_create(drafts)
    history.record([history.added(draft) for draft in drafts], by=by)
    return drafts


def decide(draft: Draft, *, accept: bool, reason: str = "", by: User) -> Observation | None:
    """Confirm or send back what somebody else has reported; one's own can be taken back.

    Returns
    -------
    Observation or None
        What was recorded by it.

    Raises
    ------
    PermissionDenied
        If the subject is outside what ``by`` may write to.
    InvalidValue
        ``draft.decided`` if that is done already, ``draft.second_person`` if ``by`` wrote it, ``draft.reason`` without
        a reason for sending it back; and what recording raises, if the registry has changed meanwhile.
    """
    with transaction.atomic():
        draft = Draft.objects.select_for_update().get(pk=draft.pk)
        if not may_write(draft, by):
            raise PermissionDenied
        _refuse_decision(draft, accept, reason, by)
        before = history.snapshot(draft)
        draft.decided_by, draft.decided_at, draft.accepted, draft.reason = by, timezone.now(), accept, reason.strip()
        draft.save()
        kind = Act.CONFIRMED if accept else Act.REJECTED
        history.record([history.act(kind, draft, before, history.snapshot(draft), reason=reason)], by=by)
        return _follow(draft, by) if accept else None


def _refuse_decision(draft: Draft, accept: bool, reason: str, by: User) -> None:
    if draft.accepted is not None:
        raise InvalidValue("draft.decided", en="this has been decided already", zh="已有人处理过")
    if accept and draft.made_by_id == by.pk:
        en, zh = "a second person has to confirm what you reported", "须由填报人以外的人员确认"
        raise InvalidValue("draft.second_person", en=en, zh=zh)
    if not accept and not reason.strip():
        raise InvalidValue("draft.reason", en="say why it is sent back", zh="请写明退回原因")


def _follow(draft: Draft, by: User) -> Observation:
    row = Observation(**draft.said())
    if not draft.withdrawal:
        return record_observations([row], by=draft.made_by, confirmed_by=by)[0]
    figures = Observation.objects.filter(indicator=draft.indicator_id, period_end=draft.period_end)
    same = (other for other in figures.order_by("-revision") if figure_of(other) == figure_of(draft))
    return withdraw_observation(next(same), reason=draft.note, by=draft.made_by, confirmed_by=by)
