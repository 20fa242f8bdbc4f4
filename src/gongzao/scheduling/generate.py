"""Synthetic clusters of firms (示例数据), made from a seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from gongzao.scheduling.arrays import compile_problem
from gongzao.scheduling.frames import earliest_ends
from gongzao.scheduling.model import Calendar, Job, Link, Mode, Objective, Problem, Resource, Task

EPOCH = datetime(2026, 1, 5, tzinfo=ZoneInfo("Asia/Shanghai"))
DAY = 24 * 60
HOLIDAYS = (
    (date(2026, 1, 1), date(2026, 1, 3)),
    (date(2026, 2, 15), date(2026, 2, 23)),
    (date(2026, 4, 4), date(2026, 4, 6)),
    (date(2026, 5, 1), date(2026, 5, 5)),
    (date(2026, 6, 19), date(2026, 6, 21)),
    (date(2026, 9, 25), date(2026, 9, 27)),
    (date(2026, 10, 1), date(2026, 10, 7)),
)
"""Public holidays of 2026, first and last day (notice 国办发明电〔2025〕7号); other years take the same days."""
SHIFTS = (((480, 720), (780, 1080)), ((480, 720), (780, 1200)), ((360, 840), (850, 1320)), ((0, 1440),))
"""Working hours of a day [min]: one shift, one long shift, two shifts, round the clock."""
OPEN = tuple(sum(b - a for a, b in shift) * 6 // 7 for shift in SHIFTS)
"""Mean working minutes of a day, Sundays counted."""
STEPS = ("下料", "机加工", "热处理", "表面处理", "装配", "检测")
"""Process steps; 检测 is done by pools, 机加工 and 表面处理 have setups."""
FAMILIES = 6


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a cluster looks like.

    Parameters
    ----------
    firms, orders
        Counts, at least 1.
    tightness
        Mean time from arrival to due date, in multiples of the time the order needs if nothing is in its way, transport
        left out; so some orders are late whatever the plan.
    spread
        How far that multiple goes up and down at most.
    load
        Share of the machines' open time that the orders fill while they arrive.
    """

    firms: int
    orders: int
    tightness: float = 2.0
    spread: float = 1.0
    load: float = 0.9


def _open(day: date) -> bool:
    holiday = any((a.month, a.day) <= (day.month, day.day) <= (b.month, b.day) for a, b in HOLIDAYS)
    return not holiday and day.weekday() < 6


def _calendar(kind: int, days: int) -> Calendar:
    spans: list[tuple[int, int]] = []
    for d in range(days):
        if not _open((EPOCH + timedelta(days=d)).date()):
            continue
        for start, end in SHIFTS[kind]:
            if spans and spans[-1][1] == d * DAY + start:
                spans[-1] = (spans[-1][0], d * DAY + end)
            else:
                spans.append((d * DAY + start, d * DAY + end))
    return Calendar(tuple(spans), ("一班", "长白班", "两班", "连续")[kind])


def _resources(rng: np.random.Generator, firms: int) -> tuple[list[Resource], list[list[int]]]:
    resources: list[Resource] = []
    by_step: list[list[int]] = [[] for _ in STEPS]
    sites = min(firms, 12)
    for firm in range(firms):
        site = firm % sites
        kind = int(rng.choice(3, p=[0.4, 0.3, 0.3]))
        own = set(rng.choice(5, size=min(5, int(rng.integers(2, 5))), replace=False).tolist())
        if firm < 5:
            own |= set(range(firm, 5, firms))
        for step in sorted(own):
            for k in range(int(rng.integers(1, 4))):
                by_step[step].append(len(resources))
                setup = {1: 0, 3: 1}.get(step)
                family = int(rng.integers(FAMILIES)) if setup is not None else None
                calendar = 3 if step == 2 else kind
                resources.append(Resource(f"企业{firm + 1}·{STEPS[step]}{k + 1}", 1, calendar, setup, family, site))
        if firm % 5 == 0:
            by_step[5].append(len(resources))
            resources.append(Resource(f"共享实验室{firm // 5 + 1}", int(rng.integers(3, 7)), 1, site=site))
    return resources, by_step


def _task(rng: np.random.Generator, step: int, family: int, choice: list[int]) -> Task:
    base = int(rng.integers(30, 301) if step != 2 else rng.integers(240, 721))
    count = min(len(choice), int(rng.integers(1, 6)))
    modes = []
    for r in sorted(rng.choice(choice, size=count, replace=False).tolist()):
        duration = max(5, int(base * rng.uniform(0.8, 1.3)))
        modes.append(Mode(r, duration, int(duration * rng.integers(80, 200))))
    return Task(tuple(modes), family, resumable=step != 2, name=STEPS[step])


def _job(rng: np.random.Generator, index: int, by_step: list[list[int]]) -> Job:
    family = int(rng.integers(FAMILIES))
    route = [s for s in range(6) if rng.random() < 0.72] or [1]
    if 4 in route and rng.random() < 0.4:
        route = [0, 1, *route]
    tasks = tuple(_task(rng, s, family, by_step[s]) for s in route)
    links = None
    if len(route) > 3 and route[:2] == [0, 1] and route.count(1) > 1:
        second = route.index(1, 2)
        links = (
            Link(0, 1),
            *(Link(i, i + 1) for i in range(2, len(route) - 1)),
            Link(1, min(second + 1, len(route) - 1)),
        )
    return Job(tasks, links, weight=int(rng.choice([1, 2, 4], p=[0.6, 0.3, 0.1])), name=f"订单{index + 1}")


def generate(recipe: Recipe, seed: int) -> Problem:
    """Return a cluster problem with weighted tardiness, then makespan, as objective; about five tasks an order.

    Orders arrive so that the machines are ``recipe.load`` busy; see :class:`Recipe` for due dates.
    """
    rng = np.random.default_rng(seed)
    resources, by_step = _resources(rng, recipe.firms)
    by_step = [row or by_step[1] or [0] for row in by_step]
    drafts = [_job(rng, i, by_step) for i in range(recipe.orders)]
    work = sum(min(m.duration for m in t.modes) for j in drafts for t in j.tasks) * 1.15
    open_share = sum(r.capacity * OPEN[r.calendar or 0] for r in resources) / DAY
    window = int(work / (open_share * recipe.load)) + DAY
    releases = np.sort(rng.integers(0, window, recipe.orders)).tolist()
    days = int(window + work * 8 / len(resources)) // DAY + 120
    sites = max(r.site for r in resources) + 1
    spot = rng.integers(0, 60, (sites, 2))
    travel = np.abs(spot[:, None] - spot[None, :]).sum(axis=2)
    draft = Problem(
        tuple(replace(j, release=r) for j, r in zip(drafts, releases, strict=True)),
        tuple(resources),
        tuple(_calendar(k, days) for k in range(4)),
        (_setups(rng, 10, 45), _setups(rng, 15, 60)),
        tuple(tuple(row) for row in travel.tolist()),
        Objective.lexicographic("tardiness", "makespan"),
        epoch=EPOCH,
        name=f"示例数据 {recipe.firms} 家企业 {recipe.orders} 个订单",
    )
    a = compile_problem(draft)
    alone = np.maximum.reduceat(earliest_ends(a._replace(travel=0 * a.travel)), a.job_ptr[:-1])
    slack = rng.uniform(max(1.0, recipe.tightness - recipe.spread), recipe.tightness + recipe.spread, recipe.orders)
    dues = (releases + slack * (alone - releases)).astype(np.int64).tolist()
    return replace(draft, jobs=tuple(replace(j, due=d) for j, d in zip(draft.jobs, dues, strict=True)))


def _setups(rng: np.random.Generator, low: int, high: int) -> tuple[tuple[int, ...], ...]:
    matrix = rng.integers(low, high, (FAMILIES, FAMILIES))
    np.fill_diagonal(matrix, 0)
    return tuple(tuple(row) for row in matrix.tolist())
