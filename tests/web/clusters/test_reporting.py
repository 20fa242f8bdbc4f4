"""Reported figures: the impossible is refused, the unlikely confirmed, a plan's figures wait for a second person."""

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from gongzao.kernel import InvalidInput, InvalidValue, Period
from gongzao.web.accounts.models import Post, User
from gongzao.web.clusters import plausibility, queries, reporting
from gongzao.web.clusters.imports import import_observations
from gongzao.web.clusters.imports_figures import UnlikelyInput
from gongzao.web.clusters.latest import latest_differences, rebuild_latest
from gongzao.web.clusters.models import Draft, Indicator, Latest, Observation, Source, Withdrawal
from gongzao.web.clusters.services import record_observations, withdraw_observation
from gongzao.web.kit.history import Act, Change

LAST_YEAR = str(timezone.localdate().year - 1)
RECORD = "clusters:observation_record"


def figure(world: Any, **given: Any) -> Observation:
    plain: dict[str, Any] = {
        "cluster": world.here,
        "indicator": Indicator.objects.get(pk="revenue"),
        "period": Period.parse(LAST_YEAR),
        "value": Decimal(340),
        "unit": "亿元",
        "scope": "cluster",
        "source": Source.objects.get(pk="S5"),
    }
    return Observation(**{**plain, **given})


def province(world: Any, **given: Any) -> Observation:
    return figure(world, cluster=None, region_id="130000", scope="key107", **{"value": Decimal(37000), **given})


@pytest.fixture
def second(world: Any) -> User:
    """Another officer of the province."""
    user = User.objects.create_user("second")
    Post.objects.create(user=user, role="province", region_id="130000")
    return user


def codes(world: Any, row: Observation, by: str = "province") -> list[str]:
    with pytest.raises(InvalidValue) as caught:
        reporting.report([row], by=world.users[by])
    assert caught.value.en != caught.value.zh
    return [caught.value.code]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"period": str(timezone.localdate().year + 5)}, "period.not_over"),
        ({"period": str(timezone.localdate().year)}, "period.not_over"),
        ({"period": f"{timezone.localdate():%Y-%m}"}, "period.not_over"),
        ({"published_on": timezone.localdate() + timedelta(days=1)}, "published_on.future"),
        ({"published_on": date(int(LAST_YEAR), 12, 31)}, "published_on.early"),
        ({"value": Decimal(-5)}, "value.impossible"),
        ({"growth_pct": Decimal("-100.5")}, "growth_pct.impossible"),
    ],
)
def test_what_cannot_be_true_is_refused(world: Any, given: dict[str, Any], code: str) -> None:
    if "period" in given:
        given = {**given, "period": Period.parse(given["period"])}
    assert codes(world, figure(world, **given)) == [code]
    assert not Observation.objects.filter(cluster=world.here, period=LAST_YEAR).exists()


@pytest.mark.parametrize(
    ("unit", "value", "code"), [("个", "-1", "value.impossible"), ("%", "100.5", "value.impossible")]
)
def test_counts_and_shares_have_bounds(world: Any, unit: str, value: str, code: str) -> None:
    indicator = Indicator.objects.create(code="some", name_zh="某指标", unit=unit)
    assert codes(world, figure(world, indicator=indicator, unit=unit, value=Decimal(value))) == [code]


def test_a_count_can_be_published_within_its_period_but_not_before_it(world: Any) -> None:
    indicator = Indicator.objects.create(code="firms", name_zh="企业数", unit="个")
    row = figure(world, indicator=indicator, unit="个", value=Decimal(120), published_on=date(int(LAST_YEAR), 10, 9))
    assert reporting.report([row], by=world.users["county"]).recorded == [row]
    other = figure(world, indicator=indicator, unit="个", value=Decimal(120), scope="x", published_on=date(2001, 1, 1))
    assert codes(world, other) == ["published_on.early"]


def test_a_goal_may_lie_ahead(world: Any) -> None:
    ahead = Period.parse(str(timezone.localdate().year + 3))
    reporting.report([figure(world, basis="goal", period=ahead)], by=world.users["county"])


def doubted(row: Observation) -> list[str]:
    row.indicator, row.period_end = Indicator.objects.get(pk=row.indicator_id), row.period.end
    return [doubt.error.code for doubt in plausibility.doubts([row])]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, []),
        ({"value": Decimal("340.5"), "unit": "万元"}, ["value.unit_slip"]),
        ({"value": Decimal(3_400_000)}, ["value.unlikely", "value.unit_slip"]),
        ({"value": Decimal(1200)}, ["value.leap"]),
        ({"value": Decimal(80)}, ["value.leap"]),
        ({"growth_pct": Decimal(300)}, ["growth_pct.unlikely"]),
        ({"growth_pct": Decimal(-80)}, ["growth_pct.unlikely"]),
        ({"scope": "clustre"}, ["scope.new"]),
        ({"period": Period.parse(f"{LAST_YEAR}-H1"), "value": Decimal(80)}, []),
    ],
)
def test_what_is_unlikely_is_doubted(world: Any, given: dict[str, Any], expected: list[str]) -> None:
    assert doubted(figure(world, **given)) == expected


def test_a_mistyped_scope_is_told_with_the_nearest_one(world: Any) -> None:
    row = figure(world, scope="clustre")
    row.period_end = row.period.end
    (doubt,) = plausibility.doubts([row])
    assert "“cluster”" in doubt.error.zh


def test_a_subject_without_a_figure_is_held_against_the_others(world: Any) -> None:
    row = figure(world, cluster=world.there, scope="cluster", value=Decimal("330.51"), unit="万元")
    assert doubted(row) == ["value.unit_slip"]


def test_doubts_of_many_rows_cost_few_queries(world: Any, django_assert_max_num_queries: Any) -> None:
    rows = [figure(world, period=Period.parse(f"{year}")) for year in range(1990, 2024)]
    with django_assert_max_num_queries(6):
        plausibility.doubts(rows)


FORM = {
    "subject": "cluster:ningjin-cable",
    "indicator": "revenue",
    "period": LAST_YEAR,
    "scope": "cluster",
    "value": "340.5",
    "unit": "万元",
    "qualifier": "=",
    "source": "S5",
}


def test_the_form_shows_doubts_and_saves_when_they_are_confirmed(world: Any) -> None:
    client = world.client("county")
    asked = client.post(reverse(RECORD), FORM)
    page = asked.content.decode()
    assert "尚未保存" in page
    assert "万元与亿元相差一万倍" in page
    assert 'value="340.5"' in page  # nothing typed is lost
    assert not Observation.objects.filter(period=LAST_YEAR).exists()
    assert client.post(reverse(RECORD), {**FORM, "sure": "something else"}).status_code == 200
    assert client.post(reverse(RECORD), {**FORM, "sure": asked.context["review"].signature}).status_code == 302
    stored = Observation.objects.get(period=LAST_YEAR)
    assert (stored.recorded_by, stored.confirmed_by) == (world.users["county"], None)


def test_what_was_confirmed_is_not_something_else(world: Any) -> None:
    client = world.client("county")
    sure = client.post(reverse(RECORD), FORM).context["review"].signature
    assert "尚未保存" in client.post(reverse(RECORD), {**FORM, "value": "3.4", "sure": sure}).content.decode()
    assert not Observation.objects.filter(period=LAST_YEAR).exists()


HEADER = "subject,indicator,period,value,unit,scope,source\n"


def load(world: Any, line: str, by: str = "province", sure: str = "") -> list[Any]:
    return import_observations(io.BytesIO((HEADER + line).encode()), "a.csv", by=world.users[by], sure=sure)


def test_a_file_holds_to_the_same_rules(world: Any) -> None:
    line = f"cluster:ningjin-cable,revenue,{LAST_YEAR},340.5,万元,cluster,S5"
    with pytest.raises(UnlikelyInput) as caught:
        load(world, line)
    assert [(p.line, p.code) for p in caught.value.problems] == [(2, "value.unit_slip")]
    assert not Observation.objects.filter(period=LAST_YEAR).exists()
    (row,) = load(world, line, sure=caught.value.review.signature)
    assert row.recorded_by == world.users["province"]
    with pytest.raises(InvalidInput) as refused:
        load(world, "cluster:ningjin-cable,revenue,2199,5,亿元,cluster,S5")
    assert refused.value.problems[0].code == "period.not_over"


def test_the_upload_page_asks_and_then_takes_the_same_file(world: Any) -> None:
    client, address = world.client("county"), reverse("clusters:observation_upload")

    def send(sure: str = "") -> Any:
        text = HEADER + f"cluster:ningjin-cable,revenue,{LAST_YEAR},340.5,万元,cluster,S5"
        file = io.BytesIO(text.encode())
        file.name = "a.csv"
        return client.post(address, {"kind": "observations", "file": file, "sure": sure})

    asked = send()
    assert "确认属实" in asked.content.decode()
    assert send(asked.context["review"].signature).status_code == 302
    assert Observation.objects.filter(period=LAST_YEAR).exists()


def post(world: Any, by: str = "province", **given: Any) -> Any:
    plain = {"subject": "cluster:ningjin-cable", "indicator": "revenue", "period": LAST_YEAR, "unit": "亿元"}
    body = {**plain, "value": "340", "scope": "cluster", "source": "S5", **given}
    return world.client(by).post("/api/observations", body, content_type="application/json")


def test_the_api_holds_to_the_same_rules(world: Any) -> None:
    assert post(world, period="2199").json()["code"] == "period.not_over"
    answer = post(world, value="340.5", unit="万元")
    assert (answer.status_code, answer.json()["code"]) == (409, "observation.unlikely")
    assert "亿元" in answer.json()["detail"]
    assert post(world, value="340.5", unit="万元", confirmed=True).status_code == 201
    waiting = post(world, subject="region:130000", value="37000", scope="key107")
    assert waiting.status_code == 202
    assert Draft.objects.get(pk=waiting.json()["draft"]).made_by == world.users["province"]
    assert not Observation.objects.filter(region="130000", period=LAST_YEAR).exists()


def test_a_plans_figure_counts_nowhere_until_a_second_person_confirms_it(world: Any, second: User) -> None:
    before = world.client("anonymous").get("/").content
    reported = reporting.report([province(world)], by=world.users["province"])
    (draft,) = reported.drafts
    assert reported.recorded == []
    assert not Observation.objects.filter(period=LAST_YEAR).exists()
    assert strip(world.client("anonymous").get("/").content) == strip(before)
    with pytest.raises(InvalidValue) as caught:
        reporting.decide(draft, accept=True, by=world.users["province"])
    assert caught.value.code == "draft.second_person"
    stored = reporting.decide(draft, accept=True, by=second)
    assert stored is not None
    assert (stored.recorded_by, stored.confirmed_by) == (world.users["province"], second)
    assert Latest.objects.get(region="130000", indicator="revenue").observation == stored
    assert latest_differences() == ()
    with pytest.raises(InvalidValue) as again:
        reporting.decide(draft, accept=True, by=second)
    assert again.value.code == "draft.decided"
    acts = Change.objects.filter(model="clusters.draft", key=str(draft.pk)).order_by("pk").values_list("act", "user")
    assert list(acts) == [(Act.ADDED, world.users["province"].pk), (Act.CONFIRMED, second.pk)]


def strip(page: bytes) -> bytes:
    """Return a page without the token that differs each time."""
    return b"\n".join(line for line in page.splitlines() if b"csrfmiddlewaretoken" not in line)


@pytest.mark.parametrize("role", ["city", "county", "operator", "member", "auditor", "idle"])
def test_nobody_without_the_right_decides_or_sees_what_waits(world: Any, role: str) -> None:
    (draft,) = reporting.report([province(world)], by=world.users["province"]).drafts
    with pytest.raises(PermissionDenied):
        reporting.decide(draft, accept=True, by=world.users[role])
    address = reverse("clusters:observation_decide", args=[draft.pk])
    assert world.client(role).post(address, {"accept": "1"}).status_code in (403, 404)
    assert not queries.drafts(world.users[role]).exists()


def test_the_database_itself_wants_a_second_person(world: Any) -> None:
    (draft,) = reporting.report([province(world)], by=world.users["province"]).drafts
    with pytest.raises(IntegrityError), transaction.atomic():
        Draft.objects.filter(pk=draft.pk).update(accepted=True, decided_by=draft.made_by)


def test_sent_back_with_a_reason_and_reported_anew(world: Any, second: User) -> None:
    (draft,) = reporting.report([province(world)], by=world.users["province"]).drafts
    with pytest.raises(InvalidValue) as caught:
        reporting.report([province(world)], by=second)
    assert caught.value.code == "observation.waiting"
    with pytest.raises(InvalidValue) as unsaid:
        reporting.decide(draft, accept=False, by=second)
    assert unsaid.value.code == "draft.reason"
    assert reporting.decide(draft, accept=False, reason="来源不符", by=second) is None
    page = world.client("province").get(reverse("clusters:observation_drafts")).content.decode()
    assert "来源不符" in page
    assert len(reporting.report([province(world)], by=world.users["province"]).drafts) == 1


def test_the_form_shows_what_the_public_page_will_say(world: Any, second: User) -> None:
    client = world.client("province")
    given = {**FORM, "subject": "region:130000", "scope": "key107", "value": "37000", "unit": "亿元", "growth_pct": "3"}
    asked = client.post(reverse(RECORD), given)
    (effect, *_) = asked.context["review"].effects
    assert effect.startswith("首页“")
    assert "变为" in effect
    sent = client.post(reverse(RECORD), {**given, "sure": asked.context["review"].signature})
    assert sent["Location"] == reverse("clusters:observation_drafts")
    draft = Draft.objects.get()
    other = world.client("province")
    other.force_login(second, backend="django.contrib.auth.backends.ModelBackend")
    assert "变为" in other.get(sent["Location"]).content.decode()
    other.post(reverse("clusters:observation_decide", args=[draft.pk]), {"accept": "1"})
    assert Observation.objects.get(region="130000", period=LAST_YEAR).confirmed_by == second


def wrong(world: Any) -> Observation:
    """A figure of the future that was stored before anybody refused it."""
    return record_observations([figure(world, period=Period.parse("2199"))], by=None)[0]


def test_a_wrong_figure_is_withdrawn_by_a_revision_and_counts_nowhere(world: Any) -> None:
    row = wrong(world)
    assert Latest.objects.get(cluster=world.here).observation == row
    gone = reporting.withdraw(row, reason="期间填错", by=world.users["county"])
    assert isinstance(gone, Observation)
    assert (gone.revision, gone.note, gone.recorded_by) == (1, "期间填错", world.users["county"])
    assert Observation.objects.get(pk=row.pk).value == row.value  # nothing is overwritten
    assert Latest.objects.get(cluster=world.here).observation == world.figure
    assert latest_differences() == ()
    assert rebuild_latest() == Latest.objects.count()
    assert Latest.objects.get(cluster=world.here).observation == world.figure
    assert [f.period for f in queries.current_figures(world.users["county"], cluster=world.here)] == [
        world.figure.period
    ]
    page = world.client("county").get(reverse("clusters:observation_detail", args=[row.pk])).content.decode()
    assert page.count("已撤回") >= 2
    listed = world.client("county").get(reverse("clusters:observation_export", args=["csv"]))
    assert b"".join(listed).decode().count("已撤回") == 2
    told = world.client("county").get("/api/observations", {"period": "2199"}).json()["items"]
    assert [item["withdrawn"] for item in told] == [True, True]
    (entry,) = Change.objects.filter(act=Act.WITHDRAWN)
    assert (entry.user, entry.before["value"], entry.reason) == (world.users["county"], "340", "期间填错")


def test_after_a_withdrawal_the_right_figure_follows(world: Any) -> None:
    row = wrong(world)
    reporting.withdraw(row, reason="错", by=world.users["county"])
    again = record_observations([figure(world, period=Period.parse("2199"), revision=2, value=Decimal(7))], by=None)
    assert Latest.objects.get(cluster=world.here).observation == again[0]
    assert latest_differences() == ()
    assert again[0] in queries.current_figures(world.users["county"], cluster=world.here)


def test_a_withdrawal_reaches_every_revision_however_its_period_is_written(world: Any) -> None:
    first = figure(world, period=Period.parse("2199-H1"))
    (_, second) = record_observations([first, figure(world, period=Period.parse("2199-YTD06"), revision=1)], by=None)
    reporting.withdraw(second, reason="错", by=world.users["county"])
    assert Withdrawal.objects.count() == 3
    assert Latest.objects.get(cluster=world.here).observation == world.figure
    assert latest_differences() == ()


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_withdrawal_says_why(world: Any, reason: str) -> None:
    with pytest.raises(InvalidValue):
        reporting.withdraw(world.figure, reason=reason, by=world.users["county"])


def test_only_the_newest_revision_is_withdrawn_once_and_by_who_may(world: Any) -> None:
    row = wrong(world)
    for role in ("member", "auditor", "idle"):
        with pytest.raises(PermissionDenied):
            withdraw_observation(row, reason="错", by=world.users[role])
    gone = withdraw_observation(row, reason="错", by=world.users["operator"])
    for old in (row, gone):
        with pytest.raises(InvalidValue) as caught:
            withdraw_observation(old, reason="错", by=world.users["operator"])
        assert caught.value.code == "withdrawal.done"


def test_a_plans_figure_is_withdrawn_by_two(world: Any, second: User) -> None:
    row = Observation.objects.get(region="130000")
    draft = reporting.withdraw(row, reason="来源已更正", by=world.users["province"])
    assert isinstance(draft, Draft)
    assert not Withdrawal.objects.exists()
    assert not Change.objects.filter(act=Act.WITHDRAWN).exists()
    gone = reporting.decide(draft, accept=True, by=second)
    assert gone is not None
    assert (gone.recorded_by, gone.confirmed_by) == (world.users["province"], second)
    assert not Latest.objects.filter(region="130000").exists()


def test_marks_of_withdrawal_are_written_once(world: Any) -> None:
    reporting.withdraw(wrong(world), reason="错", by=world.users["county"])
    for statement in ("DELETE FROM clusters_withdrawal", "UPDATE clusters_observation SET note = ''"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


NEW = {"source": "", "new_title": "2025年统计公报", "new_publisher": "宁晋县统计局", "new_published_on": "2026-03-01"}


def test_a_new_source_is_given_beside_the_figure(world: Any) -> None:
    given = {**FORM, "unit": "亿元", **NEW, "new_link": "https://www.example.gov.cn/a"}
    answer = world.client("county").post(reverse(RECORD), given)
    stored = Observation.objects.get(period=LAST_YEAR)
    assert answer["Location"] == reverse("clusters:observation_detail", args=[stored.pk])
    assert (stored.source.title, stored.source.link, stored.source.synthetic) == (
        "2025年统计公报",
        "https://www.example.gov.cn/a",
        False,
    )
    assert Change.objects.get(model="clusters.source").user == world.users["county"]
    assert "https://www.example.gov.cn/a" in world.client("county").get(answer["Location"]).content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"new_title": ""}, "new_title"),
        ({"new_publisher": ""}, "new_publisher"),
        ({"new_published_on": ""}, "new_published_on"),
        ({"new_published_on": "2199-01-01"}, "new_published_on"),
        ({"source": "S5"}, "source"),
        ({"new_link": "javascript:alert(1)"}, "new_link"),
    ],
)
def test_a_new_source_is_whole_or_refused_with_nothing_stored(world: Any, changes: dict[str, str], field: str) -> None:
    before = Source.objects.count()
    answer = world.client("county").post(reverse(RECORD), {**FORM, "unit": "亿元", **NEW, **changes})
    assert answer.context["form"].errors[field]
    assert Source.objects.count() == before


def test_a_source_of_a_refused_figure_is_not_stored(world: Any) -> None:
    before = Source.objects.count()
    world.client("county").post(reverse(RECORD), {**FORM, "unit": "亿元", **NEW, "period": "2199"})
    world.client("county").post(reverse(RECORD), {**FORM, **NEW})  # doubtful, not confirmed
    assert Source.objects.count() == before
