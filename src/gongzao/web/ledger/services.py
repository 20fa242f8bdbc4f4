"""What can be done with the ledger; the only place that writes it.

``by=None`` is the platform itself: another app's service that has checked its own permission, a command, a loader.
"""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction

from gongzao.kernel import InvalidValue
from gongzao.ledger import Account as AccountValue
from gongzao.ledger import Outcome, Snapshot, Status, Transfer, check_clock, decide, due, opening
from gongzao.ledger.example import MARK
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import editable
from gongzao.web.clusters.models import Cluster, Enterprise, Region
from gongzao.web.ledger import queries, store
from gongzao.web.ledger.display import synthetic_account
from gongzao.web.ledger.models import Account, Balance

Place = Enterprise | Cluster | Region


def submit(batch: Sequence[Transfer], now: datetime, *, by: User | None) -> tuple[Outcome, ...]:
    """Decide and book a batch in one transaction, and return one answer per transfer.

    Sending the same batch again, after a lost answer or a crash, books nothing twice and gives the first answers.

    Parameters
    ----------
    batch
        The requests; transfers joined by ``linked`` succeed or fail together, others each for itself.
    now
        Time of booking.
    by
        Who submits; has to be allowed to edit every account named by the batch or by a line it refers to.

    Raises
    ------
    PermissionDenied
        If one of the accounts is outside what ``by`` may write to; nothing is booked.
    InvalidValue
        ``ledger.time`` if ``now`` has no time zone, ``ledger.clock`` if it lies so far after the last line that the
        clock is doubted.
    """
    with transaction.atomic():
        snapshot = store.load(batch)
        check_clock(snapshot.head, now, settings.LEDGER_REST)
        if by is not None:
            _permit(snapshot, by)
        decision = decide(snapshot, batch, now)
        store.write(decision, by)
    return decision.outcomes


def _permit(snapshot: Snapshot, by: User) -> None:
    # The accounts of lines with the same id count too, for the answer to a conflict shows such a line.
    named = set(snapshot.accounts)
    for r in snapshot.records.values():
        named.update((r.debit, r.credit, r.transfer.debit, r.transfer.credit))
    for chunk in store.chunks(named - {""}):
        rows = Account.objects.filter(pk__in=chunk)
        if rows.exclude(pk__in=editable(rows, by).values("pk")).exists():
            raise PermissionDenied


def open_account(account: AccountValue, now: datetime, *, place: Place | None, by: User | None) -> Account:
    """Open an account; opening the same one again returns it.

    Parameters
    ----------
    account
        What it is; nothing of it ever changes.
    now
        Time of opening.
    place
        Where it belongs, which decides who sees it; ``None`` only for those who see everything. A firm's account
        belongs to the firm, and its owner is ``firm:`` and the firm's code.
    by
        Who opens it; has to be allowed to edit the place, and without a place to be superuser.

    Raises
    ------
    PermissionDenied
        If ``place`` is outside what ``by`` may write to.
    InvalidValue
        ``ledger.owner`` if owner and firm do not fit, ``ledger.account_exists`` if the id belongs to an account with
        other content.
    """
    if by is not None and not _may_edit(place, by):
        raise PermissionDenied
    firm = f"firm:{place.uscc}" if isinstance(place, Enterprise) else None
    if (firm or account.owner.startswith("firm:")) and account.owner != firm:
        raise InvalidValue(
            "ledger.owner",
            en=f"an account of a firm has the owner {firm or 'firm:…'} and the firm as its place, got {account.owner}",
            zh=f"企业账户的所属主体须为 {firm or 'firm:…'} 并登记在该企业名下，收到“{account.owner}”",
        )
    row = Account(
        id=account.id,
        owner=account.owner,
        kind=account.kind.value,
        unit=account.unit,
        minimum=account.minimum,
        maximum=account.maximum,
        name=account.name,
        opened_at=now,
        enterprise=place if isinstance(place, Enterprise) else None,
        cluster=place if isinstance(place, Cluster) else None,
        region=place if isinstance(place, Region) else None,
    )
    with transaction.atomic():
        store.lock_head()
        known = Account.objects.filter(pk=account.id).select_related("enterprise", "cluster", "region").first()
        if known is None:
            row.save()
            _book_opening(row, now, by)
            Balance.objects.create(account=row)
            _log(by, row)
        elif known.value != account or known.place != place:
            raise InvalidValue(
                "ledger.account_exists",
                en=f"there is another account {account.id} already",
                zh=f"账户编号已被使用：{account.id}",
            )
    return known or row


def _book_opening(row: Account, now: datetime, by: User | None) -> None:
    asked = opening(row.value, MARK if synthetic_account(row) else "")
    snapshot = store.load([asked])
    check_clock(snapshot.head, now, settings.LEDGER_REST)
    decision = decide(snapshot, [asked], now)
    if decision.outcomes[0].status is not Status.APPLIED:
        raise InvalidValue(
            "ledger.account_exists",
            en=f"the id {asked.id}, which opens account {row.pk}, is taken",
            zh=f"账户 {row.pk} 的开户编号已被占用：{asked.id}",
        )
    store.write(decision, by)


def _may_edit(place: Place | None, by: User) -> bool:
    if place is None:
        return by.is_active and by.is_superuser
    return editable(type(place)._default_manager.filter(pk=place.pk), by).exists()


def _log(by: User | None, row: Account) -> None:
    if by is not None:
        LogEntry.objects.create(
            user=by,
            content_type=ContentType.objects.get_for_model(Account),
            object_id=row.pk,
            object_repr=str(row)[:200],
            action_flag=ADDITION,
        )


def expire_due(now: datetime) -> tuple[Outcome, ...]:
    """Expire every reservation whose time has come; any number of workers may do so at once."""
    return submit(due(queries.expired_reservations(now), now), now, by=None)


def rebuild_balances() -> int:
    """Write anew every balance that is not the sum of its entries; return how many there were."""
    with transaction.atomic():
        store.lock_head()
        wrong = queries.balance_differences()
        store.repair({difference.account: difference.rebuilt for difference in wrong})
    return len(wrong)
