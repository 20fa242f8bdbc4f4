"""Resources of the exact model: machines take one task after another, with setups between; pools keep capacity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise, product
from typing import NamedTuple

import numpy as np
from ortools.sat.python import cp_model

from gongzao.scheduling._jit import Ints
from gongzao.scheduling.arrays import Arrays
from gongzao.scheduling.dispatch import Plan
from gongzao.scheduling.frames import gaps, worked
from gongzao.scheduling.loads import windows

ROWS = 4
"""Heads, and tails, for which the load of a resource between them is a row."""


class Use(NamedTuple):
    """A task on a resource, in minutes worked there: ``when`` it takes it, it lies between ``low`` and ``high``.

    Those that are not ``free`` keep their order; ``start`` is on the clock.
    """

    task: int
    begin: cp_model.LinearExpr
    end: cp_model.LinearExpr
    low: int
    high: int
    length: int
    when: list[cp_model.IntVar]
    free: bool
    span: cp_model.IntervalVar
    start: cp_model.LinearExprT


def sequence(model: cp_model.CpModel, a: Arrays, plan: Plan, r: int, uses: list[Use], *, whole: bool) -> None:
    """Keep resource ``r`` to its capacity and its setups; tasks that are not free stay in the order of ``plan``.

    A setup that is longer than a way by other families is kept only in the model of a ``whole`` problem.
    """
    capacity = int(a.unit_ptr[r + 1] - a.unit_ptr[r])
    if capacity > 1:
        spans = [u.span for u in uses if u.length > 0]
        model.add_cumulative(spans, [1] * len(spans), capacity)
        return
    model.add_no_overlap([u.span for u in uses])
    busy = max(int(a.fixed_end[u.task]) for u in uses)
    for u in uses:
        if u.length == 0 and a.fixed_end[u.task] < 0 <= busy:
            model.add(u.start >= busy).only_enforce_if(u.when)
    kept = [u for u in uses if not u.free]
    kept.sort(key=lambda u: (int(plan.start[u.task]), int(plan.end[u.task])))
    for u, v in pairwise(kept):
        model.add(u.end <= v.begin)
    if a.setup[r] >= 0:
        _setups(model, a, r, uses, kept, whole)


def _setups(model: cp_model.CpModel, a: Arrays, r: int, uses: list[Use], kept: list[Use], whole: bool) -> None:
    uses = [u for u in uses if a.fixed_end[u.task] < 0]
    family = [int(a.family[u.task]) for u in uses]
    setups, initial = a.setups[a.setup[r]], int(a.first_family[r])
    since = [worked(a, int(a.calendar[r]), t) for t in a.since[r].tolist()]
    least = gaps(setups, family, [u.length for u in uses])
    for k, u in enumerate(uses):
        if initial >= 0:
            model.add(u.begin >= min(since) + int(least[initial, family[k]])).only_enforce_if(u.when)
        for other in range(k):
            v = uses[other]
            if u.free or v.free:
                _apart(model, u, v, int(least[family[k], family[other]]), int(least[family[other], family[k]]))
    for u, v in pairwise(u for u in kept if a.fixed_end[u.task] < 0):
        gap = int(least[a.family[u.task], a.family[v.task]])
        model.add(u.end + gap <= v.begin)
    kinds = sorted(set(family))
    before = kinds if initial < 0 else [*kinds, initial]
    if whole and ((least != setups)[np.ix_(before, kinds)].any() or len(set(since)) > 1):
        _circuit(model, uses, family, setups, initial, since)


def _apart(model: cp_model.CpModel, u: Use, v: Use, after_u: int, after_v: int) -> None:
    """Keep a gap between two tasks of a resource, whichever comes first, as far as their frames leave a choice."""
    both = [*u.when, *v.when]
    u_first = u.low + u.length + after_u <= v.high - v.length
    v_first = v.low + v.length + after_v <= u.high - u.length
    if u_first and v_first and (after_u or after_v):
        order = model.new_bool_var("")
        model.add(u.end + after_u <= v.begin).only_enforce_if([*both, order])
        model.add(v.end + after_v <= u.begin).only_enforce_if([*both, order.negated()])
        if u.length == v.length == 0:
            model.add(u.start <= v.start).only_enforce_if([*both, order])
            model.add(v.start <= u.start).only_enforce_if([*both, order.negated()])
    elif u_first and not v_first and u.high + after_u > v.low:
        model.add(u.end + after_u <= v.begin).only_enforce_if(both)
    elif v_first and not u_first and v.high + after_v > u.low:
        model.add(v.end + after_v <= u.begin).only_enforce_if(both)
    elif not u_first and not v_first:
        model.add_bool_or([x.negated() for x in both])


def _circuit(
    model: cp_model.CpModel, uses: list[Use], family: list[int], setups: Ints, initial: int, since: list[int]
) -> None:
    """Order the tasks in a circuit: a setup between neighbours is longer than one by way of other families.

    The first begins, by its family, ``since`` then.
    """
    arcs: list[tuple[int, int, cp_model.LiteralT]] = [(0, 0, model.new_bool_var(""))]
    for k, u in enumerate(uses):
        first, last = model.new_bool_var(""), model.new_bool_var("")
        arcs += [(0, k + 1, first), (k + 1, 0, last), (k + 1, k + 1, u.when[0].negated())]
        if initial >= 0:
            model.add(u.begin >= since[family[k]] + int(setups[initial, family[k]])).only_enforce_if(first)
        for other, v in enumerate(uses):
            if other != k:
                follows = model.new_bool_var("")
                arcs.append((k + 1, other + 1, follows))
                gap = int(setups[family[k], family[other]])
                model.add(v.begin >= u.end + gap).only_enforce_if(follows)
                if u.length == v.length == 0:
                    model.add(v.start >= u.start).only_enforce_if(follows)
    model.add_circuit(arcs)


def keep_loads(
    model: cp_model.CpModel,
    a: Arrays,
    used: Mapping[int, cp_model.IntVar],
    resources: Iterable[int],
    makespan: cp_model.IntVar,
) -> None:
    """Keep the loads of resources between heads and tails below the makespan, as the rows of :mod:`loads` do."""
    w = windows(a)
    task = np.repeat(np.arange(len(a.job)), np.diff(a.mode_ptr))
    for r in resources:
        modes = np.flatnonzero(a.mode_res == r)
        capacity = int(a.unit_ptr[r + 1] - a.unit_ptr[r])
        head, tail = w.head[task[modes]], w.tail[task[modes]]
        for first, last in product(_spread(head), _spread(tail)):
            between = modes[(head >= first) & (tail >= last)].tolist()
            if len(between) > capacity:
                load = sum(int(a.mode_dur[m]) * used[m] for m in between)
                model.add(load <= capacity * (makespan - first - last))


def _spread(values: Ints) -> list[int]:
    """Return a few of the values, from the least to the greatest."""
    values = np.unique(values)
    return values[:: max(1, len(values) // ROWS)].tolist()  # type: ignore[no-any-return]
