"""The target pages: what they answer, from which figures, to whom, and with how many queries."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from stdnum.cn.uscc import calc_check_digit

from gongzao import targets
from gongzao.kernel import Period
from gongzao.web.accounts.models import Post, Role, User
from gongzao.web.clusters.models import Cluster, Enterprise, Membership, Observation, Region, Source, TitleAward
from gongzao.web.clusters.published import load_published
from gongzao.web.clusters.services import record_observations
from gongzao.web.targets import queries
from gongzao.web.targets.charts import chart

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
    read = queries.observations(dossier.plan)
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
    assert lines[0] == "期间,截止日,类别,数值,单位,来源"
    assert "2025年上半年,2025-06-30,公布值,7,个,S6" in lines
    assert "2027年,2027-12-31,进度要求,10,个,S1" in lines


def given(number: int, on: date, *, cluster: str | None) -> None:
    """A published award of a little-giant title to a firm in a cluster or in none."""
    body = f"91130000MA1{number:06}"
    county = Region.objects.get(pk="131125")
    firm = Enterprise.objects.create(
        uscc=body + calc_check_digit(body), name=f"企业{number}", county=county, industry_id="38"
    )
    if cluster:
        Membership.objects.create(enterprise=firm, cluster=Cluster.objects.get(slug=cluster))
    TitleAward.objects.create(title_id="little_giant", level="national", enterprise=firm, awarded_on=on, source_id="S5")


def test_titles_are_counted_alike_for_everybody_and_only_in_clusters(published: None, client: Client) -> None:
    for number, on in enumerate((date(2023, 7, 1), date(2025, 10, 1), date(2025, 10, 1))):
        given(number, on, cluster="anping-wire-mesh")
    given(7, date(2025, 10, 1), cluster=None)
    given(8, date(2025, 10, 1), cluster=Cluster.objects.create(
        slug="made-up", name_zh="甲", county_id="131125", industry_id="38", synthetic=True).slug)  # fmt: skip
    address = "/targets/hebei-2025-2027/new-little-giants/?as_of=2025-12-31"
    pages = []
    for place in (None, "130528", "130000"):
        if place:
            officer = User.objects.create_user(f"officer-{place}")
            Post.objects.create(user=officer, role=Role.COUNTY if place != "130000" else Role.PROVINCE, region_id=place)
            client.force_login(officer)
        page = client.get(address).content.decode()
        pages.append(page[page.index('class="lead-line"') :].split("</p>")[0])
    assert "新认定2家" in pages[0]
    assert pages[1:] == pages[:1] * 2


def test_without_a_day_the_page_speaks_of_today(published: None, client: Client) -> None:
    page = client.get("/").content.decode()
    today = timezone.localdate().isoformat()
    assert f'<option value="{today}" selected>' in page
    assert client.get("/", {"as_of": today}).content.decode().count("data-day") == page.count("data-day") > 0


def test_the_lead_counts_what_is_off_what_is_unknown_and_what_is_old(published: None, client: Client) -> None:
    page = client.get("/", {"as_of": "2026-11-23"}).content.decode()
    dossier = targets.load(PLAN)
    found = targets.attain(dossier.plan, dossier.observations, date(2026, 11, 23))
    off = sum(a.light in {targets.Light.BEHIND, targets.Light.FAR_BEHIND} for a in found)
    unknown = sum(a.light in {targets.Light.NO_DATA, targets.Light.CANNOT_BE_SAID} for a in found)
    assert f"共{len(found)}项目标：{off}项落后于进度，{unknown}项没有数据或无法判断" in page
    assert f"其中{sum(a.stale for a in found)}项只有超过12个月的旧数据" in page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_chart_has_a_place_for_every_period_and_draws_what_its_title_says(language: str) -> None:
    dossier = targets.load(PLAN)
    by_id = {a.target.id: a for a in targets.attain(dossier.plan, dossier.observations, date(2025, 12, 31))}
    half = "2025年上半年" if language == "zh" else "H1 2025"
    year = "{}年" if language == "zh" else "{}"
    total = chart(by_id["revenue-total"], language)
    assert total["periods"][-3:] == [year.format(n) for n in (2025, 2026, 2027)]
    assert total["bars"] is True
    drawn = dict(zip(total["periods"], zip(total["observed"], total["required"], strict=True), strict=True))
    assert drawn[half] == (17400.0, float(by_id["revenue-total"].required or 0))
    assert drawn[year.format(2024)] == (36000.0, 36000.0)
    assert drawn[year.format(2027)] == (None, 45000.0)
    counts = chart(by_id["clusters-over-100bn"], language)
    assert counts["periods"] == [half, *(year.format(n) for n in (2025, 2026, 2027))]
    assert counts["observed"] == [7.0, None, None, None]
    growth = chart(by_id["revenue-growth"], language)
    assert growth["periods"] == [half, *(year.format(n) for n in (2025, 2026, 2027))]
    assert growth["required"] == [8.0] * 4
