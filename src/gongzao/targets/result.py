"""What the engine answers: an attainment for every target."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from gongzao.kernel import Period
from gongzao.targets.model import Observation, Qualifier, Step, Target, Text


class Light(StrEnum):
    """How a target stands; icon and words are in :data:`gongzao.targets.LIGHTS`."""

    AHEAD = "ahead"
    ON_TRACK = "on_track"
    BEHIND = "behind"
    FAR_BEHIND = "far_behind"
    NO_DATA = "no_data"
    CANNOT_BE_SAID = "cannot_be_said"


@dataclass(frozen=True, slots=True)
class PathPoint:
    """What the path requires on a day [unit of the target]."""

    on: date
    required: Decimal


@dataclass(frozen=True, slots=True)
class ObservedPoint:
    """What was observed, dated at the end of its period [unit of the target]."""

    on: date
    value: Decimal
    qualifier: Qualifier
    period: Period
    source: str


@dataclass(frozen=True, slots=True)
class Remainder:
    """The growth that the rest of a year must bring so that the whole year still reaches the target rate. Derived.

    Parameters
    ----------
    year
        The year in question.
    done, rest
        Months published and months left (as numbers of the first and last month).
    done_level, done_growth_pct
        Published level [unit] and growth [%] of the months done.
    last_year, last_year_done, last_year_rest
        Levels of the year before [unit]: published, derived as ``done_level / (1 + growth)``, and the difference.
    year_required, rest_required
        What the whole year and the months left must bring [unit].
    target_pct, needed_pct
        Target growth of the year, and growth needed in the months left [%].
    """

    year: int
    done: Period
    rest: tuple[int, int]
    unit: str
    done_level: Decimal
    done_growth_pct: Decimal
    last_year: Decimal
    last_year_done: Decimal
    last_year_rest: Decimal
    year_required: Decimal
    rest_required: Decimal
    target_pct: Decimal
    needed_pct: Decimal
    formula: Text
    inputs: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class Attainment:
    """How one target stands on a day.

    Parameters
    ----------
    target, as_of
        The target and the day.
    light
        Verdict on ``day``.
    explanation
        Why, in a few sentences, in both languages.
    step
        The milestone next due on ``as_of``.
    day
        The day that the verdict speaks of: the end of the latest comparable period or the date of the newest award
        list; ``None`` without a verdict.
    stale
        Whether ``day`` is more than :data:`gongzao.targets.STALE_AFTER_MONTHS` before ``as_of``: the light then says
        how it stood, not how it stands.
    latest, latest_period, qualifier
        Latest comparable value [target.unit], its period, and how exactly it was printed.
    required
        What the path requires of that value by now [target.unit]; whole for counts.
    distance, distance_unit
        ``latest - required``; in 百分点 for rates.
    to_step
        ``latest - step.value`` [distance_unit] where both mean the same (``None`` for part-year flows).
    growth_needed_pct
        Growth needed per year from the latest full-year value (growth target: in the years left) to the last
        milestone [% per year].
    amount_needed
        Stocks: how many more the last milestone needs, never negative [target.unit].
    remainder
        Growth targets: what the rest of the year must bring. Derived.
    missing
        What would have to be published to say more.
    rests_on, evidence
        Observations the verdict rests on, and those that only illustrate it.
    path, observed
        Points for a chart [target.unit].
    """

    target: Target
    as_of: date
    light: Light
    explanation: Text
    step: Step
    day: date | None = None
    stale: bool = False
    latest: Decimal | None = None
    latest_period: Period | None = None
    qualifier: Qualifier = Qualifier.EXACT
    required: Decimal | None = None
    distance: Decimal | None = None
    distance_unit: str = ""
    to_step: Decimal | None = None
    growth_needed_pct: Decimal | None = None
    amount_needed: Decimal | None = None
    remainder: Remainder | None = None
    missing: Text | None = None
    rests_on: tuple[Observation, ...] = ()
    evidence: tuple[Observation, ...] = ()
    path: tuple[PathPoint, ...] = ()
    observed: tuple[ObservedPoint, ...] = ()
