"""Targets for yearly flows such as revenue: a compounded path, part years held against last year's share of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, localcontext

from gongzao.targets import explain
from gongzao.targets.display import show
from gongzao.targets.lights import light_of
from gongzao.targets.model import Nature, Observation, Text
from gongzao.targets.path import compounded, growth_needed, rounded
from gongzao.targets.question import Question
from gongzao.targets.result import Attainment, Light, PathPoint
from gongzao.targets.series import is_cumulative


@dataclass(frozen=True, slots=True)
class _Level:
    """The level of a full year [target's unit], and how it is named."""

    year: int
    amount: Decimal
    words: Text


@dataclass(frozen=True, slots=True)
class _Judged:
    """A figure with what the path requires of the same months [target's unit]."""

    item: Observation
    value: Decimal
    required: Decimal
    rests_on: tuple[Observation, ...]


def flow_attainment(question: Question) -> Attainment:
    """Return how a yearly flow stands against its compounded path, on figures of one scope and basis only."""
    target, baseline = question.target, question.target.baseline
    basis = baseline.basis if baseline else ""
    cumulative = tuple(i for i in question.series if is_cumulative(i) and i.value is not None)
    same = tuple(i for i in cumulative if i.scope == target.scope and i.basis == basis)
    start = baseline.on if baseline else question.plan.start
    knots = _knots(question)
    level = _last_level(question, same)
    towards = _towards(question, level)
    shared = replace(
        question.answer(Light.NO_DATA, explain.join(explain.nothing_yet(question), towards and towards[1])),
        path=_yearly(knots),
        growth_needed_pct=towards and towards[0],
        missing=explain.nothing_yet(question),
        observed=question.points(tuple(i for i in same if i.period.months == 12)),
    )
    matched = tuple(i for i in same if i.period.end > start)
    if not matched:
        others = tuple(i for i in cumulative if i.period.end > start)
        if not others:
            return shared
        reason = explain.join(explain.scope_changed(question, others[-1]), towards and towards[1])
        return replace(shared, light=Light.CANNOT_BE_SAID, explanation=reason, rests_on=others[-1:])
    judged = next((j for i in reversed(matched) if (j := _judge(question, i, same, knots)) is not None), None)
    if judged is None:
        missing = _missing(question, matched[-1])
        return replace(
            shared,
            explanation=explain.join(missing, towards and towards[1]),
            missing=missing,
            latest=matched[-1].value_in(target.unit),
            latest_period=matched[-1].period,
            qualifier=matched[-1].qualifier,
            rests_on=matched[-1:],
        )
    return _verdict(question, shared, judged, towards and towards[1])


def _verdict(question: Question, shared: Attainment, judged: _Judged, towards: Text | None) -> Attainment:
    target, item = question.target, judged.item
    full = item.period.months == 12
    day = item.period.end
    step = target.step_at(day)
    stale = question.stale(day)
    light = light_of(
        Nature.FLOW,
        target.comparator,
        judged.value,
        judged.required,
        due=full and day == step.deadline,
    )
    return replace(
        shared,
        light=light,
        day=day,
        stale=stale,
        explanation=explain.join(
            explain.stale(day) if stale else None,
            explain.flow(target, item, judged.value, judged.required, derived=not full),
            towards,
            explain.basis_unknown(judged.rests_on),
        ),
        latest=judged.value,
        latest_period=item.period,
        qualifier=item.qualifier,
        required=judged.required,
        distance=judged.value - judged.required,
        distance_unit=target.unit,
        to_step=judged.value - step.value if full and step.value is not None else None,
        missing=None,
        rests_on=judged.rests_on,
        observed=question.points(tuple(i for i in judged.rests_on if i.period.months < 12)) + shared.observed,
    )


def _judge(
    question: Question, item: Observation, same: Sequence[Observation], knots: Sequence[PathPoint]
) -> _Judged | None:
    value = item.value_in(question.target.unit)
    path = compounded(knots, item.period.year) if knots else None
    if value is None or path is None:
        return None
    if item.period.months == 12:
        return _Judged(item, value, path, (item,))
    last_year, published = _full_year(question, same, item.period.year - 1)
    part, rests_on = _year_before(question, item, value, same)
    if last_year is None or part is None:
        return None
    with localcontext(prec=50):
        required = rounded(path * part / last_year)
    return _Judged(item, value, required, (*published, *rests_on, item))


def _year_before(
    question: Question, item: Observation, value: Decimal, same: Sequence[Observation]
) -> tuple[Decimal | None, tuple[Observation, ...]]:
    """Return the same months of the year before: derived from matched-scope growth, else as published."""
    if item.growth_pct is not None and item.growth_pct > -100:
        with localcontext(prec=50):
            return value / (1 + item.growth_pct / 100), ()
    before = [i for i in same if i.period.same_months(item.period.previous_year)]
    return (before[-1].value_in(question.target.unit), (before[-1],)) if before else (None, ())


def _full_year(
    question: Question, same: Sequence[Observation], year: int
) -> tuple[Decimal | None, tuple[Observation, ...]]:
    found = tuple(i for i in same if i.period.months == 12 and i.period.year == year)
    if found:
        return found[-1].value_in(question.target.unit), found[-1:]
    baseline = question.target.baseline
    return (baseline.value, ()) if baseline and baseline.on == date(year, 12, 31) else (None, ())


def _knots(question: Question) -> tuple[PathPoint, ...]:
    target = question.target
    begin = (PathPoint(target.baseline.on, target.baseline.value),) if target.baseline else ()
    return (*begin, *(PathPoint(step.deadline, step.value) for step in target.steps if step.value is not None))


def _yearly(knots: Sequence[PathPoint]) -> tuple[PathPoint, ...]:
    levels = ((year, compounded(knots, year)) for year in range(knots[0].on.year, knots[-1].on.year + 1))
    return tuple(PathPoint(date(year, 12, 31), level) for year, level in levels if level is not None)


def _last_level(question: Question, same: Sequence[Observation]) -> _Level | None:
    target, baseline = question.target, question.target.baseline
    full = [i for i in same if i.period.months == 12]
    if baseline and (not full or full[-1].period.end <= baseline.on):
        words = [show(baseline.value, target.unit, lang, baseline.qualifier) for lang in ("zh", "en")]
        return _level(baseline.on.year, baseline.value, words)
    if not full:
        return None
    value = full[-1].value_in(target.unit)
    if value is None:
        return None
    words = [show(value, target.unit, lang, full[-1].qualifier) for lang in ("zh", "en")]
    return _level(full[-1].period.year, value, words)


def _level(year: int, amount: Decimal, words: Sequence[str]) -> _Level:
    return _Level(year, amount, Text(f"{year}年的{words[0]}", f"{words[1]} in {year}"))


def _towards(question: Question, level: _Level | None) -> tuple[Decimal, Text] | None:
    last = question.target.last
    if level is None or last.value is None:
        return None
    needed = growth_needed(level.amount, last.value, last.deadline.year - level.year)
    return (
        None
        if needed is None
        else (needed, explain.growth_to_deadline(level.words, last.deadline, needed, question.as_of))
    )


def _missing(question: Question, item: Observation) -> Text:
    unit, year = question.target.unit, item.period.year - 1
    value = item.value_in(unit) or Decimal(0)
    zh, en = (explain.figure(question.target, item, value, language) for language in ("zh", "en"))
    return Text(
        f"{item.period.label('zh')}为{zh}；要与进度比较，还缺同口径的{year}年全年数、同期增速或进度线起点。",
        f"{en} in {item.period.label('en')}; to hold it against the path, the full year {year} of the same scope, "
        "growth on the same months, or the beginning of the path is missing.",
    )
