"""What people type is read one way, or refused with a sentence that says how to write it."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzao.kernel import (
    InvalidValue,
    Money,
    Quantity,
    Uscc,
    parse_date,
    parse_number,
    parse_percent,
    parse_time,
    parse_whole,
    parse_yuan,
    split,
)
from gongzao.kernel.dates import CHINA

numbers = st.decimals(-(10**12), 10**12, places=4, allow_nan=False, allow_infinity=False)
WIDE = str.maketrans("0123456789.,-", "０１２３４５６７８９．，－")


def refused(reader: Callable[[str], object], text: str) -> str:
    with pytest.raises(InvalidValue) as caught:
        reader(text)
    return caught.value.code


@given(numbers, st.sampled_from(["f", ",f"]), st.booleans())
def test_what_is_written_is_read_back_in_either_width(value: Decimal, form: str, wide: bool) -> None:
    text = format(value, form)
    assert parse_number(text.translate(WIDE) if wide else text) == value
    assert parse_yuan(text) == value
    assert parse_number(text.replace(",", " ")) == value


@given(st.text("0123456789.,-+_eE() ’'٣²½万", max_size=12))
def test_a_text_is_read_as_python_reads_it_without_groups_or_refused(text: str) -> None:
    bare = text.strip().replace(",", "").replace(" ", "")
    try:
        value = parse_number(text)
    except InvalidValue:
        return
    assert value == (-Decimal(bare[1:-1]) if bare.startswith("(") else Decimal(bare))


@pytest.mark.parametrize(
    "text",
    [
        "17,4",
        "1,74,00",
        "1_7",
        "12,3456",
        "0,123",
        "1,234 567",
        "1 7",
        "1e9",
        "1E99999999",
        "1.23E+11",
        "NaN",
        "-Infinity",
        "",
        "-",
        "5.",
        "1.2.3",
        "٣",
        "²",
        "十二",
        "12万",
        "12%",
        "5元",
        "((4))",
        "(-4)",
        "0x10",
        "1" * 60,
        "1\n2",
    ],
)
def test_what_could_be_read_two_ways_or_not_at_all_is_refused(text: str) -> None:
    assert refused(parse_number, text) == "number.form"
    assert refused(lambda typed: Quantity.parse(typed, "个"), text) == "number.form"


@pytest.mark.parametrize("text", ["1" * 17, "0.12345678901", "-9,999,999,999,999,999"])
def test_digits_are_bounded(text: str) -> None:
    assert refused(parse_number, text) == "number.range"


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("12万", 120000),
        ("1.2亿元", 120000000),
        ("３千万", 30000000),
        ("￥1,234.50", "1234.5"),
        ("5 百万元", 5000000),
        ("90万元", 900000),
        ("2万亿", 2 * 10**12),
        ("60 元", 60),
        ("-5万", -50000),
        ("50千元", 50000),
    ],
)
def test_amounts_bear_units(text: str, yuan: str | int) -> None:
    assert parse_yuan(text) == Decimal(yuan)
    assert Money.parse(text) == Money.from_yuan(Decimal(yuan))


@pytest.mark.parametrize("text", ["十二万", "壹万", "12万万", "万", "元", "1e9", "12w", "¥¥5", "$5", "17,4万", "5%"])
def test_what_is_no_amount_is_refused_with_one_sentence(text: str) -> None:
    assert refused(parse_yuan, text) == "money.form"


def test_a_bare_amount_counts_the_unit_beside_the_field_and_a_typed_unit_itself() -> None:
    assert [Money.parse(text, "万元").yuan for text in ("60", "60万", "60元")] == [600_000, 600_000, 60]


def test_amounts_beyond_every_cluster_are_refused() -> None:
    assert refused(parse_yuan, "99999999万亿") == "number.range"


@pytest.mark.parametrize("exponent", ["1e99999999", "1e-99999999", "-1e99999999"])
def test_no_program_can_hand_in_a_number_of_a_billion_digits(exponent: str) -> None:
    with pytest.raises(InvalidValue):
        Money.from_yuan(Decimal(exponent))
    with pytest.raises(InvalidValue):
        split(100, [Decimal(exponent), 1])


def test_percentages_and_whole_numbers() -> None:
    assert parse_percent("５．１％") == parse_percent("5.1") == Quantity.parse("5.1%", "%").value == Decimal("5.1")
    assert parse_whole("１,２３４") == 1234
    for text in ("-1", "1.5", "一", "1000000000"):
        assert refused(parse_whole, text) == "number.whole"


@pytest.mark.parametrize(
    "text", ["2027-1-5", "2027/1/5", "2027.01.05", "2027年1月5日", "20270105", "２０２７／１／５", "2027 年 1 月 5 日"]
)
def test_days_as_they_are_written_in_china(text: str) -> None:
    assert parse_date(text) == date(2027, 1, 5)
    assert parse_time(f"{text} 9:05") == datetime(2027, 1, 5, 9, 5, tzinfo=CHINA)


@pytest.mark.parametrize(
    "text", ["2027-02-30", "5/1/2027", "2027-1/5", "27-1-5", "2027-01", "0001-01-01", "2027-01-05T"]
)
def test_other_days_are_refused(text: str) -> None:
    assert refused(parse_date, text) == "date.form"
    assert refused(parse_time, f"{text} 25:00") == "time.form"


def test_a_credit_code_in_full_width_is_the_same_code() -> None:
    code = "91110000600037341L"
    assert Uscc("".join(chr(ord(c) + 0xFEE0) for c in code)).code == code


def test_the_number_of_a_day_is_told_to_be_one() -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_date("45884")
    assert "日期序号" in caught.value.zh
