"""The independent auditor: goes through the books line by line and names every broken rule.

It shares only the data classes with the rest of the package, neither the rules nor the hashing.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

from gongzao.ledger.journal import Book
from gongzao.ledger.model import Account
from gongzao.ledger.record import Record

LARGEST = 10**17
CLOCKS = timedelta(minutes=5)  # what two right clocks may differ


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule.

    Parameters
    ----------
    rule
        Stable name, such as ``chain.hash``.
    place
        The journal line (``3: order/7``), account or day where it shows.
    detail
        What was found.
    """

    rule: str
    place: str
    detail: str

    def __str__(self) -> str:
        en, zh = RULES[self.rule]
        return f"{self.rule} [{self.place}] {en} / {zh}: {self.detail}"


RULES: dict[str, tuple[str, str]] = {
    "chain.seq": ("places run 1, 2, 3 …", "序号须连续"),
    "chain.previous": ("a line carries the hash of the line before", "须含上一行哈希"),
    "chain.hash": ("the hash fits the content", "哈希须与内容相符"),
    "chain.time": ("time never runs backwards", "时间不得倒退"),
    "clock.ahead": (
        "the journal is not ahead of the clock; until the clock has caught up, new lines keep the time of the last",
        "账本时间不得晚于当前时间；在时钟赶上之前，新分录沿用末行时间",
    ),
    "head.differs": ("a published head is the last line of its day", "公布的日末哈希须与账本一致"),
    "id.twice": ("an id is answered once", "同一编号只答复一次"),
    "account.unknown": ("accounts exist", "账户须存在"),
    "account.twice": ("an account id is given and opened once", "账户编号不得重复，且只开户一次"),
    "account.unopened": ("every account is opened by a line", "每个账户须有开户分录"),
    "account.changed": ("an account is what it was opened as", "账户须与开户时一致"),
    "entry.balance": ("an entry runs between two accounts", "每笔须借贷平衡"),
    "entry.unit": ("an entry has one unit", "每笔单位须一致"),
    "entry.content": ("what was booked is what was asked", "入账须与请求一致"),
    "refused.moved": ("a refused transfer moves nothing", "被拒转账不得入账"),
    "limit.minimum": ("no balance below its minimum", "余额不得低于下限"),
    "limit.maximum": ("no balance above its maximum", "余额不得高于上限"),
    "limit.total": ("no turnover past the declared maximum", "累计发生额不得超限"),
    "pending.unknown": ("a resolution names a reservation", "处理须对应冻结"),
    "pending.twice": ("a reservation is resolved once", "冻结只能处理一次"),
    "pending.time": ("posted or voided before it expires, expired afterwards", "到期前入账或撤销，到期后作到期处理"),
    "pending.amount": ("not more is posted than reserved, and all is released", "入账不得超过冻结额，且须全部解冻"),
    "compensation.unknown": (
        "a compensation names a booked transfer of the same accounts",
        "冲正须对应原账户间已入账转账",
    ),
    "compensation.over": ("not more is compensated than was booked", "冲正不得超过原额"),
    "linked.part": ("linked transfers succeed or fail together", "关联转账须同成同败"),
    "unit.sum": ("debits equal credits in every unit", "各单位借贷须相等"),
    "balance.differs": ("stored balances equal the journal", "存储余额须与分录一致"),
}
"""Every rule that is checked, in English and Chinese."""


@dataclass(slots=True)
class _Audit:
    """What is known after the lines read so far."""

    accounts: dict[str, Account]
    moved: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    ids: dict[str, int] = field(default_factory=dict)
    opened: dict[str, str] = field(default_factory=dict)
    open: dict[str, Record] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    booked: dict[str, Record] = field(default_factory=dict)
    back: Counter[str] = field(default_factory=Counter)


def check(book: Book, now: datetime | None = None) -> tuple[Finding, ...]:
    """Return every broken rule, in the order of the journal; an empty tuple means the books are sound.

    Parameters
    ----------
    book
        The books.
    now
        What the clock says, if the last line is to be held against it.
    """
    audit = _Audit({a.id: a for a in book.accounts})
    findings = [
        Finding("account.twice", a, "") for a, times in Counter(a.id for a in book.accounts).items() if times > 1
    ]
    before: Record | None = None
    for r in book.records:
        place = f"{r.seq}: {r.transfer.id}"
        findings += (Finding(rule, place, detail) for rule, detail in _line(audit, before, r))
        before = r
    findings += _accounts(audit)
    if now is not None and before is not None and before.at - now > CLOCKS:
        detail = f"{before.at.isoformat()} is later than now, {now.isoformat()}"
        findings.append(Finding("clock.ahead", f"{before.seq}", detail))
    findings += _linked(book.records)
    findings += _heads(book)
    findings += _balances(audit, book)
    return tuple(findings)


def _line(audit: _Audit, before: Record | None, r: Record) -> Iterator[tuple[str, str]]:
    yield from _chain(before, r)
    if r.transfer.id in audit.ids:
        yield "id.twice", f"first answered at {audit.ids[r.transfer.id]}"
    audit.ids.setdefault(r.transfer.id, r.seq)
    if r.refusal is not None:
        if r.posted or r.pending or r.debit or r.credit or r.unit:
            yield "refused.moved", f"{r.posted} / {r.pending}"
        return
    if r.transfer.kind == "open":
        yield from _opening(audit, r)
        return
    debit, credit = audit.accounts.get(r.debit), audit.accounts.get(r.credit)
    if debit is None or credit is None:
        yield "account.unknown", f"{r.debit} / {r.credit}"
        return
    if r.debit == r.credit:
        yield "entry.balance", r.debit
    if not debit.unit == credit.unit == r.unit:
        yield "entry.unit", f"{debit.unit} / {credit.unit} / {r.unit}"
    if r.transfer.pending_id:
        yield from _resolution(audit, r)
    else:
        yield from _movement(audit, r)
    audit.booked[r.transfer.id] = r
    yield from _limit(audit, debit, r, "debit")
    yield from _limit(audit, credit, r, "credit")


def _chain(before: Record | None, r: Record) -> Iterator[tuple[str, str]]:
    seq, digest = (before.seq, before.hash) if before else (0, "0" * 64)
    if r.seq != seq + 1:
        yield "chain.seq", f"{r.seq} after {seq}"
    if r.previous != digest:
        yield "chain.previous", r.previous
    if before and r.at < before.at:
        yield "chain.time", f"{r.at.isoformat()} after {before.at.isoformat()}"
    if _digest(r) != r.hash:
        yield "chain.hash", r.hash


def _digest(r: Record) -> str:
    t = r.transfer
    asked: list[Any] = [t.id, str(t.kind), t.debit, t.credit, t.amount, t.unit, t.pending_id, _utc(t.expires_at)]
    texts = [t.linked, t.reverses, t.purpose, t.reference, t.memo]
    booked = [r.debit, r.credit, r.unit, r.posted, r.pending]
    answer = [str(r.refusal.reason), r.refusal.detail] if r.refusal else [None, None]
    row = ["gongzao-ledger-1", r.previous, r.seq, _utc(r.at), *asked, *texts, *booked, *answer]
    return hashlib.sha256(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8")).hexdigest()


def _utc(time: datetime | None) -> str | None:
    return None if time is None else f"{time:%Y-%m-%dT%H:%M:%S.%f}+00:00"


def _opening(audit: _Audit, r: Record) -> Iterator[tuple[str, str]]:
    account = r.transfer.debit
    if r.posted or r.pending or r.debit or r.credit or r.unit:
        yield "entry.content", f"{r.debit} / {r.credit}: {r.posted} / {r.pending}"
    if account not in audit.accounts:
        yield "account.unknown", account
    if account in audit.opened:
        yield "account.twice", account
    audit.opened[account] = r.transfer.id


def _accounts(audit: _Audit) -> Iterator[Finding]:
    for a in audit.accounts.values():
        row = ["gongzao-account-1", a.id, a.owner, str(a.kind), a.unit, a.minimum, a.maximum, a.name]
        text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
        digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
        if a.id not in audit.opened:
            yield Finding("account.unopened", a.id, "")
        elif audit.opened[a.id] != f"open:{digest}":
            yield Finding("account.changed", a.id, f"opened as {audit.opened[a.id]}, now {digest}")


def _movement(audit: _Audit, r: Record) -> Iterator[tuple[str, str]]:
    t = r.transfer
    reserve = t.kind == "pending"
    booked = (r.debit, r.credit, r.unit, r.posted, r.pending)
    asked = (t.debit, t.credit, t.unit, 0 if reserve else t.amount, t.amount if reserve else 0)
    if booked != asked or t.amount <= 0:
        yield "entry.content", f"{booked}, asked {asked}"
    if reserve:
        audit.open[t.id] = r
    if t.reverses:
        original = audit.booked.get(t.reverses)
        if (
            original is None
            or not original.posted
            or original.transfer.reverses
            or (original.debit, original.credit) != (r.credit, r.debit)
        ):
            yield "compensation.unknown", t.reverses
            return
        audit.back[t.reverses] += r.posted
        if audit.back[t.reverses] > original.posted:
            yield "compensation.over", f"{audit.back[t.reverses]} of {original.posted}"


def _resolution(audit: _Audit, r: Record) -> Iterator[tuple[str, str]]:
    t = r.transfer
    reservation = audit.open.get(t.pending_id)
    if reservation is None:
        yield "pending.unknown", t.pending_id
        return
    if t.pending_id in audit.closed:
        yield "pending.twice", t.pending_id
    audit.closed.add(t.pending_id)
    if (r.debit, r.credit, r.unit) != (reservation.debit, reservation.credit, reservation.unit):
        yield "entry.content", f"{r.debit} / {r.credit}"
    until = reservation.transfer.expires_at
    late = until is not None and r.at >= until
    if late != (t.kind == "expire"):
        yield "pending.time", f"{t.kind} at {r.at.isoformat()}, expires {until}"
    asked = t.amount if t.kind == "post_pending" else 0
    if r.posted != asked or asked > reservation.pending or r.pending != -reservation.pending:
        yield "pending.amount", f"{r.posted} / {r.pending} of {reservation.pending}"


def _limit(audit: _Audit, account: Account, r: Record, side: str) -> Iterator[tuple[str, str]]:
    moved = audit.moved[account.id]
    moved[side] += r.posted
    moved[f"{side} reserved"] += r.pending
    sign = 1 if account.kind in ("asset", "expense") else -1
    balance = sign * (moved["debit"] - moved["credit"])
    up, down = ("debit reserved", "credit reserved")[::sign]
    if account.minimum is not None and balance - moved[down] < account.minimum:
        yield "limit.minimum", f"{account.id}: {balance - moved[down]} < {account.minimum}"
    if account.maximum is not None and balance + moved[up] > account.maximum:
        yield "limit.maximum", f"{account.id}: {balance + moved[up]} > {account.maximum}"
    if moved[side] + moved[f"{side} reserved"] > LARGEST:
        yield "limit.total", account.id


def _linked(records: tuple[Record, ...]) -> Iterator[Finding]:
    """Find chains of which only a part was booked.

    A refused chain may end early in the journal if a member's id had been answered before, stood in the chain
    twice, or if the batch ended: the refusals say so, and then nothing can be said about the line that follows.
    """
    places = {r.transfer.id: r.seq for r in records}
    start, certain = 0, True
    for r, after in zip_longest(records, records[1:]):
        start = start or r.seq
        if r.refusal is not None:
            reason, named = r.refusal.reason, r.refusal.detail
            mixed = reason == "linked_failed" and places.get(named, 0) < start
            certain = certain and not mixed and reason not in ("chain_open", "chain_repeats")
        if not r.transfer.linked:
            start, certain = 0, True
            continue
        same = after is not None and (after.refusal is None) == (r.refusal is None)
        if not same and (certain or r.refusal is None):
            yield Finding("linked.part", f"{r.seq}: {r.transfer.id}", "the next line has another answer")
        if not same:
            start, certain = 0, True


def _heads(book: Book) -> Iterator[Finding]:
    last = {(r.at + timedelta(hours=8)).date(): r for r in book.records}
    for head in book.heads:
        line = last.get(head.day)
        if line is None or (line.seq, line.hash) != (head.seq, head.hash):
            yield Finding("head.differs", f"{head.day}", f"published {head.seq} {head.hash}")


def _balances(audit: _Audit, book: Book) -> Iterator[Finding]:
    names = ("debit", "credit", "debit reserved", "credit reserved")
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for account in sorted({*audit.moved, *book.balances}):
        journal = tuple(audit.moved[account][name] for name in names)
        stored = tuple(book.balances.get(account, (0, 0, 0, 0)))
        if journal != stored:
            yield Finding("balance.differs", account, f"stored {stored}, journal {journal}")
        if account in audit.accounts:
            sums[audit.accounts[account].unit].update(dict(zip(names, stored, strict=True)))
    for unit, total in sums.items():
        if total["debit"] != total["credit"] or total["debit reserved"] != total["credit reserved"]:
            yield Finding("unit.sum", unit, f"{dict(total)}")
