"""Amounts as somebody types them on a form, exactly."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongzao.kernel import MAX_FEN

SCALES = (("yuan", gettext_lazy("元")), ("wan", gettext_lazy("万元")))
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,8})?", re.ASCII)


def hundredths(text: str, scale: str = "yuan") -> int:
    """Return an amount in hundredths of its unit (fen for money).

    Parameters
    ----------
    text
        Digits, a point, thousands separators.
    scale
        ``wan`` if it was typed in ten thousand.

    Raises
    ------
    ValidationError
        If it is no number, has a fraction of a hundredth, or is out of range; nothing is rounded.

    Examples
    --------
    >>> hundredths("60.5", "wan"), hundredths("1,000.25")
    (60500000, 100025)
    """
    bare = re.sub(r"[,，\s]", "", text)
    if not _NUMBER.fullmatch(bare):
        raise ValidationError(_("请填写数字，例如 60 或 600000.00。"))
    exact = Decimal(bare) * (1_000_000 if scale == "wan" else 100)
    if exact != int(exact):
        raise ValidationError(_("金额须精确到分，工时、机时最多两位小数。"))
    if not 0 < exact <= MAX_FEN:
        raise ValidationError(_("须大于0，且不超过系统上限。"))
    return int(exact)


def amount_field(label: Any) -> forms.CharField:
    """Return a field for an amount; it is read with its scale by :func:`hundredths`."""
    widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
    return forms.CharField(label=label, max_length=32, widget=widget)


def scale_field() -> forms.ChoiceField:
    """Return the choice between yuan and ten thousand yuan."""
    return forms.ChoiceField(label=gettext_lazy("金额单位"), choices=SCALES, initial="wan")


def key_field() -> forms.RegexField:
    """Return the hidden id under which what is sent twice is done once."""
    return forms.RegexField(r"^[0-9a-f]{32}$", widget=forms.HiddenInput)


class AmountForm(forms.Form):
    """A form with an amount and its scale; ``quantity`` is what they come to [hundredths]."""

    def clean(self) -> dict[str, Any]:
        """Read the amount."""
        cleaned = super().clean() or {}
        if "amount" in cleaned and "scale" in cleaned:
            try:
                cleaned["quantity"] = hundredths(cleaned["amount"], self.typed_in(cleaned))
            except ValidationError as error:
                self.add_error("amount", error)
        return cleaned

    def typed_in(self, cleaned: dict[str, Any]) -> str:
        """Return the scale in which the amount was typed."""
        return str(cleaned["scale"])
