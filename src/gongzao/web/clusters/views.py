"""Pages of the registry."""

from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import editable
from gongzao.web.clusters import exports, queries, sentences
from gongzao.web.clusters.forms import ReasonForm
from gongzao.web.clusters.listings import LISTINGS
from gongzao.web.clusters.models import Cluster, Enterprise
from gongzao.web.project.exports import send


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)  # every page of the registry asks for signing in


@require_safe
def listing(request: HttpRequest, name: str) -> HttpResponse:
    """Show one page of a list."""
    shown = LISTINGS[name](request)
    may_report = queries.may_report(_user(request))
    waiting = queries.drafts(_user(request)).filter(accepted=None).count() if name == "observations" else 0
    context = {"list": shown, "may_report": may_report, "waiting": waiting}
    return render(request, f"clusters/{name}.html", context)


@require_safe
def export(request: HttpRequest, name: str, form: str) -> HttpResponseBase:
    """Send the whole list as an Excel or CSV file."""
    return send(exports.table(LISTINGS[name](request)), form, timezone.localdate())


@require_safe
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
    part = not queries.overseen(user, [cluster.pk])
    context = {
        "cluster": cluster,
        "answer": sentences.of_cluster(cluster, size, newest, part=part),
        "figures": queries.current_figures(user, cluster=cluster),
        "awards": queries.awards(user).filter(cluster=cluster).select_related("title", "source"),
        "leaders": [(row, revenues.get(row.enterprise_id, {}).get(queries.REVENUE)) for row in leaders],
        "synthetic": cluster.synthetic or any(member.enterprise.synthetic for member in leaders),
        "firms": queries.member_counts(user, [cluster.pk]).get(cluster.pk, 0),
        "part": part,
        "may_report": editable(Cluster.objects.filter(pk=cluster.pk), user).exists(),
        "reference": queries.reference(cluster),
    }
    return render(request, "clusters/cluster_detail.html", context)


@require_safe
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


@require_safe
def observation_detail(request: HttpRequest, pk: str) -> HttpResponse:
    """Show every revision of a figure."""
    rows = queries.observations(_user(request)).select_related("region", "cluster", "enterprise", "indicator", "source")
    figure = get_object_or_404(rows, pk=int(pk))
    revisions = queries.history(_user(request), figure)
    context = {
        "figure": figure,
        "revisions": revisions[::-1],
        "answer": sentences.of_history(figure, revisions),
        "withdrawing": ReasonForm(),
        "may_report": queries.named_subjects(_user(request), queries.reference(figure.subject)) != [],
        "reference": queries.reference(figure.subject),
    }
    return render(request, "clusters/observation_detail.html", context)


@require_safe
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
