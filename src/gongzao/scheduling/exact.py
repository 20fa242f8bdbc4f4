"""The exact model for small problems: CP-SAT with one start and end per task and optional intervals per mode.

Calendars become the domain of a task's start (not resumable) or a choice of the breaks a task spans (resumable).
"""

from __future__ import annotations

import numpy as np
from ortools.sat.python import cp_model

from gongzao.scheduling._jit import Ints, borrow, kernel
from gongzao.scheduling.arrays import FAR, Arrays
from gongzao.scheduling.dispatch import Plan
from gongzao.scheduling.model import Measure, Problem

LARGEST = 2_500
"""Modes, and pairs of tasks on resources with setups, up to which the model is worth building."""


def tractable(a: Arrays, end: int) -> bool:
    """Return whether the model of a problem whose plan ends at ``end`` stays small."""
    per_res = np.bincount(a.mode_res, minlength=len(a.setup))
    pairs = int((per_res[a.setup >= 0] ** 2).sum())
    breaks = sum(
        int(np.searchsorted(a.cal_start[a.cal_ptr[c] : a.cal_ptr[c + 1]], end))
        for c in a.calendar[a.mode_res]
        if c >= 0
    )
    return len(a.mode_res) <= LARGEST and pairs <= 4 * LARGEST and breaks <= 4 * LARGEST


class ExactModel:
    """The CP-SAT model of a problem, restricted to schedules that end by ``end``."""

    def __init__(self, problem: Problem, a: Arrays, end: int) -> None:
        self.a, self.problem, self.end = a, problem, end
        self.model = cp_model.CpModel()
        n = len(a.job)
        self.start = [self.model.new_int_var(int(a.release[i]), end, "") for i in range(n)]
        self.finish = [self.model.new_int_var(int(a.release[i]), end, "") for i in range(n)]
        self.used = [self.model.new_bool_var("") for _ in a.mode_res]
        self.span = [self._mode(i, m) for i in range(n) for m in range(a.mode_ptr[i], a.mode_ptr[i + 1])]
        for i in range(n):
            self.model.add_exactly_one(self.used[a.mode_ptr[i] : a.mode_ptr[i + 1]])
            if a.fixed_mode[i] >= 0:
                self.model.add(self.used[a.mode_ptr[i] + a.fixed_mode[i]] == 1)
                self.model.add(self.start[i] == int(a.fixed_start[i]))
        self._precedences()
        self._resources()
        self.levels = self._levels()
        self.solver = cp_model.CpSolver()

    def _mode(self, i: int, m: int) -> cp_model.IntervalVar:
        a, model, used = self.a, self.model, self.used[m]
        duration, cal = int(a.mode_dur[m]), int(a.calendar[a.mode_res[m]])
        if cal < 0:
            model.add(self.finish[i] == self.start[i] + duration).only_enforce_if(used)
            return model.new_optional_fixed_size_interval_var(self.start[i], duration, used, "")
        rows = range(int(a.cal_ptr[cal]), int(a.cal_ptr[cal + 1]))
        opens = [
            (int(a.cal_start[k]), int(a.cal_end[k]), int(a.cal_work[k])) for k in rows if a.cal_start[k] < self.end
        ]
        if not a.resumable[i]:
            fits = [[s, e - duration] for s, e, _ in opens if e - s >= duration]
            model.add_linear_expression_in_domain(self.start[i], cp_model.Domain.from_intervals(fits)).only_enforce_if(
                used
            )
            model.add(self.finish[i] == self.start[i] + duration).only_enforce_if(used)
            return model.new_optional_fixed_size_interval_var(self.start[i], duration, used, "")
        begins = self._pieces(opens, used, self.start[i], last=1)
        ends = self._pieces(opens, used, self.finish[i], last=0)
        model.add(ends - begins == duration).only_enforce_if(used)
        size = model.new_int_var(0, self.end, "")
        return model.new_optional_interval_var(self.start[i], size, self.finish[i], used, "")

    def _pieces(
        self, opens: list[tuple[int, int, int]], used: cp_model.IntVar, instant: cp_model.IntVar, *, last: int
    ) -> cp_model.IntVar:
        """Return the minutes worked before ``instant``, which lies in an open interval; starts leave out its end."""
        model = self.model
        work = model.new_int_var(0, opens[-1][2] + opens[-1][1] - opens[-1][0] if opens else 0, "")
        inside = []
        for s, e, before in opens:
            here = model.new_bool_var("")
            model.add(instant >= s).only_enforce_if(here)
            model.add(instant <= e - last).only_enforce_if(here)
            model.add(work == instant - s + before).only_enforce_if(here)
            inside.append(here)
        model.add(sum(inside) == 1).only_enforce_if(used)
        model.add(sum(inside) == 0).only_enforce_if(used.negated())
        return work

    def _precedences(self) -> None:
        a = self.a
        for i in range(len(a.job)):
            for p in range(a.pred_ptr[i], a.pred_ptr[i + 1]):
                j, lag = int(a.pred[p]), int(a.pred_lag[p])
                self.model.add(self.start[i] >= self.finish[j] + lag)
                if not a.travel.any():
                    continue
                for m in range(a.mode_ptr[i], a.mode_ptr[i + 1]):
                    for k in range(a.mode_ptr[j], a.mode_ptr[j + 1]):
                        travel = int(a.travel[a.site[a.mode_res[k]], a.site[a.mode_res[m]]])
                        if travel:
                            row = self.model.add(self.start[i] >= self.finish[j] + lag + travel)
                            row.only_enforce_if([self.used[m], self.used[k]])

    def _resources(self) -> None:
        a = self.a
        for r in range(len(a.unit_ptr) - 1):
            modes = np.flatnonzero(a.mode_res == r).tolist()
            capacity = int(a.unit_ptr[r + 1] - a.unit_ptr[r])
            if capacity > 1:
                self.model.add_cumulative([self.span[m] for m in modes], [1] * len(modes), capacity)
            elif modes:
                self.model.add_no_overlap([self.span[m] for m in modes])
                if a.setup[r] >= 0:
                    self._setups(r, modes)

    def _setups(self, r: int, modes: list[int]) -> None:
        """Order the tasks of a resource in a circuit and keep the setup time between neighbours."""
        a, model = self.a, self.model
        task = [int(np.searchsorted(a.mode_ptr, m, side="right")) - 1 for m in modes]
        matrix = a.setups[a.setup[r]]
        arcs: list[tuple[int, int, cp_model.LiteralT]] = [(0, 0, model.new_bool_var(""))]
        for k, m in enumerate(modes):
            first, last = model.new_bool_var(""), model.new_bool_var("")
            arcs += [(0, k + 1, first), (k + 1, 0, last), (k + 1, k + 1, self.used[m].negated())]
            if a.first_family[r] >= 0:
                self._gap(r, 0, task[k], int(matrix[a.first_family[r], a.family[task[k]]]), first)
            for other in range(len(modes)):
                if other != k:
                    follows = model.new_bool_var("")
                    arcs.append((k + 1, other + 1, follows))
                    gap = int(matrix[a.family[task[k]], a.family[task[other]]])
                    self._gap(r, self.finish[task[k]], task[other], gap, follows)
        model.add_circuit(arcs)

    def _gap(self, r: int, free: cp_model.LinearExprT, i: int, gap: int, holds: cp_model.IntVar) -> None:
        """Ask for ``gap`` worked minutes between ``free`` and the start of task ``i`` where ``holds``."""
        a, model = self.a, self.model
        cal = int(a.calendar[r])
        if cal < 0 or gap == 0:
            model.add(self.start[i] >= free + gap).only_enforce_if(holds)
            return
        work = [self._worked(cal, holds, t) for t in (free, self.start[i])]
        model.add(work[1] - work[0] >= gap).only_enforce_if(holds)
        model.add(self.start[i] >= free).only_enforce_if(holds)

    def _worked(self, cal: int, holds: cp_model.IntVar, instant: cp_model.LinearExprT) -> cp_model.IntVar:
        """Return the minutes worked on a calendar before any instant, open or not."""
        a, model = self.a, self.model
        rows = [k for k in range(int(a.cal_ptr[cal]), int(a.cal_ptr[cal + 1])) if a.cal_start[k] <= self.end]
        work = model.new_int_var(0, int(a.cal_work[rows[-1]] + a.cal_end[rows[-1]] - a.cal_start[rows[-1]]), "")
        pieces = []
        before = 0
        for k in rows:
            s, e, w = int(a.cal_start[k]), int(a.cal_end[k]), int(a.cal_work[k])
            closed, open_ = model.new_bool_var(""), model.new_bool_var("")
            model.add(instant >= before).only_enforce_if(closed)
            model.add(instant <= s).only_enforce_if(closed)
            model.add(work == w).only_enforce_if(closed)
            model.add(instant >= s).only_enforce_if(open_)
            model.add(instant <= e).only_enforce_if(open_)
            model.add(work == instant - s + w).only_enforce_if(open_)
            pieces += [closed, open_]
            before = e
        after = model.new_bool_var("")
        model.add(instant >= before).only_enforce_if(after)
        total = int(a.cal_work[rows[-1]] + a.cal_end[rows[-1]] - a.cal_start[rows[-1]])
        model.add(work == total).only_enforce_if(after)
        model.add_exactly_one([*pieces, after]).only_enforce_if(holds)
        return work

    def _levels(self) -> list[cp_model.LinearExprT]:
        a, model = self.a, self.model
        wanted = {m for level in self.problem.objective.levels for m, _ in level}
        measures: dict[Measure, cp_model.LinearExprT] = {Measure.CHANGES: 0}
        sinks = [i for i in range(len(a.job)) if a.succ_ptr[i] == a.succ_ptr[i + 1]]
        late, lates = [], []
        for i in sinks:
            if a.deadline[a.job[i]] < FAR:
                model.add(self.finish[i] <= int(a.deadline[a.job[i]]))
        if Measure.MAKESPAN in wanted:
            top = model.new_int_var(0, self.end, "makespan")
            model.add_max_equality(top, [self.finish[i] for i in sinks])
            measures[Measure.MAKESPAN] = top
        for j in range(len(a.due)):
            if a.due[j] >= FAR or not wanted & {Measure.TARDINESS, Measure.LATE}:
                continue
            over = model.new_int_var(0, self.end, "")
            is_late = model.new_bool_var("")
            for i in sinks:
                if a.job[i] == j:
                    model.add(over >= self.finish[i] - int(a.due[j]))
            model.add(over == 0).only_enforce_if(is_late.negated())
            late.append(int(a.weight[j]) * over)
            lates.append(is_late)
        measures[Measure.TARDINESS], measures[Measure.LATE] = sum(late), sum(lates)
        measures[Measure.COST] = sum(int(a.mode_cost[m]) * self.used[m] for m in range(len(a.mode_cost)))
        if Measure.CHANGES in wanted:
            measures[Measure.CHANGES] = self._changes()
        return [sum(w * measures[m] for m, w in level) for level in self.problem.objective.levels]

    def _changes(self) -> cp_model.LinearExprT:
        a, model = self.a, self.model
        moved = []
        for i in np.flatnonzero(a.base_res >= 0).tolist():
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

    def hint(self, plan: Plan) -> None:
        """Tell the solver about a plan."""
        for i in range(len(self.start)):
            self.model.add_hint(self.start[i], int(plan.start[i]))
            self.model.add_hint(self.finish[i], int(plan.end[i]))
        chosen = set(plan.mode.tolist())
        for m, used in enumerate(self.used):
            self.model.add_hint(used, m in chosen)

    def solve(self, seconds: float | None, workers: int, seed: int) -> tuple[Plan | None, tuple[int, ...], bool]:
        """Minimise level after level; return the best plan, the bounds of the levels reached, and infeasibility."""
        plan: Plan | None = None
        bounds: list[int] = []
        for level in self.levels:
            solver = self.solver = cp_model.CpSolver()
            solver.parameters.num_workers = workers
            solver.parameters.random_seed = seed % 2**31
            if seconds is not None:
                solver.parameters.max_time_in_seconds = max(0.1, seconds / len(self.levels))
            self.model.minimize(level)
            status = self.solver.solve(self.model)
            if status == cp_model.INFEASIBLE:
                return plan, tuple(bounds), True
            if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
                break
            plan = self._read(solver)
            if status != cp_model.OPTIMAL:
                bounds.append(int(np.ceil(solver.best_objective_bound - 1e-6)))
                break
            bounds.append(round(solver.objective_value))
            self.model.add(level <= bounds[-1])
            self.model.clear_hints()  # type: ignore[no-untyped-call]
            self.hint(plan)
        return plan, tuple(bounds), False

    def interrupt(self) -> None:
        """End :meth:`solve`, from another thread."""
        self.solver.stop_search()

    def _read(self, solver: cp_model.CpSolver) -> Plan:
        mode = np.array([m for m, used in enumerate(self.used) if solver.boolean_value(used)], np.int64)
        start = np.array([solver.value(v) for v in self.start], np.int64)
        end = np.array([solver.value(v) for v in self.finish], np.int64)
        return Plan(mode, units_for(self.a, mode, start, end), start, end)


@kernel
def units_for(a: Arrays, mode: Ints, start: Ints, end: Ints) -> Ints:
    """Return a unit for each task such that no two on a unit overlap."""
    a = borrow(a)
    free = np.zeros(len(a.unit_res), np.int64)
    unit = np.empty(len(mode), np.int64)
    by_end = np.argsort(end, kind="mergesort")
    for i in by_end[np.argsort(start[by_end], kind="mergesort")]:
        res = a.mode_res[mode[i]]
        low, high = a.unit_ptr[res], a.unit_ptr[res + 1]
        unit[i] = low + np.argmin(free[low:high])
        free[unit[i]] = end[i]
    return unit
