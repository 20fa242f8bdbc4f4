"""Who takes part in a project, and what they agree on."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from gongzao.kernel import MAX_FEN, Uscc
from gongzao.research.errors import InvalidResearch

MAX_TEXT = 4000
"""Longest text [characters]."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


def check_id(what: str, value: str) -> None:
    """Refuse an identifier that could not stand in a ledger account (``research.id``)."""
    if not _ID.fullmatch(value):
        raise InvalidResearch(
            "research.id",
            en=f"{what} must be 1–32 letters, digits or . _ -, got {value!r}",
            zh=f"{what} 须为1—32个字母、数字或 . _ -，收到“{value}”",
        )


def check_text(what: str, value: str) -> None:
    """Refuse an empty or endless text (``research.text``)."""
    if not value.strip() or len(value) > MAX_TEXT:
        raise InvalidResearch(
            "research.text",
            en=f"{what} must be a text of 1–{MAX_TEXT} characters, got {value[:40]!r}",
            zh=f"{what} 须为1—{MAX_TEXT}个字符的文字，收到“{value[:40]}”",
        )


def check_amount(what: str, value: int, low: int = 1) -> None:
    """Refuse an amount that is not a whole number in range (``research.amount``)."""
    if type(value) is not int or not low <= value <= MAX_FEN:
        raise InvalidResearch(
            "research.amount",
            en=f"{what} must be a whole number from {low} to {MAX_FEN}, got {value!r}",
            zh=f"{what} 须为 {low} 至 {MAX_FEN} 的整数，收到 {value!r}",
        )


def check_zone(what: str, value: datetime) -> None:
    """Refuse a time without time zone (``research.time``)."""
    if value.tzinfo is None:
        raise InvalidResearch(
            "research.time", en=f"{what} needs a time zone, got {value}", zh=f"{what} 须带时区，收到 {value}"
        )


class Role(StrEnum):
    """What a party is; ``public`` is the public institute that runs the fund (省产业技术研究院)."""

    FIRM = "firm"
    UNIVERSITY = "university"
    INSTITUTE = "institute"
    PUBLIC = "public"
    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    PLATFORM = "platform"
    SOCIAL = "social"


class Unit(StrEnum):
    """What can be pledged: cash, and contributions in kind in the ledger's memorandum units."""

    CASH = "CNY"
    WORK_HOURS = "WORKHOUR"
    MACHINE_HOURS = "MACHINEHOUR"
    MATERIAL = "MATERIAL"


IN_KIND = (Unit.WORK_HOURS, Unit.MACHINE_HOURS, Unit.MATERIAL)
"""The units that are no money."""


@dataclass(frozen=True, slots=True)
class Party:
    """One organisation of a consortium, identified by its unified social credit code and nothing else.

    Parameters
    ----------
    uscc
        The code; the party's id everywhere is ``uscc.code``.
    name
        Registered name.
    role
        What it is.
    applicant
        Whether it is one of the applicants.
    in_cluster
        Whether it belongs to the cluster that the project serves.
    """

    uscc: Uscc
    name: str
    role: Role
    applicant: bool = False
    in_cluster: bool = False

    def __post_init__(self) -> None:
        check_text("party.name", self.name)

    @property
    def id(self) -> str:
        """The code as text."""
        return self.uscc.code


@dataclass(frozen=True, slots=True)
class Part:
    """An amount of one party [hundredths of a unit, for cash fen]; ``party`` is a party's id."""

    party: str
    amount: int

    def __post_init__(self) -> None:
        check_amount("part.amount", self.amount, 0)


@dataclass(frozen=True, slots=True)
class Percent:
    """A share of one party [%], 0 < value ≤ 100, exact decimal."""

    party: str
    value: Decimal

    def __post_init__(self) -> None:
        if not self.value.is_finite() or not 0 < self.value <= 100:
            raise InvalidResearch(
                "research.percent",
                en=f"a share must be above 0 and at most 100 %, got {self.value}",
                zh=f"比例须大于0且不超过100%，收到 {self.value}",
            )


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """One category of the budget: cash [fen] and value in kind [fen]; ``stage`` as in :class:`Milestone`."""

    category: str
    cash: int
    in_kind: int = 0
    stage: int = 1

    def __post_init__(self) -> None:
        check_text("budget.category", self.category)
        check_amount("budget.cash", self.cash, 0)
        check_amount("budget.in_kind", self.in_kind, 0)
        check_stage(self.stage)


def check_stage(stage: int) -> None:
    """Refuse a stage other than 1 and 2 (``research.stage``)."""
    if stage not in (1, 2):
        raise InvalidResearch(
            "research.stage", en=f"stage must be 1 or 2, got {stage}", zh=f"阶段须为1或2，收到 {stage}"
        )


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of the work and the party that does it."""

    id: str
    title: str
    party: str

    def __post_init__(self) -> None:
        check_id("task.id", self.id)
        check_text("task.title", self.title)


@dataclass(frozen=True, slots=True)
class Milestone:
    """A step of the work: what must be shown for acceptance, and what is released then and to whom.

    Parameters
    ----------
    id, title
        Identifier inside the project, and name.
    due
        Day by which it should be submitted.
    condition
        Acceptance condition.
    amount
        Released on acceptance [fen].
    payees
        How the amount is divided; adds up to it.
    stage
        1: belongs to the minimum; 2: only done if the campaign reaches its optimum.
    """

    id: str
    title: str
    due: date
    condition: str
    amount: int
    payees: tuple[Part, ...]
    stage: int = 1

    def __post_init__(self) -> None:
        check_id("milestone.id", self.id)
        check_text("milestone.title", self.title)
        check_text("milestone.condition", self.condition)
        check_amount("milestone.amount", self.amount)
        check_stage(self.stage)


class VoteBy(StrEnum):
    """How votes are weighed: one a party, or by the value contributed."""

    HEADS = "heads"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class VoteRule:
    """Consent needs at least ``percent`` of all votes [%], more than 50 and at most 100 (unanimous)."""

    by: VoteBy
    percent: Decimal

    def __post_init__(self) -> None:
        if not self.percent.is_finite() or not 50 < self.percent <= 100:
            raise InvalidResearch(
                "research.vote",
                en=f"consent must need more than 50 and at most 100 %, got {self.percent}",
                zh=f"表决比例须大于50%且不超过100%，收到 {self.percent}",
            )


@dataclass(frozen=True, slots=True)
class Rates:
    """The stated rule by which work is valued [fen per hour]; material counts at its documented price."""

    work_hour: int
    machine_hour: int

    def __post_init__(self) -> None:
        check_amount("rates.work_hour", self.work_hour)
        check_amount("rates.machine_hour", self.machine_hour)

    def value(self, unit: Unit, quantity: int) -> int:
        """Return the value [fen] of ``quantity`` [hundredths of the unit], rounded down to whole fen.

        >>> Rates(work_hour=120_00, machine_hour=300_00).value(Unit.WORK_HOURS, 10_50)
        126000
        """
        rate = {Unit.WORK_HOURS: self.work_hour, Unit.MACHINE_HOURS: self.machine_hour}.get(unit, 100)
        return quantity * rate // 100


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of the campaign.

    Parameters
    ----------
    opens, deadline
        Pledges are taken from ``opens`` on and before ``deadline``; all or nothing.
    withdraw_until
        Pledges may be withdrawn before this time.
    second_deadline
        End of the second round, if there is one: the minimum is safe then, and pledges go on towards the optimum.
    sign_by
        The contract must be signed by all before this time, else all pledges lapse.
    """

    opens: datetime
    withdraw_until: datetime
    deadline: datetime
    sign_by: datetime
    second_deadline: datetime | None = None

    def __post_init__(self) -> None:
        times = [self.opens, self.withdraw_until, self.deadline, self.second_deadline, self.sign_by]
        order = [time for time in times if time is not None]
        for time in order:
            check_zone("terms", time)
        if order != sorted(order) or self.opens == self.deadline:
            raise InvalidResearch(
                "terms.order",
                en="times must follow: opens, withdraw_until, deadline, second_deadline, sign_by",
                zh="时间须依次为：开始、可撤回截止、截止、第二轮截止、签约截止",
            )

    @property
    def closes(self) -> datetime:
        """End of the last round."""
        return self.second_deadline or self.deadline


@dataclass(frozen=True, slots=True)
class Proposal:
    """Everything a consortium agrees on; may be a draft with faults, see :func:`gongzao.research.faults`.

    Parameters
    ----------
    id, title, topic
        Identifier of the project (part of all ledger ids), its title, and the topic of the call it answers.
    parties
        The consortium.
    content, goals
        Research content, and performance goals one by one.
    budget
        Cash and value in kind by category.
    tasks
        Who does what.
    start, end
        Period of the work.
    milestones
        In the order in which they are done; stage 1 before stage 2.
    terms, rates
        Of the campaign.
    support
        Asked from the public institute, part of the cash [fen]; 0 for none.
    ownership, income
        Shares in the results and in their income; each exactly 100 %.
    losses
        How spent money is borne if the project stops, exactly 100 %; empty: in proportion to what was paid in.
    priority_days
        How long members may claim a licence before an outsider gets it [days].
    amending, stopping
        Consent needed for amendments (all parties) and for stopping (contributors).
    reviewers
        Drawn per milestone; an odd number.
    """

    id: str
    title: str
    topic: str
    parties: tuple[Party, ...]
    content: str
    goals: tuple[str, ...]
    budget: tuple[BudgetLine, ...]
    tasks: tuple[Task, ...]
    start: date
    end: date
    milestones: tuple[Milestone, ...]
    terms: Terms
    rates: Rates
    support: int
    ownership: tuple[Percent, ...]
    income: tuple[Percent, ...]
    losses: tuple[Percent, ...]
    priority_days: int
    amending: VoteRule
    stopping: VoteRule
    reviewers: int = 3

    def __post_init__(self) -> None:
        check_id("proposal.id", self.id)
        check_amount("proposal.support", self.support, 0)
        check_amount("proposal.priority_days", self.priority_days, 0)

    def cash(self, stage: int = 1) -> int:
        """Return the cash needed up to a stage [fen]."""
        return sum(line.cash for line in self.budget if line.stage <= stage)

    def in_kind(self, stage: int = 1) -> int:
        """Return the value in kind needed up to a stage [fen]."""
        return sum(line.in_kind for line in self.budget if line.stage <= stage)

    @property
    def lead(self) -> Party | None:
        """The first of the applicants, who speaks for the consortium."""
        return next((party for party in self.parties if party.applicant), None)

    def works(self, party_id: str) -> bool:
        """Whether a party has a task or is paid for a milestone."""
        return party_id in {t.party for t in self.tasks} | {x.party for m in self.milestones for x in m.payees}

    def party(self, party_id: str) -> Party | None:
        """Return the party with this id, if it is one of the consortium."""
        return next((party for party in self.parties if party.id == party_id), None)
