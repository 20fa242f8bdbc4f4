"""The journal and what passes between the rules and a store: lines, snapshots, answers and decisions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from gongzao.ledger.errors import Refusal
from gongzao.ledger.model import Account, Balance, Transfer


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the journal: a transfer with its first and only answer. Never changed, never deleted.

    Parameters
    ----------
    seq
        Place in the journal, 1, 2, 3 … without gaps.
    at
        When it was answered, UTC, never earlier than the line before.
    transfer
        The request.
    debit, credit, unit
        Where it was booked (for a resolution: taken from the reservation); empty if refused, and for an opening.
    posted
        Amount booked on both accounts, ≥ 0.
    pending
        Change of the reserved amount on both accounts: positive when reserved, negative when resolved.
    refusal
        Why it was not booked, or None.
    previous, hash
        SHA-256 [hex] of the line before and of this one.
    """

    seq: int
    at: datetime
    transfer: Transfer
    debit: str
    credit: str
    unit: str
    posted: int
    pending: int
    refusal: Refusal | None
    previous: str
    hash: str

    @property
    def moved(self) -> bool:
        """Whether something was booked, reserved or released: neither for a refusal nor for an opening."""
        return bool(self.debit)


GENESIS = "0" * 64
"""The ``previous`` of the first line."""


class Head(NamedTuple):
    """The end of the journal: last place, its time and its hash."""

    seq: int = 0
    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    hash: str = GENESIS


class Status(StrEnum):
    """The kinds of answer."""

    APPLIED = "applied"
    REFUSED = "refused"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one transfer of a batch.

    Parameters
    ----------
    status
        ``conflict`` if the id belongs to a transfer with other content; nothing is recorded then.
    record
        The line that answers the id: new, or the first answer; for a conflict the line that holds the id.
    again
        Whether the answer was given before.
    """

    status: Status
    record: Record
    again: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the rules must know to decide a batch; a database loads it with the touched rows locked.

    Parameters
    ----------
    accounts
        The accounts named in the batch and in the reservations it resolves.
    balances
        Their balances; one that is missing is zero.
    records
        The journal lines whose transfer id is an ``id``, ``pending_id`` or ``reverses`` of the batch.
    resolved
        Reservation id → id of the transfer that resolved it, for the ``pending_id`` of the batch.
    reversed
        Transfer id → amount compensated so far, for the ``reverses`` of the batch.
    head
        The end of the journal.
    """

    accounts: Mapping[str, Account]
    balances: Mapping[str, Balance]
    records: Mapping[str, Record]
    resolved: Mapping[str, str]
    reversed: Mapping[str, int]
    head: Head


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be stored, in one database transaction, and what is to be answered.

    Parameters
    ----------
    outcomes
        One per transfer of the batch, in its order.
    records
        New journal lines in order, sealed.
    balances
        New balances (not changes) of the accounts that moved.
    resolved, reversed
        As in :class:`Snapshot`, only what changed.
    head
        The new end of the journal.
    """

    outcomes: tuple[Outcome, ...]
    records: tuple[Record, ...]
    balances: Mapping[str, Balance]
    resolved: Mapping[str, str]
    reversed: Mapping[str, int]
    head: Head
