"""What the database itself refuses, by the same conditions on SQLite and PostgreSQL.

An entry needs its batch by a foreign key that is checked at the end of the transaction, and a batch is only accepted
with entries that continue the chain and balances that count them. So nothing is left half-booked, whoever writes.
"""

from collections.abc import Sequence
from functools import partial

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from gongzao.web.project import insert_only

GENESIS = "0" * 64
START = "coalesce((SELECT max(b.seq) FROM ledger_batch b WHERE b.seq < NEW.seq), 0)"

# What is wrong with a new batch, or NULL; all in one pass over its entries.
BATCH_FAULT = f"""(
    SELECT CASE
        WHEN count(e.seq) <> NEW.seq - {START} THEN 'a batch holds all entries after the one before it'
        ELSE max(CASE
            WHEN e.batch_id <> NEW.seq THEN 'a batch holds all entries after the one before it'
            WHEN e.seq = NEW.seq AND (e.hash <> NEW.hash OR e.at <> NEW.at) THEN 'a batch ends with its last entry'
            WHEN e.previous <> coalesce(p.hash, '{GENESIS}') THEN 'an entry carries the hash of the one before'
            WHEN e.at < p.at THEN 'an entry is not earlier than the one before'
            WHEN e.reason <> '' AND (coalesce(e.debit_id, e.credit_id) IS NOT NULL OR e.unit <> '' OR e.posted <> 0
                OR e.pending <> 0) THEN 'a refused transfer moves nothing'
            WHEN e.reason <> '' THEN NULL
            WHEN coalesce(e.debit_id = e.credit_id OR e.posted < 0, true) THEN 'an entry runs between two accounts'
            WHEN NOT CASE e.kind
                WHEN 'post' THEN e.posted > 0 AND e.posted = e.amount AND e.pending = 0
                WHEN 'pending' THEN e.posted = 0 AND e.pending > 0 AND e.pending = e.amount
                WHEN 'post_pending' THEN e.posted > 0 AND e.posted = e.amount AND e.pending < 0
                ELSE e.kind IN ('void_pending', 'expire') AND e.posted = 0 AND e.pending < 0
            END THEN 'what is booked is what was asked'
            WHEN e.pending > -1 AND (e.debit_id <> e.asked_debit OR e.credit_id <> e.asked_credit
                OR e.unit <> e.asked_unit) THEN 'what is booked is what was asked'
            WHEN d.seq IS NULL OR d.seq < e.seq OR c.seq IS NULL OR c.seq < e.seq THEN 'balances count every entry'
            WHEN da.unit <> e.unit OR ca.unit <> e.unit THEN 'an entry has the unit of both accounts'
            WHEN (e.pending < 0 OR e.pending_id <> '') AND NOT EXISTS (
                SELECT 1 FROM ledger_entry r
                WHERE r.transfer_id = e.pending_id AND r.kind = 'pending' AND r.reason = '' AND r.seq < e.seq
                    AND r.debit_id = e.debit_id AND r.credit_id = e.credit_id
                    AND r.pending = -e.pending AND r.pending >= e.posted
            ) THEN 'a resolution fits its reservation'
        END)
    END
    FROM ledger_entry e
    LEFT JOIN ledger_entry p ON p.seq = e.seq - 1
    LEFT JOIN ledger_balance d ON d.account_id = e.debit_id
    LEFT JOIN ledger_balance c ON c.account_id = e.credit_id
    LEFT JOIN ledger_account da ON da.id = e.debit_id
    LEFT JOIN ledger_account ca ON ca.id = e.credit_id
    WHERE e.seq > {START} AND e.seq <= NEW.seq
)"""  # noqa: S608 - fixed text


def not_counted(base: str) -> str:
    """Return the condition that NEW is not the balance ``base`` (a row of the trigger, or none) plus all entries after."""
    old = {
        name: f"{base}.{name}" if base else "0"
        for name in ("debits", "credits", "debits_pending", "credits_pending", "seq")
    }
    side = "SELECT coalesce(sum(e.posted), 0) AS posted, coalesce(sum(e.pending), 0) AS pending, max(e.seq) AS seq FROM ledger_entry e"
    return f"""
        NOT EXISTS (SELECT 1
            FROM ({side} WHERE e.debit_id = NEW.account_id AND e.seq > {old["seq"]}) d,
                 ({side} WHERE e.credit_id = NEW.account_id AND e.seq > {old["seq"]}) c
            WHERE NEW.debits = {old["debits"]} + d.posted AND NEW.debits_pending = {old["debits_pending"]} + d.pending
              AND NEW.credits = {old["credits"]} + c.posted AND NEW.credits_pending = {old["credits_pending"]} + c.pending
              AND (NEW.seq = {old["seq"]} OR NEW.seq IN (d.seq, c.seq))
              AND NEW.seq >= coalesce(d.seq, 0) AND NEW.seq >= coalesce(c.seq, 0))"""  # noqa: S608 - fixed text


def balance_fault(broken: str) -> str:
    return f"CASE WHEN {broken} THEN 'a balance is the sum of its entries' END"


# Few rows of a large journal are looked at, always by an index; the planner must not be misled by old statistics.
PLANS = "SET plan_cache_mode = force_generic_plan SET enable_seqscan = off"
NESTED = f"{PLANS} SET enable_hashjoin = off SET enable_mergejoin = off"

TRIGGERS = (  # name, event, what is wrong; on PostgreSQL: kind of trigger, when, and settings of its function
    (
        "ledger_batch_complete",
        "INSERT ON ledger_batch",
        BATCH_FAULT,
        "CONSTRAINT TRIGGER",
        "DEFERRABLE INITIALLY DEFERRED",
        NESTED,
    ),
    ("ledger_balance_inserted", "INSERT ON ledger_balance", balance_fault(not_counted("")), "TRIGGER", "", PLANS),
    (
        "ledger_balance_updated",
        "UPDATE ON ledger_balance",
        # It adds the entries since the last one; only a rebuilt balance is compared with all of them.
        balance_fault(f"{not_counted('OLD')} AND {not_counted('')}"),
        "TRIGGER",
        "",
        PLANS,
    ),
)


Trigger = tuple[str, str, str, str, str, str]


def install(triggers: Sequence[Trigger], apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for name, event, fault, trigger, when, plans in triggers:
        if schema_editor.connection.vendor == "sqlite":
            refuse = f"SELECT RAISE(ABORT, '{name}') WHERE {fault} IS NOT NULL;"
            statements = [f"CREATE TRIGGER {name} AFTER {event} BEGIN {refuse} END"]
        else:
            statements = [
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {plans} AS $$ "
                f"DECLARE fault text := {fault}; BEGIN IF fault IS NOT NULL THEN RAISE EXCEPTION '%', fault "
                "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NULL; END $$",
                f"CREATE {trigger} {name} AFTER {event} {when} FOR EACH ROW EXECUTE FUNCTION {name}()",
            ]
        for statement in statements:
            schema_editor.execute(statement, params=None)


def remove(triggers: Sequence[Trigger], apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for name, *_ in triggers:
        if schema_editor.connection.vendor == "sqlite":
            schema_editor.execute(f"DROP TRIGGER {name}", params=None)
        else:
            schema_editor.execute(f"DROP FUNCTION {name}() CASCADE", params=None)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        *insert_only.operations("ledger_account"),
        *insert_only.operations("ledger_batch"),
        *insert_only.operations("ledger_entry"),
        *insert_only.operations("ledger_balance", forbid=["UPDATE OF account_id", "DELETE"]),
        migrations.RunPython(partial(install, TRIGGERS), partial(remove, TRIGGERS)),
    ]
