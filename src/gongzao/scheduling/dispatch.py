"""Construction: simulate the shop through time and let every unit that falls idle pick by a priority rule."""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np

from gongzao.scheduling._jit import Floats, Ints, Words, borrow, kernel, leaf, next_random, random_state
from gongzao.scheduling.arrays import FAR, Arrays
from gongzao.scheduling.clockwork import place, work_done
from gongzao.scheduling.errors import NoSchedule

ATC, EDD, MOST_WORK, COMPLETION = 0, 1, 2, 3
FAR_ENOUGH = 1e12
SCAN = 512
"""Waiting tasks that a unit looks at, oldest first."""
TRIES = 4
"""Tasks a unit may leave to a faster one before it stays idle."""


class Rule(NamedTuple):
    """A priority rule.

    Parameters
    ----------
    kind
        ``ATC``: apparent tardiness cost, weight over time needed, discounted by slack over ``factor`` mean durations;
        ``EDD``: earliest due date of the operation; ``MOST_WORK``: most work remaining in the job;
        ``COMPLETION``: earliest completion less ``factor`` times the work remaining.
    factor
        See above.
    noise
        Priorities grow at random by up to this share (ATC) or by up to this many mean durations.
    """

    kind: int
    factor: float
    noise: float


class Plan(NamedTuple):
    """A decoded schedule: mode (over all modes), unit, start and end of each task."""

    mode: Ints
    unit: Ints
    start: Ints
    end: Ints


class Desk(NamedTuple):
    """What the simulation knows."""

    plan: Plan
    waiting: Ints
    tail: Ints
    free: Ints
    last: Ints
    wake: Ints
    fixed_next: Ints
    fixed_ptr: Ints
    fixed: Ints
    queue_head: Ints
    queue_tail: Ints
    queue_next: Ints
    random: Words
    rule: Floats


def tails(a: Arrays) -> Ints:
    """Return for each task the least time [min] its job needs after it, closed hours counted on average."""
    stretched = (a.mode_dur * a.pace[a.mode_res]).astype(np.int64)
    shortest = np.minimum.reduceat(stretched, a.mode_ptr[:-1])
    return longest_after(a, shortest)


@kernel
def longest_after(a: Arrays, duration: Ints) -> Ints:
    """Return for each task the longest path of lags and ``duration`` from its end to the end of its job."""
    tail = np.zeros(len(a.job), np.int64)
    for k in range(len(a.job) - 1, -1, -1):
        i = a.topological[k]
        for s in range(a.succ_ptr[i], a.succ_ptr[i + 1]):
            j = a.succ[s]
            tail[i] = max(tail[i], a.succ_lag[s] + duration[j] + tail[j])
    return tail


@leaf
def ready_at(a: Arrays, plan: Plan, i: int, res: int) -> int:
    """Return when task ``i`` may start on ``res`` as far as its job is concerned."""
    t = int(a.release[i])
    for p in range(a.pred_ptr[i], a.pred_ptr[i + 1]):
        j = a.pred[p]
        t = max(t, plan.end[j] + a.pred_lag[p] + a.travel[a.site[a.mode_res[plan.mode[j]]], a.site[res]])
    return t


@leaf
def setup_between(a: Arrays, res: int, before: int, after: int) -> int:
    """Return the setup time on ``res`` from task ``before`` (-1: the state at time 0) to task ``after``."""
    matrix = a.setup[res]
    if matrix < 0 or a.fixed_end[after] >= 0:
        return 0
    family = a.first_family[res] if before < 0 else a.family[before]
    if family < 0:
        return 0
    return int(a.setups[matrix, family, a.family[after]])


@leaf
def set_up(a: Arrays, res: int, free: int, before: int, after: int) -> int:
    """Return when ``res``, free from ``free`` on, has been set up from task ``before`` (-1: none) to ``after``."""
    setup = setup_between(a, res, before, after)
    if setup > 0:
        free = max(free, a.since[res, a.family[after]])
    return work_done(a, res, free, setup)


@leaf
def try_unit(a: Arrays, desk: Desk, i: int, mode: int, unit: int, t: int) -> tuple[int, int, int]:
    """Return (start, end, next fixed) of adding task ``i`` to ``unit`` from ``t`` on, past frozen tasks."""
    res = a.mode_res[mode]
    free, last, at = desk.free[unit], desk.last[unit], desk.fixed_next[unit]
    ready = max(t, ready_at(a, desk.plan, i, res))
    while True:
        bound = max(ready, set_up(a, res, free, last, i))
        start, end = place(a, res, bound, a.mode_dur[mode], a.resumable[i])
        if at == desk.fixed_ptr[unit + 1]:
            return start, end, at
        frozen = desk.fixed[at]
        if set_up(a, res, end, i, frozen) <= desk.plan.start[frozen]:
            return start, end, at
        free, last = max(free, desk.plan.end[frozen]), frozen
        at += 1


@leaf
def priority(a: Arrays, desk: Desk, i: int, end: int, t: int, scale: float) -> float:
    """Return how urgent task ``i`` is for a unit that would finish it at ``end``; larger is sooner."""
    kind, factor = int(desk.rule[0]), desk.rule[1]
    job = a.job[i]
    noise = desk.rule[2] * next_random(desk.random)
    if kind == 0:
        slack = max(0.0, float(a.due[job] - desk.tail[i] - end))
        cost = (a.weight[job] + 1e-3) / max(1, end - t) * np.exp(-min(60.0, slack / (factor * scale)))
        return float(cost * (1.0 + noise))
    if kind == 1:
        value = FAR_ENOUGH - min(FAR_ENOUGH, float(a.due[job])) + desk.tail[i]
    elif kind == 2:
        value = float(desk.tail[i] + end - t)
    else:
        value = FAR_ENOUGH - end + factor * desk.tail[i]
    return float(value + noise * scale)


@leaf
def best_unit(a: Arrays, desk: Desk, i: int, unit: int, t: int) -> tuple[int, int]:
    """Return (unit, mode) on which task ``i`` would end first, ``unit`` itself if no other is better."""
    mode = mode_on(a, i, a.unit_res[unit])
    _, best, _ = try_unit(a, desk, i, mode, unit, t)
    for m in range(a.mode_ptr[i], a.mode_ptr[i + 1]):
        res = a.mode_res[m]
        if res == a.unit_res[unit] or a.mode_dur[m] + t >= best:
            continue
        for u in range(a.unit_ptr[res], a.unit_ptr[res + 1]):
            if a.mode_dur[m] + desk.free[u] >= best:
                continue
            _, end, _ = try_unit(a, desk, i, m, u, t)
            if end < best:
                best, unit, mode = end, u, m
    return unit, mode


@leaf
def mode_on(a: Arrays, i: int, res: int) -> int:
    """Return the mode of task ``i`` on ``res``."""
    m = int(a.mode_ptr[i])
    while a.mode_res[m] != res:
        m += 1
    return m


@leaf
def pick(a: Arrays, desk: Desk, unit: int, t: int, skipped: Ints, scale: float) -> int:
    """Return the most urgent waiting task for ``unit`` not in ``skipped``, or -1; drop started ones."""
    res = a.unit_res[unit]
    best, best_value = -1, -1.0
    before, m, seen = -1, desk.queue_head[res], 0
    while m >= 0 and seen < SCAN:
        i = desk.queue_next[m, 1]
        following = desk.queue_next[m, 0]
        if desk.plan.unit[i] >= 0:
            if before < 0:
                desk.queue_head[res] = following
            else:
                desk.queue_next[before, 0] = following
            if following < 0:
                desk.queue_tail[res] = before
            m = following
            continue
        seen += 1
        before, m = m, following
        if skipped[0] == i or skipped[1] == i or skipped[2] == i or skipped[3] == i:
            continue
        _, end, _ = try_unit(a, desk, i, before, unit, t)
        value = priority(a, desk, i, end, t, scale) if end < FAR else -1.0
        if value > best_value:
            best, best_value = i, value
    return best


@leaf
def finish(a: Arrays, desk: Desk, i: int, events: list[int]) -> None:
    """Tell the tasks after ``i`` that it is planned; announce those that wait for nothing else."""
    total = len(a.job) + len(a.unit_res)
    for s in range(a.succ_ptr[i], a.succ_ptr[i + 1]):
        j = a.succ[s]
        desk.waiting[j] -= 1
        if desk.waiting[j] == 0 and a.fixed_mode[j] < 0:
            t = a.release[j]
            for p in range(a.pred_ptr[j], a.pred_ptr[j + 1]):
                t = max(t, desk.plan.end[a.pred[p]] + a.pred_lag[p])
            heapq.heappush(events, t * total + j)


@leaf
def enqueue(a: Arrays, desk: Desk, i: int, t: int, events: list[int]) -> None:
    """Put task ``i`` into the queue of each of its resources and wake an idle unit there."""
    for m in range(a.mode_ptr[i], a.mode_ptr[i + 1]):
        res = a.mode_res[m]
        desk.queue_next[m, 0] = -1
        desk.queue_next[m, 1] = i
        if desk.queue_head[res] < 0:
            desk.queue_head[res] = m
        else:
            desk.queue_next[desk.queue_tail[res], 0] = m
        desk.queue_tail[res] = m
        for u in range(a.unit_ptr[res], a.unit_ptr[res + 1]):
            if desk.wake[u] == FAR:
                wake(a, desk, u, t, events)
                break


@leaf
def wake(a: Arrays, desk: Desk, unit: int, t: int, events: list[int]) -> None:
    """Have ``unit`` look at its queue at ``t``, and at no other time."""
    desk.wake[unit] = t
    heapq.heappush(events, t * (len(a.job) + len(a.unit_res)) + len(a.job) + unit)


@kernel
def serve(a: Arrays, desk: Desk, unit: int, t: int, events: list[int], scale: float) -> None:
    """Give ``unit`` its next task, or leave it idle; a task that would end sooner on another idle unit goes there."""
    desk.wake[unit] = FAR
    opens, _ = place(a, a.unit_res[unit], max(t, desk.free[unit]), 1, 1)
    if opens > t:
        if opens < FAR:
            wake(a, desk, unit, opens, events)
        return
    skipped = np.full(TRIES, -1, np.int64)
    again = FAR
    for k in range(TRIES):
        i = pick(a, desk, unit, t, skipped, scale)
        if i < 0:
            break
        chosen, mode = best_unit(a, desk, i, unit, t)
        if desk.free[chosen] <= t:
            book(a, desk, i, mode, chosen, t)
            wake(a, desk, chosen, desk.plan.end[i], events)
            finish(a, desk, i, events)
            if chosen == unit:
                return
        else:
            again = min(again, desk.free[chosen])
            skipped[k] = i
    if again < FAR:
        wake(a, desk, unit, again, events)


@leaf
def book(a: Arrays, desk: Desk, i: int, mode: int, unit: int, t: int) -> None:
    """Write task ``i`` into the plan of ``unit``, as soon after ``t`` as it can be."""
    start, end, at = try_unit(a, desk, i, mode, unit, t)
    desk.plan.mode[i] = mode
    desk.plan.unit[i] = unit
    desk.plan.start[i] = start
    desk.plan.end[i] = end
    desk.fixed_next[unit] = at
    desk.free[unit] = max(desk.free[unit], end)
    desk.last[unit] = i


@kernel
def simulate(a: Arrays, desk: Desk, scale: float) -> int:
    """Run the shop until every task is planned; return how many could not be."""
    a, desk = borrow(a), borrow(desk)
    n = len(a.job)
    total = n + len(a.unit_res)
    events = [0 for _ in range(0)]
    for i in range(n):
        if a.fixed_mode[i] >= 0:
            finish(a, desk, i, events)
    for i in range(n):
        if desk.waiting[i] == 0 and a.fixed_mode[i] < 0 and a.pred_ptr[i] == a.pred_ptr[i + 1]:
            heapq.heappush(events, a.release[i] * total + i)
    while len(events) > 0:
        key = heapq.heappop(events)
        t, who = int(key // total), int(key % total)
        if who < n:
            enqueue(a, desk, who, t, events)
        elif desk.wake[who - n] == t:
            serve(a, desk, who - n, t, events, scale)
    return int(np.sum(desk.plan.unit < 0))


def _freeze(a: Arrays, desk: Desk) -> None:
    """Put the frozen tasks into the plan, each on the first unit of its resource that is free by then."""
    frozen = np.flatnonzero(a.fixed_mode >= 0)
    units: list[list[int]] = [[] for _ in a.unit_res]
    busy = np.zeros(len(a.unit_res), np.int64)
    for i in frozen[np.argsort(a.fixed_start[frozen], kind="stable")].tolist():
        mode = int(a.mode_ptr[i] + a.fixed_mode[i])
        res, start = int(a.mode_res[mode]), int(a.fixed_start[i])
        low, high = int(a.unit_ptr[res]), int(a.unit_ptr[res + 1])
        unit = next((u for u in range(low, high) if busy[u] <= start), low)
        begin, end = start, int(a.fixed_end[i])
        if end < 0:
            begin, end = place(a, res, start, int(a.mode_dur[mode]), int(a.resumable[i]))
        for column, value in zip(desk.plan, (mode, unit, begin, end), strict=True):
            column[i] = value
        busy[unit] = end
        units[unit].append(i)
    desk.fixed_ptr[1:] = np.cumsum([len(row) for row in units])
    desk.fixed_next[:] = desk.fixed_ptr[:-1]
    desk.fixed[:] = [i for row in units for i in row]


def dispatch(a: Arrays, rule: Rule, seed: int) -> Plan:
    """Return the plan a rule builds.

    Raises
    ------
    NoSchedule
        If a task finds no slot before its calendars end, which cannot be where they have :func:`overtime`.

    References
    ----------
    Vepsalainen, Morton 1987, https://doi.org/10.1287/mnsc.33.8.1035 (ATC).
    """
    n, units = len(a.job), len(a.unit_res)
    desk = Desk(
        plan=Plan(*(np.full(n, -1, np.int64) for _ in range(4))),
        waiting=np.diff(a.pred_ptr),
        tail=tails(a),
        free=np.zeros(units, np.int64),
        last=np.full(units, -1, np.int64),
        wake=np.full(units, FAR, np.int64),
        fixed_next=np.zeros(units, np.int64),
        fixed_ptr=np.zeros(units + 1, np.int64),
        fixed=np.zeros(int(np.sum(a.fixed_mode >= 0)), np.int64),
        queue_head=np.full(len(a.unit_ptr) - 1, -1, np.int64),
        queue_tail=np.full(len(a.unit_ptr) - 1, -1, np.int64),
        queue_next=np.full((len(a.mode_res), 2), -1, np.int64),
        random=random_state(seed),
        rule=np.array([rule.kind, rule.factor, rule.noise]),
    )
    _freeze(a, desk)
    unplanned = simulate(a, desk, max(1.0, float(a.mode_dur.mean())))
    if unplanned or int(desk.plan.end.max()) >= FAR:
        raise NoSchedule(
            "schedule.unfit", en="a task finds no slot before its calendars end", zh="有任务在日历结束前没有可用时段"
        )
    return desk.plan


def portfolio(due: bool, count: int, seed: int) -> list[Rule]:
    """Return ``count`` rules: each plain rule once, then randomised ones; ``due``: whether lateness matters."""
    rng = np.random.default_rng(seed)
    if due:
        rules = [Rule(ATC, k, 0.0) for k in (2.0, 0.5, 1.0, 4.0, 8.0)] + [
            Rule(EDD, 1.0, 0.0),
            Rule(COMPLETION, 0.5, 0.0),
        ]
    else:
        rules = [Rule(COMPLETION, k, 0.0) for k in (0.5, 0.3, 0.8, 0.0, 1.2)] + [Rule(MOST_WORK, 1.0, 0.0)]
    while len(rules) < count:
        kind = ATC if due else COMPLETION
        factor = float(rng.uniform(0.3, 8.0)) if due else float(rng.uniform(0.2, 1.0))
        rules.append(Rule(kind, factor, float(rng.uniform(0.0, 0.3 if due else 1.0))))
    return rules[:count]
