"""Reads single fields of a proposal, as typed on a page or in a workbook."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from gongzao.kernel import InvalidValue, Money, Uscc, parse_date, parse_percent, parse_time, parse_whole
from gongzao.kernel.dates import CHINA
from gongzao.web.research.sections import Column, Kind


def read_money(text: str) -> int:
    """Return an amount of 0 or more [fen], typed in yuan or with its unit (90万元); never rounded.

    Raises
    ------
    InvalidValue
        ``money.negative``, or what :meth:`gongzao.kernel.Money.parse` raises.

    Examples
    --------
    >>> read_money("1,234.50"), read_money("60 万元")
    (123450, 60000000)
    """
    fen = Money.parse(text).fen
    if fen < 0:
        raise InvalidValue(
            "money.negative",
            en=f"write an amount of 0 or more, got {text[:40]!r}",
            zh=f"金额不能为负，收到“{text[:40]}”",
        )
    return fen


def read_percent(text: str) -> Decimal:
    """Return a percentage of 0 or more; ``number.negative``, or what :func:`gongzao.kernel.parse_percent` raises."""
    value = parse_percent(text)
    if value < 0:
        raise InvalidValue(
            "number.negative",
            en=f"write a percentage of 0 or more, got {text[:40]!r}",
            zh=f"百分数不能为负，收到“{text[:40]}”",
        )
    return value


def read_whole(text: str) -> int:
    """Return a whole number from 0 to 999,999; ``number.whole`` otherwise."""
    return parse_whole(text, most=999_999)


def read_choice(column: Column, text: str) -> str:
    """Return the value of a choice, given as value or as label; ``draft.choice`` otherwise."""
    for value, label in column.choices:
        if text in (value, str(label)):
            return str(value)
    known = "、".join(str(label) for _value, label in column.choices)
    raise InvalidValue(
        "draft.choice", en=f"choose one of {known}, got {text[:40]!r}", zh=f"请填其中一项：{known}；收到“{text[:40]}”"
    )


PLAIN: Mapping[Kind, Callable[[str], Any]] = {
    Kind.TEXT: str,
    Kind.LONG: str,
    Kind.MONEY: read_money,
    Kind.DATE: parse_date,
    Kind.TIME: parse_time,
    Kind.PERCENT: read_percent,
    Kind.WHOLE: read_whole,
    Kind.USCC: lambda text: Uscc(text).code,
    Kind.PARTY: lambda text: Uscc(text).code,
    Kind.MILESTONE: str,
}
"""How the kinds are read that need no choices."""


def money_text(fen: int) -> str:
    """Return an amount [fen] as it is typed in yuan.

    >>> money_text(90000000), money_text(5)
    ('900000', '0.05')
    """
    text = f"{Decimal(fen).scaleb(-2):.2f}"
    return text.removesuffix(".00")


def time_text(at: datetime) -> str:
    """Return a time in China as a form takes it."""
    return at.astimezone(CHINA).replace(tzinfo=None).isoformat(timespec="auto" if at.second else "minutes")
