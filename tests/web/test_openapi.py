"""schemathesis plays every operation of our OpenAPI: no 5xx, no response that is not documented."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok

from gongzao.web.accounts.tokens import issue_token
from gongzao.web.project.wsgi import application

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


@pytest.mark.parametrize("role", ["superuser", "county"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: f"{operation.method} {operation.path}")
def test_api_keeps_its_word(operation: Any, role: str, world: Any) -> None:
    token = issue_token(world.users[role], "test", timezone.now() + timedelta(hours=1))

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(data=st.data())
    def play(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy())
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=NOT_HERE)

    play()
