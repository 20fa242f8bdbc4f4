"""The moves of the full-model search: what one is, which there are, and how they take turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from gongzao.scheduling._jit import Words, inner
from gongzao.scheduling.advance import advance
from gongzao.scheduling.arrays import Arrays
from gongzao.scheduling.chain import pick_task
from gongzao.scheduling.line import Line
from gongzao.scheduling.make_way import make_way


class Move(Protocol):
    """A kernel that proposes to take a task out and put it in elsewhere; the search works out what that does.

    ``v`` is a task on the chain that binds a job that matters, ``held`` the task that blocks it on its unit, or -1. The
    answer is (task, mode, unit, slot counted without the task); a task of -1 declines, and the next move is asked.
    Frozen tasks stay. All chance comes from ``random``.
    """

    def __call__(self, a: Arrays, line: Line, v: int, held: int, random: Words, /) -> tuple[int, int, int, int]:
        """Return (task, mode, unit, slot)."""


Propose: TypeAlias = Callable[[Arrays, Line, Words], tuple[int, int, int, int]]

MOVES: tuple[Move, ...] = (make_way, advance)
"""The moves of every search, asked in this order."""


def in_turn(moves: tuple[Move, ...]) -> Move:
    """Return the move that is the first of ``moves`` [at least one] that does not decline."""
    first = moves[0]
    if len(moves) == 1:
        return first
    rest = in_turn(moves[1:])

    @inner
    def proposed(a: Arrays, line: Line, v: int, held: int, random: Words) -> tuple[int, int, int, int]:
        found = first(a, line, v, held, random)
        if found[0] >= 0:
            return found
        return rest(a, line, v, held, random)

    return proposed


def proposer(moves: tuple[Move, ...]) -> Propose:
    """Return a kernel that picks a task and asks ``moves`` about it."""
    turn = in_turn(moves)

    @inner
    def propose(a: Arrays, line: Line, random: Words) -> tuple[int, int, int, int]:
        v, held = pick_task(a, line, random)
        return turn(a, line, v, held, random)

    return propose


propose = proposer(MOVES)
