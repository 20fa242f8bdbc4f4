"""The first line of each page: what it says, in words."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.utils.translation import gettext as _

from gongzao.ledger import DailyHead, Head
from gongzao.web.ledger.display import amount, bare, money, refusal_text
from gongzao.web.ledger.entries import MOST_COUNTED
from gongzao.web.ledger.models import AccountKind, Audit, Entry, Kind
from gongzao.web.ledger.positions import Overview, Position
from gongzao.web.ledger.statements import Figures, Period
from gongzao.web.project.exports import clock


def of_accounts(total: int, parties: int, sums: dict[str, int]) -> str:
    """Say how many accounts there are and what the asset accounts among them hold, by unit."""
    words = _("共%(total)s个账户，属于%(parties)s个主体。") % {"total": f"{total:,}", "parties": f"{parties:,}"}
    if sums:
        held = _("、").join(money(held, unit) for unit, held in sorted(sums.items()))
        words += _("其中资产类账户账面余额合计%(held)s。") % {"held": held}
    return words


def of_audit(audit: Audit | None, head: Head, stands: bool) -> str:
    """Say whether the books were gone through line by line, up to where, and what was found.

    Parameters
    ----------
    audit
        The last time.
    head
        The end of the journal now.
    stands
        Whether the line at which the last audit ended has the hash that it had then.
    """
    if audit is None:
        return _("账本共%(lines)s行，尚未逐行核对。") % {"lines": f"{head.seq:,}"}
    values = {
        "lines": f"{audit.lines:,}",
        "at": clock(audit.at)[:16],
        "more": f"{head.seq - audit.lines:,}",
        "findings": len(audit.findings.splitlines()),
    }
    if audit.findings:
        return _("%(at)s逐行核对%(lines)s行，发现%(findings)s处问题。") % values
    if not stands:
        return _("第%(lines)s行的哈希与%(at)s核对时不同，请立即重新核对。") % values
    if audit.lines == head.seq:
        return _("%(lines)s行逐行核对无误，与今日链头一致（%(at)s核对）。") % values
    return _("前%(lines)s行逐行核对无误（%(at)s核对），其后新增%(more)s行待核对。") % values


def of_open_items(count: int) -> str:
    """Say how many items of bank and books have no partner, at the end of the newest statements."""
    return _("银行对账未达%(n)s笔。") % {"n": f"{count:,}"} if count else _("银行对账没有未达账项。")


def of_period(period: Period) -> str:
    """Name the days a statement covers."""
    if period.since and period.until:
        return _("%(since)s至%(until)s") % {"since": period.since, "until": period.until}
    if period.since:
        return _("%(since)s起") % {"since": period.since}
    if period.until:
        return _("截至%(until)s") % {"until": period.until}
    return _("开户以来")


def of_statement(name: str, figures: Sequence[Figures], period: Period) -> str:
    """Say what a party or an account has, and what moved."""
    words = []
    groups = dict.fromkeys((figure.account.unit, figure.account.kind) for figure in figures)
    for unit, kind in groups:
        mine = [figure for figure in figures if (figure.account.unit, figure.account.kind) == (unit, kind)]
        values = {
            "kind": AccountKind(kind).label if len({kind for _unit, kind in groups}) > 1 else "",
            "closing": money(sum(figure.closing for figure in mine), unit),
            "increase": amount(sum(figure.increase for figure in mine)),
            "decrease": amount(sum(figure.decrease for figure in mine)),
        }
        words.append(_("%(kind)s余额%(closing)s（增加%(increase)s、减少%(decrease)s）") % values)
    facts = _("；").join(words[:3]) + (_("；其余见下表") if len(words) > 3 else "")
    return _("%(name)s，%(period)s：%(facts)s。") % {"name": name, "period": of_period(period), "facts": facts}


def of_reserved(figures: Iterable[Figures]) -> str:
    """Say what is reserved today, in yuan; empty if nothing is."""
    mine = [figure for figure in figures if figure.account.unit == "CNY"]
    leaving, coming = sum(f.leaving for f in mine), sum(f.coming for f in mine)
    parts = [_("待付%(sum)s") % {"sum": money(leaving)}] if leaving else []
    parts += [_("待收%(sum)s") % {"sum": money(coming)}] if coming else []
    return _("目前另有冻结%(parts)s，未计入余额。") % {"parts": _("、").join(parts)} if parts else ""


def of_journal(count: int, newest: Entry | None) -> str:
    """Say how many entries there are and when the last was booked."""
    if newest is None:
        return _("没有符合条件的分录。")
    number = _("超过%(n)s") % {"n": f"{MOST_COUNTED:,}"} if count > MOST_COUNTED else f"{count:,}"
    return _("符合条件的分录%(number)s笔，最近一笔为第%(seq)s号。") % {"number": number, "seq": newest.seq}


def of_entry(entry: Entry) -> str:
    """Say what an entry did."""
    if entry.refusal:
        return _("第%(seq)s号请求被拒绝，没有入账：%(why)s。") % {"seq": entry.seq, "why": refusal_text(entry.refusal)}
    sides = {
        "seq": entry.seq,
        "account": entry.asked_debit,
        "debit": bare(str(entry.debit)),
        "credit": bare(str(entry.credit)),
        "posted": money(entry.posted, entry.unit),
        "held": money(abs(entry.pending), entry.unit),
        "rest": money(-entry.pending - entry.posted, entry.unit),
    }
    words = {
        Kind.POST.value: _("第%(seq)s号入账%(posted)s：借 %(debit)s，贷 %(credit)s。"),
        Kind.PENDING.value: _("第%(seq)s号冻结%(held)s：借 %(debit)s，贷 %(credit)s。"),
        Kind.POST_PENDING.value: _("第%(seq)s号由冻结入账%(posted)s，其余%(rest)s解冻：借 %(debit)s，贷 %(credit)s。"),
        Kind.VOID_PENDING.value: _("第%(seq)s号撤销冻结，%(held)s全部解冻，没有入账。"),
        Kind.OPEN.value: _("第%(seq)s号开立账户 %(account)s，没有入账。"),
        Kind.EXPIRE.value: _("第%(seq)s号冻结到期，%(held)s全部解冻，没有入账。"),
    }
    if entry.kind == Kind.POST_PENDING and entry.posted == -entry.pending:
        return _("第%(seq)s号由冻结全额入账%(posted)s：借 %(debit)s，贷 %(credit)s。") % sides
    return words[entry.kind] % sides


def of_position(position: Position) -> str:
    """Say whether bank and books agree."""
    found = position.reconciliation
    values = {
        "last": found.last,
        "bank": money(found.bank_balance),
        "books": money(found.books_balance),
        "difference": money(abs(found.difference)),
        "rest": money(abs(found.unexplained)),
    }
    if found.clean:
        return _("截至%(last)s，银行余额%(bank)s，与账面一致，没有未达账项。") % values
    words = _("截至%(last)s，银行余额%(bank)s，账面余额%(books)s，相差%(difference)s；") % values
    if found.unexplained:
        return words + _("其中%(rest)s尚无法说明，可能缺少对账单或期初余额不一致。") % values
    if position.open:
        return words + _("差额已全部列明，有%(n)s项待处理。") % {"n": position.open}
    return words + _("差额由已核对、账面在截止日后入账的款项构成，没有待处理事项。")


def of_bank(overviews: Sequence[Overview], unregistered: int, today: date) -> str:
    """Say how the supervised accounts stand together, what lacks statements, and what has no account at a bank."""
    if not overviews and not unregistered:
        return _("您可查看的范围内还没有登记监管账户。")
    behind = [row for row in overviews if row.position is None]
    late = [row for row in overviews if row.months_without(today)]
    off = [row for row in overviews if row.position and row.position.state != "agreed"]
    words = _(
        "共%(total)s个监管账户，%(off)s个有未达账项或差额，%(behind)s个尚未上传对账单，%(late)s个对账单逾期。"
    ) % {
        "total": len(overviews),
        "off": len(off),
        "behind": len(behind),
        "late": len(late),
    }
    if unregistered:
        words += _("另有%(n)s个资金账户没有登记对应的银行账户，无从核对。") % {"n": unregistered}
    return words


def of_heads(heads: Sequence[DailyHead], today: date) -> str:
    """Say what is published."""
    final = [head for head in heads if head.day < today]
    if not final:
        return _("本月还没有已结束的记账日。")
    return _("本月已公布%(n)s个记账日的日末哈希，最近一日为%(day)s，截至第%(seq)s号分录。") % {
        "n": len(final),
        "day": final[-1].day,
        "seq": f"{final[-1].seq:,}",
    }
