"""Figures in words: units scaled for reading, and the qualifiers of the source (约, 超过)."""

from decimal import ROUND_HALF_UP, Decimal, localcontext

from gongzao.kernel import Quantity
from gongzao.targets.model import Comparator, Qualifier, Text

QUALIFIERS: dict[Qualifier, Text] = {
    Qualifier.EXACT: Text("", ""),
    Qualifier.ABOUT: Text("约", "about "),
    Qualifier.MORE_THAN: Text("超过", "over "),
    Qualifier.AT_LEAST: Text("至少", "at least "),
    Qualifier.LESS_THAN: Text("不到", "under "),
}
"""Words put before a figure."""

COMPARATORS: dict[Comparator, Text] = {
    Comparator.AT_LEAST: Text("", ""),
    Comparator.MORE_THAN: Text("超过", "over "),
    Comparator.ABOUT: Text("约", "about "),
}
"""Words put before the value of a target; "at least" is understood."""

_MONEY = ("元", "万元", "亿元", "万亿元")
_SCALES = ((Decimal(10) ** 12, "trillion "), (Decimal(10) ** 9, "billion "), (Decimal(10) ** 6, "million "))
_UNITS = {
    "%": Text("%", " %"),
    "百分点": Text("个百分点", " percentage points"),
    "个": Text("个", ""),
    "点": Text("", ""),
}


def number(value: Decimal, digits: int | None = None) -> str:
    """Return a number for reading, thousands separated and rounded half up to ``digits`` decimals.

    Without ``digits``: two decimals below 100, as printed (up to two) below 1000, else none.

    >>> number(Decimal("7.7217"), 1), number(Decimal("17834.21")), number(Decimal("10.50"))
    ('7.7', '17,834', '10.5')
    """
    places = digits
    if places is None:
        printed = value == round(value, 2)
        places = 2 if abs(value) < (1000 if printed else 100) else 0
    with localcontext(prec=50):
        text = f"{value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def show(
    value: Decimal, unit: str, language: str, qualifier: Qualifier = Qualifier.EXACT, *, digits: int | None = None
) -> str:
    """Return a figure with its unit in ``"zh"`` or ``"en"``.

    >>> show(Decimal(36000), "亿元", "zh", Qualifier.ABOUT), show(Decimal(17400), "亿元", "en")
    ('约3.6万亿元', '1.74 trillion yuan')
    """
    before = QUALIFIERS[qualifier].get(language)
    if unit in _MONEY:
        return before + (_yuan_zh(value, unit, digits) if language == "zh" else _yuan_en(value, unit, digits))
    if unit == "级":
        return before + (f"{number(value, digits)}级" if language == "zh" else f"level {number(value, digits)}")
    if language == "en" and unit in ("人", "万人", "万个"):
        value, unit = value * (10000 if unit.startswith("万") else 1), "个"
    after = _UNITS.get(unit, Text(unit, f" {unit}")).get(language)
    return f"{before}{number(value, digits)}{after}"


def _yuan_zh(value: Decimal, unit: str, digits: int | None) -> str:
    if unit == "亿元" and abs(value) >= 10000:
        value, unit = Quantity(value, unit).to("万亿元").value, "万亿元"
    return f"{number(value, digits)}{unit}"


def _yuan_en(value: Decimal, unit: str, digits: int | None) -> str:
    yuan = Quantity(value, unit).to("元").value
    scale, word = next(((s, w) for s, w in _SCALES if abs(yuan) >= s), (Decimal(1), ""))
    return f"{number(yuan / scale, digits)} {word}yuan"
