"""When a search ends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING

from gongzao.kernel import InvalidValue

if TYPE_CHECKING:
    from gongzao.scheduling._jit import Ints

MAX_SECONDS = 31_622_400
"""Longest time limit [s], a year."""
MAX_ITERATIONS = 10**15
"""Most moves of a limit."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop at the first limit reached; at least one of ``seconds`` and ``iterations`` is needed.

    Parameters
    ----------
    seconds
        Wall-clock time [s], at most a year; an endless search has no schedule of phases, so there is none.
    iterations
        Moves over all workers [at most 10^15]; with no time limit the same seed gives the same schedule.
    """

    seconds: float | None = None
    iterations: int | None = None

    def __post_init__(self) -> None:
        for limit, most in ((self.seconds, MAX_SECONDS), (self.iterations, MAX_ITERATIONS)):
            if limit is not None and not 0 <= limit <= most:
                raise InvalidValue(
                    "schedule.stop",
                    en=f"a limit of seconds or iterations must be 0 to {most}, not {limit}",
                    zh=f"秒数或迭代次数的限制须在 0 到 {most} 之间，而不是 {limit}",
                )
        if self.seconds is None and self.iterations is None:
            raise InvalidValue(
                "schedule.stop", en="a stop needs seconds or iterations", zh="停止条件需要秒数或迭代次数"
            )


@contextmanager
def interruptible(flag: Ints) -> Iterator[None]:
    """Have SIGINT set the flag, and so end the search, instead of the program, where this thread may say so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        flag[0] = 1

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
