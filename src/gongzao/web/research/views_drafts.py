"""Pages of proposals and amendments: the list, one draft, and what is decided on it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gongzao.kernel import GongzaoError
from gongzao.research import Exemption
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import visible
from gongzao.web.clusters.models import Enterprise
from gongzao.web.research import consents, draft_pages, drafts, policies, queries
from gongzao.web.research.display import said, wan
from gongzao.web.research.forms_drafts import ConsentForm, ExemptionForm, ReplyForm, SeenForm, UploadForm
from gongzao.web.research.models import Draft, Topic
from gongzao.web.research.rights import firms_of, organises

PAGE = 30
State = Draft.State


def user_of(request: HttpRequest) -> User:
    """Return who is signed in; the pages that use it ask for that."""
    return cast("User", request.user)


def find(request: HttpRequest, slug: str) -> Draft:
    """Return a draft that the visitor sees; 404 otherwise."""
    rows = Draft.objects.select_related("topic__cluster__county", "topic__call", "lead", "amends", "changed_by")
    found: Draft = get_object_or_404(visible(rows, user_of(request)), slug=slug)
    return found


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """List the drafts that the visitor sees."""
    rows = visible(Draft.objects.select_related("topic__cluster", "lead").defer("data"), user_of(request))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "answer": _("有权查看的建议书共%(n)s份，其中%(open)s份正在编写或等待决定。")
        % {"n": page.paginator.count, "open": rows.filter(state__in=drafts.OPEN).count()},
        "synthetic": any(row.topic.cluster.synthetic for row in page.object_list),
    }
    return render(request, "research/drafts.html", context)


@require_POST
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Begin a proposal on a topic."""
    topic = get_object_or_404(Topic.objects.select_related("call", "cluster"), slug=slug, call__isnull=False)
    try:
        return redirect(drafts.start(topic, _firm(request), timezone.now(), by=user_of(request)))
    except GongzaoError as error:
        messages.warning(request, said(error))
        return redirect(topic.call or "research:home")


def _firm(request: HttpRequest) -> Enterprise:
    """Return the firm named in the form, if the visitor acts for it; the only one if the form names none."""
    firms = {firm.uscc: firm for firm in firms_of(request.user)}
    named = request.POST.get("firm", "")
    lead = firms.get(named) if named or len(firms) != 1 else next(iter(firms.values()))
    if lead is None:
        raise PermissionDenied
    return lead


@require_POST
def amend(request: HttpRequest, pk: str) -> HttpResponse:
    """Begin an amendment of a contract."""
    project = queries.project(request.user, pk)
    try:
        return redirect(drafts.start_amendment(project, _firm(request), timezone.now(), by=user_of(request)))
    except GongzaoError as error:
        messages.warning(request, said(error))
        return redirect("research:motions", project.pk)


@require_safe
def draft(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a draft: what is there, what is wrong, and what can be done."""
    return page(request, find(request, slug))


def page(request: HttpRequest, row: Draft, error: str = "", **forms: Any) -> HttpResponse:
    """Show a draft, with what was refused."""
    user, now = user_of(request), timezone.now()
    proposal, faults = drafts.proposal_of(row, now)
    wrong = sum(fault.code not in drafts.LIMITS for fault in faults)
    names = consents.names_for(user, row)
    version = {"seen": row.version}
    deciding = row.state == State.SUBMITTED and not row.amends_id and organises(user, row.topic.cluster)
    context = {
        "row": row,
        "proposal": None if wrong else proposal,
        "beyond": len(faults) > wrong,
        "names": names,
        "sections": draft_pages.sections(row, faults, names),
        "told": draft_pages.told(fault for fault in faults if not fault.blank),
        "blank": sum(fault.blank for fault in faults),
        "writing": drafts.may_write(user, row),
        "deciding": deciding,
        "differences": draft_pages.differences(row, names),
        "answers": consents.answers(row) if row.state == State.SUBMITTED and not row.amends_id else [],
        "consent_forms": _consent_forms(user, row, forms.pop("consent", None)),
        "locked": drafts.locked(row),
        "seen": SeenForm(initial=version),
        "upload": UploadForm(initial=version),
        "reply": ReplyForm(initial=version),
        "exemption": ExemptionForm(initial=version),
        "error": error,
        "answer": _answer(row, wrong),
        **forms,
    }
    return render(request, "research/draft.html", context, status=422 if error or forms else 200)


def _consent_forms(user: User, row: Draft, sent: ConsentForm | None) -> list[tuple[Enterprise, ConsentForm]]:
    """Return a form for each firm of the visitor that is named in a draft handed in and has not answered."""
    asked = [firm for draft_, firm in consents.waiting(user) if draft_.pk == row.pk]
    return [
        (firm, sent if sent and sent.data.get("firm") == firm.uscc else ConsentForm(initial={"firm": firm.uscc}))
        for firm in asked
    ]


@require_POST
def consent(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer for a firm named in a draft whether it takes part."""
    row = find(request, slug)
    form = ConsentForm(request.POST)
    if not form.is_valid():
        return page(request, row, _("没有选择，未作任何改动。"), consent=form)
    firm, data = _firm(request), form.cleaned_data

    def act() -> HttpResponse:
        agreed = data["agreed"] == "yes"
        consents.give(row, firm, agreed, data["reason"], timezone.now(), by=user_of(request))
        messages.success(request, _("已同意参加。") if agreed else _("已答复不参加。"))
        return redirect(row)

    return _try(request, row, act)


def _answer(row: Draft, faults: int) -> str:
    if row.state in drafts.WRITABLE:
        ready = _("内容齐全，可以提请表决。") if row.amends_id else _("内容齐全，可以提交。")
        words = _("还有%(n)s处须补充或改正；随时保存，填完再提交。") % {"n": faults} if faults else ready
        return (_("已退回，请按答复修改。") if row.state == State.RETURNED else "") + words
    if row.state == State.SUBMITTED:
        if row.amends_id:
            return _("已付诸表决。")
        open_ = sum(not answer.agreed for answer in consents.answers(row))
        waits = _("还有%(n)s家参与单位没有同意，全部同意后才能立项。") % {"n": open_} if open_ else ""
        return _("已提交，等待集群服务中心或主管部门决定。") + waits
    return _("已立项，进入众筹。") if row.state == State.OPENED else _("未予立项，理由见答复。")


@require_POST
def submit(request: HttpRequest, slug: str) -> HttpResponse:
    """Hand a proposal to the organiser, or an amendment to the vote; shows first what that means."""
    row = find(request, slug)
    form = (ReplyForm if row.amends_id else SeenForm)(request.POST)
    if not drafts.may_write(user_of(request), row):
        raise PermissionDenied
    if not form.is_valid():
        return page(request, row, _("请填写变更理由。"), reply=form)
    if "confirmed" not in request.POST:
        return _confirm(request, row, form)
    by, seen, now = user_of(request), form.cleaned_data["seen"], timezone.now()

    def act() -> HttpResponse:
        if row.amends_id:
            project = drafts.propose(row, form.cleaned_data["reply"], seen, now, by=by)
            messages.success(request, _("变更已付诸表决。"))
            return redirect("research:motions", project.pk)
        messages.success(request, _("建议书已提交。"))
        return redirect(drafts.submit(row, seen, now, by=by))

    return _try(request, row, act)


def _try(request: HttpRequest, row: Draft, act: Callable[[], HttpResponse]) -> HttpResponse:
    try:
        return act()
    except GongzaoError as error:
        row.refresh_from_db()
        return page(request, row, said(error))


def _confirm(request: HttpRequest, row: Draft, form: Any, exemption: Exemption | None = None) -> HttpResponse:
    """Show in figures what a step means, with the button that takes it."""
    proposal, faults = drafts.proposal_of(row, timezone.now(), exemption=exemption)
    if exemption is None and row.state in drafts.WRITABLE:
        faults = tuple(fault for fault in faults if fault.code not in drafts.LIMITS)
    if faults:
        return page(request, row, _("还有%(n)s处须补充或改正，未作任何改动。") % {"n": len(faults)})
    names = consents.names_for(user_of(request), row)
    facts = [
        (_("项目名称"), proposal.title),
        (_("参与单位"), "、".join(names.get(party.id, party.id) for party in proposal.parties)),
    ]
    if row.amends is not None:
        value = queries.values([row.amends])[row.amends.pk]
        rule = value.proposal.amending
        facts.append((_("表决"), _("须%(n)s%%同意；通过后签出新合同，否则维持原合同。") % {"n": f"{rule.percent:f}"}))
        facts.append((_("变更的部分"), "、".join(str(s.label) for s, _d in draft_pages.differences(row, {})) or "—"))
        facts.append((_("变更理由"), form.cleaned_data["reply"]))
    else:
        facts += _figures(row, proposal, exemption)
    context = {"row": row, "facts": facts, "form": form, "action": request.path, "amends": row.amends_id}
    context |= {"opens": row.state == State.SUBMITTED}
    return render(request, "research/draft_confirm.html", context)


def _figures(row: Draft, proposal: Any, exemption: Exemption | None) -> list[tuple[str, str]]:
    terms = proposal.terms
    facts = [
        (_("最低需筹现金"), wan(proposal.cash(1))),
        (_("最低实物折价"), wan(proposal.in_kind(1))),
        (_("申请公共支持"), wan(proposal.support)),
        (_("里程碑"), _("%(n)s个") % {"n": len(proposal.milestones)}),
        (
            _("认缴期"),
            f"{timezone.localtime(terms.opens):%Y-%m-%d %H:%M} — {timezone.localtime(terms.closes):%Y-%m-%d %H:%M}",
        ),
    ]
    if proposal.cash(2) > proposal.cash(1):
        facts.insert(1, (_("最优需筹现金"), wan(proposal.cash(2))))
    if row.topic.call is not None:
        policy, version = policies.in_force(row.topic.call, timezone.localdate())
        facts.append((_("适用政策"), f"{policies.name(policy)} {version.id}"))
    if exemption is not None:
        words = [f"{exemption.public_percent:f}%", wan(exemption.public_limit)]
        words += [exemption.decided_by, f"{exemption.decided_on}"]
        facts.append((_("个案例外"), "，".join(words)))
    return facts


def _clock(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


@require_POST
def reply(request: HttpRequest, slug: str, what: str) -> HttpResponse:
    """Return a proposal for changes, or decline it."""
    row = find(request, slug)
    if not organises(request.user, row.topic.cluster):
        raise PermissionDenied
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return page(request, row, _("请写明理由，以便牵头单位知道如何处理。"), reply=form)
    state = State.RETURNED if what == "return" else State.DECLINED

    def act() -> HttpResponse:
        data = form.cleaned_data
        made = drafts.decide(row, state, data["reply"], data["seen"], timezone.now(), by=user_of(request))
        messages.success(request, _("已答复：%(state)s。") % {"state": made.get_state_display()})
        return redirect(made)

    return _try(request, row, act)


@require_POST
def open_project(request: HttpRequest, slug: str) -> HttpResponse:
    """Put a proposal into its campaign; shows first what that means."""
    row = find(request, slug)
    if not organises(request.user, row.topic.cluster):
        raise PermissionDenied
    form = ExemptionForm(request.POST)
    if not form.is_valid():
        return page(request, row, _("个案例外没有填写完整，未作任何改动。"), exemption=form)

    def act() -> HttpResponse:
        data = form.cleaned_data
        exemption = _exemption(row, data)
        if "confirmed" not in request.POST:
            return _confirm(request, row, form, exemption)
        by, seen = user_of(request), data["seen"]
        project = drafts.open_project(row, seen, timezone.now(), by=by, exemption=exemption)
        messages.success(request, _("已立项，众筹按条款开始。"))
        return redirect(project)

    return _try(request, row, act)


def _exemption(row: Draft, data: dict[str, Any]) -> Exemption | None:
    if not data["exemption"]:
        return None
    return Exemption(row.slug, data["percent"], data["limit"], data["reason"], data["decided_by"], data["decided_on"])
