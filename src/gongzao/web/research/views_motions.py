"""Pages of motions: stopping a project, amending its contract."""

from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from gongzao import research as rules
from gongzao.kernel import GongzaoError
from gongzao.research import Phase
from gongzao.web.research import models, queries, services
from gongzao.web.research.display import name_of, said
from gongzao.web.research.forms_work import MotionForm
from gongzao.web.research.sentences import of_event
from gongzao.web.research.views_projects import opened
from gongzao.web.research.views_work import my_parties, user_of


@require_http_methods(["GET", "POST"])
def motions(request: HttpRequest, pk: str) -> HttpResponse:
    """Show the open motion and its votes; a contributor proposes to stop."""
    context = opened(request, pk)
    value: rules.Project = context["project"]
    mine = my_parties(request, value)
    voters = [(code, name) for code, name in mine if code in value.contributors]
    sent = request.method == "POST"
    form = None
    if sent or (voters and value.phase is Phase.RUNNING and value.motion is None):
        initial = {"seen": value.version, "key": f"s{uuid4().hex[:12]}"}
        form = MotionForm(request.POST if sent else None, parties=voters, initial=initial)
    confirm = False
    if sent and form is not None and form.is_valid():
        data = form.cleaned_data
        if "confirmed" not in request.POST:
            confirm = True
        else:
            motion = rules.Motion
            try:
                made = motion(data["key"], data["reason"])
                seen = data["seen"] or 0
                services.propose(context["row"], data["party"], made, timezone.now(), by=user_of(request), seen=seen)
            except GongzaoError as error:
                form.add_error(None, said(error))
            else:
                messages.success(request, _("动议已提出，请各出资方表决。"))
                return redirect("research:motions", pk)
    context |= _shown(context, mine)
    context |= {"form": form, "confirm": confirm}
    return render(request, "research/motions.html", context, status=422 if sent and not confirm else 200)


def _shown(context: dict[str, object], mine: list[tuple[str, str]]) -> dict[str, object]:
    value = context["project"]
    assert isinstance(value, rules.Project)  # noqa: S101 - what `opened` puts there
    log = context["log"]
    motion = value.motion
    weights = rules.electorate(value, motion) if motion else {}
    rule = None if motion is None else value.proposal.amending if motion.proposal else value.proposal.stopping
    kinds = (rules.MotionMade, rules.Voted, rules.MotionLost, rules.Amended, rules.Stopped)
    history = [(e, of_event(value, e)) for e in log if isinstance(e.body, kinds)] if isinstance(log, list) else []
    stopping = motion is None or motion.proposal is None
    return {
        "motion": motion,
        "rule": rule,
        "by_value": rule is not None and rule.by is rules.VoteBy.VALUE,
        "votes": [(name_of(value, party), weight, value.votes.get(party)) for party, weight in weights.items()],
        "votable": [(code, name) for code, name in mine if code in weights and code not in value.votes],
        "settlement": _settlement(value) if value.phase is Phase.RUNNING and stopping else [],
        "amendments": models.Draft.objects.filter(amends=value.id).select_related("lead"),
        "mine": mine,
        "history": list(reversed(history)),
        "answer": _answer(value),
    }


def _answer(value: rules.Project) -> str:
    if value.motion is None:
        return _("目前没有待表决的动议。")
    if value.motion.proposal is None:
        return _("正在表决：终止项目。%(reason)s") % {"reason": value.motion.reason}
    return _("正在表决：合同变更。%(reason)s") % {"reason": value.motion.reason}


def _settlement(value: rules.Project) -> list[tuple[str, int, int, int]]:
    """Return who would bear how much, and get how much back, if the project stopped now: name, paid, borne, back."""
    settled = rules.settlement(value, "-")
    back = {part.party: part.amount for part in settled.refunds}
    return [
        (name_of(value, part.party), value.paid[part.party], part.amount, back[part.party]) for part in settled.borne
    ]


@require_POST
def vote(request: HttpRequest, pk: str) -> HttpResponse:
    """Vote on the open motion."""
    row = queries.project(request.user, pk)
    motion, party = (request.POST.get(name, "").replace("\x00", "") for name in ("motion", "party"))
    yes = request.POST.get("vote") == "yes"
    try:
        services.vote(row, motion, party, yes, timezone.now(), by=user_of(request))
    except GongzaoError as error:
        messages.warning(request, said(error))
    else:
        messages.success(request, _("已表决。"))
    return redirect("research:motions", pk)
