"""Gantt charts of plan files: SVG of our own, the same inside a page, or PNG."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from pathlib import Path

from gongzao.kernel import InvalidInput
from gongzao.kernel import Problem as Fault
from gongzao.scheduling.document import plan_from_json

ROW, LEFT, WIDTH, TOP = 22, 190, 1400, 40
TICKS = 12


@dataclass(frozen=True)
class Chart:
    """What is drawn: rows by resource, bars ``(resource, start, end, job, task)``."""

    title: str
    rows: tuple[str, ...]
    bars: tuple[tuple[int, int, int, int, int], ...]
    epoch: datetime | None

    @property
    def end(self) -> int:
        """Return the latest end."""
        return max((b[2] for b in self.bars), default=1) or 1

    def label(self, minute: int) -> str:
        """Return how an instant is shown: date and time if there is an epoch, else minutes."""
        if self.epoch is None:
            return str(minute)
        return (self.epoch + timedelta(minutes=minute)).strftime("%m-%d %H:%M")


def chart_from_json(text: str, source: str = "<text>") -> Chart:
    """Read a plan file for drawing."""
    plan = plan_from_json(text, (), source)
    data = json.loads(text)
    bars = tuple((x.resource, x.start, x.end, -1 - x.job, x.task) for x in plan.schedule.tasks)
    names = list(data.get("resources") or [])
    names += [f"M{r + 1}" for r in range(len(names), max((b[0] for b in bars), default=0) + 1)]
    epoch = datetime.fromisoformat(data["epoch"]) if data.get("epoch") else None
    title = f"{data.get('problem') or Path(source).stem} · {data.get('objective')}"
    return Chart(title, tuple(names), tuple(sorted(bars)), epoch)


def colour(job: int) -> str:
    """Return the colour of a job, the same in every chart."""
    return f"hsl({job * 137 % 360},55%,62%)"


def svg(chart: Chart) -> str:
    """Return the chart as SVG; every bar carries a title with job, task, resource and times."""
    scale = WIDTH / chart.end
    height = TOP + ROW * len(chart.rows) + 30
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 20} {height}" '
        f'width="{LEFT + WIDTH + 20}" height="{height}" font-family="sans-serif" font-size="11" role="img">',
        f"<title>{escape(chart.title)}</title>",
        f'<text x="8" y="20" font-size="15">{escape(chart.title)}</text>',
    ]
    for r, name in enumerate(chart.rows):
        y = TOP + r * ROW
        out.append(f'<text x="8" y="{y + 15}">{escape(name)}</text>')
        out.append(f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y + ROW}" y2="{y + ROW}" stroke="#ddd"/>')
    for k in range(TICKS + 1):
        minute = chart.end * k // TICKS
        x = LEFT + minute * scale
        out.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{height - 30}" stroke="#eee"/>')
        out.append(f'<text x="{x:.1f}" y="{height - 12}" text-anchor="middle">{chart.label(minute)}</text>')
    for r, start, end, job, task in chart.bars:
        tip = f"{job}-{task} · {chart.rows[r]} · {chart.label(start)} – {chart.label(end)}"
        out.append(
            f'<rect x="{LEFT + start * scale:.2f}" y="{TOP + r * ROW + 3}" height="{ROW - 5}" '
            f'width="{max(0.5, (end - start) * scale):.2f}" fill="{colour(job)}" stroke="#555" stroke-width="0.3">'
            f"<title>{escape(tip)}</title></rect>"
        )
        if (end - start) * scale > 34:
            out.append(f'<text x="{LEFT + start * scale + 3:.1f}" y="{TOP + r * ROW + 15}">{job}-{task}</text>')
    return "\n".join([*out, "</svg>"])


def html(chart: Chart) -> str:
    """Return a page that holds the chart."""
    style = "body{margin:0;font-family:sans-serif}main{overflow:auto}"
    return (
        f'<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>{escape(chart.title)}</title>'
        f"<style>{style}</style></head><body><main>{svg(chart)}</main></body></html>"
    )


def write(chart: Chart, path: Path) -> None:
    """Write the chart as .svg, .html or .png (the last needs matplotlib).

    Raises
    ------
    InvalidInput
        For any other ending.
    """
    kind = path.suffix.lower()
    if kind == ".svg":
        path.write_text(svg(chart), encoding="utf-8")
    elif kind == ".html":
        path.write_text(html(chart), encoding="utf-8")
    elif kind == ".png":
        _png(chart, path)
    else:
        raise InvalidInput(
            [Fault(str(path), "schedule.chart", "must end in .svg, .html or .png", "须以 .svg、.html 或 .png 结尾")]
        )


def _png(chart: Chart, path: Path) -> None:
    from matplotlib.colors import hsv_to_rgb
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 1 + 0.25 * len(chart.rows)), dpi=100)
    axes = figure.add_subplot()
    for r, start, end, job, _ in chart.bars:
        shade = tuple(hsv_to_rgb((job * 137 % 360 / 360, 0.45, 0.85)))
        axes.barh(r, end - start, left=start, height=0.8, color=shade, edgecolor="#555", linewidth=0.3)
    axes.set_yticks(range(len(chart.rows)), [f"R{r}" for r in range(len(chart.rows))], fontsize=6)
    axes.invert_yaxis()
    axes.set_xlim(0, chart.end)
    figure.savefig(path, bbox_inches="tight")
