"""Tables whose rows are written once: the model refuses to change or remove them, and so does the database itself.

SQLite needs more than PostgreSQL: there ``REPLACE`` removes rows without asking the trigger on DELETE unless the
connection has set ``recursive_triggers``, and a column of whole numbers takes half a fen. So further triggers refuse a
row whose keys are taken, and a number that is not whole.

A later migration that alters such a table has to add :func:`operations` again: SQLite rebuilds an altered table and
loses its triggers.
"""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NoReturn

from django.apps.registry import Apps
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunPython

_FUNCTION = """
CREATE OR REPLACE FUNCTION gongzao_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    filled boolean := true;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', TG_TABLE_NAME) INTO filled;
    END IF;
    IF filled THEN
        RAISE EXCEPTION '% of % is not allowed', TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$
"""


def operations(table: str, forbid: Sequence[str] = ("UPDATE", "DELETE")) -> list[RunPython]:
    """Return the migration operations that guard ``table`` with triggers, on SQLite and PostgreSQL.

    Parameters
    ----------
    table
        Name of the table in the database.
    forbid
        What is refused with an ``IntegrityError``, also ``UPDATE OF column``; ``DELETE`` includes emptying the table
        with ``TRUNCATE``.
    """
    return [RunPython(partial(_install, table, tuple(forbid)), partial(_remove, table, tuple(forbid))), strict(table)]


def strict(table: str) -> RunPython:
    """Return the migration operation that sets SQLite's further guards of ``table`` anew, as its keys are now."""
    return RunPython(partial(_set_strict, table), RunPython.noop)


def _set_strict(table: str, apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        with schema_editor.connection.cursor() as cursor:
            for statement in [*_strict(table, cursor)]:
                cursor.execute(statement)


def _strict(table: str, cursor: Any) -> Iterator[str]:
    columns = cursor.execute("SELECT name, type FROM pragma_table_info(%s)", [table]).fetchall()
    whole = [name for name, type_ in columns if "int" in type_.lower()]
    halves = " OR ".join(f"typeof(NEW.{name}) NOT IN ('integer', 'null')" for name in whole) or "0"
    rules = {
        "no_replace": ("INSERT", " OR ".join(_taken(table, cursor)), "a row is not replaced"),
        "no_move": ("UPDATE", "NEW.rowid <> OLD.rowid", "a row stays where it is"),
        "whole": ("INSERT", halves, "a number is whole"),
        "stays_whole": ("UPDATE", halves, "a number is whole"),
    }
    for name, (event, fault, words) in rules.items():
        yield f"DROP TRIGGER IF EXISTS {table}_{name}"
        yield (
            f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} WHEN {fault} "
            f"BEGIN SELECT RAISE(ABORT, '{table}: {words}'); END"
        )


def _taken(table: str, cursor: Any) -> Iterator[str]:
    """Yield the conditions under which a new row has a key of one that is there; a partial index asks some rows."""
    yield f"EXISTS (SELECT 1 FROM {table} WHERE rowid = NEW.rowid)"  # noqa: S608 - names of the schema
    for (index,) in cursor.execute('SELECT name FROM pragma_index_list(%s) WHERE "unique"', [table]).fetchall():
        ((sql,),) = cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [index]).fetchall()
        if sql:
            keys, _, where = sql.partition(f' ON "{table}" ')[2].partition(" WHERE ")
        else:  # of a constraint in the table itself
            named = cursor.execute("SELECT name FROM pragma_index_info(%s) ORDER BY seqno", [index]).fetchall()
            keys, where = "(" + ", ".join(f'"{name}"' for (name,) in named) + ")", ""
        same = f"{keys} = {_new(keys)}" + (f" AND {where}" if where else "")
        asked = f" AND {_new(where)}" if where else ""
        yield f"(EXISTS (SELECT 1 FROM {table} WHERE {same}){asked})"  # noqa: S608 - names of the schema


def _new(sql: str) -> str:
    return re.sub(r'"(\w+)"', r'NEW."\1"', sql)


def _install(table: str, forbid: tuple[str, ...], apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in _statements(schema_editor.connection.vendor, table, forbid):
        schema_editor.execute(statement, params=None)


def _remove(table: str, forbid: tuple[str, ...], apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    on = f" ON {table}" if schema_editor.connection.vendor == "postgresql" else ""
    truncate = ("TRUNCATE",) if on and "DELETE" in forbid else ()
    for action in (*forbid, *truncate):
        schema_editor.execute(f"DROP TRIGGER {_name(table, action)}{on}", params=None)


def _name(table: str, action: str) -> str:
    return f"{table}_no_{action.lower().replace(' ', '_')}"


def _statements(vendor: str, table: str, forbid: tuple[str, ...]) -> list[str]:
    if vendor == "sqlite":
        return [
            f"CREATE TRIGGER {_name(table, action)} BEFORE {action} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{action} of {table} is not allowed'); END"
            for action in forbid
        ]
    rows = [(action, "ROW") for action in forbid]
    truncate = [("TRUNCATE", "STATEMENT")] if "DELETE" in forbid else []
    return [_FUNCTION] + [
        f"CREATE TRIGGER {_name(table, action)} BEFORE {action} ON {table} "
        f"FOR EACH {each} EXECUTE FUNCTION gongzao_insert_only()"
        for action, each in rows + truncate
    ]


class InsertOnlyQuerySet(models.QuerySet[Any]):
    """Refuses to change or remove rows, before the database does."""

    def update(self, **kwargs: Any) -> NoReturn:
        """Raise: what has happened is not written anew; a correction is a further row."""
        raise TypeError(f"rows of {self.model.__name__} are never overwritten")

    def delete(self) -> NoReturn:
        """Raise: history is kept."""
        raise TypeError(f"rows of {self.model.__name__} are never deleted")


class InsertOnly(models.Model):
    """A row that is written once."""

    objects = InsertOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row; an existing one is refused."""
        if not self._state.adding:
            raise TypeError(f"rows of {type(self).__name__} are never overwritten")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise: history is kept."""
        raise TypeError(f"rows of {type(self).__name__} are never deleted")
