"""Pages of motions: the vote to stop, and the vote on an amendment."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzao import research as rules
from gongzao.kernel import GongzaoError
from gongzao.research import Amended, Event, Motion, MotionLost, MotionMade, Phase, Project, Stopped, VoteRule
from gongzao.web.research import amendments, models, services
from gongzao.web.research.confirming import confirm
from gongzao.web.research.display import name_of, said, yuan
from gongzao.web.research.forms_work import MotionForm, VoteForm
from gongzao.web.research.proposal_form import from_proposal
from gongzao.web.research.views_projects import opened
from gongzao.web.research.views_work import own_parties, seen_in, user_of

STOP = Motion("stop", "-")
"""Stands for any motion to stop, to ask who votes on it."""


@dataclass(frozen=True, slots=True)
class Count:
    """The votes on a motion: by party with its weight; agreed, against and needed in percent of all."""

    rule: VoteRule
    ballots: list[tuple[str, int, str, bool | None]]
    agreed: str
    against: str


def count(project: Project, motion: Motion) -> Count:
    """Count the votes on the open motion."""
    weights = rules.electorate(project, motion)
    total = sum(weights.values())
    rule = project.proposal.stopping if motion.proposal is None else project.proposal.amending

    def percent(yes: bool) -> str:
        given = sum(weight for party, weight in weights.items() if project.votes.get(party) is yes)
        return f"{given * 100 / total:.2f}"

    ballots = [
        (party, weight, f"{weight * 100 / total:.2f}", project.votes.get(party)) for party, weight in weights.items()
    ]
    return Count(rule, ballots, percent(True), percent(False))


def _voters(request: HttpRequest, project: Project, motion: Motion) -> list[tuple[str, str]]:
    """Return the visitor's parties that may still vote."""
    weights = rules.electorate(project, motion)
    return [(c, n) for c, n in own_parties(request, project) if c in weights and c not in project.votes]


@require_safe
def page(request: HttpRequest, pk: str) -> HttpResponse:
    """Show the open motion with the votes so far, and those before."""
    return _page(request, pk)


def _page(request: HttpRequest, pk: str, error: str = "") -> HttpResponse:
    context = opened(request, pk)
    project = context["project"]
    mine = own_parties(request, project)
    running = project.phase is Phase.RUNNING and project.motion is None
    context |= _consequence(context["row"], project) | {
        "answer": _answer(project),
        "past": past(context["log"]),
        "may_stop": running and bool(_voters(request, project, STOP)),
        "may_amend": running and bool(mine),
        "mine": mine,
        "voters": _voters(request, project, project.motion) if project.motion else [],
        "error": error,
    }
    return render(request, "research/motions.html", context, status=422 if error else 200)


def _consequence(row: models.Project, project: Project) -> dict[str, Any]:
    """Return what the open motion would change: the settlement in figures, or the clauses."""
    motion = project.motion
    if motion is None:
        return {}
    if motion.proposal is None:
        return {"count": count(project, motion), "settlement": rules.settlement(project, motion.reason)}
    changes = amendments.differences(row, from_proposal(motion.proposal))
    return {"count": count(project, motion), "changes": changes}


def _answer(project: Project) -> str:
    if project.motion is None:
        return _("目前没有正在表决的动议。")
    found = count(project, project.motion)
    words = {
        "what": _("合同变更") if project.motion.proposal else _("终止项目"),
        "agreed": found.agreed,
        "needed": f"{found.rule.percent.normalize():f}",
    }
    return _("正在表决：%(what)s。已同意 %(agreed)s%%，须达到 %(needed)s%%。") % words


def past(log: list[Event]) -> list[tuple[Event, MotionMade, str]]:
    """Return the motions that were decided, newest first, with how."""
    made: list[tuple[Event, MotionMade]] = []
    found: list[tuple[Event, MotionMade, str]] = []
    for event in log:
        match event.body:
            case MotionMade():
                made.append((event, event.body))
            case MotionLost() | Amended():
                word = _("未通过") if isinstance(event.body, MotionLost) else _("通过，合同已变更")
                found.append((*made[-1], word))
                made.clear()
            case Stopped(reason) if made and reason == made[-1][1].motion.reason:
                found.append((*made[-1], _("通过，项目已终止")))
                made.clear()
            case _:
                pass
    return found[::-1]


@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, pk: str) -> HttpResponse:
    """Propose to stop, with the settlement in figures above the button."""
    context = opened(request, pk)
    row, project = context["row"], context["project"]
    mine = [(code, name) for code, name in own_parties(request, project) if code in rules.electorate(project, STOP)]
    if not mine:
        raise PermissionDenied
    if project.phase is not Phase.RUNNING:
        return _page(request, pk, _("项目不在研究阶段，不能提议终止。"))
    sent = request.method == "POST"
    initial = {"seen": project.version, "key": uuid4().hex, "party": mine[0][0]}
    form = MotionForm(request.POST if sent else None, parties=mine, initial=initial)
    if sent and form.is_valid():
        data = form.cleaned_data
        if project.motion and project.motion.id == data["key"]:  # the same click again
            return redirect("research:motions", pk)
        try:
            motion = Motion(data["key"], data["reason"])
            services.propose(row, data["party"], motion, timezone.now(), by=user_of(request), seen=data["seen"] or 0)
        except GongzaoError as error:
            form.add_error(None, said(error))
        else:
            messages.success(request, _("动议已提出，请出资各方表决。"))
            return redirect("research:motions", pk)
    context |= {"form": form, "settlement": rules.settlement(project, "-"), "rule": project.proposal.stopping}
    return render(request, "research/stop.html", context, status=422 if sent else 200)


@require_POST
def vote(request: HttpRequest, pk: str) -> HttpResponse:
    """Vote on the open motion: the first time shows what the vote brings, the second casts it."""
    context = opened(request, pk)
    row, project = context["row"], context["project"]
    mine = own_parties(request, project)
    if not mine:
        raise PermissionDenied
    form = VoteForm(request.POST, parties=mine)
    if not form.is_valid():
        return _page(request, pk, _("请选择同意或反对。"))
    data = form.cleaned_data
    party, yes, now = data["party"], data["vote"] == "yes", timezone.now()
    try:
        if "confirmed" in request.POST:
            rules.require_version(project, seen_in(request))
            services.vote(row, data["motion"], party, yes, now, by=user_of(request))
            messages.success(request, _("已投票。"))
            return redirect("research:motions", pk)
        taken = rules.vote(project, data["motion"], party, yes, now, by="-")
    except GongzaoError as error:
        return _page(request, pk, said(error))
    return confirm(
        request,
        context | {"here": "motions"},
        question=_("%(party)s 对动议投%(vote)s票？")
        % {
            "party": name_of(project, party),
            "vote": _("同意") if yes else _("反对"),
        },
        facts=_facts(project, taken.events[-1].body),
        points=[_("投票后不能更改。"), _outcome(taken.events[-1].body)],
        button=_("确认投票"),
        back=reverse("research:motions", args=[pk]),
    )


def _outcome(last: rules.Body) -> str:
    match last:
        case Stopped():
            return _("这一票使动议通过：项目立即终止，并按以下金额结算。")
        case Amended():
            return _("这一票使动议通过：合同立即变更。")
        case MotionLost():
            return _("这一票使动议不能再通过，表决随即结束。")
        case _:
            return _("这一票还不决定结果，等待其他各方表决。")


def _facts(project: Project, last: rules.Body) -> list[tuple[str, str]]:
    """Return what each party bears and gets back if the motion is to stop, as it is now or is just being decided."""
    if project.motion is None or project.motion.proposal is not None:
        return []
    ends = last if isinstance(last, Stopped) else rules.settlement(project, "-")
    words = _("通过后：承担 %(borne)s，退回 %(back)s")
    return [
        (name_of(project, borne.party), words % {"borne": yuan(borne.amount), "back": yuan(back.amount)})
        for borne, back in zip(ends.borne, ends.refunds, strict=True)
    ]
