from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from gongzao.kernel import InvalidInput, InvalidValue
from gongzao.ledger import BankLine as LineValue
from gongzao.web.ledger import bank, positions, services
from gongzao.web.ledger.models import Entry
from gongzao.web.ledger.models_bank import BankAccount, BankLine, BankMatch, BankStatement
from tests.ledger.bank_files import Camt
from tests.web.ledger.books import NUMBER, Books, at, make_books, post, statement_file

JAN5, JAN6, JAN7 = date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 7)
WEEK = statement_file((JAN5, 1000_00, "d1"), (JAN6, 500_00, ""), (JAN7, -3_00, ""))


@pytest.fixture
def books(world: Any) -> Books:
    return make_books(world)


def upload(client: Any, books: Books, data: bytes, name: str = "bank.csv") -> Any:
    file = SimpleUploadedFile(name, data)
    return client.post("/ledger/bank/upload/", {"bank_account": books.bank_account.pk, "file": file})


def test_an_upload_is_matched_and_the_differences_are_shown(world: Any, books: Books) -> None:
    client = world.client("province")
    answer = upload(client, books, WEEK)
    row = BankStatement.objects.get()
    assert answer["Location"] == f"/ledger/bank/statements/{row.pk}/"
    assert row.uploaded_by == world.users["province"]
    assert {(m.entry.transfer_id, m.by, m.settled_by) for m in BankMatch.objects.all()} == {
        ("d1", "end_to_end_id", world.users["province"]),
        ("d2", "amount_and_date", world.users["province"]),
    }
    page = client.get(answer["Location"])
    found = page.context["found"]
    assert (found.bank_balance, found.books_balance, found.difference, found.unexplained) == (
        1497_00,
        1500_00,
        -3_00,
        0,
    )
    assert [line.amount for line in found.bank_only] == [-3_00]
    assert page.context["table"]["books_adjusted"] == page.context["table"]["bank_adjusted"] == 1497_00
    assert "差额已全部列明，有1项待处理" in page.content.decode()
    assert "未核对上" in page.content.decode()


def test_later_statements_and_later_bookings_settle_what_is_open(world: Any, books: Books) -> None:
    client = world.client("province")
    upload(client, books, WEEK)
    services.submit([post("fee", books.here, books.bank, 3_00, purpose="账户管理费")], at(8), by=None)
    first = BankStatement.objects.get()
    page = client.get(f"/ledger/bank/statements/{first.pk}/")
    assert page.context["position"].waiting == 1
    assert page.context["may_treat"]
    assert client.post("/ledger/bank/settle/", {"bank_account": books.bank_account.pk}).status_code == 302
    assert BankMatch.objects.get(entry__transfer_id="fee").settled_by == world.users["province"]
    # At the end of 7 January the bank had paid, and the books had not.
    found = positions.position(first).reconciliation
    assert (found.ahead, found.difference, found.unexplained) == (-3_00, -3_00, 0)
    services.submit([post("d3", books.bank, books.here, 20_00)], at(9), by=None)
    upload(client, books, statement_file((date(2026, 1, 12), 20_00, "d3"), opening=1497_00), "2.csv")
    second = BankStatement.objects.latest("last")
    assert positions.position(second).reconciliation.clean
    assert positions.position(first).reconciliation.unexplained == 0


def test_what_the_bank_had_only_later_was_open_at_the_time(world: Any, books: Books) -> None:
    bank.import_statements(books.bank_account, statement_file((JAN5, 1000_00, "d1")), "1", at(8), by=None)
    bank.import_statements(
        books.bank_account, statement_file((JAN6, 500_00, "d2"), opening=1000_00), "2", at(8), by=None
    )
    first, second = BankStatement.objects.all()
    assert [entry.amount for entry in positions.position(first).reconciliation.books_only] == [500_00]
    assert positions.position(first).reconciliation.unexplained == 0
    assert positions.position(second).reconciliation.clean


def test_camt_is_taken_and_another_amount_is_shown_as_a_pair(world: Any, books: Books) -> None:
    lines = (LineValue(1, JAN5, 1000_00, "B1", "d1"), LineValue(2, JAN6, 450_00, "B2"))
    data = Camt(lines, first=JAN5, last=JAN7).text().replace("6222 0001", NUMBER).encode()
    answer = upload(world.client("superuser"), books, data, "bank.xml")
    page = world.client("auditor").get(answer["Location"])
    found = page.context["found"]
    assert [(m.line.amount, m.entry.amount) for m in found.differing] == [(450_00, 500_00)]
    assert (found.difference, found.unexplained) == (-50_00, 0)
    assert not page.context["may_treat"]


def test_a_missing_statement_is_a_gap_and_unexplained(world: Any, books: Books) -> None:
    upload(world.client("province"), books, statement_file((JAN5, 1000_00, "d1")), "1.csv")
    upload(world.client("province"), books, statement_file((JAN7, 1_00, ""), opening=1490_00), "3.csv")
    page = world.client("province").get("/ledger/bank/")
    ((_, statements, _, _),) = page.context["rows"]
    assert [gap.difference if gap else None for _, gap in statements] == [490_00, None]
    assert "缺口（元）" in page.content.decode()
    assert positions.position(BankStatement.objects.latest("last")).reconciliation.unexplained == 490_00


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (WEEK.replace(b"1500.00", b"1500.01"), "余额应为"),
        (WEEK.replace(b"500.00,,", b"5OO.00,,"), "不是形如"),
        (f"账号：999999\n{WEEK.decode('gb18030')}".encode(), "不属于所选的银行账号"),
        (b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Document>&a;</Document>', "不接受文档类型声明"),
        (b"\xff\xfe\x00", "UTF-16"),
        (b"hello", "没有找到表头"),
    ],
)
def test_a_faulty_file_is_explained_and_leaves_nothing(data: bytes, words: str, world: Any, books: Books) -> None:
    page = upload(world.client("province"), books, data)
    assert page.status_code == 200
    assert words in page.content.decode()
    assert not BankStatement.objects.exists()
    assert not BankLine.objects.exists()


def test_a_file_is_taken_once_and_days_are_covered_once(world: Any, books: Books) -> None:
    client = world.client("province")
    upload(client, books, WEEK)
    assert "该文件已经上传过" in upload(client, books, WEEK).content.decode()
    overlap = statement_file((JAN6, 500_00, ""), (date(2026, 1, 9), 1_00, ""), opening=1000_00)
    assert "期间重叠" in upload(client, books, overlap).content.decode()
    assert BankStatement.objects.count() == 1
    assert BankMatch.objects.count() == 2


@pytest.mark.parametrize("form", [{}, {"bank_account": "nobody"}, {"bank_account": "\x00"}])
def test_a_form_without_file_or_account_is_shown_again(form: dict[str, str], world: Any, books: Books) -> None:
    page = world.client("province").post("/ledger/bank/upload/", form)
    assert page.status_code == 200
    assert page.context["form"].errors


UPLOADERS = ("province", "superuser")
ROLES = ("anonymous", "idle", "province", "city", "county", "operator", "member", "auditor", "superuser")


@pytest.mark.parametrize("role", ROLES)
def test_who_may_reconcile(role: str, world: Any, books: Books) -> None:
    bank.import_statements(books.bank_account, WEEK, "bank.csv", at(8), by=None)
    client, away = world.client(role), role == "anonymous"
    statement = client.get(f"/ledger/bank/statements/{BankStatement.objects.get().pk}/").status_code
    sees = role in (*UPLOADERS, "auditor")
    assert statement == (302 if away else 200 if sees else 404)
    assert client.get("/ledger/bank/upload/").status_code == (302 if away else 200 if role in UPLOADERS else 403)
    assert client.get("/ledger/bank/register/").status_code == (302 if away else 200 if role == "superuser" else 403)
    settled = client.post("/ledger/bank/settle/", {"bank_account": books.bank_account.pk}).status_code
    assert settled == (302 if away or role in UPLOADERS else 403 if sees else 404)
    assert client.get("/ledger/bank/settle/").status_code == (302 if away else 405)


def test_services_check_the_right_themselves(world: Any, books: Books) -> None:
    for role in ("operator", "auditor", "idle"):
        with pytest.raises(PermissionDenied):
            bank.import_statements(books.bank_account, WEEK, "x", at(8), by=world.users[role])
        with pytest.raises(PermissionDenied):
            bank.settle(books.bank_account, at(8), by=world.users[role])
        with pytest.raises(PermissionDenied):
            bank.register_bank_account(books.bank, "x", "1234567", by=world.users[role])


def test_a_supervised_account_is_registered_once(world: Any, books: Books) -> None:
    again = bank.register_bank_account(books.bank, "示例银行", NUMBER, by=None)
    assert again == books.bank_account
    with pytest.raises(InvalidValue, match="already registered"):
        bank.register_bank_account(books.bank, "示例银行", "7777777", by=None)
    with pytest.raises(InvalidValue, match="only an asset account"):
        bank.register_bank_account(books.here, "示例银行", "7777777", by=None)
    client = world.client("superuser")
    form = {"account": books.bank.pk, "bank": "b", "number": "1 2"}
    assert client.post("/ledger/bank/register/", form).context["form"].errors.keys() == {"account", "number"}


def test_an_account_is_registered_on_the_page(world: Any) -> None:
    from gongzao.ledger import Account, AccountKind

    services.open_account(Account("escrow", "platform", AccountKind.ASSET), at(5), place=None, by=None)
    client = world.client("superuser")
    assert "登记监管账户" in client.get("/ledger/bank/").content.decode()
    form = {"account": "escrow", "bank": "示例银行", "number": "88880001"}
    assert client.post("/ledger/bank/register/", form).status_code == 302
    assert BankAccount.objects.get().number == "88880001"


@pytest.mark.parametrize("table", ["ledger_bankaccount", "ledger_bankstatement", "ledger_bankline", "ledger_bankmatch"])
def test_the_database_refuses_to_change_bank_evidence(table: str, world: Any, books: Books) -> None:
    bank.import_statements(books.bank_account, WEEK, "bank.csv", at(8), by=None)
    column = {"ledger_bankaccount": "bank", "ledger_bankmatch": "by"}.get(table, "number")
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = {column}"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_an_entry_is_settled_once(world: Any, books: Books) -> None:
    bank.import_statements(books.bank_account, WEEK, "bank.csv", at(8), by=None)
    line = BankLine.objects.get(amount=-3_00)
    entry = Entry.objects.get(transfer_id="d1")
    with pytest.raises(DatabaseError), transaction.atomic():
        BankMatch(line=line, bank_account=books.bank_account, entry=entry, by="reference", settled_at=at(9)).save()


def test_the_number_of_queries_does_not_grow(world: Any, books: Books) -> None:
    client = world.client("auditor")
    bank.import_statements(books.bank_account, WEEK, "bank.csv", at(8), by=None)
    pages = ("/ledger/bank/", f"/ledger/bank/statements/{BankStatement.objects.get().pk}/")

    def queries() -> list[int]:
        counts = []
        for page in pages:
            client.get(page)
            with CaptureQueriesContext(connection) as caught:
                assert client.get(page).status_code == 200
            counts.append(len(caught))
        return counts

    before = queries()
    opening = 1497_00
    for n in range(5):
        day = date(2026, 1, 12) + timedelta(days=n)
        services.submit([post(f"q{n}", books.bank, books.here, 5_00)], at(12 + n), by=None)
        data = statement_file((day, 5_00, f"q{n}"), (day, -1, ""), opening=opening)
        bank.import_statements(books.bank_account, data, "x", at(20), by=None)
        opening += 4_99
    assert queries() == before
    assert max(before) <= 25


def test_a_wrong_account_number_in_the_file_is_named(books: Books) -> None:
    data = Camt((LineValue(1, JAN5, 1),), first=JAN5, last=JAN5).text().encode()
    with pytest.raises(InvalidInput) as caught:
        bank.import_statements(books.bank_account, data, "x.xml", at(8), by=None)
    assert [(p.code, p.value) for p in caught.value.problems] == [("bank.other_account", "62220001")]
