import csv
import io
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from openpyxl import load_workbook

from gongzao.web.ledger import services, views
from gongzao.web.ledger.models import Entry
from tests.web.ledger.books import Books, at, make_books, post


@pytest.fixture
def books(world: Any) -> Books:
    return make_books(world)


def content(response: Any) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def table(response: Any) -> list[list[str]]:
    text = content(response).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_the_statement_runs_from_opening_to_closing(world: Any, books: Books) -> None:
    url = f"/ledger/statement/export.csv?account={quote(books.here.pk)}"
    header, *rows = table(world.client("member").get(url))
    at_ = {name: header.index(name) for name in ("增加", "减少", "余额", "转账编号", "单位")}
    assert [[row[at_[name]] for name in ("转账编号", "增加", "减少", "余额", "单位")] for row in rows] == [
        ["d1", "1000.00", "", "1000.00", "元"],
        ["p1", "", "250.00", "750.00", "元"],
        ["r1", "50.00", "", "800.00", "元"],
    ]
    _, *later = table(world.client("member").get(f"{url}&since=2026-01-08"))
    assert [row[at_["余额"]] for row in later] == ["800.00"]


def test_the_journal_holds_what_the_filter_shows_and_every_hash(world: Any, books: Books) -> None:
    header, *rows = table(world.client("auditor").get("/ledger/journal/export.csv"))
    assert [row[header.index("哈希")] for row in rows] == list(Entry.objects.values_list("hash", flat=True))
    header, *rows = table(world.client("auditor").get("/ledger/journal/export.csv?state=refused"))
    assert [row[header.index("转账编号")] for row in rows] == ["x1"]
    assert "余额（含冻结）将低于账户下限" in rows[0][header.index("拒绝原因")]
    _, *mine = table(world.client("member").get("/ledger/journal/export.csv"))
    assert [row[2] for row in mine] == ["d1", "h1", "h2", "p1", "r1"]


def test_excel_keeps_numbers_as_numbers_and_text_as_text(world: Any, books: Books) -> None:
    services.submit([post("f2", books.here, books.there, 7, purpose="=1+1", memo="0012")], at(11), by=None)
    response = world.client("member").get(f"/ledger/statement/export.xlsx?account={quote(books.here.pk)}")
    sheet = load_workbook(io.BytesIO(content(response))).worksheets[0]
    rows = list(sheet.iter_rows())
    assert "平台只记账，不保管资金" in str(rows[1][0].value)
    head = next(i for i, row in enumerate(rows) if row[0].value == "序号")
    titles = [cell.value for cell in rows[head]]
    last = dict(zip(titles, rows[-1], strict=True))
    assert (last["减少"].value, last["减少"].data_type) == (0.07, "n")
    assert (last["用途"].value, last["用途"].data_type) == ("=1+1", "s")
    assert last["备注"].value == "0012"
    assert Decimal(str(last["余额"].value)) == Decimal("799.93")


def test_csv_holds_no_formulas(world: Any, books: Books) -> None:
    services.submit([post("f2", books.here, books.there, 7, purpose="=1+1")], at(11), by=None)
    header, *rows = table(world.client("member").get("/ledger/journal/export.csv?q=f2"))
    assert rows[0][header.index("用途")] == "'=1+1"


def test_made_up_rows_are_marked(world: Any, books: Books) -> None:
    header, *rows = table(world.client("member").get("/ledger/journal/export.csv"))
    assert {row[header.index("示例数据")] for row in rows} == {"示例数据"}  # the firm of the tests is made up


def test_too_many_rows_for_excel_are_refused_with_advice(
    world: Any, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST_EXCEL_ROWS", 3)
    response = world.client("auditor").get("/ledger/journal/export.xlsx?q=&purpose=", follow=True)
    assert response.redirect_chain[0][0].startswith("/ledger/journal/?")
    assert "请缩小范围或导出 CSV" in response.content.decode()


@pytest.mark.parametrize("url", ["statement/export.csv?account=nobody", "statement/export.pdf", "journal/export.ods"])
def test_what_does_not_exist_is_not_found(url: str, world: Any, books: Books) -> None:
    assert world.client("superuser").get(f"/ledger/{url}").status_code == 404
