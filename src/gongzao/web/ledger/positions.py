"""Where bank and books stand: what is read for reconciliation."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet, Sum

from gongzao.ledger import WINDOW_DAYS, BookEntry, Gap, Match, MatchedBy, Reconciliation, book_entries, gaps, reconcile
from gongzao.ledger.chain import CHINA
from gongzao.web.accounts.scope import Visitor, visible
from gongzao.web.ledger.models import Account, Entry
from gongzao.web.ledger.models_bank import BankAccount, BankLine, BankMatch, BankStatement


def end_of(day: date) -> datetime:
    """Return the moment after ``day`` in China."""
    return datetime.combine(day + timedelta(days=1), time.min, CHINA)


def booked(account: Account, until: date) -> QuerySet[Entry]:
    """Return the entries that moved ``account`` up to the end of a day, reservations left out."""
    sides = Q(debit=account) | Q(credit=account)
    return Entry.objects.filter(sides, at__lt=end_of(until), posted__gt=0)


def books_balance(account: Account, until: date) -> int:
    """Return the booked balance at the end of a day [hundredths of the unit]."""
    moved = Entry.objects.filter(at__lt=end_of(until), posted__gt=0)
    debits = moved.filter(debit=account).aggregate(sum=Sum("posted"))["sum"] or 0
    credits_ = moved.filter(credit=account).aggregate(sum=Sum("posted"))["sum"] or 0
    return int(debits - credits_) if account.value.kind.debit_normal else int(credits_ - debits)


def open_lines(bank_account: BankAccount) -> QuerySet[BankLine]:
    """Return the lines of all statements that are not settled."""
    return BankLine.objects.filter(statement__bank_account=bank_account, match__isnull=True)


def open_entries(bank_account: BankAccount, until: date) -> tuple[BookEntry, ...]:
    """Return the entries up to the end of a day that are not settled."""
    account = bank_account.account
    settled = BankMatch.objects.filter(bank_account=bank_account).values("entry")
    rows = booked(account, until).exclude(pk__in=settled).order_by("seq")
    return book_entries(account.value, (row.record for row in rows.iterator(2000)))


@dataclass(frozen=True, slots=True)
class Position:
    """Bank and books at the end of a statement.

    Parameters
    ----------
    statement
        The statement.
    reconciliation
        What is open then; its ``matches`` hold only pairs that are not settled yet, and pairs of which one side is
        later than the statement.
    waiting
        How many pairs could be settled now, because the books have caught up.
    """

    statement: BankStatement
    reconciliation: Reconciliation
    waiting: int


def position(statement: BankStatement) -> Position:
    """Return where bank and books stood at the end of ``statement``, from what is known today."""
    bank_account, last = statement.bank_account, statement.last
    before = Q(statement__first__lt=statement.first)
    earlier = before | Q(statement__first=statement.first, statement__pk__lte=statement.pk)
    lines = [row.value for row in open_lines(bank_account).filter(earlier)]
    across = BankMatch.objects.filter(bank_account=bank_account).select_related("line", "entry")
    ahead = [_match(row, bank_account) for row in across.filter(line__booked_on__lte=last, entry__at__gte=end_of(last))]
    behind = [_match(row, bank_account) for row in across.filter(line__booked_on__gt=last, entry__at__lt=end_of(last))]
    found = reconcile(
        lines,
        open_entries(bank_account, last + timedelta(days=WINDOW_DAYS)),
        last=last,
        bank_balance=statement.closing,
        books_balance=books_balance(bank_account.account, last),
        settled=ahead,
    )
    known = {match.line.number for match in ahead}
    waiting = sum(match.line.number not in known for match in found.matches)
    # What the bank had only later was open at the time.
    missed = sorted([*found.books_only, *(match.entry for match in behind)], key=lambda entry: entry.seq)
    return Position(statement, replace(found, books_only=tuple(missed)), waiting)


def _match(row: BankMatch, bank_account: BankAccount) -> Match:
    (entry,) = book_entries(bank_account.account.value, [row.entry.record])
    return Match(row.line.value, entry, MatchedBy(row.by))


@dataclass(frozen=True, slots=True)
class Overview:
    """A supervised account with its statements, newest first, and what is missing between them."""

    bank_account: BankAccount
    statements: list[BankStatement]
    gaps: tuple[Gap, ...]
    position: Position | None


def open_items(visitor: Visitor) -> int | None:
    """Return how many lines, entries and differing pairs are open in the newest statements; ``None`` without any."""
    found = [row.position.reconciliation for row in overviews(visitor) if row.position]
    return sum(len(r.bank_only) + len(r.books_only) + len(r.differing) for r in found) if found else None


def overviews(visitor: Visitor) -> list[Overview]:
    """Return the supervised accounts that ``visitor`` may see."""
    rows = visible(BankAccount.objects.all(), visitor).select_related(
        "account__enterprise", "account__cluster", "account__region"
    )
    found = []
    for row in rows:
        statements = list(row.statements.select_related("uploaded_by", "bank_account__account"))
        newest = max(statements, key=lambda s: (s.last, s.first, s.pk), default=None)
        found.append(
            Overview(row, statements[::-1], gaps(s.span for s in statements), position(newest) if newest else None)
        )
    return found
