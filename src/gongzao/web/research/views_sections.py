"""Pages on which a draft is filled in: section by section, or as a workbook."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from gongzao.kernel import GongzaoError, InvalidInput
from gongzao.web.research import amendments, consents, draft_pages, drafts, forms_drafts, workbook
from gongzao.web.research.display import in_english, said
from gongzao.web.research.forms_drafts import SectionForm, SeenForm, UploadForm
from gongzao.web.research.models import Draft
from gongzao.web.research.proposal_reader import Fault
from gongzao.web.research.sections import BY_NAME, SECTIONS, Kind, Row, Section, rows_of
from gongzao.web.research.views_drafts import find, page, user_of

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_http_methods(["GET", "HEAD", "POST"])
def section(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Show or keep one section; for the live list say what is wrong with what is typed, and keep nothing."""
    row = find(request, slug)
    if name not in BY_NAME:
        raise Http404
    if not drafts.may_write(user_of(request), row) or name in drafts.locked(row):
        raise PermissionDenied
    part = BY_NAME[name]
    fixed = rows_of(row.data, part)[: amendments.fixed(row.amends, name)] if row.amends else []
    names = consents.names_for(user_of(request), row)
    forms = _forms(request, row, part, fixed, names)
    if request.method != "POST":
        return _page(request, row, part, forms, fixed, names)
    seen = SeenForm(request.POST)
    content = _content(part, forms, fixed)
    if content is None or not seen.is_valid():
        return _page(request, row, part, forms, fixed, names, _("有内容过长或含不能保存的字符，未保存。"))
    if "HX-Request" in request.headers:
        return _live(request, row, name, content)
    try:
        drafts.save(row, {name: content}, seen.cleaned_data["seen"], timezone.now(), by=user_of(request))
    except GongzaoError as error:
        return _page(request, row, part, forms, fixed, names, said(error))
    messages.success(request, _("已保存：%(section)s。") % {"section": part.label})
    return _onward(request, row, name)


def _onward(request: HttpRequest, row: Draft, name: str) -> HttpResponse:
    """Go to the next section if asked to, else stay on this one."""
    order = [part.name for part in SECTIONS if part.name not in drafts.locked(row)]
    if "next" not in request.POST:
        return redirect("research:draft_section", row.slug, name)
    following = order[order.index(name) + 1 :]
    return redirect("research:draft_section", row.slug, following[0]) if following else redirect(row)


def _forms(request: HttpRequest, row: Draft, part: Section, fixed: list[Row], names: dict[str, str]) -> Any:
    post = request.POST if request.method == "POST" else None
    milestones = [(m.get("id", ""), f"{m.get('id', '')} {m.get('title', '')}") for m in row.data.get("milestones", [])]
    options = {
        Kind.PARTY: [(code, f"{name}（{code}）") for code, name in names.items()],
        Kind.MILESTONE: [(key, text) for key, text in milestones if key],
    }
    rows = rows_of(row.data, part)
    if part.table:
        return forms_drafts.many(part, rows[len(fixed) :], post, options)
    return forms_drafts.one(part, rows[0], post, options)


def _content(part: Section, forms: Any, fixed: list[Row]) -> Any:
    """Return what was typed, or None if it cannot be kept at all."""
    if not forms.is_valid():
        return None
    return [*fixed, *forms_drafts.kept(part, forms)] if part.table else forms.typed


def _live(request: HttpRequest, row: Draft, name: str, content: Any) -> HttpResponse:
    faults = drafts.proposal_of(row, timezone.now(), {**row.data, name: content})[1]
    return render(request, "research/includes/draft_faults.html", _listed(faults, name))


def _listed(faults: Sequence[Fault], name: str) -> dict[str, Any]:
    """Return the faults of a section first, and how many more there are."""
    here = [fault for fault in faults if fault.section == name]
    return {
        "told": draft_pages.told(fault for fault in here if not fault.blank),
        "blank": sum(fault.blank for fault in here),
        "elsewhere": len(faults) - len(here),
    }


def _page(
    request: HttpRequest,
    row: Draft,
    part: Section,
    forms: Any,
    fixed: list[Row],
    names: dict[str, str],
    error: str = "",
) -> HttpResponse:
    visited = part.name in row.data
    faults = drafts.proposal_of(row, timezone.now())[1] if visited and not error else ()
    lines = [
        _line(form, part, [f for f in faults if f.section == part.name and f.row == n])
        for n, form in enumerate(forms.forms if part.table else [forms], start=len(fixed))
    ]
    context = {
        "row": row,
        "section": part,
        "forms": forms,
        "lines": lines,
        "empty": _line(forms.empty_form, part, []) if part.table else None,
        "fixed": [draft_pages.texts(part, kept, names) for kept in fixed],
        "names": [(code, names.get(code)) for code in names] if part.name == "parties" else [],
        "order": [(p, p.name == part.name) for p in SECTIONS if p.name not in drafts.locked(row)],
        "error": error,
        "visited": visited,
        **_listed(faults, part.name),
    }
    return render(request, "research/draft_section.html", context, status=422 if error else 200)


def _line(form: SectionForm, part: Section, faults: list[Fault]) -> dict[str, Any]:
    """Return a row of fields, each with what is wrong with it."""
    english = in_english()

    def words(field: str) -> list[str]:
        return [fault.en if english else fault.zh for fault in faults if fault.field == field]

    cells = [(form[column.name], words(column.name)) for column in part.columns]
    return {"form": form, "cells": cells, "errors": words("")}


@require_http_methods(["GET", "HEAD", "POST"])
def draft_workbook(request: HttpRequest, slug: str) -> HttpResponse:
    """Send a draft as a workbook, or take it back filled in: all of it or nothing."""
    row = find(request, slug)
    parts = [part for part in SECTIONS if part.name not in drafts.locked(row)]
    if request.method != "POST":
        response = HttpResponse(workbook.write(row.data, parts), content_type=EXCEL)
        response["Content-Disposition"] = content_disposition_header(True, f"{row.slug}.xlsx") or ""
        return response
    if not drafts.may_write(user_of(request), row):
        raise PermissionDenied
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return page(request, row, _("没有收到可读取的文件，未作任何改动。"), upload=form)
    try:
        changes = _taken(row, form.cleaned_data["file"], parts)
        drafts.save(row, changes, form.cleaned_data["seen"], timezone.now(), by=user_of(request))
    except InvalidInput as error:
        return _problems(request, row, error)
    except GongzaoError as error:
        return page(request, row, said(error))
    messages.success(request, _("已读入整份工作簿。"))
    return redirect(row)


def _taken(row: Draft, file: Any, parts: Sequence[Section]) -> dict[str, Any]:
    """Return the sections of a workbook in which every cell can be read."""
    found, places = workbook.read(file.read(), file.name, parts)
    faults = drafts.proposal_of(row, timezone.now(), {**row.data, **found})[1]
    problems = workbook.problems_of(faults, places, file.name, found)
    if problems:
        raise InvalidInput(problems)
    return found


def _problems(request: HttpRequest, row: Draft, error: InvalidInput) -> HttpResponse:
    english = in_english()
    problems = [(found, found.en if english else found.zh) for found in error.problems]
    context = {"row": row, "problems": problems, "total": error.total}
    return render(request, "research/draft_problems.html", context, status=422)
