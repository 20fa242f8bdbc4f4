"""What a solve hands back."""

from __future__ import annotations

from dataclasses import dataclass

from gongzao.scheduling.model import Schedule


@dataclass(frozen=True, slots=True)
class Progress:
    """An improvement: when [s], after how many moves, objective and proven bound by level."""

    seconds: float
    iterations: int
    objective: tuple[int, ...]
    lower_bound: tuple[int, ...]


@dataclass(frozen=True)
class Result:
    """The best schedule found, its objective by level, a proven lower bound of each level, and how it came about."""

    schedule: Schedule
    objective: tuple[int, ...]
    lower_bound: tuple[int, ...]
    history: tuple[Progress, ...]
    iterations: int
    seconds: float

    @property
    def optimal(self) -> bool:
        """Return whether the bound proves the schedule optimal."""
        return self.objective == self.lower_bound

    @property
    def gap(self) -> float:
        """Return (objective - bound) / objective of the first level [0 to 1]."""
        value, bound = self.objective[0], self.lower_bound[0]
        return 0.0 if value == bound else (value - bound) / max(1, value)
