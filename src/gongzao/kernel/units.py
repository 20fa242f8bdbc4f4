"""Quantities with the units of Chinese economic statistics, exact in decimal."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from gongzao.kernel.errors import InvalidValue
from gongzao.kernel.numbers import parse_number, parse_percent

if TYPE_CHECKING:
    import pint

UNITS: dict[str, str] = {
    "元": "[currency]",
    "万元": "1e4 * 元",
    "亿元": "1e8 * 元",
    "万亿元": "1e12 * 元",
    # A rate and a difference of two rates are not the same thing: 5.1 % is 2.9 percentage points below 8 %.
    "%": "[rate]",
    "百分点": "[rate_difference]",
    "个": "[count]",
    "万个": "1e4 * 个",
    "人": "[person]",
    "万人": "1e4 * 人",
    "级": "[level]",
    "点": "[index_point]",
}
"""The units the platform knows, each by the unit it is derived from; a name in brackets opens a new kind."""

_KEYS = {name: f"u{i}" for i, name in enumerate(UNITS)}


@cache
def _registry() -> "pint.UnitRegistry[Any]":
    import pint  # slow to import, and most commands never convert

    registry: pint.UnitRegistry[Any] = pint.UnitRegistry(None, non_int_type=Decimal, cache_folder=None)
    for name, definition in UNITS.items():
        factor, times, base = definition.partition(" * ")
        registry.define(f"{_KEYS[name]} = {factor}{times}{_KEYS.get(base, '')}")
    return registry


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit.

    Parameters
    ----------
    value
        Exact decimal, finite.
    unit
        One of :data:`UNITS`.

    Raises
    ------
    InvalidValue
        ``quantity.value`` or ``quantity.unit``.

    Examples
    --------
    >>> Quantity(Decimal("3.6"), "万亿元").to("亿元")
    Quantity(value=Decimal('36000'), unit='亿元')
    """

    value: Decimal
    unit: str

    def __post_init__(self) -> None:
        if not isinstance(self.value, Decimal) or not self.value.is_finite():
            raise InvalidValue(
                "quantity.value",
                en=f"a quantity is a finite decimal, got {self.value!r}",
                zh=f"数值须为有限小数，收到 {self.value!r}",
            )
        if self.unit not in UNITS:
            raise InvalidValue(
                "quantity.unit",
                en=f"unknown unit {self.unit!r}; known: {', '.join(UNITS)}",
                zh=f"未知单位“{self.unit}”；可用单位：{'、'.join(UNITS)}",
            )

    @classmethod
    def parse(cls, value: str, unit: str) -> "Quantity":
        """Read a written number (see :func:`gongzao.kernel.parse_number`); a percentage may bear its sign.

        Raises
        ------
        InvalidValue
            ``number.form``, ``number.range`` or ``quantity.unit``.
        """
        return cls((parse_percent if unit == "%" else parse_number)(value), unit)

    def to(self, unit: str) -> "Quantity":
        """Return the same quantity in another unit of the same kind, exactly.

        Raises
        ------
        InvalidValue
            ``quantity.unit`` if the unit is unknown, ``quantity.kind`` if it measures something else.
        """
        target = Quantity(Decimal(0), unit).unit
        import pint

        try:
            factor = _registry().convert(Decimal(1), _KEYS[self.unit], _KEYS[target])
        except pint.DimensionalityError:
            raise InvalidValue(
                "quantity.kind",
                en=f"{self.unit} cannot be converted into {unit}: they measure different things",
                zh=f"“{self.unit}”不能换算成“{unit}”：两者不是同一类量",
            ) from None
        scaled = (self.value * factor).normalize()
        exponent = scaled.as_tuple().exponent
        return Quantity(scaled.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else scaled, unit)

    def __str__(self) -> str:
        text = f"{self.value:,f}"
        return f"{text}%" if self.unit == "%" else f"{text} {self.unit}"
