"""Reads single fields of a proposal, as typed on a page or in a workbook."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from gongzao.kernel import InvalidValue, Money, Uscc
from gongzao.web.research.sections import Column, Kind

CHINA = ZoneInfo("Asia/Shanghai")
_YEARS = range(2000, 2200)
_AMOUNT = re.compile(r"(\d{1,15}(?:\.\d{1,10})?)(万元|万|元)?")
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)[%％]?")
_WHOLE = re.compile(r"\d{1,6}")


def read_money(text: str) -> int:
    """Return an amount [fen] typed in yuan, or with its unit in ten thousand yuan; never rounded.

    Raises
    ------
    InvalidValue
        ``draft.money``, or what :meth:`gongzao.kernel.Money.from_yuan` raises.

    Examples
    --------
    >>> read_money("1,234.50"), read_money("60 万元")
    (123450, 60000000)
    """
    compact = re.sub(r"[,，\s]", "", text)
    found = _AMOUNT.fullmatch(compact)
    if not found:
        raise InvalidValue(
            "draft.money",
            en=f"write an amount of 0 or more such as 900000 or 90万元, got {text[:40]!r}",
            zh=f"请填不小于0的金额，如 900000 或 90万元，收到“{text[:40]}”",
        )
    number, unit = found.groups()
    factor = 10_000 if unit in ("万元", "万") else 1
    return Money.from_yuan(Decimal(number) * factor).fen


def read_date(text: str) -> date:
    """Return a day; ``draft.date`` otherwise."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if day.year not in _YEARS:
        raise InvalidValue(
            "draft.date",
            en=f"write a day that exists, as 2025-06-30, got {text[:40]!r}",
            zh=f"日期写作 2025-06-30 且须真实存在，收到“{text[:40]}”",
        )
    return day


def read_time(text: str) -> datetime:
    """Return a time in China; ``draft.time`` otherwise."""
    try:
        at: datetime | None = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.year not in _YEARS or at.tzinfo is not None:
        raise InvalidValue(
            "draft.time",
            en=f"write day and time in China as 2025-06-30 17:00, got {text[:40]!r}",
            zh=f"时间（北京时间）写作 2025-06-30 17:00，收到“{text[:40]}”",
        )
    return at.replace(tzinfo=CHINA)


def read_percent(text: str) -> Decimal:
    """Return a percentage; ``draft.percent`` otherwise."""
    found = _PERCENT.fullmatch(text.replace(" ", ""))
    if not found:
        raise InvalidValue(
            "draft.percent",
            en=f"write a percentage such as 30 or 12.5, got {text[:40]!r}",
            zh=f"请填百分数，如 30 或 12.5，收到“{text[:40]}”",
        )
    return Decimal(found[1])


def read_whole(text: str) -> int:
    """Return a whole number; ``draft.whole`` otherwise."""
    if not text.isascii() or not _WHOLE.fullmatch(text):
        raise InvalidValue(
            "draft.whole",
            en=f"write a whole number from 0 to 999999, got {text[:40]!r}",
            zh=f"请填0至999999的整数，收到“{text[:40]}”",
        )
    return int(text)


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
    Kind.DATE: read_date,
    Kind.TIME: read_time,
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
