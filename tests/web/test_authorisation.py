"""Every address of the site, and what each role gets there. A new address has to be listed here."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.web.research.authorisation import furnish

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
KEEPERS = ("province", "city", "county", "operator", "auditor", "superuser")
PROVINCE = ("province", "superuser")
MEMBER = ("member",)


def fixed(*args: str) -> Callable[[Any], list[Any]]:
    return lambda world: list(args)


PROJECT, DRAFT, ROUND = fixed("anping-mesh"), fixed("d-here"), fixed("f-here")

Case = tuple[Callable[[Any], list[Any]], str, Expected]

# address → how to reach it, method, what each role gets; several cases where rights depend on the object
EXPECTED: dict[str, list[Case]] = {
    "health": [(NONE, "get", everybody(OK))],
    "robots": [(NONE, "get", everybody(OK))],
    "favicon": [(NONE, "get", everybody(MOVED))],
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
    "accounts:history": [(NONE, "get", only(("province", "city", "county", "auditor", "superuser"), OK, FORBIDDEN))],
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
    "clusters:observation_drafts": [(NONE, "get", only(EDITORS, OK, FORBIDDEN))],
    "clusters:observation_decide": [
        (fixed("1"), "get", signed_in(REFUSED)),
        (fixed("1"), "post", only(EDITORS, MISSING, FORBIDDEN)),
    ],
    "clusters:observation_withdraw": [
        (FIGURE, "get", signed_in(REFUSED)),
        (FIGURE, "post", only(EDITORS, MOVED, FORBIDDEN)),
    ],
    "clusters:observation_template": [(fixed("observations", "csv"), "get", only(EDITORS, OK, FORBIDDEN))],
    "ledger:accounts": [(NONE, "get", signed_in(OK))],
    "ledger:statement": [(NONE, "get", signed_in(MISSING))],
    "ledger:statement_export": [(fixed("csv"), "get", signed_in(MISSING))],
    "ledger:journal": [(NONE, "get", signed_in(OK))],
    "ledger:journal_export": [(fixed("csv"), "get", signed_in(OK)), (fixed("xlsx"), "get", signed_in(OK))],
    "ledger:entry": [(fixed("1"), "get", signed_in(MISSING))],
    "ledger:audit": [
        (NONE, "get", signed_in(REFUSED)),
        (NONE, "post", only(("auditor", "superuser"), MOVED, FORBIDDEN)),
    ],
    "ledger:book_file": [(NONE, "get", only(("auditor", "superuser"), OK, FORBIDDEN))],
    "ledger:heads": [(NONE, "get", everybody(OK))],
    "ledger:heads_file": [(NONE, "get", everybody(OK))],
    "ledger:bank": [(NONE, "get", signed_in(OK))],
    # The world has no escrow account, so nobody looks after one.
    "ledger:bank_upload": [(NONE, "get", signed_in(FORBIDDEN)), (NONE, "post", signed_in(FORBIDDEN))],
    "ledger:bank_register": [(NONE, "get", only(("superuser",), OK, FORBIDDEN))],
    "ledger:bank_settle": [(NONE, "get", signed_in(REFUSED)), (NONE, "post", signed_in(MISSING))],
    "ledger:bank_statement": [(fixed("1"), "get", signed_in(MISSING))],
    "ledger:bank_line": [(fixed("1"), "get", signed_in(MISSING)), (fixed("1"), "post", signed_in(MISSING))],
    "ledger:bank_entry": [
        (fixed("bank", "1"), "get", signed_in(MISSING)),
        (fixed("bank", "1"), "post", signed_in(MISSING)),
    ],
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
    "api:list_projects": [(NONE, "get", signed_in(OK, NOBODY))],
    "api:read_project": [
        (PROJECT, "get", only(SEES_FIRM_HERE, OK, MISSING, NOBODY)),
        (fixed("nothing"), "get", signed_in(MISSING, NOBODY)),
    ],
    "api:list_events": [(PROJECT, "get", only(SEES_FIRM_HERE, OK, MISSING, NOBODY))],
    "api:make_pledge": [(PROJECT, "post", signed_in(BAD, NOBODY))],
    "research:admit": [
        (PROJECT, "post", {**only(EDITORS, INVALID, MISSING), "member": INVALID, "auditor": FORBIDDEN}),
    ],
    "research:amend": [
        (PROJECT, "post", {**only(EDITORS, FORBIDDEN, MISSING), "member": MOVED, "auditor": FORBIDDEN}),
    ],
    "research:bid": [
        (PROJECT, "post", {**only(EDITORS, FORBIDDEN, MISSING), "member": INVALID, "auditor": FORBIDDEN}),
    ],
    "research:call": [
        (fixed("c-here"), "get", everybody(OK)),
    ],
    "research:call_new": [
        (HERE, "get", only(EDITORS, OK, MISSING)),
        (HERE, "post", only(EDITORS, OK, MISSING)),
        (THERE, "get", only(PROVINCE, OK, MISSING)),
        (THERE, "post", only(PROVINCE, OK, MISSING)),
    ],
    "research:campaign": [
        (PROJECT, "get", only(SEES_FIRM_HERE, OK, MISSING)),
    ],
    "research:close": [
        (PROJECT, "post", {**only(EDITORS, INVALID, FORBIDDEN), "idle": MISSING}),
    ],
    "research:contract": [
        (PROJECT, "get", only(SEES_FIRM_HERE, OK, MISSING)),
    ],
    "research:contract_file": [
        (PROJECT, "get", only(SEES_FIRM_HERE, OK, MISSING)),
    ],
    "research:contract_verify": [
        (PROJECT, "post", only(SEES_FIRM_HERE, INVALID, MISSING)),
    ],
    "research:draft": [
        (DRAFT, "get", only(SEES_FIRM_HERE, OK, MISSING)),
    ],
    "research:draft_consent": [
        (DRAFT, "post", only(SEES_FIRM_HERE, INVALID, MISSING)),
    ],
    "research:draft_open": [
        (DRAFT, "post", {**only(EDITORS, INVALID, FORBIDDEN), "idle": MISSING}),
    ],
    "research:draft_reply": [
        (fixed("d-here", "return"), "post", {**only(EDITORS, INVALID, FORBIDDEN), "idle": MISSING}),
    ],
    "research:draft_section": [
        (fixed("d-here", "basics"), "get", {**only(EDITORS, FORBIDDEN, MISSING), "member": OK, "auditor": FORBIDDEN}),
        (
            fixed("d-here", "basics"),
            "post",
            {**only(EDITORS, FORBIDDEN, MISSING), "member": INVALID, "auditor": FORBIDDEN},
        ),
    ],
    "research:draft_start": [
        (fixed("t-here"), "post", only(MEMBER, MOVED, FORBIDDEN)),
    ],
    "research:draft_submit": [
        (DRAFT, "post", {**only(EDITORS, FORBIDDEN, MISSING), "member": INVALID, "auditor": FORBIDDEN}),
    ],
    "research:draft_workbook": [
        (DRAFT, "get", only(SEES_FIRM_HERE, OK, MISSING)),
        (DRAFT, "post", {**only(EDITORS, FORBIDDEN, MISSING), "member": INVALID, "auditor": FORBIDDEN}),
    ],
    "research:drafts": [
        (NONE, "get", signed_in(OK)),
    ],
    "research:draw": [
        (PROJECT, "post", {**only(EDITORS, INVALID, FORBIDDEN), "idle": MISSING}),
    ],
    "research:evidence": [(fixed("anping-mesh", "0" * 64), "get", signed_in(MISSING))],
    "research:expert": [
        (fixed("e-idle"), "get", {**only(PROVINCE, OK, MISSING), "auditor": OK, "idle": OK}),
        (fixed("e-idle"), "post", {**only(PROVINCE, MOVED, MISSING), "auditor": FORBIDDEN, "idle": MOVED}),
    ],
    "research:expert_active": [
        (fixed("e-idle"), "post", only(PROVINCE, MOVED, FORBIDDEN)),
    ],
    "research:experts": [
        (NONE, "get", {**only(PROVINCE, OK, FORBIDDEN), "auditor": OK}),
        (NONE, "post", only(PROVINCE, INVALID, FORBIDDEN)),
    ],
    "research:flow_export": [
        (fixed("anping-mesh", "csv"), "get", only(SEES_FIRM_HERE, OK, MISSING)),
    ],
    "research:fund": [
        (NONE, "get", signed_in(OK)),
    ],
    "research:fund_choose": [
        (NONE, "get", signed_in(INVALID)),
    ],
    "research:fund_decide": [
        (ROUND, "post", {**only(EDITORS, INVALID, FORBIDDEN), "idle": MISSING}),
    ],
    "research:fund_deposit": [
        (NONE, "post", only(PROVINCE, INVALID, FORBIDDEN)),
    ],
    "research:fund_new": [
        (HERE, "get", only(EDITORS, OK, MISSING)),
        (HERE, "post", only(EDITORS, INVALID, MISSING)),
        (THERE, "get", only(PROVINCE, OK, MISSING)),
        (THERE, "post", only(PROVINCE, INVALID, MISSING)),
    ],
    "research:fund_round": [
        (ROUND, "get", only(SEES_FIRM_HERE, OK, MISSING)),
    ],
    "research:fund_vote": [
        (ROUND, "post", only(SEES_FIRM_HERE, FORBIDDEN, MISSING)),
    ],
    "research:home": [
        (NONE, "get", everybody(OK)),
    ],
    "research:income": [
        (PROJECT, "get", {**only(EDITORS, OK, FORBIDDEN), "idle": MISSING}),
        (PROJECT, "post", {**only(EDITORS, INVALID, FORBIDDEN), "idle": MISSING}),
    ],
    "research:income_correct": [
        (fixed("anping-mesh", "I1"), "get", {**only(EDITORS, MISSING, FORBIDDEN), "idle": MISSING}),
        (fixed("anping-mesh", "I1"), "post", {**only(EDITORS, MISSING, FORBIDDEN), "idle": MISSING}),
    ],
    "research:join": [
        (PROJECT, "get", only(MEMBER, OK, FORBIDDEN)),
        (PROJECT, "post", only(MEMBER, INVALID, FORBIDDEN)),
    ],
    "research:licence": [
        (PROJECT, "get", only(MEMBER, OK, FORBIDDEN)),
        (PROJECT, "post", only(MEMBER, INVALID, FORBIDDEN)),
    ],
    "research:licence_claim": [
        (fixed("anping-mesh", "L1"), "post", only(SEES_FIRM_HERE, FORBIDDEN, MISSING)),
    ],
    "research:licence_grant": [
        (fixed("anping-mesh", "L1"), "post", {**only(EDITORS, INVALID, FORBIDDEN), "idle": MISSING}),
    ],
    "research:log": [
        (PROJECT, "get", only(SEES_FIRM_HERE, OK, MISSING)),
    ],
    "research:log_export": [
        (fixed("anping-mesh", "csv"), "get", only(SEES_FIRM_HERE, OK, MISSING)),
    ],
    "research:money": [
        (PROJECT, "get", only(SEES_FIRM_HERE, OK, MISSING)),
    ],
    "research:money_export": [
        (fixed("anping-mesh", "csv"), "get", only(SEES_FIRM_HERE, OK, MISSING)),
    ],
    "research:motions": [
        (PROJECT, "get", only(SEES_FIRM_HERE, OK, MISSING)),
    ],
    "research:needs": [
        (NONE, "get", signed_in(OK)),
        (NONE, "post", signed_in(OK)),
    ],
    "research:pledge": [
        (PROJECT, "post", {**only(EDITORS, FORBIDDEN, MISSING), "member": INVALID, "auditor": FORBIDDEN}),
    ],
    "research:project": [
        (PROJECT, "get", only(SEES_FIRM_HERE, OK, MISSING)),
    ],
    "research:projects": [
        (NONE, "get", signed_in(OK)),
    ],
    "research:projects_export": [
        (fixed("csv"), "get", signed_in(OK)),
    ],
    "research:public": [
        (PROJECT, "get", everybody(OK)),
    ],
    "research:result_new": [
        (PROJECT, "get", {**only(EDITORS, FORBIDDEN, MISSING), "member": OK, "auditor": FORBIDDEN}),
        (PROJECT, "post", {**only(EDITORS, FORBIDDEN, MISSING), "member": INVALID, "auditor": FORBIDDEN}),
    ],
    "research:results": [
        (PROJECT, "get", only(SEES_FIRM_HERE, OK, MISSING)),
    ],
    "research:review": [(fixed("1"), "get", signed_in(MISSING)), (fixed("1"), "post", signed_in(MISSING))],
    "research:review_contract": [(fixed("1"), "get", signed_in(MISSING))],
    "research:reviews": [
        (NONE, "get", signed_in(OK)),
    ],
    "research:sign": [
        (PROJECT, "post", only(SEES_FIRM_HERE, FORBIDDEN, MISSING)),
    ],
    "research:stop": [
        (PROJECT, "get", only(SEES_FIRM_HERE, FORBIDDEN, MISSING)),
        (PROJECT, "post", only(SEES_FIRM_HERE, FORBIDDEN, MISSING)),
    ],
    "research:submit": [
        (PROJECT, "get", {**only(EDITORS, FORBIDDEN, MISSING), "member": INVALID, "auditor": FORBIDDEN}),
        (PROJECT, "post", {**only(EDITORS, FORBIDDEN, MISSING), "member": INVALID, "auditor": FORBIDDEN}),
    ],
    "research:topic_new": [
        (HERE, "get", only(EDITORS, OK, MISSING)),
        (HERE, "post", only(EDITORS, OK, MISSING)),
        (THERE, "get", only(PROVINCE, OK, MISSING)),
        (THERE, "post", only(PROVINCE, OK, MISSING)),
    ],
    "research:vote": [
        (PROJECT, "post", {**only(EDITORS, FORBIDDEN, MISSING), "member": INVALID, "auditor": FORBIDDEN}),
    ],
    "research:withdraw": [
        (PROJECT, "post", only(SEES_FIRM_HERE, INVALID, MISSING)),
    ],
    "research:work": [
        (PROJECT, "get", only(SEES_FIRM_HERE, OK, MISSING)),
    ],
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
    if "research:" in name or name in ("api:read_project", "api:list_events", "api:make_pledge"):
        furnish(world)
    for arguments, method, expected in EXPECTED[name]:
        assert set(expected) == set(ROLES)
        path = reverse(name, args=arguments(world))
        got = {role: status_of(getattr(world.client(role), method)(path)) for role in ROLES}
        assert got == expected, f"{method} {path}"
        if method == "get" and not name.startswith("api:"):
            assert status_of(world.client("province").head(path)) == expected["province"], f"head {path}"


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
