"""What can be done with the register of experts; the only place that writes it."""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db import transaction

from gongzao.kernel import InvalidValue
from gongzao.ledger import GENESIS
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import Visitor, editable
from gongzao.web.clusters.models import Cluster, Enterprise
from gongzao.web.ledger.models import Batch
from gongzao.web.research.models import Expert


def keeps_register(visitor: Visitor) -> bool:
    """Whether a visitor looks after the register: the organisers of any cluster."""
    return editable(Cluster.objects.all(), visitor).exists()


def enter(
    code: str,
    name: str,
    field: str,
    employer: Enterprise | None,
    conflicts: Sequence[Enterprise],
    account: User | None,
    *,
    synthetic: bool,
    by: User | None,
) -> Expert:
    """Enter an expert.

    Raises
    ------
    InvalidValue
        ``expert.taken`` if the code or the account belongs to another.
    """
    if by is not None and not keeps_register(by):
        raise PermissionDenied
    with transaction.atomic():
        if Expert.objects.filter(code=code).exists() or (account and Expert.objects.filter(user=account).exists()):
            raise InvalidValue(
                "expert.taken",
                en=f"{code}, or the account, belongs to another expert",
                zh=f"编号 {code} 或账号已属于其他专家",
            )
        row = Expert.objects.create(
            code=code, name=name, field=field, employer=employer, user=account, synthetic=synthetic
        )
        row.conflicts.set(conflicts)
    return row


def declare(expert: Expert, conflicts: Sequence[Enterprise], *, by: User | None) -> None:
    """Declare in whom an expert has an interest; the expert does, or who looks after the register."""
    if by is not None and expert.user_id != by.pk and not keeps_register(by):
        raise PermissionDenied
    expert.conflicts.set(conflicts)


def draw_seed() -> str:
    """Return the hash at the head of the ledger: nobody chooses it, and everybody can look it up."""
    newest = Batch.objects.order_by("-seq").values_list("hash", flat=True).first()
    return newest or GENESIS
