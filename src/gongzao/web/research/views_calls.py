"""Pages of needs, topics and calls."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gongzao.kernel import GongzaoError
from gongzao.research import suggest
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import editable, visible
from gongzao.web.clusters.models import Cluster, Membership
from gongzao.web.research import calls, policies
from gongzao.web.research.display import said
from gongzao.web.research.forms_calls import CallForm, NeedForm, TopicForm
from gongzao.web.research.models import Call, Draft, Need, Topic
from gongzao.web.research.rights import firms_of

PAGE = 50
MOST_COMPARED = 200
"""Open needs of a cluster that are compared with each other."""


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)  # the pages that use it ask for signing in


def refuse(form: forms.BaseForm, error: GongzaoError) -> None:
    """Show an error of the rules on a form."""
    form.add_error(None, said(error))


@require_http_methods(["GET", "HEAD", "POST"])
def needs(request: HttpRequest) -> HttpResponse:
    """List needs; members file theirs, organisers merge them."""
    user, now = _user(request), timezone.now()
    rows = visible(Need.objects.select_related("enterprise", "cluster", "topic"), user)
    firms = firms_of(user)
    places = Membership.objects.filter(enterprise__in=firms).select_related("enterprise", "cluster")
    form = NeedForm(request.POST or None, places=places)
    if request.method == "POST" and form.is_valid():
        try:
            place: Membership = form.cleaned_data["place"]
            calls.file_need(place.enterprise, place.cluster, form.cleaned_data["text"], now, by=user)
        except GongzaoError as error:
            refuse(form, error)
        else:
            messages.success(request, _("已提交。集群服务中心会把相近的需求归并为共性题目。"))
            return redirect("research:needs")
    open_rows = rows.filter(topic__isnull=True)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    topics = visible(Topic.objects.select_related("cluster", "call"), user)
    context = {
        "form": form if places else None,
        "page": page,
        "topics": topics[:PAGE],
        "groups": _groups(user, open_rows),
        "organiser": editable(Cluster.objects.all(), user).exists(),
        "synthetic": any(row.cluster.synthetic for row in page.object_list),
        "answer": _("可见需求%(n)s条，其中%(open)s条尚未归并；共性题目%(topics)s个。")
        % {"n": page.paginator.count, "open": open_rows.count(), "topics": topics.count()},
    }
    return render(request, "research/needs.html", context, status=422 if form.errors else 200)


def _groups(user: User, rows: Any) -> list[tuple[Cluster, list[list[Need]]]]:
    """Return, by cluster that the visitor looks after, open needs that sound alike."""
    found = []
    for cluster in editable(Cluster.objects.filter(needs__in=rows).distinct(), user)[:10]:
        mine = {calls.need_value(row).id: row for row in rows.filter(cluster=cluster)[:MOST_COMPARED]}
        groups = suggest([calls.need_value(row) for row in mine.values()])
        found.append((cluster, [[mine[need.id] for need in group] for group in groups]))
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def topic_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Merge open needs of a cluster into a common problem."""
    user = _user(request)
    cluster = get_object_or_404(editable(Cluster.objects.all(), user), slug=slug)
    rows = Need.objects.filter(cluster=cluster, topic__isnull=True).select_related("enterprise")
    chosen = [pk for pk in request.GET.getlist("need") if pk.isascii() and pk.isdigit() and len(pk) < 19]
    form = TopicForm(request.POST or None, needs=rows, initial={"needs": chosen})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            calls.merge(cluster, list(data["needs"]), data["title"], timezone.now(), by=user)
        except GongzaoError as error:
            refuse(form, error)
        else:
            messages.success(request, _("已归并为共性题目，可发布征集。"))
            return redirect("research:needs")
    context = {"form": form, "cluster": cluster}
    return render(request, "research/topic_new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def call_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Publish a call on topics of a cluster."""
    user = _user(request)
    cluster = get_object_or_404(editable(Cluster.objects.all(), user), slug=slug)
    rows = Topic.objects.filter(cluster=cluster, call__isnull=True)
    form = CallForm(request.POST or None, topics=rows)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            call = calls.publish(
                cluster,
                data["title"],
                data["policy"],
                list(data["topics"]),
                data["opens"],
                data["closes"],
                timezone.now(),
                by=user,
            )
        except GongzaoError as error:
            refuse(form, error)
        else:
            messages.success(request, _("征集已发布。"))
            return redirect(call)
    context = {"form": form, "cluster": cluster, "topics": rows}
    return render(request, "research/call_new.html", context, status=422 if form.errors else 200)


@login_not_required
@require_safe
def call(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a call, its topics, and how to answer."""
    row = get_object_or_404(Call.objects.select_related("cluster__county"), slug=slug)
    now = timezone.now()
    is_open = row.opens <= now < row.closes
    policy, version = policies.in_force(row, timezone.localdate(row.opens))
    firms = firms_of(request.user) if request.user.is_authenticated else []
    drafts = Draft.objects.filter(topic__call=row, lead__in=firms)
    context = {
        "row": row,
        "topics": row.topics.all(),
        "policy": policies.name(policy),
        "source": policies.source(version),
        "rules": version,
        "firms": firms,
        "drafts": {draft.topic_id: draft for draft in drafts},
        "is_open": is_open,
        "answer": _("正在征集，%(closes)s 截止受理。") % {"closes": f"{timezone.localtime(row.closes):%Y-%m-%d %H:%M}"}
        if is_open
        else _("本次征集未在受理期内。"),
    }
    return render(request, "research/call.html", context)
