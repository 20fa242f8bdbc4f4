"""Drafts of proposals and of amendments: written in sections, handed in, decided on.

``by=None`` is the platform itself. ``seen`` is the version of the draft on the page that was filled in; an older one is
refused as stale. Each function may raise ``PermissionDenied``, and ``InvalidValue`` with the reason; nothing is stored
then.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.timezone import localdate, localtime

from gongzao import research as rules
from gongzao.kernel import InvalidValue
from gongzao.research import Exemption, Phase, Proposal, ProposalRefused
from gongzao.web.accounts.models import User
from gongzao.web.clusters.models import Enterprise, Membership
from gongzao.web.research import amendments, consents, policies, services, store
from gongzao.web.research.calls import mint
from gongzao.web.research.models import MAX_NAME, Draft, DraftReply, Project, Topic
from gongzao.web.research.proposal_faults import check
from gongzao.web.research.proposal_form import from_proposal
from gongzao.web.research.proposal_reader import Fault, Reading, Registered, codes, read
from gongzao.web.research.rights import acts_for, require_member, require_organiser
from gongzao.web.research.sections import CAMPAIGN, Typed

State = Draft.State
WRITABLE = (State.WRITING, State.RETURNED)
LIMITS = ("proposal.support_share", "proposal.support_limit")
"""Faults that a recorded decision can lift, so that they do not keep a proposal from being handed in."""
OPEN = (State.WRITING, State.SUBMITTED, State.RETURNED)


def _refused(rule: str, en: str, zh: str) -> InvalidValue:
    return InvalidValue(f"draft.{rule}", en=en, zh=zh)


def may_write(visitor: Any, draft: Draft) -> bool:
    """Whether a visitor may change a draft now: the lead's members, until it is handed in."""
    return draft.state in WRITABLE and acts_for(visitor, draft.lead.uscc)


def locked(draft: Draft) -> tuple[str, ...]:
    """Return the sections that cannot be changed: of an amendment, those of the campaign."""
    return CAMPAIGN if draft.amends_id else ()


def registry(draft: Draft, data: Typed) -> dict[str, Registered]:
    """Return what the registry says of the parties typed; the name only of those that agreed to take part."""
    firms = Enterprise.objects.filter(uscc__in=codes(data))
    topic, agreed = draft.topic, {draft.lead_id, *draft.members.values_list("pk", flat=True)}
    inside = set(
        Membership.objects.filter(cluster=topic.cluster_id, enterprise__in=firms).values_list("enterprise", flat=True)
    )
    return {firm.uscc: Registered(firm.name if firm.pk in agreed else firm.uscc, firm.pk in inside) for firm in firms}


def proposal_of(
    draft: Draft, now: datetime, data: Typed | None = None, exemption: Exemption | None = None
) -> tuple[Proposal, tuple[Fault, ...]]:
    """Return the proposal of a draft, or of what was typed instead, and everything that is wrong with it."""
    data = draft.data if data is None else data
    topic = draft.topic
    if draft.amends is not None:
        return amendments.proposal_of(draft.amends, topic, data, registry(draft, data))
    reading = read(data, draft.slug, topic.slug, registry(draft, data))
    if topic.call is None:
        return reading.proposal, reading.faults
    try:
        policy, version = policies.in_force(topic.call, localdate(now))
    except InvalidValue as error:
        return reading.proposal, (*reading.faults, Fault("basics", error.code, error.en, error.zh))
    found = check(reading, version, (policy.name_en, policy.name_zh), exemption)
    return reading.proposal, (*found, *_past(reading, now))


def _past(reading: Reading, now: datetime) -> Iterator[Fault]:
    """Yield a fault if the campaign would be over before it begins."""
    unread = any(fault.section == "terms" for fault in reading.faults)
    if not unread and reading.proposal.terms.deadline <= now:
        en, zh = "the deadline has passed: set a later one", "认缴截止时间已过，请改为以后的时间"
        yield Fault("terms", "draft.past", en, zh, field="deadline")


def start(topic: Topic, lead: Enterprise, now: datetime, *, by: User | None, data: Typed | None = None) -> Draft:
    """Begin a proposal on a topic of an open call; ``data`` as :func:`from_proposal` gives it.

    Raises
    ------
    InvalidValue
        ``draft.closed``; ``draft.second`` if the same lead has an open draft on the topic.
    """
    require_member(by, lead.uscc)
    _require_call(topic, now)
    with transaction.atomic():
        Topic.objects.select_for_update().get(pk=topic.pk)
        before = Draft.objects.filter(topic=topic, lead=lead, amends__isnull=True, state__in=OPEN).first()
        if before is not None:
            raise _refused(
                "second",
                f"{lead} ({lead.uscc}) has an open proposal on this topic: {before}; go on with that one",
                f"{lead}（{lead.uscc}）对本题目已有未结束的建议书“{before}”，请在原建议书上继续",
            )
        first = {"parties": [{"uscc": lead.uscc, "role": "firm", "applicant": "yes"}]}
        return _create(mint("p", now), topic, lead, data or first, now, by)


def _require_call(topic: Topic, now: datetime) -> None:
    call = topic.call
    if call is None or not call.opens <= now < call.closes:
        raise _refused("closed", "the call takes no proposals now", "本征集目前不受理建议书（未开始或已截止）")


def _create(
    slug: str,
    topic: Topic,
    lead: Enterprise,
    data: Typed,
    now: datetime,
    by: User | None,
    amends: Project | None = None,
) -> Draft:
    made = Draft(slug=slug, topic=topic, lead=lead, amends=amends, changed_by=by, changed_at=now)
    _keep(made, data)
    made.save()
    made.members.set([lead] if amends is None else Enterprise.objects.filter(uscc__in=codes(data)))
    return made


def _keep(draft: Draft, data: Typed) -> None:
    draft.data = dict(data)
    draft.title = str(draft.data.get("basics", {}).get("title", ""))[:MAX_NAME]


@contextmanager
def _changing(draft: Draft, seen: int, now: datetime, by: User | None) -> Iterator[Draft]:
    """Hand out the draft as it is now, locked; store it with the next version at the end."""
    with transaction.atomic():
        row = (
            Draft.objects.select_for_update(of=("self",))
            .select_related("topic__call", "topic__cluster", "lead", "amends")
            .get(pk=draft.pk)
        )
        if row.version != seen:
            raise _refused(
                "stale",
                f"somebody changed the draft meanwhile (version {row.version}, your page shows {seen}); load it again",
                f"建议书已被他人修改（现为第{row.version}版，您打开的是第{seen}版），请刷新后再填",
            )
        yield row
        row.version, row.changed_by, row.changed_at = row.version + 1, by, now
        row.save()


def _require_state(draft: Draft, *states: str) -> None:
    if draft.state not in states:
        raise _refused(
            "state",
            f"this cannot be done now: the draft is {draft.state}",
            f"建议书目前为“{State(draft.state).label}”，不能进行此操作",
        )


def save(draft: Draft, changes: Mapping[str, Any], seen: int, now: datetime, *, by: User | None) -> Draft:
    """Keep what was typed into some sections, right or wrong.

    Raises
    ------
    InvalidValue
        ``draft.stale``, ``draft.state``; ``draft.locked`` if an amendment would touch what it has to leave alone.
    """
    require_member(by, draft.lead.uscc)
    with _changing(draft, seen, now, by) as row:
        _require_state(row, *WRITABLE)
        if row.amends is not None:
            amendments.require_unlocked(row.amends, row.data, changes)
        _keep(row, {**row.data, **changes})
    return row


def submit(draft: Draft, seen: int, now: datetime, *, by: User | None) -> Draft:
    """Hand a proposal in.

    Raises
    ------
    ProposalRefused
        With every fault.
    """
    require_member(by, draft.lead.uscc)
    with _changing(draft, seen, now, by) as row:
        _require_state(row, *WRITABLE)
        if row.amends is not None:
            raise PermissionDenied
        _require_call(row.topic, now)
        _require_faultless(tuple(fault for fault in proposal_of(row, now)[1] if fault.code not in LIMITS))
        row.state, row.reply = State.SUBMITTED, ""
        consents.ask(row)
    return row


def _require_faultless(faults: tuple[Fault, ...]) -> None:
    if faults:
        raise ProposalRefused(rules.InvalidProposal(fault.code, en=fault.en, zh=fault.zh) for fault in faults)


def decide(draft: Draft, state: Draft.State, reply: str, seen: int, now: datetime, *, by: User | None) -> Draft:
    """Return a proposal to its lead (``RETURNED``) or decline it (``DECLINED``), with the reason.

    Raises
    ------
    InvalidValue
        ``draft.reply`` without a reason.
    """
    require_organiser(by, draft.topic.cluster)
    if not reply.strip():
        raise _refused("reply", "say why, so that the lead knows what to do", "请写明理由，以便牵头单位知道如何处理")
    with _changing(draft, seen, now, by) as row:
        _require_state(row, State.SUBMITTED)
        row.state, row.reply = state, reply.strip()
        DraftReply.objects.create(draft=row, state=state, text=row.reply, at=now, by=by)
    return row


def open_project(
    draft: Draft, seen: int, now: datetime, *, by: User | None, exemption: Exemption | None = None
) -> Project:
    """Put a proposal into its campaign, under the policy version in force today.

    Raises
    ------
    ProposalRefused
        With every fault.
    InvalidValue
        ``draft.consent`` while a party named has not agreed to what stands there.
    """
    require_organiser(by, draft.topic.cluster)
    with _changing(draft, seen, now, by) as row:
        _require_state(row, State.SUBMITTED)
        call = row.topic.call
        if call is None or row.amends is not None:
            raise PermissionDenied
        proposal, faults = proposal_of(row, now, exemption=exemption)
        _require_faultless(faults)
        consents.require(row)
        # The rules look the policy version up by the day of ``now``: hand them the day in China.
        policy = policies.find(call.policy)
        actor = f"user:{by.pk}" if by else "platform"
        step = rules.open_project(proposal, policy, localtime(now), by=actor, exemption=exemption)
        row.state = State.OPENED
        return store.create(step, row.topic, synthetic=call.synthetic, by=by)


def start_amendment(project: Project, lead: Enterprise, now: datetime, *, by: User | None) -> Draft:
    """Begin an amendment of the contract in force, or return the one that the party is writing."""
    require_member(by, lead.uscc)
    with transaction.atomic():
        value = store.read_locked(project.pk)
        rules.require_worker(value, lead.uscc)
        if value.phase is not Phase.RUNNING:
            raise _refused("not_running", "there is no contract in force", "项目没有生效的合同，不能变更")
        known = Draft.objects.filter(amends=project, lead=lead, state=State.WRITING).first()
        data = from_proposal(value.proposal)
        return known or _create(mint("a", now), project.topic, lead, data, now, by, amends=project)


def propose(draft: Draft, reason: str, seen: int, now: datetime, *, by: User | None) -> Project:
    """Put an amendment to the vote of the parties.

    Raises
    ------
    InvalidValue
        ``draft.no_change``; and what :func:`gongzao.research.propose` raises.
    """
    require_member(by, draft.lead.uscc)
    with _changing(draft, seen, now, by) as row:
        _require_state(row, State.WRITING)
        if row.amends is None:
            raise PermissionDenied
        proposal, faults = proposal_of(row, now)
        _require_faultless(faults)
        if proposal == store.read(row.amends_id or "").proposal:
            raise _refused("no_change", "nothing is changed yet", "尚未改动任何内容")
        motion = rules.Motion(row.slug, reason.strip(), proposal)
        services.propose(row.amends, row.lead.uscc, motion, now, by=by)
        row.state = State.SUBMITTED
        return row.amends
