"""Results: registered, licensed with the members' priority, and their income split as the contract says."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gongzao.kernel import Uscc
from gongzao.ledger import Kind, Transfer
from gongzao.research import FUND, LicenceRequest, Result, ResultKind, Verdict
from gongzao.web.accounts.models import Post, Role, User
from gongzao.web.clusters.models import Enterprise
from gongzao.web.ledger import queries as ledger
from gongzao.web.ledger import services as booking
from gongzao.web.ledger.models import Entry
from gongzao.web.research import money, services, store
from gongzao.web.research.display import yuan
from gongzao.web.research.models import Project
from tests.web.research.deeds import stored, url
from tests.web.research.story import SPRING, hand_in, start

KEY = "0" * 31 + "a"


@pytest.fixture
def completed(anping: Any) -> Project:
    project: Project = anping.open()
    start(anping, project)
    for milestone in ("M1", "M2", "M3"):
        hand_in(anping, project, milestone, Verdict.ACCEPT)
    patent = Result("R1", ResultKind.PATENT, "织造方法")
    services.register_result(project, anping.firms[2].uscc, patent, SPRING, by=anping.members[2])
    return project


@pytest.fixture
def outsider(anping: Any) -> User:
    firm = Enterprise.objects.create(
        uscc="91139900MA0000001T", name="示例外单位", county=anping.cluster.county, industry=anping.cluster.industry
    )
    user = User.objects.create_user("outsider")
    Post.objects.create(user=user, role=Role.MEMBER, enterprise=firm)
    return user


def book(anping: Any, project: Project, **changes: Any) -> Any:
    data = {
        "key": KEY,
        "result": "R1",
        "payer": anping.firms[3].uscc,
        "amount": "10.000001",
        "scale": "wan",
        "confirmed": "1",
        **changes,
    }
    kept = {name: value for name, value in data.items() if value is not None}
    return anping.client(anping.organiser).post(url("income", project), kept)


def test_income_is_shown_split_and_then_booked_once(anping: Any, completed: Project) -> None:
    before, fund = stored(), ledger.balances()[FUND].credits
    shown = book(anping, completed, confirmed=None)
    assert shown.status_code == 200
    for text in ("100,000.01 元", "30,000.01 元（回流公共匹配资金）", "15,000.00 元", "10,000.00 元"):
        assert text in shown.content.decode()
    assert stored() == before
    for _ in range(2):
        assert book(anping, completed).status_code == 302
    value = store.read(completed.pk)
    assert sum(income.amount for income in value.income.values()) == 100_000_01
    assert ledger.balances()[FUND].credits - fund == 30_000_01
    found = money.books(value)
    assert (found.total.earned, found.differences) == (100_000_01, ())
    page = anping.client(anping.members[3]).get(url("results", completed)).content.decode()
    for row in found.rows:
        assert yuan(row.earned) in page
    before = stored()
    assert book(anping, completed, amount="5").status_code == 422
    assert stored() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "0"},
        {"amount": "-1"},
        {"amount": "0.0000001"},
        {"amount": "9" * 30},
        {"amount": "1e5"},
        {"amount": "\x00"},
        {"amount": None},
        {"scale": "lakh"},
        {"payer": "123"},
        {"payer": None},
        {"result": "R2"},
        {"result": "\x00"},
        {"key": "x"},
        {"key": None},
    ],
)
def test_faulty_income_is_not_booked(anping: Any, completed: Project, changes: dict[str, Any]) -> None:
    before = stored()
    assert book(anping, completed, **changes).status_code == 422
    assert stored() == before


def test_only_organisers_book_income_and_only_after_the_end(anping: Any, completed: Project) -> None:
    before = stored()
    data = {"key": KEY, "result": "R1", "payer": anping.firms[3].uscc, "amount": "1", "scale": "wan", "confirmed": "1"}
    for user, status in ((anping.members[0], 403), (anping.stranger, 404), (anping.experts[0].user, 404)):
        assert anping.client(user).post(url("income", completed), data).status_code == status
    assert stored() == before


def test_no_income_while_the_work_goes_on(anping: Any) -> None:
    project = anping.open()
    start(anping, project)
    services.register_result(
        project, anping.firms[2].uscc, Result("R1", ResultKind.DATA, "数据"), SPRING, by=anping.members[2]
    )
    before = stored()
    assert book(anping, project).status_code == 422
    assert stored() == before


RESULT = {"id": "R2", "kind": "process", "title": "高目数织造工艺", "register_number": ""}


def test_a_party_registers_a_result(anping: Any, completed: Project) -> None:
    data = RESULT | {"party": anping.firms[1].uscc}
    client = anping.client(anping.members[1])
    assert client.post(url("result_new", completed), data).status_code == 302
    assert store.read(completed.pk).results["R2"].title == "高目数织造工艺"
    before = stored()
    wrong = (
        {"id": "R1"},
        {"id": "有 空格"},
        {"title": ""},
        {"kind": "x"},
        {"party": anping.firms[2].uscc},
        {"id": "R2"},
    )
    for changes in wrong:
        assert client.post(url("result_new", completed), data | changes).status_code == 422
    for user, status in ((anping.organiser, 403), (anping.stranger, 404)):
        assert anping.client(user).post(url("result_new", completed), data | {"id": "R3"}).status_code == status
    assert stored() == before


def ask(anping: Any, project: Project, user: User, code: str, **changes: Any) -> Any:
    data = {"key": KEY, "result": "R1", "firm": code, "amount": "5000", "scale": "yuan", **changes}
    return anping.client(user).post(url("licence", project), data)


def test_a_member_gets_a_licence_at_once(anping: Any, completed: Project) -> None:
    for _ in range(2):
        assert ask(anping, completed, anping.members[1], anping.firms[1].uscc).status_code == 302
    assert store.read(completed.pk).granted[KEY].licensee == Uscc(anping.firms[1].uscc)
    before = stored()
    exclusive = ask(anping, completed, anping.members[2], anping.firms[2].uscc, key="0" * 32, exclusive="on")
    assert exclusive.status_code == 422
    assert stored() == before


def test_an_outsider_waits_while_members_have_priority(anping: Any, completed: Project, outsider: User) -> None:
    firm = Enterprise.objects.get(name="示例外单位").uscc
    assert anping.client(outsider).get(url("results", completed)).status_code == 404
    assert ask(anping, completed, outsider, firm).status_code == 302
    assert "参与单位优先至" in anping.client(outsider).get(url("licence", completed)).content.decode()
    before = stored()
    organiser = anping.client(anping.organiser)
    early = organiser.post(url("licence_grant", completed, KEY))
    assert early.status_code == 422
    assert "优先权至" in early.content.decode()
    foreign = {"party": anping.firms[2].uscc}
    assert anping.client(anping.members[1]).post(url("licence_claim", completed, KEY), foreign).status_code == 403
    assert anping.client(anping.members[1]).post(url("licence_grant", completed, KEY)).status_code == 403
    assert anping.client(outsider).post(url("licence_claim", completed, KEY), {"party": firm}).status_code == 404
    assert anping.client(anping.members[1]).post(url("licence_claim", completed, "none"), foreign).status_code == 403
    assert organiser.post(url("licence_grant", completed, "none")).status_code == 422
    assert stored() == before
    mine = {"party": anping.firms[1].uscc}
    assert anping.client(anping.members[1]).post(url("licence_claim", completed, KEY), mine).status_code == 302
    granted = store.read(completed.pk).granted[KEY]
    assert (granted.licensee.code, granted.claimed) == (anping.firms[1].uscc, True)
    before = stored()
    assert anping.client(anping.members[1]).post(url("licence_claim", completed, KEY), mine).status_code == 422
    assert stored() == before


def test_after_the_priority_the_outsider_gets_the_licence(anping: Any, completed: Project, outsider: User) -> None:
    firm = Enterprise.objects.get(name="示例外单位")
    asked = LicenceRequest("L1", "R1", Uscc(firm.uscc), firm.name, False, 5_000_00, SPRING)
    services.ask_licence(completed, asked, datetime(2025, 7, 1, tzinfo=UTC), by=outsider)
    late = anping.client(anping.members[1]).post(url("licence_claim", completed, "L1"), {"party": anping.firms[1].uscc})
    assert late.status_code == 422
    organiser = anping.client(anping.organiser)
    assert "授予示例外单位" in organiser.get(url("results", completed)).content.decode()
    assert organiser.post(url("licence_grant", completed, "L1")).status_code == 302
    assert not store.read(completed.pk).granted["L1"].claimed
    assert "已授予申请单位" in anping.client(outsider).get(url("licence", completed)).content.decode()


@pytest.mark.parametrize(
    "changes", [{"amount": "-1"}, {"amount": "0.001"}, {"amount": ""}, {"result": "R9"}, {"firm": "x"}]
)
def test_a_faulty_request_is_refused(anping: Any, completed: Project, changes: dict[str, str]) -> None:
    before = stored()
    assert ask(anping, completed, anping.members[1], anping.firms[1].uscc, **changes).status_code == 422
    assert stored() == before


def test_who_acts_for_no_firm_asks_for_no_licence(anping: Any, completed: Project) -> None:
    before = stored()
    assert ask(anping, completed, anping.stranger, anping.firms[1].uscc).status_code == 403
    assert anping.client(None).get(url("licence", completed)).status_code == 302
    assert stored() == before


def test_a_fee_is_typed_as_money_and_the_same_licence_is_asked_for_once(
    anping: Any, completed: Project, outsider: User
) -> None:
    code = Enterprise.objects.get(name="示例外单位").uscc
    assert ask(anping, completed, outsider, code, amount="1.5", scale="wan").status_code == 302
    assert [request.fee for request in store.read(completed.pk).requests.values()] == [15_000_00]
    again = ask(anping, completed, outsider, code, key="b" * 32, amount="2", scale="wan")
    assert again.status_code == 422
    assert "已申请过该成果的同类许可" in again.content.decode()
    assert len(store.read(completed.pk).requests) == 1


def earn(anping: Any, project: Project) -> None:
    """Book 100,000.01 yuan of income."""
    payer = Uscc(anping.firms[3].uscc)
    services.book_income(project, "I1", "R1", payer, 100_000_01, SPRING, by=anping.organiser)


def test_income_is_corrected_by_who_booked_it_with_its_reason(anping: Any, completed: Project) -> None:
    earn(anping, completed)
    client, before = anping.client(anping.organiser), store.read(completed.pk)
    address = url("income_correct", completed, "I1")
    assert address in client.get(url("results", completed)).content.decode()
    data = {"key": "c" * 32, "amount": "10000", "scale": "yuan", "reason": "多记一个零"}
    for user, status in ((anping.members[1], 403), (anping.stranger, 404), (anping.experts[0].user, 404)):
        assert anping.client(user).post(address, data | {"confirmed": "1"}).status_code == status
    for wrong in ({"reason": ""}, {"amount": ""}, {"amount": "100000.01"}):
        assert client.post(address, {**data, **wrong, "confirmed": "1"}).status_code == 422
    question = client.post(address, data)
    assert question.status_code == 200
    assert "应退回监管账户" in question.content.decode()
    assert store.read(completed.pk) == before
    assert client.post(address, data | {"confirmed": "1"}).status_code == 302
    assert client.post(address, data | {"confirmed": "1"}).status_code == 302  # a second click
    value = store.read(completed.pk)
    assert sum(value.earned.values()) == 10_000_00
    found = money.books(value)
    assert (found.income, found.total.earned, found.differences) == (10_000_00, 10_000_00, ())
    page = client.get(url("results", completed)).content.decode()
    assert "多记一个零" in page
    assert "多记一个零" in client.get(url("log", completed)).content.decode()
    assert "与账本完全一致" in client.get(url("log", completed)).content.decode()
    nothing = {"key": "d" * 32, "none": "on", "scale": "yuan", "reason": "没有这笔收益", "confirmed": "1"}
    assert client.post(address, nothing).status_code == 302
    assert money.books(store.read(completed.pk)).income == 0
    assert client.get(url("income_correct", completed, "none")).status_code == 404


@pytest.mark.parametrize("name", ["fix1", "research:anping-mesh:99:1"])
def test_what_other_means_booked_is_named(anping: Any, completed: Project, name: str) -> None:
    earn(anping, completed)
    paid = Entry.objects.filter(purpose="收益付款").order_by("-seq").first()
    assert paid is not None
    back = Transfer(name, Kind.POST, paid.credit_id, paid.debit_id, paid.posted, paid.unit, reverses=paid.transfer_id)
    assert booking.submit([back], SPRING, by=None)[0].status == "applied"
    found = money.books(store.read(completed.pk))
    assert found.differences
    assert "有出入" in anping.client(anping.organiser).get(url("money", completed)).content.decode()
