import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gongzao.cli.ledger import app
from gongzao.kernel import InvalidInput
from gongzao.ledger import Book, example_year, read_book, write_book


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


def test_example_writes_a_sound_book(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["example", str(tmp_path / "y.jsonl"), "--seed", "3"]).exit_code == 0
    assert read_book(tmp_path / "y.jsonl") == example_year(3)


def test_the_package_is_free_of_the_web() -> None:
    code = "import sys, gongzao.ledger; assert not {'django', 'sqlite3', 'psycopg'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
