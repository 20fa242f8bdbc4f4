"""Balances as a projection of the journal: rebuilt at any time, and compared with what is stored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gongzao.ledger.model import Balance
from gongzao.ledger.record import Record


def rebuild(records: Iterable[Record]) -> dict[str, Balance]:
    """Return the balance of every account that moved, from the journal alone."""
    counters: dict[str, list[int]] = {}
    for r in records:
        if not r.moved:
            continue
        debit = counters.setdefault(r.debit, [0, 0, 0, 0])
        credit = counters.setdefault(r.credit, [0, 0, 0, 0])
        debit[0] += r.posted
        credit[1] += r.posted
        debit[2] += r.pending
        credit[3] += r.pending
    return {account: Balance(*counts) for account, counts in counters.items()}


@dataclass(frozen=True, slots=True)
class Difference:
    """An account whose stored balance is not what the journal says."""

    account: str
    stored: Balance
    rebuilt: Balance


def compare(stored: Mapping[str, Balance], records: Iterable[Record]) -> tuple[Difference, ...]:
    """Return every account whose stored balance differs from the rebuilt one, by id; missing counts as zero."""
    rebuilt = rebuild(records)
    pairs = ((a, stored.get(a, Balance()), rebuilt.get(a, Balance())) for a in sorted({*stored, *rebuilt}))
    return tuple(Difference(*pair) for pair in pairs if pair[1] != pair[2])
