"""Uploads of firms: a whole file or nothing of it, every problem named with its line, every change from what to what.

Two officers may upload at once. New firms are inserted in the order of their codes, leaving alone what somebody else
has just registered; then every firm of the list is locked in that order, and what may be done with it is decided once
more, by what is there now. So nobody takes a firm from another, and no two wait for each other.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import IO

from django.db import transaction

from gongzao.kernel import Problem, Problems
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import editable
from gongzao.web.clusters.imports_figures import OUTSIDE, import_observations, refuse
from gongzao.web.clusters.intake import EnterpriseEntry, read_enterprises
from gongzao.web.clusters.latest import batches
from gongzao.web.clusters.models import Cluster, Enterprise, Industry, Membership, Region
from gongzao.web.kit import history
from gongzao.web.kit.history import Change
from gongzao.web.kit.patience import patiently

__all__ = ["Registered", "import_enterprises", "import_observations"]

UPLOADED = "名录上传"


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of a list of firms.

    Parameters
    ----------
    firms
        The firms of the list.
    changes
        What was added, and what was changed from what to what; what was so already is missing.
    """

    firms: list[Enterprise]
    changes: list[Change]

    def __iter__(self) -> Iterator[Enterprise]:
        return iter(self.firms)

    def __len__(self) -> int:
        return len(self.firms)


def import_enterprises(file: IO[bytes], filename: str, *, by: User, keep: bool = True) -> Registered:
    """Register or update every firm of a CSV or Excel file, and put it into its cluster.

    A column that is missing, or a cell that is empty, says nothing: marks and memberships stay as they are.

    Parameters
    ----------
    file, filename
        The list.
    by
        Who uploads it.
    keep
        ``False`` only tells what would become of it.

    Raises
    ------
    InvalidInput
        With every problem found; nothing is changed then.
    InvalidValue
        ``busy`` if others were writing the same firms again and again.
    """
    problems = Problems()
    entries = sorted(read_enterprises(file, filename, problems), key=lambda entry: entry.uscc.code)
    return patiently(partial(_import, entries, filename, problems, by, keep))


def _import(entries: list[EnterpriseEntry], filename: str, of_form: Problems, by: User, keep: bool) -> Registered:
    problems = copy(of_form)
    with transaction.atomic():
        counties = _own_counties({entry.county for entry in entries}, by)
        industries = set(Industry.objects.filter(pk__in={e.industry for e in entries}).values_list("pk", flat=True))
        slugs = {e.cluster for e in entries} - {""}
        clusters = {c.slug: c for c in editable(Cluster.objects.filter(slug__in=slugs), by).select_related("county")}
        for entry in entries:
            problems += _faults(entry, filename, counties, industries, clusters)
        there = _by_code(entries)
        problems += _not_own(entries, filename, clusters, there, by)
        refuse(problems)
        there, changes = _save(entries, clusters, there, by)
        refuse(_not_own(entries, filename, clusters, there, by))
        firms = _by_code(entries)
        followed = [*_update(entries, firms), *_join(entries, clusters, firms)]
        history.record(followed, by=by)
        if not keep:
            transaction.set_rollback(True)
        return Registered(list(firms.values()), [*changes, *(change for change in followed if change.after)])


def _own_counties(codes: set[str], by: User) -> set[str]:
    return set(editable(Region.objects.filter(pk__in=codes), by).values_list("pk", flat=True))


def _faults(
    entry: EnterpriseEntry, filename: str, counties: set[str], industries: set[str], clusters: dict[str, Cluster]
) -> list[Problem]:
    found = []
    cluster = clusters.get(entry.cluster)
    # An operator looks after a cluster, not a county: firms join where the cluster lies.
    in_county = entry.county in counties or (cluster is not None and cluster.county_id == entry.county)
    if not in_county:
        found.append(Problem(filename, "enterprise.county", *OUTSIDE, entry.line, "county", entry.county))
    if entry.industry not in industries:
        en, zh = "unknown class of GB/T 4754", "未知的行业代码（GB/T 4754）"
        found.append(Problem(filename, "enterprise.industry", en, zh, entry.line, "industry", entry.industry))
    if entry.cluster and cluster is None:
        found.append(Problem(filename, "enterprise.cluster", *OUTSIDE, entry.line, "cluster", entry.cluster))
    if len(entry.name) > 120 or "\x00" in entry.name:
        en, zh = "a name has at most 120 characters", "企业名称最多120个字"
        found.append(Problem(filename, "enterprise.name", en, zh, entry.line, "name", entry.name[:40]))
    return found


def _not_own(
    entries: Sequence[EnterpriseEntry],
    filename: str,
    clusters: Mapping[str, Cluster],
    there: Mapping[str, Enterprise],
    by: User,
) -> list[Problem]:
    """Firms that are registered already are changed only by who looks after them, and stay what they are.

    A firm that also belongs to somebody else's cluster moves only with the right to the county it leaves, too.
    """
    allowed = _editable_codes(there, by)
    counties = _own_counties({firm.county_id for firm in there.values()}, by)
    shared = _of_others([firm.pk for firm in there.values()], by)
    found = []
    for entry in entries:
        code, cluster = entry.uscc.code, clusters.get(entry.cluster)
        if code not in there:
            continue
        firm = there[code]
        if code not in allowed:
            en = "cannot be registered or changed by you: not in the place you look after; ask the office above"
            zh = "不能由您登记或修改：不在您的管辖范围内，请联系上级管理员"
            found.append(Problem(filename, "enterprise.registered", en, zh, entry.line, "uscc", code))
        elif firm.county_id not in {entry.county, *counties} and firm.pk in shared:
            en = "the firm also belongs to somebody else's cluster: moving it needs the right to both counties"
            zh = "该企业同时属于他人管理的集群：迁移须同时有迁出地和迁入地的管理权限"
            found.append(Problem(filename, "enterprise.moved", en, zh, entry.line, "county", entry.county))
        elif cluster is not None and firm.synthetic != cluster.synthetic:
            en, zh = "synthetic and real data are not mixed in a cluster", "示例企业与真实企业不得混入同一集群"
            found.append(Problem(filename, "enterprise.mixed", en, zh, entry.line, "cluster", entry.cluster))
    return found


def _editable_codes(codes: Iterable[str], by: User) -> set[str]:
    found = (editable(Enterprise.objects.filter(uscc__in=batch), by) for batch in batches(codes))
    return set(chain.from_iterable(rows.values_list("uscc", flat=True) for rows in found))


def _of_others(firms: Iterable[int], by: User) -> set[int]:
    """Return which firms belong to a cluster that ``by`` does not look after."""
    own = editable(Cluster.objects.all(), by).values("pk")
    found = (Membership.objects.filter(enterprise__in=batch).exclude(cluster__in=own) for batch in batches(firms))
    return set(chain.from_iterable(rows.values_list("enterprise_id", flat=True) for rows in found))


def _save(
    entries: Sequence[EnterpriseEntry], clusters: dict[str, Cluster], there: dict[str, Enterprise], by: User
) -> tuple[dict[str, Enterprise], list[Change]]:
    """Store the new firms, lock every firm of the list; return those that others registered, and what was added."""
    new = {
        e.uscc.code: Enterprise(
            uscc=e.uscc.code,
            name=e.name,
            county_id=e.county,
            industry_id=e.industry,
            synthetic=bool(e.cluster) and clusters[e.cluster].synthetic,
        )
        for e in entries
        if e.uscc.code not in there
    }
    Enterprise.objects.bulk_create(new.values(), ignore_conflicts=True)
    firms = _by_code(entries, lock=True)
    # A firm that is not as it was just inserted was registered by somebody else at the same moment.
    made = {code for code, row in new.items() if _content(firms[code]) == _content(row)}
    changes = [history.added(firms[code], reason=UPLOADED) for code in sorted(made)]
    history.record(changes, by=by)
    return {code: firm for code, firm in firms.items() if code not in made}, changes


def _content(firm: Enterprise) -> tuple[object, ...]:
    return firm.name, firm.county_id, firm.industry_id, firm.synthetic


def _update(entries: Sequence[EnterpriseEntry], firms: Mapping[str, Enterprise]) -> list[Change]:
    """Give the locked firms the name, county and industry of the list; return what that changed."""
    changes, counties = [], Region.objects.in_bulk({entry.county for entry in entries})
    for entry in entries:
        firm = firms[entry.uscc.code]
        before, place = history.snapshot(firm), firm.county.path
        firm.name, firm.county, firm.industry_id = entry.name, counties[entry.county], entry.industry
        changes.append(history.changed(firm, before, reason=UPLOADED, place_before=place))
    changed = {change.key for change in changes if change.after}
    Enterprise.objects.bulk_create(
        (firm for firm in firms.values() if str(firm.pk) in changed),
        update_conflicts=True,
        unique_fields=["uscc"],
        update_fields=["name", "county", "industry"],
    )
    return changes


def _join(
    entries: Sequence[EnterpriseEntry], clusters: Mapping[str, Cluster], firms: Mapping[str, Enterprise]
) -> list[Change]:
    """Put the locked firms into their clusters and set the marks that the list speaks of; return what that changed."""
    held = {
        (row.enterprise_id, row.cluster_id): row
        for batch in batches(firm.pk for firm in firms.values())
        for row in Membership.objects.filter(enterprise__in=batch, cluster__in=[c.pk for c in clusters.values()])
    }
    new: list[Membership] = []
    marked: list[Membership] = []
    changes: list[Change] = []
    for entry in entries:
        if not entry.cluster:
            continue
        firm, cluster = firms[entry.uscc.code], clusters[entry.cluster]
        row = held.get((firm.pk, cluster.pk))
        if row is None:
            new.append(Membership(enterprise=firm, cluster=cluster, leader=bool(entry.leader)))
        elif entry.leader is not None and entry.leader != row.leader:
            row.enterprise, row.cluster = firm, cluster
            before = history.snapshot(row)
            row.leader = entry.leader
            marked.append(row)
            changes.append(history.changed(row, before, reason=UPLOADED))
    Membership.objects.bulk_create(new)
    Membership.objects.bulk_update(marked, ["leader"], batch_size=500)
    return [*(history.added(row, reason=UPLOADED) for row in new), *changes]


def _by_code(entries: Sequence[EnterpriseEntry], *, lock: bool = False) -> dict[str, Enterprise]:
    """Return the registered firms of a list by code; ``lock`` holds other writers back, in the order of codes."""
    rows = Enterprise.objects.order_by("uscc").select_related("county")
    if lock:
        rows = rows.select_for_update(of=("self",))
    return {
        firm.uscc: firm
        for batch in batches(sorted(entry.uscc.code for entry in entries))
        for firm in rows.filter(uscc__in=batch)
    }
