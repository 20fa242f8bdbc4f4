"""Real threads on one database, each with its own connection; all of them committed."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection

from gongzao.kernel import InvalidValue
from gongzao.ledger import Kind, Transfer
from gongzao.research import BANK, FUND, Evidence, Phase, StepRefused, Unit, Verdict, check, contract, reservation
from gongzao.web.accounts.models import User
from gongzao.web.ledger import queries as ledger
from gongzao.web.ledger import services as ledger_services
from gongzao.web.ledger.models import Entry
from gongzao.web.ledger.verify import verify
from gongzao.web.research import services, store
from gongzao.web.research.models import Event, Project, Review
from tests.web.research.conftest import Anping, make_anping

NOW = datetime(2024, 11, 12, tzinfo=UTC)
THREADS = 16
stored_once = cache(make_anping)  # what is committed stays for the tests that follow


@pytest.fixture
def crowd(committed: dict[str, str]) -> Anping:
    return stored_once()


@pytest.fixture
def project(crowd: Anping) -> Project:
    return crowd.open(id=uuid4().hex)


def at_once(calls: Sequence[Callable[[], object]]) -> Counter[str]:
    """Make the calls from threads that all start at the same moment; count ``done`` and the rules of refusals."""
    start = Barrier(THREADS)

    def work(thread: int) -> list[str]:
        try:
            start.wait()
            return [answer(call) for call in calls[thread::THREADS]]
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return Counter(found for answers in pool.map(work, range(THREADS)) for found in answers)


def answer(call: Callable[[], object]) -> str:
    try:
        call()
    except (StepRefused, InvalidValue) as error:
        return error.code
    return "done"


def assert_sound(project: Project) -> None:
    """Insist that log, ledger and projections of a project agree."""
    log = [row.value for row in Event.objects.filter(project=project).order_by("seq")]
    assert check(log, ledger.records()) == ()
    value = store.read(project.pk)
    project.refresh_from_db()
    assert (project.version, project.phase) == (value.version, value.phase)
    assert verify()[1] == ()


def fund(crowd: Anping, project: Project) -> None:
    for n, amount in enumerate((600_000_00, 500_000_00, 600_000_00, 300_000_00)):
        services.pledge(project, f"p{n}", crowd.firms[n].uscc, Unit.CASH, amount, NOW, by=crowd.members[n])


def start(crowd: Anping, project: Project) -> None:
    fund(crowd, project)
    deadline = crowd.proposal.terms.deadline
    sha256 = contract(services.close_round(project, deadline, by=crowd.organiser)).sha256
    for firm, member in zip(crowd.firms, crowd.members, strict=True):
        services.sign(project, firm.uscc, sha256, deadline, by=member)


def test_one_pledge_sent_64_times_is_booked_once(crowd: Anping, project: Project) -> None:
    firm, member = crowd.firms[1], crowd.members[1]

    def click() -> object:
        return services.pledge(project, "once", firm.uscc, Unit.CASH, 700_00, NOW, by=member)

    assert at_once([click] * 64) == {"done": 64}
    assert Entry.objects.filter(transfer_id=reservation(project.pk, "once")).count() == 1
    assert store.read(project.pk).pledged_cash == 700_00
    assert_sound(project)


def test_all_parties_pledge_at_once_and_none_beyond_its_limit(crowd: Anping, project: Project) -> None:
    """The institute tries 16 times 50,000 yuan of the 600,000 it was asked for; the firms have no limit."""

    def pledge(n: int) -> Callable[[], object]:
        who = n % 4
        amount = 50_000_00 if who == 0 else (n + 1) * 100
        firm, member = crowd.firms[who], crowd.members[who]
        return lambda: services.pledge(project, f"p{n}", firm.uscc, Unit.CASH, amount, NOW, by=member)

    assert at_once([pledge(n) for n in range(64)]) == {"done": 60, "step.support": 4}
    firms = sum((n + 1) * 100 for n in range(64) if n % 4)
    assert store.read(project.pk).pledged_cash == 600_000_00 + firms
    assert_sound(project)


def test_two_projects_reach_for_the_last_of_the_fund(crowd: Anping) -> None:
    projects = [crowd.open(id=uuid4().hex) for _ in range(2)]
    tag, institute, member = uuid4().hex, crowd.firms[0], crowd.members[0]
    full = ledger.balances()[FUND]
    spare = full.credits - full.debits - full.debits_pending - 600_000_00
    away = Transfer(f"{tag}:away", Kind.POST, FUND, BANK, spare, "CNY")
    back = Transfer(f"{tag}:back", Kind.POST, BANK, FUND, spare, "CNY")
    ledger_services.submit([away], NOW, by=None)

    def reach(project: Project) -> Callable[[], object]:
        return lambda: services.pledge(project, "fund", institute.uscc, Unit.CASH, 600_000_00, NOW, by=member)

    assert at_once([reach(project) for project in projects]) == {"done": 1, "research.booking": 1}
    assert sorted(store.read(project.pk).pledged_cash for project in projects) == [0, 600_000_00]
    ledger_services.submit([back], NOW, by=None)
    for project in projects:
        assert_sound(project)


def test_two_organisers_close_a_round_once(crowd: Anping, project: Project) -> None:
    fund(crowd, project)
    other = User.objects.create_superuser(uuid4().hex)
    late = crowd.proposal.terms.deadline

    def close(by: User) -> Callable[[], object]:
        return lambda: services.close_round(project, late, by=by)

    assert at_once([close(by) for by in (crowd.organiser, other) * 8]) == {"done": 1, "step.phase": 15}
    assert Event.objects.filter(project=project, kind="Funded").count() == 1
    assert_sound(project)


def test_the_last_signature_collects_once(crowd: Anping, project: Project) -> None:
    fund(crowd, project)
    deadline = crowd.proposal.terms.deadline
    sha256 = contract(services.close_round(project, deadline, by=crowd.organiser)).sha256

    def sign(n: int) -> Callable[[], object]:
        firm, member = crowd.firms[n], crowd.members[n]
        return lambda: services.sign(project, firm.uscc, sha256, deadline, by=member)

    answers = at_once([sign(n % 5) for n in range(15)])
    assert answers["done"] == 5
    assert sum(answers.values()) == 15
    value = store.read(project.pk)
    assert (value.phase, value.remaining) == (Phase.RUNNING, 2_000_000_00)
    assert_sound(project)


def test_three_verdicts_at_once_decide_once(crowd: Anping, project: Project) -> None:
    start(crowd, project)
    now = datetime(2025, 6, 20, tzinfo=UTC)
    firm, member = crowd.firms[2], crowd.members[2]
    services.submit_milestone(project, "M1", firm.uscc, [Evidence("报告.pdf", "0" * 64)], [], now, by=member)
    services.draw_reviewers(project, "seed", now, by=crowd.organiser)
    drawn = [row.expert for row in Review.objects.filter(project=project).select_related("expert__user")]

    def accept(n: int) -> Callable[[], object]:
        expert = drawn[n % 3]
        return lambda: services.review(project, expert, Verdict.ACCEPT, "通过", now, by=expert.user)

    answers = at_once([accept(n) for n in range(12)])
    assert answers["done"] == 3
    value = store.read(project.pk)
    assert (value.accepted, value.remaining) == (("M1",), 1_200_000_00)
    assert_sound(project)
