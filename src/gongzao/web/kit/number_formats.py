"""What a number in a cell looks like to a person: number formats, as far as they change the meaning."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from openpyxl.styles.numbers import is_date_format
from openpyxl.utils.datetime import WINDOWS_EPOCH

MOST_FORMATS = 1000
"""Most formats of its own that a workbook may have; each is taken apart once."""

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|[\\!](?P<escaped>.)|[_*].|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[[^\]]*\]|(?P<end>;)'
    r"|(?P<core>General|[0#?@.,%/]|E[+-])|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_ZEROS = re.compile(r"0{2,15}")
_SCALED = re.compile(r",(?![0#?])")


class Unseen(ValueError):
    """The format hides the number."""


class Scaled(ValueError):
    """The format shows another number than the cell holds."""


@dataclass(frozen=True, slots=True)
class _Section:
    """One part of a format: the places of digits, and the words before, between and after them."""

    core: str
    before: str
    between: str
    after: str


@lru_cache(maxsize=MOST_FORMATS + 100)
def _sections(code: str) -> tuple[_Section, ...]:
    sections = []
    core, words = "", ["", "", ""]
    for found in _TOKEN.finditer(f"{code};"):
        if found["end"]:
            sections.append(_Section(core, words[0], words[1], words[2]))
            core, words = "", ["", "", ""]
        elif found["core"]:
            words[1:] = [words[1] + words[2], ""]
            core += found["core"]
        else:
            literal = next((found[kind] for kind in ("quoted", "escaped", "currency", "other") if found[kind]), "")
            words[2 if core else 0] += literal
    return tuple(sections)


def shown_number(value: Decimal, code: str) -> str:
    """Return a number with the percent sign and the words that its format puts beside it, in all its digits.

    Raises
    ------
    Unseen
        The format shows nothing.
    Scaled
        The format shows thousands, or a point where the number has none.

    Examples
    --------
    >>> shown_number(Decimal("0.051"), "0.0%"), shown_number(Decimal(12), '0"万元"'), shown_number(Decimal(7), "0000")
    ('5.1%', '12万元', '0007')
    """
    sections = _sections(code)
    section = sections[1 if value < 0 and len(sections) > 1 else 2 if value == 0 and len(sections) > 2 else 0]
    before, after = section.before.strip(" +-()"), section.after.strip(" +-()")
    if not section.core.strip(".,"):
        if value == 0 and section.before.strip() in ("-", "–", "—"):
            return "0"
        if not section.before.strip():
            raise Unseen
        return section.before.strip()
    if _SCALED.search(section.core.replace("%", "")) or set(section.between) & set(".,，．万亿千百"):
        raise Scaled
    percent = section.core.count("%")
    text = plain_number(value.scaleb(2 * percent))
    if _ZEROS.fullmatch(section.core) and text.isdigit():
        text = text.zfill(len(section.core))
    return f"{before}{text}{'%' * percent}{after}"


def plain_number(value: Decimal) -> str:
    """Return a number without exponent and without zeros at its end.

    >>> plain_number(Decimal("5.10")), plain_number(Decimal("1E+3"))
    ('5.1', '1000')
    """
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@lru_cache(maxsize=MOST_FORMATS + 100)
def date_length(code: str) -> int:
    """Return how much of 2025-06-30 a format shows [characters]: all of it, month or year; 0 if it shows no date."""
    if not is_date_format(code):
        return 0
    letters = set(re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", code).lower())
    if "y" not in letters or "d" in letters:
        return 10
    return 7 if "m" in letters else 4


def shown_date(value: float, length: int, epoch: datetime) -> str:
    """Return the number of a day as it is shown, with its time of day if it has one.

    Raises
    ------
    ValueError
        The number is no day of the calendar.
    """
    if value < 0:
        raise ValueError(value)
    # Spreadsheets whose days begin in 1900 count a 29 February of that year.
    days = value + 1 if epoch == WINDOWS_EPOCH and value < 60 else value
    try:
        found = epoch + timedelta(seconds=round(days * 86_400))
    except OverflowError as error:
        raise ValueError(str(error)) from None
    text = found.isoformat(" ")
    if text.endswith("00:00:00") and value >= 1:
        return text[:length]
    return text[11 if value < 1 else 0 :].removesuffix(":00")
