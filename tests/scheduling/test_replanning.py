"""Every event, alone and by the command."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gongzao.scheduling import (
    Breakdown,
    Calendar,
    Cancel,
    Finish,
    Fixed,
    Job,
    Mode,
    NoSchedule,
    Objective,
    Plan,
    Problem,
    Replan,
    Resource,
    Schedule,
    Stop,
    Task,
    Urgent,
    check,
    plan_to_json,
    problem_to_json,
    replan,
    solve,
)
from gongzao.scheduling.read import Instance
from tests.scheduling.problems import shop


def two_machines() -> tuple[Problem, Schedule]:
    """Return four orders on two machines in sequence; the first runs on both at 10."""
    problem = shop([[{0: 10}, {1: 10}] for _ in range(4)], 2)
    schedule = solve(problem, stop=Stop(iterations=500), seed=1).schedule
    assert schedule.value(problem) == (50,)
    return problem, schedule


def at(new: Replan, job: int, task: int) -> tuple[int, int]:
    """Return start and end of a task of the new plan."""
    x = next(x for x in new.schedule.tasks if (x.job, x.task) == (job, task))
    return x.start, x.end


@pytest.mark.parametrize("stop", [Stop(iterations=500), Stop(seconds=2)])
def test_frozen_starts_in_the_way_of_one_another_are_never_a_plan(stop: Stop) -> None:
    first, frozen = Task((Mode(0, 9),)), Task((Mode(0, 5),), fixed=Fixed(0, 4))
    with pytest.raises(NoSchedule):
        solve(Problem((Job((frozen,)), Job((frozen,))), (Resource(),)), stop=stop)
    with pytest.raises(NoSchedule):
        solve(Problem((Job((first, frozen)),), (Resource(),)), stop=stop)


def test_a_proof_looks_past_the_last_closing_where_some_resources_never_close() -> None:
    day = Job((Task((Mode(0, 5),)),))
    night = Job((Task((Mode(1, 60),)),))
    open_ended = Problem((day, night, night), (Resource(calendar=0), Resource()), (Calendar(((0, 30),)),))
    result = solve(open_ended, stop=Stop(seconds=5))
    assert (result.objective, result.lower_bound) == ((120,), (120,))
    cheap = replace(
        open_ended,
        jobs=(day, night, Job((Task((Mode(1, 60, 1), Mode(0, 20, 9))),))),
        objective=Objective.lexicographic("cost"),
    )
    assert solve(cheap, stop=Stop(seconds=5)).objective == (1,)


def test_a_breakdown_pushes_what_it_hits_and_starts_nothing_in_it() -> None:
    problem, schedule = two_machines()
    new = replan(problem, schedule, 15, [Breakdown(1, 20, 30)])
    assert check(new.problem, new.schedule) == ()
    assert new.objective == (60,)
    assert not any(x.resource == 1 and x.start < 30 and x.end > 20 for x in new.schedule.tasks)


def test_a_task_that_cannot_pause_is_done_again_after_a_breakdown() -> None:
    problem, schedule = two_machines()
    running = next(x for x in schedule.tasks if x.resource == 0 and x.start == 10)
    new = replan(problem, schedule, 15, [Breakdown(0, 15, 18)])
    assert check(new.problem, new.schedule) == ()
    assert at(new, running.job, running.task) == (18, 28)


@pytest.mark.parametrize(("end", "makespan"), [(25, 55), (16, 50)])
def test_a_task_ends_late_or_early(end: int, makespan: int) -> None:
    problem, schedule = two_machines()
    running = next(x for x in schedule.tasks if x.resource == 0 and x.start == 10)
    new = replan(problem, schedule, 15, [Finish(running.job, running.task, end)])
    assert check(new.problem, new.schedule) == ()
    assert at(new, running.job, running.task) == (10, end)
    assert new.objective == (makespan,)


def test_an_urgent_order_goes_before_what_can_wait() -> None:
    waiting = Job((Task((Mode(0, 100),)),), due=1_000)
    problem = Problem((waiting,) * 5, (Resource("M"),), objective=Objective.lexicographic("tardiness"))
    schedule = solve(problem, stop=Stop(iterations=500), seed=1).schedule
    urgent = Job((Task((Mode(0, 20),)),), due=220, weight=10, name="urgent")
    new = replan(problem, schedule, 150, [Urgent(urgent)])
    assert check(new.problem, new.schedule) == ()
    assert new.jobs == (0, 1, 2, 3, 4, None)
    assert at(new, 5, 0) == (200, 220)
    assert new.objective == (0,)


def test_a_cancelled_order_frees_its_place_but_what_runs_stays() -> None:
    problem, schedule = two_machines()
    running = next(x for x in schedule.tasks if x.resource == 0 and x.start == 10)
    new = replan(problem, schedule, 15, [Cancel(running.job)])
    assert check(new.problem, new.schedule) == ()
    k = new.jobs.index(running.job)
    assert [t.fixed is not None for t in new.problem.jobs[k].tasks] == [True]
    waiting = next(j for j in range(4) if all(x.start >= 15 for x in schedule.tasks if x.job == j))
    assert waiting not in replan(problem, schedule, 15, [Cancel(waiting)]).jobs


def test_the_command_takes_every_event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gongzao.cli.schedule import app

    monkeypatch.chdir(tmp_path)
    problem, schedule = two_machines()
    running = next(x for x in schedule.tasks if x.resource == 0 and x.start == 10)
    cancelled = next(j for j in range(4) if all(x.start >= 15 for x in schedule.tasks if x.job == j))
    plan = Plan(schedule, (50,), (50,))
    Path("p.json").write_text(problem_to_json(problem), encoding="utf-8")
    Path("o.json").write_text(plan_to_json(problem, plan, Instance.of(problem).numbers), encoding="utf-8")
    order = {"format": "gongzao.order", "version": 1, "name": "急单", "tasks": [{"modes": [[1, 5]]}]}
    Path("urgent.json").write_text(json.dumps(order), encoding="utf-8")

    def run(*args: str) -> str:
        result = CliRunner().invoke(app, list(args))
        assert result.exit_code == 0, result.output
        return result.output

    events = ["--breakdown", "1:30:33", "--finish", f"{running.job}:{running.task}:22", "--cancel", str(cancelled)]
    where = ["--output", "n.json", "--problem-output", "q.json"]
    run("replan", "p.json", "o.json", "--now", "15", *events, "--urgent", "urgent.json", *where)
    assert "feasible" in run("check", "q.json", "n.json")
    changed = json.loads(Path("q.json").read_text(encoding="utf-8"))
    assert [j.get("name") for j in changed["jobs"]] == [None, None, None, "急单"]
    assert changed["now"] == 15


def test_an_order_that_ended_late_still_counts_and_one_to_be_done_again_waits_for_now() -> None:
    orders = tuple(Job((Task((Mode(0, 10),)),), due=due, name=str(due)) for due in (5, 15, 100))
    problem = Problem(orders, (Resource(),), objective=Objective.lexicographic("tardiness"))
    schedule = solve(problem, stop=Stop(iterations=200), seed=1).schedule
    assert schedule.value(problem) == (10,)
    new = replan(problem, schedule, 12, [Breakdown(0, 12, 20)])
    assert check(new.problem, new.schedule) == ()
    assert new.objective == new.schedule.value(new.problem) == (5 + 15,)
    assert [at(new, j, 0)[0] for j in range(3)] == [0, 20, 30]
