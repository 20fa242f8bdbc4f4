"""Which task a move of the full-model search is about: one on the chain that binds the end of a job that matters."""

from __future__ import annotations

from gongzao.scheduling._jit import Words, leaf, next_random
from gongzao.scheduling.arrays import Arrays
from gongzao.scheduling.dispatch import set_up
from gongzao.scheduling.line import Line


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
