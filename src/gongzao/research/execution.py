"""The work: milestones handed in, reviewed, paid; and the settlement if the project stops."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256

from gongzao.kernel import Uscc
from gongzao.ledger import share_out
from gongzao.research import events as e
from gongzao.research import facts
from gongzao.research.model import Part, check_id, check_text
from gongzao.research.state import Phase, Project
from gongzao.research.steps import Step, refused, require_phase, require_worker, take


@dataclass(frozen=True, slots=True)
class Expert:
    """Somebody who may review.

    Parameters
    ----------
    id, name
        Identifier and name.
    employer
        Where the expert works, if at an organisation with a code.
    conflicts
        Other organisations the expert declared an interest in.
    posts
        Organisations for which the expert acts on the platform.
    organises
        Whether the expert looks after the cluster of the project.
    """

    id: str
    name: str
    employer: Uscc | None = None
    conflicts: tuple[Uscc, ...] = ()
    posts: tuple[Uscc, ...] = ()
    organises: bool = False

    def __post_init__(self) -> None:
        check_id("expert.id", self.id)
        check_text("expert.name", self.name)


def submit(
    project: Project,
    milestone_id: str,
    party_id: str,
    evidence: Sequence[facts.Evidence],
    deliveries: Sequence[facts.Delivery],
    now: datetime,
    *,
    by: str,
) -> Step:
    """Hand in the next milestone.

    Parameters
    ----------
    project, milestone_id, party_id
        Which milestone, and the party that hands it in.
    evidence
        At least one file.
    deliveries
        What was contributed in kind since the last milestone, never more than was promised.
    now, by
        Time, and who acts.

    Raises
    ------
    StepRefused
        ``step.phase``, ``step.not_a_party``, ``step.no_task``, ``step.under_review``, ``step.order``,
        ``step.evidence``, ``step.delivery``.
    """
    require_phase(project, Phase.RUNNING)
    require_worker(project, party_id)
    if project.submission is not None:
        raise refused("under_review", "a milestone is under review", "已有里程碑在评审中")
    due = project.next_milestone
    if due is None or due.id != milestone_id:
        raise refused(
            "order",
            f"the next milestone is {due and due.id}, got {milestone_id}",
            f"下一里程碑为 {due and due.id}，收到 {milestone_id}",
        )
    if not evidence:
        raise refused("evidence", "evidence is needed", "须提交证明材料")
    asked: Counter[tuple[str, str]] = Counter()
    for d in deliveries:
        asked[d.party, d.unit] += d.quantity
        left = project.promised.get((d.party, d.unit), 0) - project.delivered.get((d.party, d.unit), 0)
        if asked[d.party, d.unit] > left:
            raise refused(
                "delivery",
                f"{d.party} still owes {left} hundredths of {d.unit}, got {asked[d.party, d.unit]}",
                f"{d.party} 尚应投入 {d.unit} {left}（百分之一单位），收到 {asked[d.party, d.unit]}",
            )
    return take(project, now, by, [e.Submitted(milestone_id, party_id, tuple(evidence), tuple(deliveries))])


def free_experts(project: Project, experts: Sequence[Expert]) -> tuple[str, ...]:
    """Return the ids, sorted, of the experts without a conflict of interest.

    Left out is who works for a party, acts for one, declared an interest in one, or looks after the cluster.
    """
    ours = {party.uscc for party in project.proposal.parties}
    return tuple(sorted({x.id for x in experts if not x.organises and not ours & {x.employer, *x.conflicts, *x.posts}}))


def fix_pool(project: Project, experts: Sequence[Expert], now: datetime, *, by: str) -> Step:
    """Fix who may review the milestone under review: the register as it is now, while nobody can know the seed.

    Raises
    ------
    StepRefused
        ``step.phase``, ``step.nothing_submitted``, ``step.pooled``, ``step.few_experts``.
    """
    submission = _under_review(project)
    if project.pool or project.reviewers:
        raise refused("pooled", "it is fixed who may review this", "评审专家名单已确定")
    free, needed = free_experts(project, experts), project.proposal.reviewers
    if len(free) < needed:
        raise refused(
            "few_experts",
            f"{needed} reviewers are needed, only {len(free)} have no conflict of interest",
            f"需{needed}名评审专家，无利益冲突的仅{len(free)}名",
        )
    attempt = project.attempts[submission.milestone]
    return take(project, now, by, [e.PoolFixed(submission.milestone, attempt, free)])


def _under_review(project: Project) -> e.Submitted:
    require_phase(project, Phase.RUNNING)
    if project.submission is None:
        raise refused("nothing_submitted", "no milestone is under review", "没有待评审的里程碑")
    return project.submission


def draw_reviewers(project: Project, seed: str, now: datetime, *, by: str) -> Step:
    """Draw the reviewers of the milestone under review from the fixed pool.

    The pool is ranked by the SHA-256 of seed, project, milestone, attempt and the expert's id, and the first are taken:
    anyone can repeat it from the log.

    Raises
    ------
    StepRefused
        ``step.phase``, ``step.nothing_submitted``, ``step.drawn``, ``step.no_pool``.
    """
    submission = _under_review(project)
    if project.reviewers:
        raise refused("drawn", "the reviewers were drawn", "评审专家已抽取")
    if not project.pool:
        raise refused("no_pool", "it is not fixed yet who may review this", "评审专家名单尚未确定")
    attempt = project.attempts[submission.milestone]
    text = f"{seed}:{project.id}:{submission.milestone}:{attempt}:"
    ranked = sorted(project.pool, key=lambda expert: (sha256((text + expert).encode()).digest(), expert))
    drawn = e.Drawn(submission.milestone, seed, tuple(ranked[: project.proposal.reviewers]), attempt)
    return take(project, now, by, [drawn])


def review(project: Project, reviewer: str, verdict: facts.Verdict, reason: str, now: datetime, *, by: str) -> Step:
    """Give a verdict; with the last one the milestone is decided.

    More than half of the reviewers must accept, or reject; anything else sends the milestone back. Acceptance
    releases its amount: from the stakes of the other parties first, from the public institute's last, each time in
    proportion to what was paid in. Rejection stops the project.

    Raises
    ------
    StepRefused
        ``step.phase``, ``step.not_a_reviewer``, ``step.reviewed``, ``step.reason``.
    """
    require_phase(project, Phase.RUNNING)
    submission = project.submission
    if submission is None or reviewer not in project.reviewers:
        raise refused(
            "not_a_reviewer", f"{reviewer} was not drawn for this milestone", f"{reviewer} 未被抽取评审本里程碑"
        )
    if reviewer in project.reviews:
        raise refused("reviewed", f"{reviewer} has given a verdict", f"{reviewer} 已评审")
    if not reason.strip():
        raise refused("reason", "a verdict needs a reason", "评审意见须说明理由")
    name = submission.milestone
    made = e.Reviewed(name, reviewer, verdict, reason)
    verdicts = Counter([given.verdict for given in project.reviews.values()] + [verdict])
    bodies: list[e.Body] = [made]
    if verdicts.total() == len(project.reviewers):
        if verdicts[facts.Verdict.ACCEPT] * 2 > verdicts.total():
            bodies += _accept(project, submission)
        elif verdicts[facts.Verdict.REJECT] * 2 > verdicts.total():
            bodies += [e.Rejected(name), settlement(project, f"里程碑 {name} 未通过 / milestone {name} was rejected")]
        else:
            bodies.append(e.SentBack(name))
    return take(project, now, by, bodies)


def _accept(project: Project, submission: e.Submitted) -> list[e.Body]:
    milestone = project.next_milestone
    assert milestone is not None  # noqa: S101 - a submission is of the next milestone, see submit
    taken = draws(project, milestone.amount)
    bodies: list[e.Body] = [e.Accepted(milestone.id, taken, milestone.payees, submission.deliveries)]
    if len(project.accepted) + 1 == len(project.plan):
        bodies.append(e.Completed(_undelivered(project, submission.deliveries)))
    return bodies


def draws(project: Project, amount: int) -> tuple[Part, ...]:
    """Return from whose stakes ``amount`` [fen] comes: by what each paid in, the public institute's last."""
    parts: list[Part] = []
    for public in (False, True):
        tier = [party for party in project.paid if project.is_public(party) is public]
        if not tier:
            continue
        paid, drawn = [project.paid[p] for p in tier], [project.drawn.get(p, 0) for p in tier]
        now = min(amount, sum(paid) - sum(drawn))
        amount -= now
        shares = share_out(now, paid, drawn)
        parts += [Part(party, share) for party, share in zip(tier, shares, strict=True)]
    return tuple(parts)


def settlement(project: Project, reason: str) -> e.Stopped:
    """Return how a running project ends early.

    What was spent is borne by the contract's rule, by nobody beyond what it paid in; the rest is given back. Stakes
    are evened out among the parties, so that the order in which they were drawn does not matter.
    """
    borne = bear(sum(project.drawn.values()), project.paid, {s.party: s.value for s in project.proposal.losses})
    return e.Stopped(
        reason,
        tuple(Part(party, amount) for party, amount in borne.items()),
        tuple(Part(party, project.paid[party] - amount) for party, amount in borne.items()),
        _undelivered(project, ()),
    )


def bear(spent: int, paid: Mapping[str, int], losses: Mapping[str, Decimal]) -> dict[str, int]:
    """Return who bears how much of what was spent [fen]; the sum is exact and nobody bears more than was paid in.

    Parameters
    ----------
    spent
        At most the sum of ``paid`` [fen].
    paid
        Cash by party [fen].
    losses
        Shares by party [%]; empty, or where those named can bear no more: in proportion to ``paid``.

    Examples
    --------
    >>> bear(90, {"a": 100, "b": 20}, {"a": Decimal(50), "b": Decimal(50)})
    {'a': 70, 'b': 20}
    """
    borne = dict.fromkeys(paid, 0)
    left = spent
    for weights in (losses, {party: Decimal(amount) for party, amount in paid.items()}):
        active = [party for party in paid if weights.get(party)]
        while left and (active := [party for party in active if borne[party] < paid[party]]):
            parts = share_out(left, [weights[party] for party in active])
            for party, part in zip(active, parts, strict=True):
                taken = min(part, paid[party] - borne[party])
                borne[party] += taken
                left -= taken
    return borne


def _undelivered(project: Project, now: Sequence[facts.Delivery]) -> tuple[facts.Delivery, ...]:
    left = Counter(project.promised)
    left.subtract(project.delivered)
    for d in now:
        left[d.party, d.unit] -= d.quantity
    return tuple(facts.Delivery(party, unit, quantity) for (party, unit), quantity in left.items() if quantity)
