"""The path (序时进度) from a beginning to the milestones: linear for stocks, compounded for yearly flows."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise
from math import floor

from gongzao.targets.result import PathPoint

_PLACES = Decimal("0.0001")


def rounded(value: Decimal) -> Decimal:
    """Return a derived figure to four decimals, so that equal input gives equal output everywhere."""
    with localcontext(prec=50):
        return value.quantize(_PLACES)


def whole(value: Fraction) -> Decimal:
    """Return a required count rounded down: nobody can be asked for half a cluster."""
    return Decimal(floor(value))


def linear(knots: Sequence[PathPoint], day: date) -> Fraction:
    """Return the exact value on ``day`` on straight lines through ``knots`` (rising days); flat before and after."""
    if day <= knots[0].on:
        return Fraction(knots[0].required)
    for left, right in pairwise(knots):
        if day <= right.on:
            share = Fraction((day - left.on).days, (right.on - left.on).days)
            return Fraction(left.required) + (Fraction(right.required) - Fraction(left.required)) * share
    return Fraction(knots[-1].required)


def compounded(knots: Sequence[PathPoint], year: int) -> Decimal | None:
    """Return the level of ``year`` at constant growth between ``knots`` (levels > 0 of the years they fall in).

    ``None`` before the first knot; after the last knot its level.

    >>> compounded([PathPoint(date(2024, 12, 31), Decimal(36000)), PathPoint(date(2027, 12, 31), Decimal(45000))], 2025)
    Decimal('38779.8244')
    """
    if year < knots[0].on.year:
        return None
    for left, right in pairwise(knots):
        if left.on.year <= year <= right.on.year:
            with localcontext(prec=50):
                growth = (right.required / left.required) ** (Decimal(1) / (right.on.year - left.on.year))
                return rounded(left.required * growth ** (year - left.on.year))
    return knots[-1].required


def growth_needed(level: Decimal, goal: Decimal, years: int) -> Decimal | None:
    """Return the yearly growth that leads from ``level`` to ``goal`` [% per year]; ``None`` if no year is left.

    >>> growth_needed(Decimal(36000), Decimal(45000), 3)
    Decimal('7.7217')
    """
    if years <= 0 or level <= 0:
        return None
    with localcontext(prec=50):
        return rounded(((goal / level) ** (Decimal(1) / years) - 1) * 100)
