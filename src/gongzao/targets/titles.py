"""Newly awarded titles, counted from dated lists: lists are never summed, since titles lapse and lists overlap."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from gongzao.kernel import Quantity
from gongzao.targets import explain
from gongzao.targets.counts import straight_path
from gongzao.targets.display import show
from gongzao.targets.lights import light_of
from gongzao.targets.model import Award, Nature, Text
from gongzao.targets.path import linear, whole
from gongzao.targets.question import Question
from gongzao.targets.result import Attainment, Light


def titles_attainment(question: Question, awards: Iterable[Award]) -> Attainment:
    """Return how many firms were given one of the titles for the first time since the baseline.

    A firm counts once, and only if no earlier list held it with one of the titles; so lists from before the baseline
    are needed as well as lists from after it. With a threshold the firm's revenue has to be known.
    """
    target = question.target
    since = target.baseline.on if target.baseline else question.plan.start
    lists = [
        a for a in awards if a.title in target.titles and a.scope == target.scope and a.awarded_on <= question.as_of
    ]
    before = {a.holder for a in lists if a.awarded_on <= since}
    fresh = [a for a in lists if a.awarded_on > since and a.holder not in before]
    path = straight_path(target)
    missing = _missing(question, any_before=bool(before), after=[a for a in lists if a.awarded_on > since])
    assumed = explain.sentence(target.baseline.note) if target.baseline and target.baseline.assumed else None
    if missing is not None:
        answer = question.answer(Light.NO_DATA, explain.join(missing, assumed))
        return replace(answer, missing=missing, path=path)
    new = Decimal(len({a.holder for a in fresh if _is_large_enough(question, a)}))
    day = max(a.awarded_on for a in lists)
    stale = question.stale(day)
    required = whole(linear(path, day))
    step, last = target.step_at(day), target.last
    assert step.value is not None and last.value is not None  # noqa: S101, PT018 - checked when the target is made
    due = day >= step.deadline
    gap = explain.against(new - required, target.unit)
    zh, en = (show(required, target.unit, language) for language in ("zh", "en"))
    said = Text(
        f"自{since}以来新认定{new}家（按名单首次出现计，最新名单为{day}），进度要求{zh}，{gap.zh}；"
        f"{step.deadline}目标{explain.goal(target, step, 'zh')}。",
        f"{new} firms named for the first time since {since} (newest list of {day}); the path requires {en}: {gap.en}. "
        f"The milestone of {step.deadline} is {explain.goal(target, step, 'en')}.",
    )
    passed = explain.milestone_passed(step, day, question.as_of)
    explanation = explain.join(explain.stale(day) if stale else None, said, passed, assumed)
    return replace(
        question.answer(light_of(Nature.STOCK, target.comparator, new, required, due=due), explanation),
        day=day,
        stale=stale,
        latest=new,
        required=required,
        distance=new - required,
        distance_unit=target.unit,
        to_step=new - step.value,
        amount_needed=max(Decimal(0), last.value - new),
        path=path,
    )


def _is_large_enough(question: Question, award: Award) -> bool:
    threshold = question.target.threshold
    if threshold is None:
        return True
    limit = Quantity(threshold.value, threshold.unit).to("亿元").value
    return award.revenue is not None and award.revenue >= limit


def _missing(question: Question, *, any_before: bool, after: list[Award]) -> Text | None:
    target = question.target
    since = target.baseline.on if target.baseline else question.plan.start
    name = target.indicator.name
    if not after:
        return Text(
            f"缺少{since}以后公布的认定名单（{name.zh}；须有日期和统一社会信用代码）；不能用各批名单数相加代替。",
            f"Award lists published after {since} are missing ({name.en}; with dates and firm codes). "
            "Adding up the sizes of lists is no substitute.",
        )
    if not any_before:
        return Text(
            f"缺少{since}及以前的认定名单（{name.zh}），无法区分新认定与复核通过。",
            f"Award lists from {since} or before are missing ({name.en}), so new awards cannot be told from renewals.",
        )
    if target.threshold is not None and any(award.revenue is None for award in after):
        return Text(
            "名单中有企业缺少营业收入，无法判断是否达到规模门槛。",
            "The lists lack the revenue of some firms, so the size threshold cannot be applied.",
        )
    return None
