from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gongzao.web.accounts.tokens import issue_token
from gongzao.web.ledger.models import Entry
from gongzao.web.ledger.queries import balance_differences
from tests.web.ledger.books import Books, make_books

URL = "/api/ledger/transfers"


@pytest.fixture
def books(world: Any) -> Books:
    return make_books(world)


def program(world: Any, role: str) -> Client:
    token = issue_token(world.users[role], "test", timezone.now() + timedelta(hours=1))
    return Client(headers={"authorization": f"Bearer {token}"})


def body(books: Books, **changes: Any) -> dict[str, Any]:
    plain = {"kind": "post", "debit": books.here.pk, "credit": books.there.pk, "amount": 100, "unit": "CNY"}
    return {**plain, **changes}


def send(client: Client, key: str, asked: dict[str, Any]) -> Any:
    headers = {"idempotency-key": key} if key else {}
    return client.post(URL, asked, content_type="application/json", headers=headers)


def test_the_same_key_and_body_books_once(world: Any, books: Books) -> None:
    client = program(world, "superuser")
    first, second = send(client, "k1", body(books)), send(client, "k1", body(books))
    assert (first.status_code, second.status_code) == (201, 200)
    assert (first.json()["again"], second.json()["again"]) == (False, True)
    assert first.json()["entry"] == second.json()["entry"]
    assert first.json()["entry"]["posted"] == 100
    assert Entry.objects.filter(transfer_id="k1").count() == 1
    assert Entry.objects.get(transfer_id="k1").batch.by == world.users["superuser"]
    assert balance_differences() == ()


def test_the_same_key_with_another_body_is_a_conflict(world: Any, books: Books) -> None:
    client = program(world, "superuser")
    send(client, "k1", body(books))
    answer = send(client, "k1", body(books, amount=101))
    assert (answer.status_code, answer.json()["code"]) == (409, "ledger.conflict")
    assert answer.json()["entry"]["amount"] == 100
    assert Entry.objects.filter(transfer_id="k1").count() == 1


def test_a_refusal_is_typed_recorded_and_final(world: Any, books: Books) -> None:
    client = program(world, "superuser")
    for again in (False, True):
        answer = send(client, "k1", body(books, amount=10**9))
        assert answer.status_code == 409
        assert answer.json()["code"] == "ledger.refused.below_minimum"
        assert answer.json()["entry"]["posted"] == 0
        assert answer.json()["again"] is again
    for changes, code in (
        ({"debit": "nobody"}, "ledger.refused.unknown_account"),
        ({"unit": "WORKHOUR"}, "ledger.refused.other_unit"),
        ({"kind": "pending", "expires_at": "2020-01-01T00:00:00Z"}, "ledger.refused.expires_in_past"),
    ):
        assert send(client, f"x:{code}", body(books, **changes)).json()["code"] == code


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 0},
        {"amount": -5},
        {"amount": 10**17 + 1},
        {"amount": 1.5},
        {"amount": "100"},
        {"unit": "USD"},
        {"kind": "gift"},
        {"kind": "expire", "pending_id": "h2"},
        {"debit": ""},
        {"debit": "a b"},
        {"more": 1},
        {"expires_at": "2030-01-01T00:00:00Z"},
        {"memo": "x" * 201},
        {"memo": "\x00"},
    ],
)
def test_malformed_bodies_book_nothing(changes: dict[str, Any], world: Any, books: Books) -> None:
    before = Entry.objects.count()
    answer = send(program(world, "superuser"), "k1", body(books, **changes))
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert Entry.objects.count() == before


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"memo": "\x07"}, "ledger.text"),
        ({"credit": "SAME"}, "ledger.same_account"),
        ({"kind": "pending", "expires_at": "0001-01-01T00:00:00+14:00"}, "ledger.time"),
    ],
)
def test_rules_of_form_take_up_no_key(changes: dict[str, Any], code: str, world: Any, books: Books) -> None:
    client = program(world, "superuser")
    changes = {name: books.here.pk if value == "SAME" else value for name, value in changes.items()}
    answer = send(client, "k1", body(books, **changes))
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert send(client, "k1", body(books)).status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "ü", "x" * 101])
def test_a_key_is_needed(key: str, world: Any, books: Books) -> None:
    assert send(program(world, "superuser"), key, body(books)).status_code == 422


def test_a_reservation_is_booked_in_part(world: Any, books: Books) -> None:
    client = program(world, "superuser")
    assert send(client, "s", body(books, kind="pending", expires_at="2199-01-01T00:00:00Z")).status_code == 201
    assert send(client, "v", {"kind": "void_pending", "pending_id": "s"}).status_code == 201
    lapsed = send(client, "w", {"kind": "void_pending", "pending_id": "h2"})
    assert lapsed.json()["code"] == "ledger.refused.pending_expired"
    assert send(client, "r", body(books, kind="pending")).status_code == 201
    answer = send(client, "p", {"kind": "post_pending", "pending_id": "r", "amount": 60})
    assert (answer.json()["entry"]["posted"], answer.json()["entry"]["pending"]) == (60, -100)
    late = send(client, "q", {"kind": "void_pending", "pending_id": "r"})
    assert late.json()["code"] == "ledger.refused.pending_resolved"


@pytest.mark.parametrize("role", ["idle", "province", "operator", "member", "auditor"])
def test_only_superusers_submit(role: str, world: Any, books: Books) -> None:
    before = Entry.objects.count()
    assert send(program(world, role), "k1", body(books)).status_code == 403
    assert Entry.objects.count() == before


def test_without_token_nothing_but_the_heads_is_read(books: Books) -> None:
    client = Client()
    urls = ("accounts", f"statement?account={books.here.pk}", "entries", "entries/1")
    assert {client.get(f"/api/ledger/{url}").status_code for url in urls} == {401}
    assert send(client, "k1", body(books)).status_code == 401
    heads = client.get("/api/ledger/heads?month=2026-01").json()
    assert heads[-1]["hash"] == Entry.objects.get(transfer_id="x1").hash


def test_reading_follows_the_rights_of_the_pages(world: Any, books: Books) -> None:
    member, auditor = program(world, "member"), program(world, "auditor")
    assert [row["id"] for row in member.get("/api/ledger/accounts").json()["items"]] == [books.here.pk]
    assert len(auditor.get("/api/ledger/accounts").json()["items"]) == 5
    assert member.get(f"/api/ledger/statement?account={books.there.pk}").status_code == 404
    shown = member.get(f"/api/ledger/statement?account={books.here.pk}").json()
    assert [row["balance"] for row in shown["movements"]] == [800_00, 750_00, 1000_00]
    assert (shown["closing"], shown["account"]["leaving"]) == (800_00, 40_00)
    assert [row["id"] for row in shown["reservations"]] == ["h2"]
    assert [row["id"] for row in member.get("/api/ledger/entries").json()["items"]] == ["r1", "p1", "h2", "h1", "d1"]
    refused = auditor.get("/api/ledger/entries?state=refused").json()["items"]
    assert [(row["id"], row["refusal"]) for row in refused] == [("x1", "below_minimum")]
    assert member.get(f"/api/ledger/entries/{refused[0]['seq']}").status_code == 404


def test_lists_go_on_where_they_stopped(world: Any, books: Books) -> None:
    auditor = program(world, "auditor")
    first = auditor.get("/api/ledger/entries?per_page=3").json()
    assert first["more"]
    rest = auditor.get(f"/api/ledger/entries?before={first['items'][-1]['seq']}").json()
    assert [row["seq"] for row in first["items"] + rest["items"]] == list(range(13, 0, -1))
    accounts = auditor.get("/api/ledger/accounts?per_page=2").json()
    more = auditor.get("/api/ledger/accounts", {"after": accounts["items"][-1]["id"]}).json()
    assert len({row["id"] for row in accounts["items"] + more["items"]}) == 5
