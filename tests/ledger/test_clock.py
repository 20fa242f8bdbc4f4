from datetime import UTC, datetime, timedelta

import pytest

from gongzao.kernel import InvalidValue
from gongzao.ledger import REST, Account, AccountKind, Book, Head, Kind, Ledger, Transfer, check, check_clock

LAST = datetime(2026, 11, 27, 9, tzinfo=UTC)
HEAD = Head(7, LAST, "a" * 64)


@pytest.mark.parametrize("later", [REST + timedelta(microseconds=1), timedelta(days=365), timedelta(days=3650)])
def test_a_clock_that_has_jumped_is_refused_and_the_way_out_is_named(later: timedelta) -> None:
    with pytest.raises(InvalidValue) as caught:
        check_clock(HEAD, LAST + later)
    assert caught.value.code == "ledger.clock"
    assert f"GONGZAO_LEDGER_REST_DAYS={later.days + 1}" in caught.value.zh
    check_clock(HEAD, LAST + later, timedelta(days=later.days + 1))


@pytest.mark.parametrize("later", [REST, timedelta(0), timedelta(days=-3650)])
def test_a_rest_and_a_clock_that_is_behind_are_no_jump(later: timedelta) -> None:
    """Behind, the time of the last line is kept."""
    check_clock(HEAD, LAST + later)


def test_the_first_line_may_be_of_any_time() -> None:
    check_clock(Head(), datetime(2036, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(("behind", "found"), [(6, True), (4, False), (0, False), (-60, False), (60 * 24, True)])
def test_a_journal_that_is_ahead_of_the_clock_is_named(behind: int, found: bool) -> None:
    ledger = Ledger([Account("bank", "p", AccountKind.ASSET), Account("a", "p", AccountKind.LIABILITY)])
    ledger.submit([Transfer("t", Kind.POST, "bank", "a", 1, "CNY")], LAST)
    rules = [finding.rule for finding in check(Book.of(ledger), LAST - timedelta(minutes=behind))]
    assert rules == (["clock.ahead"] if found else [])
