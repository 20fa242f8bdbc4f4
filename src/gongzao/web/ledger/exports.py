"""Statements and journal as tables for files."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from gongzao.web.ledger.display import mark, refusal_text, synthetic_account, synthetic_entry, unit_word, whole
from gongzao.web.ledger.models import Account, Entry
from gongzao.web.ledger.statements import Movement
from gongzao.web.project.exports import Cell, Table, clock


def statement_table(name: str, head: Sequence[str], movements: Iterable[Movement]) -> Table:
    """Return the movements of a statement, oldest first."""
    headers = [_("序号"), _("时间"), _("账户编号"), _("账户名称"), _("用途"), _("对方账户"), _("增加"), _("减少")]
    headers += [_("余额"), _("单位"), _("转账编号"), _("参考号"), _("备注"), _("示例数据")]
    return Table(name, head, headers, (_movement(row) for row in movements))


def _movement(row: Movement) -> list[Cell]:
    grown = whole(row.change) if row.change > 0 else None
    shrunk = whole(-row.change) if row.change < 0 else None
    entry = row.entry
    return [
        entry.seq,
        clock(entry.at),
        row.account.pk,
        row.account.name,
        entry.purpose,
        str(row.other),
        grown,
        shrunk,
        whole(row.balance),
        unit_word(entry.unit),
        entry.transfer_id,
        entry.reference,
        entry.memo,
        mark(synthetic_account(row.account)),
    ]


def journal_table(name: str, head: Sequence[str], entries: Iterable[Entry]) -> Table:
    """Return entries with everything that their hash covers and the answer in words."""
    headers = [
        _("序号"),
        _("时间"),
        _("转账编号"),
        _("类型"),
        _("借方账户"),
        _("借方名称"),
        _("贷方账户"),
        _("贷方名称"),
    ]
    headers += [
        _("入账金额"),
        _("冻结变动"),
        _("单位"),
        _("用途"),
        _("参考号"),
        _("备注"),
        _("冻结编号"),
        _("冲正对象"),
    ]
    headers += [_("与下一笔关联"), _("拒绝原因"), _("上一行哈希"), _("哈希"), _("示例数据")]
    return Table(name, head, headers, (_entry(row) for row in entries))


def _entry(row: Entry) -> list[Cell]:
    return [
        row.seq,
        clock(row.at),
        row.transfer_id,
        row.get_kind_display(),
        row.debit_id or row.asked_debit,
        _name(row.debit),
        row.credit_id or row.asked_credit,
        _name(row.credit),
        whole(row.posted),
        whole(row.pending),
        unit_word(row.unit or row.asked_unit),
        row.purpose,
        row.reference,
        row.memo,
        row.pending_id,
        row.reverses,
        _("是") if row.linked else "",
        refusal_text(row.refusal) if row.refusal else "",
        row.previous,
        row.hash,
        mark(synthetic_entry(row)),
    ]


def _name(account: Account | None) -> str:
    return account.name if account else ""
