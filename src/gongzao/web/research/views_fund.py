"""Pages of the public matching fund: its money, deposits, and rounds that allocate it."""

from fractions import Fraction
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzao.kernel import GongzaoError, split
from gongzao.research import FUND, LIMITS
from gongzao.web.accounts.scope import editable, visible
from gongzao.web.clusters.models import Cluster
from gongzao.web.ledger import statements
from gongzao.web.ledger.display import amount
from gongzao.web.research import fund, fund_rounds
from gongzao.web.research.allocation import shown
from gongzao.web.research.campaign_text import clock
from gongzao.web.research.confirming import confirm
from gongzao.web.research.display import in_english, said, wan, yuan
from gongzao.web.research.forms_fund import DepositForm, RoundForm, ScoreForm
from gongzao.web.research.models import Draft, FundRound, FundVoter
from gongzao.web.research.rights import firms_of, organises
from gongzao.web.research.views_campaign import user_of

MOST_PREFILLED = 300
"""Firms of a cluster that the form of a new round lists."""


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show what is in the fund, who has what of it, and the rounds."""
    return _page(request)


def _page(request: HttpRequest, form: DepositForm | None = None, unknown: str = "") -> HttpResponse:
    user = user_of(request)
    held = fund.position()
    rounds = visible(FundRound.objects.select_related("cluster"), user)
    rows = fund.given(user)
    may_deposit = fund.province_of(user) is not None
    context = {
        "held": held,
        "rows": rows,
        "rounds": list(rounds[:50]),
        "clusters": sorted(map(str, editable(Cluster.objects.all(), user))),
        "unknown": unknown,
        "account": FUND if statements.accounts(user).filter(pk=FUND).exists() else "",
        "deposit_form": (form or DepositForm(initial={"key": uuid4().hex})) if may_deposit else None,
        "synthetic": any(row.project.synthetic for row in rows if row.project),
        "answer": _("公共匹配资金账面 %(booked)s，其中 %(reserved)s 已为认缴冻结，可用 %(free)s。")
        % {"booked": wan(held.booked), "reserved": wan(held.reserved), "free": wan(held.free)},
    }
    return render(request, "research/fund.html", context, status=422 if unknown or (form and form.errors) else 200)


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Go to the form of a new round for the cluster named."""
    named = request.GET.get("cluster", "").strip()
    mine = {str(cluster): cluster for cluster in editable(Cluster.objects.all(), user_of(request))}
    alike = [cluster for name, cluster in mine.items() if named and named in name]
    found = mine.get(named) or (alike[0] if len(alike) == 1 else None)
    if found is None:
        return _page(request, unknown=named or "—")
    return redirect("research:fund_new", found.slug)


@require_POST
def deposit(request: HttpRequest) -> HttpResponse:
    """Book public money that has come to the supervised account, after the consequence was shown."""
    user = user_of(request)
    if fund.province_of(user) is None:
        raise PermissionDenied
    form = DepositForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    asked = form.cleaned_data["quantity"]
    if "confirmed" not in request.POST:
        held = fund.position()
        return confirm(
            request,
            {},
            question=_("请核对：向公共匹配资金登记拨入 %(sum)s。") % {"sum": yuan(asked)},
            facts=[
                (_("拨入金额"), yuan(asked)),
                (_("现账面余额"), yuan(held.booked)),
                (_("拨入后账面余额"), yuan(held.booked + asked)),
            ],
            points=[_("只登记已到监管账户的资金，平台不经手资金。"), _("入账后不能修改，更正须以冲正分录进行。")],
            button=_("确认入账"),
            back=reverse("research:fund"),
        )
    try:
        fund.deposit(asked, form.cleaned_data["key"], timezone.now(), by=user)
    except GongzaoError as error:
        form.add_error(None, said(error))
        return _page(request, form)
    messages.success(request, _("已入账 %(sum)s。") % {"sum": yuan(asked)})
    return redirect("research:fund")


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Set up a round for a cluster."""
    user, now = user_of(request), timezone.now()
    cluster = get_object_or_404(editable(Cluster.objects.all(), user), slug=slug)
    asked = fund_rounds.candidates(cluster)
    drafts = Draft.objects.filter(pk__in=[row.pk for row, _amount in asked])
    free = fund.position().free
    initial = {"key": uuid4().hex, "scale": "yuan", "amount": f"{amount(free)}", "parts": _equal_parts(cluster, free)}
    form = RoundForm(request.POST if request.method == "POST" else None, drafts=drafts, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            row = fund_rounds.set_up(
                f"r{data['key'][:12]}",
                cluster,
                data["title"],
                data["closes"],
                list(data["drafts"]),
                data["quantity"],
                data["parts"],
                now,
                by=user,
            )
        except GongzaoError as error:
            form.add_error(None, said(error))
        else:
            messages.success(request, _("已设立，请通知表决企业评分。"))
            return redirect(row)
    context = {
        "form": form,
        "cluster": cluster,
        "candidates": asked,
        "free": free,
        "answer": _("%(cluster)s有%(n)s个已提交、申请公共支持的建议书；基金可用 %(free)s。")
        % {"cluster": cluster, "n": len(asked), "free": wan(free)},
    }
    return render(request, "research/fund_new.html", context, status=422 if form.errors else 200)


def _equal_parts(cluster: Cluster, total: int) -> str:
    """Return lines that give every firm of a cluster the same part, to the fen, as a start."""
    firms = list(cluster.enterprises.order_by("uscc")[:MOST_PREFILLED])
    if not firms or total < len(firms):
        return ""
    parts = split(total, [1] * len(firms))
    return "\n".join(f"{firm.uscc} {amount(part)} # {firm.name}" for firm, part in zip(firms, parts, strict=True))


def _found(request: HttpRequest, slug: str) -> FundRound:
    rows = visible(FundRound.objects.select_related("cluster__county"), user_of(request))
    row: FundRound = get_object_or_404(rows, slug=slug)
    return row


@require_safe
def round_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a round: candidates and voters; the scores to give; or what was decided, with every payment."""
    return _round(request, _found(request, slug))


def _round(request: HttpRequest, row: FundRound, form: ScoreForm | None = None, error: str = "") -> HttpResponse:
    user, now = user_of(request), timezone.now()
    voters = list(row.voters.select_related("enterprise"))
    drafts = list(row.drafts.select_related("topic", "lead").order_by("slug"))
    is_open = row.result is None and now < row.closes
    mine = [voter for voter in voters if voter.enterprise in firms_of(user)] if is_open else []
    costs: dict[str, int] = row.result["costs"] if row.result else {}
    total = sum(voter.budget for voter in voters)
    context: dict[str, Any] = {
        "round": row,
        "voters": voters,
        "total": total,
        "candidates": [
            (draft, costs.get(draft.slug, 0) if row.result else fund_rounds.support_of(draft)) for draft in drafts
        ],
        "forms": _score_forms(mine, drafts, form),
        "may_decide": row.result is None and now >= row.closes and organises(user, row.cluster),
        "shown": shown(row.result, {d.slug: str(d) for d in drafts}, voters) if row.result else None,
        "limits": LIMITS[1] if in_english() else LIMITS[0],
        "error": error,
        "answer": _answer(row, voters, total, is_open),
    }
    failed = error or (form and form.errors)
    return render(request, "research/fund_round.html", context, status=422 if failed else 200)


def _score_forms(
    mine: list[FundVoter], drafts: list[Draft], sent: ScoreForm | None
) -> list[tuple[FundVoter, ScoreForm]]:
    found = []
    for voter in mine:
        initial = {f"score-{draft.pk}": voter.votes.get(draft.slug, 0) for draft in drafts}
        form = ScoreForm(drafts=drafts, initial={**initial, "party": voter.enterprise.uscc})
        found.append((voter, sent if sent and sent.data.get("party") == voter.enterprise.uscc else form))
    return found


def _answer(row: FundRound, voters: list[FundVoter], total: int, is_open: bool) -> str:
    facts = {
        "total": wan(total),
        "n": len(voters),
        "voted": sum(voter.voted_at is not None for voter in voters),
        "closes": clock(row.closes),
    }
    if row.result is not None:
        spent = sum(Fraction(one["cost"]) for one in row.result["funded"])
        facts |= {"funded": len(row.result["funded"]), "spent": wan(int(spent)), "rest": wan(total - int(spent))}
        return _("%(total)s 分给了%(funded)s个项目，共 %(spent)s，剩余 %(rest)s 留在基金。") % facts
    if is_open:
        return _("%(n)s家企业为 %(total)s 表决，已评分%(voted)s家，%(closes)s 截止。") % facts
    return _("表决已于 %(closes)s 截止，%(n)s家中%(voted)s家评分，等待公布结果。") % facts


@require_POST
def vote(request: HttpRequest, slug: str) -> HttpResponse:
    """Score the candidates for one firm."""
    row = _found(request, slug)
    user = user_of(request)
    drafts = list(row.drafts.order_by("slug"))
    firm = next((firm for firm in firms_of(user) if firm.uscc == request.POST.get("party")), None)
    if firm is None:
        raise PermissionDenied
    form = ScoreForm(request.POST, drafts=drafts)
    if not form.is_valid():
        return _round(request, row, form, error=_("评分须为0—%(most)s。") % {"most": fund_rounds.MOST_SCORE})
    try:
        fund_rounds.vote(row, firm, form.scores, timezone.now(), by=user)
    except GongzaoError as error:
        return _round(request, row, form, error=said(error))
    messages.success(request, _("已记录%(firm)s的评分，截止前可以修改。") % {"firm": firm})
    return redirect(row)


@require_POST
def decide(request: HttpRequest, slug: str) -> HttpResponse:
    """Allocate the money of a round that is over; the result is kept as it is then."""
    row = _found(request, slug)
    try:
        fund_rounds.decide(row, timezone.now(), by=user_of(request))
    except GongzaoError as error:
        return _round(request, row, error=said(error))
    messages.success(request, _("结果已公布并保存。"))
    return redirect(row)
