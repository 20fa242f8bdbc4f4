"""Statistical periods of Chinese returns: month, quarter, half, year and year-to-date."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self

from gongzao.kernel.errors import InvalidValue
from gongzao.kernel.numbers import plain


class PeriodKind(StrEnum):
    """How a period is cut from the year; the value is the letter used in its written form."""

    MONTH = "M"
    QUARTER = "Q"
    HALF = "H"
    YEAR = "Y"
    YEAR_TO_DATE = "YTD"


_MONTHS = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.HALF: 6, PeriodKind.YEAR: 12}
_RANGES = {
    PeriodKind.MONTH: (1, 12),
    PeriodKind.QUARTER: (1, 4),
    PeriodKind.HALF: (1, 2),
    PeriodKind.YEAR: (1, 1),
    PeriodKind.YEAR_TO_DATE: (2, 12),
}
_FORMS = (
    (re.compile(r"(\d{4})年?"), PeriodKind.YEAR),
    (re.compile(r"(\d{4})(?:-Q([1-4])|年第?([1-4一二三四])季度)"), PeriodKind.QUARTER),
    (re.compile(r"(\d{4})(?:-H([12])|年([上下])半年)"), PeriodKind.HALF),
    (re.compile(r"(\d{4})(?:-YTD(\d{2})|年1[-—–~至](\d{1,2})月)"), PeriodKind.YEAR_TO_DATE),
    (re.compile(r"(\d{4})(?:-(\d{2})|年(\d{1,2})月)"), PeriodKind.MONTH),
)
_DAY = re.compile(r"\d{4}[-/.年](\d{1,2})[-/.月]\d{1,2}")
_WORDS = {"一": 1, "二": 2, "三": 3, "四": 4, "上": 1, "下": 2}


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of whole months inside one year.

    Chinese returns are cumulative (累计): January and February come together, then 1—3月 and so on, so a
    year-to-date period begins with month 2. ``2025-YTD06`` and ``2025-H1`` are two names of the same months;
    compare them with :meth:`same_months`, since ``==`` compares what was written.

    Parameters
    ----------
    year
        Calendar year, 1949–2199.
    kind
        How the period is cut.
    number
        Month 1–12, quarter 1–4, half 1–2, always 1 for a year, last month 2–12 for year-to-date.

    Raises
    ------
    InvalidValue
        ``period.year`` or ``period.number`` when out of range.

    Examples
    --------
    >>> Period.parse("2025-YTD02").label("zh")
    '2025年1—2月'
    >>> Period.parse("2025-YTD06").same_months(Period.parse("2025-H1"))
    True
    """

    year: int
    kind: PeriodKind
    number: int = 1

    def __post_init__(self) -> None:
        if not 1949 <= self.year <= 2199:
            raise InvalidValue(
                "period.year", en=f"year must be 1949–2199, got {self.year}", zh=f"年份须为1949—2199，收到 {self.year}"
            )
        low, high = _RANGES[self.kind]
        if not low <= self.number <= high:
            raise InvalidValue(
                "period.number",
                en=f"a {self.kind.name.lower().replace('_', '-')} is numbered {low}–{high}, got {self.number}",
                zh=f"期间序号须为{low}—{high}，收到 {self.number}"
                + ("（1月与2月合并发布）" if self.kind is PeriodKind.YEAR_TO_DATE else ""),
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2025``, ``2025-H1``, ``2025-Q3``, ``2025-07`` or ``2025-YTD02``, or its name in Chinese.

        Raises
        ------
        InvalidValue
            ``period.date`` for a day, ``period.form`` if the text has none of these forms, and what the constructor
            raises.

        Examples
        --------
        >>> [str(Period.parse(text)) for text in ("2025年上半年", "2025年三季度", "2025年7月", "2025年1—9月")]
        ['2025-H1', '2025-Q3', '2025-07', '2025-YTD09']
        """
        bare = plain(text)
        for form, kind in _FORMS:
            if match := form.fullmatch(bare):
                year, *number = (_WORDS.get(group) or int(group) for group in match.groups() if group)
                return cls(year, kind, *number)
        if found := _DAY.match(bare):
            month = f"{bare[:4]}-{int(found[1]):02}"
            raise InvalidValue(
                "period.date",
                en=f"a period, not a day: for the month write {month} (set the cell to text, or Excel makes a day of "
                f"it), got {text[:40]!r}",
                zh=f"请填期间而不是日期：月份写作 {month}（Excel 会把它改成日期，请先把单元格设为“文本”），"
                f"收到“{text[:40]}”",
            )
        raise InvalidValue(
            "period.form",
            en=f"a period is written 2025, 2025-H1, 2025-Q3, 2025-07 or 2025-YTD02, got {text[:40]!r}",
            zh=f"期间写作 2025、2025-H1、2025-Q3、2025-07 或 2025-YTD02，收到“{text[:40]}”",
        )

    @property
    def first_month(self) -> int:
        """First month [1–12]."""
        if self.kind is PeriodKind.YEAR_TO_DATE:
            return 1
        return (self.number - 1) * _MONTHS[self.kind] + 1

    @property
    def last_month(self) -> int:
        """Last month [1–12]."""
        return self.number if self.kind is PeriodKind.YEAR_TO_DATE else self.number * _MONTHS[self.kind]

    @property
    def start(self) -> date:
        """First day."""
        return date(self.year, self.first_month, 1)

    @property
    def end(self) -> date:
        """Last day."""
        return date(self.year, self.last_month, monthrange(self.year, self.last_month)[1])

    @property
    def months(self) -> int:
        """Length [months]."""
        return self.last_month - self.first_month + 1

    @property
    def previous_year(self) -> "Period":
        """The same months a year before: what year-on-year growth (同比) compares with."""
        return Period(self.year - 1, self.kind, self.number)

    def same_months(self, other: "Period") -> bool:
        """Whether both cover exactly the same months."""
        return (self.start, self.end) == (other.start, other.end)

    def label(self, language: str = "zh") -> str:
        """Return the name used on pages; ``language`` is ``"zh"`` or ``"en"``."""
        n, kind = self.number, self.kind
        if language == "zh":
            tail = {
                PeriodKind.MONTH: f"{n}月",
                PeriodKind.QUARTER: f"{'一二三四'[n - 1 if n <= 4 else 0]}季度",
                PeriodKind.HALF: "上半年" if n == 1 else "下半年",
                PeriodKind.YEAR: "",
                PeriodKind.YEAR_TO_DATE: f"1—{n}月",
            }[kind]
            return f"{self.year}年{tail}"
        return {
            PeriodKind.MONTH: f"{self.year}-{n:02}",
            PeriodKind.QUARTER: f"Q{n} {self.year}",
            PeriodKind.HALF: f"H{n} {self.year}",
            PeriodKind.YEAR: f"{self.year}",
            PeriodKind.YEAR_TO_DATE: f"Jan–{date(2000, self.last_month, 1):%b} {self.year}",
        }[kind]

    def __str__(self) -> str:
        match self.kind:
            case PeriodKind.YEAR:
                return f"{self.year}"
            case PeriodKind.MONTH:
                return f"{self.year}-{self.number:02}"
            case PeriodKind.YEAR_TO_DATE:
                return f"{self.year}-YTD{self.number:02}"
            case _:
                return f"{self.year}-{self.kind}{self.number}"
