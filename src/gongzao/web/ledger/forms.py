"""What lists are narrowed down by, and what is uploaded."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from gongzao.ledger import MAX_ID, MAX_STATEMENT_BYTES, MAX_TEXT
from gongzao.web.kit.fields import DateField
from gongzao.web.ledger.entries import Choice, State
from gongzao.web.ledger.models import Account, Unit
from gongzao.web.ledger.models_bank import BankAccount
from gongzao.web.ledger.statements import Period

ANY = [("", _("全部"))]


def _dress(form: forms.BaseForm) -> None:
    for field in form.fields.values():
        select = isinstance(field.widget, forms.Select)
        field.widget.attrs["class"] = "form-select" if select else "form-control"


class PeriodForm(forms.Form):
    """The days a statement covers."""

    since = DateField(label=_("起"), required=False)
    until = DateField(label=_("止"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)

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
        _dress(self)

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


class UploadForm(forms.Form):
    """A bank statement to take."""

    bank_account: forms.ModelChoiceField[BankAccount] = forms.ModelChoiceField(
        BankAccount.objects.none(), label=_("监管账户"), empty_label=None
    )
    file = forms.FileField(
        label=_("对账单文件"),
        help_text=_(
            "把文件拖到框内，或点击选择。接受银行导出的 CSV（UTF-8 或 GB18030）和 ISO 20022 camt.053，最大10 MB。"
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.xml,.txt"}),
    )

    def __init__(self, *args: Any, accounts: QuerySet[BankAccount], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["bank_account"].queryset = accounts  # type: ignore[attr-defined]  # a ModelChoiceField
        _dress(self)

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse what is too large before it is read."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MAX_STATEMENT_BYTES:
            raise ValidationError(_("文件超过10 MB，请分段导出后上传。"))
        return file


class BankAccountForm(forms.Form):
    """Which account at a bank an account of the books mirrors."""

    account: forms.ModelChoiceField[Account] = forms.ModelChoiceField(
        Account.objects.none(), label=_("账本账户"), help_text=_("人民币资产类账户，是银行监管账户在账本中的镜像。")
    )
    bank = forms.CharField(label=_("开户银行"), max_length=120)
    number = forms.RegexField(
        r"^[0-9A-Z]{6,40}$",
        label=_("银行账号"),
        max_length=40,
        help_text=_("登记后不能修改，请核对。"),
        error_messages={"invalid": _("账号为6—40位数字或大写字母，不含空格。")},
    )

    def __init__(self, *args: Any, accounts: QuerySet[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = accounts  # type: ignore[attr-defined]  # a ModelChoiceField
        _dress(self)
