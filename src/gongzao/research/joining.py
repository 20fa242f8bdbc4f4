"""Taking part from outside: asked for, agreed to by the consortium's lead and by the organiser, or refused."""

from datetime import datetime

from gongzao.research import events as e
from gongzao.research import facts
from gongzao.research.campaign import require_open
from gongzao.research.model import Party, Role
from gongzao.research.state import Project
from gongzao.research.steps import Step, refused, take


def ask_join(project: Project, party: Party, now: datetime, *, by: str) -> Step:
    """Ask to take part as contributor while the campaign runs; it gives no right yet.

    Raises
    ------
    StepRefused
        ``step.same_uscc`` if it takes part already, under whatever name; ``step.public``, ``step.asked``,
        ``step.join_refused``, ``step.not_open``, ``step.after_deadline``, ``step.phase``.
    """
    require_open(project, now)
    known = project.proposal.party(party.id)
    if known is not None:
        raise refused(
            "same_uscc",
            f"{party.id} takes part already as {known.name}",
            f"统一社会信用代码 {party.id} 已以“{known.name}”参加",
        )
    if party.role is Role.PUBLIC or party.applicant:
        raise refused("public", "only a contributor can join", "只能以出资参与方身份加入")
    if party.id in project.asking:
        raise refused("asked", f"{party.id} has asked already", f"{party.id} 已提出加入申请，等待同意")
    if party.id in project.turned_away:
        raise refused("join_refused", f"{party.id} was refused", f"{party.id} 的加入申请已被拒绝")
    return take(project, now, by, [e.JoinAsked(party)])


def back_join(project: Project, party_id: str, side: facts.Side, now: datetime, *, by: str) -> Step:
    """Agree, for one side, that an organisation takes part; with both sides' consent it is a party.

    Raises
    ------
    StepRefused
        ``step.unknown``, ``step.backed``, ``step.not_open``, ``step.after_deadline``, ``step.phase``.
    """
    require_open(project, now)
    party, agreed = _asked(project, party_id), project.backed[party_id]
    if side in agreed:
        raise refused("backed", f"the {side} has agreed already", "本方已经同意")
    bodies: list[e.Body] = [e.JoinBacked(party_id, side)]
    if agreed | {side} == set(facts.Side):
        bodies.append(e.Joined(party))
    return take(project, now, by, bodies)


def refuse_join(project: Project, party_id: str, side: facts.Side, reason: str, now: datetime, *, by: str) -> Step:
    """Refuse an organisation, for one side, with the reason.

    Raises
    ------
    StepRefused
        ``step.unknown``, ``step.reason``, ``step.phase``.
    """
    require_open(project, now)
    _asked(project, party_id)
    if not reason.strip():
        raise refused("reason", "a refusal needs a reason", "拒绝须说明理由")
    return take(project, now, by, [e.JoinRefused(party_id, side, reason.strip())])


def _asked(project: Project, party_id: str) -> Party:
    party = project.asking.get(party_id)
    if party is None:
        raise refused("unknown", f"{party_id} has not asked to join", f"{party_id} 没有待处理的加入申请")
    return party
