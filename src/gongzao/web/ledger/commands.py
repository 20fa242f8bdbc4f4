"""``gongzao ledger verify``, ``rebuild`` and ``expire``: the ledger in the database; and its books for the others."""

import os
from datetime import UTC, datetime

import typer
from rich.console import Console

from gongzao.ledger import Book
from gongzao.web.project.commands import SETTINGS


def _start() -> Console:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    import django

    django.setup()
    return Console(soft_wrap=True, highlight=False)


def book() -> Book:
    """Return the books of this installation, for ``gongzao ledger check`` and ``export``."""
    _start()
    from gongzao.web.ledger import queries

    return queries.book()


def verify() -> None:
    """Go through the stored books line by line; status 1 if any rule is broken. 逐行核对数据库中的账本."""
    console = _start()
    from gongzao.web.ledger.verify import audit

    lines, findings = audit(datetime.now(UTC), by=None)
    for finding in findings:
        console.print(str(finding), markup=False)
    console.print(f"{lines} lines, {len(findings)} findings / 共 {lines} 行，问题 {len(findings)} 项")
    if findings:
        raise typer.Exit(1)


def rebuild() -> None:
    """Write anew every balance that is not the sum of its entries. 按分录重算余额."""
    console = _start()
    from gongzao.web.ledger.services import rebuild_balances

    mended = rebuild_balances()
    console.print(f"{mended} balances mended / 更正余额 {mended} 个")


def expire() -> None:
    """Release every reservation whose time has come; to be run every few minutes. 处理到期冻结."""
    console = _start()
    from gongzao.web.ledger.services import expire_due

    expired = len(expire_due(datetime.now(UTC)))
    console.print(f"{expired} reservations expired / 到期解冻 {expired} 笔")
