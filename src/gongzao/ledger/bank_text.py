"""Text, web pages and worksheets as rows of cells, with bounds that hold before anything is kept."""

import re
from collections.abc import Iterable, Iterator, Sequence
from html import unescape

from gongzao.kernel import InvalidInput, Problem
from gongzao.kernel.tables import Limits, Line, check_bounds, read_lines
from gongzao.ledger.bank import MAX_LINES
from gongzao.ledger.bank_headings import columns

PREAMBLE = 60
"""Most rows above the heading, in which the banks print name, number and period of the account."""

LIMITS = Limits(rows=MAX_LINES + 500, columns=100, cells=800_000, characters=2_000)
"""The bounds of a bank's table."""

_MAX_TOKENS = 1_200_000
_SEPARATORS = ",\t;|"
_TOKEN = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*)([^<>]*)>|[^<]+|<")
_SPAN = re.compile(r"colspan\s*=\s*[\"']?(\d{1,3})", re.IGNORECASE)


def text_rows(text: str, name: str) -> list[Line]:
    """Read text parted by commas, tabs, semicolons or bars: whichever makes a heading that is understood.

    Raises
    ------
    InvalidInput
        What :func:`gongzao.kernel.tables.read_lines` refuses.
    """
    separator = _separator(text)
    if text.count("\n") > 4 * LIMITS.rows or text.count(separator) > 2 * LIMITS.cells:
        en, zh = f"more than {LIMITS.rows} rows, most of them empty", f"超过{LIMITS.rows}行，且多为空行"
        raise InvalidInput([Problem(name, "file.rows", en, zh)])
    lines = read_lines(text, name, limits=LIMITS, separator=separator)
    return [Line(line.number, _cleaned(line.cells)) for line in lines]


def html_rows(text: str, name: str) -> list[Line]:
    """Read the rows of the tables of an HTML page, as many banks' sites call ``.xls``.

    Raises
    ------
    InvalidInput
        ``file.rows``, and what :func:`gongzao.kernel.tables.check_bounds` refuses.
    """
    return sheet_rows(_html(text, name), name)


def sheet_rows(rows: Iterable[tuple[int, Sequence[str]]], name: str) -> list[Line]:
    """Keep the rows that hold something, each with its number in the file.

    Raises
    ------
    InvalidInput
        What :func:`gongzao.kernel.tables.check_bounds` refuses.
    """
    kept: list[Line] = []
    count = 0
    for number, raw in rows:
        cells = _cleaned(raw)
        count += len(raw)
        check_bounds(cells, len(kept), count, number, name, LIMITS)
        if cells:
            kept.append(Line(number, cells))
    return kept


def _cleaned(raw: Sequence[str]) -> tuple[str, ...]:
    cells = [_cell(text) for text in raw]
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)


def _cell(cell: str) -> str:
    # Banks write numbers as ="123" or with a tab or an apostrophe so that spreadsheets keep every digit.
    text = cell.strip().strip("\t'").strip()
    return text[2:-1].strip() if text.startswith('="') and text.endswith('"') else text


def _separator(text: str) -> str:
    best, most = ",", 1
    for line in text[: PREAMBLE * 4_000].split("\n", PREAMBLE)[:PREAMBLE]:
        for separator in _SEPARATORS:
            if line.count(separator) <= LIMITS.columns:
                found = columns([_cell(cell.strip('" \t\r')) for cell in line.split(separator)], {})
                if len(found.places) > most:
                    best, most = separator, len(found.places)
    return best


class _Page:
    """The rows of the tables of a page, put together from its tags."""

    def __init__(self) -> None:
        self.row: list[str] = []
        self.cell: list[str] | None = None
        self.span = 1

    def begin(self, rest: str) -> None:
        """Begin a cell; ``rest`` is what its tag says."""
        self.end()
        self.cell = []
        found = _SPAN.search(rest)
        self.span = min(int(found[1]), LIMITS.columns) if found else 1

    def end(self) -> None:
        """End the cell that is open, if any."""
        if self.cell is not None:
            self.row += ["".join(self.cell), *[""] * (self.span - 1)]
            self.cell = None

    def take(self) -> list[str]:
        """Return the row that is complete now."""
        self.end()
        row, self.row = self.row, []
        return row


def _html(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    page, line, place = _Page(), 1, 0
    for count, token in enumerate(_TOKEN.finditer(text)):
        if count > _MAX_TOKENS:
            en, zh = "a page with too much markup; export fewer days", "网页表格过大，请分段导出"
            raise InvalidInput([Problem(name, "file.rows", en, zh)])
        closing, tag = token[1], (token[2] or "").lower()
        if tag in ("tr", "table"):
            if row := page.take():
                yield line, row
            line, place = line + text.count("\n", place, token.start()), token.start()
        elif tag in ("td", "th"):
            if closing:
                page.end()
            else:
                page.begin(token[3] or "")
        elif page.cell is not None:
            page.cell.append(" " if tag in ("br", "p", "div") else "" if tag else unescape(token[0]))
    if row := page.take():
        yield line, row
