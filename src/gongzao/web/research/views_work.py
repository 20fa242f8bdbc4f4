"""Pages of a project's milestones: what is due, handing in, drawing reviewers, what was decided."""

from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gongzao import research as rules
from gongzao.kernel import GongzaoError
from gongzao.research import IN_KIND, Phase, Unit
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import visible
from gongzao.web.research import evidence, experts, models, queries, services
from gongzao.web.research.display import name_of, quantity, said, unit_label, yuan
from gongzao.web.research.forms_work import SubmitForm
from gongzao.web.research.rights import firms_of, organises
from gongzao.web.research.sentences import verdict_label
from gongzao.web.research.views_projects import opened


def user_of(request: HttpRequest) -> User:
    """Return the visitor of a page that asks for signing in."""
    return cast("User", request.user)


def seen_of(request: HttpRequest) -> int:
    """Return the version of the project on the page that was sent; 0, which is stale, if there is none."""
    text = request.POST.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def my_parties(request: HttpRequest, value: rules.Project) -> list[tuple[str, str]]:
    """Return the parties of a project for which the visitor acts: code and name."""
    return [
        (firm.uscc, name_of(value, firm.uscc)) for firm in firms_of(request.user) if value.proposal.party(firm.uscc)
    ]


def owed(value: rules.Project) -> list[tuple[str, str, Unit, str]]:
    """Return what is promised in kind and not delivered: party, label, unit, and how much is left in words."""
    found = []
    for party in value.proposal.parties:
        for unit in IN_KIND:
            left = value.promised.get((party.id, unit), 0) - value.delivered.get((party.id, unit), 0)
            if left:
                label = f"{party.name} · {unit_label(unit)}"
                found.append((party.id, label, unit, _("尚应投入 %(left)s") % {"left": quantity(left, unit)}))
    return found


@require_http_methods(["GET", "POST"])
def work(request: HttpRequest, pk: str) -> HttpResponse:
    """Show the milestones; a party hands in the next one."""
    context = opened(request, pk)
    value: rules.Project = context["project"]
    mine = my_parties(request, value)
    may_submit = bool(mine) and value.phase is Phase.RUNNING and value.submission is None and value.next_milestone
    sent = request.method == "POST"
    form = None
    if may_submit or sent:
        initial = {"seen": value.version}
        bound = (request.POST, request.FILES) if sent else (None, None)
        form = SubmitForm(*bound, parties=mine, owed=owed(value), initial=initial)
    if sent and form is not None and form.is_valid():
        try:
            _hand_in(request, context["row"], value, form)
        except GongzaoError as error:
            form.add_error(None, said(error))
        else:
            messages.success(request, _("已提交，等待抽取专家评审。"))
            return redirect("research:work", pk)
    context |= _shown(request, context)
    context["form"] = form
    return render(request, "research/work.html", context, status=422 if sent else 200)


def _hand_in(request: HttpRequest, row: models.Project, value: rules.Project, form: SubmitForm) -> None:
    data = form.cleaned_data
    due = value.next_milestone
    evidence.hand_in(
        row,
        due.id if due else "",
        data["party"],
        data["evidence"],
        form.deliveries,
        timezone.now(),
        by=user_of(request),
        seen=data["seen"] or 0,
    )


def _shown(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    value: rules.Project = context["project"]
    row: models.Project = context["row"]
    today = timezone.localdate()
    following = value.next_milestone
    rows = []
    for milestone in value.plan or value.proposal.milestones:
        late = milestone.id not in value.accepted and milestone.due < today and value.phase is Phase.RUNNING
        rows.append((milestone, _state(value, milestone), (today - milestone.due).days if late else 0))
    submission = value.submission
    files = (
        row.evidence.defer("content").filter(sha256__in=[f.sha256 for f in submission.evidence]) if submission else []
    )
    return {
        "rows": rows,
        "following": following,
        "draws": _preview(value, following) if following and value.phase is Phase.RUNNING else [],
        "submission": submission,
        "files": files,
        "reviews": [(reviewer, value.reviews.get(reviewer)) for reviewer in value.reviewers],
        "decided": _decided(context["log"]),
        "may_draw": submission is not None and not value.reviewers and organises(request.user, row.cluster),
        "seed": experts.draw_seed(),
        "answer": _answer(value, today),
        "settled": [
            (name_of(value, party), value.paid[party], value.drawn.get(party, 0), value.refunded.get(party, 0))
            for party in value.paid
        ]
        if value.phase is Phase.STOPPED
        else [],
    }


def _state(value: rules.Project, milestone: rules.Milestone) -> str:
    if milestone.id in value.accepted:
        return _("已验收，已拨付")
    if value.submission and value.submission.milestone == milestone.id:
        return _("评审中") if value.reviewers else _("已提交，待抽取专家")
    if value.phase is Phase.RUNNING and value.next_milestone == milestone:
        return _("待提交")
    return _("未开始") if value.phase in queries.ACTIVE else _("未执行")


def _answer(value: rules.Project, today: Any) -> str:
    following = value.next_milestone
    done = _("已验收 %(done)s/%(all)s 个里程碑，已拨付 %(paid)s。") % {
        "done": len(value.accepted),
        "all": len(value.plan or value.proposal.milestones),
        "paid": yuan(sum(value.released.values())),
    }
    if value.phase is not Phase.RUNNING or following is None:
        return done
    days = (following.due - today).days
    when = _("还有%(n)s天") % {"n": days} if days >= 0 else _("已逾期%(n)s天") % {"n": -days}
    return done + _("下一个是“%(title)s”，%(when)s。") % {"title": following.title, "when": when}


def _preview(value: rules.Project, milestone: rules.Milestone) -> list[tuple[str, int]]:
    """Return from whose stakes the amount of the next milestone will come."""
    return [(name_of(value, part.party), part.amount) for part in rules.draws(value, milestone.amount) if part.amount]


def _decided(log: list[rules.Event]) -> list[tuple[str, list[tuple[str, str, str]], str]]:
    """Return, by decided submission, the verdicts given and the decision."""
    words = {"Accepted": _("通过验收"), "SentBack": _("退回修改"), "Rejected": _("未通过")}
    found: list[tuple[str, list[tuple[str, str, str]], str]] = []
    given: list[tuple[str, str, str]] = []
    for event in log:
        body = event.body
        if isinstance(body, rules.Reviewed):
            given.append((body.reviewer, verdict_label(body.verdict), body.reason))
        elif isinstance(body, rules.Accepted | rules.SentBack | rules.Rejected):
            found.append((body.milestone, given, words[type(body).__name__]))
            given = []
    return found


@require_POST
def draw(request: HttpRequest, pk: str) -> HttpResponse:
    """Draw the reviewers of the milestone under review."""
    row = queries.project(request.user, pk)
    try:
        services.draw_reviewers(row, experts.draw_seed(), timezone.now(), by=user_of(request), seen=seen_of(request))
    except GongzaoError as error:
        messages.warning(request, said(error))
    else:
        messages.success(request, _("已抽取评审专家。"))
    return redirect("research:work", pk)


@require_GET
def evidence_file(request: HttpRequest, pk: str, sha256: str) -> HttpResponse:
    """Send a file handed in, to who sees the project and to the experts drawn for it."""
    own: QuerySet[models.Evidence] = visible(models.Evidence.objects.all(), request.user)
    drawn = models.Review.objects.filter(project=pk, expert__user=user_of(request).pk).exists()
    rows = models.Evidence.objects.all() if drawn else own
    row = get_object_or_404(rows, project=pk, sha256=sha256)
    response = HttpResponse(bytes(row.content), content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, row.name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response
