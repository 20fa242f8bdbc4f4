"""Pages of proposals and amendments that are being written."""

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gongzao.kernel import GongzaoError, Money
from gongzao.research import Exemption
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import visible
from gongzao.web.clusters.models import Enterprise
from gongzao.web.research import drafts, queries
from gongzao.web.research.forms_drafts import BY_NAME, SECTIONS, ExemptionForm, ReplyForm, SectionForm
from gongzao.web.research.models import Draft, Topic
from gongzao.web.research.policies import policies
from gongzao.web.research.proposal_form import Fault
from gongzao.web.research.rights import firms_of
from gongzao.web.research.views_calls import said

PAGE = 30


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)  # the pages that use it ask for signing in


def _draft(request: HttpRequest, slug: str) -> Draft:
    rows = Draft.objects.select_related("topic__cluster", "topic__call", "lead", "amends", "changed_by")
    return get_object_or_404(visible(rows, _user(request)), slug=slug)


def _seen(request: HttpRequest) -> int:
    text = request.POST.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """List the drafts that the visitor sees."""
    rows = visible(Draft.objects.select_related("topic__cluster", "lead"), _user(request))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "answer": _("可见建议书%(n)s份。") % {"n": page.paginator.count},
        "synthetic": any(row.topic.cluster.synthetic for row in page.object_list),
    }
    return render(request, "research/drafts.html", context)


@require_POST
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Begin a proposal for a topic."""
    topic = get_object_or_404(Topic.objects.select_related("call", "cluster"), slug=slug, call__isnull=False)
    lead = _firm(request)
    try:
        draft = drafts.start(topic, lead, timezone.now(), by=_user(request))
    except GongzaoError as error:
        messages.warning(request, said(error))
        return redirect(topic.call) if topic.call else redirect("research:home")
    return redirect(draft)


def _firm(request: HttpRequest) -> Enterprise:
    """Return the firm that the visitor acts for and named in the form, or the only one."""
    firms = {firm.uscc: firm for firm in firms_of(request.user)}
    lead = firms.get(request.POST.get("firm", "")) or (next(iter(firms.values())) if len(firms) == 1 else None)
    if lead is None:
        raise PermissionDenied
    return lead


@require_POST
def amend(request: HttpRequest, pk: str) -> HttpResponse:
    """Begin an amendment of a contract."""
    project = queries.project(request.user, pk)
    try:
        return redirect(drafts.amend(project, _firm(request), timezone.now(), by=_user(request)))
    except GongzaoError as error:
        messages.warning(request, said(error))
        return redirect("research:motions", project.pk)


@require_GET
def draft(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a draft: what is there, what is wrong, and what can be done."""
    return _page(request, _draft(request, slug))


def _page(request: HttpRequest, row: Draft, error: str = "", exemption: ExemptionForm | None = None) -> HttpResponse:
    user = _user(request)
    found = drafts.checked(row, timezone.now())
    writing = drafts.may_write(user, row)
    names = [s for s in SECTIONS if row.amends_id is None or s.name in drafts.AMENDABLE]
    wrong = [fault for fault in found.faults if fault.code not in drafts.LIMITS]
    beyond = [fault for fault in found.faults if fault.code in drafts.LIMITS]
    context = {
        "row": row,
        "proposal": found.proposal,
        "sections": [(s, s.name in row.data, sum(f.section == s.name for f in found.faults)) for s in names],
        "faults": _shown(found.faults),
        "beyond": beyond,
        "ready": found.proposal is not None and not wrong,
        "writing": writing,
        "deciding": drafts.may_decide(user, row),
        "reply": ReplyForm(initial={"seen": row.version}),
        "exemption": exemption or ExemptionForm(initial={"seen": row.version}),
        "changes": _changes(row) if row.amends_id else [],
        "policy": policies().get(row.topic.call.policy) if row.topic.call else None,
        "error": error,
        "answer": _answer(row, len(found.faults)),
    }
    return render(request, "research/draft.html", context, status=422 if error else 200)


def _answer(row: Draft, faults: int) -> str:
    if row.state in (Draft.State.WRITING, Draft.State.RETURNED):
        words = _("还有%(n)s处须补充或改正。") % {"n": faults} if faults else _("内容齐全，可以提交。")
        return (_("已退回，请按答复修改。") if row.state == Draft.State.RETURNED else "") + words
    if row.state == Draft.State.SUBMITTED:
        return _("已付诸表决。") if row.amends_id else _("已提交，等待集群服务中心或主管部门决定。")
    return _("已立项。") if row.state == Draft.State.OPENED else _("未立项。")


def _shown(faults: tuple[Fault, ...]) -> list[tuple[str, str, Fault]]:
    """Return each fault with the title of its section and field."""
    found = []
    for fault in faults:
        section = BY_NAME.get(fault.section)
        columns = [*section.fields, *(c for _n, _l, cs in section.tables for c in cs)] if section else []
        label = next((str(c.label) for c in columns if c.name == fault.field), "")
        found.append((str(section.title) if section else "", label, fault))
    return found


def _changes(row: Draft) -> list[tuple[str, list[tuple[str, str]], list[tuple[str, str]]]]:
    """Return, by section that an amendment changes, its texts before and after."""
    from gongzao.web.research.proposal_form import from_proposal

    project = queries.values([row.amends])[row.amends.pk] if row.amends else None
    before: dict[str, Any] = from_proposal(project.proposal) if project else {}
    changed = [name for name in drafts.AMENDABLE if before.get(name) != row.data.get(name)]
    return [(str(BY_NAME[name].title), _flat(before.get(name)), _flat(row.data.get(name))) for name in changed]


def _flat(section: Any) -> list[tuple[str, str]]:
    fields = list((section or {}).get("fields", {}).items())
    for table, rows in (section or {}).get("rows", {}).items():
        fields += [(f"{table} {n}", " · ".join(v for v in r.values() if v)) for n, r in enumerate(rows, start=1)]
    return fields


@require_http_methods(["GET", "POST"])
def section(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Show or keep one section."""
    row = _draft(request, slug)
    if name not in BY_NAME:
        raise Http404
    if not drafts.may_write(_user(request), row) or (row.amends_id and name not in drafts.AMENDABLE):
        raise PermissionDenied
    sent = request.method == "POST"
    form = SectionForm(BY_NAME[name], row.data, request if sent else None)
    error = ""
    if sent and form.is_valid():
        try:
            drafts.save_section(row, name, form.content, _seen(request), timezone.now(), by=_user(request))
        except GongzaoError as problem:
            error = said(problem)
        else:
            order = [s.name for s in SECTIONS if row.amends_id is None or s.name in drafts.AMENDABLE]
            following = order[order.index(name) + 1 :]
            if "next" in request.POST and following:
                return redirect("research:draft_section", row.slug, following[0])
            return redirect(row)
    faults = [entry for entry in _shown(drafts.checked(row, timezone.now()).faults) if entry[2].section == name]
    context = {"row": row, "section": BY_NAME[name], "form": form, "faults": faults, "error": error}
    context["visited"] = name in row.data
    return render(request, "research/draft_section.html", context, status=422 if sent else 200)


@require_POST
def submit(request: HttpRequest, slug: str) -> HttpResponse:
    """Hand a proposal to the organiser, or an amendment to the vote."""
    row = _draft(request, slug)
    try:
        if row.amends_id:
            reason = request.POST.get("reason", "").replace("\x00", "")
            drafts.put_to_vote(row, reason, _seen(request), timezone.now(), by=_user(request))
            messages.success(request, _("变更已付诸表决。"))
            return redirect("research:motions", row.amends_id)
        drafts.submit(row, _seen(request), timezone.now(), by=_user(request))
    except GongzaoError as error:
        return _page(request, row, said(error))
    messages.success(request, _("建议书已提交。"))
    return redirect(row)


@require_POST
def reply(request: HttpRequest, slug: str, what: str) -> HttpResponse:
    """Return a submitted proposal for changes, or decline it."""
    row = _draft(request, slug)
    state = Draft.State.RETURNED if what == "return" else Draft.State.DECLINED
    text = request.POST.get("reply", "").replace("\x00", "")[:4000]
    try:
        drafts.decide(row, state, text, _seen(request), timezone.now(), by=_user(request))
    except GongzaoError as error:
        return _page(request, row, said(error))
    messages.success(request, _("已答复。"))
    return redirect(row)


@require_POST
def open_project(request: HttpRequest, slug: str) -> HttpResponse:
    """Put a submitted proposal into its campaign."""
    row = _draft(request, slug)
    form = ExemptionForm(request.POST)
    if not form.is_valid():
        return _page(request, row, _("个案例外须填写完整。"), form)
    try:
        exemption = _exemption(row, form.cleaned_data)
        project = drafts.open_project(row, _seen(request), timezone.now(), by=_user(request), exemption=exemption)
    except GongzaoError as error:
        return _page(request, row, said(error), form)
    messages.success(request, _("已立项，众筹按条款开始。"))
    return redirect(project)


def _exemption(row: Draft, data: dict[str, Any]) -> Exemption | None:
    if not data["reason"]:
        return None
    limit = Money.from_yuan(str(data["public_limit"])).fen
    return Exemption(row.slug, data["public_percent"], limit, data["reason"], data["decided_by"], data["decided_on"])
