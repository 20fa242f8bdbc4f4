"""Amounts as somebody types them on a form, exactly."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from gongzao.kernel import MAX_FEN, InvalidValue
from gongzao.web.kit.fields import as_validation_error, read_fen, read_hours

SCALES = (("yuan", gettext_lazy("元")), ("wan", gettext_lazy("万元")))
HOURS = "hours"
_UNITS = {"yuan": "元", "wan": "万元"}


def hundredths(text: str, scale: str = "yuan") -> int:
    """Return an amount in hundredths of its unit (fen for money).

    Parameters
    ----------
    text
        As :func:`gongzao.kernel.parse_yuan` and :func:`gongzao.kernel.parse_number` take it.
    scale
        What a bare number counts: ``yuan``, ``wan`` (ten thousand) or ``hours``.

    Raises
    ------
    InvalidValue
        What cannot be read, is not above 0 or past all bounds; nothing is rounded.

    Examples
    --------
    >>> hundredths("60.5", "wan"), hundredths("1,000.25"), hundredths("12万"), hundredths("120", "hours")
    (60500000, 100025, 12000000, 12000)
    """
    return positive(read_hours(text) if scale == HOURS else read_fen(text, _UNITS[scale]))


def positive(amount: int) -> int:
    """Return an amount above 0 [hundredths]; ``amount.range`` otherwise."""
    if not 0 < amount <= MAX_FEN:
        raise InvalidValue("amount.range", en="must be above 0 and within bounds", zh="须大于0，且不超过系统上限")
    return amount


def amount_field(label: Any) -> forms.CharField:
    """Return a field for an amount; it is read with its scale by :func:`hundredths`."""
    widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
    return forms.CharField(label=label, max_length=48, widget=widget)


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
            except InvalidValue as error:
                self.add_error("amount", as_validation_error(error))
        return cleaned

    def typed_in(self, cleaned: dict[str, Any]) -> str:
        """Return the scale in which the amount was typed."""
        return str(cleaned["scale"])
