"""The register of experts, which belongs to the province, and who of it may review; the only place that writes it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from secrets import token_hex
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from gongzao import research as rules
from gongzao.kernel import InvalidValue, Uscc
from gongzao.web.accounts.models import Post, Role, User
from gongzao.web.accounts.scope import Visitor, roles_of
from gongzao.web.clusters.models import Cluster, Enterprise
from gongzao.web.research.models import Expert, ExpertRecord
from gongzao.web.research.rights import organises


def keeps_register(visitor: Visitor) -> bool:
    """Whether a visitor looks after the register: officers of the province, of no single cluster."""
    if not isinstance(visitor, User) or not visitor.is_active:
        return False
    return visitor.is_superuser or Role.PROVINCE in roles_of(visitor)


def enter(
    name: str,
    field: str,
    employer: Enterprise | None,
    conflicts: Sequence[Enterprise],
    account: User | None,
    now: datetime,
    *,
    synthetic: bool,
    by: User | None,
) -> Expert:
    """Enter an expert under a code that nobody chooses.

    Raises
    ------
    InvalidValue
        ``expert.taken`` if the account belongs to another.
    """
    if by is not None and not keeps_register(by):
        raise PermissionDenied
    code = f"zj-{token_hex(5)}"
    try:
        with transaction.atomic():
            row = Expert.objects.create(
                code=code, name=name, field=field, employer=employer, user=account, synthetic=synthetic
            )
            row.conflicts.set(conflicts)
            _record(row, None, now, by)
    except IntegrityError:
        raise InvalidValue(
            "expert.taken", en="the account belongs to another expert", zh="该账号已属于其他专家"
        ) from None
    return row


def declare(expert: Expert, conflicts: Sequence[Enterprise], now: datetime, *, by: User | None) -> None:
    """Declare in whom an expert has an interest; the expert does, or who looks after the register."""
    if by is not None and expert.user_id != by.pk and not keeps_register(by):
        raise PermissionDenied
    with transaction.atomic():
        row = Expert.objects.select_for_update().get(pk=expert.pk)
        before = _entry(row)
        row.conflicts.set(conflicts)
        _record(row, before, now, by)


def set_active(expert: Expert, active: bool, now: datetime, *, by: User | None) -> None:
    """Take an expert out of the register, or back in; nobody is drawn who is out of it at the hand-in."""
    if by is not None and not keeps_register(by):
        raise PermissionDenied
    with transaction.atomic():
        row = Expert.objects.select_for_update().get(pk=expert.pk)
        before = _entry(row)
        row.active = active
        row.save(update_fields=["active"])
        _record(row, before, now, by)


def _entry(row: Expert) -> dict[str, Any]:
    """Return an entry of the register as it is kept in its log."""
    return {
        "name": row.name,
        "field": row.field,
        "employer": row.employer.uscc if row.employer else "",
        "account": row.user.username if row.user else "",
        "conflicts": sorted(row.conflicts.values_list("uscc", flat=True)),
        "active": row.active,
    }


def _record(row: Expert, before: dict[str, Any] | None, now: datetime, by: User | None) -> None:
    after = _entry(row)
    if after != before:
        ExpertRecord.objects.create(expert=row, before=before, after=after, at=now, by=by)


def candidates(cluster: Cluster) -> list[rules.Expert]:
    """Return the experts of the register as the rules know them, for projects of a cluster.

    Who is out of the register or cannot sign in is none: he could not give a verdict.
    """
    rows = Expert.objects.filter(active=True, user__is_active=True).select_related("employer", "user")
    rows = rows.prefetch_related("conflicts")
    posts: dict[int, list[Post]] = defaultdict(list)
    for post in Post.objects.filter(user__expert__in=rows).select_related("enterprise"):
        posts[post.user_id].append(post)
    found = []
    for row in rows:
        user, mine = row.user, posts[row.user_id or 0]
        looks_after = user is not None and (user.is_superuser or any(post.enterprise is None for post in mine))
        found.append(
            rules.Expert(
                row.code,
                row.name,
                Uscc(row.employer.uscc) if row.employer else None,
                tuple(Uscc(firm.uscc) for firm in row.conflicts.all()),
                tuple(Uscc(post.enterprise.uscc) for post in mine if post.enterprise),
                organises=looks_after and user is not None and organises(user, cluster),
            )
        )
    return found
