"""``gongzao targets``: a plan held against published figures, in the terminal or as JSON."""

import json
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text as RichText

from gongzao.cli import output
from gongzao.kernel import InvalidValue, parse_date
from gongzao.targets import (
    Attainment,
    Dossier,
    Observation,
    attain,
    load,
    shipped_plan,
    shipped_plans,
    status_table,
)

app = typer.Typer(no_args_is_help=True, help="规划目标 · Plan targets: promised, required by now, reached, and why.")


JSON_SCHEMA = 1
"""Version of what ``status --json`` prints; it changes when a field changes its meaning or goes."""


class Language(StrEnum):
    """Languages of the output."""

    zh = "zh"
    en = "en"


@app.callback()
def top() -> None:
    """规划目标 · Plan targets on published figures."""


@app.command()
def plans() -> None:
    """列出内置规划 · List the plans that come with Gongzao."""
    console = output.console()
    for plan_id, path in shipped_plans().items():
        plan = load(path).plan
        console.print(f"{plan_id}\n  {plan.name.zh} {plan.document}\n  {plan.name.en}\n  {path}")


@app.command()
def status(
    as_of: Annotated[str, typer.Option(help="截止日期 · the day, such as 2025-06-30")],
    plan: Annotated[str, typer.Option(help="规划文件或内置规划编号 · plan file (YAML), or id of a shipped plan")] = "",
    observations: Annotated[
        Path | None, typer.Option(help="数据文件 · published figures (CSV); left out: those the plan names")
    ] = None,
    sources: Annotated[
        Path | None, typer.Option(help="来源文件 · sources (CSV); left out: those the plan names")
    ] = None,
    awards: Annotated[Path | None, typer.Option(help="认定名单 · dated award lists (CSV)")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出JSON · print JSON")] = False,
    lang: Annotated[Language, typer.Option(help="表格语言 · language of the table")] = Language.zh,
) -> None:
    """各项目标的进展 · How each target stands on a day, and why."""
    dossier = load(_plan_path(plan), observations, sources, awards)
    attainments = attain(dossier.plan, dossier.observations, _day(as_of), awards=dossier.awards)
    if as_json:
        typer.echo(json.dumps(status_json(dossier, attainments), ensure_ascii=False, indent=2))
        return
    console = output.console(wrap=True)
    console.print(status_table(dossier.plan, attainments, lang.value))
    for attainment in attainments:
        line = RichText(f"{attainment.target.name.get(lang)}：" if lang == "zh" else f"{attainment.target.name.en}: ")
        line.stylize("bold")
        line.append(attainment.explanation.get(lang), style="not bold")
        console.print(line)


def _plan_path(plan: str) -> Path:
    if not plan:
        return next(iter(shipped_plans().values()))
    return Path(plan) if plan.endswith((".yaml", ".yml")) else shipped_plan(plan)


def _day(text: str) -> date:
    try:
        return parse_date(text)
    except InvalidValue as error:
        raise InvalidValue(error.code, en=f"--as-of: {error.en}", zh=f"--as-of：{error.zh}") from None


def status_json(dossier: Dossier, attainments: Sequence[Attainment]) -> dict[str, Any]:
    """Return what ``status --json`` prints (schema in the engine's README); figures are strings, exact."""
    used = {a.target.source for a in attainments}
    used |= {item.source for a in attainments for item in (*a.rests_on, *a.evidence)}
    plan = dossier.plan
    return {
        "schema": JSON_SCHEMA,
        "plan": {
            "id": plan.id,
            "name": _words(plan.name),
            "document": plan.document,
            "region": plan.region,
            "scope": plan.scope,
        },
        "as_of": attainments[0].as_of.isoformat() if attainments else None,
        "targets": [_target_json(a) for a in attainments],
        "sources": [
            {
                "id": s.id,
                "title": s.title,
                "publisher": s.publisher,
                "published": s.published,
                "confidence": s.confidence,
            }
            for s in dossier.sources.values()
            if s.id in used
        ],
    }


def _target_json(a: Attainment) -> dict[str, Any]:
    return {
        "id": a.target.id,
        "name": _words(a.target.name),
        "aggregation": a.target.aggregation,
        "comparator": a.target.comparator,
        "unit": a.target.unit,
        "light": a.light,
        "day": None if a.day is None else a.day.isoformat(),
        "stale": a.stale,
        "explanation": _words(a.explanation),
        "step": {"deadline": a.step.deadline.isoformat(), "value": _number(a.step.value)},
        "latest": _number(a.latest),
        "latest_period": None if a.latest_period is None else str(a.latest_period),
        "qualifier": a.qualifier,
        "required": _number(a.required),
        "distance": _number(a.distance),
        "distance_unit": a.distance_unit,
        "to_step": _number(a.to_step),
        "growth_needed_pct": _number(a.growth_needed_pct),
        "amount_needed": _number(a.amount_needed),
        "remainder": _remainder_json(a),
        "missing": None if a.missing is None else _words(a.missing),
        "rests_on": [_observation_json(item) for item in a.rests_on],
        "evidence": [_observation_json(item) for item in a.evidence],
        "path": [{"on": p.on.isoformat(), "required": _number(p.required)} for p in a.path],
        "observed": [
            {"on": p.on.isoformat(), "value": _number(p.value), "qualifier": p.qualifier, "source": p.source}
            for p in a.observed
        ],
        "citation": {"source": a.target.source, **_words(a.target.citation), "confidence": a.target.confidence},
    }


def _remainder_json(a: Attainment) -> dict[str, Any] | None:
    r = a.remainder
    if r is None:
        return None
    return {
        "year": r.year,
        "done": str(r.done),
        "needed_pct": _number(r.needed_pct),
        "target_pct": _number(r.target_pct),
        "rest_required": _number(r.rest_required),
        "unit": r.unit,
        "derived": True,
        "formula": _words(r.formula),
    }


def _observation_json(item: Observation) -> dict[str, Any]:
    return {
        "indicator": item.indicator,
        "period": str(item.period),
        "value": _number(item.value),
        "unit": item.unit,
        "qualifier": item.qualifier,
        "growth_pct": _number(item.growth_pct),
        "scope": item.scope,
        "basis": item.basis,
        "source": item.source,
        "published_on": None if item.published_on is None else item.published_on.isoformat(),
        "confidence": item.confidence,
        "revision": item.revision,
        "note": item.note,
    }


def _words(text: Any) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _number(value: Any) -> str | None:
    return None if value is None else f"{value:f}"
