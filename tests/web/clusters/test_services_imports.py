"""Who may upload what into the registry, what stays hidden, and that real and made-up data stay apart."""

import io
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry

from gongzao.kernel import InvalidInput, Problem
from gongzao.web.clusters.imports import Registered, import_enterprises, import_observations
from gongzao.web.clusters.imports_figures import UnlikelyInput
from gongzao.web.clusters.latest import latest_differences
from gongzao.web.clusters.models import Enterprise, Membership, Observation

FIGURES = "subject,indicator,period,value,unit,scope,source,revision"
FIRMS = "uscc,name,county,industry,cluster,leader"
NEW = "91110000600037341L"


def figures(world: Any, *lines: str, by: str = "county", sure: str = "") -> list[Any]:
    data = "\n".join([FIGURES, *lines]).encode()
    return import_observations(io.BytesIO(data), "月报.csv", by=world.users[by], sure=sure)


def firms(world: Any, *lines: str, by: str = "county") -> Registered:
    data = "\n".join([FIRMS, *lines]).encode()
    return import_enterprises(io.BytesIO(data), "名录.csv", by=world.users[by])


def figure_problems(world: Any, *lines: str, by: str = "county") -> list[tuple[int | None, str | None, str]]:
    before = Observation.objects.count()
    with pytest.raises(InvalidInput) as caught:
        figures(world, *lines, by=by)
    assert Observation.objects.count() == before
    assert latest_differences() == ()
    return [_named(problem) for problem in caught.value.problems]


def firm_problems(world: Any, *lines: str, by: str = "county") -> list[tuple[int | None, str | None, str]]:
    before = list(Enterprise.objects.values()), list(Membership.objects.values())
    with pytest.raises(InvalidInput) as caught:
        firms(world, *lines, by=by)
    assert (list(Enterprise.objects.values()), list(Membership.objects.values())) == before
    return [_named(problem) for problem in caught.value.problems]


def _named(problem: Problem) -> tuple[int | None, str | None, str]:
    assert problem.en
    assert problem.zh
    assert problem.en != problem.zh
    return problem.line, problem.field, problem.code


GOOD = "cluster:ningjin-cable,revenue,2025-H1,170.5,亿元,cluster,S5,"


def test_figures_of_all_kinds_of_subject(world: Any) -> None:
    firm = f"enterprise:{world.firm_here.uscc.lower()},revenue,2025,7000,万元,firm,DEMO,0"
    lines = (GOOD, "region:130528,revenue,2025-H1,800,亿元,county,S5,", firm)
    with pytest.raises(UnlikelyInput) as caught:
        figures(world, *lines)
    assert [(p.line, p.code) for p in caught.value.problems] == [(3, "scope.new")]
    rows = figures(world, *lines, sure=caught.value.review.signature)
    assert [row.subject for row in rows] == [world.here, world.here.county, world.firm_here]
    assert world.firm_here.latest.get().value == Decimal("0.7")
    assert LogEntry.objects.filter(user=world.users["county"]).count() == 3


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        ("region:130000,revenue,2025,1,亿元,x,S5,", "subject", "observation.subject"),
        (f"enterprise:{NEW},revenue,2025,1,亿元,x,S5,", "subject", "observation.subject"),
        ("cluster:ningjin-cable,revenue,2025,1,斤,cluster,S5,", "unit", "unit.invalid_choice"),
        ("cluster:ningjin-cable,income,2025,1,亿元,cluster,S5,", "indicator", "observation.indicator"),
        ("cluster:ningjin-cable,revenue,2025,1,亿元,cluster,DEMO,", "source", "observation.mixed"),
        ("cluster:ningjin-cable,revenue,2025,1e999999,亿元,cluster,S5,", "value", "number.form"),
        ("cluster:ningjin-cable,revenue,2025-YTD06,1,亿元,cluster,S5,", None, "observation.duplicate"),
    ],
)
def test_one_broken_line_refuses_the_file_and_is_named(world: Any, line: str, field: str | None, code: str) -> None:
    assert figure_problems(world, GOOD, line) == [(3, field, code)]


def test_problems_of_form_and_of_substance_are_told_together(world: Any) -> None:
    assert figure_problems(world, "cluster:nowhere,revenue,2025,1,亿元,c,S5,", "x,,,,,,,", GOOD, GOOD)[:2] == [
        (2, "subject", "observation.subject"),
        (3, "subject", "observation.subject_form"),
    ]


def test_figures_that_exist_elsewhere_are_not_told_from_those_that_do_not(world: Any) -> None:
    there, nowhere = ("cluster:demo-mesh,revenue,2024,1,亿元,demo107,DEMO,", "cluster:x,revenue,2024,1,亿元,c,S5,")
    assert figure_problems(world, there) == figure_problems(world, nowhere)


@pytest.mark.parametrize("role", ["member", "auditor", "idle"])
def test_who_may_not_report_uploads_nothing(world: Any, role: str) -> None:
    assert figure_problems(world, GOOD, by=role) == [(2, "subject", "observation.subject")]
    assert firm_problems(world, f"{NEW},甲公司,130528,38,,", by=role) == [(2, "county", "enterprise.county")]


def test_new_firm_with_its_cluster(world: Any) -> None:
    (firm,) = firms(world, f"{NEW.lower()},甲公司,130528,38,ningjin-cable,是", by="operator")
    assert (firm.uscc, firm.name, firm.synthetic) == (NEW, "甲公司", False)
    assert firm.memberships.get().leader
    assert {entry.action_flag for entry in LogEntry.objects.all()} == {ADDITION}


def test_known_firm_is_updated_and_stays_what_it_is(world: Any) -> None:
    code = world.firm_there.uscc
    (firm,) = firms(world, f"{code},新名称,131125,38,demo-mesh,yes", by="province")
    assert (firm.pk, firm.name, firm.synthetic) == (world.firm_there.pk, "新名称", True)
    assert firm.memberships.get().leader
    assert {entry.action_flag for entry in LogEntry.objects.all()} == {CHANGE}


def test_new_firm_of_a_made_up_cluster_is_made_up(world: Any) -> None:
    (firm,) = firms(world, f"{NEW},示例公司,131125,38,demo-mesh,", by="province")
    assert firm.synthetic


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        (f"{NEW},,130528,38,,", "name", "cell.empty"),
        (f"{NEW},{'长' * 121},130528,38,,", "name", "enterprise.name"),
        (f"{NEW},甲公司,999999,38,,", "county", "enterprise.county"),
        (f"{NEW},甲公司,130528,38,,也许", "leader", "choice"),
        ("91139900MA0000001T,示例,130528,38,ningjin-cable,", "cluster", "enterprise.mixed"),
    ],
)
def test_one_broken_firm_refuses_the_file_and_is_named(world: Any, line: str, field: str, code: str) -> None:
    assert firm_problems(world, "91110000101696020J,乙公司,130528,38,,", line) == [(3, field, code)]
