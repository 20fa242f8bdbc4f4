"""Acts that other people's acts may get in the way of: tried again, and if that does not help, refused in words."""

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection

from gongzao.kernel import InvalidValue

T = TypeVar("T")

TRIES = 4
_PASSING = {"40001", "40P01", "55P03"}
"""SQLSTATE of what may succeed the next time: no serial order, deadlock, lock not free."""


def patiently(act: Callable[[], T]) -> T:
    """Return what ``act`` returns, trying again where the database gave way to somebody else.

    Parameters
    ----------
    act
        Opens its own transaction and keeps nothing outside it. Within a transaction of somebody else it is tried once:
        that transaction is lost as a whole.

    Raises
    ------
    InvalidValue
        ``busy`` if others were in the way every time.
    """
    tries = 1 if connection.in_atomic_block else TRIES
    for left in reversed(range(tries)):
        try:
            return act()
        except OperationalError as error:
            if not _passes(error) or connection.in_atomic_block:
                raise
            if not left:
                en, zh = "others are writing the same rows; please try again", "他人正在修改同一内容，请稍后重试"
                raise InvalidValue("busy", en=en, zh=zh) from error
    raise AssertionError("unreachable")


def _passes(error: OperationalError) -> bool:
    state = getattr(error.__cause__, "sqlstate", None)
    return state in _PASSING or "database is locked" in str(error)
