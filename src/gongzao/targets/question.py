"""What every kind of target is asked: one target, one day, and what was known then."""

from dataclasses import dataclass
from datetime import date

from gongzao.targets.model import Observation, Plan, Target, Text
from gongzao.targets.result import Attainment, Light, ObservedPoint
from gongzao.targets.series import about, evidence_for, is_stale


@dataclass(frozen=True, slots=True)
class Question:
    """A target of a plan as of a day, with the figures known then (latest revisions, oldest first)."""

    plan: Plan
    target: Target
    as_of: date
    known: tuple[Observation, ...]

    @property
    def series(self) -> tuple[Observation, ...]:
        """Figures of the target's indicator for the plan's place, of any scope."""
        return about(self.target, self.plan, self.known)

    def points(self, items: tuple[Observation, ...]) -> tuple[ObservedPoint, ...]:
        """Return chart points of those figures that have a value, in the target's unit."""
        return tuple(
            ObservedPoint(item.period.end, value, item.qualifier, item.period, item.source)
            for item in items
            if (value := item.value_in(self.target.unit)) is not None
        )

    def stale(self, day: date) -> bool:
        """Whether what was known on ``day`` is too old to speak about the day asked for."""
        return is_stale(day, self.as_of)

    def answer(self, light: Light, explanation: Text) -> Attainment:
        """Return an attainment with what all kinds share filled in."""
        return Attainment(
            target=self.target,
            as_of=self.as_of,
            light=light,
            explanation=explanation,
            step=self.target.step_at(self.as_of),
            evidence=evidence_for(self.target, self.plan, self.known),
        )
