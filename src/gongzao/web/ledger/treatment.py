"""What is done with single differences between bank and books; the only place that writes it.

Everything is kept with who and when, and nothing is overwritten: a match that was wrong is taken back by a row of its
own.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.core.exceptions import PermissionDenied
from django.db import transaction

from gongzao.kernel import InvalidValue
from gongzao.ledger import Account as AccountValue
from gongzao.ledger import AccountKind, BookEntry, Kind, Status, Transfer, contradicts
from gongzao.ledger.bank import plain
from gongzao.web.accounts.models import User
from gongzao.web.ledger import positions, services
from gongzao.web.ledger.bank import may_reconcile
from gongzao.web.ledger.models import Account, Entry
from gongzao.web.ledger.models_bank import BankAccount, BankLine, BankMatch, BankRemark, BankUnmatch

MOST_OFFERED = 20
"""Entries that are offered for a line."""


class Booking(StrEnum):
    """What a line of the bank is, that nobody has booked; the value is part of ids and never changes."""

    FEE = "fee"
    INTEREST = "interest"
    UNKNOWN = "unknown"


_ACCOUNTS: dict[Booking, tuple[AccountKind, str, str]] = {
    Booking.FEE: (AccountKind.EXPENSE, "银行手续费", "补记银行手续费"),
    Booking.INTEREST: (AccountKind.INCOME, "银行利息", "补记银行利息"),
    Booking.UNKNOWN: (AccountKind.LIABILITY, "待查款项", "补记待查款项"),
}


def bookings(line: BankLine) -> tuple[Booking, ...]:
    """Return what a line can be booked as: money out as a fee, money in as interest, either as not known yet."""
    return (Booking.FEE if line.amount < 0 else Booking.INTEREST, Booking.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Offer:
    """An open entry that may be the same movement as a line."""

    entry: BookEntry
    row: Entry
    days: int
    contradicts: bool


def offers(line: BankLine) -> list[Offer]:
    """Return the open entries with the amount of a line, the nearest in time first."""
    account = line.statement.bank_account
    booked = positions.open_entries(account, None)
    same = [entry for entry in booked if entry.amount == line.amount]
    near = sorted(same, key=lambda entry: (abs((entry.on - line.booked_on).days), entry.seq))[:MOST_OFFERED]
    rows = Entry.objects.in_bulk([entry.seq for entry in near])
    value = line.value
    return [
        Offer(entry, rows[entry.seq], abs((entry.on - line.booked_on).days), contradicts(value, entry))
        for entry in near
    ]


def match(line: BankLine, entry: Entry, note: str, now: datetime, *, by: User) -> BankMatch:
    """Say that a line and an entry of the same amount are the same movement, whatever their days and ids.

    Raises
    ------
    PermissionDenied
        If the account is outside what ``by`` may write to.
    InvalidValue
        ``bank.note`` without a note, ``bank.settled`` if one of them is in a match, ``bank.not_equal`` if the amounts
        differ or the entry did not move the account.
    """
    said = _note(note)
    with transaction.atomic():
        account = _locked(line.statement.bank_account, by)
        moved = next((e for e in positions.open_entries(account, None) if e.seq == entry.seq), None)
        if not positions.open_lines(account).filter(pk=line.pk).exists() or (
            moved is None and BankMatch.in_force().filter(bank_account=account, entry=entry).exists()
        ):
            raise InvalidValue("bank.settled", en="it is matched already", zh="该明细或分录已核对，请刷新页面")
        if moved is None or moved.amount != line.amount:
            raise InvalidValue(
                "bank.not_equal",
                en="only a line and an entry of the same amount on this account are the same movement",
                zh="只有金额相同、且记在该账户上的分录才能与明细核对；金额不同请先通过原业务冲正或补记差额",
            )
        turns = positions.taken_back(account)
        row = BankMatch(
            line=line,
            line_turn=turns["line"].get(line.pk, 0),
            bank_account=account,
            entry=entry,
            entry_turn=turns["entry"].get(entry.pk, 0),
            by=BankMatch.By.HAND,
            note=said,
            settled_at=now,
            settled_by=by,
        )
        row.save()
    return row


def unmatch(line: BankLine, note: str, now: datetime, *, by: User) -> BankUnmatch:
    """Take back the match of a line; from then on only a person matches the line.

    Raises
    ------
    PermissionDenied
        If the account is outside what ``by`` may write to.
    InvalidValue
        ``bank.note`` without a note, ``bank.not_settled`` if the line is in no match.
    """
    said = _note(note)
    with transaction.atomic():
        _locked(line.statement.bank_account, by)
        found = BankMatch.in_force().filter(line=line).first()
        if found is None:
            raise InvalidValue("bank.not_settled", en="it is in no match", zh="该明细没有核对记录，请刷新页面")
        row = BankUnmatch(match=found, note=said, at=now, by=by)
        row.save()
    return row


def remark(
    account: BankAccount, item: BankLine | Entry, text: str, now: datetime, *, by: User, given_to: User | None = None
) -> BankRemark:
    """Say something of an open item, and give it to somebody if a person is named.

    Raises
    ------
    PermissionDenied
        If the account is outside what ``by`` may write to.
    InvalidValue
        ``bank.note`` without a text; ``bank.cannot`` if the person may do nothing with this account.
    """
    said = _note(text)
    if not may_reconcile(account.account, by):
        raise PermissionDenied
    if given_to is not None and not may_reconcile(account.account, given_to):
        raise InvalidValue(
            "bank.cannot", en="this person may not treat this account", zh="该用户无权处理此账户的差异，请交办给其他人"
        )
    side = {"line": item} if isinstance(item, BankLine) else {"entry": item}
    row = BankRemark(bank_account=account, text=said, given_to=given_to, at=now, by=by, **side)
    row.save()
    return row


def book(line: BankLine, kind: Booking, note: str, now: datetime, *, by: User) -> BankMatch:
    """Book a line that the books do not have, and match it with the entry; once, however often it is asked.

    The other side is an account of the same owner and place as the mirror, opened when it is first needed: fees are an
    expense, interest is income, and what nobody can tell yet waits as a liability until its own step books it on.

    Raises
    ------
    PermissionDenied
        If one of the accounts is outside what ``by`` may write to.
    InvalidValue
        ``bank.booking`` if such a line is nothing of the kind, ``bank.settled`` if it is in a match, ``bank.booked``
        if it was booked as something else before, ``bank.refused`` if the ledger refuses, and what :func:`match`
        refuses.
    """
    if kind not in bookings(line):
        raise InvalidValue("bank.booking", en="a line on this side is no such thing", zh="该方向的明细不能这样补记")
    said = _note(note)
    mirror = line.statement.bank_account.account
    with transaction.atomic():
        account = _locked(line.statement.bank_account, by)
        if not positions.open_lines(account).filter(pk=line.pk).exists():
            raise InvalidValue("bank.settled", en="it is matched already", zh="该明细已核对，请刷新页面")
        other = _counterpart(mirror, kind, now, by)
        debit, credit = (mirror, other) if line.amount > 0 else (other, mirror)
        transfer = Transfer(
            f"bank-line:{line.pk}",
            Kind.POST,
            debit.pk,
            credit.pk,
            abs(line.amount),
            "CNY",
            purpose=_ACCOUNTS[kind][2],
            reference=line.reference,
            memo=plain(f"{line.booked_on} {line.counterparty} {line.text}"),
        )
        (outcome,) = services.submit([transfer], now, by=by)
        if outcome.status is Status.CONFLICT:
            seq = outcome.record.seq
            raise InvalidValue(
                "bank.booked",
                en=f"booked before as entry {seq}; match it with that one, or compensate that one first",
                zh=f"该明细此前已补记为第{seq}号分录，请与该分录核对，或先冲正该分录",
            )
        if (refusal := outcome.record.refusal) is not None:
            raise InvalidValue("bank.refused", en=f"the ledger refuses: {refusal.en}", zh=f"账本拒绝入账：{refusal.zh}")
        return match(line, Entry.objects.get(transfer_id=transfer.id), said, now, by=by)


def _counterpart(mirror: Account, kind: Booking, now: datetime, by: User) -> Account:
    account_kind, name, _ = _ACCOUNTS[kind]
    value = AccountValue(
        f"bank-{kind.value}:{mirror.pk}", mirror.owner, account_kind, name=f"{name} {mirror.name}".strip()
    )
    return services.open_account(value, now, place=mirror.place, by=by)


def _locked(account: BankAccount, by: User) -> BankAccount:
    if not may_reconcile(account.account, by):
        raise PermissionDenied
    row: BankAccount = BankAccount.objects.select_for_update().select_related("account").get(pk=account.pk)
    return row


def _note(text: str) -> str:
    said = plain(text)
    if not said:
        raise InvalidValue("bank.note", en="say why in a few words", zh="请用几个字说明理由，便于日后查证")
    return said
