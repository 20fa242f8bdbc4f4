from dataclasses import replace

import pytest

from gongzao.scheduling import (
    Assignment,
    Calendar,
    Fixed,
    Job,
    Link,
    Mode,
    Problem,
    Resource,
    Schedule,
    Task,
    check,
)

PROBLEM = Problem(
    jobs=(
        Job((Task((Mode(0, 4), Mode(1, 5))), Task((Mode(1, 3),), family=1)), release=2, deadline=40),
        Job((Task((Mode(1, 2),), fixed=Fixed(0, 0)), Task((Mode(2, 6),), resumable=True)), (Link(0, 1, 1),)),
        Job((Task((Mode(2, 4),)),)),
        Job((Task((Mode(2, 4),)),)),
    ),
    resources=(
        Resource("cut"),
        Resource("mill", setup=0, site=1),
        Resource("lab", capacity=2, calendar=0),
    ),
    calendars=(Calendar(((0, 8), (10, 30))),),
    setups=(((0, 3), (1, 0)),),
    transport=((0, 2), (2, 0)),
)
GOOD = Schedule.of(
    [
        Assignment(0, 0, 0, 2, 6),
        Assignment(0, 1, 1, 8, 11),
        Assignment(1, 0, 1, 0, 2),
        Assignment(1, 1, 2, 5, 13),
        Assignment(2, 0, 2, 0, 4),
        Assignment(3, 0, 2, 0, 4),
    ]
)


def rules(**changes: Assignment | None) -> set[str]:
    """Return the rules broken once assignments, named tJT, are exchanged."""
    tasks = {f"t{x.job}{x.task}": x for x in GOOD.tasks} | changes
    return {v.rule for v in check(PROBLEM, Schedule(tuple(x for x in tasks.values() if x is not None)))}


def test_a_good_schedule_breaks_no_rule() -> None:
    assert check(PROBLEM, GOOD) == ()
    assert GOOD.value(PROBLEM) == (13,)


@pytest.mark.parametrize(
    ("task", "changed", "rule"),
    [
        ("t00", Assignment(0, 0, 0, 1, 5), "release"),
        ("t00", Assignment(0, 0, 2, 2, 6), "resource"),
        ("t00", Assignment(0, 0, 0, 2, 7), "duration"),
        ("t00", Assignment(0, 0, 1, 1, 6), "overlap"),
        ("t01", Assignment(0, 1, 1, 7, 10), "precedence"),
        ("t01", Assignment(0, 1, 1, 4, 7), "setup"),
        ("t01", Assignment(0, 1, 1, 38, 41), "deadline"),
        ("t10", Assignment(1, 0, 1, 3, 5), "fixed"),
        ("t11", Assignment(1, 1, 2, 4, 12), "precedence"),
        ("t11", Assignment(1, 1, 2, 9, 16), "calendar"),
        ("t20", Assignment(2, 0, 2, 6, 12), "calendar"),
        ("t20", Assignment(2, 0, 2, 4, 8), "capacity"),
        ("t20", None, "missing"),
        ("t99", Assignment(9, 9, 0, 0, 4), "unknown"),
        ("again", Assignment(2, 0, 2, 14, 18), "twice"),
    ],
)
def test_a_changed_schedule_breaks_the_rule_named(task: str, changed: Assignment | None, rule: str) -> None:
    if rule == "capacity":
        assert rule in rules(t20=changed, t30=Assignment(3, 0, 2, 4, 8))
    else:
        assert rule in rules(**{task: changed})


def test_every_moved_start_of_a_tight_schedule_is_found() -> None:
    for x in GOOD.tasks:
        early = replace(x, start=x.start - 1, end=x.end - 1)
        if x.start > 0 and x.task > 0:
            assert rules(**{f"t{x.job}{x.task}": early})
