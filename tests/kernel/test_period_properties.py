from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzao.kernel import InvalidValue, Period, PeriodKind

RANGES = {"M": (1, 12), "Q": (1, 4), "H": (1, 2), "Y": (1, 1), "YTD": (2, 12)}


@st.composite
def periods(draw: st.DrawFn) -> Period:
    kind = draw(st.sampled_from(PeriodKind))
    return Period(draw(st.integers(1949, 2199)), kind, draw(st.integers(*RANGES[kind])))


@given(periods())
def test_written_form_reads_back(period: Period) -> None:
    assert Period.parse(str(period)) == period
    assert Period.parse(f"  {period} ") == period


@given(periods())
def test_months_and_days_agree(period: Period) -> None:
    assert 1 <= period.first_month <= period.last_month <= 12
    assert period.months == period.last_month - period.first_month + 1
    assert period.start == date(period.year, period.first_month, 1)
    assert (period.end + timedelta(days=1)).day == 1
    assert period.end.month == period.last_month


@given(periods(), periods())
def test_same_months_is_the_same_stretch_of_days(left: Period, right: Period) -> None:
    days = [(p.start, p.end) for p in (left, right)]
    assert left.same_months(right) == (days[0] == days[1]) == right.same_months(left)
    assert left.same_months(left)


@given(st.integers(1949, 2199), st.integers(2, 12))
def test_year_to_date_is_the_sum_of_its_months(year: int, last: int) -> None:
    to_date = Period(year, PeriodKind.YEAR_TO_DATE, last)
    months = [Period(year, PeriodKind.MONTH, m) for m in range(1, last + 1)]
    assert (to_date.start, to_date.end, to_date.months) == (months[0].start, months[-1].end, len(months))


@pytest.mark.parametrize(
    ("one", "other"),
    [("2025-YTD06", "2025-H1"), ("2025-YTD12", "2025"), ("2025-YTD03", "2025-Q1")],
)
def test_two_names_of_the_same_months(one: str, other: str) -> None:
    assert Period.parse(one).same_months(Period.parse(other))
    assert Period.parse(one) != Period.parse(other)


@given(periods())
def test_labels_name_the_year_in_both_languages_and_are_unambiguous(period: Period) -> None:
    assert period.label("zh").startswith(f"{period.year}年")
    assert str(period.year) in period.label("en")
    others = [Period(period.year, k, n) for k in PeriodKind for n in range(RANGES[k][0], RANGES[k][1] + 1)]
    for language in ("zh", "en"):
        assert [o for o in others if o.label(language) == period.label(language)] == [period]


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("2025", "2025年", "2025"),
        ("2025-H1", "2025年上半年", "H1 2025"),
        ("2025-H2", "2025年下半年", "H2 2025"),
        ("2025-Q3", "2025年三季度", "Q3 2025"),
        ("2025-07", "2025年7月", "2025-07"),
        ("2025-YTD02", "2025年1—2月", "Jan–Feb 2025"),
        ("2025-YTD11", "2025年1—11月", "Jan–Nov 2025"),
    ],
)
def test_labels(text: str, zh: str, en: str) -> None:
    assert Period.parse(zh) == Period.parse(text)
    assert (Period.parse(text).label("zh"), Period.parse(text).label("en")) == (zh, en)


@given(periods().filter(lambda p: p.year > 1949))
def test_previous_year_has_the_same_months(period: Period) -> None:
    before = period.previous_year
    assert (before.year, before.first_month, before.last_month) == (
        period.year - 1,
        period.first_month,
        period.last_month,
    )


def test_leap_years_end_february_on_the_29th() -> None:
    assert Period.parse("2024-02").end == date(2024, 2, 29)
    assert Period.parse("2025-YTD02").end == date(2025, 2, 28)


@pytest.mark.parametrize(
    "text",
    ["", "25", "2025-H3", "2025-Q0", "2025-Q5", "2025-7", "2025年末", "2025-H1x", "2025/07", "H1 2025", "2025-YTD2"],
)
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Period.parse(text)
    assert caught.value.code == "period.form"
    assert text in caught.value.zh


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1948", "period.year"),
        ("2200", "period.year"),
        ("2025-00", "period.number"),
        ("2025-13", "period.number"),
        ("2025-YTD01", "period.number"),
        ("2025-YTD13", "period.number"),
    ],
)
def test_out_of_range_is_refused(text: str, code: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Period.parse(text)
    assert caught.value.code == code


@pytest.mark.parametrize("text", ["2025-03-01", "2025/3/1", "2025年3月1日"])
def test_a_day_is_told_to_be_none(text: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Period.parse(text)
    assert caught.value.code == "period.date"
    assert "2025-03" in caught.value.zh


@pytest.mark.parametrize("text", ["2025年1-9月", "2025年1~9月", "２０２５年1至9月"])
def test_months_up_to_one_are_written_in_several_ways(text: str) -> None:
    assert str(Period.parse(text)) == "2025-YTD09"
