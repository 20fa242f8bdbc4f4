"""Uploads into the registry: a whole file or nothing of it, every problem named with its line."""

from collections.abc import Sequence
from typing import IO

from django.db import transaction

from gongzao.kernel import InvalidInput, Problem, Problems
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import editable
from gongzao.web.clusters.checks import SUBJECTS, Fault, find_faults
from gongzao.web.clusters.intake import EnterpriseEntry, ObservationEntry, read_enterprises, read_observations
from gongzao.web.clusters.latest import batches
from gongzao.web.clusters.models import Cluster, Enterprise, Industry, Membership, Observation, Region
from gongzao.web.clusters.services import record_observations
from gongzao.web.kit import history

_CODES = {"region": "code", "cluster": "slug", "enterprise": "uscc"}
_OUTSIDE = ("unknown, or outside the place you look after", "不存在，或不在您的管辖范围内")


def import_observations(file: IO[bytes], filename: str, *, by: User) -> list[Observation]:
    """Record every figure of a CSV or Excel file.

    Raises
    ------
    InvalidInput
        With every problem found; nothing is recorded then.
    """
    problems = Problems()
    entries = read_observations(file, filename, problems)
    with transaction.atomic():
        rows = _rows(entries, filename, by, problems)
        known = [place for place, row in enumerate(rows) if row is not None]
        faults = find_faults([row for row in rows if row is not None], by=by)
        problems += [_problem(fault, [entries[place] for place in known], filename) for fault in faults]
        _refuse(problems)
        return record_observations([row for row in rows if row is not None], by=by)


def _rows(
    entries: Sequence[ObservationEntry], filename: str, by: User, problems: list[Problem]
) -> list[Observation | None]:
    found: dict[tuple[str, str], object] = {}
    for kind, model in SUBJECTS.items():
        codes = {entry.subject for entry in entries if entry.kind == kind}
        for batch in batches(codes):
            here = editable(model._default_manager.filter(**{f"{_CODES[kind]}__in": batch}), by)
            found.update(((kind, code), pk) for code, pk in here.values_list(_CODES[kind], "pk"))
    rows: list[Observation | None] = []
    for entry in entries:
        subject = found.get((entry.kind, entry.subject))
        if subject is None:
            value = f"{entry.kind}:{entry.subject}"
            problems.append(Problem(filename, "observation.subject", *_OUTSIDE, entry.line, "subject", value))
            rows.append(None)
            continue
        rows.append(
            Observation(
                **{f"{entry.kind}_id": subject},
                indicator_id=entry.indicator,
                period=entry.period,
                value=entry.value,
                unit=entry.unit,
                qualifier=entry.qualifier,
                growth_pct=entry.growth_pct,
                scope=entry.scope,
                basis=entry.basis,
                source_id=entry.source,
                published_on=entry.published_on,
                confidence=entry.confidence,
                revision=entry.revision,
                note=entry.note,
            )
        )
    return rows


def _problem(fault: Fault, entries: Sequence[ObservationEntry], filename: str) -> Problem:
    entry = entries[fault.row]
    if fault.error is None:
        value = f"{entry.kind}:{entry.subject}"
        return Problem(filename, "observation.subject", *_OUTSIDE, entry.line, "subject", value)
    en, zh = fault.error.en, fault.error.zh
    if fault.earlier is not None:
        line = entries[fault.earlier].line
        en, zh = f"{en} (line {line} of this file)", f"{zh}（见本文件第{line}行）"
    given = str(getattr(entry, fault.field, ""))
    return Problem(filename, fault.error.code, en, zh, entry.line, fault.field or None, given or None)


def import_enterprises(file: IO[bytes], filename: str, *, by: User) -> list[Enterprise]:
    """Register or update every firm of a CSV or Excel file, and put it into its cluster.

    Raises
    ------
    InvalidInput
        With every problem found; nothing is changed then.
    """
    problems = Problems()
    entries = read_enterprises(file, filename, problems)
    with transaction.atomic():
        counties = set(
            editable(Region.objects.filter(pk__in={e.county for e in entries}), by).values_list("pk", flat=True)
        )
        industries = set(Industry.objects.filter(pk__in={e.industry for e in entries}).values_list("pk", flat=True))
        slugs = {e.cluster for e in entries} - {""}
        clusters = {c.slug: c for c in editable(Cluster.objects.filter(slug__in=slugs), by).select_related("county")}
        for entry in entries:
            problems += _faults(entry, filename, counties, industries, clusters)
        there = _by_code(entries)
        problems += _registered(entries, filename, clusters, there, by)
        _refuse(problems)
        return _save(entries, clusters, there, by)


def _faults(
    entry: EnterpriseEntry, filename: str, counties: set[str], industries: set[str], clusters: dict[str, Cluster]
) -> list[Problem]:
    found = []
    cluster = clusters.get(entry.cluster)
    # An operator looks after a cluster, not a county: firms join where the cluster lies.
    in_county = entry.county in counties or (cluster is not None and cluster.county_id == entry.county)
    if not in_county:
        found.append(Problem(filename, "enterprise.county", *_OUTSIDE, entry.line, "county", entry.county))
    if entry.industry not in industries:
        en, zh = "unknown class of GB/T 4754", "未知的行业代码（GB/T 4754）"
        found.append(Problem(filename, "enterprise.industry", en, zh, entry.line, "industry", entry.industry))
    if entry.cluster and cluster is None:
        found.append(Problem(filename, "enterprise.cluster", *_OUTSIDE, entry.line, "cluster", entry.cluster))
    if len(entry.name) > 120 or "\x00" in entry.name:
        en, zh = "a name has at most 120 characters", "企业名称最多120个字"
        found.append(Problem(filename, "enterprise.name", en, zh, entry.line, "name", entry.name[:40]))
    return found


def _registered(
    entries: Sequence[EnterpriseEntry],
    filename: str,
    clusters: dict[str, Cluster],
    there: dict[str, Enterprise],
    by: User,
) -> list[Problem]:
    """Firms that are registered already may be changed only by who looks after them, and stay what they are."""
    allowed: set[str] = set()
    for batch in batches(there):
        allowed.update(editable(Enterprise.objects.filter(uscc__in=batch), by).values_list("uscc", flat=True))
    found = []
    for entry in entries:
        code, cluster = entry.uscc.code, clusters.get(entry.cluster)
        if code in there and code not in allowed:
            en, zh = "registered already, outside the place you look after", "已登记在您管辖范围以外的地区"
            found.append(Problem(filename, "enterprise.registered", en, zh, entry.line, "uscc", code))
        elif code in there and cluster is not None and there[code].synthetic != cluster.synthetic:
            en, zh = "synthetic and real data are not mixed in a cluster", "示例企业与真实企业不得混入同一集群"
            found.append(Problem(filename, "enterprise.mixed", en, zh, entry.line, "cluster", entry.cluster))
    return found


def _save(
    entries: Sequence[EnterpriseEntry], clusters: dict[str, Cluster], there: dict[str, Enterprise], by: User
) -> list[Enterprise]:
    Enterprise.objects.bulk_create(
        (
            Enterprise(
                uscc=e.uscc.code,
                name=e.name,
                county_id=e.county,
                industry_id=e.industry,
                synthetic=bool(e.cluster) and clusters[e.cluster].synthetic,
            )
            for e in entries
        ),
        update_conflicts=True,
        unique_fields=["uscc"],
        update_fields=["name", "county", "industry"],
    )
    firms = _by_code(entries)
    Membership.objects.bulk_create(
        (
            Membership(enterprise=firms[e.uscc.code], cluster=clusters[e.cluster], leader=e.leader)
            for e in entries
            if e.cluster
        ),
        update_conflicts=True,
        unique_fields=["enterprise", "cluster"],
        update_fields=["leader"],
    )
    before = {code: history.snapshot(firm) for code, firm in there.items()}
    history.record(
        (
            history.changed(firm, before[code]) if code in before else history.added(firm)
            for code, firm in firms.items()
        ),
        by=by,
    )
    return list(firms.values())


def _by_code(entries: Sequence[EnterpriseEntry]) -> dict[str, Enterprise]:
    return {
        firm.uscc: firm
        for batch in batches(entry.uscc.code for entry in entries)
        for firm in Enterprise.objects.select_related("county").filter(uscc__in=batch)
    }


def _refuse(problems: Problems) -> None:
    if problems:
        problems.sort(key=lambda problem: problem.line or 0)
        raise InvalidInput(problems)
