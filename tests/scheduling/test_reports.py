"""What has happened stays as it was reported; what was not reported went as planned, as far as that can be."""

from dataclasses import replace
from random import Random

import pytest

from gongzao.scheduling import (
    Assignment,
    Breakdown,
    Calendar,
    Cancel,
    Finish,
    Fixed,
    InvalidProblem,
    Job,
    Mode,
    NoSchedule,
    Problem,
    Replan,
    Resource,
    Schedule,
    Start,
    Task,
    Urgent,
    check,
    problem_from_json,
    problem_to_json,
    replan,
)
from gongzao.scheduling.events import Event
from gongzao.scheduling.replanning import standing
from tests.scheduling.fuzz import random_problem
from tests.scheduling.histories import history_faults

DAY = Calendar(((0, 480), (1440, 1920), (2880, 3360)), "day")


def line(*, resumable: bool = False, calendar: int | None = 0) -> tuple[Problem, Schedule]:
    """Return two orders that are sawn, then planed: 100 and 60 minutes each, by day."""
    tasks = (Task((Mode(0, 100),), resumable=resumable, name="saw"), Task((Mode(1, 60),), name="plane"))
    problem = Problem(
        (Job(tasks, name="A"), Job(tasks, name="B")), (Resource("saw", calendar=calendar), Resource("plane")), (DAY,)
    )
    rows = [(0, 0, 0, 0, 100), (0, 1, 1, 100, 160), (1, 0, 0, 100, 200), (1, 1, 1, 200, 260)]
    schedule = Schedule.of(Assignment(*row) for row in rows)
    assert check(problem, schedule) == ()
    return problem, schedule


def started(problem: Problem, schedule: Schedule, now: int, events: list[Event]) -> dict[tuple[int, int], Fixed]:
    """Return what is taken for started."""
    changed, jobs = standing(problem, schedule, now, events)
    return {
        (jobs[j], t): task.fixed  # type: ignore[misc]
        for j, job in enumerate(changed.jobs)
        for t, task in enumerate(job.tasks)
        if task.fixed
    }


def planned(
    problem: Problem, schedule: Schedule, now: int, events: list[Event]
) -> tuple[Replan, dict[tuple[int, int], tuple[int, int]]]:
    """Return the new plan, checked, and where its tasks lie."""
    new = replan(problem, schedule, now, events, moves=500)
    assert check(new.problem, new.schedule) == ()
    return new, {(x.job, x.task): (x.start, x.end) for x in new.schedule.tasks}


def test_what_nobody_reports_went_as_planned() -> None:
    problem, schedule = line()
    guess = {k: Fixed(0, s, assumed=True) for k, s in {(0, 0): 0, (0, 1): 100, (1, 0): 100}.items()}
    assert started(problem, schedule, 150, []) == guess
    assert started(problem, schedule, 100, []) == {(0, 0): guess[0, 0]}


@pytest.mark.parametrize("end", [110, 149, 500, 1450])
def test_what_waits_for_a_late_task_has_not_started(end: int) -> None:
    problem, schedule = line()
    new, at = planned(problem, schedule, 150, [Finish(0, 0, end)])
    assert at[0, 0] == (0, end)
    assert at[0, 1][0] == max(150, end)
    assert at[1, 0][0] >= max(150, end)
    assert [t.fixed is not None for j in new.problem.jobs for t in j.tasks] == [True, False, False, False]


def test_an_early_end_leaves_what_follows_as_planned() -> None:
    problem, schedule = line()
    _, at = planned(problem, schedule, 150, [Finish(0, 0, 70)])
    assert at == {(0, 0): (0, 70), (0, 1): (100, 160), (1, 0): (100, 200), (1, 1): (200, 260)}


def test_a_reported_start_counts_early_or_late_and_at_any_hour() -> None:
    problem, schedule = line()
    _, at = planned(problem, schedule, 150, [Start(0, 0, 20)])
    assert at[0, 0] == (20, 120)
    assert at[1, 0][0] >= 150
    late = Schedule.of(replace(x, start=x.start + 1440, end=x.end + 1440) for x in schedule.tasks)
    _, at = planned(problem, late, 1430, [Start(0, 0, 1400)])
    assert at[0, 0] == (1400, 1500)
    resumable, _ = line(resumable=True)
    _, at = planned(resumable, late, 1430, [Start(0, 0, 1400)])
    assert at[0, 0] == (1400, 1540)


def test_a_task_that_starts_early_tells_that_those_before_it_have_ended() -> None:
    problem, schedule = line()
    assert started(problem, schedule, 95, [Start(0, 1, 90)]) == {
        (0, 0): Fixed(0, 0, 90, assumed=True),
        (0, 1): Fixed(0, 90),
    }
    assert started(problem, schedule, 95, [Start(1, 0, 80)])[0, 0] == Fixed(0, 0, 80, assumed=True)
    assert started(problem, schedule, 255, [Finish(1, 1, 250)])[1, 1] == Fixed(0, 200, 250)


def test_a_task_reported_to_have_ended_after_a_late_one_started_when_that_had() -> None:
    problem, schedule = line()
    found = started(problem, schedule, 300, [Finish(0, 0, 130), Finish(0, 1, 180)])
    assert (found[0, 0], found[0, 1]) == (Fixed(0, 0, 130), Fixed(0, 130, 180))
    assert (1, 0) not in found


@pytest.mark.parametrize(
    ("events", "named"),
    [
        ([Finish(0, 0, 0)], ("at 0", "starts at 0")),
        ([Start(0, 0, 30), Finish(0, 0, 10)], ("at 10", "at 30")),
        ([Finish(0, 0, 90), Finish(0, 0, 95)], ("at 90", "at 95")),
        ([Start(0, 0, 5), Start(0, 0, 6)], ("at 5", "at 6")),
        ([Finish(0, 0, 140), Start(0, 1, 120)], ("120", "140")),
        ([Finish(0, 0, 140), Start(1, 0, 120)], ("120", "140")),
        ([Finish(0, 0, 190), Finish(0, 1, 180)], ("180", "190")),
        ([Finish(0, 0, 190), Finish(1, 0, 180)], ("180", "190")),
        ([Start(0, 0, 300)], ("300", "299")),
        ([Finish(1, 1, 150)], ("150", "200")),
        ([Start(1, 1, 90)], ("90", "100")),
        ([Breakdown(0, 40, 60), Finish(0, 0, 50)], ("50", "40 to 60")),
        ([Breakdown(0, 40, 60), Start(0, 0, 45)], ("45", "40 to 60")),
    ],
)
def test_reports_that_contradict_are_refused_with_both_times(events: list[Event], named: tuple[str, str]) -> None:
    problem, schedule = line()
    for order in (events, events[::-1]):
        with pytest.raises(InvalidProblem) as refusal:
            replan(problem, schedule, 299, order)
        assert all(text in refusal.value.en for text in named), refusal.value.en


def test_a_pool_holds_no_more_reported_tasks_than_it_has_units() -> None:
    job = Job((Task((Mode(0, 10),)),))
    problem = Problem((job,) * 3, (Resource(capacity=2),))
    schedule = Schedule.of(Assignment(j, 0, 0, 10 * (j // 2), 10 + 10 * (j // 2)) for j in range(3))
    told: list[Event] = [Finish(0, 0, 14), Finish(1, 0, 15), Start(2, 0, 12)]
    with pytest.raises(InvalidProblem, match="12"):
        replan(problem, schedule, 16, told)
    assert started(problem, schedule, 16, told[1:])[0, 0] == Fixed(0, 0, assumed=True)
    assert started(problem, schedule, 16, [Finish(0, 0, 14), Finish(1, 0, 15)]).keys() == {(0, 0), (1, 0)}


def test_a_breakdown_spares_what_had_ended_and_lengthens_what_can_pause() -> None:
    problem, schedule = line(calendar=None)
    _, at = planned(problem, schedule, 130, [Breakdown(0, 80, 95), Finish(0, 0, 75)])
    assert at[0, 0] == (0, 75)
    _, at = planned(problem, schedule, 130, [Breakdown(0, 80, 95)])
    assert at[0, 0][0] >= 130
    problem, schedule = line(resumable=True, calendar=None)
    _, at = planned(problem, schedule, 130, [Breakdown(0, 80, 95)])
    assert (at[0, 0], at[0, 1][0]) == ((0, 115), 130)
    _, at = planned(problem, schedule, 99, [Breakdown(0, 80, 95), Finish(0, 0, 105)])
    assert at[0, 0] == (0, 105)


def test_what_was_overtaken_comes_after_it() -> None:
    problem, schedule = line(calendar=None)
    _, at = planned(problem, schedule, 110, [Breakdown(0, 0, 15), Start(1, 0, 20)])
    assert at[1, 0] == (20, 120)
    assert at[0, 0] == (120, 220)


@pytest.mark.parametrize("resumable", [False, True])
def test_what_a_breakdown_kept_from_starting_starts_after_it(resumable: bool) -> None:
    problem, schedule = line(resumable=resumable, calendar=None)
    _, at = planned(problem, schedule, 5, [Breakdown(0, 0, 12)])
    assert at[0, 0] == (12, 112)
    _, at = planned(problem, schedule, 130, [Breakdown(0, 95, 104)])
    assert at[1, 0][0] >= 130


def test_a_ruined_task_may_have_begun_again() -> None:
    problem, schedule = line(calendar=None)
    first, _ = planned(problem, schedule, 30, [Start(0, 0, 10)])
    new, at = planned(first.problem, first.schedule, 90, [Breakdown(0, 40, 60), Start(0, 0, 70)])
    assert at[0, 0] == (70, 170)
    assert new.problem.jobs[0].tasks[0].fixed == Fixed(0, 70)


def test_reports_survive_in_the_file_and_assumptions_give_way() -> None:
    problem, schedule = line()
    first, _ = planned(problem, schedule, 90, [Finish(0, 0, 120)])
    again = problem_from_json(problem_to_json(first.problem))
    assert again == first.problem
    _, at = planned(again, first.schedule, 190, [])
    assert (at[0, 0], at[0, 1]) == ((0, 120), (120, 180))
    _, at = planned(again, first.schedule, 190, [Finish(0, 0, 150)])
    assert at[0, 0] == (0, 150)
    second, _ = planned(again, first.schedule, 190, [])
    with pytest.raises(InvalidProblem, match="at 120 and at 150"):
        replan(second.problem, second.schedule, 200, [Finish(0, 0, 150)])
    third, at = planned(second.problem, second.schedule, 240, [Start(0, 1, 140)])
    assert at[0, 1] == (140, 200)
    assert third.problem.now == 240
    with pytest.raises(InvalidProblem, match="240"):
        replan(third.problem, third.schedule, 239, [])


def test_an_expected_end_moves_with_a_breakdown_that_comes_later() -> None:
    problem, schedule = line(resumable=True, calendar=None)
    first, _ = planned(problem, schedule, 50, [Finish(0, 0, 130)])
    _, at = planned(first.problem, first.schedule, 70, [Breakdown(0, 60, 75)])
    assert at[0, 0] == (0, 145)
    problem, schedule = line(calendar=None)
    first, _ = planned(problem, schedule, 50, [Finish(0, 0, 130)])
    _, at = planned(first.problem, first.schedule, 70, [Breakdown(0, 60, 75)])
    assert at[0, 0] == (75, 175)


def test_a_deadline_that_was_missed_keeps_nobody_from_planning_the_rest() -> None:
    problem, schedule = line()
    jobs = (replace(problem.jobs[0], deadline=200), replace(problem.jobs[1], deadline=400))
    problem = replace(problem, jobs=jobs)
    _, at = planned(problem, schedule, 250, [Finish(0, 1, 240)])
    assert at[0, 1] == (100, 240)
    with pytest.raises(NoSchedule, match="deadline"):
        replan(problem, schedule, 250, [Finish(1, 0, 390)])


def moulds() -> tuple[Problem, Schedule]:
    """Return a press that is set up in 30 minutes for another family; it is idle from 50 to 170."""
    jobs = (Job((Task((Mode(0, 50),)),)), Job((Task((Mode(0, 40),), family=1),), release=200))
    problem = Problem(jobs, (Resource("press", setup=0),), setups=(((0, 30, 20), (30, 0, 20), (20, 20, 0)),))
    return problem, Schedule.of([Assignment(0, 0, 0, 0, 50), Assignment(1, 0, 0, 200, 240)])


def test_no_setup_lies_in_the_past() -> None:
    problem, schedule = moulds()
    new, at = planned(problem, schedule, 100, [Urgent(Job((Task((Mode(0, 5),), family=2),), due=0, weight=9))])
    assert at == {(0, 0): (0, 50), (1, 0): (200, 240), (2, 0): (120, 125)}
    early = Schedule.of(replace(x, start=119, end=124) if x.job == 2 else x for x in new.schedule.tasks)
    assert {v.rule for v in check(new.problem, early)} == {"setup"}


def test_a_setup_under_way_goes_on_and_is_no_other_s() -> None:
    problem, schedule = moulds()
    _, at = planned(problem, schedule, 185, [])
    assert at[1, 0] == (200, 240)
    new, at = planned(problem, schedule, 185, [Urgent(Job((Task((Mode(0, 5),), family=2),), due=0, weight=10_000))])
    assert new.problem.resources[0].begun == (1, 170)
    assert at[2, 0][0] >= 205
    gone, at = planned(problem, schedule, 185, [Cancel(1), Urgent(Job((Task((Mode(0, 5),), family=1),), due=0))])
    assert gone.problem.resources[0].begun is None
    assert at[1, 0] == (215, 220)


def test_a_machine_that_never_works_again_leaves_its_work_to_another() -> None:
    task = Task((Mode(0, 10), Mode(1, 30)))
    problem = Problem((Job((task,)),), (Resource("M", calendar=0), Resource("N")), (Calendar(((0, 50),)),))
    schedule = Schedule.of([Assignment(0, 0, 0, 0, 10)])
    new, at = planned(problem, schedule, 5, [Breakdown(0, 0, 50)])
    assert (at[0, 0], new.schedule.tasks[0].resource) == ((5, 35), 1)
    alone = replace(problem, jobs=(Job((Task((Mode(0, 10),)),)),))
    with pytest.raises(NoSchedule, match="'M' stands still"):
        replan(alone, schedule, 5, [Breakdown(0, 0, 50)])


def test_nothing_left_is_said() -> None:
    problem, schedule = line()
    with pytest.raises(NoSchedule, match="nothing is left"):
        replan(problem, schedule, 0, [Cancel(0), Cancel(1)])


@pytest.mark.parametrize("seed", range(1_000_000, 1_000_030))
def test_histories_of_a_shop_floor(seed: int) -> None:
    assert history_faults(random_problem(seed), Random(seed))[0] == []
