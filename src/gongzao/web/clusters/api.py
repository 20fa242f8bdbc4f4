"""The registry over HTTP: the same rows and rights as the pages, exact values in the units they were reported in."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest
from ninja import Field, Path, Query, Router, Schema, Status
from pydantic import StringConstraints

from gongzao.kernel import UNITS, GongzaoError, Period
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import visible
from gongzao.web.clusters import queries, reporting, services
from gongzao.web.clusters.models import Cluster, Enterprise, Indicator, Observation, Region, Source
from gongzao.web.kit.wire import Day, decimal, whole
from gongzao.web.project.faults import REFUSALS, Fault, Faults

M = TypeVar("M", bound=Model)

router = Router(tags=["registry"])

PERIOD = r"^(1949|19[5-9][0-9]|2[01][0-9]{2})(-(H[12]|Q[1-4]|YTD(0[2-9]|1[0-2])|0[1-9]|1[0-2]))?$"
SUBJECT = r"^(region|cluster|enterprise):[-0-9A-Za-z_]{1,60}$"

Text = Annotated[str, StringConstraints(max_length=80, pattern=r"^[^\u0000]*$")]
Code = Annotated[str, StringConstraints(max_length=60, pattern=r"^[-0-9A-Za-z_]+$")]
PeriodText = Annotated[str, StringConstraints(pattern=PERIOD)]
SubjectText = Annotated[str, StringConstraints(pattern=SUBJECT)]
Figure: Any = decimal(10**15, 6)
Percent: Any = decimal(10**6, 4)
Scope = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^\s\u0000-\u0020\u0085]+$")]
Page = Annotated[int, Query(ge=1, le=1_000_000)]
PerPage = Annotated[int, Query(ge=1, le=200)]


class ClusterOut(Schema):
    """A cluster."""

    slug: str
    name_zh: str
    name_en: str
    county: str = Field(description="GB/T 2260 code.")
    industry: str = Field(description="GB/T 4754 code.")
    product_zh: str
    product_en: str
    synthetic: bool = Field(description="Made up for demonstration (示例数据).")


class EnterpriseOut(Schema):
    """A firm."""

    uscc: str = Field(description="Unified social credit code.")
    name: str
    county: str = Field(description="GB/T 2260 code.")
    industry: str = Field(description="GB/T 4754 code.")
    clusters: list[str] = Field(description="Slugs of the clusters it belongs to.")
    synthetic: bool = Field(description="Made up for demonstration (示例数据).")


class ObservationOut(Schema):
    """One revision of a figure, as it was reported."""

    id: int
    subject: str = Field(description="region:<code>, cluster:<slug> or enterprise:<credit code>.")
    indicator: str
    period: str
    value: Decimal | None
    unit: str
    qualifier: str
    growth_pct: Decimal | None = Field(description="Growth on the year as published [%].")
    scope: str = Field(description="口径: what the figure covers.")
    basis: str
    source: str
    published_on: date | None
    revision: int = Field(description="0 as first published, then 1, 2 … for each correction.")
    note: str
    recorded_at: datetime
    synthetic: bool = Field(description="Made up for demonstration (示例数据).")
    withdrawn: bool = Field(description="Withdrawn (撤回): counts no more.")


class ClusterDetail(ClusterOut):
    """A cluster with the newest revision of each of its figures."""

    figures: list[ObservationOut]


class EnterpriseDetail(EnterpriseOut):
    """A firm with the newest revision of each of its figures."""

    figures: list[ObservationOut]


class ClusterPage(Schema):
    """One page of clusters."""

    items: list[ClusterOut]
    total: int


class EnterprisePage(Schema):
    """One page of firms."""

    items: list[EnterpriseOut]
    total: int


class ObservationPage(Schema):
    """One page of figures; ``after`` of the next page is the last id of this one."""

    items: list[ObservationOut]
    more: bool


class ObservationIn(Schema):
    """A figure to record; revision 0 as first published, one more than the last for a correction."""

    subject: SubjectText
    indicator: Code
    period: PeriodText
    value: Figure | None = None
    unit: Literal[tuple(UNITS)]  # type: ignore[valid-type]  # the kernel's list of units
    qualifier: Literal["=", "≈", ">", "≥", "<"] = "="
    growth_pct: Percent | None = None
    scope: Scope
    basis: Annotated[str, StringConstraints(max_length=60, pattern=r"^[^\u0000]*$")] = ""
    source: Code
    published_on: Day | None = None
    revision: whole(0, 2**31 - 1) = 0  # type: ignore[valid-type]
    note: Annotated[str, StringConstraints(max_length=400, pattern=r"^[^\u0000]*$")] = ""
    confirmed: bool = Field(
        False, description="Record it although it is unlikely (确认属实); 409 tells the doubts first."
    )


class DraftOut(Schema):
    """A figure on which a plan is measured; it counts once a second person has confirmed it."""

    draft: int
    detail: str


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)


def _in_region(rows: QuerySet[M], code: str | None) -> QuerySet[M]:
    if not code:
        return rows
    path = Region.objects.filter(code=code).values_list("path", flat=True).first()
    return rows.filter(county__path__startswith=path) if path else rows.none()


def _window(rows: QuerySet[M], page: int, per_page: int) -> QuerySet[M]:
    return rows[(page - 1) * per_page : page * per_page]


def _cluster(row: Cluster) -> dict[str, Any]:
    plain = {name: getattr(row, name) for name in ("slug", "name_zh", "name_en", "product_zh", "product_en")}
    return {**plain, "county": row.county_id, "industry": row.industry_id, "synthetic": row.synthetic}


def _firms(request: HttpRequest, rows: list[Enterprise]) -> list[dict[str, Any]]:
    members = queries.clusters_of(_user(request), [row.pk for row in rows])
    return [
        {
            "uscc": row.uscc,
            "name": row.name,
            "county": row.county_id,
            "industry": row.industry_id,
            "clusters": [member.cluster.slug for member in members.get(row.pk, [])],
            "synthetic": row.synthetic,
        }
        for row in rows
    ]


_PLAIN = ("value", "unit", "qualifier", "growth_pct", "scope", "basis", "published_on", "revision", "note")


def _observation(row: Observation) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in (*_PLAIN, "recorded_at")},
        "id": row.pk,
        "subject": queries.reference(row.subject),
        "indicator": row.indicator_id,
        "period": str(row.period),
        "source": row.source_id,
        "synthetic": row.source.synthetic,
        "withdrawn": row.withdrawn,
    }


def _subjects(rows: QuerySet[Observation]) -> QuerySet[Observation]:
    return rows.select_related("region", "cluster", "enterprise", "source", "indicator", "withdrawal")


@router.get("/clusters", response={200: ClusterPage, **REFUSALS}, summary="List clusters")
def list_clusters(
    request: HttpRequest,
    region: Code | None = None,
    industry: Code | None = None,
    q: Text | None = None,
    synthetic: bool | None = None,
    page: Page = 1,
    per_page: PerPage = 50,
) -> dict[str, Any]:
    """Clusters that you may see, by region (with everything in it), industry, part of the name, real or made up."""
    rows = _in_region(visible(Cluster.objects.order_by("slug"), _user(request)), region)
    if industry:
        rows = rows.filter(industry=industry)
    if q:
        rows = rows.filter(Q(name_zh__icontains=q) | Q(name_en__icontains=q))
    if synthetic is not None:
        rows = rows.filter(synthetic=synthetic)
    return {"items": [_cluster(row) for row in _window(rows, page, per_page)], "total": rows.count()}


@router.get("/clusters/{slug}", response={200: ClusterDetail, 404: Fault, **REFUSALS}, summary="Read a cluster")
def read_cluster(request: HttpRequest, slug: Annotated[Code, Path()]) -> dict[str, Any]:
    """Return a cluster and the newest revision of each of its figures."""
    cluster = visible(Cluster.objects.filter(slug=slug), _user(request)).first()
    if cluster is None:
        raise Http404
    figures = queries.current_figures(_user(request), cluster=cluster)
    return {**_cluster(cluster), "figures": [_observation(row) for row in figures]}


@router.get("/enterprises", response={200: EnterprisePage, **REFUSALS}, summary="List firms")
def list_enterprises(
    request: HttpRequest,
    region: Code | None = None,
    cluster: Code | None = None,
    industry: Code | None = None,
    q: Text | None = None,
    synthetic: bool | None = None,
    page: Page = 1,
    per_page: PerPage = 50,
) -> dict[str, Any]:
    """Firms that you may see; ``q`` is part of the name or the beginning of the credit code."""
    rows = _in_region(visible(Enterprise.objects.order_by("name", "pk"), _user(request)), region)
    if cluster:
        rows = rows.filter(pk__in=Enterprise.objects.filter(memberships__cluster__slug=cluster).values("pk"))
    if industry:
        rows = rows.filter(industry=industry)
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(uscc__startswith=q.upper()))
    if synthetic is not None:
        rows = rows.filter(synthetic=synthetic)
    return {"items": _firms(request, list(_window(rows, page, per_page))), "total": rows.count()}


@router.get("/enterprises/{uscc}", response={200: EnterpriseDetail, 404: Fault, **REFUSALS}, summary="Read a firm")
def read_enterprise(
    request: HttpRequest, uscc: Annotated[str, Path(pattern=r"^[0-9A-Za-z]{18}$", max_length=18)]
) -> dict[str, Any]:
    """Return a firm by its unified social credit code, with the newest revision of each of its figures."""
    firm = visible(Enterprise.objects.filter(queries.with_code(uscc)), _user(request)).first()
    if firm is None:
        raise Http404
    (shown,) = _firms(request, [firm])
    figures = queries.current_figures(_user(request), enterprise=firm)
    return {**shown, "figures": [_observation(row) for row in figures]}


@router.get("/observations", response={200: ObservationPage, **REFUSALS}, summary="List figures")
def list_observations(
    request: HttpRequest,
    subject: SubjectText | None = None,
    indicator: Code | None = None,
    period: PeriodText | None = None,
    scope: Scope | None = None,
    source: Code | None = None,
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
    per_page: PerPage = 50,
) -> dict[str, Any]:
    """Every revision of the figures that you may see, in the order of recording; go on with ``after`` = the last id."""
    rows = queries.observations(_user(request)).filter(pk__gt=after).order_by("pk")
    if subject:
        rows = rows.filter(_about(subject))
    exact = {"indicator": indicator, "scope": scope, "source": source}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if period:
        rows = rows.filter(period=Period.parse(period))
    found = list(_subjects(rows)[: per_page + 1])
    return {"items": [_observation(row) for row in found[:per_page]], "more": len(found) > per_page}


def _about(subject: str) -> Q:
    kind, _, code = subject.partition(":")
    if kind == "enterprise":
        return queries.with_code(code, "enterprise__uscc")
    return Q(region__code=code) if kind == "region" else Q(cluster__slug=code)


@router.get(
    "/observations/{id}/history",
    response={200: list[ObservationOut], 404: Fault, **REFUSALS},
    summary="Read the revisions of a figure",
)
def read_history(
    request: HttpRequest,
    id: Annotated[int, Path(ge=1, le=2**63 - 1)],  # noqa: A002 - the name in the address
) -> list[dict[str, Any]]:
    """Return every revision of the figure that observation ``id`` belongs to, oldest first."""
    figure = queries.observations(_user(request)).filter(pk=id).first()
    if figure is None:
        raise Http404
    return [_observation(row) for row in queries.history(_user(request), figure)]


@router.post(
    "/observations",
    response={
        201: ObservationOut,
        202: DraftOut,
        400: Fault,
        401: Fault,
        403: Fault,
        404: Fault,
        409: Fault,
        422: Faults,
    },
    summary="Record a figure",
)
def record_observation(request: HttpRequest, figure: ObservationIn) -> Status[dict[str, Any]]:
    """Record a figure for a subject in your place.

    409 tells which rule of the registry it breaks, or (``observation.unlikely``) what is to be confirmed; 202 that a
    plan is measured on it, so that a second person has to confirm it.
    """
    kind, _, code = figure.subject.partition(":")
    models: dict[str, QuerySet[Any]] = {
        "region": Region.objects.filter(code=code),
        "cluster": Cluster.objects.filter(slug=code),
        "enterprise": Enterprise.objects.filter(queries.with_code(code)),
    }
    subject = visible(models[kind], _user(request)).first()
    known = Indicator.objects.filter(pk=figure.indicator).exists() and Source.objects.filter(pk=figure.source).exists()
    if subject is None or not known:
        raise Http404
    row = Observation(
        **{kind: subject, **{name: getattr(figure, name) for name in _PLAIN}},
        indicator_id=figure.indicator,
        period=Period.parse(figure.period),
        source_id=figure.source,
    )
    try:
        with transaction.atomic():
            services.refuse_faulty([row], _user(request))
            doubts = [] if figure.confirmed else reporting.review([row]).doubts
            if doubts:
                told = " ".join(str(doubt.error) for doubt in doubts)
                return Status(409, {"detail": told, "code": "observation.unlikely"})
            reported = reporting.report([row], by=_user(request))
    except PermissionDenied:
        return Status(403, {"detail": "outside your place / 不在您可填报的范围内", "code": "permission"})
    except GongzaoError as error:
        return Status(409, {"detail": str(error), "code": error.code})
    for draft in reported.drafts:
        detail = "waits for a second person / 待另一位有权限的人员确认"
        return Status(202, {"draft": draft.pk, "detail": detail})
    return Status(201, _observation(_subjects(Observation.objects.filter(pk=reported.recorded[0].pk)).get()))
