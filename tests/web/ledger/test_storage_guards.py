"""What SQL tries to break and the database refuses, on SQLite and PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from gongzao.ledger import Account as AccountValue
from gongzao.ledger import AccountKind, Head, Kind, Transfer
from gongzao.web.ledger import queries, services, store
from gongzao.web.ledger.models import Account, Batch, Entry

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
Row = dict[str, Any]


@pytest.fixture
def head(db: None) -> Head:
    """A bank with 100.00 yuan of firm a, of which 30.00 are reserved; returns the end of the journal."""
    for key, kind, unit in (
        ("bank", AccountKind.ASSET, "CNY"),
        ("a", AccountKind.LIABILITY, "CNY"),
        ("b", AccountKind.LIABILITY, "CNY"),
        ("hours", AccountKind.EQUITY, "WORKHOUR"),
    ):
        services.open_account(AccountValue(key, "project:1", kind, unit), NOW, place=None, by=None)
    services.submit([Transfer("start", Kind.POST, "bank", "a", 10_000, "CNY")], NOW, by=None)
    services.submit([Transfer("hold", Kind.PENDING, "a", "b", 3_000, "CNY")], NOW, by=None)
    return store.lock_head()


def insert(table: str, row: Row) -> None:
    with connection.cursor() as cursor:
        marks = ", ".join(["%s"] * len(row))
        cursor.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def line(head: Head, **changes: Any) -> Row:
    """Return the row of a posting of 5.00 yuan from a to b, as the next line of the journal."""
    return {
        "seq": head.seq + 1,
        "batch_id": head.seq + 1,
        "at": connection.ops.adapt_datetimefield_value(NOW),
        "transfer_id": "raw",
        "kind": "post",
        "asked_debit": "a",
        "asked_credit": "b",
        "amount": 500,
        "asked_unit": "CNY",
        "pending_id": "",
        "expires_at": None,
        "linked": False,
        "reverses": "",
        "purpose": "",
        "reference": "",
        "memo": "",
        "debit_id": "a",
        "credit_id": "b",
        "unit": "CNY",
        "posted": 500,
        "pending": 0,
        "reason": "",
        "detail": "",
        "previous": head.hash,
        "hash": "f" * 64,
        **changes,
    }


def count(row: Row) -> None:
    """Let the balances count the line."""
    for side in ("debit", "credit"):
        run(
            f"UPDATE ledger_balance SET {side}s = {side}s + {row['posted']}, "
            f"{side}s_pending = {side}s_pending + {row['pending']}, seq = {row['seq']} "
            f"WHERE account_id = '{row[f'{side}_id']}'"
        )


def close(row: Row, **changes: Any) -> None:
    insert("ledger_batch", {"seq": row["seq"], "at": row["at"], "hash": row["hash"], "by_id": None, **changes})


def book(row: Row) -> None:
    insert("ledger_entry", row)
    count(row)
    close(row)


def test_a_whole_line_is_accepted(head: Head) -> None:
    """The other tests change one thing of this."""
    book(line(head))
    connection.check_constraints()
    assert queries.balance_differences() == ()


RESOLVING: Row = {
    "kind": "post_pending",
    "asked_debit": "",
    "asked_credit": "",
    "asked_unit": "",
    "amount": 3_000,
    "posted": 3_000,
    "pending": -3_000,
    "pending_id": "hold",
}


def test_a_whole_resolution_is_accepted(head: Head) -> None:
    book(line(head, **RESOLVING))
    connection.check_constraints()


def resolve_twice(head: Head) -> None:
    services.submit([Transfer("done", Kind.POST_PENDING, pending_id="hold", amount=1)], NOW, by=None)
    book(line(store.lock_head(), **RESOLVING))


def insert_without(part: str) -> Callable[[Head], None]:
    def attack(head: Head) -> None:
        row = line(head)
        if part != "entry":
            insert("ledger_entry", row)
        if part != "balances":
            count(row)
        if part != "batch":
            close(row)

    return attack


def join_old_batch(head: Head) -> None:
    row = line(head, batch_id=head.seq)
    insert("ledger_entry", row)
    count(row)


def count_one_side(head: Head) -> None:
    row = line(head)
    insert("ledger_entry", row)
    run(f"UPDATE ledger_balance SET debits = debits + 500, seq = {row['seq']} WHERE account_id = 'a'")
    close(row)


def count_after_closing(head: Head) -> None:
    book(line(head))
    run("UPDATE ledger_balance SET credits = credits + 1 WHERE account_id = 'b'")


def close_with_another_hash(head: Head) -> None:
    row = line(head)
    insert("ledger_entry", row)
    count(row)
    close(row, hash="e" * 64)


def open_with_money(head: Head) -> None:
    account = {"id": "c", "owner": "project:1", "kind": "asset", "unit": "CNY", "name": ""}
    insert("ledger_account", {**account, "opened_at": connection.ops.adapt_datetimefield_value(NOW)})
    numbers = {"debits": 5, "credits": 0, "debits_pending": 0, "credits_pending": 0, "seq": 0}
    insert("ledger_balance", {"account_id": "c", **numbers})


def open_without_a_line(head: Head) -> None:
    account = {"id": "c", "owner": "project:1", "kind": "asset", "unit": "CNY", "name": ""}
    insert("ledger_account", {**account, "opened_at": connection.ops.adapt_datetimefield_value(NOW)})
    insert(
        "ledger_balance",
        {"account_id": "c", "debits": 0, "credits": 0, "debits_pending": 0, "credits_pending": 0, "seq": 0},
    )


def open_line(**changes: Any) -> Callable[[Head], None]:
    def attack(head: Head) -> None:
        unmoved = {"debit_id": None, "credit_id": None, "unit": "", "posted": 0, "amount": 0}
        row = line(head, kind="open", **{**unmoved, "asked_credit": "", "asked_unit": "", **changes})
        insert("ledger_entry", row)
        close(row)

    return attack


ATTACKS: dict[str, str | Row | Callable[[Head], None]] = {
    "edit an entry": "UPDATE ledger_entry SET posted = 1 WHERE seq = 1",
    "move a leg": "UPDATE ledger_entry SET credit_id = 'b' WHERE seq = 1",
    "edit a memo": "UPDATE ledger_entry SET memo = 'x' WHERE seq = 1",
    "delete an entry": "DELETE FROM ledger_entry WHERE seq = 2",
    "edit a batch": "UPDATE ledger_batch SET hash = 'x' WHERE seq = 1",
    "delete a batch": "DELETE FROM ledger_batch WHERE seq = 2",
    "change an account's unit": "UPDATE ledger_account SET unit = 'WORKHOUR' WHERE id = 'a'",
    "change an account's kind": "UPDATE ledger_account SET kind = 'asset' WHERE id = 'a'",
    "change an account's limit": "UPDATE ledger_account SET minimum = NULL, maximum = 1 WHERE id = 'a'",
    "delete an account": "DELETE FROM ledger_account WHERE id = 'hours'",
    "delete a balance": "DELETE FROM ledger_balance WHERE account_id = 'hours'",
    "raise a balance": "UPDATE ledger_balance SET credits = credits + 1 WHERE account_id = 'a'",
    "raise both sides of a balance": "UPDATE ledger_balance SET credits = credits + 1, debits = debits + 1",
    "raise a reservation": "UPDATE ledger_balance SET debits_pending = debits_pending + 1 WHERE account_id = 'a'",
    "zero a balance": "UPDATE ledger_balance SET debits = 0, seq = 0 WHERE account_id = 'bank'",
    "count past the journal": "UPDATE ledger_balance SET seq = 99 WHERE account_id = 'a'",
    "give a balance to another account": "UPDATE ledger_balance SET account_id = 'x' WHERE account_id = 'hours'",
    "open an account with money": open_with_money,
    "an account without an opening": open_without_a_line,
    "a second opening": open_line(asked_debit="a"),
    "the opening of no account": open_line(asked_debit="nobody"),
    "an opening that moves": open_line(asked_debit="nobody", amount=5, posted=5),
    "an entry without a batch": insert_without("batch"),
    "a batch without an entry": lambda head: close(line(head)),
    "balances without an entry": insert_without("entry"),
    "an entry that no balance counts": insert_without("balances"),
    "an entry that one balance counts": count_one_side,
    "an entry in a closed batch": join_old_batch,
    "a balance changed after the batch": count_after_closing,
    "the same transfer again": {"transfer_id": "start"},
    "a chain that is broken": {"previous": "e" * 64},
    "a chain that starts again": {"previous": "0" * 64},
    "a gap": {"seq": 9, "batch_id": 9},
    "a line earlier than the one before": {"at": "2026-02-01 00:00:00+00:00"},
    "a batch with another hash": close_with_another_hash,
    "one leg": {"credit_id": None},
    "a transfer to itself": {"credit_id": "a", "asked_credit": "a"},
    "another amount than asked": {"posted": 501},
    "another account than asked": {"credit_id": "bank"},
    "nothing": {"amount": 0, "posted": 0},
    "a negative amount": {"amount": -500, "posted": -500},
    "two units": {"credit_id": "hours", "asked_credit": "hours"},
    "another unit": {"unit": "WORKHOUR", "asked_unit": "WORKHOUR"},
    "an unknown account": {"credit_id": "nobody", "asked_credit": "nobody"},
    "an unknown kind": {"kind": "gift"},
    "a refusal that books": {"reason": "below_minimum"},
    "more than was reserved": {**RESOLVING, "amount": 3_001, "posted": 3_001},
    "another reservation": {**RESOLVING, "pending_id": "start"},
    "less released than reserved": {**RESOLVING, "pending": -2_999},
    "another account than reserved": {**RESOLVING, "credit_id": "bank"},
    "a second resolution": resolve_twice,
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_sql_cannot(head: Head, attack: str | Row | Callable[[Head], None]) -> None:
    with pytest.raises(IntegrityError):
        attempt(head, attack)


@transaction.atomic
def attempt(head: Head, attack: str | Row | Callable[[Head], None]) -> None:
    if isinstance(attack, str):
        run(attack)
    elif isinstance(attack, dict):
        book(line(head, **attack))
    else:
        attack(head)
    connection.check_constraints()  # what would be checked at the end of the transaction


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no TRUNCATE")
@pytest.mark.parametrize("table", ["ledger_entry", "ledger_batch", "ledger_account", "ledger_balance"])
def test_sql_cannot_truncate(head: Head, table: str) -> None:
    connection.check_constraints()
    with pytest.raises(IntegrityError), transaction.atomic():
        run(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("model", [Account, Batch, Entry])
def test_rows_are_neither_changed_nor_deleted(head: Head, model: type[Account | Batch | Entry]) -> None:
    row = model.objects.first()
    assert row is not None
    for attempt in (row.save, row.delete, model.objects.all().delete, lambda: model.objects.update(pk=1)):
        with pytest.raises(TypeError):
            attempt()


def test_an_unfinished_booking_is_refused_at_the_end_of_its_transaction(committed: dict[str, str]) -> None:
    """The real end of a transaction, not a check asked for."""
    for key in ("g:1", "g:2"):
        services.open_account(AccountValue(key, "project:1", AccountKind.ASSET), NOW, place=None, by=None)
    done: list[Row] = []
    with pytest.raises(IntegrityError):
        leave_unfinished(done)
    assert done
    assert not Entry.objects.filter(transfer_id="unfinished").exists()
    assert queries.balances()["g:1"] == (0, 0, 0, 0)


@transaction.atomic
def leave_unfinished(done: list[Row]) -> None:
    sides = {"asked_debit": "g:1", "asked_credit": "g:2", "debit_id": "g:1", "credit_id": "g:2"}
    row = line(store.lock_head(), **sides, transfer_id="unfinished")
    insert("ledger_entry", row)
    count(row)
    done.append(row)
