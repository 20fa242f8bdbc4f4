"""What a Gantt chart shows, read from a plan file: rows, bars side by side, closed hours, the axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import count, takewhile
from pathlib import Path

from gongzao.scheduling.epoch import minutes_until, wall_clock
from gongzao.scheduling.plans import Sheet, Spans, sheet_from_json

DAY = 1440
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720)
"""Minutes between the marks of an axis; past half a day they are whole days: 1, 2, 5, 10, 20 …"""


@dataclass(frozen=True, slots=True)
class Bar:
    """A task: the lane of its row it lies in, when it is set up and worked on, and what is written."""

    lane: int
    setups: Spans
    start: int
    end: int
    job: int
    name: str
    label: str
    tip: str
    late: bool

    @property
    def begin(self) -> int:
        """Return when its setup or, without one, its work begins."""
        return self.setups[0][0] if self.setups else self.start


@dataclass(frozen=True, slots=True)
class Row:
    """A resource: its bars in as many lanes as run at once, and its closed times."""

    name: str
    lanes: int
    bars: tuple[Bar, ...]
    closed: Spans


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark of the axis: the minute, the time, and the date where it is the first of its day."""

    minute: int
    time: str
    date: str


@dataclass(frozen=True)
class Chart:
    """What is drawn, from the first start to the last end [min]."""

    title: str
    rows: tuple[Row, ...]
    first: int
    last: int
    epoch: datetime | None
    late: int
    orders: int

    @property
    def bars(self) -> Iterator[Bar]:
        """Return the bars of all rows."""
        return (bar for row in self.rows for bar in row.bars)

    def label(self, minute: int) -> str:
        """Return how an instant is shown: the wall clock if there is an epoch, else minutes."""
        return _label(self.epoch, minute)

    def marks(self, room: float) -> list[Mark]:
        """Return the marks of an axis on which no more than ``room`` minutes may lie between two."""
        step = _step(room)
        if self.epoch is None:
            low = -(-self.first // step) * step
            return [Mark(m, str(m), "") for m in range(low, self.last + 1, step)]
        return _dated(self.epoch, self.first, self.last, step)


def _label(epoch: datetime | None, minute: int) -> str:
    wall = None if epoch is None else wall_clock(epoch, minute)
    return str(minute) if wall is None else wall.strftime("%m-%d %H:%M")


def _step(room: float) -> int:
    days = (DAY * digit * 10**power for power in count() for digit in (1, 2, 5))
    return next((s for s in STEPS if s >= room), None) or next(s for s in days if s >= room)


def _dated(epoch: datetime, first: int, last: int, step: int) -> list[Mark]:
    """Return marks at round times of the wall clock, whatever summer time does."""
    begin, end = wall_clock(epoch, first), wall_clock(epoch, last)
    if begin is None or end is None:
        return []
    midnight = datetime.combine(begin.date(), time())
    days = max(1, step // DAY)
    clocks = [timedelta(minutes=m) for m in range(0, DAY, min(step, DAY))]
    dates = takewhile(lambda d: d <= end.replace(tzinfo=None), (midnight + timedelta(days=k) for k in count(0, days)))
    walls = ((date + clock).replace(tzinfo=epoch.tzinfo) for date in dates for clock in clocks)
    marks: list[Mark] = []
    shown = ""
    for minute in sorted({minutes_until(epoch, wall) for wall in walls}):
        wall = wall_clock(epoch, minute)
        if wall is not None and first <= minute <= last:
            date_text = f"{wall:%m-%d}" if begin.year == end.year else f"{wall:%Y-%m-%d}"
            marks.append(Mark(minute, f"{wall:%H:%M}" if step < DAY else "", date_text if date_text != shown else ""))
            shown = date_text
    return marks


def _setup_before(start: int, minutes: int, closed: Spans) -> Spans:
    """Return when a setup of so many working minutes is worked at the latest, without the closed times between."""
    pieces: list[tuple[int, int]] = []
    at = start
    for a, b in reversed(closed):
        if b <= at and at - b < minutes:
            pieces.append((b, at))
            minutes -= at - b
            at = a
    pieces.append((at - minutes, at))
    return tuple(p for p in reversed(pieces) if p[0] < p[1])


def _lanes(spans: Sequence[tuple[int, int]]) -> list[int]:
    """Return a lane for each span, in order of start, so that none lies on another and the lanes are few."""
    ends: list[int] = []
    lanes = []
    for start, end in spans:
        lane = next((k for k, e in enumerate(ends) if e <= start), len(ends))
        ends[lane : lane + 1] = [max(end, start)]
        lanes.append(lane)
    return lanes


def chart_from_json(text: str, source: str = "<text>") -> Chart:
    """Read a plan file for drawing.

    Raises
    ------
    InvalidInput
        As :func:`~gongzao.scheduling.plans.sheet_from_json`.
    """
    sheet = sheet_from_json(text, source)
    on: dict[int, list[int]] = {r: [] for r in range(len(sheet.resources))}
    for i in sorted(range(len(sheet.tasks)), key=lambda i: (sheet.tasks[i].start, sheet.tasks[i].end)):
        on.setdefault(sheet.tasks[i].resource, []).append(i)
    ends: dict[int, int] = {}
    for x in sheet.tasks:
        ends[x.job] = max(x.end, ends.get(x.job, 0))
    late = {job: ends[job] - due for job, due in sheet.dues.items() if ends.get(job, 0) > due}
    rows = tuple(_row(sheet, r, on[r], late) for r in sorted(on))
    bars = [bar for row in rows for bar in row.bars]
    first, last = min((b.begin for b in bars), default=0), max((b.end for b in bars), default=1)
    value = ", ".join(map(str, sheet.objective))
    title = " · ".join(part for part in (sheet.title or Path(source).stem, value) if part)
    epoch = sheet.epoch if sheet.epoch is not None and wall_clock(sheet.epoch, last) else None
    return Chart(title, rows, first, max(last, first + 1), epoch, len(late), len(ends))


def _row(sheet: Sheet, resource: int, tasks: list[int], late: dict[int, int]) -> Row:
    name = sheet.resources[resource] if resource < len(sheet.resources) else ""
    name = name or f"M{resource + 1}"
    closed = sheet.closed[resource] if resource < len(sheet.closed) else ()
    befores = [_setup_before(sheet.tasks[i].start, sheet.setups[i], closed) for i in tasks]
    lanes = _lanes([(sheet.tasks[i].start, sheet.tasks[i].end) for i in tasks])
    bars = []
    for i, before, lane in zip(tasks, befores, lanes, strict=True):
        x = sheet.tasks[i]
        order = sheet.names.get(x.job) or str(x.job)
        parts = [
            f"{order} (job {x.job}) – {x.task}",
            name,
            f"{_label(sheet.epoch, x.start)} – {_label(sheet.epoch, x.end)}",
        ]
        parts += [f"换型 setup {sheet.setups[i]} min"] if sheet.setups[i] else []
        parts += [f"晚交 late {late[x.job]} min"] if x.job in late else []
        overdue = x.job in late and x.end > sheet.dues[x.job]
        bars.append(Bar(lane, before, x.start, x.end, x.job, order, f"{order}-{x.task}", " · ".join(parts), overdue))
    return Row(name, max(lanes, default=0) + 1, tuple(bars), closed)
