from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzao.kernel import UNITS, InvalidValue, Quantity

MONEY = {"元": 0, "万元": 4, "亿元": 8, "万亿元": 12}
COUNTS = {"个": 0, "万个": 4}
PERSONS = {"人": 0, "万人": 4}
KINDS = [MONEY, COUNTS, PERSONS]

values = st.decimals(-(10**9), 10**9, places=4, allow_nan=False, allow_infinity=False)


@given(values, st.sampled_from(KINDS).flatmap(lambda k: st.tuples(st.just(k), *(st.sampled_from(sorted(k)),) * 2)))
def test_conversion_is_exact_and_comes_back(value: Decimal, units: tuple[dict[str, int], str, str]) -> None:
    powers, one, other = units
    converted = Quantity(value, one).to(other)
    assert converted.unit == other
    assert converted.value == value.scaleb(powers[one] - powers[other])
    assert converted.to(one).value == value


@given(values, st.sampled_from(sorted(UNITS)))
def test_conversion_into_its_own_unit_changes_nothing(value: Decimal, unit: str) -> None:
    assert Quantity(value, unit).to(unit).value == value


@pytest.mark.parametrize("one", sorted(UNITS))
@pytest.mark.parametrize("other", sorted(UNITS))
def test_units_of_different_kinds_never_mix(one: str, other: str) -> None:
    if any(one in kind and other in kind for kind in KINDS) or one == other:
        assert Quantity(Decimal(0), one).to(other).value == 0
    else:
        with pytest.raises(InvalidValue) as caught:
            Quantity(Decimal(0), one).to(other)
        assert caught.value.code == "quantity.kind"


@given(values)
def test_written_numbers_read_back(value: Decimal) -> None:
    assert Quantity.parse(f" {value:,f} ", "亿元").value == value


@pytest.mark.parametrize("text", ["", "1o", "1.2.3", "NaN", "Infinity", "三", "1e"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Quantity.parse(text, "亿元")
    assert caught.value.code == "number.form"


@pytest.mark.parametrize("value", [1, 1.5, Decimal("NaN"), Decimal("Infinity"), "1", None])
def test_a_quantity_is_a_finite_decimal(value: Decimal) -> None:
    with pytest.raises(InvalidValue) as caught:
        Quantity(value, "亿元")
    assert caught.value.code == "quantity.value"


def test_unknown_units_are_refused_and_the_known_ones_named() -> None:
    with pytest.raises(InvalidValue) as made:
        Quantity(Decimal(1), "亿")
    with pytest.raises(InvalidValue) as converted:
        Quantity(Decimal(1), "亿元").to("亿")
    for error in (made.value, converted.value):
        assert error.code == "quantity.unit"
        assert "万亿元" in error.zh


@pytest.mark.parametrize(
    ("quantity", "text"),
    [(Quantity(Decimal("5.1"), "%"), "5.1%"), (Quantity(Decimal(36000), "亿元"), "36,000 亿元")],
)
def test_written_form(quantity: Quantity, text: str) -> None:
    assert str(quantity) == text
