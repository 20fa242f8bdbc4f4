"""The targets on pages; published figures are public, so these pages are, too."""

import csv
from datetime import date

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gongzao.targets import Attainment, Light, Plan
from gongzao.web.kit.days import asked_day
from gongzao.web.targets import queries
from gongzao.web.targets.charts import chart, rows

OFF = (Light.FAR_BEHIND, Light.BEHIND)
UNKNOWN = (Light.NO_DATA, Light.CANNOT_BE_SAID)


def _plan(request: HttpRequest) -> Plan:
    plans = queries.dossiers()
    wanted = request.GET.get("plan") or next(iter(plans))
    if wanted not in plans:
        raise Http404
    return plans[wanted].plan


def _as_of(request: HttpRequest) -> date | None:
    return asked_day(request.GET.get("as_of"))


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show which targets are off, where, and what decides them."""
    plan = _plan(request)
    status = queries.status(plan, timezone.localdate(), _as_of(request))
    language = queries.language()
    cards = [(a, chart(a, language)) for a in status.attainments]
    counts = [(light, sum(a.light is light for a in status.attainments)) for light in Light]
    context = {
        "plans": [dossier.plan for dossier in queries.dossiers().values()],
        "status": status,
        "plan": plan,
        "scope_name": plan.scope_name(plan.scope),
        "lead": _lead(status),
        "cards": cards,
        "charts": {a.target.id: data for a, data in cards if a.observed},
        "counts": [(light, n) for light, n in counts if n],
    }
    return render(request, "targets/home.html", context)


def _lead(status: queries.Status) -> str:
    """Return the page's answer: how many targets are off, how many cannot be judged, and the plan's first target."""
    found = status.attainments
    counts = {
        "total": len(found),
        "off": sum(a.light in OFF for a in found),
        "unknown": sum(a.light in UNKNOWN for a in found),
    }
    lead = _("共%(total)d项目标：%(off)d项落后于进度，%(unknown)d项没有数据或无法判断。") % counts
    old = sum(a.stale for a in found)
    if old:
        lead += _("其中%(old)d项只有超过12个月的旧数据，所示为当时的情况。") % {"old": old}
    first = found[0]
    name, explanation = (text.get(queries.language()) for text in (first.target.name, first.explanation))
    return lead + " " + _("%(name)s：%(explanation)s") % {"name": name, "explanation": explanation}


def _attainment(status: queries.Status, target: str) -> Attainment:
    for attainment in status.attainments:
        if attainment.target.id == target:
            return attainment
    raise Http404


@login_not_required
@require_safe
def target(request: HttpRequest, plan: str, target: str) -> HttpResponse:
    """Show one target: verdict, path, what it rests on, and the clusters that decide it."""
    dossier = queries.dossiers().get(plan)
    if dossier is None:
        raise Http404
    status = queries.status(dossier.plan, timezone.localdate(), _as_of(request))
    attainment = _attainment(status, target)
    threshold = attainment.target.threshold
    data = chart(attainment, queries.language())
    context = {
        "plan": dossier.plan,
        "status": status,
        "attainment": attainment,
        "charts": {target: data} if attainment.observed else {},
        "rows": rows(attainment, queries.language()),
        "finding": data["title"],
        "near": queries.near(threshold, request.user, status.as_of) if threshold else None,
    }
    return render(request, "targets/target.html", context)


@login_not_required
@require_safe
def target_data(request: HttpRequest, plan: str, target: str) -> HttpResponse:
    """Return the figures of a target's chart as CSV for Excel and WPS."""
    dossier = queries.dossiers().get(plan)
    if dossier is None:
        raise Http404
    status = queries.status(dossier.plan, timezone.localdate(), _as_of(request))
    attainment = _attainment(status, target)
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{plan}-{target}.csv"'
    table = csv.writer(response)
    table.writerow([_("期间"), _("截止日"), _("类别"), _("数值"), _("单位"), _("来源")])
    unit = attainment.target.unit
    for row in rows(attainment, queries.language()):
        if row.required is not None:
            required = f"{row.required.normalize():f}"
            table.writerow([row.label, row.on, _("进度要求"), required, unit, attainment.target.source])
        if row.observed is not None:
            seen = row.observed
            table.writerow([row.label, row.on, _("公布值"), f"{seen.value.normalize():f}", unit, seen.source])
    return response
