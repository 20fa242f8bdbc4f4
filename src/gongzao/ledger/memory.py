"""A ledger in memory: for files, examples and tests. A database does the same with rows."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from gongzao.ledger.chain import opening
from gongzao.ledger.model import Account, Balance, Transfer
from gongzao.ledger.record import Decision, Head, Record, Snapshot
from gongzao.ledger.rules import decide


class Ledger:
    """Accounts, their balances and the journal.

    Parameters
    ----------
    accounts
        The accounts; more may be added to ``accounts`` at any time.

    Attributes
    ----------
    accounts, balances, records, resolved, reversed, head
        As in :class:`~gongzao.ledger.record.Snapshot`, for the whole ledger; ``records`` in the order of the journal.
    """

    def __init__(self, accounts: Iterable[Account]) -> None:
        self.accounts = {account.id: account for account in accounts}
        self.balances: dict[str, Balance] = {}
        self.records: dict[str, Record] = {}
        self.resolved: dict[str, str] = {}
        self.reversed: dict[str, int] = {}
        self.head = Head()
        self._opened = 0

    def submit(self, batch: Sequence[Transfer], now: datetime) -> Decision:
        """Decide a batch, keep the result and return it; raises what :func:`~gongzao.ledger.rules.decide` raises.

        Accounts that are new are opened before.
        """
        new = [opening(account) for account in list(self.accounts.values())[self._opened :]]
        self._opened = len(self.accounts)
        if new:
            self._keep(new, now)
        return self._keep(batch, now)

    def _keep(self, batch: Sequence[Transfer], now: datetime) -> Decision:
        decision = decide(
            Snapshot(self.accounts, self.balances, self.records, self.resolved, self.reversed, self.head), batch, now
        )
        self.records.update((record.transfer.id, record) for record in decision.records)
        self.balances.update(decision.balances)
        self.resolved.update(decision.resolved)
        self.reversed.update(decision.reversed)
        self.head = decision.head
        return decision

    def reservations(self) -> list[Record]:
        """Return the open reservations in the order of the journal."""
        return [r for r in self.records.values() if r.pending > 0 and r.transfer.id not in self.resolved]
