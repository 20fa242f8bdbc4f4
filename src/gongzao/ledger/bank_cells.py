"""Single cells of a bank's table: days, amounts, sides and currencies; each is understood or refused."""

import re
import unicodedata
from datetime import date, time

from gongzao.kernel import InvalidValue, Money
from gongzao.kernel.dates import parse_date
from gongzao.kernel.numbers import parse_yuan, plain
from gongzao.ledger.bank_headings import FOREIGN, flat, words

_NOTHING = re.compile(r"[-—–−/*\s]*")
_MOMENT = re.compile(
    r"(?P<day>\d{4}(?:[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{4}))(?:[T\s]*(?P<time>\d{1,2}[:：时].*|\d{6})|\s+\D.*)?",
    re.DOTALL,
)
_TIME = re.compile(r"(\d{1,2})[:：时]?(\d{2})(?:[:：分]?(\d{2}))?(?!\d).*|(\d{2})(\d{2})(\d{2})", re.DOTALL)
_YUAN = re.compile(r"^(?:人民币|rmb|cny)|(?:人民币|rmb|cny)$|¥", re.IGNORECASE)
_SIDED = re.compile(r"(?P<before>[+-]?)(?P<amount>.*?)\s*(?P<after>[+-]|cr|dr|贷|借)?", re.IGNORECASE | re.DOTALL)


def nothing(text: str) -> bool:
    """Whether a cell holds nothing: empty, or dashes as the banks print them."""
    return _NOTHING.fullmatch(text) is not None


def moment(text: str) -> tuple[date, time | None]:
    """Read a day, and the time of day behind it if there is one.

    Raises
    ------
    InvalidValue
        ``bank.date``.

    Examples
    --------
    >>> moment("20260105 09:00:00")
    (datetime.date(2026, 1, 5), datetime.time(9, 0))
    """
    found = _MOMENT.fullmatch(plain(text))
    try:
        day = parse_date(found["day"]) if found else None
    except InvalidValue:
        day = None
    if found is None or day is None:
        raise InvalidValue(
            "bank.date",
            en="not a date of the form 2025-06-30 (year first)",
            zh="不是形如 2025-06-30 的日期（年份在前）",
        )
    return day, time_of(found["time"] or "")


def time_of(text: str) -> time | None:
    """Read a time of day; ``None`` if there is none: times only help to tell the order.

    >>> time_of("101530"), time_of("9:05"), time_of("")
    (datetime.time(10, 15, 30), datetime.time(9, 5), None)
    """
    found = _TIME.fullmatch(plain(text))
    if not found:
        return None
    hour, minute, second, *_ = [*(int(part) for part in found.groups() if part), 0]
    try:
        return time(hour, minute, second)
    except ValueError:
        return None


def fen(text: str, unit: int) -> int:
    """Read an amount [fen].

    Parameters
    ----------
    text
        1,234.56, ¥1,234.56, 1234.56元, (40.00) for −40.00, 40.00- or 40.00 DR for −40.00, 40.00 CR; full width or half.
    unit
        What 1 counts [fen]. An amount with a unit of its own in another unit than the column's is refused.

    Raises
    ------
    InvalidValue
        ``bank.amount``, ``bank.currency``, ``bank.unit``, ``money.fraction_of_fen`` or ``money.too_large``.

    Examples
    --------
    >>> fen("(40.00)", 100), fen("40.00-", 100), fen("1.5", 10**6)
    (-4000, -4000, 1500000)
    """
    bare = unicodedata.normalize("NFKC", plain(text)).replace("−", "-")
    if FOREIGN.search(bare) or re.search(r"[$€£₩]", bare):
        raise InvalidValue("bank.currency", en="only CNY is accepted", zh="只接受人民币")
    found = _SIDED.fullmatch(_YUAN.sub("", bare).strip())
    number = _YUAN.sub("", found["amount"]).strip() if found else ""
    own = re.search(r"[千万亿]|元", number)
    if own and unit != 100:
        en, zh = "the cell names a unit of its own beside the column's", "单元格自带单位，与表头的单位并存，请统一"
        raise InvalidValue("bank.unit", en=en, zh=zh)
    after = (found["after"] or "").lower() if found else ""
    if found is None or (found["before"] and after) or (number[:1] in ("+", "-", "(") and (found["before"] or after)):
        raise _no_amount()
    try:
        yuan = parse_yuan(number)
    except InvalidValue:
        raise _no_amount() from None
    sign = -1 if found["before"] == "-" or after in ("-", "dr", "借") else 1
    amount = Money.from_yuan(yuan * unit / 100)
    return sign * amount.fen


def _no_amount() -> InvalidValue:
    return InvalidValue("bank.amount", en="not an amount of the form 1,234.56", zh="不是形如 1,234.56 的金额")


def side(text: str) -> int:
    """Read on which side an amount stands: 1 into the account, −1 out of it.

    Raises
    ------
    InvalidValue
        ``bank.direction``.

    Examples
    --------
    >>> side("贷 Cr"), side("支出"), side("[D]")
    (1, -1, -1)
    """
    known = words()["words"]
    name = flat(text).strip("[]()【】")
    parts = {name, *re.split(r"[/|,()\[\]]", name), *re.findall(r"[a-z]+|[一-鿿]+", name)} - {""}
    inward, outward = bool(parts & {*known["in"]}), bool(parts & {*known["out"]})
    if inward == outward:
        raise InvalidValue(
            "bank.direction",
            en="expected 借 or 贷, 收入 or 支出 (debit or credit)",
            zh="须为“借”或“贷”、“收入”或“支出”",
        )
    return 1 if inward else -1


def yuan(text: str) -> bool:
    """Whether a cell names the yuan; an empty one names nothing and passes."""
    names = sorted(words()["words"]["yuan"], key=len, reverse=True)
    return nothing(text) or re.fullmatch(rf"(?:{'|'.join(names)}|[-/()\[\]])+", flat(text)) is not None


def done(text: str) -> bool:
    """Whether a cell says that the movement was booked; an empty one passes."""
    return nothing(text) or flat(text) in words()["words"]["done"]
