"""Income that was booked wrongly is set right by a further event; the split stays the contract's, to the fen."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongzao.research import (
    BANK,
    FUND,
    Corrected,
    LicenceRequest,
    Part,
    Party,
    Result,
    ResultKind,
    ask_licence,
    book_income,
    check,
    claim_licence,
    correct_income,
    fold,
    from_plain,
    register_result,
    to_plain,
)
from gongzao.research.example import INSTITUTE, SIKOU, WANGDU
from tests.research.test_steps import refuses
from tests.research.world import OUTSIDER, WORK, World, small


def completed() -> World:
    world = World(small((100,), support=30))
    world.fund(institute=30, firms=30)
    world.milestone()
    world.do(register_result(world.project, Result("r", ResultKind.PROCESS, "工艺"), WORK, by="x"))
    return world


def earn(world: World, name: str, amount: int) -> None:
    world.do(book_income(world.project, name, "r", OUTSIDER.uscc, amount, WORK, by="x"))


def test_a_correction_takes_back_what_was_too_much() -> None:
    world = completed()
    before = {account: world.balance(account) for account in (BANK, FUND)}
    earn(world, "i1", 1000)
    world.do(correct_income(world.project, "c1", "i1", 100, "多记一个零", WORK, by="x"))
    assert world.project.income["i1"].amount == 100
    assert world.project.earned[INSTITUTE.id] == 30
    assert sum(world.project.earned.values()) == 100
    assert {account: world.balance(account) - before[account] for account in before} == {BANK: 30, FUND: 30}
    world.do(correct_income(world.project, "c2", "i1", 0, "没有这笔收益", WORK, by="x"))
    assert {account: world.balance(account) - before[account] for account in before} == {BANK: 0, FUND: 0}
    assert check(world.log, world.ledger.records.values()) == ()
    assert [from_plain(Corrected, to_plain(c)) for c in world.project.corrections] == list(world.project.corrections)


def test_what_a_correction_refuses() -> None:
    world = completed()
    refuses("unknown", correct_income, world.project, "c", "i1", 5, "理由", WORK, by="x")
    earn(world, "i1", 1000)
    refuses("unchanged", correct_income, world.project, "c", "i1", 1000, "理由", WORK, by="x")
    refuses("reason", correct_income, world.project, "c", "i1", 5, " ", WORK, by="x")
    world.do(correct_income(world.project, "c", "i1", 5, "理由", WORK, by="x"))
    assert correct_income(world.project, "c", "i1", 5, "理由", WORK, by="x").events == ()
    refuses("income_taken", correct_income, world.project, "c", "i1", 6, "理由", WORK, by="x")
    refuses("income_taken", book_income, world.project, "i1", "r", OUTSIDER.uscc, 5, WORK, by="x")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 99)), min_size=1, max_size=12))
def test_any_course_of_incomes_and_corrections_is_split_by_the_contract(course: list[tuple[int, int]]) -> None:
    world = completed()
    known: dict[str, int] = {}
    for n, (name, amount) in enumerate(course):
        key = f"i{name}"
        if key not in known and amount:
            earn(world, key, amount)
        elif key in known and known[key] != amount:
            world.do(correct_income(world.project, f"c{n}", key, amount, "更正", WORK, by="x"))
        else:
            continue
        known[key] = amount
    whole = sum(known.values())
    for share in world.project.proposal.income:
        assert abs(world.project.earned.get(share.party, 0) - Fraction(share.value) * whole / 100) < 1
    assert check(world.log, world.ledger.records.values()) == ()
    assert fold(world.log) == world.project


def test_the_auditor_finds_a_correction_that_is_wrong() -> None:
    world = completed()
    earn(world, "i1", 1000)
    world.do(correct_income(world.project, "c", "i1", 100, "理由", WORK, by="x"))
    *log, last = world.log
    made = last.body
    assert isinstance(made, Corrected)
    moved = [Part(part.party, part.amount + (2 if part.party == SIKOU.id else 0)) for part in made.earned]
    records = list(world.ledger.records.values())
    for body in (
        replace(made, earned=tuple(moved)),
        replace(made, amount=101),
        replace(made, income="i2"),
    ):
        assert check([*log, replace(last, body=body)], records)
    assert check(log, records)  # booked, but not said
    assert check(world.log, records[:-1])  # said, but not booked whole


@pytest.mark.parametrize("exclusive", [True, False])
def test_the_same_licence_is_asked_for_once(exclusive: bool) -> None:
    world = completed()

    def ask(name: str, code: Party = OUTSIDER) -> LicenceRequest:
        return LicenceRequest(name, "r", code.uscc, "某", exclusive, 5, WORK)

    world.do(ask_licence(world.project, ask("l1"), WORK, by="x"))
    refuses("asked_before", ask_licence, world.project, ask("l2"), WORK, by="x")
    world.do(claim_licence(world.project, "l1", WANGDU.id, WORK, by="x"))
    if not exclusive:
        world.do(ask_licence(world.project, ask("l3"), WORK, by="x"))  # the first went to a member
