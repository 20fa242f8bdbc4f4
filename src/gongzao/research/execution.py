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
from gongzao.research.model import Part, check_id, check_text
from gongzao.research.state import Phase, Project
from gongzao.research.steps import Step, refused, require_party, require_phase, take


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
    """

    id: str
    name: str
    employer: Uscc | None = None
    conflicts: tuple[Uscc, ...] = ()

    def __post_init__(self) -> None:
        check_id("expert.id", self.id)
        check_text("expert.name", self.name)


def submit(
    project: Project,
    milestone_id: str,
    party_id: str,
    evidence: Sequence[e.Evidence],
    deliveries: Sequence[e.Delivery],
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
        ``step.phase``, ``step.not_a_party``, ``step.under_review``, ``step.order``, ``step.evidence``,
        ``step.delivery``.
    """
    require_phase(project, Phase.RUNNING)
    require_party(project, party_id)
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


def draw_reviewers(project: Project, experts: Sequence[Expert], seed: str, now: datetime, *, by: str) -> Step:
    """Draw the reviewers of the milestone under review.

    Who works for a party, or declared an interest in one, is left out. The others are ranked by the SHA-256 of
    seed, project, milestone and their id, and the first are taken: anyone can repeat it.

    Raises
    ------
    StepRefused
        ``step.phase``, ``step.nothing_submitted``, ``step.drawn``, ``step.few_experts``.
    """
    require_phase(project, Phase.RUNNING)
    submission = project.submission
    if submission is None:
        raise refused("nothing_submitted", "no milestone is under review", "没有待评审的里程碑")
    if project.reviewers:
        raise refused("drawn", "the reviewers were drawn", "评审专家已抽取")
    ours = {party.uscc for party in project.proposal.parties}
    free = {x.id for x in experts if x.employer not in ours and not ours & set(x.conflicts)}
    needed = project.proposal.reviewers
    if len(free) < needed:
        raise refused(
            "few_experts",
            f"{needed} reviewers are needed, only {len(free)} have no conflict of interest",
            f"需{needed}名评审专家，无利益冲突的仅{len(free)}名",
        )
    text = f"{seed}:{project.id}:{submission.milestone}:"
    ranked = sorted(free, key=lambda expert: (sha256((text + expert).encode()).digest(), expert))
    return take(project, now, by, [e.Drawn(submission.milestone, seed, tuple(ranked[:needed]))])


def review(project: Project, reviewer: str, verdict: e.Verdict, reason: str, now: datetime, *, by: str) -> Step:
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
        if verdicts[e.Verdict.ACCEPT] * 2 > verdicts.total():
            bodies += _accept(project, submission)
        elif verdicts[e.Verdict.REJECT] * 2 > verdicts.total():
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


def _undelivered(project: Project, now: Sequence[e.Delivery]) -> tuple[e.Delivery, ...]:
    left = Counter(project.promised)
    left.subtract(project.delivered)
    for d in now:
        left[d.party, d.unit] -= d.quantity
    return tuple(e.Delivery(party, unit, quantity) for (party, unit), quantity in left.items() if quantity)
