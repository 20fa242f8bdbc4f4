"""Pages of a contract: its clauses, the document, signing, and checking a document that somebody shows."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gongzao import research as rules
from gongzao.kernel import GongzaoError
from gongzao.research import Phase
from gongzao.web.accounts.scope import visible
from gongzao.web.ledger.models import Entry
from gongzao.web.research import campaign, contracts, services
from gongzao.web.research.campaign_text import clock
from gongzao.web.research.confirming import confirm
from gongzao.web.research.contract_text import clauses
from gongzao.web.research.contracts import Check, Finding
from gongzao.web.research.display import name_of, said, yuan
from gongzao.web.research.forms_campaign import VerifyForm
from gongzao.web.research.rights import organises
from gongzao.web.research.views_campaign import parties_of, user_of
from gongzao.web.research.views_projects import opened

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MOST_ENTRIES = 50


@require_safe
def page(request: HttpRequest, pk: str) -> HttpResponse:
    """Show the contract, who has signed, and what the visitor can do."""
    return _page(request, opened(request, pk))


def _page(
    request: HttpRequest,
    context: dict[str, Any],
    *,
    error: str = "",
    form: VerifyForm | None = None,
    check: Check | None = None,
) -> HttpResponse:
    user, value, row, now = user_of(request), context["project"], context["row"], timezone.now()
    found = contracts.current(value, context["log"])
    shown = found or contracts.preview(value)
    mine = parties_of(user, value)
    reference = f"sha256:{shown.sha256}" if found else ""
    entries = _entries(request, check.reference if check else reference)
    signed = {e.body.party: e.at for e in context["log"] if isinstance(e.body, rules.Signed)}
    signing = value.phase is Phase.SIGNING
    context |= {
        "answer": _answer(value),
        "contract": found,
        "clauses": clauses(shown, synthetic=row.synthetic, draft=found is None),
        "signatures": [(party, signed.get(party.id)) for party in value.proposal.parties],
        "unsigned": [f for f in mine if f.uscc not in signed] if signing and now < value.proposal.terms.sign_by else [],
        "may_lapse": signing and now >= value.proposal.terms.sign_by and organises(user, row.cluster),
        "history": contracts.agreed(context["log"]),
        "entries": entries[:MOST_ENTRIES],
        "more": len(entries) > MOST_ENTRIES,
        "error": error,
        "check": check,
        "finding": finding_text(check.finding) if check else "",
        "verify_form": form or VerifyForm(),
    }
    failed = error or (form and form.errors)
    return render(request, "research/contract.html", context, status=422 if failed else 200)


def _entries(request: HttpRequest, reference: str) -> list[Entry]:
    """Return the entries with this reference that the visitor may see, one more than the page lists."""
    if not reference:
        return []
    rows = visible(Entry.objects.filter(reference=reference, reason=""), user_of(request))
    return list(rows.order_by("seq")[: MOST_ENTRIES + 1])


def _answer(value: rules.Project) -> str:
    facts = {
        "n": len(value.signed),
        "all": len(value.proposal.parties),
        "until": clock(value.proposal.terms.sign_by),
    }
    match value.phase:
        case Phase.CAMPAIGN | Phase.SECOND_ROUND:
            return _("众筹还在进行，下面是按目前认缴生成的草案，众筹成功后才能签署。")
        case Phase.SIGNING:
            return _("合同待签署：%(n)s/%(all)s家已签，%(until)s 前须全部签署；最后一家签署时从各方划缴认缴。") % facts
        case Phase.MISSED:
            return _("众筹未达门槛，没有签订合同。")
        case Phase.LAPSED:
            return _("合同未在期限内全部签署，没有生效。")
        case _:
            return _("合同已生效，%(all)s家全部签署；账本相关分录都以它的哈希为参考号。") % facts


@require_safe
def download(request: HttpRequest, pk: str) -> HttpResponse:
    """Send the contract as a Word document."""
    context = opened(request, pk)
    content = contracts.file_of(context["row"], context["project"], context["log"])
    headers = {"Content-Disposition": f'attachment; filename="contract-{pk}.docx"'}
    return HttpResponse(content, content_type=DOCX, headers=headers)


@require_POST
def sign(request: HttpRequest, pk: str) -> HttpResponse:
    """Sign the contract for a party, after the consequence was shown."""
    context = opened(request, pk)
    user, value, row, now = user_of(request), context["project"], context["row"], timezone.now()
    party, named = request.POST.get("party", "")[:64], request.POST.get("sha256", "")[:64]
    if party not in [firm.uscc for firm in parties_of(user, value)]:
        raise PermissionDenied
    try:
        if "confirmed" not in request.POST:
            after = rules.sign(value, party, named, now, by="preview").project
            return _confirm_signature(request, context, party, after)
        done = services.sign(row, party, named, now, by=user)
    except GongzaoError as error:
        return _page(request, context, error=said(error))
    if done.phase is Phase.RUNNING:
        messages.success(request, _("已签署。全部单位签署完毕，合同生效，认缴已划缴。"))
    else:
        messages.success(request, _("已签署。"))
    return redirect("research:contract", pk=pk)


def _confirm_signature(request: HttpRequest, context: dict[str, Any], party: str, after: rules.Project) -> HttpResponse:
    value = context["project"]
    mine = campaign.taken_by_party(value)[party]
    pledged = campaign.by_party(value)[party]
    facts = [
        (_("签署单位"), name_of(value, party)),
        (_("合同哈希（SHA-256）"), request.POST["sha256"]),
        (_("本单位应缴付现金"), yuan(mine)),
        (_("本单位将解冻现金"), yuan(pledged - mine)),
        (_("项目现金合计"), yuan(sum(part.amount for part in value.collected))),
        (_("签署后"), _("%(n)s/%(all)s家已签") % {"n": len(after.signed), "all": len(value.proposal.parties)}),
    ]
    points = [
        _("签署不能撤回。"),
        _("您是最后一家：签署后合同立即生效，全部认缴立即划缴。")
        if after.phase is Phase.RUNNING
        else _("全部单位签署后合同生效，从各方划缴认缴；%(until)s 前未全部签署则全部解冻。")
        % {"until": clock(value.proposal.terms.sign_by)},
        _("合同生效后，变更和终止按合同约定表决。"),
    ]
    if value.is_public(party):
        points.append(_("从公共匹配资金列支，里程碑付款时最后支取。"))
    return confirm(
        request,
        context,
        question=_("请核对：签署合同。"),
        facts=facts,
        points=points,
        button=_("确认签署"),
        back=reverse("research:contract", args=[value.id]),
    )


@require_POST
def verify(request: HttpRequest, pk: str) -> HttpResponse:
    """Say whether a document is the contract of this project that the ledger names."""
    context = opened(request, pk)
    form = VerifyForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, context, form=form)
    try:
        found = contracts.check_file(context["row"], context["log"], form.cleaned_data["file"].read())
    except GongzaoError as error:
        form.add_error("file", said(error))
        return _page(request, context, form=form)
    return _page(request, context, check=found)


def finding_text(found: Finding) -> str:
    """Say what a document was found to be."""
    return {
        Finding.SAME: _("一致：这就是本项目现行的合同，文件与平台保存的逐字节相同。"),
        Finding.RESAVED: _(
            "一致：条款数据和正文都与本项目现行的合同相同；文件被重新保存过（例如加了页眉或改了格式）。"
        ),
        Finding.ALTERED: _("不一致：文件里的条款数据是本项目合同的，但正文文字被改动过，不能作准。"),
        Finding.REPLACED: _("已失效：这是本项目曾经签署的合同，后来经变更被新合同取代。"),
        Finding.UNSIGNED: _("未生效：这是本项目待签署的合同文本，还没有单位签署。"),
        Finding.OTHER: _("不一致：这不是本项目的合同，账本没有以它的哈希为参考号。"),
    }[found]
