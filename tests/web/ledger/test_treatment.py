from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from openpyxl import Workbook

from gongzao.kernel import InvalidValue
from gongzao.ledger import Account, AccountKind
from gongzao.web.ledger import bank, positions, services, treatment
from gongzao.web.ledger.models import Entry
from gongzao.web.ledger.models_bank import BankAccount, BankHeading, BankLine, BankMatch, BankRemark, BankStatement
from gongzao.web.ledger.treatment import Booking
from tests.web.ledger.books import Books, at, make_books, post, statement_file

JAN5, JAN6, JAN7 = date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 7)
FAR = date(2026, 1, 20)
FILE = statement_file((JAN5, 1000_00, "d1"), (JAN7, -3_00, ""), (FAR, 500_00, "other/9"))


@pytest.fixture
def books(world: Any) -> Books:
    books = make_books(world)
    bank.import_statements(books.bank_account, FILE, "bank.csv", at(21), by=None)
    return books


def line(fen: int) -> BankLine:
    found: BankLine = BankLine.objects.select_related("statement__bank_account__account").get(amount=fen)
    return found


def refusal(caught: pytest.ExceptionInfo[InvalidValue]) -> str:
    return caught.value.code


def test_a_line_is_matched_by_hand_and_taken_back(world: Any, books: Books) -> None:
    client, row = world.client("province"), line(500_00)
    page = client.get(f"/ledger/bank/lines/{row.pk}/")
    assert [(offer.row.transfer_id, offer.days, offer.contradicts) for offer in page.context["offers"]] == [
        ("d2", 15, True)
    ]
    assert "双方编号不同" in page.content.decode()
    entry = Entry.objects.get(transfer_id="d2")
    sent = {"step": "match", "match-entry": entry.seq, "match-note": "银行晚入账"}
    assert client.post(f"/ledger/bank/lines/{row.pk}/", sent).status_code == 302
    match = BankMatch.in_force().get(line=row)
    assert (match.by, match.note, match.settled_by) == ("by_hand", "银行晚入账", world.users["province"])
    shown = client.get(f"/ledger/bank/statements/{row.statement_id}/").content.decode()
    assert "人工核对" in shown
    assert "1项待处理" in shown
    sent = {"step": "unmatch", "unmatch-note": "选错了"}
    assert client.post(f"/ledger/bank/lines/{row.pk}/", sent).status_code == 302
    assert not BankMatch.in_force().filter(line=row).exists()
    history = client.get(f"/ledger/bank/lines/{row.pk}/").context["history"]
    assert [(who.username, note) for _, who, _, note in history] == [("province", "银行晚入账"), ("province", "选错了")]
    treatment.match(row, entry, "确认", at(22), by=world.users["province"])
    assert [(m.line_turn, m.entry_turn) for m in BankMatch.objects.filter(line=row)] == [(0, 0), (1, 1)]


def test_what_was_taken_back_is_not_put_together_again_by_rule(world: Any, books: Books) -> None:
    row, user = line(1000_00), world.users["province"]
    treatment.unmatch(row, "不是同一笔", at(22), by=user)
    assert bank.settle(books.bank_account, at(22), by=user) == 0
    found = positions.position(BankStatement.objects.get())
    assert row.pk in [open_line.number for open_line in found.reconciliation.bank_only]
    assert (found.waiting, found.reconciliation.unexplained) == (0, 0)


def test_the_table_lets_a_line_and_an_entry_stand_in_one_match_only(world: Any, books: Books) -> None:
    taken = BankMatch.in_force().get(entry__transfer_id="d1")
    other = Entry.objects.get(transfer_id="d2")
    for row, entry in ((line(-3_00), taken.entry), (taken.line, other)):
        with pytest.raises(DatabaseError), transaction.atomic():
            BankMatch(line=row, bank_account=books.bank_account, entry=entry, by="by_hand", settled_at=at(9)).save()


def test_a_match_needs_equal_amounts_open_sides_and_a_note(world: Any, books: Books) -> None:
    user, row = world.users["province"], line(500_00)
    first, second = (Entry.objects.get(transfer_id=key) for key in ("d1", "d2"))
    cases = [
        (line(-3_00), second, "x", "bank.not_equal"),
        (row, Entry.objects.get(transfer_id="f1"), "x", "bank.not_equal"),
        (line(1000_00), second, "x", "bank.settled"),
        (row, first, "x", "bank.settled"),
        (row, second, " \t", "bank.note"),
    ]
    for who, entry, note, code in cases:
        with pytest.raises(InvalidValue) as caught:
            treatment.match(who, entry, note, at(22), by=user)
        assert refusal(caught) == code
    with pytest.raises(InvalidValue) as caught:
        treatment.unmatch(row, "x", at(22), by=user)
    assert refusal(caught) == "bank.not_settled"


def test_a_fee_is_booked_once_and_matched(world: Any, books: Books) -> None:
    client, row = world.client("province"), line(-3_00)
    sent = {"step": "book", "book-kind": "fee", "book-note": "一月管理费"}
    assert client.post(f"/ledger/bank/lines/{row.pk}/", sent).status_code == 302
    entry = BankMatch.in_force().get(line=row).entry
    assert (entry.debit_id, entry.credit_id, entry.posted) == (f"bank-fee:{books.bank.pk}", books.bank.pk, 3_00)
    assert entry.debit is not None
    assert (entry.debit.kind, entry.debit.owner, entry.debit.region) == ("expense", "platform", books.bank.region)
    again = client.post(f"/ledger/bank/lines/{row.pk}/", sent)
    assert "已核对" in again.content.decode()
    assert Entry.objects.filter(transfer_id=f"bank-line:{row.pk}").count() == 1
    user = world.users["province"]
    treatment.unmatch(row, "应挂账", at(22), by=user)
    with pytest.raises(InvalidValue) as caught:
        treatment.book(row, Booking.UNKNOWN, "x", at(22), by=user)
    assert refusal(caught) == "bank.booked"
    treatment.book(row, Booking.FEE, "还是手续费", at(22), by=user)
    assert BankMatch.in_force().get(line=row).entry == entry


def test_an_unknown_receipt_waits_as_a_liability(world: Any, books: Books) -> None:
    row, user = line(500_00), world.users["superuser"]
    match = treatment.book(row, Booking.UNKNOWN, "付款人待查", at(22), by=user)
    assert match.entry.credit is not None
    assert (match.entry.credit.kind, match.entry.credit.balance.value.credits) == ("liability", 500_00)
    with pytest.raises(InvalidValue) as caught:
        treatment.book(line(-3_00), Booking.INTEREST, "x", at(22), by=user)
    assert refusal(caught) == "bank.booking"


def test_remarks_and_who_was_asked(world: Any, books: Books) -> None:
    client, row = world.client("province"), line(-3_00)
    url = f"/ledger/bank/lines/{row.pk}/"
    sent = {"step": "remark", "remark-text": "请查凭证", "remark-given_to": "superuser"}
    assert client.post(url, sent).status_code == 302
    shown = client.get(f"/ledger/bank/statements/{row.statement_id}/").content.decode()
    assert "请查凭证" in shown
    assert "交办给" in shown
    for name, words in (("nobody", "没有这个用户"), ("member", "无权处理此账户")):
        page = client.post(url, {**sent, "remark-given_to": name})
        assert words in page.content.decode()
    assert BankRemark.objects.count() == 1
    entry = Entry.objects.get(transfer_id="d2")
    item = f"/ledger/bank/accounts/{books.bank.pk}/entries/{entry.seq}/"
    assert client.post(item, {"remark-text": "银行未到账"}).status_code == 302
    page = client.get(item)
    assert [found.pk for found in page.context["lines"]] == [line(500_00).pk]
    assert [note for *_, note in page.context["history"]] == ["银行未到账"]
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_bankremark SET text = 'x'")
    assert client.post(url, {"step": "nothing"}).status_code == 404


ROLES = ("anonymous", "idle", "province", "city", "county", "operator", "member", "auditor", "superuser")


@pytest.mark.parametrize("role", ROLES)
def test_who_may_treat(role: str, world: Any, books: Books) -> None:
    client, row, entry = world.client(role), line(-3_00), Entry.objects.get(transfer_id="d2")
    may, sees = role in ("province", "superuser"), role in ("province", "superuser", "auditor")
    for url in (f"/ledger/bank/lines/{row.pk}/", f"/ledger/bank/accounts/{books.bank.pk}/entries/{entry.seq}/"):
        got = client.get(url)
        assert got.status_code == (302 if role == "anonymous" else 200 if sees else 404)
        sent = client.post(url, {"step": "remark", "remark-text": "x"}).status_code
        assert sent == (302 if may or role == "anonymous" else 403 if sees else 404)
    if role == "auditor":
        assert "办理" in got.content.decode()
        assert "保存备注" not in got.content.decode()
    assert BankRemark.objects.count() == 2 * may


def test_services_check_the_right_themselves(world: Any, books: Books) -> None:
    row, entry = line(-3_00), Entry.objects.get(transfer_id="d2")
    for role in ("operator", "auditor", "idle"):
        user = world.users[role]
        for act in (
            lambda user=user: treatment.match(row, entry, "x", at(22), by=user),
            lambda user=user: treatment.unmatch(line(1000_00), "x", at(22), by=user),
            lambda user=user: treatment.book(row, Booking.FEE, "x", at(22), by=user),
            lambda user=user: treatment.remark(books.bank_account, row, "x", at(22), by=user),
            lambda user=user: bank.tell_headings(books.bank_account, {"x": "debit"}, at(22), by=user),
        ):
            with pytest.raises(PermissionDenied):
                act()


def test_green_only_when_nothing_is_open(world: Any, books: Books) -> None:
    client, statement = world.client("auditor"), BankStatement.objects.get()
    url = f"/ledger/bank/statements/{statement.pk}/"
    page = client.get(url)
    assert page.context["position"].state == "listed"
    assert page.context["position"].open == 3
    assert "3 项待处理" in page.content.decode()
    assert "没有待处理事项" not in page.content.decode()
    user = world.users["province"]
    treatment.book(line(-3_00), Booking.FEE, "x", at(22), by=user)
    treatment.match(line(500_00), Entry.objects.get(transfer_id="d2"), "x", at(22), by=user)
    page = client.get(url)
    assert page.context["position"].state == "agreed"
    assert "没有待处理事项" in page.content.decode()


def test_mirrors_without_a_bank_and_old_statements_are_told(world: Any, books: Books) -> None:
    services.open_account(
        Account("escrow:2", "platform", AccountKind.ASSET, name="另一监管账户"), at(21), place=None, by=None
    )
    services.submit([post("e1", "escrow:2", books.here, 70_00)], at(21), by=None)
    page = world.client("auditor").get("/ledger/bank/").content.decode()
    assert "另一监管账户" in page
    assert "70.00 元没有登记对应的银行账户" in page
    assert "个月无对账单" in page
    ((row, *_, late),) = world.client("province").get("/ledger/bank/").context["rows"]
    assert late == row.months_without(date.today()) > 0  # noqa: DTZ011 - as the page has it, to the month
    assert [row.months_without(date(2026, *day)) for day in ((2, 28), (3, 6), (3, 7), (12, 1))] == [0, 0, 2, 11]
    assert "escrow:2" not in world.client("province").get("/ledger/bank/").content.decode()


@pytest.mark.parametrize("role", ["city", "county", "operator", "member"])
def test_an_empty_page_says_why(role: str, world: Any, books: Books) -> None:
    page = world.client(role).get("/ledger/bank/").content.decode()
    assert "平台已登记 1 个监管账户，都不属于您任职的" in page


HEADING = "交易日期,收入金额,支用金额,账户余额"
ROWS = "2026-02-02,,40.00,1457.00\n2026-02-03,10.00,,1467.00\n"


def upload(client: Any, books: Books, data: bytes, name: str = "feb.csv", **more: Any) -> Any:
    file = SimpleUploadedFile(name, data)
    return client.post("/ledger/bank/upload/", {"bank_account": books.bank_account.pk, "file": file, **more})


def test_a_heading_is_asked_once_and_kept_for_the_account(world: Any, books: Books) -> None:
    client, data = world.client("province"), f"{HEADING}\n{ROWS}".encode()
    page = upload(client, books, data)
    assert [heading for heading, _ in page.context["form"].asked] == ["支用金额"]
    assert 'name="meaning-0"' in page.content.decode()
    told: dict[str, Any] = {"heading": ["支用金额"], "meaning-0": "debit"}
    assert upload(client, books, data, **told).status_code == 302
    assert [(h.heading, h.meaning, h.told_by) for h in BankHeading.objects.all()] == [
        ("支用金额", "debit", world.users["province"])
    ]
    again = upload(client, books, b"hello", "x.csv")
    assert "不变：支出（借方）金额" in again.content.decode()
    march = f"{HEADING}\n2026-03-02,,7.00,1460.00\n".encode()
    assert upload(client, books, march, "mar.csv").status_code == 302
    assert BankLine.objects.get(booked_on=date(2026, 3, 2)).amount == -7_00
    bank.tell_headings(books.bank_account, {"支用金额": "aside"}, at(80), by=None)
    assert bank.told_headings(books.bank_account) == {"支用金额": "aside"}
    other = BankAccount(account=books.fees, bank="x", number="7777777")
    other.save()
    assert bank.told_headings(other) == {}
    with pytest.raises(InvalidValue, match="no such meaning"):
        bank.tell_headings(books.bank_account, {"x": "nothing"}, at(80), by=None)


def test_the_order_is_asked_where_nothing_tells_it(world: Any, books: Books) -> None:
    client = world.client("province")
    data = "交易日期,收入金额,支出金额,账户余额\n2026-02-02,50,,1547\n2026-02-02,,50,1497\n".encode()
    assert "不止一种读法" in upload(client, books, data).content.decode()
    assert upload(client, books, data, order="oldest").status_code == 302
    assert BankStatement.objects.get(first=date(2026, 2, 2)).opening == 1497_00


def test_a_workbook_is_taken_as_a_person_sees_it(world: Any, books: Books) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["账号", "622200001"])
    sheet.append(["交易日期", "收入金额", "支出金额", "账户余额", "摘要"])
    sheet.append([date(2026, 2, 2), None, 40, 1457, "货款"])
    sheet.append([date(2026, 2, 3), 10.5, None, 1467.5, "利息"])
    data = BytesIO()
    book.save(data)
    assert upload(world.client("province"), books, data.getvalue(), "feb.xlsx").status_code == 302
    assert list(BankLine.objects.filter(booked_on__month=2).values_list("amount", flat=True)) == [-40_00, 10_50]
    sheet.row_dimensions[4].hidden = True
    data = BytesIO()
    book.save(data)
    assert upload(world.client("province"), books, data.getvalue(), "feb2.xlsx").status_code == 200


def test_hints_are_told_after_an_upload(world: Any, books: Books) -> None:
    data = "交易日期,收入金额,支出金额,账户余额,客户经理\n2026-02-02,,40,1457,张三\n".encode()
    client = world.client("province")
    page = client.get(upload(client, books, data)["Location"])
    assert BankStatement.objects.count() == 2
    assert "客户经理" in page.content.decode()
