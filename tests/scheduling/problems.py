"""Small problems for the tests."""

from dataclasses import replace

from hypothesis import strategies as st

from gongzao.scheduling import Calendar, Fixed, Job, Link, Mode, Objective, Problem, Resource, Task

CALENDARS = (Calendar(((0, 8), (10, 18), (24, 32), (34, 42), (48, 400))), Calendar(((3, 400),)))
SETUPS = (((0, 2, 3), (1, 0, 2), (4, 1, 0)),)
TRANSPORT = ((0, 3), (2, 0))

OBJECTIVES = (
    Objective(),
    Objective.lexicographic("tardiness"),
    Objective.lexicographic("late", "makespan"),
    Objective.weighted(tardiness=3, cost=1, makespan=2),
)


def shop(jobs: list[list[dict[int, int]]], machines: int, **kwargs: object) -> Problem:
    """Return a pure shop: for each job its operations as {machine: duration}."""
    return Problem(
        tuple(Job(tuple(Task(tuple(Mode(m, d) for m, d in o.items())) for o in ops)) for ops in jobs),
        tuple(Resource(f"M{m}") for m in range(machines)),
        **kwargs,  # type: ignore[arg-type]
    )


@st.composite
def problems(draw: st.DrawFn, *, most_jobs: int = 3, most_tasks: int = 3) -> Problem:
    """Return a problem that uses every feature of the model now and then."""
    integers = st.integers
    resources = []
    for _ in range(draw(integers(1, 3))):
        capacity = draw(st.sampled_from([1, 1, 2]))
        setup = draw(st.sampled_from([None, 0])) if capacity == 1 else None
        resources.append(
            Resource(
                capacity=capacity,
                calendar=draw(st.sampled_from([None, 0, 1])),
                setup=setup,
                family=draw(st.sampled_from([None, 0, 2])) if setup is not None else None,
                site=draw(integers(0, 1)),
            )
        )
    jobs = []
    for _ in range(draw(integers(1, most_jobs))):
        tasks = []
        for _ in range(draw(integers(1, most_tasks))):
            chosen = draw(st.lists(integers(0, len(resources) - 1), min_size=1, max_size=2, unique=True))
            modes = tuple(
                Mode(r, draw(integers(0 if draw(integers(0, 9)) == 0 else 1, 7)), draw(integers(0, 9))) for r in chosen
            )
            tasks.append(
                Task(modes, draw(integers(0, 2)), draw(st.booleans()), release=draw(st.sampled_from([0, 0, 5])))
            )
        pairs = [(i, k) for i in range(len(tasks)) for k in range(i + 1, len(tasks))]
        links: tuple[Link, ...] | None = None
        if draw(st.booleans()) and pairs:
            chosen_pairs: list[tuple[int, int]] = draw(st.lists(st.sampled_from(pairs), unique=True))
            links = tuple(Link(i, k, draw(integers(0, 3))) for i, k in chosen_pairs)
        due = draw(st.sampled_from([None, 6, 15]))
        jobs.append(Job(tuple(tasks), links, draw(st.sampled_from([0, 4])), due, None, draw(integers(1, 3))))
    if draw(integers(0, 4)) == 0:
        first = jobs[0].tasks[0]
        if resources[first.modes[0].resource].calendar is None and resources[first.modes[0].resource].setup is None:
            fixed = replace(first, fixed=Fixed(0, 6))
            jobs[0] = replace(jobs[0], tasks=(fixed, *jobs[0].tasks[1:]))
    return Problem(tuple(jobs), tuple(resources), CALENDARS, SETUPS, TRANSPORT, draw(st.sampled_from(OBJECTIVES)))
