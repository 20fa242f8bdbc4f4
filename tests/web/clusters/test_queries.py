"""Lists cost the same number of queries however many rows there are, and revisions are told apart."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from stdnum.cn import uscc

from gongzao.kernel import Period
from gongzao.targets import GOAL
from gongzao.web.accounts.models import User
from gongzao.web.clusters import queries
from gongzao.web.clusters.models import Cluster, Enterprise, Membership, Observation
from gongzao.web.clusters.services import record_observations


def code(number: int) -> str:
    body = f"91139900MB{number:07}"
    return body + uscc.calc_check_digit(body)


def many_firms(cluster: Cluster, number: int, start: int) -> None:
    firms = Enterprise.objects.bulk_create(
        Enterprise(uscc=code(n), name=f"批量{n}号", county=cluster.county, industry=cluster.industry, synthetic=True)
        for n in range(start, start + number)
    )
    Membership.objects.bulk_create(Membership(enterprise=firm, cluster=cluster) for firm in firms)


def revise(figure: Observation, value: str, period: str = "") -> Observation:
    last = queries.history(User(is_superuser=True), figure)[-1]
    row = Observation(
        cluster=figure.cluster,
        indicator=figure.indicator,
        period=Period.parse(period or str(figure.period)),
        value=Decimal(value),
        unit=figure.unit,
        scope=figure.scope,
        source=figure.source,
        revision=last.revision + 1,
    )
    return record_observations([row], by=None)[0]


LISTS = ["cluster_list", "enterprise_list", "observation_list", "cluster_award_list"]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("role", ["province", "operator", "auditor"])
def test_list_costs_the_same_with_many_rows(
    world: Any, name: str, role: str, django_assert_max_num_queries: Any
) -> None:
    client, address = world.client(role), reverse(f"clusters:{name}")
    many_firms(world.here, 60, 0)
    with django_assert_max_num_queries(14) as few:
        client.get(address)
    many_firms(world.here, 2_000, 60)
    with django_assert_max_num_queries(len(few)) as many:
        answer = client.get(address)
    assert answer.status_code == 200
    assert len(many) == len(few)


def test_page_holds_fifty_and_the_last_one_the_rest(world: Any) -> None:
    many_firms(world.here, 120, 0)
    client = world.client("superuser")
    page = client.get(reverse("clusters:enterprise_list"), {"sort": "uscc"}).context["list"]
    assert (len(page.page_entries), page.totals["total"]) == (50, 123)
    last = client.get(reverse("clusters:enterprise_list"), {"sort": "uscc", "page": "9" * 30}).context["list"]
    assert len(last.page_entries) == 23
    seen = {entry["enterprise"].uscc for n in (1, 2, 3) for entry in page_of(client, n)}
    assert len(seen) == 123


def page_of(client: Any, number: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        client.get(reverse("clusters:enterprise_list"), {"sort": "-revenue", "page": number})
        .context["list"]
        .page_entries
    )
    return found


def test_firms_are_sorted_by_newest_revenue_unknown_last(world: Any) -> None:
    for sort in ("-revenue", "revenue"):
        found = world.client("auditor").get(reverse("clusters:enterprise_list"), {"sort": sort}).context["list"]
        values = [entry["revenue"] for entry in found.page_entries]
        assert values[0].value == Decimal("1.2")
        assert values[1:] == [None, None]


def test_history_takes_two_names_of_the_same_months_for_one_figure(world: Any) -> None:
    first = record_observations(
        [
            Observation(
                cluster=world.here,
                indicator=world.figure.indicator,
                period=Period.parse("2025-H1"),
                value=Decimal(10),
                unit="亿元",
                scope="cluster",
                source=world.figure.source,
            )
        ],
        by=None,
    )[0]
    second = revise(first, "11", "2025-YTD06")
    found = queries.history(world.users["auditor"], first)
    assert [row.pk for row in found] == [first.pk, second.pk]
    assert queries.superseded(found) == {first.pk}
    assert second in queries.current_figures(world.users["auditor"], cluster=world.here)
    assert first not in queries.current_figures(world.users["auditor"], cluster=world.here)


def test_figures_of_other_scopes_are_not_revisions(world: Any) -> None:
    row = Observation(
        cluster=world.here,
        indicator=world.figure.indicator,
        period=Period.parse("2024"),
        value=Decimal(5),
        unit="亿元",
        scope="above_scale_only",
        source=world.figure.source,
    )
    record_observations([row], by=None)
    assert len(queries.history(world.users["auditor"], world.figure)) == 1


def test_counting_stops_at_the_bound(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MOST_COUNTED", 2)
    assert queries.bounded_count(queries.observations(world.users["auditor"])) == 3
    page = world.client("auditor").get(reverse("clusters:observation_list"))
    assert "超过2条" in page.content.decode()
    assert page.context["list"].sheet.page.paginator.count == 2


@pytest.mark.parametrize(
    ("revenue", "nearest"),
    [
        (None, None),
        ("820", (1000, Decimal(180))),
        ("99.5", (100, Decimal("0.5"))),
        ("1000", (1000, Decimal(0))),
        ("1000.01", None),
    ],
)
def test_nearest_threshold(revenue: str | None, nearest: tuple[int, Decimal] | None) -> None:
    assert queries.nearest_threshold(Decimal(revenue) if revenue else None) == nearest


def test_invisible_revenue_of_a_visible_cluster_orders_nothing(world: Any) -> None:
    """A public cluster may hold figures that only its own people see; they show in no list of others."""
    made_up = Observation.objects.filter(source__synthetic=True).first()
    assert made_up is not None
    row = Observation(
        cluster=world.here,
        indicator=world.figure.indicator,
        period=Period.parse("2025"),
        period_end=Period.parse("2025").end,
        value=Decimal(999),
        unit="亿元",
        scope="demo107",
        source=made_up.source,
    )
    Observation.objects.bulk_create([row])
    assert queries.clusters(world.users["county"]).get(pk=world.here.pk).revenue == Decimal(999)  # type: ignore[attr-defined]  # annotated
    assert queries.clusters(world.users["idle"]).get(pk=world.here.pk).revenue == Decimal("330.51")  # type: ignore[attr-defined]  # annotated


def test_part_of_a_year_is_no_size(world: Any) -> None:
    for period, value in (("2025-H1", "900"), ("2025-12", "70"), ("2023-YTD12", "5000"), ("2026", "2000")):
        row = Observation(
            cluster=world.here,
            indicator=world.figure.indicator,
            period=Period.parse(period),
            value=Decimal(value),
            unit="亿元",
            scope="cluster",
            basis=GOAL if period == "2026" else "",
            source=world.figure.source,
        )
        record_observations([row], by=None)
    user = world.users["auditor"]
    assert queries.clusters(user).get(pk=world.here.pk).revenue == Decimal("330.51")  # type: ignore[attr-defined]  # annotated
    assert queries.cluster_sizes(user, [world.here.pk])[world.here.pk].period == Period.parse("2024")


def test_sizes_are_compared_in_one_unit(world: Any) -> None:
    row = Observation(
        cluster=world.here,
        indicator=world.figure.indicator,
        period=Period.parse("2025"),
        value=Decimal("0.04"),
        unit="万亿元",
        scope="cluster",
        source=world.figure.source,
    )
    record_observations([row], by=None)
    found = queries.clusters(world.users["auditor"]).get(pk=world.here.pk)
    assert found.revenue == Decimal(400)  # type: ignore[attr-defined]  # annotated


def test_nobody_may_report_without_a_post() -> None:
    assert not queries.may_report(AnonymousUser())


def test_reference_names_each_kind(world: Any) -> None:
    named = SimpleNamespace(
        region=queries.reference(world.here.county),
        cluster=queries.reference(world.here),
        enterprise=queries.reference(world.firm_here),
    )
    assert named.region == "region:130528"
    assert named.cluster == "cluster:ningjin-cable"
    assert named.enterprise == f"enterprise:{world.firm_here.uscc}"
