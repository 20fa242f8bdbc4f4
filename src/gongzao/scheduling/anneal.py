"""Simulated annealing on the full model, aimed at what makes late jobs late.

Most moves take a late (or the last) job, walk back along the chain of tasks that binds its end, and re-insert a task of
that chain, or the one that blocks it, earlier, later or on another resource. Every move is carried out, judged by its
exact effect on the objective, and undone if it is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from gongzao.scheduling._jit import Floats, Ints, Words, borrow, kernel, leaf, next_random, random_state
from gongzao.scheduling.arrays import Arrays
from gongzao.scheduling.dispatch import Plan, set_up
from gongzao.scheduling.frames import effective_dues
from gongzao.scheduling.line import NO_CAP, TARDINESS, VIOLATION, Line, load, new_line, score
from gongzao.scheduling.model import Measure, Objective
from gongzao.scheduling.moves import move, sort, undo

PLACES = {Measure.MAKESPAN: 1, Measure.TARDINESS: 2, Measure.LATE: 3, Measure.COST: 4, Measure.CHANGES: 5}
HOT, COLD = 0.2, 0.003
"""First and last temperature, in units of the median effect of a move."""
CHANGE = 0.5
"""Highest temperature, in units of what a change is charged."""
HOPE = 0.3
"""How far, in the same units, a score may pass what is accepted before a move is given up half worked out."""
SWEEPS = 0.6
"""Moves a task must get for each factor the search may start hotter than it ends."""
LARGE = 5_000
"""Tasks beyond which the best plan is copied only at the end of a run."""
RUN, SHORT_RUN, ROUNDS = 20_000, 500, 20
"""Most and least moves of a chain in a round, and rounds that the moves left should do for, so that few cool too."""
MEET = 16
"""Rounds between meetings of the chains."""


@leaf
def blocker(a: Arrays, line: Line, v: int) -> int:
    """Return the task that holds back the start of ``v`` on its unit, or -1 if its job or release does."""
    if line.place[v] == 0:
        return -1
    res = a.mode_res[line.plan.mode[v]]
    before = line.seq[line.seq_ptr[line.plan.unit[v]] + line.place[v] - 1]
    free = set_up(a, res, line.plan.end[before], before, v)
    own = a.release[v]
    for p in range(a.pred_ptr[v], a.pred_ptr[v + 1]):
        j = a.pred[p]
        site = a.site[a.mode_res[line.plan.mode[j]]]
        own = max(own, line.plan.end[j] + a.pred_lag[p] + a.travel[site, a.site[res]])
    return before if free > own else -1


@leaf
def binding_task(a: Arrays, line: Line, v: int) -> int:
    """Return the task of the job whose end (with lag and transport) decides when ``v`` is ready, or -1."""
    res = a.mode_res[line.plan.mode[v]]
    best, latest = -1, a.release[v]
    for p in range(a.pred_ptr[v], a.pred_ptr[v + 1]):
        j = a.pred[p]
        t = line.plan.end[j] + a.pred_lag[p] + a.travel[a.site[a.mode_res[line.plan.mode[j]]], a.site[res]]
        if t >= latest:
            best, latest = j, t
    return best


@leaf
def pick_job(line: Line, random: Words) -> int:
    """Return a late job at random or, with none late or by a rare chance, the one that ends last or any."""
    if line.late[-1] > 0 and next_random(random) < 0.95:
        return int(line.late[int(next_random(random) * line.late[-1])])
    if next_random(random) < 0.5:
        k = 1
        while k < len(line.peak) // 2:
            k = 2 * k if line.peak[2 * k] == line.peak[k] else 2 * k + 1
        return k - len(line.peak) // 2
    return int(next_random(random) * len(line.job_end))


@leaf
def pick_task(a: Arrays, line: Line, random: Words) -> tuple[int, int]:
    """Return (task, what blocks it or -1), drawn from the binding chain of a job that matters."""
    if next_random(random) < 0.1:
        v = int(next_random(random) * len(a.job))
        return v, blocker(a, line, v)
    j = pick_job(line, random)
    v = a.job_ptr[j]
    for i in range(a.job_ptr[j], a.job_ptr[j + 1]):
        if line.plan.end[i] >= line.plan.end[v]:
            v = i
    chosen, held = v, blocker(a, line, v)
    seen = 1
    at, by = chosen, held
    for _ in range(60):
        at = by if by >= 0 else binding_task(a, line, at)
        if at < 0:
            break
        by = blocker(a, line, at)
        weight = 2 if by >= 0 else 1
        seen += weight
        if next_random(random) * seen < weight:
            chosen, held = at, by
    return chosen, held


@leaf
def slot_at(line: Line, unit: int, t: int) -> int:
    """Return the first place on ``unit`` that starts at or after ``t``."""
    base = line.seq_ptr[unit]
    low, high = 0, line.length[unit]
    while low < high:
        middle = (low + high) // 2
        if line.plan.start[line.seq[base + middle]] >= t:
            high = middle
        else:
            low = middle + 1
    return low


@leaf
def steps(random: Words, low: int, high: int) -> int:
    """Return a step from ``low`` to ``high``, small ones more likely."""
    u = next_random(random)
    return low + min(high - low, int((high - low + 1) * u * u * u))


@leaf
def propose(a: Arrays, line: Line, random: Words) -> tuple[int, int, int, int]:
    """Return a move (task, mode, unit, slot counted without the task); task -1 if there is none."""
    v, held = pick_task(a, line, random)
    later = held >= 0 and next_random(random) < 0.3
    if later:
        v = held
    if a.fixed_mode[v] >= 0:
        return -1, 0, 0, 0
    own = line.plan.unit[v]
    at = line.place[v]
    count = a.mode_ptr[v + 1] - a.mode_ptr[v]
    mode = a.mode_ptr[v] + int(next_random(random) * count)
    res = a.mode_res[mode]
    units = a.unit_ptr[res + 1] - a.unit_ptr[res]
    unit = a.unit_ptr[res] + int(next_random(random) * units)
    if next_random(random) < 0.1:
        mode, unit = line.plan.mode[v], own
    before = binding_task(a, line, v)
    ready = a.release[v] if before < 0 else line.plan.end[before]
    if unit != own:
        first = slot_at(line, unit, ready)
        last = max(first, min(line.length[unit], slot_at(line, unit, line.plan.start[v]) + 1))
        return v, mode, unit, max(0, steps(random, first, last) - int(next_random(random) < 0.2))
    if later or at == 0:
        if at + 1 >= line.length[own]:
            return -1, 0, 0, 0
        return v, mode, unit, steps(random, at + 1, min(line.length[own] - 1, at + 10))
    first = max(0, min(at - 1, slot_at(line, own, ready) - 1))
    return v, mode, unit, at - steps(random, 1, at - first)


@leaf
def hope(a: Arrays, line: Line, weights: Floats, v: int, state: Floats) -> float:
    """Return what a score that is too high may still lose while a move of ``v`` is worked out, as far as it counts."""
    j = a.job[v]
    late = max(0, line.job_end[j] - a.due[j])
    return float(HOPE * state[3] + weights[TARDINESS] * a.weight[j] * late)


@kernel
def anneal(
    a: Arrays, line: Line, best: Plan, state: Floats, weights: Floats, random: Words, count: int, stop: Ints
) -> int:
    """Try ``count`` moves at temperature ``state[1]``; return how many were tried.

    The best plan met goes to ``best`` and its score to ``state[0]``; with ``state[2]`` set only at the end, which
    spares copies of large plans. ``state[3]`` is the median effect of a move.
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

    def __init__(self, a: Arrays, start: Plan, weights: Floats, seed: int) -> None:
        self.a, self.weights, self.random = a, weights, random_state(seed)
        self.line = new_line(a)
        self.best = empty_plan(len(a.job))
        self.state = np.array([np.inf, 1.0, float(len(a.job) > LARGE), np.inf])
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
        return anneal(self.a, self.line, self.best, self.state, self.weights, self.random, count, stop)

    def typical(self) -> float:
        """Return the median effect of a move, to measure temperatures by."""
        deltas = np.zeros(400)
        probe(self.a, self.line, self.weights, self.random, deltas)
        deltas = deltas[deltas > 0.0]
        return float(np.median(deltas)) if len(deltas) else 1.0


class AnnealSearch:
    """Chains side by side that now and then all go on from the best.

    Tardiness counts only as far as it can be avoided, so that jobs as early as they can be draw no moves.

    Parameters
    ----------
    sweeps
        How many moves a task can be expected to get; decides how hot to start.
    """

    def __init__(
        self, a: Arrays, objective: Objective, starts: list[Plan], seed: int, workers: int, sweeps: float
    ) -> None:
        if not any(m is Measure.LATE for level in objective.levels for m, _ in level):
            a = a._replace(due=effective_dues(a))
        self.a = a
        line = new_line(a)
        load(a, line, starts[0])
        self.weights = weights_for(objective, line.totals)
        seeds = np.random.SeedSequence(seed).generate_state(workers).tolist()
        self.chains = [Annealer(a, starts[0], self.weights, s) for s in seeds]
        for start in starts[1:]:
            self.chains[0].restart(start)
        self.best = self.chains[0]
        for chain in self.chains:
            chain.restart(self.best.best)
        unit = self.chains[0].typical()
        for chain in self.chains:
            chain.state[3] = unit
        self.cold = COLD * unit
        self.hot = self.cold * min(HOT / COLD, max(1.0, sweeps / SWEEPS))
        self.rounds = 0

    def tasks(self, _: int, limit: int, progress: float, stop: Ints) -> list[Callable[[], int]]:
        """Return the next runs of at most ``limit`` moves, one for each chain; ``progress`` [0 to 1] cools them."""
        self.rounds += 1
        if self.rounds % MEET == 0 and progress > 0.3:
            for chain in self.chains:
                if score(chain.line, self.weights) > self.best.state[0]:
                    chain.restart(self.best.best)
        temperature = self.hot * (self.cold / self.hot) ** progress
        count = min(limit, RUN, max(SHORT_RUN, limit // ROUNDS))
        return [partial(chain.run, temperature, count, stop) for chain in self.chains]

    def price_changes(self, price: float) -> None:
        """Charge each task that leaves the baseline, on top of the objective; search cold enough for it to count."""
        self.weights[PLACES[Measure.CHANGES]] += price
        self.hot = self.cold = min(self.cold, CHANGE * price)
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
