"""The optimum of tiny problems by plain enumeration, written from the rules and sharing no code with the engine."""

from itertools import permutations, product

from gongzao.scheduling import Assignment, Problem, Schedule, Task


def _span(problem: Problem, resource: int, ready: int, duration: int, *, resumable: bool) -> tuple[int, int] | None:
    """Return the earliest start and end by stepping through minutes."""
    index = problem.resources[resource].calendar
    spans = ((0, 10_000),) if index is None else problem.calendars[index].intervals
    for start in range(ready, 1_000):
        here = [b for a, b in spans if a <= start < b]
        if not here:
            continue
        if start + duration <= here[0]:
            return start, start + duration
        if not resumable:
            continue
        left, t = duration, start
        while left:
            left -= any(a <= t < b for a, b in spans)
            t += 1
        return start, t
    return None


def _after_setup(problem: Problem, resource: int, free: int, work: int) -> int:
    index = problem.resources[resource].calendar
    if index is None:
        return free + work
    t = free
    while work:
        work -= any(a <= t < b for a, b in problem.calendars[index].intervals)
        t += 1
    return t


def optimum(problem: Problem) -> tuple[int, ...] | None:
    """Return the best objective over every order and choice of modes, tasks as early as their order allows."""
    tasks = [(j, t) for j, job in enumerate(problem.jobs) for t in range(len(job.tasks))]
    best: tuple[int, ...] | None = None
    choices = [range(len(problem.jobs[j].tasks[t].modes)) for j, t in tasks]
    for order in permutations(range(len(tasks))):
        place = {tasks[i]: k for k, i in enumerate(order)}
        if any(place[j, a.before] > place[j, a.after] for j, job in enumerate(problem.jobs) for a in job.arcs):
            continue
        for modes in product(*choices):
            schedule = _decode(problem, [(tasks[i], modes[i]) for i in order])
            if schedule is not None:
                value = schedule.value(problem)
                best = value if best is None else min(best, value)
    return best


def _decode(problem: Problem, order: list[tuple[tuple[int, int], int]]) -> Schedule | None:
    done: dict[tuple[int, int], Assignment] = {}
    last: dict[int, tuple[int, int | None]] = {}
    pool: dict[int, list[int]] = {}
    for (j, t), k in order:
        job = problem.jobs[j]
        task: Task = job.tasks[t]
        mode = task.modes[k]
        resource = problem.resources[mode.resource]
        ready = max(job.release, task.release)
        for arc in job.arcs:
            if arc.after == t:
                before = done[j, arc.before]
                road = problem.transport[problem.resources[before.resource].site][resource.site]
                ready = max(ready, before.end + arc.lag + road)
        if resource.capacity == 1:
            free, family = last.get(mode.resource, (0, resource.family))
            if resource.setup is not None and family is not None:
                free = _after_setup(problem, mode.resource, free, problem.setups[resource.setup][family][task.family])
            ready = max(ready, free)
        else:
            ends = pool.setdefault(mode.resource, [0] * resource.capacity)
            ends.sort()
            ready = max(ready, ends[0])
        if task.fixed is not None:
            if k != task.fixed.mode or ready > task.fixed.start:
                return None
            ready = task.fixed.start
        span = _span(problem, mode.resource, ready, mode.duration, resumable=task.resumable)
        if span is None:
            return None
        done[j, t] = Assignment(j, t, mode.resource, *span)
        if resource.capacity == 1:
            last[mode.resource] = (span[1], task.family)
        else:
            pool[mode.resource][0] = span[1]
    return Schedule.of(done.values())
