"""Forms of the sections of a proposal. They keep what is typed; :mod:`.proposal_reader` says what is wrong with it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from gongzao.kernel import InvalidValue, parse_date
from gongzao.web.research import cells
from gongzao.web.research.display import said
from gongzao.web.research.sections import MAX_CELL, MAX_ROWS, Column, Kind, Row, Section

UNITS = (("yuan", _("元")), ("wan", _("万元")))
Options = Mapping[Kind, Sequence[tuple[str, Any]]]
"""Choices of the columns that name a party or a milestone."""
_NATIVE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?", re.ASCII)
MAX_FILE = 10 * 1024 * 1024
"""Largest workbook taken [B]."""


class MoneyInput(forms.MultiWidget):
    """An amount with the choice of its unit; its value is text such as ``900000`` or ``90 万元``."""

    template_name = "research/widgets/money.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        number = forms.TextInput({"inputmode": "decimal", "class": "form-control", "autocomplete": "off"})
        unit = forms.Select({"class": "form-select", "aria-label": _("单位")}, choices=UNITS)
        super().__init__({"": number, "unit": unit}, attrs)

    def id_for_label(self, id_: str) -> str:
        """Return the id of the number, which the label names."""
        return f"{id_}_0" if id_ else id_

    def decompress(self, value: Any) -> list[str]:
        """Return number and unit."""
        text = str(value or "").strip()
        for ending in ("万元", "万"):
            if text.endswith(ending):
                return [text.removesuffix(ending).strip(), "wan"]
        return [text.removesuffix("元").strip(), "yuan"]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return the text."""
        number, unit = super().value_from_datadict(data, files, name)
        text = str(number or "").strip()
        return f"{text} 万元" if text[-1:].isdigit() and unit == "wan" else text  # a typed unit goes first


class SectionForm(forms.Form):
    """One row of a section.

    Parameters
    ----------
    section
        The section.
    options
        Choices of the columns that name a party or a milestone.
    """

    def __init__(self, *args: Any, section: Section, options: Options, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for column in section.columns:
            known = self.data.get(self.add_prefix(column.name)) if self.is_bound else self.initial.get(column.name)
            value = column.default if known is None else str(known)
            field = forms.CharField(
                label=column.label,
                help_text=column.help,
                required=False,
                max_length=MAX_CELL,
                initial=column.default,
                widget=_widget(column, value, options),
            )
            self.fields[column.name] = field

    @property
    def typed(self) -> Row:
        """What was typed, after :meth:`is_valid`."""
        return {name: value for name, value in self.cleaned_data.items() if name != "DELETE"}


class _Rows(forms.BaseFormSet[SectionForm]):
    def add_fields(self, form: SectionForm, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("删除此行")
        form.fields["DELETE"].widget.attrs["class"] = "form-check-input"


def _widget(column: Column, value: str, options: Options) -> forms.Widget:
    control = {"class": "form-control"}
    match column.kind:
        case Kind.LONG:
            return forms.Textarea({**control, "rows": 3})
        case Kind.MONEY:
            return MoneyInput()
        case Kind.DATE | Kind.TIME:
            native = "date" if column.kind is Kind.DATE else "datetime-local"
            return forms.TextInput({**control, "type": native if _shows(value) else "text"})
        case Kind.PERCENT | Kind.WHOLE:
            return forms.TextInput({**control, "inputmode": "decimal", "autocomplete": "off"})
        case Kind.CHOICE | Kind.PARTY | Kind.MILESTONE:
            known = column.choices if column.kind is Kind.CHOICE else (("", "—"), *options[column.kind])
            other = [(value, value)] if value not in dict(known) else []
            return forms.Select({"class": "form-select"}, choices=[*known, *other])
        case _:
            return forms.TextInput(control)


def _shows(value: str) -> bool:
    """Whether a browser's own field for days or times shows the value; others would look empty."""
    return not value or _NATIVE.fullmatch(value) is not None


def one(section: Section, row: Row, post: Any, options: Options) -> SectionForm:
    """Return the form of a section of single fields."""
    return SectionForm(post, initial=None if post else row, section=section, options=options, prefix="f")


def many(section: Section, rows: Sequence[Row], post: Any, options: Options) -> _Rows:
    """Return the forms of a table, with one empty row where there is none."""
    factory: Any = forms.formset_factory(
        SectionForm,
        formset=_Rows,
        extra=0 if rows else 1,
        can_delete=True,
        max_num=MAX_ROWS,
        absolute_max=MAX_ROWS,
        validate_max=True,
    )
    # Once sent, rows are what was sent: compared with stored ones, Django would leave out those that did not change.
    initial = None if post else list(rows)
    made: _Rows = factory(post, initial=initial, prefix="rows", form_kwargs={"section": section, "options": options})
    return made


def kept(section: Section, formset: _Rows) -> list[Row]:
    """Return the rows that are not empty and not to be removed."""
    rows = [form.typed for form in formset.forms if not form.cleaned_data.get("DELETE")]
    return [row for row in rows if section.filled(row)]


class SeenForm(forms.Form):
    """The version of the draft that the page showed."""

    seen = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)


class UploadForm(SeenForm):
    """A draft filled in as a workbook."""

    file = forms.FileField(
        label=_("工作簿（.xlsx）"),
        help_text=_("把文件拖到框内，或点击选择；最大10 MB。整份正确才会保存。"),
        widget=forms.FileInput({"accept": ".xlsx", "class": "form-control"}),
    )

    def clean_file(self) -> Any:
        """Refuse what is too large before it is read."""
        file = self.cleaned_data["file"]
        if (file.size or 0) > MAX_FILE:
            raise forms.ValidationError(_("文件超过10 MB。"))
        return file


class ReplyForm(SeenForm):
    """A reason, to return or decline a proposal, or to propose an amendment."""

    reply = forms.CharField(
        label=_("理由"), max_length=MAX_CELL, widget=forms.Textarea({"class": "form-control", "rows": 3})
    )


class ConsentForm(forms.Form):
    """The answer of a party named in a proposal."""

    firm = forms.CharField(max_length=18, widget=forms.HiddenInput)
    agreed = forms.ChoiceField(
        label=_("是否参加"),
        choices=[("yes", _("同意参加，并同意以上全部条款")), ("no", _("不参加"))],
        widget=forms.RadioSelect({"class": "form-check-input"}),
    )
    reason = forms.CharField(
        label=_("不参加的理由"),
        required=False,
        max_length=MAX_CELL,
        widget=forms.Textarea({"class": "form-control", "rows": 2}),
    )


class ExemptionForm(SeenForm):
    """Opens a proposal; with a recorded decision beyond the limits of public support if one is given."""

    percent = forms.CharField(label=_("例外后的比例上限（%）"), required=False, max_length=20)
    limit = forms.CharField(label=_("例外后的金额上限"), required=False, max_length=40, widget=MoneyInput)
    reason = forms.CharField(
        label=_("例外理由"), required=False, max_length=MAX_CELL, widget=forms.Textarea({"rows": 2})
    )
    decided_by = forms.CharField(
        label=_("决定单位和文号"),
        required=False,
        max_length=200,
        help_text=_("如：省产业技术研究院，2025年第3号会议纪要"),
    )
    decided_on = forms.CharField(
        label=_("决定日期"), required=False, max_length=20, widget=forms.TextInput({"type": "date"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("percent", "reason", "decided_by", "decided_on"):
            self.fields[name].widget.attrs["class"] = "form-control"

    def clean(self) -> dict[str, Any]:
        """Read the fields of an exemption: all of them, or none."""
        cleaned = super().clean() or {}
        names = ("percent", "limit", "reason", "decided_by", "decided_on")
        if not any(cleaned.get(name) for name in names):
            return {**cleaned, "exemption": False}
        readers = {"percent": cells.read_percent, "limit": cells.read_money, "decided_on": parse_date}
        for name in names:
            if name in self.errors:
                continue
            if not cleaned.get(name):
                self.add_error(name, _("个案例外须填写此项；没有例外请把五项全部留空。"))
                continue
            try:
                cleaned[name] = readers[name](cleaned[name]) if name in readers else cleaned[name]
            except InvalidValue as error:
                self.add_error(name, said(error))
        return {**cleaned, "exemption": True}
