"""A move: a task on the chain goes earlier or elsewhere."""

from __future__ import annotations

from gongzao.scheduling._jit import Words, leaf
from gongzao.scheduling.arrays import Arrays
from gongzao.scheduling.line import Line
from gongzao.scheduling.places import draw_unit, earlier, elsewhere, later


@leaf
def advance(a: Arrays, line: Line, v: int, _held: int, random: Words) -> tuple[int, int, int, int]:
    """Propose another place for ``v``; the first on its unit goes later instead of earlier.

    See :class:`~gongzao.scheduling.proposals.Move`.
    """
    if a.fixed_mode[v] >= 0:
        return -1, 0, 0, 0
    mode, unit = draw_unit(a, line, v, random)
    if unit != line.plan.unit[v]:
        slot = elsewhere(a, line, v, unit, random)
    elif line.place[v] == 0:
        slot = later(line, v, random)
    else:
        slot = earlier(a, line, v, random)
    return v if slot >= 0 else -1, mode, unit, slot
