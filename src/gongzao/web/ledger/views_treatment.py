"""Pages of single differences: matched by hand, remarked, given to somebody, booked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from gongzao.kernel import InvalidValue
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import visible
from gongzao.web.ledger import bank, positions, treatment
from gongzao.web.ledger.display import in_english, synthetic_account
from gongzao.web.ledger.forms_bank import BookForm, MatchForm, NoteForm, RemarkForm
from gongzao.web.ledger.models import Entry
from gongzao.web.ledger.models_bank import BankAccount, BankLine, BankMatch, BankRemark
from gongzao.web.ledger.views_bank import signed_in


@dataclass
class _Page:
    """What a page of one line offers; a form that was sent and refused stands in its place again."""

    line: BankLine
    user: User
    offers: list[treatment.Offer]
    sent: dict[str, Any] = field(default_factory=dict)

    def forms(self) -> dict[str, Any]:
        """Return a form for each thing that can be done."""
        new = {
            "match": MatchForm(offers=self.seqs, prefix="match"),
            "book": BookForm(kinds=treatment.bookings(self.line), prefix="book"),
            "unmatch": NoteForm(prefix="unmatch"),
            "remark": RemarkForm(prefix="remark"),
        }
        return {**new, **self.sent}

    def unseen(self, *, settled: bool) -> list[str]:
        """Return why something was refused that the page no longer offers, because somebody was faster."""
        gone = ("match", "book") if settled else ("unmatch",)
        return [str(error) for step in gone if step in self.sent for error in self.sent[step].non_field_errors()]

    @property
    def seqs(self) -> list[int]:
        """The entries that are offered."""
        return [offer.row.seq for offer in self.offers]


@require_http_methods(["GET", "HEAD", "POST"])
def line(request: HttpRequest, pk: str) -> HttpResponse:
    """Show a line of the bank and treat it: match it, take a match back, book it, remark it."""
    user = signed_in(request)
    rows = visible(BankLine.objects.all(), user).select_related("statement__bank_account__account")
    row: BankLine = get_object_or_404(rows, pk=int(pk))
    account = row.statement.bank_account
    may_treat = bank.may_reconcile(account.account, user)
    settled = BankMatch.in_force().filter(line=row).select_related("entry", "settled_by").first()
    page = _Page(row, user, [] if settled else treatment.offers(row))
    if request.method == "POST":
        if not may_treat:
            raise PermissionDenied
        if _treated(request, page):
            return redirect("ledger:bank_line", pk=row.pk)
    context = {
        "line": row,
        "settled": settled,
        "offers": page.offers,
        "forms": page.forms(),
        "refused": page.unseen(settled=settled is not None),
        "may_treat": may_treat,
        "history": _history(row),
        "synthetic": synthetic_account(account.account),
    }
    return render(request, "ledger/bank_line.html", context)


def _treated(request: HttpRequest, page: _Page) -> bool:
    """Do what was asked; false if it was refused, then the form says why."""
    now, row, user = timezone.now(), page.line, page.user
    steps: dict[str, tuple[Any, Callable[[dict[str, Any]], object], str]] = {
        "match": (
            MatchForm(request.POST, offers=page.seqs, prefix="match"),
            lambda said: treatment.match(row, Entry.objects.get(pk=int(said["entry"])), said["note"], now, by=user),
            _("已人工核对。"),
        ),
        "book": (
            BookForm(request.POST, kinds=treatment.bookings(row), prefix="book"),
            lambda said: treatment.book(row, treatment.Booking(said["kind"]), said["note"], now, by=user),
            _("已补记入账，并与本笔明细核对。"),
        ),
        "unmatch": (
            NoteForm(request.POST, prefix="unmatch"),
            lambda said: treatment.unmatch(row, said["note"], now, by=user),
            _("已撤销核对；以后只能人工核对这一笔。"),
        ),
        "remark": (
            RemarkForm(request.POST, prefix="remark"),
            _remarking(row.statement.bank_account, row, now, user),
            _("已备注。"),
        ),
    }
    step = request.POST.get("step", "")
    if step not in steps:
        raise Http404
    form, act, done = steps[step]
    page.sent[step] = form
    return _acted(request, form, act, done)


def _remarking(
    account: BankAccount, item: BankLine | Entry, now: datetime, user: User
) -> Callable[[dict[str, Any]], object]:
    return lambda said: treatment.remark(account, item, said["text"], now, by=user, given_to=said["given_to"])


def _acted(request: HttpRequest, form: Any, act: Callable[[dict[str, Any]], object], done: str) -> bool:
    if not form.is_valid():
        return False
    try:
        act(form.cleaned_data)
    except InvalidValue as error:
        form.add_error(None, error.en if in_english() else error.zh)
        return False
    messages.success(request, done)
    return True


def _history(row: BankLine) -> list[tuple[datetime, User | None, str, str]]:
    """Return what was done with a line: when, by whom, what, and what was said; oldest first."""
    told: list[tuple[datetime, User | None, str, str]] = []
    for match in row.matches.select_related("settled_by", "unmatch__by", "entry"):
        what = _("与第%(seq)s号分录核对（%(by)s）") % {"seq": match.entry_id, "by": match.get_by_display()}
        told.append((match.settled_at, match.settled_by, what, match.note))
        if hasattr(match, "unmatch"):
            what = _("撤销与第%(seq)s号分录的核对") % {"seq": match.entry_id}
            told.append((match.unmatch.at, match.unmatch.by, what, match.unmatch.note))
    return sorted([*told, *_remarks(row.remarks)], key=lambda item: item[0])


def _remarks(rows: Any) -> list[tuple[datetime, User | None, str, str]]:
    return [
        (
            remark.at,
            remark.by,
            _("交办给%(who)s") % {"who": remark.given_to} if remark.given_to else _("备注"),
            remark.text,
        )
        for remark in rows.select_related("by", "given_to")
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: HttpRequest, account: str, seq: str) -> HttpResponse:
    """Show an entry that the bank does not have, the open lines of the same amount, and what was said of it."""
    user = signed_in(request)
    rows = visible(BankAccount.objects.select_related("account"), user)
    supervised: BankAccount = get_object_or_404(rows, pk=account.replace("\x00", ""))
    moved = positions.booked(supervised.account, None)
    row: Entry = get_object_or_404(moved.select_related("debit", "credit"), pk=int(seq))
    may_treat = bank.may_reconcile(supervised.account, user)
    form = RemarkForm(prefix="remark")
    if request.method == "POST":
        if not may_treat:
            raise PermissionDenied
        form = RemarkForm(request.POST, prefix="remark")
        if _acted(request, form, _remarking(supervised, row, timezone.now(), user), _("已备注。")):
            return redirect("ledger:bank_entry", account=supervised.pk, seq=row.pk)
    change = row.posted if row.debit_id == supervised.pk else -row.posted
    settled = BankMatch.in_force().filter(bank_account=supervised, entry=row).select_related("line").first()
    lines = positions.open_lines(supervised).filter(amount=change).order_by("booked_on", "pk")
    context = {
        "bank_account": supervised,
        "entry": row,
        "change": change,
        "settled": settled,
        "lines": [] if settled else lines[: treatment.MOST_OFFERED],
        "form": form,
        "may_treat": may_treat,
        "history": _remarks(BankRemark.objects.filter(bank_account=supervised, entry=row)),
        "synthetic": synthetic_account(supervised.account),
    }
    return render(request, "ledger/bank_entry.html", context)
