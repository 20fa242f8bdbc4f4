"""What can be done with the register of experts; the only place that writes it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzao import research as rules
from gongzao.kernel import InvalidValue
from gongzao.ledger import GENESIS
from gongzao.ledger.chain import CHINA
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import Visitor, editable
from gongzao.web.clusters.models import Cluster, Enterprise
from gongzao.web.ledger.models import Batch
from gongzao.web.research.models import Expert, Project


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
    try:
        with transaction.atomic():
            row = Expert.objects.create(
                code=code, name=name, field=field, employer=employer, user=account, synthetic=synthetic
            )
            row.conflicts.set(conflicts)
    except IntegrityError:
        raise InvalidValue(
            "expert.taken",
            en=f"{code}, or the account, belongs to another expert",
            zh=f"编号 {code} 或账号已属于其他专家",
        ) from None
    return row


def declare(expert: Expert, conflicts: Sequence[Enterprise], *, by: User | None) -> None:
    """Declare in whom an expert has an interest; the expert does, or who looks after the register."""
    if by is not None and expert.user_id != by.pk and not keeps_register(by):
        raise PermissionDenied
    expert.conflicts.set(conflicts)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An expert of the register, and why he may not review a project; empty if he may."""

    expert: Expert
    conflict: str


def candidates(project: rules.Project) -> list[Candidate]:
    """Return all active experts, those with a conflict of interest named with its reason."""
    rows = Expert.objects.filter(active=True).select_related("employer").prefetch_related("conflicts")
    return [Candidate(row, _conflict(project, row)) for row in rows]


def _conflict(project: rules.Project, expert: Expert) -> str:
    if expert.employer and project.proposal.party(expert.employer.uscc):
        return _("任职于%(name)s") % {"name": expert.employer.name}
    declared = [firm.name for firm in expert.conflicts.all() if project.proposal.party(firm.uscc)]
    return _("申报与%(names)s有利益关系") % {"names": _("、").join(declared)} if declared else ""


def draw_seed(project: Project) -> str:
    """Return the seed for the milestone under review: day and head of the last day before it was handed in.

    Nobody chooses it, everybody can look it up among the ledger's daily heads, and neither who draws nor when changes
    it. The milestone itself is mixed in by :func:`gongzao.research.draw_reviewers`.
    """
    handed_in = project.events.filter(kind="Submitted").order_by("-seq").values_list("at", flat=True).first()
    if handed_in is None:
        return GENESIS
    midnight = localtime(handed_in, CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    head = Batch.objects.filter(at__lt=midnight).order_by("-seq").first()
    return f"{localtime(head.at, CHINA).date()}:{head.hash}" if head else GENESIS
