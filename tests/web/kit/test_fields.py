"""Every form of every app reads numbers, amounts and days the same way, or refuses them with the same sentence."""

import importlib
import pkgutil
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils import translation

import gongzao.web
from gongzao.kernel import InvalidValue
from gongzao.kernel.dates import CHINA
from gongzao.web.clusters.models import Indicator, Source
from gongzao.web.kit.fields import (
    DateField,
    MoneyField,
    NumberField,
    One,
    PercentField,
    QuantityField,
    Several,
    TimeField,
)
from gongzao.web.research.amounts import AmountForm, amount_field, hundredths, scale_field


def all_forms() -> Iterator[type[forms.BaseForm]]:
    for module in pkgutil.walk_packages(gongzao.web.__path__, "gongzao.web."):
        name = module.name.rpartition(".")[2]
        if name.startswith("forms"):
            found = importlib.import_module(module.name)
            yield from (
                kind
                for kind in vars(found).values()
                if isinstance(kind, type) and issubclass(kind, forms.BaseForm) and kind.__module__ == module.name
            )


def test_no_form_reads_numbers_or_days_in_a_way_of_its_own() -> None:
    ways = {forms.DecimalField: NumberField, forms.DateField: DateField, forms.DateTimeField: TimeField}
    fields = [(kind, name, field) for kind in all_forms() for name, field in getattr(kind, "base_fields", {}).items()]
    assert len(fields) > 60
    other = [
        (kind.__name__, name)
        for kind, name, field in fields
        for django, own in ways.items()
        if isinstance(field, forms.FloatField) or (isinstance(field, django) and not isinstance(field, own))
    ]
    assert other == []


@pytest.mark.parametrize(
    ("field", "typed", "read"),
    [
        (NumberField(), "１２．５", Decimal("12.5")),
        (NumberField(), "－5", Decimal(-5)),
        (NumberField(required=False), "", None),
        (NumberField(min_value=0), "0", Decimal(0)),
        (PercentField(), "5.1％", Decimal("5.1")),
        (QuantityField(), "１２０", 12_000),
        (QuantityField(required=False), " ", None),
        (MoneyField(), "12万", 12_000_000),
        (MoneyField(), "0", 0),
        (DateField(), "2027年1月5日", date(2027, 1, 5)),
        (DateField(), "2027/1/5", date(2027, 1, 5)),
        (DateField(required=False), "", None),
        (TimeField(), "2027/1/5 17:00", datetime(2027, 1, 5, 17, tzinfo=CHINA)),
        (TimeField(), "2027-01-05T17:00", datetime(2027, 1, 5, 17, tzinfo=CHINA)),
    ],
)
def test_what_people_type_is_read(field: forms.Field, typed: str, read: Any) -> None:
    assert field.clean(typed) == read


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [
        (NumberField(), "十二", "number.form"),
        (NumberField(), "12万", "number.form"),
        (NumberField(), "17,4", "number.form"),
        (NumberField(), "1e9", "number.form"),
        (NumberField(max_value=5), "6", "max_value"),
        (PercentField(), "5.1%%", "number.form"),
        (QuantityField(), "12万", "number.form"),
        (QuantityField(), "1.005", "number.range"),
        (QuantityField(), "-1", "number.negative"),
        (MoneyField(), "十二万", "money.form"),
        (MoneyField(), "0.001", "money.fraction_of_fen"),
        (MoneyField(), "-5", "number.negative"),
        (MoneyField(), "", "required"),
        (DateField(), "5/1/2027", "date.form"),
        (TimeField(), "2027-01-05", "time.form"),
    ],
)
def test_what_cannot_be_read_is_refused(field: forms.Field, typed: str, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        field.clean(typed)
    assert [error.code for error in caught.value.error_list] == [code]


class Amount(AmountForm):
    amount = amount_field("金额")
    scale = scale_field()


@pytest.mark.parametrize(
    ("typed", "scale", "fen"),
    [
        ("１２", "wan", 12_000_000),
        ("12", "yuan", 1200),
        ("12万", "yuan", 12_000_000),
        ("12万", "wan", 12_000_000),
        ("1.2亿元", "wan", 12_000_000_000),
    ],
)
def test_a_typed_unit_goes_before_the_one_beside_the_field(typed: str, scale: str, fen: int) -> None:
    form = Amount({"amount": typed, "scale": scale})
    assert form.is_valid()
    assert form.cleaned_data["quantity"] == fen


@pytest.mark.parametrize("typed", ["十二万", "壹万", "1e9", "17,4", "0", "-5", "99999999万亿", "1.234元"])
def test_amounts_are_refused_beside_their_field(typed: str) -> None:
    form = Amount({"amount": typed, "scale": "yuan"})
    assert not form.is_valid()
    assert list(form.errors) == ["amount"]


def test_hours_take_no_unit_of_money() -> None:
    assert hundredths("１２０.5", "hours") == 12_050
    with pytest.raises(InvalidValue):
        hundredths("12万", "hours")


def test_djangos_own_sentences_are_plain_chinese() -> None:
    class Form(forms.Form):
        text = forms.CharField(max_length=3)
        number = forms.IntegerField(max_value=3)
        missing = forms.CharField()

    with translation.override("zh-hans"):
        errors = str(Form({"text": "四个字多", "number": "x"}).errors)
    assert "最多3个字，现在有4个。" in errors
    assert "请填写整数" in errors
    assert "此项必填。" in errors
    assert "变量" not in errors


def test_every_choice_of_rows_refuses_a_key_that_no_database_takes() -> None:
    fields = [(kind, name, field) for kind in all_forms() for name, field in getattr(kind, "base_fields", {}).items()]
    rows = [(kind.__name__, name, field) for kind, name, field in fields if isinstance(field, forms.ModelChoiceField)]
    assert len(rows) > 5
    plain = {Source, Indicator}  # known by codes of letters, not by numbers
    assert [
        (kind, name)
        for kind, name, field in rows
        if not isinstance(field, One | Several) and (field.queryset is None or field.queryset.model not in plain)
    ] == []
