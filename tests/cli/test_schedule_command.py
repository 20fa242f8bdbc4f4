"""``gongzao schedule`` as its users meet it: files, limits, interrupts, consoles."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event, Thread

import pytest
from typer.testing import CliRunner, Result

from gongzao.cli.main import build
from gongzao.kernel import GongzaoError
from gongzao.scheduling import (
    Assignment,
    Job,
    Mode,
    Plan,
    Problem,
    Resource,
    Schedule,
    Task,
    plan_to_json,
    problem_to_json,
)
from gongzao.scheduling.generate import Recipe, generate
from gongzao.scheduling.read import Instance

SMALL = Problem(
    (Job((Task((Mode(0, 30),)), Task((Mode(1, 20),))), due=10, name="轴[/2]:gear:"), Job((Task((Mode(0, 15),)),))),
    (Resource("车床[b区]"), Resource("铣床")),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.json").write_text(problem_to_json(SMALL), encoding="utf-8")
    tasks = (Assignment(0, 0, 0, 0, 30), Assignment(0, 1, 1, 30, 50), Assignment(1, 0, 0, 30, 45))
    plan = plan_to_json(SMALL, Plan(Schedule.of(tasks), (50,), (50,)), Instance.of(SMALL).numbers)
    (tmp_path / "o.json").write_text(plan, encoding="utf-8")
    return tmp_path


def schedule(*words: str) -> Result:
    return CliRunner().invoke(build(), ["schedule", *words])


def refused(code: str, *words: str) -> None:
    result = schedule(*words)
    assert isinstance(result.exception, GongzaoError), result.output
    assert result.exception.code == code


def test_outputs_are_refused_before_the_search(folder: Path) -> None:
    (folder / "link").symlink_to("p.json")
    limit = ("--iterations", "1000000000000000")
    for target, code in (
        ("none/o.json", "file.no_folder"),
        ("p.json", "file.is_input"),
        ("link", "file.is_input"),
        (".", "file.folder"),
    ):
        refused(code, "solve", "p.json", "--output", target, *limit)
        refused(code, "replan", "p.json", "o.json", "--now", "5", "--problem-output", "q.json", "--output", target)
        refused(code, "replan", "p.json", "o.json", "--now", "5", "--output", "q.json", "--problem-output", target)
    refused("file.is_input", "replan", "p.json", "o.json", "--now", "5", "--problem-output", "q", "--output", "o.json")
    refused("file.twice", "replan", "p.json", "o.json", "--now", "5", "--problem-output", "q", "--output", "./q")
    refused("schedule.chart", "gantt", "o.json", "--output", "o.json")
    refused("file.no_folder", "generate", "--firms", "3", "--orders", "3", "--output", "none/p.json")
    assert not (folder / "q.json").exists()


@pytest.mark.parametrize("limit", ["inf", "nan", "-1", "1e300"])
def test_limits_that_are_none_are_refused(folder: Path, limit: str) -> None:
    refused("schedule.stop", "solve", "p.json", "--output", "x.json", "--time-limit", limit)


def test_a_run_with_moves_alone_can_be_repeated(folder: Path) -> None:
    problem = generate(Recipe(3, 8), 2)
    (folder / "g.json").write_text(problem_to_json(problem), encoding="utf-8")
    for name in ("a", "b"):
        done = schedule("solve", "g.json", "--output", name, "--iterations", "2000", "--seed", "7", "--workers", "2")
        assert done.exit_code == 0, done.output
    assert (folder / "a").read_text("utf-8") == (folder / "b").read_text("utf-8")


def test_the_plan_names_the_objective_that_was_asked_for(folder: Path) -> None:
    words = ("solve", "p.json", "--output", "x.json", "--iterations", "100", "--objective", "tardiness,cost")
    assert schedule(*words).exit_code == 0
    plan = json.loads((folder / "x.json").read_text("utf-8"))
    assert plan["measures"] == [{"tardiness": 1}, {"cost": 1}]
    assert schedule("check", "p.json", "x.json").exit_code == 0
    for key, value in (("objective", [40, 1]), ("objective", 40), ("lower_bound", [41, 0])):
        (folder / "y.json").write_text(json.dumps({**plan, key: value}), encoding="utf-8")
        result = schedule("check", "p.json", "y.json")
        assert (result.exit_code, key in result.output) == (1, True)


def test_names_are_printed_as_they_are(folder: Path) -> None:
    said = schedule("explain", "p.json", "o.json").output
    assert "轴[/2]:gear:" in said
    assert "车床[b区]" in said
    assert "等前序" in said


def command(*words: str, **env: str) -> subprocess.Popen[bytes]:
    code = "import sys; sys.argv[0] = 'gongzao'; from gongzao.cli.main import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", code, "schedule", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **env},
    )


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_any_console_can_show_what_is_said(folder: Path, encoding: str) -> None:
    out, err = command("check", "p.json", "o.json", PYTHONIOENCODING=encoding).communicate()
    assert b"feasible" in out
    assert err == b""
    process = command("check", "p.json", "没有.json", PYTHONIOENCODING=encoding)
    assert b"cannot be read" in process.communicate()[1]
    assert process.returncode == 2


def test_an_interrupt_while_compiling_ends_at_once_and_says_so(folder: Path) -> None:
    process = command("solve", "p.json", "--output", "x.json", NUMBA_CACHE_DIR=str(folder / "cold"))
    assert process.stderr is not None
    first = process.stderr.readline()
    assert "compiling" in first.decode()
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    assert (process.returncode, "nothing is written" in rest.decode()) == (130, True)
    assert not (folder / "x.json").exists()


@pytest.mark.parametrize("parts", ["0", "3"])
def test_an_interrupt_keeps_the_best_plan(folder: Path, parts: str) -> None:
    problem = generate(Recipe(6, 30), 2)
    (folder / "g.json").write_text(problem_to_json(problem), encoding="utf-8")
    usual, over = signal.getsignal(signal.SIGINT), Event()

    def interrupt() -> None:
        while signal.getsignal(signal.SIGINT) is usual and not over.is_set():
            time.sleep(0.05)
        if not over.is_set():
            os.kill(os.getpid(), signal.SIGINT)

    presser = Thread(target=interrupt)
    presser.start()
    try:
        done = schedule("solve", "g.json", "--output", "x.json", "--time-limit", "3000", "--parts", parts)
    finally:
        over.set()
        presser.join()
    assert done.exit_code == 0, done.output
    assert schedule("check", "g.json", "x.json").exit_code == 0
