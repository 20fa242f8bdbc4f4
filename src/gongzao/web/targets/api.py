"""Plans and how they stand, for programs."""

from datetime import date
from decimal import Decimal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status

from gongzao.targets import Attainment, Plan, Text
from gongzao.web.kit.wire import Day
from gongzao.web.project.faults import REFUSALS, Fault
from gongzao.web.targets import queries

router = Router(tags=["targets"])


class Words(Schema):
    """The same words in both languages."""

    zh: str
    en: str


class PlanOut(Schema):
    """A plan of this installation."""

    id: str
    name: Words
    document: str
    region: str
    scope: str
    start: date
    end: date


class TargetOut(Schema):
    """How one target stands; values are in ``unit``, ``None`` where nothing comparable is published.

    ``light`` belongs to ``day``; ``stale`` says that this is more than a year before the day asked for.
    """

    id: str
    name: Words
    light: str
    day: date | None
    stale: bool
    explanation: Words
    unit: str
    latest: Decimal | None
    latest_period: str | None
    required: Decimal | None
    distance: Decimal | None
    distance_unit: str
    growth_needed_pct: Decimal | None
    sources: list[str]


class StatusOut(Schema):
    """A plan as of a day, on published figures."""

    plan: PlanOut
    as_of: date
    targets: list[TargetOut]


def _words(text: Text) -> Words:
    return Words(zh=text.zh, en=text.en)


def _plan(plan: Plan) -> PlanOut:
    return PlanOut(
        id=plan.id,
        name=_words(plan.name),
        document=plan.document,
        region=plan.region,
        scope=plan.scope,
        start=plan.start,
        end=plan.end,
    )


def _target(found: Attainment) -> TargetOut:
    return TargetOut(
        id=found.target.id,
        name=_words(found.target.name),
        light=found.light,
        day=found.day,
        stale=found.stale,
        explanation=_words(found.explanation),
        unit=found.target.unit,
        latest=found.latest,
        latest_period=None if found.latest_period is None else str(found.latest_period),
        required=found.required,
        distance=found.distance,
        distance_unit=found.distance_unit,
        growth_needed_pct=found.growth_needed_pct,
        sources=sorted({item.source for item in found.rests_on}),
    )


@router.get("/plans", response={200: list[PlanOut], **REFUSALS}, summary="List plans")
def list_plans(request: HttpRequest) -> list[PlanOut]:
    """Return the plans of this installation."""
    return [_plan(dossier.plan) for dossier in queries.dossiers().values()]


@router.get("/plans/{plan}", response={200: StatusOut, 404: Fault, **REFUSALS}, summary="Read how a plan stands")
def read_plan(request: HttpRequest, plan: str, as_of: Day | None = None) -> StatusOut | Status[Fault]:
    """Return every target of a plan as of a day; without one, today."""
    dossier = queries.dossiers().get(plan)
    if dossier is None:
        return Status(404, Fault(detail="no such plan / 没有这个规划", code="plan.unknown"))
    found = queries.status(dossier.plan, timezone.localdate(), as_of)
    return StatusOut(plan=_plan(dossier.plan), as_of=found.as_of, targets=[_target(a) for a in found.attainments])
