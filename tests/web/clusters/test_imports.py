"""Uploads: a whole file or nothing of it; every problem with line, field, rule and value in both languages."""

import io
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.contrib.admin.models import LogEntry

from gongzao.kernel import InvalidInput, Problem
from gongzao.web.clusters.imports import Registered, import_enterprises, import_observations
from gongzao.web.clusters.models import Enterprise, Figure, Latest, Membership, Observation

HEAD = "subject,indicator,period,value,unit,scope,source,revision\n"
GOOD = "cluster:ningjin-cable,revenue,2025-H1,180.5,亿元,cluster,S5,0\n"


def upload(world: Any, text: str | bytes, role: str = "county") -> list[Figure]:
    data = text.encode() if isinstance(text, str) else text
    return import_observations(io.BytesIO(data), "figures.csv", by=world.users[role])


def problems(world: Any, text: str | bytes, role: str = "county") -> tuple[Problem, ...]:
    before = (Observation.objects.count(), Latest.objects.count(), LogEntry.objects.count())
    with pytest.raises(InvalidInput) as caught:
        upload(world, text, role)
    assert (Observation.objects.count(), Latest.objects.count(), LogEntry.objects.count()) == before
    assert all(problem.source == "figures.csv" and problem.zh != problem.en for problem in caught.value.problems)
    return caught.value.problems


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_file_from_excel_or_wps_is_taken(world: Any, encoding: str) -> None:
    (row,) = upload(world, (HEAD + GOOD).encode(encoding))
    assert row.value == Decimal("180.5")
    assert LogEntry.objects.filter(user=world.users["county"]).count() == 1
    assert Latest.objects.get(cluster=world.here, indicator="revenue").observation == row


def test_workbook_with_chinese_headings_is_taken(world: Any) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["主体", "指标", "期间", "数值", "单位", "口径", "来源"])
    sheet.append(["cluster:ningjin-cable", "revenue", "2025", 361.2, "亿元", "cluster", "S5"])
    file = io.BytesIO()
    book.save(file)
    (row,) = upload(world, file.getvalue())
    assert (str(row.period), row.value) == ("2025", Decimal("361.2"))


@pytest.mark.parametrize(
    ("line", "field", "code", "value"),
    [
        ("cluster:ningjin-cable,revenue,2025,18o.5,亿元,cluster,S5,0", "value", "number.form", "18o.5"),
        ("cluster:ningjin-cable,revenue,2025-H3,1,亿元,cluster,S5,0", "period", "period.form", "2025-H3"),
        ("cluster:ningjin-cable,revenue,2025,1,人,cluster,S5,0", "unit", "observation.unit", "人"),
        ("cluster:ningjin-cable,revenue,2025,1,亿元,cluster,S99,0", "source", "observation.source", "S99"),
        ("cluster:nowhere,revenue,2025,1,亿元,cluster,S5,0", "subject", "observation.subject", "cluster:nowhere"),
        ("cluster:demo-mesh,revenue,2025,1,亿元,demo107,DEMO,0", "subject", "observation.subject", "cluster:demo-mesh"),
        ("enterprise:91139900MA0000001X,revenue,2025,1,亿元,f,DEMO,0", "subject", "uscc.checksum", None),
        ("cluster:ningjin-cable,revenue,2025,1,亿元,cluster,S5,2", "revision", "observation.revision", "2"),
        ("cluster:ningjin-cable,revenue,2024,1,亿元,cluster,S5,0", None, "observation.duplicate", None),
    ],
)
def test_fault_names_line_field_rule_and_value(
    world: Any, line: str, field: str | None, code: str, value: str | None
) -> None:
    (problem,) = problems(world, f"{HEAD}{GOOD}{line}\n")
    assert (problem.line, problem.field, problem.code) == (3, field, code)
    assert value is None or problem.value == value


def test_figure_twice_in_the_file_names_the_other_line(world: Any) -> None:
    (problem,) = problems(world, HEAD + GOOD + GOOD)
    assert (problem.line, problem.code) == (3, "observation.duplicate")
    assert "line 2" in problem.en
    assert "第2行" in problem.zh


def test_all_faults_are_told_at_once(world: Any) -> None:
    bad = GOOD.replace("180.5", "x") + GOOD.replace("2025-H1", "2025") + GOOD.replace("亿元", "斤")
    assert [problem.line for problem in problems(world, HEAD + bad)] == [2, 4]


def test_correction_is_a_new_revision_and_the_old_one_stays(world: Any) -> None:
    upload(world, HEAD + "cluster:ningjin-cable,revenue,2024,331,亿元,cluster,S5,1\n")
    rows = Observation.objects.filter(cluster=world.here, period="2024").order_by("revision")
    assert [row.value for row in rows] == [Decimal("330.51"), Decimal(331)]
    assert Latest.objects.get(cluster=world.here).value == Decimal(331)


FIRMS = "uscc,name,county,industry,cluster,leader\n"


def firms(world: Any, text: str, role: str = "county") -> Registered:
    return import_enterprises(io.BytesIO(text.encode()), "firms.csv", by=world.users[role])


def test_firms_are_registered_and_updated(world: Any) -> None:
    line = "91139900MA00000044,新企业,130528,38,ningjin-cable,是\n"
    (firm,) = firms(world, FIRMS + line)
    assert Membership.objects.get(enterprise=firm).leader
    (again,) = firms(world, FIRMS + line.replace("新企业", "改名企业"), role="operator")
    assert again.pk == firm.pk
    assert Enterprise.objects.get(pk=firm.pk).name == "改名企业"


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        ("91139900MA00000045,新企业,130528,38,,否", "uscc", "uscc.checksum"),
        ("91139900MA00000044,新企业,131125,38,,否", "county", "enterprise.county"),
        ("91139900MA00000044,新企业,130528,99,,否", "industry", "enterprise.industry"),
        ("91139900MA00000044,新企业,130528,38,demo-mesh,否", "cluster", "enterprise.cluster"),
        ("91139900MA00000031,别处企业,130528,38,,否", "uscc", "enterprise.registered"),
    ],
)
def test_faulty_firm_is_refused(world: Any, line: str, field: str, code: str) -> None:
    before = list(Enterprise.objects.order_by("pk").values_list("pk", "name"))
    with pytest.raises(InvalidInput) as caught:
        firms(world, FIRMS + "91139900MA00000057,好企业,130528,38,,否\n" + line + "\n")
    found = {(problem.line, problem.field, problem.code) for problem in caught.value.problems}
    assert (3, field, code) in found
    assert list(Enterprise.objects.order_by("pk").values_list("pk", "name")) == before
