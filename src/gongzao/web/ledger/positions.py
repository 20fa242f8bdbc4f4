"""Where bank and books stand: what is read for reconciliation."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q, QuerySet, Sum

from gongzao.ledger import WINDOW_DAYS, BookEntry, Gap, Match, MatchedBy, Reconciliation, book_entries, gaps, reconcile
from gongzao.ledger.chain import CHINA
from gongzao.web.accounts.scope import Visitor, visible
from gongzao.web.ledger.models import Account, AccountKind, Entry, Unit
from gongzao.web.ledger.models_bank import BankAccount, BankLine, BankMatch, BankStatement

GRACE_DAYS = 45
"""Days after the end of a statement in which the next month's is not missed."""


def unregistered(visitor: Visitor) -> list[tuple[Account, int]]:
    """Return the accounts that mirror money at a bank of which none is registered, each with what it holds [fen].

    These are the asset accounts in CNY that belong to no firm.
    """
    mirrors = Account.objects.filter(kind=AccountKind.ASSET, unit=Unit.CNY, enterprise=None, bank_account=None)
    rows: QuerySet[Account] = visible(mirrors, visitor)
    found = rows.select_related("balance", "cluster", "region", "enterprise")
    return [(row, row.balance.value.of(row.value.kind)) for row in found]


def end_of(day: date) -> datetime:
    """Return the moment after ``day`` in China."""
    return datetime.combine(day + timedelta(days=1), time.min, CHINA)


def booked(account: Account, until: date | None) -> QuerySet[Entry]:
    """Return the entries that moved ``account`` up to the end of a day if one is given, reservations left out."""
    moved = Entry.objects.filter(Q(debit=account) | Q(credit=account), posted__gt=0)
    return moved.filter(at__lt=end_of(until)) if until else moved


def books_balance(account: Account, until: date) -> int:
    """Return the booked balance at the end of a day [hundredths of the unit]."""
    moved = Entry.objects.filter(at__lt=end_of(until), posted__gt=0)
    debits = moved.filter(debit=account).aggregate(sum=Sum("posted"))["sum"] or 0
    credits_ = moved.filter(credit=account).aggregate(sum=Sum("posted"))["sum"] or 0
    return int(debits - credits_) if account.value.kind.debit_normal else int(credits_ - debits)


def open_lines(bank_account: BankAccount) -> QuerySet[BankLine]:
    """Return the lines of all statements that are not settled."""
    settled = BankMatch.in_force().filter(bank_account=bank_account).values("line")
    return BankLine.objects.filter(statement__bank_account=bank_account).exclude(pk__in=settled)


def open_entries(bank_account: BankAccount, until: date | None) -> tuple[BookEntry, ...]:
    """Return the entries that are not settled, up to the end of a day if one is given."""
    account = bank_account.account
    settled = BankMatch.in_force().filter(bank_account=bank_account).values("entry")
    rows = booked(account, until).exclude(pk__in=settled).order_by("seq")
    return book_entries(account.value, (row.record for row in rows.iterator(2000)))


def taken_back(bank_account: BankAccount) -> dict[str, dict[int, int]]:
    """Return how many matches of each line and of each entry were taken back."""
    rows = BankMatch.objects.filter(bank_account=bank_account, unmatch__isnull=False)
    return {side: dict(rows.order_by().values_list(side).annotate(Count("pk"))) for side in ("line", "entry")}


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

    @property
    def open(self) -> int:
        """How many items nobody has settled."""
        found = self.reconciliation
        return len(found.bank_only) + len(found.books_only) + len(found.differing)

    @property
    def state(self) -> str:
        """``agreed`` with nothing open, ``listed`` if every difference is listed and waits, else ``unexplained``."""
        if self.reconciliation.unexplained:
            return "unexplained"
        return "listed" if self.open else "agreed"


def position(statement: BankStatement) -> Position:
    """Return where bank and books stood at the end of ``statement``, from what is known today."""
    bank_account, last = statement.bank_account, statement.last
    # A line counts with the statement it stands on, whatever day the bank gives it.
    earlier = bank_account.statements.filter(
        Q(first__lt=statement.first) | Q(first=statement.first, pk__lte=statement.pk)
    ).values("pk")
    lines = [row.value for row in open_lines(bank_account).filter(statement__in=earlier)]
    across = BankMatch.in_force().filter(bank_account=bank_account).select_related("line", "entry")
    ahead = [
        _match(row, bank_account) for row in across.filter(line__statement__in=earlier, entry__at__gte=end_of(last))
    ]
    behind = [
        _match(row, bank_account)
        for row in across.filter(entry__at__lt=end_of(last)).exclude(line__statement__in=earlier)
    ]
    found = reconcile(
        lines,
        open_entries(bank_account, last + timedelta(days=WINDOW_DAYS)),
        last=last,
        bank_balance=statement.closing,
        books_balance=books_balance(bank_account.account, last),
        settled=ahead,
        held=taken_back(bank_account)["line"],
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

    def months_without(self, today: date) -> int:
        """Return how many months lack a statement; 0 up to :data:`GRACE_DAYS` after the last one ended."""
        if self.position is None or today <= self.position.statement.last + timedelta(days=GRACE_DAYS):
            return 0
        last = self.position.statement.last
        return max((today.year - last.year) * 12 + today.month - last.month, 1)


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
