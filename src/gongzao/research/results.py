"""Results, licences and income."""

from dataclasses import replace
from datetime import datetime, timedelta

from gongzao.kernel import Uscc
from gongzao.ledger import share_out
from gongzao.research import events as e
from gongzao.research import facts
from gongzao.research.model import Part, check_amount, check_id
from gongzao.research.state import Phase, Project
from gongzao.research.steps import Step, refused, require_party, require_phase, take

_ENDED = (Phase.COMPLETED, Phase.STOPPED)


def register_result(project: Project, result: facts.Result, now: datetime, *, by: str) -> Step:
    """Enter a result in the register.

    Raises
    ------
    StepRefused
        ``step.phase``, ``step.result_taken``.
    """
    require_phase(project, Phase.RUNNING, *_ENDED)
    if result.id in project.results:
        raise refused("result_taken", f"result {result.id} is registered", f"成果 {result.id} 已登记")
    return take(project, now, by, [e.Registered(result)])


def ask_licence(project: Project, request: facts.LicenceRequest, now: datetime, *, by: str) -> Step:
    """Ask for a licence; a member gets it at once, for an outsider the members' time of priority begins.

    ``request.priority_until`` is set here from the contract's ``priority_days``.

    Raises
    ------
    StepRefused
        ``step.phase``, ``step.unknown``, ``step.request_taken``, ``step.exclusive``; ``step.asked_before`` if the
        same licensee has the same request open.
    """
    require_phase(project, *_ENDED)
    _require_result(project, request.result)
    if request.id in project.requests:
        raise refused("request_taken", f"request {request.id} exists", f"许可申请 {request.id} 已存在")
    _require_free(project, request)
    for other in project.requests.values():
        same = (other.result, other.licensee, other.exclusive) == (request.result, request.licensee, request.exclusive)
        if same and (other.id not in project.granted or project.granted[other.id].licensee == request.licensee):
            raise refused(
                "asked_before",
                f"{request.name} has asked for this licence already: {other.id}",
                f"{request.name} 已申请过该成果的同类许可，申请号 {other.id}",
            )
    request = replace(request, priority_until=now + timedelta(days=project.proposal.priority_days))
    bodies: list[e.Body] = [e.LicenceAsked(request)]
    if project.proposal.party(request.licensee.code) is not None:
        bodies.append(e.LicenceGranted(request.id, request.licensee, claimed=False))
    return take(project, now, by, bodies)


def claim_licence(project: Project, request_id: str, party_id: str, now: datetime, *, by: str) -> Step:
    """Let a member take, on the same terms, the licence an outsider asked for.

    Raises
    ------
    StepRefused
        ``step.phase``, ``step.unknown``, ``step.granted``, ``step.not_a_party``, ``step.too_late``,
        ``step.exclusive``.
    """
    request = _open_request(project, request_id)
    party = require_party(project, party_id)
    if now >= request.priority_until:
        raise refused(
            "too_late", f"members had priority until {request.priority_until}", f"优先权截止于 {request.priority_until}"
        )
    return take(project, now, by, [e.LicenceGranted(request_id, party.uscc, claimed=True)])


def grant_licence(project: Project, request_id: str, now: datetime, *, by: str) -> Step:
    """Grant the licence to the outsider once the members' time of priority has passed.

    Raises
    ------
    StepRefused
        ``step.phase``, ``step.unknown``, ``step.granted``, ``step.priority``, ``step.exclusive``.
    """
    request = _open_request(project, request_id)
    if now < request.priority_until:
        raise refused(
            "priority",
            f"members have priority until {request.priority_until}",
            f"参与单位优先权至 {request.priority_until}",
        )
    return take(project, now, by, [e.LicenceGranted(request_id, request.licensee, claimed=False)])


def book_income(
    project: Project, income_id: str, result_id: str, payer: Uscc, amount: int, now: datetime, *, by: str
) -> Step:
    """Book income of a result [fen] and split it by the contract; the public institute's part goes to the fund.

    The split is cumulative: what each party has got in all stays within one fen of its exact share of all income.
    The same ``income_id`` with the same content again changes nothing.

    Raises
    ------
    StepRefused
        ``step.phase``, ``step.unknown``, ``step.income_taken``.
    """
    check_id("income.id", income_id)
    check_amount("income.amount", amount)
    before = project.income.get(income_id)
    if any(made.income == income_id for made in project.corrections):
        raise refused("income_taken", f"income {income_id} was corrected", f"收益 {income_id} 已更正")
    if before is not None:
        if (before.result, before.payer, before.amount) != (result_id, payer.code, amount):
            raise refused(
                "income_taken", f"income {income_id} exists with other content", f"收益编号 {income_id} 已用于其他内容"
            )
        return take(project, now, by, ())
    require_phase(project, *_ENDED)
    _require_result(project, result_id)
    # Amendments end with the work, and income begins after it, so these shares never change any more.
    shares = project.proposal.income
    parts = share_out(amount, [s.value for s in shares], [project.earned.get(s.party, 0) for s in shares])
    made = tuple(Part(s.party, part) for s, part in zip(shares, parts, strict=True))
    return take(project, now, by, [e.Earned(income_id, result_id, payer.code, amount, made)])


def correct_income(
    project: Project, correction_id: str, income_id: str, amount: int, reason: str, now: datetime, *, by: str
) -> Step:
    """Set income that was booked wrongly to its right amount [fen], 0 if there was none; the split is made anew.

    What each party has got in all is then its exact share of all income, rounded as a first booking would be. The
    same ``correction_id`` with the same content again changes nothing.

    Raises
    ------
    StepRefused
        ``step.phase``, ``step.unknown``, ``step.income_taken``, ``step.unchanged``, ``step.reason``.
    """
    if not reason.strip():
        raise refused("reason", "a correction needs a reason", "更正须说明理由")
    known = next((made for made in project.corrections if made.id == correction_id), None)
    if known is not None:
        if (known.income, known.amount, known.reason) != (income_id, amount, reason.strip()):
            raise refused(
                "income_taken",
                f"correction {correction_id} exists with other content",
                f"更正编号 {correction_id} 已用于其他内容",
            )
        return take(project, now, by, ())
    require_phase(project, *_ENDED)
    wrong = project.income.get(income_id)
    if wrong is None:
        raise refused("unknown", f"there is no income {income_id}", f"没有收益 {income_id}")
    if wrong.amount == amount:
        raise refused("unchanged", "the amount is the same", "金额没有变化")
    whole = sum(one.amount for one in project.income.values()) - wrong.amount + amount
    shares = project.proposal.income
    parts = share_out(whole, [s.value for s in shares], [0] * len(shares))
    earned = tuple(Part(s.party, part) for s, part in zip(shares, parts, strict=True))
    return take(project, now, by, [e.Corrected(correction_id, income_id, amount, reason.strip(), earned)])


def _require_result(project: Project, result_id: str) -> None:
    if result_id not in project.results:
        raise refused("unknown", f"there is no result {result_id}", f"没有成果 {result_id}")


def _require_free(project: Project, request: facts.LicenceRequest) -> None:
    """Refuse what an exclusive licence forbids: a second one beside it, and itself beside any other."""
    others = [project.requests[name] for name in project.granted]
    taken = [other for other in others if other.result == request.result]
    if taken and (request.exclusive or any(other.exclusive for other in taken)):
        raise refused(
            "exclusive",
            f"result {request.result} is licensed already",
            f"成果 {request.result} 已有许可，不能独占或再许可",
        )


def _open_request(project: Project, request_id: str) -> facts.LicenceRequest:
    require_phase(project, *_ENDED)
    request = project.requests.get(request_id)
    if request is None:
        raise refused("unknown", f"there is no request {request_id}", f"没有许可申请 {request_id}")
    if request_id in project.granted:
        raise refused("granted", f"request {request_id} was granted", f"许可申请 {request_id} 已办结")
    _require_free(project, request)
    return request
