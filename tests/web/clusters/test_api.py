"""The registry over HTTP: the same rows and rights as the pages, and answers that are documented."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gongzao.web.accounts.tokens import issue_token
from gongzao.web.clusters.models import Observation

FIGURE = {
    "subject": "cluster:ningjin-cable",
    "indicator": "revenue",
    "period": "2025-H1",
    "value": "170.5",
    "unit": "亿元",
    "scope": "cluster",
    "source": "S5",
}


def call(world: Any, role: str) -> Client:
    if role == "anonymous":
        return Client()
    token = issue_token(world.users[role], "test", timezone.now() + timedelta(hours=1))
    return Client(headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize(
    ("role", "clusters", "firms", "figures"),
    [
        ("idle", 1, 0, 2),
        ("province", 2, 3, 4),
        ("city", 1, 2, 3),
        ("operator", 1, 2, 3),
        ("member", 1, 1, 3),
        ("auditor", 2, 3, 4),
    ],
)
def test_each_role_reads_its_rows(world: Any, role: str, clusters: int, firms: int, figures: int) -> None:
    client = call(world, role)
    assert client.get("/api/clusters").json()["total"] == clusters
    assert client.get("/api/enterprises").json()["total"] == firms
    assert len(client.get("/api/observations").json()["items"]) == figures


@pytest.mark.parametrize("path", ["clusters", "enterprises", "observations", "clusters/ningjin-cable"])
def test_nobody_reads_without_signing_in(world: Any, path: str) -> None:
    assert Client().get(f"/api/{path}").status_code == 401


def test_cluster_comes_with_its_figures(world: Any) -> None:
    found = call(world, "city").get("/api/clusters/ningjin-cable").json()
    assert found["county"] == "130528"
    (figure,) = found["figures"]
    assert (figure["subject"], figure["value"], figure["unit"]) == ("cluster:ningjin-cable", "330.510000", "亿元")
    assert (figure["source"], figure["synthetic"], figure["revision"]) == ("S5", False, 0)


def test_firm_is_found_by_its_code(world: Any) -> None:
    found = call(world, "member").get(f"/api/enterprises/{world.firm_here.uscc.lower()}").json()
    assert found["clusters"] == ["ningjin-cable"]
    assert found["synthetic"] is True


@pytest.mark.parametrize("path", ["clusters/demo-mesh", "clusters/none", "enterprises/91139900MA00000031"])
def test_what_lies_elsewhere_is_missing(world: Any, path: str) -> None:
    assert call(world, "county").get(f"/api/{path}").status_code == 404


@pytest.mark.parametrize(
    ("query", "number"),
    [({"region": "130500"}, 2), ({"cluster": "demo-mesh"}, 1), ({"q": "91139900ma0000003"}, 1), ({"region": "99"}, 0)],
)
def test_firms_narrow_down(world: Any, query: dict[str, str], number: int) -> None:
    assert call(world, "province").get("/api/enterprises", query).json()["total"] == number


def test_figures_are_read_on_from_the_last_one(world: Any) -> None:
    client, seen, after = call(world, "province"), [], 0
    while True:
        page = client.get("/api/observations", {"after": after, "per_page": 3}).json()
        seen += [item["id"] for item in page["items"]]
        if not page["more"]:
            break
        after = seen[-1]
    assert seen == sorted(Observation.objects.values_list("pk", flat=True))


@pytest.mark.parametrize("role", ["province", "city", "county", "operator", "superuser"])
def test_those_responsible_record_and_correct(world: Any, role: str) -> None:
    client = call(world, role)
    first = client.post("/api/observations", FIGURE, content_type="application/json")
    assert first.status_code == 201
    assert client.post("/api/observations", FIGURE, content_type="application/json").status_code == 409
    corrected = {**FIGURE, "value": "171", "revision": 1}
    assert client.post("/api/observations", corrected, content_type="application/json").status_code == 201
    history = client.get(f"/api/observations/{first.json()['id']}/history").json()
    assert [(row["revision"], row["value"]) for row in history] == [(0, "170.500000"), (1, "171.000000")]


@pytest.mark.parametrize(("role", "status"), [("anonymous", 401), ("idle", 403), ("member", 403), ("auditor", 403)])
def test_nobody_else_records(world: Any, role: str, status: int) -> None:
    before = Observation.objects.count()
    assert call(world, role).post("/api/observations", FIGURE, content_type="application/json").status_code == status
    assert Observation.objects.count() == before


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"period": "2025-13"}, 422),
        ({"value": "1e999999999"}, 422),
        ({"value": "NaN"}, 422),
        ({"value": "1" * 40}, 422),
        ({"value": "0.0000001"}, 422),
        ({"growth_pct": 1e300}, 422),
        ({"revision": 2**70}, 422),
        ({"unit": "斤"}, 422),
        ({"scope": "a\x00"}, 422),
        ({"subject": "cluster:"}, 422),
        ({"subject": "cluster:demo-mesh"}, 404),
        ({"indicator": "nothing"}, 404),
        ({"source": "nothing"}, 404),
        ({"source": "DEMO"}, 409),
        ({"unit": "人"}, 409),
        ({"value": None}, 409),
        ({"revision": 5}, 409),
    ],
)
def test_bad_figures_are_refused_with_a_reason(world: Any, change: dict[str, Any], status: int) -> None:
    before = Observation.objects.count()
    answer = call(world, "county").post("/api/observations", {**FIGURE, **change}, content_type="application/json")
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert Observation.objects.count() == before


def test_broken_json_is_a_bad_request(world: Any) -> None:
    assert call(world, "county").post("/api/observations", "{", content_type="application/json").status_code == 400


@pytest.mark.parametrize(
    "query",
    [{"page": 2**80}, {"page": 0}, {"page": "x"}, {"per_page": 10**6}, {"q": "\x00"}, {"region": "a b"}],
)
def test_bad_parameters_are_named(world: Any, query: dict[str, Any]) -> None:
    assert call(world, "county").get("/api/enterprises", query).status_code == 422


@pytest.mark.parametrize("pk", [0, 2**63, 10**40, "x"])
def test_bad_ids_are_named(world: Any, pk: Any) -> None:
    assert call(world, "county").get(f"/api/observations/{pk}/history").status_code == 422
