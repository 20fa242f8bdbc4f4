"""Gantt charts of plan files: SVG, the same inside a page, or PNG."""

from __future__ import annotations

from collections.abc import Sequence
from colorsys import hls_to_rgb
from html import escape
from pathlib import Path
from statistics import median

from gongzao.kernel import InvalidInput, write_files
from gongzao.kernel import Problem as Fault
from gongzao.scheduling.canvas import Canvas, Png, Svg, chinese_font, fitted, width_of
from gongzao.scheduling.chart import Bar, Chart, Mark, Row, chart_from_json

__all__ = ["chart_from_json", "html", "lacks_font", "require_kind", "svg", "write"]

LANE, GAP, TOP, AXIS = 18, 5, 34, 30
NARROW, WIDE, BAR = 1100, 7200, 40
"""Least and greatest width of the time axis, and how wide the middling bar should be [px]."""
MARK = 64
"""Least room of a mark on the axis [px]."""
INK, PALE, GRID, DAY = "#222222", "#777777", "#e4e4e4", "#b0b0b0"
CLOSED, SETUP, LATE = "#8a8a8a", "#4a4a4a", "#d40000"
KINDS = (".svg", ".html", ".png")


def colour(job: int) -> str:
    """Return the colour of a job, the same in every chart."""
    red, green, blue = hls_to_rgb(job * 137 % 360 / 360, 0.72, 0.55)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


class _Layout:
    """Where things lie [px]."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        span = chart.last - chart.first
        lengths = [b.end - b.start for b in chart.bars if b.end > b.start]
        wanted = BAR * span / median(lengths) if lengths else NARROW
        self.wide = min(WIDE, max(NARROW, wanted))
        self.left = min(260.0, max([70.0, *(width_of(row.name, 12) + 20 for row in chart.rows)]))
        self.scale = self.wide / span
        self.tops = [float(TOP + AXIS)]
        for row in chart.rows:
            self.tops.append(self.tops[-1] + row.lanes * LANE + GAP)
        self.width = self.left + self.wide + 40
        self.height = self.tops[-1] + AXIS + 34

    def x(self, minute: int) -> float:
        return self.left + (minute - self.chart.first) * self.scale


def _draw(canvas: Canvas, chart: Chart) -> None:
    """Draw the chart: the grid below, then bars, closed hours over them, and texts."""
    at = _Layout(chart)
    marks = chart.marks(MARK / at.scale)
    for mark in marks:
        canvas.rect(at.x(mark.minute), at.tops[0], 1, at.tops[-1] - at.tops[0], DAY if mark.date else GRID)
    rows = list(zip(chart.rows, at.tops, strict=False))
    for row, top in rows:
        _row(canvas, row, top, at)
    for row, top in rows:
        _names(canvas, row, top, at)
    _axis(canvas, marks, at)
    late = f" · 晚交 late {chart.late}/{chart.orders}" if chart.late else ""
    span = f" · {chart.label(chart.first)} – {chart.label(chart.last)}" + ("" if chart.epoch else " min")
    canvas.text(8, 21, fitted(chart.title, 15, at.width / 2) + span + late, size=15, fill=INK)
    _legend(canvas, at.height - 12)


def _row(canvas: Canvas, row: Row, top: float, at: _Layout) -> None:
    canvas.rect(0, top + row.lanes * LANE + GAP / 2, at.left + at.wide, 1, GRID)
    for bar in row.bars:
        _bar(canvas, bar, top + bar.lane * LANE, at)
    for start, end in row.closed:
        a, b = max(start, at.chart.first), min(end, at.chart.last)
        if a < b:
            canvas.rect(at.x(a), top, (b - a) * at.scale, row.lanes * LANE, CLOSED, alpha=0.28)


def _names(canvas: Canvas, row: Row, top: float, at: _Layout) -> None:
    """Write the name of a row, and in each bar as much of its order's as fits."""
    canvas.text(8, top + row.lanes * LANE / 2 + 4, fitted(row.name, 12, at.left - 14), size=12, fill=INK)
    for bar in row.bars:
        room = (bar.end - bar.start) * at.scale - 5
        text = bar.label if width_of(bar.label, 11) <= room else fitted(bar.name, 11, room, keep_end=True)
        if text:
            canvas.text(at.x(bar.start) + 3, top + bar.lane * LANE + 13, text, fill=INK)


def _axis(canvas: Canvas, marks: Sequence[Mark], at: _Layout) -> None:
    for mark in marks:
        for low, high in ((TOP + AXIS - 6, TOP + AXIS - 18), (at.tops[-1] + 13, at.tops[-1] + 25)):
            canvas.text(at.x(mark.minute), low, mark.time or mark.date, anchor="middle", fill=INK)
            if mark.time and mark.date:
                canvas.text(at.x(mark.minute), high, mark.date, anchor="middle", fill=INK)


def _bar(canvas: Canvas, bar: Bar, y: float, at: _Layout) -> None:
    for start, end in bar.setups:
        canvas.rect(at.x(start), y + 5, (end - start) * at.scale, LANE - 10, SETUP)
        canvas.tip(f"换型 setup · {bar.tip}")
    wide = max(1.5, (bar.end - bar.start) * at.scale)
    edge, line = (LATE, 2.0) if bar.late else ("#555555", 0.4)
    canvas.rect(at.x(bar.start), y + 1.5, wide, LANE - 3, colour(bar.job), edge=edge, line=line)
    canvas.tip(bar.tip)


def _legend(canvas: Canvas, y: float) -> None:
    x = 8.0
    for text, kind in (("换型 setup", SETUP), ("停工 closed", CLOSED), ("逾期工序 work after the due date", LATE)):
        if kind == LATE:
            canvas.rect(x, y - 9, 18, 10, "#ffffff", edge=LATE, line=2)
        else:
            canvas.rect(x, y - 9, 18, 10, kind, alpha=0.28 if kind == CLOSED else 1)
        canvas.text(x + 24, y, text, fill=PALE)
        x += 44 + width_of(text, 11)


def svg(chart: Chart) -> str:
    """Return the chart as SVG; every bar carries a title with order, task, resource and times."""
    at = _Layout(chart)
    canvas = Svg(at.width, at.height, chart.title)
    _draw(canvas, chart)
    return canvas.done()


def html(chart: Chart) -> str:
    """Return a page that holds the chart."""
    style = "body{margin:0}main{overflow:auto}svg{display:block}"
    return (
        f'<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>{escape(chart.title)}</title>'
        f"<style>{style}</style></head><body><main>{svg(chart)}</main></body></html>"
    )


def png(chart: Chart) -> bytes:
    """Return the chart as PNG."""
    at = _Layout(chart)
    canvas = Png(at.width, at.height)
    _draw(canvas, chart)
    return canvas.done()


def lacks_font(path: Path) -> bool:
    """Return whether the file is to be a PNG and no installed font has Chinese characters, which then are boxes."""
    return path.suffix.lower() == ".png" and chinese_font() is None


def require_kind(path: Path) -> None:
    """Raise ``InvalidInput`` unless the file is to be .svg, .html or .png."""
    if path.suffix.lower() not in KINDS:
        fault = Fault(str(path), "schedule.chart", "must end in .svg, .html or .png", "须以 .svg、.html 或 .png 结尾")
        raise InvalidInput([fault])


def write(chart: Chart, path: Path) -> None:
    """Write the chart as .svg, .html or .png, whole or not at all.

    A PNG needs an installed font with Chinese characters, such as Noto Sans CJK, for Chinese names.

    Raises
    ------
    InvalidInput
        For any other ending, or where nothing can be written.
    """
    require_kind(path)
    kind = path.suffix.lower()
    write_files({path: png(chart) if kind == ".png" else svg(chart) if kind == ".svg" else html(chart)})
