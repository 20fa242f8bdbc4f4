"""What the forms of research share."""

from typing import Any

from django import forms

SLUG = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}\Z"

_TICKED = (forms.CheckboxInput, forms.CheckboxSelectMultiple, forms.RadioSelect)


def dress(form: forms.BaseForm) -> None:
    """Give the fields of a form their looks."""
    for field in form.fields.values():
        widget = field.widget
        if isinstance(widget, (*_TICKED, forms.HiddenInput)):
            continue
        widget.attrs["class"] = "form-select" if isinstance(widget, forms.Select) else "form-control"


def choose(form: forms.BaseForm, field: str, choices: Any) -> None:
    """Set what a choice field offers."""
    form.fields[field].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
