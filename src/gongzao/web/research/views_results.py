"""Pages of results: the register, licences, income and its split."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzao import research as rules
from gongzao.kernel import GongzaoError, Uscc
from gongzao.research import Earned, LicenceRequest, Phase, Project, Result, ResultKind
from gongzao.web.research import models, money, queries, services, store
from gongzao.web.research.confirming import confirm
from gongzao.web.research.display import name_of, said, yuan
from gongzao.web.research.forms_work import CorrectionForm, IncomeForm, LicenceForm, ResultForm
from gongzao.web.research.rights import firms_of, organises
from gongzao.web.research.views_projects import opened
from gongzao.web.research.views_work import own_parties, user_of, working_parties

ENDED = (Phase.COMPLETED, Phase.STOPPED)


def _choices(project: Project) -> list[tuple[str, str]]:
    return [(result.id, f"{result.id} {result.title}") for result in project.results.values()]


@require_safe
def page(request: HttpRequest, pk: str) -> HttpResponse:
    """Show the results, their licences, and the income with its split."""
    return _page(request, pk)


def _page(request: HttpRequest, pk: str, error: str = "") -> HttpResponse:
    context = opened(request, pk)
    row, project = context["row"], context["project"]
    mine, now = own_parties(request, project), timezone.now()
    workers = working_parties(request, project)
    ended, organiser = project.phase in ENDED, organises(request.user, row.cluster)
    context |= {
        "answer": _answer(project),
        "books": money.books(project),
        "licences": [_licence(project, request_, now) for request_ in project.requests.values()],
        "mine": mine,
        "may_register": bool(workers) and project.phase in (Phase.RUNNING, *ENDED),
        "may_ask": ended and bool(project.results) and bool(firms_of(request.user)),
        "may_book": ended and bool(project.results) and organiser,
        "organiser": organiser,
        "ended": ended,
        "error": error,
    }
    return render(request, "research/results.html", context, status=422 if error else 200)


def _answer(project: Project) -> str:
    if not project.results:
        return _("还没有登记成果。")
    total = sum(income.amount for income in project.income.values())
    return _("已登记成果%(results)s项，许可%(licences)s项，收益共 %(income)s，已按合同比例分配。") % {
        "results": len(project.results),
        "licences": len(project.granted),
        "income": yuan(total),
    }


def _licence(project: Project, asked: LicenceRequest, now: Any) -> dict[str, Any]:
    granted = project.granted.get(asked.id)
    waiting = granted is None
    return {
        "asked": asked,
        "granted": granted,
        "claimable": waiting and now < asked.priority_until,
        "grantable": waiting and now >= asked.priority_until,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest, pk: str) -> HttpResponse:
    """Enter a result."""
    context = opened(request, pk)
    mine = working_parties(request, context["project"])
    if not mine:
        raise PermissionDenied
    sent = request.method == "POST"
    form = ResultForm(request.POST if sent else None, parties=mine, initial={"party": mine[0][0]})
    if sent and form.is_valid():
        data = form.cleaned_data
        try:
            result = Result(data["id"], ResultKind(data["kind"]), data["title"], data["register_number"])
            services.register_result(context["row"], data["party"], result, timezone.now(), by=user_of(request))
        except GongzaoError as error:
            form.add_error(None, said(error))
        else:
            messages.success(request, _("成果已登记。"))
            return redirect("research:results", pk)
    return render(request, "research/result_new.html", context | {"form": form}, status=422 if sent else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def licence(request: HttpRequest, pk: str) -> HttpResponse:
    """Let any firm ask for a licence; an outsider sees no more of the project than everybody, and its own requests."""
    row = get_object_or_404(models.Project.objects.select_related("cluster"), pk=pk)
    firms = [(firm.uscc, firm.name) for firm in firms_of(request.user)]
    if not firms:
        raise PermissionDenied
    project = store.read(pk)
    sent = request.method == "POST"
    form = LicenceForm(
        request.POST if sent else None,
        results=_choices(project),
        firms=firms,
        initial={"key": uuid4().hex, "firm": firms[0][0]},
    )
    if sent and form.is_valid():
        data = form.cleaned_data
        try:
            _ask(row, project, data, dict(firms), request)
        except GongzaoError as error:
            form.add_error(None, said(error))
        else:
            messages.success(request, _("许可申请已提交。"))
            return redirect("research:licence", pk)
    codes = {code for code, _name in firms}
    own = [
        _licence(project, asked, timezone.now()) for asked in project.requests.values() if asked.licensee.code in codes
    ]
    context = {
        "row": row,
        "project": project,
        "form": form,
        "own": own,
        "possible": project.phase in ENDED and bool(project.results),
        "member": any(project.proposal.party(code) for code in codes),
    }
    return render(request, "research/licence.html", context, status=422 if sent else 200)


def _ask(
    row: models.Project, project: Project, data: dict[str, Any], firms: dict[str, str], request: HttpRequest
) -> None:
    now, code = timezone.now(), data["firm"]
    asked = LicenceRequest(
        data["key"], data["result"], Uscc(code), firms[code], data["exclusive"], data["quantity"], now
    )
    before = project.requests.get(asked.id)
    if before and (before.licensee, before.result, before.fee) == (asked.licensee, asked.result, asked.fee):
        return  # the same click again
    services.ask_licence(row, asked, now, by=user_of(request))


@require_POST
def claim(request: HttpRequest, pk: str, licence_id: str) -> HttpResponse:
    """Let a member take the licence an outsider asked for, on the same terms."""
    row = queries.project(request.user, pk)
    party = request.POST.get("party", "").replace("\x00", "")
    try:
        services.claim_licence(row, licence_id, party, timezone.now(), by=user_of(request))
    except GongzaoError as error:
        return _page(request, pk, said(error))
    messages.success(request, _("已行使优先权取得许可。"))
    return redirect("research:results", pk)


@require_POST
def grant(request: HttpRequest, pk: str, licence_id: str) -> HttpResponse:
    """Grant a licence to an outsider once the members' priority has ended."""
    row = queries.project(request.user, pk)
    try:
        services.grant_licence(row, licence_id, timezone.now(), by=user_of(request))
    except GongzaoError as error:
        return _page(request, pk, said(error))
    messages.success(request, _("许可已授予。"))
    return redirect("research:results", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, pk: str, income_id: str) -> HttpResponse:
    """Set wrong income right: the first time shows what each party gets or gives back, the second books it."""
    context = opened(request, pk)
    row, project = context["row"], context["project"]
    if not organises(request.user, row.cluster):
        raise PermissionDenied
    wrong = project.income.get(income_id)
    if wrong is None:
        raise Http404
    sent = request.method == "POST"
    form = CorrectionForm(request.POST if sent else None, initial={"key": uuid4().hex})
    if sent and form.is_valid():
        data = form.cleaned_data
        asked = (data["key"], income_id, data["quantity"], data["reason"], timezone.now())
        try:
            step = rules.correct_income(project, *asked, by="-")
            if step.events and "confirmed" not in request.POST:
                return _confirm_correction(request, context, wrong, step)
            services.correct_income(row, *asked, by=user_of(request))
            messages.success(request, _("收益已更正，分配已重新计算。"))
            return redirect("research:results", pk)
        except GongzaoError as error:
            form.add_error(None, said(error))
    context |= {"form": form, "wrong": wrong}
    return render(request, "research/correction.html", context, status=422 if sent else 200)


def _confirm_correction(request: HttpRequest, context: dict[str, Any], wrong: Earned, step: rules.Step) -> HttpResponse:
    before, after = context["project"], step.project
    facts = [
        (_("原金额"), yuan(wrong.amount)),
        (_("更正后金额"), yuan(after.income[wrong.id].amount)),
        (_("理由"), after.corrections[-1].reason),
    ]
    for share in after.proposal.income:
        more = after.earned.get(share.party, 0) - before.earned.get(share.party, 0)
        words = _("再分得 %(sum)s") if more >= 0 else _("应退回监管账户 %(sum)s")
        facts.append((name_of(after, share.party), words % {"sum": yuan(abs(more))}))
    return confirm(
        request,
        context,
        question=_("请核对：更正收益 %(id)s。") % {"id": wrong.id[:8]},
        facts=facts,
        points=[_("原分录保留，更正以新的分录入账，并写入项目记录。"), _("平台不经手资金，退回须另行办理。")],
        button=_("确认更正"),
        back=reverse("research:results", args=[step.project.id]),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def income(request: HttpRequest, pk: str) -> HttpResponse:
    """Book income: the first time shows each party's part, the second books it."""
    context = opened(request, pk)
    row, project = context["row"], context["project"]
    if not organises(request.user, row.cluster):
        raise PermissionDenied
    sent = request.method == "POST"
    form = IncomeForm(request.POST if sent else None, results=_choices(project), initial={"key": uuid4().hex})
    if sent and form.is_valid():
        data, now = form.cleaned_data, timezone.now()
        asked = (data["key"], data["result"], data["payer"], data["quantity"], now)
        try:
            step = rules.book_income(project, *asked, by="-")
            if not step.events:  # the same click again
                return redirect("research:results", pk)
            if "confirmed" not in request.POST:
                return _confirm_income(request, context, step)
            services.book_income(row, *asked, by=user_of(request))
            messages.success(request, _("收益已入账并按合同分配。"))
            return redirect("research:results", pk)
        except GongzaoError as error:
            form.add_error(None, said(error))
    context |= {"form": form, "possible": project.phase in ENDED and bool(project.results)}
    return render(request, "research/income.html", context, status=422 if sent else 200)


def _confirm_income(request: HttpRequest, context: dict[str, Any], step: rules.Step) -> HttpResponse:
    """Show each party's part before anything is booked."""
    project: Project = context["project"]
    body = next(event.body for event in step.events if isinstance(event.body, Earned))
    back = _("%(amount)s（回流公共匹配资金）")
    return confirm(
        request,
        context | {"here": "results"},
        question=_("收益 %(amount)s 入账并分配？") % {"amount": yuan(body.amount)},
        facts=[
            (
                name_of(project, part.party),
                back % {"amount": yuan(part.amount)} if project.is_public(part.party) else yuan(part.amount),
            )
            for part in body.parts
        ],
        points=[_("请先核对款项已到监管账户。"), _("入账后不能更改；按合同的收益比例累计分配，合计精确到分。")],
        button=_("确认入账"),
        back=reverse("research:income", args=[project.id]),
    )
