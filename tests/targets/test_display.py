from decimal import Decimal

import pytest

from gongzao.targets import LIGHTS, THRESHOLDS, Light, Nature, Qualifier, number, show


@pytest.mark.parametrize(
    ("value", "unit", "qualifier", "zh", "en"),
    [
        ("36000", "亿元", "≈", "约3.6万亿元", "about 3.6 trillion yuan"),
        ("434.0455", "亿元", "=", "434亿元", "43.4 billion yuan"),
        ("200", "万元", "=", "200万元", "2 million yuan"),
        ("5000", "元", "=", "5,000元", "5,000 yuan"),
        ("-434", "亿元", "=", "-434亿元", "-43.4 billion yuan"),
        ("5.1", "%", "=", "5.1%", "5.1 %"),
        ("-2.90", "百分点", "=", "-2.9个百分点", "-2.9 percentage points"),
        ("10000", "个", ">", "超过10,000个", "over 10,000"),
        ("428.5", "万人", "=", "428.5万人", "4,285,000"),
        ("20000", "个", "<", "不到20,000个", "under 20,000"),
        ("2", "级", "≥", "至少2级", "at least level 2"),
        ("55.3", "点", "=", "55.3", "55.3"),
        ("0", "个", "=", "0个", "0"),
    ],
)
def test_figures_in_words(value: str, unit: str, qualifier: str, zh: str, en: str) -> None:
    given = Qualifier(qualifier)
    assert (show(Decimal(value), unit, "zh", given), show(Decimal(value), unit, "en", given)) == (zh, en)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        ("0.004", None, "0"),
        ("-0.004", None, "0"),
        ("99.995", None, "100"),
        ("1234.5", None, "1,235"),
        ("10.46", 1, "10.5"),
    ],
)
def test_numbers_are_rounded_half_up_and_without_needless_zeros(value: str, digits: int | None, text: str) -> None:
    assert number(Decimal(value), digits) == text


def test_every_light_has_an_icon_and_words_of_its_own() -> None:
    assert set(LIGHTS) == set(Light)
    for looks in zip(*((look.icon, look.name.zh, look.name.en) for look in LIGHTS.values()), strict=True):
        assert len(set(looks)) == len(Light)


def test_thresholds_fall_from_ahead_to_behind() -> None:
    assert set(THRESHOLDS) == set(Nature)
    for limits in THRESHOLDS.values():
        assert limits.ahead > limits.on_track > limits.behind
