"""Who pays how much of one project: shares nobody can regret."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from heapq import heapify, heapreplace

from gongzao.research.errors import InvalidAllocation
from gongzao.research.model import check_amount

MOST_WEIGHT = Decimal(10) ** 15


@dataclass(frozen=True, slots=True)
class Bid:
    """The most that a party would pay for the project [fen], and its weight (turnover, tonnage, 1 for equal)."""

    party: str
    amount: int
    weight: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        check_amount("bid.amount", self.amount, 0)
        if not self.weight.is_finite() or not MOST_WEIGHT**-1 <= self.weight <= MOST_WEIGHT:
            raise InvalidAllocation(
                "shares.weight",
                en=f"a weight must be above 0, from 10^-15 to 10^15, got {self.weight}",
                zh=f"权重须大于0，在10^-15与10^15之间，收到 {self.weight}",
            )


@dataclass(frozen=True, slots=True)
class Round:
    """One round of the mechanism: the shares asked [fen] and who left because they exceed the bid."""

    asked: Mapping[str, int]
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CostShares:
    """The proposal.

    Parameters
    ----------
    cost
        Net cost to be shared [fen].
    shares
        Share by party [fen], adding up to ``cost``; empty if no group of at least two is willing.
    rounds
        How it came about: the explanation.
    """

    cost: int
    shares: Mapping[str, int]
    rounds: tuple[Round, ...]


def share_cost(cost: int, bids: Sequence[Bid]) -> CostShares:
    r"""Share the net cost of one project among those who want it (the Moulin mechanism).

    All are asked for their share; who would have to pay more than the bid leaves; the rest are asked again, until all
    agree. A group :math:`S` shares the cost in proportion to the weights, rounded to fen by :func:`divide`. With equal
    weights that is the Shapley value of a cost that is the same for every group of at least two; one firm alone has an
    infinite cost, so it is never served alone.

    What holds, to the fen: shares add up to the cost; nobody pays more than the bid; a firm that joins never raises
    another's share. The last makes the mechanism group-strategyproof for one project from which others can be
    excluded (Moulin and Shenker 2001): no group gains by false bids. It is not efficient: a project worth its cost
    to all together can fail. Over several projects paid from one budget no such promise is possible.

    Parameters
    ----------
    cost
        Total cost less public support [fen], ≥ 1.
    bids
        One per party.

    Raises
    ------
    InvalidAllocation
        ``shares.twice`` if a party bids twice; and what :class:`Bid` and :func:`divide` raise.

    References
    ----------
    H. Moulin, S. Shenker, Strategyproof sharing of submodular costs: budget balance versus efficiency, Economic Theory
    18 (2001) 511–533, doi:10.1007/PL00004200. H. Moulin, Incremental cost sharing: characterization by coalition
    strategy-proofness, Social Choice and Welfare 16 (1999) 279–320, doi:10.1007/s003550050145.

    Examples
    --------
    >>> result = share_cost(100_00, [Bid("a", 60_00), Bid("b", 60_00), Bid("c", 20_00)])
    >>> dict(result.shares), result.rounds[0].left
    ({'a': 5000, 'b': 5000}, ('c',))
    """
    check_amount("cost", cost)
    if len({bid.party for bid in bids}) < len(bids):
        raise InvalidAllocation("shares.twice", en="a party bids twice", zh="同一单位重复报价")
    willing = list(bids)
    rounds: list[Round] = []
    while len(willing) >= 2:
        parts = divide(cost, [bid.weight for bid in willing])
        asked = {bid.party: part for bid, part in zip(willing, parts, strict=True)}
        left = tuple(bid.party for bid in willing if asked[bid.party] > bid.amount)
        rounds.append(Round(asked, left))
        if not left:
            return CostShares(cost, asked, tuple(rounds))
        willing = [bid for bid in willing if bid.party not in left]
    return CostShares(cost, {}, tuple(rounds))


def divide(total: int, weights: Sequence[Decimal]) -> tuple[int, ...]:
    r"""Divide whole fen by weight so that one party more never raises another's part (Webster's divisor method).

    Fen :math:`k` of party :math:`i` has the rank :math:`(2k - 1) / w_i`; the ``total`` fen of lowest rank are given,
    ties to the earlier place. A further party only adds ranks to the list, so of the lowest ``total`` the others can
    hold fewer, never more. (The method of largest remainder has no such order: there a joining party can raise
    another's part by a fen.) The price: a part may in rare cases be more than one fen off its exact proportion.

    Parameters
    ----------
    total
        [fen], ≥ 0.
    weights
        Above 0, at least one.

    References
    ----------
    M. L. Balinski, H. P. Young, Fair Representation, 2nd ed., 2001, ch. 5 and appendix A (divisor methods are uniform).

    Examples
    --------
    >>> divide(100, [Decimal(1), Decimal(1), Decimal(1)])
    (34, 33, 33)
    """
    exact = [Fraction(weight) for weight in weights]
    whole = sum(exact, Fraction(0))
    # At the divisor whole/total the ranks below 2*total/whole are given; then single fen until the sum is right.
    parts = [-((-total * w / whole - Fraction(1, 2)) // 1) - 1 for w in exact]
    missing = total - sum(parts)
    heap = [((2 * parts[i] + 1) / w, i) for i, w in enumerate(exact)]
    heapify(heap)
    for _ in range(missing):
        i = heap[0][1]
        parts[i] += 1
        heapreplace(heap, ((2 * parts[i] + 1) / exact[i], i))
    surplus = [(-(2 * parts[i] - 1) / w, -i) for i, w in enumerate(exact) if parts[i]]
    heapify(surplus)
    for _ in range(-missing):
        i = -surplus[0][1]
        parts[i] -= 1
        heapreplace(surplus, (-(2 * parts[i] - 1) / exact[i], -i))
    return tuple(parts)
