"""Other people's programs read the exported year and must come to the same balances."""

import csv
import io
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongzao.ledger import (
    Account,
    AccountKind,
    Book,
    Kind,
    Ledger,
    Transfer,
    example_year,
    legal_names,
    rebuild,
    to_beancount,
    to_hledger,
)

HLEDGER = shutil.which("hledger")


@pytest.fixture(scope="module")
def year() -> Book:
    return example_year(7)


@pytest.fixture
def awkward() -> Book:
    """Names and texts that a careless export would spoil."""
    ledger = Ledger(
        [
            Account("a_b", "firm:1", AccountKind.ASSET, name='甲 "公司" \\ ; x'),
            Account("a.b", "firm:1", AccountKind.LIABILITY),
            Account("a/b", "firm:1", AccountKind.LIABILITY),
            Account("A:-:b", "firm:1", AccountKind.LIABILITY),
            Account("9::x+", "firm:1", AccountKind.EXPENSE),
            Account("9", "firm:1", AccountKind.EXPENSE),
        ]
    )
    now = datetime(2026, 1, 1, 20, tzinfo=UTC)
    texts = {"purpose": '付款；"一" \\ ; | a:b, c', "reference": "（NO.1）", "memo": "第一\u3000笔 = 5 CNY @ 1"}
    ledger.submit([Transfer("t1", Kind.POST, "a_b", "a.b", 10**17, "CNY", **texts)], now)  # type: ignore[arg-type]
    ledger.submit([Transfer("t2", Kind.POST, "9::x+", "A:-:b", 5_00, "CNY", purpose="(")], now)
    ledger.submit([Transfer("t3", Kind.POST, "9", "A:-:b", 1, "CNY", purpose="(退款) ! * 甲")], now)
    return Book.of(ledger)


def ours(book: Book) -> dict[tuple[str, str], Decimal]:
    names = legal_names(book.accounts)
    units = {a.id: a.unit for a in book.accounts}
    return {
        (names[a], units[a]): Decimal(b.debits - b.credits) / 100
        for a, b in rebuild(book.records).items()
        if b.debits != b.credits
    }


def bean_check(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8")
    program = Path(sys.executable).with_name("bean-check")
    done = subprocess.run([program, path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", ["year", "awkward"])
def test_bean_check_accepts_the_books_and_every_balance_is_ours(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    loader, data, realization = (
        pytest.importorskip(f"beancount.{module}", reason="beancount is not installed")
        for module in ("loader", "core.data", "core.realization")
    )
    book: Book = request.getfixturevalue(name)
    bean_check(to_beancount(book), tmp_path / "book.beancount")
    entries, errors, _ = loader.load_file(str(tmp_path / "book.beancount"))
    assert not errors
    theirs = {
        (account.account, position.units.currency): position.units.number
        for account in realization.iter_children(realization.realize(entries))
        for position in account.balance
    }
    assert theirs == ours(book)
    assert sum(isinstance(e, data.Transaction) for e in entries) == sum(1 for r in book.records if r.posted)
    assert sum(isinstance(e, data.Balance) for e in entries) == len(book.accounts)


def test_bean_check_refuses_books_with_one_fen_changed(year: Book, tmp_path: Path) -> None:
    pytest.importorskip("beancount", reason="beancount is not installed")
    text = to_beancount(year)
    at = text.index(".", text.index("Bank:Supervised  ")) + 2
    spoilt = text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :]
    with pytest.raises(AssertionError):
        bean_check(spoilt, tmp_path / "book.beancount")


@pytest.mark.skipif(HLEDGER is None, reason="the program hledger is not on this machine")
@pytest.mark.parametrize("name", ["year", "awkward"])
def test_hledger_accepts_the_books_and_every_balance_is_ours(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    book: Book = request.getfixturevalue(name)
    path = tmp_path / "book.journal"
    path.write_text(to_hledger(book), encoding="utf-8")
    run = [str(HLEDGER), "-f", str(path)]
    environment = {"LC_ALL": "C.UTF-8"}
    subprocess.run([*run, "check", "--strict", "ordereddates"], check=True, env=environment)
    table = subprocess.run(
        [*run, "balance", "--flat", "--no-total", "--layout=bare", "-O", "csv"],
        check=True,
        env=environment,
        capture_output=True,
        text=True,
    ).stdout
    rows = [line.strip('"').split('","') for line in table.splitlines()[1:]]
    assert {(account, unit): Decimal(amount) for account, unit, amount in rows if Decimal(amount)} == ours(book)


def test_names_are_legal_and_all_different(awkward: Book) -> None:
    names = legal_names(awkward.accounts)
    assert names == {
        "9": "Expenses:9",
        "9::x+": "Expenses:9:X-",
        "A:-:b": "Liabilities:A:X-:B",
        "a.b": "Liabilities:A-b",
        "a/b": "Liabilities:A-b-2",
        "a_b": "Assets:A-b",
    }
    assert legal_names(reversed(awkward.accounts)) == names


def test_the_same_book_gives_the_same_text(year: Book) -> None:
    assert to_beancount(year) == to_beancount(example_year(7))
    assert to_hledger(year) == to_hledger(example_year(7))


def test_an_empty_book_can_be_exported(tmp_path: Path) -> None:
    pytest.importorskip("beancount", reason="beancount is not installed")
    bean_check(to_beancount(Book((), ())), tmp_path / "book.beancount")


IDS = st.text("aAbB1._:/+-", min_size=1, max_size=5).filter(lambda text: text[0].isalnum())
TEXTS = st.text(max_size=20).filter(lambda text: text.replace("\u3000", " ").isprintable()) | st.text(
    '()[]{}!*;|,:"\\=@%# 12甲', max_size=8
)


@st.composite
def books(draw: st.DrawFn) -> Book:
    ids = draw(st.lists(IDS, min_size=2, max_size=6, unique=True))
    ledger = Ledger(Account(id_, "firm:1", draw(st.sampled_from(AccountKind)), name=draw(TEXTS)) for id_ in ids)
    for n in range(draw(st.integers(0, 6))):
        debit, credit = draw(st.lists(st.sampled_from(ids), min_size=2, max_size=2, unique=True))
        purpose, reference, memo = draw(TEXTS), draw(TEXTS), draw(TEXTS)
        posting = Transfer(
            f"t{n}", Kind.POST, debit, credit, 1 + n, "CNY", purpose=purpose, reference=reference, memo=memo
        )
        ledger.submit([posting], datetime(2026, 1, 5, tzinfo=UTC))
    return Book.of(ledger)


@given(books())
@settings(max_examples=60, deadline=None)
def test_beancount_reads_whatever_the_ledger_takes(book: Book) -> None:
    loader = pytest.importorskip("beancount.loader", reason="beancount is not installed")
    data = pytest.importorskip("beancount.core.data", reason="beancount is not installed")
    entries, errors, _ = loader.load_string(to_beancount(book))
    assert not errors
    told = [entry.narration for entry in entries if isinstance(entry, data.Transaction)]
    assert told == [r.transfer.purpose or r.transfer.kind for r in book.records if r.posted]


@pytest.mark.skipif(HLEDGER is None, reason="the program hledger is not on this machine")
@given(books())
@settings(max_examples=25, deadline=None)
def test_hledger_reads_whatever_the_ledger_takes(book: Book) -> None:
    run = [str(HLEDGER), "-f", "-", "print", "-O", "csv"]
    done = subprocess.run(
        run, input=to_hledger(book), check=True, capture_output=True, text=True, env={"LC_ALL": "C.UTF-8"}
    )
    rows = [row for row in csv.DictReader(io.StringIO(done.stdout)) if row["code"]]
    told = {int(row["code"]): row["description"] for row in rows}
    full_width = str.maketrans(";|,", "；｜，")
    asked = {r.seq: r.transfer.purpose or str(r.transfer.kind) for r in book.records if r.posted}
    assert {seq: "".join(text.split()) for seq, text in told.items()} == {
        seq: "".join(text.translate(full_width).split()) for seq, text in asked.items()
    }
