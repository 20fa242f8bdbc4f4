"""Who should pay how much: each party says in private what it would pay at most, the page proposes shares.

Bids are sealed until a set time, when no pledge can be withdrawn any more; until then a party may change its own, and
no answer depends on another's. Then the shares are shown and no bid is taken, so nobody finds out by trying what
another would pay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from gongzao.kernel import InvalidValue
from gongzao.research import Bid, CostShares, Phase, share_cost
from gongzao.research import Project as ProjectValue
from gongzao.web.accounts.models import User
from gongzao.web.clusters.models import Enterprise
from gongzao.web.research import campaign, models, store
from gongzao.web.research.rights import require_member


@dataclass(frozen=True, slots=True)
class RoundSeen:
    """One round as one party may see it: how many were asked and left, and what it was asked itself [fen]."""

    number: int
    parties: int
    left: int
    mine: int | None
    stayed: bool


@dataclass(frozen=True, slots=True)
class Proposed:
    """The proposal for one party: the cost to share [fen], shares by party, and how it came about."""

    cost: int
    shares: dict[str, int]
    rounds: tuple[RoundSeen, ...]


def net_cost(project: ProjectValue) -> int:
    """Return the cash less the public support asked: of the minimum, in the second round of the optimum [fen]."""
    stage = campaign.OPTIMUM if project.phase is Phase.SECOND_ROUND else campaign.MINIMUM
    return project.proposal.cash(stage) - project.proposal.support


def _shared(project: ProjectValue, rows: Sequence[models.Bid]) -> CostShares:
    made = {row.enterprise.uscc: Bid(row.enterprise.uscc, row.amount, row.weight) for row in rows}
    bids = [made[party.id] for party in project.proposal.parties if party.id in made]
    cost = net_cost(project)
    return share_cost(cost, bids) if cost > 0 else CostShares(cost, {}, ())


def opens_at(project: ProjectValue) -> datetime:
    """Return until when bids are sealed and taken: while pledges can be withdrawn, else to the deadline."""
    terms = project.proposal.terms
    return terms.withdraw_until if terms.withdraw_until > terms.opens else terms.deadline


def last_bids(project: models.Project) -> list[models.Bid]:
    """Return the last bid of each party."""
    rows = models.Bid.objects.filter(project=project).select_related("enterprise").order_by("pk")
    return list({row.enterprise_id: row for row in rows}.values())


def proposed(row: models.Project, project: ProjectValue, party: str, now: datetime | None = None) -> Proposed | None:
    """Return the shares as a party that has bid may see them; ``None`` for others, and while bids are sealed.

    Parameters
    ----------
    row, project
        The project.
    party
        Code of the party.
    now
        Time of the question; None for this moment.
    """
    rows = last_bids(row)
    if (now or timezone.now()) < opens_at(project) or party not in {bid.enterprise.uscc for bid in rows}:
        return None
    found = _shared(project, rows)
    if not found.shares:
        return None
    rounds = tuple(
        RoundSeen(n, len(one.asked), len(one.left), one.asked.get(party), party in one.asked and party not in one.left)
        for n, one in enumerate(found.rounds, 1)
    )
    return Proposed(found.cost, dict(found.shares), rounds)


def bid(
    project: models.Project, firm: Enterprise, amount: int, weight: Decimal, now: datetime, *, by: User | None
) -> models.Bid:
    """Say what a party would pay at most [fen], and its weight.

    Raises
    ------
    PermissionDenied
        If ``by`` does not act for the firm.
    InvalidValue
        ``shares.party`` for the public institute and for who takes no part, ``shares.closed`` outside the campaign,
        ``shares.opened`` once the bids are opened; and what :class:`gongzao.research.Bid` raises.
    """
    require_member(by, firm.uscc)
    with transaction.atomic():
        value = store.read_locked(project.pk)
        if value.proposal.party(firm.uscc) is None or value.is_public(firm.uscc):
            raise InvalidValue(
                "shares.party",
                en="only parties bid, and the public institute's part is already taken off the cost",
                zh="只有参与单位可以填写；公共研究机构的支持已从费用中扣除",
            )
        if not campaign.standing(value, now).is_open:
            raise InvalidValue(
                "shares.closed", en="the campaign takes no pledges now", zh="众筹不在进行中，不能填写出资意愿"
            )
        if now >= opens_at(value):
            raise InvalidValue(
                "shares.opened",
                en=f"bids were taken until {opens_at(value)}; the shares are shown now",
                zh=f"出资意愿填写至 {opens_at(value)}，分摊建议已公开，不再修改",
            )
        Bid(firm.uscc, amount, weight)
        return models.Bid.objects.create(
            project=project, enterprise=firm, amount=amount, weight=weight, made_at=now, made_by=by
        )
