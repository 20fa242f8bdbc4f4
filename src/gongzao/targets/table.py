"""The table of targets for a terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gongzao.targets.display import COMPARATORS, show
from gongzao.targets.lights import LIGHTS
from gongzao.targets.model import Plan
from gongzao.targets.result import Attainment, Light

if TYPE_CHECKING:
    from rich.table import Table

_STYLES = {
    Light.AHEAD: "bold blue",
    Light.ON_TRACK: "cyan",
    Light.BEHIND: "yellow",
    Light.FAR_BEHIND: "bold magenta",
    Light.NO_DATA: "dim",
    Light.CANNOT_BE_SAID: "dim",
}


def status_table(plan: Plan, attainments: Sequence[Attainment], lang: str = "zh") -> "Table":
    """Return the table of targets for a terminal.

    Parameters
    ----------
    plan
        The plan.
    attainments
        What :func:`gongzao.targets.attain` answered for it.
    lang
        ``"zh"`` or ``"en"``.
    """
    from rich.table import Table  # only who prints needs it
    from rich.text import Text

    zh = lang == "zh"
    day = f"{attainments[0].as_of}" if attainments else ""
    table = Table(
        title=f"{plan.name.get(lang)} {plan.document}　{'截至' if zh else 'as of '}{day}", title_justify="left"
    )
    table.add_column("状态" if zh else "Light", no_wrap=True)
    table.add_column("目标" if zh else "Target", min_width=16, overflow="fold")
    for name in (
        ("现值", "进度要求", "差距", "节点目标", "尚需")
        if zh
        else (
            "Latest",
            "Required by now",
            "Distance",
            "Milestone",
            "Still needed",
        )
    ):
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("来源" if zh else "Sources", overflow="fold")
    for attainment in attainments:
        look = LIGHTS[attainment.light]
        light = Text(f"{look.icon} {look.name.get(lang)}", style=_STYLES[attainment.light])
        table.add_row(light, attainment.target.name.get(lang), *_cells(attainment, lang), _source_ids(attainment))
    return table


def _cells(a: Attainment, lang: str) -> tuple[str, str, str, str, str]:
    unit, none = a.target.unit, "—"
    period = f"\n{a.latest_period.label(lang)}" if a.latest_period else ""
    if a.stale:
        period += "（已过时）" if lang == "zh" else " (old)"
    goal = none
    if a.step.value is not None:
        value = show(a.step.value, unit, lang)
        goal = f"{COMPARATORS[a.target.comparator].get(lang)}{value}\n{a.step.deadline}"
    sign = "+" if a.distance is not None and a.distance > 0 else ""
    return (
        none if a.latest is None else show(a.latest, unit, lang, a.qualifier) + period,
        none if a.required is None else show(a.required, unit, lang),
        none if a.distance is None else sign + show(a.distance, a.distance_unit, lang),
        goal,
        _still_needed(a, lang) or none,
    )


def _still_needed(a: Attainment, lang: str) -> str:
    if a.growth_needed_pct is not None:
        growth = show(a.growth_needed_pct, "%", lang, digits=1)
        return f"年均增长{growth}" if lang == "zh" else f"{growth} a year"
    return "" if a.amount_needed is None else show(a.amount_needed, a.target.unit, lang)


def _source_ids(attainment: Attainment) -> str:
    used = (*attainment.rests_on, *attainment.evidence)
    return " ".join(dict.fromkeys((attainment.target.source, *(item.source for item in used))))
