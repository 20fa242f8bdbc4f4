"""Projects through the services: stored as events, booked on the ledger, refused as a whole."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from gongzao.kernel import InvalidValue, Uscc
from gongzao.ledger import Kind, Transfer
from gongzao.research import BANK, FUND, Delivery, Phase, Result, ResultKind, StepRefused, Unit, Verdict, check, stake
from gongzao.web.ledger import queries as ledger
from gongzao.web.ledger import services as books
from gongzao.web.ledger.models import Entry
from gongzao.web.research import services, store
from gongzao.web.research.models import Event, Project
from tests.web.research.story import PLEDGED, SPRING, fund, hand_in, start


def test_a_project_from_campaign_to_income(anping: Any) -> None:
    project = anping.open()
    start(anping, project)
    for milestone in ("M1", "M2", "M3"):
        hand_in(anping, project, milestone, Verdict.ACCEPT)
    value = store.read(project.pk)
    assert value.phase is Phase.COMPLETED
    firm, member = anping.firms[2], anping.members[2]
    patent = Result("R1", ResultKind.PATENT, "织造方法")
    services.register_result(project, firm.uscc, patent, SPRING, by=member)
    before = ledger.balances()[FUND]
    services.book_income(project, "I1", "R1", Uscc(firm.uscc), 100_000_00, SPRING, by=anping.organiser)
    assert ledger.balances()[FUND].credits - before.credits == 30_000_00
    book = ledger.book()
    events = [row.value for row in Event.objects.filter(project=project).order_by("seq")]
    assert check(events, book.records) == ()
    project.refresh_from_db()
    assert (project.phase, project.version) == ("completed", store.read(project.pk).version)


def test_what_the_ledger_refuses_is_not_stored(anping: Any) -> None:
    project = anping.open()
    books.submit([Transfer("spend", Kind.POST, FUND, BANK, 4_400_000_01, "CNY")], PLEDGED, by=None)
    before = Event.objects.count(), Entry.objects.count()
    with pytest.raises(InvalidValue) as error:  # the rules allow it; one fen is missing in the fund
        services.pledge(project, "p0", anping.firms[0].uscc, Unit.CASH, 600_000_00, PLEDGED, by=anping.members[0])
    assert error.value.code == "research.booking"
    assert (Event.objects.count(), Entry.objects.count()) == before
    project.refresh_from_db()
    assert (project.version, store.read(project.pk).pledges) == (1, {})


def test_a_double_click_pledges_once(anping: Any) -> None:
    project = anping.open()
    for _ in range(2):
        services.pledge(project, "p1", anping.firms[1].uscc, Unit.CASH, 100_00, PLEDGED, by=anping.members[1])
    assert store.read(project.pk).pledged_cash == 100_00
    assert ledger.open_reservations().count() == 1


def test_a_stale_form_is_refused(anping: Any) -> None:
    project = anping.open()
    fund(anping, project)
    with pytest.raises(StepRefused) as error:
        services.close_round(project, anping.proposal.terms.deadline, by=anping.organiser, seen=1)
    assert error.value.code == "step.stale"


def test_nobody_acts_for_another(anping: Any) -> None:
    project = anping.open()
    other = anping.firms[2].uscc
    for user in (anping.members[1], anping.stranger, anping.organiser):
        with pytest.raises(PermissionDenied):
            services.pledge(project, "p1", other, Unit.CASH, 100_00, PLEDGED, by=user)
    with pytest.raises(PermissionDenied):
        services.close_round(project, anping.proposal.terms.deadline, by=anping.members[1])


def test_a_rejected_milestone_refunds(anping: Any) -> None:
    project = anping.open()
    start(anping, project)
    hand_in(anping, project, "M1", Verdict.REJECT)
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
    services.pledge(project, "p1", anping.firms[1].uscc, Unit.CASH, 100_00, PLEDGED, by=anping.members[1])
    late = anping.proposal.terms.deadline
    with pytest.raises(StepRefused):
        services.pledge(project, "p2", anping.firms[2].uscc, Unit.CASH, 100_00, late, by=anping.members[2])
    value = services.close_round(project, late + timedelta(days=1), by=anping.organiser)
    assert value.phase is Phase.MISSED
    assert not ledger.open_reservations().exists()
    assert Entry.objects.filter(kind=Kind.VOID_PENDING.value).count() == 1
