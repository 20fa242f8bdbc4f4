"""Every operation of our OpenAPI: reached, played by schemathesis with no 5xx and nothing undocumented, and guarded."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok

from gongzao.ledger import Kind, Transfer
from gongzao.web.accounts.tokens import issue_token
from gongzao.web.ledger import queries, services
from gongzao.web.project.wsgi import application
from tests.web import requests

SCHEMA = schemathesis.openapi.from_wsgi("/api/openapi.json", application)
# The check sends made-up credentials beside our good token; who gets in is tested in test_authorisation.py.
NOT_HERE = schemathesis.checks.CHECKS.get_by_names(["ignored_auth"])
OPERATIONS: list[Any] = [found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)]


@pytest.fixture(autouse=True)
def keep_the_connection() -> Iterator[None]:
    """A request that ends outside Django's test client would close the connection that the test's transaction is in.

    Before every test, because Django's client, used by the tests before, connects the receivers again.
    """
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def name(operation: Any) -> str:
    return f"{operation.method.upper()} {operation.full_path}"


@pytest.fixture
def furnished(world: Any) -> Any:
    requests.furnish(world)
    return world


def token(world: Any, role: str) -> str:
    return issue_token(world.users[role], "test", timezone.now() + timedelta(hours=1))


def parts(wanted: requests.Good) -> dict[str, Any]:
    """Return what makes the request good, under the names of a case."""
    return {
        "path_parameters": wanted.path,
        "query": wanted.query,
        "body": wanted.body,
        "headers": {"Idempotency-Key": wanted.key} if wanted.key else {},
    }


@pytest.mark.parametrize("operation", OPERATIONS, ids=name)
def test_api_keeps_its_word(operation: Any, furnished: Any) -> None:
    """Whatever part of a good request is replaced by something drawn from the schema."""
    wanted = requests.good(furnished)[name(operation)]
    good = {part: value for part, value in parts(wanted).items() if value}
    tokens = {role: token(furnished, role) for role in {wanted.role, "superuser", "county"}}
    reached: Counter[int] = Counter()

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(data=st.data())
    def play(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy())
        kept = data.draw(st.sets(st.sampled_from(sorted(good))) if good else st.just(set()))
        for part in kept:
            setattr(case, part, good[part])
        send(case, data.draw(st.sampled_from(sorted(tokens))))

    def send(case: Any, role: str) -> None:
        answer = case.call_and_validate(
            headers={"Authorization": f"Bearer {tokens[role]}", "Accept-Encoding": "identity"}, excluded_checks=NOT_HERE
        )
        reached[answer.status_code // 100] += 1

    send(operation.Case(**good, **({"media_type": "application/json"} if wanted.body else {})), wanted.role)
    assert reached == {2: 1}, "the rule behind the operation was not reached"
    play()


POSTS = [operation for operation in OPERATIONS if operation.method.upper() != "GET"]


def write(client: Client, operation: Any, wanted: requests.Good, **headers: str) -> Any:
    body = json.dumps(wanted.body)
    if wanted.key:
        headers["Idempotency-Key"] = wanted.key
    path = operation.full_path.format(**wanted.path)
    method = operation.method.upper()
    return client.generic(method, path, body, content_type="application/json", headers=headers)


@pytest.mark.parametrize("operation", POSTS, ids=name)
def test_a_program_writes_with_its_token_alone(operation: Any, furnished: Any) -> None:
    wanted = requests.good(furnished)[name(operation)]
    client = Client(enforce_csrf_checks=True)
    assert write(client, operation, wanted).status_code == 401
    assert write(client, operation, wanted, Authorization="Bearer gz_nothing").status_code == 401
    good = {"Authorization": f"Bearer {token(furnished, wanted.role)}"}
    answer = write(client, operation, wanted, **good)
    assert answer.status_code == 201, answer.content.decode()


@pytest.mark.parametrize("operation", POSTS, ids=name)
def test_a_browser_writes_only_with_its_csrf_token(operation: Any, furnished: Any) -> None:
    """Also if a token that opens nothing is sent beside the session."""
    wanted = requests.good(furnished)[name(operation)]
    client = Client(enforce_csrf_checks=True)
    client.force_login(furnished.users[wanted.role], backend="django.contrib.auth.backends.ModelBackend")
    assert write(client, operation, wanted).status_code == 403
    assert write(client, operation, wanted, Authorization="Bearer gz_nothing").status_code == 403
    client.cookies["csrftoken"] = secret = "x" * 32
    assert write(client, operation, wanted, **{"X-CSRFToken": secret}).status_code == 201


@pytest.mark.parametrize("value", ["0", "86400", "20260101", "2026-1-1", "1e3", "2026-02-30"])
@pytest.mark.parametrize(("path", "name"), [("/api/plans/hebei-2025-2027", "as_of"), ("/api/ledger/entries", "until")])
def test_a_number_is_no_day(path: str, name: str, value: str, furnished: Any) -> None:
    client = Client(headers={"Authorization": f"Bearer {token(furnished, 'superuser')}"})
    assert client.get(path, {name: value}).status_code == 422


@pytest.mark.parametrize(
    ("amount", "status"),
    [("5.0", 201), ("5e0", 201), ("500e-2", 201), ("5.5", 422), ("5e999999999", 422), ('"5"', 422), ("true", 422)],
)
def test_a_whole_number_is_whole_however_it_is_written(amount: str, status: int, furnished: Any) -> None:
    """As JSON Schema defines integers; and what is not whole is refused, never rounded."""
    wanted = requests.good(furnished)["POST /api/ledger/transfers"]
    body = json.dumps({**(wanted.body or {}), "amount": 0}).replace('"amount": 0', f'"amount": {amount}')
    headers = {"Authorization": f"Bearer {token(furnished, 'superuser')}", "Idempotency-Key": "whole"}
    answer = Client().post("/api/ledger/transfers", body, content_type="application/json", headers=headers)
    assert answer.status_code == status
    if status == 201:
        assert answer.json()["entry"]["amount"] == 5


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"growth_pct": "1.25"}, 201),
        ({"growth_pct": -3}, 201),
        ({"growth_pct": ""}, 422),
        ({"growth_pct": "1_7"}, 422),
        ({"value": " 5"}, 422),
        ({"value": "５"}, 422),
        ({"value": True}, 422),
        ({"published_on": 0}, 422),
        ({"revision": 0.0}, 201),
    ],
)
def test_figures_are_read_strictly(change: dict[str, Any], status: int, furnished: Any) -> None:
    wanted = requests.good(furnished)["POST /api/observations"]
    headers = {"Authorization": f"Bearer {token(furnished, 'county')}"}
    body = {**(wanted.body or {}), **change}
    answer = Client().post("/api/observations", body, content_type="application/json", headers=headers)
    assert answer.status_code == status


def test_times_are_given_in_full(furnished: Any) -> None:
    """A hash covers the microseconds."""
    client = Client(headers={"Authorization": f"Bearer {token(furnished, 'superuser')}"})
    made = (timezone.now() + timedelta(seconds=1)).replace(microsecond=123456)
    services.submit([Transfer("exact", Kind.POST, "bank:supervised", "platform:fees", 1, "CNY")], made, by=None)
    (shown,) = client.get("/api/ledger/entries?q=exact").json()["items"]
    assert datetime.fromisoformat(shown["at"]) == made


@pytest.mark.parametrize("path", ["/api/nothing", "/api/ledger/nothing/at/all"])
def test_an_address_that_leads_nowhere_is_told_in_json(path: str, furnished: Any) -> None:
    answer = Client().get(path)
    assert (answer.status_code, answer["Content-Type"], answer.json()["code"]) == (404, "application/json", "http.404")


def test_a_fault_of_ours_is_told_in_json(furnished: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "daily_heads", lambda *_: 1 // 0)
    answer = Client(raise_request_exception=False).get("/api/ledger/heads?month=2026-01")
    assert (answer.status_code, answer["Content-Type"], answer.json()["code"]) == (500, "application/json", "http.500")
