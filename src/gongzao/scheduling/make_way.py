"""A move: the task that holds another back goes later or elsewhere."""

from __future__ import annotations

from gongzao.scheduling._jit import Words, leaf, next_random
from gongzao.scheduling.arrays import Arrays
from gongzao.scheduling.line import Line
from gongzao.scheduling.places import draw_unit, elsewhere, later


@leaf
def make_way(a: Arrays, line: Line, _v: int, held: int, random: Words) -> tuple[int, int, int, int]:
    """Propose another place for ``held``, what blocks the task; see :class:`~gongzao.scheduling.proposals.Move`."""
    if held < 0 or next_random(random) >= 0.3 or a.fixed_mode[held] >= 0:
        return -1, 0, 0, 0
    mode, unit = draw_unit(a, line, held, random)
    other = unit != line.plan.unit[held]
    slot = elsewhere(a, line, held, unit, random) if other else later(line, held, random)
    return held if slot >= 0 else -1, mode, unit, slot
