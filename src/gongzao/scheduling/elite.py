"""A small pool of good, different solutions of a pure shop, relinked and improved by tabu search."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gongzao.scheduling._jit import Ints, random_state
from gongzao.scheduling.arrays import Arrays
from gongzao.scheduling.dispatch import Plan, dispatch, portfolio
from gongzao.scheduling.shop import new_graph, rebuild, shop_of, solution_of
from gongzao.scheduling.tabu import distance, new_walk, relink, search

POOL = 8
STARTS = 40
TENURES = (0.5, 0.75, 1.0)
"""Lengths of the tabu search's memory, drawn by how often each has brought a solution the pool took."""


class Member(NamedTuple):
    """A solution of the pool."""

    value: int
    order: Ints
    alt: Ints


class Walker(NamedTuple):
    """Where a tabu search starts, its place in ``TENURES``, and its seed."""

    order: Ints
    alt: Ints
    tenure: int
    seed: int


@dataclass(frozen=True)
class Effort:
    """How long a tabu search goes on: moves without improvement, drawn log-uniformly, and moves in all.

    Job shops with few ties (long durations) gain from long searches, those with many machines from more relinking; the
    mixture is near the better of the two on both.
    """

    patience: tuple[int, int] = (2_000, 20_000)
    limit: int = 500_000


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
        self.results: dict[int, tuple[Member, int]] = {}
        self.won, self.tried = np.ones(len(TENURES)), np.full(len(TENURES), 2.0)
        self.idle = self.moves = 0
        self.starts = [solution_of(a, p) for p in starts[:POOL]]
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
        if len(self.pool) < POOL:
            rule = portfolio(due=False, count=STARTS, seed=self._seed())[-1]
            return solution_of(self.a, dispatch(self.a, rule, self._seed()))
        one, two = (self.pool[i] for i in self.rng.choice(len(self.pool), 2, replace=False))
        share = float(self.rng.uniform(0.35, 0.65))
        return relink(one.order, one.alt, two.order, two.alt, share, random_state(self._seed()))

    def _walker(self) -> Walker:
        rate = self.won / self.tried
        order, alt = self._start()
        return Walker(order, alt, int(self.rng.choice(len(TENURES), p=rate / rate.sum())), self._seed())

    def _improve(self, w: Walker, limit: int, stop: Ints) -> tuple[Member, int]:
        graph, walk = new_graph(self.shop), new_walk(self.shop, random_state(w.seed))
        least, longest = np.log(self.effort.patience)
        patience = int(np.exp(np.random.default_rng(w.seed).uniform(least, longest)))
        most = min(limit, self.effort.limit)
        moves = search(self.shop, graph, walk, w.order, w.alt, TENURES[w.tenure], patience, most, self.target, stop)
        return Member(int(walk.best[0]), walk.order, walk.alt), moves

    def _one(self, place: int, w: Walker, limit: int, stop: Ints) -> Callable[[], int]:
        def run() -> int:
            member, moves = self._improve(w, limit, stop)
            self.results[place] = member, w.tenure
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
                self._learn(walker.tenure, taken=self._take(member))
        return moves

    def _learn(self, tenure: int, *, taken: bool) -> None:
        self.won[tenure] += taken
        self.tried[tenure] += 1

    def absorb(self) -> None:
        """Take the results of a round in lockstep into the pool."""
        for place in sorted(self.results):
            member, tenure = self.results[place]
            self._learn(tenure, taken=self._take(member))
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
        if self.idle >= 4 * POOL:
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
        if len(self.pool) < POOL:
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
