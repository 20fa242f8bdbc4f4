"""What can be done with drafts of proposals and amendments; the only place that writes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.db import transaction

from gongzao import research as rules
from gongzao.kernel import InvalidValue
from gongzao.research import Exemption, Proposal
from gongzao.web.accounts.models import User
from gongzao.web.clusters.models import Enterprise
from gongzao.web.research import proposal_form, services, store
from gongzao.web.research.models import Draft, Project, Topic
from gongzao.web.research.policies import policies
from gongzao.web.research.proposal_form import Fault
from gongzao.web.research.rights import acts_for, organises, require_member, require_organiser

OPEN = (Draft.State.WRITING, Draft.State.SUBMITTED, Draft.State.RETURNED)
LIMITS = ("proposal.support_share", "proposal.support_limit")
AMENDABLE = ("basics", "tasks", "milestones", "sharing")
"""The sections that an amendment may change."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The proposal that a draft makes, if it can be read at all, and everything that is wrong with it."""

    proposal: Proposal | None
    faults: tuple[Fault, ...]


def may_write(by: User | None, draft: Draft) -> bool:
    """Whether somebody may change a draft as it stands."""
    return draft.state in (Draft.State.WRITING, Draft.State.RETURNED) and (by is None or acts_for(by, draft.lead.uscc))


def start(topic: Topic, lead: Enterprise, now: datetime, *, by: User | None) -> Draft:
    """Begin a proposal that answers a topic of an open call.

    Raises
    ------
    InvalidValue
        ``research.closed`` if no call for the topic is open, ``research.second_draft`` if the firm has an open draft
        for the same topic.
    """
    require_member(by, lead.uscc)
    if topic.call is None or not topic.call.opens <= now < topic.call.closes:
        raise InvalidValue("research.closed", en="no call for this topic is open", zh="该题目没有开放的征集")
    with transaction.atomic():
        Topic.objects.select_for_update().get(pk=topic.pk)
        if Draft.objects.filter(topic=topic, lead=lead, state__in=OPEN, amends__isnull=True).exists():
            raise InvalidValue(
                "research.second_draft",
                en=f"{lead} has an open proposal for this topic",
                zh=f"{lead} 对该题目已有一份未办结的建议书，同一单位不能重复申报",
            )
        data = {"parties": {"rows": {"parties": [_lead_row(lead)]}}}
        draft = Draft.objects.create(
            slug=f"{topic.slug[:20]}-{uuid4().hex[:8]}",
            topic=topic,
            lead=lead,
            data=data,
            changed_by=by,
            changed_at=now,
        )
        draft.members.set([lead])
    return draft


def _lead_row(lead: Enterprise) -> dict[str, str]:
    return {"uscc": lead.uscc, "name": lead.name, "role": rules.Role.FIRM.value, "applicant": "on"}


def amend(project: Project, lead: Enterprise, now: datetime, *, by: User | None) -> Draft:
    """Begin an amendment of a contract in force, or return the one that the party is writing."""
    require_member(by, lead.uscc)
    value = store.read(project.pk)
    rules.require_party(value, lead.uscc)
    known = Draft.objects.filter(amends=project, lead=lead, state__in=OPEN).first()
    if known is not None:
        return known
    with transaction.atomic():
        draft = Draft.objects.create(
            slug=f"{project.pk[:20]}-a{uuid4().hex[:8]}",
            topic=project.topic,
            lead=lead,
            amends=project,
            title=value.proposal.title[:120],
            data=proposal_form.from_proposal(value.proposal),
            changed_by=by,
            changed_at=now,
        )
        draft.members.set([party.enterprise for party in project.parties.select_related("enterprise")])
    return draft


def save_section(
    draft: Draft, section: str, content: Mapping[str, Any], seen: int, now: datetime, *, by: User | None
) -> Draft:
    """Keep a section as it was typed, faults and all.

    Raises
    ------
    InvalidValue
        ``research.stale`` if the draft has changed since the form was shown.
    """
    with transaction.atomic():
        row = Draft.objects.select_for_update().select_related("lead").get(pk=draft.pk)
        if not may_write(by, row) or (row.amends_id and section not in AMENDABLE):
            raise PermissionDenied
        if row.version != seen:
            raise _stale()
        row.data = {**row.data, section: content}
        row.title = str(row.data.get("basics", {}).get("fields", {}).get("title", ""))[:120]
        _touch(row, now, by)
        if section == "parties":
            codes = [party.get("uscc", "").strip().upper() for party in content.get("rows", {}).get("parties", [])]
            row.members.set([row.lead, *Enterprise.objects.filter(uscc__in=codes)])
    return row


def _stale() -> InvalidValue:
    return InvalidValue(
        "research.stale",
        en="the draft has changed since this page was shown; look again",
        zh="页面已过期，建议书有新改动，请刷新后重试",
    )


def _touch(row: Draft, now: datetime, by: User | None) -> None:
    row.version += 1
    row.changed_at, row.changed_by = now, by
    row.save()


def checked(draft: Draft, now: datetime, exemption: Exemption | None = None) -> Checked:
    """Return the proposal that a draft makes, and what is wrong with it under the policy in force today."""
    codes = [
        party.get("uscc", "").strip().upper()
        for party in draft.data.get("parties", {}).get("rows", {}).get("parties", [])
    ]
    cluster = draft.topic.cluster
    inside = set(cluster.enterprises.filter(uscc__in=codes).values_list("uscc", flat=True))
    known = {firm.uscc: (firm.name, firm.uscc in inside) for firm in Enterprise.objects.filter(uscc__in=codes)}
    slug = draft.amends_id or draft.slug
    proposal, faults = proposal_form.build(slug, draft.topic.slug, draft.data, known)
    if proposal is None:
        return Checked(None, tuple(faults))
    if draft.amends is not None:
        value = store.read(draft.amends.pk)
        found = rules.faults(proposal, value.policy, value.exemption)
    else:
        found = rules.faults(proposal, policies()[_policy(draft)].on(now.date()), exemption)
    return Checked(proposal, tuple(Fault("", "", fault.en, fault.zh, code=fault.code) for fault in found))


def _policy(draft: Draft) -> str:
    call = draft.topic.call
    if call is None:
        raise InvalidValue("research.closed", en="no call for this topic", zh="该题目没有征集")
    return call.policy


def submit(draft: Draft, seen: int, now: datetime, *, by: User | None) -> Draft:
    """Hand a proposal without faults to the organiser.

    A proposal whose only faults are limits of public support can be handed in: the organiser decides on an exemption.

    Raises
    ------
    InvalidValue
        ``research.stale``, ``research.faults``.
    """
    if draft.amends_id is not None or not may_write(by, draft):
        raise PermissionDenied
    with transaction.atomic():
        row = _locked(draft, seen)
        found = checked(row, now)
        if found.proposal is None or any(fault.code not in LIMITS for fault in found.faults):
            raise InvalidValue("research.faults", en="the proposal still has faults", zh="建议书仍有待改正之处")
        row.state = Draft.State.SUBMITTED
        _touch(row, now, by)
    return row


def _locked(draft: Draft, seen: int) -> Draft:
    row = Draft.objects.select_for_update().get(pk=draft.pk)
    if row.version != seen:
        raise _stale()
    return row


def decide(draft: Draft, state: Draft.State, reply: str, seen: int, now: datetime, *, by: User | None) -> Draft:
    """Return a submitted proposal for changes, or decline it; with a reply.

    Raises
    ------
    InvalidValue
        ``research.stale``, ``research.reply``.
    """
    require_organiser(by, draft.topic.cluster)
    if not reply.strip():
        raise InvalidValue("research.reply", en="a reply is needed", zh="请写明答复")
    with transaction.atomic():
        row = _locked(draft, seen)
        if row.state != Draft.State.SUBMITTED:
            raise PermissionDenied
        row.state, row.reply = state, reply
        _touch(row, now, by)
    return row


def open_project(
    draft: Draft, seen: int, now: datetime, *, by: User | None, exemption: Exemption | None = None
) -> Project:
    """Put a submitted proposal into its campaign, under the policy in force today.

    Raises
    ------
    InvalidValue
        ``research.stale``, and ``ProposalRefused`` with every fault.
    """
    require_organiser(by, draft.topic.cluster)
    with transaction.atomic():
        row = _locked(draft, seen)
        if row.state != Draft.State.SUBMITTED:
            raise PermissionDenied
        found = checked(row, now, exemption)
        if found.proposal is None:
            raise InvalidValue("research.faults", en="the proposal still has faults", zh="建议书仍有待改正之处")
        actor = f"user:{by.pk}" if by else "platform"
        policy = policies()[_policy(row)]
        step = rules.open_project(found.proposal, policy, now, by=actor, exemption=exemption)
        project = store.create(step, row.topic, synthetic=row.topic.cluster.synthetic, by=by)
        row.state = Draft.State.OPENED
        _touch(row, now, by)
    return project


def put_to_vote(draft: Draft, reason: str, seen: int, now: datetime, *, by: User | None) -> None:
    """Put an amendment to the vote of all parties.

    Raises
    ------
    InvalidValue
        ``research.stale``, ``research.faults``; ``ProposalRefused`` and ``StepRefused`` of the rules.
    """
    if draft.amends is None or not may_write(by, draft):
        raise PermissionDenied
    with transaction.atomic():
        row = _locked(draft, seen)
        found = checked(row, now)
        if found.proposal is None:
            raise InvalidValue("research.faults", en="the amendment still has faults", zh="变更稿仍有待改正之处")
        motion = rules.Motion(f"a{row.pk}-{row.version}", reason, found.proposal)
        services.propose(draft.amends, row.lead.uscc, motion, now, by=by)
        row.state = Draft.State.SUBMITTED
        _touch(row, now, by)


def may_decide(by: User, draft: Draft) -> bool:
    """Whether somebody may decide on a submitted proposal."""
    waiting = draft.state == Draft.State.SUBMITTED and draft.amends_id is None
    return waiting and organises(by, draft.topic.cluster)
