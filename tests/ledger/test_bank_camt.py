"""Shapes of camt.053 files as banks and standards bodies publish them, made anew."""

from datetime import date

import pytest

from gongzao.kernel import InvalidInput
from gongzao.ledger import BankLine, BankStatement, read_statements
from tests.ledger.bank_files import Camt, amount, balance, entry, side

DAY = date(2026, 1, 5)
LINES = (BankLine(1, DAY, 100_00, "B1", "o1", "甲公司", "货款"), BankLine(2, DAY, -40_00, "B2", "", "", "手续费"))
CAMT = Camt(LINES, 5_00)


def read(text: str | bytes) -> tuple[BankStatement, ...]:
    return read_statements(text.encode() if isinstance(text, str) else text, "x.xml")


def one(text: str | bytes) -> BankStatement:
    (statement,) = read(text)
    return statement


def refused(text: str | bytes) -> list[tuple[str, str | None]]:
    with pytest.raises(InvalidInput) as caught:
        read(text)
    return [(p.code, p.field) for p in caught.value.problems]


def booking(fen: int, *, head: str = "", details: str = "", status: str = "<Cd>BOOK</Cd>", day: str = "") -> str:
    return (
        f"<Ntry>{amount(fen)}{side(fen)}{head}<Sts>{status}</Sts>"
        f"<BookgDt>{day or f'<Dt>{DAY}</Dt>'}</BookgDt><NtryDtls>{details}</NtryDtls></Ntry>"
    )


def detail(inner: str, end_to_end: str = "e") -> str:
    return f"<TxDtls><Refs><EndToEndId>{end_to_end}</EndToEndId></Refs>{inner}</TxDtls>"


def with_entry(fen: int, xml: str) -> list[tuple[int, str]]:
    statement = one(Camt(()).text(closing=fen, extra=xml))
    return [(line.amount, line.end_to_end_id) for line in statement.lines]


@pytest.mark.parametrize("version", [*range(2, 14)])
def test_versions_alone_and_in_envelopes(version: int) -> None:
    text = Camt(LINES, 5_00, version=version).text()
    document = text[text.index("<Document") :]
    header = '<AppHdr xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.02"><BizMsgIdr>1</BizMsgIdr></AppHdr>'
    envelopes = [
        f"<BizMsgEnvlp>{header}{document}</BizMsgEnvlp>",
        f'<BizMsg xmlns="urn:bank:envelope">{header}{document}</BizMsg>',
        f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>{document}</e:Body></e:Envelope>',
        text.replace("urn:iso:std:iso:20022:tech:xsd:", "urn:swift:xsd:"),
    ]
    plain = one(text)
    assert [one(envelope).lines[0].amount for envelope in envelopes] == [100_00] * len(envelopes)
    assert (plain.opening, plain.closing, len(plain.lines)) == (5_00, 65_00, 2)


def test_several_documents_and_several_statements() -> None:
    february = Camt((), 65_00, date(2026, 2, 1), date(2026, 2, 28)).text()
    documents = [text[text.index("<Document") :] for text in (CAMT.text(), february)]
    assert [s.closing for s in read(f"<Batch>{''.join(documents)}</Batch>")] == [65_00, 65_00]
    inner = [text[text.index("<Stmt>") : text.index("</BkToCstmrStmt>")] for text in (CAMT.text(), february)]
    assert len(read(CAMT.text().replace(inner[0], "".join(inner)))) == 2


@pytest.mark.parametrize(
    ("space", "words"),
    [
        ("camt.052.001.08", "日间"),
        ("camt.054.001.08", "收付通知"),
        ("camt.053.001.14", "001.02 至 001.13"),
        ("pain.001.001.09", "不是 camt.053"),
    ],
)
def test_other_messages_are_refused_by_name(space: str, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(CAMT.text().replace("camt.053.001.08", space))
    (problem,) = caught.value.problems
    assert (problem.code, problem.value) == ("bank.format", f"urn:iso:std:iso:20022:tech:xsd:{space}")
    assert words in problem.zh


@pytest.mark.parametrize("encoding", ["GBK", "gb2312", "GB18030", "UTF-16", "utf-8"])
def test_encodings_of_china(encoding: str) -> None:
    text = CAMT.text().replace("UTF-8", encoding)
    assert one(text.encode(encoding)).lines[0].counterparty == "甲公司"
    assert refused(CAMT.text().encode("gbk")) == [("bank.xml", None)]


PART = '<Amt Ccy="{}">{}</Amt><CdtDbtInd>{}</CdtDbtInd>'


@pytest.mark.parametrize(
    ("parts", "lines"),
    [
        ([("CNY", "60.00", "CRDT"), ("CNY", "40.00", "CRDT")], [(60_00, "e0"), (40_00, "e1")]),
        ([("CNY", "120.00", "CRDT"), ("CNY", "20.00", "DBIT")], [(120_00, "e0"), (-20_00, "e1")]),
        ([("CNY", "100.00", "CRDT"), ("CNY", "0.00", "CRDT")], [(100_00, "e0")]),
        ([("EUR", "8.00", "CRDT"), ("EUR", "5.00", "CRDT")], [(100_00, "")]),
        ([("CNY", "33.333", "CRDT"), ("CNY", "66.667", "CRDT")], [(100_00, "")]),
        ([("CNY", "60.00", "CRDT"), ("CNY", "41.00", "CRDT")], [(100_00, "")]),
        ([("CNY", "sixty", "CRDT"), ("CNY", "40.00", "CRDT")], [(100_00, "")]),
        ([("CNY", "60.00", "KRDT"), ("CNY", "40.00", "CRDT")], [(100_00, "")]),
    ],
)
def test_parts_of_a_collective_entry(parts: list[tuple[str, str, str]], lines: list[tuple[int, str]]) -> None:
    details = "".join(detail(PART.format(*part), f"e{n}") for n, part in enumerate(parts))
    assert with_entry(100_00, booking(100_00, details=details)) == lines


def test_the_amount_of_a_part_in_yuan_stands_beside_another() -> None:
    inner = '<Amt Ccy="EUR">6.00</Amt><AmtDtls><TxAmt><Amt Ccy="CNY">50.00</Amt></TxAmt></AmtDtls>'
    details = detail(inner, "a") + detail(inner, "b")
    assert with_entry(100_00, booking(100_00, details=details)) == [(50_00, "a"), (50_00, "b")]


def test_what_an_entry_need_not_have_never_refuses_it() -> None:
    odd = detail(PART.format("USD", "x", "?") + "<RltdPties><Dbtr><Pty/></Dbtr></RltdPties><RmtInf/>", "e" * 200)
    (line,) = one(Camt(()).text(closing=7, extra=booking(7, details=odd))).lines
    assert (line.amount, line.end_to_end_id, line.counterparty) == (7, "", "")
    value = booking(7).replace(f"<BookgDt><Dt>{DAY}</Dt></BookgDt>", f"<ValDt><Dt>{DAY}</Dt></ValDt>")
    assert with_entry(7, value) == [(7, "")]
    unclear = CAMT.text().replace("2026-01-01T00:00:00+08:00", "soon")
    assert one(unclear).first == DAY


@pytest.mark.parametrize("status", ["PDNG", "<Cd>PDNG</Cd>", "<Cd>INFO</Cd>", "<Cd>FUTR</Cd>"])
def test_what_is_not_booked_is_left_out(status: str) -> None:
    assert with_entry(0, booking(7, status=status)) == []


@pytest.mark.parametrize("status", ["", "<Cd>DONE</Cd>", "<Prtry>OK</Prtry>"])
def test_a_status_that_is_not_known_is_refused(status: str) -> None:
    assert [code for code, _ in refused(Camt(()).text(closing=7, extra=booking(7, status=status)))] == ["bank.status"]


def test_a_reversal_keeps_the_side_that_it_names() -> None:
    xml = booking(50_00) + booking(-50_00, head="<RvslInd>true</RvslInd>")
    assert with_entry(0, xml) == [(50_00, ""), (-50_00, "")]


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("<DtTm>2026-01-04T16:30:00Z</DtTm>", 5),
        ("<DtTm>2026-01-05T23:30:00+08:00</DtTm>", 5),
        ("<DtTm>2026-01-05T16:00:00.000Z</DtTm>", 6),
        ("<DtTm>2026-01-05T17:00:00+01:00</DtTm>", 6),
        ("<DtTm>2026-01-05T23:59:59</DtTm>", 5),
        ("<Dt>2026-01-05+08:00</Dt>", 5),
    ],
)
def test_times_are_told_in_chinas_day(moment: str, day: int) -> None:
    (line,) = one(Camt(()).text(closing=7, extra=booking(7, day=moment))).lines
    assert line.booked_on.day == day


@pytest.mark.parametrize("word", ["NOTPROVIDED", "NONREF", "Not Provided", "NOTAVAILABLE", "N/A", "0", "000000", "-"])
def test_words_for_no_id_are_no_ids(word: str) -> None:
    assert with_entry(7, booking(7, details=detail("", word))) == [(7, "")]


def page(number: int, last: bool, lines: tuple[BankLine, ...], balances: str) -> str:
    entries = "".join(entry(line) for line in lines)
    return (
        f"<Stmt><Id>S1</Id><StmtPgntn><PgNb>{number}</PgNb><LastPgInd>{str(last).lower()}</LastPgInd></StmtPgntn>"
        f"<Acct><Id><Othr><Id>62220001</Id></Othr></Id><Ccy>CNY</Ccy></Acct>{balances}{entries}</Stmt>"
    )


def document(*pages: str) -> str:
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>M</MsgId></GrpHdr>{''.join(pages)}</BkToCstmrStmt></Document>"
    )


FIRST = page(1, False, LINES[:1], balance("OPBD", 5_00, DAY) + balance("ITBD", 105_00, DAY))
LAST = page(2, True, LINES[1:], balance("ITBD", 105_00, DAY) + balance("CLBD", 65_00, DAY))


def test_pages_are_put_together_in_their_order() -> None:
    for pages in ((FIRST, LAST), (LAST, FIRST)):
        statement = one(document(*pages))
        assert [line.amount for line in statement.lines] == [100_00, -40_00]
        assert (statement.opening, statement.closing) == (5_00, 65_00)


@pytest.mark.parametrize("pages", [(FIRST,), (LAST,), (FIRST, LAST.replace(">2<", ">3<"))])
def test_pages_that_miss_others_are_refused(pages: tuple[str, ...]) -> None:
    assert {code for code, _ in refused(document(*pages))} == {"bank.page"}


@pytest.mark.parametrize(("number", "last"), [(1, True), (1, False), (2, True)])
def test_one_page_with_both_balances_is_all(number: int, last: bool) -> None:
    whole = page(number, last, LINES, balance("OPBD", 5_00, DAY) + balance("CLBD", 65_00, DAY))
    assert one(document(whole)).closing == 65_00


def test_interim_balances_and_other_currencies_are_not_taken_for_the_statement_s() -> None:
    text = CAMT.text()
    interim = balance("OPBD", 1, DAY).replace("</Cd></CdOrPrtry>", "</Cd></CdOrPrtry><SubTp><Cd>INTM</Cd></SubTp>")
    euros = balance("CLBD", 9, DAY).replace("CNY", "EUR")
    before = text.index("<Bal>")
    assert one(text[:before] + interim + euros + text[before:]).opening == 5_00
    proprietary = text.replace("<Cd>OPBD</Cd>", "<Prtry>OPBD</Prtry>")
    assert one(proprietary).opening == 5_00


@pytest.mark.parametrize("code", ["OPBD", "CLBD"])
def test_a_balance_that_is_missing_is_named_with_what_to_do(code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(CAMT.text().replace(code, "ITAV"))
    assert "请向银行申请" in caught.value.zh


def test_equal_lines_and_days_outside_are_proved_by_the_balances() -> None:
    twice = Camt((LINES[0], LINES[0], BankLine(3, date(2025, 12, 31), 1)))
    statement = one(twice.text())
    assert len(statement.lines) == 3
    assert [hint.code for hint in statement.hints] == ["bank.outside"]
    assert refused(twice.text(closing=100_01)) == [("bank.sum", "Stmt")]
