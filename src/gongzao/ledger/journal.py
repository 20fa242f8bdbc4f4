"""The whole ledger as a file: JSON Lines with accounts, balances, journal lines and published heads."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from itertools import chain
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
    write_files({path: "".join(book_lines(book.accounts, book.balances, book.records, book.heads))})


def book_lines(
    accounts: Iterable[Account],
    balances: Mapping[str, Balance],
    records: Iterable[Record],
    heads: Iterable[DailyHead],
) -> Iterator[str]:
    """Yield the lines of a ledger file one by one, so that a journal of any length is written without being held."""
    for kind, value in chain(
        (("account", _plain(a)) for a in accounts),
        (("balance", {"account": a, **balances[a]._asdict()}) for a in sorted(balances)),
        (("record", _plain(r)) for r in records),
        (("head", _plain(h)) for h in heads),
    ):
        yield json.dumps({kind: value}, ensure_ascii=False) + "\n"


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


def read_heads(path: Path) -> tuple[DailyHead, ...]:
    """Read daily heads that were kept outside: the CSV that the site publishes, with the columns day, seq and hash.

    Raises
    ------
    InvalidInput
        ``ledger.heads`` with every line that is none, and if there is no head at all.
    """
    found: list[DailyHead] = []
    problems: list[Problem] = []
    rows = csv.DictReader(path.read_text(encoding="utf-8-sig", errors="replace").splitlines())
    for number, row in enumerate(rows, 2):
        try:
            head = DailyHead(date.fromisoformat(row["day"].strip()), int(row["seq"]), row["hash"].strip().lower())
            if not re.fullmatch("[0-9a-f]{64}", head.hash):
                raise ValueError(head.hash)
            found.append(head)
        except (KeyError, ValueError, AttributeError, TypeError):
            problems.append(_no_head(path, number, ",".join(str(cell) for cell in row.values())[:80]))
    if not found and not problems:
        problems.append(_no_head(path, 1, ""))
    if problems:
        raise InvalidInput(problems)
    return tuple(found)


def _no_head(path: Path, number: int, value: str) -> Problem:
    en = "not a daily head: the first line names the columns day, seq, hash; each further line holds one day"
    zh = "不是日末哈希：首行列名为 day、seq、hash，其后每行一日"
    return Problem(path.name, "ledger.heads", en, zh, number, value=value)


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
