"""The administration of the registry: staff only, figures are added through the service and never changed."""

from typing import Any

import pytest
from django.urls import reverse

from gongzao.web.clusters.models import Enterprise, Indicator, Membership, Region, Source
from gongzao.web.kit.history import Change

MODELS = (
    "region",
    "industry",
    "source",
    "cluster",
    "enterprise",
    "membership",
    "title",
    "titleaward",
    "indicator",
    "observation",
)
FIGURE = {
    "cluster": "",
    "indicator": "revenue",
    "period": "2025-H1",
    "value": "170.5",
    "unit": "亿元",
    "qualifier": "=",
    "growth_pct": "5.1",
    "scope": "cluster",
    "source": "S5",
    "revision": "0",
}


@pytest.mark.parametrize("model", MODELS)
def test_superuser_finds_every_table(world: Any, model: str) -> None:
    client = world.client("superuser")
    assert client.get(reverse(f"admin:clusters_{model}_changelist"), {"q": "示例"}).status_code == 200
    added = client.get(reverse(f"admin:clusters_{model}_add")).status_code
    assert added == (403 if model == "observation" else 200)  # figures are reported, with doubts and effects shown


@pytest.mark.parametrize("role", ["province", "auditor", "member", "idle", "anonymous"])
def test_nobody_else_gets_in(world: Any, role: str) -> None:
    assert world.client(role).get(reverse("admin:clusters_observation_changelist")).status_code == 302


def test_figures_are_neither_changed_nor_removed(world: Any) -> None:
    client, pk = world.client("superuser"), world.figure.pk
    assert client.get(reverse("admin:clusters_observation_change", args=[pk])).status_code == 200
    assert client.post(reverse("admin:clusters_observation_change", args=[pk]), FIGURE).status_code == 403
    assert client.post(reverse("admin:clusters_observation_delete", args=[pk]), {"post": "yes"}).status_code == 403
    world.figure.refresh_from_db()
    assert str(world.figure.value) == "330.510000"


def change(world: Any, row: Any, **given: str) -> Any:
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return world.client("superuser").post(address, given)


NO_MEMBERSHIPS = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}


def test_the_identity_of_a_firm_and_whether_it_is_made_up_are_settled(world: Any) -> None:
    firm = world.firm_here
    given = {"name": "新名称", "county": "130528", "industry": "38", "uscc": "91110000600037341L", **NO_MEMBERSHIPS}
    assert change(world, firm, **given).status_code == 302
    stored = Enterprise.objects.get(pk=firm.pk)
    assert (stored.name, stored.uscc, stored.synthetic) == ("新名称", firm.uscc, True)


def test_a_source_stays_made_up_or_real(world: Any) -> None:
    assert change(world, Source.objects.get(pk="S5"), title="改", synthetic="on", code="S99").status_code == 302
    assert list(Source.objects.filter(title="改").values_list("pk", "synthetic")) == [("S5", False)]
    assert not Source.objects.filter(pk="S99").exists()


def test_the_unit_of_an_indicator_stays_once_there_is_a_figure(world: Any) -> None:
    given = {"name_zh": "收入", "unit": "万元", "code": "revenue"}
    change(world, Indicator.objects.get(pk="revenue"), **given)
    assert Indicator.objects.get(pk="revenue").unit == "亿元"
    fresh = Indicator.objects.create(code="fresh", name_zh="新", unit="亿元")
    change(world, fresh, **{**given, "code": "fresh"})
    assert Indicator.objects.get(pk="fresh").unit == "万元"


def test_what_lies_within_a_region_follows_its_new_parent(world: Any) -> None:
    county = Region.objects.get(pk="130528")
    town = Region.objects.create(code="130528001", name_zh="镇", level="county", parent=Region.objects.get(pk="130500"))
    Region.objects.filter(pk=town.pk).update(path=county.path + "130528001/", parent=county)
    given = {
        "code": county.pk,
        "name_zh": county.name_zh,
        "name_en": county.name_en,
        "level": "county",
        "parent": "131100",
    }
    assert change(world, county, **given).status_code == 302
    assert Region.objects.get(pk="130528").path == "130000/131100/130528/"
    assert Region.objects.get(pk=town.pk).path == "130000/131100/130528/130528001/"
    (entry,) = Change.objects.filter(model="clusters.region", key="130528")
    assert (entry.before, entry.after["parent"]) == ({"parent": "130500", "path": county.path}, "131100")


@pytest.mark.parametrize(("region", "parent"), [("130500", "130528"), ("130500", "130500"), ("130500", "131100")])
def test_a_region_lies_in_what_is_above_it(world: Any, region: str, parent: str) -> None:
    row = Region.objects.get(pk=region)
    given = {"code": row.pk, "name_zh": row.name_zh, "level": row.level, "parent": parent}
    assert change(world, row, **given).status_code == 200
    assert Region.objects.get(pk=region).path == row.path


def test_made_up_and_real_are_not_mixed_in_a_cluster(world: Any) -> None:
    member = Membership.objects.get(enterprise=world.firm_there)
    given = {"enterprise": str(world.firm_there.pk), "cluster": str(world.here.pk)}
    assert change(world, member, **given).status_code == 200
    assert Membership.objects.get(pk=member.pk).cluster == world.there
