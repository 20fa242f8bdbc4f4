"""Crowd-funded research over HTTP: the same rows and rights as the pages; amounts are whole fen."""

from datetime import date, datetime
from typing import Annotated, Any, cast

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Header, Path, Query, Router, Schema, Status
from pydantic import ConfigDict, StringConstraints

from gongzao.kernel import MAX_FEN, InvalidValue
from gongzao.research import Phase, Role, Unit, fold, to_plain
from gongzao.research import Project as ProjectValue
from gongzao.web.accounts.models import User
from gongzao.web.kit.reading import one_state
from gongzao.web.kit.wire import whole
from gongzao.web.project.faults import REFUSALS, Fault, Faults
from gongzao.web.research import models, money, queries, sentences, services, store

router = Router(tags=["research"])

ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$"

Id = Annotated[str, StringConstraints(pattern=ID, max_length=32)]
NoId = Annotated[str, StringConstraints(pattern=rf"^$|{ID}", max_length=32)]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{18}$")]
Place = Annotated[int, Query(ge=0, le=2**31 - 1)]
PerPage = Annotated[int, Query(ge=1, le=200)]


class ProjectOut(Schema):
    """A project."""

    id: str
    title: str
    cluster: str = Field(description="Slug.")
    phase: Phase
    version: int = Field(description="Number of its last event.")
    opened_at: datetime
    changed_at: datetime
    synthetic: bool = Field(description="Made up for demonstration (示例数据).")


class ProjectPage(Schema):
    """Projects by id; go on with ``after`` = the last id."""

    items: list[ProjectOut]
    more: bool


class PartyOut(Schema):
    """A party with its figures on the ledger [fen]."""

    uscc: str = Field(description="Unified social credit code.")
    name: str
    role: Role
    reserved: int = Field(description="Pledged and not yet collected.")
    paid: int
    used: int
    refunded: int
    held: int
    released: int = Field(description="Received for milestones.")
    earned: int = Field(description="Received of the results' income.")


class MilestoneOut(Schema):
    """A milestone of the proposal."""

    id: str
    title: str
    due: date
    amount: int = Field(description="Released on acceptance [fen].")
    stage: int
    accepted: bool


class ProjectDetail(ProjectOut):
    """A project with its parties and milestones."""

    needed: int = Field(description="Cash of the minimum [fen].")
    pledged: int = Field(description="Cash pledged [fen].")
    pledged_in_kind: int = Field(description="Value of what is pledged in kind [fen].")
    deadline: datetime
    contract: str = Field(description="SHA-256 of the contract; empty before the first signature.")
    parties: list[PartyOut]
    milestones: list[MilestoneOut]
    agrees: bool = Field(description="Whether ledger and log have the same figures.")


class EventOut(Schema):
    """Something that happened to a project."""

    seq: int
    at: datetime
    kind: str
    text: str = Field(description="In words, in the language asked for.")
    data: dict[str, Any] = Field(description="The event as it is stored.")


class EventPage(Schema):
    """Events, oldest first; go on with ``after`` = the last number."""

    items: list[EventOut]
    more: bool


class PledgeIn(Schema):
    """What a party pledges."""

    model_config = ConfigDict(extra="forbid")

    party: Code = Field(description="Unified social credit code of a body for which you act.")
    unit: Unit
    quantity: whole(1, MAX_FEN, "Hundredths of the unit; of cash fen.")  # type: ignore[valid-type]


class PledgeOut(Schema):
    """A pledge, and what the campaign has come to [fen]."""

    id: str
    again: bool = Field(description="Whether the same pledge had been made before.")
    party: str
    unit: Unit
    quantity: int
    value: int = Field(description="Its value [fen].")
    pledged: int = Field(description="Cash pledged by all.")
    pledged_in_kind: int = Field(description="Value of what all pledged in kind.")


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)


def _plain(row: models.Project) -> dict[str, Any]:
    names = ("id", "title", "phase", "version", "opened_at", "changed_at", "synthetic")
    return {**{name: getattr(row, name) for name in names}, "cluster": row.cluster.slug}


@router.get("/projects", response={200: ProjectPage, **REFUSALS}, summary="List research projects")
def list_projects(
    request: HttpRequest, phase: Phase | None = None, after: NoId = "", per_page: PerPage = 50
) -> dict[str, Any]:
    """Projects that you see whole."""
    rows = queries.projects(_user(request)).filter(pk__gt=after).order_by("pk")
    found = list((rows.filter(phase=phase.value) if phase else rows)[: per_page + 1])
    return {"items": [_plain(row) for row in found[:per_page]], "more": len(found) > per_page}


@router.get(
    "/projects/{project}", response={200: ProjectDetail, 404: Fault, **REFUSALS}, summary="Read a research project"
)
def read_project(request: HttpRequest, project: Annotated[Id, Path()]) -> dict[str, Any]:
    """Return a project; every amount of a party is the ledger's."""
    with one_state():
        row = queries.project(_user(request), project)
        value = store.read(row.pk)
        found = money.books(value)
    return {
        **_plain(row),
        "needed": value.proposal.cash(1),
        "pledged": value.pledged_cash,
        "pledged_in_kind": value.pledged_in_kind,
        "deadline": value.proposal.terms.deadline,
        "contract": value.contract,
        "parties": _parties(value, found),
        "milestones": [
            {
                **{name: getattr(step, name) for name in ("id", "title", "due", "amount", "stage")},
                "accepted": step.id in value.accepted,
            }
            for step in value.proposal.milestones
        ],
        "agrees": not found.differences,
    }


def _parties(value: ProjectValue, found: money.Books) -> list[dict[str, Any]]:
    return [
        {
            "uscc": party.id,
            "name": party.name,
            "role": party.role,
            **{name: getattr(figures, name) for name in money.FIGURES},
        }
        for party, figures in zip(value.proposal.parties, found.rows, strict=True)
    ]


@router.get(
    "/projects/{project}/events", response={200: EventPage, 404: Fault, **REFUSALS}, summary="List a project's events"
)
def list_events(
    request: HttpRequest, project: Annotated[Id, Path()], after: Place = 0, per_page: PerPage = 50
) -> dict[str, Any]:
    """Everything that happened to a project that you see whole."""
    row = queries.project(_user(request), project)
    log = queries.events(row.pk)
    value = fold(log)
    items = [
        {
            "seq": event.seq,
            "at": event.at,
            "kind": type(event.body).__name__,
            "text": sentences.of_event(value, event),
            "data": {} if sentences.sealed(value, event) else to_plain(event),
        }
        for event in log[after : after + per_page]
    ]
    return {"items": items, "more": len(log) > after + per_page}


@router.post(
    "/projects/{project}/pledges",
    response={
        201: PledgeOut,
        200: PledgeOut,
        400: Fault,
        401: Fault,
        403: Fault,
        404: Fault,
        409: Fault,
        422: Faults,
    },
    summary="Pledge",
)
def make_pledge(
    request: HttpRequest,
    project: Annotated[Id, Path()],
    asked: PledgeIn,
    key: Annotated[Id, Header(alias="Idempotency-Key")],
) -> Status[dict[str, Any]]:
    """Pledge at most once, bindingly, for a body for which you act; the header ``Idempotency-Key`` is the pledge's id.

    201: pledged and reserved on the ledger. 200: the same pledge had been made before. 403: you do not act for the
    party. 409: refused, ``code`` says why, and nothing is recorded. 400: the body is no JSON.
    """
    user = _user(request)
    row = queries.project(user, project)
    try:
        with transaction.atomic():
            again = key in store.read_locked(row.pk).pledges
            value = services.pledge(row, key, asked.party, asked.unit, asked.quantity, timezone.now(), by=user)
    except PermissionDenied:
        return Status(403, {"detail": "you do not act for this body / 您不代表该单位", "code": "permission"})
    except InvalidValue as error:
        return Status(409, {"detail": str(error), "code": error.code})
    made = value.pledges[key]
    answer = {name: getattr(made, name) for name in ("id", "party", "unit", "quantity", "value")}
    sums = {"pledged": value.pledged_cash, "pledged_in_kind": value.pledged_in_kind}
    return Status(200 if again else 201, {**answer, **sums, "again": again})
