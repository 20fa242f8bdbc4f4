"""What must hold for figures before they are recorded; reads only, and decides in bulk with few queries."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone, translation

from gongzao.kernel import InvalidValue, Quantity
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import editable
from gongzao.web.clusters.latest import SUBJECT_KINDS, batches, subject_of
from gongzao.web.clusters.models import Cluster, Enterprise, Figure, Indicator, Observation, Region, Source
from gongzao.web.clusters.plausibility import impossible

SUBJECTS: dict[str, type[models.Model]] = {"region": Region, "cluster": Cluster, "enterprise": Enterprise}
"""What figures can be about, by the foreign key that says so."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one of the rows handed in.

    Parameters
    ----------
    row
        Place in the sequence [0-based].
    field
        Field at fault, empty if it is the row as a whole.
    error
        The rule it breaks; ``None`` if the subject may not be written to by this user.
    earlier
        Place of the row that says the same figure, for a duplicate in the sequence itself.
    """

    row: int
    field: str
    error: InvalidValue | None
    earlier: int | None = None


def find_faults(rows: Sequence[Figure], *, by: User | None) -> list[Fault]:
    """Return everything that keeps ``rows`` from being recorded by ``by``, in their order.

    Call it in the transaction that records them: it holds back other writers of the same indicators.
    """
    # The lock makes revisions and the newest figure safe against others (on SQLite the transaction already is).
    locked = Indicator.objects.select_for_update().filter(pk__in={row.indicator_id for row in rows}).order_by("pk")
    indicators = {row.pk: row for row in locked}
    sources = Source.objects.in_bulk({row.source_id for row in rows})
    faults = _not_allowed(rows, by)
    hidden = {fault.row for fault in faults}
    for i, row in enumerate(rows):
        if i not in hidden:
            faults += [Fault(i, field, error) for field, error in _faults_of(row, indicators, sources)]
    broken = {fault.row for fault in faults}
    if by is not None:  # the files of a plan quote their documents, forecasts included
        sound, today = [i for i in range(len(rows)) if i not in broken], timezone.localdate()
        faults += [Fault(i, field, error) for i in sound for field, error in impossible(rows[i], today)]
        broken = {fault.row for fault in faults}
    faults += _wrong_revisions(rows, [i for i in range(len(rows)) if i not in broken])
    return sorted(faults, key=lambda fault: fault.row)


def _not_allowed(rows: Sequence[Figure], by: User | None) -> list[Fault]:
    faults = []
    for kind, model in SUBJECTS.items():
        places: dict[Any, list[int]] = defaultdict(list)
        for i, row in enumerate(rows):
            if (key := getattr(row, f"{kind}_id")) is not None:
                places[key].append(i)
        for batch in batches(places):
            found = model._default_manager.filter(pk__in=batch)
            if model is not Region:
                found = found.select_related("county")
            allowed = {subject.pk: subject for subject in (found if by is None else editable(found, by))}
            for key in batch:
                for i in places[key]:
                    if key in allowed:
                        setattr(rows[i], kind, allowed[key])
                    else:
                        faults.append(Fault(i, "subject", None))
    return faults


def _faults_of(
    row: Figure, indicators: dict[str, Indicator], sources: dict[str, Source]
) -> Iterator[tuple[str, InvalidValue]]:
    if sum(getattr(row, f"{kind}_id") is not None for kind in SUBJECT_KINDS) != 1:
        en, zh = (
            "a figure is about one region, one cluster or one enterprise",
            "观测值须属于一个地区、一个集群或一家企业",
        )
        yield "subject", InvalidValue("observation.subject", en=en, zh=zh)
        return
    if row.value is None and row.growth_pct is None:
        en, zh = "give a value, a growth rate or both", "数值与增速至少填一项"
        yield "value", InvalidValue("observation.empty", en=en, zh=zh)
    if (source := sources.get(row.source_id)) is None:
        yield "source", InvalidValue("observation.source", en="unknown source", zh="未知的来源编号")
    elif source.synthetic != getattr(row.subject, "synthetic", False):
        en = "synthetic and real data are not mixed: a synthetic source goes with a synthetic subject, and only with it"
        zh = "示例数据与真实数据不得混用：示例来源只能用于示例主体，示例主体也只能用示例来源"
        yield "source", InvalidValue("observation.mixed", en=en, zh=zh)
    try:
        row.clean_fields(exclude={*SUBJECT_KINDS, "indicator", "source", "period_end"})
    except ValidationError as error:
        yield from as_invalid_values(error)
        return
    row.period_end = row.period.end
    if (indicator := indicators.get(row.indicator_id)) is None:
        yield "indicator", InvalidValue("observation.indicator", en="unknown indicator", zh="未知指标")
        return
    row.indicator = indicator
    try:
        Quantity(Decimal(0), row.unit).to(indicator.unit)
    except InvalidValue as error:
        en = f"{indicator.pk} is measured in {indicator.unit}: {error.en}"
        zh = f"“{indicator.name_zh}”的单位是{indicator.unit}：{error.zh}"
        yield "unit", InvalidValue("observation.unit", en=en, zh=zh)


def as_invalid_values(error: ValidationError) -> list[tuple[str, InvalidValue]]:
    """Return Django's complaints by field, in both languages."""
    found = []
    for field, complaints in error.error_dict.items():
        for complaint in complaints:
            texts = []
            for language in ("en", "zh-hans"):
                with translation.override(language):
                    texts.append(" ".join(complaint.messages))
            found.append((field, InvalidValue(f"{field}.{complaint.code}", en=texts[0], zh=texts[1])))
    return found


def figure_of(row: Figure) -> tuple[object, ...]:
    """Return what makes two rows revisions of one figure."""
    # 2025-H1 and 2025-YTD06 are the same months and so the same figure.
    return (*subject_of(row), row.indicator_id, row.period.start, row.period.end, row.scope, row.basis)


def _wrong_revisions(rows: Sequence[Figure], places: Sequence[int]) -> list[Fault]:
    recorded = _recorded_revisions([rows[i] for i in places])
    first: dict[tuple[object, ...], int] = {}
    faults = []
    for i in sorted(places, key=lambda i: rows[i].revision):
        row, figure = rows[i], figure_of(rows[i])
        last = recorded.get(figure, -1)
        if row.revision == last + 1:
            recorded[figure] = row.revision
        elif row.revision > last:
            error = InvalidValue(
                "observation.revision",
                en=f"the next revision of this figure is {last + 1}, got {row.revision}",
                zh=f"该数据的下一个修订号应为{last + 1}，收到{row.revision}",
            )
            faults.append(Fault(i, "revision", error))
        else:
            error = InvalidValue(
                "observation.duplicate",
                en=f"the same figure (subject, indicator, {row.period}, scope {row.scope!r}, basis {row.basis!r}) "
                f"is already there as revision {row.revision}; a correction is revision {last + 1}",
                zh=f"同一数据（主体、指标、{row.period}、口径“{row.scope}”、计算基础“{row.basis}”）"
                f"的第{row.revision}版已存在；更正请用修订号{last + 1}",
            )
            faults.append(Fault(i, "", error, first.get((*figure, row.revision))))
        first.setdefault((*figure, row.revision), i)
    return faults


def _recorded_revisions(rows: Sequence[Figure]) -> dict[tuple[object, ...], int]:
    recorded: dict[tuple[object, ...], int] = {}
    ends: set[date] = {row.period_end for row in rows}
    indicators = {row.indicator_id for row in rows}
    for kind in SUBJECT_KINDS:
        subjects = {getattr(row, f"{kind}_id") for row in rows} - {None}
        for batch in batches(subjects):
            found = Observation.objects.filter(
                **{f"{kind}_id__in": batch}, indicator_id__in=indicators, period_end__in=ends
            )
            for row in found.only(f"{kind}_id", "indicator_id", "period", "scope", "basis", "revision"):
                figure = (kind, getattr(row, f"{kind}_id"), row.indicator_id, row.period.start, row.period.end)
                key = (*figure, row.scope, row.basis)
                recorded[key] = max(recorded.get(key, -1), row.revision)
    return recorded
