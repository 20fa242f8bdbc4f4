"""The log: every event in words with its bookings, and the independent check against the ledger."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.urls import reverse

from gongzao import research as rules
from gongzao.kernel import Uscc
from gongzao.ledger import Kind, Transfer
from gongzao.research import BANK, Accepted, LicenceRequest, Motion, Verdict, stake
from gongzao.research import Event as EventValue
from gongzao.web.accounts.models import Post, Role, User
from gongzao.web.ledger import services as booking
from gongzao.web.ledger.models import Entry
from gongzao.web.research import history, queries, sentences, services, store
from gongzao.web.research.models import Event as Row
from gongzao.web.research.models import Project
from tests.web.research import story

NOW = datetime(2025, 7, 1, tzinfo=UTC)


def audited(anping: Any, project: Project, user: User) -> history.History:
    log = queries.events(project.pk)
    return history.history(user, store.read(project.pk), log)


@pytest.fixture
def auditor(anping: Any) -> User:
    user = User.objects.create_user("auditor")
    Post.objects.create(user=user, role=Role.AUDITOR)
    return user


def test_every_event_is_told_and_every_booking_stands_by_its_event(anping: Any, auditor: User) -> None:
    project = anping.open()
    story.start(anping, project)
    story.complete(anping, project)
    found = audited(anping, project, auditor)
    assert len(found.lines) == Row.objects.filter(project=project).count()
    assert found.findings == ()
    mine = Entry.objects.filter(transfer_id__startswith=f"research:{project.pk}:")
    assert sum(len(line.entries) for line in found.lines) == mine.count() == found.booked
    by_kind = {line.event.kind: line for line in found.lines}
    assert "网都河北科技服务 285,714.29 元" in next(line.text for line in found.lines if line.event.kind == "Accepted")
    assert len(by_kind["Pledged"].entries) == 1
    assert by_kind["Signed"].entries == ()
    for line in found.lines:
        if line.event.kind == "Accepted":
            memo = line.event.value.body
            assert isinstance(memo, Accepted)
            assert {entry.memo for entry in line.entries} == {memo.milestone}


def test_a_party_sees_all_events_but_only_the_entries_it_may_open(anping: Any) -> None:
    project = anping.open()
    story.start(anping, project)
    member = anping.members[1]
    page = anping.client(member).get(reverse("research:log", args=[project.pk])).content.decode()
    linked = re.findall(r'href="(/ledger/entries?/\d+/)"', page)
    assert linked
    assert {anping.client(member).get(address).status_code for address in linked} == {200}
    assert "河北丝筘金属制品 认缴 600,000.00 元" in page
    assert "与账本完全一致" in page
    assert "member1" in page


def test_a_booking_past_the_project_is_found(anping: Any, auditor: User) -> None:
    project = anping.open()
    story.start(anping, project)
    account = stake(project.pk, anping.firms[1].uscc)
    booking.submit([Transfer("by-hand", Kind.POST, account, BANK, 7, "CNY")], story.SPRING, by=None)
    found = audited(anping, project, auditor)
    assert found.findings
    page = anping.client(auditor).get(reverse("research:log", args=[project.pk])).content.decode()
    assert "与账本有" in page
    assert "账本 · 全部记录" in page
    assert "完全一致" not in page


def test_a_transfer_with_an_id_like_ours_breaks_nothing(anping: Any, auditor: User) -> None:
    project = anping.open()
    account = stake(project.pk, anping.firms[1].uscc)
    odd = [f"research:{project.pk}:{name}" for name in ("x", "pledge:none", "99999999999999999999:1")]
    booking.submit([Transfer(name, Kind.POST, BANK, account, 5, "CNY") for name in odd], story.SPRING, by=None)
    found = audited(anping, project, auditor)
    assert found.booked == 3
    assert found.findings


def test_votes_stops_and_licences_are_told(anping: Any) -> None:
    project = anping.open()
    story.start(anping, project)
    motion = Motion("S1", "市场变化")
    services.propose(project, anping.firms[1].uscc, motion, story.SPRING, by=anping.members[1])
    for n in range(5):
        if store.read(project.pk).motion is not None:
            services.vote(project, "S1", anping.firms[n].uscc, True, story.SPRING, by=anping.members[n])
    told = told_by(project)
    assert f"{anping.firms[1].name} 提议终止项目：市场变化" in told
    assert f"{anping.firms[0].name} 表决：同意" in told
    assert any(
        text.startswith("项目终止：市场变化；分担：无；退款：河北省产业技术研究院 600,000.00 元") for text in told
    )


def told_by(project: Project) -> list[str]:
    log, value = queries.events(project.pk), store.read(project.pk)
    return [sentences.of_event(value, event) for event in log]


P = "91139900MA0000001T"
HASH = "ab" * 32


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (rules.Joined(rules.Party(Uscc(P), "甲公司", rules.Role.FIRM)), "甲公司 加入出资"),
        (rules.Withdrawn("p1"), "撤回认缴 河北丝筘金属制品 100.00 元"),
        (rules.SecondRoundOpened(), "达到最低目标，进入第二轮"),
        (rules.Lapsed(), "逾期未签全，全部认缴解冻"),
        (rules.SentBack("M1"), "里程碑 M1 退回修改"),
        (rules.Rejected("M1"), "里程碑 M1 未通过"),
        (rules.Missed(), "未达门槛，全部认缴解冻"),
        (rules.MotionLost("S1"), "动议未通过"),
        (rules.Amended("S1", rules.first_project(), HASH), "合同变更生效，新合同 abababababab"),
        (rules.Completed(()), "全部里程碑完成"),
        (
            rules.LicenceAsked(LicenceRequest("L", "R1", Uscc(P), "甲公司", False, 1, NOW)),
            "甲公司 申请成果 R1 的许可，费用 0.01 元",
        ),
        (rules.LicenceGranted("L", Uscc(P), claimed=False), "91139900MA0000001T 取得许可"),
        (rules.LicenceGranted("L", Uscc(P), claimed=True), "91139900MA0000001T 行使优先权取得许可"),
    ],
)
def test_what_happens_seldom_is_told_too(anping: Any, body: Any, words: str) -> None:
    project = anping.open()
    services.pledge(project, "p1", anping.firms[2].uscc, rules.Unit.CASH, 100_00, story.PLEDGED, by=anping.members[2])
    assert sentences.of_event(store.read(project.pk), EventValue(9, NOW, "x", body)) == words


def test_the_log_is_exported_oldest_first(anping: Any, auditor: User) -> None:
    project = anping.open()
    story.start(anping, project)
    answer = anping.client(auditor).get(reverse("research:log_export", args=[project.pk, "csv"]))
    head, *lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert head == "序号,时间,操作人,事项,内容,账本分录"
    assert [int(line.split(",")[0]) for line in lines] == list(range(1, len(lines) + 1))
    assert lines[1].startswith("2,2024-11-12 08:00:00,member0,Pledged,")


def test_the_log_takes_as_many_queries_however_long_it_is(anping: Any, django_assert_max_num_queries: Any) -> None:
    project = anping.open()
    client = anping.client(anping.members[1])
    address = reverse("research:log", args=[project.pk])
    story.start(anping, project)
    with django_assert_max_num_queries(13):
        client.get(address)
    story.hand_in(anping, project, "M1", Verdict.ACCEPT)
    with django_assert_max_num_queries(13):
        client.get(address)
