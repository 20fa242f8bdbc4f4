"""What is typed on the campaign page and the contract page."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from gongzao.research import Side, Unit
from gongzao.web.clusters.models import Enterprise
from gongzao.web.kit.fields import NumberField
from gongzao.web.research.amounts import HOURS, AmountForm, amount_field, key_field, scale_field
from gongzao.web.research.contract_document import MOST_BYTES
from gongzao.web.research.display import unit_label
from gongzao.web.research.forms_base import dress
from gongzao.web.research.models import Role


class ActingForm(forms.Form):
    """A form on behalf of one of the user's bodies."""

    party = forms.ChoiceField(
        label=_("代表单位"),
        error_messages={"invalid_choice": _("您不能代表这个单位，或它不是本项目参与单位。")},
    )

    def __init__(self, *args: Any, firms: Sequence[Enterprise], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["party"].choices = [(firm.uscc, firm.name) for firm in firms]  # type: ignore[attr-defined]
        if len(firms) == 1:
            self.fields["party"].initial = firms[0].uscc
            self.fields["party"].widget = forms.HiddenInput()
        dress(self)


class PledgeForm(ActingForm, AmountForm):
    """A pledge in cash or in kind."""

    unit = forms.ChoiceField(label=_("出资方式"))
    amount = amount_field(_("数量"))
    scale = scale_field()
    key = key_field()

    field_order = ("party", "unit", "amount", "scale", "key")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [(unit.value, unit_label(unit)) for unit in Unit]  # type: ignore[attr-defined]

    def typed_in(self, cleaned: dict[str, Any]) -> str:
        """Hours are typed as they are, whatever the scale beside them says."""
        hours = cleaned.get("unit") in (Unit.WORK_HOURS, Unit.MACHINE_HOURS)
        return HOURS if hours else str(cleaned["scale"])


class BidForm(ActingForm, AmountForm):
    """The most that a party would pay, and its weight."""

    amount = amount_field(_("最高愿出现金"))
    scale = scale_field()
    weight = NumberField(
        label=_("权重"),
        min_value=Decimal("0.001"),
        max_digits=9,
        decimal_places=3,
        initial=1,
        help_text=_("例如按产值或用量；都填1就是平均分摊。"),
    )


class JoinForm(ActingForm):
    """One more contributor and its role."""

    role = forms.ChoiceField(
        label=_("以何种角色参加"), choices=[choice for choice in Role.choices if choice[0] != Role.PUBLIC]
    )


class AdmitForm(forms.Form):
    """What one side says to an organisation that asks to join."""

    party = forms.CharField(max_length=18, widget=forms.HiddenInput)
    side = forms.TypedChoiceField(
        choices=[(side.value, side.value) for side in Side], coerce=Side, widget=forms.HiddenInput
    )
    agreed = forms.ChoiceField(
        label=_("是否同意"),
        choices=[("yes", _("同意加入")), ("no", _("拒绝"))],
        widget=forms.RadioSelect({"class": "form-check-input"}),
    )
    reason = forms.CharField(label=_("拒绝的理由"), required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


class VerifyForm(forms.Form):
    """A document to be checked."""

    file = forms.FileField(
        label=_("合同文件（.docx）"),
        max_length=200,
        help_text=_("把文件拖到框内，或点击选择，最大10 MB。文件只用于核对，不保存。"),
        widget=forms.FileInput(attrs={"accept": ".docx"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse what is too large before it is read."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise ValidationError(_("文件超过10 MB。"))
        return file
