"""The growth that the rest of a year must bring (剩余期间所需增速), derived from published figures."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal, localcontext

from gongzao.targets.display import show
from gongzao.targets.model import Aggregation, Nature, Observation, Plan, Target, Text
from gongzao.targets.path import rounded
from gongzao.targets.result import Remainder
from gongzao.targets.series import about, is_cumulative, known_on


def remainder(plan: Plan, target: Target, observations: Iterable[Observation], as_of: date) -> Remainder | None:
    """Return what the months left must bring so that the whole year still grows at the target's rate.

    Published growth is on a matched scope, so the same months of last year are the published level divided by
    ``1 + growth``; the rest of last year is its published level less that. Rests on the latest part-year figure with
    level and growth, and on the full year before, both of the target's scope and of one basis.

    Returns
    -------
    Remainder or None
        ``None`` if the target is no growth target of a flow or one of the two figures has not been published.
    """
    if target.aggregation is not Aggregation.GROWTH or target.indicator.nature is not Nature.FLOW:
        return None
    series = [item for item in about(target, plan, known_on(observations, as_of)) if item.scope == target.scope]
    parts = [i for i in series if is_cumulative(i) and i.growth_pct is not None and i.value is not None]
    if not parts or parts[-1].period.months == 12 or not plan.start.year <= parts[-1].period.year <= plan.end.year:
        return None
    part = parts[-1]
    before = [
        i for i in series if i.period.months == 12 and i.period.year == part.period.year - 1 and i.basis == part.basis
    ]
    rate = target.step_at(part.period.end).value
    level, growth = part.value_in(target.indicator.unit), part.growth_pct
    last_year = before[-1].value_in(target.indicator.unit) if before else None
    if level is None or growth is None or last_year is None or rate is None:
        return None
    return _derive(target, part, before[-1], level, growth, last_year, rate)


def _derive(
    target: Target,
    part: Observation,
    before: Observation,
    level: Decimal,
    growth: Decimal,
    last_year: Decimal,
    rate: Decimal,
) -> Remainder | None:
    with localcontext(prec=50):
        if growth <= -100:
            return None
        last_done = level / (1 + growth / 100)
        last_rest = last_year - last_done
        required = last_year * (1 + rate / 100)
        rest = required - level
        if last_rest <= 0:
            return None
        needed = (rest / last_rest - 1) * 100
    unit, year = target.indicator.unit, part.period.year
    first = part.period.last_month + 1
    figures = {
        lang: [
            show(x, unit, lang, digits=3)
            for x in (last_year, rounded(last_done), rounded(last_rest), level, rounded(rest))
        ]
        for lang in ("zh", "en")
    }
    zh, en = figures["zh"], figures["en"]
    done_before = part.period.previous_year
    formula = Text(
        zh=f"{done_before.label('zh')}＝{zh[3]}÷(1＋{growth}%)＝{zh[1]}；"
        f"{year - 1}年其余月份＝{zh[0]}－{zh[1]}＝{zh[2]}；"
        f"{year}年其余月份须达{zh[0]}×(1＋{rate}%)－{zh[3]}＝{zh[4]}，即增长{show(needed, '%', 'zh', digits=1)}",
        en=f"{done_before.label('en')} = {en[3]} / (1 + {growth} %) = {en[1]}; "
        f"rest of {year - 1} = {en[0]} - {en[1]} = {en[2]}; "
        f"rest of {year} must be {en[0]} x (1 + {rate} %) - {en[3]} = {en[4]}, "
        f"growth of {show(needed, '%', 'en', digits=1)}",
    )
    return Remainder(
        year=year,
        done=part.period,
        rest=(first, 12),
        unit=unit,
        done_level=level,
        done_growth_pct=growth,
        last_year=last_year,
        last_year_done=rounded(last_done),
        last_year_rest=rounded(last_rest),
        year_required=rounded(required),
        rest_required=rounded(rest),
        target_pct=rate,
        needed_pct=rounded(needed),
        formula=formula,
        inputs=(before, part),
    )
