"""One solve under way: the clock, the incumbent, the bound, and the searches and proofs that share them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, NamedTuple, Protocol

import numpy as np

from gongzao.scheduling._jit import Ints
from gongzao.scheduling.arrays import FAR, Arrays, compile_problem, from_schedule, overtime, units_for
from gongzao.scheduling.bounds import require_slots
from gongzao.scheduling.dispatch import Plan, dispatch, portfolio
from gongzao.scheduling.errors import NoSchedule
from gongzao.scheduling.exact import PROVERS, ExactModel
from gongzao.scheduling.frames import earliest_ends, effective_dues, tractable
from gongzao.scheduling.line import settled
from gongzao.scheduling.model import Measure, Objective, Problem, Schedule
from gongzao.scheduling.result import Progress
from gongzao.scheduling.stop import Stop

POLL = 0.05
"""Seconds between looks at the clock."""
STARTS = 40
"""Dispatch plans for a small problem."""
START_TASKS = 400_000
"""Tasks planned by all of them for a large one, which gets at least three plans."""
START_SHARE = 0.1
"""Share of the time limit after which no further plan is built."""
NO_END = 1 << 60
EFFORT = 1.0
"""Deterministic time of the exact model where no plan was found and there is no time limit."""


class Search(Protocol):
    """A local search that runs in rounds, its tasks on any threads."""

    def tasks(self, workers: int, limit: int, progress: float, stop: Ints) -> list[Callable[[], int]]:
        """Return the runs of the next round; each returns the moves it made, at most ``limit``."""

    def absorb(self) -> None:
        """Take in the results of the round."""

    def offer(self, plan: Plan) -> None:
        """Take in a plan found elsewhere."""

    def plan(self) -> Plan:
        """Return the best plan so far."""


@dataclass(order=True)
class Score:
    """How good a plan is: minutes by which hard instants are missed, then the levels of the objective."""

    missed: int
    levels: tuple[int, ...]


def score_of(a: Arrays, objective: Objective, plan: Plan) -> Score:
    """Return the score of a decoded plan."""
    job_end = np.maximum.reduceat(plan.end, a.job_ptr[:-1])
    late = np.maximum(0, job_end - a.due)
    frozen = a.fixed_mode >= 0
    missed = np.maximum(0, job_end - a.deadline).sum() + np.abs(plan.start - a.fixed_start)[frozen].sum()
    based = a.base_res >= 0
    moved = (a.mode_res[plan.mode] != a.base_res) | (plan.start != a.base_start)
    measures = {
        Measure.MAKESPAN: int(job_end.max()),
        Measure.TARDINESS: int((late * a.weight).sum()),
        Measure.LATE: int((late > 0).sum()),
        Measure.COST: int(a.mode_cost[plan.mode].sum()),
        Measure.CHANGES: int(moved[based].sum()),
    }
    return Score(int(missed), objective.value(measures))


class News(NamedTuple):
    """What another thread has found: a plan, bounds of the first levels, and the moves its round has made."""

    plan: Plan | None
    bound: tuple[int, ...] = ()
    moves: int = 0


class Run:
    """One solve under way: the clock, the incumbent, the bound and their history.

    Proofs and bounds look at the problem as it is, ``a``; searches at ``open``, where work that finds no slot is late
    instead. Plans are scored by the latter, so that none that needs such a slot counts as one. ``walked`` is what a
    search on lines looks at: where changes count and it pays, tasks are held back until they start in the baseline.
    """

    def __init__(
        self,
        problem: Problem,
        stop: Stop,
        workers: int,
        seed: int,
        initial: Schedule | None,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self.problem, self.stop, self.workers, self.seed, self.on_progress = problem, stop, workers, seed, on_progress
        self.initial = initial
        self.began = time.perf_counter()
        self.flag = np.zeros(1, np.int64)
        self.iterations = 0
        self.history: list[Progress] = []
        self.a = compile_problem(problem)
        require_slots(problem, self.a, earliest_ends(self.a))
        ends = () if initial is None else (x.end for x in initial.tasks)
        self.open = self.walked = overtime(self.a, max([problem.horizon, *ends]))
        self.bound: tuple[int, ...] = tuple(0 for _ in problem.objective.levels)
        self.best: Plan | None = None
        self.score = Score(NO_END, ())
        self.inbox: SimpleQueue[News] = SimpleQueue()
        self.under_way = 0

    def seconds(self) -> float:
        """Return the seconds since the start."""
        return time.perf_counter() - self.began

    def left(self) -> float:
        """Return the seconds left."""
        return float("inf") if self.stop.seconds is None else self.stop.seconds - self.seconds()

    def known(self) -> int:
        """Return the makespan of the incumbent, FAR as long as it is no plan."""
        return FAR if self.best is None or self.score.missed > 0 else int(self.best.end.max())

    def moves_left(self) -> int:
        """Return the moves left."""
        return NO_END if self.stop.iterations is None else self.stop.iterations - self.iterations

    def over(self) -> bool:
        """Return whether a limit is reached or nothing is left to prove."""
        return bool(self.flag[0]) or self.left() <= 0 or self.moves_left() < self.workers or self.proven()

    def proven(self) -> bool:
        """Return whether the bound meets the incumbent."""
        return self.score.missed == 0 and self.score.levels == self.bound

    def take(self, plan: Plan) -> bool:
        """Make a plan the incumbent if it is better; return whether it is."""
        score = score_of(self.open, self.problem.objective, plan)
        better = self.best is None or score < self.score
        if better:
            self.best, self.score = Plan(*(x.copy() for x in plan)), score
            self.tell()
        return better

    def raise_bound(self, bound: tuple[int, ...]) -> None:
        """Take in bounds for the first levels."""
        better = tuple(max(x, y) for x, y in zip(bound, self.bound, strict=False)) + self.bound[len(bound) :]
        if better != self.bound:
            self.bound = better
            self.tell()

    def tell(self) -> None:
        """Record the incumbent and the bound, and report them."""
        if self.best is None:
            return
        news = Progress(self.seconds(), self.iterations + self.under_way, self.score.levels, self.bound)
        self.history.append(news)
        if self.on_progress is not None:
            self.on_progress(news)

    def read(self) -> None:
        """Take in what other threads have found."""
        while not self.inbox.empty():
            plan, bound, moves = self.inbox.get()
            self.under_way = max(moves, self.under_way)
            if plan is not None:
                self.take(plan)
            self.raise_bound(bound)

    def construct(self) -> list[Plan]:
        """Return the starting plans, the best first."""
        plans = []
        if self.initial is not None:
            mode, start, end = from_schedule(self.a, self.initial)
            plans.append(Plan(mode, units_for(self.a, mode, start, end), start, end))
            self.take(plans[0])
        due = bool((self.a.due < FAR).any())
        # a rule lays frozen tasks whatever is in their way, and tasks of no minutes only where a minute can be worked
        rough = bool((self.a.fixed_mode >= 0).any() or (self.a.mode_dur == 0).any())
        count = max(3, min(STARTS, START_TASKS // len(self.a.job)))
        shops = [self.open]
        if any(m is Measure.CHANGES for m, _ in self.problem.objective.levels[0]):
            free = np.where(self.a.fixed_mode < 0, self.a.base_start, 0)
            shops.append(self.open._replace(release=np.maximum(self.open.release, free)))
        for rule in portfolio(due, count, self.seed):
            late = self.stop.seconds is not None and self.seconds() > START_SHARE * self.stop.seconds
            if self.best is not None and (self.flag[0] or late):
                break
            for shop in shops:
                plan = dispatch(shop, rule, self.seed)
                if rough or score_of(self.open, self.problem.objective, plan).missed > 0:
                    plan = settled(shop, plan)
                plans.append(plan)
                if self.take(plan):
                    self.walked = shop
        plans.sort(key=lambda p: score_of(self.open, self.problem.objective, p))
        return plans

    def search(self, search: Search, share: float, threads: int | None = None) -> None:
        """Run rounds until ``share`` of the time that is left has passed, on all ``threads`` by default."""
        threads = threads or self.workers
        until = 0.0 if self.stop.seconds is None else self.left() * (1.0 - share)
        seconds, moves = self.left() - until, self.moves_left()
        with ThreadPoolExecutor(threads) as pool:
            while not self.over() and self.left() > until:
                limit = max(1, self.moves_left() // threads)
                progress = 1.0 - min(
                    (self.left() - until) / seconds if self.stop.seconds else 1.0, self.moves_left() / moves
                )
                quit_now = np.zeros(1, np.int64)
                runs = [pool.submit(t) for t in search.tasks(threads, limit, progress, quit_now)]
                self._await(runs, until, lambda q=quit_now: q.fill(1))  # type: ignore[misc]
                self.iterations += sum(r.result() for r in runs)
                self.under_way = 0
                search.absorb()
                self.take(search.plan())

    def _await(self, runs: Sequence[Future[Any]], until: float, end: Callable[[], None]) -> None:
        while wait(runs, timeout=min(POLL, max(0.001, self.left() - until))).not_done:
            self.read()
            if self.flag[0] or self.left() <= until or self.proven():
                end()

    def latest_ends(self) -> Ints:
        """Return when each job ends at the latest [min] in a schedule as good as the incumbent."""
        a, levels = self.a, self.problem.objective.levels
        closes = bool((a.calendar[a.mode_res] >= 0).all())
        closing = max(int(a.cal_end.max()), int(a.fixed_end.max())) if closes else FAR
        latest = np.minimum(a.deadline, min(self.problem.horizon, closing))
        if self.best is not None and self.score.missed == 0:
            if levels[0] == ((Measure.MAKESPAN, 1),):
                latest = np.minimum(latest, self.score.levels[0])
            if levels[0] == ((Measure.TARDINESS, 1),):
                dues = effective_dues(a)
                avoidable = self.score.levels[0] - int(((dues - a.due) * a.weight).sum())
                slack = avoidable // np.maximum(1, a.weight)
                latest = np.where(a.weight > 0, np.minimum(latest, dues + slack), latest)
        return latest

    def _exact_model(self, most: int = FAR) -> ExactModel | None:
        latest = np.minimum(self.latest_ends(), most)
        if not tractable(self.a, latest):
            return None
        feasible = self.best is not None and self.score.missed == 0
        return ExactModel(self.problem, self.a, latest, self.best if feasible else None, least=self.bound[0])

    def _bounded(self, bound: int) -> None:
        self.inbox.put(News(None, (bound,)))

    @contextmanager
    def proof_beside(self, search: Search, threads: int) -> Iterator[None]:
        """Run the exact model, which asks for a shorter makespan, in ``threads`` beside what ``search`` does inside."""
        model = self._exact_model(self.score.levels[0] - 1)
        if model is None:
            yield
            return
        seconds, kinds = self.left(), PROVERS[:threads]

        def run() -> None:
            plan, bound, _ = model.solve(seconds, len(kinds), self.seed, self._bounded, kinds)
            if plan is not None:
                search.offer(plan)
            self.inbox.put(News(plan, bound))

        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(run)
            try:
                yield
            finally:
                while wait([done], timeout=POLL).not_done:
                    model.interrupt()
                self.read()
                done.result()

    def prove(self, share: float) -> Plan | None:
        """Run the exact model for ``share`` of the time that is left; return its plan if it is better.

        Without a time limit it runs with one thread and for a fixed effort, so that its answer is always the same.
        """
        model = self._exact_model()
        if model is None:
            return None
        seconds = self.left() * share
        threads, effort = (1, EFFORT) if self.stop.seconds is None else (max(2, self.workers), float("inf"))
        with ThreadPoolExecutor(1) as pool:
            run = pool.submit(lambda: model.solve(seconds, threads, self.seed, self._bounded, effort=effort))
            self._await([run], -1.0, model.interrupt)
            plan, bound, infeasible = run.result()
        if infeasible and self.score.missed > 0:
            raise NoSchedule(
                "schedule.infeasible",
                en="no schedule keeps every hard rule (proven)",
                zh="已证明不存在满足全部硬约束的排程",
            )
        self.raise_bound(bound)
        if plan is not None:
            self.take(plan)
        return plan
