import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gongzao.cli.ledger import app
from gongzao.kernel import InvalidInput
from gongzao.ledger import (
    Account,
    AccountKind,
    Book,
    Kind,
    Ledger,
    Transfer,
    example_year,
    read_book,
    read_heads,
    write_book,
)


@pytest.fixture(scope="module")
def book() -> Book:
    return example_year(5, firms=4, orders_per_day=1)


@pytest.fixture
def path(book: Book, tmp_path: Path) -> Path:
    write_book(tmp_path / "book.jsonl", book)
    return tmp_path / "book.jsonl"


def test_a_book_comes_back_as_it_was_written(book: Book, path: Path) -> None:
    assert read_book(path) == book


def line_with(what: str, /, **changes: object) -> str:
    samples: dict[str, dict[str, object]] = {
        "account": {"id": "a", "owner": "f", "kind": "asset", "unit": "CNY", "minimum": 0, "maximum": None, "name": ""},
        "balance": {"account": "a", "debits": 1, "credits": 1, "debits_pending": 0, "credits_pending": 0},
        "head": {"day": "2026-01-01", "seq": 1, "hash": "0"},
    }
    return json.dumps({what: {**samples[what], **changes}})


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("", "ledger.line"),
        ("{", "ledger.line"),
        ("[" * 100_000, "ledger.line"),
        ("[]", "ledger.line"),
        ('{"account": {}, "head": {}}', "ledger.line"),
        ('{"other": {}}', "ledger.line"),
        ('{"record": {}}', "ledger.line"),
        ("\udcff", "ledger.line"),
        (line_with("account", kind="gold"), "ledger.line"),
        (line_with("account", colour="red"), "ledger.line"),
        (line_with("account", id=""), "ledger.id"),
        (line_with("account", minimum=5), "ledger.limits"),
        (line_with("balance", debits=1.5), "ledger.line"),
        (line_with("head", day="yesterday"), "ledger.line"),
        (line_with("head", seq="1"), "ledger.line"),
    ],
)
def test_a_bad_line_is_named(line: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    text = line_with("account") + "\n" + line + "\n" + line_with("head")
    path.write_bytes(text.encode("utf-8", errors="surrogateescape"))
    with pytest.raises(InvalidInput) as caught:
        read_book(path)
    (problem,) = caught.value.problems
    assert (problem.source, problem.line, problem.code) == ("bad.jsonl", 2, code)
    assert problem.zh


def test_a_record_with_a_broken_field_is_named(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    place = next(n for n, line in enumerate(lines) if line.startswith('{"record"'))
    row = json.loads(lines[place])
    for change in ({"posted": "5"}, {"at": "2026-01-01T00:00:00"}, {"extra": 1}):
        lines[place] = json.dumps({"record": {**row["record"], **change}})
        path.write_text("\n".join(lines), "utf-8")
        with pytest.raises(InvalidInput) as caught:
            read_book(path)
        assert [p.line for p in caught.value.problems] == [place + 1]


def test_check_reports_sound_books(path: Path) -> None:
    result = CliRunner().invoke(app, ["check", str(path)])
    assert result.exit_code == 0
    assert "0 findings" in result.stdout


def test_check_names_the_broken_rule(path: Path) -> None:
    path.write_text(path.read_text("utf-8").replace('"posted": 8000000', '"posted": 8000001', 1), "utf-8")
    result = CliRunner().invoke(app, ["check", str(path)])
    assert result.exit_code == 1
    assert "chain.hash [32: t:1]" in result.stdout
    assert "entry.content [32: t:1]" in result.stdout
    assert "balance.differs [bank:supervised]" in result.stdout


@pytest.mark.parametrize(("form", "start"), [("beancount", 'option "title"'), ("hledger", "commodity 1000.00 CNY")])
def test_export_writes_text(form: str, start: str, path: Path, tmp_path: Path) -> None:
    to = tmp_path / "out.txt"
    shown = CliRunner().invoke(app, ["export", str(path), "--format", form])
    assert CliRunner().invoke(app, ["export", str(path), "--format", form, "--out", str(to)]).exit_code == 0
    assert shown.stdout.startswith(start)
    assert to.read_text("utf-8") == shown.stdout


def test_a_time_keeps_its_microseconds(tmp_path: Path) -> None:
    ledger = Ledger([Account("bank", "p", AccountKind.ASSET), Account("a", "p", AccountKind.LIABILITY)])
    at = datetime(2026, 1, 5, 9, 0, 0, 123456, UTC)
    ledger.submit([Transfer("t", Kind.POST, "bank", "a", 1, "CNY")], at)
    write_book(tmp_path / "b.jsonl", Book.of(ledger))
    assert read_book(tmp_path / "b.jsonl") == Book.of(ledger)


def test_heads_kept_outside_are_held_against_the_book(path: Path, tmp_path: Path) -> None:
    book, heads = read_book(path), tmp_path / "heads.csv"
    lines = ["day,seq,hash", *(f"{head.day},{head.seq},{head.hash}" for head in book.heads[:3])]
    heads.write_text("\ufeff" + "\r\n".join(lines), "utf-8")
    told = CliRunner().invoke(app, ["check", str(path), "--heads", str(heads)])
    assert (told.exit_code, "3 heads" in told.stdout) == (0, True)
    heads.write_text("\n".join([*lines, f"{book.heads[3].day},1,{'a' * 64}"]), "utf-8")
    told = CliRunner().invoke(app, ["check", str(path), "--heads", str(heads)])
    assert (told.exit_code, f"head.differs [{book.heads[3].day}]" in told.stdout) == (1, True)


@pytest.mark.parametrize(
    "line", ["2026-13-01,1," + "a" * 64, "2026-01-01,x," + "a" * 64, "2026-01-01,1,zz", "2026-01-01", "一,二,三"]
)
def test_a_bad_head_is_named(line: str, tmp_path: Path) -> None:
    heads = tmp_path / "heads.csv"
    heads.write_text(f"day,seq,hash\n2026-01-01,1,{'a' * 64}\n{line}\n", "utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_heads(heads)
    assert [(p.code, p.line) for p in caught.value.problems] == [("ledger.heads", 3)]


def test_example_writes_a_sound_book(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["example", str(tmp_path / "y.jsonl"), "--seed", "3"]).exit_code == 0
    assert read_book(tmp_path / "y.jsonl") == example_year(3)


def test_the_package_is_free_of_the_web() -> None:
    code = "import sys, gongzao.ledger; assert not {'django', 'sqlite3', 'psycopg'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
