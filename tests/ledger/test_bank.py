from datetime import date

import pytest

from gongzao.kernel import InvalidInput, InvalidValue, Money
from gongzao.ledger import BankLine, BankStatement, GapKind, Span, gaps, read_statements
from gongzao.ledger.bank_xml import MAX_DEPTH, MAX_ELEMENTS
from tests.ledger.bank_files import Camt, balance, csv_rows, entry

JANUARY = (date(2026, 1, 1), date(2026, 1, 31))
LINES = (
    BankLine(1, date(2026, 1, 5), 100_000, "B1", "d:1", "示例1号有限公司", "存入"),
    BankLine(2, date(2026, 1, 6), -12_345, "B2", "", "示例2号有限公司", "付款"),
    BankLine(3, date(2026, 1, 6), -1, "B3", "", "", "手续费"),
)


def refused(data: bytes | str) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        read_statements(data.encode() if isinstance(data, str) else data, "jan.file")
    return caught.value


def codes(data: bytes | str) -> list[tuple[str, int | None, str | None]]:
    return [(p.code, p.line, p.field) for p in refused(data).problems]


def plain(lines: tuple[BankLine, ...]) -> list[tuple[object, ...]]:
    return [(x.number, x.booked_on, x.amount, x.reference, x.end_to_end_id, x.counterparty, x.text) for x in lines]


@pytest.mark.parametrize("version", [*range(2, 14)])
def test_every_version_of_camt_is_read(version: int) -> None:
    (statement,) = read_statements(Camt(LINES, 5, version=version).text().encode(), "x.xml")
    assert plain(statement.lines) == plain(LINES)
    assert (statement.account, statement.id, statement.opening, statement.closing) == ("62220001", "S1", 5, 87_659)
    assert (statement.first, statement.last) == JANUARY


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("newest_first", [False, True])
def test_csv_of_chinese_banks_is_read(encoding: str, newest_first: bool) -> None:
    heading, *rows = csv_rows(LINES, 5)
    above = ["账号：6222 0001,,户名：示例监管专户", "起始日期,20260101"]
    text = "\r\n".join([*above, heading, *(rows[::-1] if newest_first else rows), "收入合计,1000.00"])
    (statement,) = read_statements(text.encode(encoding), "x.csv")
    assert plain(statement.lines) == plain(LINES)
    assert (statement.account, statement.opening, statement.closing) == ("62220001", 5, 87_659)


def test_csv_with_amount_and_direction_and_english_headings() -> None:
    text = 'date,amount,direction,balance,account\n2026/1/5,"1,000.00",贷,1000.00,="62220001"\n2026年1月6日,1,借,999,\n'
    (statement,) = read_statements(text.encode(), "x.csv")
    assert [line.amount for line in statement.lines] == [100_000, -100]
    assert statement.account == "62220001"


def test_red_entries_and_signed_amounts_keep_their_sign() -> None:
    red = "日期,收入,支出,余额\n2026-01-05,-10.00,,90\n2026-01-06,--,-5.00,95\n"
    signed = "日期,交易金额,余额\n2026-01-05 08:00:00,-10.00,90\n2026-01-06,+5.00,95\n"
    for text in (red, signed):
        (statement,) = read_statements(text.encode(), "x.csv")
        assert [line.amount for line in statement.lines] == [-1000, 500]


def test_only_booked_entries_count_and_empty_ones_are_left_out() -> None:
    pending = entry(BankLine(9, date(2026, 1, 9), 7)).replace("BOOK", "PDNG")
    empty = entry(BankLine(9, date(2026, 1, 9), 7)).replace("0.07", "0.00")
    (statement,) = read_statements(Camt(LINES).text(extra=pending + empty).encode(), "x.xml")
    assert len(statement.lines) == 3


def test_a_collective_entry_is_read_as_its_payments() -> None:
    parts = "".join(
        f'<TxDtls><Refs><EndToEndId>e{n}</EndToEndId></Refs><Amt Ccy="CNY">{n}.00</Amt></TxDtls>' for n in (1, 2)
    )
    whole = entry(BankLine(9, date(2026, 1, 9), 300, "R"))
    start, end = whole.index("<TxDtls>"), whole.index("</NtryDtls>")
    (statement,) = read_statements(Camt(()).text(closing=300, extra=whole[:start] + parts + whole[end:]).encode(), "x")
    assert [(line.amount, line.end_to_end_id, line.reference) for line in statement.lines] == [
        (100, "e1", "R"),
        (200, "e2", "R"),
    ]
    unclear = whole[:start] + parts.replace("2.00", "5.00") + whole[end:]
    (statement,) = read_statements(Camt(()).text(closing=300, extra=unclear).encode(), "x")
    assert [line.amount for line in statement.lines] == [300]


def test_a_quiet_month_is_a_statement_without_lines() -> None:
    (statement,) = read_statements(Camt((), 77).text().encode(), "x.xml")
    assert (statement.lines, statement.opening, statement.closing) == ((), 77, 77)


def test_previous_closing_stands_in_for_opening() -> None:
    text = Camt(LINES, 5).text().replace("OPBD", "PRCD")
    assert read_statements(text.encode(), "x")[0].opening == 5


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("1000.00", "1000.0O", ("bank.amount", 9, "Amt")),
        ("1000.00", "-1000.00", ("bank.amount", 9, "Amt")),
        ("1000.00", "1000.005", ("money.fraction_of_fen", 9, "Amt")),
        ('<Amt Ccy="CNY">1000.00', '<Amt Ccy="USD">1000.00', ("bank.currency", 9, "Amt")),
        ("<Ccy>CNY</Ccy>", "<Ccy>EUR</Ccy>", ("bank.currency", 3, "Ccy")),
        ("CRDT</CdtDbtInd><Sts>", "CREDIT</CdtDbtInd><Sts>", ("bank.direction", 9, "CdtDbtInd")),
        ("<Dt>2026-01-05</Dt>", "<Dt>2026-01-35</Dt>", ("bank.date", 9, "Dt")),
        ("<BookgDt><Dt>2026-01-05</Dt></BookgDt>", "", ("bank.missing", 9, "Ntry")),
        ("CLBD", "CLAV", ("bank.missing", 3, "Stmt")),
        ("camt.053.001.08", "camt.054.001.08", ("bank.format", 2, "Document")),
    ],
)
def test_bad_camt_is_refused_with_line_and_element(old: str, new: str, expected: tuple[str, int, str]) -> None:
    text = Camt(LINES).text()
    assert text.count(old) >= 1
    assert codes(text.replace(old, new, 1)) == [expected]


def test_every_fault_is_named_at_once() -> None:
    text = Camt(LINES).text().replace("1000.00", "x").replace("2026-01-06", "soon")
    assert [code for code, _, _ in codes(text)] == ["bank.amount", "bank.date", "bank.date"]


def test_a_statement_that_does_not_add_up_is_refused() -> None:
    assert codes(Camt(LINES).text(closing=87_655)) == [("bank.sum", 3, "Stmt")]


def test_a_doubled_line_is_refused_unless_the_balances_prove_it() -> None:
    end = sum(line.amount for line in LINES)
    assert codes(Camt((*LINES, LINES[0])).text(closing=end)) == [("bank.sum", 3, "Stmt")]
    (statement,) = read_statements(Camt((*LINES, LINES[0])).text().encode(), "x")
    assert len(statement.lines) == 4
    heading, *rows = csv_rows(LINES)
    doubled = "\n".join([heading, rows[0], rows[0], *rows[1:]])
    assert codes(doubled) == [("bank.balance", 3, "balance")]


def test_a_line_dated_outside_the_period_is_taken_with_a_hint() -> None:
    early = BankLine(1, date(2025, 12, 31), 100)
    (statement,) = read_statements(Camt((early, *LINES)).text().encode(), "x")
    assert (statement.first, statement.last) == JANUARY
    assert [line.booked_on for line in statement.outside] == [date(2025, 12, 31)]
    assert [hint.code for hint in statement.hints] == ["bank.outside"]


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE Document [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE Document SYSTEM "http://127.0.0.1:9/x.dtd">',
    ],
)
def test_entities_and_document_types_are_never_read(head: str) -> None:
    text = Camt(LINES).text(head=head).replace("存入", "&x;" if "x" in head else "&b;")
    assert [code for code, _, _ in codes(text)] == ["bank.xml_unsafe"]


@pytest.mark.parametrize(
    "data",
    [
        b"<Document",
        b"<",
        b"<a>&nope;</a>",
        b'<?xml version="1.0" encoding="nope"?><a/>',
        b"\xff\xfe<\x00",
        b"<a>\xff</a>",
    ],
)
def test_broken_xml_is_refused(data: bytes) -> None:
    assert [code for code, _, _ in codes(data)] == ["bank.xml"]


def test_a_file_with_too_many_elements_is_refused() -> None:
    data = b"<a>" + b"<b/>" * MAX_ELEMENTS + b"</a>"
    assert [code for code, _, _ in codes(data)] == ["bank.too_long"]


def test_a_file_that_is_nested_too_deep_is_refused() -> None:
    assert [code for code, _, _ in codes(b"<a>" * (MAX_DEPTH + 2))] == ["bank.too_deep"]


def test_a_file_that_is_too_large_is_refused() -> None:
    assert [code for code, _, _ in codes(b"x" * (10 * 1024 * 1024 + 1))] == ["bank.file_size"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("bank.columns", None, None)]),
        ("日期,余额\n2026-01-05,1\n", [("bank.columns", 1, None)]),
        ("日期,收入,余额\n", [("bank.empty", None, None)]),
        ("日期,收入,余额\n2026-13-05,1,1\n", [("bank.date", 2, "date")]),
        ("日期,收入,余额\n2026-01-05,1.001,1\n", [("money.fraction_of_fen", 2, "credit")]),
        ("日期,收入,余额\n2026-01-05,1,\n", [("bank.amount", 2, "balance")]),
        ("日期,收入,余额\n2026-01-05,壹元,1\n", [("bank.amount", 2, "credit")]),
        ("日期,收入,余额\n2026-01-05,1e3,1\n", [("bank.amount", 2, "credit")]),
        ("日期,收入,支出,余额\n2026-01-05,1,1,1\n", [("bank.amount", 2, "credit")]),
        ("日期,收入,支出,余额\n2026-01-05,,,1\n", [("bank.amount", 2, "credit")]),
        ("日期,收入,余额,币种\n2026-01-05,1,1,美元\n", [("bank.currency", 2, "currency")]),
        ("日期,金额,收支,余额\n2026-01-05,1,?,1\n", [("bank.direction", 2, "direction")]),
        ("日期,收入,余额\n2026-01-05,1,1\n2026-01-06,1,3\n", [("bank.balance", 3, "balance")]),
        ("日期,收入,余额\n2026-01-05,9999999999999999,1\n", [("bank.amount", 2, "credit")]),
        ('日期,收入,余额\n"2026', [("table.form", 2, None)]),
        ("日期,收入,余额,流水号\n2026-01-05,1,1," + "x" * 101, [("bank.reference", 2, "reference")]),
    ],
)
def test_bad_csv_is_refused_with_line_and_column(text: str, expected: list[tuple[str, int | None, str | None]]) -> None:
    assert codes(text) == expected


def test_a_file_that_is_no_text_is_refused() -> None:
    assert codes(b"\xff\xff\xff") == [("file.encoding", 1, None)]


def test_newest_first_with_a_missing_line_names_the_line() -> None:
    heading, *rows = csv_rows([BankLine(n, date(2026, 1, n), n * 100) for n in range(1, 6)])
    del rows[2]
    assert codes("\n".join([heading, *rows[::-1]])) == [("bank.balance", 3, "balance")]


def month(first: date, last: date, opening: int, closing: int) -> BankStatement:
    moved = closing - opening
    lines = (BankLine(1, first, moved),) if moved else ()
    return BankStatement("1", first, last, opening, closing, lines)


def test_gaps_between_statements_are_named() -> None:
    january, february = month(*JANUARY, 0, 100), month(date(2026, 2, 1), date(2026, 2, 28), 100, 90)
    march = month(date(2026, 3, 1), date(2026, 3, 31), 95, 95)
    may = month(date(2026, 5, 1), date(2026, 5, 31), 95, 95)
    again = month(date(2026, 5, 20), date(2026, 6, 3), 95, 95)
    assert gaps([february.span, january.span]) == ()
    found = gaps(s.span for s in (may, march, again, february, january))
    assert [gap.kind for gap in found] == [GapKind.BALANCE, GapKind.DAYS, GapKind.OVERLAP]
    assert found[0].difference == 5


def test_two_statements_may_split_a_day() -> None:
    day = date(2026, 1, 5)
    assert gaps([Span(day, day, 0, 5), Span(day, day, 5, 9)]) == ()
    assert [gap.kind for gap in gaps([Span(day, day, 0, 5), Span(day, day, 0, 9)])] == [GapKind.OVERLAP]


@pytest.mark.parametrize("fen", [0, 10**17 + 1, 1.5])
def test_a_line_moves_a_whole_amount(fen: int) -> None:
    with pytest.raises(InvalidValue):
        BankLine(1, date(2026, 1, 1), fen)


def test_a_statement_does_not_end_before_it_begins() -> None:
    with pytest.raises(InvalidValue, match="ends on"):
        BankStatement("1", date(2026, 1, 2), date(2026, 1, 1), 0, 0, ())


def test_two_closing_balances_take_the_first() -> None:
    extra = balance("CLBD", 1, date(2026, 1, 31))
    (statement,) = read_statements(Camt(LINES).text(extra=extra).encode(), "x")
    assert Money(statement.closing) == Money(87_654)
