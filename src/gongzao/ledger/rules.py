"""The rules: a batch of transfers and what is known, in; what to store and to answer, out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from gongzao.kernel import MAX_FEN
from gongzao.ledger.chain import opening, seal
from gongzao.ledger.errors import Reason, Refusal
from gongzao.ledger.model import RESOLVING, Account, Balance, Kind, Transfer, check_time
from gongzao.ledger.record import Decision, Head, Outcome, Record, Snapshot, Status


class References(NamedTuple):
    """What a batch names: accounts, and transfer ids (its own, reservations, compensated ones)."""

    accounts: frozenset[str]
    transfers: frozenset[str]


def references(batch: Iterable[Transfer]) -> References:
    """Return what must be loaded to decide ``batch``.

    Load the lines first, then the accounts, adding the two of every reservation among the lines.
    """
    accounts: set[str] = set()
    transfers: set[str] = set()
    for t in batch:
        accounts.update((t.debit, t.credit))
        transfers.update((t.id, t.pending_id, t.reverses))
    return References(frozenset(accounts - {""}), frozenset(transfers - {""}))


def due(reservations: Iterable[Record], now: datetime) -> list[Transfer]:
    """Return the transfers that expire those of the open ``reservations`` whose time has come, in their order.

    The id is ``expire:`` and the place of the reservation in the journal, so any number of workers may send it.
    """
    now = check_time("now", now)
    return [
        Transfer(f"expire:{r.seq}", Kind.EXPIRE, pending_id=r.transfer.id)
        for r in reservations
        if r.transfer.expires_at is not None and r.transfer.expires_at <= now
    ]


def decide(snapshot: Snapshot, batch: Sequence[Transfer], now: datetime) -> Decision:
    """Decide a batch in its order.

    Transfers joined by ``linked`` succeed or fail together; otherwise each stands for itself. An id that was answered
    before gets the first answer again if the content is the same, else a conflict, and changes nothing.

    Parameters
    ----------
    snapshot
        What is known about everything that :func:`references` names.
    batch
        The requests.
    now
        Time of booking; if it lies before the last line, that line's time is used, so time never runs backwards.

    Returns
    -------
    Decision
        The same for the same arguments, always.

    Raises
    ------
    InvalidValue
        ``ledger.time`` if ``now`` has no time zone.
    """
    run = _Run(snapshot, max(check_time("now", now), snapshot.head.at))
    for chain, closed in _chains(batch):
        run.decide(chain, closed)
    return Decision(
        tuple(run.outcomes), tuple(run.records.values()), run.balances, run.resolved, run.reversed, run.head
    )


def _chains(batch: Sequence[Transfer]) -> Iterator[tuple[Sequence[Transfer], bool]]:
    start = 0
    for end, transfer in enumerate(batch, 1):
        if not transfer.linked:
            yield batch[start:end], True
            start = end
    if start < len(batch):
        yield batch[start:], False


class _Run:
    """The state of one decision: what the snapshot says, overlaid with what this batch has changed."""

    def __init__(self, snapshot: Snapshot, at: datetime) -> None:
        self.snapshot = snapshot
        self.at = at
        self.head = snapshot.head
        self.outcomes: list[Outcome] = []
        self.records: dict[str, Record] = {}
        self.balances: dict[str, Balance] = {}
        self.resolved: dict[str, str] = {}
        self.reversed: dict[str, int] = {}
        self.undo: list[tuple[dict[str, Any], str, Any]] = []

    def decide(self, chain: Sequence[Transfer], closed: bool) -> None:
        known = next((t.id for t in chain if self.record(t.id)), None)
        if known is not None:
            self.answer(chain, Refusal(Reason.LINKED_FAILED, known))
            return
        if not closed:
            self.answer(chain, Refusal(Reason.CHAIN_OPEN, chain[-1].id))
            return
        if len({t.id for t in chain}) < len(chain):
            self.answer(chain, Refusal(Reason.CHAIN_REPEATS, Counter(t.id for t in chain).most_common(1)[0][0]))
            return
        self.undo.clear()
        before = self.head
        for transfer in chain:
            refusal = self.apply(transfer)
            if refusal is not None:
                self.head = before
                self.roll_back()
                self.answer(chain, Refusal(Reason.LINKED_FAILED, transfer.id), transfer, refusal)
                return
        self.outcomes += [Outcome(Status.APPLIED, self.records[t.id], False) for t in chain]

    def answer(
        self,
        chain: Sequence[Transfer],
        refusal: Refusal,
        culprit: Transfer | None = None,
        own: Refusal | None = None,
    ) -> None:
        """Give first answers where there are any, and refuse and record the rest."""
        for transfer in chain:
            record = self.record(transfer.id)
            if record is None:
                reason = own if transfer is culprit else refusal
                record = self.records[transfer.id] = self.line(transfer, "", "", "", 0, 0, reason)
                self.outcomes.append(Outcome(Status.REFUSED, record, False))
            elif record.transfer != transfer:
                self.outcomes.append(Outcome(Status.CONFLICT, record, True))
            else:
                status = Status.APPLIED if record.refusal is None else Status.REFUSED
                self.outcomes.append(Outcome(status, record, True))

    def record(self, transfer_id: str) -> Record | None:
        return self.records.get(transfer_id) or self.snapshot.records.get(transfer_id)

    def balance(self, account_id: str) -> Balance:
        return self.balances.get(account_id) or self.snapshot.balances.get(account_id) or Balance()

    def line(
        self, transfer: Transfer, debit: str, credit: str, unit: str, posted: int, pending: int, refusal: Refusal | None
    ) -> Record:
        record = seal(self.head, self.at, transfer, debit, credit, unit, posted, pending, refusal)
        self.head = Head(record.seq, self.at, record.hash)
        return record

    def put(self, table: dict[str, Any], key: str, value: object) -> None:
        self.undo.append((table, key, table.get(key)))
        table[key] = value

    def roll_back(self) -> None:
        for table, key, old in reversed(self.undo):
            if old is None:
                del table[key]
            else:
                table[key] = old

    def apply(self, t: Transfer) -> Refusal | None:
        if t.kind is Kind.OPEN:
            return self.open(t)
        return self.resolve(t) if t.kind in RESOLVING else self.move(t)

    def open(self, t: Transfer) -> Refusal | None:
        account = self.snapshot.accounts.get(t.debit)
        if account is None:
            return Refusal(Reason.UNKNOWN_ACCOUNT, t.debit)
        if t.id != opening(account).id:
            return Refusal(Reason.OTHER_OPENING, t.debit)
        self.put(self.records, t.id, self.line(t, "", "", "", 0, 0, None))
        return None

    def move(self, t: Transfer) -> Refusal | None:
        debit, credit = self.snapshot.accounts.get(t.debit), self.snapshot.accounts.get(t.credit)
        if debit is None or credit is None:
            return Refusal(Reason.UNKNOWN_ACCOUNT, t.debit if debit is None else t.credit)
        if not debit.unit == credit.unit == t.unit:
            return Refusal(Reason.OTHER_UNIT, f"{debit.unit}/{credit.unit}/{t.unit}")
        if t.expires_at is not None and t.expires_at <= self.at:
            return Refusal(Reason.EXPIRES_IN_PAST, t.expires_at.isoformat())
        if t.reverses and (refusal := self.compensate(t)):
            return refusal
        posted, pending = (0, t.amount) if t.kind is Kind.PENDING else (t.amount, 0)
        new_debit, new_credit = self.moved(t.debit, t.credit, posted, pending)
        refusal = _limits(debit, new_debit, True) or _limits(credit, new_credit, False)
        if refusal is None:
            self.store(t, t.debit, t.credit, t.unit, posted, pending, new_debit, new_credit)
        return refusal

    def compensate(self, t: Transfer) -> Refusal | None:
        original = self.record(t.reverses)
        if original is None or not original.posted:
            return Refusal(Reason.REVERSES_UNKNOWN, t.reverses)
        if original.transfer.reverses:
            return Refusal(Reason.REVERSES_REVERSAL, t.reverses)
        if (original.debit, original.credit) != (t.credit, t.debit):
            return Refusal(Reason.REVERSES_OTHER_ACCOUNTS, f"{original.debit}/{original.credit}")
        done = self.reversed.get(t.reverses) or self.snapshot.reversed.get(t.reverses, 0)
        if done + t.amount > original.posted:
            return Refusal(Reason.OVER_REVERSED, f"{t.amount} > {original.posted - done}")
        self.put(self.reversed, t.reverses, done + t.amount)
        return None

    def resolve(self, t: Transfer) -> Refusal | None:
        pending_id = t.pending_id
        reservation = self.record(pending_id)
        if reservation is None or reservation.refusal or reservation.transfer.kind is not Kind.PENDING:
            return Refusal(Reason.PENDING_UNKNOWN, pending_id)
        resolver = self.resolved.get(pending_id) or self.snapshot.resolved.get(pending_id)
        if resolver is not None:
            return Refusal(Reason.PENDING_RESOLVED, resolver)
        until = reservation.transfer.expires_at
        expired = until is not None and until <= self.at
        if expired is not (t.kind is Kind.EXPIRE):
            reason = Reason.PENDING_EXPIRED if expired else Reason.NOT_YET_EXPIRED
            return Refusal(reason, until.isoformat() if until else pending_id)
        if t.amount > reservation.pending:
            return Refusal(Reason.EXCEEDS_PENDING, f"{t.amount} > {reservation.pending}")
        # The reservation was counted at its worst against every limit, so resolving it cannot break one.
        r = reservation
        moved = self.moved(r.debit, r.credit, t.amount, -r.pending)
        self.put(self.resolved, pending_id, t.id)
        self.store(t, r.debit, r.credit, r.unit, t.amount, -r.pending, *moved)
        return None

    def moved(self, debit: str, credit: str, posted: int, pending: int) -> tuple[Balance, Balance]:
        d, c = self.balance(debit), self.balance(credit)
        return (
            Balance(d.debits + posted, d.credits, d.debits_pending + pending, d.credits_pending),
            Balance(c.debits, c.credits + posted, c.debits_pending, c.credits_pending + pending),
        )

    def store(
        self,
        transfer: Transfer,
        debit: str,
        credit: str,
        unit: str,
        posted: int,
        pending: int,
        new_debit: Balance,
        new_credit: Balance,
    ) -> None:
        self.put(self.balances, debit, new_debit)
        self.put(self.balances, credit, new_credit)
        record = self.line(transfer, debit, credit, unit, posted, pending, None)
        self.put(self.records, transfer.id, record)


def _limits(account: Account, balance: Balance, debited: bool) -> Refusal | None:
    """Check only the limit that the movement goes towards: money may always flow back into an overdrawn account."""
    used = balance.debits + balance.debits_pending if debited else balance.credits + balance.credits_pending
    if used > MAX_FEN:
        return Refusal(Reason.TOTAL_TOO_LARGE, account.id)
    if debited is account.kind.debit_normal:
        if account.maximum is not None and (high := balance.worst(account.kind)[1]) > account.maximum:
            return Refusal(Reason.ABOVE_MAXIMUM, f"{account.id}: {high} > {account.maximum}")
    elif account.minimum is not None and (low := balance.worst(account.kind)[0]) < account.minimum:
        return Refusal(Reason.BELOW_MINIMUM, f"{account.id}: {low} < {account.minimum}")
    return None
