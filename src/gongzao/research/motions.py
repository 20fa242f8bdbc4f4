"""Changes of a signed contract, and the vote to stop."""

from datetime import datetime
from decimal import Decimal

from gongzao.research import events as e
from gongzao.research import facts
from gongzao.research.contract import contract
from gongzao.research.errors import ProposalRefused, StepRefused
from gongzao.research.execution import settlement
from gongzao.research.model import Proposal, VoteBy
from gongzao.research.proposal import faults
from gongzao.research.state import Phase, Project
from gongzao.research.steps import Step, refused, require_party, require_phase, take


def electorate(project: Project, motion: facts.Motion) -> dict[str, int]:
    """Return the votes by party: of all parties for an amendment, of the contributors for a stop.

    Who joined during the campaign has a vote from the part of all contributions on that the policy asks for.
    """
    rule = project.proposal.stopping if motion.proposal is None else project.proposal.amending
    parties = project.contributors if motion.proposal is None else tuple(p.id for p in project.proposal.parties)
    parties = tuple(party for party in parties if _has_voice(project, party))
    weights = {party: 1 if rule.by is VoteBy.HEADS else project.contributed(party) for party in parties}
    return {party: weight for party, weight in weights.items() if weight}


def _has_voice(project: Project, party: str) -> bool:
    floors = project.policy.floors
    if floors is None or party not in project.joined:
        return True
    whole = sum(project.contributed(p.id) for p in project.proposal.parties)
    return project.contributed(party) * 100 >= whole * floors.vote_percent


def propose(
    project: Project,
    party_id: str,
    motion: facts.Motion,
    now: datetime,
    *,
    by: str,
) -> Step:
    """Put a motion to the vote; one at a time.

    An amendment may change what is still to be done: tasks, milestones not yet accepted or under review (their
    amounts adding up to the same), period, ownership, income, risk, priority and consent. Parties, money and the
    campaign stay; so does the risk while a contributor has no vote.

    Raises
    ------
    ProposalRefused
        If the amended proposal has faults under the policy version of the project.
    StepRefused
        ``step.phase``, ``step.no_vote``, ``step.motion_open``, ``step.unchangeable``.
    """
    require_phase(project, Phase.RUNNING)
    require_party(project, party_id)
    if project.motion is not None:
        raise refused("motion_open", f"motion {project.motion.id} is open", f"动议 {project.motion.id} 尚在表决")
    if party_id not in electorate(project, motion):
        raise refused("no_vote", f"{party_id} has no vote on this", f"{party_id} 对此无表决权")
    if motion.proposal is not None:
        _check_amendment(project, motion.proposal)
        found = faults(motion.proposal, project.policy, project.exemption)
        if found:
            raise ProposalRefused(found)
    return take(project, now, by, [e.MotionMade(party_id, motion)])


def vote(project: Project, motion_id: str, party_id: str, yes: bool, now: datetime, *, by: str) -> Step:
    """Vote on the open motion; it is carried, or lost, as soon as the votes say so.

    Raises
    ------
    StepRefused
        ``step.phase``, ``step.no_motion``, ``step.no_vote``, ``step.voted``.
    """
    require_phase(project, Phase.RUNNING)
    motion = project.motion
    if motion is None or motion.id != motion_id:
        raise refused("no_motion", f"motion {motion_id} is not open", f"动议 {motion_id} 不在表决中")
    weights = electorate(project, motion)
    if party_id not in weights:
        raise refused("no_vote", f"{party_id} has no vote on this", f"{party_id} 对此无表决权")
    if party_id in project.votes:
        raise refused("voted", f"{party_id} has voted", f"{party_id} 已表决")
    votes = {**project.votes, party_id: yes}
    rule = project.proposal.stopping if motion.proposal is None else project.proposal.amending
    total = sum(weights.values())
    agreed = sum(weights[party] for party, vote in votes.items() if vote)
    against = sum(weights[party] for party, vote in votes.items() if not vote)
    bodies: list[e.Body] = [e.Voted(motion_id, party_id, yes)]
    if _enough(agreed, total, rule.percent):
        bodies.append(_carried(project, motion))
    elif not _enough(total - against, total, rule.percent):
        bodies.append(e.MotionLost(motion_id))
    return take(project, now, by, bodies)


def _enough(votes: int, total: int, percent: Decimal) -> bool:
    return votes * 100 >= total * percent


def _carried(project: Project, motion: facts.Motion) -> e.Body:
    if motion.proposal is None:
        return settlement(project, motion.reason)
    try:
        _check_amendment(project, motion.proposal)
    except StepRefused:  # a milestone was handed in or accepted while the vote ran
        return e.MotionLost(motion.id)
    return e.Amended(motion.id, motion.proposal, contract(project, motion.proposal).sha256)


def _check_amendment(project: Project, new: Proposal) -> None:
    old = project.proposal
    fixed = len(project.accepted) + (project.submission is not None)
    same = (old.id, old.parties, old.budget, old.terms, old.rates, old.support) == (
        new.id,
        new.parties,
        new.budget,
        new.terms,
        new.rates,
        new.support,
    )
    if not same or old.milestones[:fixed] != new.milestones[:fixed]:
        raise refused(
            "unchangeable",
            "an amendment leaves parties, budget, campaign and milestones accepted or under review as they are",
            "合同变更不得改动参与单位、预算、众筹条款及已验收或评审中的里程碑",
        )
    if old.losses != new.losses and not all(_has_voice(project, party) for party in project.contributors):
        raise refused(
            "voiceless",
            "the risk stays as it is while a contributor has no vote on it",
            "有出资单位没有表决权时，风险分担不得变更",
        )
