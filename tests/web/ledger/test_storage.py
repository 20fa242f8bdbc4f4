"""What the services do with the tables: accounts, permission, expiry, verification and repair."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from typer.testing import CliRunner

from gongzao.cli.main import build
from gongzao.kernel import InvalidValue
from gongzao.ledger import REST, Account, AccountKind, Balance, Kind, Reason, Status, Transfer, compensate
from gongzao.web.accounts.scope import visible
from gongzao.web.ledger import models, queries, services
from gongzao.web.ledger.verify import verify
from tests.web.conftest import World

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def books(world: World) -> World:
    """A bank, an account of a firm here and one of a firm there, and the project of the cluster here."""
    here, there = world.firm_here, world.firm_there
    for account, place in (
        (Account("bank", "platform", AccountKind.ASSET), None),
        (Account("here", f"firm:{here.uscc}", AccountKind.LIABILITY, minimum=0), here),
        (Account("there", f"firm:{there.uscc}", AccountKind.LIABILITY, minimum=0), there),
        (Account("project", "project:1", AccountKind.LIABILITY), world.here),
    ):
        services.open_account(account, NOW, place=place, by=None)
    services.submit([post("start", "bank", "here", 1_000)], NOW, by=None)
    return world


def post(transfer_id: str, debit: str, credit: str, amount: int, *, linked: bool = False) -> Transfer:
    return Transfer(transfer_id, Kind.POST, debit, credit, amount, "CNY", linked=linked)


def test_the_same_account_again_is_returned_and_another_is_refused(books: World) -> None:
    account = Account("bank", "platform", AccountKind.ASSET)
    assert services.open_account(account, NOW, place=None, by=None).pk == "bank"
    for other, place in ((replace(account, minimum=0), None), (account, books.here)):
        with pytest.raises(InvalidValue, match="another account"):
            services.open_account(other, NOW, place=place, by=None)


def test_a_firm_account_belongs_to_the_firm(books: World) -> None:
    for owner, place in (("project:2", books.firm_here), ("firm:1", books.here), ("firm:1", None)):
        with pytest.raises(InvalidValue) as error:
            services.open_account(Account("x", owner, AccountKind.ASSET), NOW, place=place, by=None)
        assert error.value.code == "ledger.owner"


@pytest.mark.parametrize(
    ("role", "allowed"),
    [("operator", True), ("county", True), ("province", True), ("member", False), ("auditor", False), ("idle", False)],
)
def test_who_may_open_and_book(books: World, role: str, allowed: bool) -> None:
    user = books.users[role]
    account = Account("new", "project:2", AccountKind.LIABILITY)
    transfer = post("x", "here", "project", 5)
    if not allowed:
        with pytest.raises(PermissionDenied):
            services.open_account(account, NOW, place=books.here, by=user)
        with pytest.raises(PermissionDenied):
            services.submit([transfer], NOW, by=user)
        assert not models.Entry.objects.filter(transfer_id="x").exists()
        return
    services.open_account(account, NOW, place=books.here, by=user)
    assert LogEntry.objects.get(object_id="new").user == user
    (outcome,) = services.submit([transfer], NOW, by=user)
    assert outcome.status is Status.APPLIED
    assert models.Batch.objects.get(seq=outcome.record.seq).by == user


def test_an_operator_cannot_touch_what_lies_elsewhere(books: World) -> None:
    operator = books.users["operator"]
    services.submit([Transfer("hold", Kind.PENDING, "bank", "there", 5, "CNY")], NOW, by=None)
    for transfer in (
        post("x", "here", "there", 1),
        post("x", "bank", "here", 1),
        Transfer("x", Kind.POST_PENDING, pending_id="hold", amount=5),
        post("hold", "here", "project", 1),  # an id of others: the conflict would show their line
    ):
        with pytest.raises(PermissionDenied):
            services.submit([transfer], NOW, by=operator)
    with pytest.raises(PermissionDenied):
        services.open_account(Account("y", "platform", AccountKind.ASSET), NOW, place=None, by=operator)


def test_who_sees_which_accounts(books: World) -> None:
    def seen(role: str) -> set[str]:
        return {account.pk for account in visible(models.Account.objects.all(), books.users[role])}

    assert seen("member") == {"here"}
    assert seen("operator") == seen("county") == {"here", "project"}
    assert seen("province") == {"here", "there", "project"}
    assert seen("auditor") == seen("superuser") == {"bank", "here", "there", "project"}
    assert seen("idle") == set()
    assert {e.pk for e in visible(models.Entry.objects.all(), books.users["member"])} == {5}


def test_a_refused_batch_books_nothing_and_says_why(books: World) -> None:
    batch = [post("1", "here", "project", 400, linked=True), post("2", "here", "project", 601)]
    outcomes = services.submit(batch, NOW, by=None)
    assert [o.record.refusal and o.record.refusal.reason for o in outcomes] == [
        Reason.LINKED_FAILED,
        Reason.BELOW_MINIMUM,
    ]
    assert queries.balances()["here"] == Balance(credits=1_000)
    assert services.submit(batch, NOW, by=None) == tuple(replace(o, again=True) for o in outcomes)


def test_reservations_expire(books: World) -> None:
    until = NOW + timedelta(hours=1)
    services.submit([Transfer("h", Kind.PENDING, "here", "project", 5, "CNY", expires_at=until)], NOW, by=None)
    assert services.expire_due(until - timedelta(seconds=1)) == ()
    (outcome,) = services.expire_due(until)
    assert (outcome.status, outcome.record.transfer.pending_id) == (Status.APPLIED, "h")
    assert services.expire_due(until) == ()
    assert queries.balances()["project"] == Balance()


def test_repeated_refunds_never_exceed_the_original(books: World) -> None:
    for part in (300, 500, 200):
        record = models.Entry.objects.get(transfer_id="start").record
        done = {e.reverses: 0 for e in models.Entry.objects.exclude(reverses="")}
        for entry in models.Entry.objects.exclude(reverses=""):
            done[entry.reverses] += entry.posted
        back = compensate([record], done, part, prefix=f"back:{part}")
        assert {o.status for o in services.submit(list(back), NOW, by=None)} == {Status.APPLIED}
    over = Transfer("over", Kind.POST, "here", "bank", 1, "CNY", reverses="start")
    (outcome,) = services.submit([over], NOW, by=None)
    assert outcome.record.refusal is not None
    assert outcome.record.refusal.reason is Reason.OVER_REVERSED


def test_thousands_of_transfers_in_one_batch(books: World) -> None:
    batch = [post(f"many:{i}", "bank", "project", 1, linked=i < 11_999) for i in range(12_000)]
    assert {o.status for o in services.submit(batch, NOW, by=None)} == {Status.APPLIED}
    assert all(o.again for o in services.submit(batch, NOW, by=None))
    assert queries.balances()["project"] == Balance(credits=12_000)


def past_the_guards(*statements: str) -> None:
    """Change rows as somebody can who may drop the guards."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'ledger_%%'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            cursor.execute(statement)
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")


@pytest.mark.parametrize(
    ("statement", "rules"),
    [
        ("UPDATE ledger_entry SET memo = 'x' WHERE seq = 5", {"chain.hash"}),
        ("UPDATE ledger_entry SET hash = previous WHERE seq = 6", {"chain.hash", "head.differs"}),
        ("UPDATE ledger_entry SET transfer_id = 'no such id!' WHERE seq = 5", {"entry.content", "chain.seq"}),
        ("DELETE FROM ledger_entry WHERE seq = 6", {"head.differs"}),
        ("DELETE FROM ledger_entry WHERE seq = 5", {"chain.seq", "chain.previous", "balance.differs"}),
        ("UPDATE ledger_balance SET credits = 1 WHERE account_id = 'here'", {"balance.differs", "unit.sum"}),
        ("UPDATE ledger_balance SET seq = 0 WHERE account_id = 'here'", {"balance.differs"}),
        ("UPDATE ledger_batch SET hash = 'x' WHERE seq = 6", {"head.differs"}),
        ("UPDATE ledger_account SET owner = 'platform' WHERE id = 'here'", {"account.changed"}),
        ("UPDATE ledger_account SET minimum = NULL WHERE id = 'here'", {"account.changed"}),
        ("DELETE FROM ledger_entry WHERE seq = 1", {"account.unopened", "chain.seq"}),
        ("UPDATE ledger_account SET unit = 'WORKHOUR' WHERE id = 'here'", {"entry.unit"}),
        ("UPDATE ledger_account SET minimum = 0, kind = 'income' WHERE id = 'bank'", {"limit.minimum"}),
    ],
)
def test_verification_finds_what_was_changed_past_the_guards(books: World, statement: str, rules: set[str]) -> None:
    services.submit([post("second", "here", "project", 1)], NOW, by=None)
    assert verify() == (6, ())
    before = transaction.savepoint()
    past_the_guards(statement)
    assert rules <= {finding.rule for finding in verify()[1]}
    transaction.savepoint_rollback(before)
    assert verify() == (6, ())


def test_a_wrong_balance_is_rebuilt_from_the_journal(books: World) -> None:
    before = transaction.savepoint()
    right = queries.balances()
    past_the_guards("UPDATE ledger_balance SET credits = 1, debits = 7, seq = 0 WHERE account_id = 'here'")
    assert services.rebuild_balances() == 1
    assert queries.balances() == right
    assert verify() == (5, ())
    transaction.savepoint_rollback(before)


def test_the_commands(books: World) -> None:
    run = CliRunner().invoke
    for command, said in (("verify", "5 lines, 0 findings"), ("rebuild", "0 balances"), ("expire", "0 reservations")):
        result = run(build(), ["ledger", command])
        assert (result.exit_code, said in result.output) == (0, True), result.output
    before = transaction.savepoint()
    past_the_guards("UPDATE ledger_entry SET memo = 'x'")
    result = run(build(), ["ledger", "verify"])
    assert result.exit_code == 1
    assert "chain.hash" in result.output
    transaction.savepoint_rollback(before)


def test_the_daily_heads(books: World) -> None:
    for hours in (1, 20, 44):
        services.submit(
            [post(f"at {hours}".replace(" ", ""), "bank", "project", 1)], NOW + timedelta(hours=hours), by=None
        )
    heads = queries.daily_heads()
    assert [(head.day.isoformat(), head.seq) for head in heads] == [
        ("2026-03-01", 6),
        ("2026-03-02", 7),
        ("2026-03-03", 8),
    ]
    assert [head.hash for head in heads] == [models.Entry.objects.get(seq=head.seq).hash for head in heads]
    assert queries.daily_heads(since=heads[1].day, until=heads[1].day) == heads[1:2]


@pytest.mark.parametrize("what", ["submit", "open_account", "expire_due"])
def test_a_clock_that_has_jumped_writes_nothing(books: World, settings: Any, what: str) -> None:
    settings.LEDGER_REST = REST
    hold = Transfer("h", Kind.PENDING, "here", "project", 5, "CNY", expires_at=NOW + timedelta(days=30))
    services.submit([hold], NOW, by=None)
    later = NOW + timedelta(days=3650)
    acts: dict[str, Any] = {
        "submit": lambda: services.submit([post("x", "here", "project", 5)], later, by=None),
        "open_account": lambda: services.open_account(
            Account("y", "platform", AccountKind.ASSET), later, place=None, by=None
        ),
        "expire_due": lambda: services.expire_due(later),
    }
    before = models.Entry.objects.count(), models.Account.objects.count()
    with pytest.raises(InvalidValue, match="GONGZAO_LEDGER_REST_DAYS"):
        acts[what]()
    assert (models.Entry.objects.count(), models.Account.objects.count()) == before
    (outcome,) = services.submit([post("x", "here", "project", 5)], NOW, by=None)
    assert outcome.record.at == NOW
