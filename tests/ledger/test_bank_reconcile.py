from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from gongzao.kernel import InvalidValue
from gongzao.ledger import (
    Account,
    AccountKind,
    BankLine,
    BookEntry,
    Kind,
    Ledger,
    Match,
    MatchedBy,
    Reconciliation,
    Transfer,
    book_entries,
    check_reconciliation,
    reconcile,
)

DAY = date(2026, 1, 5)
LAST = date(2026, 1, 31)


def on(day: int) -> date:
    return date(2026, 1, day)


def match(lines: list[BankLine], entries: list[BookEntry], opening: int = 0) -> Reconciliation:
    found = reconcile(
        lines,
        entries,
        last=LAST,
        bank_balance=opening + sum(line.amount for line in lines),
        books_balance=sum(entry.amount for entry in entries if entry.on <= LAST),
    )
    assert check_reconciliation(lines, entries, found, window_days=3) == ()
    return found


def test_the_end_to_end_id_goes_before_the_reference_and_before_the_day() -> None:
    entries = [BookEntry(1, on(5), 100, ("t1",)), BookEntry(2, on(20), 100, ("t2",)), BookEntry(3, on(5), 100, ("t3",))]
    lines = [BankLine(1, on(5), 100), BankLine(2, on(5), 100, "t1"), BankLine(3, on(5), 100, "t1", "t2")]
    found = match(lines, entries)
    assert {m.line.number: (m.entry.seq, m.by) for m in found.matches} == {
        1: (3, MatchedBy.AMOUNT_AND_DATE),
        2: (1, MatchedBy.REFERENCE),
        3: (2, MatchedBy.END_TO_END_ID),
    }
    assert found.clean


def test_the_nearest_day_is_taken_and_nothing_beyond_the_window() -> None:
    entries = [BookEntry(1, on(5), 100), BookEntry(2, on(8), 100), BookEntry(3, on(20), 100)]
    found = match([BankLine(1, on(7), 100), BankLine(2, on(8), 100), BankLine(3, on(16), 100)], entries)
    assert [(m.line.number, m.entry.seq) for m in found.matches] == [(1, 1), (2, 2)]
    assert [line.number for line in found.bank_only] == [3]
    assert [entry.seq for entry in found.books_only] == [3]
    assert (found.difference, found.unexplained) == (0, 0)
    assert not found.clean


def test_same_key_other_amount_is_shown_as_a_pair() -> None:
    found = match([BankLine(1, DAY, 90, "", "t1")], [BookEntry(1, DAY, 100, ("t1",))])
    assert [(m.line.number, m.entry.seq, m.difference) for m in found.differing] == [(1, 1, -10)]
    assert (found.matches, found.explained, found.difference) == ((), -10, -10)


def test_other_direction_is_another_movement() -> None:
    found = match([BankLine(1, DAY, -100, "", "t1")], [BookEntry(1, DAY, 100, ("t1",))])
    assert (len(found.bank_only), len(found.books_only)) == (1, 1)
    assert found.unexplained == 0


def test_an_entry_after_the_last_day_explains_but_is_not_missed() -> None:
    february = date(2026, 2, 1)
    found = match([BankLine(1, LAST, 100)], [BookEntry(1, february, 100), BookEntry(2, february, 50)])
    assert (found.ahead, found.difference, found.unexplained) == (100, 100, 0)
    assert found.books_only == ()


def test_a_settled_pair_of_an_earlier_statement_still_explains() -> None:
    pair = Match(BankLine(1, LAST, 100), BookEntry(1, date(2026, 2, 1), 100), MatchedBy.AMOUNT_AND_DATE)
    found = reconcile([], [], last=LAST, bank_balance=100, books_balance=0, settled=[pair])
    assert found.unexplained == 0
    assert check_reconciliation([], [], found, window_days=3) == ()


def test_a_missing_statement_stays_unexplained() -> None:
    assert match([], [], opening=700).unexplained == 700


def test_numbers_are_given_once_and_the_window_is_no_negative() -> None:
    with pytest.raises(InvalidValue, match="given twice"):
        reconcile([BankLine(1, DAY, 1)] * 2, [], last=LAST, bank_balance=0, books_balance=0)
    with pytest.raises(InvalidValue, match="given twice"):
        reconcile([], [BookEntry(1, DAY, 1)] * 2, last=LAST, bank_balance=0, books_balance=0)
    with pytest.raises(InvalidValue, match="window"):
        reconcile([], [], last=LAST, bank_balance=0, books_balance=0, window_days=-1)


def test_the_entries_of_an_account_come_from_the_journal() -> None:
    bank = Account("bank", "platform", AccountKind.ASSET)
    firm = Account("firm", "firm:1", AccountKind.LIABILITY)
    ledger = Ledger([bank, firm])
    now = datetime(2026, 1, 5, 17, tzinfo=UTC)  # already the next day in China
    ledger.submit(
        [
            Transfer("d1", Kind.POST, "bank", "firm", 500, "CNY", reference="R9"),
            Transfer("h1", Kind.PENDING, "firm", "bank", 200, "CNY"),
            Transfer("w1", Kind.POST_PENDING, pending_id="h1", amount=150),
            Transfer("x", Kind.POST, "bank", "nobody", 1, "CNY"),
        ],
        now,
    )
    assert book_entries(bank, ledger.records.values()) == (
        BookEntry(3, date(2026, 1, 6), 500, ("d1", "R9")),
        BookEntry(5, date(2026, 1, 6), -150, ("w1", "h1")),
    )
    assert [e.amount for e in book_entries(firm, ledger.records.values())] == [500, -150]


LINE, ENTRY = BankLine(1, DAY, 100, "", "t1"), BookEntry(1, DAY, 100, ("t1",))
PAIR = Match(LINE, ENTRY, MatchedBy.END_TO_END_ID)
GOOD = Reconciliation(LAST, 100, 100, (PAIR,), (), (), ())


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        (replace(GOOD, bank_only=(LINE,)), "line.once"),
        (replace(GOOD, matches=()), "line.once"),
        (replace(GOOD, matches=(), bank_only=(LINE,), books_only=(ENTRY,)), "missed"),
        (replace(GOOD, books_only=(ENTRY,)), "entry.once"),
        (replace(GOOD, matches=(), differing=(PAIR,)), "differing.same"),
        (replace(GOOD, matches=(replace(PAIR, by=MatchedBy.REFERENCE),)), "match.reason"),
        (replace(GOOD, matches=(replace(PAIR, entry=replace(ENTRY, amount=99)),)), "match.amount"),
    ],
)
def test_the_auditor_finds_planted_faults(bad: Reconciliation, rule: str) -> None:
    assert check_reconciliation([LINE], [ENTRY], GOOD, window_days=3) == ()
    assert rule in {text.split(":")[0] for text in check_reconciliation([LINE], [ENTRY], bad, window_days=3)}
