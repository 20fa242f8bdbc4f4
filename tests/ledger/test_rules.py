"""Each rule by an example; the planted faults of ``tests.ledger.mutants`` are caught here by name."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gongzao.kernel import MAX_FEN, InvalidValue
from gongzao.ledger import (
    Account,
    AccountKind,
    Balance,
    Decision,
    Kind,
    Ledger,
    Outcome,
    Reason,
    Snapshot,
    Status,
    Transfer,
    compensate,
    decide,
    due,
    opening,
    rebuild,
    references,
)

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def ledger() -> Ledger:
    """A firm with 100.00 yuan."""
    kind = AccountKind
    book = Ledger(
        [
            Account("bank", "platform", kind.ASSET, minimum=0),
            Account("a", "firm:1", kind.LIABILITY, minimum=0),
            Account("a2", "firm:1", kind.LIABILITY, minimum=0),
            Account("b", "firm:2", kind.LIABILITY, minimum=0, maximum=50_000),
            Account("fees", "platform", kind.INCOME),
            Account("hours", "firm:1", kind.EQUITY, "WORKHOUR"),
            Account("work", "project:1", kind.ASSET, "WORKHOUR"),
        ]
    )
    submit(book, post("start", "bank", "a", 10_000))
    return book


def post(i: str, debit: str, credit: str, amount: int, **more: Any) -> Transfer:
    return Transfer(i, Kind.POST, debit, credit, amount, more.pop("unit", "CNY"), **more)


def hold(i: str, debit: str, credit: str, amount: int, **more: Any) -> Transfer:
    return Transfer(i, Kind.PENDING, debit, credit, amount, "CNY", **more)


def settle(i: str, pending_id: str, amount: int, **more: Any) -> Transfer:
    return Transfer(i, Kind.POST_PENDING, pending_id=pending_id, amount=amount, **more)


def void(i: str, pending_id: str) -> Transfer:
    return Transfer(i, Kind.VOID_PENDING, pending_id=pending_id)


def submit(ledger: Ledger, *batch: Transfer, now: datetime = NOW) -> Decision:
    return ledger.submit(batch, now)


def one(ledger: Ledger, transfer: Transfer, now: datetime = NOW) -> Outcome:
    return submit(ledger, transfer, now=now).outcomes[0]


def refused(outcome: Outcome) -> Reason:
    assert outcome.status is Status.REFUSED
    assert outcome.record.refusal is not None
    assert outcome.record.refusal.en
    assert outcome.record.refusal.zh
    return outcome.record.refusal.reason


def test_a_posting_moves_both_accounts(ledger: Ledger) -> None:
    assert one(ledger, post("t", "a", "b", 300)).status is Status.APPLIED
    assert ledger.balances["a"] == Balance(debits=300, credits=10_000)
    assert ledger.balances["b"] == Balance(credits=300)


def test_two_accounts_of_one_owner_are_booked_like_any_other(ledger: Ledger) -> None:
    one(ledger, post("t", "a", "a2", 300))
    assert ledger.balances["a"].debits == 300
    assert ledger.balances["a2"].credits == 300


def test_the_same_transfer_again_gets_the_first_answer(ledger: Ledger) -> None:
    first = one(ledger, post("t", "a", "b", 300))
    again = submit(ledger, post("t", "a", "b", 300), now=NOW + timedelta(days=1))
    assert again.outcomes == (Outcome(Status.APPLIED, first.record, True),)
    assert not again.records
    assert ledger.balances["b"].credits == 300


def test_the_same_transfer_twice_in_one_batch_is_booked_once(ledger: Ledger) -> None:
    decision = submit(ledger, post("t", "a", "b", 300), post("t", "a", "b", 300))
    assert [o.again for o in decision.outcomes] == [False, True]
    assert ledger.balances["b"].credits == 300


@pytest.mark.parametrize(
    "other", [post("t", "a", "b", 301), post("t", "a", "fees", 300), post("t", "a", "b", 300, memo="x")]
)
def test_the_same_id_with_other_content_is_a_conflict(ledger: Ledger, other: Transfer) -> None:
    one(ledger, post("t", "a", "b", 300))
    decision = submit(ledger, other)
    assert decision.outcomes[0].status is Status.CONFLICT
    assert not decision.records
    assert ledger.balances["b"].credits == 300


def test_a_refused_id_stays_refused(ledger: Ledger) -> None:
    assert refused(one(ledger, post("t", "a", "b", 20_000))) is Reason.BELOW_MINIMUM
    one(ledger, post("more", "bank", "a", 90_000))
    again = one(ledger, post("t", "a", "b", 20_000))
    assert refused(again) is Reason.BELOW_MINIMUM
    assert again.again
    assert "b" not in ledger.balances


def test_an_account_may_be_drained_but_not_overdrawn(ledger: Ledger) -> None:
    assert refused(one(ledger, post("t1", "a", "b", 10_001))) is Reason.BELOW_MINIMUM
    assert one(ledger, post("t2", "a", "b", 10_000)).status is Status.APPLIED


def test_a_maximum_holds(ledger: Ledger) -> None:
    assert refused(one(ledger, post("t1", "bank", "b", 50_001))) is Reason.ABOVE_MAXIMUM
    assert one(ledger, post("t2", "bank", "b", 50_000)).status is Status.APPLIED


def test_money_may_flow_back_into_an_account_beyond_its_limit(ledger: Ledger) -> None:
    ledger.accounts["fees"] = Account("fees", "platform", AccountKind.INCOME, minimum=0)
    ledger.balances["fees"] = Balance(debits=500)
    assert one(ledger, post("t", "a", "fees", 100)).status is Status.APPLIED
    assert refused(one(ledger, post("t2", "fees", "a", 1))) is Reason.BELOW_MINIMUM


def test_reserved_money_cannot_be_spent(ledger: Ledger) -> None:
    one(ledger, hold("h", "a", "b", 8_000))
    assert refused(one(ledger, post("t1", "a", "fees", 2_001))) is Reason.BELOW_MINIMUM
    assert refused(one(ledger, hold("h2", "a", "fees", 2_001))) is Reason.BELOW_MINIMUM
    assert one(ledger, post("t2", "a", "fees", 2_000)).status is Status.APPLIED


def test_reserved_money_is_not_yet_received(ledger: Ledger) -> None:
    one(ledger, hold("h", "a", "b", 8_000))
    assert refused(one(ledger, post("t", "b", "fees", 1))) is Reason.BELOW_MINIMUM


def test_what_is_on_its_way_counts_against_the_maximum(ledger: Ledger) -> None:
    one(ledger, hold("h", "bank", "b", 30_000))
    assert refused(one(ledger, post("t", "bank", "b", 20_001))) is Reason.ABOVE_MAXIMUM


def test_a_partial_posting_returns_the_rest(ledger: Ledger) -> None:
    one(ledger, hold("h", "a", "b", 8_000))
    one(ledger, settle("p", "h", 5_000))
    assert ledger.balances["a"] == Balance(debits=5_000, credits=10_000)
    assert ledger.balances["b"] == Balance(credits=5_000)
    assert one(ledger, post("t", "a", "fees", 5_000)).status is Status.APPLIED


def test_not_more_can_be_posted_than_reserved(ledger: Ledger) -> None:
    one(ledger, hold("h", "a", "b", 8_000))
    assert refused(one(ledger, settle("p", "h", 8_001))) is Reason.EXCEEDS_PENDING


def test_a_reservation_is_resolved_once(ledger: Ledger) -> None:
    one(ledger, hold("h", "a", "b", 4_000))
    one(ledger, settle("p", "h", 4_000))
    assert refused(one(ledger, settle("p2", "h", 4_000))) is Reason.PENDING_RESOLVED
    assert refused(one(ledger, void("v", "h"))) is Reason.PENDING_RESOLVED
    assert ledger.balances["b"] == Balance(credits=4_000)


def test_a_reservation_is_resolved_once_inside_a_batch(ledger: Ledger) -> None:
    decision = submit(ledger, hold("h", "a", "b", 4_000), void("v", "h"), settle("p", "h", 1))
    assert [o.status for o in decision.outcomes] == [Status.APPLIED, Status.APPLIED, Status.REFUSED]
    assert ledger.balances["a"] == Balance(credits=10_000)


def test_an_expired_reservation_can_only_expire(ledger: Ledger) -> None:
    end = NOW + timedelta(hours=1)
    one(ledger, hold("h", "a", "b", 4_000, expires_at=end))
    assert refused(one(ledger, Transfer("x", Kind.EXPIRE, pending_id="h"))) is Reason.NOT_YET_EXPIRED
    assert due(ledger.reservations(), end - timedelta(microseconds=1)) == []
    assert refused(one(ledger, settle("p", "h", 4_000), end)) is Reason.PENDING_EXPIRED
    assert refused(one(ledger, void("v", "h"), end)) is Reason.PENDING_EXPIRED
    (expiry,) = due(ledger.reservations(), end)
    assert one(ledger, expiry, end).status is Status.APPLIED
    assert ledger.balances["a"] == Balance(credits=10_000)
    assert due(ledger.reservations(), end) == []


def test_a_reservation_without_end_never_expires(ledger: Ledger) -> None:
    one(ledger, hold("h", "a", "b", 4_000))
    assert refused(one(ledger, Transfer("x", Kind.EXPIRE, pending_id="h"), NOW + timedelta(days=999))) is (
        Reason.NOT_YET_EXPIRED
    )


def test_a_reservation_must_end_in_the_future(ledger: Ledger) -> None:
    assert refused(one(ledger, hold("h", "a", "b", 1, expires_at=NOW))) is Reason.EXPIRES_IN_PAST


@pytest.mark.parametrize("pending_id", ["nothing", "start", "bad"])
def test_only_a_booked_reservation_can_be_resolved(ledger: Ledger, pending_id: str) -> None:
    one(ledger, hold("bad", "a", "b", 99_999))
    assert refused(one(ledger, void("v", pending_id))) is Reason.PENDING_UNKNOWN


def test_linked_transfers_succeed_together(ledger: Ledger) -> None:
    decision = submit(ledger, post("t1", "a", "b", 9_000, linked=True), post("t2", "b", "fees", 9_000))
    assert {o.status for o in decision.outcomes} == {Status.APPLIED}


def test_linked_transfers_fail_together(ledger: Ledger) -> None:
    before = dict(ledger.balances)
    decision = submit(
        ledger,
        post("t1", "a", "b", 100, linked=True),
        hold("t2", "a", "b", 100, linked=True),
        settle("t3", "t2", 100, linked=True),
        post("t4", "bank", "a", 1, reverses="nothing", linked=True),
        post("t5", "a", "fees", 100),
        post("alone", "a", "fees", 7),
    )
    assert [refused(o) for o in decision.outcomes[:5]] == [
        Reason.LINKED_FAILED,
        Reason.LINKED_FAILED,
        Reason.LINKED_FAILED,
        Reason.REVERSES_UNKNOWN,
        Reason.LINKED_FAILED,
    ]
    assert decision.outcomes[5].status is Status.APPLIED
    assert not decision.resolved
    assert before["bank"] == ledger.balances["bank"]
    assert ledger.balances["a"] == before["a"]._replace(debits=7)
    assert "b" not in ledger.balances
    assert refused(one(ledger, post("t1", "a", "b", 100, linked=True))) is Reason.LINKED_FAILED


def test_a_chain_with_an_answered_id_books_nothing_new(ledger: Ledger) -> None:
    one(ledger, post("t1", "a", "b", 100))
    decision = submit(ledger, post("new", "a", "b", 100, linked=True), post("t1", "a", "b", 100))
    assert refused(decision.outcomes[0]) is Reason.LINKED_FAILED
    assert decision.outcomes[1].again
    assert ledger.balances["b"].credits == 100


def test_a_chain_that_is_not_closed_is_refused(ledger: Ledger) -> None:
    assert refused(one(ledger, post("t", "a", "b", 100, linked=True))) is Reason.CHAIN_OPEN


def test_a_chain_that_names_an_id_twice_is_refused(ledger: Ledger) -> None:
    decision = submit(ledger, post("t", "a", "b", 100, linked=True), post("t", "a", "b", 100))
    assert refused(decision.outcomes[0]) is Reason.CHAIN_REPEATS
    assert decision.outcomes[1].status is Status.CONFLICT
    assert "b" not in ledger.balances


def test_a_compensation_takes_back_at_most_what_was_booked(ledger: Ledger) -> None:
    one(ledger, post("t", "a", "b", 1_000))
    assert one(ledger, post("r1", "b", "a", 600, reverses="t")).status is Status.APPLIED
    assert refused(one(ledger, post("r2", "b", "a", 401, reverses="t"))) is Reason.OVER_REVERSED
    assert one(ledger, post("r3", "b", "a", 400, reverses="t")).status is Status.APPLIED
    assert ledger.reversed == {"t": 1_000}


def test_two_compensations_in_one_batch_count_together(ledger: Ledger) -> None:
    submit(ledger, post("t", "a", "b", 1_000), post("more", "a", "b", 1_000))
    decision = submit(
        ledger,
        post("r1", "b", "a", 600, reverses="t", linked=True),
        post("r2", "b", "a", 600, reverses="t"),
        post("r3", "b", "a", 1_000, reverses="t"),
    )
    assert [o.status.value for o in decision.outcomes] == ["refused", "refused", "applied"]


def test_a_compensation_runs_the_other_way_round(ledger: Ledger) -> None:
    one(ledger, post("t", "a", "b", 1_000))
    for n, pair in enumerate([("a", "b"), ("fees", "a"), ("b", "a2")]):
        wrong = one(ledger, post(f"r{n}", *pair, 10, reverses="t"))
        assert refused(wrong) is Reason.REVERSES_OTHER_ACCOUNTS


def test_a_compensation_cannot_be_compensated(ledger: Ledger) -> None:
    submit(ledger, post("t", "a", "b", 1_000), post("r", "b", "a", 1_000, reverses="t"))
    assert refused(one(ledger, post("rr", "a", "b", 1_000, reverses="r"))) is Reason.REVERSES_REVERSAL


def test_a_reservation_is_voided_not_compensated(ledger: Ledger) -> None:
    one(ledger, hold("h", "a", "b", 1_000))
    assert refused(one(ledger, post("r", "b", "a", 1, reverses="h"))) is Reason.REVERSES_UNKNOWN


def test_a_refund_of_a_payment_with_fee_returns_the_net_from_each_receiver(ledger: Ledger) -> None:
    submit(ledger, post("price", "a", "b", 9_500, linked=True), post("fee", "a", "fees", 500))
    originals = [ledger.records["price"], ledger.records["fee"]]
    for n, amount in enumerate([3_333, 3_333, 3_334]):
        decision = submit(ledger, *compensate(originals, ledger.reversed, amount, prefix=f"refund{n}"))
        assert {o.status for o in decision.outcomes} == {Status.APPLIED}
    assert ledger.reversed == {"price": 9_500, "fee": 500}
    for account, kind in (("a", AccountKind.LIABILITY), ("b", AccountKind.LIABILITY), ("fees", AccountKind.INCOME)):
        assert ledger.balances[account].of(kind) == (10_000 if account == "a" else 0)
    with pytest.raises(InvalidValue, match=r"between 1 and 0 can be given back"):
        compensate(originals, ledger.reversed, 1, prefix="more")


def test_a_refund_takes_one_unit(ledger: Ledger) -> None:
    submit(ledger, post("t", "a", "b", 10), post("w", "work", "hours", 10, unit="WORKHOUR"))
    with pytest.raises(InvalidValue, match="one unit"):
        compensate([ledger.records["t"], ledger.records["w"]], {}, 5, prefix="r")


@pytest.mark.parametrize(("debit", "credit"), [("nobody", "a"), ("a", "nobody")])
def test_an_unknown_account_is_refused(ledger: Ledger, debit: str, credit: str) -> None:
    assert refused(one(ledger, post("t", debit, credit, 1))) is Reason.UNKNOWN_ACCOUNT


@pytest.mark.parametrize(
    ("debit", "credit", "unit"), [("a", "b", "WORKHOUR"), ("work", "b", "CNY"), ("a", "hours", "CNY")]
)
def test_units_never_mix(ledger: Ledger, debit: str, credit: str, unit: str) -> None:
    assert refused(one(ledger, post("t", debit, credit, 1, unit=unit))) is Reason.OTHER_UNIT


def test_turnover_stays_inside_64_bits(ledger: Ledger) -> None:
    ledger.balances["fees"] = Balance(debits=MAX_FEN - 5, credits_pending=2, credits=MAX_FEN - 3)
    assert refused(one(ledger, post("t1", "a", "fees", 2))) is Reason.TOTAL_TOO_LARGE
    assert one(ledger, post("t2", "a", "fees", 1)).status is Status.APPLIED


def test_time_never_runs_backwards(ledger: Ledger) -> None:
    assert one(ledger, post("t", "a", "b", 1), NOW - timedelta(days=1)).record.at == NOW


def test_a_time_needs_a_zone(ledger: Ledger) -> None:
    with pytest.raises(InvalidValue, match="time zone"):
        submit(ledger, post("t", "a", "b", 1), now=datetime(2026, 3, 1))  # noqa: DTZ001 - the fault under test


def test_a_snapshot_of_the_named_rows_is_enough(ledger: Ledger) -> None:
    """What a database loads by :func:`references` leads to the same decision as the whole ledger."""
    submit(ledger, hold("h", "a", "b", 500), post("t", "a", "b", 300), post("noise", "bank", "a2", 9))
    batch = [settle("p", "h", 200), post("r", "b", "a", 300, reverses="t"), post("t", "a", "b", 300)]
    accounts, transfers = references(batch)
    records = {i: ledger.records[i] for i in transfers if i in ledger.records}
    accounts |= {a for t in batch if t.pending_id for a in (records[t.pending_id].debit, records[t.pending_id].credit)}
    assert accounts == {"a", "b"}
    snapshot = Snapshot(
        {a: ledger.accounts[a] for a in accounts},
        {a: ledger.balances[a] for a in accounts},
        records,
        {},
        {},
        ledger.head,
    )
    assert decide(snapshot, batch, NOW) == ledger.submit(batch, NOW)


def test_balances_can_be_rebuilt(ledger: Ledger) -> None:
    submit(ledger, hold("h", "a", "b", 500), settle("p", "h", 200), hold("open", "a", "fees", 40))
    assert rebuild(ledger.records.values()) == ledger.balances


def test_an_account_is_opened_as_what_it_is() -> None:
    """And once; another content under the same name is refused."""
    account = Account("new", "firm:1", AccountKind.LIABILITY, minimum=0)
    ledger = Ledger([account])
    ledger.submit([], NOW)
    (line,) = ledger.records.values()
    assert (line.transfer, line.moved, line.posted, line.refusal) == (opening(account), False, 0, None)
    again = ledger.submit([opening(account)], NOW).outcomes[0]
    assert (again.status, again.again) == (Status.APPLIED, True)
    for other, reason in (
        (replace(account, owner="firm:2"), Reason.OTHER_OPENING),
        (replace(account, minimum=None), Reason.OTHER_OPENING),
        (replace(account, id="unknown"), Reason.UNKNOWN_ACCOUNT),
    ):
        refusal = ledger.submit([opening(other)], NOW).outcomes[0].record.refusal
        assert refusal is not None
        assert refusal.reason is reason
