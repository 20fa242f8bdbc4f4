"""How the ledger's pages show amounts and names."""

from django import template

from gongzao.ledger import Balance
from gongzao.web.ledger import display
from gongzao.web.ledger.models import Account

register = template.Library()
register.filter("amount", display.amount)
register.filter("unit_word", display.unit_word)
register.filter("bare", display.bare)
register.filter("refusal", display.refusal_text)


@register.filter
def booked(balance: Balance, account: Account) -> int:
    """Return the booked balance of an account on its own side."""
    return balance.of(account.value.kind)


@register.filter
def leaving(balance: Balance, account: Account) -> int:
    """Return what is reserved to leave an account."""
    return balance.of(account.value.kind) - balance.worst(account.value.kind)[0]


@register.filter
def coming(balance: Balance, account: Account) -> int:
    """Return what is reserved to come to an account."""
    return balance.worst(account.value.kind)[1] - balance.of(account.value.kind)


@register.filter
def size(hundredths: int) -> int:
    """Return an amount without its sign."""
    return abs(hundredths)
