"""Scheduling: problem in, checked schedule out.

The compiled parts are loaded on first use, so that importing the package stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gongzao.scheduling.check import Violation, check
from gongzao.scheduling.document import order_from_json, problem_from_json, problem_to_json
from gongzao.scheduling.errors import InvalidProblem, NoSchedule, NotAPlan
from gongzao.scheduling.explain import Explanation, explain
from gongzao.scheduling.model import (
    MAX_COST,
    MAX_TIME,
    MAX_WEIGHT,
    Assignment,
    Calendar,
    Fixed,
    Job,
    Link,
    Measure,
    Mode,
    Objective,
    Problem,
    Resource,
    Schedule,
    Task,
)
from gongzao.scheduling.plans import Plan, misstated, plan_from_json, plan_to_json
from gongzao.scheduling.read import FORMATS, Instance, read, read_fajsp, read_fjs
from gongzao.scheduling.result import Progress, Result
from gongzao.scheduling.stop import Stop

if TYPE_CHECKING:
    from gongzao.scheduling.conflict import Conflict, conflict
    from gongzao.scheduling.events import Breakdown, Cancel, Finish, Start, Urgent
    from gongzao.scheduling.parallel import OnRay, solve_parts
    from gongzao.scheduling.replanning import Replan, replan
    from gongzao.scheduling.solver import solve

__all__ = [
    "FORMATS",
    "MAX_COST",
    "MAX_TIME",
    "MAX_WEIGHT",
    "Assignment",
    "Breakdown",
    "Calendar",
    "Cancel",
    "Conflict",
    "Explanation",
    "Finish",
    "Fixed",
    "Instance",
    "InvalidProblem",
    "Job",
    "Link",
    "Measure",
    "Mode",
    "NoSchedule",
    "NotAPlan",
    "Objective",
    "OnRay",
    "Plan",
    "Problem",
    "Progress",
    "Replan",
    "Resource",
    "Result",
    "Schedule",
    "Start",
    "Stop",
    "Task",
    "Urgent",
    "Violation",
    "check",
    "conflict",
    "explain",
    "misstated",
    "order_from_json",
    "plan_from_json",
    "plan_to_json",
    "problem_from_json",
    "problem_to_json",
    "read",
    "read_fajsp",
    "read_fjs",
    "replan",
    "solve",
    "solve_parts",
]

_LATE = dict.fromkeys(("Breakdown", "Cancel", "Finish", "Start", "Urgent"), "gongzao.scheduling.events")
_LATE |= dict.fromkeys(("Replan", "replan"), "gongzao.scheduling.replanning")
_LATE["solve"] = "gongzao.scheduling.solver"
_LATE |= dict.fromkeys(("Conflict", "conflict"), "gongzao.scheduling.conflict")
_LATE |= dict.fromkeys(("OnRay", "solve_parts"), "gongzao.scheduling.parallel")


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(name)
    module = import_module(_LATE[name])
    globals().update({other: getattr(module, other) for other, where in _LATE.items() if where == _LATE[name]})
    return globals()[name]
