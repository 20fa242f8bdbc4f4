"""What a figure can be, and what it is likely to be, by indicator: rules are data, in ``data/plausibility.csv``.

What cannot be true is refused (:func:`impossible`); what is merely unlikely is a doubt that whoever records the figure
has to confirm (:func:`doubts`). A line without an indicator holds for every indicator of its unit.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from django.db.models import Max, Min

from gongzao.kernel import InvalidValue
from gongzao.targets import GOAL, Nature, load_indicators
from gongzao.web.clusters.latest import SUBJECT_KINDS, batches, in_unit, subject_of, value_in
from gongzao.web.clusters.models import Figure, Indicator, Observation

RULES = Path(__file__).with_name("data") / "plausibility.csv"
UNIT_SLIP = 1000
"""From this many times the last figure on, a unit (万元 for 亿元: 10⁴ times) is the likeliest reason."""

FAR = 100
"""A subject without a figure before is held against all others: so many times beyond them is unlikely."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What an indicator can and is likely to be; values in the indicator's unit, growth in %, ``None`` for no bound.

    Parameters
    ----------
    least, most
        What is outside cannot be true.
    likely
        Largest likely value by kind of subject.
    times
        Most times (or one part in so many) of the figure before.
    growth_least, growth_most
        Likely range of growth on the year.
    """

    least: Decimal | None
    most: Decimal | None
    likely: dict[str, Decimal | None]
    times: Decimal | None
    growth_least: Decimal | None
    growth_most: Decimal | None


@cache
def _rules() -> dict[tuple[str, str], Rule]:
    with RULES.open(encoding="utf-8", newline="") as file:
        return {(row["indicator"], row["unit"]): _rule(row) for row in csv.DictReader(file)}


def _rule(row: dict[str, str]) -> Rule:
    def bound(name: str) -> Decimal | None:
        return Decimal(row[name]) if row[name] else None

    likely = {kind: bound(f"likely_{kind}") for kind in SUBJECT_KINDS}
    plain = ("times", "growth_least", "growth_most")
    return Rule(bound("least"), bound("most"), likely, *(bound(name) for name in plain))


NO_RULE = Rule(None, None, dict.fromkeys(SUBJECT_KINDS), None, None, None)


def rule_of(indicator: Indicator) -> Rule:
    """Return the rule of an indicator: its own, or that of its unit."""
    return _rules().get((indicator.pk, indicator.unit)) or _rules().get(("", indicator.unit)) or NO_RULE


def impossible(row: Figure, today: date) -> Iterator[tuple[str, InvalidValue]]:
    """Yield by field why a figure, whose form is sound, cannot be true on ``today``."""
    end = row.period.end
    if row.basis != GOAL and end >= today:
        en = f"a figure can be known only after its period has ended: {row.period} ends on {end}, today is {today}"
        zh = f"期间尚未结束，不可能有数据：{row.period.label('zh')}止于{end}，今天是{today}"
        yield "period", InvalidValue("period.not_over", en=en, zh=zh)
    if row.published_on is not None and row.published_on > today:
        en = f"published on {row.published_on}, after today ({today})"
        zh = f"发布日期{row.published_on}晚于今天（{today}）"
        yield "published_on", InvalidValue("published_on.future", en=en, zh=zh)
    elif row.published_on is not None and row.basis != GOAL and row.published_on < (first := _first_known(row)):
        en = f"published on {row.published_on}, before it could be known ({first}; the period ends on {end})"
        zh = f"发布日期{row.published_on}早于数据可能产生的日期（{first}，期末为{end}）"
        yield "published_on", InvalidValue("published_on.early", en=en, zh=zh)
    rule, unit = rule_of(row.indicator), row.indicator.unit
    value = value_in(row.value, row.unit, unit)
    for bound, low in ((rule.least, True), (rule.most, False)):
        if value is not None and bound is not None and (value < bound if low else value > bound):
            got = f"{value.normalize():f}"
            en = f"{row.indicator.pk} is {'at least' if low else 'at most'} {bound} {unit}, got {got}"
            zh = f"“{row.indicator.name_zh}”不会{'小于' if low else '大于'}{bound}{unit}，收到{got}{unit}"
            yield "value", InvalidValue("value.impossible", en=en, zh=zh)
    if rule.least == 0 and row.growth_pct is not None and row.growth_pct < -100:
        en = f"what is never below 0 does not fall by more than 100 %, got {row.growth_pct.normalize():f}"
        zh = f"不为负的指标降幅不会超过100%，收到{row.growth_pct.normalize():f}%"
        yield "growth_pct", InvalidValue("growth_pct.impossible", en=en, zh=zh)


@cache
def _natures() -> dict[str, Nature]:
    return {indicator.id: indicator.nature for indicator in load_indicators().values()}


def _first_known(row: Figure) -> date:
    """Return the first day on which a figure can be published: a count stands on any day of its period."""
    stock = _natures().get(row.indicator_id) is Nature.STOCK
    return row.period.start if stock else row.period.end + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a figure is unlikely.

    Parameters
    ----------
    row
        Place in the sequence [0-based].
    field
        Field in doubt.
    error
        The rule, in words.
    """

    row: int
    field: str
    error: InvalidValue


def doubts(rows: Sequence[Figure]) -> list[Doubt]:
    """Return what is unlikely about sound figures, in their order; few queries whatever their number."""
    known = _known(rows)
    kinds = {subject_of(row)[0] for row in rows}
    peers = {kind: _Peers(kind, {row.indicator_id for row in rows}) for kind in kinds}
    return [
        Doubt(i, field, error)
        for i, row in enumerate(rows)
        for field, error in _unlikely(row, known[(*subject_of(row), row.indicator_id)], peers[subject_of(row)[0]])
    ]


def _known(rows: Sequence[Figure]) -> dict[tuple[object, ...], list[Observation]]:
    found: dict[tuple[object, ...], list[Observation]] = defaultdict(list)
    for kind in SUBJECT_KINDS:
        subjects = {getattr(row, f"{kind}_id") for row in rows} - {None}
        for batch in batches(subjects):
            same = Observation.objects.standing().filter(
                **{f"{kind}_id__in": batch}, indicator__in={row.indicator_id for row in rows}, value__isnull=False
            )
            for row in same.select_related("indicator").order_by("period_end", "revision"):
                found[(*subject_of(row), row.indicator_id)].append(row)
    return found


class _Peers:
    """What is known of all subjects of a kind: the scopes in use, and the span of each indicator in each scope."""

    def __init__(self, kind: str, indicators: set[str]) -> None:
        used = Observation.objects.standing().filter(**{f"{kind}__isnull": False})
        self.scopes = set(used.order_by().values_list("scope", flat=True).distinct())
        reached = used.filter(indicator__in=indicators, value__gt=0).exclude(basis=GOAL).order_by()
        spans = reached.values_list("indicator", "scope", "unit", "indicator__unit").annotate(
            Min("value"), Max("value")
        )
        self._spans: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
        for indicator, scope, unit, stored, least, most in spans:
            self._spans[indicator, scope] += [in_unit(value, unit, stored) for value in (least, most)]

    def span(self, row: Figure) -> tuple[Decimal, Decimal] | None:
        """Return the least and the largest value of the row's indicator in its scope [unit of the indicator]."""
        found = self._spans.get((row.indicator_id, row.scope))
        return (min(found), max(found)) if found else None


def _unlikely(row: Figure, known: list[Observation], peers: _Peers) -> Iterator[tuple[str, InvalidValue]]:
    rule, unit = rule_of(row.indicator), row.indicator.unit
    if row.scope not in peers.scopes:
        near = get_close_matches(row.scope, sorted(peers.scopes), 1, 0.6)
        hint_zh, hint_en = (f"，是否为“{near[0]}”？", f"; did you mean {near[0]!r}?") if near else ("", "")
        en, zh = f"scope {row.scope!r} is new here{hint_en}", f"口径“{row.scope}”从未用过{hint_zh}"
        yield "scope", InvalidValue("scope.new", en=en, zh=zh)
    value = value_in(row.value, row.unit, unit)
    likely = rule.likely[subject_of(row)[0]]
    if value is not None and likely is not None and value > likely:
        en = f"{value.normalize():f} {unit} is more than ever expected ({likely} {unit})"
        zh = f"{value.normalize():f}{unit}超出通常范围（{likely}{unit}以内）"
        yield "value", InvalidValue("value.unlikely", en=en, zh=zh)
    last = _before(row, known)
    if value and last is not None and rule.times is not None:
        then = value_in(last.value, last.unit, unit)
        if then and not 1 / rule.times <= value / then <= rule.times:
            yield "value", _leap(value / then, last, then, unit)
    if value and last is None and (span := peers.span(row)) and not span[0] / FAR <= value <= span[1] * FAR:
        of = f"{span[0].normalize():f}–{span[1].normalize():f} {unit}"
        en = (
            f"{value.normalize():f} {unit} is far from all others in this scope ({of}); is the unit right (万元, 亿元)?"
        )
        zh = f"{value.normalize():f}{unit}与同口径的其他数据（{of}）相差百倍以上，请核对单位（万元与亿元相差一万倍）"
        yield "value", InvalidValue("value.unit_slip", en=en, zh=zh)
    growth = row.growth_pct
    if growth is not None and (
        (rule.growth_least is not None and growth < rule.growth_least)
        or (rule.growth_most is not None and growth > rule.growth_most)
    ):
        en = f"growth of {growth.normalize():f} % is unlikely (expected {rule.growth_least} to {rule.growth_most} %)"
        zh = f"同比增速{growth.normalize():f}%超出通常范围（{rule.growth_least}%至{rule.growth_most}%）"
        yield "growth_pct", InvalidValue("growth_pct.unlikely", en=en, zh=zh)


def _before(row: Figure, known: list[Observation]) -> Observation | None:
    """Return the newest figure up to the end of the period that covers as many months in the same scope and basis."""
    alike = [
        other
        for other in known
        if (other.scope, other.basis) == (row.scope, row.basis)
        and other.period_end <= row.period.end
        and other.period.months == row.period.months
    ]
    return alike[-1] if alike else None


def _leap(ratio: Decimal, last: Observation, then: Decimal, unit: str) -> InvalidValue:
    slip = not Decimal(1) / UNIT_SLIP < ratio < UNIT_SLIP
    was_zh = f"{last.period.label('zh')}为{then.normalize():f}{unit}"
    was_en = f"it was {then.normalize():f} {unit} in {last.period}"
    en = f"{ratio:.4g} times the figure before ({was_en})" + ("; is the unit right (万元, 亿元)?" if slip else "")
    zh = f"为上一数据的{ratio:.4g}倍（{was_zh}）" + ("，请核对单位（万元与亿元相差一万倍）" if slip else "")
    return InvalidValue("value.unit_slip" if slip else "value.leap", en=en, zh=zh)
