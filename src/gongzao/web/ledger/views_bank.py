"""Pages of reconciliation with the bank."""

from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gongzao.kernel import InvalidInput, InvalidValue, Problem
from gongzao.ledger import BookEntry, Gap, GapKind, Reconciliation
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import editable, visible
from gongzao.web.ledger import bank, positions, sentences
from gongzao.web.ledger.display import in_english, synthetic_account
from gongzao.web.ledger.forms import BankAccountForm, UploadForm
from gongzao.web.ledger.models import Account, AccountKind, Entry, Unit
from gongzao.web.ledger.models_bank import BankAccount, BankLine, BankStatement

PAGE = 100
MOST_OPEN = 200
"""Open items of each kind that a page lists; it says how many there are."""


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)


def _own(user: User) -> QuerySet[BankAccount]:
    """Return the supervised accounts whose statements ``user`` may upload."""
    accounts = editable(Account.objects.all(), user).values("pk")
    return BankAccount.objects.filter(account__in=accounts).select_related("account")


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Show every supervised account and whether bank and books agree."""
    user = _user(request)
    found = positions.overviews(user)
    own = set(_own(user).values_list("pk", flat=True))
    context = {
        "rows": [(row, _followed(row), row.bank_account.pk in own) for row in found],
        "answer": sentences.of_bank(found),
        "may_upload": bool(own),
        "may_register": user.is_superuser,
        "synthetic": any(synthetic_account(row.bank_account.account) for row in found),
    }
    return render(request, "ledger/bank.html", context)


def _followed(row: positions.Overview) -> list[tuple[BankStatement, Gap | None]]:
    """Return the statements of an account, newest first, each with what is wrong between it and the one before."""
    by_span = {gap.after: gap for gap in row.gaps if gap.kind is GapKind.BALANCE}
    return [(statement, by_span.get(statement.span)) for statement in row.statements]


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Take a bank statement, all of it or nothing."""
    user = _user(request)
    own = _own(user)
    if not own.exists():
        raise PermissionDenied
    sent = request.method == "POST"
    form = UploadForm(request.POST if sent else None, request.FILES if sent else None, accounts=own)
    problems: tuple[Problem, ...] = ()
    if sent and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            taken = bank.import_statements(
                form.cleaned_data["bank_account"], file.read(), file.name, timezone.now(), by=user
            )
        except InvalidInput as error:
            problems = error.problems
        else:
            messages.success(request, _("已登记对账单%(n)s份，并与账本核对。") % {"n": len(taken)})
            return redirect("ledger:bank_statement", pk=taken[-1].pk)
    context = {"form": form, "problems": [(found, found.en if in_english() else found.zh) for found in problems]}
    return render(request, "ledger/bank_upload.html", context)


@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Say which account at a bank an asset account mirrors."""
    user = _user(request)
    if not user.is_superuser:
        raise PermissionDenied
    accounts = Account.objects.filter(kind=AccountKind.ASSET, unit=Unit.CNY, bank_account__isnull=True)
    sent = request.method == "POST"
    form = BankAccountForm(request.POST if sent else None, accounts=accounts)
    if sent and form.is_valid():
        try:
            row = bank.register_bank_account(
                form.cleaned_data["account"], form.cleaned_data["bank"], form.cleaned_data["number"], by=user
            )
        except InvalidValue as error:
            form.add_error(None, error.en if in_english() else error.zh)
        else:
            messages.success(request, _("已登记：%(row)s。") % {"row": row})
            return redirect("ledger:bank")
    return render(request, "ledger/bank_register.html", {"form": form})


@require_POST
def settle(request: HttpRequest) -> HttpResponse:
    """Match what is open once more, after the books have caught up."""
    user = _user(request)
    key = request.POST.get("bank_account", "").replace("\x00", "")
    row = get_object_or_404(visible(BankAccount.objects.select_related("account"), user), pk=key)
    found = bank.settle(row, timezone.now(), by=user)
    messages.success(request, _("重新核对完成，新核对上%(n)s笔。") % {"n": found})
    return redirect("ledger:bank")


@require_GET
def statement(request: HttpRequest, pk: str) -> HttpResponse:
    """Show a statement: the two balances, what explains their difference, and every line with its partner."""
    user = _user(request)
    rows = visible(BankStatement.objects.all(), user).select_related(
        "uploaded_by", *(f"bank_account__account__{place}" for place in ("enterprise", "cluster", "region"))
    )
    row: BankStatement = get_object_or_404(rows, pk=int(pk))
    position = positions.position(row)
    found = position.reconciliation
    lines = (
        BankLine.objects.filter(statement=row).select_related("match__entry", "match__settled_by").order_by("number")
    )
    context = {
        "statement": row,
        "position": position,
        "found": found,
        "page": Paginator(lines, PAGE).get_page(request.GET.get("page")),
        "table": _table(found),
        "bank_only": found.bank_only[:MOST_OPEN],
        "books_only": _with_entries(found.books_only[:MOST_OPEN]),
        "differing": found.differing[:MOST_OPEN],
        "most": MOST_OPEN,
        "answer": sentences.of_position(position),
        "may_settle": position.waiting and bank.may_reconcile(row.bank_account.account, user),
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
