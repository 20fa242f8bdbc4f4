"""Projects as their parties walk them through: by clicking, and with every figure on the pages the ledger's."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from time import sleep
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, FilePayload, Locator

from gongzao.ledger import Balance
from gongzao.research import BANK, FUND, Evidence, Phase, Proposal, Unit, check, contract, due, stake
from gongzao.web.accounts.models import Post, Role, User
from gongzao.web.ledger import queries as ledger
from gongzao.web.ledger.verify import verify
from gongzao.web.research import draws, services, store, workbook
from gongzao.web.research.models import Event, Need, Project, Review, Topic
from gongzao.web.research.proposal_form import from_proposal
from tests.web.browser.conftest import WIDTHS, Visitor
from tests.web.browser.test_pages import enter
from tests.web.research.conftest import OPENING, Anping, make_anping

PLEDGES = ((0, 60), (1, 50), (2, 60), (3, 30))  # who, 万元: the tutorial's
REPORT = FilePayload(name="报告.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4\n%%EOF\n")
CAMPAIGN = 50  # the campaign of the project that is clicked through [s]


@pytest.fixture
def crowd(transactional_db: None) -> Anping:
    return make_anping()


class Desk(Visitor):
    """A browser at which one after the other sits down."""

    def sit(self, user: User, path: str) -> None:
        enter(self, user)
        self.go(path)

    def go(self, path: str) -> None:
        self.page.goto(f"{self.base}/research/{path}")

    def press(self, name: str, within: Locator | None = None) -> None:
        """Press a button and wait for the page that answers; it is no refusal."""
        with self.page.expect_navigation():
            (within or self.page.locator("main")).get_by_role("button", name=name).first.click()
        assert self.page.locator("[role=alert]").all_inner_texts() == []

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).first.fill(text)

    def lead(self) -> str:
        return self.page.locator(".lead-line").first.inner_text()


@pytest.fixture
def desk(browser: Browser, live_server: Any) -> Iterator[Desk]:
    width, height = WIDTHS["desktop"]
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    context.set_default_timeout(15_000)
    yield Desk(context.new_page(), live_server.url)
    context.close()


def shown(desk: Desk) -> dict[str, dict[str, int]]:
    """Return the figures of the money page by party [fen]."""
    found: dict[str, dict[str, int]] = {}
    for row in desk.page.locator("[data-party]").all():
        cells = row.locator("[data-figure]").all()
        found[row.get_attribute("data-party") or ""] = {
            cell.get_attribute("data-figure") or "": int(Decimal(re.sub(r"[^\d.-]", "", cell.inner_text())) * 100)
            for cell in cells
        }
    return found


def booked(project: str, party: str, public: bool) -> dict[str, int]:
    """Return the same figures from the journal, by what moved from where to where [fen]."""
    own, pays, income = stake(project, party), due(project, party), f"research:{project}:income"
    lines = [line for line in ledger.records() if line.refusal is None]
    outside = (BANK, FUND)
    paid = sum(line.posted for line in lines if line.credit == own and line.debit in outside)
    back = sum(line.posted for line in lines if line.debit == own and line.credit in outside)
    earned = sum(line.posted for line in lines if line.debit == income and line.credit == (FUND if public else pays))
    received = sum(line.posted for line in lines if line.credit == pays)
    balance = ledger.balances().get(own, Balance())
    held = balance.credits - balance.debits
    return {
        "reserved": balance.credits_pending,
        "paid": paid,
        "used": paid - back - held,
        "refunded": back,
        "held": held,
        "released": received - (0 if public else earned),
        "earned": earned,
    }


def assert_figures(desk: Desk, crowd: Anping, project: str) -> None:
    """Insist that the money page shows what the journal says, and that log and books are sound."""
    desk.sit(crowd.organiser, f"projects/{project}/money/")
    found, value = shown(desk), store.read(project)
    for party in value.proposal.parties:
        assert found[party.id] == booked(project, party.id, value.is_public(party.id)), party.name
    total = found.pop("total")
    assert total == {name: sum(figures[name] for figures in found.values()) for name in total}
    assert check([row.value for row in Event.objects.filter(project=project).order_by("seq")], ledger.records()) == ()
    assert verify()[1] == ()


def soon(proposal: Proposal) -> Proposal:
    """Return the proposal with a campaign that has begun and ends in some seconds."""
    now = datetime.now(UTC).replace(microsecond=0)
    terms = replace(
        proposal.terms,
        opens=now - timedelta(minutes=2),
        withdraw_until=now - timedelta(minutes=1),
        deadline=now + timedelta(seconds=CAMPAIGN),
        sign_by=now + timedelta(minutes=10),
    )
    year = now.year
    plan = tuple(replace(m, due=date(year + 1, 6 * n, 28)) for n, m in enumerate(proposal.milestones[:2], start=1))
    last = replace(proposal.milestones[2], due=date(year + 2, 6, 28))
    return replace(
        proposal, terms=terms, start=date(year + 1, 1, 1), end=date(year + 2, 12, 31), milestones=(*plan, last)
    )


def call_for_it(desk: Desk, crowd: Anping) -> None:
    """Two firms file a need each, the organiser merges them and publishes a call."""
    for n in (1, 2):
        desk.sit(crowd.members[n], "needs/")
        desk.fill("技术需求", f"高目数高精度丝网织造断丝多、目数不匀，第{n}家")
        desk.press("提交需求")
    assert Need.objects.filter(topic=None).count() == 2
    desk.sit(crowd.organiser, "needs/")
    desk.press("归并这2条")
    desk.fill("题目", "高目数高精度丝网制造技术")
    desk.press("归并")
    desk.page.get_by_role("link", name="发布征集").click()
    desk.fill("标题", "示例征集2026")
    desk.page.get_by_label("高目数高精度丝网制造技术").check()
    now = datetime.now(UTC)
    desk.fill("开始受理", f"{now - timedelta(days=1):%Y-%m-%dT%H:%M}")
    desk.fill("截止受理", f"{now + timedelta(days=30):%Y-%m-%dT%H:%M}")
    desk.press("发布")
    assert "正在征集" in desk.lead()


def write_and_open(desk: Desk, crowd: Anping) -> str:
    """The leading firm writes the proposal, one section on the page and all as a workbook; the organiser opens it."""
    call = Topic.objects.get(title="高目数高精度丝网制造技术").call
    assert call is not None
    desk.sit(crowd.members[1], f"calls/{call.slug}/")
    desk.press("编写建议书")
    draft = desk.page.url
    desk.page.get_by_role("link", name="填写").first.click()
    desk.fill("项目名称", "先写一部分")
    desk.press("保存")
    desk.page.goto(draft)
    data = workbook.write(from_proposal(soon(crowd.proposal)))
    desk.page.locator("input[type=file]").set_input_files(
        FilePayload(name="建议书.xlsx", mimeType="application/octet-stream", buffer=data)
    )
    desk.press("上传并替换各部分")
    desk.press("提交建议书")
    desk.press("确认")
    for n in (0, 2, 3, 4):
        desk.sit(crowd.members[n], draft.partition("/research/")[2])
        desk.page.get_by_label("同意参加").check()
        desk.press("答复")
    desk.sit(crowd.organiser, draft.partition("/research/")[2])
    desk.press("立项…")
    desk.press("确认")
    return Project.objects.get().pk


def pledge_and_sign(desk: Desk, crowd: Anping, project: str) -> None:
    """Every party pledges, the organiser closes after the deadline, every party signs."""
    place = f"projects/{project}"
    for who, amount in (*PLEDGES, (4, 1000)):
        desk.sit(crowd.members[who], f"{place}/campaign/")
        pledging = desk.page.locator("#pledge")
        pledging.get_by_label("出资方式").select_option(Unit.CASH if who < 4 else Unit.WORK_HOURS)
        pledging.get_by_label("数量").fill(str(amount))
        if who < 4:
            pledging.locator("select[name=scale]").select_option("wan")
        desk.press("下一步：核对", pledging)
        desk.press("确认认缴")
    assert_figures(desk, crowd, project)
    value = store.read(project)
    assert (value.pledged_cash, value.pledged_in_kind) == (2_000_000_00, 120_000_00)
    sleep(max(0.0, (value.proposal.terms.deadline - datetime.now(UTC)).total_seconds()) + 0.1)
    close(desk, crowd, project)
    for member in crowd.members:
        desk.sit(member, f"{place}/contract/")
        desk.press("签署")
        desk.press("确认")
    assert store.read(project).phase is Phase.RUNNING


def close(desk: Desk, crowd: Anping, project: str) -> None:
    desk.sit(crowd.organiser, f"projects/{project}/campaign/")
    desk.press("结束本轮")
    desk.press("确认结束")


@contextmanager
def later(crowd: Anping, project: str) -> Iterator[None]:
    """Two days pass, with money booked on the first: reviewers are drawn with that day's head."""
    handed_in = max(datetime.now(UTC), store.read(project).at)
    crowd.fill_fund(1_00, handed_in + timedelta(days=1), f"head-{uuid4()}")
    with patch("django.utils.timezone.now", return_value=handed_in + timedelta(days=2)):
        yield


def hand_in(desk: Desk, crowd: Anping, project: str, verdict: str, hours: int = 0) -> None:
    """A party hands the next milestone in, the organiser draws, the experts drawn agree on a verdict."""
    desk.sit(crowd.members[2], f"projects/{project}/work/submit/")
    desk.page.locator("input[type=file]").set_input_files(REPORT)
    if hours:
        desk.page.get_by_label("人员工时").fill(str(hours))
    desk.page.get_by_label("我已核对").check()
    desk.press("提交评审")
    with later(crowd, project):
        desk.sit(crowd.organiser, f"projects/{project}/work/")
        desk.press("抽取")
    for row in Review.objects.filter(project=project, done_at=None).select_related("expert__user"):
        assert row.expert.user is not None
        desk.sit(row.expert.user, "reviews/")
        desk.page.locator("tr", has_text="待评审").get_by_role("link").click()
        desk.page.get_by_label(verdict, exact=True).check()
        desk.fill("理由", "见现场测试记录")
        desk.press("下一步：核对")
        desk.press("确认提交")


def results_and_income(desk: Desk, crowd: Anping, project: str) -> None:
    """A party registers a result, another takes a licence, the organiser books income."""
    desk.sit(crowd.members[2], f"projects/{project}/results/")
    desk.page.get_by_role("link", name="登记成果").click()
    desk.fill("成果编号", "R1")
    desk.fill("名称", "高目数织造工艺")
    desk.press("登记")
    desk.sit(crowd.members[3], f"projects/{project}/results/")
    desk.page.get_by_role("link", name="申请许可").click()
    desk.page.get_by_label("许可费").first.fill("10")
    desk.press("提出申请")
    value = store.read(project)
    (asked,) = value.requests.values()
    assert (asked.fee, [granted.licensee.code for granted in value.granted.values()]) == (
        100_000_00,
        [crowd.firms[3].uscc],
    )
    desk.sit(crowd.organiser, f"projects/{project}/results/")
    desk.page.get_by_role("link", name="收益入账").click()
    desk.fill("付款单位（统一社会信用代码）", crowd.firms[3].uscc)
    desk.page.get_by_label("到账金额").first.fill("100000.01")
    desk.page.locator("select[name=scale]").select_option("yuan")
    desk.press("下一步：核对分配")
    desk.press("确认")


def test_a_project_from_call_to_income_by_clicking(desk: Desk, crowd: Anping) -> None:
    crowd.fill_fund()
    call_for_it(desk, crowd)
    project = write_and_open(desk, crowd)
    pledge_and_sign(desk, crowd, project)
    assert_figures(desk, crowd, project)
    for hours in (400, 600, 0):
        hand_in(desk, crowd, project, "通过", hours)
        assert_figures(desk, crowd, project)
    assert store.read(project).phase is Phase.COMPLETED
    results_and_income(desk, crowd, project)
    assert_figures(desk, crowd, project)
    desk.go(f"projects/{project}/results/")
    earned = [shown(desk)[firm.uscc]["earned"] for firm in crowd.firms]
    assert earned == [30_000_01, 15_000_00, 30_000_00, 10_000_00, 15_000_00]
    assert desk.faults == []


def start(crowd: Anping) -> str:
    """Bring a project to its first milestone, in 2024."""
    project, now = crowd.open(), OPENING + timedelta(days=1)
    deadline = crowd.proposal.terms.deadline
    for who, amount in PLEDGES:
        firm, member = crowd.firms[who], crowd.members[who]
        services.pledge(project, f"p{who}", firm.uscc, Unit.CASH, amount * 10_000_00, now, by=member)
    sha256 = contract(services.close_round(project, deadline, by=crowd.organiser)).sha256
    for firm, member in zip(crowd.firms, crowd.members, strict=True):
        services.sign(project, firm.uscc, sha256, deadline, by=member)
    return project.pk


def test_a_project_that_fails_at_its_second_milestone_refunds(desk: Desk, crowd: Anping) -> None:
    project = start(crowd)
    hand_in(desk, crowd, project, "通过")
    hand_in(desk, crowd, project, "不通过")
    value = store.read(project)
    assert value.phase is Phase.STOPPED
    back = [value.refunded.get(firm.uscc, 0) for firm in crowd.firms]
    assert back == [360_000_00, 300_000_00, 360_000_00, 180_000_00, 0]
    assert_figures(desk, crowd, project)
    desk.go(f"projects/{project}/work/")
    settled = {party: figures["back"] for party, figures in shown(desk).items()}
    assert settled == {firm.uscc: amount for firm, amount in zip(crowd.firms, back, strict=True) if amount}
    assert desk.faults == []


def test_a_project_that_misses_its_threshold_gives_all_back(desk: Desk, crowd: Anping) -> None:
    project = crowd.open()
    now = OPENING + timedelta(days=1)
    services.pledge(project, "p1", crowd.firms[1].uscc, Unit.CASH, 500_000_00, now, by=crowd.members[1])
    assert_figures(desk, crowd, project.pk)
    assert shown(desk)["total"]["reserved"] == 500_000_00
    close(desk, crowd, project.pk)
    assert store.read(project.pk).phase is Phase.MISSED
    assert_figures(desk, crowd, project.pk)
    assert not any(shown(desk)["total"].values())
    assert not ledger.open_reservations().exists()
    assert desk.faults == []


def test_the_pages_are_sound_at_both_widths(visitor: Visitor, crowd: Anping) -> None:
    running, campaign = start(crowd), crowd.open(id="second").pk
    file = Evidence("报告.pdf", "0" * 64)
    now = datetime.now(UTC)
    services.submit_milestone(Project.objects.get(pk=running), "M1", crowd.firms[2].uscc, [file], [], now, by=None)
    crowd.fill_fund(1_00, now + timedelta(days=1), "head")
    draws.draw(Project.objects.get(pk=running), now + timedelta(days=2), by=None)
    drawn = Review.objects.filter(project=running).select_related("expert__user")[0]
    province = User.objects.create_user("province")
    Post.objects.create(user=province, role=Role.PROVINCE, region_id="130000")
    tabs = [f"projects/{running}/{tab}" for tab in ("", "contract/", "work/", "motions/", "results/", "money/", "log/")]
    pages: list[tuple[User | None, list[str]]] = [
        (None, ["", f"p/{running}/", "calls/call-2024/"]),
        (crowd.organiser, ["", "projects/", "needs/", "drafts/", "fund/", *tabs]),
        (province, ["experts/"]),
        (crowd.members[2], ["needs/", f"projects/{campaign}/campaign/", f"projects/{campaign}/"]),
        (drawn.expert.user, ["reviews/", f"reviews/{drawn.pk}/"]),
    ]
    for user, paths in pages:
        if user is not None:
            enter(visitor, user)
        for path in paths:
            visitor.page.goto(f"{visitor.base}/research/{path}")
            assert visitor.page.locator(".lead-line").count() == 1, path
            assert visitor.overflow() <= 0, path
            assert visitor.barriers() == [], path
    assert visitor.faults == []
