"""Days and times as people in China write them."""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from gongzao.kernel.errors import InvalidValue
from gongzao.kernel.numbers import plain

CHINA = ZoneInfo("Asia/Shanghai")

_PART = r"(\d{1,2})"
_FORMS = (rf"-{_PART}-{_PART}", rf"/{_PART}/{_PART}", rf"\.{_PART}\.{_PART}", rf" ?年 ?{_PART} ?月 ?{_PART} ?日")
_DAY = rf"(\d{{4}})(?:{'|'.join(_FORMS)}|(\d\d)(\d\d))"
_DATE = re.compile(_DAY, re.ASCII)
_TIME = re.compile(rf"(?P<day>{_DAY})[ T]?(?:(\d{{1,2}})[:：](\d{{2}})(?:[:：](\d{{2}}))?)", re.ASCII)
_SERIAL = (
    " (a spreadsheet's number of a day? give the cell a date format)",
    "（像是表格软件的日期序号，请把单元格设为日期格式）",
)
_YEARS = range(1900, 2200)


def parse_date(text: str) -> date:
    """Read a day of the years 1900–2199: 2025-06-30, 2025/6/30, 2025.6.30, 2025年6月30日 or 20250630.

    Raises
    ------
    InvalidValue
        ``date.form``, also for a day that does not exist.

    Examples
    --------
    >>> parse_date("2027年1月5日") == parse_date("2027/1/5") == date(2027, 1, 5)
    True
    """
    day = _day(_DATE.fullmatch(plain(text)))
    if day is None:
        serial = plain(text).isdigit() and len(plain(text)) == 5
        en, zh = _SERIAL if serial else ("", "")
        raise InvalidValue(
            "date.form",
            en=f"a day is written 2025-06-30, 2025/6/30 or 2025年6月30日 and must exist, got {text[:40]!r}{en}",
            zh=f"日期写作 2025-06-30、2025/6/30 或 2025年6月30日，且须真实存在，收到“{text[:40]}”{zh}",
        )
    return day


def parse_time(text: str) -> datetime:
    """Read a time in China: ``2025-06-30 17:00``, ``2025/6/30 17:00:05``, ``2025-06-30T17:00``.

    Raises
    ------
    InvalidValue
        ``time.form``, also for a day or time that does not exist.

    Examples
    --------
    >>> parse_time("2025年6月30日 17:00").isoformat()
    '2025-06-30T17:00:00+08:00'
    """
    found = _TIME.fullmatch(plain(text))
    day = _day(_DATE.fullmatch(found["day"])) if found else None
    if found and day:
        hour, minute, second = (int(part or 0) for part in found.groups()[-3:])
        if hour < 24 and minute < 60 and second < 60:
            return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=CHINA)
    raise InvalidValue(
        "time.form",
        en=f"write day and time in China as 2025-06-30 17:00, got {text[:40]!r}",
        zh=f"时间（北京时间）写作 2025-06-30 17:00，收到“{text[:40]}”",
    )


def _day(found: re.Match[str] | None) -> date | None:
    parts = [int(part) for part in found.groups() if part] if found else []
    try:
        return date(*parts) if parts and parts[0] in _YEARS else None
    except ValueError:
        return None
