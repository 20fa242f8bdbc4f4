"""What can be done with bank statements; the only place that writes them.

``by=None`` is the platform itself: a command or a loader.
"""

from datetime import datetime, timedelta
from hashlib import sha256

from django.core.exceptions import PermissionDenied
from django.db import transaction

from gongzao.kernel import InvalidInput, InvalidValue, Problem
from gongzao.ledger import WINDOW_DAYS, GapKind, gaps, read_statements, reconcile
from gongzao.ledger import BankStatement as StatementValue
from gongzao.ledger.bank import plain
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import editable
from gongzao.web.ledger import positions
from gongzao.web.ledger.models import Account, AccountKind, Unit
from gongzao.web.ledger.models_bank import BankAccount, BankLine, BankMatch, BankStatement


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


def import_statements(
    bank_account: BankAccount, data: bytes, name: str, now: datetime, *, by: User | None
) -> list[BankStatement]:
    """Take the statements of a file, all or none, and settle what can be settled.

    Statements may come in any order but never cover the same days twice; a gap is no fault, pages show it.

    Raises
    ------
    PermissionDenied
        If the account is outside what ``by`` may write to.
    InvalidInput
        What :func:`gongzao.ledger.read_statements` refuses; ``bank.imported`` if the file was taken before,
        ``bank.other_account`` if it names another account, ``bank.overlap`` if its days are covered already.
    """
    if by is not None and not may_reconcile(bank_account.account, by):
        raise PermissionDenied
    statements = read_statements(data, name)
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
            stored.append(row)
        _settle(locked, now, by)
    return stored


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
        if value.account and value.account != bank_account.number:
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
    found = reconcile(lines, entries, last=newest.last, bank_balance=0, books_balance=0)
    BankMatch.objects.bulk_create(
        [
            BankMatch(
                line_id=match.line.number,
                bank_account=bank_account,
                entry_id=match.entry.seq,
                by=match.by.value,
                settled_at=now,
                settled_by=by,
            )
            for match in found.matches
        ],
        batch_size=500,
    )
    return len(found.matches)
