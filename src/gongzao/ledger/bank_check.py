"""The independent auditor of a reconciliation; shares only the data classes with what it checks."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import product

from gongzao.ledger.bank import BankLine
from gongzao.ledger.reconcile import BookEntry, Match, MatchedBy, Reconciliation


def check_reconciliation(
    lines: Sequence[BankLine], entries: Sequence[BookEntry], found: Reconciliation, *, window_days: int
) -> tuple[str, ...]:
    """Return every broken rule as text ``rule: detail``; an empty tuple means the reconciliation is sound.

    Parameters
    ----------
    lines, entries
        Everything that was to be matched; settled pairs of earlier statements are told by not standing here.
    found
        The result.
    window_days
        The distance that was allowed [d].
    """
    pairs = (*found.matches, *found.differing)
    earlier = [m for m in found.matches if m.line not in lines]
    new = [m for m in pairs if m not in earlier]
    broken = [f"settled.today: {m.line.number}" for m in earlier if m.entry.on <= found.last]
    broken += _once(lines, [m.line for m in new], found.bank_only, "line")
    known = [e for e in entries if e.on <= found.last or e in [m.entry for m in new]]
    broken += _once(known, [m.entry for m in new], found.books_only, "entry")
    broken += [f"match.amount: {m.line.number}" for m in found.matches if m.line.amount != m.entry.amount]
    broken += [f"differing.same: {m.line.number}" for m in found.differing if m.line.amount == m.entry.amount]
    broken += [f"match.reason: {m.line.number}" for m in new if not _holds(m, window_days)]
    broken += _missed(found, [e for e in entries if e not in [m.entry for m in new]], window_days)
    later = sum(m.entry.amount for m in pairs if m.entry.on > found.last)
    bank = sum(line.amount for line in found.bank_only) + sum(m.line.amount - m.entry.amount for m in found.differing)
    books = sum(entry.amount for entry in found.books_only)
    if found.bank_balance - found.books_balance != bank + later - books + found.unexplained:
        broken.append(f"identity: {found.bank_balance} - {found.books_balance}")
    return tuple(broken)


def _once(
    given: Sequence[BankLine] | Sequence[BookEntry],
    paired: Sequence[BankLine] | Sequence[BookEntry],
    left: Sequence[BankLine] | Sequence[BookEntry],
    what: str,
) -> list[str]:
    counted = Counter([*paired, *left])
    wanted = Counter(given)
    return [f"{what}.once: {item}" for item in {**wanted, **counted} if counted[item] != wanted[item]]


def _holds(match: Match, window_days: int) -> bool:
    line, entry = match.line, match.entry
    if match.by is MatchedBy.AMOUNT_AND_DATE:
        return (
            line.amount == entry.amount and _within(line.booked_on, entry.on, window_days) and not _apart(line, entry)
        )
    key = line.end_to_end_id if match.by is MatchedBy.END_TO_END_ID else line.reference
    return bool(key) and key in entry.keys and (line.amount > 0) == (entry.amount > 0)


def _apart(line: BankLine, entry: BookEntry) -> bool:
    """Whether both sides are named, and by different names."""
    return line.end_to_end_id != "" and entry.keys != () and line.end_to_end_id not in entry.keys


def _within(a: date, b: date, days: int) -> bool:
    return abs(a - b) <= timedelta(days=days)


def _missed(found: Reconciliation, open_entries: Sequence[BookEntry], window_days: int) -> list[str]:
    """Name the pairs that stand open side by side although a rule matches them."""
    missed = []
    for line, entry in product(found.bank_only, open_entries):
        named = {line.end_to_end_id, line.reference} & {*entry.keys} - {""}
        near = (
            line.amount == entry.amount and _within(line.booked_on, entry.on, window_days) and not _apart(line, entry)
        )
        if near or (named and (line.amount > 0) == (entry.amount > 0)):
            missed.append(f"missed: {line.number} and {entry.seq}")
    return missed
