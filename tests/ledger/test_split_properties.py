from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzao.kernel import InvalidValue, split
from gongzao.ledger import share_out

weights = st.lists(
    st.one_of(st.integers(0, 6), st.integers(1, 1000), st.integers(1, 10**12), st.fractions(0, 50, max_denominator=60)),
    min_size=1,
    max_size=9,
).filter(any)
payments = st.lists(st.one_of(st.integers(0, 4), st.integers(0, 10**4), st.integers(0, 10**14)), max_size=25)


@given(weights, payments)
def test_cumulative_shares_stay_within_one_fen_and_nobody_pays_back(
    weights: list[int | Fraction], payments: list[int]
) -> None:
    got: Sequence[int] = [0] * len(weights)
    for amount in payments:
        parts = share_out(amount, weights, got)
        assert sum(parts) == amount
        assert min(parts) >= 0
        got = [g + p for g, p in zip(got, parts, strict=True)]
        for g, weight in zip(got, weights, strict=True):
            exact = Fraction(sum(got)) * weight / sum(weights)
            assert abs(g - exact) < 1


@given(weights, st.integers(1, 200))
def test_fen_by_fen_no_deadline_is_missed(weights: list[int | Fraction], steps: int) -> None:
    """The hardest sequence of payments: always a single fen."""
    got: Sequence[int] = [0] * len(weights)
    for _ in range(steps):
        got = [g + p for g, p in zip(got, share_out(1, weights, got), strict=True)]
        assert all(abs(g - Fraction(sum(got)) * w / sum(weights)) < 1 for g, w in zip(got, weights, strict=True))


def test_largest_remainder_would_ask_for_money_back() -> None:
    """The Alabama paradox: with one fen more to share, the smallest party would lose one."""
    weights = [6, 6, 2]
    assert split(10, weights)[2] > split(11, weights)[2]
    first = share_out(10, weights)
    assert min(share_out(1, weights, first)) >= 0


def test_the_earliest_deadline_keeps_what_the_largest_remainder_breaks() -> None:
    """Fen by fen to these parties, following the largest remainder ends with a share a whole fen off."""
    weights = [12, 12, 12, 1, 1]
    got = [0] * 5
    for total in range(1, sum(weights) + 1):
        got = [g + p for g, p in zip(got, share_out(1, weights, got), strict=True)]
        assert all(abs(g * 38 - total * w) < 38 for g, w in zip(got, weights, strict=True))
    assert got == weights


def test_ties_go_to_the_earlier_place() -> None:
    assert share_out(2, [1, 1, 1]) == (1, 1, 0)
    assert share_out(1, [1, 1, 1], [1, 1, 0]) == (0, 0, 1)


@pytest.mark.parametrize(
    ("amount", "weights", "paid", "code"),
    [
        (-1, [1], None, "split.amount"),
        (1, [], None, "split.weights"),
        (1, [0, 0], None, "split.weights"),
        (1, [1, -1], None, "split.weights"),
        (1, [1, float("nan")], None, "split.weights"),
        (1, [1, 1], [5, 0], "split.paid"),
        (1, [1, 1], [1], "split.paid"),
        (1, [1, 1], [-1, 1], "split.paid"),
        (0, [1], [], "split.paid"),
    ],
)
def test_what_cannot_be_shared(amount: int, weights: list[int], paid: list[int] | None, code: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        share_out(amount, weights, paid)
    assert caught.value.code == code
