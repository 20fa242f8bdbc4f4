"""Random histories: the engine against a deliberately simple model that recomputes everything from a list.

``python -m tests.ledger.test_machine_properties 5000`` runs that many histories.
"""

import sys
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from gongzao.ledger import (
    Account,
    AccountKind,
    Book,
    Kind,
    Ledger,
    Transfer,
    check,
    compare,
    compensate,
    due,
)

ACCOUNTS = [
    Account("bank", "platform", AccountKind.ASSET, minimum=0),
    Account("firm:a", "firm:1", AccountKind.LIABILITY, minimum=0),
    Account("firm:b", "firm:1", AccountKind.LIABILITY, minimum=0, maximum=90),
    Account("fees", "platform", AccountKind.INCOME),
    Account("costs", "platform", AccountKind.EXPENSE, minimum=-20, maximum=60),
    Account("given", "firm:1", AccountKind.EQUITY, "WORKHOUR"),
    Account("received", "project:1", AccountKind.ASSET, "WORKHOUR", maximum=100),
    Account("payer", "firm:2", AccountKind.EQUITY),
    Account("pot", "project:1", AccountKind.EQUITY),
]
LIMITED = [a.id for a in ACCOUNTS[:7]]
START = datetime(2026, 1, 1, tzinfo=UTC)

ids = st.integers(0, 60).map(lambda n: f"t{n}")
amounts = st.one_of(st.integers(1, 12), st.integers(1, 120))
movements = st.builds(
    lambda i, kind, pair, amount, unit, hours: Transfer(
        i,
        kind,
        pair[0],
        pair[1],
        amount,
        unit,
        expires_at=START + timedelta(hours=hours) if hours and kind is Kind.PENDING else None,
    ),
    ids,
    st.sampled_from([Kind.POST, Kind.POST, Kind.PENDING]),
    st.permutations([*LIMITED, "nobody"]).map(lambda p: p[:2]),
    amounts,
    st.sampled_from(["CNY", "CNY", "CNY", "WORKHOUR"]),
    st.integers(0, 40),
)
cash = st.sampled_from(
    [("bank", "firm:a"), ("firm:a", "firm:b"), ("firm:a", "fees"), ("costs", "bank"), ("firm:b", "firm:a")]
)
likely = st.builds(
    lambda i, kind, pair, amount: Transfer(i, kind, pair[0], pair[1], amount, "CNY"),
    ids,
    st.sampled_from([Kind.POST, Kind.PENDING]),
    cash,
    amounts,
)
resolutions = st.builds(
    lambda i, kind, pending, amount: Transfer(
        i, kind, pending_id=pending, amount=amount if kind is Kind.POST_PENDING else 0
    ),
    ids,
    st.sampled_from([Kind.POST_PENDING, Kind.POST_PENDING, Kind.VOID_PENDING, Kind.EXPIRE]),
    ids,
    amounts,
)
corrections = st.builds(
    lambda i, original, pair, amount: Transfer(i, Kind.POST, pair[1], pair[0], amount, "CNY", reverses=original),
    ids,
    ids,
    cash,
    amounts,
)
transfers = st.one_of(movements, likely, likely, resolutions, corrections)


class Model:
    """The rules as plainly as possible: a list of what was booked, and sums over it."""

    def __init__(self) -> None:
        self.accounts = {a.id: a for a in ACCOUNTS}
        self.answers: dict[str, tuple[Transfer, bool]] = {}
        self.booked: list[dict[str, Any]] = []

    def find(self, transfer_id: str) -> dict[str, Any] | None:
        return next((b for b in self.booked if b["id"] == transfer_id), None)

    def range(self, account: str) -> tuple[int, int]:
        """Lowest and highest balance that open reservations can lead to."""
        low = high = 0
        grows = self.accounts[account].kind in ("asset", "expense")
        for b in self.booked:
            for side in ("debit", "credit"):
                if b[side] != account:
                    continue
                sign = 1 if (side == "debit") is grows else -1
                low += sign * b["posted"] + min(0, sign * b["open"])
                high += sign * b["posted"] + max(0, sign * b["open"])
        return low, high

    def submit(self, batch: list[Transfer], now: datetime) -> list[str]:
        answers: list[str] = []
        chain: list[Transfer] = []
        for t in batch:
            chain.append(t)
            if not t.linked:
                answers += self.chain(chain, now, closed=True)
                chain = []
        return answers + (self.chain(chain, now, closed=False) if chain else [])

    def chain(self, chain: list[Transfer], now: datetime, closed: bool) -> list[str]:
        before = deepcopy(self.booked)
        fresh = not any(t.id in self.answers for t in chain) and len({t.id for t in chain}) == len(chain)
        good = fresh and closed and all(self.book(t, now) for t in chain)
        if not good:
            self.booked = before
        answers = []
        for t in chain:
            content, applied = self.answers.setdefault(t.id, (t, good))
            answers.append("conflict" if content != t else "applied" if applied else "refused")
        return answers

    def book(self, t: Transfer, now: datetime) -> bool:
        if t.kind in (Kind.POST, Kind.PENDING):
            return self.move(t, now)
        p = self.find(t.pending_id)
        if p is None or p["kind"] is not Kind.PENDING or p["done"]:
            return False
        late = p["until"] is not None and p["until"] <= now
        if late != (t.kind is Kind.EXPIRE) or t.amount > p["open"]:
            return False
        p["done"], p["open"] = True, 0
        self.add(t, p["debit"], p["credit"], posted=t.amount)
        return True

    def move(self, t: Transfer, now: datetime) -> bool:
        debit, credit = self.accounts.get(t.debit), self.accounts.get(t.credit)
        if debit is None or credit is None or {debit.unit, credit.unit} != {t.unit}:
            return False
        if (t.expires_at is not None and t.expires_at <= now) or (t.reverses and not self.may_reverse(t)):
            return False
        before = {a.id: self.range(a.id) for a in (debit, credit)}
        reserve = t.kind is Kind.PENDING
        self.add(t, t.debit, t.credit, posted=0 if reserve else t.amount, open=t.amount if reserve else 0)
        for account in (debit, credit):
            (low, high), (old_low, old_high) = self.range(account.id), before[account.id]
            if account.minimum is not None and low < old_low and low < account.minimum:
                return False
            if account.maximum is not None and high > old_high and high > account.maximum:
                return False
        return True

    def may_reverse(self, t: Transfer) -> bool:
        original = self.find(t.reverses)
        if original is None or original["of"] or (original["debit"], original["credit"]) != (t.credit, t.debit):
            return False
        done = sum(b["posted"] for b in self.booked if b["of"] == t.reverses)
        return bool(done + t.amount <= original["posted"])

    def add(self, t: Transfer, debit: str, credit: str, *, posted: int, open: int = 0) -> None:  # noqa: A002
        facts = {"id": t.id, "kind": t.kind, "debit": debit, "credit": credit, "posted": posted, "open": open}
        self.booked.append({**facts, "until": t.expires_at, "of": t.reverses, "done": False})


class Histories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.ledger = Ledger(ACCOUNTS)
        self.ledger.submit([], START)  # opens them
        self.now = START
        self.sent: list[list[Transfer]] = []
        self.round: list[str] = []
        self.count = 0

    def both(self, batch: list[Transfer]) -> list[str]:
        decision = self.ledger.submit(batch, self.now)
        answers = [o.status.value for o in decision.outcomes]
        assert answers == self.model.submit(batch, self.now)
        assert [o.record.transfer.id for o in decision.outcomes] == [t.id for t in batch]
        self.sent.append(batch)
        return answers

    @rule(t=transfers)
    def single(self, t: Transfer) -> None:
        self.both([t])

    @rule(batch=st.lists(transfers, min_size=2, max_size=5), linked=st.lists(st.booleans(), min_size=5, max_size=5))
    def batch(self, batch: list[Transfer], linked: list[bool]) -> None:
        fields = [{f: getattr(t, f) for f in Transfer.__slots__} for t in batch]
        self.both([Transfer(**{**f, "linked": flag}) for f, flag in zip(fields, linked, strict=False)])

    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        """The same batch later: not one line more, and every answer as before."""
        if self.sent:
            batch = data.draw(st.sampled_from(self.sent))
            before = self.ledger.head
            decision = self.ledger.submit(batch, self.now)
            assert self.ledger.head == before
            assert not decision.records
            assert all(o.again for o in decision.outcomes)
            assert [o.status.value for o in decision.outcomes] == self.model.submit(batch, self.now)

    @rule(data=st.data(), kind=st.sampled_from([Kind.POST_PENDING, Kind.VOID_PENDING]), i=ids, amount=amounts)
    def resolve(self, data: st.DataObject, kind: Kind, i: str, amount: int) -> None:
        reserved = [r.transfer.id for r in self.ledger.records.values() if r.pending > 0]
        if reserved:
            pending_id = data.draw(st.sampled_from(reserved))
            self.both([Transfer(i, kind, pending_id=pending_id, amount=amount if kind is Kind.POST_PENDING else 0)])

    @rule(data=st.data(), i=ids, amount=amounts)
    def correct(self, data: st.DataObject, i: str, amount: int) -> None:
        posted = [r for r in self.ledger.records.values() if r.posted and r.transfer.id.startswith("t")]
        if posted:
            r = data.draw(st.sampled_from(posted))
            self.both([Transfer(i, Kind.POST, r.credit, r.debit, amount, r.unit, reverses=r.transfer.id)])

    @rule(hours=st.integers(1, 20))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        batch = due(self.ledger.reservations(), self.now)
        if batch:
            assert set(self.both(batch)) == {"applied"}

    @rule(gifts=st.lists(st.integers(1, 10**6), min_size=2, max_size=6))
    def collect(self, gifts: list[int]) -> None:
        self.count += 1
        batch = [Transfer(f"gift:{self.count}:{n}", Kind.POST, "payer", "pot", g, "CNY") for n, g in enumerate(gifts)]
        assert set(self.both(batch)) == {"applied"}
        self.round = [t.id for t in batch]

    @rule(part=st.floats(0, 1))
    def refund(self, part: float) -> None:
        """What went back to each so far stays within one fen of its exact share, however often it is repeated."""
        originals = [self.ledger.records[i] for i in self.round]
        given = sum(r.posted for r in originals)
        left = given - sum(self.ledger.reversed.get(i, 0) for i in self.round)
        if not left:
            return
        self.count += 1
        back = compensate(originals, self.ledger.reversed, max(1, int(left * part)), prefix=f"back:{self.count}")
        assert set(self.both(list(back))) == {"applied"}
        shares = [self.ledger.reversed.get(i, 0) for i in self.round]
        for r, share in zip(originals, shares, strict=True):
            assert abs(share * given - sum(shares) * r.posted) < given

    @invariant()
    def sound(self) -> None:
        ledger = self.ledger
        records = tuple(ledger.records.values())
        assert compare(ledger.balances, records) == ()
        assert check(Book.of(ledger)) == ()
        for unit in ("CNY", "WORKHOUR"):
            balances = [b for a, b in ledger.balances.items() if ledger.accounts[a].unit == unit]
            assert sum(b.debits - b.credits for b in balances) == 0
            assert sum(b.debits_pending - b.credits_pending for b in balances) == 0
        for account in ACCOUNTS:
            if account.id in ledger.balances:
                assert ledger.balances[account.id].worst(account.kind) == self.model.range(account.id)


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)

if __name__ == "__main__":
    run_state_machine_as_test(
        Histories, settings=settings(max_examples=int(sys.argv[1]), stateful_step_count=25, deadline=None)
    )
