"""Whatever is uploaded, the answer is entries or problems, never a crash."""

import io
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from gongzao.kernel import InvalidInput
from gongzao.web.clusters.intake import OBSERVATION_COLUMNS, read_enterprises, read_observations

HEADER = ",".join(OBSERVATION_COLUMNS)


def _read(data: bytes) -> None:
    for read in (read_observations, read_enterprises):
        with suppress(InvalidInput):
            read(io.BytesIO(data), "f", [])


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    _read(data)


@given(st.text(max_size=300))
def test_any_text_under_a_header(text: str) -> None:
    _read(f"{HEADER}\n{text}".encode("utf-8", "surrogatepass"))


def _workbook() -> bytes:
    book = Workbook()
    book.worksheets[0].append(list(OBSERVATION_COLUMNS))
    book.worksheets[0].append(
        ["cluster:x", "revenue", 2025, 1.5, "亿元", "=", 5, "c", "", "S5", "2025-01-01", "A", 0, ""]
    )
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


WORKBOOK = _workbook()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(4, len(WORKBOOK) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_any_damaged_workbook(damage: list[tuple[int, int]]) -> None:
    data = bytearray(WORKBOOK)
    for place, byte in damage:
        data[place] = byte
    _read(bytes(data))


@given(st.integers(4, len(WORKBOOK)))
def test_any_cut_workbook(length: int) -> None:
    _read(WORKBOOK[:length])
