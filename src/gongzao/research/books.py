"""How each event is booked: the accounts of a project and the transfers that follow from an event.

One supervised bank account outside is mirrored by ``bank``; the public fund is a liability on it. What a party has
paid into a project is its ``stake``, a liability too, so the money held for a project is the sum of its stakes.
"""

from collections.abc import Iterable, Iterator
from functools import singledispatch
from typing import NamedTuple

from gongzao.ledger import Account, AccountKind, Kind, Transfer
from gongzao.research import events as e
from gongzao.research import facts
from gongzao.research.model import IN_KIND, Unit
from gongzao.research.state import Project

BANK = "research:bank"
"""Mirror of the supervised bank account."""

FUND = "research:fund"
"""The public matching fund."""

SHARED = (
    Account(BANK, "platform", AccountKind.ASSET, minimum=0, name="众筹科研监管账户（镜像）"),
    Account(FUND, "fund", AccountKind.LIABILITY, minimum=0, name="公共匹配资金"),
)
"""The accounts that all projects share; the fund is filled by debiting the bank and crediting the fund."""


def stake(project: str, party: str) -> str:
    """Account of the cash a party has in a project: paid in, less used, less given back."""
    return f"research:{project}:stake:{party}"


def due(project: str, party: str) -> str:
    """Account over which a party is paid for milestones and income."""
    return f"research:{project}:due:{party}"


def work(project: str) -> str:
    """Clearing account between stakes and payees; zero after each event."""
    return f"research:{project}:work"


def income(project: str) -> str:
    """Clearing account between payers of income and parties; zero after each event."""
    return f"research:{project}:income"


def promise(project: str, party: str, unit: Unit) -> str:
    """Memorandum account of what a party still owes in kind."""
    return f"research:{project}:promise:{party}:{unit}"


def used(project: str, party: str, unit: Unit) -> str:
    """Memorandum account of what a party has delivered in kind."""
    return f"research:{project}:used:{party}:{unit}"


def effort(project: str, unit: Unit) -> str:
    """Memorandum counter-account of all contributions in one unit."""
    return f"research:{project}:effort:{unit}"


def reservation(project: str, pledge: str) -> str:
    """Transfer id under which a pledge is reserved."""
    return f"research:{project}:pledge:{pledge}"


def accounts(project: Project) -> tuple[Account, ...]:
    """Return all accounts of a project; needed on the ledger before its events are booked, joined parties too."""
    owner, p, kinds = f"project:{project.id}", project.id, AccountKind
    found = [
        Account(work(p), owner, kinds.LIABILITY, minimum=0, name=f"{p} 拨付过渡"),
        Account(income(p), owner, kinds.LIABILITY, minimum=0, name=f"{p} 收益过渡"),
    ]
    found += [Account(effort(p, unit), owner, kinds.EQUITY, unit, minimum=0) for unit in IN_KIND]
    for party in project.proposal.parties:
        mine = f"firm:{party.id}"
        found += [
            Account(stake(p, party.id), mine, kinds.LIABILITY, minimum=0, name=f"{p} 出资"),
            Account(due(p, party.id), mine, kinds.LIABILITY, minimum=0, name=f"{p} 应付"),
        ]
        for unit in IN_KIND:
            found += [
                Account(promise(p, party.id, unit), mine, kinds.ASSET, unit, minimum=0, name=f"{p} 实物承诺"),
                Account(used(p, party.id, unit), mine, kinds.EXPENSE, unit, minimum=0, name=f"{p} 实物投入"),
            ]
    return tuple(found)


class Move(NamedTuple):
    """A transfer without its id; with a ``pledge`` it is only reserved, under the pledge's id."""

    debit: str
    credit: str
    amount: int
    purpose: str
    unit: Unit = Unit.CASH
    memo: str = ""
    pledge: str = ""


class Resolve(NamedTuple):
    """A reserved pledge to be booked with ``amount``, or released if that is 0."""

    pledge: str
    amount: int
    purpose: str


def transfers(project: Project, event: e.Event) -> tuple[Transfer, ...]:
    """Return the linked transfers that book an event on the project as it stood before it.

    The ids follow from project and event, so sending them again is harmless. From the signing on every transfer
    carries the hash of the contract as its ``reference``.
    """
    steps = list(_steps(event.body, project))
    contract = event.body.contract if isinstance(event.body, e.Started) else project.contract
    reference = f"sha256:{contract}" if contract else ""
    ids = [f"research:{project.id}:{event.seq}:{n}" for n in range(1, len(steps) + 1)]
    links = [True] * (len(steps) - 1) + [False]
    return tuple(
        _transfer(project.id, step, name, linked, reference)
        for step, name, linked in zip(steps, ids, links, strict=False)
    )


def _transfer(project: str, step: Move | Resolve, name: str, linked: bool, reference: str) -> Transfer:
    if isinstance(step, Resolve):
        kind = Kind.POST_PENDING if step.amount else Kind.VOID_PENDING
        pending = reservation(project, step.pledge)
        return Transfer(
            name,
            kind,
            amount=step.amount,
            pending_id=pending,
            linked=linked,
            purpose=step.purpose,
            reference=reference,
        )
    return Transfer(
        reservation(project, step.pledge) if step.pledge else name,
        Kind.PENDING if step.pledge else Kind.POST,
        step.debit,
        step.credit,
        step.amount,
        step.unit,
        linked=linked,
        purpose=step.purpose,
        reference=reference,
        memo=step.memo,
    )


_Steps = Iterator[Move | Resolve]


def _source(project: Project, party: str) -> str:
    """Account from which a party's cash comes and to which it returns."""
    return FUND if project.is_public(party) else BANK


@singledispatch
def _steps(_body: object, _project: Project) -> _Steps:
    return iter(())


@_steps.register
def _(body: e.Pledged, project: Project) -> _Steps:
    pledge, p = body.pledge, project.id
    if pledge.unit is Unit.CASH:
        debit, credit = _source(project, pledge.party), stake(p, pledge.party)
    else:
        debit, credit = promise(p, pledge.party, pledge.unit), effort(p, pledge.unit)
    yield Move(debit, credit, pledge.quantity, "认缴", pledge.unit, pledge=pledge.id)


@_steps.register
def _(body: e.Withdrawn, _project: Project) -> _Steps:
    yield Resolve(body.pledge, 0, "撤回认缴")


@_steps.register
def _(_body: e.Missed, project: Project) -> _Steps:
    return (Resolve(pledge.id, 0, "未达门槛") for pledge in project.live_pledges)


@_steps.register
def _(_body: e.Lapsed, project: Project) -> _Steps:
    return (Resolve(pledge.id, 0, "逾期未签约") for pledge in project.live_pledges)


@_steps.register
def _(body: e.Dropped, project: Project) -> _Steps:
    return (Resolve(pledge.id, 0, "逾期未签约") for pledge in project.live_pledges if pledge.party in body.parties)


@_steps.register
def _(_body: e.Started, project: Project) -> _Steps:
    taken = {c.pledge: c.amount for c in project.collected}
    for pledge in project.live_pledges:
        yield Resolve(pledge.id, taken.get(pledge.id, 0) if pledge.unit is Unit.CASH else pledge.quantity, "缴款")


@_steps.register
def _(body: e.Accepted, project: Project) -> _Steps:
    p, memo = project.id, body.milestone
    for part in body.draws:
        if part.amount:
            yield Move(stake(p, part.party), work(p), part.amount, "里程碑拨付", memo=memo)
    for part in body.payees:
        if part.amount:
            yield Move(work(p), due(p, part.party), part.amount, "里程碑拨付", memo=memo)
            yield Move(due(p, part.party), BANK, part.amount, "里程碑付款", memo=memo)
    for d in body.deliveries:
        yield Move(used(p, d.party, d.unit), promise(p, d.party, d.unit), d.quantity, "实物投入", d.unit, memo)


@_steps.register
def _(body: e.Stopped, project: Project) -> _Steps:
    p = project.id
    borne = {part.party: part.amount for part in body.borne}
    more = {party: amount - project.drawn.get(party, 0) for party, amount in borne.items()}
    for party, amount in more.items():
        if amount > 0:
            yield Move(stake(p, party), work(p), amount, "风险分担")
    for party, amount in more.items():
        if amount < 0:
            yield Move(work(p), stake(p, party), -amount, "风险分担")
    for part in body.refunds:
        if part.amount:
            yield Move(stake(p, part.party), _source(project, part.party), part.amount, "退款")
    yield from _end_promises(p, body.undelivered)


@_steps.register
def _(body: e.Completed, project: Project) -> _Steps:
    return _end_promises(project.id, body.undelivered)


def _end_promises(project: str, undelivered: Iterable[facts.Delivery]) -> _Steps:
    for d in undelivered:
        credit = promise(project, d.party, d.unit)
        yield Move(effort(project, d.unit), credit, d.quantity, "实物承诺终止", d.unit)


@_steps.register
def _(body: e.Earned, project: Project) -> _Steps:
    p, memo = project.id, body.id
    yield Move(BANK, income(p), body.amount, "收益到账", memo=memo)
    for part in body.parts:
        if part.amount and project.is_public(part.party):
            yield Move(income(p), FUND, part.amount, "收益回流基金", memo=memo)
        elif part.amount:
            yield Move(income(p), due(p, part.party), part.amount, "收益分配", memo=memo)
            yield Move(due(p, part.party), BANK, part.amount, "收益付款", memo=memo)


@_steps.register
def _(body: e.Corrected, project: Project) -> _Steps:
    """Book what is taken back first, then what is given, so that the clearing account never runs dry."""
    p, memo = project.id, body.income
    more = {part.party: part.amount - project.earned.get(part.party, 0) for part in body.earned}
    whole = body.amount - project.income[body.income].amount
    if whole > 0:
        yield Move(BANK, income(p), whole, "收益更正到账", memo=memo)
    for party, amount in more.items():
        if amount < 0 and project.is_public(party):
            yield Move(FUND, income(p), -amount, "收益更正收回", memo=memo)
        elif amount < 0:
            yield Move(BANK, due(p, party), -amount, "收益更正收回", memo=memo)
            yield Move(due(p, party), income(p), -amount, "收益更正收回", memo=memo)
    for party, amount in more.items():
        if amount > 0 and project.is_public(party):
            yield Move(income(p), FUND, amount, "收益更正分配", memo=memo)
        elif amount > 0:
            yield Move(income(p), due(p, party), amount, "收益更正分配", memo=memo)
            yield Move(due(p, party), BANK, amount, "收益更正付款", memo=memo)
    if whole < 0:
        yield Move(income(p), BANK, -whole, "收益更正付还", memo=memo)
