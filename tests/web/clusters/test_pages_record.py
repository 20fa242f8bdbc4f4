"""Reporting and correcting figures by form and by file."""

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from gongzao.web.clusters.models import Observation

FIGURE = {
    "subject": "cluster:ningjin-cable",
    "indicator": "revenue",
    "period": "2025-H1",
    "scope": "cluster",
    "value": "170.5",
    "unit": "亿元",
    "qualifier": "=",
    "growth_pct": "5.1",
    "source": "S5",
    "published_on": "2025-08-15",
}
RECORD = "clusters:observation_record"


def send(world: Any, role: str = "county", **changes: str) -> Any:
    return world.client(role).post(reverse(RECORD), {**FIGURE, **changes})


@pytest.mark.parametrize("role", ["province", "city", "county", "operator", "superuser"])
def test_those_responsible_record_a_figure(world: Any, role: str) -> None:
    answer = send(world, role)
    stored = Observation.objects.get(cluster=world.here, period="2025-H1")
    assert answer["Location"] == reverse("clusters:observation_detail", args=[stored.pk])
    assert (str(stored.value), stored.revision, stored.published_on) == ("170.500000", 0, date(2025, 8, 15))


@pytest.mark.parametrize("role", ["idle", "member", "auditor"])
def test_nobody_else_records_anything(world: Any, role: str) -> None:
    before = Observation.objects.count()
    assert send(world, role).status_code == 403
    assert Observation.objects.count() == before


def test_subjects_elsewhere_are_not_found(world: Any) -> None:
    answer = send(world, subject="cluster:demo-mesh")
    assert "在您可填报的范围内没有" in answer.context["form"].errors["subject"][0]
    assert not Observation.objects.filter(period="2025-H1").exists()


def test_suggestions_stay_inside_the_place(world: Any) -> None:
    client = world.client("county")
    answer = client.get(reverse("clusters:observation_subjects"), {"subject": "示例"})
    assert world.firm_here.uscc in answer.content.decode()
    assert world.firm_there.uscc not in answer.content.decode()
    assert "demo-mesh" not in answer.content.decode()


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("period", "2025-13", "期间"),
        ("period", "", "必填"),
        ("value", "1" * 30, "10^15"),
        ("value", "12万", "不是数字"),
        ("value", "17,4", "不是数字"),
        ("growth_pct", "1e9", "不是数字"),
        ("value", "NaN", "数"),
        ("unit", "人", "人"),
        ("unit", "斤", "斤"),
        ("indicator", "nothing", "选项"),
        ("source", "DEMO", "示例"),
        ("published_on", "2025-02-30", "日期"),
        ("subject", "\x00", "空字符"),
        ("note", "x" * 401, "400"),
    ],
)
def test_errors_stand_beside_the_field(world: Any, field: str, value: str, text: str) -> None:
    before = Observation.objects.count()
    answer = send(world, **{field: value})
    assert answer.status_code == 200
    assert text in "".join(answer.context["form"].errors[field])
    assert Observation.objects.count() == before


def test_value_or_growth_is_needed(world: Any) -> None:
    answer = send(world, value="", growth_pct="")
    assert answer.context["form"].errors
    assert not Observation.objects.filter(period="2025-H1").exists()


def test_correction_shows_the_last_revision_and_asks(world: Any) -> None:
    send(world)
    asked = send(world, value="171", period="2025-YTD06")
    assert "核对" in asked.content.decode()
    assert "170.5" in asked.content.decode()
    assert Observation.objects.filter(cluster=world.here, period_end=date(2025, 6, 30)).count() == 1
    send(world, value="171", period="2025-YTD06", confirmed="0")
    newest = Observation.objects.get(cluster=world.here, revision=1)
    page = world.client("county").get(reverse("clusters:observation_detail", args=[newest.pk])).content.decode()
    assert "已修订1次" in page
    assert "170.5" in page
    assert "171" in page


def test_confirmation_of_an_older_revision_is_asked_again(world: Any) -> None:
    for confirmed in ("", "0"):
        send(world, confirmed=confirmed)
    send(world, value="172", confirmed="0")
    assert Observation.objects.filter(cluster=world.here, period="2025-H1").count() == 2


def test_form_shows_the_last_revision_as_soon_as_the_figure_is_known(world: Any) -> None:
    query = {"subject": "cluster:ningjin-cable", "indicator": "revenue", "period": "2024", "scope": "cluster"}
    page = world.client("county").get(reverse(RECORD), query).content.decode()
    assert "330.51" in page
    assert 'name="confirmed" value="0"' in page


HEADER = "subject,indicator,period,value,unit,scope,source\n"


def upload(world: Any, text: str, kind: str = "observations", name: str = "月报.csv", language: str = "") -> Any:
    client = world.client("county")
    if language:
        client.cookies["django_language"] = language
    return client.post(
        reverse("clusters:observation_upload"), {"kind": kind, "file": SimpleUploadedFile(name, text.encode())}
    )


def test_upload_records_every_line(world: Any) -> None:
    answer = upload(
        world,
        HEADER + "cluster:ningjin-cable,revenue,2025-YTD02,50,亿元,cluster,S5\n"
        "cluster:ningjin-cable,revenue,2025-YTD03,80,亿元,cluster,S5\n",
    )
    assert answer["Location"] == reverse("clusters:observation_list")
    assert Observation.objects.filter(cluster=world.here, period_end__year=2025).count() == 2


@pytest.mark.parametrize(("language", "word"), [("", "数"), ("en", "number")])
def test_upload_names_line_and_field_of_every_problem(world: Any, language: str, word: str) -> None:
    before = Observation.objects.count()
    answer = upload(
        world,
        HEADER + "cluster:ningjin-cable,revenue,2025-YTD02,5o,亿元,cluster,S5\n"
        "cluster:ningjin-cable,revenue,2025-YTD03,80,亿元,cluster,S5\n"
        "cluster:ningjin-cable,revenue,2025-YTD13,80,亿元,cluster,S5\n",
        language=language,
    )
    problems = answer.context["problems"]
    assert [(problem.line, problem.field) for problem in problems] == [(2, "value"), (4, "period")]
    assert "5o" in answer.content.decode()
    assert word in (problems[0].en if language else problems[0].zh)
    assert Observation.objects.count() == before


def test_upload_of_an_empty_or_missing_file_says_so(world: Any) -> None:
    assert upload(world, "").context["form"].errors["file"]
    answer = world.client("county").post(reverse("clusters:observation_upload"), {"kind": "observations"})
    assert answer.context["form"].errors["file"]


@pytest.mark.parametrize("kind", ["observations", "enterprises"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_template_can_be_uploaded_as_it_is_once_filled_in(world: Any, kind: str, form: str) -> None:
    client = world.client("county")
    answer = client.get(reverse("clusters:observation_template", args=[kind, form]))
    data = b"".join(answer.streaming_content)
    sent = client.post(
        reverse("clusters:observation_upload"), {"kind": kind, "file": SimpleUploadedFile(f"t.{form}", data)}
    )
    codes = [problem.code for problem in (sent.context or {}).get("problems", [])]
    assert not [code for code in codes if code.startswith("table.column")]
