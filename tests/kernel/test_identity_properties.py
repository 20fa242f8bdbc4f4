import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzao.kernel import InvalidValue, Uscc

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]


def check_character(body: str) -> str:
    """GB 32100-2015, 5.3: weighted sum modulo 31, worked out here apart from the library."""
    total = sum(ALPHABET.index(c) * w for c, w in zip(body, WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


@st.composite
def codes(draw: st.DrawFn) -> str:
    area = draw(st.sampled_from(["130100", "130582", "131125", "110000"]))
    body = draw(st.text(alphabet=ALPHABET, min_size=9, max_size=9))
    start = draw(st.sampled_from(["91", "92", "93", "11", "52", "N2", "Y1"])) + area + body
    return start + check_character(start)


@given(codes())
def test_generated_codes_are_accepted_and_normalised(code: str) -> None:
    assert Uscc(code).code == code
    assert Uscc(f" {code[:8]} {code[8:].lower()} ").code == code
    assert str(Uscc(code)) == code


@given(codes(), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_every_change_of_one_character_is_refused(code: str, place: int, character: str) -> None:
    if code[place] == character:
        return
    changed = code[:place] + character + code[place + 1 :]
    with pytest.raises(InvalidValue) as caught:
        Uscc(changed)
    digits_only = 2 <= place < 8
    assert caught.value.code == ("uscc.form" if digits_only and character.isalpha() else "uscc.checksum")
    assert changed in caught.value.en


@given(codes(), st.integers(0, 17), st.sampled_from("IOSVZ!?中"))
def test_characters_outside_the_alphabet_are_a_fault_of_form(code: str, place: int, character: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Uscc(code[:place] + character + code[place + 1 :])
    assert caught.value.code == "uscc.form"


@pytest.mark.parametrize("text", ["", "9113", "91110000600037341", "91110000600037341LL"])
def test_wrong_lengths_are_a_fault_of_form(text: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Uscc(text)
    assert caught.value.code == "uscc.form"


def test_what_stdnum_accepts_is_accepted() -> None:
    assert Uscc("91110000600037341L").code == "91110000600037341L"
