"""Pages of experts: what each has to review, and the register."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from gongzao import research as rules
from gongzao.kernel import GongzaoError
from gongzao.web.research import experts, models, queries, services
from gongzao.web.research.display import said
from gongzao.web.research.forms_work import ConflictsForm, ExpertForm, ReviewForm
from gongzao.web.research.views_work import user_of


@require_GET
def reviews(request: HttpRequest) -> HttpResponse:
    """List what the visitor has to review and has reviewed."""
    user = user_of(request)
    rows = models.Review.objects.filter(expert__user=user.pk).select_related("project__cluster")
    waiting = sum(row.done_at is None for row in rows)
    context = {
        "rows": rows,
        "expert": models.Expert.objects.filter(user=user.pk).first(),
        "keeps": experts.keeps_register(user),
        "synthetic": any(row.project.synthetic for row in rows),
        "answer": _("待评审%(n)s项。") % {"n": waiting} if waiting else _("没有待评审的里程碑。"),
    }
    return render(request, "research/reviews.html", context)


@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, pk: str) -> HttpResponse:
    """Show what an expert was drawn for, and take the verdict."""
    rows = models.Review.objects.filter(expert__user=user_of(request).pk).select_related("project__cluster", "expert")
    row = get_object_or_404(rows, pk=int(pk))
    value = queries.values([row.project])[row.project_id]
    submission = value.submission
    open_now = row.done_at is None and submission is not None and row.expert.code in value.reviewers
    sent = request.method == "POST"
    form = ReviewForm(request.POST if sent else None)
    confirm = False
    if sent and form.is_valid():
        data = form.cleaned_data
        if "confirmed" not in request.POST:
            confirm = True
        else:
            try:
                services.review(
                    row.project,
                    row.expert,
                    rules.Verdict(data["verdict"]),
                    data["reason"],
                    timezone.now(),
                    by=user_of(request),
                )
            except GongzaoError as error:
                form.add_error(None, said(error))
            else:
                messages.success(request, _("评审意见已提交。"))
                return redirect("research:reviews")
    files = row.project.evidence.defer("content").filter(
        sha256__in=[f.sha256 for f in submission.evidence] if submission else []
    )
    context = {
        "review": row,
        "row": row.project,
        "project": value,
        "form": form,
        "open": open_now,
        "confirm": confirm,
        "milestone": next(m for m in value.proposal.milestones if m.id == row.milestone),
        "files": files if open_now else [],
        "submission": submission if open_now else None,
    }
    return render(request, "research/review.html", context, status=422 if sent and form.errors else 200)


@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Show and add to the register of experts."""
    user = user_of(request)
    if not experts.keeps_register(user):
        raise PermissionDenied
    sent = request.method == "POST"
    form = ExpertForm(request.POST if sent else None)
    if sent and form.is_valid():
        data = form.cleaned_data
        try:
            experts.enter(
                data["code"],
                data["name"],
                data["field"],
                data["employer"],
                data["conflicts"],
                data["account"],
                synthetic=False,
                by=user,
            )
        except GongzaoError as error:
            form.add_error(None, said(error))
        else:
            messages.success(request, _("已登记专家。"))
            return redirect("research:experts")
    rows = models.Expert.objects.select_related("employer", "user").prefetch_related("conflicts")
    context = {
        "rows": rows,
        "form": form,
        "synthetic": any(row.synthetic for row in rows),
        "answer": _("在库专家%(n)s名。") % {"n": sum(row.active for row in rows)},
    }
    return render(request, "research/experts.html", context, status=422 if sent else 200)


@require_http_methods(["GET", "POST"])
def conflicts(request: HttpRequest) -> HttpResponse:
    """Let an expert declare interests."""
    user = user_of(request)
    expert = get_object_or_404(models.Expert, user=user.pk)
    sent = request.method == "POST"
    initial = {"conflicts": " ".join(expert.conflicts.values_list("uscc", flat=True))}
    form = ConflictsForm(request.POST if sent else None, initial=initial)
    if sent and form.is_valid():
        experts.declare(expert, form.cleaned_data["conflicts"], by=user)
        messages.success(request, _("已更新利益关系申报。"))
        return redirect("research:reviews")
    return render(request, "research/conflicts.html", {"form": form}, status=422 if sent else 200)
