"""Experts: they see what they were drawn for, give one verdict, and declare their conflicts."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
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


EXPERT = {"name": "新专家", "field": "织造", "employer": "", "account": "", "conflicts": ""}


@pytest.fixture
def province(anping: Any) -> User:
    user = User.objects.create_user("province")
    Post.objects.create(user=user, role=Role.PROVINCE, region=anping.cluster.county.parent.parent)
    return user


def test_the_province_keeps_the_register(anping: Any, drawn: Project, province: User) -> None:
    account = User.objects.create_user("new-expert")
    data = EXPERT | {"employer": anping.firms[1].uscc, "account": "new-expert", "conflicts": anping.firms[3].uscc}
    chosen = {"code": "zj-chosen"}  # whatever is sent, the code is nobody's choice
    assert anping.client(province).post(reverse("research:experts"), data | chosen).status_code == 302
    row = Expert.objects.get(name="新专家")
    assert row.code.startswith("zj-")
    assert row.code != "zj-chosen"
    assert (row.employer, row.user, list(row.conflicts.all())) == (anping.firms[1], account, [anping.firms[3]])
    auditor = User.objects.create_user("auditor")
    Post.objects.create(user=auditor, role=Role.AUDITOR)
    assert "新专家" in anping.client(auditor).get(reverse("research:experts")).content.decode()
    before = Expert.objects.count()
    for user in (anping.organiser, auditor, anping.members[0], anping.stranger, row.user):
        client = anping.client(user)
        assert client.post(reverse("research:experts"), EXPERT).status_code == 403
        assert client.post(reverse("research:expert_active", args=[row.code])).status_code == 403
    assert Expert.objects.count() == before


def test_every_change_of_the_register_is_logged_and_stays(anping: Any, province: User) -> None:
    anping.client(province).post(reverse("research:experts"), EXPERT | {"conflicts": anping.firms[3].uscc})
    row = Expert.objects.get(name="新专家")
    page = reverse("research:expert", args=[row.code])
    anping.client(province).post(page, {"conflicts": anping.firms[1].uscc})
    anping.client(province).post(page, {"conflicts": anping.firms[1].uscc})  # nothing changed, nothing to log
    anping.client(province).post(reverse("research:expert_active", args=[row.code]), {})
    records = list(row.records.all())
    assert [record.by for record in records] == [province] * 3
    assert records[0].before is None
    changes = [[name for name, _old, _new in record.changes] for record in records[1:]]
    assert changes == [["利益关系"], ["在库"]]
    assert records[1].before["conflicts"] == [anping.firms[3].uscc]
    text = anping.client(province).get(page).content.decode()
    assert f"{anping.firms[3].uscc} → {anping.firms[1].uscc}" in text
    for spoil in (records[0].save, records[0].delete, lambda: row.records.update(after={})):
        with pytest.raises(TypeError):
            spoil()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM research_expertrecord")


def test_an_expert_who_declares_learns_no_name(anping: Any) -> None:
    expert = anping.experts[0]
    page = reverse("research:expert", args=[expert.code])
    client = anping.client(expert.user)
    client.post(page, {"conflicts": " ".join(firm.uscc for firm in anping.firms)})
    text = client.get(page).content.decode()
    for firm in anping.firms:
        assert firm.uscc in text
        assert firm.name not in text


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "\x00"},
        {"account": "nobody"},
        {"account": "expert1"},
        {"employer": "123"},
        {"employer": "91139900MA0000001T"},
        {"conflicts": "91139900EXAMPLE02U nonsense"},
    ],
)
def test_a_faulty_expert_is_not_entered(anping: Any, province: User, changes: dict[str, str]) -> None:
    before = Expert.objects.count()
    answer = anping.client(province).post(reverse("research:experts"), EXPERT | changes)
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


def test_lists_do_not_grow_in_queries(
    anping: Any, drawn: Project, province: User, django_assert_max_num_queries: Any
) -> None:
    for n in range(30):
        Expert.objects.create(code=f"m{n}", name=f"专家{n}", employer=anping.firms[0])
    expert = waiting(drawn)[0].expert
    for _ in range(20):
        Review.objects.create(project=drawn, expert=expert, milestone="M1", drawn_at=drawn.opened_at)
    client, own = anping.client(province), anping.client(expert.user)
    with django_assert_max_num_queries(12):
        client.get(reverse("research:experts"))
    with django_assert_max_num_queries(12):
        own.get(reverse("research:reviews"))
