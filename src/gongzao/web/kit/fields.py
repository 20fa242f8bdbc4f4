"""Fields of forms that read what people type, as :mod:`gongzao.kernel` has it, whatever app they stand in."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import get_language

from gongzao.kernel import (
    GongzaoError,
    InvalidValue,
    Money,
    parse_date,
    parse_number,
    parse_percent,
    parse_time,
)

T = TypeVar("T")
M = TypeVar("M", bound=Model)

LONGEST_KEY = 18
"""Digits of a key that every database takes; codes are no longer."""


def as_validation_error(error: GongzaoError) -> ValidationError:
    """Return the same error in the language of the page, for a form."""
    english = (get_language() or "").startswith("en")
    return ValidationError(error.en if english else error.zh, code=error.code)


def _read(reader: Callable[[str], T], value: Any) -> T:
    try:
        return reader(str(value))
    except InvalidValue as error:
        raise as_validation_error(error) from None


def _number_input() -> forms.TextInput:
    # A browser's own number field takes no full-width digits, no units and no commas, and says so in its own language.
    return forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})


class NumberField(forms.DecimalField):
    """A number, as :func:`gongzao.kernel.parse_number` reads it."""

    parse: Callable[[str], Decimal] = staticmethod(parse_number)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": _number_input(), **kwargs})

    def to_python(self, value: Any) -> Any:
        """Return the number; ``None`` for an empty field."""
        if value in self.empty_values:
            return None
        return value if isinstance(value, Decimal) else _read(self.parse, value)


class PercentField(NumberField):
    """A percentage, with or without its sign, as :func:`gongzao.kernel.parse_percent` reads it."""

    parse = staticmethod(parse_percent)


def read_hours(text: str) -> int:
    """Return a quantity that is no money, to two decimals, in hundredths of its unit.

    Raises
    ------
    InvalidValue
        What :func:`gongzao.kernel.parse_number` raises.
    """
    return int(parse_number(text, places=2) * 100)


def read_fen(text: str, unit: str = "元") -> int:
    """Return an amount of money [fen]; a bare number counts ``unit``, a typed unit goes first.

    Raises
    ------
    InvalidValue
        What :meth:`gongzao.kernel.Money.parse` raises.
    """
    return Money.parse(text, unit).fen


class QuantityField(forms.CharField):
    """A quantity of 0 or more in hundredths of its unit; of hours unless ``parse`` reads something else."""

    parse: Callable[[str], int] = staticmethod(read_hours)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": _number_input(), "max_length": 48, "empty_value": None, **kwargs})

    def clean(self, value: Any) -> Any:
        """Return hundredths; ``None`` for an empty field."""
        text = super().clean(value)
        if text is None:
            return None
        found = _read(self.parse, text)
        if found < 0:
            en, zh = f"must not be negative, got {text[:40]!r}", f"不能为负，收到“{text[:40]}”"
            raise as_validation_error(InvalidValue("number.negative", en=en, zh=zh))
        return found


class MoneyField(QuantityField):
    """An amount of 0 or more [fen], in yuan or with a unit (12万), as :meth:`gongzao.kernel.Money.parse` reads it."""

    parse = staticmethod(read_fen)


class DateField(forms.DateField):
    """A day, as :func:`gongzao.kernel.parse_date` reads it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **kwargs})

    def to_python(self, value: Any) -> date | None:
        """Return the day; ``None`` for an empty field."""
        if value in self.empty_values or isinstance(value, date):
            return super().to_python(value)
        return _read(parse_date, value)


class TimeField(forms.DateTimeField):
    """A time in China, as :func:`gongzao.kernel.parse_time` reads it."""

    def __init__(self, **kwargs: Any) -> None:
        native = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
        super().__init__(**{"widget": native, **kwargs})

    def to_python(self, value: Any) -> datetime | None:
        """Return the time; ``None`` for an empty field."""
        if value in self.empty_values or isinstance(value, date):
            return super().to_python(value)
        return _read(parse_time, value)


class One(forms.ModelChoiceField[M]):
    """One row; a key that no database takes is no choice rather than a fault."""

    def to_python(self, value: Any) -> M | None:
        """Return the row, or refuse."""
        if len(str(value)) > LONGEST_KEY:
            raise forms.ValidationError(self.error_messages["invalid_choice"], params={"value": "…"})
        found: M | None = super().to_python(value)
        return found


class Several(forms.ModelMultipleChoiceField[M]):
    """Several rows; keys that no database takes are no choice rather than a fault."""

    def clean(self, value: Any) -> QuerySet[M]:
        """Return the rows, or refuse."""
        if any(len(str(key)) > LONGEST_KEY for key in value or ()):
            raise forms.ValidationError(self.error_messages["invalid_pk_value"], params={"pk": "…"})
        found: QuerySet[M] = super().clean(value)
        return found
