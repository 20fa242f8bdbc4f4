"""Numbers as people type them: one strict reading for every form and file, or one sentence that says how to write it.

What is taken
    Digits, half or full width (１２．５), with a sign (``-5``, ``－5``, ``−5``, ``+5``) and a decimal point. Groups of
    three digits, all parted by a comma or all by a space (1,234,567.8; GB/T 15835 writes 1 234 567.8). Brackets as
    accountants use them: (40.00) is −40.00.
What is refused
    Every other grouping (``17,4``, ``1,74,00``, ``12,3456``, ``1_7``): a decimal comma and a slip look alike. Exponents
    (``1e9``, ``1.23E+11``), by which programs show a number that may have lost digits. ``NaN`` and ``Infinity``,
    digits of other scripts, and more than 15 digits before or ten behind the point.
"""

import re
from decimal import Decimal

from gongzao.kernel.errors import InvalidValue

MOST = Decimal(10) ** 15
"""Largest number in either direction that is read."""
MOST_PLACES = 10
"""Most decimals that are read."""

_LONGEST = 48
_SPACES = "\u00a0\u2002\u2003\u2007\u2009\u202f\u3000\t"
_PLAIN = {
    **{wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)},
    **dict.fromkeys(map(ord, _SPACES), " "),
    ord("−"): "-",
    ord("￥"): "¥",
}
_NUMBER = re.compile(
    r"(?P<sign>[+-]?) ?(?P<whole>\d+|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d{0,2}(?: \d{3})+|(?=\.\d))(?:\.(?P<part>\d+))?",
    re.ASCII,
)
_SCALES = {"": 0, "千": 3, "万": 4, "百万": 6, "千万": 7, "亿": 8, "万亿": 12}
_AMOUNT = re.compile(rf"¥? ?(?P<number>[^¥]*?) ?(?P<scale>{'|'.join(filter(None, _SCALES))}|)(?P<yuan>元?)")


def plain(text: str) -> str:
    """Return typed text with the half-width forms of digits, letters, signs and spaces, and no blanks around it.

    >>> plain("　－１２．５％ ")
    '-12.5%'
    """
    return text.translate(_PLAIN).strip()


def parse_number(text: str, *, places: int = MOST_PLACES) -> Decimal:
    """Read a number within ±10^15.

    Parameters
    ----------
    text
        As it was typed; the module says what is taken.
    places
        Most decimals.

    Raises
    ------
    InvalidValue
        ``number.form`` or ``number.range``.

    Examples
    --------
    >>> parse_number("－１,２３４．５"), parse_number("(40.00)")
    (Decimal('-1234.5'), Decimal('-40.00'))
    """
    bare = plain(text)
    value = _value(bare)
    if value is None:
        raise InvalidValue(
            "number.form",
            en="not a number; write 60, -5.1 or 1,234.5 (commas every three digits only, no unit, no exponent), "
            f"got {_told(text)!r}",
            zh="不是数字；请填写 60、-5.1 或 1,234.5 这样的数字（逗号只作千分位，不带单位，不用科学计数法），"
            f"收到“{_told(text)}”",
        )
    return _bounded(value, text, places)


def parse_percent(text: str) -> Decimal:
    """Read a percentage, with or without its sign: 5.1 and 5.1% are the same.

    Raises
    ------
    InvalidValue
        ``number.form`` or ``number.range``.

    Examples
    --------
    >>> parse_percent("５．１％")
    Decimal('5.1')
    """
    return parse_number(plain(text).removesuffix("%"))


def parse_whole(text: str, *, most: int = 999_999_999) -> int:
    """Read a whole number from 0 to ``most``.

    Raises
    ------
    InvalidValue
        ``number.whole``.

    Examples
    --------
    >>> parse_whole("１,０００")
    1000
    """
    value = _value(plain(text))
    if value is None or value != value.to_integral_value() or not 0 <= value <= most:
        raise InvalidValue(
            "number.whole",
            en=f"write a whole number from 0 to {most}, got {_told(text)!r}",
            zh=f"请填写0至{most}的整数，收到“{_told(text)}”",
        )
    return int(value)


def parse_yuan(text: str, unit: str = "元") -> Decimal:
    """Read an amount of money, with or without a unit of its own, in yuan.

    Parameters
    ----------
    text
        A number, before it ¥ if at all, behind it 元, 千元, 万元, 百万元, 千万元, 亿元 or 万亿元 (元 may be left out).
    unit
        What a bare number counts: ``元``, ``千元``, ``万元``, ``亿元`` …. A unit that was typed goes before it.

    Raises
    ------
    InvalidValue
        ``money.form`` or ``number.range``.

    Examples
    --------
    >>> parse_yuan("12万"), parse_yuan("1.2 亿元"), parse_yuan("60", "万元")
    (Decimal('120000'), Decimal('120000000'), Decimal('600000'))
    """
    found = _AMOUNT.fullmatch(plain(text)) if len(text) <= _LONGEST else None
    value = _value(found["number"]) if found else None
    if found is None or value is None:
        raise InvalidValue(
            "money.form",
            en=f"write an amount such as 600000, 1,234.50, 12万 or 1.2亿元, got {_told(text)!r}",
            zh=f"请填写金额，例如 600000、1,234.50、12万 或 1.2亿元，收到“{_told(text)}”",
        )
    scale = found["scale"] if found["scale"] or found["yuan"] else unit.removesuffix("元")
    exact = _bounded(_bounded(value, text, MOST_PLACES).scaleb(_SCALES[scale]), text, MOST_PLACES)
    return exact.quantize(Decimal(1)) if exact == exact.to_integral_value() else exact


def _value(bare: str) -> Decimal | None:
    if len(bare) > _LONGEST:
        return None
    if bare.startswith("(") and bare.endswith(")") and bare[1:2] not in ("-", "+"):
        inside = _value(bare[1:-1])
        return None if inside is None or "(" in bare[1:] else -inside
    found = _NUMBER.fullmatch(bare)
    if not found:
        return None
    whole = found["whole"].replace(",", "").replace(" ", "") or "0"
    return Decimal(f"{found['sign']}{whole}.{found['part'] or ''}")


def _bounded(value: Decimal, text: str, places: int) -> Decimal:
    exponent = value.as_tuple().exponent
    if abs(value) > MOST or not isinstance(exponent, int) or -exponent > places:
        raise InvalidValue(
            "number.range",
            en=f"a number lies within ±10^15 and has at most {places} decimals here, got {_told(text)!r}",
            zh=f"数值须在±10^15以内，且此处至多{places}位小数，收到“{_told(text)}”",
        )
    return value


def _told(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
