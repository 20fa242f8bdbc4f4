"""Needs are filed by firms, merged by organisers, and published as a call that everybody can read."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from gongzao.kernel import InvalidValue
from gongzao.web.clusters.models import Cluster, Membership
from gongzao.web.research import calls
from gongzao.web.research.models import Call, Need, Topic

NEEDS = "/research/needs/"
FINE = "高目数丝网织造断丝严重，希望降低断丝率"


@pytest.fixture
def topic(anping: Any) -> Topic:
    now = timezone.now()
    needs = [calls.file_need(anping.firms[n], anping.cluster, f"{FINE}{n}", now, by=anping.members[n]) for n in (1, 2)]
    return calls.merge(anping.cluster, needs, "高目数织造", now, by=anping.organiser)


def place(anping: Any, n: int) -> str:
    return str(Membership.objects.get(enterprise=anping.firms[n]).pk)


def test_a_member_files_a_need_and_a_double_click_files_it_once(anping: Any) -> None:
    client: Client = anping.client(anping.members[1])
    assert "填报技术需求" in client.get(NEEDS).content.decode()
    for _ in range(2):
        assert client.post(NEEDS, {"place": place(anping, 1), "text": FINE}).status_code == 302
    (need,) = Need.objects.all()
    assert (need.enterprise, need.filed_by, need.text) == (anping.firms[1], anping.members[1], FINE)
    assert FINE in client.get(NEEDS).content.decode()


@pytest.mark.parametrize(
    "form",
    [
        {"text": FINE},
        {"place": "1e9", "text": FINE},
        {"place": "99999999999999999999", "text": FINE},
        {"place": "own", "text": " "},
        {"place": "own", "text": "a\x00b"},
        {"place": "own", "text": "长" * 4001},
        {"place": "other", "text": FINE},
    ],
)
def test_nonsense_and_other_firms_are_refused_and_kept_on_the_page(anping: Any, form: dict[str, str]) -> None:
    named = {"own": place(anping, 1), "other": place(anping, 2)}
    form = {key: named.get(value, value) for key, value in form.items()}
    answer = anping.client(anping.members[1]).post(NEEDS, form)
    assert answer.status_code == 422
    assert not Need.objects.exists()


def test_a_need_is_seen_by_its_firm_and_the_organisers_only(anping: Any) -> None:
    calls.file_need(anping.firms[1], anping.cluster, FINE, timezone.now(), by=anping.members[1])
    seen = {
        name: FINE in anping.client(user).get(NEEDS).content.decode()
        for name, user in (
            ("own", anping.members[1]), ("other", anping.members[2]), ("organiser", anping.organiser),
            ("stranger", anping.stranger),
        )
    }  # fmt: skip
    assert seen == {"own": True, "other": False, "organiser": True, "stranger": False}
    assert anping.client(None).get(NEEDS).status_code == 302


def test_only_members_of_the_firm_file_its_needs_and_only_in_its_cluster(anping: Any) -> None:
    with pytest.raises(PermissionDenied):
        calls.file_need(anping.firms[1], anping.cluster, FINE, timezone.now(), by=anping.members[2])
    with pytest.raises(PermissionDenied):  # no member of the cluster
        calls.file_need(anping.firms[3], anping.cluster, FINE, timezone.now(), by=anping.members[3])


def test_likeness_is_suggested_and_the_organiser_merges(anping: Any) -> None:
    for n in (1, 2):
        calls.file_need(anping.firms[n], anping.cluster, f"{FINE}{n}", timezone.now(), by=anping.members[n])
    client: Client = anping.client(anping.organiser)
    page = client.get(NEEDS).content.decode()
    assert "归并这2条" in page
    pks = list(Need.objects.values_list("pk", flat=True))
    address = f"/research/clusters/{anping.cluster.slug}/topic/"
    shown = client.get(address, {"need": pks}).content.decode()
    assert shown.count("checked") == 2
    assert client.post(address, {"title": "高目数织造", "needs": pks}).status_code == 302
    made = Topic.objects.get(title="高目数织造")
    assert set(made.needs.values_list("pk", flat=True)) == set(pks)
    assert made.made_by == anping.organiser


def test_one_firm_s_problem_is_no_common_one(anping: Any) -> None:
    needs = [
        calls.file_need(anping.firms[1], anping.cluster, text, timezone.now(), by=anping.members[1])
        for text in (FINE, f"{FINE}！")
    ]
    address = f"/research/clusters/{anping.cluster.slug}/topic/"
    answer = anping.client(anping.organiser).post(address, {"title": "题", "needs": [need.pk for need in needs]})
    assert answer.status_code == 422
    assert "须有至少两家企业的需求" in answer.content.decode()
    assert not Topic.objects.filter(title="题").exists()
    assert not Need.objects.filter(topic__isnull=False).exists()


def test_a_need_is_merged_once(anping: Any, topic: Topic) -> None:
    with pytest.raises(InvalidValue) as refused:
        calls.merge(anping.cluster, list(topic.needs.all()), "又一题", timezone.now(), by=anping.organiser)
    assert refused.value.code == "topic.taken"


def test_members_do_not_merge_or_publish(anping: Any, topic: Topic) -> None:
    client: Client = anping.client(anping.members[1])
    for what in ("topic", "call"):
        assert client.get(f"/research/clusters/{anping.cluster.slug}/{what}/").status_code == 404
    with pytest.raises(PermissionDenied):
        calls.merge(anping.cluster, list(topic.needs.all()), "题", timezone.now(), by=anping.members[1])
    other = Cluster.objects.create(
        slug="other", name_zh="另一集群", county=anping.cluster.county, industry=anping.cluster.industry
    )
    assert anping.client(anping.organiser).get(f"/research/clusters/{other.slug}/call/").status_code == 404


def call_form(topic: Topic, **changes: Any) -> dict[str, Any]:
    now = timezone.localtime()
    form = {
        "title": "第一次征集",
        "topics": [topic.pk],
        "policy": "hebei",
        "opens": f"{now:%Y-%m-%dT%H:%M}",
        "closes": f"{now + timedelta(days=30):%Y-%m-%dT%H:%M}",
    }
    return {**form, **changes}


def test_a_published_call_is_public_and_says_how_to_answer(anping: Any, topic: Topic) -> None:
    address = f"/research/clusters/{anping.cluster.slug}/call/"
    answer = anping.client(anping.organiser).post(address, call_form(topic))
    made = Call.objects.get(title="第一次征集")
    assert answer.headers["Location"] == made.get_absolute_url()
    assert (made.published_by, made.synthetic) == (anping.organiser, True)
    topic.refresh_from_db()
    assert topic.call == made
    page = anping.client(None).get(made.get_absolute_url()).content.decode()
    for words in ("高目数织造", "30%", "100 万元", "河北新闻联播，2024-11-29", "hebei-2025", "登录后", "示例数据"):
        assert words in page
    assert FINE not in page  # what single firms wrote is theirs


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"closes": "2025-01-01T00:00", "opens": "2025-02-01T00:00"}, "截止时间"),
        ({"opens": "2024-10-31T00:00"}, "没有生效的"),
        ({"policy": "nowhere"}, ""),
        ({"topics": []}, ""),
        ({"topics": ["999999999999999999999"]}, ""),
        ({"opens": "0001-01-01T00:00"}, ""),
        ({"closes": "soon"}, "写作 2025-06-30 17:00"),
        ({"title": "\x00"}, ""),
    ],
)
def test_a_call_that_contradicts_itself_is_not_published(
    anping: Any, topic: Topic, change: dict[str, Any], words: str
) -> None:
    address = f"/research/clusters/{anping.cluster.slug}/call/"
    answer = anping.client(anping.organiser).post(address, call_form(topic, **change))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Call.objects.filter(title="第一次征集").exists()
    topic.refresh_from_db()
    assert topic.call is None


def test_a_topic_is_published_once(anping: Any, topic: Topic) -> None:
    now = timezone.now()
    calls.publish(anping.cluster, "一", "hebei", [topic], now, now + timedelta(days=1), now, by=None)
    with pytest.raises(InvalidValue) as refused:
        calls.publish(anping.cluster, "二", "hebei", [topic], now, now + timedelta(days=1), now, by=None)
    assert refused.value.code == "call.taken"


def test_the_page_of_needs_does_not_ask_more_for_more_rows(
    anping: Any, topic: Topic, django_assert_max_num_queries: Any
) -> None:
    for n in range(30):
        calls.file_need(anping.firms[1], anping.cluster, f"第{n}个问题", timezone.now(), by=anping.members[1])
    client = anping.client(anping.organiser)
    with django_assert_max_num_queries(20):
        assert client.get(NEEDS).status_code == 200
