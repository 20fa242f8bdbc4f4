"""What lists are narrowed down by, and what is uploaded."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from gongzao.ledger import MAX_ID, MAX_TEXT
from gongzao.web.kit.fields import DateField
from gongzao.web.ledger.entries import Choice, State
from gongzao.web.ledger.models import Unit
from gongzao.web.ledger.statements import Period

ANY = [("", _("全部"))]


def dress(form: forms.BaseForm) -> None:
    """Give every field the looks of the site."""
    for field in form.fields.values():
        select = isinstance(field.widget, forms.Select)
        field.widget.attrs["class"] = "form-select" if select else "form-control"


class PeriodForm(forms.Form):
    """The days a statement covers."""

    since = DateField(label=_("起"), required=False)
    until = DateField(label=_("止"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            raise ValidationError(_("截止日期早于起始日期，请调整。"))
        return cleaned

    @property
    def period(self) -> Period:
        """The days asked for; all of them if the form is faulty."""
        if not self.is_valid():
            return Period()
        return Period(self.cleaned_data["since"], self.cleaned_data["until"])


class AccountsForm(forms.Form):
    """Which accounts a list shows."""

    q = forms.CharField(
        label=_("账户或主体"), required=False, max_length=MAX_ID, widget=forms.TextInput({"type": "search"})
    )
    unit = forms.ChoiceField(label=_("单位"), required=False, choices=[*ANY, *Unit.choices])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)

    @property
    def chosen(self) -> dict[str, str]:
        """What was asked for; nothing if the form is faulty."""
        return self.cleaned_data if self.is_valid() else {"q": "", "unit": ""}


class JournalForm(PeriodForm):
    """Which entries the journal shows."""

    account = forms.CharField(label=_("账户编号"), required=False, max_length=MAX_ID)
    party = forms.CharField(label=_("主体"), required=False, max_length=MAX_ID)
    purpose = forms.CharField(label=_("用途"), required=False, max_length=MAX_TEXT)
    state = forms.ChoiceField(label=_("状态"), required=False, choices=[*ANY, *State.choices])
    q = forms.CharField(
        label=_("编号、参考号或备注"), required=False, max_length=MAX_TEXT, widget=forms.TextInput({"type": "search"})
    )

    field_order = ("q", "account", "party", "purpose", "state", "since", "until")

    @property
    def choice(self) -> Choice:
        """What was asked for; everything if the form is faulty."""
        return Choice(**self.cleaned_data) if self.is_valid() else Choice()
