"""From what was typed to a proposal; knows no database."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from gongzao.kernel import InvalidValue, Uscc
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
from gongzao.web.research.cells import PLAIN, read_choice
from gongzao.web.research.sections import BY_NAME, MAX_CELL, MAX_LENGTH, SECTIONS, Column, Kind, Row, Typed, rows_of

T = TypeVar("T")
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Registered:
    """What the registry says of a party."""

    name: str
    in_cluster: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a draft: in which section, and where known in which row (from 0) and field."""

    section: str
    code: str
    en: str
    zh: str
    row: int | None = None
    field: str = ""

    @property
    def blank(self) -> bool:
        """Whether something is only not filled in yet."""
        return self.code == "draft.blank"


@dataclass(frozen=True, slots=True)
class Reading:
    """A proposal as far as it can be read, and every fault of form; without faults it is what was meant."""

    proposal: Proposal
    faults: tuple[Fault, ...]


def read(data: Typed, ident: str, topic: str, registry: Mapping[str, Registered]) -> Reading:
    """Read a proposal.

    Parameters
    ----------
    data
        What was typed.
    ident, topic
        Identifiers of the project and of the topic.
    registry
        The registered organisations by credit code, at least those among the parties.
    """
    reader = _Reader(data, registry)
    parties = reader.build("parties", reader.party)
    payees = reader.rows("payees")
    terms = reader.build("terms", _terms)
    support = reader.rows("support")
    rates = reader.build("support", lambda v: Rates(v["work_hour"], v["machine_hour"]))
    shares = reader.build("shares", _shares)
    rules = reader.rows("rules")
    votes = reader.build("rules", lambda v: tuple(_vote(v, name) for name in ("amending", "stopping")))
    basics: Values = next(iter(reader.rows("basics")), {})
    amending, stopping = votes[0] if votes else (_ALL, _ALL)
    proposal = Proposal(
        id=ident,
        title=basics.get("title", ""),
        topic=topic,
        parties=tuple(parties),
        content=basics.get("content", ""),
        goals=tuple(line.strip() for line in basics.get("goals", "").splitlines() if line.strip()),
        budget=tuple(reader.build("budget", _budget_line)),
        tasks=tuple(reader.build("tasks", lambda v: Task(v["id"], v["title"], v["party"]))),
        start=basics.get("start", date.min),
        end=basics.get("end", date.max),
        milestones=tuple(reader.build("milestones", lambda v: _milestone(v, payees))),
        terms=terms[0] if terms else _NO_TERMS,
        rates=rates[0] if rates else Rates(1, 1),
        support=support[0]["support"] if support else 0,
        ownership=tuple(row["ownership"] for row in shares if row["ownership"]),
        income=tuple(row["income"] for row in shares if row["income"]),
        losses=tuple(row["losses"] for row in shares if row["losses"]),
        priority_days=rules[0]["priority_days"] if rules else 0,
        amending=amending,
        stopping=stopping,
        reviewers=rules[0]["reviewers"] if rules else 1,
    )
    return Reading(proposal, tuple(reader.found()))


_ALL = VoteRule(VoteBy.HEADS, Decimal(100))
_DAY = datetime(2000, 1, 1, tzinfo=UTC)
_NO_TERMS = Terms(_DAY, _DAY, _DAY.replace(day=2), _DAY.replace(day=2))


def _terms(v: Values) -> Terms:
    return Terms(v["opens"], v["withdraw_until"], v["deadline"], v["sign_by"], v["second_deadline"])


def _vote(v: Values, name: str) -> VoteRule:
    return VoteRule(VoteBy(v[f"{name}_by"]), v[f"{name}_percent"])


def _budget_line(v: Values) -> BudgetLine:
    return BudgetLine(v["category"], v["cash"], v["in_kind"] or 0, int(v["stage"]))


def _milestone(v: Values, payees: list[Values]) -> Milestone:
    parts = tuple(Part(p["party"], p["amount"]) for p in payees if p["milestone"] == v["id"])
    return Milestone(v["id"], v["title"], v["due"], v["condition"], v["amount"], parts, int(v["stage"]))


def _shares(v: Values) -> dict[str, Percent | None]:
    return {name: Percent(v["party"], v[name]) if v[name] else None for name in ("ownership", "income", "losses")}


@dataclass
class _Reader:
    """Reads each section once and notes what is wrong instead of stopping."""

    data: Typed
    registry: Mapping[str, Registered]
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    read_rows: dict[str, list[tuple[int, Values]]] = field(default_factory=dict)

    def found(self) -> Iterator[Fault]:
        """Yield the faults in the order of the sections."""
        for section in SECTIONS:
            yield from self.faults.get(section.name, ())

    def refuse(self, section: str, error: InvalidValue, row: int | None = None, name: str = "") -> None:
        """Note a fault."""
        fault = Fault(section, error.code, error.en, error.zh, row, name)
        self.faults.setdefault(section, []).append(fault)

    def rows(self, name: str) -> list[Values]:
        """Return the rows of a section in which every field could be read."""
        return [values for _n, values in self._numbered(name)]

    def build(self, name: str, make: Callable[[Values], T]) -> list[T]:
        """Return what ``make`` makes of the rows of a section; a row it refuses is left out and noted."""
        made = []
        for n, values in self._numbered(name):
            try:
                made.append(make(values))
            except InvalidValue as error:
                self.refuse(name, error, n)
        return made

    def party(self, v: Values) -> Party:
        """Return a party as it is registered."""
        known = self.registry.get(v["uscc"])
        if known is None:
            raise InvalidValue(
                "draft.unregistered",
                en=f"{v['uscc']} is not in the registry: check the code, or ask the service centre to register it",
                zh=f"{v['uscc']} 未在企业库登记：请核对代码，或请集群服务中心先登记该单位",
            )
        return Party(
            Uscc(v["uscc"]), known.name, Role(v["role"]), applicant=v["applicant"] == "yes", in_cluster=known.in_cluster
        )

    def _numbered(self, name: str) -> list[tuple[int, Values]]:
        if name not in self.read_rows:
            self.read_rows[name] = list(self._read(name))
        return self.read_rows[name]

    def _read(self, name: str) -> Iterator[tuple[int, Values]]:
        section = BY_NAME[name]
        rows = rows_of(self.data, section)
        if not rows:
            self.refuse(name, _blank())
            return
        first: dict[tuple[str, ...], int] = {}
        for n, row in enumerate(rows):
            values = {column.name: self._cell(section.name, n, column, row) for column in section.columns}
            complete = all(
                values[c.name] is not None or (not c.required and not _text(row, c)) for c in section.columns
            )
            key = tuple(str(values[column]) for column in section.key)
            if section.key and complete and first.setdefault(key, n) != n:
                self.refuse(name, _twice(first[key]), n, section.key[-1])
            elif complete:
                yield n, values

    def _cell(self, section: str, n: int, column: Column, row: Row) -> Any:
        text = _text(row, column)
        try:
            if not text:
                if column.required:
                    raise _blank()
                return None
            return self._value(column, text)
        except InvalidValue as error:
            self.refuse(section, error, n, column.name)
            return None

    def _value(self, column: Column, text: str) -> Any:
        limit = MAX_LENGTH.get(column.name, MAX_CELL)
        if len(text) > limit:
            raise InvalidValue(
                "draft.long",
                en=f"at most {limit} characters, this has {len(text)}",
                zh=f"最多{limit}个字，现有{len(text)}个",
            )
        if column.kind is Kind.CHOICE:
            return read_choice(column, text)
        value = PLAIN[column.kind](text)
        if column.kind is Kind.PARTY and value not in self._codes():
            raise InvalidValue(
                "draft.not_a_party",
                en=f"{value} is not among the parties: add it there first, or choose another",
                zh=f"{value} 不在参与单位中：请先在“参与单位”中添加，或改选其他单位",
            )
        if column.kind is Kind.MILESTONE and value not in self._milestones():
            raise InvalidValue(
                "draft.no_milestone",
                en=f"there is no milestone {value}: add it first, or choose another",
                zh=f"没有编号为 {value} 的里程碑：请先添加，或改选其他里程碑",
            )
        return value

    def _codes(self) -> set[str]:
        return set(codes(self.data))

    def _milestones(self) -> set[str]:
        return {row.get("id", "").strip() for row in rows_of(self.data, BY_NAME["milestones"])}


def _text(row: Row, column: Column) -> str:
    return row.get(column.name, "").strip()


def _blank() -> InvalidValue:
    return InvalidValue("draft.blank", en="still to be filled in", zh="尚未填写")


def _twice(first: int) -> InvalidValue:
    return InvalidValue(
        "draft.twice",
        en=f"the same as row {first + 1}: put both into one row, or change one",
        zh=f"与第{first + 1}行重复：请合并为一行，或改正其中一行",
    )


def codes(data: Typed) -> list[str]:
    """Return the credit codes typed for the parties, those of the right form, in order."""
    found = []
    for row in rows_of(data, BY_NAME["parties"]):
        try:
            found.append(Uscc(row.get("uscc", "")).code)
        except InvalidValue:
            continue
    return list(Counter(found))
