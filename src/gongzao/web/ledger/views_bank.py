"""Pages of reconciliation with the bank: all accounts, uploads, one statement."""

from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzao.kernel import InvalidInput, InvalidValue, Problem
from gongzao.ledger import BookEntry, Gap, GapKind, Hint, Reconciliation
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import editable, visible
from gongzao.web.ledger import bank, positions, sentences
from gongzao.web.ledger.display import in_english, synthetic_account
from gongzao.web.ledger.forms_bank import BankAccountForm, UploadForm
from gongzao.web.ledger.models import Account, AccountKind, Entry, Unit
from gongzao.web.ledger.models_bank import BankAccount, BankLine, BankMatch, BankRemark, BankStatement

PAGE = 100
MOST_OPEN = 200
"""Open items of each kind that a page lists; it says how many there are."""

ASKED = ("bank.heading", "bank.heading_twice")
"""Faults that a person can answer by saying what a heading means."""


def signed_in(request: HttpRequest) -> User:
    """Return who asks; the site lets nobody else come here."""
    return cast("User", request.user)


def _own(user: User) -> QuerySet[BankAccount]:
    """Return the supervised accounts whose statements ``user`` may upload."""
    accounts = editable(Account.objects.all(), user).values("pk")
    return BankAccount.objects.filter(account__in=accounts).select_related("account")


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show every supervised account and whether bank and books agree, and money that has no account at a bank."""
    user, today = signed_in(request), timezone.localdate()
    found = positions.overviews(user)
    unregistered = positions.unregistered(user)
    own = set(_own(user).values_list("pk", flat=True))
    context = {
        "rows": [(row, _followed(row), row.bank_account.pk in own, row.months_without(today)) for row in found],
        "unregistered": unregistered,
        "elsewhere": 0 if found else BankAccount.objects.count(),
        "answer": sentences.of_bank(found, len(unregistered), today),
        "may_upload": bool(own),
        "may_register": user.is_superuser,
        "synthetic": any(synthetic_account(row.bank_account.account) for row in found),
    }
    return render(request, "ledger/bank.html", context)


def _followed(row: positions.Overview) -> list[tuple[BankStatement, Gap | None]]:
    """Return the statements of an account, newest first, each with what is wrong between it and the one before."""
    by_span = {gap.after: gap for gap in row.gaps if gap.kind is GapKind.BALANCE}
    return [(statement, by_span.get(statement.span)) for statement in row.statements]


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Take a bank statement, all of it or nothing; what is said about headings is kept for the account."""
    user = signed_in(request)
    own = _own(user)
    if not own.exists():
        raise PermissionDenied
    sent = request.method == "POST"
    form = UploadForm(request.POST if sent else None, request.FILES if sent else None, accounts=own)
    problems: tuple[Problem, ...] = ()
    if sent and form.is_valid():
        account, file, now = form.cleaned_data["bank_account"], form.cleaned_data["file"], timezone.now()
        bank.tell_headings(account, form.told, now, by=user)
        try:
            taken = bank.import_statements(
                account, file.read(), file.name, now, by=user, oldest_first=form.oldest_first
            )
        except InvalidInput as error:
            problems = error.problems
            asked = [found.field for found in problems if found.code in ASKED and found.field]
            form = UploadForm(
                request.POST, request.FILES, accounts=own, headings=asked, known=bank.told_headings(account)
            )
        else:
            messages.success(request, _("已登记对账单%(n)s份，并与账本核对。") % {"n": len(taken)})
            for hint in dict.fromkeys(hint for row in taken for hint in row.hints):
                messages.warning(request, _in_words(hint))
            return redirect("ledger:bank_statement", pk=taken[-1].pk)
    context = {"form": form, "problems": [(found, found.en if in_english() else found.zh) for found in problems]}
    return render(request, "ledger/bank_upload.html", context)


def _in_words(said: Hint | InvalidValue) -> str:
    return said.en if in_english() else said.zh


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Say which account at a bank an asset account mirrors."""
    user = signed_in(request)
    if not user.is_superuser:
        raise PermissionDenied
    accounts = Account.objects.filter(kind=AccountKind.ASSET, unit=Unit.CNY, bank_account__isnull=True)
    sent = request.method == "POST"
    first = {"account": request.GET.get("account")}
    form = BankAccountForm(request.POST if sent else None, accounts=accounts, initial=first)
    if sent and form.is_valid():
        try:
            row = bank.register_bank_account(
                form.cleaned_data["account"], form.cleaned_data["bank"], form.cleaned_data["number"], by=user
            )
        except InvalidValue as error:
            form.add_error(None, _in_words(error))
        else:
            messages.success(request, _("已登记：%(row)s。") % {"row": row})
            return redirect("ledger:bank")
    return render(request, "ledger/bank_register.html", {"form": form})


@require_POST
def settle(request: HttpRequest) -> HttpResponse:
    """Match again what is still open, after the books have caught up."""
    user = signed_in(request)
    key = request.POST.get("bank_account", "").replace("\x00", "")
    row: BankAccount = get_object_or_404(visible(BankAccount.objects.select_related("account"), user), pk=key)
    found = bank.settle(row, timezone.now(), by=user)
    messages.success(request, _("重新核对完成，新核对上%(n)s笔。") % {"n": found})
    return redirect("ledger:bank")


@require_safe
def statement(request: HttpRequest, pk: str) -> HttpResponse:
    """Show a statement: the two balances, what explains their difference, and every line with its partner."""
    user = signed_in(request)
    rows = visible(BankStatement.objects.all(), user).select_related(
        "uploaded_by", *(f"bank_account__account__{place}" for place in ("enterprise", "cluster", "region"))
    )
    row: BankStatement = get_object_or_404(rows, pk=int(pk))
    position = positions.position(row)
    found = position.reconciliation
    in_force = BankMatch.in_force().select_related("entry", "settled_by")
    settled = Prefetch("matches", in_force, to_attr="in_force")
    lines = BankLine.objects.filter(statement=row).prefetch_related(settled).order_by("number")
    said = BankRemark.objects.filter(bank_account=row.bank_account).select_related("by", "given_to")
    of_line = {remark.line_id: remark for remark in said if remark.line_id}
    of_entry = {remark.entry_id: remark for remark in said if remark.entry_id}
    context = {
        "statement": row,
        "position": position,
        "found": found,
        "page": Paginator(lines, PAGE).get_page(request.GET.get("page")),
        "table": _table(found),
        "bank_only": [(line, of_line.get(line.number)) for line in found.bank_only[:MOST_OPEN]],
        "books_only": [(*pair, of_entry.get(pair[1].pk)) for pair in _with_entries(found.books_only[:MOST_OPEN])],
        "differing": [(match, of_line.get(match.line.number)) for match in found.differing[:MOST_OPEN]],
        "most": MOST_OPEN,
        "outside": row.lines.exclude(booked_on__range=(row.first, row.last)).count(),
        "answer": sentences.of_position(position),
        "may_treat": bank.may_reconcile(row.bank_account.account, user),
        "synthetic": synthetic_account(row.bank_account.account),
    }
    return render(request, "ledger/bank_statement.html", context)


def _table(found: Reconciliation) -> dict[str, int]:
    """Return the lines of the reconciliation statement (银行存款余额调节表) [fen]."""
    bank_in = sum(line.amount for line in found.bank_only if line.amount > 0)
    bank_out = -sum(line.amount for line in found.bank_only if line.amount < 0)
    books_in = sum(entry.amount for entry in found.books_only if entry.amount > 0)
    books_out = -sum(entry.amount for entry in found.books_only if entry.amount < 0)
    off = sum(match.difference for match in found.differing)
    return {
        "bank_in": bank_in,
        "bank_out": bank_out,
        "ahead": found.ahead,
        "off": off,
        "books_in": books_in,
        "books_out": books_out,
        "books_adjusted": found.books_balance + bank_in - bank_out + found.ahead + off,
        "bank_adjusted": found.bank_balance + books_in - books_out,
    }


def _with_entries(items: tuple[BookEntry, ...]) -> list[tuple[BookEntry, Entry]]:
    rows = Entry.objects.in_bulk([item.seq for item in items])
    return [(item, rows[item.seq]) for item in items]
