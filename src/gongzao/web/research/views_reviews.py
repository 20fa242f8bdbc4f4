"""Pages of experts: what they were drawn for, their verdicts, the register."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzao import research as rules
from gongzao.kernel import GongzaoError
from gongzao.research import Phase, Verdict, fold
from gongzao.web.accounts.scope import sees_all, visible
from gongzao.web.clusters.models import Enterprise
from gongzao.web.research import contracts, experts, models, queries, services, work
from gongzao.web.research.display import said
from gongzao.web.research.evidence import TYPES
from gongzao.web.research.forms_work import ConflictsForm, ExpertForm, ReviewForm
from gongzao.web.research.views_work import user_of

PAGE = 50
DOCX = TYPES["docx"]


def _own(request: HttpRequest) -> models.Expert | None:
    found = models.Expert.objects.filter(user=user_of(request).pk).prefetch_related("conflicts")
    return found.select_related("employer").first()


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """List what the visitor was drawn for."""
    own = _own(request)
    rows = models.Review.objects.filter(expert__user=user_of(request).pk).select_related("project__cluster")
    page = Paginator(rows.order_by("done_at", "-drawn_at"), PAGE).get_page(request.GET.get("page"))
    open_rows = rows.filter(done_at=None, project__phase=Phase.RUNNING).count()
    if own is None:
        answer = _("您不是登记的评审专家，这里没有您的评审任务。")
    else:
        answer = _("待您评审%(n)s项。") % {"n": open_rows} if open_rows else _("您目前没有待评审的里程碑。")
    context = {
        "own": own,
        "page": page,
        "answer": answer,
        "may_see_register": _sees_register(request),
        "synthetic": any(row.project.synthetic for row in page.object_list),
    }
    return render(request, "research/reviews.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, pk: str) -> HttpResponse:
    """Show a milestone to an expert drawn for it, and take the verdict in two steps."""
    rows = models.Review.objects.filter(expert__user=user_of(request).pk)
    row = get_object_or_404(rows.select_related("project__cluster", "expert"), pk=pk)
    sent = request.method == "POST"
    form = ReviewForm(request.POST if sent else None)
    confirming = sent and form.is_valid()
    if confirming and "confirmed" in request.POST:
        verdict, reason = Verdict(form.cleaned_data["verdict"]), form.cleaned_data["reason"]
        try:
            services.review(row.project, row.expert, verdict, reason, timezone.now(), by=user_of(request))
        except GongzaoError as error:
            form.add_error(None, said(error))
            confirming = False
        else:
            messages.success(request, _("评审结论已提交。"))
            return redirect("research:review", pk)
    context = _review_context(row) | {"form": form, "confirming": confirming}
    return render(request, "research/review.html", context, status=422 if sent and not confirming else 200)


def _review_context(row: models.Review) -> dict[str, Any]:
    log = queries.events(row.project_id)
    project = fold(log)
    submitted = work.submission_of(row, log)
    milestones = {milestone.id: milestone for milestone in project.proposal.milestones}
    given = next(
        (
            given
            for attempt in work.attempts(log)
            if attempt.submitted is submitted
            for given in attempt.reviews
            if given.reviewer == row.expert.code
        ),
        None,
    )
    pending = given is None and project.phase is Phase.RUNNING and row.expert.code in project.reviewers
    found: dict[str, Any] = {
        "review": row,
        "row": row.project,
        "project": project,
        "submitted": submitted,
        "milestone": milestones[row.milestone],
        "given": given,
        "pending": pending,
        "earlier": work.earlier(row, log),
    }
    if pending:
        found["draws"] = rules.draws(project, milestones[row.milestone].amount)
        found["settlement"] = rules.settlement(project, "-")
    return found


@require_POST
def set_active(request: HttpRequest, code: str) -> HttpResponse:
    """Take an expert out of the register, or back in."""
    if not experts.keeps_register(request.user):
        raise PermissionDenied
    row = get_object_or_404(models.Expert, code=code)
    experts.set_active(row, "active" in request.POST, timezone.now(), by=user_of(request))
    messages.success(request, _("已更新，对今后提交的里程碑生效。"))
    return redirect("research:expert", code)


@require_safe
def contract(request: HttpRequest, pk: str) -> HttpResponse:
    """Send the contract of a project to an expert drawn for one of its milestones."""
    rows = models.Review.objects.filter(expert__user=user_of(request).pk)
    row = get_object_or_404(rows.select_related("project"), pk=pk)
    log = queries.events(row.project_id)
    content = contracts.file_of(row.project, fold(log), log)
    response = HttpResponse(content, content_type=DOCX)
    response["Content-Disposition"] = content_disposition_header(True, f"{row.project_id}.docx") or ""
    response["Cache-Control"] = "private, no-store"
    return response


def _sees_register(request: HttpRequest) -> bool:
    return sees_all(request.user) or experts.keeps_register(request.user)


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """List the experts, and enter one."""
    keeps = experts.keeps_register(request.user)
    sent = request.method == "POST"
    if not _sees_register(request) or (sent and not keeps):
        raise PermissionDenied
    form = ExpertForm(request.POST if sent else None)
    if sent and form.is_valid():
        data = form.cleaned_data
        try:
            row = experts.enter(
                data["name"],
                data["field"],
                data["employer"],
                data["conflicts"],
                data["account"],
                timezone.now(),
                synthetic=False,
                by=user_of(request),
            )
        except GongzaoError as error:
            form.add_error(None, said(error))
        else:
            messages.success(request, _("已登记专家%(name)s。") % {"name": row.name})
            return redirect("research:experts")
    rows = models.Expert.objects.select_related("employer", "user").prefetch_related("conflicts")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "form": form if keeps else None,
        "sent": sent,
        "answer": _("专家库共%(n)s人；评审时从提交当时在库、能登录且无利益关系的专家中随机抽取。")
        % {"n": page.paginator.count},
        "synthetic": any(row.synthetic for row in page.object_list),
    }
    return render(request, "research/experts.html", context, status=422 if sent else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def expert(request: HttpRequest, code: str) -> HttpResponse:
    """Show an expert to himself and to the register, and take the conflicts declared."""
    rows = models.Expert.objects.select_related("employer", "user").prefetch_related("conflicts")
    if not _sees_register(request):
        rows = rows.filter(user=user_of(request).pk)
    row = get_object_or_404(rows, code=code)
    may_declare = row.user_id == user_of(request).pk or experts.keeps_register(request.user)
    sent = request.method == "POST"
    initial = {"conflicts": " ".join(firm.uscc for firm in row.conflicts.all())}
    form = ConflictsForm(request.POST if sent else None, initial=initial)
    if sent:
        if not may_declare:
            raise PermissionDenied
        if form.is_valid():
            experts.declare(row, form.cleaned_data["conflicts"], timezone.now(), by=user_of(request))
            messages.success(request, _("利益关系已更新，对今后提交的里程碑生效。"))
            return redirect("research:expert", code)
    firms = list(row.conflicts.all())
    known = visible(Enterprise.objects.filter(pk__in=[firm.pk for firm in firms]), user_of(request))
    named = set(known.values_list("pk", flat=True))
    context = {
        "expert": row,
        "form": form if may_declare else None,
        "conflicts": [(firm.uscc, firm.name if firm.pk in named else "") for firm in firms],
        "keeps": experts.keeps_register(request.user),
        "records": row.records.select_related("by") if _sees_register(request) else [],
    }
    return render(request, "research/expert.html", context, status=422 if sent else 200)
