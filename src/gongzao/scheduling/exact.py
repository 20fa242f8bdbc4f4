"""The exact model: CP-SAT, for small problems, for proofs, and for windows of larger ones.

A task has one start and one end on the clock. Resources keep their order on an axis of their own, the minutes worked on
their calendar: there a task has a fixed size whatever breaks interrupt it, and a setup is a plain gap. A step function,
cut down to the frame in which the task can lie, leads from the axis to the clock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from ortools.sat.python import cp_model

from gongzao.scheduling._jit import Bools, Ints
from gongzao.scheduling.arrays import FAR, Arrays, units_for
from gongzao.scheduling.axis import CLOSING, EITHER, OPENING, closed, keep_unbroken
from gongzao.scheduling.dispatch import Plan
from gongzao.scheduling.frames import frames, no_plan, worked
from gongzao.scheduling.model import Measure, Objective, Problem
from gongzao.scheduling.sequences import Use, keep_loads, sequence
from gongzao.scheduling.twins import in_order, twins

FIRST = 0.8
"""Share of the time left that a level of the objective gets when others follow."""
POLL = 0.05
"""Seconds between looks at whether to stop."""
PROVERS = ("proof", "reduced_costs", "quick_restart")
"""The searches that prove makespans, the best first: one of our own, and two that CP-SAT brings."""
PROOF = """subsolver_params {
    name: "proof" linearization_level: 0 use_strong_propagation_in_disjunctive: true clause_cleanup_target: 30000
}"""
"""Near the optimum linear relaxations say little, orders on machines more, and learnt clauses are worth keeping."""


class ExactModel:
    """The CP-SAT model of a problem, or of the ``tasks`` of a window of it while the others stay as in ``plan``.

    Parameters
    ----------
    latest
        Latest end of each job [min].
    plan
        A plan: the solver's hint, and the place of what is outside the window.
    tasks
        The tasks of the window, in topological order; all by default.
    free
        Whether each task of the problem may change its resource and its place there, if it is in the window; the
        others of the window only shift. By default all may.
    least
        A bound of the first level of the objective, known from elsewhere.
    """

    def __init__(
        self,
        problem: Problem,
        a: Arrays,
        latest: Ints,
        plan: Plan | None = None,
        tasks: Ints | None = None,
        free: Bools | None = None,
        least: int = 0,
    ) -> None:
        self.a, self.problem, self.latest = a, problem, latest
        self.whole, self.hinted = tasks is None, plan is not None
        self.tasks = a.topological if tasks is None else tasks
        alike = twins(problem) if self.whole else []
        self.plan = no_plan(a) if plan is None else in_order(a, alike, plan)
        self.inside = np.zeros(len(a.job), np.bool_)
        self.inside[self.tasks] = True
        self.free = self.inside if free is None else free
        frame = frames(a, self.tasks, self.plan, latest)
        starts = zip(frame.start.tolist(), frame.last.tolist(), strict=True)
        ends = zip(frame.first.tolist(), frame.last.tolist(), strict=True)
        self.frame: dict[int, tuple[int, int]] = dict(zip(self.tasks.tolist(), starts, strict=True))
        self.ends: dict[int, tuple[int, int]] = dict(zip(self.tasks.tolist(), ends, strict=True))
        self.model, self.solver = cp_model.CpModel(), cp_model.CpSolver()
        self.start: dict[int, cp_model.IntVar] = {}
        self.finish: dict[int, cp_model.IntVar] = {}
        self.used: dict[int, cp_model.IntVar] = {}
        self.sites: dict[int, dict[int, list[cp_model.IntVar]]] = {}
        self.on: dict[int, list[Use]] = {}
        for i in self.tasks.tolist():
            (self._past if a.fixed_end[i] >= 0 else self._task)(i)
        for i in self.tasks.tolist():
            self._arcs(i)
        for group in alike:
            for j, k in pairwise(group):
                self.model.add(self.start[int(a.job_ptr[j])] <= self.start[int(a.job_ptr[k])])
        if not self.whole:
            self._surround()
        for r, uses in self.on.items():
            sequence(self.model, a, self.plan, r, uses, whole=self.whole)
        self.levels = self._levels()
        if least > 0:
            self.model.add(self.levels[0] >= least)
        self.only_makespan = problem.objective.levels == Objective().levels

    def _int(self, low: int, high: int, hint: int) -> cp_model.IntVar:
        """Return a variable; a frame that is empty makes the model infeasible."""
        if low > high:
            self.model.add_bool_or([])
        x = self.model.new_int_var(low, max(low, high), "")
        if self.hinted:
            self.model.add_hint(x, hint)
        return x

    def _bool(self, hint: bool) -> cp_model.IntVar:
        x = self.model.new_bool_var("")
        if self.hinted:
            self.model.add_hint(x, hint)
        return x

    def _either(self, literals: list[cp_model.IntVar]) -> cp_model.IntVar:
        """Return a literal for any of some that exclude each other."""
        if len(literals) == 1:
            return literals[0]
        any_of = self.model.new_bool_var("")
        self.model.add(sum(literals) == any_of)
        return any_of

    def _task(self, i: int) -> None:
        a, model, plan = self.a, self.model, self.plan
        modes = range(int(a.mode_ptr[i]), int(a.mode_ptr[i + 1])) if self.free[i] else [int(plan.mode[i])]
        for m in modes:
            self.used[m] = self._bool(m == plan.mode[i])
        model.add_exactly_one(self.used[m] for m in modes)
        self.start[i] = self._int(*self.frame[i], int(plan.start[i]))
        self.finish[i] = self._int(*self.ends[i], int(plan.end[i]))
        if a.fixed_mode[i] >= 0:
            model.add(self.used[int(a.mode_ptr[i] + a.fixed_mode[i])] == 1)
            model.add(self.start[i] == int(a.fixed_start[i]))
        by_calendar: dict[tuple[int, bool], list[int]] = {}
        by_site: dict[int, list[cp_model.IntVar]] = {}
        for m in modes:
            by_calendar.setdefault((int(a.calendar[a.mode_res[m]]), bool(a.mode_dur[m] > 0)), []).append(m)
            by_site.setdefault(int(a.site[a.mode_res[m]]), []).append(self.used[m])
        for (cal, _), ways in by_calendar.items():
            self._lay(i, cal, ways, [] if len(by_calendar) == 1 else [self._either([self.used[m] for m in ways])])
        self.sites[i] = {s: [] if len(by_site) == 1 else [self._either(x)] for s, x in by_site.items()}

    def _past(self, i: int) -> None:
        """Take in a task that has started, where it lies."""
        a, start, end = self.a, int(self.a.fixed_start[i]), int(self.a.fixed_end[i])
        m = int(a.mode_ptr[i] + a.fixed_mode[i])
        r, n = int(a.mode_res[m]), int(a.mode_dur[m])
        self.used[m], self.start[i], self.finish[i] = (self.model.new_constant(x) for x in (1, start, end))
        self.sites[i] = {int(a.site[r]): []}
        at = worked(a, int(a.calendar[r]), start)
        begin, span = cp_model.LinearExpr.constant(at), self.model.new_fixed_size_interval_var(at, n, "")
        self.on.setdefault(r, []).append(Use(i, begin, begin + n, at, at + n, n, [], True, span, self.start[i]))

    def _lay(self, i: int, cal: int, modes: list[int], when: list[cp_model.IntVar]) -> None:
        """Lay a task on the axis of a calendar, for those of its modes that work by it, all or none of no minutes."""
        a, model = self.a, self.model
        lengths = [int(a.mode_dur[m]) for m in modes]
        least = min(lengths)
        low, high = (worked(a, cal, t) for t in self.frame[i])
        if low > high - least:
            model.add(sum(self.used[m] for m in modes) == 0)
            return
        extra = sum((n - least) * self.used[m] for m, n in zip(modes, lengths, strict=True))
        if cal < 0 and not when:
            begin: cp_model.LinearExpr = self.start[i]
            end: cp_model.LinearExpr = self.finish[i]
            model.add(end == begin + least + extra)
        else:
            here = self.plan.mode[i] in modes
            begin = self._int(low, high - least, worked(a, cal, int(self.plan.start[i])) if here else low)
            end = begin + least
            if max(lengths) > least:
                end = model.new_int_var(low + least, high, "")
                model.add(end == begin + least + extra)
            if when:
                model.add(begin == low).only_enforce_if(when[0].negated())
            self._clock(i, cal, begin, end, when, lasts=least > 0)
        for m, n in zip(modes, lengths, strict=True):
            used = self.used[m]
            if cal >= 0 and n > 0 and not a.resumable[i]:
                keep_unbroken(model, a, cal, begin, n, self.frame[i], used)
            span = model.new_optional_fixed_size_interval_var(begin, n, used, "")
            self.on.setdefault(int(a.mode_res[m]), []).append(
                Use(i, begin, begin + n, low, high, n, [used], bool(self.free[i]), span, self.start[i])
            )

    def _clock(
        self,
        i: int,
        cal: int,
        begin: cp_model.LinearExpr,
        end: cp_model.LinearExpr,
        when: list[cp_model.IntVar],
        *,
        lasts: bool,
    ) -> None:
        """Tie the start and finish of a task to where it begins and ends on an axis."""
        a, model = self.a, self.model
        if cal < 0:
            model.add(self.start[i] == begin).only_enforce_if(when)
            model.add(self.finish[i] == end).only_enforce_if(when)
            return
        side = OPENING if lasts else EITHER
        model.add(self.start[i] == begin + closed(model, a, cal, begin, self.frame[i], side)).only_enforce_if(when)
        if lasts and a.resumable[i]:
            broken = closed(model, a, cal, end, self.frame[i], CLOSING)
            model.add(self.finish[i] == end + broken).only_enforce_if(when)
        else:
            model.add(self.finish[i] - self.start[i] == end - begin).only_enforce_if(when)

    def _arcs(self, i: int) -> None:
        a = self.a
        for p in range(int(a.pred_ptr[i]), int(a.pred_ptr[i + 1])):
            self._precede(int(a.pred[p]), i, int(a.pred_lag[p]))
        for p in range(int(a.succ_ptr[i]), int(a.succ_ptr[i + 1])):
            if not self.inside[a.succ[p]]:
                self._precede(i, int(a.succ[p]), int(a.succ_lag[p]))

    def _precede(self, j: int, i: int, lag: int) -> None:
        """Have task ``i`` start ``lag`` and the transport after ``j``, one of them perhaps outside the window."""
        travel = self.a.travel
        finish = self.finish[j] if self.inside[j] else int(self.plan.end[j])
        start = self.start[i] if self.inside[i] else int(self.plan.start[i])
        ways = [
            (int(travel[x, y]), [*at_x, *at_y])
            for x, at_x in self._sites(j).items()
            for y, at_y in self._sites(i).items()
        ]
        least = min(minutes for minutes, _ in ways)
        self.model.add(start >= finish + lag + least)
        for minutes, there in ways:
            if minutes > least:
                self.model.add(start >= finish + lag + minutes).only_enforce_if(there)

    def _sites(self, i: int) -> dict[int, list[cp_model.IntVar]]:
        """Return the sites where a task may be, each with the literal that it is there, or none if it must be."""
        return self.sites[i] if self.inside[i] else {int(self.a.site[self.a.mode_res[self.plan.mode[i]]]): []}

    def _surround(self) -> None:
        """Take in what else the resources of the window do meanwhile, and with setups just before and after."""
        a, plan = self.a, self.plan
        first, last = min(h for h, _ in self.frame.values()), max(t for _, t in self.frame.values())
        res = a.mode_res[plan.mode]
        wanted = np.zeros(len(a.setup), np.bool_)
        wanted[list(self.on)] = True
        others = np.flatnonzero(wanted[res] & ~self.inside)
        others = others[np.lexsort((plan.end[others], plan.start[others], res[others]))]
        for r in self.on:
            near = others[np.searchsorted(res[others], r) : np.searchsorted(res[others], r, side="right")]
            inside = np.flatnonzero((plan.end[near] > first) & (plan.start[near] < last))
            if a.setup[r] >= 0:
                k = int(np.searchsorted(plan.start[near], first))
                inside = np.arange(max(0, min(inside, default=k) - 1), min(len(near), max(inside, default=k - 1) + 2))
            for i in near[inside].tolist():
                cal = int(a.calendar[r])
                at, n = worked(a, cal, int(plan.start[i])), int(a.mode_dur[plan.mode[i]])
                begin = cp_model.LinearExpr.constant(at)
                span = self.model.new_fixed_size_interval_var(at, n, "")
                start = cp_model.LinearExpr.constant(int(plan.start[i]))
                self.on[r].append(Use(i, begin, begin + n, at, at + n, n, [], False, span, start))

    def _levels(self) -> list[cp_model.LinearExprT]:
        a, model = self.a, self.model
        wanted = {m for level in self.problem.objective.levels for m, _ in level}
        sinks = [i for i in self.tasks.tolist() if a.succ_ptr[i] == a.succ_ptr[i + 1]]
        measures: dict[Measure, cp_model.LinearExprT] = dict.fromkeys(Measure, 0)
        if Measure.MAKESPAN in wanted:
            others = int(np.where(self.inside, 0, self.plan.end).max())
            top = model.new_int_var(others, max(others, int(self.latest.max())), "")
            measures[Measure.MAKESPAN] = top
            for i in sinks:
                model.add(top >= self.finish[i])
            if self.whole:
                keep_loads(model, a, self.used, list(self.on), top)
        jobs = sorted({int(a.job[i]) for i in sinks if a.due[a.job[i]] < FAR})
        late = [self._late(j) for j in jobs] if wanted & {Measure.TARDINESS, Measure.LATE} else []
        measures[Measure.TARDINESS] = sum(int(a.weight[j]) * over for j, (over, _) in zip(jobs, late, strict=False))
        measures[Measure.LATE] = sum(is_late for _, is_late in late)
        measures[Measure.COST] = sum(int(a.mode_cost[m]) * used for m, used in self.used.items())
        if Measure.CHANGES in wanted:
            measures[Measure.CHANGES] = self._changes()
        return [sum(w * measures[m] for m, w in level) for level in self.problem.objective.levels]

    def _late(self, j: int) -> tuple[cp_model.IntVar, cp_model.IntVar]:
        """Return the minutes a job is late, and whether it is."""
        a, model, due = self.a, self.model, int(self.a.due[j])
        last = [i for i in range(int(a.job_ptr[j]), int(a.job_ptr[j + 1])) if a.succ_ptr[i] == a.succ_ptr[i + 1]]
        least = max(0, *(self.ends[i][0] - due for i in last if self.inside[i]))
        over = model.new_int_var(least, max(least, int(self.latest[j]) - due), "")
        is_late = model.new_bool_var("")
        for i in last:
            model.add(over >= (self.finish[i] if self.inside[i] else int(self.plan.end[i])) - due)
        model.add(over == 0).only_enforce_if(is_late.negated())
        return over, is_late

    def _changes(self) -> cp_model.LinearExprT:
        a, model = self.a, self.model
        moved = []
        for i in self.tasks.tolist():
            if a.base_res[i] < 0:
                continue
            changed = model.new_bool_var("")
            modes = [m for m in range(a.mode_ptr[i], a.mode_ptr[i + 1]) if a.mode_res[m] == a.base_res[i]]
            for m in modes:
                model.add(self.used[m] == 1).only_enforce_if(changed.negated())
            if modes:
                model.add(self.start[i] == int(a.base_start[i])).only_enforce_if(changed.negated())
            else:
                model.add(changed == 1)
            moved.append(changed)
        return sum(moved)

    def _hint_solution(self) -> None:
        """Start the next search from everything the last one settled."""
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        for k, value in enumerate(self.solver.response_proto.solution):
            self.model.add_hint(self.model.get_int_var_from_proto_index(k), value)

    def _solver(self, seconds: float, workers: int, seed: int) -> cp_model.CpSolver:
        self.solver = cp_model.CpSolver()
        self.solver.parameters.num_workers = workers
        self.solver.parameters.random_seed = seed % 2**31
        self.solver.parameters.catch_sigint_signal = False
        self.solver.parameters.max_time_in_seconds = max(0.1, seconds)
        return self.solver

    def solve(
        self,
        seconds: float | None,
        workers: int,
        seed: int,
        on_bound: Callable[[int], None] | None = None,
        kinds: Sequence[str] = (),
        effort: float = float("inf"),
    ) -> tuple[Plan | None, tuple[int, ...], bool]:
        """Minimise level after level; return the best plan, the bounds of the levels reached, and infeasibility.

        ``on_bound`` is told the bound of the first level whenever it rises; ``kinds`` names searches (of
        :data:`PROVERS`) to run instead of the solver's own choice; ``effort`` is the most deterministic time of a
        level. Where the makespan is the whole objective, latest ends that are impossible bound it too.
        """
        plan: Plan | None = None
        bounds: list[int] = []
        until = time.perf_counter() + (float("inf") if seconds is None else seconds)
        for level in self.levels:
            share = 1.0 if level is self.levels[-1] else FIRST
            solver = self._solver((until - time.perf_counter()) * share, workers, seed)
            solver.parameters.max_deterministic_time = effort
            solver.parameters.merge_text_format(PROOF)
            solver.parameters.subsolvers.extend(kinds)
            if on_bound is not None and not bounds:
                solver.best_bound_callback = lambda bound: on_bound(int(np.ceil(bound - 1e-6)))
            self.model.minimize(level)
            status = solver.solve(self.model)
            if status == cp_model.INFEASIBLE:
                return None, (int(self.latest.max()) + 1,) if self.only_makespan else (), True
            if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
                break
            plan = self.read()
            if status != cp_model.OPTIMAL:
                bounds.append(int(np.ceil(solver.best_objective_bound - 1e-6)))
                break
            bounds.append(round(solver.objective_value))
            self.model.add(level <= bounds[-1])
            self._hint_solution()
        return plan, tuple(bounds), False

    def improve(self, seconds: float, seed: int, stop: Ints) -> cp_model.CpSolverStatus:
        """Minimise the first level with one thread until ``stop`` is set; :meth:`read` gives the plan found, if any."""
        self.model.minimize(self.levels[0])
        solver, done = self._solver(seconds, 1, seed), threading.Event()

        def watch() -> None:
            while not done.wait(POLL):
                if stop[0]:
                    solver.stop_search()

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            return solver.solve(self.model)
        finally:
            done.set()
            watcher.join()

    def interrupt(self) -> None:
        """End :meth:`solve`, from another thread."""
        self.solver.stop_search()

    def read(self) -> Plan:
        """Return the plan of the last solution."""
        a, plan, solver = self.a, Plan(*(x.copy() for x in self.plan)), self.solver
        for i in self.tasks.tolist():
            plan.mode[i] = next(
                m
                for m in range(a.mode_ptr[i], a.mode_ptr[i + 1])
                if m in self.used and solver.boolean_value(self.used[m])
            )
            plan.start[i], plan.end[i] = solver.value(self.start[i]), solver.value(self.finish[i])
        return plan._replace(unit=units_for(a, plan.mode, plan.start, plan.end))
