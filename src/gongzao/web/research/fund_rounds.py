"""Rounds that allocate the matching fund over competing proposals: set up, scored by firms, decided once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.db import transaction

from gongzao.kernel import InvalidValue, Money
from gongzao.research import Candidate, Contest, InvalidAllocation, Voter, equal_shares, optimum, welfare_gap
from gongzao.web.accounts.models import User
from gongzao.web.clusters.models import Cluster, Enterprise
from gongzao.web.research import models
from gongzao.web.research.fund import position
from gongzao.web.research.proposal_reader import read
from gongzao.web.research.rights import require_member, require_organiser

MOST_SCORE = 10
"""Highest score of a candidate; 0 is not wanted."""

OPEN_STATES = (models.Draft.State.SUBMITTED, models.Draft.State.OPENED)


def support_of(draft: models.Draft) -> int:
    """Return what a draft asks from the fund [fen]."""
    return read(draft.data, draft.slug, draft.topic.slug, {}).proposal.support


def candidates(cluster: Cluster) -> list[tuple[models.Draft, int]]:
    """Return the submitted proposals of a cluster that ask for support, and how much [fen]."""
    rows = models.Draft.objects.filter(
        topic__cluster=cluster, state=models.Draft.State.SUBMITTED, amends__isnull=True
    ).select_related("topic", "lead")
    asked = [(row, support_of(row)) for row in rows]
    return [(row, amount) for row, amount in asked if amount > 0]


def set_up(
    slug: str,
    cluster: Cluster,
    title: str,
    closes: datetime,
    chosen: Sequence[models.Draft],
    total: int,
    parts: Mapping[str, int],
    now: datetime,
    *,
    by: User | None,
) -> models.FundRound:
    """Open a round in which firms of a cluster decide over parts of the fund.

    Parameters
    ----------
    slug, cluster, title, closes
        Its identifier, where it belongs, its name, and until when scores are taken.
    chosen
        The candidates.
    total
        What is to be allocated [fen].
    parts
        The part of each voter by its code [fen]; together exactly ``total``.

    Raises
    ------
    PermissionDenied
        For anybody but an organiser of the cluster.
    InvalidValue
        ``fund.slug``, ``fund.closes``, ``fund.candidates``, ``fund.voters``, ``fund.sum``, ``fund.balance``.
    """
    require_organiser(by, cluster)
    with transaction.atomic():
        if models.FundRound.objects.filter(slug=slug).exists():
            raise _wrong("slug", "this round was set up before", "此轮次已经设立")
        if closes <= now:
            raise _wrong("closes", "the round must close in the future", "截止时间须晚于现在")
        _check_money(total, parts)
        possible = {row.pk for row, _amount in candidates(cluster)}
        if not chosen or any(row.pk not in possible for row in chosen):
            raise _wrong(
                "candidates",
                "candidates are submitted proposals of the cluster that ask for support",
                "候选须为本集群已提交且申请公共支持的建议书",
            )
        firms = {firm.uscc: firm for firm in cluster.enterprises.filter(uscc__in=list(parts))}
        missing = [code for code in parts if code not in firms][:5]
        if missing:
            raise _wrong("voters", f"no firms of the cluster: {missing}", f"不是本集群企业：{'、'.join(missing)}")
        row = models.FundRound.objects.create(
            slug=slug,
            cluster=cluster,
            title=title,
            closes=closes,
            made_by=by,
            made_at=now,
            synthetic=cluster.synthetic,
        )
        row.drafts.set(chosen)
        models.FundVoter.objects.bulk_create(
            models.FundVoter(round=row, enterprise=firms[code], budget=amount) for code, amount in parts.items()
        )
    return row


def _check_money(total: int, parts: Mapping[str, int]) -> None:
    if not parts or min(parts.values()) < 1:
        raise _wrong("voters", "every voter needs a part above 0", "至少一家企业，份额均须大于0")
    off = sum(parts.values()) - total
    if off:
        raise _wrong(
            "sum",
            f"the parts are {abs(off)} fen {'above' if off > 0 else 'below'} the total",
            f"各企业份额合计比总额{'多' if off > 0 else '少'} {abs(off)} 分",
        )
    free = position().free
    if total > free:
        raise _wrong("balance", f"only {Money(free)} are free in the fund", f"基金可用余额只有 {Money(free)}")


def _wrong(rule: str, en: str, zh: str) -> InvalidValue:
    return InvalidValue(f"fund.{rule}", en=en, zh=zh)


def vote(
    row: models.FundRound, firm: Enterprise, scores: Mapping[str, int], now: datetime, *, by: User | None
) -> models.FundVoter:
    """Score the candidates for a firm, 0 to 10 each; until the round closes it may do so again.

    Raises
    ------
    PermissionDenied
        If ``by`` does not act for the firm.
    InvalidValue
        ``fund.closed``, ``fund.no_vote``, ``fund.scores``.
    """
    require_member(by, firm.uscc)
    with transaction.atomic():
        row = models.FundRound.objects.select_for_update().get(pk=row.pk)
        if now >= row.closes or row.result is not None:
            raise _wrong("closed", "the round is closed", "本轮表决已截止")
        mine = models.FundVoter.objects.filter(round=row, enterprise=firm).first()
        if mine is None:
            raise _wrong("no_vote", f"{firm} has no vote in this round", f"{firm} 在本轮没有表决权")
        known = set(row.drafts.values_list("slug", flat=True))
        if set(scores) - known or any(type(s) is not int or not 0 <= s <= MOST_SCORE for s in scores.values()):
            raise _wrong(
                "scores", f"scores are 0 to {MOST_SCORE}, for candidates", f"评分须为0—{MOST_SCORE}，且只能评候选项目"
            )
        mine.votes, mine.voted_at = {slug: score for slug, score in scores.items() if score}, now
        mine.save(update_fields=["votes", "voted_at"])
        models.FundVote.objects.create(voter=mine, votes=mine.votes, at=now, by=by)
    return mine


def decide(row: models.FundRound, now: datetime, *, by: User | None) -> models.FundRound:
    """Allocate the round's money once its time is over; what was decided once stays.

    Raises
    ------
    PermissionDenied
        For anybody but an organiser of the cluster.
    InvalidValue
        ``fund.not_due``.
    """
    require_organiser(by, row.cluster)
    with transaction.atomic():
        row = models.FundRound.objects.select_for_update(of=("self",)).select_related("cluster").get(pk=row.pk)
        if row.result is not None:
            return row
        if now < row.closes:
            raise _wrong("not_due", "votes are still taken", "表决尚未截止")
        row.result = result(row)
        row.save(update_fields=["result"])
    return row


def result(row: models.FundRound) -> dict[str, Any]:
    """Return the allocation of a round as it is stored: exact fractions as text, costs in fen."""
    asked = {
        draft.slug: (draft, support_of(draft))
        for draft in row.drafts.filter(state__in=OPEN_STATES).select_related("topic")
    }
    costs = {slug: amount for slug, (_draft, amount) in asked.items() if amount > 0}
    voters = [
        Voter(v.enterprise.uscc, Fraction(v.budget), {s: Fraction(n) for s, n in v.votes.items() if s in costs})
        for v in row.voters.select_related("enterprise")
    ]
    contest = Contest(tuple(Candidate(slug, Fraction(cost)) for slug, cost in costs.items()), tuple(voters))
    found = equal_shares(contest)
    try:
        best: list[str] | None = list(optimum(contest))
        gap: str | None = str(welfare_gap(contest, found.welfare))
    except InvalidAllocation:
        best, gap = None, None
    return {
        "costs": costs,
        "funded": [
            {
                "draft": one.candidate,
                "cost": str(one.cost),
                "rate": None if one.rate is None else str(one.rate),
                "payments": [[p.voter, str(p.amount), p.all_left] for p in one.payments],
            }
            for one in found.funded
        ],
        "rest": str(found.rest),
        "welfare": str(found.welfare),
        "optimum": best,
        "optimum_welfare": None if best is None else str(contest.welfare(best)),
        "gap": gap,
    }
