"""Plan files: what they state, and the charts drawn from them."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from gongzao.kernel import InvalidInput
from gongzao.scheduling import (
    Assignment,
    Calendar,
    InvalidProblem,
    Job,
    Mode,
    Objective,
    Plan,
    Problem,
    Resource,
    Schedule,
    Task,
    misstated,
    plan_from_json,
    plan_to_json,
    problem_from_json,
    problem_to_json,
)
from gongzao.scheduling.chart import Chart, chart_from_json
from gongzao.scheduling.epoch import epoch_text, parse_epoch, wall_clock
from gongzao.scheduling.gantt import html, png, svg, write
from gongzao.scheduling.read import Instance

BERLIN = ZoneInfo("Europe/Berlin")
NIGHTS = Calendar(((0, 100), (160, 260), (320, 900)))
SHOP = Problem(
    (
        Job((Task((Mode(0, 30),), family=1), Task((Mode(1, 20),))), due=150, name="轴[/2]"),
        Job((Task((Mode(0, 25),), family=0),), name="齿轮<b>"),
        Job((Task((Mode(1, 60),)),), due=10, name="急\u0007单"),
    ),
    (Resource("车床 & 磨床", calendar=0, setup=0, family=0), Resource("共享池", capacity=3)),
    (NIGHTS,),
    (((0, 20), (15, 0)),),
    objective=Objective.lexicographic("tardiness", "makespan"),
    epoch=datetime(2026, 3, 28, 22, tzinfo=BERLIN),
    name="试",
)
TASKS = (
    Assignment(0, 0, 0, 60, 90),
    Assignment(0, 1, 1, 90, 110),
    Assignment(1, 0, 0, 165, 190),
    Assignment(2, 0, 1, 80, 140),
)
NUMBERS = Instance.of(SHOP).numbers
TEXT = plan_to_json(SHOP, Plan(Schedule.of(TASKS), (130, 190), (130, 0)), NUMBERS)


def test_a_plan_names_its_objective_and_comes_back_as_it_was() -> None:
    plan = plan_from_json(TEXT, NUMBERS)
    assert plan.goal == SHOP.objective
    assert plan_to_json(SHOP, plan, NUMBERS) == TEXT
    assert misstated(SHOP, plan) == ()


@pytest.mark.parametrize(
    ("objective", "bound", "fields"),
    [
        ((130, 190), (130, 190), []),
        ((130, 190), (129, 500), []),
        ((), (), []),
        ((130,), (130, 0), ["objective"]),
        ((190, 130), (0, 0), ["objective"]),
        ((0, 190), (0, 0), ["objective"]),
        ((130, 190), (131, 0), ["lower_bound"]),
        ((130, 190), (130, 191), ["lower_bound"]),
        ((130, 190), (0,), ["lower_bound"]),
        ((1,), (999, 0, 0), ["objective", "lower_bound"]),
    ],
)
def test_only_the_value_of_the_named_objective_and_a_bound_below_it_pass(
    objective: tuple[int, ...], bound: tuple[int, ...], fields: list[str]
) -> None:
    plan = Plan(Schedule.of(TASKS), objective, bound, SHOP.objective)
    assert [f.field for f in misstated(SHOP, plan)] == fields


def test_the_plans_own_objective_counts_before_the_problems() -> None:
    late = Plan(Schedule.of(TASKS), (1,), (0,), Objective.lexicographic("late"))
    assert misstated(SHOP, late) == ()
    assert misstated(SHOP, replace(late, goal=None)) != ()
    again = plan_from_json(plan_to_json(SHOP, late, NUMBERS), NUMBERS)
    assert again.goal == late.goal


def texts(chart: Chart) -> list[str]:
    root = ElementTree.fromstring(svg(chart))
    return ["".join(e.itertext()) for e in root.iter() if e.tag.endswith(("text", "title"))]


def test_a_chart_shows_names_late_work_setups_and_closed_times() -> None:
    chart = chart_from_json(TEXT)
    lathe, pool = chart.rows
    assert (lathe.name, lathe.closed) == ("车床 & 磨床", ((100, 160),))
    assert [(b.name, b.setups, b.start) for b in lathe.bars] == [
        ("轴[/2]", ((40, 60),), 60),
        ("齿轮<b>", ((90, 100), (160, 165)), 165),
    ]
    assert [(b.lane, b.late) for b in pool.bars] == [(0, True), (1, False)]
    assert (pool.lanes, chart.late, chart.orders, chart.first, chart.last) == (2, 1, 3, 40, 190)
    shown = "\n".join(texts(chart))
    assert "晚交 late 130 min" in shown
    assert "换型 setup 15 min" in shown
    assert "急单" in shown
    assert "\u0007" not in svg(chart)
    assert svg(chart).count("#d40000") == 2, "the late bar and the legend"


def test_a_page_holds_the_chart_and_a_picture_is_as_large() -> None:
    chart = chart_from_json(TEXT)
    assert svg(chart) in html(chart)
    size = [int(x) for x in re.findall(r'(?:width|height)="(\d+)"', svg(chart))[:2]]
    picture = Image.open(BytesIO(png(chart)))
    assert all(abs(twice - 2 * x) <= 2 for twice, x in zip(picture.size, size, strict=True))
    colours = {c for _, c in picture.convert("RGB").getcolors(2**24) or []}
    assert (0xD4, 0, 0) in colours
    assert (0x4A, 0x4A, 0x4A) in colours


def test_a_picture_too_large_for_its_format_comes_out_coarser() -> None:
    one = json.loads(TEXT)
    one["resources"] = [f"M{r}" for r in range(4_000)]
    picture = Image.open(BytesIO(png(chart_from_json(json.dumps(one)))))
    assert max(picture.size) <= 60_000


def plan_of(*tasks: tuple[int, int, int], epoch: datetime | None = None) -> Chart:
    rows = [{"job": i, "task": 0, "resource": r, "start": a, "end": b} for i, (r, a, b) in enumerate(tasks)]
    head = {"format": "gongzao.plan", "version": 1, "epoch": None if epoch is None else epoch_text(epoch)}
    return chart_from_json(json.dumps({**head, "tasks": rows}), "plan.json")


def test_the_axis_begins_with_the_first_start() -> None:
    chart = plan_of((0, 500_000, 500_060), (1, 500_060, 501_200))
    assert (chart.first, chart.last) == (500_000, 501_200)
    assert [m.minute for m in chart.marks(200)] == [500_160, 500_400, 500_640, 500_880, 501_120]
    assert all(x >= 0 for x in map(float, re.findall(r'<rect x="([-0-9.]+)"', svg(chart))))


def test_what_overlaps_on_a_resource_lies_side_by_side() -> None:
    chart = plan_of((0, 0, 30), (0, 10, 20), (0, 15, 40), (0, 20, 25), (0, 30, 31), (10**9, 5, 5))
    first, far = chart.rows
    assert [b.lane for b in first.bars] == [0, 1, 2, 1, 0]
    assert (first.lanes, far.name) == (3, "M1000000001")


@pytest.mark.parametrize("room", [3, 40, 150, 700, 1400, 5_000, 10**6])
@pytest.mark.parametrize("epoch", [None, datetime(2026, 3, 27, 6, 30, tzinfo=BERLIN), datetime(2026, 3, 27, 6, 30)])  # noqa: DTZ001
def test_marks_are_in_order_and_never_closer_than_asked(room: int, epoch: datetime | None) -> None:
    chart = plan_of((0, 7, 7 + 60 * room), epoch=epoch)
    marks = [m.minute for m in chart.marks(room)]
    assert marks == sorted(set(marks))
    assert len(marks) <= 62
    assert len(marks) >= 5
    summer = 60 if epoch is not None and epoch.tzinfo else 0
    assert all(b - a >= room - summer for a, b in pairwise(marks))


def test_labels_are_those_of_a_clock_on_the_wall_also_in_summer() -> None:
    epoch = datetime(2026, 3, 28, tzinfo=BERLIN)
    chart = plan_of((0, 0, 2880), epoch=epoch)
    assert chart.label(2880) == "03-30 01:00"
    assert [(m.date, m.time) for m in chart.marks(700)] == [
        ("03-28", "00:00"),
        ("", "12:00"),
        ("03-29", "00:00"),
        ("", "12:00"),
        ("03-30", "00:00"),
    ]
    assert [m.time for m in plan_of((0, 1440, 1740), epoch=epoch).marks(60)] == [
        "00:00",
        "01:00",
        "03:00",
        "04:00",
        "05:00",
        "06:00",
    ]
    autumn = datetime(2026, 10, 24, tzinfo=BERLIN)
    assert plan_of((0, 0, 2880), epoch=autumn).label(2880) == "10-25 23:00"


def test_an_epoch_keeps_its_zone_in_a_file() -> None:
    again = problem_from_json(problem_to_json(SHOP))
    assert again == SHOP
    assert again.epoch is not None
    assert again.epoch.tzinfo == BERLIN
    for epoch in (datetime(2026, 1, 5, 8, tzinfo=timezone(timedelta(hours=8))), datetime(2026, 1, 5, tzinfo=UTC)):
        assert parse_epoch(epoch_text(epoch)) == epoch


@pytest.mark.parametrize(
    "text",
    [
        "昨天",
        "",
        "2026-13-01",
        "9999-12-31T00:00:00",
        "0001-01-01T00:00:00+14:00",
        "2026-01-05T08:00+08:00[No/Where]",
        "2026-01-05T08:00+08:00[../../etc/passwd]",
        "2026-01-05T08:00+02:00[Europe/Berlin]",
        "2026-01-05T08:00[Europe/Berlin][Europe/Berlin]",
    ],
)
def test_bad_epochs_are_refused_when_they_are_read(text: str) -> None:
    with pytest.raises(InvalidProblem):
        parse_epoch(text)
    plan = {"format": "gongzao.plan", "version": 1, "epoch": text, "tasks": []}
    with pytest.raises(InvalidInput) as error:
        chart_from_json(json.dumps(plan))
    assert error.value.problems[0].field == "epoch"


def test_an_epoch_of_the_model_lies_in_years_that_can_be_drawn() -> None:
    with pytest.raises(InvalidProblem, match="years 1900 to 9700"):
        replace(SHOP, epoch=datetime(9999, 12, 31, tzinfo=UTC))
    assert wall_clock(datetime(9700, 1, 1, tzinfo=UTC), 2**40) is None
    far = plan_of((0, 0, 2**40), epoch=datetime(9700, 1, 1, tzinfo=UTC))
    assert far.label(2**40) == str(2**40)
    assert svg(far)


def test_only_known_endings_are_drawn(tmp_path: Path) -> None:
    chart = chart_from_json(TEXT)
    for ending in ("svg", "html", "png", "PNG"):
        write(chart, tmp_path / f"a.{ending}")
    with pytest.raises(InvalidInput, match="must end in"):
        write(chart, tmp_path / "a.pdf")
    assert len(list(tmp_path.iterdir())) == 4
