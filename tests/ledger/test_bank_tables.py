import re

import pytest

from gongzao.kernel import InvalidInput, InvalidValue
from gongzao.ledger import BankStatement, Told, heading_key, read_sheet, read_statements
from gongzao.ledger.bank_headings import MEANINGS, words
from tests.ledger.bank_shapes import FEN, SHAPES, Shape, html

HEADING = "交易日期,收入金额,支出金额,账户余额"
ROWS = "\n2026-01-05,100.00,,100.00\n2026-01-06,,40.00,60.00\n"


def read(text: str, told: Told | None = None) -> BankStatement:
    (statement,) = read_statements(text.encode(), "x.csv", told)
    return statement


def amounts(text: str) -> list[int]:
    return [line.amount for line in read(text).lines]


def refused(text: str, told: Told | None = None) -> list[tuple[str, int | None, str | None]]:
    with pytest.raises(InvalidInput) as caught:
        read(text, told)
    return [(p.code, p.line, p.field) for p in caught.value.problems]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
@pytest.mark.parametrize("form", [Shape.data, html])
def test_exports_of_six_banks_are_read(shape: Shape, form) -> None:  # type: ignore[no-untyped-def]
    (statement,) = read_statements(form(shape), "x")
    assert [line.amount for line in statement.lines] == FEN
    assert (statement.opening, statement.closing) == (1000_00, 1060_50)
    assert [f"{line.booked_on:%m%d}" for line in statement.lines] == ["0105", "0106", "0107"]
    assert all("甲公司" in line.counterparty for line in statement.lines)
    assert ["货款" in statement.lines[0].text, "利息" in statement.lines[2].text] == [True, True]
    assert statement.hints == ()


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_dollars_are_refused_in_every_shape(shape: Shape) -> None:
    text = shape.data().decode(shape.encoding)
    named = re.sub(r"人民币元?|CNY|RMB", "美元", text)
    told = named if named != text else f"账户币种：USD\n{text}"
    with pytest.raises(InvalidInput) as caught:
        read_statements(told.encode(), "x")
    assert {p.code for p in caught.value.problems} == {"bank.currency"}


@pytest.mark.parametrize("heading", ["支用金额", "转帐借出额", "结汇金额", "红字标志"])
def test_an_unknown_heading_that_may_change_a_row_is_named(heading: str) -> None:
    text = HEADING.replace("支出金额", heading) + ROWS
    assert refused(text) == [("bank.heading", 1, heading)]
    assert [line.amount for line in read(text, Told({heading_key(heading): "debit"})).lines] == [10000, -4000]


def test_an_unknown_heading_that_can_change_nothing_is_told() -> None:
    statement = read(f"{HEADING},客户经理\n2026-01-05,100.00,,100.00,张三\n")
    assert [hint.code for hint in statement.hints] == ["bank.left_aside"]
    assert "客户经理" in statement.hints[0].zh


def test_a_heading_is_asked_for_where_something_needed_is_missing() -> None:
    text = f"交易日期,收入金额,支出金额,期后数{ROWS}"
    assert refused(text) == [("bank.heading", 1, "期后数"), ("bank.columns", 1, None)]
    assert read(text, Told({"期后数": "balance"})).closing == 60_00


def test_what_a_person_said_goes_before_what_is_known() -> None:
    text = "交易日期,收入金额,贷方金额,支出金额,账户余额\n2026-01-05,100,7,,100\n"
    assert refused(text) == [("bank.heading_twice", 1, "贷方金额"), ("bank.heading_twice", 1, "收入金额")]
    assert read(text, Told({"贷方金额": "aside"})).closing == 100_00


@pytest.mark.parametrize(
    "text",
    [
        f"币种：美元\n{HEADING}{ROWS}",
        f"账户币种,港币\n{HEADING}{ROWS}",
        f"Currency,EUR\n{HEADING}{ROWS}",
        f"单位：日元\n{HEADING}{ROWS}",
        f"USD 账户明细\n{HEADING}{ROWS}",
        f"本账户为美元账户\n{HEADING}{ROWS}",
        f"币种：HKD 港币\n{HEADING}{ROWS}",
        f"{HEADING}{ROWS}币种：英镑\n",
        f"交易日期,收入金额(美元),支出金额(美元),账户余额(美元){ROWS}",
        f"{HEADING},结算货币\n2026-01-05,100.00,,100.00,HKD\n",
        f"{HEADING},某列\n2026-01-05,100.00,,100.00,USD\n",
        f"{HEADING}\n2026-01-05,$100.00,,100.00\n",
        f"{HEADING}\n2026-01-05,100.00 USD,,100.00\n",
    ],
)
def test_another_currency_is_refused_wherever_it_is_told(text: str) -> None:
    assert {code for code, _, _ in refused(text)} == {"bank.currency"}


@pytest.mark.parametrize(
    "above",
    [
        "",
        "币种：人民币\n",
        "币种：RMB人民币\n",
        "币种：人民币（CNY）\n",
        "单位：元\n",
        "货币单位,人民币元\n",
        "单位：安平县某厂\n",
        "单位名称：美美元件厂\n",
    ],
)
def test_the_yuan_and_names_of_firms_pass(above: str) -> None:
    assert amounts(f"{above}{HEADING}{ROWS}") == [10000, -4000]


@pytest.mark.parametrize(
    ("above", "heading", "factor"),
    [
        ("单位：万元\n", HEADING, 10**4),
        ("金额单位,人民币千元\n", HEADING, 10**3),
        ("账户明细（万元）\n", HEADING, 10**4),
        ("本表以万元为单位\n", HEADING, 10**4),
        ("", "交易日期,收入金额(万元),支出金额(万元),账户余额(万元)", 10**4),
        ("", "交易日期,收入金额（单位：百元）,支出金额/百元,账户余额(百元)", 100),
        ("", "交易日期,收入金额(元),支出金额/元,账户余额（元）", 1),
    ],
)
def test_units_are_honoured(above: str, heading: str, factor: int) -> None:
    assert amounts(above + heading + ROWS) == [100_00 * factor, -40_00 * factor]


def test_two_units_at_once_are_refused() -> None:
    assert refused(f"交易日期,收入金额(万元),支出金额,账户余额{ROWS}") == [("bank.unit", 1, None)]
    assert refused(f"{HEADING}{ROWS}单位：万元\n") == [("bank.unit", None, None)]
    assert refused(f"单位：万元\n{HEADING}\n2026-01-05,1元,,1\n") == [("bank.unit", 3, "credit")]


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        ("100.00元", 100_00),
        ("￥100", 100_00),
        ("１００．００", 100_00),
        ('"1,234.50"', 1234_50),
        ("0.01万", 100_00),
        ("CNY 100", 100_00),
        ("100.00 CR", 100_00),
    ],
)
def test_amounts_as_banks_print_them(cell: str, fen: int) -> None:
    assert amounts(f"{HEADING}\n2026-01-05,{cell},,{fen / 100:.2f}\n") == [fen]


@pytest.mark.parametrize("cell", ["(40.00)", "（40.00）", "-40.00", "40.00-", "40.00 DR", "−40.00"])
def test_an_overdraft_in_every_writing(cell: str) -> None:
    assert read(f"{HEADING}\n2026-01-05,100,,100\n2026-01-06,,140,{cell}\n").closing == -40_00


def test_the_side_of_a_balance() -> None:
    text = f"{HEADING},余额方向\n2026-01-05,100,,100,贷\n2026-01-06,,140,40,借\n2026-01-07,40,,0,平\n"
    assert read(text).closing == 0
    assert refused(f"{HEADING},余额方向\n2026-01-05,100,,100,上\n") == [("bank.direction", 2, "balance_side")]


@pytest.mark.parametrize("cell", ['"17,4"', '"1,74,00"', "1_7", "1e3", "壹佰", "1 2", "--5", "+(5)"])
def test_an_amount_of_another_form_is_refused(cell: str) -> None:
    assert refused(f"{HEADING}\n2026-01-05,{cell},,100\n") == [("bank.amount", 2, "credit")]


@pytest.mark.parametrize(
    "words",
    [("贷", "借"), ("收入", "支出"), ("贷 Cr", "借 Dr"), ("C", "D"), ("转入", "转出"), ("来账", "往账"), ("+", "-")],
)
def test_sides_in_every_writing(words: tuple[str, str]) -> None:
    text = "日期,收支类型,交易金额,余额\n2026-01-05,{},100,100\n2026-01-06,{},40,60\n"
    assert amounts(text.format(*words)) == [10000, -4000]


def test_a_side_that_is_not_known_is_refused_by_row_and_value() -> None:
    with pytest.raises(InvalidInput) as caught:
        read("日期,收支标志,交易金额,余额\n2026-01-05,贷,100,100\n2026-01-06,冲,40,60\n")
    assert [(p.code, p.line, p.field, p.value) for p in caught.value.problems] == [
        ("bank.direction", 3, "direction", "冲")
    ]


def test_side_and_column_that_contradict_are_refused() -> None:
    assert refused("日期,借贷标志,借方金额,贷方金额,余额\n2026-01-05,借,,100,100\n") == [
        ("bank.direction", 2, "direction")
    ]


def test_amounts_without_sign_or_side() -> None:
    assert refused("日期,交易金额,余额\n2026-01-05,100,100\n2026-01-06,40,60\n") == [("bank.unsigned", None, None)]
    assert refused("日期,交易金额,余额\n2026-01-05,100,100\n") == [("bank.unsigned", None, None)]
    assert amounts("日期,交易金额,余额\n2026-01-05,100,100\n2026-01-06,40,140\n") == [10000, 4000]


def test_a_minus_in_the_debit_column_is_told_by_the_balances() -> None:
    written = "日期,收入,支出,余额\n2026-01-05,100,,100\n2026-01-06,,-40,60\n"
    red = "日期,收入,支出,余额\n2026-01-05,100,,100\n2026-01-06,,-40,140\n"
    assert (amounts(written), amounts(red)) == ([10000, -4000], [10000, 4000])
    assert refused("日期,收入,支出,余额\n2026-01-06,,-40,60\n") == [("bank.ambiguous", None, None)]
    stated = "期初余额：100.00\n日期,收入,支出,余额\n2026-01-06,,-40,60\n"
    assert amounts(stated) == [-4000]


THROUGH = "{},50,,50\n{},,50,0\n{},50,,50\n{},,50,0\n"


def test_days_decide_where_the_balances_run_both_ways() -> None:
    days = ["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08"]
    rows = (HEADING + "\n" + THROUGH.format(*days)).splitlines()
    newest = "\n".join([HEADING, *rows[:0:-1]])
    for text in ("\n".join(rows), newest):
        statement = read(text)
        assert (statement.opening, statement.closing) == (0, 0)
        assert [line.booked_on.isoformat() for line in statement.lines] == days


def test_times_decide_within_a_day_and_else_a_person_is_asked() -> None:
    newest = "交易时间,收入金额,支出金额,账户余额\n2026-01-05 10:00,,50,0\n2026-01-05 09:00,50,,50\n"
    assert amounts(newest) == [5000, -5000]
    unclear = f"{HEADING}\n2026-01-05,50,,50\n2026-01-05,,50,0\n"
    assert refused(unclear) == [("bank.ambiguous", None, None)]
    assert read(unclear, Told(oldest_first=True)).opening == 0
    assert read(unclear, Told(oldest_first=False)).opening == 50_00


def test_balances_that_run_against_the_days_are_refused() -> None:
    assert refused(f"{HEADING}\n2026-01-06,50,,50\n2026-01-05,30,,80\n") == [("bank.order", None, None)]


def test_a_row_that_moves_nothing_still_has_to_fit() -> None:
    assert refused(f"{HEADING}\n2026-01-05,100,,100\n2026-01-06,0.00,0.00,90\n") == [("bank.balance", 3, "balance")]
    assert refused("日期,支出,余额\n2026-01-05,0,100\n2026-01-06,40,60\n") == [("bank.amount", 2, "debit")]


def test_opening_rows_and_totals() -> None:
    rows = ",,,50.00,上期余额\n2026-01-05,100,,150,货款\n合计,100,0,,\n,,,150,期末余额\n打印时间：2026-02-01\n"
    text = f"{HEADING},摘要\n{rows}"
    statement = read(text)
    assert (statement.opening, statement.closing, len(statement.lines)) == (50_00, 150_00, 1)
    assert refused(text.replace("50.00", "70.00")) == [("bank.stated", None, None)]
    dated = read(f"{HEADING},摘要\n2025-12-31,0,0,50,期初余额\n2026-01-05,100,,150,\n")
    assert (dated.opening, dated.first.isoformat()) == (50_00, "2026-01-05")
    assert refused(f"{HEADING}{ROWS},,20.00,40.00\n") == [("bank.date", 4, "date")]
    assert refused(f"{HEADING},摘要{ROWS},,20.00,40.00,总计划款\n") == [("bank.date", 4, "date")]
    carried = f"{HEADING},摘要\n2026-01-05,100,,100,\n,,,100,过次页\n,,,100,承前页\n2026-01-06,,40,60,\n"
    assert amounts(carried) == [10000, -4000]
    assert refused(carried.replace("100,承前页", "90,承前页")) == [("bank.balance", 4, "balance")]


def test_other_accounts_and_unbooked_rows_are_refused() -> None:
    head = f"账号,{HEADING},交易状态\n"
    row = "{},2026-01-05,{},,{},{}\n"
    assert refused(head + row.format("62220001", 1, 1, "成功") + row.format("62220002", 1, 2, "成功")) == [
        ("bank.accounts", 3, "account")
    ]
    assert refused(head + row.format("62220001", 1, 1, "失败")) == [("bank.status", 2, "status")]


def test_an_amount_with_a_bare_comma_makes_too_many_cells() -> None:
    assert refused(f"{HEADING}\n2026-01-05,1,234.00,,1234.00\n") == [("bank.width", 2, None)]


@pytest.mark.parametrize("day", ["01/05/2026", "05.01.2026", "46027", "2026-02-30", "昨天"])
def test_a_day_of_another_form_is_refused(day: str) -> None:
    assert refused(f"{HEADING}\n{day},100,,100\n") == [("bank.date", 2, "date")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "另存为 .xlsx"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n", "图片"),
        (b"PK\x03\x04", "上传对账单"),
        (b":20:START\n:25:1\n", "MT940"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "另存为 .xlsx"),
    ],
)
def test_other_files_are_refused_with_what_to_do(data: bytes, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_statements(data, "x")
    (problem,) = caught.value.problems
    assert problem.code == "bank.format"
    assert words in problem.zh


def test_utf_8_that_was_cut_is_no_other_encoding() -> None:
    data = f"{HEADING},对方户名\n2026-01-05,1,,1,安平县丝网厂\n".encode()
    for cut in (-2, -3):
        with pytest.raises(InvalidInput) as caught:
            read_statements(data[:cut], "x")
        assert caught.value.code == "file.encoding"


def test_a_sheet_is_read_as_a_person_sees_it() -> None:
    rows = [(1, ["账户明细"]), (3, HEADING.split(",")), (5, ["2026-01-05", "100", "", "100"])]
    (statement,) = read_sheet(rows, "x.xlsx")
    assert [line.line for line in statement.lines] == [5]


def test_every_meaning_of_the_data_is_one_that_is_read() -> None:
    data = words()
    assert {*data["meanings"]} | {"aside"} == {*MEANINGS}
    for profile in data["profiles"]:
        assert {*profile["columns"].values()} <= {*MEANINGS}
        assert all(heading_key(mark) == mark for mark in profile["marks"])
    listed = [h for headings in data["meanings"].values() for h in headings] + data["aside"]
    assert [h for h in listed if heading_key(h) != h] == []


def test_a_message_is_for_people() -> None:
    with pytest.raises(InvalidInput) as caught:
        read(f"{HEADING},收款{ROWS}")
    assert "“贷方发生额”" in caught.value.zh
    assert isinstance(caught.value, InvalidInput)
    assert not isinstance(caught.value, InvalidValue)
