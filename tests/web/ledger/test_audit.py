"""What an outsider can check: the book that the site gives out, the heads that it publishes, and what its pages say."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from typer.testing import CliRunner

from gongzao.cli.main import build
from gongzao.ledger import check, read_book
from gongzao.web.ledger import queries, services
from gongzao.web.ledger.models import Audit, Entry
from gongzao.web.ledger.verify import verify
from tests.docs.test_examples import audit
from tests.web.ledger.books import Books, at, make_books, post
from tests.web.ledger.test_storage import past_the_guards


@pytest.fixture
def books(world: Any) -> Books:
    return make_books(world)


def download(client: Client) -> str:
    answer = client.get("/ledger/book.jsonl")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


def heads(client: Client, month: str = "2026-01") -> str:
    return client.get("/ledger/heads/heads.csv", {"month": month}).content.decode()


def run(*words: str) -> Any:
    return CliRunner().invoke(build(), ["ledger", *words])


@pytest.fixture
def files(world: Any, books: Books, tmp_path: Path) -> tuple[str, str]:
    """The book as the auditor gets it, and the heads as anybody does."""
    book, kept = tmp_path / "book.jsonl", tmp_path / "heads.csv"
    book.write_text(download(world.client("auditor")), "utf-8")
    kept.write_text(heads(Client()), "utf-8")
    return str(book), str(kept)


def test_the_book_of_the_site_is_the_whole_book(world: Any, files: tuple[str, str]) -> None:
    book = read_book(Path(files[0]))
    assert book == queries.book()
    assert check(book) == ()
    said = run("check", files[0], "--heads", files[1])
    assert (said.exit_code, "5 heads held against" in said.output, "0 findings" in said.output) == (0, True, True)


def test_every_hash_is_recomputed_from_the_file_with_nothing_of_ours(files: tuple[str, str]) -> None:
    """Also the microseconds of a real clock."""
    previous, lines = "0" * 64, 0
    for line in Path(files[0]).read_text("utf-8").splitlines():
        ((kind, r),) = json.loads(line).items()
        if kind != "record":
            continue
        t, why = r["transfer"], r["refusal"] or {}
        names = ("id", "kind", "debit", "credit", "amount", "unit", "pending_id", "expires_at", "linked", "reverses")
        row = ["gongzao-ledger-1", previous, r["seq"], r["at"], *(t[name] for name in names)]
        row += [t["purpose"], t["reference"], t["memo"], r["debit"], r["credit"], r["unit"], r["posted"], r["pending"]]
        row += [why.get("reason"), why.get("detail")]
        text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
        previous = hashlib.sha256(text.encode()).hexdigest()
        assert previous == r["hash"]
        lines += 1
    assert lines == Entry.objects.count()


def test_the_auditors_program_reads_the_files_of_the_site(files: tuple[str, str]) -> None:
    assert "13 lines, 5 accounts, 5 heads: sound" in audit(Path(files[0]).parent)


def test_a_later_line_does_not_disturb_heads_that_were_kept(books: Books, files: tuple[str, str]) -> None:
    services.submit([post("later", books.bank, books.here, 5)], timezone.now(), by=None)
    assert run("check", "--heads", files[1]).exit_code == 0


def test_a_rewritten_book_does_not_fit_the_heads_that_were_kept(files: tuple[str, str]) -> None:
    text = Path(files[1]).read_text("utf-8")
    day, seq, digest, *_ = text.splitlines()[2].split(",")
    wrong = {
        "another hash": f"{day},{seq},{'0' * 64}",
        "another place": f"{day},{int(seq) - 1},{digest}",
        "a day without lines": f"2026-01-20,{seq},{digest}",
    }
    for what, line in wrong.items():
        Path(files[1]).write_text(f"day,seq,hash\n{line}\n", "utf-8")
        said = run("check", files[0], "--heads", files[1])
        assert (said.exit_code, "head.differs" in said.output) == (1, True), what


@pytest.mark.parametrize("text", ["", "day,seq,hash\n", "a,b\n1,2\n", "day,seq,hash\n2026-01-05,x,y\n", "\x00"])
def test_a_file_of_heads_that_is_none_is_named(text: str, files: tuple[str, str]) -> None:
    Path(files[1]).write_text(text, "utf-8")
    said = run("check", files[0], "--heads", files[1])
    assert said.exception is not None
    assert said.exception.problems[0].code == "ledger.heads"


def test_export_writes_the_book_of_the_database(books: Books, files: tuple[str, str], tmp_path: Path) -> None:
    out = str(tmp_path / "out.jsonl")
    assert run("export", "--out", out).exit_code == 0
    assert read_book(Path(out)) == read_book(Path(files[0]))
    assert run("export", "--format", "hledger").output.startswith("commodity")


def test_a_long_journal_is_sent_piece_by_piece(world: Any, books: Books, django_assert_max_num_queries: Any) -> None:
    services.submit([post(f"m{i}", books.bank, books.here, 1) for i in range(4_500)], at(10), by=None)
    sent = world.client("auditor").get("/ledger/book.jsonl")
    stream = iter(sent.streaming_content)
    with django_assert_max_num_queries(1):
        for _ in range(20):
            next(stream)
    rest = sum(1 for _ in stream)
    assert rest > 4_400


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("UPDATE ledger_account SET owner = 'firm:9' WHERE id = 'bank:supervised'", "account.changed"),
        ("UPDATE ledger_entry SET memo = 'x' WHERE seq = 7", "chain.hash"),
    ],
)
def test_the_file_shows_what_was_changed_past_the_guards(
    change: str, rule: str, world: Any, books: Books, tmp_path: Path
) -> None:
    before = transaction.savepoint()
    past_the_guards(change)
    (tmp_path / "book.jsonl").write_text(download(world.client("auditor")), "utf-8")
    assert rule in run("check", str(tmp_path / "book.jsonl")).output
    transaction.savepoint_rollback(before)


def first_line(client: Client, language: str = "zh-hans") -> str:
    page = client.get("/ledger/", headers={"accept-language": language}).content.decode()
    return page.split('class="lead-line', 1)[1].split(">", 1)[1].split("<", 1)[0]


def test_the_first_line_says_whether_the_books_were_gone_through(world: Any, books: Books) -> None:
    auditor = world.client("auditor")
    assert "共13行，尚未逐行核对" in first_line(auditor)
    assert auditor.post("/ledger/audit/").status_code == 302
    assert "13行逐行核对无误，与今日链头一致" in first_line(auditor)
    assert "13 lines" in first_line(auditor, "en")
    services.submit([post("later", books.bank, books.here, 5)], at(10), by=None)
    assert "前13行逐行核对无误" in first_line(auditor)
    assert "新增1行待核对" in first_line(world.client("member"))
    assert Audit.objects.get().by == world.users["auditor"]
    assert run("verify").exit_code == 0
    assert "14行逐行核对无误" in first_line(auditor)


def test_what_an_audit_finds_is_shown_and_kept(world: Any, books: Books) -> None:
    auditor = world.client("auditor")
    auditor.post("/ledger/audit/")
    before = transaction.savepoint()
    past_the_guards("UPDATE ledger_entry SET hash = previous WHERE seq = 13")
    assert "哈希与" in first_line(auditor)
    auditor.post("/ledger/audit/")
    assert "发现" in first_line(auditor)
    assert "chain.hash" in auditor.get("/ledger/").content.decode()
    assert "chain.hash" not in world.client("province").get("/ledger/").content.decode()
    transaction.savepoint_rollback(before)


@pytest.mark.parametrize("text", ["6", "第6号", "６", " 第 6 号 "])
def test_an_entry_is_found_by_the_number_that_pages_print(text: str, world: Any, books: Books) -> None:
    page = world.client("auditor").get("/ledger/journal/", {"q": text}).content.decode()
    assert "/ledger/entries/6/" in page
    assert "/ledger/entries/7/" not in page


def test_a_refused_request_shows_its_amount_and_why(world: Any, books: Books) -> None:
    page = world.client("auditor").get("/ledger/journal/", {"state": "refused"}).content.decode()
    assert "请求 99,999.00" in page
    assert "低于账户下限" in page


def test_an_opening_reads_as_one(world: Any, books: Books) -> None:
    auditor = world.client("auditor")
    assert "开立账户 bank:supervised" in auditor.get("/ledger/entries/1/").content.decode()
    assert "/ledger/entries/1/" in auditor.get("/ledger/journal/", {"state": "opened"}).content.decode()


@pytest.mark.parametrize("month", ["9999-12", "0001-01", "2026-13", "202601", "2026-1", "x", ""])
def test_a_month_that_is_none_shows_the_newest(month: str, books: Books) -> None:
    client = Client()
    assert 'value="2026-01"' in client.get("/ledger/heads/", {"month": month}).content.decode()
    assert "2026-01-09" in heads(client, month)


@pytest.mark.parametrize("as_of", ["9999-12-31", "0001-01-01", "20260101", "0"])
def test_a_day_that_is_none_is_not_asked_for(as_of: str, world: Any) -> None:
    assert Client().get("/", {"as_of": as_of}).status_code == 200


def test_nobody_signed_in_is_led_to_the_heads(world: Any) -> None:
    assert 'href="/ledger/heads/"' in Client().get("/").content.decode()


def test_whoever_keeps_a_copy_reads_what_has_come_since(world: Any, books: Books) -> None:
    auditor = world.client("auditor")
    first = auditor.get("/api/ledger/entries?after=10&per_page=2").json()
    assert ([row["seq"] for row in first["items"]], first["more"]) == ([11, 12], True)
    rest = auditor.get("/api/ledger/entries?after=12").json()
    assert ([row["seq"] for row in rest["items"]], rest["more"]) == ([13], False)


def test_old_accounts_are_opened_by_the_migration(world: Any, books: Books) -> None:
    """As in a database from before openings were lines of the journal."""
    from importlib import import_module

    from django.apps import apps

    before = transaction.savepoint()
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(seq) FROM ledger_entry WHERE kind = 'open'")
        (last,) = cursor.fetchone()
    past_the_guards(
        f"DELETE FROM ledger_batch WHERE seq <= {last}",
        f"DELETE FROM ledger_entry WHERE seq <= {last}",
    )
    assert {f.rule for f in verify()[1]} >= {"account.unopened"}
    import_module("gongzao.web.ledger.migrations.0005_open_old_accounts").open_old(apps, None)
    assert "account.unopened" not in {f.rule for f in verify()[1]}
    assert Entry.objects.filter(kind="open", memo__contains="示例数据").count() == 2
    transaction.savepoint_rollback(before)
