"""Small workbooks that would be dear to read, made anew for each test."""

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import date

from openpyxl import Workbook

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DAY = '<c s="1"><v>45000</v></c>'
SHARED = '<c t="s"><v>0</v></c>'
HIDDEN = '<col min="1" max="16384" hidden="1"/>'
RULE = '<dataValidation sqref="A1"/>'
SHEET = "xl/worksheets/sheet1.xml"


def plain() -> bytes:
    """Return a workbook with one cell of text, one number and one day."""
    book = Workbook()
    book.worksheets[0].append(["text", 1.5, date(2025, 6, 30)])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def replaced(data: bytes, **parts: str | bytes) -> bytes:
    """Return an archive with other contents of some parts, ``sheet``, ``styles``, ``strings`` and ``workbook``."""
    names = {
        "sheet": SHEET,
        "styles": "xl/styles.xml",
        "strings": "xl/sharedStrings.xml",
        "workbook": "xl/workbook.xml",
    }
    new: dict[str, str | bytes] = {}
    links = "xl/_rels/workbook.xml.rels"
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        new.update((name, old.read(name)) for name in old.namelist())
    new.update((names[key], value) for key, value in parts.items())
    if "strings" in parts:
        link = (
            f'<Relationship Id="strings" Type="{RELATION}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
        )
        with zipfile.ZipFile(io.BytesIO(data)) as old:
            new[links] = old.read(links).replace(b"</Relationships>", link.encode())
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in new.items():
            made.writestr(name, content)
    return file.getvalue()


def sheet(rows: str, before: str = "", after: str = "") -> bytes:
    """Return a workbook whose sheet holds these rows as XML."""
    return replaced(plain(), sheet=f"<worksheet {MAIN}>{before}<sheetData>{rows}</sheetData>{after}</worksheet>")


def _styles() -> bytes:
    formats = "".join(f'<numFmt numFmtId="{200 + i}" formatCode="0.0{i}&quot;x&quot;"/>' for i in range(60_000))
    cells = "".join(f'<xf numFmtId="{200 + i}"/>' for i in range(60_000))
    return replaced(
        plain(), styles=f"<styleSheet {MAIN}><numFmts>{formats}</numFmts><cellXfs>{cells}</cellXfs></styleSheet>"
    )


def _many_parts() -> bytes:
    file = io.BytesIO(plain())
    with zipfile.ZipFile(file, "a") as archive:
        for i in range(60_000):
            archive.writestr(f"x{i}", b"")
    return file.getvalue()


def _bomb() -> bytes:
    return replaced(plain(), sheet=b"<worksheet>" + b" " * 400_000_000)


def _overlapping() -> bytes:
    data = bytearray(replaced(plain(), sheet=b"<worksheet>" + b" " * 50_000_000))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        large = archive.getinfo(SHEET)
        infos = archive.infolist()
        start = archive.start_dir
    directory = bytes(data[start : data.rfind(b"PK\x05\x06")])
    entry = next(e for e in _entries(directory, len(infos)) if SHEET.encode() in e)
    more = b"".join(
        entry.replace(SHEET.encode(), f"xl/worksheets/shee{i:02}.xml".encode()[: len(SHEET)]) for i in range(20)
    )
    end = bytearray(data[data.rfind(b"PK\x05\x06") :])
    count = len(infos) + 20
    end[8:12] = count.to_bytes(2, "little") * 2
    end[12:16] = (len(directory) + len(more)).to_bytes(4, "little")
    assert large.file_size > 10_000_000
    return bytes(data[:start]) + directory + more + bytes(end)


def _entries(directory: bytes, count: int) -> Iterator[bytes]:
    place = 0
    for _ in range(count):
        sizes = [int.from_bytes(directory[place + at : place + at + 2], "little") for at in (28, 30, 32)]
        end = place + 46 + sum(sizes)
        yield directory[place:end]
        place = end


ENTITIES = '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + i)} "' + f"&{chr(97 + i)};" * 10 + '">' for i in range(9)
)

WORKBOOKS: dict[str, Callable[[], bytes]] = {
    "last row of Excel": lambda: sheet(
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="A1048576"/></row>'
    ),
    "a value in the last row": lambda: sheet('<row r="1048576"><c r="A1048576"><v>1</v></c></row>'),
    "a million empty rows": lambda: sheet("<row/>" * 1_000_000),
    "three million empty cells in a row": lambda: sheet(f'<row r="1">{"<c/>" * 3_000_000}</row>'),
    "rows that begin in the last column": lambda: sheet(
        "".join(f'<row r="{i}"><c r="XFD{i}"><v>1</v></c></row>' for i in range(1, 20_000))
    ),
    "a dimension that lies": lambda: sheet(
        '<row r="1"><c r="A1"><v>1</v></c></row>', before='<dimension ref="A1:XFD1048576"/>'
    ),
    "as many numbers as are taken": lambda: sheet(
        "".join(f'<row r="{i}">{"<c><v>12345.678</v></c>" * 14}</row>' for i in range(1, 20_000))
    ),
    "more numbers than are taken": lambda: sheet(
        "".join(f'<row r="{i}">{"<c><v>1</v></c>" * 50}</row>' for i in range(1, 20_000))
    ),
    "as many days as are taken": lambda: sheet("".join(f'<row r="{i}">{DAY * 14}</row>' for i in range(1, 20_000))),
    "formulas that refer to one another": lambda: sheet(
        "".join(f'<row r="{i}"><c><f t="shared" si="0">{"A1+" * 100}1</f></c></row>' for i in range(1, 20_000))
    ),
    "ten million shared texts": lambda: replaced(plain(), strings=f"<sst {MAIN}>{'<si/>' * 10_000_000}</sst>"),
    "one shared text without end": lambda: replaced(
        plain(), strings=f"<sst {MAIN}><si><t>{'天😀' * 6_000_000}</t></si></sst>"
    ),
    "one long text in every cell": lambda: replaced(
        sheet("".join(f'<row r="{i}">{SHARED * 14}</row>' for i in range(1, 20_000))),
        strings=f"<sst {MAIN}><si><t>{'x' * 32_000} </t></si></sst>",
    ),
    "sixty thousand styles": _styles,
    "a million hidden columns": lambda: sheet(
        '<row r="1"><c r="A1"><v>1</v></c></row>', before=f"<cols>{HIDDEN * 500_000}</cols>"
    ),
    "rules of validation": lambda: sheet("", after=f"<dataValidations>{RULE * 1_000_000}</dataValidations>"),
    "one attribute without end": lambda: sheet(f'<row r="1" x="{"y" * 50_000_000}"/>'),
    "depth": lambda: sheet("<a>" * 1_000_000),
    "entities": lambda: replaced(plain(), sheet=f"{ENTITIES}]><worksheet {MAIN}>&j;</worksheet>"),
    "a part of 400 MB": _bomb,
    "parts that overlap": _overlapping,
    "sixty thousand parts": _many_parts,
}
"""Name and maker of each; every one is below 1.5 MB as a file, but for the archive of many parts."""
