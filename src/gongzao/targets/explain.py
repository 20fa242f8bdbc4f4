"""The sentences of an attainment, in both languages."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from gongzao.targets.display import COMPARATORS, show
from gongzao.targets.lights import STALE_AFTER_MONTHS
from gongzao.targets.model import UNKNOWN, Observation, Qualifier, Step, Target, Text
from gongzao.targets.question import Question


def join(*parts: Text | None) -> Text:
    """Return sentences one after the other, each beginning with a capital; ``None`` is left out."""
    kept = [part for part in parts if part is not None]
    return Text("".join(part.zh for part in kept), " ".join(part.en[:1].upper() + part.en[1:] for part in kept))


def sentence(words: Text | None) -> Text | None:
    """Return a note of a plan as a sentence."""
    return None if words is None else Text(f"{words.zh.rstrip('。')}。", f"{words.en.rstrip('.')}.")


def goal(target: Target, step: Step, language: str) -> str:
    """Return a milestone's value in words, ``约8%``."""
    value = "" if step.value is None else show(step.value, target.unit, language)
    return COMPARATORS[target.comparator].get(language) + value


def figure(target: Target, item: Observation, value: Decimal, language: str) -> str:
    """Return an observed value in words, ``约1.74万亿元``."""
    return show(value, target.unit, language, item.qualifier)


def against(distance: Decimal, unit: str, *, digits: int | None = None) -> Text:
    """Return how far a value is from what is asked for: "低2.9个百分点"."""
    if distance == 0:
        return Text("正好持平", "exactly that")
    low = distance < 0
    zh, en = (show(abs(distance), unit, language, digits=digits) for language in ("zh", "en"))
    return Text(f"{'低' if low else '高'}{zh}", f"{en} {'below' if low else 'above'} that")


def stale(day: date) -> Text:
    """Say that the verdict speaks of a day long past."""
    return Text(
        f"以下为{day}的情况，距所选日期已超过{STALE_AFTER_MONTHS}个月，其后没有可比数据，不能代表当前进度。",
        f"This is how it stood on {day}, more than {STALE_AFTER_MONTHS} months before the day asked for; nothing "
        "comparable has been published since, so it does not speak of the present.",
    )


def milestone_passed(step: Step, day: date, as_of: date) -> Text | None:
    """Say that a milestone has passed since ``day`` without a figure that would tell whether it was met."""
    if not day < step.deadline < as_of:
        return None
    return Text(
        f"{step.deadline}的节点已过，尚无到期后的数据，是否达到不得而知。",
        f"The milestone of {step.deadline} has passed; no figure since then tells whether it was met.",
    )


def basis_unknown(items: Sequence[Observation]) -> Text | None:
    """Say that a publisher did not tell how a figure was counted."""
    if all(item.basis != UNKNOWN for item in items):
        return None
    return Text("来源未注明该数的计算依据。", "The source does not say on what basis it was counted.")


def nothing_yet(question: Question) -> Text:
    """Say that the plan period holds no figure yet."""
    target, plan = question.target, question.plan
    scope = plan.scope_name(target.scope)
    return Text(
        f"规划期内尚无“{target.indicator.name.zh}”数据（口径：{scope.zh}）。",
        f"No figure of {target.indicator.name.en} has been published for the plan period (scope: {scope.en}).",
    )


def not_begun(plan_start: date) -> Text:
    """Say that the plan period has not begun."""
    return Text(f"规划期自{plan_start}起，尚未开始。", f"The plan period begins on {plan_start}.")


def scope_changed(question: Question, other: Observation) -> Text:
    """Say why figures of another scope or basis cannot be compared."""
    target, plan = question.target, question.plan
    wanted, got = plan.scope_name(target.scope), plan.scope_name(other.scope)
    basis = Text(f"、依据“{other.basis}”", f", basis {other.basis!r}") if other.basis else Text("", "")
    return Text(
        f"{other.period.label('zh')}的数据口径为“{got.zh}”{basis.zh}，与目标口径“{wanted.zh}”或起点的计算依据不同，"
        "不能衔接比较，无法判断。",
        f"The figure for {other.period.label('en')} has the scope {got.en!r}{basis.en}; the target's scope is "
        f"{wanted.en!r} and its basis differs or may differ, so the two cannot be chained.",
    )


def growth(target: Target, item: Observation, rate: Decimal, distance: Decimal, step: Step) -> Text:
    """Say how published growth stands against the target rate."""
    gap = against(distance, "百分点")
    exact = item.qualifier if item.value is None else Qualifier.EXACT
    zh, en = (show(rate, "%", language, exact) for language in ("zh", "en"))
    return Text(
        f"{item.period.label('zh')}增长{zh}，目标为年均{goal(target, step, 'zh')}，{gap.zh}。",
        f"Growth of {en} in {item.period.label('en')} against a yearly average of {goal(target, step, 'en')}: "
        f"{gap.en}.",
    )


def rest_of_year(year: int, first_month: int, needed: Decimal, as_of: date) -> Text:
    """Say what growth the months left must bring, or had to once the year is over."""
    if needed <= -100:
        return Text(f"{year}年全年目标所需已经达到。", f"What all of {year} needs has been reached already.")
    months = f"{first_month}—12月" if first_month < 12 else "12月"
    zh, en = (show(needed, "%", language, digits=1) for language in ("zh", "en"))
    if as_of > date(year, 12, 31):
        return Text(
            f"要达到{year}年全年目标，{months}当时须增长约{zh}（推算）；该年已结束，尚无全年数据。",
            f"To reach the rate for all of {year}, the months then left had to grow by about {en} (derived); the year "
            "is over and its figure has not been published.",
        )
    return Text(
        f"要达到{year}年全年目标，{months}须增长约{zh}（推算）。",
        f"To reach the rate for all of {year}, the months left must grow by about {en} (derived).",
    )


def growth_to_deadline(level: Text, deadline: date, needed: Decimal, as_of: date) -> Text:
    """Say what yearly growth leads from a level to the last milestone, or would have led there."""
    zh, en = (show(needed, "%", language, digits=1) for language in ("zh", "en"))
    if as_of > deadline:
        return Text(
            f"从{level.zh}到{deadline.year}年目标，当时年均须增长{zh}；期限已过，尚无当年全年数据。",
            f"From {level.en} to the target for {deadline.year} it took {en} a year; the deadline has passed and the "
            "figure of that year has not been published.",
        )
    return Text(
        f"从{level.zh}到{deadline.year}年目标，年均须增长{zh}。",
        f"From {level.en} to the target for {deadline.year} takes {en} a year.",
    )


def flow(target: Target, item: Observation, value: Decimal, required: Decimal, *, derived: bool) -> Text:
    """Say how a level stands against the path of the same months."""
    gap = against(value - required, target.unit)
    how = Text("（按上年同期占全年比重推算）", " (derived from last year's share of these months)")
    zh, en = figure(target, item, value, "zh"), figure(target, item, value, "en")
    return Text(
        f"{item.period.label('zh')}为{zh}，同期进度要求{show(required, target.unit, 'zh')}"
        f"{how.zh if derived else ''}，{gap.zh}。",
        f"{en} in {item.period.label('en')}; the path requires {show(required, target.unit, 'en')}"
        f"{how.en if derived else ''}: {gap.en}.",
    )


def count(question: Question, item: Observation, value: Decimal, required: Decimal) -> Text:
    """Say how a count stood against the path when it was taken, and against the milestone then due next."""
    target = question.target
    step = target.step_at(item.period.end)
    assert step.value is not None  # noqa: S101 - steps of a count have values, checked when the target is made
    gap, left = against(value - required, target.unit), max(Decimal(0), step.value - value)
    zh, en = figure(target, item, value, "zh"), figure(target, item, value, "en")
    end = Text("已达到该节点", "that is reached")
    if left:
        end = Text(f"还差{show(left, target.unit, 'zh')}", f"{show(left, target.unit, 'en')} to go")
    return Text(
        f"{item.period.label('zh')}为{zh}，进度要求{show(required, target.unit, 'zh')}，{gap.zh}；"
        f"{step.deadline}目标{goal(target, step, 'zh')}，{end.zh}。",
        f"{en} in {item.period.label('en')}; the path requires {show(required, target.unit, 'en')}: {gap.en}. "
        f"The milestone of {step.deadline} is {goal(target, step, 'en')}: {end.en}.",
    )


def path_begins(item: Observation, *, only: bool) -> Text:
    """Say that the path begins at an observation because the plan gives no baseline."""
    label = Text(item.period.label("zh"), item.period.label("en"))
    if only:
        return Text(
            f"方案未给基期数，进度线从{label.zh}的数据起算；它也是唯一的数据，与进度线必然相符，快慢要等下一次数据。",
            f"The plan gives no baseline, so the path begins at the figure for {label.en}; it is also the only figure "
            "and lies on the path by construction: the pace shows with the next one.",
        )
    return Text(
        f"方案未给基期数，进度线从{label.zh}的数据起算。",
        f"The plan gives no baseline, so the path begins at the figure for {label.en}.",
    )
