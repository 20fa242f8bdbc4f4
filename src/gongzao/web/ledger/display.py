"""Amounts, units and marks as pages and exports show them."""

from decimal import Decimal

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from gongzao.ledger import Refusal
from gongzao.ledger.example import MARK
from gongzao.web.ledger.models import Account, Entry


def in_english() -> bool:
    """Whether the page is in English."""
    return (get_language() or "").startswith("en")


def whole(hundredths: int) -> Decimal:
    """Return an amount in its unit, exactly."""
    return Decimal(hundredths).scaleb(-2)


def amount(hundredths: int | None) -> str:
    """Return an amount in its unit with two decimals, as a table shows it; ``None`` and nothing to show is a dash.

    >>> amount(123456), amount(-5), amount(None)
    ('1,234.56', '-0.05', '—')
    """
    return "—" if hundredths is None else f"{whole(hundredths):,.2f}"


def unit_word(unit: str) -> str:
    """Return how amounts of a unit are named on the page."""
    return {
        "CNY": _("元"),
        "WORKHOUR": _("工时"),
        "MACHINEHOUR": _("机时"),
        "MATERIAL": _("元（材料折价）"),
    }.get(unit, unit)


def money(hundredths: int, unit: str = "CNY") -> str:
    """Return an amount with its unit, as a sentence says it."""
    return f"{amount(hundredths)} {unit_word(unit)}"


def synthetic_account(account: Account) -> bool:
    """Whether an account is made up for demonstration: its name says so, or the firm or cluster it belongs to is."""
    made_up = account.enterprise or account.cluster
    return MARK in account.name or bool(made_up and made_up.synthetic)


def synthetic_entry(entry: Entry) -> bool:
    """Whether an entry is made up for demonstration."""
    sides = [account for account in (entry.debit, entry.credit) if account is not None]
    return MARK in entry.memo or any(synthetic_account(account) for account in sides)


def bare(name: str) -> str:
    """Return a name without the mark, which the page shows as a badge of its own."""
    return name.replace(MARK, "").strip()


def mark(synthetic: bool) -> str:
    """Return the mark of made-up rows, empty for real ones."""
    return _("示例数据") if synthetic else ""


def refusal_text(refusal: Refusal) -> str:
    """Return why a transfer was refused, in the language of the page."""
    return refusal.en if in_english() else refusal.zh
