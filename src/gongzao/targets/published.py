"""Reading published figures: indicators, sources, observations, award lists, places and named clusters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from gongzao.kernel import (
    InvalidInput,
    InvalidValue,
    Period,
    Problem,
    Quantity,
    Uscc,
    parse_date,
    parse_number,
    parse_percent,
    parse_whole,
)
from gongzao.kernel.tables import Row, member, read_table
from gongzao.targets.errors import InvalidObservation
from gongzao.targets.model import Award, Confidence, Indicator, Nature, Observation, Qualifier, Source, Text

V = TypeVar("V")

INDICATORS = Path(__file__).with_name("indicators.csv")
"""The catalogue of indicators that comes with the engine."""

OBSERVATION_COLUMNS = (
    "subject",
    "indicator",
    "period",
    "value",
    "unit",
    "qualifier",
    "growth_pct",
    "scope",
    "basis",
    "source",
    "published_on",
    "confidence",
    "revision",
    "note",
)
"""Columns of an observations file, in the order in which they are written."""

_OPTIONAL = {"qualifier", "growth_pct", "basis", "published_on", "confidence", "revision", "note"}


@dataclass(frozen=True, slots=True)
class Region:
    """A place of the administrative tree; ``code`` and ``parent`` are GB/T 2260 codes."""

    code: str
    name_zh: str
    name_en: str
    level: str
    parent: str


@dataclass(frozen=True, slots=True)
class ClusterRecord:
    """A cluster named in a public source; ``industry_code`` is of GB/T 4754 (2 or 3 digits)."""

    slug: str
    name_zh: str
    name_en: str
    county_code: str
    county_name: str
    city_code: str
    city_name: str
    product_zh: str
    product_en: str
    industry_code: str


def load_indicators(path: Path = INDICATORS) -> dict[str, Indicator]:
    """Read a catalogue of indicators (columns id, name_zh, name_en, unit, nature).

    Raises
    ------
    InvalidInput
        With every problem found.
    """
    problems: list[Problem] = []
    found: dict[str, Indicator] = {}
    for row in read_table(path, ("id", "name_zh", "name_en", "unit", "nature"), problems):
        unit = row.require("unit", lambda text: Quantity.parse("0", text).unit)
        nature = row.require("nature", member(Nature))
        name = Text(row.text("name_zh", required=True), row.text("name_en", required=True))
        if unit and nature:
            _keep(row, "id", found, Indicator(row.text("id", required=True), name, unit, nature))
    return _or_raise(found, problems)


def load_sources(path: Path) -> dict[str, Source]:
    """Read a list of sources (columns id, title, publisher, published, confidence, note).

    Raises
    ------
    InvalidInput
        With every problem found.
    """
    problems: list[Problem] = []
    return _or_raise(read_sources(path, problems), problems)


def read_sources(path: Path, problems: list[Problem]) -> dict[str, Source]:
    """Read a list of sources; faults go to ``problems``."""
    found: dict[str, Source] = {}
    for row in read_table(path, ("id", "title", "publisher", "published", "confidence", "note"), problems):
        confidence = row.require("confidence", member(Confidence))
        key, title, publisher, published = (
            row.text(name, required=True) for name in ("id", "title", "publisher", "published")
        )
        if confidence:
            _keep(
                row, "id", found, Source(key, title, publisher, published, confidence, row.text("note", several=True))
            )
    return found


def load_observations(
    path: Path, *, indicators: Mapping[str, Indicator], sources: Mapping[str, Source]
) -> tuple[Observation, ...]:
    """Read published figures (columns :data:`OBSERVATION_COLUMNS`).

    Raises
    ------
    InvalidInput
        With every problem found.
    """
    problems: list[Problem] = []
    return _or_raise(read_observations(path, indicators, sources, problems), problems)


def read_observations(
    path: Path, indicators: Mapping[str, Indicator], sources: Mapping[str, Source] | None, problems: list[Problem]
) -> tuple[Observation, ...]:
    """Read published figures; faults go to ``problems``. Without ``sources`` their ids are not looked up."""
    found: dict[tuple[object, ...], int] = {}
    observations: list[Observation] = []
    required = [name for name in OBSERVATION_COLUMNS if name not in _OPTIONAL]
    for row in read_table(path, OBSERVATION_COLUMNS, problems, required=required):
        observation = _observation(row, indicators, sources)
        if observation is None:
            continue
        first = found.setdefault((*_same_months(observation), observation.revision), row.line)
        if first != row.line:
            row.refuse(
                None,
                InvalidObservation(
                    "observation.duplicate",
                    en=f"same subject, indicator, period, scope, basis and revision as line {first}; "
                    "a correction needs a higher revision",
                    zh=f"与第{first}行的主体、指标、期间、口径、依据和修订号相同；更正须用更高的修订号",
                ),
            )
        observations.append(observation)
    return tuple(observations)


def _same_months(observation: Observation) -> tuple[object, ...]:
    # 2025-H1 and 2025-YTD06 are the same months and so the same figure.
    period = observation.period
    return observation.subject, observation.indicator, period.start, period.end, observation.scope, observation.basis


def _observation(
    row: Row, indicators: Mapping[str, Indicator], sources: Mapping[str, Source] | None
) -> Observation | None:
    period = row.require("period", Period.parse)
    value = row.read("value", parse_number, None)
    growth = row.read("growth_pct", parse_percent, None)
    qualifier = row.read("qualifier", member(Qualifier), Qualifier.EXACT)
    published = row.read("published_on", parse_date, None)
    confidence = row.read("confidence", member(Confidence), Confidence.NEWS)
    revision = row.read("revision", parse_whole, 0)
    subject, unit, scope = (row.text(name, required=True) for name in ("subject", "unit", "scope"))
    indicator = indicators.get(row.text("indicator", required=True))
    if indicator is None and row.text("indicator"):
        error = InvalidObservation("observation.indicator", en="unknown indicator", zh="未知指标")
        row.refuse("indicator", error, row.text("indicator"))
    elif indicator is not None and unit:
        _check_unit(row, unit, indicator)
    source = row.text("source", required=True)
    if sources is not None and source and source not in sources:
        error = InvalidObservation("observation.source", en="unknown source id", zh="未知的来源编号")
        row.refuse("source", error, source)
    if period is None or indicator is None:
        return None
    return row.build(
        lambda: Observation(
            subject=subject,
            indicator=indicator.id,
            period=period,
            value=value,
            unit=unit,
            scope=scope,
            source=source,
            qualifier=qualifier,
            growth_pct=growth,
            basis=row.text("basis"),
            published_on=published,
            confidence=confidence,
            revision=revision,
            note=row.text("note", several=True),
        )
    )


def _check_unit(row: Row, unit: str, indicator: Indicator) -> None:
    try:
        Quantity.parse("0", unit).to(indicator.unit)
    except InvalidValue as error:
        row.refuse(
            "unit",
            InvalidObservation(
                "observation.unit",
                en=f"{indicator.id} is measured in {indicator.unit}: {error.en}",
                zh=f"“{indicator.name.zh}”的单位是{indicator.unit}：{error.zh}",
            ),
            unit,
        )


def read_awards(path: Path, sources: Mapping[str, Source] | None, problems: list[Problem]) -> tuple[Award, ...]:
    """Read dated award lists (columns title, holder, awarded_on, scope, source, revenue); faults go to ``problems``."""
    awards: dict[tuple[str, Uscc, date], Award] = {}
    columns = ("title", "holder", "awarded_on", "scope", "source", "revenue")
    for row in read_table(path, columns, problems, required=columns[:-1]):
        holder = row.require("holder", Uscc)
        awarded_on = row.require("awarded_on", parse_date)
        title, scope, source = (row.text(name, required=True) for name in ("title", "scope", "source"))
        revenue = row.read("revenue", parse_number, None)
        if sources is not None and source and source not in sources:
            error = InvalidObservation("award.source", en="unknown source id", zh="未知的来源编号")
            row.refuse("source", error, source)
        if holder is None or awarded_on is None or not row.ok:
            continue
        if (title, holder, awarded_on) in awards:
            error = InvalidObservation(
                "award.duplicate", en="the same award is listed twice", zh="同一企业同日同一称号重复"
            )
            row.refuse("holder", error, holder.code)
        awards[title, holder, awarded_on] = Award(title, holder, awarded_on, scope, source, revenue)
    return tuple(awards.values())


def load_regions(path: Path) -> tuple[Region, ...]:
    """Read places (columns code, name_zh, name_en, level, parent); a parent stands before its children.

    Raises
    ------
    InvalidInput
        With every problem found.
    """
    problems: list[Problem] = []
    found: dict[str, Region] = {}
    names = ("code", "name_zh", "name_en", "level", "parent")
    for row in read_table(path, names, problems):
        region = Region(*(row.text(name, required=name != "parent") for name in names))
        if region.parent and region.parent not in found:
            error = InvalidValue("region.parent", en="the parent is not listed above", zh="上级区划未在前文列出")
            row.refuse("parent", error, region.parent)
        _keep(row, "code", found, region)
    return tuple(_or_raise(found, problems).values())


def load_clusters(path: Path) -> tuple[ClusterRecord, ...]:
    """Read named clusters (columns as the fields of :class:`ClusterRecord`).

    Raises
    ------
    InvalidInput
        With every problem found.
    """
    problems: list[Problem] = []
    found: dict[str, ClusterRecord] = {}
    names = tuple(ClusterRecord.__dataclass_fields__)
    for row in read_table(path, names, problems):
        _keep(row, "slug", found, ClusterRecord(*(row.text(name, required=True) for name in names)))
    return tuple(_or_raise(found, problems).values())


def _keep(row: Row, field: str, found: dict[str, V], record: V) -> None:
    key = row.text(field)
    if key in found:
        row.refuse(field, InvalidValue("table.duplicate", en="occurs twice", zh="重复出现"), key)
    found[key] = record


def _or_raise(found: V, problems: list[Problem]) -> V:
    if problems:
        raise InvalidInput(problems)
    return found
