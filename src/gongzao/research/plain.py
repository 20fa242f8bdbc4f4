"""Frozen dataclasses as JSON and back: for stored events, and for the one exact form of a contract that is hashed."""

import json
import types
from collections.abc import Mapping
from dataclasses import Field, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Any, Union, get_args, get_origin, get_type_hints

from gongzao.kernel import InvalidValue, Uscc
from gongzao.research.errors import InvalidResearch

LATER: Mapping[str, bool] = {"later": True}
"""Metadata of a dataclass field that was added after values had been stored and hashed.

Its plain form is left out while it has its default, so what was written before keeps its form and its hash.
"""


def _left_out(f: Field[Any], value: Any) -> bool:
    return bool(f.metadata.get("later")) and value == f.default


def to_plain(value: Any) -> Any:
    """Return ``value`` made of JSON types only; a dataclass carries its class name under ``"type"``."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str | Uscc):
        return str(value)
    if is_dataclass(value):
        given = [(f, getattr(value, f.name)) for f in fields(value)]
        return {
            "type": type(value).__name__,
            **{f.name: to_plain(part) for f, part in given if not _left_out(f, part)},
        }
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, date):
        return _iso(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(f"{type(value).__name__} has no plain form")


def _iso(value: date) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.isoformat()


def from_plain(kind: Any, data: Any) -> Any:
    """Return the value of type ``kind`` that :func:`to_plain` wrote as ``data``, checked as if newly made.

    Raises
    ------
    InvalidResearch
        ``plain.form`` if the data has another form; and whatever the constructors raise.
    """
    try:
        return _read(kind, data)
    except InvalidValue:
        raise
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise InvalidResearch(
            "plain.form",
            en=f"not the stored form of {getattr(kind, '__name__', kind)}: {error!r}",
            zh=f"不是 {getattr(kind, '__name__', kind)} 的存储格式：{error!r}",
        ) from None


def _read(kind: Any, data: Any) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _read_union(get_args(kind), data)
    if origin is tuple:
        return tuple(_read(get_args(kind)[0], item) for item in data)
    if kind in (datetime, date):
        return kind.fromisoformat(data)
    if kind in (Decimal, Uscc) or (isinstance(kind, type) and issubclass(kind, StrEnum)):
        return kind(data)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        names = [f.name for f in fields(kind) if f.name in data or not f.metadata.get("later")]
        if set(data) - {"type"} != set(names):
            raise ValueError(f"expected {names}, got {sorted(data)}")
        return kind(**{name: _read(hints[name], data[name]) for name in names})  # type: ignore[operator]
    if type(data) is not kind:
        raise ValueError(f"expected {kind}, got {data!r}")
    return data


def _read_union(choices: tuple[Any, ...], data: Any) -> Any:
    if data is None and type(None) in choices:
        return None
    real = [choice for choice in choices if choice is not type(None)]
    if len(real) == 1:
        return _read(real[0], data)
    return _read({choice.__name__: choice for choice in real}[data["type"]], data)


def canonical(value: Any) -> bytes:
    """Return the one byte form of a value: UTF-8 JSON, keys sorted, no spaces (as RFC 8785 has it)."""
    return json.dumps(to_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical form [64 hex digits]."""
    return sha256(canonical(value)).hexdigest()
