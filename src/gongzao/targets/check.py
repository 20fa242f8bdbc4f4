"""An independent checker of attainments: works the answer out again from plan and figures, sharing no code with it.

It shares the declared thresholds and the data classes, and nothing else; arithmetic is in fractions and floats here,
in decimals there.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from gongzao.targets.check_carried import Carried
from gongzao.targets.lights import STALE_AFTER_MONTHS, THRESHOLDS
from gongzao.targets.model import (
    GOAL,
    Aggregation,
    Award,
    Comparator,
    Nature,
    Observation,
    Plan,
    Target,
    Text,
)
from gongzao.targets.result import Attainment, Light

_VERDICTS = (Light.AHEAD, Light.ON_TRACK, Light.BEHIND, Light.FAR_BEHIND)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in an attainment that does not follow from plan and figures."""

    target: str
    rule: str
    text: Text


def check(
    plan: Plan,
    observations: Iterable[Observation],
    attainments: Sequence[Attainment],
    *,
    awards: Iterable[Award] = (),
) -> tuple[Finding, ...]:
    """Return everything in ``attainments`` that does not follow from the plan, the figures and the award lists.

    Parameters
    ----------
    plan, observations, awards
        What :func:`gongzao.targets.attain` was given.
    attainments
        What it answered.

    Returns
    -------
    tuple of Finding
        Empty if all is well.
    """
    figures = tuple(item for item in observations if item.subject == f"region:{plan.region}")
    lists = tuple(awards)
    if [a.target for a in attainments] != list(plan.targets) or len({a.as_of for a in attainments}) > 1:
        text = Text(
            "答案与目标不是一一对应，或日期不一", "not one answer per target in the plan's order, all of one day"
        )
        return (Finding(plan.id, "one_answer_each", text),)
    return tuple(finding for a in attainments for finding in _Case(plan, a, figures, lists).findings())


@dataclass
class _Case:
    plan: Plan
    a: Attainment
    figures: tuple[Observation, ...]
    awards: tuple[Award, ...]
    found: list[Finding] = field(default_factory=list)

    def findings(self) -> list[Finding]:
        self._rests_on_what_was_known()
        self._numbers_agree()
        self._path_ends_at_target()
        {
            Aggregation.GROWTH: self._growth,
            Aggregation.NEW_TITLES: self._titles,
            Aggregation.QUALITATIVE: self._no_verdict,
        }.get(self.a.target.aggregation, self._level)()
        self._remainder()
        usable = sorted((o for o in self.figures if self._usable(o)), key=_by_months)
        for rule, zh, en in Carried(self.plan, self.a, tuple(usable)).broken():
            self._must(False, rule, zh, en)
        return self.found

    def _must(self, holds: bool, rule: str, zh: str, en: str) -> None:
        if not holds:
            self.found.append(Finding(self.a.target.id, rule, Text(zh, en)))

    # What may be used at all ------------------------------------------------------------------------------------

    def _usable(self, item: Observation) -> bool:
        newer = any(
            o.revision > item.revision
            and (o.subject, o.indicator, o.scope, o.basis) == (item.subject, item.indicator, item.scope, item.basis)
            and (o.period.start, o.period.end) == (item.period.start, item.period.end)
            for o in self.figures
        )
        return item.period.end <= self.a.as_of and item.basis != GOAL and not newer

    def _rests_on_what_was_known(self) -> None:
        for item in (*self.a.rests_on, *self.a.evidence):
            fits = item in self.figures and self._usable(item)
            text = f"{item.indicator} {item.period} r{item.revision}"
            self._must(fits, "known", f"所依据的数据当时不可用：{text}", f"rests on a figure not usable then: {text}")
        if self.a.light is Light.CANNOT_BE_SAID:
            return
        for item in self.a.rests_on:
            fits = item.scope == self.a.target.scope and item.indicator == self.a.target.indicator.id
            self._must(fits, "scope", f"混用了口径：{item.scope}", f"chains another scope or indicator: {item.scope}")
        one_basis = len({item.basis for item in self.a.rests_on}) <= 1
        self._must(one_basis or self.a.target.aggregation is Aggregation.GROWTH, "basis", "混用了依据", "mixes bases")

    def _series(self, *, growth: bool = False) -> list[Observation]:
        """Usable figures of the target's indicator since the path began, any scope and basis, oldest first."""
        target, plan = self.a.target, self.plan
        after = plan.start - timedelta(days=1)
        if target.baseline is not None and not growth:
            after = target.baseline.on
        elif target.aggregation is Aggregation.SUM and target.indicator.nature is Nature.FLOW:
            after = plan.start
        items = [
            o
            for o in self.figures
            if o.indicator == target.indicator.id
            and self._usable(o)
            and o.period.end > after
            and (o.growth_pct if growth else o.value) is not None
        ]
        return sorted(items, key=_by_months)

    # Numbers ----------------------------------------------------------------------------------------------------

    def _numbers_agree(self) -> None:
        a = self.a
        if a.light in _VERDICTS:
            complete = a.latest is not None and a.required is not None and a.distance is not None
            self._must(complete, "complete", "有判断而无数值", "a verdict without its figures")
        else:
            self._must(bool(a.explanation.zh and a.explanation.en), "complete", "未说明原因", "no reason is given")
        if a.latest is not None and a.required is not None:
            self._must(a.distance == a.latest - a.required, "distance", "差距不等于现值减要求", "distance is wrong")
        if a.latest is not None and a.to_step is not None and a.latest_period is not None:
            due = a.latest - _step(a.target, a.latest_period.end)
            self._must(a.to_step == due, "to_step", "与节点的差距不符", "to_step is wrong")
        last = a.target.steps[-1].value
        if a.amount_needed is not None and a.latest is not None and last is not None:
            fits = a.amount_needed == max(Decimal(0), last - a.latest)
            self._must(fits, "amount_needed", "尚需数量不符", "the amount needed is wrong")

    @property
    def _by_year(self) -> bool:
        target = self.a.target
        flow = target.aggregation is Aggregation.SUM and target.indicator.nature is Nature.FLOW
        return flow or target.aggregation is Aggregation.GROWTH

    def _path_ends_at_target(self) -> None:
        a, last = self.a, self.a.target.steps[-1]
        days = [point.on for point in a.path]
        if last.value is not None:
            fits = bool(a.path) and a.path[-1].on == last.deadline and a.path[-1].required == last.value
            self._must(fits, "path", "进度线终点不是最终目标", "the path does not end at the target")
            self._must(days == sorted(set(days)), "path", "进度线日期未递增", "the path's days do not rise")

    def _verdict(self, nature: Nature, *, due: bool, end: date, begins: date | None = None) -> None:
        a = self.a
        if a.latest is None or a.required is None:
            return
        if a.as_of < self.plan.start:
            self._must(a.light is Light.NO_DATA, "begun", "规划期未开始却给出判断", "a verdict before the plan begins")
            return
        self._must(a.day == end, "day", f"判断应属于{end}", f"the verdict should speak of {end}")
        old = a.as_of > _months_later(end, STALE_AFTER_MONTHS)
        self._must(a.stale is old, "stale", "数据是否过旧标注有误", "whether the figure is too old is said wrongly")
        limits = THRESHOLDS[nature]
        gap = Fraction(a.latest) - Fraction(a.required)
        missed = (
            due
            and a.target.comparator is not Comparator.ABOUT
            and (gap < 0 or (gap == 0 and a.target.comparator is Comparator.MORE_THAN))
        )
        if limits.unit == "%":
            gap = gap * 100 / (Fraction(a.required) or 1)
        wanted = Light.FAR_BEHIND
        if gap >= Fraction(limits.behind):
            wanted = Light.BEHIND
        if gap >= Fraction(limits.on_track) and not missed:
            wanted = Light.ON_TRACK
        if gap >= Fraction(limits.ahead):
            wanted = Light.AHEAD
        if begins == end:
            wanted = Light.CANNOT_BE_SAID
        self._must(a.light is wanted, "light", f"亮灯应为{wanted}", f"the light should be {wanted}, is {a.light}")

    # Kinds of targets -------------------------------------------------------------------------------------------

    def _no_verdict(self) -> None:
        self._must(self.a.light is Light.NO_DATA, "light", "定性目标不应亮灯", "a qualitative target has no verdict")

    def _nothing_comparable(self, items: Sequence[Observation]) -> bool:
        """Check the answer where no figure of the target's scope and basis is there; return whether that is so."""
        a = self.a
        if a.as_of < self.plan.start:
            self._must(a.light is Light.NO_DATA, "begun", "规划期未开始", "the plan period has not begun")
            return True
        if any(self._comparable(o, items) for o in items):
            return False
        wanted = Light.CANNOT_BE_SAID if items else Light.NO_DATA
        self._must(a.light is wanted, "comparable", f"应为{wanted}", f"should be {wanted}, is {a.light}")
        return True

    def _comparable(self, item: Observation, items: Sequence[Observation]) -> bool:
        target = self.a.target
        if item.scope != target.scope:
            return False
        if target.aggregation is Aggregation.GROWTH:
            return True
        if target.baseline is not None:
            return item.basis == target.baseline.basis
        if self._by_year:
            return item.basis == ""
        return item.basis == next(o.basis for o in items if o.scope == target.scope)

    def _growth(self) -> None:
        a = self.a
        inside = [o for o in self._series(growth=True) if o.period.start.month == 1 and o.period.end <= self.plan.end]
        if self._nothing_comparable(inside):
            return
        latest = [o for o in inside if o.scope == a.target.scope][-1]
        rate = _step(a.target, latest.period.end)
        self._must(a.latest == latest.growth_pct, "latest", "不是最新增速", "not the latest growth")
        self._must(a.required == rate, "required", f"要求应为{rate}", f"required should be {rate}")
        self._verdict(
            Nature.RATE, due=any(s.deadline == latest.period.end for s in a.target.steps), end=latest.period.end
        )

    def _level(self) -> None:
        a, target = self.a, self.a.target
        items = [o for o in self._series() if not self._by_year or o.period.start.month == 1]
        if not self._by_year:
            items = [o for o in items if o.period.end <= self.plan.end]
        if self._by_year:
            self._growth_needed()
        if self._nothing_comparable(items):
            return
        usable = [o for o in items if self._comparable(o, items)]
        if self._by_year:
            self._flow(usable)
            return
        latest = usable[-1]
        self._must(a.latest == _in(latest, target.unit), "latest", "不是最新数", "not the latest figure")
        knots = [(s.deadline, Fraction(s.value)) for s in target.steps if s.value is not None]
        begin = usable[0].period.end, Fraction(_in(usable[0], target.unit))
        if target.baseline is not None:
            begin = target.baseline.on, Fraction(target.baseline.value)
        day = latest.period.end
        inside = begin[0] < knots[0][0]
        knots = [begin, *knots] if inside else knots
        required = math.floor(_straight(knots, day))
        self._must(a.required == required, "required", f"要求应为{required}", f"required should be {required}")
        nature = Nature.LEVEL if target.indicator.nature is Nature.LEVEL else Nature.STOCK
        self._verdict(nature, due=self._reached_step(day), end=day, begins=begin[0] if inside else None)

    def _reached_step(self, day: date) -> bool:
        deadlines = [s.deadline for s in self.a.target.steps]
        return max(deadlines) <= day or day in deadlines

    def _flow(self, usable: Sequence[Observation]) -> None:
        a, target = self.a, self.a.target
        wanted = [(o, self._required(o)) for o in usable]
        judged = [(o, r) for o, r in wanted if r is not None]
        if not judged:
            self._must(a.light is Light.NO_DATA, "required", "无从判断却给出判断", "a verdict without a path")
            return
        latest, required = judged[-1]
        self._must(a.latest == _in(latest, target.unit), "latest", "不是最新可比数", "not the latest comparable figure")
        close = a.required is not None and math.isclose(float(a.required), required, rel_tol=1e-6, abs_tol=1e-4)
        self._must(close, "required", f"要求应为{required:.4f}", f"required should be {required:.4f}, is {a.required}")
        due = any(s.deadline == latest.period.end for s in target.steps) and _is_year(latest)
        self._verdict(Nature.FLOW, due=due, end=latest.period.end)

    def _required(self, item: Observation) -> float | None:
        """Return what the path asks of the months of a figure, ``None`` where it cannot be worked out."""
        target, year = self.a.target, item.period.year
        knots = [(s.deadline.year, float(s.value)) for s in target.steps if s.value is not None]
        if target.baseline is not None:
            knots.insert(0, (target.baseline.on.year, float(target.baseline.value)))
        path = _curve(knots, year)
        if _is_year(item) or path is None:
            return path
        before = self._year_level(year - 1)
        part: float | None = None
        if item.growth_pct is not None:
            part = float(_in(item, target.unit)) / (1 + float(item.growth_pct) / 100)
        else:
            same = [
                o
                for o in self._all_comparable()
                if (o.period.year, o.period.start.month, o.period.end.month)
                == (year - 1, item.period.start.month, item.period.end.month)
            ]
            part = float(_in(same[-1], target.unit)) if same else None
        return None if before is None or part is None else path * part / before

    def _all_comparable(self) -> list[Observation]:
        target = self.a.target
        basis = target.baseline.basis if target.baseline else ""
        return [
            o
            for o in self.figures
            if (o.indicator, o.scope, o.basis) == (target.indicator.id, target.scope, basis)
            and o.value is not None
            and self._usable(o)
        ]

    def _year_level(self, year: int) -> float | None:
        target = self.a.target
        full = [o for o in self._all_comparable() if _is_year(o) and o.period.year == year]
        if full:
            return float(_in(full[-1], target.unit))
        if target.baseline is not None and target.baseline.on == date(year, 12, 31):
            return float(target.baseline.value)
        return None

    def _growth_needed(self) -> None:
        target, last = self.a.target, self.a.target.steps[-1]
        full = sorted((o for o in self._all_comparable() if _is_year(o)), key=lambda o: o.period.year)
        level, year = (float(_in(full[-1], target.unit)), full[-1].period.year) if full else (None, 0)
        if target.baseline is not None and year <= target.baseline.on.year:
            level, year = float(target.baseline.value), target.baseline.on.year
        if level is None or last.value is None or last.deadline.year <= year:
            self._must(self.a.growth_needed_pct is None, "growth_needed", "无年份可用", "no year is left to grow")
            return
        needed = float(self.a.growth_needed_pct if self.a.growth_needed_pct is not None else "nan")
        reached = level * (1 + needed / 100) ** (last.deadline.year - year)
        # Four decimals of a percentage are given, so a small goal is met within a share of the level only.
        close = math.isclose(reached, float(last.value), rel_tol=1e-4, abs_tol=level * 1e-5)
        self._must(close, "growth_needed", "所需增速达不到目标", "the growth needed does not lead to the target")

    def _titles(self) -> None:
        a, target = self.a, self.a.target
        if a.light is Light.NO_DATA:
            self._must(a.missing is not None, "missing", "未说明缺什么", "what is missing is not said")
            return
        since = target.baseline.on if target.baseline else self.plan.start
        mine = [
            w for w in self.awards if w.title in target.titles and w.scope == target.scope and w.awarded_on <= a.as_of
        ]
        old = {w.holder.code for w in mine if w.awarded_on <= since}
        line = Decimal(0) if target.threshold is None else target.threshold.value
        new = {w.holder.code for w in mine if w.awarded_on > since and (w.revenue or Decimal(0)) >= line} - old
        self._must(a.latest == len(new), "latest", f"新认定应为{len(new)}家", f"should be {len(new)} new firms")
        knots = [(s.deadline, Fraction(s.value)) for s in target.steps if s.value is not None]
        day = max((w.awarded_on for w in mine), default=a.as_of)
        required = math.floor(_straight([(since, Fraction(0)), *knots], day))
        self._must(a.required == required, "required", f"要求应为{required}", f"required should be {required}")
        self._verdict(Nature.STOCK, due=self._reached_step(day), end=day)

    def _remainder(self) -> None:
        r = self.a.remainder
        if r is None:
            return
        with_growth = float(r.last_year_done) * (1 + float(r.done_growth_pct) / 100)
        equations: dict[str, Callable[[], bool]] = {
            "last_year_done": lambda: math.isclose(with_growth, float(r.done_level), rel_tol=1e-6, abs_tol=1e-3),
            "last_year_rest": lambda: _near(r.last_year, r.last_year_done + r.last_year_rest),
            "rest_required": lambda: _near(r.year_required, r.done_level + r.rest_required),
            "year_required": lambda: _near(r.year_required, r.last_year * (1 + r.target_pct / 100)),
            "needed": lambda: math.isclose(
                float(r.last_year_rest) * (1 + float(r.needed_pct) / 100),
                float(r.rest_required),
                rel_tol=1e-5,
                abs_tol=1e-3,
            ),
        }
        for rule, holds in equations.items():
            self._must(holds(), f"remainder.{rule}", "剩余期间推算不成立", "the remainder's equation does not hold")


def _by_months(item: Observation) -> tuple[date, int, str, str]:
    return item.period.end, (item.period.end - item.period.start).days, item.scope, item.basis


def _in(item: Observation, unit: str) -> Decimal:
    value = item.value_in(unit)
    return Decimal("NaN") if value is None else value


def _is_year(item: Observation) -> bool:
    return (item.period.start.month, item.period.end.month) == (1, 12)


def _near(left: Decimal, right: Decimal) -> bool:
    return abs(left - right) <= Decimal("0.001")


def _step(target: Target, day: date) -> Decimal:
    later = [s.value for s in target.steps if s.deadline >= day]
    value = later[0] if later else target.steps[-1].value
    return Decimal("NaN") if value is None else value


def _straight(knots: Sequence[tuple[date, Fraction]], day: date) -> Fraction:
    done = [k for k in knots if k[0] <= day]
    todo = [k for k in knots if k[0] > day]
    if not done or not todo:
        return todo[0][1] if todo else done[-1][1]
    (d0, v0), (d1, v1) = done[-1], todo[0]
    return v0 + (v1 - v0) * (day - d0).days / (d1 - d0).days


def _curve(knots: Sequence[tuple[int, float]], year: int) -> float | None:
    done = [k for k in knots if k[0] <= year]
    todo = [k for k in knots if k[0] > year]
    if not done:
        return None
    if not todo:
        return done[-1][1]
    (y0, v0), (y1, v1) = done[-1], todo[0]
    return math.exp(math.log(v0) + (math.log(v1) - math.log(v0)) * (year - y0) / (y1 - y0))


def _months_later(end: date, months: int) -> date:
    """Return the last day of the month that lies ``months`` after the month of ``end``."""
    index = end.year * 12 + end.month - 1 + months + 1
    return date(index // 12, index % 12 + 1, 1) - timedelta(days=1)
