"""What is handed in, reviewed, proposed, registered and booked in a project."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from gongzao.kernel import GongzaoError, InvalidValue, Uscc
from gongzao.research import Delivery, ResultKind, Unit, Verdict
from gongzao.research.model import MAX_TEXT
from gongzao.web.accounts.models import User
from gongzao.web.clusters.models import Enterprise
from gongzao.web.kit.fields import QuantityField, as_validation_error
from gongzao.web.research.amounts import AmountForm, amount_field, key_field, scale_field
from gongzao.web.research.display import said
from gongzao.web.research.evidence import MAX_BYTES, MAX_FILES, TYPES, File, checked
from gongzao.web.research.forms_base import SLUG, choose, dress
from gongzao.web.research.sentences import result_kind_label, verdict_label

TICK = {"class": "form-check-input"}


class FilesInput(forms.ClearableFileInput):
    """Several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files; each is read and checked by what uses it."""

    widget = FilesInput(
        attrs={"multiple": True, "accept": ",".join([*(f".{kind}" for kind in TYPES), ".jpeg", *TYPES.values()])}
    )

    def clean(self, data: Any, initial: Any = None) -> list[File]:
        """Return the files with their contents; each is checked by what uses it."""
        given: Sequence[UploadedFile[bytes]] = data if isinstance(data, list | tuple) else [data] if data else []
        cleaned = [super(FilesField, self).clean(file, initial) for file in given[: MAX_FILES + 1]]
        return [File(file.name or "", file.read(MAX_BYTES + 1)) for file in cleaned]


class SeenForm(forms.Form):
    """A form on a version of the project."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


class SubmitForm(SeenForm):
    """A milestone to hand in, for one of the visitor's parties."""

    party = forms.ChoiceField(label=_("提交单位"))
    evidence = FilesField(
        required=False,
        allow_empty_file=True,
        label=_("证明材料"),
        help_text=_("把文件拖到框内、选择文件或用手机拍照。PDF、Word、Excel、PNG、JPEG，每个不超过10 MB，最多10个。"),
    )
    staged = forms.MultipleChoiceField(
        label=_("已上传、尚未提交的文件"), required=False, widget=forms.CheckboxSelectMultiple(TICK)
    )
    agreed = forms.BooleanField(label=_("我已核对：评审通过后按以上金额拨付。"), widget=forms.CheckboxInput(TICK))

    def __init__(
        self,
        *args: Any,
        parties: Iterable[tuple[str, str]],
        owed: Sequence[tuple[str, str, Unit, str]],
        kept: Iterable[tuple[str, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.good: list[File] = []
        choose(self, "party", parties)
        choose(self, "staged", kept)
        self.owed = [(f"d{n}", party, unit) for n, (party, _label, unit, _left) in enumerate(owed)]
        for (name, _party, _unit), (_p, label, _u, left) in zip(self.owed, owed, strict=True):
            self.fields[name] = QuantityField(label=label, required=False, help_text=left)
        dress(self)

    def clean_evidence(self) -> list[File]:
        """Name every file that cannot be taken; ``good`` are the others, which are kept whatever else is wrong."""
        wrong = []
        for file in self.cleaned_data["evidence"]:
            try:
                checked(file)
                self.good.append(file)
            except InvalidValue as error:
                wrong.append(said(error))
        if wrong:
            raise ValidationError(wrong)
        return self.good

    def clean(self) -> dict[str, Any]:
        """Ask for at least one file, of those sent and those kept, and for no more than can be taken."""
        cleaned = super().clean() or {}
        count = len(self.good) + len(cleaned.get("staged", ()))
        if "evidence" in cleaned and not count:
            self.add_error("evidence", _("请至少提交一个文件。"))
        if count > MAX_FILES:
            self.add_error("evidence", _("一次最多提交10个文件。"))
        return cleaned

    @property
    def deliveries(self) -> list[Delivery]:
        """What was delivered in kind."""
        given = [(party, unit, self.cleaned_data.get(name)) for name, party, unit in self.owed]
        return [Delivery(party, unit, amount) for party, unit, amount in given if amount]


class ReviewForm(forms.Form):
    """A verdict on a milestone."""

    verdict = forms.ChoiceField(label=_("评审结论"), widget=forms.RadioSelect(TICK))
    reason = forms.CharField(label=_("理由"), max_length=MAX_TEXT, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "verdict", [(v.value, verdict_label(v)) for v in Verdict])
        dress(self)


def _codes(text: str) -> list[Enterprise]:
    """Return the registered bodies with these codes; refuse one that is not registered."""
    try:
        codes = [Uscc(word).code for word in text.replace("，", " ").replace(",", " ").split()]
    except GongzaoError as error:
        raise as_validation_error(error) from None
    found = {firm.uscc: firm for firm in Enterprise.objects.filter(uscc__in=codes)}
    missing = [code for code in codes if code not in found]
    if missing:
        raise ValidationError(_("平台尚未登记：%(codes)s"), params={"codes": " ".join(missing)})
    return [found[code] for code in codes]


class ConflictsForm(forms.Form):
    """In whom an expert has an interest."""

    conflicts = forms.CharField(
        label=_("有利益关系的单位（统一社会信用代码，空格分隔）"), required=False, max_length=MAX_TEXT
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)

    def clean_conflicts(self) -> list[Enterprise]:
        """Return the bodies named."""
        return _codes(self.cleaned_data["conflicts"])


class ExpertForm(ConflictsForm):
    """An expert to enter."""

    name = forms.CharField(label=_("姓名"), max_length=40)
    field = forms.CharField(label=_("专业领域"), max_length=120, required=False)
    employer = forms.CharField(label=_("工作单位（统一社会信用代码）"), max_length=40, required=False)
    account = forms.CharField(label=_("登录账号"), max_length=150, required=False)

    field_order = ("name", "field", "employer", "account", "conflicts")

    def clean_employer(self) -> Enterprise | None:
        """Return the employer."""
        found = _codes(self.cleaned_data["employer"])
        return found[0] if found else None

    def clean_account(self) -> User | None:
        """Return the account; refuse one that does not exist."""
        name = self.cleaned_data["account"]
        if not name:
            return None
        user = User.objects.filter(username=name, is_active=True).first()
        if user is None:
            raise ValidationError(_("没有账号“%(name)s”。"), params={"name": name})
        return user


class MotionForm(SeenForm):
    """A stop to propose."""

    key = key_field()
    party = forms.ChoiceField(label=_("提议单位"))
    reason = forms.CharField(label=_("理由"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, parties: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "party", parties)


class VoteForm(forms.Form):
    """A vote on the open motion."""

    motion = forms.RegexField(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")
    party = forms.ChoiceField()
    vote = forms.ChoiceField(choices=[("yes", _("同意")), ("no", _("反对"))])

    def __init__(self, *args: Any, parties: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "party", parties)


class ResultForm(forms.Form):
    """A result to register."""

    id = forms.RegexField(SLUG, label=_("成果编号"), strip=True)
    party = forms.ChoiceField(label=_("登记单位"))
    kind = forms.ChoiceField(label=_("类别"))
    title = forms.CharField(label=_("名称"), max_length=200)
    register_number = forms.CharField(label=_("登记号或专利号"), max_length=80, required=False)

    def __init__(self, *args: Any, parties: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "party", parties)
        choose(self, "kind", [(k.value, result_kind_label(k)) for k in ResultKind])
        dress(self)


class LicenceForm(AmountForm):
    """A licence to ask for."""

    key = key_field()
    result = forms.ChoiceField(label=_("成果"))
    firm = forms.ChoiceField(label=_("申请单位"))
    amount = amount_field(_("许可费"))
    scale = scale_field()
    exclusive = forms.BooleanField(label=_("独占许可"), required=False, widget=forms.CheckboxInput(TICK))

    def __init__(
        self, *args: Any, results: Iterable[tuple[str, str]], firms: Iterable[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "result", results)
        choose(self, "firm", firms)
        dress(self)


class CorrectionForm(AmountForm):
    """What an income really is."""

    key = key_field()
    amount = amount_field(_("更正后金额"))
    scale = scale_field()
    none = forms.BooleanField(label=_("没有这笔收益（更正为0元）"), required=False, widget=forms.CheckboxInput(TICK))
    reason = forms.CharField(label=_("更正理由"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].required = False
        dress(self)

    def clean(self) -> dict[str, Any]:
        """Read the amount, or nothing at all where there was no income."""
        if self.cleaned_data.get("none"):
            return {**self.cleaned_data, "quantity": 0}
        return super().clean()


class IncomeForm(AmountForm):
    """Income that has come to the supervised account."""

    key = key_field()
    result = forms.ChoiceField(label=_("成果"))
    payer = forms.CharField(label=_("付款单位（统一社会信用代码）"), max_length=40)
    amount = amount_field(_("到账金额"))
    scale = scale_field()

    def __init__(self, *args: Any, results: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "result", results)
        dress(self)

    def clean_payer(self) -> Uscc:
        """Return the code of the payer."""
        try:
            return Uscc(self.cleaned_data["payer"])
        except GongzaoError as error:
            raise as_validation_error(error) from None
