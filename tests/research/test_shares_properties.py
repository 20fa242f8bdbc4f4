"""What a cost share promises, to the fen."""

from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongzao.kernel import InvalidValue, split
from gongzao.research import Bid, InvalidAllocation, divide, share_cost

weights = st.decimals("0.001", 1000, places=3)
names = "abcdefgh"


@st.composite
def bids(draw: st.DrawFn, most: int = 8) -> list[Bid]:
    size = draw(st.integers(1, most))
    return [Bid(names[i], draw(st.integers(0, 600)), draw(weights)) for i in range(size)]


@given(st.integers(1, 2000), bids())
def test_balanced_never_above_the_bid_and_at_least_two(cost: int, asked: list[Bid]) -> None:
    shares = share_cost(cost, asked).shares
    by_party = {bid.party: bid.amount for bid in asked}
    if shares:
        assert sum(shares.values()) == cost
        assert len(shares) >= 2
        assert all(share <= by_party[party] for party, share in shares.items())


@given(st.integers(1, 2000), bids(6))
@settings(max_examples=60, deadline=None)
def test_the_largest_group_that_can_agree_is_served(cost: int, asked: list[Bid]) -> None:
    """Brute force over all groups: whoever is in any group where all agree is served (Moulin)."""
    agreeing: set[str] = set()
    for mask in range(1, 1 << len(asked)):
        group = [bid for i, bid in enumerate(asked) if mask >> i & 1]
        if len(group) >= 2:
            parts = divide(cost, [bid.weight for bid in group])
            if all(part <= bid.amount for part, bid in zip(parts, group, strict=True)):
                agreeing |= {bid.party for bid in group}
    assert set(share_cost(cost, asked).shares) == agreeing


@given(st.integers(0, 5000), st.lists(weights, min_size=2, max_size=9), st.data())
def test_who_joins_never_raises_anothers_part(total: int, all_weights: list[Decimal], data: st.DataObject) -> None:
    joining = data.draw(st.integers(0, len(all_weights) - 1))
    together = divide(total, all_weights)
    before = divide(total, [w for i, w in enumerate(all_weights) if i != joining])
    others = [part for i, part in enumerate(together) if i != joining]
    assert all(after <= part for after, part in zip(others, before, strict=True))


def test_largest_remainder_would_not_be_cross_monotone() -> None:
    """Why `divide` is not `split`: a third party joins and another pays one fen more."""
    total, three = next(
        (total, w)
        for total in range(1, 20)
        for w in product(range(1, 7), repeat=3)
        if any(new > old for new, old in zip(split(total, w)[:2], split(total, w[:2]), strict=True))
    )
    exact = [Decimal(w) for w in three]
    assert all(new <= old for new, old in zip(divide(total, exact)[:2], divide(total, exact[:2]), strict=True))


@given(st.integers(0, 10**12), st.lists(weights, min_size=1, max_size=9))
def test_divide_is_the_list_of_lowest_ranks(total: int, some: list[Decimal]) -> None:
    parts = divide(total, some)
    assert sum(parts) == total
    last = max((Fraction(2 * part - 1) / Fraction(w), i) for i, (part, w) in enumerate(zip(parts, some, strict=True)))
    following = min(
        (Fraction(2 * part + 1) / Fraction(w), i) for i, (part, w) in enumerate(zip(parts, some, strict=True))
    )
    assert last < following


@given(st.integers(1, 2000), bids(4), st.integers(0, 3), st.integers(0, 600))
def test_no_false_bid_helps_the_bidder(cost: int, asked: list[Bid], place: int, other: int) -> None:
    place %= len(asked)
    true = asked[place]
    changed = [Bid(true.party, other, true.weight) if i == place else bid for i, bid in enumerate(asked)]

    def gain(shares: dict[str, int]) -> int:
        return true.amount - shares[true.party] if true.party in shares else 0

    assert gain(dict(share_cost(cost, changed).shares)) <= gain(dict(share_cost(cost, asked).shares))


@pytest.mark.parametrize("weight", [Decimal(0), Decimal(-1), Decimal("NaN"), Decimal("Infinity")])
def test_a_weight_is_positive(weight: Decimal) -> None:
    with pytest.raises(InvalidAllocation, match="weight"):
        Bid("a", 1, weight)


def test_bad_calls_are_refused() -> None:
    with pytest.raises(InvalidAllocation, match="twice"):
        share_cost(5, [Bid("a", 1), Bid("a", 2)])
    with pytest.raises(InvalidValue, match="whole number"):
        share_cost(0, [Bid("a", 1)])
    assert share_cost(5, []).rounds == ()
