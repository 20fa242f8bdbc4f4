"""Where a move of the full-model search puts a task."""

from __future__ import annotations

from gongzao.scheduling._jit import Words, leaf, next_random
from gongzao.scheduling.arrays import Arrays
from gongzao.scheduling.chain import binding_task
from gongzao.scheduling.line import Line


@leaf
def slot_at(line: Line, unit: int, t: int) -> int:
    """Return the first place on ``unit`` that starts at or after ``t``."""
    base = line.seq_ptr[unit]
    low, high = 0, line.length[unit]
    while low < high:
        middle = (low + high) // 2
        if line.plan.start[line.seq[base + middle]] >= t:
            high = middle
        else:
            low = middle + 1
    return low


@leaf
def steps(random: Words, low: int, high: int) -> int:
    """Return a step from ``low`` to ``high``, small ones more likely."""
    u = next_random(random)
    return low + min(high - low, int((high - low + 1) * u * u * u))


@leaf
def ready(a: Arrays, line: Line, v: int) -> int:
    """Return when the job lets ``v`` start, as it stands [min]."""
    before = binding_task(a, line, v)
    return int(a.release[v] if before < 0 else line.plan.end[before])


@leaf
def draw_unit(a: Arrays, line: Line, v: int, random: Words) -> tuple[int, int]:
    """Return (mode, unit) for ``v``: any at random, now and then its own."""
    count = a.mode_ptr[v + 1] - a.mode_ptr[v]
    mode = a.mode_ptr[v] + int(next_random(random) * count)
    res = a.mode_res[mode]
    units = a.unit_ptr[res + 1] - a.unit_ptr[res]
    unit = a.unit_ptr[res] + int(next_random(random) * units)
    if next_random(random) < 0.1:
        return line.plan.mode[v], line.plan.unit[v]
    return mode, unit


@leaf
def elsewhere(a: Arrays, line: Line, v: int, unit: int, random: Words) -> int:
    """Return a place on another unit, from where the job is ready for ``v`` to where it starts now."""
    first = slot_at(line, unit, ready(a, line, v))
    last = max(first, min(line.length[unit], slot_at(line, unit, line.plan.start[v]) + 1))
    return max(0, steps(random, first, last) - int(next_random(random) < 0.2))


@leaf
def later(line: Line, v: int, random: Words) -> int:
    """Return a later place on the unit of ``v``, a near one more likely; -1 if it is the last there."""
    at, unit = line.place[v], line.plan.unit[v]
    if at + 1 >= line.length[unit]:
        return -1
    return steps(random, at + 1, min(line.length[unit] - 1, at + 10))


@leaf
def earlier(a: Arrays, line: Line, v: int, random: Words) -> int:
    """Return an earlier place on the unit of ``v``, which is not the first there; a near one more likely."""
    at = line.place[v]
    first = max(0, min(at - 1, slot_at(line, line.plan.unit[v], ready(a, line, v)) - 1))
    return int(at - steps(random, 1, at - first))
