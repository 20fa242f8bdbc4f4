from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gongzao.web.ledger import services
from gongzao.web.ledger.entries import hash_holds
from gongzao.web.ledger.models import Balance, Entry
from tests.web.ledger.books import Books, at, make_books, post

SEES_HERE = ("province", "city", "county", "operator", "member", "auditor", "superuser")
SEES_ALL = ("auditor", "superuser")
SEES_BANK = ("province", "auditor", "superuser")
ROLES = ("anonymous", "idle", "province", "city", "county", "operator", "member", "auditor", "superuser")
PAGES = ("/ledger/", "/ledger/journal/", "/ledger/bank/")


@pytest.fixture
def books(world: Any) -> Books:
    return make_books(world)


def statement(key: str) -> str:
    return f"/ledger/statement/?account={quote(key)}"


@pytest.mark.parametrize("role", ROLES)
def test_who_opens_which_page(role: str, world: Any, books: Books) -> None:
    client = world.client(role)
    lists = 302 if role == "anonymous" else 200
    assert [client.get(page).status_code for page in PAGES] == [lists] * len(PAGES)
    assert client.get("/ledger/heads/").status_code == 200

    def expected(who: tuple[str, ...]) -> int:
        return 302 if role == "anonymous" else 200 if role in who else 404

    entry = {name: f"/ledger/entries/{Entry.objects.get(transfer_id=name).seq}/" for name in ("d1", "d2", "f1", "x1")}
    rights = {
        statement(books.here.pk): SEES_HERE,
        statement(books.there.pk): SEES_BANK,
        statement(books.project.pk): tuple(r for r in SEES_HERE if r != "member"),
        statement(books.bank.pk): SEES_BANK,
        statement(books.fees.pk): SEES_ALL,
        f"/ledger/statement/?party={quote(books.here.owner)}": SEES_HERE,
        entry["d1"]: SEES_HERE,
        entry["d2"]: SEES_BANK,
        entry["f1"]: SEES_BANK,
        entry["x1"]: SEES_ALL,
    }
    assert {url: client.get(url).status_code for url in rights} == {url: expected(who) for url, who in rights.items()}


def test_lists_hold_only_what_the_role_sees(world: Any, books: Books) -> None:
    member = world.client("member")
    accounts = member.get("/ledger/").content.decode()
    assert books.here.pk in accounts
    assert books.there.pk not in accounts
    journal = member.get("/ledger/journal/").content.decode()
    assert "· d1" in journal
    assert "· d2" not in journal
    assert "· x1" not in journal
    assert "没有可查看的账户" in world.client("idle").get("/ledger/").content.decode()


def test_the_statement_runs_and_shows_reservations_apart(world: Any, books: Books) -> None:
    page = world.client("member").get(statement(books.here.pk))
    shown = page.context["statement"]
    assert [(m.entry.transfer_id, m.change, m.balance) for m in shown.movements] == [
        ("r1", 50_00, 800_00),
        ("p1", -250_00, 750_00),
        ("d1", 1000_00, 1000_00),
    ]
    (figure,) = shown.figures
    assert (figure.opening, figure.increase, figure.decrease, figure.closing) == (0, 1050_00, 250_00, 800_00)
    assert (figure.leaving, figure.coming, figure.free) == (40_00, 0, 760_00)
    assert [(m.entry.transfer_id, m.change) for m in shown.reservations] == [("h2", -40_00)]
    text = page.content.decode()
    assert "平台只记账、发指令，不保管客户资金" in text
    assert "待付40.00 元" in text


def test_a_period_has_opening_and_closing(world: Any, books: Books) -> None:
    page = world.client("member").get(f"{statement(books.here.pk)}&since=2026-01-07&until=2026-01-07")
    (figure,) = page.context["statement"].figures
    assert (figure.opening, figure.increase, figure.decrease, figure.closing) == (1000_00, 0, 250_00, 750_00)
    assert [(m.entry.transfer_id, m.balance) for m in page.context["statement"].movements] == [("p1", 750_00)]


def test_a_party_has_all_its_accounts(world: Any, books: Books) -> None:
    page = world.client("superuser").get("/ledger/statement/?party=platform")
    shown = page.context["statement"]
    assert [figure.account.pk for figure in shown.figures] == [books.bank.pk, books.fees.pk]
    assert [(m.account.pk, m.balance) for m in shown.movements] == [
        (books.fees.pk, 5_00),
        (books.bank.pk, 1500_00),
        (books.bank.pk, 1000_00),
    ]
    # The province's officer does not see the fees, so the party has one account less there.
    page = world.client("province").get("/ledger/statement/?party=platform")
    assert [figure.account.pk for figure in page.context["statement"].figures] == [books.bank.pk]


def many(books: Books, number: int) -> None:
    for n in range(number):
        services.submit([post(f"m{n}", books.here, books.there, n + 1, purpose="小额")], at(10, n), by=None)


def iter_older(client: Client, url: str) -> Iterator[int]:
    older = client.get(url).context["statement"].older
    while older:
        yield older
        older = client.get(f"{url}&before={older}").context["statement"].older


def test_older_pages_go_on_where_the_newer_stopped(world: Any, books: Books) -> None:
    many(books, 120)
    client, url, seen = world.client("superuser"), f"/ledger/statement/?party={quote(books.here.owner)}", []
    pages = ["", *(f"&before={older}" for older in iter_older(client, url))]
    for page in pages:
        shown = client.get(f"{url}{page}").context["statement"]
        seen += [(m.entry.seq, m.change, m.balance) for m in shown.movements]
    assert len(pages) == 3
    assert len(seen) == 123
    assert seen == sorted(seen, reverse=True)
    running = 0
    for _, change, balance in reversed(seen):
        running += change
        assert balance == running
    assert running == Balance.objects.get(pk=books.here.pk).value.of(books.here.value.kind)
    journal = client.get("/ledger/journal/")
    assert len(journal.context["rows"]) == 50
    older = client.get(f"/ledger/journal/?before={journal.context['older']}")
    assert older.context["rows"][0][0].seq == journal.context["rows"][-1][0].seq - 1


@pytest.mark.parametrize("url", ["/ledger/", "/ledger/journal/", "STATEMENT", "/ledger/heads/", "/ledger/bank/"])
def test_the_number_of_queries_does_not_grow(url: str, world: Any, books: Books) -> None:
    url = statement(books.here.pk) if url == "STATEMENT" else url
    client = world.client("operator")

    def queries() -> int:
        client.get(url)  # session and content types are warm
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert client.get(url).status_code == 200
        return len(caught)

    before = queries()
    many(books, 30)
    assert queries() == before <= 20


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("purpose=订单", ["h1", "p1"]),
        ("state=reserved", ["h2"]),
        ("state=refused", ["x1"]),
        ("state=refused&account=project:1:escrow", ["x1"]),
        ("account=project:1:escrow", ["h2"]),
        ("party=project:1", ["h2"]),
        ("q=p1", ["p1", "r1"]),
        ("q=b2", ["d2"]),
        ("since=2026-01-07&until=2026-01-08", ["p1", "f1", "r1"]),
        ("since=1900-01-01&until=2199-12-31&state=released", []),
    ],
)
def test_the_journal_is_narrowed_down(query: str, found: list[str], world: Any, books: Books) -> None:
    page = world.client("auditor").get(f"/ledger/journal/?{query}")
    assert [row.transfer_id for row, _ in reversed(page.context["rows"])] == found


@pytest.mark.parametrize(
    "query",
    ["since=x", "since=2026-02-01&until=2026-01-01", "state=nope", "before=x", "before=99999999999999999999", "q=%00"],
)
def test_bad_filters_are_explained_and_never_fail(query: str, world: Any, books: Books) -> None:
    client = world.client("auditor")
    assert client.get(f"/ledger/journal/?{query}").status_code == 200
    assert client.get(f"{statement(books.here.pk)}&{query}").status_code == 200
    assert client.get(f"/ledger/?{query}&unit=nope&page=x").status_code == 200


@pytest.mark.parametrize("query", ["", "account=nobody", "account=%00", "party=nobody"])
def test_unknown_accounts_are_not_found(query: str, world: Any, books: Books) -> None:
    assert world.client("superuser").get(f"/ledger/statement/?{query}").status_code == 404


def test_the_entry_says_what_it_resolved_and_what_compensates_it(world: Any, books: Books) -> None:
    client = world.client("auditor")

    def context(name: str) -> Any:
        return client.get(f"/ledger/entries/{Entry.objects.get(transfer_id=name).seq}/").context

    paid = context("p1")
    assert paid["related"].reservation.transfer_id == "h1"
    assert [row.transfer_id for row in paid["related"].compensations] == ["r1"]
    assert "其余50.00 元解冻" in paid["answer"]
    assert context("h1")["related"].resolution.transfer_id == "p1"
    assert context("h2")["related"].resolution is None
    assert context("r1")["related"].original.transfer_id == "p1"
    assert "余额（含冻结）将低于账户下限" in context("x1")["answer"]
    for name in ("d1", "h1", "p1", "r1", "x1"):
        assert context(name)["holds"]


def test_an_altered_line_is_noticed(books: Books) -> None:
    entry = Entry.objects.get(transfer_id="d1")
    assert hash_holds(entry)
    entry.purpose = "改动"
    assert not hash_holds(entry)


def test_heads_are_public_and_the_file_leaves_out_today(world: Any, books: Books) -> None:
    client = Client(HTTP_ACCEPT_LANGUAGE="zh-hans")
    page = client.get("/ledger/heads/?month=2026-01")
    last = Entry.objects.get(transfer_id="x1")
    assert last.hash in page.content.decode()
    lines = client.get("/ledger/heads/heads.csv?month=2026-01").content.decode().splitlines()
    assert lines[0] == "day,seq,hash,synthetic"
    assert lines[-1] == f"2026-01-09,{last.seq},{last.hash},"
    assert len(lines) == 6
    assert "这个月没有分录" in client.get("/ledger/heads/?month=2020-02").content.decode()
    assert client.get("/ledger/heads/?month=nope").status_code == 200


def test_an_empty_ledger_has_pages(world: Any) -> None:
    client = world.client("superuser")
    for page in (*PAGES, "/ledger/heads/"):
        assert client.get(page).status_code == 200
    assert client.get("/ledger/entries/1/").status_code == 404


def test_pages_speak_english(world: Any, books: Books) -> None:
    client = world.client("auditor")
    page = client.get(statement(books.here.pk), headers={"accept-language": "en"})
    assert "it holds no client money" in page.content.decode()
