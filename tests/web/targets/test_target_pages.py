"""The target pages: what they answer, from which figures, to whom, and with how many queries."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from gongzao import targets
from gongzao.kernel import Period
from gongzao.web.clusters.models import Cluster, Observation, Region, Source
from gongzao.web.clusters.published import load_published
from gongzao.web.clusters.services import record_observations
from gongzao.web.targets import queries

PLAN = targets.shipped_plans()["hebei-2025-2027"]
NEAR = "/targets/hebei-2025-2027/clusters-over-100bn/"


@pytest.fixture
def published(db: None) -> None:
    load_published(PLAN)


def figure(slug: str, period: str, value: str, *, synthetic: bool) -> None:
    county = Region.objects.filter(level="county")[0]
    cluster, _ = Cluster.objects.get_or_create(
        slug=slug, defaults={"name_zh": slug, "county": county, "industry_id": "38", "synthetic": synthetic}
    )
    source, _ = Source.objects.get_or_create(pk="MADE" if synthetic else "S5", defaults={"synthetic": synthetic})
    row = Observation(
        cluster=cluster,
        indicator_id="revenue",
        period=Period.parse(period),
        value=Decimal(value),
        unit="亿元",
        scope="cluster",
        source=source,
    )
    record_observations([row], by=None)


def test_home_says_what_the_engine_says(published: None, client: Client) -> None:
    page = client.get("/", {"as_of": "2025-06-30"}).content.decode()
    dossier = targets.load(PLAN)
    for attainment in targets.attain(dossier.plan, dossier.observations, date(2025, 6, 30)):
        assert attainment.target.name.zh in page
        assert attainment.explanation.zh in page


def test_registry_gives_the_engine_exactly_what_was_published(published: None) -> None:
    dossier = targets.load(PLAN)
    here = [o for o in dossier.observations if o.subject == dossier.plan.subject]
    read = queries.observations(dossier.plan, AnonymousUser())
    assert sorted(read, key=repr) == sorted(here, key=repr)


def test_synthetic_figures_never_measure_a_plan(published: None, client: Client) -> None:
    before = client.get("/").content.decode()
    source = Source.objects.create(pk="MADE", title="示例", synthetic=True)
    Observation.objects.bulk_create(
        [
            Observation(
                region_id="130000",
                indicator_id="revenue",
                period=Period.parse("2025"),
                period_end=date(2025, 12, 31),
                value=Decimal(99999),
                unit="亿元",
                scope="key107",
                source=source,
            )
        ]
    )
    assert "2025-12-31" in client.get("/").content.decode()  # a milestone of the plan is shown all the same
    assert "99999" not in client.get("/").content.decode()
    assert client.get("/").content.decode().count("light-behind") == before.count("light-behind")


def test_nearest_are_whole_years_only_and_only_what_one_may_see(published: None, client: Client) -> None:
    figure("real-one", "2024", "990", synthetic=False)
    figure("real-one", "2025-H1", "999", synthetic=False)
    figure("made-up", "2024", "1001", synthetic=True)
    page = client.get(NEAR, {"as_of": "2025-06-30"}).content.decode()
    assert "real-one" in page
    assert "990亿元" in page
    assert "-10亿元" in page
    assert "999亿元" not in page
    assert "made-up" not in page


def test_day_before_any_figure_says_so(published: None, client: Client) -> None:
    assert client.get("/", {"as_of": "2019-01-01"}).status_code == 200
    assert client.get("/", {"as_of": "no day"}).status_code == 200
    assert client.get("/", {"plan": "no-plan"}).status_code == 404


def test_registry_without_figures_still_has_a_home_page(db: None, client: Client) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "暂无数据" in page.content.decode()


def test_number_of_queries_does_not_grow(published: None, client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3):
        client.get("/")
    with django_assert_num_queries(4):
        client.get(NEAR)
    for n in range(30):
        figure(f"made-up-{n}", "2024", f"{900 + n}", synthetic=False)
    with django_assert_num_queries(3):
        client.get("/")
    with django_assert_num_queries(4):
        client.get(NEAR)


def test_chart_data_can_be_taken_away(published: None, client: Client) -> None:
    answer = client.get("/targets/hebei-2025-2027/clusters-over-100bn.csv", {"as_of": "2025-06-30"})
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "日期,类别,数值,单位,来源"
    assert "2025-06-30,公布值,7,个,S6" in lines
    assert "2027-12-31,进度要求,10,个,S1" in lines
