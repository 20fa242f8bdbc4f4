"""Pages of a campaign: how far it is, pledging, withdrawing, joining, and the end of a round."""

from datetime import datetime
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzao import research as rules
from gongzao.kernel import GongzaoError
from gongzao.web.accounts.models import User
from gongzao.web.clusters.models import Enterprise
from gongzao.web.ledger import statements
from gongzao.web.research import campaign, cost_shares, models, queries, services, store
from gongzao.web.research.campaign_text import after_close, after_pledge, answer
from gongzao.web.research.confirming import confirm
from gongzao.web.research.display import name_of, quantity, said, side_label, yuan
from gongzao.web.research.forms_campaign import AdmitForm, BidForm, JoinForm, PledgeForm
from gongzao.web.research.rights import firms_of, organises, require_organiser
from gongzao.web.research.views_projects import opened


def user_of(request: HttpRequest) -> User:
    """Return who is signed in; the pages that use it ask for signing in."""
    return cast("User", request.user)


def parties_of(user: User, project: rules.Project) -> list[Enterprise]:
    """Return the parties of a project for which somebody acts."""
    return [firm for firm in firms_of(user) if project.proposal.party(firm.uscc)]


def _seen(request: HttpRequest) -> int:
    """Return the version of the project on the page that was filled in; what is none is as good as stale."""
    text = request.POST.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@require_safe
def page(request: HttpRequest, pk: str) -> HttpResponse:
    """Show how far the campaign is, the pledges, and what the visitor can do."""
    return _page(request, opened(request, pk))


def _page(
    request: HttpRequest,
    context: dict[str, Any],
    *,
    pledge_form: PledgeForm | None = None,
    bid_form: BidForm | None = None,
    error: str = "",
) -> HttpResponse:
    user, now, value = user_of(request), timezone.now(), context["project"]
    mine = parties_of(user, value)
    codes = [firm.uscc for firm in mine]
    standing = campaign.standing(value, now)
    payers = [firm for firm in mine if not value.is_public(firm.uscc)]
    pledged = campaign.by_party(value)
    shares = _shares(context["row"], value, codes, now)
    context |= {
        "answer": answer(value, standing, now),
        "standing": standing,
        "pledges": _pledges(user, value, codes, standing),
        "expected": campaign.expected(value),
        "error": error,
        "organiser": organises(user, context["row"].cluster),
        "may_lapse": value.phase is rules.Phase.SIGNING and now >= value.proposal.terms.sign_by,
        "rates": {"WORKHOUR": value.proposal.rates.work_hour, "MACHINEHOUR": value.proposal.rates.machine_hour},
        "shares": shares,
        "compared": [
            (party.name, shares.shares.get(party.id), pledged[party.id])
            for party in value.proposal.parties
            if not value.is_public(party.id)
        ]
        if shares
        else [],
        "net_cost": cost_shares.net_cost(value),
        "my_bids": [bid for bid in cost_shares.last_bids(context["row"]) if bid.enterprise in mine],
        "bids_until": cost_shares.opens_at(value),
        "bids_open": now < cost_shares.opens_at(value),
        "requests": _requests(user, context["row"], value),
        "may_join": any(may_ask(value, firm.uscc, now) for firm in firms_of(user)),
    }
    if pledge_form or (mine and standing.is_open):
        context["pledge_form"] = pledge_form or PledgeForm(firms=mine, initial={"key": uuid4().hex})
    if bid_form or (payers and standing.is_open and now < cost_shares.opens_at(value)):
        context["bid_form"] = bid_form or BidForm(firms=payers, prefix="bid")
    failed = error or (pledge_form and pledge_form.errors) or (bid_form and bid_form.errors)
    return render(request, "research/campaign.html", context, status=422 if failed else 200)


def _requests(
    user: User, row: models.Project, value: rules.Project
) -> list[tuple[rules.Party, list[str], list[tuple[rules.Side, str, AdmitForm]]]]:
    """Return who asks to join, whose consent there is, and a form for each side that is still to be heard here."""
    mine = services.sides_of(user, row, value)
    return [
        (
            party,
            [side_label(side) for side in rules.Side if side in value.backed[code]],
            [
                (side, side_label(side), AdmitForm(initial={"party": code, "side": side}))
                for side in mine
                if side not in value.backed[code]
            ],
        )
        for code, party in value.asking.items()
    ]


def _shares(row: models.Project, value: rules.Project, codes: list[str], now: datetime) -> cost_shares.Proposed | None:
    found = (cost_shares.proposed(row, value, code, now) for code in codes)
    return next((one for one in found if one is not None), None)


def _pledges(
    user: User, value: rules.Project, codes: list[str], standing: campaign.Standing
) -> list[tuple[rules.Pledge, str, bool, bool, str]]:
    """Return each pledge with its party's name, whether it stands, whether it can be withdrawn, and its account."""
    accounts = {
        pledge.id: rules.stake(value.id, pledge.party)
        if pledge.unit is rules.Unit.CASH
        else rules.promise(value.id, pledge.party, pledge.unit)
        for pledge in value.pledges.values()
    }
    seen = set(statements.accounts(user).filter(pk__in=set(accounts.values())).values_list("pk", flat=True))
    found = []
    for pledge in value.pledges.values():
        stands = pledge.id not in value.withdrawn
        mine = stands and pledge.party in codes and standing.may_withdraw
        account = accounts[pledge.id] if accounts[pledge.id] in seen else ""
        found.append((pledge, name_of(value, pledge.party), stands, mine, account))
    return found


@require_POST
def pledge(request: HttpRequest, pk: str) -> HttpResponse:
    """Pledge, after the consequence was shown."""
    context = opened(request, pk)
    user, value, now = user_of(request), context["project"], timezone.now()
    mine = parties_of(user, value)
    if not mine:
        raise PermissionDenied
    form = PledgeForm(request.POST, firms=mine)
    if not form.is_valid():
        return _page(request, context, pledge_form=form)
    data = form.cleaned_data
    asked = (data["key"], data["party"], rules.Unit(data["unit"]), data["quantity"])
    try:
        if "confirmed" not in request.POST:
            step = rules.pledge(value, *asked, now, by="preview")
            if step.events:
                return _confirm_pledge(request, context, step.project, data["key"])
        services.pledge(context["row"], *asked, now, by=user)
    except GongzaoError as error:
        form.add_error(None, said(error))
        return _page(request, context, pledge_form=form)
    messages.success(
        request, _("已认缴%(what)s，已冻结，尚未划缴。") % {"what": quantity(data["quantity"], data["unit"])}
    )
    return redirect("research:campaign", pk=pk)


def _confirm_pledge(request: HttpRequest, context: dict[str, Any], after: rules.Project, key: str) -> HttpResponse:
    facts, points = after_pledge(after, after.pledges[key])
    return confirm(
        request,
        context,
        question=_("请核对：%(name)s认缴%(what)s。")
        % {
            "name": name_of(after, after.pledges[key].party),
            "what": quantity(after.pledges[key].quantity, after.pledges[key].unit),
        },
        facts=facts,
        points=points,
        button=_("确认认缴"),
        back=reverse("research:campaign", args=[after.id]),
    )


@require_POST
def withdraw(request: HttpRequest, pk: str) -> HttpResponse:
    """Take a pledge back, after the consequence was shown."""
    context = opened(request, pk)
    user, value, now = user_of(request), context["project"], timezone.now()
    name = request.POST.get("pledge", "")[:64]
    made = value.pledges.get(name)
    if made is not None and made.party not in [firm.uscc for firm in parties_of(user, value)]:
        raise PermissionDenied
    try:
        if "confirmed" not in request.POST:
            after = rules.withdraw(value, name, now, by="preview").project
            return confirm(
                request,
                context,
                question=_("请核对：撤回认缴%(what)s。") % {"what": quantity(made.quantity, made.unit) if made else ""},
                facts=[
                    (_("撤回后已认缴现金"), yuan(after.pledged_cash)),
                    (_("撤回后已认缴实物折价"), yuan(after.pledged_in_kind)),
                ],
                points=[_("冻结随即解除。截止前可以重新认缴。")],
                button=_("确认撤回"),
                back=reverse("research:campaign", args=[pk]),
            )
        services.withdraw(context["row"], name, now, by=user)
    except GongzaoError as error:
        return _page(request, context, error=said(error))
    messages.success(request, _("已撤回，冻结已解除。"))
    return redirect("research:campaign", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, pk: str) -> HttpResponse:
    """Let a firm that is no party yet ask to take part; what everybody may know of the project is shown."""
    user, now = user_of(request), timezone.now()
    row = get_object_or_404(models.Project.objects.select_related("cluster"), pk=pk)
    firms = firms_of(user)
    if not firms:
        raise PermissionDenied
    value = store.read(pk)
    form = JoinForm(request.POST if request.method == "POST" else None, firms=firms)
    if request.method == "POST" and form.is_valid():
        firm = next(firm for firm in firms if firm.uscc == form.cleaned_data["party"])
        try:
            services.ask_join(row, firm, rules.Role(form.cleaned_data["role"]), now, by=user)
        except GongzaoError as error:
            form.add_error(None, said(error))
        else:
            messages.success(
                request, _("已提出申请。牵头单位和集群服务中心都同意后，%(name)s即可认缴出资。") % {"name": firm.name}
            )
            return redirect("research:join", pk=pk)
    standing = campaign.standing(value, now)
    codes = {firm.uscc for firm in firms}
    context = {
        "row": row,
        "project": value,
        "form": form,
        "standing": standing,
        "answer": answer(value, standing, now),
        "asked": [party for code, party in value.asking.items() if code in codes],
        "refused": _refused(pk, firms) if value.turned_away else [],
        "member": [firm for firm in firms if value.proposal.party(firm.uscc)],
        "possible": any(may_ask(value, firm.uscc, now) for firm in firms),
    }
    return render(request, "research/join.html", context, status=422 if form.errors else 200)


def may_ask(value: rules.Project, code: str, now: datetime) -> bool:
    """Whether a firm can ask to join: no party, not asking, not refused, while pledges are taken."""
    known = value.proposal.party(code) is not None or code in value.asking or code in value.turned_away
    return not known and campaign.standing(value, now).is_open


def _refused(pk: str, firms: list[Enterprise]) -> list[tuple[Enterprise, str]]:
    """Return those of the firms that were refused, with the reason."""
    reasons = {
        event.body.party: event.body.reason for event in queries.events(pk) if isinstance(event.body, rules.JoinRefused)
    }
    return [(firm, reasons[firm.uscc]) for firm in firms if firm.uscc in reasons]


@require_POST
def admit(request: HttpRequest, pk: str) -> HttpResponse:
    """Agree that an organisation joins, or refuse it, for the side for which the visitor speaks."""
    context = opened(request, pk)
    user, value, now = user_of(request), context["project"], timezone.now()
    form = AdmitForm(request.POST)
    if not services.sides_of(user, context["row"], value):
        raise PermissionDenied
    if not form.is_valid():
        return _page(request, context, error=_("没有选择，未作任何改动。"))
    data = form.cleaned_data
    try:
        if data["agreed"] == "yes":
            services.back_join(context["row"], data["party"], data["side"], now, by=user)
            messages.success(request, _("已同意。双方都同意后，该单位成为参与单位。"))
        else:
            services.refuse_join(context["row"], data["party"], data["side"], data["reason"], now, by=user)
            messages.success(request, _("已拒绝，理由已告知申请单位。"))
    except GongzaoError as error:
        return _page(request, context, error=said(error))
    return redirect("research:campaign", pk=pk)


@require_POST
def close(request: HttpRequest, pk: str) -> HttpResponse:
    """Close the round that is over, or void the pledges of a project that was not signed in time."""
    context = opened(request, pk)
    user, value, row, now = user_of(request), context["project"], context["row"], timezone.now()
    require_organiser(user, row.cluster)
    lapsing = value.phase is rules.Phase.SIGNING
    try:
        if "confirmed" not in request.POST:
            rules.require_version(value, _seen(request))
            after = (rules.lapse if lapsing else rules.close_round)(value, now, by="preview").project
            facts, points = after_close(value, after)
            return confirm(
                request,
                context,
                question=_("请核对：结束签约，解冻全部认缴。") if lapsing else _("请核对：结束本轮众筹。"),
                facts=facts,
                points=points,
                button=_("确认结束"),
                back=reverse("research:campaign", args=[pk]),
            )
        done = (services.lapse if lapsing else services.close_round)(row, now, by=user, seen=_seen(request))
    except GongzaoError as error:
        return _page(request, context, error=said(error))
    messages.success(request, _("已结束，项目现为：%(phase)s。") % {"phase": models.Phase(done.phase).label})
    return redirect("research:campaign", pk=pk)


@require_POST
def bid(request: HttpRequest, pk: str) -> HttpResponse:
    """Say in private what a party would pay at most."""
    context = opened(request, pk)
    user, value = user_of(request), context["project"]
    mine = parties_of(user, value)
    if not mine:
        raise PermissionDenied
    form: forms.Form = BidForm(request.POST, firms=mine, prefix="bid")
    if form.is_valid():
        data = form.cleaned_data
        firm = next(firm for firm in mine if firm.uscc == data["party"])
        try:
            cost_shares.bid(context["row"], firm, data["quantity"], data["weight"], timezone.now(), by=user)
        except GongzaoError as error:
            form.add_error(None, said(error))
        else:
            messages.success(request, _("已保存。只有本单位能看到。"))
            return redirect(reverse("research:campaign", args=[pk]) + "#shares")
    return _page(request, context, bid_form=cast("BidForm", form))
