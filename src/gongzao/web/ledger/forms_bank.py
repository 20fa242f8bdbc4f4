"""What is uploaded and said about bank statements and about single differences."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from gongzao.ledger import MAX_STATEMENT_BYTES, MAX_TEXT, heading_key
from gongzao.web.accounts.models import User
from gongzao.web.kit.fields import One
from gongzao.web.ledger.forms import dress
from gongzao.web.ledger.models import Account
from gongzao.web.ledger.models_bank import BankAccount
from gongzao.web.ledger.treatment import Booking

MEANING_WORDS: dict[str, Any] = {
    "date": _("记账日期"),
    "time": _("交易时间"),
    "credit": _("收入（贷方）金额"),
    "debit": _("支出（借方）金额"),
    "amount": _("金额（收支同列）"),
    "direction": _("借贷（收支）方向"),
    "balance": _("余额"),
    "balance_side": _("余额方向"),
    "currency": _("币种"),
    "reference": _("银行流水号"),
    "end_to_end_id": _("客户业务编号（端到端标识）"),
    "counterparty": _("对方户名"),
    "payer": _("付款人名称"),
    "payee": _("收款人名称"),
    "text": _("摘要或用途"),
    "account": _("本方账号"),
    "status": _("交易状态"),
    "aside": _("不采用这一列"),
}
"""What a person can say that a heading means."""

MOST_HEADINGS = 40


class UploadForm(forms.Form):
    """A bank statement to take, and what is said about a file that could not be understood."""

    bank_account: One[BankAccount] = One(BankAccount.objects.none(), label=_("监管账户"), empty_label=None)
    file = forms.FileField(
        label=_("对账单文件"),
        help_text=_(
            "把文件拖到框内，或点击选择。接受网银导出的 Excel（.xlsx）、CSV、文本、网页表格和 camt.053，最大10 MB。"
        ),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt,.xls,.xml,.htm,.html"}),
    )
    order = forms.ChoiceField(
        label=_("明细顺序"),
        required=False,
        choices=[("", _("自动判断（按余额和日期）")), ("oldest", _("从旧到新")), ("newest", _("从新到旧"))],
    )

    def __init__(
        self,
        *args: Any,
        accounts: QuerySet[BankAccount],
        headings: Sequence[str] = (),
        known: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["bank_account"].queryset = accounts  # type: ignore[attr-defined]  # a ModelChoiceField
        sent = self.data.getlist("heading") if hasattr(self.data, "getlist") else []
        by_key = {heading_key(heading): heading for heading in (*(known or {}), *sent, *headings)}
        self.headings = [by_key[key] for key in dict.fromkeys(map(heading_key, (*sent, *headings, *(known or {}))))]
        self.headings = self.headings[:MOST_HEADINGS]
        for place, heading in enumerate(self.headings):
            said = (known or {}).get(heading_key(heading), "")
            empty = _("不变：%(meaning)s") % {"meaning": MEANING_WORDS[said]} if said in MEANING_WORDS else _("请选择")
            self.fields[f"meaning-{place}"] = forms.ChoiceField(
                label=heading, required=False, choices=[("", empty), *MEANING_WORDS.items()]
            )
        dress(self)

    @property
    def told(self) -> dict[str, str]:
        """What was said about headings."""
        chosen = ((h, self.cleaned_data.get(f"meaning-{n}", "")) for n, h in enumerate(self.headings))
        return {heading: meaning for heading, meaning in chosen if meaning}

    @property
    def oldest_first(self) -> bool | None:
        """What was said about the order."""
        return {"oldest": True, "newest": False}.get(self.cleaned_data["order"])

    @property
    def asked(self) -> list[tuple[str, forms.BoundField]]:
        """The headings to say something about, each with its field."""
        return [(heading, self[f"meaning-{place}"]) for place, heading in enumerate(self.headings)]

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse what is too large before it is read."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MAX_STATEMENT_BYTES:
            raise ValidationError(_("文件超过10 MB，请分段导出后上传。"))
        return file


class NoteForm(forms.Form):
    """Why something is done with a difference."""

    note = forms.CharField(label=_("说明"), max_length=MAX_TEXT, help_text=_("写明理由，便于日后查证。"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


class MatchForm(NoteForm):
    """The entry that is the same movement as a line."""

    entry = forms.ChoiceField(label=_("分录"), widget=forms.RadioSelect)

    field_order = ("entry", "note")

    def __init__(self, *args: Any, offers: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entry"].choices = [(str(seq), str(seq)) for seq in offers]  # type: ignore[attr-defined]  # a ChoiceField


class BookForm(NoteForm):
    """What a line is that the books do not have."""

    kind = forms.ChoiceField(label=_("补记为"), choices=[])

    field_order = ("kind", "note")

    def __init__(self, *args: Any, kinds: Sequence[Booking], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = {
            Booking.FEE: _("银行手续费（费用）"),
            Booking.INTEREST: _("银行利息（收入）"),
            Booking.UNKNOWN: _("待查款项（先挂账，查明后由原业务入账）"),
        }
        self.fields["kind"].choices = [(kind.value, words[kind]) for kind in kinds]  # type: ignore[attr-defined]  # a ChoiceField


class RemarkForm(forms.Form):
    """What is said of an open item, and who is to look after it."""

    text = forms.CharField(label=_("备注"), max_length=MAX_TEXT)
    given_to = forms.CharField(
        label=_("交办给（用户名，可不填）"),
        required=False,
        max_length=150,
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)

    def clean_given_to(self) -> User | None:
        """Return the person; a name that nobody has is refused."""
        name = self.cleaned_data["given_to"].strip()
        found = User.objects.filter(username=name, is_active=True).first() if name else None
        if name and found is None:
            raise ValidationError(_("没有这个用户，请核对用户名。"))
        return found


class BankAccountForm(forms.Form):
    """Which account at a bank an account of the books mirrors."""

    account: One[Account] = One(
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
        dress(self)
