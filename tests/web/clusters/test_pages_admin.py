"""The administration of the registry: staff only, figures are added through the service and never changed."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from gongzao.web.clusters.models import Latest, Observation

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
ADD = "admin:clusters_observation_add"


@pytest.mark.parametrize("model", MODELS)
def test_superuser_finds_every_table(world: Any, model: str) -> None:
    client = world.client("superuser")
    assert client.get(reverse(f"admin:clusters_{model}_changelist"), {"q": "示例"}).status_code == 200
    assert client.get(reverse(f"admin:clusters_{model}_add")).status_code == 200


@pytest.mark.parametrize("role", ["province", "auditor", "member", "idle", "anonymous"])
def test_nobody_else_gets_in(world: Any, role: str) -> None:
    assert world.client(role).get(reverse("admin:clusters_observation_changelist")).status_code == 302


def test_figure_is_added_through_the_service(world: Any) -> None:
    answer = world.client("superuser").post(reverse(ADD), {**FIGURE, "cluster": str(world.here.pk)})
    assert answer.status_code == 302
    stored = Observation.objects.get(period="2025-H1")
    assert Latest.objects.get(cluster=world.here, indicator="revenue").observation == stored
    assert LogEntry.objects.filter(object_id=str(stored.pk), user=world.users["superuser"]).count() == 1


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"period": "2024"}, "已存在"),
        ({"source": "DEMO"}, "示例"),
        ({"unit": "人"}, "单位"),
        ({"value": "", "growth_pct": ""}, "至少填一项"),
        ({"cluster": ""}, "一个集群"),
    ],
)
def test_figure_that_breaks_a_rule_is_refused(world: Any, change: dict[str, str], text: str) -> None:
    before = Observation.objects.count()
    answer = world.client("superuser").post(reverse(ADD), {**FIGURE, "cluster": str(world.here.pk), **change})
    assert answer.status_code == 200
    assert text in answer.content.decode()
    assert Observation.objects.count() == before


def test_figures_are_neither_changed_nor_removed(world: Any) -> None:
    client, pk = world.client("superuser"), world.figure.pk
    assert client.get(reverse("admin:clusters_observation_change", args=[pk])).status_code == 200
    assert client.post(reverse("admin:clusters_observation_change", args=[pk]), FIGURE).status_code == 403
    assert client.post(reverse("admin:clusters_observation_delete", args=[pk]), {"post": "yes"}).status_code == 403
    world.figure.refresh_from_db()
    assert str(world.figure.value) == "330.510000"
