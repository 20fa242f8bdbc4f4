import pickle

import pytest

from gongzao.kernel import GongzaoError, InvalidInput, InvalidValue, Money, Period, Problem

PROBLEMS = [
    Problem("a.csv", "number", "not a number", "不是数字", line=3, field="value", value="1o"),
    Problem("b.yaml", "key.missing", "is missing", "缺少此项"),
]


class Narrower(InvalidValue):
    """A subclass with a constructor of its own, as engines have."""

    def __init__(self, where: str) -> None:
        self.where = where
        super().__init__("narrow.rule", en=f"wrong at {where}", zh=f"{where}有误")


@pytest.mark.parametrize(
    "error",
    [
        GongzaoError("a.b", en="x", zh="甲"),
        InvalidValue("a.b", en="x", zh="甲"),
        InvalidInput(PROBLEMS),
        Narrower("here"),
    ],
)
def test_errors_survive_pickling(error: GongzaoError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert again.__dict__ == error.__dict__
    assert str(again) == str(error)


def test_an_error_says_the_same_in_both_languages() -> None:
    with pytest.raises(InvalidValue) as caught:
        Money.from_yuan("1.234")
    assert (caught.value.en, caught.value.zh) == (
        "an amount has at most two decimals, got 1.234",
        "金额最多两位小数，收到 1.234",
    )
    assert str(caught.value) == f"{caught.value.en} / {caught.value.zh}"
    with pytest.raises(GongzaoError, match="2025-YTD02"):
        Period.parse("soon")


def test_a_problem_names_place_rule_and_value() -> None:
    assert PROBLEMS[0].text() == "a.csv:3: value: not a number (got '1o')"
    assert PROBLEMS[0].text("zh") == "a.csv:3: value: 不是数字（值为“1o”）"
    assert PROBLEMS[1].text("zh") == "b.yaml: 缺少此项"


def test_invalid_input_carries_every_problem() -> None:
    error = InvalidInput(iter(PROBLEMS))
    assert error.problems == tuple(PROBLEMS)
    assert error.code == "number"
    assert error.en.splitlines() == [p.text("en") for p in PROBLEMS]
    assert error.zh.splitlines() == [p.text("zh") for p in PROBLEMS]


def test_invalid_input_without_a_problem_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="at least one problem"):
        InvalidInput([])
