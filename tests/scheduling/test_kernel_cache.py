"""Compiled kernels are kept by the state of the sources they rest on, and are ready before a search."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import gongzao
from gongzao.scheduling import Breakdown, NoSchedule, Stop, conflict, replan, solve
from gongzao.scheduling._cache import PACKAGE, folder, seen_by_kernels
from gongzao.scheduling.generate import Recipe, generate
from gongzao.scheduling.prepare import compilations, prepare
from tests.scheduling.problems import shop

LEAF = """
from gongzao.scheduling._jit import leaf
@leaf
def setup(x):
    return x + {}
"""
CALLER = """
from gongzao.scheduling._jit import kernel
from gongzao.scheduling.leafy import setup
@kernel
def whole(x):
    return setup(x)
"""
RUN = """
from numba.core import event
compiled = []
class Heard(event.Listener):
    def on_start(self, e): compiled.append(e)
    def on_end(self, e): pass
with event.install_listener("numba:compile", Heard()):
    from gongzao.scheduling.caller import whole
    from gongzao.scheduling._cache import folder
    print(whole(0), len(compiled) > 0, folder())
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Return a copy of the engine with one small kernel and the leaf it calls, in modules of their own."""
    package = tmp_path / "src" / "gongzao"
    here = Path(gongzao.__file__).parent
    package.mkdir(parents=True)
    shutil.copy(here / "__init__.py", package)
    for part in ("kernel", "scheduling"):
        shutil.copytree(here / part, package / part, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "scheduling" / "caller.py").write_text(CALLER)
    (package / "scheduling" / "leafy.py").write_text(LEAF.format(1))
    return package / "scheduling"


def run(package: Path, **env: str) -> tuple[int, bool, str]:
    """Return what the kernel gives, whether it was compiled, and the folder of its cache."""
    clean = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    path = {"PYTHONPATH": str(package.parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", RUN], capture_output=True, text=True, check=True, env={**clean, **path, **env}
    )
    value, compiled, place = done.stdout.split()
    return int(value), compiled == "True", place


def test_a_changed_leaf_never_runs_as_it_was(sources: Path) -> None:
    value, compiled, place = run(sources)
    assert (value, compiled) == (1, True)
    assert run(sources) == (1, False, place)
    (sources / "leafy.py").write_text(LEAF.format(2))
    value, compiled, other = run(sources)
    assert (value, compiled) == (2, True)
    assert [str(p) for p in (sources / "__pycache__").glob("kernels-*")] == [other] != [place]
    (sources / "gantt.py").write_text("")
    assert run(sources) == (2, False, other)
    for spoilt in Path(other).glob("*.nb*"):
        spoilt.write_bytes(spoilt.read_bytes()[:20])
    assert run(sources) == (2, True, other)


def test_where_nothing_can_be_written_kernels_are_kept_elsewhere_or_not_at_all(sources: Path, tmp_path: Path) -> None:
    (sources / "__pycache__").write_text("no folder can be made here")
    value, _, place = run(sources, XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert (value, place.startswith(str(tmp_path / "cache" / "gongzao"))) == (1, True)
    nowhere = str(sources / "leafy.py")
    assert run(sources, XDG_CACHE_HOME=nowhere, NUMBA_CACHE_DIR=nowhere) == (1, True, "None")
    told = str(tmp_path / "told")
    assert run(sources, NUMBA_CACHE_DIR=told)[2].startswith(told)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_kernels_of_an_installation_that_may_only_be_read_are_used(sources: Path, tmp_path: Path) -> None:
    _, _, place = run(sources)
    for folder_ in (Path(place), Path(place).parent):
        folder_.chmod(0o555)
    assert run(sources, XDG_CACHE_HOME=str(tmp_path / "cache")) == (1, False, place)
    for folder_ in (Path(place).parent, Path(place)):
        folder_.chmod(0o755)


def test_the_state_covers_all_that_kernels_see_and_not_the_rest() -> None:
    seen = {p.name for p in seen_by_kernels()}
    assert {"_jit.py", "clockwork.py", "line.py", "arrays.py", "model.py", "tabu.py"} <= seen
    assert not {"gantt.py", "document.py", "parallel.py"} & seen
    kept = folder()
    assert kept is None or kept.name.startswith("kernels-")
    assert all(p.parent == PACKAGE for p in seen_by_kernels())


def test_after_preparing_no_search_compiles_anything() -> None:
    prepare()
    heard: list[None] = []
    rough = shop([[{(j * t) % 4: 3 + j, (j + t) % 4: 4} for t in range(1, 5)] for j in range(1, 7)], 4)
    with compilations(lambda: heard.append(None)):
        made = generate(Recipe(3, 12), 1)
        result = solve(made, stop=Stop(seconds=1.5), workers=2)
        replan(made, result.schedule, 600, [Breakdown(0, 700, 900)])
        for problem in (rough, made):
            try:
                solve(problem, stop=Stop(seconds=1.0), workers=2)
            except NoSchedule:
                conflict(problem)
        solve(rough, stop=Stop(iterations=3_000))
        conflict(made)
    assert heard == []
