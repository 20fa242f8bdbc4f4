"""A small pool of good, different solutions of a pure shop, relinked and improved by tabu search."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gongzao.scheduling._jit import Ints, random_state
from gongzao.scheduling.arrays import Arrays
from gongzao.scheduling.blend import distance, relink
from gongzao.scheduling.dispatch import Plan, dispatch, portfolio
from gongzao.scheduling.shop import new_graph, rebuild, shop_of, solution_of
from gongzao.scheduling.tabu import search
from gongzao.scheduling.walk import TIES, Style, new_walk


class Member(NamedTuple):
    """A solution of the pool."""

    value: int
    order: Ints
    alt: Ints


class Walker(NamedTuple):
    """Where a tabu search starts, the options it walks by, and its seed."""

    order: Ints
    alt: Ints
    drawn: tuple[int, int]
    seed: int


@dataclass(frozen=True)
class Effort:
    """Parameters of the search: what is kept, how its walks go, and how long each goes on.

    Job shops with few ties (long durations) gain from long walks, those with many machines from more relinking; the
    mixture is near the better of the two on both. Where machines are busy to the end, the makespan falls only with the
    load of all of them, so that working time and balance must count; elsewhere that is in the way.

    Parameters
    ----------
    patience
        Moves without improvement after which a walk ends, drawn log-uniformly from this range.
    limit
        Moves in a walk at most.
    pool
        Solutions kept.
    starts
        Dispatch rules a new solution's is drawn from.
    tenures
        Options for :attr:`~gongzao.scheduling.walk.Style.tenure`.
    leanings
        Options for what loads count and where tasks are traded, see :class:`~gongzao.scheduling.walk.Style`.
    """

    patience: tuple[int, int] = (2_000, 20_000)
    limit: int = 500_000
    pool: int = 8
    starts: int = 40
    tenures: tuple[float, ...] = (0.5, 0.75, 1.0)
    leanings: tuple[tuple[float, float], ...] = ((TIES, 0.0), (1.0, 1.0), (4.0, 2.0))


class Draw:
    """Options drawn by how often each has lately brought a solution that the pool took."""

    LEARN, LEAST = 0.1, 0.05

    def __init__(self, options: int) -> None:
        self.rate = np.full(options, 0.5)

    def one(self, rng: np.random.Generator) -> int:
        """Return an option."""
        rate = np.maximum(self.rate, self.LEAST)
        return int(rng.choice(len(rate), p=rate / rate.sum()))

    def learn(self, option: int, *, taken: bool) -> None:
        """Note whether what an option brought was taken."""
        self.rate[option] += self.LEARN * (taken - self.rate[option])


class EliteSearch:
    """Memetic search for the least makespan: fill the pool, then relink pairs; start afresh when it has converged.

    References
    ----------
    Ding, Lü, Li, Shen, Xu, Glover 2019, https://doi.org/10.1609/aaai.v33i01.33012264.
    """

    def __init__(
        self,
        a: Arrays,
        starts: list[Plan],
        target: int,
        seed: int,
        found: Callable[[Plan, int], None],
        *,
        lockstep: bool,
        effort: Effort | None = None,
    ) -> None:
        """Start from plans; a makespan of ``target`` is the end.

        ``found`` is called, on any thread, with each better plan and the moves of the round so far. In lockstep a
        round is one search for each worker, so that the result depends on the seed alone; otherwise no worker waits for
        another.
        """
        self.a, self.shop = a, shop_of(a)
        self.rng = np.random.default_rng(seed)
        self.effort = effort or Effort()
        self.target = target * self.shop.scale
        self.found, self.lockstep = found, lockstep
        self.lock = threading.Lock()
        self.pool: list[Member] = []
        self.results: dict[int, tuple[Member, tuple[int, int]]] = {}
        self.draws = Draw(len(self.effort.tenures)), Draw(len(self.effort.leanings))
        self.idle = self.moves = 0
        self.starts = [solution_of(a, p) for p in starts[: self.effort.pool]]
        self.graph = new_graph(self.shop)
        self.best = min((self._member(o, alt) for o, alt in self.starts), key=lambda m: m.value)

    def _member(self, order: Ints, alt: Ints) -> Member:
        return Member(rebuild(self.shop, self.graph, order, alt), order, alt)

    def _seed(self) -> int:
        return int(self.rng.integers(2**31))

    def tasks(self, workers: int, limit: int, _: float, stop: Ints) -> list[Callable[[], int]]:
        """Return a run for each worker, of at most ``limit`` moves; each returns its moves."""
        self.moves = 0
        if self.lockstep:
            self.results = {}
            return [self._one(k, self._walker(), limit, stop) for k in range(workers)]
        return [lambda: self._many(limit, stop)] * workers

    def _start(self) -> tuple[Ints, Ints]:
        if self.starts:
            return self.starts.pop(0)
        if len(self.pool) < self.effort.pool:
            rule = portfolio(due=False, count=self.effort.starts, seed=self._seed())[-1]
            return solution_of(self.a, dispatch(self.a, rule, self._seed()))
        one, two = (self.pool[i] for i in self.rng.choice(len(self.pool), 2, replace=False))
        share = float(self.rng.uniform(0.35, 0.65))
        return relink(one.order, one.alt, two.order, two.alt, share, random_state(self._seed()))

    def _walker(self) -> Walker:
        order, alt = self._start()
        tenure, leaning = (d.one(self.rng) for d in self.draws)
        return Walker(order, alt, (tenure, leaning), self._seed())

    def _improve(self, w: Walker, limit: int, stop: Ints) -> tuple[Member, int]:
        graph, walk = new_graph(self.shop), new_walk(self.shop, random_state(w.seed))
        least, longest = np.log(self.effort.patience)
        patience = int(np.exp(np.random.default_rng(w.seed).uniform(least, longest)))
        most = min(limit, self.effort.limit)
        tenure, leaning = w.drawn
        style = Style(self.effort.tenures[tenure], *self.effort.leanings[leaning])
        moves = search(self.shop, graph, walk, w.order, w.alt, style, patience, most, self.target, stop)
        return Member(int(walk.best[0]), walk.order, walk.alt), moves

    def _one(self, place: int, w: Walker, limit: int, stop: Ints) -> Callable[[], int]:
        def run() -> int:
            member, moves = self._improve(w, limit, stop)
            self.results[place] = member, w.drawn
            return moves

        return run

    def _many(self, limit: int, stop: Ints) -> int:
        moves = 0
        while moves < limit and not stop[0] and self.best.value > self.target:
            with self.lock:
                walker = self._walker()
            member, done = self._improve(walker, limit - moves, stop)
            moves += done
            with self.lock:
                self.moves += done
                self._learn(walker.drawn, taken=self._take(member))
        return moves

    def _learn(self, drawn: tuple[int, int], *, taken: bool) -> None:
        for draw, option in zip(self.draws, drawn, strict=True):
            draw.learn(option, taken=taken)

    def absorb(self) -> None:
        """Take the results of a round in lockstep into the pool."""
        for place in sorted(self.results):
            member, drawn = self.results[place]
            self._learn(drawn, taken=self._take(member))
        self.results = {}

    def offer(self, plan: Plan) -> None:
        """Take a plan found elsewhere into the pool, from any thread."""
        with self.lock:
            self._take(self._member(*solution_of(self.a, plan)))

    def _take(self, member: Member) -> bool:
        if member.value < self.best.value:
            self.best = member
            self.found(self.plan(), self.moves)
        admitted = self._admit(member)
        self.idle = 0 if admitted else self.idle + 1
        if self.idle >= 4 * self.effort.pool:
            self.pool = [self.best]
            self.idle = 0
        return admitted

    def _admit(self, new: Member) -> bool:
        close = len(new.order) // 20 + 1
        for i, old in enumerate(self.pool):
            if distance(self.shop, old.order, old.alt, new.order, new.alt) < close:
                if new.value < old.value:
                    self.pool[i] = new
                    return True
                return False
        if len(self.pool) < self.effort.pool:
            self.pool.append(new)
            return True
        worst = max(range(len(self.pool)), key=lambda i: self.pool[i].value)
        if new.value <= self.pool[worst].value:
            self.pool[worst] = new
            return True
        return False

    def plan(self) -> Plan:
        """Return the best solution found, decoded."""
        rebuild(self.shop, self.graph, self.best.order, self.best.alt)
        scale = self.shop.scale
        unit = self.shop.alt_unit[self.best.alt]
        res = self.a.unit_res[unit]
        n = len(unit)
        matches = self.a.mode_res == np.repeat(res, np.diff(self.a.mode_ptr))
        mode = np.flatnonzero(matches)
        start = self.graph.head // scale
        return Plan(mode.astype(np.int64), unit.astype(np.int64), start[:n], start + self.a.mode_dur[mode])
