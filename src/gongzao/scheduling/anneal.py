"""Simulated annealing on the full model, aimed at what makes late jobs late.

Most moves take a late (or the last) job, walk back along the chain of tasks that binds its end, and re-insert a task of
that chain, or the one that blocks it, earlier, later or on another resource. Every move is carried out, judged by its
exact effect on the objective, and undone if it is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from gongzao.scheduling._jit import Floats, Ints, Words, borrow, kernel, leaf, next_random, random_state, with_globals
from gongzao.scheduling.arrays import Arrays
from gongzao.scheduling.dispatch import Plan
from gongzao.scheduling.frames import effective_dues
from gongzao.scheduling.line import NO_CAP, TARDINESS, VIOLATION, Line, load, new_line, score
from gongzao.scheduling.model import Measure, Objective
from gongzao.scheduling.moves import move, sort, undo
from gongzao.scheduling.proposals import MOVES, Move, propose, proposer

PLACES = {Measure.MAKESPAN: 1, Measure.TARDINESS: 2, Measure.LATE: 3, Measure.COST: 4, Measure.CHANGES: 5}


@dataclass(frozen=True)
class Cooling:
    """Parameters of the search.

    Parameters
    ----------
    hot, cold
        First and last temperature, in units of the median effect of a move.
    change
        Highest temperature, in units of what a change is charged.
    hope
        How far, in units of that effect, a score may pass what is accepted before a move is given up half worked out.
    sweeps
        Moves a task must get for each factor the search may start hotter than it ends.
    large
        Tasks beyond which the best plan is copied only at the end of a run.
    run, short_run
        Most and least moves of a chain in a round.
    rounds
        Rounds that the moves left should do for, so that few cool too.
    meet
        Rounds between meetings of the chains.
    """

    hot: float = 0.2
    cold: float = 0.003
    change: float = 0.5
    hope: float = 0.3
    sweeps: float = 0.6
    large: int = 5_000
    run: int = 20_000
    short_run: int = 500
    rounds: int = 20
    meet: int = 16


class Kernels(NamedTuple):
    """The search by some moves, compiled."""

    anneal: Callable[..., int]
    probe: Callable[..., None]


def kernels_for(moves: tuple[Move, ...]) -> Kernels:
    """Return the kernels that propose by ``moves``; by other than :data:`MOVES` they are compiled in each process."""
    if moves == MOVES:
        return Kernels(anneal, probe)
    mine = proposer(moves)
    return Kernels(with_globals(anneal, propose=mine), with_globals(probe, propose=mine))


@leaf
def hope(a: Arrays, line: Line, weights: Floats, v: int, state: Floats) -> float:
    """Return what a score that is too high may still lose while a move of ``v`` is worked out, as far as it counts."""
    j = a.job[v]
    late = max(0, line.job_end[j] - a.due[j])
    return float(state[3] + weights[TARDINESS] * a.weight[j] * late)


@kernel
def anneal(
    a: Arrays, line: Line, best: Plan, state: Floats, weights: Floats, random: Words, count: int, stop: Ints
) -> int:
    """Try ``count`` moves at temperature ``state[1]``; return how many were tried.

    The best plan met goes to ``best`` and its score to ``state[0]``; with ``state[2]`` set only at the end, which
    spares copies of large plans. ``state[3]`` is how far a score may pass what is accepted half worked out.
    """
    a, line, best = borrow(a), borrow(line), borrow(best)
    value = score(line, weights)
    done = 0
    while done < count and stop[0] == 0:
        done += 1
        v, mode, unit, slot = propose(a, line, random)
        if v < 0:
            continue
        old_mode, old_unit, old_slot = line.plan.mode[v], line.plan.unit[v], line.place[v]
        most = value - state[1] * np.log(max(1e-300, next_random(random)))
        fits = move(a, line, v, mode, unit, slot, weights, most + hope(a, line, weights, v, state))
        new = score(line, weights)
        if not fits or new > most:
            undo(a, line, v, old_mode, old_unit, old_slot)
            continue
        value = new
        if value < state[0] and state[2] == 0.0:
            state[0] = value
            copy(line.plan, best)
    if value < state[0]:
        state[0] = value
        copy(line.plan, best)
    return done


@kernel
def probe(a: Arrays, line: Line, weights: Floats, random: Words, deltas: Floats) -> None:
    """Try and undo moves; fill ``deltas`` with the size of their effects, 0 for those that have none."""
    a, line = borrow(a), borrow(line)
    value = score(line, weights)
    for k in range(len(deltas)):
        v, mode, unit, slot = propose(a, line, random)
        deltas[k] = 0.0
        if v >= 0:
            old_mode, old_unit, old_slot = line.plan.mode[v], line.plan.unit[v], line.place[v]
            if move(a, line, v, mode, unit, slot, weights, NO_CAP):
                deltas[k] = abs(score(line, weights) - value)
            undo(a, line, v, old_mode, old_unit, old_slot)


@leaf
def copy(source: Plan, target: Plan) -> None:
    """Copy a plan."""
    target.mode[:] = source.mode
    target.unit[:] = source.unit
    target.start[:] = source.start
    target.end[:] = source.end


def weights_for(objective: Objective, totals: Ints) -> Floats:
    """Return weights of the measures whose sum orders schedules near the present totals as the objective does.

    Each level weighs a ten-thousandth of the one above, relative to its present value; missed hard instants outweigh
    all.
    """
    weights = np.zeros(6)
    sizes = [max(1.0, float(sum(w * totals[PLACES[m]] for m, w in level))) for level in objective.levels]
    for depth, level in enumerate(objective.levels):
        for m, w in level:
            weights[PLACES[m]] += w * sizes[0] / sizes[depth] * 1e-4**depth
    weights[VIOLATION] = 1000.0 * weights.max()
    return weights


def empty_plan(n: int) -> Plan:
    """Return a plan to copy into."""
    return Plan(*(np.zeros(n, np.int64) for _ in range(4)))


class Annealer:
    """One chain: a line under change and the best plan it met."""

    def __init__(self, a: Arrays, start: Plan, weights: Floats, seed: int, kernels: Kernels, *, large: bool) -> None:
        self.kernels = kernels
        self.a, self.weights, self.random = a, weights, random_state(seed)
        self.line = new_line(a)
        self.best = empty_plan(len(a.job))
        self.state = np.array([np.inf, 1.0, float(large), np.inf])
        self.restart(start)

    def restart(self, plan: Plan) -> None:
        """Go on from another plan."""
        load(self.a, self.line, plan)
        value = score(self.line, self.weights)
        if value < self.state[0]:
            self.state[0] = value
            copy(self.line.plan, self.best)

    def run(self, temperature: float, count: int, stop: Ints) -> int:
        """Try ``count`` moves; return how many were tried."""
        self.state[1] = temperature
        sort(self.line)
        return self.kernels.anneal(self.a, self.line, self.best, self.state, self.weights, self.random, count, stop)

    def typical(self) -> float:
        """Return the median effect of a move, to measure temperatures by."""
        deltas = np.zeros(400)
        self.kernels.probe(self.a, self.line, self.weights, self.random, deltas)
        deltas = deltas[deltas > 0.0]
        return float(np.median(deltas)) if len(deltas) else 1.0


class AnnealSearch:
    """Chains side by side that now and then all go on from the best.

    Tardiness counts only as far as it can be avoided, so that jobs as early as they can be draw no moves.

    Parameters
    ----------
    sweeps
        How many moves a task can be expected to get; decides how hot to start.
    moves
        What the chains propose, see :mod:`~gongzao.scheduling.proposals`.
    """

    def __init__(
        self,
        a: Arrays,
        objective: Objective,
        starts: list[Plan],
        seed: int,
        workers: int,
        sweeps: float,
        moves: tuple[Move, ...] = MOVES,
        cooling: Cooling | None = None,
    ) -> None:
        self.cooling = cooling or Cooling()
        if not any(m is Measure.LATE for level in objective.levels for m, _ in level):
            a = a._replace(due=effective_dues(a))
        self.a = a
        line = new_line(a)
        load(a, line, starts[0])
        self.weights = weights_for(objective, line.totals)
        seeds = np.random.SeedSequence(seed).generate_state(workers).tolist()
        kernels, large = kernels_for(moves), len(a.job) > self.cooling.large
        self.chains = [Annealer(a, starts[0], self.weights, s, kernels, large=large) for s in seeds]
        for start in starts[1:]:
            self.chains[0].restart(start)
        self.best = self.chains[0]
        for chain in self.chains:
            chain.restart(self.best.best)
        unit = self.chains[0].typical()
        for chain in self.chains:
            chain.state[3] = self.cooling.hope * unit
        c = self.cooling
        self.cold = c.cold * unit
        self.hot = self.cold * min(c.hot / c.cold, max(1.0, sweeps / c.sweeps))
        self.rounds = 0

    def tasks(self, _: int, limit: int, progress: float, stop: Ints) -> list[Callable[[], int]]:
        """Return the next runs of at most ``limit`` moves, one for each chain; ``progress`` [0 to 1] cools them."""
        self.rounds += 1
        if self.rounds % self.cooling.meet == 0 and progress > 0.3:
            for chain in self.chains:
                if score(chain.line, self.weights) > self.best.state[0]:
                    chain.restart(self.best.best)
        temperature = self.hot * (self.cold / self.hot) ** progress
        count = min(limit, self.cooling.run, max(self.cooling.short_run, limit // self.cooling.rounds))
        return [partial(chain.run, temperature, count, stop) for chain in self.chains]

    def price_changes(self, price: float) -> None:
        """Charge each task that leaves the baseline, on top of the objective; search cold enough for it to count."""
        self.weights[PLACES[Measure.CHANGES]] += price
        self.hot = self.cold = min(self.cold, self.cooling.change * price)
        for chain in self.chains:
            chain.state[0] = score(chain.line, self.weights)

    def absorb(self) -> None:
        """Note which chain has met the best plan."""
        self.best = min(self.chains, key=lambda c: float(c.state[0]))

    def offer(self, plan: Plan) -> None:
        """Let a chain go on from a plan found elsewhere."""
        self.chains[-1].restart(plan)
        self.absorb()

    def plan(self) -> Plan:
        """Return the best plan met."""
        return self.best.best
