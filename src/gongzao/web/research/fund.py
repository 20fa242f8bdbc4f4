"""The public matching fund on the ledger: deposits, and where its money is; ``fund_rounds`` allocates it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, Sum

from gongzao.kernel import InvalidValue
from gongzao.ledger import Kind, Status, Transfer
from gongzao.research import BANK, FUND, SHARED
from gongzao.web.accounts.models import Role, User
from gongzao.web.accounts.scope import Visitor, posts_of, visible
from gongzao.web.clusters.models import Region
from gongzao.web.ledger import services as ledger
from gongzao.web.ledger.models import Account, Balance, Entry
from gongzao.web.research import models


@dataclass(frozen=True, slots=True)
class Position:
    """The fund on the ledger: booked, of that reserved for pledges, and free [fen]."""

    booked: int = 0
    reserved: int = 0

    @property
    def free(self) -> int:
        """What can still be pledged [fen]."""
        return self.booked - self.reserved


@dataclass(frozen=True, slots=True)
class Given:
    """What one project has of the fund: reserved, paid, and come back as refund or income [fen]."""

    project: models.Project | None
    reserved: int
    paid: int
    back: int


def position() -> Position:
    """Return the fund as the ledger has it; nothing before the first deposit."""
    row = Balance.objects.select_related("account").filter(pk=FUND).first()
    if row is None:
        return Position()
    kind = row.account.value.kind
    booked = row.value.of(kind)
    return Position(booked, booked - row.value.worst(kind)[0])


def given(visitor: Visitor) -> list[Given]:
    """Return what every project has had of the fund; projects that the visitor does not see are one row."""
    rows = Entry.objects.filter(Q(debit=FUND) | Q(credit=FUND), reason="").exclude(debit=BANK)
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows.order_by().values("debit_id", "credit_id").annotate(held=Sum("pending"), booked=Sum("posted")):
        out = row["debit_id"] == FUND
        other = row["credit_id"] if out else row["debit_id"]
        mine = sums[other.split(":")[1]]
        mine[0] += row["held"] if out else 0
        mine[1 if out else 2] += row["booked"]
    seen = visible(models.Project.objects.all(), visitor).in_bulk(list(sums))
    found = [Given(seen[key], *sums[key]) for key in sorted(sums) if key in seen]
    hidden = [values for key, values in sums.items() if key not in seen]
    if hidden:
        found.append(Given(None, *(sum(column) for column in zip(*hidden, strict=True))))
    return found


def province_of(user: User) -> Region | None:
    """Return the province for which somebody may put money into the fund."""
    if user.is_superuser and user.is_active:
        return Region.objects.filter(parent=None).order_by("code").first()
    return next((post.region for post in posts_of(user) if post.role == Role.PROVINCE), None)


def deposit(amount: int, key: str, now: datetime, *, by: User) -> None:
    """Book public money that has come to the supervised account into the fund [fen].

    The same ``key`` with the same amount again books nothing more.

    Raises
    ------
    PermissionDenied
        For anybody but an officer of the province.
    InvalidValue
        ``fund.deposit`` if the ledger refuses it, or the key was used for another amount.
    """
    province = province_of(by)
    if province is None:
        raise PermissionDenied
    transfer = Transfer(f"research:fund:deposit:{key}", Kind.POST, BANK, FUND, amount, "CNY", purpose="匹配资金拨入")
    with transaction.atomic():
        for account in SHARED:
            if not Account.objects.filter(pk=account.id).exists():
                ledger.open_account(account, now, place=province, by=by)
        (outcome,) = ledger.submit([transfer], now, by=by)
        if outcome.status is not Status.APPLIED:
            refusal = outcome.record.refusal if outcome.status is Status.REFUSED else None
            raise InvalidValue(
                "fund.deposit",
                en=f"not booked: {refusal.en if refusal else 'this form was used for another amount'}",
                zh=f"没有入账：{refusal.zh if refusal else '此表单已用于另一笔金额'}",
            )
