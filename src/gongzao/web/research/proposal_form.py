"""A draft's sections as they were typed, and the proposal they make; everything that is wrong is named, nothing lost.

``data`` is ``{section: {"fields": {name: text}, "rows": {table: [{name: text}]}}}``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from gongzao.kernel import GongzaoError, InvalidValue, Money, Uscc
from gongzao.research import (
    BudgetLine,
    Milestone,
    Part,
    Party,
    Percent,
    Proposal,
    Rates,
    Role,
    Task,
    Terms,
    VoteBy,
    VoteRule,
)

CHINA = ZoneInfo("Asia/Shanghai")
Data = Mapping[str, Any]
Known = Mapping[str, tuple[str, bool]]
"""Registered bodies by code: name, and whether it belongs to the cluster."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a section: field, row [from 1] of a table if it is in one, and the rule if one is broken."""

    section: str
    field: str
    en: str
    zh: str
    row: int = 0
    code: str = ""


class _Reader:
    """Reads one section and notes what is wrong."""

    def __init__(self, data: Data, section: str, faults: list[Fault]) -> None:
        self.section, self.faults = section, faults
        found = data.get(section, {})
        self.fields: dict[str, str] = found.get("fields", {})
        self.tables: dict[str, list[dict[str, str]]] = found.get("rows", {})

    def note(self, field: str, en: str, zh: str, row: int = 0) -> None:
        self.faults.append(Fault(self.section, field, en, zh, row))

    def take(self, text: str, field: str, reader: Callable[[str], T], row: int = 0) -> T | None:
        text = text.strip()
        if not text:
            self.note(field, "is missing", "请填写", row)
            return None
        try:
            return reader(text)
        except GongzaoError as error:
            self.note(field, error.en, error.zh, row)
        except (ValueError, InvalidOperation):
            self.note(field, f"cannot be read: {text[:40]!r}", f"无法识别“{text[:40]}”", row)
        return None

    def read(self, field: str, reader: Callable[[str], T]) -> T | None:
        return self.take(self.fields.get(field, ""), field, reader)

    def rows(self, table: str) -> list[tuple[int, dict[str, str]]]:
        return list(enumerate(self.tables.get(table, []), start=1))

    def make(self, maker: Callable[[], T], field: str, row: int = 0) -> T | None:
        try:
            return maker()
        except GongzaoError as error:
            self.note(field, error.en, error.zh, row)
            return None


def fen(text: str) -> int:
    """Return an amount typed in yuan as fen; thousands separators are allowed."""
    return Money.from_yuan(text.replace(",", "").replace("，", "")).fen


def instant(text: str) -> datetime:
    """Return a time typed without zone, as China's."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=CHINA)


def text(value: str) -> str:
    """Return a text as it is."""
    return value


def build(slug: str, topic: str, data: Data, known: Known) -> tuple[Proposal | None, list[Fault]]:
    """Return the proposal that a draft makes, or ``None``, and everything that kept it from being one.

    Parameters
    ----------
    slug, topic
        Ids of draft and topic.
    data
        The sections as typed.
    known
        The registered bodies among the parties.
    """
    faults: list[Fault] = []
    basics = _Reader(data, "basics", faults)
    named = {name: basics.read(name, text) for name in ("title", "content", "goals")}
    start, end = basics.read("start", date.fromisoformat), basics.read("end", date.fromisoformat)
    parties = _parties(_Reader(data, "parties", faults), known)
    budget = _budget(_Reader(data, "budget", faults))
    tasks = _tasks(_Reader(data, "tasks", faults))
    milestones = _milestones(_Reader(data, "milestones", faults))
    campaign = _Reader(data, "campaign", faults)
    terms, rates = _terms(campaign), _rates(campaign)
    support = campaign.take(campaign.fields.get("support", "") or "0", "support", fen)
    sharing = _sharing(_Reader(data, "sharing", faults))
    if faults or terms is None or rates is None or start is None or end is None or support is None:
        return None, faults
    try:
        return Proposal(
            id=slug,
            title=named["title"] or "",
            topic=topic,
            parties=parties,
            content=named["content"] or "",
            goals=tuple(line.strip() for line in (named["goals"] or "").splitlines() if line.strip()),
            budget=budget,
            tasks=tasks,
            start=start,
            end=end,
            milestones=milestones,
            terms=terms,
            rates=rates,
            support=support,
            **sharing,
        ), []
    except InvalidValue as error:
        return None, [Fault("basics", "", error.en, error.zh)]


def _parties(reader: _Reader, known: Known) -> tuple[Party, ...]:
    found = []
    for n, row in reader.rows("parties"):
        uscc = reader.take(row.get("uscc", ""), "uscc", Uscc, n)
        role = reader.take(row.get("role", ""), "role", Role, n)
        if uscc is None or role is None:
            continue
        if uscc.code not in known:
            reader.note(
                "uscc",
                f"{uscc} is not in the registry; ask the service centre to register it first",
                f"{uscc} 尚未在平台登记，请先联系集群服务中心登记",
                n,
            )
            continue
        name, inside = known[uscc.code]
        found.append(Party(uscc, row.get("name", "").strip() or name, role, bool(row.get("applicant")), inside))
    return tuple(found)


def _stage(reader: _Reader, row: dict[str, str], n: int) -> int:
    return reader.take(row.get("stage", "") or "1", "stage", int, n) or 0


def _budget(reader: _Reader) -> tuple[BudgetLine, ...]:
    found = []
    for n, row in reader.rows("budget"):
        category = reader.take(row.get("category", ""), "category", text, n)
        cash = reader.take(row.get("cash", "") or "0", "cash", fen, n)
        kind = reader.take(row.get("in_kind", "") or "0", "in_kind", fen, n)
        stage = _stage(reader, row, n)
        if category is not None and cash is not None and kind is not None:
            made = reader.make(lambda c=category, a=cash, k=kind, s=stage: BudgetLine(c, a, k, s), "category", n)  # type: ignore[misc]
            found += [made] if made else []
    return tuple(found)


def _tasks(reader: _Reader) -> tuple[Task, ...]:
    found = []
    for n, row in reader.rows("tasks"):
        title = reader.take(row.get("title", ""), "title", text, n)
        party = reader.take(row.get("party", ""), "party", text, n)
        if title is not None and party is not None:
            found.append(Task(f"T{n}", title, party))
    return tuple(found)


def _milestones(reader: _Reader) -> tuple[Milestone, ...]:
    payees: dict[str, list[Part]] = {}
    for n, row in reader.rows("payees"):
        milestone = reader.take(row.get("milestone", ""), "milestone", text, n)
        party = reader.take(row.get("party", ""), "party", text, n)
        amount = reader.take(row.get("amount", ""), "amount", fen, n)
        if milestone is not None and party is not None and amount is not None:
            payees.setdefault(milestone, []).append(Part(party, amount))
    found = []
    for n, row in reader.rows("milestones"):
        title = reader.take(row.get("title", ""), "title", text, n)
        due = reader.take(row.get("due", ""), "due", date.fromisoformat, n)
        condition = reader.take(row.get("condition", ""), "condition", text, n)
        amount = reader.take(row.get("amount", ""), "amount", fen, n)
        stage = _stage(reader, row, n)
        if title is None or due is None or condition is None or amount is None:
            continue
        paid = tuple(payees.get(f"M{n}", ()))
        made = reader.make(
            lambda t=title, d=due, c=condition, a=amount, p=paid, s=stage, k=n: Milestone(f"M{k}", t, d, c, a, p, s),  # type: ignore[misc]
            "amount",
            n,
        )
        found += [made] if made else []
    return tuple(found)


def _terms(reader: _Reader) -> Terms | None:
    names = ("opens", "withdraw_until", "deadline", "sign_by")
    times = {name: reader.read(name, instant) for name in names}
    second = reader.fields.get("second_deadline", "").strip()
    second_deadline = reader.take(second, "second_deadline", instant) if second else None
    given = {name: time for name, time in times.items() if time is not None}
    if len(given) < len(names) or (second and second_deadline is None):
        return None
    return reader.make(lambda: Terms(**given, second_deadline=second_deadline), "deadline")


def _rates(reader: _Reader) -> Rates | None:
    work, machine = reader.read("work_hour", fen), reader.read("machine_hour", fen)
    return None if work is None or machine is None else reader.make(lambda: Rates(work, machine), "work_hour")


def _sharing(reader: _Reader) -> dict[str, Any]:
    shares: dict[str, list[Percent]] = {"ownership": [], "income": [], "losses": []}
    for n, row in reader.rows("shares"):
        party = reader.take(row.get("party", ""), "party", text, n)
        for name, parts in shares.items():
            given = row.get(name, "").strip()
            if party is None or not given or not given.strip("0."):
                continue
            part = reader.take(given, name, lambda t, p=party: Percent(p, Decimal(t)), n)  # type: ignore[misc]
            if part is not None:
                parts.append(part)
    rules = {}
    for name in ("amending", "stopping"):
        by = reader.read(f"{name}_by", VoteBy)
        percent = reader.read(f"{name}_percent", Decimal)
        if by is not None and percent is not None:
            rules[name] = reader.make(lambda b=by, p=percent: VoteRule(b, p), f"{name}_percent")  # type: ignore[misc]
    days = reader.take(reader.fields.get("priority_days", "") or "0", "priority_days", int)
    reviewers = reader.take(reader.fields.get("reviewers", "") or "3", "reviewers", int)
    return {
        **{name: tuple(parts) for name, parts in shares.items()},
        **rules,
        "priority_days": days or 0,
        "reviewers": reviewers or 0,
    }


def _yuan(amount: int) -> str:
    return str(Money(amount).yuan)


def _local(time: datetime) -> str:
    return f"{time.astimezone(CHINA):%Y-%m-%dT%H:%M}"


def from_proposal(p: Proposal) -> dict[str, Any]:
    """Return a proposal as a draft's sections; :func:`build` makes the same proposal of them."""
    parties = [{"uscc": x.id, "name": x.name, "role": x.role.value, "applicant": "on" * x.applicant} for x in p.parties]
    budget = [
        {"category": b.category, "cash": _yuan(b.cash), "in_kind": _yuan(b.in_kind), "stage": str(b.stage)}
        for b in p.budget
    ]
    milestones = [
        {
            "title": m.title,
            "due": m.due.isoformat(),
            "condition": m.condition,
            "amount": _yuan(m.amount),
            "stage": str(m.stage),
        }
        for m in p.milestones
    ]
    payees = [
        {"milestone": f"M{n}", "party": part.party, "amount": _yuan(part.amount)}
        for n, m in enumerate(p.milestones, start=1)
        for part in m.payees
    ]
    t = p.terms
    campaign = {name: _local(getattr(t, name)) for name in ("opens", "withdraw_until", "deadline", "sign_by")}
    campaign["second_deadline"] = _local(t.second_deadline) if t.second_deadline else ""
    campaign |= {"work_hour": _yuan(p.rates.work_hour), "machine_hour": _yuan(p.rates.machine_hour)}
    campaign["support"] = _yuan(p.support)
    columns = {name: {x.party: f"{x.value:f}" for x in getattr(p, name)} for name in ("ownership", "income", "losses")}
    shares = [
        {"party": party.id, **{name: given.get(party.id, "") for name, given in columns.items()}}
        for party in p.parties
        if any(party.id in given for given in columns.values())
    ]
    consent = {
        "amending_by": p.amending.by.value,
        "amending_percent": f"{p.amending.percent:f}",
        "stopping_by": p.stopping.by.value,
        "stopping_percent": f"{p.stopping.percent:f}",
        "priority_days": str(p.priority_days),
        "reviewers": str(p.reviewers),
    }
    basics = {"title": p.title, "content": p.content, "goals": "\n".join(p.goals)}
    basics |= {"start": p.start.isoformat(), "end": p.end.isoformat()}
    return {
        "basics": {"fields": basics},
        "parties": {"rows": {"parties": parties}},
        "budget": {"rows": {"budget": budget}},
        "tasks": {"rows": {"tasks": [{"title": x.title, "party": x.party} for x in p.tasks]}},
        "milestones": {"rows": {"milestones": milestones, "payees": payees}},
        "campaign": {"fields": campaign},
        "sharing": {"fields": consent, "rows": {"shares": shares}},
    }
