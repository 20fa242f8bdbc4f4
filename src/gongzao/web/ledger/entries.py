"""The journal as pages, exports and programs read it."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from gongzao.ledger import Head
from gongzao.ledger.chain import seal
from gongzao.ledger.example import MARK
from gongzao.web.accounts.scope import Visitor, visible
from gongzao.web.ledger.models import Account, Entry, Kind
from gongzao.web.ledger.queries import open_reservations
from gongzao.web.ledger.statements import Period

PAGE = 50
MOST_COUNTED = 10_000


class State(models.TextChoices):
    """What became of a transfer."""

    BOOKED = "booked", _("已入账")
    RESERVED = "reserved", _("冻结中")
    RELEASED = "released", _("已解冻")
    REFUSED = "refused", _("被拒绝")
    OPENED = "opened", _("开户")


@dataclass(frozen=True, slots=True)
class Choice:
    """What the journal is narrowed down to; empty is everything."""

    account: str = ""
    party: str = ""
    purpose: str = ""
    q: str = ""
    state: str = ""
    since: date | None = None
    until: date | None = None


def journal(visitor: Visitor, choice: Choice) -> QuerySet[Entry]:
    """Return the entries that ``visitor`` may see and that fit, in the order of the journal."""
    rows: QuerySet[Entry] = visible(_in_state(choice.state), visitor)
    refused = choice.state == State.REFUSED
    if choice.account:
        rows = rows.filter(_either(choice.account, asked=refused))
    if choice.party:
        owned = list(visible(Account.objects.filter(owner=choice.party), visitor).values_list("pk", flat=True))
        sides = ("asked_debit", "asked_credit") if refused else ("debit", "credit")
        rows = rows.filter(Q(**{f"{sides[0]}__in": owned}) | Q(**{f"{sides[1]}__in": owned}))
    if choice.purpose:
        rows = rows.filter(purpose__icontains=choice.purpose)
    if choice.q:
        named = Q(transfer_id=choice.q) | Q(pending_id=choice.q) | Q(reverses=choice.q)
        if (place := numbered(choice.q)) is not None:
            named |= Q(seq=place)
        rows = rows.filter(named | Q(reference__icontains=choice.q) | Q(memo__icontains=choice.q))
    rows = Period(choice.since, choice.until).within(rows)
    return rows.select_related("debit__enterprise", "debit__cluster", "credit__enterprise", "credit__cluster").order_by(
        "seq"
    )


def numbered(text: str) -> int | None:
    """Return the place in the journal that a search names as the pages print it, if it does.

    >>> numbered("第2549号"), numbered("２，549"), numbered("demo/t:1")
    (2549, 2549, None)
    """
    found = re.fullmatch(r"第?\s*([0-9][0-9,]{0,20})\s*号?", unicodedata.normalize("NFKC", text).strip())
    place = int(found[1].replace(",", "")) if found else 0
    return place if 0 < place < 2**63 else None


def _in_state(state: str) -> QuerySet[Entry]:
    rows: QuerySet[Entry] = Entry.objects.all()
    match state:
        case State.BOOKED:
            return rows.filter(posted__gt=0)
        case State.RESERVED:
            return open_reservations()
        case State.RELEASED:
            return rows.filter(kind__in=[Kind.VOID_PENDING, Kind.EXPIRE], reason="")
        case State.REFUSED:
            return rows.exclude(reason="")
        case State.OPENED:
            return rows.filter(kind=Kind.OPEN, reason="")
        case _:
            return rows


def _either(account: str, *, asked: bool) -> Q:
    return Q(asked_debit=account) | Q(asked_credit=account) if asked else Q(debit=account) | Q(credit=account)


def bounded_count(rows: QuerySet[Entry]) -> int:
    """Return how many rows there are, counting no further than one past :data:`MOST_COUNTED`."""
    return rows.order_by()[: MOST_COUNTED + 1].count()


@dataclass(frozen=True, slots=True)
class Related:
    """What stands beside an entry.

    Parameters
    ----------
    reservation
        The one it resolved.
    resolution
        What resolved it.
    original
        What it compensates.
    compensations
        What compensates it.
    before, after
        Its neighbours in the journal, if the visitor may see them.
    """

    reservation: Entry | None
    resolution: Entry | None
    original: Entry | None
    compensations: list[Entry]
    before: Entry | None
    after: Entry | None


def related(visitor: Visitor, entry: Entry) -> Related:
    """Return what stands beside ``entry`` as far as ``visitor`` may see it, in one query."""
    key = entry.transfer_id
    named = Q(transfer_id__in=[name for name in (entry.pending_id, entry.reverses) if name])
    near = Q(seq__in=[entry.seq - 1, entry.seq + 1])
    rows = visible(Entry.objects.filter(named | near | Q(pending_id=key) | Q(reverses=key)), visitor)
    found = list(rows.order_by("seq"))
    by_id = {row.transfer_id: row for row in found}
    by_seq = {row.seq: row for row in found}
    return Related(
        by_id.get(entry.pending_id) if entry.pending_id else None,
        next((row for row in found if row.pending_id == key and not row.reason), None),
        by_id.get(entry.reverses) if entry.reverses else None,
        [row for row in found if row.reverses == key and not row.reason],
        by_seq.get(entry.seq - 1),
        by_seq.get(entry.seq + 1),
    )


def made_up(places: Iterable[int]) -> set[int]:
    """Return those of the places in the journal whose entry is made up for demonstration."""
    return set(Entry.objects.filter(seq__in=list(places), memo__contains=MARK).values_list("seq", flat=True))


def hash_holds(entry: Entry) -> bool:
    """Whether the stored hash is that of the stored content."""
    r = entry.record
    head = Head(r.seq - 1, r.at, r.previous)
    sealed = seal(head, r.at, r.transfer, r.debit, r.credit, r.unit, r.posted, r.pending, r.refusal)
    return sealed.hash == r.hash
