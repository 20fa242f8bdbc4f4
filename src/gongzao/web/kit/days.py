"""Days and months as they stand in an address."""

import re
from datetime import date

from gongzao.kernel import InvalidValue, Period


def asked_day(text: str | None) -> date | None:
    """Return the day ``YYYY-MM-DD`` of an address; what is none, or lies in no year of the plans, is ``None``.

    >>> asked_day("2026-01-31"), asked_day("9999-12-31"), asked_day("20260131"), asked_day(None)
    (datetime.date(2026, 1, 31), None, None, None)
    """
    if text is None or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        Period.parse(text[:4])
        return date.fromisoformat(text)
    except (InvalidValue, ValueError):
        return None


def asked_month(text: str | None) -> date | None:
    """Return the first day of the month ``YYYY-MM`` of an address, or ``None`` as above."""
    return asked_day(f"{text}-01") if text else None
