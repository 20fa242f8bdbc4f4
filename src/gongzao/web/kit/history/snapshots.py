"""The values of a row as plain data, and what differs between two such states."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils import timezone

Values = dict[str, Any]

SECRETS = frozenset({"password", "digest"})
"""Fields of which is kept that they changed, never what they hold."""
HIDDEN = "•••"
NOISE = frozenset({"last_login"})
"""Fields that change by themselves; signing in has an entry of its own."""


def snapshot(row: models.Model) -> Values:
    """Return the values of a row by field: text, whole numbers, yes or no, lists; foreign keys by their key."""
    fields = [field for field in row._meta.concrete_fields if field.name not in NOISE]
    return {field.name: _plain(field, field.value_from_object(row)) for field in fields}


def _plain(field: models.Field[Any, Any], value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(field, models.DecimalField):
        # The same number, whether just typed or read back with the column's zeros.
        number = Decimal(str(value))
        return format(number.normalize() + 0, "f")
    if isinstance(value, datetime) and timezone.is_aware(value):
        # To the second: a form that only passes a time on cuts it there.
        return timezone.localtime(value).isoformat(timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list | dict | tuple):
        return value
    return str(value)


def difference(before: Values, after: Values) -> tuple[Values, Values]:
    """Return what is no longer so and what is so now, field by field; secrets are hidden."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return _shown(before, names), _shown(after, names)


def _shown(values: Values, names: list[str]) -> Values:
    return {name: HIDDEN if name in SECRETS else values[name] for name in names if name in values}


def place_of(row: models.Model) -> str:
    """Return the path of the region in which a row lies by its ``seen_by``; empty for what lies nowhere."""
    for lookup in getattr(getattr(row, "seen_by", None), "region", ()):
        value: Any = row
        for part in lookup.split("__"):
            value = getattr(value, part, None)
        if isinstance(value, str) and value:
            return value
    return ""
