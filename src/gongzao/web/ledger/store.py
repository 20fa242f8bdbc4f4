"""How the rules' snapshot is read from the tables and their decision written back, in few statements.

Everything here runs inside the transaction of :func:`gongzao.web.ledger.services.submit`. The statements are SQL that
both databases understand, for it is the object-relational layer that would take most of the time of a transfer.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from itertools import count, islice
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Max, Q, Sum

from gongzao.ledger import Account, AccountKind, Decision, Head, Record, Snapshot, Transfer, references
from gongzao.ledger import Balance as BalanceValue
from gongzao.web.accounts.models import User
from gongzao.web.ledger.models import Entry

T = TypeVar("T")
Statement = tuple[str, Sequence[Any]]
"""SQL and its values."""

CHUNK = 5000  # values in one IN (...): inside what SQLite and PostgreSQL take in a statement
_LOCK = 0x676F6E677A616F  # the advisory lock of the journal's end, on PostgreSQL
_SHORT = 60  # values in a statement that comes often enough to keep its plan
_plans: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()  # by connection, which is one thread's
_COLUMNS = ", ".join(str(field.column) for field in Entry._meta.concrete_fields)
_COUNTERS = ("debits", "credits", "debits_pending", "credits_pending", "seq")


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Yield ``items`` in lists of at most ``size``."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def _run(*statements: Statement) -> list[list[tuple[Any, ...]]]:
    """Run statements one after the other, on PostgreSQL in one round trip, and return the rows of each."""
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            return [cursor.execute(sql, params).fetchall() for sql, params in statements]
        text = "; ".join([_planned(cursor, sql, len(params)) for sql, params in statements])
        cursor.execute(text, [value for _, params in statements for value in params])
        rows = []
        for sql, _ in statements:
            rows.append(cursor.fetchall() if sql.startswith("SELECT") else [])
            cursor.nextset()
        return rows


def _planned(cursor: CursorWrapper, sql: str, values: int) -> str:
    """Return a short statement by the name under which this connection keeps its plan.

    Planning would be a third of the work of the server for a single transfer.
    """
    if values > _SHORT:
        return sql
    names = _plans.setdefault(connection.connection, {})
    if sql not in names:
        name, numbers = f"ledger_{len(names)}", count(1)
        cursor.execute(f"PREPARE {name} AS {re.sub('%s', lambda _: f'${next(numbers)}', sql)}")
        names[sql] = name
    return f"EXECUTE {names[sql]}({', '.join(['%s'] * values)})" if values else f"EXECUTE {names[sql]}"


def _marks(values: Collection[object]) -> str:
    return ", ".join(["%s"] * len(values))


def lock_head() -> Head:
    """Keep every other writer waiting until the end of the transaction, and return the end of the journal."""
    return _head(_run(*_lock())[-1])


def _lock() -> list[Statement]:
    # On SQLite the transaction itself is exclusive. On PostgreSQL every statement sees what was committed before it
    # began, so whatever follows the lock sees all that the writer before has done.
    lock = "SELECT pg_advisory_xact_lock(%s), set_config('plan_cache_mode', 'force_generic_plan', true)"
    return [
        *([(lock, [_LOCK])] if connection.vendor == "postgresql" else []),
        ("SELECT seq, at, hash FROM ledger_batch ORDER BY seq DESC LIMIT 1", []),
    ]


def _head(rows: Sequence[tuple[Any, ...]]) -> Head:
    for seq, at, digest in rows:
        return Head(seq, at if at.tzinfo else at.replace(tzinfo=UTC), digest)  # SQLite keeps UTC without saying so
    return Head()


def load(batch: Sequence[Transfer]) -> Snapshot:
    """Lock the head and return what the rules must know to decide ``batch``."""
    named = references(batch)
    lock = _lock()
    known = [_known(chunk) for chunk in chunks(named.transfers)]
    answers = iter(_run(*lock, *known, *_parties(named.accounts)))
    *_, end = islice(answers, len(lock))
    answered = [key for rows in islice(answers, len(known)) for (key,) in rows]
    parties = list(answers)
    records = {r.transfer.id: r for chunk in chunks(answered) for r in _records(chunk)}
    pending = {t.pending_id for t in batch if t.pending_id in records}
    reverses = {t.reverses for t in batch if t.reverses in records}
    more = {key for i in pending for key in (records[i].debit, records[i].credit)} - named.accounts - {""}
    if more:
        parties += _run(*_parties(more))
    return Snapshot(
        {
            key: Account(key, owner, AccountKind(kind), *rest)
            for rows in parties[::2]
            for key, owner, kind, *rest in rows
        },
        {key: BalanceValue(*counters) for rows in parties[1::2] for key, *counters in rows},
        records,
        dict(pair for chunk in chunks(pending) for pair in _resolved(chunk)),
        dict(pair for chunk in chunks(reverses) for pair in _reversed(chunk)),
        _head(end),
    )


def _known(ids: Sequence[str]) -> Statement:
    return f"SELECT transfer_id FROM ledger_entry WHERE transfer_id IN ({_marks(ids)})", ids  # noqa: S608 - marks only


def _parties(accounts: Iterable[str]) -> Iterator[Statement]:
    """Yield pairs of statements that read accounts and their balances; quicker than one that joins them."""
    for ids in chunks(accounts):
        marks = _marks(ids)
        yield f"SELECT id, owner, kind, unit, minimum, maximum, name FROM ledger_account WHERE id IN ({marks})", ids  # noqa: S608 - marks only
        counters = "debits, credits, debits_pending, credits_pending"
        yield f"SELECT account_id, {counters} FROM ledger_balance WHERE account_id IN ({marks})", ids  # noqa: S608 - marks only


def _records(ids: Sequence[str]) -> Iterator[Record]:
    return (entry.record for entry in Entry.objects.filter(transfer_id__in=ids))


def _resolved(ids: Sequence[str]) -> Iterable[tuple[str, str]]:
    rows = Entry.objects.filter(pending_id__in=ids, reason="").exclude(pending_id="")
    return rows.values_list("pending_id", "transfer_id")


def _reversed(ids: Sequence[str]) -> Iterator[tuple[str, int]]:
    rows = Entry.objects.filter(reverses__in=ids, reason="").exclude(reverses="").order_by()
    yield from rows.values_list("reverses").annotate(Sum("posted"))


def write(decision: Decision, by: User | None) -> None:
    """Store new journal lines, the balances that follow and the batch that holds them."""
    if not decision.records:
        return
    head = decision.head
    at = connection.ops.adapt_datetimefield_value(head.at)
    last = {account: r.seq for r in decision.records if r.moved for account in (r.debit, r.credit)}
    _run(
        *_insert([_row(r, head.seq, at) for r in decision.records]),
        *_update([(account, *balance, last[account]) for account, balance in decision.balances.items()]),
        (
            "INSERT INTO ledger_batch (seq, at, hash, by_id) VALUES (%s, %s, %s, %s)",
            [head.seq, at, head.hash, by and by.pk],
        ),
    )


def _insert(rows: Sequence[tuple[Any, ...]]) -> list[Statement]:
    """Insert many rows by the fastest way there is, and leave one to be inserted together with the rest."""
    insert = f"INSERT INTO ledger_entry ({_COLUMNS}) VALUES ({_marks(rows[0])})"  # noqa: S608 - names of columns and marks
    if len(rows) == 1:
        return [(insert, rows[0])]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY ledger_entry ({_COLUMNS}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.executemany(insert, rows)
    return []


def _row(r: Record, batch: int, at: object) -> tuple[Any, ...]:
    t = r.transfer
    return (
        r.seq,
        batch,
        at,
        t.id,
        t.kind.value,
        t.debit,
        t.credit,
        t.amount,
        t.unit,
        t.pending_id,
        connection.ops.adapt_datetimefield_value(t.expires_at) if t.expires_at else None,
        t.linked,
        t.reverses,
        t.purpose,
        t.reference,
        t.memo,
        r.debit or None,
        r.credit or None,
        r.unit,
        r.posted,
        r.pending,
        r.refusal.reason.value if r.refusal else "",
        r.refusal.detail if r.refusal else "",
        r.previous,
        r.hash,
    )


def _update(rows: Sequence[tuple[str | int, ...]]) -> list[Statement]:
    row = f"(CAST(%s AS varchar){', CAST(%s AS bigint)' * len(_COUNTERS)})"
    sets = ", ".join(f"{name} = new.{name}" for name in _COUNTERS)
    statements: list[Statement] = []
    for chunk in chunks(rows, 500):
        sql = (
            f"WITH new (account_id, {', '.join(_COUNTERS)}) AS (VALUES {', '.join([row] * len(chunk))}) "  # noqa: S608 - names and marks
            f"UPDATE ledger_balance SET {sets} FROM new WHERE new.account_id = ledger_balance.account_id"
        )
        statements.append((sql, [value for values in chunk for value in values]))
    return statements


def repair(balances: Mapping[str, BalanceValue]) -> None:
    """Write ``balances``, rebuilt from the whole journal, over the stored ones."""
    rows = [(account, *balance, _last_entry(account)) for account, balance in balances.items()]
    _run(*_update(rows))


def _last_entry(account: str) -> int:
    moved = Entry.objects.filter(Q(debit=account) | Q(credit=account))
    last: int | None = moved.aggregate(last=Max("seq"))["last"]
    return last or 0
