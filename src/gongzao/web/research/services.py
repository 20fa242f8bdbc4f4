"""What can be done with a project: each step of the rules, stored. Nothing else writes a project's log.

Each function checks who may, takes the step that the rules allow, and stores its events and bookings in one
transaction. ``by=None`` is the platform itself. ``seen`` is the version of the project on the page that was filled in;
an older one is refused as stale. Every function may raise ``PermissionDenied``, and ``InvalidValue`` with the reason
of the rules (``StepRefused``) or of the ledger (``research.booking``); nothing is stored then.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from gongzao import research as rules
from gongzao.kernel import Uscc
from gongzao.research import Project as ProjectValue
from gongzao.research import Step
from gongzao.web.accounts.models import User
from gongzao.web.clusters.models import Enterprise
from gongzao.web.research import experts, store
from gongzao.web.research.models import Expert, Project
from gongzao.web.research.rights import acts_for, organises, require_member, require_organiser


def _actor(by: User | None) -> str:
    return f"user:{by.pk}" if by else "platform"


def _do(project: Project, seen: int | None, by: User | None, step: Callable[[ProjectValue, str], Step]) -> ProjectValue:
    """Take a step on the project as it is now, and store it."""
    with transaction.atomic():
        value = store.read_locked(project.pk)
        if seen is not None:
            rules.require_version(value, seen)
        taken = step(value, _actor(by))
        store.write(taken, by)
    return taken.project


def ask_join(project: Project, firm: Enterprise, role: rules.Role, now: datetime, *, by: User | None) -> ProjectValue:
    """Ask, for a firm, to take part as contributor."""
    require_member(by, firm.uscc)
    in_cluster = firm.memberships.filter(cluster=project.cluster_id).exists()
    party = rules.Party(Uscc(firm.uscc), firm.name, role, in_cluster=in_cluster)
    return _do(project, None, by, lambda value, actor: rules.ask_join(value, party, now, by=actor))


def sides_of(by: User | None, project: Project, value: ProjectValue) -> tuple[rules.Side, ...]:
    """Return for which sides somebody may agree that an organisation joins: the lead's members, the organisers."""
    lead = value.proposal.lead
    speaks = by is None or (lead is not None and acts_for(by, lead.id))
    found = ((rules.Side.LEAD, speaks), (rules.Side.ORGANISER, by is None or organises(by, project.cluster)))
    return tuple(side for side, may in found if may)


def _for_side(
    project: Project, side: rules.Side, by: User | None, step: Callable[[ProjectValue, str], Step]
) -> ProjectValue:
    def checked(value: ProjectValue, actor: str) -> Step:
        if side not in sides_of(by, project, value):
            raise PermissionDenied
        return step(value, actor)

    return _do(project, None, by, checked)


def back_join(project: Project, party: str, side: rules.Side, now: datetime, *, by: User | None) -> ProjectValue:
    """Agree, for the lead or as organiser, that an organisation joins; with both it is a party."""
    return _for_side(project, side, by, lambda value, actor: rules.back_join(value, party, side, now, by=actor))


def refuse_join(
    project: Project, party: str, side: rules.Side, reason: str, now: datetime, *, by: User | None
) -> ProjectValue:
    """Refuse an organisation that asked to join, for the lead or as organiser."""
    return _for_side(
        project, side, by, lambda value, actor: rules.refuse_join(value, party, side, reason, now, by=actor)
    )


def pledge(
    project: Project,
    pledge_id: str,
    party: str,
    unit: rules.Unit,
    quantity: int,
    now: datetime,
    *,
    by: User | None,
) -> ProjectValue:
    """Pledge cash [fen] or a contribution in kind [hundredths of the unit].

    The same ``pledge_id`` with the same content again changes nothing, so a double click is harmless.
    """
    require_member(by, party)
    return _do(
        project, None, by, lambda value, actor: rules.pledge(value, pledge_id, party, unit, quantity, now, by=actor)
    )


def withdraw(project: Project, pledge_id: str, now: datetime, *, by: User | None) -> ProjectValue:
    """Take a pledge back."""

    def step(value: ProjectValue, actor: str) -> Step:
        made = value.pledges.get(pledge_id)
        if made is not None:
            require_member(by, made.party)
        return rules.withdraw(value, pledge_id, now, by=actor)

    return _do(project, None, by, step)


def close_round(project: Project, now: datetime, *, by: User | None, seen: int | None = None) -> ProjectValue:
    """Close the round whose deadline has passed: all or nothing."""
    require_organiser(by, project.cluster)
    return _do(project, seen, by, lambda value, actor: rules.close_round(value, now, by=actor))


def sign(project: Project, party: str, sha256: str, now: datetime, *, by: User | None) -> ProjectValue:
    """Sign the contract with this hash; with the last signature the pledges are collected."""
    require_member(by, party)
    return _do(project, None, by, lambda value, actor: rules.sign(value, party, sha256, now, by=actor))


def lapse(project: Project, now: datetime, *, by: User | None, seen: int | None = None) -> ProjectValue:
    """Void all pledges of a project that was not signed in time."""
    require_organiser(by, project.cluster)
    return _do(project, seen, by, lambda value, actor: rules.lapse(value, now, by=actor))


def submit_milestone(
    project: Project,
    milestone: str,
    party: str,
    evidence: Sequence[rules.Evidence],
    deliveries: Sequence[rules.Delivery],
    now: datetime,
    *,
    by: User | None,
    seen: int | None = None,
) -> ProjectValue:
    """Hand in the next milestone; the files of ``evidence`` must be stored.

    With it is fixed who may review it, as the register is now, if enough are free of interests.
    """
    require_member(by, party)
    with transaction.atomic():
        value = _do(
            project,
            seen,
            by,
            lambda value, actor: rules.submit(value, milestone, party, evidence, deliveries, now, by=actor),
        )
        known = experts.candidates(project.cluster)
        if len(rules.free_experts(value, known)) < value.proposal.reviewers:
            return value
        return _do(project, None, None, lambda value, actor: rules.fix_pool(value, known, now, by=actor))


def fix_pool(project: Project, now: datetime, *, by: User | None, seen: int | None = None) -> ProjectValue:
    """Fix who may review the milestone under review, where too few could when it was handed in."""
    require_organiser(by, project.cluster)
    known = experts.candidates(project.cluster)
    return _do(project, seen, by, lambda value, actor: rules.fix_pool(value, known, now, by=actor))


def draw_reviewers(
    project: Project, seed: str, now: datetime, *, by: User | None, seen: int | None = None
) -> ProjectValue:
    """Draw the reviewers from the fixed pool; :mod:`.draws` knows the seed."""
    require_organiser(by, project.cluster)
    return _do(project, seen, by, lambda value, actor: rules.draw_reviewers(value, seed, now, by=actor))


def review(
    project: Project, expert: Expert, verdict: rules.Verdict, reason: str, now: datetime, *, by: User | None
) -> ProjectValue:
    """Give the verdict of an expert; with the last one the milestone is decided."""
    if by is not None and expert.user_id != by.pk:
        raise PermissionDenied
    return _do(project, None, by, lambda value, actor: rules.review(value, expert.code, verdict, reason, now, by=actor))


def propose(
    project: Project, party: str, motion: rules.Motion, now: datetime, *, by: User | None, seen: int | None = None
) -> ProjectValue:
    """Put an amendment, or a stop, to the vote."""
    require_member(by, party)
    return _do(project, seen, by, lambda value, actor: rules.propose(value, party, motion, now, by=actor))


def vote(project: Project, motion_id: str, party: str, yes: bool, now: datetime, *, by: User | None) -> ProjectValue:
    """Vote on the open motion."""
    require_member(by, party)
    return _do(project, None, by, lambda value, actor: rules.vote(value, motion_id, party, yes, now, by=actor))


def register_result(
    project: Project, party: str, result: rules.Result, now: datetime, *, by: User | None
) -> ProjectValue:
    """Enter a result in the register, on behalf of a party."""
    require_member(by, party)

    def step(value: ProjectValue, actor: str) -> Step:
        rules.require_worker(value, party)
        return rules.register_result(value, result, now, by=actor)

    return _do(project, None, by, step)


def ask_licence(project: Project, request: rules.LicenceRequest, now: datetime, *, by: User | None) -> ProjectValue:
    """Ask for a licence of a result on behalf of the licensee."""
    require_member(by, request.licensee.code)
    return _do(project, None, by, lambda value, actor: rules.ask_licence(value, request, now, by=actor))


def claim_licence(project: Project, request_id: str, party: str, now: datetime, *, by: User | None) -> ProjectValue:
    """Let a member take the licence an outsider asked for."""
    require_member(by, party)
    return _do(project, None, by, lambda value, actor: rules.claim_licence(value, request_id, party, now, by=actor))


def grant_licence(project: Project, request_id: str, now: datetime, *, by: User | None) -> ProjectValue:
    """Grant the licence to the outsider once the members' time of priority has passed."""
    require_organiser(by, project.cluster)
    return _do(project, None, by, lambda value, actor: rules.grant_licence(value, request_id, now, by=actor))


def book_income(
    project: Project, income_id: str, result: str, payer: Uscc, amount: int, now: datetime, *, by: User | None
) -> ProjectValue:
    """Book income of a result [fen] that has come to the supervised account, and split it by the contract."""
    require_organiser(by, project.cluster)
    return _do(
        project,
        None,
        by,
        lambda value, actor: rules.book_income(value, income_id, result, payer, amount, now, by=actor),
    )


def correct_income(
    project: Project, correction_id: str, income_id: str, amount: int, reason: str, now: datetime, *, by: User | None
) -> ProjectValue:
    """Set income that was booked wrongly to its right amount [fen], with the reason; the split is made anew."""
    require_organiser(by, project.cluster)
    return _do(
        project,
        None,
        by,
        lambda value, actor: rules.correct_income(value, correction_id, income_id, amount, reason, now, by=actor),
    )
