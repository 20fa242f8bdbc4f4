"""The whole ledger as a file: JSON Lines with accounts, balances, journal lines and published heads."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

from gongzao.kernel import InvalidInput, InvalidValue, Problem, write_files
from gongzao.ledger.chain import DailyHead, daily_heads
from gongzao.ledger.errors import Reason, Refusal
from gongzao.ledger.memory import Ledger
from gongzao.ledger.model import Account, AccountKind, Balance, Kind, Transfer, check_time
from gongzao.ledger.record import Record


@dataclass(frozen=True, slots=True)
class Book:
    """Everything an auditor needs.

    Parameters
    ----------
    accounts
        All accounts.
    records
        The journal in its order.
    balances
        The stored balances; an account that never moved may be missing.
    heads
        The published daily heads.
    """

    accounts: tuple[Account, ...]
    records: tuple[Record, ...]
    balances: Mapping[str, Balance] = field(default_factory=dict)
    heads: tuple[DailyHead, ...] = ()

    @classmethod
    def of(cls, ledger: Ledger) -> "Book":
        """Return the book of a ledger in memory, with the heads of all its days."""
        records = tuple(ledger.records.values())
        return cls(tuple(ledger.accounts.values()), records, dict(ledger.balances), daily_heads(records))


def write_book(path: Path, book: Book) -> None:
    """Write a book; equal books give equal bytes."""
    lines = [
        *(("account", _plain(a)) for a in book.accounts),
        *(("balance", {"account": a, **book.balances[a]._asdict()}) for a in sorted(book.balances)),
        *(("record", _plain(r)) for r in book.records),
        *(("head", _plain(h)) for h in book.heads),
    ]
    text = "".join(json.dumps({kind: value}, ensure_ascii=False) + "\n" for kind, value in lines)
    write_files({path: text})


def _plain(item: Account | Record | DailyHead | Transfer | Refusal) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for f in fields(item):
        value = getattr(item, f.name)
        if isinstance(value, datetime):
            value = value.isoformat(timespec="microseconds")
        elif isinstance(value, date):
            value = value.isoformat()
        elif isinstance(value, Transfer | Refusal):
            value = _plain(value)
        plain[f.name] = value
    return plain


def read_book(path: Path) -> Book:
    """Read a book.

    Only the form is checked here, so that :func:`~gongzao.ledger.check.check` can name what is wrong with the books.

    Raises
    ------
    InvalidInput
        With every line that is not of the form written by :func:`write_book`.
    """
    found: dict[str, list[Any]] = {kind: [] for kind in _READERS}
    problems: list[Problem] = []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        try:
            ((kind, value),) = json.loads(line).items()
            found[kind].append(_READERS[kind](value))
        except InvalidValue as error:
            problems.append(Problem(path.name, error.code, error.en, error.zh, number))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            problems.append(
                Problem(
                    path.name,
                    "ledger.line",
                    f"not a line of a ledger file: {error!r}",
                    "不是账本文件的行",
                    number,
                    value=line[:80],
                )
            )
    if problems:
        raise InvalidInput(problems)
    return Book(tuple(found["account"]), tuple(found["record"]), dict(found["balance"]), tuple(found["head"]))


def _account(value: dict[str, Any]) -> Account:
    return Account(**{**value, "kind": AccountKind(value["kind"])})


def _balance(value: dict[str, Any]) -> tuple[str, Balance]:
    counters = {name: value[name] for name in Balance._fields}
    _only_integers(counters.values())
    return str(value["account"]), Balance(**counters)


def _record(value: dict[str, Any]) -> Record:
    asked, refusal = value["transfer"], value["refusal"]
    until = asked["expires_at"]
    transfer = Transfer(**{**asked, "kind": Kind(asked["kind"]), "expires_at": until and datetime.fromisoformat(until)})
    _only_integers((value["seq"], value["posted"], value["pending"]))
    changed = {
        "at": check_time("at", datetime.fromisoformat(value["at"])),
        "transfer": transfer,
        "refusal": refusal and Refusal(Reason(refusal["reason"]), str(refusal["detail"])),
    }
    return Record(**{**value, **changed})


def _head(value: dict[str, Any]) -> DailyHead:
    _only_integers((value["seq"],))
    return DailyHead(date.fromisoformat(value["day"]), value["seq"], str(value["hash"]))


def _only_integers(values: Iterable[object]) -> None:
    if any(type(value) is not int for value in values):
        raise TypeError("amounts and places are integers")


_READERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "account": _account,
    "balance": _balance,
    "record": _record,
    "head": _head,
}
