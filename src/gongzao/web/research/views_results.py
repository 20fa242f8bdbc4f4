"""Pages of results: the register, licences, and income."""

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from gongzao import research as rules
from gongzao.kernel import GongzaoError, Uscc
from gongzao.research import Phase
from gongzao.web.research import money, queries, services
from gongzao.web.research.display import name_of, said, yuan
from gongzao.web.research.forms_work import IncomeForm, LicenceForm, ResultForm, hundredths
from gongzao.web.research.rights import firms_of, organises
from gongzao.web.research.sentences import result_kind_label
from gongzao.web.research.views_projects import opened
from gongzao.web.research.views_work import my_parties, user_of

ENDED = (Phase.COMPLETED, Phase.STOPPED)


def _key() -> str:
    return uuid4().hex[:16]


def _forms(request: HttpRequest, context: dict[str, Any]) -> dict[str, forms.Form | None]:
    """Return the forms that the visitor may use now."""
    value: rules.Project = context["project"]
    mine = my_parties(request, value)
    results = [(result.id, f"{result.id} {result.title}") for result in value.results.values()]
    ended = value.phase in ENDED and bool(results)
    firms = [(firm.uscc, firm.name) for firm in firms_of(request.user)]
    organiser = organises(request.user, context["row"].cluster)
    return {
        "result_form": ResultForm(parties=mine) if mine and value.phase in (Phase.RUNNING, *ENDED) else None,
        "licence_form": LicenceForm(results=results, firms=firms, initial={"key": _key()}) if ended and firms else None,
        "income_form": IncomeForm(results=results, initial={"key": _key()}) if ended and organiser else None,
    }


@require_GET
def results(request: HttpRequest, pk: str) -> HttpResponse:
    """Show the register of results, licences, and income by party."""
    return _page(request, opened(request, pk), {})


def _page(request: HttpRequest, context: dict[str, Any], changed: dict[str, Any]) -> HttpResponse:
    value: rules.Project = context["project"]
    found = money.books(value)
    mine = [code for code, _name in my_parties(request, value)]
    now = timezone.now()
    requests = [
        (
            asked,
            value.granted.get(asked.id),
            asked.id not in value.granted and now < asked.priority_until and bool(mine),
            asked.id not in value.granted and now >= asked.priority_until,
        )
        for asked in value.requests.values()
    ]
    context |= _forms(request, context)
    context |= {
        "results": [(result, result_kind_label(result.kind)) for result in value.results.values()],
        "requests": requests,
        "names": {
            asked.id: name_of(value, g.licensee.code)
            for asked in value.requests.values()
            if (g := value.granted.get(asked.id))
        },
        "mine": my_parties(request, value),
        "organiser": organises(request.user, context["row"].cluster),
        "income": list(value.income.values()),
        "books": found,
        "answer": _("登记成果%(results)s项，许可%(licences)s项，收益 %(income)s 已按合同分配。")
        % {"results": len(value.results), "licences": len(value.granted), "income": yuan(found.income)},
    }
    context |= changed
    refused = any(isinstance(form, forms.BaseForm) and form.errors for form in changed.values())
    return render(request, "research/results.html", context, status=422 if refused else 200)


@require_POST
def register(request: HttpRequest, pk: str) -> HttpResponse:
    """Enter a result in the register."""
    context = opened(request, pk)
    form = ResultForm(request.POST, parties=my_parties(request, context["project"]))
    if form.is_valid():
        data = form.cleaned_data
        try:
            result = rules.Result(data["id"], rules.ResultKind(data["kind"]), data["title"], data["register_number"])
            services.register_result(context["row"], data["party"], result, timezone.now(), by=user_of(request))
        except GongzaoError as error:
            form.add_error(None, said(error))
        else:
            messages.success(request, _("成果已登记。"))
            return redirect("research:results", pk)
    return _page(request, context, {"result_form": form})


@require_POST
def ask(request: HttpRequest, pk: str) -> HttpResponse:
    """Ask for a licence on behalf of the visitor's firm."""
    context = opened(request, pk)
    value: rules.Project = context["project"]
    firms = {firm.uscc: firm for firm in firms_of(request.user)}
    listed = [(r.id, r.title) for r in value.results.values()]
    form = LicenceForm(request.POST, results=listed, firms=[(code, f.name) for code, f in firms.items()])
    if form.is_valid():
        data = form.cleaned_data
        firm = firms[data["firm"]]
        now = timezone.now()
        try:
            asked = rules.LicenceRequest(
                data["key"], data["result"], Uscc(firm.uscc), firm.name, data["exclusive"], hundredths(data["fee"]), now
            )
            services.ask_licence(context["row"], asked, now, by=user_of(request))
        except GongzaoError as error:
            form.add_error(None, said(error))
        else:
            messages.success(request, _("许可申请已提交。"))
            return redirect("research:results", pk)
    return _page(request, context, {"licence_form": form})


@require_POST
def licence(request: HttpRequest, pk: str, what: str) -> HttpResponse:
    """Claim a licence as a member, or grant it as organiser."""
    row = queries.project(request.user, pk)
    asked, party = (request.POST.get(name, "").replace("\x00", "") for name in ("request", "party"))
    try:
        if what == "claim":
            services.claim_licence(row, asked, party, timezone.now(), by=user_of(request))
        else:
            services.grant_licence(row, asked, timezone.now(), by=user_of(request))
    except GongzaoError as error:
        messages.warning(request, said(error))
    else:
        messages.success(request, _("许可已授予。"))
    return redirect("research:results", pk)


@require_POST
def income(request: HttpRequest, pk: str) -> HttpResponse:
    """Book income; first show how it will be split."""
    context = opened(request, pk)
    value: rules.Project = context["project"]
    form = IncomeForm(request.POST, results=[(r.id, f"{r.id} {r.title}") for r in value.results.values()])
    parts: list[tuple[str, int, bool]] = []
    if form.is_valid():
        data = form.cleaned_data
        now, amount = timezone.now(), hundredths(data["amount"])
        try:
            if "confirmed" in request.POST:
                services.book_income(
                    context["row"], data["key"], data["result"], data["payer"], amount, now, by=user_of(request)
                )
                messages.success(request, _("收益已入账并分配。"))
                return redirect("research:results", pk)
            step = rules.book_income(value, data["key"], data["result"], data["payer"], amount, now, by="preview")
            body = step.events[-1].body if step.events else value.income[data["key"]]
            parts = [(name_of(value, p.party), p.amount, value.is_public(p.party)) for p in getattr(body, "parts", ())]
        except GongzaoError as error:
            form.add_error(None, said(error))
    return _page(request, context, {"income_form": form, "parts": parts})
