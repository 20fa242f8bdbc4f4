"""Money as integer fen, and splits that lose none of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Self

from gongzao.kernel.errors import InvalidValue
from gongzao.kernel.numbers import parse_number, parse_yuan

MAX_FEN = 10**17
"""Largest amount in either direction [fen]: 10^15 yuan, far past any cluster and well inside 64 bits."""
_FAR = 100


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount of yuan, held as a whole number of fen.

    Parameters
    ----------
    fen
        Amount [fen], between ``-MAX_FEN`` and ``MAX_FEN``.

    Raises
    ------
    InvalidValue
        ``money.not_integer`` or ``money.too_large``.

    Examples
    --------
    >>> Money.from_yuan("12.34") + Money(66)
    Money(fen=1300)
    >>> str(Money(123456789))
    '1,234,567.89 元'
    """

    fen: int

    def __post_init__(self) -> None:
        if type(self.fen) is not int:
            raise InvalidValue(
                "money.not_integer",
                en=f"money must be a whole number of fen, got {self.fen!r}",
                zh=f"金额必须是整数分，收到 {self.fen!r}",
            )
        if abs(self.fen) > MAX_FEN:
            raise InvalidValue(
                "money.too_large",
                en=f"money must lie within ±{MAX_FEN} fen, got {self.fen}",
                zh=f"金额须在 ±{MAX_FEN} 分以内，收到 {self.fen}",
            )

    @classmethod
    def from_yuan(cls, yuan: str | int | Decimal) -> Self:
        """Return the exact amount of ``yuan`` [元]; more than two decimals are refused, never rounded.

        A text is read by :func:`gongzao.kernel.parse_number`.

        Raises
        ------
        InvalidValue
            ``money.not_number`` (a float, or not finite), ``money.fraction_of_fen``, and what the constructor and
            :func:`~gongzao.kernel.parse_number` raise.
        """
        amount = parse_number(yuan) if isinstance(yuan, str) else Decimal(yuan)
        if isinstance(yuan, float) or not amount.is_finite():
            raise InvalidValue(
                "money.not_number", en=f"not an amount in yuan: {yuan!r}", zh=f"不是以元为单位的金额：{yuan!r}"
            )
        # A few characters can name a number of a billion digits, so what is out of range is told by its exponent.
        if amount and amount.adjusted() > _FAR:
            return cls(2 * MAX_FEN)
        fen = Fraction(amount) * 100 if amount and amount.adjusted() >= -_FAR else Fraction(0)
        if fen.denominator != 1 or (amount and not fen):
            raise InvalidValue(
                "money.fraction_of_fen",
                en=f"an amount has at most two decimals, got {yuan}",
                zh=f"金额最多两位小数，收到 {yuan}",
            )
        return cls(int(fen))

    @classmethod
    def parse(cls, text: str, unit: str = "元") -> Self:
        """Read an amount as it was typed, with or without a unit of its own (12万, 1.2亿元).

        Parameters
        ----------
        text, unit
            As :func:`gongzao.kernel.parse_yuan` takes them.

        Raises
        ------
        InvalidValue
            What :func:`~gongzao.kernel.parse_yuan` and :meth:`from_yuan` raise.

        Examples
        --------
        >>> Money.parse("90万") == Money.parse("900,000.00") == Money.parse("９０", "万元")
        True
        """
        return cls.from_yuan(parse_yuan(text, unit))

    @property
    def yuan(self) -> Decimal:
        """The exact amount [元]."""
        return Decimal(self.fen).scaleb(-2)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.fen + other.fen)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.fen - other.fen)

    def __neg__(self) -> "Money":
        return Money(-self.fen)

    def __mul__(self, times: int) -> "Money":
        return Money(self.fen * times)

    def __str__(self) -> str:
        return f"{self.yuan:,.2f} 元"


def split(total: int, weights: Sequence[int | Decimal | Fraction]) -> tuple[int, ...]:
    """Split a whole number in proportion to weights by the method of largest remainder (Hamilton).

    Every part is the exact share rounded down or up, so none is off by 1 or more, and the parts add up to
    ``total``. Ties go to the earlier place, so the result is stable. A negative total is split as the mirror image.

    Parameters
    ----------
    total
        What is to be split, usually [fen].
    weights
        One weight per part, each ≥ 0, a decimal between 10^-100 and 10^100 (or zero), not all zero.

    Raises
    ------
    InvalidValue
        ``split.weights`` if there are no weights, one is negative or not finite, or all are zero.

    References
    ----------
    M. L. Balinski, H. P. Young, Fair Representation, 2nd ed., 2001, ch. 3 (method of Hamilton).

    Examples
    --------
    >>> split(100, [1, 1, 1])
    (34, 33, 33)
    """
    try:
        exact = [_fraction(w) for w in weights]
    except (ValueError, OverflowError):
        exact = []
    whole = sum(exact, Fraction(0))
    if whole <= 0 or min(exact) < 0:
        raise InvalidValue(
            "split.weights",
            en=f"weights must be finite, none negative and not all zero, got {str(list(weights))[:200]}",
            zh=f"权重须为有限的非负数且不全为零，收到 {str(list(weights))[:200]}",
        )
    if total < 0:
        return tuple(-part for part in split(-total, weights))
    shares = [total * w / whole for w in exact]
    parts = [share.numerator // share.denominator for share in shares]
    by_remainder = sorted(range(len(parts)), key=lambda i: parts[i] - shares[i])
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return tuple(parts)


def _fraction(weight: int | Decimal | Fraction) -> Fraction:
    if isinstance(weight, Decimal) and weight and abs(weight.adjusted()) > _FAR:
        raise OverflowError
    return Fraction(weight or 0)
