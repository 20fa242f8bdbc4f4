"""The auditor must find what is wrong: every mutant of a good history is caught."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gongzao.ledger import Record
from gongzao.research import Event, Part, Result, ResultKind, Verdict, book_income, check, register_result
from gongzao.research import events as e
from tests.research.world import OUTSIDER, WORK, World, small


def history(end: Verdict) -> tuple[list[Event], list[Record]]:
    world = World(small((70, 30), support=30))
    world.fund(institute=30, firms=30)
    world.milestone()
    world.milestone(end)
    world.do(register_result(world.project, Result("r", ResultKind.PATENT, "专利"), WORK, by="x"))
    for n in range(3):
        world.do(book_income(world.project, f"i{n}", "r", OUTSIDER.uscc, 101, WORK, by="x"))
    return world.log, list(world.ledger.records.values())


def swap(kind: type, change: Callable[[Any], Any]) -> Callable[[list[Event]], list[Event]]:
    def mutate(log: list[Event]) -> list[Event]:
        place = next(i for i, event in enumerate(log) if isinstance(event.body, kind))
        return [*log[:place], replace(log[place], body=change(log[place].body)), *log[place + 1 :]]

    return mutate


def drop(kind: type) -> Callable[[list[Event]], list[Event]]:
    def mutate(log: list[Event]) -> list[Event]:
        place = next(i for i, event in enumerate(log) if isinstance(event.body, kind))
        rest = [replace(event, seq=event.seq - 1) for event in log[place + 1 :]]
        return [*log[:place], *rest]

    return mutate


def shift(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Move one fen from the first who has some to the next."""
    i = next(i for i, part in enumerate(parts) if part.amount)
    j = (i + 1) % len(parts)
    moved = list(parts)
    moved[i] = replace(moved[i], amount=moved[i].amount - 1)
    moved[j] = replace(moved[j], amount=moved[j].amount + 1)
    return tuple(moved)


MUTANTS = {
    "gap": lambda log: log[:3] + log[4:],
    "no start": drop(e.Started),
    "not submitted": drop(e.Submitted),
    "not all signed": drop(e.Signed),
    "paid before funded": drop(e.Funded),
    "collected more": swap(e.Funded, lambda b: replace(b, cash=(replace(b.cash[0], amount=31), *b.cash[1:]))),
    "drawn from another": swap(e.Accepted, lambda b: replace(b, draws=shift(b.draws))),
    "paid to another": swap(e.Accepted, lambda b: replace(b, payees=shift(b.payees))),
    "drawn too much": swap(e.Accepted, lambda b: replace(b, draws=(Part(b.draws[0].party, 99),))),
    "income shifted": swap(e.Earned, lambda b: replace(b, parts=shift(shift(b.parts)))),
    "income lost": swap(e.Earned, lambda b: replace(b, parts=b.parts[1:])),
}


@pytest.mark.parametrize("end", [Verdict.ACCEPT, Verdict.REJECT])
@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_log_is_found(name: str, end: Verdict) -> None:
    log, journal = history(end)
    assert check(log, journal) == ()
    assert check(MUTANTS[name](log), journal)


STOPPED = {
    "refund to another": lambda b: replace(b, refunds=shift(b.refunds)),
    "more than spent": lambda b: replace(b, borne=(replace(b.borne[0], amount=b.borne[0].amount + 1), *b.borne[1:])),
}


@pytest.mark.parametrize("name", STOPPED)
def test_a_mutant_settlement_is_found(name: str) -> None:
    log, journal = history(Verdict.REJECT)
    assert check(swap(e.Stopped, STOPPED[name])(log), journal)


@pytest.mark.parametrize("purpose", ["缴款", "里程碑拨付", "里程碑付款", "退款", "风险分担", "收益分配", "收益付款"])
def test_a_missing_line_of_the_ledger_is_found(purpose: str) -> None:
    log, journal = history(Verdict.REJECT)
    place = next(i for i, record in enumerate(journal) if record.transfer.purpose == purpose)
    findings = check(log, journal[:place] + journal[place + 1 :])
    assert findings
    assert all(str(finding).startswith(("ledger", "sum")) for finding in findings)


def test_public_money_before_private_is_found() -> None:
    log, journal = history(Verdict.ACCEPT)
    public = next(p for p in log[0].body.proposal.parties if p.role == "public")  # type: ignore[union-attr]

    def first(body: e.Accepted) -> e.Accepted:
        draws = {part.party: part.amount for part in body.draws}
        private = next(party for party, amount in draws.items() if amount)
        draws[private] -= 1
        draws[public.id] = draws.get(public.id, 0) + 1
        return replace(body, draws=tuple(Part(*item) for item in draws.items()))

    assert "public_last" in [finding.rule for finding in check(swap(e.Accepted, first)(log), journal)]
