"""Pages of the registry."""

from collections.abc import Sequence
from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from gongzao.kernel import GongzaoError, InvalidInput, Problem
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import editable
from gongzao.web.clusters import exports, imports, intake, queries, sentences, services
from gongzao.web.clusters.display import language
from gongzao.web.clusters.forms import RecordForm, UploadForm
from gongzao.web.clusters.listings import LISTINGS
from gongzao.web.clusters.models import Cluster, Enterprise
from gongzao.web.project.exports import send


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)  # every page of the registry asks for signing in


@require_GET
def listing(request: HttpRequest, name: str) -> HttpResponse:
    """Show one page of a list."""
    shown = LISTINGS[name](request)
    context = {"list": shown, "may_report": queries.may_report(_user(request))}
    return render(request, f"clusters/{name}.html", context)


@require_GET
def export(request: HttpRequest, name: str, form: str) -> HttpResponseBase:
    """Send the whole list as an Excel or CSV file."""
    return send(exports.table(LISTINGS[name](request)), form, timezone.localdate())


@require_GET
def cluster_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a cluster: its size, its figures with their sources, its titles and leading firms."""
    user = _user(request)
    rows = queries.clusters(user).select_related("county__parent__parent", "industry")
    cluster = get_object_or_404(rows, slug=slug)
    size = queries.cluster_sizes(user, [cluster.pk]).get(cluster.pk)
    newest = queries.newest_figures(user, "cluster", [cluster.pk]).get(cluster.pk, {}).get(queries.REVENUE)
    leaders = queries.leading_firms(user, cluster)
    keys = [member.enterprise_id for member in leaders]
    revenues = queries.newest_figures(user, "enterprise", keys)
    context = {
        "cluster": cluster,
        "answer": sentences.of_cluster(cluster, size, newest),
        "figures": queries.current_figures(user, cluster=cluster),
        "awards": queries.awards(user).filter(cluster=cluster).select_related("title", "source"),
        "leaders": [(row, revenues.get(row.enterprise_id, {}).get(queries.REVENUE)) for row in leaders],
        "synthetic": cluster.synthetic or any(member.enterprise.synthetic for member in leaders),
        "firms": queries.member_counts(user, [cluster.pk]).get(cluster.pk, 0),
        "may_report": editable(Cluster.objects.filter(pk=cluster.pk), user).exists(),
        "reference": queries.reference(cluster),
    }
    return render(request, "clusters/cluster_detail.html", context)


@require_GET
def enterprise_detail(request: HttpRequest, uscc: str) -> HttpResponse:
    """Show a firm: its revenue, clusters, titles and figures."""
    user = _user(request)
    rows = queries.enterprises(user).select_related("county__parent__parent", "industry")
    firm = get_object_or_404(rows, queries.with_code(uscc))
    memberships = queries.clusters_of(user, [firm.pk]).get(firm.pk, [])
    awards = list(queries.awards(user).filter(enterprise=firm).select_related("title", "source"))
    figures = queries.newest_figures(user, "enterprise", [firm.pk]).get(firm.pk, {})
    context = {
        "enterprise": firm,
        "answer": sentences.of_enterprise(firm, figures.get(queries.REVENUE), memberships, awards),
        "memberships": memberships,
        "awards": awards,
        "figures": queries.current_figures(user, enterprise=firm),
        "may_report": editable(Enterprise.objects.filter(pk=firm.pk), user).exists(),
        "reference": queries.reference(firm),
    }
    return render(request, "clusters/enterprise_detail.html", context)


@require_GET
def observation_detail(request: HttpRequest, pk: str) -> HttpResponse:
    """Show every revision of a figure."""
    rows = queries.observations(_user(request)).select_related("region", "cluster", "enterprise", "indicator", "source")
    figure = get_object_or_404(rows, pk=int(pk))
    revisions = queries.history(_user(request), figure)
    context = {
        "figure": figure,
        "revisions": revisions[::-1],
        "answer": sentences.of_history(figure, revisions),
        "may_report": queries.named_subjects(_user(request), queries.reference(figure.subject)) != [],
        "reference": queries.reference(figure.subject),
    }
    return render(request, "clusters/observation_detail.html", context)


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Find clusters and firms; a credit code leads straight to the firm."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:80]
    user = _user(request)
    if firm := queries.enterprises(user).filter(queries.with_code(text)).first():
        return redirect(firm)
    clusters, firms = queries.find(user, text) if text else ([], [])
    context = {
        "text": text,
        "clusters": clusters,
        "firms": firms,
        "synthetic": any(row.synthetic for row in clusters) or any(row.synthetic for row in firms),
    }
    return render(request, "clusters/search.html", context)


def _reporter(request: HttpRequest) -> User:
    if not queries.may_report(_user(request)):
        raise PermissionDenied
    return _user(request)


@require_http_methods(["GET", "POST"])
def observation_record(request: HttpRequest) -> HttpResponse:
    """Report a figure, or correct one."""
    user = _reporter(request)
    if request.method == "POST":
        form = RecordForm(request.POST, visitor=user)
        if form.is_valid():
            try:
                (figure,) = services.record_observations([form.instance], by=user)
            except GongzaoError as error:
                form.refuse(error)
            else:
                messages.success(request, sentences.recorded(figure))
                return redirect("clusters:observation_detail", pk=figure.pk)
        return render(request, "clusters/observation_record.html", {"form": form, "previous": form.previous})
    asked = RecordForm(request.GET, visitor=user)
    asked.is_valid()  # finds the revision that the fields filled in so far point to
    form = RecordForm(initial=request.GET.dict(), visitor=user)
    return render(request, "clusters/observation_record.html", {"form": form, "previous": asked.previous})


@require_GET
def observation_subjects(request: HttpRequest) -> HttpResponse:
    """Suggest what a figure can be reported for."""
    user = _reporter(request)
    text = request.GET.get("subject", "").replace("\x00", "").strip()[:80]
    rows = queries.subjects_like(user, text) if text else []
    return render(request, "clusters/subjects.html", {"subjects": [(queries.reference(row), row) for row in rows]})


@require_http_methods(["GET", "POST"])
def observation_upload(request: HttpRequest) -> HttpResponse:
    """Take a file of figures or firms, all of it or nothing."""
    user = _reporter(request)
    form = UploadForm(request.POST or None, request.FILES or None)
    problems: Sequence[Problem] = ()
    total = 0
    if request.method == "POST" and form.is_valid():
        file, kind = form.cleaned_data["file"], form.cleaned_data["kind"]
        take = imports.import_observations if kind == "observations" else imports.import_enterprises
        try:
            taken = len(take(file, file.name, by=user))
        except InvalidInput as error:
            problems, total = error.problems, error.total
        else:
            words = _("已登记%(count)s条。") % {"count": taken}
            messages.success(request, words)
            return redirect(f"clusters:{kind.removesuffix('s')}_list")
    context = {
        "form": form,
        "problems": problems,
        "total": total,
        "lang": language(),
        "columns": {"observations": intake.OBSERVATION_COLUMNS, "enterprises": intake.ENTERPRISE_COLUMNS},
    }
    return render(request, "clusters/observation_upload.html", context)


@require_GET
def observation_template(request: HttpRequest, kind: str, form: str) -> HttpResponseBase:
    """Send an empty file with the columns that an upload understands."""
    _reporter(request)
    columns = intake.OBSERVATION_COLUMNS if kind == "observations" else intake.ENTERPRISE_COLUMNS
    return exports.template(kind, list(columns if language() == "en" else columns.values()), form)
