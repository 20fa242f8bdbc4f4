"""Pages of reporting: a figure by form, a file, what waits for a second person, and taking a figure back."""

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzao.kernel import GongzaoError, InvalidInput
from gongzao.web.accounts.models import User
from gongzao.web.accounts.trail import lines_of
from gongzao.web.clusters import effects, exports, imports, intake, queries, reporting, sentences
from gongzao.web.clusters.display import language
from gongzao.web.clusters.forms import ReasonForm, RecordForm, UploadForm
from gongzao.web.clusters.imports_figures import UnlikelyInput
from gongzao.web.clusters.models import Draft
from gongzao.web.clusters.reporting import Reported, Review
from gongzao.web.clusters.services import refuse_faulty
from gongzao.web.kit.fields import as_validation_error

MOST_SHOWN = 200
"""Most changes of an upload that its page lists; the history has all of them."""


def _reporter(request: HttpRequest) -> User:
    user = cast("User", request.user)
    if not queries.may_report(user):
        raise PermissionDenied
    return user


def _explain(request: HttpRequest, error: GongzaoError) -> None:
    messages.error(request, error.en if language() == "en" else error.zh)


@require_http_methods(["GET", "HEAD", "POST"])
def observation_record(request: HttpRequest) -> HttpResponse:
    """Report a figure, or correct one; what is unlikely or changes the public pages is shown before."""
    user = _reporter(request)
    if request.method == "POST":
        form = RecordForm(request.POST, visitor=user)
        outcome = _reported(form, request.POST.get("sure", ""), user) if form.is_valid() else None
        if isinstance(outcome, Reported):
            return _done(request, outcome)
        return render(request, "clusters/observation_record.html", _record_page(form, form.previous, outcome))
    asked = RecordForm(request.GET, visitor=user)
    asked.is_valid()  # finds the revision that the fields filled in so far point to
    form = RecordForm(initial=request.GET.dict(), visitor=user)
    return render(request, "clusters/observation_record.html", _record_page(form, asked.previous, None))


def _record_page(form: RecordForm, previous: Any, review: Review | None) -> dict[str, Any]:
    doubts = [as_validation_error(doubt.error).message for doubt in review.doubts] if review else []
    return {"form": form, "previous": previous, "review": review, "doubts": doubts, "scopes": queries.scopes()}


def _reported(form: RecordForm, sure: str, user: User) -> Reported | Review | None:
    """Return what became of the figure, or what is to be seen first; ``None`` if the form now says what is wrong."""
    try:
        with transaction.atomic():
            form.add_source(user)
            refuse_faulty([form.instance], user)
            found = reporting.review([form.instance])
            if found.signature != sure:
                transaction.set_rollback(True)
                return found
            return reporting.report([form.instance], by=user)
    except GongzaoError as error:
        form.refuse(error)
        return None


def _done(request: HttpRequest, outcome: Reported) -> HttpResponse:
    if outcome.drafts:
        messages.success(request, sentences.waits(outcome.drafts[0]))
        return redirect("clusters:observation_drafts")
    (figure,) = outcome.recorded
    messages.success(request, sentences.recorded(figure))
    return redirect("clusters:observation_detail", pk=figure.pk)


@require_safe
def observation_subjects(request: HttpRequest) -> HttpResponse:
    """Suggest what a figure can be reported for."""
    user = _reporter(request)
    text = request.GET.get("subject", "").replace("\x00", "").strip()[:80]
    rows = queries.subjects_like(user, text) if text else []
    return render(request, "clusters/subjects.html", {"subjects": [(queries.reference(row), row) for row in rows]})


@require_http_methods(["GET", "HEAD", "POST"])
def observation_upload(request: HttpRequest) -> HttpResponse:
    """Take a file of figures or firms, all of it or nothing."""
    user = _reporter(request)
    form = UploadForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {
        "form": form,
        "lang": language(),
        "columns": {"observations": intake.OBSERVATION_COLUMNS, "enterprises": intake.ENTERPRISE_COLUMNS},
    }
    if request.method == "POST" and form.is_valid():
        try:
            if form.cleaned_data["kind"] == "observations":
                return _figures(request, form, user)
            context["registered"] = _firms(request, form, user)
        except UnlikelyInput as error:
            context |= {"unlikely": list(error.problems), "review": error.review}
        except InvalidInput as error:
            context |= {"problems": error.problems, "total": error.total}
        except GongzaoError as error:
            _explain(request, error)
    return render(request, "clusters/observation_upload.html", context)


def _figures(request: HttpRequest, form: UploadForm, user: User) -> HttpResponse:
    file = form.cleaned_data["file"]
    taken = imports.import_observations(file, file.name, by=user, sure=request.POST.get("sure", ""))
    waiting = sum(isinstance(row, Draft) for row in taken)
    messages.success(request, _("已登记%(count)s条。") % {"count": len(taken) - waiting})
    if waiting:
        messages.warning(request, _("%(count)s条影响公开的目标，须由另一位有权限的人员确认。") % {"count": waiting})
        return redirect("clusters:observation_drafts")
    return redirect("clusters:observation_list")


def _firms(request: HttpRequest, form: UploadForm, user: User) -> dict[str, Any]:
    file, keep = form.cleaned_data["file"], "preview" not in request.POST
    done = imports.import_enterprises(file, file.name, by=user, keep=keep)
    shown = lines_of(done.changes[:MOST_SHOWN], user)
    return {"kept": keep, "firms": len(done), "changes": len(done.changes), "shown": shown}


@require_safe
def observation_template(request: HttpRequest, kind: str, form: str) -> HttpResponseBase:
    """Send an empty file with the columns that an upload understands."""
    _reporter(request)
    columns = intake.OBSERVATION_COLUMNS if kind == "observations" else intake.ENTERPRISE_COLUMNS
    return exports.template(kind, list(columns if language() == "en" else columns.values()), form)


@require_safe
def observation_drafts(request: HttpRequest) -> HttpResponse:
    """Show what waits for a second person, with what it will change in public, and what was sent back."""
    user = _reporter(request)
    drafts = list(queries.drafts(user)[:MOST_SHOWN])
    waiting = [row for row in drafts if row.accepted is None]
    context = {
        "waiting": [(row, effects.effect([row], withdrawn=row.withdrawal)) for row in waiting],
        "returned": [row for row in drafts if row.accepted is False],
        "me": user,
    }
    return render(request, "clusters/observation_drafts.html", context)


@require_POST
def observation_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm a waiting figure or send it back."""
    user = _reporter(request)
    draft = get_object_or_404(queries.drafts(user), pk=pk)
    try:
        figure = reporting.decide(
            draft, accept="accept" in request.POST, reason=request.POST.get("reason", "")[:400], by=user
        )
    except GongzaoError as error:
        _explain(request, error)
        return redirect("clusters:observation_drafts")
    if figure is None:
        messages.success(request, _("已退回，原因可在本页看到。"))
        return redirect("clusters:observation_drafts")
    messages.success(request, sentences.recorded(figure))
    return redirect("clusters:observation_detail", pk=figure.pk)


@require_POST
def observation_withdraw(request: HttpRequest, pk: str) -> HttpResponse:
    """Take a wrong figure back by a further revision that says why."""
    user = _reporter(request)
    figure = get_object_or_404(queries.observations(user), pk=int(pk))
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请写明撤回原因。"))
        return redirect("clusters:observation_detail", pk=figure.pk)
    try:
        outcome = reporting.withdraw(figure, reason=form.cleaned_data["reason"], by=user)
    except GongzaoError as error:
        _explain(request, error)
        return redirect("clusters:observation_detail", pk=figure.pk)
    if isinstance(outcome, Draft):
        messages.success(request, sentences.waits(outcome))
        return redirect("clusters:observation_drafts")
    messages.success(request, _("已撤回：%(figure)s。") % {"figure": outcome})
    return redirect("clusters:observation_detail", pk=outcome.pk)
