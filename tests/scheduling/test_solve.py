import json
import signal
import threading
from dataclasses import replace

import pytest

from gongzao.scheduling import (
    Breakdown,
    Cancel,
    Finish,
    InvalidProblem,
    Job,
    Mode,
    Objective,
    Problem,
    Progress,
    Resource,
    Stop,
    Task,
    Urgent,
    check,
    explain,
    replan,
    solve,
)
from gongzao.scheduling.arrays import compile_problem
from gongzao.scheduling.bounds import lower_bound
from gongzao.scheduling.generate import Recipe, generate
from gongzao.scheduling.loads import load_bound, windows
from gongzao.scheduling.relaxed import busiest, relaxed_bound
from tests.scheduling.problems import shop

FT06 = [
    [(2, 1), (0, 3), (1, 6), (3, 7), (5, 3), (4, 6)],
    [(1, 8), (2, 5), (4, 10), (5, 10), (0, 10), (3, 4)],
    [(2, 5), (3, 4), (5, 8), (0, 9), (1, 1), (4, 7)],
    [(1, 5), (0, 5), (2, 5), (3, 3), (4, 8), (5, 9)],
    [(2, 9), (1, 3), (4, 5), (5, 4), (0, 3), (3, 1)],
    [(1, 3), (3, 3), (5, 9), (0, 10), (4, 4), (2, 1)],
]
"""Fisher and Thompson 1963, six jobs on six machines; the least makespan is 55."""


def test_tabu_finds_the_optimum_of_ft06_without_the_exact_model() -> None:
    problem = shop([[{m: d} for m, d in job] for job in FT06], 6)
    result = solve(problem, stop=Stop(iterations=30_000), seed=1)
    assert result.objective == (55,)
    assert check(problem, result.schedule) == ()


def test_the_exact_model_proves_ft06() -> None:
    problem = shop([[{m: d} for m, d in job] for job in FT06], 6)
    result = solve(problem, stop=Stop(seconds=60), seed=1)
    assert result.optimal
    assert result.gap == 0.0


def test_the_load_bound_sees_machines_shared_by_flexible_tasks() -> None:
    problem = shop([[{0: 10, 1: 10}] for _ in range(3)] + [[{2: 4}, {0: 10, 1: 10}]], 3)
    assert load_bound(compile_problem(problem)) == 20
    tight = shop([[{2: 4}, {0: 10, 1: 10}] for _ in range(4)], 3)
    assert load_bound(compile_problem(tight)) == 4 * 4 + 10


def test_refuting_makespans_closes_the_gap_that_loads_leave_on_ft06() -> None:
    a = compile_problem(shop([[{m: d} for m, d in job] for job in FT06], 6))
    loads = load_bound(a)
    assert loads < 55
    assert relaxed_bound(a, loads) == 55


def test_the_busiest_machines_alone_raise_the_bound_by_whole_tasks() -> None:
    problem = shop([[{0: 10, 1: 10}, dict.fromkeys(range(2, 6), 1), {6: 11, 7: 11}] for _ in range(5)], 8)
    a = compile_problem(problem)
    assert busiest(a, windows(a)).tolist() == [True, True, False, False, False, False, True, True]
    assert load_bound(a) < 10 + 1 + 3 * 11
    assert relaxed_bound(a, load_bound(a)) == 10 + 1 + 3 * 11


def test_lateness_that_transport_makes_unavoidable_is_a_bound_and_the_solution_that_meets_it_is_proven() -> None:
    near, far = Mode(1, 10), Mode(2, 5)
    job = Job((Task((Mode(0, 20),)), Task((near, far))), due=25, weight=3)
    problem = Problem(
        (job,),
        (Resource(), Resource(site=1), Resource(site=2)),
        transport=((0, 7, 30), (7, 0, 30), (30, 30, 0)),
        objective=Objective.lexicographic("tardiness", "makespan"),
    )
    assert lower_bound(problem, compile_problem(problem)) == (3 * (20 + 7 + 10 - 25), 37)
    assert solve(problem, stop=Stop(iterations=10)).optimal


def test_progress_never_gets_worse_and_starts_from_the_initial_plan() -> None:
    problem = generate(Recipe(5, 30), 2)
    first = solve(problem, stop=Stop(iterations=0))
    news: list[Progress] = []
    second = solve(problem, stop=Stop(iterations=60_000), seed=2, initial=first.schedule, on_progress=news.append)
    assert second.objective < first.objective
    assert tuple(news) == second.history
    values = [n.objective for n in news]
    assert values == sorted(values, reverse=True)
    assert values[0] == first.objective
    assert check(problem, second.schedule) == ()


def test_an_infeasible_initial_plan_is_refused() -> None:
    problem = shop([[{0: 3}], [{0: 4}]], 1)
    schedule = solve(problem, stop=Stop(iterations=1)).schedule
    moved = replace(schedule, tasks=tuple(replace(x, start=0, end=x.end - x.start) for x in schedule.tasks))
    with pytest.raises(InvalidProblem, match="overlap"):
        solve(problem, stop=Stop(iterations=1), initial=moved)


def test_an_interrupt_returns_the_incumbent() -> None:
    problem = generate(Recipe(5, 30), 2)
    timer = threading.Timer(2.0, signal.raise_signal, [signal.SIGINT])

    def begin(_: Progress) -> None:
        if not timer.is_alive() and timer.finished is not None and not timer.finished.is_set():
            timer.start()

    result = solve(problem, stop=Stop(seconds=600), on_progress=begin)
    timer.join()
    assert result.seconds < 500
    assert check(problem, result.schedule) == ()


@pytest.fixture(scope="module")
def planned() -> tuple:  # type: ignore[type-arg]
    problem = generate(Recipe(6, 60), 4)
    return problem, solve(problem, stop=Stop(iterations=40_000), seed=1).schedule


def test_every_late_job_is_explained_back_to_a_cause(planned: tuple) -> None:  # type: ignore[type-arg]
    problem, schedule = planned
    told = explain(problem, schedule)
    measures = schedule.measures(problem)
    assert len(told.late) == measures["late"]
    assert sum(r.minutes * problem.jobs[r.job].weight for r in told.late) == measures["tardiness"]
    for row in told.late:
        assert row.chain[0].task.job == row.job
        for step, before in zip(row.chain, row.chain[1:], strict=False):
            assert before.task.end <= step.task.start
        assert row.chain[-1].reason in ("release", "material", "frozen", "nothing") or len(row.chain) == 50
    assert all(0 <= u.worked <= u.available for u in told.use)


def test_replanning_freezes_the_past_and_moves_little(planned: tuple) -> None:  # type: ignore[type-arg]
    problem, schedule = planned
    now = sorted(x.start for x in schedule.tasks)[len(schedule.tasks) // 3]
    running = next(x for x in schedule.tasks if x.start < now < x.end)
    resource = max(
        range(len(problem.resources)), key=lambda r: sum(x.resource == r for x in schedule.tasks if x.start >= now)
    )
    untouched = next(j for j in range(len(problem.jobs)) if all(x.start >= now for x in schedule.tasks if x.job == j))
    events: list[Breakdown | Finish | Cancel | Urgent] = [
        Breakdown(resource, now + 10, now + 600),
        Finish(running.job, running.task, running.end + 30),
        Cancel(untouched),
        Urgent(Job((Task((Mode(resource, 20),)),), weight=4, due=now + 900, name="urgent")),
    ]
    new = replan(problem, schedule, now, events, moves=3_000)
    assert check(new.problem, new.schedule) == ()
    assert new.jobs[-1] is None
    assert untouched not in new.jobs
    old = {(x.job, x.task): x for x in schedule.tasks}
    for x in new.schedule.tasks:
        origin = new.jobs[x.job]
        if origin is not None and len(new.problem.jobs[x.job].tasks) == len(problem.jobs[origin].tasks):
            before = old[origin, x.task]
            if before.start < now and before.resource != resource:
                assert (x.resource, x.start) == (before.resource, before.start)
    assert new.moved < new.problem.size // 2
    nothing = replan(problem, schedule, now, [], moves=0)
    assert nothing.moved == 0
    assert nothing.objective == schedule.value(problem)


def test_an_event_must_name_what_exists(planned: tuple) -> None:  # type: ignore[type-arg]
    problem, schedule = planned
    with pytest.raises(InvalidProblem, match="Breakdown"):
        replan(problem, schedule, 0, [Breakdown(999, 0, 5)])


def test_commands_work_together(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    from typer.testing import CliRunner

    from gongzao.cli.schedule import app

    monkeypatch.chdir(tmp_path)
    runner = CliRunner()

    def run(*args: str) -> str:
        result = runner.invoke(app, list(args))
        assert result.exit_code == 0, result.output
        return result.output

    run("generate", "--firms", "3", "--orders", "8", "--seed", "1", "--output", "p.json")
    run("solve", "p.json", "--time-limit", "1", "--output", "o.json")
    data = json.loads((tmp_path / "o.json").read_text(encoding="utf-8"))
    assert set(data["tasks"][0]) == {"job", "task", "resource", "start", "end"}
    assert "feasible" in run("check", "p.json", "o.json")
    run("explain", "p.json", "o.json")
    run(
        "replan",
        "p.json",
        "o.json",
        "--now",
        "500",
        "--breakdown",
        "0:600:900",
        "--output",
        "n.json",
        "--problem-output",
        "q.json",
    )
    assert "feasible" in run("check", "q.json", "n.json")
    for kind in ("html", "svg", "png"):
        run("gantt", "o.json", "--output", f"plan.{kind}")
        assert (tmp_path / f"plan.{kind}").stat().st_size > 1000
    data["tasks"][0]["start"] -= 1
    (tmp_path / "bad.json").write_text(json.dumps(data), encoding="utf-8")
    assert runner.invoke(app, ["check", "p.json", "bad.json"]).exit_code == 1
