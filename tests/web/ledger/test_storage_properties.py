"""Random histories once more, now against the stored ledger: model, ledger in memory and tables must agree."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import connection, transaction
from hypothesis import settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from gongzao.ledger import Balance, Book, Decision, Ledger, Transfer
from gongzao.web.ledger import queries, services
from gongzao.web.ledger.models import Batch
from gongzao.web.ledger.verify import verify
from tests.ledger.test_machine_properties import ACCOUNTS, START, Histories


class StoredLedger(Ledger):
    """A ledger in memory that is only believed if the tables give the same answers."""

    def submit(self, batch: Sequence[Transfer], now: datetime) -> Decision:
        decision = super().submit(batch, now)
        assert services.submit(batch, now, by=None) == decision.outcomes
        return decision


class StoredHistories(Histories):
    def __init__(self) -> None:
        super().__init__()
        self.before = transaction.savepoint()
        accounts = [replace(account, owner="project:1") for account in ACCOUNTS]
        for account in accounts:
            services.open_account(account, START, place=None, by=None)
        self.ledger = StoredLedger(accounts)
        self.ledger.submit([], START)

    @invariant()
    def stored(self) -> None:
        connection.check_constraints()
        memory, tables = Book.of(self.ledger), queries.book()
        assert tables.records == memory.records
        assert tables.heads == memory.heads
        assert tables.balances == {account.id: memory.balances.get(account.id, Balance()) for account in ACCOUNTS}
        assert verify() == (len(memory.records), ())
        assert [entry.record for entry in queries.open_reservations()] == self.ledger.reservations()
        assert Batch.objects.count() <= len(memory.records)

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.before)


def test_histories(db: None) -> None:
    run_state_machine_as_test(
        StoredHistories, settings=settings(max_examples=30, stateful_step_count=15, deadline=None)
    )
