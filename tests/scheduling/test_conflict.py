"""What an infeasible problem says about itself."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from gongzao.scheduling import Calendar, Fixed, Job, Mode, Problem, Resource, Task, conflict, problem_to_json
from gongzao.scheduling.conflict import Item
from tests.scheduling.brute import optimum
from tests.scheduling.problems import problems


def job(resource: int, minutes: int, deadline: int | None = None, start: int | None = None) -> Job:
    fixed = None if start is None else Fixed(0, start)
    return Job((Task((Mode(resource, minutes),), fixed=fixed, name="step"),), deadline=deadline, name=f"J{minutes}")


PLAIN = (Resource("lathe"), Resource("mill"))


@pytest.mark.parametrize(
    ("problem", "items"),
    [
        pytest.param(
            Problem((job(0, 5, 9), job(1, 6, 9), job(0, 7, 9), job(0, 1)), PLAIN),
            {Item("deadline", 0), Item("deadline", 2)},
            id="two deadlines on one machine",
        ),
        pytest.param(
            Problem((job(0, 3, 30), job(0, 9, start=4), job(0, 8, start=10), job(1, 2, 3)), PLAIN),
            {Item("frozen", 1), Item("frozen", 2)},
            id="two frozen starts",
        ),
        pytest.param(
            Problem((job(0, 5, 9), job(1, 6)), (Resource("lathe", calendar=0), PLAIN[1]), (Calendar(((6, 90),)),)),
            {Item("deadline", 0), Item("calendar", 0)},
            id="a deadline before opening",
        ),
        pytest.param(
            Problem(
                (job(0, 6), job(0, 5), job(1, 9)), (Resource("lathe", calendar=0), PLAIN[1]), (Calendar(((0, 9),)),)
            ),
            {Item("order", 0), Item("order", 1), Item("calendar", 0)},
            id="more work than hours",
        ),
    ],
)
def test_the_smallest_conflict_is_named(problem: Problem, items: set[Item]) -> None:
    found = conflict(problem)
    assert found is not None
    assert set(found.items) == items
    assert found.irreducible
    assert len(found.en) == len(found.zh) == len(items)


def test_a_conflict_is_told_in_both_languages() -> None:
    found = conflict(Problem((job(0, 5, 9), job(0, 7, 9)), PLAIN))
    assert found is not None
    assert found.en == ("job 0 'J5' must end by 9", "job 1 'J7' must end by 9")
    assert found.zh == ("订单 0“J5”须在 9 前完成", "订单 1“J7”须在 9 前完成")


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(problems(most_jobs=2, most_tasks=2), st.integers(2, 14))
def test_a_conflict_is_found_exactly_where_enumeration_finds_no_schedule(problem: Problem, deadline: int) -> None:
    tight = replace(problem, jobs=tuple(replace(j, deadline=j.release + deadline) for j in problem.jobs))
    # Enumeration knows no deadlines: minimise lateness against them instead.
    soft = tuple(replace(j, due=j.deadline, deadline=None, weight=1) for j in tight.jobs)
    best = optimum(replace(tight, jobs=soft, objective=type(problem.objective).lexicographic("tardiness")))
    assert (conflict(tight) is None) == (best == (0,))


def test_the_command_shows_the_conflict(tmp_path: Path) -> None:
    from gongzao.cli.schedule import app

    runner = CliRunner()
    file = tmp_path / "p.json"
    file.write_text(problem_to_json(Problem((job(0, 5, 9), job(0, 7, 9)), PLAIN)), encoding="utf-8")
    told = runner.invoke(app, ["explain", str(file)])
    assert told.exit_code == 1
    assert "must end by 9" in told.output
    assert "须在 9 前完成" in told.output
    file.write_text(problem_to_json(Problem((job(0, 5, 9), job(1, 7, 9)), PLAIN)), encoding="utf-8")
    calm = runner.invoke(app, ["explain", str(file)])
    assert (calm.exit_code, "no conflict" in calm.output) == (0, True)
    assert json.loads(file.read_text(encoding="utf-8"))["format"] == "gongzao.problem"


def test_the_function_is_not_hidden_by_its_module() -> None:
    code = "from gongzao.scheduling import Conflict, conflict; print(callable(conflict))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
