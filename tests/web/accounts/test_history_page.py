"""The page of the history: scoped, narrowed down, read in words."""

from typing import Any

import pytest
from django.db import transaction

from gongzao.web.clusters.models import Enterprise, Region
from gongzao.web.kit import history
from gongzao.web.kit.history import Act, Change

PAGE = "/accounts/history/"


def move(firm: Enterprise, county: str, by: Any) -> None:
    before, place = history.snapshot(firm), history.place_of(firm)
    firm.county = Region.objects.get(pk=county)
    firm.save()
    history.record([history.changed(firm, before, place_before=place)], by=by)


def read(world: Any, role: str, **query: str) -> str:
    answer = world.client(role).get(PAGE, query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_officers_read_what_happened_in_their_place_and_auditors_all(world: Any) -> None:
    with transaction.atomic():
        for firm, name in ((world.firm_here, "甲公司"), (world.firm_there, "乙公司")):
            before = history.snapshot(firm)
            firm.name = name
            firm.save()
            history.record([history.changed(firm, before)], by=world.users["province"])
    for role in ("county", "city"):
        page = read(world, role)
        assert "甲公司" in page
        assert "乙公司" not in page
    for role in ("province", "auditor", "superuser"):
        page = read(world, role)
        assert "甲公司" in page
        assert "乙公司" in page


def test_both_counties_read_that_a_firm_has_moved(world: Any) -> None:
    move(world.firm_here, "131125", world.users["province"])
    assert "安平县（131125）" in read(world, "county")
    assert "宁晋县（130528）" in read(world, "province")


def test_what_lies_nowhere_is_for_auditors(world: Any) -> None:
    world.users["idle"].first_name = "张三"
    world.users["idle"].save()
    assert "张三" not in read(world, "province")
    assert "张三" in read(world, "auditor")


def test_filters_by_who_what_act_and_when(world: Any) -> None:
    move(world.firm_here, "131125", world.users["province"])
    move(world.firm_there, "130528", world.users["county"])
    title = str(world.firm_there)
    assert title in read(world, "auditor", who="county", act=Act.CHANGED)
    assert str(world.firm_here) not in read(world, "auditor", who="county", act=Act.CHANGED)
    assert title not in read(world, "auditor", what=str(world.firm_here))
    assert title not in read(world, "auditor", until="2000-01-01")
    assert title in read(world, "auditor", since="2000-01-01", model="clusters.enterprise")
    assert "请调整" in read(world, "auditor", since="2001-01-01", until="2000-01-01")


def test_the_page_is_offered_to_those_who_may_read_it(world: Any) -> None:
    for role, offered in (("county", True), ("auditor", True), ("operator", False), ("member", False), ("idle", False)):
        assert (f'href="{PAGE}"' in world.client(role).get("/").content.decode()) is offered, role


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "１２"])
def test_rubbish_for_the_place_in_the_list_is_no_fault(world: Any, before: str) -> None:
    assert world.client("auditor").get(PAGE, {"before": before}).status_code == 200


def test_long_histories_come_in_pages(world: Any) -> None:
    rows = [history.act(Act.CONFIRMED, world.figure, after={"n": n}, place="") for n in range(60)]
    with transaction.atomic():
        history.record(rows, by=None)
    first = read(world, "auditor", act=Act.CONFIRMED)
    assert first.count("<tr>") == 51
    oldest = min(Change.objects.filter(act=Act.CONFIRMED).order_by("-pk").values_list("pk", flat=True)[:50])
    assert f"before={oldest}" in first
    assert read(world, "auditor", act=Act.CONFIRMED, before=str(oldest)).count("<tr>") == 11


def test_the_number_of_queries_does_not_grow_with_the_rows(world: Any, django_assert_max_num_queries: Any) -> None:
    for n in range(40):
        move(world.firm_here, ("131125", "130528")[n % 2], world.users["province"])
    client = world.client("auditor")
    with django_assert_max_num_queries(14):
        assert client.get(PAGE).status_code == 200
