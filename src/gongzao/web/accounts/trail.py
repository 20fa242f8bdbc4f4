"""The history as auditors and officers read it: what one may see, narrowed down, with values in words."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gongzao.web.accounts.models import OFFICERS, Role
from gongzao.web.accounts.scope import Visitor, roles_of, sees_all, visible
from gongzao.web.kit.history import Act, Change
from gongzao.web.kit.history.watching import label_of

READERS = frozenset({*OFFICERS, Role.AUDITOR})
"""Who may read the history: officers what happened in their place, auditors all of it."""

ANY = [("", _("全部"))]


def may_read(visitor: Visitor) -> bool:
    """Whether ``visitor`` may read the history at all."""
    return sees_all(visitor) or not roles_of(visitor).isdisjoint(READERS)


def seen(visitor: Visitor) -> QuerySet[Change]:
    """Return the entries that ``visitor`` may see, newest first."""
    return visible(Change.objects.order_by("-pk"), visitor)


def answer(shown: Sequence[Change], visitor: Visitor) -> str:
    """Return the first sentence of the page: whose history it is and when something was done last."""
    whole = _("全平台的变更记录") if sees_all(visitor) else _("您管辖范围内的变更记录")
    if not shown:
        return gettext("%(whole)s：没有符合条件的记录。") % {"whole": whole}
    newest = shown[0]
    given = {"whole": whole, "at": f"{timezone.localtime(newest.at):%Y-%m-%d %H:%M}", "what": newest.title}
    return gettext("%(whole)s，只增不改。最近一条：%(at)s，%(what)s。") % given


def _day() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class TrailForm(forms.Form):
    """Which entries are shown: by whom, on what, which act, when."""

    who = forms.CharField(label=_("操作人"), required=False, max_length=80, widget=forms.TextInput({"type": "search"}))
    what = forms.CharField(label=_("对象"), required=False, max_length=120, widget=forms.TextInput({"type": "search"}))
    model = forms.ChoiceField(label=_("对象类型"), required=False)
    act = forms.ChoiceField(label=_("操作"), required=False, choices=[*ANY, *Act.choices])
    since = forms.DateField(label=_("起"), required=False, widget=_day())
    until = forms.DateField(label=_("止"), required=False, widget=_day())

    def __init__(self, data: Any, rows: QuerySet[Change]) -> None:
        super().__init__(data)
        self.rows = rows
        kinds = rows.order_by("model").values_list("model", flat=True).distinct()
        self.fields["model"].choices = [*ANY, *((kind, label_of(kind)) for kind in kinds)]  # type: ignore[attr-defined]  # a ChoiceField
        for field in self.fields.values():
            select = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "form-select" if select else "form-control"

    def clean(self) -> dict[str, Any]:
        """Refuse a span that ends before it begins."""
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            raise ValidationError(_("截止日期早于起始日期，请调整。"))
        return cleaned

    def chosen(self) -> QuerySet[Change]:
        """Return the entries asked for; none while the form is at fault."""
        if not self.is_valid():
            return self.rows.none()
        given = self.cleaned_data
        found = Q()
        if given["who"]:
            found &= Q(user_name__icontains=given["who"])
        if given["what"]:
            found &= Q(title__icontains=given["what"]) | Q(key=given["what"])
        for name in ("model", "act"):
            if given[name]:
                found &= Q((name, given[name]))
        if given["since"]:
            found &= Q(at__gte=timezone.make_aware(datetime.combine(given["since"], time.min)))
        if given["until"]:
            found &= Q(at__lt=timezone.make_aware(datetime.combine(given["until"] + timedelta(days=1), time.min)))
        return self.rows.filter(found)


@dataclass(frozen=True, slots=True)
class Line:
    """One field of an entry: what it was and what it became, in words; empty for nothing."""

    label: str | Promise
    before: str
    after: str


def lines_of(changes: Sequence[Change], visitor: Visitor) -> list[tuple[Change, str, list[Line]]]:
    """Return entries with the name of their kind and the fields they tell of, in few queries for all of them."""
    names = _names(changes, visitor)
    return [(change, label_of(change.model), list(_lines(change, names))) for change in changes]


def _field(change: Change, name: str) -> models.Field[Any, Any] | None:
    try:
        found = apps.get_model(change.model)._meta.get_field(name)
    except (LookupError, ValueError, FieldDoesNotExist):
        return None
    return found if isinstance(found, models.Field) else None


def _lines(change: Change, names: dict[tuple[type[models.Model], str], str]) -> Iterable[Line]:
    for name in {**change.before, **change.after}:
        field = _field(change, name)
        label = field.verbose_name if field is not None else name
        yield Line(label, _word(field, change.before.get(name), names), _word(field, change.after.get(name), names))


def _word(field: models.Field[Any, Any] | None, value: Any, names: dict[tuple[type[models.Model], str], str]) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    if isinstance(value, list):
        return str(_("、")).join(_word(field, part, names) for part in value)
    if field is not None and field.is_relation and field.related_model:
        named = names.get((field.related_model, str(value)))
        return f"{named}（{value}）" if named else str(value)
    choices: dict[Any, Any] = dict(field.flatchoices) if field is not None and field.flatchoices else {}
    return str(choices.get(value, value))


def _names(changes: Sequence[Change], visitor: Visitor) -> dict[tuple[type[models.Model], str], str]:
    """Return the present names of what foreign keys point to, as far as ``visitor`` may see them."""
    keys: dict[type[models.Model], set[str]] = defaultdict(set)
    for change in changes:
        for values in (change.before, change.after):
            for name, value in values.items():
                field = _field(change, name)
                if field is not None and field.is_relation and value is not None:
                    keys[field.related_model].update(map(str, value if isinstance(value, list) else [value]))  # type: ignore[index]
    found = {}
    for model, wanted in keys.items():
        rows = model._default_manager.filter(pk__in=wanted)
        if hasattr(model, "seen_by"):
            rows = visible(rows, visitor)
        elif not sees_all(visitor):
            continue
        found.update({(model, str(row.pk)): str(row) for row in rows})
    return found
