"""From an opened proposal to a signed contract: pledges, rounds, all or nothing."""

from dataclasses import replace
from datetime import datetime

from gongzao.kernel import Money, split
from gongzao.research import events as e
from gongzao.research import facts, history
from gongzao.research.contract import contract
from gongzao.research.errors import ProposalRefused
from gongzao.research.model import Proposal, Role, Unit, check_zone
from gongzao.research.policy import Exemption, Policy
from gongzao.research.proposal import faults
from gongzao.research.state import Phase, Project
from gongzao.research.steps import Step, refused, require_party, require_phase, take


def open_project(
    proposal: Proposal, policy: Policy, now: datetime, *, by: str, exemption: Exemption | None = None
) -> Step:
    """Put a proposal into its campaign.

    Parameters
    ----------
    proposal
        The proposal.
    policy
        The policy; the version in force on the day of ``now`` counts.
    now
        Time of the step.
    by
        Who acts.
    exemption
        Recorded decision beyond the limits of support.

    Raises
    ------
    ProposalRefused
        With every fault.
    """
    check_zone("now", now)
    version = policy.on(now.date())
    found = faults(proposal, version, exemption)
    if found:
        raise ProposalRefused(found)
    event = e.Event(1, now, by, e.Opened(proposal, version, exemption))
    return Step(history.start(event), (event,), ())


def pledge(
    project: Project, pledge_id: str, party_id: str, unit: Unit, quantity: int, now: datetime, *, by: str
) -> Step:
    """Pledge cash [fen] or a contribution in kind [hundredths of the unit]; it is valued by the proposal's rates.

    The same ``pledge_id`` with the same content again changes nothing (a double click).

    Raises
    ------
    StepRefused
        ``step.phase``, ``step.not_open``, ``step.after_deadline``, ``step.not_a_party``, ``step.pledge_taken``;
        ``step.support`` if the public institute would give more than was asked, or in kind; ``step.floor`` below the
        policy's least pledge; ``step.many_pledges`` beyond its most.
    """
    made = facts.Pledge(pledge_id, party_id, unit, quantity, project.proposal.rates.value(unit, quantity))
    if pledge_id in project.pledges:
        if project.pledges[pledge_id] != made:
            raise refused(
                "pledge_taken", f"pledge {pledge_id} exists with other content", f"认缴编号 {pledge_id} 已用于其他内容"
            )
        return take(project, now, by, ())
    require_open(project, now)
    party = require_party(project, party_id)
    if party.role is Role.PUBLIC:
        before = sum(p.quantity for p in project.live_pledges if p.party == party_id)
        if unit is not Unit.CASH or before + quantity > project.proposal.support:
            raise refused(
                "support",
                f"the public institute gives cash, in all at most {Money(project.proposal.support)} as asked",
                f"公共研究机构只以现金支持，合计不超过申请的 {Money(project.proposal.support)}",
            )
    else:
        _require_floor(project, made)
    return take(project, now, by, [e.Pledged(made)])


def withdraw(project: Project, pledge_id: str, now: datetime, *, by: str) -> Step:
    """Take a pledge back; possible until the terms' ``withdraw_until``.

    Raises
    ------
    StepRefused
        ``step.phase``, ``step.unknown``, ``step.withdrawn``, ``step.too_late``.
    """
    require_phase(project, Phase.CAMPAIGN, Phase.SECOND_ROUND)
    if pledge_id not in project.pledges:
        raise refused("unknown", f"there is no pledge {pledge_id}", f"没有认缴 {pledge_id}")
    if pledge_id in project.withdrawn:
        raise refused("withdrawn", f"pledge {pledge_id} was withdrawn before", f"认缴 {pledge_id} 已撤回")
    until = project.proposal.terms.withdraw_until
    if now >= until:
        raise refused("too_late", f"pledges could be withdrawn until {until}", f"撤回截止时间为 {until}")
    return take(project, now, by, [e.Withdrawn(pledge_id)])


def close_round(project: Project, now: datetime, *, by: str) -> Step:
    """Close the round whose deadline has passed: all or nothing.

    Reached means cash and value in kind both cover the budget and at least two parties contribute. After the first
    round of a project with two stages the second begins; after the second the project is funded for its optimum, or
    else for its minimum. If more cash was pledged than is needed, each pledge is taken in proportion.

    Raises
    ------
    StepRefused
        ``step.phase``, ``step.not_due``.
    """
    require_phase(project, Phase.CAMPAIGN, Phase.SECOND_ROUND)
    terms = project.proposal.terms
    first = project.phase is Phase.CAMPAIGN
    deadline = terms.deadline if first else terms.closes
    if now < deadline:
        raise refused("not_due", f"the round runs until {deadline}", f"本轮截止时间为 {deadline}")
    if not _reached(project, 1):
        return take(project, now, by, [e.Missed()])
    if first and terms.second_deadline is not None:
        return take(project, now, by, [e.SecondRoundOpened()])
    stage = 2 if not first and _reached(project, 2) else 1
    return take(project, now, by, [e.Funded(stage, _collect(project, stage))])


def sign(project: Project, party_id: str, sha256: str, now: datetime, *, by: str) -> Step:
    """Sign the contract; when the last party signs, the pledges are collected and work begins.

    Raises
    ------
    StepRefused
        ``step.phase``, ``step.not_a_party``, ``step.too_late``, ``step.signed``, or ``step.other_contract`` if the
        hash is not that of the contract as it stands.
    """
    require_phase(project, Phase.SIGNING)
    require_party(project, party_id)
    if now >= project.proposal.terms.sign_by:
        raise refused("too_late", "the time for signing is over", "签约期限已过")
    if party_id in project.signed:
        raise refused("signed", f"{party_id} has signed", f"{party_id} 已签署")
    if sha256 != contract(project).sha256:
        raise refused("other_contract", "this is not the contract as it stands", "所签文本与当前合同不一致")
    bodies: list[e.Body] = [e.Signed(party_id, sha256)]
    if project.signed | {party_id} == {party.id for party in project.proposal.parties}:
        bodies.append(e.Started(sha256))
    return take(project, now, by, bodies)


def lapse(project: Project, now: datetime, *, by: str) -> Step:
    """End the time for signing: leave out who joined and has not signed, or void all pledges.

    If all others have signed and reach the budget without them, the work begins on the contract that this gives; every
    one of those has agreed to it, for the contract says so, and pays no more than it pledged.

    Raises
    ------
    StepRefused
        ``step.phase``, ``step.not_due``.
    """
    require_phase(project, Phase.SIGNING)
    if now < project.proposal.terms.sign_by:
        raise refused("not_due", "there is still time to sign", "签约期限未到")
    missing = tuple(party.id for party in project.proposal.parties if party.id not in project.signed)
    if not project.joined.issuperset(missing):
        return take(project, now, by, [e.Lapsed()])
    left = replace(project, withdrawn=project.withdrawn | {p.id for p in project.live_pledges if p.party in missing})
    stage = next((stage for stage in range(project.stage, 0, -1) if _reached(left, stage)), 0)
    if not stage:
        return take(project, now, by, [e.Lapsed()])
    dropped = take(project, now, by, [e.Dropped(missing, stage, _collect(left, stage))])
    started = take(dropped.project, now, by, [e.Started(contract(dropped.project).sha256)])
    return Step(started.project, dropped.events + started.events, dropped.transfers + started.transfers)


def require_open(project: Project, now: datetime) -> None:
    """Refuse a step outside the time in which pledges are taken."""
    require_phase(project, Phase.CAMPAIGN, Phase.SECOND_ROUND)
    terms = project.proposal.terms
    if now < terms.opens:
        raise refused("not_open", f"the campaign opens at {terms.opens}", f"众筹自 {terms.opens} 开始")
    deadline = terms.deadline if project.phase is Phase.CAMPAIGN else terms.closes
    if now >= deadline:
        raise refused("after_deadline", f"the deadline was {deadline}", f"已过截止时间 {deadline}")


def _require_floor(project: Project, made: facts.Pledge) -> None:
    floors, needed = project.policy.floors, project.proposal
    if floors is None:
        return
    if sum(p.party == made.party for p in project.pledges.values()) >= floors.pledges:
        raise refused(
            "many_pledges",
            f"one party makes at most {floors.pledges} pledges in a project, withdrawn ones included",
            f"同一单位在一个项目中最多认缴{floors.pledges}次（含已撤回的）",
        )
    stage = 2 if project.phase is Phase.SECOND_ROUND else 1
    cash = made.unit is Unit.CASH
    goal, given = (
        (needed.cash(stage), project.pledged_cash) if cash else (needed.in_kind(stage), project.pledged_in_kind)
    )
    least = -(-(needed.cash() + needed.in_kind()) * floors.pledge_percent // 100)
    if made.value < least and not 0 < goal - given <= made.value:
        raise refused(
            "floor",
            f"a pledge must be worth at least {Money(int(least))} ({floors.pledge_percent} % of the minimum's cost),"
            " or close what is missing",
            f"每笔认缴折价不少于 {Money(int(least))}（最低总费用的{floors.pledge_percent}%），或正好补足缺口",
        )


def _reached(project: Project, stage: int) -> bool:
    needed = project.proposal
    enough = project.pledged_cash >= needed.cash(stage) and project.pledged_in_kind >= needed.in_kind(stage)
    return enough and len(project.contributors) >= 2


def _collect(project: Project, stage: int) -> tuple[facts.Collected, ...]:
    cash = [p for p in project.live_pledges if p.unit is Unit.CASH]
    amounts = split(project.proposal.cash(stage), [p.quantity for p in cash])
    return tuple(facts.Collected(p.id, p.party, amount) for p, amount in zip(cash, amounts, strict=True))
