from contextlib import suppress
from datetime import date, timedelta
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzao.kernel import InvalidInput
from gongzao.ledger import (
    BankLine,
    BookEntry,
    GapKind,
    MatchedBy,
    check_reconciliation,
    gaps,
    read_statements,
    reconcile,
)
from tests.ledger.bank_files import Camt, csv_rows

FIRST = date(2026, 1, 1)
amounts = st.integers(-(10**14), 10**14).filter(bool)
words = st.text("示例公司ABC123", max_size=8)


@st.composite
def bank_lines(draw: st.DrawFn) -> list[BankLine]:
    days = sorted(draw(st.lists(st.integers(0, 30), max_size=12)))
    return [
        BankLine(n, FIRST + timedelta(days=day), draw(amounts), f"R{n}", draw(words), draw(words), draw(words))
        for n, day in enumerate(days, 1)
    ]


def bare(lines: list[BankLine] | tuple[BankLine, ...]) -> list[tuple[object, ...]]:
    return [(x.booked_on, x.amount, x.reference, x.end_to_end_id, x.counterparty, x.text) for x in lines]


@given(bank_lines(), st.integers(-(10**14), 10**14), st.integers(2, 8))
def test_camt_gives_back_what_the_bank_wrote(lines: list[BankLine], opening: int, version: int) -> None:
    (statement,) = read_statements(Camt(lines, opening, version=version).text().encode(), "x.xml")
    assert bare(statement.lines) == bare(lines)
    assert statement.opening + sum(line.amount for line in lines) == statement.closing


@given(bank_lines().filter(bool), st.integers(0, 10**14), st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]))
def test_csv_gives_back_what_the_bank_wrote(lines: list[BankLine], opening: int, encoding: str) -> None:
    (statement,) = read_statements("\n".join(csv_rows(lines, opening)).encode(encoding), "x.csv")
    assert bare(statement.lines) == bare(lines)
    assert statement.opening == opening


@given(bank_lines().filter(bool), st.data())
def test_a_changed_balance_is_never_accepted_silently(lines: list[BankLine], data: st.DataObject) -> None:
    text = Camt(lines).text(closing=sum(line.amount for line in lines) + data.draw(amounts))
    with pytest.raises(InvalidInput) as caught:
        read_statements(text.encode(), "x.xml")
    assert [p.code for p in caught.value.problems] == ["bank.sum"]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_by_name(data: bytes) -> None:
    for start in (b"", b"<", "日期,收入,余额\n".encode()):
        with suppress(InvalidInput):  # anything else fails the test
            read_statements(start + data, "x")


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=6))
def test_statements_that_continue_each_other_have_no_gap(moves: list[int]) -> None:
    balances = list(accumulate(moves, initial=0))
    files = [
        Camt(
            [BankLine(1, FIRST + timedelta(days=n), move)] if move else [],
            balances[n],
            FIRST + timedelta(days=n),
            FIRST + timedelta(days=n),
        )
        for n, move in enumerate(moves)
    ]
    statements = [read_statements(file.text().encode(), "x")[0].span for file in files]
    assert gaps(statements) == ()
    del statements[len(statements) // 2]
    kinds = {gap.kind for gap in gaps(statements)}
    assert kinds <= {GapKind.BALANCE, GapKind.DAYS}
    if 0 < len(moves) // 2 < len(moves) - 1:
        assert kinds


few_keys = st.sampled_from(["", "", "a", "b", "c"])
few_amounts = st.integers(-3, 3).filter(bool)
few_days = st.integers(0, 8).map(lambda d: FIRST + timedelta(days=d))
some_lines = st.lists(st.tuples(few_days, few_amounts, few_keys, few_keys), max_size=9)
some_entries = st.lists(st.tuples(few_days, few_amounts, few_keys, few_keys), max_size=9)


@given(some_lines, some_entries, st.integers(0, 4), st.integers(-9, 9), st.randoms(use_true_random=False))
def test_reconciliation_is_sound_and_does_not_depend_on_order(lines, entries, window, opening, random) -> None:  # type: ignore[no-untyped-def]
    last = FIRST + timedelta(days=6)
    bank = [BankLine(n, min(day, last), fen, ref, e2e) for n, (day, fen, ref, e2e) in enumerate(lines)]
    books = [
        BookEntry(n, day, fen, tuple(key for key in (f"t{n}", a, b) if key))
        for n, (day, fen, a, b) in enumerate(entries)
    ]
    balances = {
        "last": last,
        "bank_balance": opening + sum(line.amount for line in bank),
        "books_balance": sum(entry.amount for entry in books if entry.on <= last),
        "window_days": window,
    }
    found = reconcile(bank, books, **balances)
    assert check_reconciliation(bank, books, found, window_days=window) == ()
    assert found.unexplained == opening
    shuffled = [random.sample(items, len(items)) for items in (bank, books)]
    assert reconcile(*shuffled, **balances) == found


@given(some_entries, st.integers(0, 3))
def test_what_the_bank_repeats_word_for_word_is_matched_in_full(entries, late) -> None:  # type: ignore[no-untyped-def]
    books = [BookEntry(n, day, fen, (f"t{n}",)) for n, (day, fen, _, _) in enumerate(entries)]
    bank = [BankLine(e.seq, e.on + timedelta(days=late), e.amount, end_to_end_id=f"t{e.seq}") for e in books]
    total = sum(entry.amount for entry in books)
    found = reconcile(bank, books, last=FIRST + timedelta(days=20), bank_balance=total, books_balance=total)
    assert found.clean
    assert [(m.line.number, m.entry.seq, m.by) for m in found.matches] == [
        (e.seq, e.seq, MatchedBy.END_TO_END_ID) for e in books
    ]
