"""Single steps: refusals with their reason, and the figures of the interesting branches."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gongzao.ledger import Status
from gongzao.research import (
    BANK,
    FUND,
    Delivery,
    Evidence,
    Expert,
    InvalidResearch,
    Motion,
    Phase,
    ProposalRefused,
    Role,
    StepRefused,
    Unit,
    Verdict,
    accounts,
    ask_join,
    book_income,
    close_round,
    contract,
    digest,
    draw_reviewers,
    first_project,
    fix_pool,
    free_experts,
    from_plain,
    pledge,
    propose,
    register_result,
    require_version,
    review,
    sign,
    stake,
    submit,
    to_plain,
    two_round_project,
    vote,
    withdraw,
)
from gongzao.research.contract import Contract
from gongzao.research.example import INSTITUTE, LIANGPIN, SIKOU, UNIVERSITY, WANGDU
from gongzao.research.facts import Result, ResultKind
from tests.research.world import EXPERTS, FILE, OPEN, OUTSIDER, WORK, World, small

TERMS = first_project().terms


def refuses(rule: str, step: Any, *arguments: Any, **named: Any) -> None:
    with pytest.raises(StepRefused) as caught:
        step(*arguments, **named)
    assert caught.value.code == f"step.{rule}"
    assert caught.value.zh


def test_pledges_are_refused_with_the_reason() -> None:
    world = World(first_project())
    p = world.project
    cash = Unit.CASH
    refuses("after_deadline", pledge, p, "a", SIKOU.id, cash, 1, TERMS.deadline, by="x")
    refuses("not_open", pledge, p, "a", SIKOU.id, cash, 1, TERMS.opens - timedelta(seconds=1), by="x")
    refuses("not_a_party", pledge, p, "a", OUTSIDER.id, cash, 1, OPEN, by="x")
    refuses("support", pledge, p, "a", INSTITUTE.id, cash, 600_000_01, OPEN, by="x")
    refuses("support", pledge, p, "a", INSTITUTE.id, Unit.MATERIAL, 1, OPEN, by="x")
    refuses("same_uscc", ask_join, p, replace(SIKOU, name="另一名称", applicant=False), OPEN, by="x")
    refuses("public", ask_join, p, replace(OUTSIDER, role=Role.PUBLIC), OPEN, by="x")
    refuses("unknown", withdraw, p, "a", OPEN, by="x")
    refuses("not_due", close_round, p, OPEN, by="x")
    refuses("phase", sign, p, SIKOU.id, "0" * 64, OPEN, by="x")


def test_a_double_click_books_once_and_a_stale_form_not_at_all() -> None:
    world = World(first_project())
    seen = world.project.version
    step = pledge(world.project, "click", SIKOU.id, Unit.CASH, 100, OPEN, by="x")
    world.do(step)
    again = pledge(world.project, "click", SIKOU.id, Unit.CASH, 100, OPEN, by="x")
    assert (again.events, again.transfers) == ((), ())
    refuses("pledge_taken", pledge, world.project, "click", SIKOU.id, Unit.CASH, 101, OPEN, by="x")
    refuses("stale", require_version, world.project, seen)
    # Two requests decided on the same state ask the ledger for the same reservation: it answers once.
    assert [o.status for o in world.ledger.submit(step.transfers, OPEN).outcomes] == [Status.APPLIED]
    assert world.ledger.balances[stake(world.project.id, SIKOU.id)].credits_pending == 100


def test_the_institute_cannot_promise_more_than_the_fund_holds() -> None:
    world = World(first_project(), fund=100_000_00)
    step = pledge(world.project, "a", INSTITUTE.id, Unit.CASH, 100_000_01, OPEN, by="x")
    for account in accounts(step.project):
        world.ledger.accounts.setdefault(account.id, account)
    (outcome,) = world.ledger.submit(step.transfers, OPEN).outcomes
    assert outcome.record.refusal is not None
    assert outcome.record.refusal.reason == "below_minimum"


def test_a_missed_threshold_gives_everything_back() -> None:
    world = World(first_project())
    world.pledge(INSTITUTE, 600_000_00)
    world.pledge(SIKOU, 1_399_999_99)
    world.close()
    assert world.phase() is Phase.MISSED
    assert world.balance(FUND) == world.balance(BANK) == 10_000_000_00
    assert all(b.credits_pending == b.debits_pending == 0 for b in world.ledger.balances.values())


def test_one_contributor_is_no_crowd() -> None:
    world = World(first_project())
    world.pledge(SIKOU, 2_000_000_00)
    world.close()
    assert world.phase() is Phase.MISSED


@pytest.mark.parametrize(
    ("more", "stage", "taken"), [(0, 1, 2_000_000_00), (499_999_99, 1, 2_000_000_00), (500_000_00, 2, 2_500_000_00)]
)
def test_two_rounds(more: int, stage: int, taken: int) -> None:
    world = World(two_round_project())
    world.pledge(SIKOU, 1_000_000_00)
    world.pledge(WANGDU, 1_000_000_00)
    world.close()
    assert world.phase() is Phase.SECOND_ROUND
    terms = world.project.proposal.terms
    refuses("too_late", withdraw, world.project, "p1", terms.deadline, by="x")
    if more:
        world.pledge(LIANGPIN, more, now=terms.deadline)
    assert terms.second_deadline is not None
    world.do(close_round(world.project, terms.second_deadline, by="x"))
    assert world.project.stage == stage
    world.sign()
    assert sum(world.project.paid.values()) == taken == world.balance(BANK) - world.balance(FUND)


def test_who_joins_and_leaves_again_need_not_sign() -> None:
    world = World(first_project())
    world.join(OUTSIDER)
    world.pledge(OUTSIDER, 5)
    world.do(withdraw(world.project, "p1", OPEN, by="x"))
    world.fund()
    assert world.phase() is Phase.RUNNING
    assert world.project.proposal.party(OUTSIDER.id) is None


def test_the_contract_has_one_form_and_everybody_signs_that_one() -> None:
    world = World(first_project())
    for party in (SIKOU, WANGDU):
        world.pledge(party, 1_000_000_00)
    world.close()
    text = contract(world.project)
    assert from_plain(Contract, to_plain(text)) == text
    assert digest(text) == text.sha256 == contract(world.project).sha256
    assert replace(text, stage=2).sha256 != text.sha256
    refuses("other_contract", sign, world.project, SIKOU.id, "0" * 64, TERMS.deadline, by="x")
    refuses("too_late", sign, world.project, SIKOU.id, text.sha256, TERMS.sign_by, by="x")
    world.do(sign(world.project, SIKOU.id, text.sha256, TERMS.deadline, by="x"))
    refuses("signed", sign, world.project, SIKOU.id, text.sha256, TERMS.deadline, by="x")
    world.log.clear()
    for party in world.project.proposal.parties:
        if party.id != SIKOU.id:
            world.do(sign(world.project, party.id, text.sha256, TERMS.deadline, by="x"))
    booked = [r.transfer.reference for r in world.ledger.records.values() if r.transfer.kind == "post_pending"]
    assert booked == [f"sha256:{text.sha256}"] * 2


def test_stored_values_are_checked_when_read() -> None:
    plain = to_plain(contract(World(first_project()).project))
    for broken in ({**plain, "stage": "1"}, {**plain, "more": 1}, {k: v for k, v in plain.items() if k != "stage"}, 3):
        with pytest.raises(InvalidResearch, match="stored form"):
            from_plain(Contract, broken)


def test_public_money_is_used_last_and_losses_are_shared() -> None:
    world = World(small((70, 30), support=30))
    world.fund(institute=30, firms=30)
    assert world.project.paid == {INSTITUTE.id: 25, WANGDU.id: 25, SIKOU.id: 25, LIANGPIN.id: 25}
    world.milestone()
    assert world.project.drawn == {WANGDU.id: 24, SIKOU.id: 23, LIANGPIN.id: 23, INSTITUTE.id: 0}
    world.milestone(Verdict.REJECT)
    assert world.phase() is Phase.STOPPED
    assert sorted(world.project.refunded.values()) == [7, 7, 8, 8]
    assert world.balance(BANK) - world.balance(FUND) == 0


def test_a_risk_rule_of_the_contract_is_followed_up_to_what_was_paid_in() -> None:
    world = World(small((60, 40), losses=(0, 80, 20)))
    for party, amount in ((WANGDU, 30), (SIKOU, 70)):
        world.pledge(party, amount)
    world.close()
    world.sign()
    world.milestone()
    world.milestone(Verdict.REJECT)
    assert world.project.drawn == {WANGDU.id: 30, SIKOU.id: 30}
    assert world.project.refunded == {WANGDU.id: 0, SIKOU.id: 40}


def test_reviewers_have_no_interest_and_anyone_can_draw_again() -> None:
    world = World(first_project())
    world.fund()
    refuses("nothing_submitted", draw_reviewers, world.project, "s", WORK, by="x")
    refuses("evidence", submit, world.project, "M1", SIKOU.id, [], [], WORK, by="x")
    refuses("order", submit, world.project, "M2", SIKOU.id, [FILE], [], WORK, by="x")
    hours = [Delivery(UNIVERSITY.id, Unit.WORK_HOURS, 1)]
    refuses("delivery", submit, world.project, "M1", SIKOU.id, [FILE], hours, WORK, by="x")
    world.do(submit(world.project, "M1", SIKOU.id, [FILE], [], WORK, by="x"))
    refuses("under_review", submit, world.project, "M1", SIKOU.id, [FILE], [], WORK, by="x")
    biased = [Expert("b1", "甲", employer=SIKOU.uscc), Expert("b2", "乙", conflicts=(WANGDU.uscc,))]
    refuses("few_experts", fix_pool, world.project, [*biased, *EXPERTS[:2]], WORK, by="x")
    refuses("no_pool", draw_reviewers, world.project, "s", WORK, by="x")
    assert free_experts(world.project, [*EXPERTS, *biased]) == free_experts(world.project, EXPERTS[::-1])
    world.do(fix_pool(world.project, [*biased, *EXPERTS], WORK, by="x"))
    refuses("pooled", fix_pool, world.project, EXPERTS, WORK, by="x")
    drawn = draw_reviewers(world.project, "s", WORK, by="x")
    assert not {"b1", "b2"} & set(world.project.pool)
    others = {draw_reviewers(world.project, str(n), WORK, by="x").project.reviewers for n in range(20)}
    assert len(others) > 5
    world.do(drawn)
    refuses("drawn", draw_reviewers, world.project, "t", WORK, by="x")
    refuses("not_a_reviewer", review, world.project, "b1", Verdict.ACCEPT, "好", WORK, by="x")
    first = world.project.reviewers[0]
    refuses("reason", review, world.project, first, Verdict.ACCEPT, " ", WORK, by="x")
    world.do(review(world.project, first, Verdict.ACCEPT, "好", WORK, by="x"))
    refuses("reviewed", review, world.project, first, Verdict.ACCEPT, "好", WORK, by="x")


def test_sent_back_and_handed_in_again() -> None:
    world = World(first_project())
    world.fund()
    world.milestone(Verdict.SEND_BACK)
    assert sum(world.project.drawn.values()) == 0
    world.milestone()
    assert world.project.accepted == ("M1",)
    assert world.project.released == {SIKOU.id: 600_000_00, UNIVERSITY.id: 200_000_00}


def test_amendments_need_the_consent_the_contract_asks_for() -> None:
    world = World(first_project())
    world.fund()
    old = world.project.contract
    later = replace(world.project.proposal, end=world.project.proposal.end + timedelta(days=90))
    motion = Motion("v1", "延期", later)
    world.do(propose(world.project, UNIVERSITY.id, motion, WORK, by="x"))
    refuses("motion_open", propose, world.project, SIKOU.id, Motion("v2", "再延"), WORK, by="x")
    for party in world.project.proposal.parties:
        assert world.project.contract == old
        world.do(vote(world.project, "v1", party.id, True, WORK, by="x"))
    assert world.project.contract != old
    assert world.project.proposal.end == later.end
    more = replace(later, support=later.support + 1)
    refuses("unchangeable", propose, world.project, SIKOU.id, Motion("v3", "加钱", more), WORK, by="x")
    with pytest.raises(ProposalRefused):
        propose(world.project, SIKOU.id, Motion("v4", "空", replace(later, goals=())), WORK, by="x")
    refuses("no_motion", vote, world.project, "v1", SIKOU.id, True, WORK, by="x")


def test_contributors_vote_by_value_to_stop() -> None:
    world = World(small((100,), support=30))
    world.fund(institute=30, firms=30)
    refuses("no_vote", propose, world.project, UNIVERSITY.id, Motion("s", "停"), WORK, by="x")
    world.do(propose(world.project, SIKOU.id, Motion("s", "停"), WORK, by="x"))
    world.do(vote(world.project, "s", WANGDU.id, True, WORK, by="x"))
    refuses("voted", vote, world.project, "s", WANGDU.id, True, WORK, by="x")
    world.do(vote(world.project, "s", SIKOU.id, True, WORK, by="x"))
    assert world.phase() is Phase.RUNNING
    world.do(vote(world.project, "s", LIANGPIN.id, True, WORK, by="x"))
    assert world.phase() is Phase.STOPPED
    assert world.project.refunded == world.project.paid


def test_the_institutes_income_goes_back_to_the_fund() -> None:
    world = World(small((100,), support=30))
    world.fund(institute=30, firms=30)
    refuses("phase", book_income, world.project, "i", "r", OUTSIDER.uscc, 5, WORK, by="x")
    world.milestone()
    before = world.balance(FUND)
    world.do(register_result(world.project, Result("r", ResultKind.PROCESS, "工艺"), WORK, by="x"))
    refuses("unknown", book_income, world.project, "i", "s", OUTSIDER.uscc, 5, WORK, by="x")
    for n in range(10):
        world.do(book_income(world.project, f"i{n}", "r", OUTSIDER.uscc, 7, WORK, by="x"))
    assert world.project.earned[INSTITUTE.id] == 21
    assert world.balance(FUND) == before + 21
    assert sum(world.project.earned.values()) == 70


def test_values_that_cannot_be() -> None:
    with pytest.raises(InvalidResearch, match="SHA-256"):
        Evidence("a", "xyz")
    with pytest.raises(InvalidResearch, match="in kind"):
        Delivery("a", Unit.CASH, 1)
