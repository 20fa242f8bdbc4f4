"""Pages of accounts, journal and daily heads."""

import csv
from collections import defaultdict
from datetime import date
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gongzao.ledger import DailyHead
from gongzao.ledger.chain import CHINA
from gongzao.ledger.example import MARK
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import sees_all
from gongzao.web.kit.days import asked_month
from gongzao.web.ledger import entries, exports, positions, queries, sentences, statements, verify
from gongzao.web.ledger.display import bare, synthetic_account, synthetic_entry
from gongzao.web.ledger.forms import AccountsForm, JournalForm, PeriodForm
from gongzao.web.ledger.models import Account, AccountKind, Batch
from gongzao.web.project.exports import MOST_EXCEL_ROWS, send

PAGE = 50
MOST_AUDITED = 50_000  # lines that a page goes through, some half a minute of work; beyond, the command does


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)  # the pages that use it ask for signing in


def _place(text: str | None) -> int | None:
    """Return a place in the journal as it stands in an address; what is no place is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """List the accounts that the visitor may see, by party."""
    form = AccountsForm(request.GET)
    chosen = form.chosen
    rows = statements.accounts(_user(request)).order_by("owner", "id")
    if chosen["q"]:
        text = chosen["q"]
        named = Q(pk__icontains=text) | Q(owner__icontains=text) | Q(name__icontains=text)
        rows = rows.filter(named | Q(enterprise__name__icontains=text))
    if chosen["unit"]:
        rows = rows.filter(unit=chosen["unit"])
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    owners = rows.order_by().values("owner").distinct().count()
    context = {
        "form": form,
        "page": page,
        "rows": [(row, row.balance.value, synthetic_account(row)) for row in shown],
        "synthetic": any(synthetic_account(row) for row in shown),
        **_audited(request),
        "answer": sentences.of_accounts(page.paginator.count, owners, _held(shown, page.paginator.num_pages)),
    }
    return render(request, "ledger/accounts.html", context)


def _audited(request: HttpRequest) -> dict[str, object]:
    """Return what is said first: whether the books agree with themselves and with the bank."""
    audit, head, stands = queries.last_audit()
    items = positions.open_items(_user(request))
    words = [sentences.of_audit(audit, head, stands), *([] if items is None else [sentences.of_open_items(items)])]
    whole = sees_all(_user(request))
    return {
        "audited": "".join(words),
        "wrong": audit is not None and (bool(audit.findings) or not stands),
        "whole": whole,
        "findings": audit.findings.splitlines() if audit and whole else [],
    }


@require_POST
def audit(request: HttpRequest) -> HttpResponse:
    """Go through the books line by line, for whoever sees all of them."""
    if not sees_all(_user(request)):
        raise PermissionDenied
    if queries.last_audit()[1].seq > MOST_AUDITED:
        words = _("账本超过%(n)s行，请在服务器上运行 gongzao ledger verify。") % {"n": f"{MOST_AUDITED:,}"}
        messages.warning(request, words)
    else:
        verify.audit(timezone.now(), by=_user(request))
    return redirect("ledger:accounts")


@require_safe
def book_file(request: HttpRequest) -> HttpResponseBase:
    """Send the whole book, with every byte that a hash covers, for ``gongzao ledger check``."""
    response = StreamingHttpResponse(queries.book_lines(_user(request)), content_type="application/x-ndjson")
    name = f"gongzao-book-{timezone.localdate():%Y%m%d}.jsonl"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _held(rows: list[Account], pages: int) -> dict[str, int]:
    """Return what the asset accounts hold by unit, if one page shows them all."""
    if pages > 1:
        return {}
    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.kind == AccountKind.ASSET:
            sums[row.unit] += row.balance.value.of(row.value.kind)
    return dict(sums)


def _named(request: HttpRequest) -> tuple[list[Account], str]:
    """Return the accounts that an address names and their name; 404 if the visitor sees none of them."""
    rows = statements.accounts(_user(request))
    account, party = (request.GET.get(name, "").replace("\x00", "") for name in ("account", "party"))
    found = list(rows.filter(pk=account) if account else rows.filter(owner=party).order_by("unit", "id"))
    if not found:
        raise Http404
    first = found[0]
    if account:
        return found, bare(str(first))
    return found, str(first.enterprise or party)


@require_safe
def statement(request: HttpRequest) -> HttpResponse:
    """Show the statement of an account, or of all accounts of a party."""
    rows, name = _named(request)
    form = PeriodForm(request.GET)
    period = form.period
    shown = statements.statement(rows, period, _place(request.GET.get("before")))
    context = {
        "name": name,
        "party": rows[0].owner,
        "single": bool(request.GET.get("account")),
        "account": rows[0],
        "form": form,
        "statement": shown,
        "answer": sentences.of_statement(name, shown.figures, period),
        "reserved": sentences.of_reserved(shown.figures),
        "synthetic": any(synthetic_account(row) for row in rows),
        "open_end": period.until is None,
    }
    return render(request, "ledger/statement.html", context)


@require_safe
def statement_export(request: HttpRequest, form: str) -> HttpResponseBase:
    """Send a statement, oldest movement first."""
    rows, name = _named(request)
    period = PeriodForm(request.GET).period
    figures = statements.statement(rows, period, None).figures
    head = [sentences.of_statement(name, figures, period), *_custody(any(synthetic_account(row) for row in rows))]
    table = exports.statement_table(f"{_('对账单')}-{name}", head, statements.all_movements(rows, period))
    return send(table, form, timezone.localdate())


def _custody(synthetic: bool) -> list[str]:
    lines = [_("平台只记账，不保管资金；资金存放在外部银行的监管账户。")]
    return [*lines, _("注意：含示例数据，为演示生成，并非真实数据。")] if synthetic else lines


@require_safe
def journal(request: HttpRequest) -> HttpResponse:
    """Show the journal, newest first."""
    form = JournalForm(request.GET)
    rows = entries.journal(_user(request), form.choice)
    count = entries.bounded_count(rows)
    before = _place(request.GET.get("before"))
    older = rows.filter(seq__lt=before) if before is not None else rows
    shown = list(older.order_by("-seq")[: entries.PAGE + 1])
    page = shown[: entries.PAGE]
    context = {
        "form": form,
        "rows": [(row, synthetic_entry(row)) for row in page],
        "older": page[-1].seq if len(shown) > entries.PAGE else None,
        "first_page": before is None,
        "answer": sentences.of_journal(count, page[0] if page else None),
        "synthetic": any(synthetic_entry(row) for row in page),
    }
    return render(request, "ledger/journal.html", context)


@require_safe
def journal_export(request: HttpRequest, form: str) -> HttpResponseBase:
    """Send the journal as filtered, oldest entry first."""
    rows = entries.journal(_user(request), JournalForm(request.GET).choice)
    if form == "xlsx" and rows.order_by()[: MOST_EXCEL_ROWS + 1].count() > MOST_EXCEL_ROWS:
        messages.warning(request, _("超过%(n)s行，请缩小范围或导出 CSV。") % {"n": f"{MOST_EXCEL_ROWS:,}"})
        return redirect(f"{reverse('ledger:journal')}?{request.GET.urlencode()}")
    synthetic = any(synthetic_entry(row) for row in rows.order_by("-seq")[:PAGE])
    head = [f"{_('分录')} · {_('共造')}", *_custody(synthetic)]
    return send(exports.journal_table(_("分录"), head, rows.iterator(2000)), form, timezone.localdate())


@require_safe
def entry(request: HttpRequest, seq: str) -> HttpResponse:
    """Show everything about one entry."""
    rows = entries.journal(_user(request), entries.Choice()).select_related(
        "batch__by", "debit__enterprise", "debit__cluster", "credit__enterprise", "credit__cluster"
    )
    row = get_object_or_404(rows, seq=int(seq))
    context = {
        "entry": row,
        "related": entries.related(_user(request), row),
        "holds": entries.hash_holds(row),
        "answer": sentences.of_entry(row),
        "synthetic": synthetic_entry(row),
    }
    return render(request, "ledger/entry.html", context)


def _month(request: HttpRequest) -> date:
    """Return the first day of the month asked for, or of the newest one with entries."""
    asked = asked_month(request.GET.get("month"))
    if asked is not None:
        return asked
    newest = Batch.objects.order_by("-seq").values_list("at", flat=True).first()
    return (newest or timezone.now()).astimezone(CHINA).date().replace(day=1)


def _heads(first: date) -> tuple[DailyHead, ...]:
    return queries.daily_heads(first, statements.last_of_month(first))


@login_not_required
@require_safe
def heads(request: HttpRequest) -> HttpResponse:
    """Show the hash at the end of each day, so that anybody can keep it; everybody may see it."""
    first = _month(request)
    shown = _heads(first)
    today = timezone.now().astimezone(CHINA).date()
    context = {
        "month": first,
        "heads": [(head, head.day < today) for head in reversed(shown)],
        "whole": sees_all(request.user),
        "answer": sentences.of_heads(shown, today),
        "synthetic": bool(entries.made_up(head.seq for head in shown)),
    }
    return render(request, "ledger/heads.html", context)


@login_not_required
@require_safe
def heads_file(request: HttpRequest) -> HttpResponse:
    """Send the heads of a month as CSV; days that are not over are left out."""
    first = _month(request)
    today = timezone.now().astimezone(CHINA).date()
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="heads-{first:%Y-%m}.csv"'
    writer = csv.writer(response)
    writer.writerow(["day", "seq", "hash", "synthetic"])
    final = [head for head in _heads(first) if head.day < today]
    made_up = entries.made_up(head.seq for head in final)
    writer.writerows([head.day, head.seq, head.hash, MARK if head.seq in made_up else ""] for head in final)
    return response
