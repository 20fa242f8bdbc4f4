"""What is read of research: projects as the rules know them, and what somebody has to do."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzao.research import Event as EventValue
from gongzao.research import Phase, electorate, fold
from gongzao.research import Project as ProjectValue
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import Visitor, editable, visible
from gongzao.web.research import consents, draws, models, services
from gongzao.web.research.rights import firms_of, organises

ACTIVE = (Phase.CAMPAIGN, Phase.SECOND_ROUND, Phase.SIGNING, Phase.RUNNING)
MOST_ACTIVE = 100
"""Projects looked at for what somebody has to do."""


@dataclass(frozen=True, slots=True)
class Todo:
    """Something to do: what, for which project, until when, and where."""

    text: str
    subject: str
    until: str
    address: str


def projects(visitor: Visitor) -> QuerySet[models.Project]:
    """Return the projects that a visitor sees whole."""
    return visible(models.Project.objects.select_related("cluster__county", "topic"), visitor)


def project(visitor: Visitor, project_id: str) -> models.Project:
    """Return one of them; 404 if there is none."""
    found: models.Project = get_object_or_404(projects(visitor), pk=project_id)
    return found


def events(project_id: str) -> list[EventValue]:
    """Return the log of a project."""
    return [row.value for row in models.Event.objects.filter(project=project_id).order_by("seq")]


def values(rows: Iterable[models.Project]) -> dict[str, ProjectValue]:
    """Return what the rules know of several projects, in one query."""
    logs: dict[str, list[EventValue]] = defaultdict(list)
    wanted = [row.pk for row in rows]
    for event in models.Event.objects.filter(project__in=wanted).order_by("project_id", "seq"):
        logs[event.project_id].append(event.value)
    return {key: fold(log) for key, log in logs.items()}


def todos(visitor: Visitor, now: datetime) -> list[Todo]:
    """Return what a visitor has to do, as party, organiser, voter and expert."""
    if not visitor.is_authenticated:
        return []
    rows = list(projects(visitor).filter(phase__in=ACTIVE)[:MOST_ACTIVE])
    known = values(rows)
    found = [todo for row in rows for todo in _of_party(known[row.pk], row, visitor, now)]
    organised = set(editable(models.Project.objects.filter(pk__in=list(known)), visitor).values_list("pk", flat=True))
    found += [todo for row in rows if row.pk in organised for todo in _of_organiser(known[row.pk], row, now)]
    found += [todo for row in rows for todo in _of_joining(known[row.pk], row, visitor)]
    return found + _of_expert(visitor) + _of_voter(visitor, now) + _of_drafts(visitor)


def todos_in(value: ProjectValue, row: models.Project, visitor: Visitor, now: datetime) -> list[Todo]:
    """Return what a visitor has to do in one project."""
    found = _of_party(value, row, visitor, now) + _of_joining(value, row, visitor)
    return found + (_of_organiser(value, row, now) if organises(visitor, row.cluster) else [])


def _of_party(value: ProjectValue, row: models.Project, visitor: Visitor, now: datetime) -> list[Todo]:
    parties = [firm.uscc for firm in firms_of(visitor) if value.proposal.party(firm.uscc)]
    working = [code for code in parties if code not in value.joined or value.proposal.works(code)]
    terms = value.proposal.terms
    found = []
    for code in parties:
        if value.phase in (Phase.CAMPAIGN, Phase.SECOND_ROUND) and code not in value.contributors:
            until = terms.deadline if value.phase is Phase.CAMPAIGN else terms.closes
            if terms.opens <= now < until:
                found.append(_todo(_("认缴出资"), row, until, "research:campaign"))
        if value.phase is Phase.SIGNING and code not in value.signed and now < terms.sign_by:
            found.append(_todo(_("阅读并签署合同"), row, terms.sign_by, "research:contract"))
        if value.motion and code in electorate(value, value.motion) and code not in value.votes:
            found.append(_todo(_("对动议表决"), row, None, "research:motions"))
    following = value.next_milestone
    if working and value.phase is Phase.RUNNING and value.submission is None and following:
        text = _("提交里程碑 %(milestone)s") % {"milestone": following.title}
        found.append(Todo(text, row.title, f"{following.due}", reverse("research:work", args=[row.pk])))
    return found


def _of_organiser(value: ProjectValue, row: models.Project, now: datetime) -> list[Todo]:
    terms = value.proposal.terms
    match value.phase:
        case Phase.CAMPAIGN if now >= terms.deadline:
            return [_todo(_("众筹已截止，结束本轮"), row, None, "research:campaign")]
        case Phase.SECOND_ROUND if now >= terms.closes:
            return [_todo(_("第二轮已截止，结束本轮"), row, None, "research:campaign")]
        case Phase.SIGNING if now >= terms.sign_by:
            return [_todo(_("签约已逾期，解冻认缴"), row, None, "research:contract")]
        case Phase.RUNNING if value.submission and not value.reviewers:
            return [_of_draw(value, row, now)]
        case _:
            return []


def _of_draw(value: ProjectValue, row: models.Project, now: datetime) -> Todo:
    seed = draws.seed_of(value, now)
    if seed is None:
        return _todo(_("登记评审专家并锁定名单"), row, None, "research:work")
    return _todo(_("抽取评审专家") if seed.text else _("等待种子公布后抽取评审专家"), row, None, "research:work")


def _of_joining(value: ProjectValue, row: models.Project, visitor: Visitor) -> list[Todo]:
    """Return the requests to join that wait for a side for which the visitor speaks."""
    if not value.asking or not isinstance(visitor, User):
        return []
    mine = services.sides_of(visitor, row, value)
    open_ = [party for code, party in value.asking.items() if set(mine) - value.backed[code]]
    return [
        _todo(_("答复%(name)s的加入申请") % {"name": party.name}, row, None, "research:campaign") for party in open_
    ]


def _of_expert(visitor: Visitor) -> list[Todo]:
    rows = models.Review.objects.filter(expert__user=visitor.pk, done_at__isnull=True).select_related("project")
    return [
        Todo(
            _("评审里程碑 %(milestone)s") % {"milestone": row.milestone},
            row.project.title,
            "",
            reverse("research:review", args=[row.pk]),
        )
        for row in rows
    ]


def _of_voter(visitor: Visitor, now: datetime) -> list[Todo]:
    rows = models.FundVoter.objects.filter(
        enterprise__in=firms_of(visitor), voted_at__isnull=True, round__closes__gt=now, round__result__isnull=True
    )
    return [
        Todo(_("为匹配资金评分"), str(row.round), _clock(row.round.closes), row.round.get_absolute_url())
        for row in rows.select_related("round")
    ]


def _of_drafts(visitor: Visitor) -> list[Todo]:
    state = models.Draft.State
    decide = editable(models.Draft.objects.filter(state=state.SUBMITTED, amends__isnull=True), visitor)
    mend = models.Draft.objects.filter(state=state.RETURNED, lead__in=firms_of(visitor))
    asked = [
        Todo(_("确认%(firm)s是否参加") % {"firm": firm}, str(draft), "", f"{draft.get_absolute_url()}#consent")
        for draft, firm in consents.waiting(visitor)
    ]
    return (
        asked
        + [Todo(_("审阅建议书"), str(d), "", d.get_absolute_url()) for d in decide]
        + [Todo(_("修改退回的建议书"), str(d), "", d.get_absolute_url()) for d in mend]
    )


def _todo(text: str, row: models.Project, until: datetime | None, view: str) -> Todo:
    return Todo(text, row.title, _clock(until) if until else "", reverse(view, args=[row.pk]))


def _clock(at: datetime) -> str:
    return f"{localtime(at):%Y-%m-%d %H:%M}"


@dataclass(frozen=True, slots=True)
class Public:
    """What everybody may know of a project: no single amounts, bids, evidence or verdicts."""

    row: models.Project
    total: int
    parties: tuple[tuple[str, str], ...]
    milestones: tuple[tuple[str, str], ...]
    results: tuple[str, ...]


def public(project_id: str) -> Public:
    """Return what everybody may know of a project; 404 if there is none."""
    row = get_object_or_404(models.Project.objects.select_related("cluster__county", "topic__call"), pk=project_id)
    value = fold(events(project_id))
    plan = value.plan or value.proposal.milestones
    reached = set(value.accepted)
    following = value.next_milestone

    def state(milestone: str) -> str:
        if milestone in reached:
            return _("已验收")
        if value.submission and value.submission.milestone == milestone:
            return _("评审中")
        if value.phase is Phase.RUNNING and following and following.id == milestone:
            return _("进行中")
        return _("未开始") if value.phase in ACTIVE else _("未完成")

    return Public(
        row,
        value.proposal.cash(max(1, value.stage)),
        tuple((party.name, str(models.Role(party.role).label)) for party in value.proposal.parties),
        tuple((milestone.title, state(milestone.id)) for milestone in plan),
        tuple(result.title for result in value.results.values()),
    )
