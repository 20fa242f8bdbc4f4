"""When a search ends."""

from __future__ import annotations

from dataclasses import dataclass

from gongzao.kernel import InvalidValue


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop at the first limit reached; at least one of ``seconds`` and ``iterations`` is needed.

    Parameters
    ----------
    seconds
        Wall-clock time [s].
    iterations
        Moves over all workers; with no time limit the same seed gives the same schedule.
    """

    seconds: float | None = None
    iterations: int | None = None

    def __post_init__(self) -> None:
        limits = [x for x in (self.seconds, self.iterations) if x is not None]
        if not limits or min(limits) < 0:
            raise InvalidValue(
                "schedule.stop",
                en=f"a stop needs seconds or iterations of at least 0, not {self.seconds} and {self.iterations}",
                zh="停止条件需要不小于 0 的秒数或迭代次数",
            )
