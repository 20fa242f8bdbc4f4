"""The front door: dispatch, bounds, local search and proof, sharing one incumbent."""

from __future__ import annotations

from collections.abc import Callable

from gongzao.kernel import InvalidValue
from gongzao.scheduling._jit import Ints
from gongzao.scheduling.anneal import AnnealSearch
from gongzao.scheduling.arrays import to_schedule
from gongzao.scheduling.bounds import lower_bound
from gongzao.scheduling.check import check, require_plan
from gongzao.scheduling.dispatch import Plan
from gongzao.scheduling.elite import EliteSearch
from gongzao.scheduling.errors import InvalidProblem, NoSchedule
from gongzao.scheduling.frames import MODES
from gongzao.scheduling.model import Objective, Problem, Schedule
from gongzao.scheduling.result import Progress, Result
from gongzao.scheduling.run import News, Run, score_of
from gongzao.scheduling.shop import suits
from gongzao.scheduling.stop import Stop, interruptible
from gongzao.scheduling.windows import WindowSearch

__all__ = ["score_of", "solve"]

BOUND_SHARE = 0.1
"""Share of the time limit after which a search for a bound ends."""
PROVABLE, FEW = 270, 100
"""Modes, or tasks, of a shop up to which a proof is tried."""
FIRST, CLOSE, CLOSE_FIRST = 0.05, 0.02, 0.2
"""Share of the time the search of a small shop has to itself; where the gap is then below the second figure, it is a
better schedule rather than the proof that is missing, and the search has the third share of the rest too."""

QUICK, PROOF, REPAIR, ANNEAL = 0.15, 0.3, 0.5, 0.8
"""Share of the time for a quick annealing, of the rest for a proof, or where no plan was found yet for the exact model
to find one, and of what is left then for a slow annealing until windows come."""
WINDOWED = 3_000
"""Tasks beyond which annealing gets further than windows in the same time."""


def _require_initial(problem: Problem, initial: Schedule) -> None:
    broken = check(problem, initial)
    if broken:
        where = f"job {broken[0].job}, task {broken[0].task}: {broken[0].en}"
        raise InvalidProblem(
            "schedule.initial",
            en=f"the initial schedule breaks {broken[0].rule}: {where}",
            zh=f"初始排程不可行：{broken[0].zh}",
        )


def solve(
    problem: Problem,
    *,
    stop: Stop,
    seed: int = 0,
    workers: int = 1,
    initial: Schedule | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    interrupt: Ints | None = None,
) -> Result:
    """Return the best schedule found and what is proven about it.

    Dispatch rules build first plans; a pure shop's makespan is then searched by tabu with relinking, everything else by
    annealing; where there is a time limit, small problems also go to the exact model, and larger ones in windows.

    Parameters
    ----------
    problem
        What to schedule.
    stop
        When to end. With an iteration limit alone the result depends only on the arguments.
    seed, workers
        Seed of all randomness; threads of the local search [at least 1].
    initial
        A feasible schedule; the result is never worse.
    on_progress
        Called with every improvement of schedule or bound, on this thread.
    interrupt
        One number; set to 1 from any thread, it ends the search, which returns the best so far.

    Raises
    ------
    NoSchedule
        If a task fits nowhere, it is proven that no schedule exists, or none was found and the question is open
        (``schedule.none_found``).
    NotAPlan
        If the result breaks a rule, which would be a fault of this program.
    InvalidProblem
        If ``initial`` is not feasible.
    """
    if workers < 1:
        raise InvalidValue("schedule.workers", en=f"workers must be at least 1, not {workers}", zh="线程数至少为 1")
    if initial is not None:
        _require_initial(problem, initial)
    run = Run(problem, stop, workers, seed, initial, on_progress)
    if interrupt is not None:
        run.flag = interrupt
    with interruptible(run.flag):
        plans = run.construct()
        if not run.flag[0]:
            run.raise_bound(lower_bound(problem, run.a, run.known(), run.left() * BOUND_SHARE))
        if not run.over():
            _improve(run, plans)
        if run.score.missed > 0 and run.left() > 0 and not run.flag[0]:
            run.prove(1.0)
    if run.best is None or run.score.missed > 0:
        raise NoSchedule(
            "schedule.none_found",
            en="no schedule was found within the limit; whether calendars, deadlines and frozen starts allow one "
            "is not decided, a longer search may tell",
            zh="在限定内没有找到排程；日历、最后期限和冻结开始时间是否允许存在排程尚未确定，更长的求解可能得出结论",
        )
    schedule = to_schedule(run.a, run.best.mode, run.best.start, run.best.end)
    require_plan(problem, schedule, run.score.levels, run.bound)
    return Result(schedule, run.score.levels, run.bound, tuple(run.history), run.iterations, run.seconds())


def _improve(run: Run, plans: list[Plan]) -> None:
    if suits(run.a) and run.problem.objective.levels == Objective().levels:
        _improve_shop(run, plans)
        return
    a = run.walked
    moves = run.stop.iterations or int((run.stop.seconds or 0.0) * 50_000 * run.workers)
    search = AnnealSearch(a, run.problem.objective, plans[:1], run.seed, run.workers, moves / len(a.job))
    if run.stop.seconds is not None and len(a.mode_res) <= MODES:
        run.search(search, QUICK)
        better = None if run.over() else run.prove(PROOF if run.score.missed == 0 else REPAIR)
        if better is not None:
            search.offer(better)
    if run.stop.seconds is not None and len(a.job) <= WINDOWED and run.score.missed == 0:
        run.search(search, ANNEAL)
        if run.score.levels[0] > run.bound[0]:
            run.search(WindowSearch(run.problem, a, search.plan(), run.seed, run.left), 1.0)
    run.search(search, 1.0)


def _improve_shop(run: Run, plans: list[Plan]) -> None:
    """Search for the least makespan; beside it, have small problems proven."""
    timed = run.stop.seconds is not None

    def found(plan: Plan, moves: int) -> None:
        run.inbox.put(News(plan, (), moves))

    search = EliteSearch(run.a, plans, run.bound[0], run.seed, found, lockstep=not timed)
    if timed and (len(run.a.mode_res) <= PROVABLE or len(run.a.job) <= FEW):
        run.search(search, FIRST)
        if run.score.levels[0] <= run.bound[0] * (1 + CLOSE):
            run.search(search, CLOSE_FIRST)
        if not run.over():
            walking = max(1, run.workers // 2)
            with run.proof_beside(search, max(1, run.workers - walking)):
                run.search(search, 1.0, walking)
    run.search(search, 1.0)
