"""Pro-rata shares of an amount that is paid out bit by bit, and the compensations made with them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from heapq import nsmallest
from math import lcm

from gongzao.kernel import InvalidValue
from gongzao.ledger.model import Kind, Transfer
from gongzao.ledger.record import Record


def share_out(
    amount: int, weights: Sequence[int | Decimal | Fraction], paid: Sequence[int] | None = None
) -> tuple[int, ...]:
    r"""Split one more payment so that what each party has got in all stays within one fen of its exact share.

    Let :math:`T` be all payments so far with this one, :math:`q_i = T w_i / \sum w` the exact share of party ``i``
    and :math:`c_i` what it has got in all. Started from zero and called with whatever amounts in whatever order,
    this returns parts that are never negative, add up to ``amount``, and keep
    :math:`\lfloor q_i \rfloor \le c_i \le \lceil q_i \rceil` after every call. So nobody ever pays back.
    (:func:`gongzao.kernel.split`, the method of largest remainder, cannot promise that: with a greater total a party
    may get less, the Alabama paradox. Use it for amounts that are split once.)

    Method: fen ``k`` of party ``i`` may be paid once :math:`k \le \lceil q_i \rceil` and must have been paid as
    soon as :math:`k \le \lfloor q_i \rfloor`, that is when :math:`T` reaches the deadline :math:`k W / w_i`
    with :math:`W = \sum w`. Among the fen that may be paid those with the earliest deadline are paid; ties go to
    the earlier place.

    Proof that no deadline is missed: paid one fen at a time, a schedule within both bounds exists for all weights
    (Balinski and Young 1975; Baruah et al. 1996). Paying several fen at once only
    relaxes it: fen become payable at the start of the payment instead of inside it, and are due at its end. So the
    relaxed problem is solvable too; the order of the deadlines is not changed by moving each to the end of its
    payment; and for jobs of unit length, integer release dates and one machine, earliest deadline first meets all
    deadlines whenever any order does (Horn 1974), without knowing the payments to come.

    Parameters
    ----------
    amount
        This payment [fen], ≥ 0.
    weights
        One per party, each ≥ 0 and finite, not all zero; the same in every call.
    paid
        What each party has got in all by earlier calls [fen]; None for nothing.

    Raises
    ------
    InvalidValue
        ``split.amount``, ``split.weights``, or ``split.paid`` if ``paid`` did not come about this way.

    References
    ----------
    M. L. Balinski, H. P. Young, The quota method of apportionment, Amer. Math. Monthly 82 (1975) 701–730,
    doi:10.1080/00029890.1975.11993911. S. K. Baruah, N. K. Cohen, C. G. Plaxton, D. A. Varvel, Proportionate
    progress, Algorithmica 15 (1996) 600–625, doi:10.1007/BF01940883. W. A. Horn, Some simple scheduling
    algorithms, Naval Research Logistics Quarterly 21 (1974) 177–185, doi:10.1002/nav.3800210113.

    Examples
    --------
    >>> share_out(10, [6, 6, 2])
    (5, 4, 1)
    >>> share_out(1, [6, 6, 2], paid=[5, 4, 1])
    (0, 1, 0)
    """
    whole = _integers(weights)
    got = [0] * len(whole) if paid is None else list(paid)
    if type(amount) is not int or amount < 0:
        raise InvalidValue(
            "split.amount",
            en=f"the amount must be a whole number ≥ 0, got {amount!r}",
            zh=f"金额须为非负整数，收到 {amount!r}",
        )
    total, base = amount + sum(got), sum(whole)
    floors = [total * w // base for w in whole]
    parts = [max(floor - g, 0) for floor, g in zip(floors, got, strict=False)]
    rest = amount - sum(parts)
    open_places = [i for i, w in enumerate(whole) if i < len(got) and got[i] <= floors[i] and total * w % base]
    if len(got) != len(whole) or min(got) < 0 or not _within(got, whole) or not 0 <= rest <= len(open_places):
        raise InvalidValue(
            "split.paid",
            en=f"these earlier payments do not follow the weights: {got} for {list(weights)!r}",
            zh=f"既往支付与权重不符：{got}，权重 {list(weights)!r}",
        )
    for i in nsmallest(rest, open_places, key=lambda i: (Fraction(floors[i] + 1, whole[i]), i)):
        parts[i] += 1
    return tuple(parts)


def _within(got: Sequence[int], whole: Sequence[int]) -> bool:
    total, base = sum(got), sum(whole)
    return all(abs(g * base - total * w) < base for g, w in zip(got, whole, strict=True))


def _integers(weights: Sequence[int | Decimal | Fraction]) -> list[int]:
    """Return integers in the same proportions."""
    try:
        exact = [Fraction(w) for w in weights]
    except (ValueError, OverflowError):
        exact = []
    if not exact or min(exact) < 0 or not any(exact):
        raise InvalidValue(
            "split.weights",
            en=f"weights must be finite, none negative and not all zero, got {list(weights)!r}",
            zh=f"权重须为有限的非负数且不全为零，收到 {list(weights)!r}",
        )
    common = lcm(*(w.denominator for w in exact))
    return [int(w * common) for w in exact]


def compensate(
    originals: Sequence[Record], reversed_so_far: Mapping[str, int], amount: int, *, prefix: str, purpose: str = ""
) -> tuple[Transfer, ...]:
    """Return the linked transfers that give back ``amount`` of what several booked transfers moved, pro rata.

    Each leg goes back the way it came, so a fee is returned by the party that received it, and what was given back
    before counts: repeated calls never give back more than was paid.

    Parameters
    ----------
    originals
        Booked lines of one unit.
    reversed_so_far
        Transfer id → amount already given back.
    amount
        Sum over all legs [hundredths of the unit], 1 up to what is left.
    prefix
        The ids are ``prefix`` + ``/1``, ``/2`` …

    Raises
    ------
    InvalidValue
        ``ledger.left`` if more is asked than is left, ``ledger.unit`` for several units, and what
        :func:`share_out` raises.
    """
    weights = [r.posted for r in originals]
    done = [reversed_so_far.get(r.transfer.id, 0) for r in originals]
    left = sum(weights) - sum(done)
    if not 1 <= amount <= left:
        raise InvalidValue(
            "ledger.left",
            en=f"between 1 and {left} can be given back, got {amount}",
            zh=f"可退金额为1至{left}，收到 {amount}",
        )
    if len({r.unit for r in originals}) != 1:
        raise InvalidValue("ledger.unit", en="all lines must have one unit", zh="所有分录的单位须一致")
    parts = [(r, part) for r, part in zip(originals, share_out(amount, weights, done), strict=True) if part]
    return tuple(
        Transfer(
            f"{prefix}/{n}",
            Kind.POST,
            debit=r.credit,
            credit=r.debit,
            amount=part,
            unit=r.unit,
            reverses=r.transfer.id,
            purpose=purpose,
            linked=n < len(parts),
        )
        for n, (r, part) in enumerate(parts, 1)
    )
