"""The auditor must find every fault, and the engine's own books must have none."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from gongzao.ledger import (
    RULES,
    Account,
    AccountKind,
    Balance,
    Book,
    DailyHead,
    Kind,
    Ledger,
    Reason,
    Record,
    Refusal,
    Transfer,
    check,
    compare,
    daily_heads,
    example_year,
    rebuild,
)
from gongzao.ledger.chain import seal
from gongzao.ledger.record import Head

NOW = datetime(2026, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def sound() -> Book:
    """Four openings, then: 1 deposit, 2 reservation, 3 posted in part, 4 compensation, 5 + 6 linked, 7 + 8 refused."""
    ledger = Ledger(
        [
            Account("bank", "platform", AccountKind.ASSET, minimum=0),
            Account("a", "firm:1", AccountKind.LIABILITY, minimum=0),
            Account("b", "firm:2", AccountKind.LIABILITY, minimum=0, maximum=900),
            Account("hours", "firm:1", AccountKind.EQUITY, "WORKHOUR"),
        ]
    )
    ledger.submit([Transfer("in", Kind.POST, "bank", "a", 1000, "CNY")], NOW)
    ledger.submit([Transfer("hold", Kind.PENDING, "a", "b", 400, "CNY", expires_at=NOW + 5 * HOUR)], NOW + HOUR)
    ledger.submit([Transfer("pay", Kind.POST_PENDING, amount=300, pending_id="hold")], NOW + 2 * HOUR)
    ledger.submit([Transfer("back", Kind.POST, "b", "a", 100, "CNY", reverses="pay")], NOW + 3 * HOUR)
    for i, amount in (("x", 50), ("y", 5000)):
        ledger.submit(
            [
                Transfer(f"{i}1", Kind.POST, "a", "b", 50, "CNY", linked=True),
                Transfer(f"{i}2", Kind.POST, "a", "b", amount, "CNY"),
            ],
            NOW + timedelta(days=1),
        )
    return Book.of(ledger)


def test_sound_books_have_no_finding() -> None:
    assert check(sound()) == ()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_generated_year_has_no_finding_and_is_marked(seed: int) -> None:
    book = example_year(seed)
    assert check(book) == ()
    assert book == example_year(seed)
    assert {r.transfer.kind for r in book.records} == set(Kind)
    assert all("示例数据" in a.name for a in book.accounts)


Lines = list[Record]


def resealed(lines: Lines, heads: tuple[DailyHead, ...] | None = None) -> Book:
    """Forge books whose chain, balances and heads all fit: only the content is wrong."""
    book, head, out = sound(), Head(), []
    for r in lines:
        line = seal(head, r.at, r.transfer, r.debit, r.credit, r.unit, r.posted, r.pending, r.refusal)
        head = Head(line.seq, line.at, line.hash)
        out.append(line)
    return Book(book.accounts, tuple(out), rebuild(out), daily_heads(out) if heads is None else heads)


OPENINGS = 4


def edit(place: int, **changes: object) -> Callable[[Lines], None]:
    def act(lines: Lines) -> None:
        n = OPENINGS + place - 1
        lines[n] = replace(lines[n], **changes)  # type: ignore[arg-type]

    return act


def ask(place: int, **changes: object) -> Callable[[Lines], None]:
    def act(lines: Lines) -> None:
        n = OPENINGS + place - 1
        transfer = replace(lines[n].transfer, **changes)  # type: ignore[arg-type]
        lines[n] = replace(lines[n], transfer=transfer)

    return act


def repeat(place: int, new_id: str) -> Callable[[Lines], None]:
    def act(lines: Lines) -> None:
        r = lines[OPENINGS + place - 1]
        lines.append(replace(r, at=lines[-1].at, transfer=replace(r.transfer, id=new_id)))

    return act


REFUSED = Refusal(Reason.LINKED_FAILED, "x2")

FORGERIES: list[tuple[str, Callable[[Lines], None]]] = [
    ("id.twice", repeat(1, "in")),
    ("chain.time", edit(3, at=NOW)),
    ("account.unknown", edit(1, credit="nobody")),
    ("account.unknown", ask(0, debit="nobody")),
    ("account.unopened", lambda lines: lines.__delitem__(0)),
    ("account.twice", repeat(0, "open:again")),
    ("account.changed", ask(0, id="open:another")),
    ("entry.content", edit(0, posted=1)),
    ("entry.content", edit(0, debit="a")),
    ("entry.balance", edit(1, credit="bank")),
    ("entry.unit", edit(1, credit="hours")),
    ("entry.unit", edit(1, unit="WORKHOUR")),
    ("entry.content", edit(1, posted=2000)),
    ("entry.content", edit(1, debit="a", credit="bank")),
    ("entry.content", edit(3, debit="bank", credit="a")),
    ("refused.moved", edit(8, posted=1)),
    ("limit.minimum", ask(1, amount=399)),
    ("limit.maximum", edit(2, pending=901)),
    ("limit.total", edit(1, posted=10**17 + 1)),
    ("pending.unknown", ask(3, pending_id="in")),
    ("pending.twice", repeat(3, "again")),
    ("pending.time", edit(3, at=NOW + 5 * HOUR)),
    ("pending.time", ask(3, kind=Kind.EXPIRE, amount=0)),
    ("pending.amount", edit(3, posted=500)),
    ("pending.amount", edit(3, pending=-300)),
    ("compensation.unknown", ask(4, reverses="in")),
    ("compensation.unknown", ask(4, reverses="missing")),
    ("compensation.over", repeat(4, "back2")),
    ("linked.part", edit(6, debit="", credit="", unit="", posted=0, refusal=REFUSED)),
    ("linked.part", edit(8, debit="a", credit="b", unit="CNY", posted=5000, refusal=None)),
]


@pytest.mark.parametrize(("rule", "forge"), FORGERIES)
def test_forged_content_is_found_even_with_a_new_chain(rule: str, forge: Callable[[Lines], None]) -> None:
    lines = list(sound().records)
    forge(lines)
    if rule == "limit.minimum" and lines[OPENINGS].transfer.amount == 399:
        edit(1, posted=399)(lines)
    if rule == "compensation.over":
        lines[-1:] = [replace(lines[-1], transfer=replace(lines[-1].transfer, id=f"more{n}")) for n in range(3)]
    assert rule in {f.rule for f in check(resealed(lines))}


def tampered(change: Callable[[Lines], object]) -> set[str]:
    book, lines = sound(), list(sound().records)
    change(lines)
    return {f.rule for f in check(replace(book, records=tuple(lines), balances=rebuild(lines)))}


def test_an_edited_row_breaks_the_chain_at_its_place() -> None:
    book, lines = sound(), list(sound().records)
    edit(4, posted=99)(lines)
    (finding,) = [f for f in check(replace(book, records=tuple(lines))) if f.rule.startswith("chain")]
    assert (finding.rule, finding.place) == ("chain.hash", "8: back")
    assert "问题" not in str(finding)
    assert "the hash fits the content" in str(finding)


@pytest.mark.parametrize(
    "change",
    [
        {"memo": "x"},
        {"purpose": "x"},
        {"reference": "x"},
        {"amount": 9},
        {"id": "z"},
        {"linked": True},
        {"reverses": "hold"},
        {"debit": "hours"},
        {"credit": "hours"},
        {"unit": "WORKHOUR"},
    ],
)
def test_every_field_is_under_the_hash(change: dict[str, object]) -> None:
    assert "chain.hash" in tampered(ask(1, **change))


def test_a_removed_row_breaks_the_chain() -> None:
    assert {"chain.seq", "chain.previous"} <= tampered(lambda lines: lines.pop(3))


def test_a_rewritten_history_does_not_fit_the_published_heads() -> None:
    lines = list(sound().records)
    ask(5, memo="x")(lines)
    forged = resealed(lines, heads=sound().heads)
    assert {f.rule for f in check(forged)} == {"head.differs"}


def test_a_cut_off_tail_does_not_fit_the_published_heads() -> None:
    assert tampered(lambda lines: lines.__delitem__(slice(8, None))) == {"head.differs"}


def test_stored_balances_are_compared_with_the_journal() -> None:
    book = sound()
    wrong = {**book.balances, "a": book.balances["a"]._replace(debits=1), "ghost": Balance(1, 1)}
    found = {(f.rule, f.place) for f in check(replace(book, balances=wrong))}
    assert found == {("balance.differs", "a"), ("balance.differs", "ghost"), ("unit.sum", "CNY")}
    assert [d.account for d in compare(wrong, book.records)] == ["a", "ghost"]


@pytest.mark.parametrize(
    "change", [{"owner": "firm:9"}, {"minimum": None}, {"maximum": 5}, {"name": "x"}, {"kind": AccountKind.EQUITY}]
)
def test_an_account_that_is_changed_is_found(change: dict[str, object]) -> None:
    book = sound()
    forged = tuple(replace(a, **change) if a.id == "a" else a for a in book.accounts)  # type: ignore[arg-type]
    assert ("account.changed", "a") in {(f.rule, f.place) for f in check(replace(book, accounts=forged))}


def test_an_account_that_nobody_opened_is_found() -> None:
    book = sound()
    more = Account("c", "firm:3", AccountKind.LIABILITY)
    assert [f.rule for f in check(replace(book, accounts=(*book.accounts, more)))] == ["account.unopened"]


def test_an_account_given_twice_is_found() -> None:
    book = sound()
    assert [f.rule for f in check(replace(book, accounts=(*book.accounts, book.accounts[0])))] == ["account.twice"]


def test_every_rule_has_a_fault_that_shows_it() -> None:
    elsewhere = {
        "chain.seq",
        "chain.previous",
        "chain.hash",
        "clock.ahead",
        "head.differs",
        "balance.differs",
        "unit.sum",
    }
    assert {rule for rule, _ in FORGERIES} | elsewhere | {"account.twice"} == set(RULES)


def test_the_daily_head_is_the_last_line_of_a_day_in_china() -> None:
    book = sound()
    assert [(h.day, h.seq) for h in book.heads] == [(date(2026, 5, 1), 8), (date(2026, 5, 2), 12)]
    assert book.heads[0].hash == book.records[7].hash
    late = Ledger(book.accounts)
    late.submit([Transfer("t", Kind.POST, "bank", "a", 1, "CNY")], datetime(2026, 5, 1, 16, tzinfo=UTC))
    assert [h.day for h in Book.of(late).heads] == [date(2026, 5, 2)]


def test_each_line_carries_the_hash_of_the_line_before() -> None:
    records = sound().records
    assert all(b.previous == a.hash for a, b in pairwise(records))
    assert len({r.hash for r in records}) == len(records)
