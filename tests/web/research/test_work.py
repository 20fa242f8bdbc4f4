"""Milestones on the pages: handed in, drawn for, paid; what is refused leaves nothing behind."""

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from gongzao.kernel import InvalidValue
from gongzao.research import Evidence, Unit, Verdict
from gongzao.web.accounts.models import Post, Role, User
from gongzao.web.ledger import queries as ledger
from gongzao.web.research import draws, experts, money, services, store, work
from gongzao.web.research.evidence import MAX_BYTES, MAX_FILES
from gongzao.web.research.models import Event, Expert, Project, Review
from tests.web.research.deeds import PDF, draw, judge, send, stored, url, waiting
from tests.web.research.story import hand_in, start


@pytest.fixture
def running(anping: Any) -> Project:
    project: Project = anping.open()
    start(anping, project)
    return project


def test_from_handing_in_to_payment(anping: Any, running: Project) -> None:
    assert send(anping, running, d0="400").status_code == 302
    value = store.read(running.pk)
    assert value.submission is not None
    assert [(d.unit, d.quantity) for d in value.submission.deliveries] == [(Unit.WORK_HOURS, 400_00)]
    assert draw(anping, running).status_code == 302
    for row in waiting(running):
        assert judge(anping, row, Verdict.ACCEPT).status_code == 302
    value = store.read(running.pk)
    assert value.accepted == ("M1",)
    found = money.books(value)
    assert (found.total.released, found.total.held, found.differences) == (800_000_00, 1_200_000_00, ())
    page = anping.client(anping.members[0]).get(url("work", running)).content.decode()
    assert "已验收，款项已拨付" in page
    assert "见意见" in page


def test_the_page_says_what_will_be_released_and_from_whom(anping: Any, running: Project) -> None:
    page = anping.client(anping.members[2]).get(url("submit", running)).content.decode()
    for text in ("800,000.00 元", "600,000.00 元", "342,857.14 元", "285,714.29 元", "171,428.57 元"):
        assert text in page
    value = store.read(running.pk)
    sources = work.draws(value, [])
    public = anping.firms[0].uscc
    drawn = [{part.party: part.amount for part in sources[m]}.get(public, 0) for m in ("M1", "M2", "M3")]
    assert drawn == [0, 100_000_00, 500_000_00]
    for milestone in ("M1", "M2", "M3"):
        hand_in(anping, running, milestone, Verdict.ACCEPT)
    log = [row.value for row in Event.objects.filter(project=running).order_by("seq")]
    assert work.draws(store.read(running.pk), log) == sources


def test_lateness_is_said_in_words(running: Project) -> None:
    value = store.read(running.pk)
    first, second, _third = work.lines(value, [], date(2026, 1, 5))
    assert (first.late, second.late) == (189, 5)
    assert "已逾期189天" in work.answer(value, [first, second])
    assert work.lines(value, [], date(2025, 6, 30))[0].late == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"evidence": None}, "尚未提交"),
        ({"evidence": [SimpleUploadedFile("a.pdf", b"")]}, "尚未提交"),
        ({"evidence": [SimpleUploadedFile("a.pdf", b"MZ\x90 no document")]}, "须为 PDF"),
        ({"evidence": [SimpleUploadedFile("a.pdf", PDF), SimpleUploadedFile("b.docx", b"<html>")]}, "须为 PDF"),
        ({"evidence": [SimpleUploadedFile("a.pdf", PDF.ljust(MAX_BYTES + 1))]}, "不超过10 MB"),
        ({"evidence": [SimpleUploadedFile("a.pdf", PDF + b"%d" % n) for n in range(MAX_FILES + 1)]}, "最多10个"),
        ({"seen": 1}, "页面已过期"),
        ({"seen": None}, "页面已过期"),
        ({"seen": "9" * 400}, "尚未提交"),
        ({"milestone": "M2"}, "下一里程碑为 M1"),
        ({"milestone": "\x00"}, "下一里程碑为 M1"),
        ({"party": "91139900EXAMPLE01Q"}, "尚未提交"),
        ({"d0": "1000.01"}, "尚应投入"),
        ({"d0": "0.001"}, "尚未提交"),
        ({"d0": "-1"}, "尚未提交"),
        ({"d0": "1e999"}, "尚未提交"),
        ({"agreed": None}, "尚未提交"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_stored(
    anping: Any, running: Project, changes: dict[str, Any], said: str
) -> None:
    before = stored()
    for file in changes.get("evidence") or ():
        file.seek(0)
    answer = send(anping, running, **changes)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert stored() == before


def test_a_second_click_finds_the_milestone_under_review(anping: Any, running: Project) -> None:
    seen = store.read(running.pk).version
    assert send(anping, running).status_code == 302
    before = stored()
    assert send(anping, running, seen=seen, milestone="M1").status_code == 422
    assert stored() == before


def test_only_parties_hand_in_and_only_organisers_draw(anping: Any, running: Project) -> None:
    data = {"party": anping.firms[2].uscc, "milestone": "M1", "agreed": "on"}
    before = stored()
    for user, status in ((anping.stranger, 404), (anping.organiser, 403), (anping.experts[0].user, 404)):
        file = {"evidence": SimpleUploadedFile("a.pdf", PDF)}
        assert anping.client(user).post(url("submit", running), data | file).status_code == status
    assert stored() == before
    send(anping, running)
    before, seen = stored(), {"seen": store.read(running.pk).version}
    for user, status in ((anping.members[1], 403), (anping.stranger, 404), (anping.experts[0].user, 404)):
        assert anping.client(user).post(url("draw", running), seen).status_code == status
    assert stored() == before


def test_out_of_order_draws_are_refused(anping: Any, running: Project) -> None:
    before = stored()
    assert "没有待评审的里程碑" in draw(anping, running).content.decode()
    send(anping, running)
    stale = anping.client(anping.organiser).post(url("draw", running), {"seen": 1})
    assert stale.status_code == 422
    assert Review.objects.count() == before[-1]
    draw(anping, running)
    before = Event.objects.count(), Review.objects.count()
    assert draw(anping, running).status_code == 422
    assert (Event.objects.count(), Review.objects.count()) == before


def seed_at(project: Project, days: float) -> draws.Seed:
    value = store.read(project.pk)
    assert value.pooled_at is not None
    found = draws.seed_of(value, value.pooled_at + timedelta(days=days))
    assert found is not None
    return found


def test_the_seed_is_the_head_of_the_first_later_day_with_entries_once_it_is_over(
    anping: Any, running: Project
) -> None:
    handed_in = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)  # 23:30 in China
    firm = anping.firms[2]
    file = [Evidence("报告.pdf", "0" * 64)]
    services.submit_milestone(running, "M1", firm.uscc, file, [], handed_in, by=anping.members[2])
    anping.fill_fund(1_00, handed_in + timedelta(minutes=20), "same-day")
    assert (seed_at(running, 9).day, seed_at(running, 9).text) == (None, "")
    with refused("draw.waits"):
        draws.draw(running, handed_in + timedelta(days=9), by=anping.organiser)
    anping.fill_fund(1_00, handed_in + timedelta(days=2), "later")
    anping.fill_fund(1_00, handed_in + timedelta(days=2, minutes=5), "last")
    found = seed_at(running, 2.01)
    assert (found.since, found.day, found.text) == (date(2026, 3, 2), date(2026, 3, 4), "")
    page = look(anping.client(anping.members[1]), running, handed_in + timedelta(days=2))
    assert "种子取 2026-03-04 的日末哈希" in page
    with refused("draw.waits"):
        draws.draw(running, handed_in + timedelta(days=2, minutes=29), by=anping.organiser)
    head = next(head for head in ledger.daily_heads() if head.day == date(2026, 3, 4))
    assert seed_at(running, 2.03).text == f"2026-03-04:{head.hash}"
    anping.fill_fund(1_00, handed_in + timedelta(days=3), "after")
    assert seed_at(running, 99).text == f"2026-03-04:{head.hash}"
    value = draws.draw(running, handed_in + timedelta(days=9), by=anping.organiser)
    ranked = sorted(
        (expert.code for expert in anping.experts if expert.code != "own"),
        key=lambda code: sha256(f"2026-03-04:{head.hash}:{running.pk}:M1:1:{code}".encode()).digest(),
    )
    assert list(value.reviewers) == ranked[:3]
    page = look(anping.client(anping.members[1]), running, handed_in + timedelta(days=9))
    assert head.hash in page
    for code in ranked:
        assert code in page


def look(client: Any, project: Project, now: datetime) -> str:
    with patch("django.utils.timezone.now", return_value=now):
        text: str = client.get(url("work", project)).content.decode()
    return text


def refused(code: str) -> Any:
    return pytest.raises(InvalidValue, check=lambda error: error.code == code)


def test_what_changes_in_the_register_after_the_hand_in_changes_no_draw(anping: Any, running: Project) -> None:
    send(anping, running)
    pool = store.read(running.pk).pool
    assert set(pool) == {f"e{n}" for n in range(6)}
    province = User.objects.create_user("province")
    Post.objects.create(user=province, role=Role.PROVINCE, region=anping.cluster.county.parent.parent)
    now = timezone.now()
    new = [
        experts.enter(f"新{n}", "", None, [], User.objects.create_user(f"new{n}"), now, synthetic=False, by=province)
        for n in range(40)
    ]
    for expert in anping.experts[:4]:
        experts.declare(expert, [anping.firms[1]], now, by=expert.user)
    assert store.read(running.pk).pool == pool
    draw(anping, running)
    drawn = store.read(running.pk).reviewers
    assert len(drawn) == 3
    assert not {expert.code for expert in new} & set(drawn)


def test_who_acts_for_a_party_or_looks_after_the_cluster_is_not_in_the_pool(anping: Any, running: Project) -> None:
    for expert, post in zip(
        anping.experts,
        (
            {"role": Role.MEMBER, "enterprise": anping.firms[3]},
            {"role": Role.OPERATOR, "cluster": anping.cluster},
            {"role": Role.COUNTY, "region": anping.cluster.county},
        ),
        strict=False,
    ):
        Post.objects.create(user=expert.user, **post)
    Expert.objects.create(code="silent", name="无账号")
    send(anping, running)
    assert store.read(running.pk).pool == ("e3", "e4", "e5")
    User.objects.filter(pk=anping.experts[3].user.pk).update(is_superuser=True)
    assert [x.organises for x in experts.candidates(anping.cluster) if x.id == "e3"] == [True]


def test_too_few_experts_the_hand_in_stands_and_the_pool_is_fixed_later(anping: Any, running: Project) -> None:
    for expert in anping.experts[:4]:
        experts.declare(expert, [anping.firms[1]], timezone.now(), by=None)
    assert send(anping, running).status_code == 302
    assert store.read(running.pk).pool == ()
    client, seen = anping.client(anping.organiser), {"seen": store.read(running.pk).version}
    assert "名单尚未锁定" in client.get(url("work", running)).content.decode()
    before = stored()
    assert "无利益冲突的仅2名" in client.post(url("draw", running), seen).content.decode()
    assert stored() == before
    experts.enter("新", "", None, [], User.objects.create_user("new"), timezone.now(), synthetic=False, by=None)
    assert client.post(url("draw", running), seen).status_code == 302
    value = store.read(running.pk)
    assert (len(value.pool), value.reviewers) == (3, ())
    draw(anping, running)
    assert len(store.read(running.pk).reviewers) == 3


def test_a_rejected_milestone_shows_the_settlement(anping: Any, running: Project) -> None:
    hand_in(anping, running, "M1", Verdict.ACCEPT)
    hand_in(anping, running, "M2", Verdict.REJECT)
    page = anping.client(anping.members[1]).get(url("work", running)).content.decode()
    assert "终止结算" in page
    for refund in ("360,000.00 元", "300,000.00 元", "180,000.00 元"):
        assert refund in page
    assert "不再需要投入的实物" in page
    assert money.books(store.read(running.pk)).differences == ()


def test_queries_do_not_grow(anping: Any, running: Project, django_assert_max_num_queries: Any) -> None:
    client = anping.client(anping.members[2])
    for milestone in ("M1", "M2", "M3"):
        hand_in(anping, running, milestone, Verdict.SEND_BACK)
        hand_in(anping, running, milestone, Verdict.ACCEPT)
    with django_assert_max_num_queries(12):
        assert client.get(url("work", running)).status_code == 200
