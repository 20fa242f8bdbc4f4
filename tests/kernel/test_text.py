"""Text files are read as what they are, or refused with the line of the first fault; names hold nothing unseen."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzao.kernel import InvalidInput, InvalidValue, Problem
from gongzao.kernel.text import decode, one_line, read_text, several_lines

# The 3,755 common characters of GB 2312, in its order.
COMMON = bytes(b for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF) for b in (high, low)).decode("gb18030")
names = st.text(st.sampled_from(COMMON[:3755]), min_size=4, max_size=12)
lists = st.lists(names, min_size=1, max_size=30).map(lambda found: "名称,数量\n" + "".join(f"{n},1\n" for n in found))


def fault(data: bytes) -> Problem:
    with pytest.raises(InvalidInput) as caught:
        decode(data, "list.csv")
    (problem,) = caught.value.problems
    return problem


@given(lists, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030"]))
def test_every_usual_encoding_is_read(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding), "list.csv") == text


@given(lists, st.data())
def test_a_text_in_utf_8_that_lost_bytes_is_never_taken_for_gb18030(text: str, data: st.DataObject) -> None:
    whole = text.encode()
    inside = [i for i, byte in enumerate(whole) if byte > 0x7F]
    place = data.draw(st.sampled_from(inside))
    cut = whole[:place] + whole[place + 1 :]
    problem = fault(cut)
    assert problem.code == "file.encoding"
    assert problem.line == whole.count(b"\n", 0, place) + 1


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfname\n\xb0\xb2",
        b"\xff\xfea",
        b"caf\xe9,1\n",
        "名".encode("utf-32"),
        b"a,\x00b",
        b"\x89PNG\r\n\x1a\n\x00",
    ],
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    assert fault(data).code == "file.encoding"


def test_a_large_file_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as large:
        decode(b"x" * 11, "list.csv", most=10)
    with pytest.raises(InvalidInput) as missing:
        read_text(tmp_path / "none.csv")
    assert (large.value.code, missing.value.code) == ("file.size", "file.unreadable")


@pytest.mark.parametrize(
    "hidden", ["\x07", "\n", "\r", "\t", "\u200b", "\u202e", "\u2066", "\ufeff", "\u2028", "\x7f", "\ue000"]
)
def test_a_name_holds_no_character_that_is_not_seen(hidden: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        one_line(f"安平县{hidden}丝网厂")
    assert caught.value.code == "text.hidden"
    assert f"U+{ord(hidden):04X}" in caught.value.zh


def test_what_stands_around_a_name_goes() -> None:
    assert one_line("\ufeff\u200b 安平县丝网厂\u200e\r\n") == "安平县丝网厂"
    assert one_line("Ünïcode · 𠮷 ①") == "Ünïcode · 𠮷 ①"


def test_a_note_may_have_lines_but_nothing_that_turns_or_rings() -> None:
    assert several_lines(" 两\r\n行\t👨‍👩‍👧 ") == "两\n行\t👨‍👩‍👧"
    for hidden in ("\x07", "\u202e", "\x00"):
        with pytest.raises(InvalidValue):
            several_lines(f"两{hidden}行")
