"""Attainment: how each target of a plan stands on a day, and why."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from gongzao.targets import explain
from gongzao.targets.counts import count_attainment
from gongzao.targets.display import show
from gongzao.targets.growth import growth_attainment
from gongzao.targets.levels import flow_attainment
from gongzao.targets.model import Aggregation, Award, Observation, Plan, Text
from gongzao.targets.question import Question
from gongzao.targets.result import Attainment, Light
from gongzao.targets.series import known_on
from gongzao.targets.titles import titles_attainment


def attain(
    plan: Plan, observations: Iterable[Observation], as_of: date, *, awards: Iterable[Award] = ()
) -> tuple[Attainment, ...]:
    """Return how every target of ``plan`` stands on ``as_of``, in the plan's order.

    Parameters
    ----------
    plan
        The plan.
    observations
        Published figures; those whose period has ended by ``as_of`` count, each in its latest revision. Figures of
        other places and indicators are ignored, figures of another scope or basis are never chained with the target's.
    as_of
        The day.
    awards
        Lines of dated award lists, for targets on newly awarded titles.

    Examples
    --------
    >>> from gongzao.targets import load, shipped_plan
    >>> dossier = load(shipped_plan("hebei-2025-2027"))
    >>> growth = attain(dossier.plan, dossier.observations, date(2025, 6, 30))[0]
    >>> growth.light.value, str(growth.latest), str(growth.required)
    ('behind', '5.1', '8')
    """
    known, lists = known_on(observations, as_of), tuple(awards)
    return tuple(_attain(Question(plan, target, as_of, known), lists) for target in plan.targets)


def _attain(question: Question, awards: tuple[Award, ...]) -> Attainment:
    answer = _answer(question, awards)
    if question.as_of >= question.plan.start:
        return answer
    begins = explain.not_begun(question.plan.start)
    blank = question.answer(Light.NO_DATA, begins)
    return replace(blank, missing=begins, path=answer.path, growth_needed_pct=answer.growth_needed_pct)


def _answer(question: Question, awards: tuple[Award, ...]) -> Attainment:
    match question.target.aggregation:
        case Aggregation.GROWTH:
            return growth_attainment(question)
        case Aggregation.NEW_TITLES:
            return titles_attainment(question, awards)
        case Aggregation.MATURITY:
            return _with_evidence(question, count_attainment(question))
        case Aggregation.QUALITATIVE:
            return _qualitative(question)
        case Aggregation.SUM if question.target.compounds:
            return flow_attainment(question)
        case _:
            return count_attainment(question)


def _with_evidence(question: Question, answer: Attainment) -> Attainment:
    baseline = question.target.baseline
    note = explain.sentence(baseline.note) if baseline and baseline.assumed else None
    return replace(answer, explanation=explain.join(answer.explanation, note, _listed(question, answer)))


def _qualitative(question: Question) -> Attainment:
    target = question.target
    step = target.step_at(question.as_of)
    words = step.text or Text("", "")
    none = Text(
        f"定性目标，没有可比较的数值：到{step.deadline}{words.zh}。",
        f"A qualitative target without a figure to hold it against: by {step.deadline}, {words.en}.",
    )
    answer = question.answer(Light.NO_DATA, none)
    baseline = target.baseline
    begin = None
    if baseline is not None:
        zh, en = (show(baseline.value, target.unit, language, baseline.qualifier) for language in ("zh", "en"))
        begin = Text(f"基期（{baseline.on}）为{zh}。", f"The baseline ({baseline.on}) is {en}.")
    return replace(
        answer,
        explanation=explain.join(none, begin, _listed(question, answer)),
        missing=Text("方案未规定可比较的数值。", "The plan sets no figure."),
    )


def _listed(question: Question, answer: Attainment) -> Text:
    """Name the latest evidence in a sentence."""
    if not answer.evidence:
        return Text("尚无公开的佐证数据。", "No figure that would illustrate it has been published.")
    target, plan = question.target, question.plan
    names = {indicator.id: indicator.name for indicator in target.evidence}
    parts: list[Text] = []
    for item in answer.evidence:
        if item.value is None:
            continue
        zh, en = (show(item.value, item.unit, language, item.qualifier) for language in ("zh", "en"))
        scope = plan.scope_name(item.scope)
        other = item.scope != target.scope
        parts.append(
            Text(
                f"{names[item.indicator].zh}{zh}（{item.period.label('zh')}{'，' + scope.zh if other else ''}）",
                f"{names[item.indicator].en} {en} ({item.period.label('en')}{', ' + scope.en if other else ''})",
            )
        )
    return Text("佐证：" + "、".join(p.zh for p in parts) + "。", "Evidence: " + "; ".join(p.en for p in parts) + ".")
