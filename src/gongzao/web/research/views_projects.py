"""Pages of projects: what runs, where one stands, its money and its log."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gongzao import research as rules
from gongzao.research import Phase, fold
from gongzao.web.clusters.models import Enterprise
from gongzao.web.kit.reading import one_state
from gongzao.web.ledger import statements
from gongzao.web.ledger.display import mark
from gongzao.web.project.exports import Cell, Table, clock, send
from gongzao.web.research import history, models, money, queries, sentences
from gongzao.web.research.display import unit_label, unit_word, wan, whole
from gongzao.web.research.forms_projects import ProjectsForm
from gongzao.web.research.rights import firms_of

PAGE = 30


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what a visitor has to do, the open calls and what runs."""
    now = timezone.now()
    counts = models.Project.objects.aggregate(
        all=Count("pk"),
        open=Count("pk", filter=Q(phase__in=[Phase.CAMPAIGN, Phase.SECOND_ROUND])),
        running=Count("pk", filter=Q(phase=Phase.RUNNING)),
        completed=Count("pk", filter=Q(phase=Phase.COMPLETED)),
    )
    page = Paginator(models.Project.objects.select_related("cluster"), PAGE).get_page(request.GET.get("page"))
    calls = models.Call.objects.filter(closes__gt=now).select_related("cluster")
    todos = queries.todos(request.user, now)
    answer = _("共%(all)s个项目：众筹中%(open)s个，研究中%(running)s个，已完成%(completed)s个。") % counts
    if request.user.is_authenticated:
        answer = (_("您有%(n)s件事待办。") % {"n": len(todos)} if todos else _("您目前没有待办。")) + answer
    made_up = any(row.synthetic for row in page.object_list) or any(call.synthetic for call in calls)
    context = {"answer": answer, "todos": todos, "calls": calls, "page": page, "synthetic": made_up}
    return render(request, "research/home.html", context)


@require_safe
def projects(request: HttpRequest) -> HttpResponse:
    """List the projects that the visitor sees whole."""
    form = ProjectsForm(request.GET)
    rows = form.narrow(queries.projects(request.user))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "answer": _("有权查看的项目共%(n)s个。") % {"n": page.paginator.count},
        "synthetic": any(row.synthetic for row in page.object_list),
    }
    return render(request, "research/projects.html", context)


@require_safe
def projects_export(request: HttpRequest, form: str) -> HttpResponseBase:
    """Send the list of projects as filtered."""
    rows = ProjectsForm(request.GET).narrow(queries.projects(request.user))
    headers = [_("项目编号"), _("项目名称"), _("集群"), _("阶段"), _("立项时间"), _("最近变动"), _("示例数据")]
    cells: list[list[Cell]] = [
        [
            row.pk,
            row.title,
            str(row.cluster),
            row.get_phase_display(),
            clock(row.opened_at),
            clock(row.changed_at),
            mark(row.synthetic),
        ]
        for row in rows
    ]
    head = [f"{_('众筹科研项目')} · {_('共造')}"]
    return send(Table(_("众筹科研项目"), head, headers, cells), form, timezone.localdate())


@login_not_required
@require_safe
def public(request: HttpRequest, pk: str) -> HttpResponse:
    """Show what everybody may know of a project."""
    found = queries.public(pk)
    inside = request.user.is_authenticated and queries.projects(request.user).filter(pk=pk).exists()
    answer = _("%(cluster)s的共性技术项目，%(n)s家单位共投 %(total)s，目前%(phase)s。") % {
        "cluster": found.row.cluster,
        "n": len(found.parties),
        "total": wan(found.total),
        "phase": found.row.get_phase_display(),
    }
    firms = firms_of(request.user)
    context = {
        "found": found,
        "row": found.row,
        "answer": answer,
        "inside": inside,
        "may_join": bool(firms) and found.row.phase in (Phase.CAMPAIGN, Phase.SECOND_ROUND) and _outside(pk, firms),
        "may_ask": bool(firms) and bool(found.results) and found.row.phase in (Phase.COMPLETED, Phase.STOPPED),
    }
    return render(request, "research/public.html", context)


def _outside(pk: str, firms: list[Enterprise]) -> bool:
    """Whether one of the firms is no party of the project yet."""
    inside = set(models.Party.objects.filter(project=pk).values_list("enterprise", flat=True))
    return any(firm.pk not in inside for firm in firms)


def opened(request: HttpRequest, pk: str) -> dict[str, Any]:
    """Return what every page of a project shows: the row, what the rules know, and its log; 404 if not visible."""
    row = queries.project(request.user, pk)
    log = queries.events(pk)
    return {"row": row, "project": fold(log), "log": log}


@require_safe
def project(request: HttpRequest, pk: str) -> HttpResponse:
    """Show where a project stands, what comes next, and what was agreed."""
    context = opened(request, pk)
    value: rules.Project = context["project"]
    todos = queries.todos_in(value, context["row"], request.user, timezone.now())
    context |= {"answer": sentences.of_project(value), "steps": _steps(context["row"], value), "todos": todos}
    context["needed"] = value.proposal.cash(max(1, value.stage))
    context["last"] = [(event, sentences.of_event(value, event)) for event in reversed(context["log"][-6:])]
    return render(request, "research/project.html", context)


def _steps(row: models.Project, value: rules.Project) -> list[tuple[str, str, str]]:
    """Return address, name and state of every stage: done, here, broken, or to come."""
    stages = (
        ("campaign", _("众筹"), (Phase.CAMPAIGN, Phase.SECOND_ROUND, Phase.MISSED)),
        ("contract", _("签约"), (Phase.SIGNING, Phase.LAPSED)),
        ("work", _("里程碑"), (Phase.RUNNING, Phase.STOPPED)),
        ("results", _("成果"), (Phase.COMPLETED,)),
    )
    here = next(n for n, (_view, _word, phases) in enumerate(stages) if value.phase in phases)
    broken = value.phase in (Phase.MISSED, Phase.LAPSED, Phase.STOPPED)
    states = ["done" if n < here else "" if n > here else "broken" if broken else "here" for n in range(len(stages))]
    call = row.topic.call
    return [(call.get_absolute_url() if call else "", _("征集"), "done")] + [
        (reverse(f"research:{view}", args=[row.pk]), word, state)
        for (view, word, _phases), state in zip(stages, states, strict=True)
    ]


@require_safe
def money_page(request: HttpRequest, pk: str) -> HttpResponse:
    """Show who paid, what was used, received and given back; every figure is the ledger's."""
    with one_state():
        context = opened(request, pk)
        found = money.books(context["project"])
    stakes = {rules.stake(pk, row.party): row.party for row in found.rows}
    open_to = statements.accounts(request.user).filter(pk__in=list(stakes)).values_list("pk", flat=True)
    context |= {
        "books": found,
        "answer": money.finding(found),
        "sankey": {**money.sankey(context["project"], found), "mark": mark(context["row"].synthetic)},
        "units": rules.IN_KIND,
        "stakes": {stakes[account]: account for account in open_to},
    }
    return render(request, "research/money.html", context)


@require_safe
def money_export(request: HttpRequest, pk: str, form: str) -> HttpResponseBase:
    """Send the tables of the money page as one."""
    with one_state():
        context = opened(request, pk)
        found = money.books(context["project"])
    headers = [_("单位"), _("统一社会信用代码")]
    headers += [_("冻结（元）"), _("已缴（元）"), _("已用（元）"), _("已退（元）"), _("结存（元）")]
    headers += [_("里程碑所得（元）"), _("收益所得（元）")]
    for unit in rules.IN_KIND:
        words = {"what": unit_label(unit), "unit": unit_word(unit)}
        headers += [_("承诺%(what)s（%(unit)s）") % words, _("已投入%(what)s（%(unit)s）") % words]
    cells: list[list[Cell]] = [
        [
            row.name or _("合计"),
            row.party,
            *(whole(getattr(row, name)) for name in money.FIGURES),
            *(
                whole(kind.get(unit, 0)) if row.party else None
                for unit in rules.IN_KIND
                for kind in (row.promised, row.delivered)
            ),
        ]
        for row in (*found.rows, found.total)
    ]
    head = [f"{context['row'].title} · {_('账目')}", money.finding(found), *_made_up(context["row"])]
    return send(Table(f"{pk}-{_('账目')}", head, headers, cells), form, timezone.localdate())


def _made_up(row: models.Project) -> list[str]:
    return [_("注意：含示例数据，为演示生成，并非真实数据。")] if row.synthetic else []


@require_safe
def flow_export(request: HttpRequest, pk: str, form: str) -> HttpResponseBase:
    """Send what the picture of the money page shows."""
    with one_state():
        context = opened(request, pk)
        found = money.books(context["project"])
    cells: list[list[Cell]] = [
        [flow.source, flow.target, whole(flow.fen)] for flow in money.flows(context["project"], found)
    ]
    head = [f"{context['row'].title} · {_('资金流向')}", money.finding(found), *_made_up(context["row"])]
    headers = [_("从"), _("到"), _("金额（元）")]
    return send(Table(f"{pk}-{_('资金流向')}", head, headers, cells), form, timezone.localdate())


@require_safe
def log(request: HttpRequest, pk: str) -> HttpResponse:
    """Show everything that happened, with its bookings, and whether log and ledger agree."""
    with one_state():
        context = opened(request, pk)
        found = history.history(request.user, context["project"], context["log"])
    result = _("与账本有%(n)s处出入") % {"n": len(found.findings)} if found.findings else _("与账本完全一致")
    context |= {
        "lines": found.lines[::-1],
        "findings": [history.finding(broken) for broken in found.findings],
        "answer": _("共%(n)s条记录、%(booked)s条分录；按项目规则独立重算，%(result)s。")
        % {"n": len(found.lines), "booked": found.booked, "result": result},
    }
    return render(request, "research/log.html", context)


@require_safe
def log_export(request: HttpRequest, pk: str, form: str) -> HttpResponseBase:
    """Send the log of a project, oldest first."""
    with one_state():
        context = opened(request, pk)
        found = history.history(request.user, context["project"], context["log"])
    cells: list[list[Cell]] = [
        [
            line.event.seq,
            clock(line.event.at),
            str(line.event.by or _("平台")),
            line.event.kind,
            line.text,
            " ".join(str(entry.seq) for entry in line.entries),
        ]
        for line in found.lines
    ]
    head = [f"{context['row'].title} · {_('记录')}", *_made_up(context["row"])]
    headers = [_("序号"), _("时间"), _("操作人"), _("事项"), _("内容"), _("账本分录")]
    return send(Table(f"{pk}-{_('记录')}", head, headers, cells), form, timezone.localdate())
