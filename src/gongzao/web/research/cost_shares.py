"""Who should pay how much: each party says in private what it would pay at most, the page proposes shares.

Nobody sees another's bid. Once shares exist, bids can no longer be changed while they stand, only new ones added, so
that nobody can find out another's bid by trying; a further bid never raises another's share.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

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


def _bids(project: models.Project) -> list[models.Bid]:
    return list(models.Bid.objects.filter(project=project).select_related("enterprise"))


def proposed(row: models.Project, project: ProjectValue, party: str) -> Proposed | None:
    """Return the shares as a party that has bid may see them; ``None`` for others and while there are none."""
    rows = _bids(row)
    if party not in {bid.enterprise.uscc for bid in rows}:
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
        ``shares.stands`` for another bid while a proposal stands; and what :class:`gongzao.research.Bid` raises.
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
        Bid(firm.uscc, amount, weight)
        rows = _bids(project)
        mine = next((row for row in rows if row.enterprise_id == firm.pk), None)
        if mine is not None and (mine.amount, mine.weight) != (amount, weight) and _shared(value, rows).shares:
            raise InvalidValue(
                "shares.stands",
                en="a proposal stands, so bids are no longer changed, lest somebody find out others' bids by trying",
                zh="分摊建议已形成，已填的金额不再修改，以免有人试探他人的出资意愿",
            )
        row, _made = models.Bid.objects.update_or_create(
            project=project, enterprise=firm, defaults={"amount": amount, "weight": weight, "made_at": now}
        )
    return row
