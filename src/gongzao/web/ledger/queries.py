"""What is read from the ledger."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from operator import attrgetter

from django.db.models import Exists, Max, OuterRef, QuerySet
from django.db.models.functions import TruncDate

from gongzao.ledger import Balance as BalanceValue
from gongzao.ledger import Book, DailyHead, Difference, Kind, Record, compare
from gongzao.ledger.chain import CHINA
from gongzao.web.kit.reading import one_state
from gongzao.web.ledger.models import Account, Balance, Batch, Entry


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


def open_reservations() -> QuerySet[Entry]:
    """Return the reservations that are neither posted nor voided nor expired."""
    resolved = Entry.objects.filter(pending_id=OuterRef("transfer_id"), reason="").exclude(pending_id="")
    return Entry.objects.filter(~Exists(resolved), kind=Kind.PENDING.value, reason="")


def expired_reservations(now: datetime) -> Iterator[Record]:
    """Yield the open reservations whose time has come, in their order."""
    rows = open_reservations().filter(expires_at__lte=now).order_by("seq")
    return map(attrgetter("record"), rows.iterator(2000))
