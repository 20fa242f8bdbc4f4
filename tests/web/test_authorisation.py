"""Every address of the site, and what each role gets there. A new address has to be listed here."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

ROLES = ("anonymous", "idle", "province", "city", "county", "operator", "member", "auditor", "superuser")
EDITORS = ("province", "city", "county", "operator", "superuser")

LOGIN, OK, MOVED, BAD, NOBODY, FORBIDDEN, MISSING, REFUSED, INVALID = 302, 200, 302, 400, 401, 403, 404, 405, 422

Expected = dict[str, int]


def everybody(status: int) -> Expected:
    return dict.fromkeys(ROLES, status)


def signed_in(status: int, anonymous: int = LOGIN) -> Expected:
    return {**everybody(status), "anonymous": anonymous}


def only(roles: tuple[str, ...], status: int, otherwise: int, anonymous: int = LOGIN) -> Expected:
    return {**signed_in(otherwise, anonymous), **dict.fromkeys(roles, status)}


# The world of conftest.py: a city with the cluster "here" and the firm "here", another city with "there".
SEES_THERE = ("province", "auditor", "superuser")
SEES_FIRM_HERE = ("province", "city", "county", "operator", "member", "auditor", "superuser")
HERE: Callable[[Any], list[Any]] = lambda world: [world.here.slug]  # noqa: E731
THERE: Callable[[Any], list[Any]] = lambda world: [world.there.slug]  # noqa: E731
FIRM: Callable[[Any], list[Any]] = lambda world: [world.firm_here.uscc]  # noqa: E731
FIRM_THERE: Callable[[Any], list[Any]] = lambda world: [world.firm_there.uscc]  # noqa: E731
FIGURE: Callable[[Any], list[Any]] = lambda world: [world.figure.pk]  # noqa: E731
NONE: Callable[[Any], list[Any]] = lambda world: []  # noqa: E731


def fixed(*args: str) -> Callable[[Any], list[Any]]:
    return lambda world: list(args)


Case = tuple[Callable[[Any], list[Any]], str, Expected]

# address → how to reach it, method, what each role gets; several cases where rights depend on the object
EXPECTED: dict[str, list[Case]] = {
    "health": [(NONE, "get", everybody(OK))],
    "set_language": [(NONE, "get", everybody(REFUSED)), (NONE, "post", everybody(MOVED))],
    "targets:home": [(NONE, "get", everybody(OK))],
    "targets:target": [
        (fixed("hebei-2025-2027", "revenue-growth"), "get", everybody(OK)),
        (fixed("hebei-2025-2027", "no-such-target"), "get", everybody(MISSING)),
        (fixed("no-such-plan", "revenue-growth"), "get", everybody(MISSING)),
    ],
    "targets:target_data": [(fixed("hebei-2025-2027", "revenue-growth"), "get", everybody(OK))],
    "accounts:login": [(NONE, "get", {**everybody(MOVED), "anonymous": OK})],
    "accounts:logout": [(NONE, "get", signed_in(REFUSED)), (NONE, "post", signed_in(MOVED))],
    "accounts:profile": [(NONE, "get", signed_in(OK))],
    "accounts:password": [(NONE, "get", signed_in(OK))],
    "accounts:token_create": [(NONE, "get", signed_in(REFUSED)), (NONE, "post", signed_in(OK))],
    "accounts:token_revoke": [(fixed("1"), "post", signed_in(MISSING))],
    "clusters:search": [(NONE, "get", signed_in(OK))],
    "clusters:cluster_list": [(NONE, "get", signed_in(OK))],
    "clusters:cluster_export": [(fixed("csv"), "get", signed_in(OK)), (fixed("xlsx"), "get", signed_in(OK))],
    "clusters:cluster_detail": [
        (HERE, "get", signed_in(OK)),
        (THERE, "get", only(SEES_THERE, OK, MISSING)),
    ],
    "clusters:cluster_award_list": [(NONE, "get", signed_in(OK))],
    "clusters:cluster_award_export": [(fixed("csv"), "get", signed_in(OK))],
    "clusters:enterprise_list": [(NONE, "get", signed_in(OK))],
    "clusters:enterprise_export": [(fixed("csv"), "get", signed_in(OK))],
    "clusters:enterprise_detail": [
        (FIRM, "get", only(SEES_FIRM_HERE, OK, MISSING)),
        (FIRM_THERE, "get", only(SEES_THERE, OK, MISSING)),
    ],
    "clusters:observation_list": [(NONE, "get", signed_in(OK))],
    "clusters:observation_export": [(fixed("csv"), "get", signed_in(OK))],
    "clusters:observation_detail": [(FIGURE, "get", signed_in(OK))],
    "clusters:observation_record": [(NONE, "get", only(EDITORS, OK, FORBIDDEN))],
    "clusters:observation_subjects": [(NONE, "get", only(EDITORS, OK, FORBIDDEN))],
    "clusters:observation_upload": [
        (NONE, "get", only(EDITORS, OK, FORBIDDEN)),
        (NONE, "post", only(EDITORS, OK, FORBIDDEN)),
    ],
    "clusters:observation_template": [(fixed("observations", "csv"), "get", only(EDITORS, OK, FORBIDDEN))],
    "ledger:accounts": [(NONE, "get", signed_in(OK))],
    "ledger:statement": [(NONE, "get", signed_in(MISSING))],
    "ledger:statement_export": [(fixed("csv"), "get", signed_in(MISSING))],
    "ledger:journal": [(NONE, "get", signed_in(OK))],
    "ledger:journal_export": [(fixed("csv"), "get", signed_in(OK)), (fixed("xlsx"), "get", signed_in(OK))],
    "ledger:entry": [(fixed("1"), "get", signed_in(MISSING))],
    "ledger:heads": [(NONE, "get", everybody(OK))],
    "ledger:heads_file": [(NONE, "get", everybody(OK))],
    "ledger:bank": [(NONE, "get", signed_in(OK))],
    # The world has no escrow account, so nobody looks after one.
    "ledger:bank_upload": [(NONE, "get", signed_in(FORBIDDEN)), (NONE, "post", signed_in(FORBIDDEN))],
    "ledger:bank_register": [(NONE, "get", only(("superuser",), OK, FORBIDDEN))],
    "ledger:bank_settle": [(NONE, "get", signed_in(REFUSED)), (NONE, "post", signed_in(MISSING))],
    "ledger:bank_statement": [(fixed("1"), "get", signed_in(MISSING))],
    "api:list_accounts": [(NONE, "get", signed_in(OK, NOBODY))],
    "api:read_statement": [(NONE, "get", signed_in(INVALID, NOBODY))],
    "api:list_entries": [(NONE, "get", signed_in(OK, NOBODY))],
    "api:read_entry": [(fixed("1"), "get", signed_in(MISSING, NOBODY))],
    "api:list_heads": [(NONE, "get", everybody(INVALID))],
    "api:submit_transfer": [(NONE, "post", signed_in(BAD, NOBODY))],
    "api:api-root": [(NONE, "get", everybody(MISSING))],
    "api:openapi-json": [(NONE, "get", everybody(OK))],
    "api:openapi-view": [(NONE, "get", everybody(OK))],
    "api:list_plans": [(NONE, "get", signed_in(OK, NOBODY))],
    "api:read_plan": [(fixed("hebei-2025-2027"), "get", signed_in(OK, NOBODY))],
    "api:list_clusters": [(NONE, "get", signed_in(OK, NOBODY))],
    "api:read_cluster": [(HERE, "get", signed_in(OK, NOBODY)), (THERE, "get", only(SEES_THERE, OK, MISSING, NOBODY))],
    "api:list_enterprises": [(NONE, "get", signed_in(OK, NOBODY))],
    "api:read_enterprise": [
        (FIRM, "get", only(SEES_FIRM_HERE, OK, MISSING, NOBODY)),
        (FIRM_THERE, "get", only(SEES_THERE, OK, MISSING, NOBODY)),
    ],
    "api:list_observations": [(NONE, "get", signed_in(OK, NOBODY))],
    "api:record_observation": [(NONE, "post", signed_in(BAD, NOBODY))],
    "api:read_history": [(FIGURE, "get", signed_in(OK, NOBODY))],
}


def named(patterns: list[URLPattern | URLResolver], space: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from named(pattern.url_patterns, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        else:
            yield f"{space}{pattern.name}"


NAMES = sorted(set(named(get_resolver().url_patterns)))


def test_every_address_is_listed() -> None:
    assert [name for name in NAMES if not name.startswith("admin:")] == sorted(EXPECTED)


def status_of(answer: Any) -> int:
    # A download holds its file open until it is closed; that must not end the transaction of the test.
    request_finished.disconnect(close_old_connections)
    answer.close()
    return int(answer.status_code)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_each_role_gets_what_it_may(name: str, world: Any) -> None:
    for arguments, method, expected in EXPECTED[name]:
        assert set(expected) == set(ROLES)
        path = reverse(name, args=arguments(world))
        got = {role: status_of(getattr(world.client(role), method)(path)) for role in ROLES}
        assert got == expected, f"{method} {path}"


def test_administration_is_for_staff_only(world: Any) -> None:
    clients = {role: world.client(role) for role in ROLES[:-1]}
    for name in NAMES:
        if not name.startswith("admin:") or name in ("admin:login", "admin:logout", "admin:None"):
            continue
        fixed_arguments = {
            "admin:app_list": ["clusters"],
            "admin:view_on_site": ["1", "1"],
            "admin:password_change": [],
        }
        generic = ["1"] if name.endswith(("_change", "_delete", "_history")) else []
        path = reverse(name, args=fixed_arguments.get(name, generic))
        for role, client in clients.items():
            answer = client.get(path)
            assert answer.status_code == LOGIN, f"{role} {path}"
            assert "login" in answer["Location"], f"{role} {path}"


def test_pages_ask_for_signing_in_before_anything_else(world: Any) -> None:
    answer = Client().get(reverse("clusters:enterprise_list"))
    assert answer["Location"].startswith(reverse(settings.LOGIN_URL))
