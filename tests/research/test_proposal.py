"""Everything that can be wrong with a proposal or a policy, each named by its rule."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gongzao.kernel import InvalidInput, InvalidValue, Uscc
from gongzao.research import (
    BudgetLine,
    Call,
    Exemption,
    InvalidPolicy,
    InvalidResearch,
    Need,
    Part,
    Party,
    Percent,
    Proposal,
    ProposalRefused,
    Rates,
    Role,
    Terms,
    Topic,
    Unit,
    VoteBy,
    VoteRule,
    faults,
    first_project,
    load_policy,
    open_project,
    shipped_policies,
    suggest,
    two_round_project,
)
from gongzao.research.example import INSTITUTE, SIKOU, WANGDU
from tests.research.world import HEBEI, OPEN, OUTSIDER

FIRST = first_project()
RULES = HEBEI.on(date(2025, 1, 1))


def codes(proposal: Proposal, exemption: Exemption | None = None) -> list[str]:
    return [fault.code.removeprefix("proposal.") for fault in faults(proposal, RULES, exemption)]


def change_party(place: int, **changes: Any) -> Proposal:
    parties = list(FIRST.parties)
    parties[place] = replace(parties[place], **changes)
    return replace(FIRST, parties=tuple(parties))


def change_milestone(**changes: Any) -> Proposal:
    return replace(FIRST, milestones=(replace(FIRST.milestones[0], **changes), *FIRST.milestones[1:]))


TWIN = Party(SIKOU.uscc, "丝筘金属制品（另一名称）", Role.FIRM, applicant=True, in_cluster=True)
PUBLIC_TWIN = Party(OUTSIDER.uscc, "另一研究院", Role.PUBLIC)
M1 = FIRST.milestones[0]


def test_the_examples_are_in_order() -> None:
    assert codes(FIRST) == codes(two_round_project()) == []
    assert FIRST.cash() == 2_000_000_00
    assert FIRST.support == FIRST.cash() * 30 // 100


@pytest.mark.parametrize(
    ("proposal", "rules"),
    [
        (replace(FIRST, income=(Percent(SIKOU.id, Decimal("99.99")),)), ["income_split"]),
        (replace(FIRST, income=(Percent(SIKOU.id, Decimal(50)),) * 2), ["duplicate"]),
        (
            replace(FIRST, ownership=(Percent(SIKOU.id, Decimal(90)), Percent(WANGDU.id, Decimal(11)))),
            ["ownership_split"],
        ),
        (replace(FIRST, losses=(Percent(SIKOU.id, Decimal(1)),)), ["losses_split"]),
        (replace(FIRST, ownership=(Percent(OUTSIDER.id, Decimal(100)),)), ["unknown_party"]),
        (change_milestone(amount=M1.amount + 1), ["milestone_sum", "payee_sum"]),
        (change_milestone(payees=(Part(SIKOU.id, M1.amount - 1),)), ["payee_sum"]),
        (change_milestone(id="M2"), ["duplicate"]),
        (change_milestone(stage=2), ["milestone_sum", "milestone_sum", "stages"]),
        (replace(FIRST, budget=(*FIRST.budget, BudgetLine("其他", 1))), ["milestone_sum"]),
        (replace(FIRST, parties=(*FIRST.parties, TWIN)), ["same_uscc"]),
        (replace(FIRST, parties=(*FIRST.parties, PUBLIC_TWIN)), ["public"]),
        (change_party(2, applicant=False), ["applicants"]),
        (replace(FIRST, parties=tuple(replace(p, in_cluster=False) for p in FIRST.parties)), ["no_cluster_firm"]),
        (change_party(0, role=Role.INSTITUTE), ["public"]),
        (replace(FIRST, support=600_000_01), ["support_share"]),
        (replace(FIRST, end=date(2024, 12, 31)), ["period"]),
        (replace(FIRST, reviewers=2), ["reviewers"]),
        (replace(FIRST, goals=(), title=""), ["missing", "missing"]),
    ],
)
def test_each_fault_is_named(proposal: Proposal, rules: list[str]) -> None:
    assert codes(proposal) == rules
    found = faults(proposal, RULES)
    assert all(fault.zh and fault.en for fault in found)
    with pytest.raises(ProposalRefused) as caught:
        open_project(proposal, HEBEI, OPEN, by="x")
    assert [f.code for f in caught.value.faults] == [f.code for f in found]


def test_a_fen_is_named() -> None:
    (fault, _) = faults(change_milestone(amount=M1.amount + 1), RULES)
    assert "1 fen" in fault.en
    assert "1 分" in fault.zh


def test_support_is_limited_in_yuan_too_unless_exempted() -> None:
    factor = 2
    big = replace(
        FIRST,
        budget=tuple(replace(line, cash=line.cash * factor) for line in FIRST.budget),
        milestones=tuple(
            replace(m, amount=m.amount * factor, payees=tuple(Part(p.party, p.amount * factor) for p in m.payees))
            for m in FIRST.milestones
        ),
        support=1_000_000_01,
    )
    assert codes(big) == ["support_limit"]
    assert codes(replace(big, support=1_000_000_00)) == []
    decision = Exemption(big.id, Decimal(40), 1_600_000_00, "省级重大项目（示例）", "院务会", date(2024, 11, 5))
    assert codes(replace(big, support=1_600_000_00), decision) == []
    assert codes(replace(big, support=1_600_000_01), decision) == ["support_share", "support_limit"]
    assert codes(big, replace(decision, project="another")) == ["support_limit"]
    strict = replace(RULES, exceptions=False)
    assert [f.code for f in faults(big, strict, decision)] == ["proposal.support_limit"]


def test_in_kind_counts_for_the_total_cost() -> None:
    with_kind = replace(
        FIRST, budget=(*FIRST.budget, BudgetLine("人员（实物）", 0, in_kind=100_000_00)), support=630_000_00
    )
    assert codes(with_kind) == []


DAY = datetime(2024, 11, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: Percent("a", Decimal(0)), "research.percent"),
        (lambda: Percent("a", Decimal("NaN")), "research.percent"),
        (lambda: BudgetLine("材料", -1), "research.amount"),
        (lambda: BudgetLine("材料", 1, stage=3), "research.stage"),
        (lambda: BudgetLine(" ", 1), "research.text"),
        (lambda: Part("a", 1.5), "research.amount"),  # type: ignore[arg-type]
        (lambda: VoteRule(VoteBy.HEADS, Decimal(50)), "research.vote"),
        (lambda: Rates(0, 1), "research.amount"),
        (lambda: replace(FIRST, id="a b"), "research.id"),
        (lambda: Terms(DAY, DAY, DAY, DAY), "terms.order"),
        (lambda: replace(FIRST.terms, sign_by=DAY), "terms.order"),
        (lambda: replace(FIRST.terms, opens=datetime(2024, 1, 1)), "research.time"),  # noqa: DTZ001 - that is the fault
        (lambda: Topic("t", "题目", (Need("n1", SIKOU.uscc, "甲"), Need("n2", SIKOU.uscc, "乙"))), "topic.private"),
    ],
)
def test_values_that_cannot_be_are_refused(make: Any, code: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        make()
    assert caught.value.code == code


def test_work_is_valued_down_to_whole_fen() -> None:
    rates = Rates(work_hour=33_33, machine_hour=1)
    assert rates.value(Unit.WORK_HOURS, 1) == 33
    assert rates.value(Unit.MACHINE_HOURS, 99) == 0
    assert rates.value(Unit.MATERIAL, 77) == rates.value(Unit.CASH, 77) == 77


def test_needs_of_several_firms_become_a_call() -> None:
    needs = (
        Need("n1", SIKOU.uscc, "高目数丝网织造断丝"),
        Need("n2", WANGDU.uscc, "高目数丝网织造张力不稳"),
        Need("n3", OUTSIDER.uscc, "包装自动化"),
    )
    groups = suggest(needs)
    assert groups == ((needs[0], needs[1]), (needs[2],))
    topic = Topic("high-mesh", "高目数丝网织造", groups[0])
    call = Call("c1", "2024年征集", (topic,), OPEN, datetime(2024, 12, 1, tzinfo=UTC))
    assert call.is_open(OPEN)
    assert not call.is_open(call.closes)
    for broken in ({"closes": OPEN}, {"topics": ()}, {"topics": (topic, replace(topic, id="t2"))}):
        with pytest.raises(InvalidResearch):
            replace(call, **broken)


def test_the_version_in_force_counts() -> None:
    new = replace(RULES, id="hebei-2026", first=date(2026, 1, 1), public_percent=Decimal(20))
    policy = replace(HEBEI, versions=(replace(RULES, last=date(2025, 12, 31)), new))
    assert policy.on(date(2025, 12, 31)) is policy.versions[0]
    assert policy.on(date(2026, 1, 1)) is new
    with pytest.raises(InvalidPolicy, match="no version in force"):
        policy.on(date(2024, 10, 31))
    with pytest.raises(InvalidPolicy, match="inside"):
        replace(HEBEI, versions=(replace(RULES, last=date(2026, 1, 1)), new))
    with pytest.raises(InvalidPolicy):
        replace(RULES, minimum_applicants=1)


@pytest.mark.parametrize(
    ("old", "new", "field", "line", "code"),
    [
        ("public_percent: 30", "public_percent: 130", "versions[hebei-2024]", 6, "policy.percent"),
        ("public_percent: 30", "public_percent: a lot", "versions[hebei-2024].public_percent", 9, "number.form"),
        ("minimum_applicants: 2", "minimum_applicants: 1", "versions[hebei-2024]", 6, "policy.applicants"),
        ("minimum_applicants: 2", "minimum: 2", "versions[hebei-2024].minimum", 8, "key.unknown"),
        ("from: 2024-11-01", "from: 1 Nov", "versions[hebei-2024].from", 7, "date.form"),
        ("from: 2024-11-01", "from: 2024-11-01\n    from: 2024-11-02", "versions[hebei-2024].from", 8, "key.twice"),
        ("exceptions: true", "exceptions: maybe", "versions[hebei-2024].exceptions", 11, "choice"),
        (
            "public_limit_yuan: 1000000",
            "public_limit_yuan: 0.001",
            "versions[hebei-2024].public_limit_yuan",
            10,
            "money.fraction_of_fen",
        ),
        ("id: hebei\n", "id: [a]\n", "policy.id", 3, "key.text"),
        ("versions:", "version:", "versions", 2, "key.missing"),
        ("policy:", "policy: {", None, 4, "yaml.form"),
    ],
)
def test_a_broken_policy_file_is_refused_with_its_place(
    tmp_path: Path, old: str, new: str, field: str | None, line: int, code: str
) -> None:
    text = shipped_policies()["hebei"].read_text(encoding="utf-8")
    lines = [row for row in text.splitlines(keepends=True) if not row.strip().startswith("# Reported")]
    path = tmp_path / "policy.yaml"
    path.write_text("".join(lines).replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        load_policy(path)
    assert (code, field, line) in [(p.code, p.field, p.line) for p in caught.value.problems]
    assert all(p.source == str(path) for p in caught.value.problems)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    for content in (b"\xff\xfe\x00", b"- a\n- b\n"):
        path.write_bytes(content)
        with pytest.raises(InvalidInput):
            load_policy(path)


def test_a_code_is_a_code() -> None:
    with pytest.raises(InvalidValue):
        Party(Uscc("91139900EXAMPLE01X"), INSTITUTE.name, Role.FIRM)
