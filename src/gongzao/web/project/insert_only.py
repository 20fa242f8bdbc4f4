"""Tables whose rows are written once: the model refuses to change or remove them, and so does the database itself.

A later migration that alters such a table has to add :func:`operations` again: SQLite rebuilds an altered table and
loses its triggers.
"""

from collections.abc import Sequence
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
    return [RunPython(partial(_install, table, tuple(forbid)), partial(_remove, table, tuple(forbid)))]


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
