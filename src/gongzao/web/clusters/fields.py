"""Kernel values as database columns."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from gongzao.kernel import UNITS, GongzaoError, Period, Uscc
from gongzao.web.kit.fields import as_validation_error


class PeriodField(models.CharField[Period | str, Period]):
    """A statistical period, stored as written (``2025-YTD06``)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 10
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Leave the fixed length out of migrations."""
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs

    def from_db_value(self, value: str | None, *_: Any) -> Period | None:
        """Return the period of a stored text."""
        return None if value is None else Period.parse(value)

    def to_python(self, value: Any) -> Any:
        """Return the period of a typed text; raise a form error with the rule."""
        if value is None or isinstance(value, Period):
            return value
        try:
            return Period.parse(str(value))
        except GongzaoError as error:
            raise as_validation_error(error) from None

    def get_prep_value(self, value: Any) -> Any:
        """Return the text to store."""
        return None if value is None else str(value)

    def value_to_string(self, obj: models.Model) -> str:
        """Return the text for serialisers."""
        return str(self.value_from_object(obj))

    def run_validators(self, value: Any) -> None:
        """Check the written form (its length is bounded, too)."""
        super().run_validators(str(value))


class UsccField(models.CharField[str, str]):
    """A unified social credit code; normalised and checked when a form or a service cleans it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 18
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Leave the fixed length out of migrations."""
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs

    def to_python(self, value: Any) -> Any:
        """Return the normalised code; raise a form error with the rule."""
        if value is None:
            return value
        try:
            return Uscc(str(value)).code
        except GongzaoError as error:
            raise as_validation_error(error) from None

    def get_prep_value(self, value: Any) -> Any:
        """Return what to look for: the normalised code, or the text as it is, which no row holds."""
        try:
            return super().get_prep_value(value)
        except ValidationError:
            return str(value)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Return what to store; what is no code is never stored."""
        return super().get_db_prep_save(
            value if hasattr(value, "resolve_expression") else self.to_python(value), connection
        )

    def formfield(self, **kwargs: Any) -> Any:
        """Leave room for spaces and dashes as people paste them; cleaning removes them."""
        return super().formfield(**{"max_length": None, **kwargs})


class UnitField(models.CharField[str, str]):
    """One of the units of :data:`gongzao.kernel.UNITS`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 8
        kwargs["choices"] = [(unit, unit) for unit in UNITS]
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Leave the list of units out of migrations: a new unit needs none."""
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"], kwargs["choices"]
        return name, path, args, kwargs
