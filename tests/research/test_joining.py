"""A right, or a veto, comes from consent and from a contribution of some size; never by oneself, never for a fen."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gongzao.kernel import InvalidInput
from gongzao.research import (
    Floors,
    JoinBacked,
    Motion,
    Party,
    Percent,
    Phase,
    Policy,
    Proposal,
    Side,
    Signed,
    Unit,
    ask_join,
    back_join,
    check,
    close_round,
    contract,
    electorate,
    first_project,
    fold,
    lapse,
    load_policy,
    open_project,
    pledge,
    propose,
    refuse_join,
    shipped_policies,
    sign,
    submit,
    two_round_project,
    withdraw,
)
from gongzao.research.example import LIANGPIN, SIKOU, UNIVERSITY, WANGDU
from tests.research.test_steps import TERMS, refuses
from tests.research.world import FILE, HEBEI, OPEN, OUTSIDER, WORK, World

FLOORS = Floors(Decimal("0.5"), 3, Decimal(5))


class Guarded(World):
    """A world under a policy with floors."""

    def __init__(self, proposal: Proposal) -> None:
        super().__init__(proposal)
        version = replace(HEBEI.on(OPEN.date()), floors=FLOORS)
        policy = Policy("hebei", "规则", "rules", (version,))
        self.log = []
        self.do(open_project(proposal, policy, OPEN, by="test"))


def test_who_asks_to_join_has_no_right_until_both_sides_agree() -> None:
    world = World(first_project())
    refuses("unknown", back_join, world.project, OUTSIDER.id, Side.LEAD, OPEN, by="x")
    refuses("unknown", refuse_join, world.project, OUTSIDER.id, Side.LEAD, "理由", OPEN, by="x")
    world.do(ask_join(world.project, OUTSIDER, OPEN, by="x"))
    refuses("asked", ask_join, world.project, OUTSIDER, OPEN, by="x")
    for side in (Side.ORGANISER, Side.LEAD):
        assert world.project.proposal.party(OUTSIDER.id) is None
        refuses("not_a_party", pledge, world.project, "a", OUTSIDER.id, Unit.CASH, 100, OPEN, by="x")
        world.do(back_join(world.project, OUTSIDER.id, side, OPEN, by="x"))
    assert world.project.proposal.party(OUTSIDER.id) == OUTSIDER
    assert not world.project.asking
    world.pledge(OUTSIDER, 100)
    assert check(world.log, world.ledger.records.values()) == ()


def test_one_refusal_is_enough_and_stays() -> None:
    world = World(first_project())
    world.do(ask_join(world.project, OUTSIDER, OPEN, by="x"))
    world.do(back_join(world.project, OUTSIDER.id, Side.LEAD, OPEN, by="x"))
    refuses("backed", back_join, world.project, OUTSIDER.id, Side.LEAD, OPEN, by="x")
    refuses("reason", refuse_join, world.project, OUTSIDER.id, Side.ORGANISER, " ", OPEN, by="x")
    world.do(refuse_join(world.project, OUTSIDER.id, Side.ORGANISER, "与集群无关", OPEN, by="x"))
    refuses("join_refused", ask_join, world.project, OUTSIDER, OPEN, by="x")
    refuses("unknown", back_join, world.project, OUTSIDER.id, Side.ORGANISER, OPEN, by="x")
    refuses("after_deadline", ask_join, world.project, replace(OUTSIDER, name="另一"), TERMS.deadline, by="x")


def test_an_unanswered_request_ends_with_the_round() -> None:
    world = World(first_project())
    world.do(ask_join(world.project, OUTSIDER, OPEN, by="x"))
    world.pledge(SIKOU, 1_000_000_00)
    world.pledge(WANGDU, 1_000_000_00)
    world.close()
    assert not world.project.asking
    refuses("phase", back_join, world.project, OUTSIDER.id, Side.LEAD, OPEN, by="x")


def test_the_auditor_finds_who_came_in_without_consent() -> None:
    world = World(first_project())
    world.join(OUTSIDER)
    backed = JoinBacked(OUTSIDER.id, Side.LEAD)
    without = [event for event in world.log if event.body != backed]
    log = [replace(event, seq=n) for n, event in enumerate(without, 1)]
    assert "order" in {finding.rule for finding in check(log, ())}


def test_the_floor_of_a_pledge_is_part_of_the_policy() -> None:
    world = Guarded(first_project())  # 2,000,000 yuan: half a percent is 10,000
    refuses("floor", pledge, world.project, "a", SIKOU.id, Unit.CASH, 9_999_99, OPEN, by="x")
    refuses("floor", pledge, world.project, "a", SIKOU.id, Unit.WORK_HOURS, 83_00, OPEN, by="x")  # 9,960 yuan
    world.pledge(SIKOU, 10_000_00)
    world.pledge(SIKOU, 84_00, Unit.WORK_HOURS)
    world.pledge(WANGDU, 1_989_000_00)
    refuses("floor", pledge, world.project, "a", LIANGPIN.id, Unit.CASH, 999_99, OPEN, by="x")
    world.pledge(LIANGPIN, 1_000_00)  # exactly what is missing
    refuses("floor", pledge, world.project, "a", LIANGPIN.id, Unit.CASH, 1, OPEN, by="x")
    unguarded = World(first_project())
    unguarded.pledge(SIKOU, 1)


def test_pledges_of_one_party_are_bounded_withdrawn_ones_included() -> None:
    world = Guarded(first_project())
    for n in (1, 2, 3):
        world.pledge(SIKOU, 10_000_00)
        world.do(withdraw(world.project, f"p{n}", OPEN, by="x"))
    refuses("many_pledges", pledge, world.project, "a", SIKOU.id, Unit.CASH, 10_000_00, OPEN, by="x")
    world.pledge(WANGDU, 10_000_00)


def running(joiner: int, others: int = 1_000_000_00) -> World:
    world = Guarded(first_project())
    world.join(OUTSIDER)
    for party, amount in ((SIKOU, others), (WANGDU, others), (OUTSIDER, joiner)):
        world.pledge(party, amount)
    world.close()
    world.sign()
    return world


@pytest.mark.parametrize(("joiner", "votes"), [(10_000_00, False), (99_000_00, False), (500_000_00, True)])
def test_who_joined_votes_from_the_part_that_the_policy_asks_for(joiner: int, votes: bool) -> None:
    world = running(joiner)
    later = replace(world.project.proposal, end=world.project.proposal.end + timedelta(days=9))
    for motion in (Motion("v", "延期", later), Motion("s", "停")):
        assert (OUTSIDER.id in electorate(world.project, motion)) is votes
        if not votes:
            refuses("no_vote", propose, world.project, OUTSIDER.id, motion, WORK, by="x")
    assert UNIVERSITY.id in electorate(world.project, Motion("v", "延期", later))  # of the consortium from the start


def test_the_risk_of_a_contributor_without_a_vote_is_not_changed() -> None:
    losses = (Percent(OUTSIDER.id, Decimal(100)),)
    for joiner, refused in ((10_000_00, True), (500_000_00, False)):
        world = running(joiner)
        motion = Motion("v", "风险", replace(world.project.proposal, losses=losses))
        if refused:
            refuses("voiceless", propose, world.project, SIKOU.id, motion, WORK, by="x")
        else:
            propose(world.project, SIKOU.id, motion, WORK, by="x")


def test_who_joined_to_pay_hands_nothing_in() -> None:
    world = running(10_000_00)
    refuses("no_task", submit, world.project, "M1", OUTSIDER.id, [FILE], [], WORK, by="x")
    world.do(submit(world.project, "M1", UNIVERSITY.id, [FILE], [], WORK, by="x"))


def unsigned(proposal: Proposal, *pledges: tuple[Party, int]) -> World:
    """Return a world in which all have signed but the one that joined, and the time is over."""
    world = World(proposal)
    world.join(OUTSIDER)
    for party, amount in pledges:
        world.pledge(party, amount)
    terms = world.project.proposal.terms
    world.close()
    if world.phase() is Phase.SECOND_ROUND:
        world.do(close_round(world.project, terms.closes, by="x"))
    text = contract(world.project).sha256
    for party in world.project.proposal.parties:
        if party.id != OUTSIDER.id:
            world.do(sign(world.project, party.id, text, terms.closes, by="x"))
    assert world.phase() is Phase.SIGNING
    world.do(lapse(world.project, terms.sign_by, by="x"))
    return world


def test_who_joined_and_does_not_sign_is_left_out_if_the_rest_reaches_the_budget() -> None:
    world = unsigned(first_project(), (SIKOU, 1_000_000_00), (WANGDU, 1_100_000_00), (OUTSIDER, 1))
    assert world.phase() is Phase.RUNNING
    assert world.project.proposal.party(OUTSIDER.id) is None
    assert sum(world.project.paid.values()) == 2_000_000_00
    assert set(world.project.paid) == {SIKOU.id, WANGDU.id}
    assert world.balance("research:bank") - world.balance("research:fund") == 2_000_000_00
    assert all(b.credits_pending == 0 for b in world.ledger.balances.values())
    assert check(world.log, world.ledger.records.values()) == ()
    assert fold(world.log) == world.project
    signed = next(event.body.contract for event in world.log if isinstance(event.body, Signed))
    assert world.project.contract != signed
    booked = [r.transfer.reference for r in world.ledger.records.values() if r.transfer.kind == "post_pending"]
    assert set(booked) == {f"sha256:{world.project.contract}"}
    world.milestone()
    assert world.project.accepted == ("M1",)


def test_the_optimum_falls_back_to_the_minimum() -> None:
    pledges = ((SIKOU, 1_000_000_00), (WANGDU, 1_000_000_00), (OUTSIDER, 500_000_00))
    world = unsigned(two_round_project(), *pledges)
    assert (world.phase(), world.project.stage) == (Phase.RUNNING, 1)
    assert sum(world.project.paid.values()) == 2_000_000_00


def test_a_budget_that_needs_him_lapses() -> None:
    world = unsigned(first_project(), (SIKOU, 1_000_000_00), (WANGDU, 999_999_99), (OUTSIDER, 1))
    assert world.phase() is Phase.LAPSED
    alone = unsigned(first_project(), (SIKOU, 2_000_000_00), (OUTSIDER, 1))
    assert alone.phase() is Phase.LAPSED


def test_one_of_the_consortium_that_does_not_sign_ends_it() -> None:
    world = World(first_project())
    world.join(OUTSIDER)
    for party, amount in ((SIKOU, 1_000_000_00), (WANGDU, 1_000_000_00), (OUTSIDER, 1)):
        world.pledge(party, amount)
    world.close()
    world.do(sign(world.project, SIKOU.id, contract(world.project).sha256, TERMS.deadline, by="x"))
    world.do(lapse(world.project, TERMS.sign_by, by="x"))
    assert world.phase() is Phase.LAPSED


def test_the_shipped_policy_has_floors_from_2025_on() -> None:
    assert HEBEI.on(date(2024, 12, 31)).floors is None
    assert HEBEI.on(date(2026, 1, 1)).floors == Floors(Decimal("0.5"), 30, Decimal(5))


@pytest.mark.parametrize("missing", ["pledge_floor_percent", "pledges_per_party", "vote_floor_percent"])
def test_floors_are_given_together(tmp_path: Path, missing: str) -> None:
    text = shipped_policies()["hebei"].read_text(encoding="utf-8")
    path = tmp_path / "hebei.yaml"
    path.write_text("\n".join(line for line in text.splitlines() if missing not in line), encoding="utf-8")
    with pytest.raises(InvalidInput, match="three floors"):
        load_policy(path)
