"""The hash chain over the journal, so that a published head vouches for every line before it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from hashlib import sha256
from json import JSONEncoder

from gongzao.ledger.errors import Refusal
from gongzao.ledger.model import Account, Kind, Transfer
from gongzao.ledger.record import Head, Record

CHINA = timezone(timedelta(hours=8))
"""The day of the daily head is a day in China, which has had one fixed offset since 1992."""

_encode = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def seal(
    head: Head,
    at: datetime,
    transfer: Transfer,
    debit: str,
    credit: str,
    unit: str,
    posted: int,
    pending: int,
    refusal: Refusal | None,
) -> Record:
    """Return the journal line that follows ``head``, with its hash.

    The hash is SHA-256 over the UTF-8 bytes of one JSON array without spaces:
    ``["gongzao-ledger-1", previous, seq, at, id, kind, debit asked, credit asked, amount, unit asked, pending_id,
    expires_at or null, linked, reverses, purpose, reference, memo, debit, credit, unit, posted, pending,
    reason or null, detail or null]``; times are UTC in ISO 8601 with six decimals of a second.
    """
    t, seq = transfer, head.seq + 1
    digest = sha256(
        _encode(
            [
                "gongzao-ledger-1",
                head.hash,
                seq,
                at.isoformat(timespec="microseconds"),
                t.id,
                t.kind,
                t.debit,
                t.credit,
                t.amount,
                t.unit,
                t.pending_id,
                t.expires_at and t.expires_at.isoformat(timespec="microseconds"),
                t.linked,
                t.reverses,
                t.purpose,
                t.reference,
                t.memo,
                debit,
                credit,
                unit,
                posted,
                pending,
                refusal and refusal.reason,
                refusal and refusal.detail,
            ]
        ).encode()
    ).hexdigest()
    return Record(seq, at, t, debit, credit, unit, posted, pending, refusal, head.hash, digest)


def opening(account: Account, memo: str = "") -> Transfer:
    """Return the transfer that opens an account in the journal, so that the chain covers what the account is.

    Its id is ``open:`` and the SHA-256 over the UTF-8 bytes of the JSON array without spaces
    ``["gongzao-account-1", id, owner, kind, unit, minimum or null, maximum or null, name]``.

    >>> from gongzao.ledger.model import AccountKind
    >>> opening(Account("bank", "platform", AccountKind.ASSET, minimum=0)).id[:13]
    'open:02d2c3af'
    """
    a = account
    plain = ["gongzao-account-1", a.id, a.owner, a.kind, a.unit, a.minimum, a.maximum, a.name]
    return Transfer(f"open:{sha256(_encode(plain).encode()).hexdigest()}", Kind.OPEN, a.id, memo=memo)


@dataclass(frozen=True, slots=True)
class DailyHead:
    """The last line of one day in China, to be published outside the ledger's own keeping."""

    day: date
    seq: int
    hash: str


def daily_heads(records: Iterable[Record]) -> tuple[DailyHead, ...]:
    """Return the head of every day that has lines, oldest first; ``records`` in the order of the journal."""
    heads: dict[date, DailyHead] = {}
    for record in records:
        day = record.at.astimezone(CHINA).date()
        heads[day] = DailyHead(day, record.seq, record.hash)
    return tuple(heads.values())
