"""Moves of the full-model search: how they take turns, and the how-to that adds one."""

import importlib.util
import re
import sys
import textwrap
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from gongzao.scheduling import Job, Mode, Objective, Problem, Resource, Task
from gongzao.scheduling._jit import Words, leaf, random_state
from gongzao.scheduling.anneal import AnnealSearch, anneal, kernels_for, probe
from gongzao.scheduling.arrays import Arrays, compile_problem
from gongzao.scheduling.dispatch import Plan
from gongzao.scheduling.line import Line, load, new_line
from gongzao.scheduling.proposals import MOVES, in_turn, proposer

HOW_TO = Path(__file__).parents[2] / "docs/how-to/add-a-move.md"
LATE = Problem(
    tuple(Job((Task((Mode(0, 10),)),), due=due) for due in (40, 40, 40, 10)),
    (Resource("lathe"),),
    objective=Objective.lexicographic("tardiness"),
)
ARRAYS = compile_problem(LATE)
START = Plan(*(np.array(x, np.int64) for x in ([0, 1, 2, 3], [0] * 4, [0, 10, 20, 30], [10, 20, 30, 40])))


@leaf
def declines(a: Arrays, line: Line, v: int, held: int, random: Words) -> tuple[int, int, int, int]:
    return -1, 0, 0, 0


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """Return the module that the how-to writes."""
    block = re.search(r"```python\n(.*?)```", HOW_TO.read_text("utf-8"), re.DOTALL)
    assert block is not None
    file = tmp_path_factory.mktemp("added") / "to_the_front.py"
    file.write_text(textwrap.dedent("   " + block[1].lstrip()), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("to_the_front", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # kept kernels name their module
    spec.loader.exec_module(module)
    return module


def line_of(plan: Plan) -> Line:
    line = new_line(ARRAYS)
    load(ARRAYS, line, plan)
    return line


def test_moves_are_asked_in_turn_until_one_does_not_decline(added: ModuleType) -> None:
    line, random = line_of(START), random_state(1)
    turn = in_turn((declines, added.to_the_front, declines))
    assert turn(ARRAYS, line, 3, 2, random) == (3, 3, 0, 0)
    assert turn(ARRAYS, line, 0, -1, random)[0] == -1
    assert in_turn((declines,))(ARRAYS, line, 3, 2, random)[0] == -1


def test_an_added_move_proposes_beside_the_others(added: ModuleType) -> None:
    line, random = line_of(START), random_state(1)
    propose = proposer((added.to_the_front, *MOVES))
    slots = [propose(ARRAYS, line, random)[3] for _ in range(100) if line.place[3] == 3]
    assert slots.count(0) > 50
    assert len(set(slots)) > 1


def test_the_how_to_adds_a_move_that_takes_part_in_a_search(added: ModuleType) -> None:
    search = AnnealSearch(ARRAYS, LATE.objective, [START], 1, 1, 1.0, moves=(declines, added.to_the_front))
    assert search.plan().end[3] == 40
    for _ in range(3):
        for task in search.tasks(1, 50, 0.5, np.zeros(1, np.int64)):
            task()
        search.absorb()
    assert search.plan().start[3] == 0
    assert sorted(search.plan().start.tolist()) == [0, 10, 20, 30]


def test_the_usual_moves_use_the_kernels_that_are_kept() -> None:
    assert kernels_for(MOVES) == (anneal, probe)
