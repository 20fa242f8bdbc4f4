from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gongzao.kernel import MAX_FEN, InvalidValue, Money, split

fen = st.integers(-MAX_FEN, MAX_FEN)
weights = st.lists(
    st.one_of(
        st.integers(0, 10**12),
        st.decimals(0, 10**6, places=4, allow_nan=False, allow_infinity=False),
        st.fractions(0, 10**6),
    ),
    min_size=1,
    max_size=40,
).filter(any)


@given(fen, weights)
def test_split_loses_nothing_and_no_part_is_off_by_a_fen(total: int, parts: list[int | Decimal | Fraction]) -> None:
    result = split(total, parts)
    whole = sum((Fraction(w) for w in parts), Fraction(0))
    assert len(result) == len(parts)
    assert sum(result) == total
    assert all(abs(got - total * Fraction(w) / whole) < 1 for got, w in zip(result, parts, strict=True))


@given(fen, weights)
def test_split_of_a_negative_total_is_the_mirror_image(total: int, parts: list[int | Decimal | Fraction]) -> None:
    assert split(-total, parts) == tuple(-part for part in split(total, parts))


@given(fen, weights)
def test_a_part_without_weight_gets_nothing(total: int, parts: list[int | Decimal | Fraction]) -> None:
    assert split(total, [*parts, 0])[-1] == 0
    assert split(total, [*parts, 0])[:-1] == split(total, parts)


@given(fen, weights, st.integers(1, 10**6))
def test_split_depends_on_proportions_only(total: int, parts: list[int | Decimal | Fraction], factor: int) -> None:
    assert split(total, parts) == split(total, [Fraction(w) * factor for w in parts])


@given(st.integers(0, MAX_FEN), st.integers(1, 50))
def test_equal_weights_give_the_remainder_to_the_earlier_places(total: int, n: int) -> None:
    assert list(split(total, [1] * n)) == sorted(split(total, [1] * n), reverse=True)


@given(fen, weights)
def test_of_equal_weights_no_later_place_gets_more(total: int, parts: list[int | Decimal | Fraction]) -> None:
    result = [abs(part) for part in split(total, parts)]
    for i, left in enumerate(parts):
        for j in range(i + 1, len(parts)):
            if Fraction(left) == Fraction(parts[j]):
                assert result[i] >= result[j]


@pytest.mark.parametrize(
    "bad",
    [[], [0], [0, 0], [1, -1], [2, -1], [Decimal("NaN")], [Decimal("Infinity")], [1, float("inf")], [float("nan")]],
)
@pytest.mark.parametrize("total", [100, 0, -100])
def test_weights_that_mean_nothing_are_refused(total: int, bad: list[Decimal]) -> None:
    with pytest.raises(InvalidValue) as caught:
        split(total, bad)
    assert caught.value.code == "split.weights"


@given(fen)
def test_yuan_and_fen_are_the_same_amount(amount: int) -> None:
    assert Money.from_yuan(Money(amount).yuan) == Money(amount)
    assert Money.from_yuan(str(Money(amount).yuan)) == Money(amount)


@given(fen, fen)
def test_sums_are_exact_or_refused(left: int, right: int) -> None:
    if abs(left + right) > MAX_FEN:
        with pytest.raises(InvalidValue, match="money must lie within"):
            Money(left) + Money(right)
    else:
        assert (Money(left) + Money(right)).fen == left + right
        assert Money(left) + Money(right) - Money(right) == Money(left)
        assert -(Money(left) + Money(right)) == -Money(left) - Money(right)


@given(fen, st.integers(-1000, 1000))
def test_multiples_are_repeated_sums(amount: int, times: int) -> None:
    assume(abs(amount * times) <= MAX_FEN)
    assert (Money(amount) * times).fen == amount * times


@given(fen, fen)
def test_order_is_that_of_the_amounts(left: int, right: int) -> None:
    assert (Money(left) < Money(right)) == (left < right)


@given(fen)
def test_written_form_reads_back(amount: int) -> None:
    text = str(Money(amount))
    assert text.endswith(" 元")
    assert Money.from_yuan(text.removesuffix(" 元").replace(",", "")) == Money(amount)


@given(st.decimals(-(10**12), 10**12, places=5, allow_nan=False, allow_infinity=False))
def test_fractions_of_a_fen_are_refused_never_rounded(amount: Decimal) -> None:
    if amount == round(amount, 2):
        assert Money.from_yuan(amount).yuan == amount
    else:
        with pytest.raises(InvalidValue) as caught:
            Money.from_yuan(amount)
        assert caught.value.code == "money.fraction_of_fen"


@pytest.mark.parametrize("bad", ["", "abc", "NaN", "Infinity", "-inf", "17,4", "１２元", 1.5])
def test_what_is_no_amount_is_refused(bad: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Money.from_yuan(bad)
    assert caught.value.code in ("money.not_number", "number.form")


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (1.0, "money.not_integer"),
        (True, "money.not_integer"),
        ("1", "money.not_integer"),
        (None, "money.not_integer"),
        (MAX_FEN + 1, "money.too_large"),
        (-MAX_FEN - 1, "money.too_large"),
    ],
)
def test_money_is_whole_and_bounded(bad: int, code: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Money(bad)
    assert caught.value.code == code
    assert Money(MAX_FEN).fen == MAX_FEN
