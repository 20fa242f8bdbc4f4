"""What is typed becomes the proposal that was meant, or a list of everything that is wrong with it."""

from copy import deepcopy
from typing import Any

import pytest

from gongzao.research import Proposal, first_project, load_policy, shipped_policies, two_round_project
from gongzao.web.research.proposal_faults import check
from gongzao.web.research.proposal_form import from_proposal
from gongzao.web.research.proposal_reader import Fault, Registered, read

POLICY = load_policy(shipped_policies()["hebei"])
REGISTRY = {party.id: Registered(party.name, party.in_cluster) for party in first_project().parties}


def faults(data: dict[str, Any]) -> list[Fault]:
    reading = read(data, "anping-mesh", "high-mesh", REGISTRY)
    return list(check(reading, POLICY.versions[0], (POLICY.name_en, POLICY.name_zh)))


@pytest.fixture
def data() -> dict[str, Any]:
    return from_proposal(first_project())


@pytest.mark.parametrize("proposal", [first_project(), two_round_project()], ids=["one", "two"])
def test_the_examples_come_back_as_they_are(proposal: Proposal) -> None:
    reading = read(from_proposal(proposal), proposal.id, proposal.topic, REGISTRY)
    assert reading.faults == ()
    assert reading.proposal == proposal


def test_the_example_is_faultless(data: dict[str, Any]) -> None:
    assert faults(data) == []


def test_an_empty_draft_says_what_is_still_to_be_filled_in() -> None:
    found = faults({})
    assert all(fault.blank for fault in found)
    assert {fault.section for fault in found} == {
        "basics", "parties", "budget", "tasks", "milestones", "payees", "terms", "support", "shares", "rules"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("section", "row", "column", "typed", "code"),
    [
        ("milestones", 0, "amount", "800000.01", "proposal.milestone_sum"),
        ("payees", 0, "amount", "599999.99", "proposal.payee_sum"),
        ("shares", 1, "income", "14", "proposal.income_split"),
        ("shares", 1, "ownership", "20.5", "proposal.ownership_split"),
        ("shares", 1, "losses", "50", "proposal.losses_split"),
        ("parties", 2, "uscc", "91139900EXAMPLE02U", "proposal.same_uscc"),
        ("support", None, "support", "60.01万", "proposal.support_share"),
        ("basics", None, "end", "2024-12-31", "proposal.period"),
        ("rules", None, "reviewers", "2", "proposal.reviewers"),
        ("terms", None, "second_deadline", "2024-12-20T00:00", "proposal.stages"),
    ],
)
def test_a_rule_of_the_engine_is_named_at_its_section(
    data: dict[str, Any], section: str, row: int | None, column: str, typed: str, code: str
) -> None:
    (data[section] if row is None else data[section][row])[column] = typed
    if code == "proposal.same_uscc":  # whatever rests on the code that is gone now
        data["tasks"] = data["tasks"][3:]
        data["shares"] = [r for r in data["shares"] if r["party"] != "91139900EXAMPLE03Y"]
        data["milestones"], data["payees"] = data["milestones"][2:], data["payees"][-2:]
    found = [fault for fault in faults(data) if fault.code == code]
    assert [fault.section for fault in found] == [
        {"payee_sum": "payees", "stages": "milestones"}.get(code.removeprefix("proposal."), section)
    ]


def test_support_beyond_the_policy_names_policy_and_source(data: dict[str, Any]) -> None:
    data["support"]["support"] = "100.01 万元"
    found = {fault.code: fault.zh for fault in faults(data)}
    assert set(found) == {"proposal.support_share", "proposal.support_limit"}
    for text in found.values():
        assert "河北省产业技术研究院众筹科研规则 hebei-2024" in text
        assert "河北新闻联播，2024-11-29" in text


@pytest.mark.parametrize(
    ("section", "row", "column", "typed", "code"),
    [
        ("budget", 0, "cash", "900000.001", "money.fraction_of_fen"),
        ("budget", 0, "cash", "-1", "money.negative"),
        ("budget", 0, "cash", "1e999999999", "money.form"),
        ("budget", 0, "cash", "999999999999999万", "number.range"),
        ("budget", 0, "cash", "九十万", "money.form"),
        ("milestones", 1, "due", "2025-02-30", "date.form"),
        ("milestones", 1, "due", "0001-01-01", "date.form"),
        ("milestones", 1, "id", "M1", "draft.twice"),
        ("payees", 1, "party", "91139900EXAMPLE03Y", "draft.twice"),
        ("payees", 0, "milestone", "M9", "draft.no_milestone"),
        ("tasks", 0, "party", "91139900MA0000001T", "draft.not_a_party"),
        ("tasks", 0, "id", "第一", "research.id"),
        ("shares", 0, "income", "101", "research.percent"),
        ("shares", 0, "income", "NaN", "number.form"),
        ("parties", 0, "uscc", "91139900EXAMPLE02X", "uscc.checksum"),
        ("parties", 0, "role", "king", "draft.choice"),
        ("terms", None, "deadline", "0001-01-01T00:00", "time.form"),
        ("terms", None, "deadline", "2020-01-01T00:00", "terms.order"),
        ("rules", None, "amending_percent", "50", "research.vote"),
        ("rules", None, "priority_days", "³", "number.whole"),
        ("support", None, "work_hour", "0", "research.amount"),
        ("basics", None, "title", "长" * 121, "draft.long"),
    ],
)
def test_what_cannot_be_read_is_named_at_its_field(
    data: dict[str, Any], section: str, row: int | None, column: str, typed: str, code: str
) -> None:
    (data[section] if row is None else data[section][row])[column] = typed
    found = [fault for fault in faults(data) if fault.code == code]
    assert [(fault.section, fault.row) for fault in found] == [(section, row or 0)]
    assert found[0].field in (
        column,
        "milestone" if section == "payees" else "",
        "party" if code.endswith("twice") else "",
    )


def test_a_code_that_is_not_registered_says_what_to_do(data: dict[str, Any]) -> None:
    data["parties"].append({"uscc": "91139900MA0000001T", "role": "supplier", "applicant": "no"})
    (found,) = faults(data)
    assert (found.code, found.section, found.row) == ("draft.unregistered", "parties", 5)
    assert "请集群服务中心先登记" in found.zh


def test_names_and_membership_are_the_registry_s(data: dict[str, Any]) -> None:
    registry = {**REGISTRY, "91139900EXAMPLE02U": Registered("登记名称", False)}
    party = read(data, "p", "t", registry).proposal.parties[1]
    assert (party.name, party.in_cluster) == ("登记名称", False)


def test_a_sum_is_not_complained_of_while_its_parts_cannot_be_read(data: dict[str, Any]) -> None:
    data["budget"][0]["cash"] = "？"
    assert [fault.code for fault in faults(data)] == ["money.form"]


def test_reading_changes_nothing(data: dict[str, Any]) -> None:
    before = deepcopy(data)
    faults(data)
    assert data == before
