"""Every table whose rows are written once, found by its model: no row is replaced or moved, no number is half."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from gongzao.web.ledger.models import Balance, Entry
from gongzao.web.project.insert_only import InsertOnly
from tests.web import requests

TABLES = sorted({*(m._meta.db_table for m in apps.get_models() if issubclass(m, InsertOnly)), Balance._meta.db_table})

pytestmark = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL has neither REPLACE nor halves")


def run(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        return list(cursor.execute(sql).fetchall())


@contextmanager
def refused(words: str) -> Iterator[None]:
    """Run what is refused, on a connection whose settings let REPLACE remove rows past the trigger on DELETE."""
    connection.connection.execute("PRAGMA recursive_triggers=OFF")
    try:
        with pytest.raises(IntegrityError, match=words), transaction.atomic():
            yield
    finally:
        connection.connection.execute("PRAGMA recursive_triggers=ON")


@pytest.fixture
def rows(world: Any) -> None:
    requests.furnish(world)


@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_the_guards(table: str, rows: None) -> None:
    guards = {name for (name,) in run(f"SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='{table}'")}
    assert {f"{table}_{guard}" for guard in ("no_replace", "no_move", "whole", "stays_whole")} <= guards
    if run(f"SELECT 1 FROM {table} LIMIT 1"):
        with refused("not replaced"):
            run(f"REPLACE INTO {table} SELECT * FROM {table} LIMIT 1")


ENTRY = [str(field.column) for field in Entry._meta.concrete_fields]


def again(where: str, rowid: str = "NULL", **changes: str) -> str:
    """Return the statement that writes an entry once more, with changes, in place of what has one of its keys."""
    cells = ", ".join(changes.get(name, f'"{name}"') for name in ENTRY)
    return f"REPLACE INTO ledger_entry (rowid, {', '.join(ENTRY)}) SELECT {rowid}, {cells} FROM ledger_entry {where}"


@pytest.mark.parametrize(
    "statement",
    [
        again("WHERE transfer_id = 'd1'", seq="99"),
        again("WHERE transfer_id = 'd1'", transfer_id="'new'"),
        again("WHERE transfer_id = 'd1'", "rowid", seq="99", transfer_id="'new'"),
        again("WHERE transfer_id = 'p1'", seq="99", transfer_id="'new'"),  # the only resolution of its reservation
        again("WHERE kind = 'open' LIMIT 1", seq="99", transfer_id="'new'"),  # the only opening of its account
        "REPLACE INTO ledger_batch SELECT seq, at, 'x', by_id FROM ledger_batch LIMIT 1",
        "REPLACE INTO ledger_balance SELECT account_id, 0, 0, 0, 0, 0 FROM ledger_balance LIMIT 1",
        "UPDATE OR REPLACE ledger_balance SET rowid = 1 WHERE rowid = 2",
    ],
)
def test_whichever_key_is_given_again_no_row_goes(statement: str, rows: None) -> None:
    before = run("SELECT * FROM ledger_entry"), run("SELECT * FROM ledger_balance"), run("SELECT * FROM ledger_batch")
    with refused("not replaced|stays where it is"):
        run(statement)
    assert before == (
        run("SELECT * FROM ledger_entry"),
        run("SELECT * FROM ledger_balance"),
        run("SELECT * FROM ledger_batch"),
    )


@pytest.mark.parametrize("column", ["seq", "batch_id", "amount", "posted", "pending"])
@pytest.mark.parametrize("value", ["0.5", "'a'", "1e30"])
def test_an_entry_counts_whole_hundredths(column: str, value: str, rows: None) -> None:
    changes = {"seq": "99", "transfer_id": "'new'", column: value}
    with refused("number is whole"):
        run(again("WHERE transfer_id = 'd1'", **changes))


@pytest.mark.parametrize("column", ["debits", "credits", "debits_pending", "credits_pending", "seq"])
def test_a_balance_counts_whole_hundredths(column: str, rows: None) -> None:
    with refused("number is whole"):
        run(f"UPDATE ledger_balance SET {column} = {column} + 0.5")


@pytest.mark.parametrize("column", ["minimum", "maximum"])
def test_a_limit_is_whole(column: str, rows: None) -> None:
    cells = {"minimum": "NULL", "maximum": "NULL", column: "0.5"}
    with refused("number is whole"):
        run(
            "INSERT INTO ledger_account (id, owner, kind, unit, name, opened_at, minimum, maximum) "
            f"SELECT 'new', owner, kind, unit, name, opened_at, {cells['minimum']}, {cells['maximum']} "
            "FROM ledger_account LIMIT 1"
        )
