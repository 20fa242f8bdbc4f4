"""What a plan promises and what has been published: frozen values, checked when made."""

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from gongzao.kernel import Period, Quantity, Uscc
from gongzao.targets.errors import InvalidObservation, InvalidPlan

_SUBJECT = re.compile(r"region:\d{6}|cluster:[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in Chinese and English."""

    zh: str
    en: str

    def get(self, language: str) -> str:
        """Return the words in ``"zh"`` or ``"en"``."""
        return self.zh if language == "zh" else self.en


class Aggregation(StrEnum):
    """How the figure that a target speaks of comes about."""

    SUM = "sum"
    COUNT_OVER_THRESHOLD = "count_over_threshold"
    NEW_TITLES = "new_titles"
    GROWTH = "growth"
    MATURITY = "maturity"
    QUALITATIVE = "qualitative"


class Comparator(StrEnum):
    """How the figure is held against the target's value."""

    AT_LEAST = ">="
    MORE_THAN = ">"
    ABOUT = "about"


class Nature(StrEnum):
    """Whether a figure adds up over the months (flow), stands at a date (stock), is a rate, or a level on a scale."""

    FLOW = "flow"
    STOCK = "stock"
    RATE = "rate"
    LEVEL = "level"


class Qualifier(StrEnum):
    """How exactly the source prints the figure: “约”, “超过”, “以上” and so on."""

    EXACT = "="
    ABOUT = "≈"
    MORE_THAN = ">"
    AT_LEAST = "≥"
    LESS_THAN = "<"


class Confidence(StrEnum):
    """How far a source can be relied upon."""

    OFFICIAL = "A"
    NEWS = "B"
    TRADE = "C"
    DERIVED = "D"
    BACKGROUND = "K"


@dataclass(frozen=True, slots=True)
class Indicator:
    """A kind of figure, such as operating revenue (营业收入).

    Parameters
    ----------
    id, name
        Stable identifier and names.
    unit
        Unit of its values, one of :data:`gongzao.kernel.UNITS`.
    nature
        Whether values add up over months.
    """

    id: str
    name: Text
    unit: str
    nature: Nature


@dataclass(frozen=True, slots=True)
class Source:
    """Where figures were published; ``published`` keeps the date as far as known (year, month, day or words)."""

    id: str
    title: str
    publisher: str
    published: str
    confidence: Confidence
    note: str = ""


GOAL = "goal"
"""Basis of a figure that somebody aims at: kept for reference, never taken for something reached."""

UNKNOWN = "unknown"
"""Basis of a figure whose publisher does not say how it was counted."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One published figure, never changed afterwards: a correction is a new revision.

    Parameters
    ----------
    subject
        ``region:130000`` (GB/T 2260) or ``cluster:<slug>``.
    indicator
        Id of an :class:`Indicator`.
    period
        Months that the figure covers; a stock is taken at the period's end.
    value, unit
        The figure as printed [unit]; ``value`` is ``None`` where only a growth rate was printed.
    qualifier
        How exactly the value (without a value: the growth) was printed.
    growth_pct
        Growth on the same months of the year before, as published on a matched scope [%].
    scope, basis
        Population (口径) and way of counting. Figures are comparable only when both agree.
    source, published_on, confidence
        Id of the :class:`Source`, day of publication where known, and how far it can be relied upon.
    revision
        0 for the first publication.

    Raises
    ------
    InvalidObservation
        ``observation.subject``, ``observation.empty``, ``observation.revision``.
    InvalidValue
        What :class:`gongzao.kernel.Quantity` raises for value and unit.
    """

    subject: str
    indicator: str
    period: Period
    value: Decimal | None
    unit: str
    scope: str
    source: str
    qualifier: Qualifier = Qualifier.EXACT
    growth_pct: Decimal | None = None
    basis: str = ""
    published_on: date | None = None
    confidence: Confidence = Confidence.NEWS
    revision: int = 0
    note: str = ""

    def __post_init__(self) -> None:
        if not _SUBJECT.fullmatch(self.subject):
            raise InvalidObservation(
                "observation.subject",
                en=f"a subject is region:<6 digits> or cluster:<slug>, got {self.subject!r}",
                zh=f"主体写作 region:六位区划代码 或 cluster:标识，收到“{self.subject}”",
            )
        if self.value is None and self.growth_pct is None:
            raise InvalidObservation(
                "observation.empty",
                en="an observation has a value, a growth rate or both",
                zh="一条数据至少要有数值或增速",
            )
        for number, unit in ((self.value, self.unit), (self.growth_pct, "%")):
            if number is not None:
                Quantity(number, unit)
        if self.revision < 0:
            raise InvalidObservation(
                "observation.revision",
                en=f"revisions are numbered from 0, got {self.revision}",
                zh=f"修订号从0开始，收到 {self.revision}",
            )

    @property
    def key(self) -> tuple[str, str, Period, str, str]:
        """What the figure is of: subject, indicator, period, scope and basis; only the revision may differ."""
        return self.subject, self.indicator, self.period, self.scope, self.basis

    def value_in(self, unit: str) -> Decimal | None:
        """Return the value in ``unit``, exactly."""
        if self.value is None or unit == self.unit:
            return self.value
        return Quantity(self.value, self.unit).to(unit).value


@dataclass(frozen=True, slots=True)
class Award:
    """One line of a dated award list: on ``awarded_on`` the firm ``holder`` was given ``title``.

    ``revenue`` is the holder's yearly operating revenue [亿元], needed only for targets with a size threshold.
    """

    title: str
    holder: Uscc
    awarded_on: date
    scope: str
    source: str
    revenue: Decimal | None = None


class Counted(StrEnum):
    """What is counted over a threshold."""

    CLUSTER = "cluster"
    ENTERPRISE = "enterprise"


@dataclass(frozen=True, slots=True)
class Threshold:
    """The size that counted things have to pass: what is counted, ``indicator`` of each thing, value and unit."""

    of: Counted
    indicator: Indicator
    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Step:
    """A milestone: by ``deadline`` the figure is to reach ``value``, or ``text`` is to hold (qualitative)."""

    deadline: date
    value: Decimal | None = None
    text: Text | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """Where the path of a target begins: value [unit of the target] and way of counting (``basis``).

    ``assumed`` is true where the plan itself does not state the baseline; ``note`` then says what was assumed.
    """

    on: date
    value: Decimal
    source: str
    qualifier: Qualifier = Qualifier.EXACT
    basis: str = ""
    assumed: bool = False
    note: Text | None = None


_UNITS_OF = {
    Aggregation.COUNT_OVER_THRESHOLD: ("个", "人", "万个", "万人"),
    Aggregation.NEW_TITLES: ("个",),
    Aggregation.GROWTH: ("%",),
    Aggregation.MATURITY: ("级",),
}
"""Units that an aggregation can have; the others take any unit."""


@dataclass(frozen=True, slots=True)
class Target:
    """One promise of a plan.

    Parameters
    ----------
    id, name
        Identifier inside the plan, and names.
    indicator
        The figure it speaks of.
    scope
        Population (口径) for which it is meant.
    aggregation, comparator
        How the figure comes about and how it is held against the value.
    unit
        Unit of the steps' values.
    steps
        Milestones in order of their deadlines, at least one.
    source, citation
        Id of the source, and document with paragraph.
    confidence
        How far the wording can be relied upon.
    baseline, threshold
        Where known; a threshold is required for ``count_over_threshold``.
    titles
        For ``new_titles``: the award titles that count.
    evidence
        Indicators that tell something about a target without a figure of its own.
    note
        What a reader must know.

    Raises
    ------
    InvalidPlan
        ``target.steps``, ``target.step_value``, ``target.unit``, ``target.threshold``, ``target.titles``,
        ``target.baseline``, ``target.sign``, ``target.year_end``.
    InvalidValue
        What :meth:`gongzao.kernel.Quantity.to` raises where the unit does not suit the indicator.
    """

    id: str
    name: Text
    indicator: Indicator
    scope: str
    aggregation: Aggregation
    comparator: Comparator
    unit: str
    steps: tuple[Step, ...]
    source: str
    citation: Text
    confidence: Confidence
    baseline: Baseline | None = None
    threshold: Threshold | None = None
    titles: tuple[str, ...] = ()
    evidence: tuple[Indicator, ...] = ()
    note: Text | None = None

    def __post_init__(self) -> None:
        self._check_steps()
        units = _UNITS_OF.get(self.aggregation)
        if units and self.unit not in units:
            self._refuse(
                "target.unit",
                f"{self.aggregation} is measured in {' or '.join(units)}, got {self.unit}",
                f"“{self.aggregation}”类目标的单位须为{'或'.join(units)}，收到“{self.unit}”",
            )
        if self.aggregation is not Aggregation.GROWTH:
            Quantity(Decimal(0), self.unit).to(self.indicator.unit)
        counts = self.aggregation is Aggregation.COUNT_OVER_THRESHOLD
        if (self.threshold is None) == counts and self.aggregation is not Aggregation.NEW_TITLES:
            self._refuse(
                "target.threshold",
                "a threshold belongs to count_over_threshold (required) and new_titles (optional) only",
                "门槛值只用于 count_over_threshold（必填）和 new_titles（可选）",
            )
        if bool(self.titles) != (self.aggregation is Aggregation.NEW_TITLES):
            self._refuse(
                "target.titles", "titles are named for new_titles, and only there", "称号须且只须用于 new_titles"
            )

    def _check_steps(self) -> None:
        deadlines = [step.deadline for step in self.steps]
        if not deadlines or deadlines != sorted(set(deadlines)):
            self._refuse(
                "target.steps", "a target has steps with rising deadlines", "目标至少有一个节点，且期限依次递增"
            )
        for step in self.steps:
            qualitative = self.aggregation is Aggregation.QUALITATIVE
            if (step.value is None) != qualitative or (step.text is None and qualitative):
                self._refuse(
                    "target.step_value",
                    "a qualitative step has a text, every other step a value",
                    "定性目标的节点填写文字，其他目标的节点填写数值",
                )
            if step.value is not None:
                Quantity(step.value, self.unit)
                self._check_sign(step.value)
        if self.baseline is not None:
            self._check_sign(self.baseline.value)
        if self.baseline is not None and self.baseline.on >= deadlines[0]:
            self._refuse("target.baseline", "the baseline lies before the first deadline", "基期须早于第一个期限")
        self._check_year_ends()

    @property
    def compounds(self) -> bool:
        """Whether the path grows at a constant rate from year to year: levels of a yearly flow."""
        return self.aggregation is Aggregation.SUM and self.indicator.nature is Nature.FLOW

    def _check_year_ends(self) -> None:
        days = [step.deadline for step in self.steps] + ([self.baseline.on] if self.baseline else [])
        wrong = next((day for day in days if (day.month, day.day) != (12, 31)), None)
        if self.compounds and wrong is not None:
            self._refuse(
                "target.year_end",
                f"levels of a yearly flow are set for the ends of years, got {wrong}",
                f"年度总量目标的期限和基期须为年末，收到 {wrong}",
            )

    def _check_sign(self, value: Decimal) -> None:
        if value < 0 or (self.compounds and value == 0):
            self._refuse(
                "target.sign",
                f"values are not negative, and a compounded level is above zero, got {value}",
                f"目标值不得为负，按复合增速推进的总量须大于零，收到 {value}",
            )

    def _refuse(self, code: str, en: str, zh: str) -> None:
        raise InvalidPlan(code, en=f"target {self.id!r}: {en}", zh=f"目标“{self.id}”：{zh}")

    @property
    def last(self) -> Step:
        """The final milestone."""
        return self.steps[-1]

    def step_at(self, day: date) -> Step:
        """Return the milestone that is next due on ``day``, or the last one."""
        return next((step for step in self.steps if step.deadline >= day), self.last)


@dataclass(frozen=True, slots=True)
class PlanFiles:
    """Data files that belong to a plan, by file name beside the plan; empty where there is none."""

    observations: str = ""
    sources: str = ""
    regions: str = ""
    clusters: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan: who promised what, for which place and years.

    Parameters
    ----------
    id, name, issuer
        Identifier and names.
    document, issued_on
        Document number and date.
    start, end
        First and last day of the plan period.
    region
        GB/T 2260 code of the place.
    scope
        Population (口径) that the plan speaks of.
    scopes
        Names of the scopes that occur in the plan and its figures, by id.
    targets
        In the plan's order.
    files
        Data files that come with the plan.

    Raises
    ------
    InvalidPlan
        ``plan.region``, ``plan.period``, ``plan.deadline``, ``plan.duplicate``.
    """

    id: str
    name: Text
    issuer: Text
    document: str
    issued_on: date
    start: date
    end: date
    region: str
    scope: str
    targets: tuple[Target, ...]
    scopes: dict[str, Text] = field(default_factory=dict)
    files: PlanFiles = PlanFiles()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\d{6}", self.region):
            raise InvalidPlan(
                "plan.region",
                en=f"a region is a 6-digit GB/T 2260 code, got {self.region!r}",
                zh=f"区划代码须为六位数字（GB/T 2260），收到“{self.region}”",
            )
        if self.start >= self.end:
            raise InvalidPlan(
                "plan.period",
                en=f"the plan period ends before it begins: {self.start} to {self.end}",
                zh=f"规划期终点早于起点：{self.start} 至 {self.end}",
            )
        seen: set[str] = set()
        for target in self.targets:
            if target.id in seen:
                raise InvalidPlan(
                    "plan.duplicate", en=f"target id {target.id!r} is used twice", zh=f"目标编号“{target.id}”重复"
                )
            seen.add(target.id)
            for step in target.steps:
                if not self.start <= step.deadline <= self.end:
                    raise InvalidPlan(
                        "plan.deadline",
                        en=f"target {target.id!r}: deadline {step.deadline} is outside {self.start} to {self.end}",
                        zh=f"目标“{target.id}”：期限 {step.deadline} 不在规划期 {self.start} 至 {self.end} 内",
                    )

    @property
    def subject(self) -> str:
        """The observations' subject that stands for the plan's place."""
        return f"region:{self.region}"

    def scope_name(self, scope: str) -> Text:
        """Return the names of a scope, or its id where the plan does not name it."""
        return self.scopes.get(scope, Text(scope, scope))
