"""Pages of the work: milestones, handing in, evidence, the draw of reviewers."""

from hashlib import sha256
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzao import research as rules
from gongzao.kernel import GongzaoError
from gongzao.research import Phase, Project, Stopped
from gongzao.web.accounts.models import User
from gongzao.web.research import draws, evidence, models, queries, work
from gongzao.web.research.display import name_of, quantity, said, unit_label
from gongzao.web.research.forms_work import SeenForm, SubmitForm
from gongzao.web.research.rights import firms_of, organises
from gongzao.web.research.views_projects import opened


def user_of(request: HttpRequest) -> User:
    """Return who is signed in; these pages ask for it."""
    return cast("User", request.user)


def seen_in(request: HttpRequest) -> int:
    """Return the version of the project on the page that was sent back, 0 if it names none."""
    form = SeenForm(request.POST)
    return (form.cleaned_data["seen"] or 0) if form.is_valid() else 0


def own_parties(request: HttpRequest, project: Project) -> list[tuple[str, str]]:
    """Return code and name of the parties for which the visitor acts."""
    return [(firm.uscc, firm.name) for firm in firms_of(request.user) if project.proposal.party(firm.uscc)]


def working_parties(request: HttpRequest, project: Project) -> list[tuple[str, str]]:
    """Return those of them that do the work: who joined only to pay hands nothing in."""
    return [
        (code, name)
        for code, name in own_parties(request, project)
        if code not in project.joined or project.proposal.works(code)
    ]


def expert_names(codes: set[str]) -> dict[str, str]:
    """Return the experts' names by their codes."""
    return dict(models.Expert.objects.filter(code__in=codes).values_list("code", "name"))


@require_safe
def page(request: HttpRequest, pk: str) -> HttpResponse:
    """Show the milestones: what is due, under review, accepted, paid."""
    return _page(request, pk)


def _page(request: HttpRequest, pk: str, error: str = "") -> HttpResponse:
    context = opened(request, pk)
    row, project, log = context["row"], context["project"], context["log"]
    found = work.lines(project, log, timezone.localdate())
    running = project.phase is Phase.RUNNING
    may_draw = running and bool(project.submission) and not project.reviewers and organises(request.user, row.cluster)
    codes = {code for line in found for attempt in line.attempts for code in (*attempt.reviewers, *attempt.pool)}
    context |= {
        "lines": found,
        "answer": work.answer(project, found),
        "may_submit": running and project.submission is None and bool(working_parties(request, project)),
        "may_draw": may_draw,
        "seed": draws.seed_of(project, timezone.now()) if project.submission and not project.reviewers else None,
        "names": expert_names(codes) if codes else {},
        "stopped": next((event.body for event in log if isinstance(event.body, Stopped)), None),
        "error": error,
    }
    return render(request, "research/work.html", context, status=422 if error else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: HttpRequest, pk: str) -> HttpResponse:
    """Hand in the next milestone."""
    context = opened(request, pk)
    row, project = context["row"], context["project"]
    mine = working_parties(request, project)
    if not mine:
        raise PermissionDenied
    if project.phase is not Phase.RUNNING or project.next_milestone is None or project.submission is not None:
        return _page(request, pk, _("现在没有可提交的里程碑。"))
    sent = request.method == "POST"
    initial = {"seen": project.version, "party": mine[0][0]}
    bound = (request.POST, request.FILES) if sent else (None, None)
    now = timezone.now()
    kept = evidence.staged(row, now, by=user_of(request))
    form = SubmitForm(*bound, parties=mine, owed=_owed(project), kept=_choices(kept), initial=initial)
    if sent and form.is_valid():
        try:
            _hand_in(request, row, form, kept)
        except GongzaoError as error:
            form.add_error(None, said(error))
        else:
            messages.success(request, _("已提交，可抽取的专家名单已锁定；种子公布后抽取评审专家。"))
            return redirect("research:work", pk)
    if form.good:
        evidence.stage(row, form.good, now, by=user_of(request))
        kept = evidence.staged(row, now, by=user_of(request))
        form.fields["staged"].choices = _choices(kept)  # type: ignore[attr-defined]
    chosen = request.POST.getlist("staged") if sent else []
    fresh = {sha256(file.content).hexdigest() for file in form.good}
    context |= {
        "form": form,
        "kept": [(file, not sent or file.sha256 in chosen or file.sha256 in fresh) for file in kept],
        "most_bytes": evidence.MAX_BYTES,
        "milestone": project.next_milestone,
        "kind": [form[name] for name, _party, _unit in form.owed],
        "draws": rules.draws(project, project.next_milestone.amount),
    }
    return render(request, "research/submit.html", context, status=422 if sent else 200)


def _choices(kept: list[models.StagedFile]) -> list[tuple[str, str]]:
    return [(file.sha256, file.name) for file in kept]


def _hand_in(request: HttpRequest, row: models.Project, form: SubmitForm, kept: list[models.StagedFile]) -> None:
    data = form.cleaned_data
    files = [evidence.File(file.name, bytes(file.content)) for file in kept if file.sha256 in data["staged"]]
    evidence.hand_in(
        row,
        request.POST.get("milestone", ""),
        data["party"],
        [*files, *data["evidence"]],
        form.deliveries,
        timezone.now(),
        by=user_of(request),
        seen=data["seen"] or 0,
    )


def _owed(project: Project) -> list[tuple[str, str, rules.Unit, str]]:
    """Return what each party still owes in kind: party, label, unit, and how much in words."""
    found = []
    for (party, unit), promised in project.promised.items():
        left = promised - project.delivered.get((party, unit), 0)
        if left:
            label = f"{name_of(project, party)} · {unit_label(unit)}"
            found.append((party, label, unit, _("尚应投入 %(left)s") % {"left": quantity(left, unit)}))
    return found


@require_POST
def draw(request: HttpRequest, pk: str) -> HttpResponse:
    """Draw the reviewers of the milestone under review."""
    row = queries.project(request.user, pk)
    try:
        after = draws.draw(row, timezone.now(), by=user_of(request), seen=seen_in(request))
    except GongzaoError as error:
        return _page(request, pk, said(error))
    messages.success(request, _("评审专家已抽取。") if after.reviewers else _("专家名单已锁定，等待种子。"))
    return redirect("research:work", pk)


@require_safe
def evidence_file(request: HttpRequest, pk: str, digest: str) -> HttpResponse:
    """Send a file to the parties, to who looks after the project, and to the experts drawn for what it belongs to."""
    files = models.Evidence.objects.filter(project=pk, sha256=digest)
    if not queries.projects(request.user).filter(pk=pk).exists() and not _drawn_for(request, pk, digest):
        raise Http404
    row = get_object_or_404(files)
    kind = row.name.rsplit(".", 1)[-1]
    shown = "show" in request.GET and kind in evidence.PICTURES
    headers: dict[str, Any] = {
        "Content-Disposition": content_disposition_header(as_attachment=not shown, filename=row.name),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(bytes(row.content), content_type=evidence.TYPES[kind], headers=headers)


def _drawn_for(request: HttpRequest, pk: str, digest: str) -> bool:
    rows = models.Review.objects.filter(project=pk, expert__user=user_of(request).pk).select_related("expert")
    log = queries.events(pk) if rows else []
    return any(
        file.sha256 == digest
        for row in rows
        for submitted in (work.submission_of(row, log), *(one.submitted for one in work.earlier(row, log)))
        for file in submitted.evidence
    )
