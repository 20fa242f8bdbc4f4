"""The money of a project as the ledger has it, and whether that is what the rules say."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _

from gongzao import research as rules
from gongzao.research import IN_KIND, Project, Unit
from gongzao.web.ledger.models import Account, Entry
from gongzao.web.ledger.queries import open_reservations
from gongzao.web.research.display import name_of, quantity, wan

MOST_NAMED = 20
"""Entries that are named one by one."""

FIGURES = ("reserved", "paid", "used", "refunded", "held", "released", "earned")
"""The cash figures of a row."""


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one party on the ledger [fen; in kind: hundredths of the unit].

    Parameters
    ----------
    party, name
        Code and name.
    reserved, paid
        Pledged and not yet collected; paid in.
    used, refunded, held
        Of what was paid in: used for the work, given back, still there.
    released, earned
        Received for milestones and from income (of the public institute: gone back into the fund).
    owed
        Due to the party and not paid out; nothing but what other means have booked.
    promised, delivered
        In kind by unit.
    """

    party: str
    name: str
    reserved: int = 0
    paid: int = 0
    used: int = 0
    refunded: int = 0
    held: int = 0
    released: int = 0
    earned: int = 0
    owed: int = 0
    promised: Mapping[Unit, int] = field(default_factory=dict)
    delivered: Mapping[Unit, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Books:
    """All rows, the amounts paid for each milestone by payee, the income booked, and where rules and ledger differ."""

    rows: tuple[Row, ...]
    milestones: Mapping[tuple[str, str], int]
    income: int
    differences: tuple[str, ...]

    @property
    def total(self) -> Row:
        """The sums over all parties, without what is in kind."""
        return Row("", "", **{name: sum(getattr(row, name) for row in self.rows) for name in FIGURES})


Moves = Counter[tuple[str, str, str, str]]


def entries(project_id: str) -> QuerySet[Entry]:
    """Return all that was booked or reserved on the accounts of a project."""
    mine = list(Account.objects.filter(pk__startswith=f"research:{project_id}:").values_list("pk", flat=True))
    return Entry.objects.filter(Q(debit__in=mine) | Q(credit__in=mine), reason="")


def books(project: Project) -> Books:
    """Return the figures of a project from the journal, in four queries."""
    moved: Moves = Counter()
    milestones: Counter[tuple[str, str]] = Counter()
    rows = entries(project.id)
    for move in (
        rows.filter(posted__gt=0)
        .order_by()
        .values("debit_id", "credit_id", "purpose", "memo")
        .annotate(sum=Sum("posted"))
    ):
        moved[move["debit_id"], move["credit_id"], move["purpose"], move["memo"]] += move["sum"]
    reserved: Counter[str] = Counter()
    pending = open_reservations().filter(pk__in=rows.values("pk"))
    for entry in pending.values("debit_id", "credit_id").order_by().annotate(sum=Sum("pending")):
        for side in ("debit_id", "credit_id"):
            reserved[entry[side]] += entry["sum"]
    for party in project.proposal.parties:
        account = rules.due(project.id, party.id)
        for (_debit, credit, purpose, memo), amount in moved.items():
            if credit == account and purpose == "里程碑拨付":
                milestones[memo, party.id] += amount
    table = tuple(_row(project, party.id, moved, reserved) for party in project.proposal.parties)
    came, went = ("收益到账", "收益更正到账"), "收益更正付还"
    gross = sum(a for key, a in moved.items() if key[2] in came) - sum(a for key, a in moved.items() if key[2] == went)
    return Books(table, milestones, gross, (*_differences(project, table), *_strangers(project, rows)))


def _row(project: Project, party: str, moved: Moves, reserved: Counter[str]) -> Row:
    stake, due = rules.stake(project.id, party), rules.due(project.id, party)

    def total(account: str, side: int, *purposes: str) -> int:
        return sum(a for key, a in moved.items() if key[side] == account and (not purposes or key[2] in purposes))

    paid = total(stake, 1, "认缴", "缴款")
    used = total(stake, 0, "里程碑拨付", "风险分担") - total(stake, 1, "风险分担")
    refunded = total(stake, 0, "退款")
    earned = total(due, 1, "收益分配", "收益更正分配") - _taken_back(moved, due)
    if project.is_public(party):
        earned += sum(
            a for key, a in moved.items() if key[1] == rules.FUND and key[2] in ("收益回流基金", "收益更正分配")
        )
        earned -= _taken_back(moved, rules.FUND)
    promised, delivered = {}, {}
    for unit in IN_KIND:
        promise = rules.promise(project.id, party, unit)
        promised[unit] = total(promise, 0) + reserved[promise]
        delivered[unit] = total(rules.used(project.id, party, unit), 0)
    return Row(
        party,
        name_of(project, party),
        reserved[stake],
        paid,
        used,
        refunded,
        total(stake, 1) - total(stake, 0),
        total(due, 1, "里程碑拨付"),
        earned,
        total(due, 1) - total(due, 0),
        promised,
        delivered,
    )


def _strangers(project: Project, rows: QuerySet[Entry]) -> Iterator[str]:
    """Name every entry on the project's accounts that no event of its log has booked."""
    mine = f"research:{project.id}:"
    for entry in rows.exclude(transfer_id__startswith=mine).order_by("seq")[:MOST_NAMED]:
        yield _("账本第%(seq)s号分录 %(sum)s（%(purpose)s）不是本项目记录产生的") % {
            "seq": entry.seq,
            "sum": quantity(entry.posted or entry.pending, Unit(entry.unit)),
            "purpose": entry.purpose or "—",
        }


def _taken_back(moved: Moves, account: str) -> int:
    """Return what an account gave back of income that was corrected [fen]."""
    return sum(a for key, a in moved.items() if key[0] == account and key[2] == "收益更正收回")


def _differences(project: Project, table: tuple[Row, ...]) -> list[str]:
    """Name every figure that the rules know otherwise than the ledger."""
    return [
        _("%(name)s %(what)s：账本 %(booked)s，项目记录 %(ruled)s")
        % {"name": row.name, "what": what, "booked": quantity(booked, unit), "ruled": quantity(ruled, unit)}
        for row in table
        for what, unit, booked, ruled in _pairs(project, row)
        if booked != ruled
    ]


def _pairs(project: Project, row: Row) -> Iterator[tuple[str, Unit, int, int]]:
    """Yield every figure of a party as it is booked and as the rules know it."""
    party, cash = row.party, Unit.CASH
    waiting = project.phase in (rules.Phase.CAMPAIGN, rules.Phase.SECOND_ROUND, rules.Phase.SIGNING)
    pledged: Counter[Unit] = Counter()
    for pledge in project.live_pledges if waiting else ():
        if pledge.party == party:
            pledged[pledge.unit] += pledge.quantity
    paid, used, back = (amounts.get(party, 0) for amounts in (project.paid, project.drawn, project.refunded))
    yield _("冻结"), cash, row.reserved, pledged[cash]
    yield _("已缴"), cash, row.paid, paid
    yield _("已用"), cash, row.used, used
    yield _("已退"), cash, row.refunded, back
    yield _("结存"), cash, row.held, paid - used - back
    yield _("里程碑所得"), cash, row.released, project.released.get(party, 0)
    yield _("收益所得"), cash, row.earned, project.earned.get(party, 0)
    yield _("应付未付"), cash, row.owed, 0
    for unit in IN_KIND:
        yield _("实物承诺"), unit, row.promised[unit], pledged[unit] + project.promised.get((party, unit), 0)
        yield _("实物投入"), unit, row.delivered[unit], project.delivered.get((party, unit), 0)


class Flow(NamedTuple):
    """Money, or the value of a contribution in kind, that went from one place to another [fen]."""

    source: str
    target: str
    fen: int


def flows(project: Project, found: Books) -> list[Flow]:
    """Return where the money and the contributions came from and went to."""
    pot, kind = _("项目资金"), _("实物投入（折价）")
    links: Counter[tuple[str, str]] = Counter()
    for row in found.rows:
        links[row.name, pot] += row.paid or row.reserved
        links[row.name, kind] += sum(project.proposal.rates.value(unit, done) for unit, done in row.delivered.items())
        links[pot, _("退回 %(name)s") % {"name": row.name}] += row.refunded
        links[_("成果收益"), _("%(name)s 分得") % {"name": row.name}] += row.earned
    titles = {milestone.id: milestone.title for milestone in project.proposal.milestones}
    for (milestone, party), amount in found.milestones.items():
        step = f"{milestone} {titles.get(milestone, '')}"
        links[pot, step] += amount
        links[step, _("拨付 %(name)s") % {"name": name_of(project, party)}] += amount
    links[pot, _("结存")] += found.total.held
    links[pot, _("冻结，尚未缴款")] += found.total.reserved
    return [Flow(source, target, fen) for (source, target), fen in links.items() if fen]


def sankey(project: Project, found: Books) -> dict[str, Any]:
    """Return title, nodes and links [yuan] for the page's script."""
    links = flows(project, found)
    nodes = dict.fromkeys(name for flow in links for name in (flow.source, flow.target))
    return {
        "title": finding(found),
        "unit": _("元"),
        "nodes": [{"name": name} for name in nodes],
        "links": [{"source": flow.source, "target": flow.target, "value": flow.fen / 100} for flow in links],
    }


def finding(found: Books) -> str:
    """Say where the money is, in one line."""
    total = found.total
    if not total.paid and not total.reserved:
        return _("没有资金冻结，也没有缴款。")
    if not total.paid:
        return _("已认缴 %(reserved)s（冻结，尚未缴款）") % {"reserved": wan(total.reserved)}
    words = _("已缴 %(paid)s：用于研究 %(used)s，退回 %(refunded)s，结存 %(held)s") % {
        "paid": wan(total.paid),
        "used": wan(total.used),
        "refunded": wan(total.refunded),
        "held": wan(total.held),
    }
    return words + (_("；另有成果收益 %(income)s") % {"income": wan(found.income)} if found.income else "")
