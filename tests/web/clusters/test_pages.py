"""What each role sees on the lists, how they narrow down, and what pages say about figures."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from stdnum.cn.uscc import calc_check_digit

from gongzao.kernel import Period
from gongzao.web.clusters.models import Cluster, Enterprise, Membership, Observation
from gongzao.web.clusters.services import record_observations

CLUSTERS = {
    "anonymous": None,
    "idle": ["ningjin-cable"],
    "province": ["demo-mesh", "ningjin-cable"],
    "city": ["ningjin-cable"],
    "county": ["ningjin-cable"],
    "operator": ["ningjin-cable"],
    "member": ["ningjin-cable"],
    "auditor": ["demo-mesh", "ningjin-cable"],
    "superuser": ["demo-mesh", "ningjin-cable"],
}
FIRMS = {
    "anonymous": None,
    "idle": 0,
    "province": 3,
    "city": 2,
    "county": 2,
    "operator": 2,
    "member": 1,
    "auditor": 3,
    "superuser": 3,
}
FIGURES = {
    "idle": 2,
    "province": 4,
    "city": 3,
    "county": 3,
    "operator": 3,
    "member": 3,
    "auditor": 4,
    "superuser": 4,
}


def listed(world: Any, role: str, name: str, **query: str) -> Any:
    return world.client(role).get(reverse(f"clusters:{name}"), query)


@pytest.mark.parametrize("role", CLUSTERS)
def test_clusters_of_each_role(world: Any, role: str) -> None:
    page = listed(world, role, "cluster_list")
    if role == "anonymous":
        assert page.status_code == 302
        assert page["Location"].startswith(reverse("accounts:login"))
        return
    entries = page.context["list"].page_entries
    assert sorted(entry["cluster"].slug for entry in entries) == CLUSTERS[role]


@pytest.mark.parametrize("role", FIRMS)
def test_firms_of_each_role(world: Any, role: str) -> None:
    page = listed(world, role, "enterprise_list")
    if role == "anonymous":
        assert page.status_code == 302
        return
    assert page.context["list"].totals["total"] == len(page.context["list"].page_entries) == FIRMS[role]


@pytest.mark.parametrize("role", FIGURES)
def test_figures_of_each_role(world: Any, role: str) -> None:
    assert listed(world, role, "observation_list").context["list"].totals["total"] == FIGURES[role]


def test_member_sees_its_own_titles_only(world: Any) -> None:
    assert listed(world, "member", "cluster_award_list").context["list"].totals["firms"] == 1
    assert listed(world, "idle", "cluster_award_list").context["list"].totals["total"] == 0


def test_list_answers_in_words_first(world: Any) -> None:
    page = listed(world, "province", "cluster_list").content.decode()
    assert "共2个集群" in page
    assert "超千亿元1个" in page
    assert page.index("共2个集群") < page.index("<thead>")


@pytest.mark.parametrize("name", ["cluster_list", "enterprise_list", "observation_list", "cluster_award_list"])
def test_made_up_rows_carry_ribbon_and_mark(world: Any, name: str) -> None:
    page = listed(world, "auditor", name).content.decode()
    assert "ribbon-synthetic" in page
    assert 'class="badge synthetic"' in page


def test_list_of_real_rows_has_no_ribbon(world: Any) -> None:
    assert "ribbon-synthetic" not in listed(world, "auditor", "cluster_list", kind="published").content.decode()


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ({"city": "130500"}, ["ningjin-cable"]),
        ({"province": "130000", "city": "131100"}, ["demo-mesh"]),
        ({"city": "131100", "county": "130528"}, ["demo-mesh"]),
        ({"q": "电缆"}, ["ningjin-cable"]),
        ({"size": "1000"}, ["demo-mesh"]),
        ({"kind": "synthetic"}, ["demo-mesh"]),
        ({"industry": "38", "city": "130500"}, ["ningjin-cable"]),
        ({"q": "没有这样的集群"}, []),
    ],
)
def test_clusters_narrow_down(world: Any, query: dict[str, str], slugs: list[str]) -> None:
    found = listed(world, "province", "cluster_list", **query).context["list"].page_entries
    assert sorted(entry["cluster"].slug for entry in found) == slugs


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"cluster": "ningjin-cable"}, 2),
        ({"county": "131125"}, 1),
        ({"title": "little_giant"}, 1),
        ({"leader": "1"}, 1),
        ({"q": "91139900MA0000001t"}, 1),
        ({"q": "示例2号"}, 1),
        ({"kind": "published"}, 0),
    ],
)
def test_firms_narrow_down(world: Any, query: dict[str, str], number: int) -> None:
    Membership.objects.filter(enterprise=world.firm_here).update(leader=True)
    assert listed(world, "province", "enterprise_list", **query).context["list"].totals["total"] == number


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"subject": "cluster"}, 2),
        ({"period": "2024"}, 4),
        ({"period": "2024-H1"}, 0),
        ({"scope": "key107"}, 1),
        ({"source": "S5"}, 2),
        ({"indicator": "revenue", "city": "130500"}, 2),
        ({"cluster": "ningjin-cable"}, 2),
        ({"q": "宁晋"}, 1),
    ],
)
def test_figures_narrow_down(world: Any, query: dict[str, str], number: int) -> None:
    assert listed(world, "province", "observation_list", **query).context["list"].totals["total"] == number


def test_expired_titles_are_told_apart(world: Any) -> None:
    award = world.firm_here.awards.get()
    award.expires_on = date(2024, 12, 31)
    award.save()
    assert listed(world, "province", "cluster_award_list", valid="1").context["list"].totals["total"] == 0
    assert listed(world, "province", "cluster_award_list", valid="0").context["list"].totals["total"] == 1


@pytest.mark.parametrize("name", ["cluster_list", "enterprise_list", "observation_list", "cluster_award_list"])
@pytest.mark.parametrize(
    "query",
    [
        {"page": "-1"},
        {"page": "9" * 5000},
        {"page": "x\x00"},
        {"sort": "password"},
        {"sort": "--revenue"},
        {"q": "\x00"},
        {"city": "\x00", "county": "999999999999999999999", "cluster": "../.."},
        {"period": "2025-13"},
        {"source": "'; --", "indicator": "\ud7ff"},
    ],
)
def test_bad_parameters_never_break_a_list(world: Any, name: str, query: dict[str, str]) -> None:
    assert listed(world, "province", name, **query).status_code == 200


def test_filter_that_means_nothing_says_so(world: Any) -> None:
    page = listed(world, "province", "observation_list", period="2025-13").content.decode()
    assert "field-error" in page
    assert "2025-13" in page


def test_cluster_page_says_size_and_distance(world: Any) -> None:
    page = world.client("province").get(reverse("clusters:cluster_detail", args=["ningjin-cable"])).content.decode()
    assert "2024年营业收入330.51亿元；距500亿元还差169.49亿元" in page
    assert "S5 2024年数据" in page
    past = world.client("province").get(reverse("clusters:cluster_detail", args=["demo-mesh"])).content.decode()
    assert "已超过千亿元" in past


def test_firm_page_shows_ten_thousands(world: Any) -> None:
    address = reverse("clusters:enterprise_detail", args=[world.firm_here.uscc.lower()])
    page = world.client("member").get(address).content.decode()
    assert "12,000" in page
    assert "登记称号1项" in page


def test_figures_show_their_source_in_both_languages(world: Any) -> None:
    client = world.client("province")
    client.cookies["django_language"] = "en"
    page = client.get(reverse("clusters:cluster_detail", args=["ningjin-cable"])).content.decode()
    assert 'aria-describedby="source-' in page
    assert "As first published" in page
    assert "16.95 billion yuan" in page


@pytest.mark.parametrize(
    ("text", "to"),
    [("91139900MA0000001T", "firm"), ("91139900 ma0000001t", "firm"), ("宁晋", "list"), ("\x00", "empty")],
)
def test_search(world: Any, text: str, to: str) -> None:
    answer = world.client("county").get(reverse("clusters:search"), {"q": text})
    if to == "firm":
        assert answer["Location"] == reverse("clusters:enterprise_detail", args=["91139900MA0000001T"])
    else:
        assert [cluster.slug for cluster in answer.context["clusters"]] == (["ningjin-cable"] if to == "list" else [])


def test_search_does_not_tell_of_firms_elsewhere(world: Any) -> None:
    answer = world.client("county").get(reverse("clusters:search"), {"q": world.firm_there.uscc})
    assert answer.status_code == 200
    assert answer.context["firms"] == []


def test_address_of_a_huge_number_is_missing(world: Any) -> None:
    assert world.client("province").get(f"/clusters/observations/{'9' * 18}/").status_code == 404
    assert world.client("province").get(f"/clusters/observations/{'9' * 30}/").status_code == 404


def figure(subject: dict[str, Any], period: str, value: str, *, source: str) -> None:
    row = Observation(
        **subject, indicator_id="revenue", period=Period.parse(period), value=Decimal(value), unit="亿元",
        scope="x", source_id=source,
    )  # fmt: skip
    record_observations([row], by=None)


def test_real_and_made_up_figures_and_figures_of_several_years_are_not_added_up(world: Any) -> None:
    more = Cluster.objects.create(slug="more", name_zh="甲", county=world.here.county, industry=world.here.industry)
    figure({"cluster": more}, "2023", "100", source="S5")
    answer = listed(world, "province", "cluster_list").context["list"].answer
    assert "公布数据2024年全年营业收入：1个集群合计330.51亿元" in answer
    assert "公布数据2023年全年营业收入：1个集群合计100亿元" in answer
    assert "示例数据2024年全年营业收入：1个集群合计1,010亿元" in answer
    assert not any(total in answer for total in ("430.51", "1,340.51", "1,440.51"))


def test_firms_are_added_up_by_kind_and_period(world: Any) -> None:
    body = "91139900MA0000004"
    where = {"county": world.here.county, "industry": world.here.industry}
    real = Enterprise.objects.create(uscc=body + calc_check_digit(body), name="甲", **where)
    figure({"enterprise": real}, "2024", "2", source="S5")
    figure({"enterprise": world.firm_there}, "2025-H1", "3", source="DEMO")
    answer = listed(world, "province", "enterprise_list").context["list"].answer
    assert "公布数据2024年营业收入：1家合计2亿元" in answer
    assert "示例数据2025年上半年营业收入：1家合计3亿元" in answer
    assert "示例数据2024年营业收入：1家合计1.2亿元" in answer


def test_what_one_may_not_see_is_not_told_as_missing(world: Any) -> None:
    Membership.objects.create(enterprise=world.firm_here, cluster=world.there)
    entry = next(
        e
        for e in listed(world, "member", "cluster_list").context["list"].page_entries
        if e["cluster"].pk == world.there.pk
    )
    assert entry["part"]
    page = listed(world, "member", "cluster_list").content.decode()
    assert "无权查看" in page
    assert "您可查看1家" in page
    detail = world.client("member").get(world.there.get_absolute_url()).content.decode()
    assert "规模数据未对您开放" in detail
    assert "还没有规模数据" not in detail
    officer = listed(world, "province", "cluster_list").content.decode()
    assert "无权查看" not in officer
    assert "您可查看" not in officer.replace("您可查看的", "")


def test_a_mistyped_code_finds_nothing_and_is_never_stored(world: Any) -> None:
    for code in ("91139900MA0000004X", "x", "9" * 30, ""):
        assert not Enterprise.objects.filter(uscc=code).exists()
        assert not Enterprise.objects.filter(uscc__in=[code, world.firm_here.uscc + "0"]).exists()
        with pytest.raises(ValidationError), transaction.atomic():
            Enterprise.objects.create(uscc=code, name="甲", county=world.here.county, industry=world.here.industry)
    assert Enterprise.objects.filter(uscc=f" {world.firm_here.uscc.lower()} ").exists()
