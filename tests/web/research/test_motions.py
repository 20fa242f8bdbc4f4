"""Motions: the settlement is known before anybody votes, and the vote books exactly that."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from gongzao.research import Motion, Phase, Verdict, settlement
from gongzao.web.research import money, services, store
from gongzao.web.research.models import Project
from tests.web.research.deeds import stored, url
from tests.web.research.story import SPRING, hand_in, start

KEY = "0" * 31 + "a"


@pytest.fixture
def running(anping: Any) -> Project:
    project: Project = anping.open()
    start(anping, project)
    hand_in(anping, project, "M1", Verdict.ACCEPT)
    return project


def propose(anping: Any, project: Project, member: int = 2, **changes: Any) -> Any:
    seen = store.read(project.pk).version
    data = {"key": KEY, "party": anping.firms[member].uscc, "reason": "市场已变", "seen": seen, **changes}
    return anping.client(anping.members[member]).post(url("stop", project), data)


def vote(anping: Any, project: Project, member: int, vote: str = "yes", **changes: Any) -> Any:
    seen = store.read(project.pk).version
    data = {"motion": KEY, "party": anping.firms[member].uscc, "vote": vote, "seen": seen, "confirmed": "1", **changes}
    data = {name: value for name, value in data.items() if value is not None}
    return anping.client(anping.members[member]).post(url("vote", project), data)


def test_a_stop_books_what_was_shown(anping: Any, running: Project) -> None:
    shown = settlement(store.read(running.pk), "市场已变")
    page = anping.client(anping.members[2]).get(url("stop", running)).content.decode()
    for back in ("360,000.00 元", "300,000.00 元", "180,000.00 元", "240,000.00 元"):
        assert back in page
    assert propose(anping, running).status_code == 302
    page = anping.client(anping.members[1]).get(url("motions", running)).content.decode()
    assert "通过后怎样结算" in page
    assert "已同意 0.00%，须达到 60%" in page
    before = stored()
    asked = vote(anping, running, 0, confirmed=None)
    assert asked.status_code == 200
    assert "这一票还不决定结果" in asked.content.decode()
    assert stored() == before
    assert vote(anping, running, 0).status_code == 302
    assert vote(anping, running, 1).status_code == 302
    last = vote(anping, running, 2, confirmed=None).content.decode()
    assert "项目立即终止" in last
    assert "承担 240,000.00 元，退回 360,000.00 元" in last
    assert vote(anping, running, 2).status_code == 302
    value = store.read(running.pk)
    assert value.phase is Phase.STOPPED
    assert value.refunded == {part.party: part.amount for part in shown.refunds}
    found = money.books(value)
    assert (found.total.used, found.total.refunded, found.total.held) == (800_000_00, 1_200_000_00, 0)
    assert found.differences == ()
    page = anping.client(anping.members[1]).get(url("motions", running)).content.decode()
    assert "通过，项目已终止" in page


def test_a_lost_motion_changes_nothing(anping: Any, running: Project) -> None:
    propose(anping, running)
    held = money.books(store.read(running.pk)).total
    assert vote(anping, running, 0, "no").status_code == 302
    assert "不能再通过" in vote(anping, running, 2, "no", confirmed=None).content.decode()
    vote(anping, running, 2, "no")
    value = store.read(running.pk)
    assert (value.phase, value.motion) == (Phase.RUNNING, None)
    assert money.books(value).total == held
    page = anping.client(anping.members[1]).get(url("motions", running)).content.decode()
    assert "未通过" in page


@pytest.mark.parametrize(
    "changes",
    [
        {"seen": 1},
        {"seen": ""},
        {"reason": ""},
        {"reason": "\x00"},
        {"reason": "长" * 1001},
        {"key": "no key"},
        {"party": "91139900EXAMPLE02U"},
    ],
)
def test_a_faulty_motion_is_refused(anping: Any, running: Project, changes: dict[str, Any]) -> None:
    before = stored()
    assert propose(anping, running, **changes).status_code == 422
    assert stored() == before


def test_one_motion_at_a_time_and_a_second_click_is_harmless(anping: Any, running: Project) -> None:
    propose(anping, running)
    before = stored()
    assert propose(anping, running).status_code == 302
    assert propose(anping, running, key="0" * 31 + "b").status_code == 422
    assert stored() == before


def test_who_may_not_propose_or_vote(anping: Any, running: Project) -> None:
    before = stored()
    for user, status in ((anping.stranger, 404), (anping.organiser, 403), (anping.experts[0].user, 404)):
        for name in ("stop", "vote"):
            assert anping.client(user).post(url(name, running), {}).status_code == status
    assert stored() == before
    propose(anping, running)
    before = stored()
    mine = vote(anping, running, 1, party=anping.firms[2].uscc)
    assert mine.status_code == 422
    assert stored() == before


def test_votes_that_are_refused_store_nothing(anping: Any, running: Project) -> None:
    before = stored()
    assert "不在表决中" in vote(anping, running, 1).content.decode()
    assert stored() == before
    propose(anping, running)
    assert vote(anping, running, 1).status_code == 302
    before = stored()
    for again in ("yes", "no"):
        assert "已表决" in vote(anping, running, 1, again).content.decode()
    wrong: tuple[dict[str, Any], ...] = (
        {"seen": 1},
        {"motion": "other"},
        {"motion": "\x00"},
        {"vote": "perhaps"},
        {"seen": None},
    )
    for changes in wrong:
        assert vote(anping, running, 2, **changes).status_code == 422
    assert stored() == before


def test_an_amendment_shows_what_changes_and_is_voted_on(anping: Any, running: Project) -> None:
    value = store.read(running.pk)
    later = replace(value.proposal.milestones[1], due=date(2026, 3, 31))
    plan = (value.proposal.milestones[0], later, value.proposal.milestones[2])
    motion = Motion(KEY, "设备到货延期", replace(value.proposal, milestones=plan))
    services.propose(running, anping.firms[2].uscc, motion, SPRING, by=anping.members[2])
    page = anping.client(anping.members[4]).get(url("motions", running)).content.decode()
    for text in ("合同变更", "设备到货延期", "<del>2025-12-31</del>", "<ins>2026-03-31</ins>"):
        assert text in page
    assert "怎样结算" not in page
    for n in range(5):
        assert vote(anping, running, n).status_code == 302
    value = store.read(running.pk)
    assert value.proposal.milestones[1].due == date(2026, 3, 31)
    assert value.contract == store.read(running.pk).contract
    page = anping.client(anping.members[4]).get(url("motions", running)).content.decode()
    assert "通过，合同已变更" in page


def test_no_motion_before_the_contract_or_after_the_end(anping: Any) -> None:
    project = anping.open()
    before = stored()
    assert propose(anping, project, member=0).status_code in (403, 422)
    assert stored() == before
