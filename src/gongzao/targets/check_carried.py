"""The checker's second half: what an answer carries besides its verdict, worked out again from plan and figures."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from gongzao.targets.model import Aggregation, Nature, Observation, Plan, Qualifier, Target
from gongzao.targets.result import Attainment, Light

Broken = tuple[str, str, str]
"""A rule and what is wrong, in Chinese and English."""


@dataclass(frozen=True)
class Carried:
    """An answer with the figures of the plan's place usable on its day, in the order of months, scope and basis."""

    plan: Plan
    a: Attainment
    usable: tuple[Observation, ...]

    def broken(self) -> Iterator[Broken]:
        """Yield every rule that the answer breaks."""
        a, target = self.a, self.a.target
        holds = {
            "explanation": bool(a.explanation.zh and a.explanation.en),
            "missing": (a.missing is None) == (a.required is not None),
            "step": a.step == next((s for s in target.steps if s.deadline >= a.as_of), target.steps[-1]),
            "stray": self._stray(),
            "day": (a.day is not None) == (a.required is not None) and (a.day is not None or not a.stale),
            "units": a.distance_unit == self._unit(),
            "to_step": a.latest is None or (a.to_step is not None) == self._same_as_step(),
            "amount_needed": (a.amount_needed is not None) == (a.required is not None and self._stock),
            "growth_needed": self._growth_needed(),
            "figure": self._figure(),
            "rests_on": a.light is Light.CANNOT_BE_SAID or set(a.rests_on) == self._rests_on(),
            "evidence": set(a.evidence) == self._evidence() and len(a.evidence) == len(set(a.evidence)),
            "observed": self._observed(),
            "path": self._path(),
            "remainder": self._remainder(),
        }
        for rule, fine in holds.items():
            if not fine:
                yield rule, f"“{rule}”与规划和数据不符", f"{rule} does not follow from plan and figures"

    # What there is to go by -------------------------------------------------------------------------------------

    @property
    def _growth(self) -> bool:
        return self.a.target.aggregation is Aggregation.GROWTH

    @property
    def _flow(self) -> bool:
        return self.a.target.aggregation is Aggregation.SUM and self.a.target.indicator.nature is Nature.FLOW

    @property
    def _silent(self) -> bool:
        return self.a.target.aggregation in {Aggregation.NEW_TITLES, Aggregation.QUALITATIVE}

    @property
    def _stock(self) -> bool:
        return not self._growth and not self._flow and self.a.target.aggregation is not Aggregation.QUALITATIVE

    def _mine(self) -> list[Observation]:
        """Figures of the target's place, indicator and scope that can be held against it; of one basis for levels."""
        plan, target = self.plan, self.a.target
        if self._silent:
            return []
        items = [o for o in self.usable if (o.indicator, o.scope) == (target.indicator.id, target.scope)]
        if self._growth:
            inside = [o for o in items if plan.start <= o.period.end <= plan.end and o.period.start.month == 1]
            return [o for o in inside if o.growth_pct is not None]
        items = [o for o in items if o.value is not None]
        baseline = target.baseline
        if self._flow:
            basis = baseline.basis if baseline else ""
            return [o for o in items if o.basis == basis and o.period.start.month == 1]
        after = baseline.on if baseline else plan.start - timedelta(days=1)
        items = [o for o in items if after < o.period.end <= plan.end]
        basis = baseline.basis if baseline else next((o.basis for o in items), "")
        return [o for o in items if o.basis == basis]

    def _begun(self) -> bool:
        return self.a.as_of >= self.plan.start

    # Figures ----------------------------------------------------------------------------------------------------

    def _stray(self) -> bool:
        a = self.a
        if a.latest is None:
            return {a.latest_period, a.required, a.distance, a.to_step, a.amount_needed} == {None}
        counted = a.target.aggregation is not Aggregation.NEW_TITLES or a.required is not None
        return counted and (a.required is None) == (a.distance is None)

    def _unit(self) -> str:
        if self.a.distance is None:
            return ""
        return "百分点" if self._growth else self.a.target.unit

    def _same_as_step(self) -> bool:
        a = self.a
        if a.required is None or a.latest_period is None:
            return a.required is not None
        return not self._flow or a.latest_period.months == 12

    def _figure(self) -> bool:
        """Whether latest, its period and its qualifier are those of one figure that the answer rests on."""
        a, target = self.a, self.a.target
        if a.latest is None or target.aggregation is Aggregation.NEW_TITLES:
            return (a.latest_period, a.qualifier) == (None, Qualifier.EXACT)
        if self._growth:
            same = {(o.growth_pct, o.period, o.qualifier if o.value is None else Qualifier.EXACT) for o in a.rests_on}
        else:
            same = {(o.value_in(target.unit), o.period, o.qualifier) for o in a.rests_on}
        return (a.latest, a.latest_period, a.qualifier) in same

    def _growth_needed(self) -> bool:
        needed, target, plan = self.a.growth_needed_pct, self.a.target, self.plan
        if not self._growth:
            return self._flow or needed is None
        done = {o.period.year: float(o.growth_pct or 0) for o in self._mine() if o.period.months == 12}
        years = range(plan.start.year, plan.end.year + 1)
        row = [year for year in years if all(y in done for y in range(plan.start.year, year + 1))]
        wanted, got = (
            math.prod(1 + _rate(target, year) / 100 for year in years),
            math.prod(1 + done[year] / 100 for year in row),
        )
        left = len(years) - len(row)
        if left == 0 or got <= 0:
            return needed is None
        return needed is not None and math.isclose(
            got * (1 + float(needed) / 100) ** left, wanted, rel_tol=1e-4, abs_tol=1e-6
        )

    # Observations -----------------------------------------------------------------------------------------------

    def _rests_on(self) -> set[Observation]:
        a = self.a
        if not self._begun() or (a.latest is None and not self._stock):
            return set()
        mine = self._mine()
        if self._growth:
            return {*mine, *(a.remainder.inputs if a.remainder else ())}
        if not self._flow:
            return set(mine)
        latest = next((o for o in mine if o.period == a.latest_period), None)
        if latest is None:
            return set()
        found = {latest}
        if a.required is not None and latest.period.months < 12:
            year = latest.period.year - 1
            found |= {o for o in mine if o.period.months == 12 and o.period.year == year}
            if latest.growth_pct is None or latest.growth_pct <= -100:
                found |= {o for o in mine if o.period.same_months(latest.period.previous_year)}
        return found

    def _evidence(self) -> set[Observation]:
        wanted = {indicator.id for indicator in self.a.target.evidence}
        latest = {(o.indicator, o.scope, o.basis): o for o in self.usable if o.indicator in wanted}
        return set(latest.values())

    def _observed(self) -> bool:
        a, unit = self.a, self.a.target.unit
        items = self._mine() if self._begun() else []
        if self._flow:
            judged = a.rests_on if a.required is not None else ()
            items = [o for o in items if o.period.months == 12 or o in judged]
        wanted = {
            (o.period, o.growth_pct if self._growth else o.value_in(unit), o.qualifier, o.source)
            if not self._growth or o.value is None
            else (o.period, o.growth_pct, Qualifier.EXACT, o.source)
            for o in items
        }
        got = [(p.period, p.value, p.qualifier, p.source) for p in a.observed]
        return set(got) == wanted and len(got) == len(items) and all(p.on == p.period.end for p in a.observed)

    # Path and remainder -----------------------------------------------------------------------------------------

    def _path(self) -> bool:
        target = self.a.target
        steps = [(s.deadline, s.value) for s in target.steps if s.value is not None]
        begin = [(target.baseline.on, target.baseline.value)] if target.baseline and not self._growth else []
        got = [(point.on, point.required) for point in self.a.path]
        if target.aggregation is Aggregation.QUALITATIVE:
            return got == []
        if self._growth:
            return got == [(self.plan.start, steps[0][1]), *steps]
        if self._flow:
            return _is_curve(got, [*begin, *steps])
        first = next(iter(self._mine()), None)
        if not begin and first is not None and first.period.end < steps[0][0]:
            begin = [(first.period.end, first.value_in(target.unit) or Decimal(0))]
        return got == [*begin, *steps]

    def _remainder(self) -> bool:
        r, target, unit = self.a.remainder, self.a.target, self.a.target.indicator.unit
        inputs = self._inputs() if self._begun() else ()
        if r is None or not inputs:
            return r is None and not inputs
        before, part = inputs
        return (
            (r.year, r.done, r.unit) == (part.period.year, part.period, unit)
            and r.rest == (part.period.end.month + 1, 12)
            and r.inputs == inputs
            and (r.last_year, r.done_level) == (before.value_in(unit), part.value_in(unit))
            and r.done_growth_pct == part.growth_pct
            and float(r.target_pct) == _rate_on(target, part.period.end)
            and bool(r.formula.zh and r.formula.en)
        )

    def _inputs(self) -> tuple[Observation, ...]:
        """Last year's figure and that of the months done, where a remainder can be derived from them."""
        target, plan = self.a.target, self.plan
        if not self._growth or target.indicator.nature is not Nature.FLOW:
            return ()
        items = [o for o in self.usable if (o.indicator, o.scope) == (target.indicator.id, target.scope)]
        parts = [o for o in items if o.period.start.month == 1 and o.growth_pct is not None and o.value is not None]
        if not parts or parts[-1].period.months == 12:
            return ()
        part, unit = parts[-1], target.indicator.unit
        full = [
            o
            for o in items
            if (o.period.months, o.period.year, o.basis) == (12, part.period.year - 1, part.basis)
            and o.value is not None
        ]
        growth, level = float(part.growth_pct or 0), float(part.value_in(unit) or 0)
        if not full or not plan.start.year <= part.period.year <= plan.end.year or growth <= -100:
            return ()
        rest = float(full[-1].value_in(unit) or 0) - level / (1 + growth / 100)
        return (full[-1], part) if rest > 0 else ()


def _rate_on(target: Target, day: date) -> float:
    return float(next((s.value for s in target.steps if s.deadline >= day), target.steps[-1].value) or 0)


def _rate(target: Target, year: int) -> float:
    return float(next((s.value for s in target.steps if s.deadline.year >= year), target.steps[-1].value) or 0)


def _is_curve(got: Sequence[tuple[date, Decimal]], knots: Sequence[tuple[date, Decimal]]) -> bool:
    """Whether there is a point for the end of every year, at constant growth between the knots."""
    years = range(knots[0][0].year, knots[-1][0].year + 1)
    if [on for on, _ in got] != [date(year, 12, 31) for year in years]:
        return False
    for year, (_, level) in zip(years, got, strict=True):
        left = [k for k in knots if k[0].year <= year][-1]
        right = next((k for k in knots if k[0].year > year), left)
        share = (year - left[0].year) / ((right[0].year - left[0].year) or 1)
        wanted = float(left[1]) ** (1 - share) * float(right[1]) ** share
        if not math.isclose(float(level), wanted, rel_tol=1e-9, abs_tol=1e-4):
            return False
    return True
