"""The app."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The app as Django knows it."""

    name = "gongzao.web.ledger"
    label = "ledger"
