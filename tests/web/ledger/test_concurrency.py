"""Real threads on one database, each with its own connection; all of them committed."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection

from gongzao.ledger import Account, AccountKind, Balance, Kind, Outcome, Reason, Status, Transfer
from gongzao.web.ledger import queries, services
from gongzao.web.ledger.models import Entry
from gongzao.web.ledger.verify import verify

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
THREADS = 16


@pytest.fixture
def tag(committed: dict[str, str]) -> str:
    """Return what makes the names of one test unlike those of any other; its pot may not be overdrawn."""
    tag = uuid4().hex
    for name, minimum in (("pot", 0), ("in", None), ("out", None)):
        account = Account(f"{tag}:{name}", "project:1", AccountKind.EQUITY, minimum=minimum)
        services.open_account(account, NOW, place=None, by=None)
    return tag


def post(tag: str, name: str, debit: str, credit: str, amount: int) -> Transfer:
    return Transfer(f"{tag}:{name}", Kind.POST, f"{tag}:{debit}", f"{tag}:{credit}", amount, "CNY")


def at_once(calls: int, call: Callable[[int], Outcome]) -> list[Outcome]:
    """Make the calls from threads that all start at the same moment."""
    start = Barrier(THREADS)

    def work(thread: int) -> list[Outcome]:
        try:
            start.wait()
            return [call(i) for i in range(thread, calls, THREADS)]
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return [outcome for outcomes in pool.map(work, range(THREADS)) for outcome in outcomes]


def submit(transfer: Transfer) -> Outcome:
    (outcome,) = services.submit([transfer], NOW, by=None)
    return outcome


def test_64_duplicates_apply_once(tag: str) -> None:
    transfer = post(tag, "once", "in", "pot", 700)
    outcomes = at_once(64, lambda i: submit(transfer))
    assert Counter(o.again for o in outcomes) == {False: 1, True: 63}
    assert {o.record for o in outcomes} == {outcomes[0].record}
    assert {o.status for o in outcomes} == {Status.APPLIED}
    assert Entry.objects.filter(transfer_id=transfer.id).count() == 1
    assert queries.balances()[f"{tag}:pot"] == Balance(credits=700)
    assert verify()[1] == ()


def test_500_transfers_on_one_hot_account_lose_nothing(tag: str) -> None:
    outcomes = at_once(500, lambda i: submit(post(tag, str(i), "in", "pot", i + 1)))
    assert {o.status for o in outcomes} == {Status.APPLIED}
    assert len({o.record.seq for o in outcomes}) == 500
    assert queries.balances()[f"{tag}:pot"] == Balance(credits=500 * 501 // 2)
    assert verify()[1] == ()


def test_draining_never_overdraws(tag: str) -> None:
    """100 ask for 7 each where there are 500: 71 get it, 3 are left, and nobody ever sees less than nothing."""
    submit(post(tag, "fill", "in", "pot", 500))
    outcomes = at_once(100, lambda i: submit(post(tag, f"drain:{i}", "pot", "out", 7)))
    assert Counter(o.status for o in outcomes) == {Status.APPLIED: 71, Status.REFUSED: 29}
    assert {o.record.refusal.reason for o in outcomes if o.record.refusal} == {Reason.BELOW_MINIMUM}
    assert queries.balances()[f"{tag}:pot"] == Balance(debits=497, credits=500)
    assert verify()[1] == ()


def test_a_reservation_is_resolved_once_by_whoever_comes_first(tag: str) -> None:
    until = NOW + timedelta(hours=1)
    reservation = Transfer(f"{tag}:hold", Kind.PENDING, f"{tag}:in", f"{tag}:out", 90, "CNY", expires_at=until)
    submit(reservation)

    def resolve(i: int) -> Outcome:
        kind, amount = (Kind.POST_PENDING, 90) if i % 2 else (Kind.VOID_PENDING, 0)
        return submit(Transfer(f"{tag}:end:{i}", kind, pending_id=reservation.id, amount=amount))

    outcomes = at_once(32, resolve)
    assert Counter(o.status for o in outcomes) == {Status.APPLIED: 1, Status.REFUSED: 31}
    (winner,) = [o.record for o in outcomes if o.status is Status.APPLIED]
    assert queries.balances()[f"{tag}:out"] == Balance(credits=winner.posted)
    assert verify()[1] == ()


def test_reservations_expire_once_for_any_number_of_workers(tag: str) -> None:
    late = NOW + timedelta(days=365)
    for i in range(5):
        pending = Transfer(
            f"{tag}:hold:{i}", Kind.PENDING, f"{tag}:in", f"{tag}:out", 10, "CNY", expires_at=NOW + timedelta(hours=1)
        )
        submit(pending)
    start = Barrier(4)

    def work(_: int) -> tuple[Outcome, ...]:
        try:
            start.wait()
            return services.expire_due(late)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        first = [o for outcomes in pool.map(work, range(4)) for o in outcomes if not o.again]
    assert sum(o.record.transfer.pending_id.startswith(tag) for o in first) == 5
    assert {o.status for o in first} == {Status.APPLIED}
    assert queries.balances()[f"{tag}:out"] == Balance()
    assert verify()[1] == ()
