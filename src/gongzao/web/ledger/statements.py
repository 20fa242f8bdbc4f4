"""Statements of accounts and parties: movements with running balances, reservations apart."""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Q, QuerySet, Sum

from gongzao.ledger.chain import CHINA
from gongzao.web.accounts.scope import Visitor, visible
from gongzao.web.ledger.models import Account, Entry
from gongzao.web.ledger.positions import end_of
from gongzao.web.ledger.queries import open_reservations

PAGE = 50
MOST_RESERVATIONS = 100

_Sums = dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Period:
    """The days a statement covers; ``None``, or a year that no statement has, is without end."""

    since: date | None = None
    until: date | None = None

    @property
    def start(self) -> datetime | None:
        """First moment in China."""
        return datetime.combine(self.since, time.min, CHINA) if self.since and self.since.year > 1900 else None

    @property
    def end(self) -> datetime | None:
        """The moment after the last."""
        return end_of(self.until) if self.until and self.until.year < 2200 else None

    def within(self, rows: QuerySet[Entry]) -> QuerySet[Entry]:
        """Return those of ``rows`` that lie in the period."""
        if self.start:
            rows = rows.filter(at__gte=self.start)
        return rows.filter(at__lt=self.end) if self.end else rows


def last_of_month(first: date) -> date:
    """Return the last day of the month that begins with ``first``."""
    return first.replace(day=monthrange(first.year, first.month)[1])


@dataclass(frozen=True, slots=True)
class Figures:
    """One account over a period [hundredths of the unit].

    Parameters
    ----------
    account
        With its balance loaded.
    opening, increase, decrease, closing
        Booked; opening plus increase less decrease is closing.
    coming, leaving
        Reserved now, and not part of the booked balance.
    """

    account: Account
    opening: int
    increase: int
    decrease: int
    closing: int
    coming: int
    leaving: int

    @property
    def free(self) -> int:
        """What can still be disposed of today, if the period ends today: closing less what is reserved to leave."""
        return self.closing - self.leaving


@dataclass(frozen=True, slots=True)
class Movement:
    """What one entry moved on one account, and the balance after it [hundredths of the unit]."""

    entry: Entry
    account: Account
    change: int
    balance: int

    @property
    def other(self) -> Account | None:
        """The account on the other side."""
        return self.entry.credit if self.entry.debit_id == self.account.pk else self.entry.debit


@dataclass(frozen=True, slots=True)
class Statement:
    """A page of movements, newest first.

    Parameters
    ----------
    figures
        One per account.
    movements
        Of this page.
    older
        What the next page begins after; ``None`` on the last.
    reservations
        The open ones, newest first, at most :data:`MOST_RESERVATIONS`.
    """

    figures: list[Figures]
    movements: list[Movement]
    older: int | None
    reservations: list[Movement]


def accounts(visitor: Visitor) -> QuerySet[Account]:
    """Return the accounts that ``visitor`` may see, with their balances and places."""
    rows: QuerySet[Account] = visible(Account.objects.all(), visitor)
    return rows.select_related("balance", "enterprise", "cluster", "region")


def sign(account: Account, entry: Entry) -> int:
    """Return 1 if the entry makes the account grow, else -1."""
    return 1 if (entry.debit_id == account.pk) == account.value.kind.debit_normal else -1


def statement(rows: Sequence[Account], period: Period, before: int | None) -> Statement:
    """Return a page of the statement of some accounts.

    Parameters
    ----------
    rows
        From :func:`accounts`.
    period
        The days.
    before
        Show what is older than this place in the journal; ``None`` begins with the newest.
    """
    # Only what the balances count is shown, also if something is booked while the page is made.
    top = max((account.balance.seq for account in rows), default=0)
    moved = Entry.objects.filter(seq__lte=top, posted__gt=0)
    figures = _figures(rows, moved, period)
    page = period.within(moved)
    running = {figure.account.pk: figure.closing for figure in figures}
    if before is not None:
        newer = _sums(rows, page.filter(seq__gte=before))
        for account in rows:
            running[account.pk] -= _net(account, newer)
        page = page.filter(seq__lt=before)
    entries = _newest(rows, page)
    by_id = {account.pk: account for account in rows}
    movements = []
    for entry in entries[:PAGE]:
        for account in _sides(entry, by_id):
            change = sign(account, entry) * entry.posted
            movements.append(Movement(entry, account, change, running[account.pk]))
            running[account.pk] -= change
    older = entries[PAGE - 1].seq if len(entries) > PAGE else None
    return Statement(figures, movements, older, _reservations(by_id))


def all_movements(rows: Sequence[Account], period: Period) -> Iterator[Movement]:
    """Yield every movement of a period with the running balance, oldest first."""
    top = max((account.balance.seq for account in rows), default=0)
    moved = Entry.objects.filter(seq__lte=top, posted__gt=0)
    running = {figure.account.pk: figure.opening for figure in _figures(rows, moved, period)}
    by_id = {account.pk: account for account in rows}
    either = Q(debit__in=list(by_id)) | Q(credit__in=list(by_id))
    for entry in _shown(period.within(moved).filter(either).order_by("seq")).iterator(2000):
        for account in _sides(entry, by_id):
            change = sign(account, entry) * entry.posted
            running[account.pk] += change
            yield Movement(entry, account, change, running[account.pk])


def _figures(rows: Sequence[Account], moved: QuerySet[Entry], period: Period) -> list[Figures]:
    since = _sums(rows, moved.filter(at__gte=period.start)) if period.start else None
    after = _sums(rows, moved.filter(at__gte=period.end)) if period.end else {}
    found = []
    for account in rows:
        balance, kind = account.balance.value, account.value.kind
        totals = {account.pk: (balance.debits, balance.credits)}
        begun = totals if since is None else since
        closing = balance.of(kind) - _net(account, after)
        grown, shrunk = _in_out(account, begun)
        later_grown, later_shrunk = _in_out(account, after)
        low, high = balance.worst(kind)
        found.append(
            Figures(
                account,
                balance.of(kind) - _net(account, begun),
                grown - later_grown,
                shrunk - later_shrunk,
                closing,
                high - balance.of(kind),
                balance.of(kind) - low,
            )
        )
    return found


def _sums(rows: Sequence[Account], moved: QuerySet[Entry]) -> _Sums:
    """Return what the entries booked on the debit and the credit side of each account."""
    keys = [account.pk for account in rows]
    sides = [
        dict(moved.filter(**{f"{side}__in": keys}).order_by().values_list(side).annotate(Sum("posted")))
        for side in ("debit", "credit")
    ]
    return {key: (sides[0].get(key, 0), sides[1].get(key, 0)) for key in keys}


def _in_out(account: Account, sums: _Sums) -> tuple[int, int]:
    debits, credits_ = sums.get(account.pk, (0, 0))
    return (debits, credits_) if account.value.kind.debit_normal else (credits_, debits)


def _net(account: Account, sums: _Sums) -> int:
    grown, shrunk = _in_out(account, sums)
    return grown - shrunk


def _newest(rows: Sequence[Account], page: QuerySet[Entry]) -> list[Entry]:
    """Return one entry more than fills a page; each side is read by its own index."""
    keys = [account.pk for account in rows]
    found = {}
    for side in ("debit", "credit"):
        for entry in _shown(page.filter(**{f"{side}__in": keys}).order_by("-seq"))[: PAGE + 1]:
            found[entry.seq] = entry
    return [found[seq] for seq in sorted(found, reverse=True)][: PAGE + 1]


def _shown(entries: QuerySet[Entry]) -> QuerySet[Entry]:
    return entries.select_related("debit__enterprise", "debit__cluster", "credit__enterprise", "credit__cluster")


def _sides(entry: Entry, by_id: dict[str, Account]) -> list[Account]:
    return [by_id[key] for key in (entry.debit_id, entry.credit_id) if key in by_id]


def _reservations(by_id: dict[str, Account]) -> list[Movement]:
    either = Q(debit__in=list(by_id)) | Q(credit__in=list(by_id))
    rows = _shown(open_reservations().filter(either).order_by("-seq"))[:MOST_RESERVATIONS]
    return [
        Movement(entry, account, sign(account, entry) * entry.pending, 0)
        for entry in rows
        for account in _sides(entry, by_id)
    ]
