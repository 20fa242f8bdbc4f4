"""What is read from the ledger."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from operator import attrgetter

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.db.models.functions import TruncDate

from gongzao.ledger import Balance as BalanceValue
from gongzao.ledger import Book, DailyHead, Difference, Head, Kind, Record, compare
from gongzao.ledger import book_lines as lines
from gongzao.ledger.chain import CHINA
from gongzao.web.accounts.scope import Visitor, sees_all
from gongzao.web.kit.reading import one_state
from gongzao.web.ledger.models import Account, Audit, Balance, Batch, Entry


def records() -> Iterator[Record]:
    """Yield the whole journal in its order."""
    return map(attrgetter("record"), Entry.objects.order_by("seq").iterator(2000))


def balances() -> dict[str, BalanceValue]:
    """Return every stored balance."""
    return {row.pk: row.value for row in Balance.objects.all()}


def balance_differences() -> tuple[Difference, ...]:
    """Return every account whose stored balance is not what the journal says."""
    return compare(balances(), records())


def daily_heads(since: date | None = None, until: date | None = None) -> tuple[DailyHead, ...]:
    """Return the head of every day in China that has entries, oldest first.

    Parameters
    ----------
    since, until
        First and last day.
    """
    rows = Batch.objects.all()
    if since is not None:
        rows = rows.filter(at__gte=datetime.combine(since, time.min, CHINA))
    if until is not None:
        rows = rows.filter(at__lt=datetime.combine(until + timedelta(days=1), time.min, CHINA))
    last = rows.order_by().annotate(day=TruncDate("at", tzinfo=CHINA)).values("day").annotate(last=Max("seq"))
    days = {row["last"]: row["day"] for row in last}
    heads = Batch.objects.filter(pk__in=list(days)).order_by("seq")
    return tuple(DailyHead(days[head.seq], head.seq, head.hash) for head in heads)


def book() -> Book:
    """Return everything an auditor needs, for :func:`gongzao.ledger.check` and for files."""
    with one_state():
        return Book(tuple(a.value for a in Account.objects.all()), tuple(records()), balances(), daily_heads())


def book_lines(visitor: Visitor) -> Iterator[str]:
    """Return the lines of the whole book as a file, of one state of the books, for whoever sees all of it.

    Accounts, balances and heads are read at once; the journal, which only ever grows, piece by piece up to where it
    then ended, so that a slow reader holds neither memory nor a transaction.

    Raises
    ------
    PermissionDenied
        If ``visitor`` does not see everything: a hash can only be checked with every line.
    """
    if not sees_all(visitor):
        raise PermissionDenied
    with one_state():
        accounts_now, balances_now, heads = [a.value for a in Account.objects.all()], balances(), daily_heads()
    return lines(accounts_now, balances_now, _records_to(heads[-1].seq if heads else 0), heads)


def _records_to(last: int) -> Iterator[Record]:
    done = 0
    while done < last:
        piece = list(Entry.objects.filter(seq__gt=done, seq__lte=last).order_by("seq")[:2000])
        if not piece:  # lines are missing: the check of the file says so
            return
        yield from (entry.record for entry in piece)
        done = piece[-1].seq


def last_audit() -> tuple[Audit | None, Head, bool]:
    """Return the last audit, the end of the journal, and whether the line at which it ended has still its hash."""
    audit, end = Audit.objects.order_by("-pk").first(), Batch.objects.order_by("-seq").first()
    head = Head(end.seq, end.at, end.hash) if end else Head()
    stands = audit is not None and (not audit.lines or Entry.objects.filter(seq=audit.lines, hash=audit.hash).exists())
    return audit, head, stands


def open_reservations() -> QuerySet[Entry]:
    """Return the reservations that are neither posted nor voided nor expired."""
    resolved = Entry.objects.filter(pending_id=OuterRef("transfer_id"), reason="").exclude(pending_id="")
    return Entry.objects.filter(~Exists(resolved), kind=Kind.PENDING.value, reason="")


def expired_reservations(now: datetime) -> Iterator[Record]:
    """Yield the open reservations whose time has come, in their order."""
    rows = open_reservations().filter(expires_at__lte=now).order_by("seq")
    return map(attrgetter("record"), rows.iterator(2000))
