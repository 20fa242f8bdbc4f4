"""The money page: every figure is the ledger's, and a difference to the project's own record is shown."""

import re
from io import BytesIO
from typing import Any

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from gongzao.ledger import Kind, Transfer
from gongzao.research import BANK, FUND, Unit, Verdict, contract, due, stake
from gongzao.web.ledger import queries as ledger
from gongzao.web.ledger import services as booking
from gongzao.web.research import money, services, store
from gongzao.web.research.models import Project
from tests.web.research import story


def shown(page: str) -> dict[str, dict[str, int]]:
    """Read the table as a visitor does [fen], by party."""
    rows = re.findall(r'<tr data-party="(\w+)">(.*?)</tr>', page, re.DOTALL)
    cells = re.compile(r'data-figure="(\w+)"[^>]*>([-\d,.]+)<')
    return {
        party: {name: int(text.replace(",", "").replace(".", "")) for name, text in cells.findall(row)}
        for party, row in rows
    }


def fetch(anping: Any, project: Project, name: str = "money") -> str:
    answer = anping.client(anping.members[1]).get(reverse(f"research:{name}", args=[project.pk]))
    assert answer.status_code == 200
    page: str = answer.content.decode()
    return page


def at_every_stage(anping: Any, project: Project, end: str) -> None:
    if end == "open":
        return
    if end == "pledged":
        story.fund(anping, project)
        return
    if end == "missed":
        services.pledge(project, "p1", anping.firms[1].uscc, Unit.CASH, 1_00, story.PLEDGED, by=anping.members[1])
        services.close_round(project, anping.proposal.terms.deadline, by=anping.organiser)
        return
    story.start(anping, project)
    if end == "completed":
        story.complete(anping, project)
    if end == "stopped":
        story.hand_in(anping, project, "M1", Verdict.ACCEPT, 400_00)
        story.hand_in(anping, project, "M2", Verdict.REJECT)


@pytest.mark.parametrize("end", ["open", "pledged", "missed", "started", "completed", "stopped"])
def test_every_figure_is_the_ledgers_and_the_projects(anping: Any, end: str) -> None:
    project = anping.open()
    at_every_stage(anping, project, end)
    value, balances = store.read(project.pk), ledger.balances()
    page = fetch(anping, project)
    assert "逐项核对一致" in page
    table = shown(page)
    assert set(table) == {firm.uscc for firm in anping.firms} | {"total"}
    for firm in anping.firms:
        row, code = table[firm.uscc], firm.uscc
        held, paid_out = balances.get(stake(project.pk, code)), balances.get(due(project.pk, code))
        assert row["held"] == (held.credits - held.debits if held else 0)
        assert row["reserved"] == (held.credits_pending if held else 0)
        assert row["paid"] == value.paid.get(code, 0) == row["used"] + row["refunded"] + row["held"]
        assert row["used"] == value.drawn.get(code, 0)
        assert row["earned"] == value.earned.get(code, 0)
        through = row["released"] + (0 if value.is_public(code) else row["earned"])
        assert through == (paid_out.credits if paid_out else 0)
    for name in money.FIGURES:
        assert table["total"][name] == sum(row[name] for party, row in table.items() if party != "total")


def test_the_university_sees_what_it_promised_and_delivered(anping: Any) -> None:
    project = anping.open()
    story.fund(anping, project)
    assert re.search(r"0\.00 工时 <span[^>]*>/ 1,000\.00 工时", fetch(anping, project))
    project = Project.objects.get(pk=project.pk)
    value = services.close_round(project, anping.proposal.terms.deadline, by=anping.organiser)
    for firm, member in zip(anping.firms, anping.members, strict=True):
        services.sign(project, firm.uscc, _hash(value), anping.proposal.terms.deadline, by=member)
    story.hand_in(anping, project, "M1", Verdict.ACCEPT, 400_00)
    assert re.search(r"400\.00 工时 <span[^>]*>/ 1,000\.00 工时", fetch(anping, project))


def _hash(value: Any) -> str:
    return contract(value).sha256


def test_a_booking_past_the_project_is_shown_as_a_difference(anping: Any) -> None:
    project = anping.open()
    story.start(anping, project)
    account = stake(project.pk, anping.firms[1].uscc)
    (outcome,) = booking.submit([Transfer("by-hand", Kind.POST, account, BANK, 7, "CNY")], story.SPRING, by=None)
    assert outcome.record.refusal is None
    page = fetch(anping, project)
    assert "逐项核对一致" not in page
    assert f"{anping.firms[1].name} 结存：账本 499,999.93 元，项目记录 500,000.00 元" in page
    assert "与账本有" in fetch(anping, project, "log")


def test_names_link_to_the_statements_the_visitor_may_open(anping: Any) -> None:
    project = anping.open()
    story.start(anping, project)
    page = fetch(anping, project)
    address = f"{reverse('ledger:statement')}?account="
    linked = re.findall(rf'{re.escape(address)}([^"]+)"', page)
    assert len(linked) == 1
    answer = anping.client(anping.members[1]).get(f"{address}{linked[0]}")
    assert answer.status_code == 200
    assert "500,000.00" in answer.content.decode()
    organiser = anping.client(anping.organiser).get(reverse("research:money", args=[project.pk])).content.decode()
    assert organiser.count(address) > 1


def test_what_flows_in_flows_on(anping: Any) -> None:
    project = anping.open()
    story.start(anping, project)
    story.complete(anping, project)
    value = store.read(project.pk)
    found = money.flows(value, money.books(value))
    into, out = ({flow.target: 0 for flow in found}, {flow.source: 0 for flow in found})
    for flow in found:
        into[flow.target] += flow.fen
        out[flow.source] += flow.fen
    assert into["项目资金"] == out["项目资金"] == 2_000_000_00
    assert out["成果收益"] == 100_000_01
    assert into["实物投入（折价）"] == 48_000_00
    steps = [name for name in into if name.startswith("M")]
    assert steps
    assert all(into[name] == out[name] for name in steps)
    picture = money.sankey(value, money.books(value))
    assert picture["title"].startswith("已缴 200 万元：用于研究 200 万元")
    assert len({node["name"] for node in picture["nodes"]}) == len(picture["nodes"])


def test_the_tables_are_exported(anping: Any) -> None:
    project = anping.open()
    story.start(anping, project)
    story.complete(anping, project)
    client = anping.client(anping.members[1])
    answer = client.get(reverse("research:money_export", args=[project.pk, "xlsx"]))
    (sheet,) = load_workbook(BytesIO(b"".join(answer.streaming_content))).worksheets
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert any("示例数据" in str(row[0]) for row in rows)
    by_name = {row[0]: row for row in rows}
    assert by_name[anping.firms[1].name][3:6] == [500_000, 500_000, 0]
    assert by_name["合计"][3] == 2_000_000
    assert by_name[anping.firms[4].name][9:11] == [1000, 400]
    answer = client.get(reverse("research:flow_export", args=[project.pk, "csv"]))
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0] == "从,到,金额（元）"
    assert f"{anping.firms[1].name},项目资金,500000.00" in lines


@pytest.mark.parametrize("name", ["money_export", "flow_export", "log_export"])
def test_a_stranger_exports_nothing(anping: Any, name: str) -> None:
    project = anping.open()
    address = reverse(f"research:{name}", args=[project.pk, "csv"])
    assert anping.client(anping.stranger).get(address).status_code == 404
    assert anping.client(None).get(address).status_code == 302


def test_the_page_takes_as_many_queries_however_much_was_booked(
    anping: Any, django_assert_max_num_queries: Any
) -> None:
    project = anping.open()
    story.start(anping, project)
    client = anping.client(anping.members[1])
    address = reverse("research:money", args=[project.pk])
    with django_assert_max_num_queries(12):
        client.get(address)
    story.complete(anping, project)
    with django_assert_max_num_queries(12):
        client.get(address)


def test_the_publics_part_of_the_income_goes_to_the_fund(anping: Any) -> None:
    project = anping.open()
    story.start(anping, project)
    before = ledger.balances()[FUND]
    story.complete(anping, project)
    came = ledger.balances()[FUND].credits - before.credits
    assert shown(fetch(anping, project))[anping.firms[0].uscc]["earned"] == came == 30_000_01
