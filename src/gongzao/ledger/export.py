"""The books as plain text for Beancount and hledger, so that other people's programs can check them.

Reservations are no entries and are left out. The text ends with one balance assertion per account.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from gongzao.ledger.chain import CHINA
from gongzao.ledger.journal import Book
from gongzao.ledger.model import UNITS, Account, AccountKind, Balance
from gongzao.ledger.project import rebuild
from gongzao.ledger.record import Record

_ROOTS = {
    AccountKind.ASSET: "Assets",
    AccountKind.LIABILITY: "Liabilities",
    AccountKind.EQUITY: "Equity",
    AccountKind.INCOME: "Income",
    AccountKind.EXPENSE: "Expenses",
}


def legal_names(accounts: Iterable[Account]) -> dict[str, str]:
    """Return a name for every account id that Beancount and hledger accept, all different.

    The parts of the id between colons become the parts of the name; what is no letter, digit or hyphen becomes a
    hyphen. Where two ids come out the same, the later in alphabetical order gets a number.

    >>> legal_names([Account("firm:1_a", "firm:1", AccountKind.LIABILITY)])
    {'firm:1_a': 'Liabilities:Firm:1-a'}
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for account in sorted(accounts, key=lambda a: a.id):
        parts = [re.sub(r"[^A-Za-z0-9-]", "-", part) for part in account.id.split(":") if part]
        parts = [part[0].upper() + part[1:] if part[0] != "-" else f"X{part}" for part in parts]
        name = base = ":".join([_ROOTS[account.kind], *parts])
        number = 1
        while name in taken:
            number += 1
            name = f"{base}-{number}"
        taken.add(name)
        names[account.id] = name
    return names


def to_beancount(book: Book) -> str:
    """Return the book for Beancount 3; the same book gives the same text."""
    names = legal_names(book.accounts)
    first, last = _days(book)
    lines = ['option "title" "Gongzao 共造"', 'option "operating_currency" "CNY"', ""]
    for unit, name in UNITS.items():
        lines += [f"{first} commodity {unit}", f"  name: {_quoted(name)}"]
    for a in book.accounts:
        lines += [f"{first} open {names[a.id]} {a.unit}", f"  id: {_quoted(a.id)}", f"  owner: {_quoted(a.owner)}"]
        lines += [f"  name: {_quoted(a.name)}"] if a.name else []
    for r in _booked(book):
        lines += [
            "",
            f"{_day(r)} * {_quoted(r.transfer.purpose or r.transfer.kind)}",
            *(f"  {key}: {_quoted(value)}" for key, value in _tags(r)),
            f"  {names[r.debit]}  {_amount(r.posted)} {r.unit}",
            f"  {names[r.credit]}  {_amount(-r.posted)} {r.unit}",
        ]
    lines.append("")
    for a, total in zip(book.accounts, _with_children(book, names), strict=True):
        lines.append(f"{last + timedelta(days=1)} balance {names[a.id]}  {_amount(total)} {a.unit}")
    return "\n".join(lines) + "\n"


def to_hledger(book: Book) -> str:
    """Return the book for hledger; the same book gives the same text."""
    names = legal_names(book.accounts)
    _, last = _days(book)
    lines = [f"commodity 1000.00 {unit}" for unit in UNITS]
    lines += [
        f"account {names[a.id]}  ; {_comment([('id', a.id), ('owner', a.owner), ('name', a.name)])}"
        for a in book.accounts
    ]
    for r in _booked(book):
        lines += [
            "",
            # With the place as the code, hledger takes no bracket at the beginning of the text for a code.
            f"{_day(r)} * ({r.seq}) {_plain(r.transfer.purpose or r.transfer.kind)}  ; {_comment(_tags(r))}",
            f"    {names[r.debit]}  {_amount(r.posted)} {r.unit}",
            f"    {names[r.credit]}  {_amount(-r.posted)} {r.unit}",
        ]
    balances = rebuild(book.records)
    lines += ["", f"{last + timedelta(days=1)} * balances"]
    for a in book.accounts:
        lines.append(f"    {names[a.id]}  0.00 {a.unit} = {_amount(_end(balances, a))} {a.unit}")
    return "\n".join(lines) + "\n"


def _booked(book: Book) -> Iterator[Record]:
    return (r for r in book.records if r.posted)


def _tags(r: Record) -> list[tuple[str, str]]:
    t = r.transfer
    tags = [("id", t.id), ("seq", str(r.seq)), ("hash", r.hash), ("reverses", t.reverses)]
    return [(key, value) for key, value in [*tags, ("reference", t.reference), ("memo", t.memo)] if value]


def _day(r: Record) -> date:
    return r.at.astimezone(CHINA).date()


def _days(book: Book) -> tuple[date, date]:
    return (_day(book.records[0]), _day(book.records[-1])) if book.records else (date(1970, 1, 1), date(1970, 1, 1))


def _amount(hundredths: int) -> str:
    return f"{Decimal(hundredths).scaleb(-2):.2f}"


def _end(balances: dict[str, Balance], account: Account) -> int:
    balance = balances.get(account.id, Balance())
    return balance.debits - balance.credits


def _with_children(book: Book, names: dict[str, str]) -> list[int]:
    """Return the balance of every account with those below its name, for so Beancount reads an assertion."""
    balances, totals = rebuild(book.records), Counter[tuple[str, str]]()
    for a in book.accounts:
        parts = names[a.id].split(":")
        for depth in range(len(parts)):
            totals[":".join(parts[: depth + 1]), a.unit] += _end(balances, a)
    return [totals[names[a.id], a.unit] for a in book.accounts]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _plain(text: str) -> str:
    """Replace what hledger would read as the start of a comment, a note or a tag by its full-width form."""
    return text.translate(str.maketrans(";|,", "；｜，"))


def _comment(tags: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{key}:{_plain(value)}" for key, value in tags if value)
