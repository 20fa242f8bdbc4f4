"""Reading a plan and the figures that belong to it. Every fault of every file is reported at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

from gongzao.kernel import InvalidInput, InvalidValue, Problem, Quantity, parse_date, parse_number
from gongzao.kernel.marked import Marked, read_yaml
from gongzao.kernel.tables import member
from gongzao.targets.errors import InvalidPlan, UnknownPlan
from gongzao.targets.model import (
    Aggregation,
    Award,
    Baseline,
    Comparator,
    Confidence,
    Counted,
    Indicator,
    Observation,
    Plan,
    PlanFiles,
    Qualifier,
    Source,
    Step,
    Target,
    Text,
    Threshold,
)
from gongzao.targets.published import load_indicators, read_awards, read_observations, read_sources

_PLAN_KEYS = (
    "id",
    "name",
    "issuer",
    "document",
    "issued_on",
    "start",
    "end",
    "region",
    "scope",
    "scopes",
    "data",
)
_TARGET_KEYS = (
    "id",
    "name",
    "indicator",
    "scope",
    "aggregation",
    "comparator",
    "unit",
    "steps",
    "source",
    "citation",
    "confidence",
    "baseline",
    "threshold",
    "titles",
    "evidence",
    "note",
)


@dataclass(frozen=True, slots=True)
class Dossier:
    """A plan with everything that has been published about it."""

    plan: Plan
    observations: tuple[Observation, ...]
    sources: dict[str, Source]
    awards: tuple[Award, ...]


def shipped_plans() -> dict[str, Path]:
    """Return the plans that come with the package: path of the YAML file by plan id (the file's name)."""
    folder = Path(str(files("gongzao.targets") / "plans"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def shipped_plan(plan_id: str) -> Path:
    """Return the path of one shipped plan.

    Raises
    ------
    UnknownPlan
        ``plan.unknown``.
    """
    plans = shipped_plans()
    if plan_id not in plans:
        raise UnknownPlan(
            "plan.unknown",
            en=f"no shipped plan {plan_id!r}; there are: {', '.join(plans)}",
            zh=f"没有内置规划“{plan_id}”；现有：{'、'.join(plans)}",
        )
    return plans[plan_id]


def load(
    plan: Path,
    observations: Path | None = None,
    sources: Path | None = None,
    awards: Path | None = None,
    *,
    indicators: Mapping[str, Indicator] | None = None,
) -> Dossier:
    """Read a plan, its figures and their sources.

    Parameters
    ----------
    plan
        YAML file.
    observations, sources
        CSV files. Left out: those that the plan names under ``data``, beside it. A plan that names no sources file
        is read without looking source ids up.
    awards
        CSV file of dated award lists, if there is one.
    indicators
        Catalogue of indicators; the one that comes with the engine if left out.

    Raises
    ------
    InvalidInput
        With every problem found in any of the files.
    """
    catalogue = load_indicators() if indicators is None else indicators
    problems: list[Problem] = []
    root = read_yaml(plan, ("plan", "targets"), problems)
    head = None if root is None else root.mapping("plan", _PLAN_KEYS)
    names = PlanFiles() if head is None else _files(head)
    sources = sources or (plan.with_name(names.sources) if names.sources else None)
    observations = observations or (plan.with_name(names.observations) if names.observations else None)
    known = None if sources is None else read_sources(sources, problems)
    made = None if root is None or head is None else _plan(root, head, names, catalogue, known)
    figures = () if observations is None else read_observations(observations, catalogue, known, problems)
    lists = () if awards is None else read_awards(awards, known, problems)
    if problems or made is None:
        raise InvalidInput(problems)
    return Dossier(made, figures, known or {}, lists)


def _words(entry: Marked, key: str, *, required: bool = True) -> Text | None:
    words = entry.words(key, required=required)
    return Text(*words) if words else None


def _files(head: Marked) -> PlanFiles:
    names = tuple(PlanFiles.__dataclass_fields__)
    data = head.mapping("data", names, required=False)
    return PlanFiles() if data is None else PlanFiles(*(data.read(name, _name, required=False) or "" for name in names))


def _plan(
    root: Marked,
    head: Marked,
    names: PlanFiles,
    indicators: Mapping[str, Indicator],
    sources: Mapping[str, Source] | None,
) -> Plan | None:
    plan_id, document, region, scope = (head.text(key) for key in ("id", "document", "region", "scope"))
    name, issuer = _words(head, "name"), _words(head, "issuer")
    issued_on, start, end = (head.read(key, parse_date) for key in ("issued_on", "start", "end"))
    scopes = {}
    for entry in head.entries("scopes", ("id", "zh", "en"), required=False):
        scopes[entry.text("id")] = Text(entry.text("zh"), entry.text("en"))
    targets = _Targets(scope, start, end, indicators, sources)
    made = tuple(targets.read(entry) for entry in root.entries("targets", _TARGET_KEYS))
    if not made and not root.problems:
        root.refuse("targets", InvalidPlan("plan.empty", en="a plan has at least one target", zh="规划至少有一项目标"))
    if name is None or issuer is None or issued_on is None or start is None or end is None or root.problems:
        return None
    try:
        return Plan(
            id=plan_id,
            name=name,
            issuer=issuer,
            document=document,
            issued_on=issued_on,
            start=start,
            end=end,
            region=region,
            scope=scope,
            targets=tuple(target for target in made if target is not None),
            scopes=scopes,
            files=names,
        )
    except InvalidValue as error:
        head.refuse("", error)
        return None


class _Targets:
    """Reads the entries under ``targets`` with what they share."""

    def __init__(
        self,
        scope: str,
        start: date | None,
        end: date | None,
        indicators: Mapping[str, Indicator],
        sources: Mapping[str, Source] | None,
    ) -> None:
        self._scope = scope
        self._start = start or date.min
        self._end = end or date.max
        self._indicators = indicators
        self._sources = sources
        self._seen: set[str] = set()

    def read(self, entry: Marked) -> Target | None:
        """Return the target of one entry, or ``None`` if anything in it is wrong (then noted)."""
        before = len(entry.problems)
        target_id = entry.text("id")
        if target_id in self._seen:
            entry.refuse(
                "id", InvalidPlan("plan.duplicate", en="target id is used twice", zh="目标编号重复"), target_id
            )
        self._seen.add(target_id)
        name, citation, note = _words(entry, "name"), _words(entry, "citation"), _words(entry, "note", required=False)
        indicator = entry.read("indicator", self._indicator)
        aggregation = entry.read("aggregation", member(Aggregation))
        comparator = entry.read("comparator", member(Comparator))
        confidence = entry.read("confidence", member(Confidence))
        unit = entry.read("unit", _unit) or ""
        steps = tuple(self._step(step) for step in entry.entries("steps", ("deadline", "value", "text")))
        source = entry.read("source", self._source) or ""
        baseline, threshold = self._baseline(entry), self._threshold(entry)
        evidence = tuple(self._evidence(entry))
        if len(entry.problems) > before or not (name and citation and indicator and aggregation):
            return None
        if comparator is None or confidence is None:
            return None
        try:
            return Target(
                id=target_id,
                name=name,
                indicator=indicator,
                scope=entry.text("scope", required=False) or self._scope,
                aggregation=aggregation,
                comparator=comparator,
                unit=unit,
                steps=tuple(step for step in steps if step is not None),
                source=source,
                citation=citation,
                confidence=confidence,
                baseline=baseline,
                threshold=threshold,
                titles=entry.texts("titles"),
                evidence=evidence,
                note=note,
            )
        except InvalidValue as error:
            entry.refuse("", error)
            return None

    def _indicator(self, text: str) -> Indicator:
        if text not in self._indicators:
            raise InvalidPlan("target.indicator", en="unknown indicator", zh="未知指标")
        return self._indicators[text]

    def _source(self, text: str) -> str:
        if self._sources is not None and text not in self._sources:
            raise InvalidPlan("target.source", en="unknown source id", zh="未知的来源编号")
        return text

    def _evidence(self, entry: Marked) -> Iterator[Indicator]:
        for name in entry.texts("evidence"):
            try:
                yield self._indicator(name)
            except InvalidPlan as error:
                entry.refuse("evidence", error, name)

    def _step(self, entry: Marked) -> Step | None:
        deadline = entry.read("deadline", parse_date)
        value = entry.read("value", parse_number, required=False)
        text = _words(entry, "text", required=False)
        if deadline is None:
            return None
        if not self._start <= deadline <= self._end:
            entry.refuse(
                "deadline",
                InvalidPlan(
                    "plan.deadline",
                    en=f"the deadline is outside the plan period {self._start} to {self._end}",
                    zh=f"期限不在规划期 {self._start} 至 {self._end} 内",
                ),
                deadline.isoformat(),
            )
        return Step(deadline, value, text)

    def _baseline(self, target: Marked) -> Baseline | None:
        keys = ("on", "value", "source", "qualifier", "basis", "assumed", "note")
        entry = target.mapping("baseline", keys, required=False)
        if entry is None:
            return None
        on, value = entry.read("on", parse_date), entry.read("value", parse_number)
        source = entry.read("source", self._source)
        qualifier = entry.read("qualifier", member(Qualifier), required=False) or Qualifier.EXACT
        assumed = entry.read("assumed", _yes_or_no, required=False) or False
        note = _words(entry, "note", required=False)
        if on is None or value is None or source is None:
            return None
        basis = entry.text("basis", required=False)
        return Baseline(on, value, source, qualifier, basis, assumed, note)

    def _threshold(self, target: Marked) -> Threshold | None:
        entry = target.mapping("threshold", ("of", "indicator", "value", "unit"), required=False)
        if entry is None:
            return None
        of, indicator = entry.read("of", member(Counted)), entry.read("indicator", self._indicator)
        value, unit = entry.read("value", parse_number), entry.read("unit", _unit)
        if of is None or indicator is None or value is None or unit is None:
            return None
        try:
            Quantity(value, unit).to(indicator.unit)
        except InvalidValue as error:
            entry.refuse("unit", error, unit)
        return Threshold(of, indicator, value, unit)


def _name(text: str) -> str:
    if Path(text).name != text or text in (".", ".."):
        raise InvalidPlan(
            "plan.file",
            en="a file beside the plan is named without a folder",
            zh="数据文件须与规划文件同一目录，只写文件名",
        )
    return text


def _unit(text: str) -> str:
    return Quantity(Decimal(0), text).unit


def _yes_or_no(text: str) -> bool:
    if text not in ("true", "false"):
        raise InvalidPlan("choice", en="expected true or false", zh="须为 true 或 false")
    return text == "true"
