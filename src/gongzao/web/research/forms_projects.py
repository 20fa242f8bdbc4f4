"""What the list of projects is narrowed down by."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from gongzao.web.research.models import Phase, Project

SORTS = {
    "-changed_at": _("最近变动在前"),
    "-opened_at": _("新立项在前"),
    "opened_at": _("早立项在前"),
    "title": _("按名称"),
}


class ProjectsForm(forms.Form):
    """Which projects a list shows, and in which order."""

    q = forms.CharField(
        label=_("项目、集群或单位"), required=False, max_length=80, widget=forms.TextInput({"type": "search"})
    )
    phase = forms.ChoiceField(label=_("阶段"), required=False, choices=[("", _("全部")), *Phase.choices])
    sort = forms.ChoiceField(label=_("排序"), required=False, choices=list(SORTS.items()))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            select = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "form-select" if select else "form-control"

    def narrow(self, rows: QuerySet[Project]) -> QuerySet[Project]:
        """Return the rows asked for; all of them if the form is faulty."""
        chosen = self.cleaned_data if self.is_valid() else {"q": "", "phase": "", "sort": ""}
        if chosen["q"]:
            text = chosen["q"]
            firms = Q(parties__enterprise__name__icontains=text)
            named = Q(title__icontains=text) | Q(pk__icontains=text) | Q(cluster__name_zh__icontains=text)
            rows = rows.filter(pk__in=Project.objects.filter(named | firms).values("pk"))
        if chosen["phase"]:
            rows = rows.filter(phase=chosen["phase"])
        return rows.order_by(chosen["sort"] or "-changed_at", "pk")
