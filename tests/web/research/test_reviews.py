"""Experts: they see what they were drawn for, give one verdict, and declare their conflicts."""

from typing import Any

import pytest
from django.urls import reverse

from gongzao.research import Phase, Verdict
from gongzao.web.accounts.models import Post, Role, User
from gongzao.web.research import store
from gongzao.web.research.models import Expert, Project, Review
from tests.web.research.deeds import draw, judge, send, stored, url, waiting
from tests.web.research.story import start


@pytest.fixture
def drawn(anping: Any) -> Project:
    project: Project = anping.open()
    start(anping, project)
    send(anping, project)
    draw(anping, project)
    return project


def page_of(row: Review) -> str:
    return reverse("research:review", args=[row.pk])


def not_drawn(anping: Any, project: Project) -> Expert:
    codes = store.read(project.pk).reviewers
    found: Expert = next(expert for expert in anping.experts if expert.user and expert.code not in codes)
    return found


def test_an_expert_sees_the_work_he_was_drawn_for(anping: Any, drawn: Project) -> None:
    row = waiting(drawn)[0]
    client = anping.client(row.expert.user)
    listing = client.get(reverse("research:reviews")).content.decode()
    assert "待您评审1项" in listing
    page = client.get(page_of(row)).content.decode()
    for text in ("样机通过现场测试", "报告.pdf", "800,000.00 元", "342,857.14 元"):
        assert text in page
    assert client.get(url("work", drawn)).status_code == 404
    assert client.get(drawn.get_absolute_url()).status_code == 404
    other = anping.client(not_drawn(anping, drawn).user)
    assert other.get(page_of(row)).status_code == 404
    assert "没有评审任务" in other.get(reverse("research:reviews")).content.decode()


def test_the_consequence_is_shown_before_the_verdict_is_given(anping: Any, drawn: Project) -> None:
    row = waiting(drawn)[0]
    before = stored()
    data = {"verdict": "reject", "reason": "未达目数"}
    answer = anping.client(row.expert.user).post(page_of(row), data)
    assert answer.status_code == 200
    for text in ("确认结论“不通过”", "600,000.00 元", "未达目数"):
        assert text in answer.content.decode()
    assert stored() == before


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"verdict": "accept"},
        {"verdict": "accept", "reason": "  "},
        {"verdict": "perhaps", "reason": "好"},
        {"verdict": "accept", "reason": "\x00"},
        {"verdict": "accept", "reason": "长" * 4001},
    ],
)
def test_a_verdict_needs_a_reason(anping: Any, drawn: Project, data: dict[str, str]) -> None:
    row = waiting(drawn)[0]
    before = stored()
    answer = anping.client(row.expert.user).post(page_of(row), {**data, "confirmed": "1"})
    assert answer.status_code == 422
    assert stored() == before


def test_nobody_else_gives_the_verdict_and_nobody_twice(anping: Any, drawn: Project) -> None:
    row = waiting(drawn)[0]
    before = stored()
    data = {"verdict": "accept", "reason": "好", "confirmed": "1"}
    for user in (not_drawn(anping, drawn).user, anping.organiser, anping.members[0], anping.stranger):
        assert anping.client(user).post(page_of(row), data).status_code == 404
    assert stored() == before
    assert judge(anping, row, Verdict.ACCEPT).status_code == 302
    before = stored()
    again = judge(anping, row, Verdict.REJECT)
    assert again.status_code == 422
    assert "已评审" in again.content.decode()
    assert stored() == before


def test_verdicts_are_for_the_parties_once_all_are_given(anping: Any, drawn: Project) -> None:
    first, *others = waiting(drawn)
    judge(anping, first, Verdict.ACCEPT, "第一份意见")
    client = anping.client(anping.members[1])
    page = client.get(url("work", drawn)).content.decode()
    assert "第一份意见" not in page
    assert "1/3位专家已给出结论" in page
    assert "第一份意见" not in anping.client(others[0].expert.user).get(page_of(others[0])).content.decode()
    for row in others:
        judge(anping, row, Verdict.SEND_BACK)
    page = client.get(url("work", drawn)).content.decode()
    assert "第一份意见" in page
    assert "已退回，修改后重新提交" in page


def test_a_majority_against_stops_and_refunds(anping: Any, drawn: Project) -> None:
    for row, verdict in zip(waiting(drawn), (Verdict.REJECT, Verdict.ACCEPT, Verdict.REJECT), strict=True):
        judge(anping, row, verdict)
    value = store.read(drawn.pk)
    assert value.phase is Phase.STOPPED
    assert sum(value.refunded.values()) == 2_000_000_00


def test_after_a_stop_nothing_waits_for_the_expert(anping: Any, drawn: Project) -> None:
    row, *_others = waiting(drawn)
    Project.objects.filter(pk=drawn.pk).update(phase=Phase.STOPPED)
    listing = anping.client(row.expert.user).get(reverse("research:reviews")).content.decode()
    assert "不再评审" in listing
    assert "目前没有待评审的里程碑" in listing


EXPERT = {"code": "new-1", "name": "新专家", "field": "织造", "employer": "", "account": "", "conflicts": ""}


def test_organisers_keep_the_register(anping: Any, drawn: Project) -> None:
    account = User.objects.create_user("new-expert")
    data = EXPERT | {"employer": anping.firms[1].uscc, "account": "new-expert", "conflicts": anping.firms[3].uscc}
    assert anping.client(anping.organiser).post(reverse("research:experts"), data).status_code == 302
    row = Expert.objects.get(code="new-1")
    assert (row.employer, row.user, list(row.conflicts.all())) == (anping.firms[1], account, [anping.firms[3]])
    auditor = User.objects.create_user("auditor")
    Post.objects.create(user=auditor, role=Role.AUDITOR)
    assert "新专家" in anping.client(auditor).get(reverse("research:experts")).content.decode()
    for user in (auditor, anping.members[0], anping.stranger, row.user):
        assert anping.client(user).post(reverse("research:experts"), EXPERT | {"code": "x"}).status_code == 403
    assert not Expert.objects.filter(code="x").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "e1"},
        {"code": "不行"},
        {"code": ""},
        {"name": "\x00"},
        {"account": "nobody"},
        {"account": "expert1"},
        {"employer": "123"},
        {"employer": "91139900MA0000001T"},
        {"conflicts": "91139900EXAMPLE02U nonsense"},
    ],
)
def test_a_faulty_expert_is_not_entered(anping: Any, changes: dict[str, str]) -> None:
    before = Expert.objects.count()
    answer = anping.client(anping.organiser).post(reverse("research:experts"), EXPERT | changes)
    assert answer.status_code == 422
    assert Expert.objects.count() == before


def test_an_expert_declares_conflicts(anping: Any) -> None:
    expert, other = anping.experts[:2]
    page = reverse("research:expert", args=[expert.code])
    data = {"conflicts": f"{anping.firms[1].uscc}，{anping.firms[2].uscc}"}
    for user in (other.user, anping.members[0], anping.stranger):
        assert anping.client(user).post(page, data).status_code == 404
    assert anping.client(expert.user).post(page, data).status_code == 302
    assert set(expert.conflicts.all()) == {anping.firms[1], anping.firms[2]}
    assert anping.client(expert.user).post(page, {"conflicts": "x"}).status_code == 422
    assert expert.conflicts.count() == 2


def test_lists_do_not_grow_in_queries(anping: Any, drawn: Project, django_assert_max_num_queries: Any) -> None:
    for n in range(30):
        Expert.objects.create(code=f"m{n}", name=f"专家{n}", employer=anping.firms[0])
    expert = waiting(drawn)[0].expert
    for _ in range(20):
        Review.objects.create(project=drawn, expert=expert, milestone="M1", drawn_at=drawn.opened_at)
    client, own = anping.client(anping.organiser), anping.client(expert.user)
    with django_assert_max_num_queries(12):
        client.get(reverse("research:experts"))
    with django_assert_max_num_queries(12):
        own.get(reverse("research:reviews"))
