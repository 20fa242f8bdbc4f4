"""Safe reading of tables that people upload: workbooks (.xlsx) and text (.csv), with bounds on all work.

A small file can hold a huge one, so nothing is built before it is counted: parts, elements, cells and characters end
at a budget, and a sheet is read as a stream. openpyxl is not asked to open the file: it makes an object of every style,
rule and validation before a caller can count them, and fills in empty rows and columns.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from posixpath import join, normpath

from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from gongzao.kernel import InvalidInput, Problem
from gongzao.kernel.tables import LIMITS, Limits, Line, is_heading, read_lines
from gongzao.kernel.text import MAX_BYTES, decode
from gongzao.web.kit import archives, xml
from gongzao.web.kit.number_formats import MOST_FORMATS
from gongzao.web.kit.sheets import Book, Sheet, SheetReader, named

MAX_UNPACKED = 60 * 1024 * 1024
"""Largest content of an .xlsx file once unpacked [B]."""
MAX_SHEETS = 60

_HEADING_WITHIN = 10
_LINK = "http://schemas.openxmlformats.org/package/2006/relationships Relationship"
_TABLE = ("send .xlsx or .csv", "请上传 .xlsx 或 .csv")
_PICTURE = ("file.kind", f"a picture, not a table; {_TABLE[0]}", f"这是图片，不是表格；{_TABLE[1]}")
_FORMS = {
    b"\xd0\xcf\x11\xe0": (
        "file.old_excel",
        "an old .xls or a protected file; save it as .xlsx",
        "旧版 .xls 或加密文件，请另存为 .xlsx",
    ),
    b"%PDF": ("file.kind", f"a PDF, not a table; {_TABLE[0]}", f"这是 PDF，不是表格；{_TABLE[1]}"),
    b"\x89PNG": _PICTURE,
    b"\xff\xd8\xff": _PICTURE,
}
_MARKUP = re.compile(rb"\s*<(?:!doctype|html|head|body|table|meta|\?xml|style|div)", re.IGNORECASE)


def read_table_file(
    data: bytes, source: str, words: Mapping[str, str], *, limits: Limits = LIMITS
) -> list[Line] | tuple[Line, ...]:
    """Return the lines of a table that was uploaded, whether workbook or text.

    Parameters
    ----------
    data
        The file.
    source
        Its name, for messages.
    words
        Columns of the heading, each with its second word: by them the sheet is found.
    limits
        Where reading ends with an error.

    Raises
    ------
    InvalidInput
        ``file.size``; ``file.old_excel``, ``file.html`` or ``file.kind`` for what is no table;
        ``workbook.sheet`` if no sheet or more than one has the heading; what :func:`read_workbook`,
        :func:`~gongzao.kernel.text.decode` and :func:`~gongzao.kernel.tables.read_lines` refuse; and the problems of
        the sheet's cells.
    """
    check_form(data, source)
    if not data.startswith(b"PK\x03\x04"):
        return list(read_lines(decode(data, source), source, limits=limits))
    sheet = choose_sheet(
        read_workbook(data, source, limits=limits),
        lambda sheet: any(is_heading(line, words) for line in sheet.lines[:_HEADING_WITHIN]),
        source,
    )
    if sheet.problems:
        raise InvalidInput(sheet.problems)
    return sheet.lines


def check_form(data: bytes, source: str) -> None:
    """Refuse a file that is too large, or that its first bytes tell to be no table.

    Raises
    ------
    InvalidInput
        ``file.size``, ``file.old_excel``, ``file.html`` or ``file.kind``.
    """
    if len(data) > MAX_BYTES:
        size = MAX_BYTES // 1024**2
        raise _refused(source, "file.size", f"larger than {size} MB", f"文件超过{size} MB")
    for start, (code, en, zh) in _FORMS.items():
        if data.startswith(start):
            raise _refused(source, code, en, zh)
    if _MARKUP.match(data.removeprefix(b"\xef\xbb\xbf")):
        en = "a web page or XML that only bears the name of a table; open it in Excel or WPS and save it as .xlsx"
        zh = "这是网页或 XML，只是改了扩展名；请用 Excel 或 WPS 打开后另存为 .xlsx"
        raise _refused(source, "file.html", en, zh)


def choose_sheet(sheets: tuple[Sheet, ...], wanted: Callable[[Sheet], bool], source: str) -> Sheet:
    """Return the one sheet that has the heading; the others are notes, and lists of choices may be hidden.

    A workbook with one visible sheet that holds anything has nothing to choose from.

    Raises
    ------
    InvalidInput
        ``workbook.sheet`` if several have the heading, or only one that is hidden, or none.
    """
    found = [sheet for sheet in sheets if wanted(sheet)]
    hidden = [sheet.name for sheet in found if sheet.hidden]
    if hidden:
        en = f"sheet {hidden[0]!r} is hidden and holds such a table as well; show it or remove it"
        zh = f"工作表“{hidden[0]}”被隐藏，其中也有这种表；请取消隐藏或删除"
        raise _refused(source, "workbook.sheet", en, zh)
    if len(found) == 1:
        return found[0]
    names = "、".join(sheet.name for sheet in (found or sheets) if not sheet.hidden)
    if found:
        en, zh = f"several sheets hold such a table ({names}); keep one", f"有多张工作表是这种表（{names}），请只留一张"
        raise _refused(source, "workbook.sheet", en, zh)
    filled = [sheet for sheet in sheets if sheet.lines and not sheet.hidden]
    if len(filled) == 1:
        return filled[0]
    en, zh = f"no sheet has the heading of this table ({names})", f"没有一张工作表（{names}）有这种表的表头"
    raise _refused(source, "workbook.sheet", en, zh)


def read_workbook(data: bytes, source: str, *, limits: Limits = LIMITS) -> tuple[Sheet, ...]:
    """Return every sheet of an .xlsx, hidden ones as well, with cells as a person sees them.

    Raises
    ------
    InvalidInput
        ``file.size`` (too large, or too large once unpacked), ``file.xlsx`` (no readable workbook), and what
        :func:`~gongzao.kernel.tables.check_bounds` refuses.
    """
    check_form(data, source)
    try:
        with archives.Archive(data, MAX_UNPACKED) as archive:
            return _Workbook(archive, source, limits).sheets()
    except (archives.TooLarge, xml.TooMuch):
        en = "holds more than is read here, perhaps formatted but empty rows; copy the data into a new workbook"
        zh = "解压后过大或内容过多（可能有大量带格式的空行）；请把数据复制到新的工作簿"
        raise _refused(source, "file.size", en, zh) from None
    except InvalidInput:
        raise
    except (*archives.BROKEN, IndexError, StopIteration):
        raise _refused(source, "file.xlsx", "not a readable .xlsx workbook", "不是可读取的 .xlsx 工作簿") from None


class _Workbook:
    def __init__(self, archive: archives.Archive, source: str, limits: Limits) -> None:
        self.archive, self.source, self.limits = archive, source, limits
        self.budget = xml.Budget()

    def sheets(self) -> tuple[Sheet, ...]:
        main = next((target for kind, target in self.links("").values() if kind == "officeDocument"), "")
        links = self.links(main)
        listing = _Listing()
        self.read(main, listing.handler)
        if not listing.sheets or len(listing.sheets) > MAX_SHEETS:
            raise ValueError
        strings, styles = _Strings(self.budget), _Styles()
        for kind, target in links.values():
            if kind == "sharedStrings":
                self.read(target, strings.handler)
            elif kind == "styles":
                self.read(target, styles.handler)
        book = Book(self.source, self.limits, self.budget, strings.found, styles.formats, listing.epoch)
        found, cells = [], 0
        for name, hidden, link in listing.sheets:
            kind, target = links[link]
            if kind != "worksheet":  # a chart has no cells
                continue
            reader = SheetReader(book, name, hidden=hidden)
            reader.cells = cells
            self.read(target, reader.handler)
            cells = reader.cells
            found.append(reader.sheet)
        return tuple(found)

    def read(self, part: str, handler: xml.Handler) -> None:
        with self.archive.open(part) as stream:
            xml.read(stream, handler, self.budget)

    def links(self, part: str) -> dict[str, tuple[str, str]]:
        """Return kind and target of what a part refers to, by its id."""
        folder, _, name = part.rpartition("/")
        found: dict[str, tuple[str, str]] = {}

        def link(attributes: dict[str, str]) -> None:
            if attributes.get("TargetMode") != "External":
                target = attributes["Target"]
                whole = target.lstrip("/") if target.startswith("/") else normpath(join(folder, target))
                found[attributes["Id"]] = (attributes["Type"].rpartition("/")[2], whole)

        self.read(join(folder, "_rels", f"{name}.rels"), xml.Handler({_LINK: link}))
        return found


class _Listing:
    """The sheets of a workbook: name, whether hidden, and id of the link to its part."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, bool, str]] = []
        self.epoch: datetime = WINDOWS_EPOCH
        self.handler = xml.Handler(named({"sheet": self._sheet, "workbookPr": self._properties}))

    def _sheet(self, attributes: dict[str, str]) -> None:
        link = next(value for key, value in attributes.items() if key.endswith(" id"))
        self.sheets.append((attributes["name"].strip(), attributes.get("state", "visible") != "visible", link))

    def _properties(self, attributes: dict[str, str]) -> None:
        if attributes.get("date1904") in ("1", "true"):
            self.epoch = MAC_EPOCH


class _Strings:
    """The texts that cells share."""

    def __init__(self, budget: xml.Budget) -> None:
        self.budget = budget
        self.found: list[str] = []
        self.parts: list[str] = []
        self.keep = self.spoken = False
        starts = {"si": self._begin, "t": self._listen, "rPh": self._speak}
        ends = {"si": self._end, "t": self._stop, "rPh": self._be_silent}
        self.handler = xml.Handler(named(starts), named(ends), self._text)

    def _begin(self, _attributes: dict[str, str]) -> None:
        self.parts = []

    def _end(self) -> None:
        self.found.append("".join(self.parts).strip())

    def _listen(self, _attributes: dict[str, str]) -> None:
        self.keep = not self.spoken

    def _stop(self) -> None:
        self.keep = False

    def _speak(self, _attributes: dict[str, str]) -> None:
        self.spoken = True

    def _be_silent(self) -> None:
        self.spoken = False

    def _text(self, text: str) -> None:
        if self.keep:
            self.parts.append(self.budget.keep(text))


class _Styles:
    """The number format of each style."""

    def __init__(self) -> None:
        self.formats: list[str] = []
        self.own: dict[int, str] = {}
        self.of_cells = False
        starts = {"numFmt": self._format, "cellXfs": self._begin, "xf": self._style}
        self.handler = xml.Handler(named(starts), named({"cellXfs": self._end}))

    def _format(self, attributes: dict[str, str]) -> None:
        self.own[int(attributes["numFmtId"])] = attributes.get("formatCode", "")[:255]
        if len(self.own) > MOST_FORMATS:
            raise xml.TooMuch

    def _begin(self, _attributes: dict[str, str]) -> None:
        self.of_cells = True

    def _end(self) -> None:
        self.of_cells = False

    def _style(self, attributes: dict[str, str]) -> None:
        if self.of_cells:
            number = int(attributes.get("numFmtId", "0"))
            self.formats.append(self.own.get(number, BUILTIN_FORMATS.get(number, "General")))


def _refused(source: str, code: str, en: str, zh: str) -> InvalidInput:
    return InvalidInput([Problem(source, code, en, zh)])
