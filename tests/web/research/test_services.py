"""Projects through the services: stored as events, booked on the ledger, refused as a whole."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from gongzao.kernel import Uscc
from gongzao.ledger import Kind
from gongzao.research import (
    FUND,
    Delivery,
    Evidence,
    Phase,
    Result,
    ResultKind,
    StepRefused,
    Unit,
    Verdict,
    check,
    contract,
    stake,
)
from gongzao.web.ledger import queries as ledger
from gongzao.web.ledger.models import Entry
from gongzao.web.research import services, store
from gongzao.web.research.models import Event, Project, Review

AMOUNTS = (600_000_00, 500_000_00, 600_000_00, 300_000_00)
NOW = datetime(2024, 11, 12, tzinfo=UTC)


def fund(anping: Any, project: Project) -> None:
    """Pledge what the tutorial pledges."""
    for n, amount in enumerate(AMOUNTS):
        party = anping.firms[n].uscc
        services.pledge(project, f"p{n}", party, Unit.CASH, amount, NOW, by=anping.members[n])
    university = anping.firms[4].uscc
    services.pledge(project, "p4", university, Unit.WORK_HOURS, 1000_00, NOW, by=anping.members[4])


def start(anping: Any, project: Project) -> None:
    """Fund the project and have all sign."""
    fund(anping, project)
    deadline = anping.proposal.terms.deadline
    value = services.close_round(project, deadline, by=anping.organiser)
    for firm, member in zip(anping.firms, anping.members, strict=True):
        services.sign(project, firm.uscc, contract(value).sha256, deadline, by=member)


def hand_in(anping: Any, project: Project, milestone: str, verdict: Verdict, now: datetime) -> None:
    """Submit a milestone and have the reviewers drawn give one verdict."""
    file = Evidence("报告.pdf", "0" * 64)
    firm, member = anping.firms[2], anping.members[2]
    services.submit_milestone(project, milestone, firm.uscc, [file], [], now, by=member)
    services.draw_reviewers(project, "seed", now, by=anping.organiser)
    for row in Review.objects.filter(project=project, done_at__isnull=True).select_related("expert__user"):
        if store.read(project.pk).submission is not None:
            services.review(project, row.expert, verdict, "见意见", now, by=row.expert.user)


def test_a_project_from_campaign_to_income(anping: Any) -> None:
    project = anping.open()
    start(anping, project)
    now = datetime(2025, 6, 20, tzinfo=UTC)
    for milestone in ("M1", "M2", "M3"):
        hand_in(anping, project, milestone, Verdict.ACCEPT, now)
    value = store.read(project.pk)
    assert value.phase is Phase.COMPLETED
    firm, member = anping.firms[2], anping.members[2]
    patent = Result("R1", ResultKind.PATENT, "织造方法")
    services.register_result(project, firm.uscc, patent, now, by=member)
    before = ledger.balances()[FUND]
    services.book_income(project, "I1", "R1", Uscc(firm.uscc), 100_000_00, now, by=anping.organiser)
    assert ledger.balances()[FUND].credits - before.credits == 30_000_00
    book = ledger.book()
    events = [row.value for row in Event.objects.filter(project=project).order_by("seq")]
    assert check(events, book.records) == ()
    project.refresh_from_db()
    assert (project.phase, project.version) == ("completed", store.read(project.pk).version)


def test_what_the_ledger_refuses_is_not_stored(anping: Any) -> None:
    project = anping.open()
    project_events = Event.objects.count()
    entries = Entry.objects.count()
    with pytest.raises(StepRefused):
        services.pledge(project, "p0", anping.firms[0].uscc, Unit.CASH, 600_000_01, NOW, by=anping.members[0])
    assert (Event.objects.count(), Entry.objects.count()) == (project_events, entries)


def test_a_double_click_pledges_once(anping: Any) -> None:
    project = anping.open()
    for _ in range(2):
        services.pledge(project, "p1", anping.firms[1].uscc, Unit.CASH, 100_00, NOW, by=anping.members[1])
    assert store.read(project.pk).pledged_cash == 100_00
    assert ledger.open_reservations().count() == 1


def test_a_stale_form_is_refused(anping: Any) -> None:
    project = anping.open()
    fund(anping, project)
    with pytest.raises(StepRefused, match=r"step\.stale|changed"):
        services.close_round(project, anping.proposal.terms.deadline, by=anping.organiser, seen=1)


def test_nobody_acts_for_another(anping: Any) -> None:
    project = anping.open()
    other = anping.firms[2].uscc
    for user in (anping.members[1], anping.stranger, anping.organiser):
        with pytest.raises(PermissionDenied):
            services.pledge(project, "p1", other, Unit.CASH, 100_00, NOW, by=user)
    with pytest.raises(PermissionDenied):
        services.close_round(project, anping.proposal.terms.deadline, by=anping.members[1])


def test_a_rejected_milestone_refunds(anping: Any) -> None:
    project = anping.open()
    start(anping, project)
    hand_in(anping, project, "M1", Verdict.REJECT, datetime(2025, 6, 20, tzinfo=UTC))
    value = store.read(project.pk)
    assert value.phase is Phase.STOPPED
    assert sum(value.refunded.values()) == 2_000_000_00
    balances = ledger.balances()
    for firm in anping.firms:
        account = balances.get(stake(project.pk, firm.uscc))
        assert account is None or account.credits == account.debits
    assert Delivery(anping.firms[4].uscc, Unit.WORK_HOURS, 1000_00) in _undelivered(project)


def _undelivered(project: Project) -> tuple[Delivery, ...]:
    body: Any = Event.objects.filter(project=project, kind="Stopped").get().value.body
    found: tuple[Delivery, ...] = body.undelivered
    return found


def test_a_missed_threshold_voids_every_pledge(anping: Any) -> None:
    project = anping.open()
    services.pledge(project, "p1", anping.firms[1].uscc, Unit.CASH, 100_00, NOW, by=anping.members[1])
    late = anping.proposal.terms.deadline
    with pytest.raises(StepRefused):
        services.pledge(project, "p2", anping.firms[2].uscc, Unit.CASH, 100_00, late, by=anping.members[2])
    value = services.close_round(project, late + timedelta(days=1), by=anping.organiser)
    assert value.phase is Phase.MISSED
    assert not ledger.open_reservations().exists()
    assert Entry.objects.filter(kind=Kind.VOID_PENDING.value).count() == 1
