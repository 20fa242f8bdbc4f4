"""What can be done with bank statements; the only place that writes them and what they say of the files' headings.

``by=None`` is the platform itself: a command or a loader. What is done with single differences stands in
:mod:`gongzao.web.ledger.treatment`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from django.core.exceptions import PermissionDenied
from django.db import transaction

from gongzao.kernel import InvalidInput, InvalidValue, Problem
from gongzao.ledger import (
    MEANINGS,
    WINDOW_DAYS,
    GapKind,
    Told,
    gaps,
    heading_key,
    read_sheet,
    read_statements,
    reconcile,
    same_account,
)
from gongzao.ledger import BankStatement as StatementValue
from gongzao.ledger.bank import plain
from gongzao.ledger.bank_headings import columns
from gongzao.ledger.bank_text import LIMITS, PREAMBLE
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import editable
from gongzao.web.kit.sheets import Sheet
from gongzao.web.kit.workbook import choose_sheet, read_workbook
from gongzao.web.ledger import positions
from gongzao.web.ledger.models import Account, AccountKind, Unit
from gongzao.web.ledger.models_bank import BankAccount, BankHeading, BankLine, BankMatch, BankStatement


def may_reconcile(account: Account, user: User) -> bool:
    """Whether ``user`` may upload statements of the bank account that ``account`` mirrors."""
    return editable(Account.objects.filter(pk=account.pk), user).exists()


def register_bank_account(account: Account, bank: str, number: str, *, by: User | None) -> BankAccount:
    """Say which account at a bank an asset account of the books mirrors; the same again returns it.

    Raises
    ------
    PermissionDenied
        If ``by`` is no superuser.
    InvalidValue
        ``bank.not_cash`` unless it is an asset account in CNY; ``bank.registered`` if account or number is taken.
    """
    if by is not None and not (by.is_active and by.is_superuser):
        raise PermissionDenied
    if (account.kind, account.unit) != (AccountKind.ASSET.value, Unit.CNY.value):
        raise InvalidValue(
            "bank.not_cash",
            en=f"only an asset account in CNY mirrors a bank account, got {account.pk}",
            zh=f"只有人民币资产类账户可对应银行账户，收到 {account.pk}",
        )
    with transaction.atomic():
        taken = BankAccount.objects.filter(account=account) | BankAccount.objects.filter(number=number)
        known: BankAccount
        for known in taken:
            if (known.account_id, known.bank, known.number) == (account.pk, bank, number):
                return known
            raise InvalidValue(
                "bank.registered",
                en=f"already registered: {known.account_id}, {known}",
                zh=f"账户或账号已登记：{known.account_id}，{known}",
            )
        row = BankAccount(account=account, bank=bank, number=number)
        row.save()
    return row


def told_headings(bank_account: BankAccount) -> dict[str, str]:
    """Return what people said the headings of an account's files mean; the newest word counts."""
    return dict(bank_account.headings.order_by("pk").values_list("heading", "meaning"))


def tell_headings(bank_account: BankAccount, meanings: Mapping[str, str], now: datetime, *, by: User | None) -> None:
    """Keep what headings in the files of an account mean; what is known already is not kept twice.

    Raises
    ------
    PermissionDenied
        If the account is outside what ``by`` may write to.
    InvalidValue
        ``bank.meaning`` for a meaning that does not exist.
    """
    if by is not None and not may_reconcile(bank_account.account, by):
        raise PermissionDenied
    known = told_headings(bank_account)
    for heading, meaning in meanings.items():
        if meaning not in MEANINGS:
            raise InvalidValue("bank.meaning", en=f"no such meaning: {meaning!r}", zh=f"没有这种含义：“{meaning}”")
        key = plain(heading_key(heading))
        if known.get(key) != meaning:
            BankHeading.objects.create(bank_account=bank_account, heading=key, meaning=meaning, told_at=now, told_by=by)


def import_statements(
    bank_account: BankAccount,
    data: bytes,
    name: str,
    now: datetime,
    *,
    by: User | None,
    oldest_first: bool | None = None,
) -> list[BankStatement]:
    """Take the statements of a file, all or none, and settle what can be settled.

    Statements may come in any order but never cover the same days twice; a gap is no fault, pages show it. Workbooks
    are read as a person sees them.

    Parameters
    ----------
    bank_account
        The account; what was said of the headings of its files is used.
    data, name
        The file.
    now
        Time of the upload.
    by
        Who uploads.
    oldest_first
        Whether the first row is the oldest, where balances and days do not tell.

    Returns
    -------
    list of BankStatement
        As stored; ``hints`` of each is what reading noticed.

    Raises
    ------
    PermissionDenied
        If the account is outside what ``by`` may write to.
    InvalidInput
        What :func:`gongzao.ledger.read_statements` and :func:`gongzao.web.kit.workbook.read_workbook` refuse;
        ``bank.imported`` if the file was taken before, ``bank.other_account`` if it names another account,
        ``bank.overlap`` if its days are covered already.
    """
    if by is not None and not may_reconcile(bank_account.account, by):
        raise PermissionDenied
    statements = _read(data, name, Told(told_headings(bank_account), oldest_first))
    digest = sha256(data).hexdigest()
    with transaction.atomic():
        locked = BankAccount.objects.select_for_update().get(pk=bank_account.pk)
        _refuse(locked, statements, digest, name)
        stored = []
        for place, value in enumerate(statements, 1):
            row = BankStatement.objects.create(
                bank_account=locked,
                number=value.id,
                first=value.first,
                last=value.last,
                opening=value.opening,
                closing=value.closing,
                file=plain(name),
                sha256=digest,
                place=place,
                uploaded_at=now,
                uploaded_by=by,
            )
            BankLine.objects.bulk_create(_lines(row, value), batch_size=500)
            row.hints = value.hints
            stored.append(row)
        _settle(locked, now, by)
    return stored


def _read(data: bytes, name: str, told: Told) -> tuple[StatementValue, ...]:
    if not data.startswith(b"PK\x03\x04"):
        return read_statements(data, name, told)

    def wanted(sheet: Sheet) -> bool:
        return any(columns(line.cells, told.columns).complete for line in sheet.lines[:PREAMBLE])

    sheet = choose_sheet(read_workbook(data, name, limits=LIMITS), wanted, name)
    if sheet.problems:
        raise InvalidInput(sheet.problems)
    return read_sheet(sheet.lines, name, told)


def _refuse(bank_account: BankAccount, new: tuple[StatementValue, ...], digest: str, name: str) -> None:
    problems = []
    if bank_account.statements.filter(sha256=digest).exists():
        problems.append(Problem(name, "bank.imported", "this file was taken before", "该文件已经上传过"))
    else:
        for gap in gaps(statement.span for statement in (*bank_account.statements.all(), *new)):
            if gap.kind is GapKind.OVERLAP:
                days = f"{gap.after.first} — {min(gap.before.last, gap.after.last)}"
                en, zh = f"days covered by another statement: {days}", f"与已有对账单期间重叠：{days}"
                problems.append(Problem(name, "bank.overlap", en, zh))
    for value in new:
        if value.account and not same_account(value.account, bank_account.number):
            en, zh = f"the statement is of another account than {bank_account.number}", "对账单不属于所选的银行账号"
            problems.append(Problem(name, "bank.other_account", en, zh, value=value.account))
    if problems:
        raise InvalidInput(problems)


def _lines(row: BankStatement, value: StatementValue) -> list[BankLine]:
    return [
        BankLine(
            statement=row,
            number=line.number,
            booked_on=line.booked_on,
            amount=line.amount,
            reference=line.reference,
            end_to_end_id=line.end_to_end_id,
            counterparty=line.counterparty,
            text=line.text,
        )
        for line in value.lines
    ]


def settle(bank_account: BankAccount, now: datetime, *, by: User | None) -> int:
    """Match what is still open, after the books have caught up; return how many pairs were found.

    Raises
    ------
    PermissionDenied
        If the account is outside what ``by`` may write to.
    """
    if by is not None and not may_reconcile(bank_account.account, by):
        raise PermissionDenied
    with transaction.atomic():
        return _settle(BankAccount.objects.select_for_update().get(pk=bank_account.pk), now, by)


def _settle(bank_account: BankAccount, now: datetime, by: User | None) -> int:
    newest: BankStatement | None = BankStatement.objects.filter(bank_account=bank_account).order_by("last").last()
    if newest is None:
        return 0
    lines = [row.value for row in positions.open_lines(bank_account)]
    entries = positions.open_entries(bank_account, newest.last + timedelta(days=WINDOW_DAYS))
    turns = positions.taken_back(bank_account)
    found = reconcile(lines, entries, last=newest.last, bank_balance=0, books_balance=0, held=turns["line"])
    BankMatch.objects.bulk_create(
        [
            BankMatch(
                line_id=match.line.number,
                line_turn=turns["line"].get(match.line.number, 0),
                bank_account=bank_account,
                entry_id=match.entry.seq,
                entry_turn=turns["entry"].get(match.entry.seq, 0),
                by=match.by.value,
                settled_at=now,
                settled_by=by,
            )
            for match in found.matches
        ],
        batch_size=500,
    )
    return len(found.matches)
