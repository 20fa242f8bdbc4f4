"""What a reader of a Word document sees: its words in their places, and whether anything is hidden or drawn over them.

Word has countless ways to show something else than the text of a file: hidden, white or tiny text, boxes and pictures
over it, tracked changes, fields, fonts of symbols, cells of no width. So nothing is looked for that is wrong; what is
known to be plain is named here, and a document that holds anything else does not show plainly what it says.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from defusedxml import ElementTree

from gongzao.web.kit import xml
from gongzao.web.kit.archives import Archive

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SIZE = f"{_WORD}sz"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(core|app|custom)\.xml"
    r"|customXml/(item\d{1,3}|itemProps\d{1,3}|_rels/item\d{1,3}\.xml)\.(xml|rels)"
    r"|word/(document|styles|settings|webSettings|fontTable|theme/theme1|header1|footer1)\.xml"
    r"|word/_rels/(document|settings|fontTable|header1|footer1)\.xml\.rels"
)


def _set(*names: str, by: str | None = None) -> frozenset[str]:
    return frozenset(word for line in names for word in line.split(by))


_LINKS = _set(
    "officeDocument core-properties extended-properties custom-properties customXml customXmlProps",
    "styles settings webSettings fontTable theme header footer",
)
_TARGETS = {
    "officeDocument": "word/document.xml",
    "styles": "styles.xml",
    "header": "header1.xml",
    "footer": "footer1.xml",
}
_PARENTS = {
    "t": _set("r"),
    "r": _set("p"),
    "p": _set("body tc hdr ftr"),
    "tbl": _set("body tc"),
    "tr": _set("tbl"),
    "tc": _set("tr"),
    "body": _set("document"),
    "sectPr": _set("body"),
    "instrText": _set("r"),
    "fldChar": _set("r"),
}
_SIDES = ("top", "left", "start", "bottom", "right", "end", "insideH", "insideV")
_TAGS = _set(
    "document body p r t br tbl tr tc hdr ftr proofErr lastRenderedPageBreak bookmarkStart bookmarkEnd",
    "rPr rFonts b bCs i iCs sz szCs color kern lang noProof snapToGrid",
    "pPr pStyle keepNext keepLines widowControl spacing ind jc outlineLvl tabs tab suppressAutoHyphens",
    "suppressLineNumbers autoSpaceDE autoSpaceDN adjustRightInd overflowPunct bidi",
    "tblPr tblStyle tblW tblInd tblLayout tblLook tblCellMar tblBorders tblGrid gridCol trPr cantSplit tblHeader",
    "trHeight tcPr tcW tcBorders vAlign",
    *_SIDES,
    "sectPr headerReference footerReference type pgSz pgMar cols docGrid pgNumType formProt textDirection",
)
_FIELDS = _TAGS | _set("fldChar instrText")
_STYLES = _TAGS | _set(
    "styles docDefaults rPrDefault pPrDefault latentStyles lsdException style name basedOn next link uiPriority",
    "qFormat rsid semiHidden unhideWhenUsed aliases autoRedefine locked",
)
_FONTS = _set(
    "Times New Roman|Courier New|Arial|Calibri|Calibri Light|Cambria|DejaVu Sans|DejaVu Serif|Liberation Sans",
    "Liberation Serif|SimSun|宋体|SimHei|黑体|FangSong|仿宋|KaiTi|楷体|DengXian|等线|等线 Light|Noto Sans CJK SC",
    "Noto Serif CJK SC|",
    by="|",
)
_SPACER = "10"
"""Size of a line without text [half points]."""
_RANGES = {
    "sz": {"val": (14, 144)},
    "gridCol": {"w": (400, 12_000)},
    "tcW": {"w": (400, 12_000)},
    "tblInd": {"w": (0, 400)},
    "ind": {
        **dict.fromkeys(("left", "right", "start", "end", "hanging", "leftChars", "rightChars"), (0, 0)),
        "firstLine": (0, 600),
        "firstLineChars": (0, 200),
    },
    "spacing": {"line": (170, 1500), "before": (0, 1500), "after": (0, 1500)},
    "pgSz": {"w": (11_000, 13_000), "h": (15_000, 18_000)},
    "pgMar": dict.fromkeys(("top", "right", "bottom", "left", "header", "footer", "gutter"), (0, 3000)),
    "trHeight": {"val": (0, 15_000)},
    "docGrid": {"linePitch": (200, 1000), "charSpace": (0, 0)},
    "cols": {"num": (1, 1), "space": (0, 2000)},
    "kern": {"val": (0, 100)},
    **{side: {"w": (0, 150), "sz": (0, 24), "space": (0, 31)} for side in _SIDES},
}
"""Least and most of numbers in attributes: letters that are seen, cells with room for them, text on the page."""
_ONLY = {
    "color": {"val": _set("auto 000000")},
    "spacing": {"lineRule": _set("auto atLeast")},
    "trHeight": {"hRule": _set("auto atLeast")},
    "tcW": {"type": _set("dxa")},
    "tblInd": {"type": _set("dxa")},
    "textDirection": {"val": _set("lrTb")},
    "bidi": {"val": _set("0 false")},
    "br": {"type": _set("page textWrapping")},
    **{side: {"color": _set("auto 000000"), "type": _set("dxa")} for side in _SIDES},
}
"""What attributes may say."""
_WHOLE = {
    "color": _set("val"),
    "bidi": _set("val"),
    "spacing": _set("line lineRule before after beforeLines afterLines beforeAutospacing afterAutospacing"),
}
"""Elements of which no other attribute is known to be plain."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen.

    Parameters
    ----------
    words
        The text of each paragraph without spaces, with marks where rows and cells begin; page header and footer too.
    fonts
        Fonts beyond those that are known to show letters as they are.
    plain
        Whether nothing is hidden or drawn over.
    """

    words: tuple[str, ...]
    fonts: frozenset[str]
    plain: bool


def look(archive: Archive) -> Look:
    """Return what a reader sees of a document.

    Raises
    ------
    KeyError
        A part is missing.
    ValueError
        A part is no sound XML, or there is more of it than a contract has.
    """
    budget = xml.Budget(elements=200_000)
    names = sorted(name for name in archive.names if name.endswith((".xml", ".rels")))
    roots = {name: _root(archive, name, budget) for name in names}
    told = ["word/document.xml", *(name for name in ("word/header1.xml", "word/footer1.xml") if name in roots)]
    styles, theme, table = (roots.get(f"word/{name}.xml") for name in ("styles", "theme/theme1", "fontTable"))
    plain = (
        all(_PARTS.fullmatch(name) for name in archive.names)
        and all(_is_plain_link(e) for name in names if name.endswith(".rels") for e in roots[name])
        and _is_whole(roots["word/document.xml"])
        and all(_is_plain(roots[name], _TAGS if name == told[0] else _FIELDS) for name in told)
        and (styles is None or _is_plain(styles, _STYLES))
    )
    fonts = {value for name in told for value in _fonts(roots[name])}
    fonts |= {value for root in (styles, table) if root is not None for value in _fonts(root)}
    fonts |= {e.get("typeface", "") for e in (() if theme is None else theme.iter()) if e.tag.startswith(_DRAWING)}
    words = tuple(word for name in told for word in ("", *_words(roots[name])))
    return Look(words, frozenset(fonts - _FONTS), plain)


def _root(archive: Archive, name: str, budget: xml.Budget) -> Any:
    with archive.open(name) as part:
        xml.read(part, xml.Handler({}), budget)
    return ElementTree.fromstring(archive.read(name))


def _local(element: Any) -> str:
    return str(element.tag).removeprefix(_WORD) if str(element.tag).startswith(_WORD) else ""


def _values(element: Any) -> dict[str, str]:
    return {key.removeprefix(_WORD): value for key, value in element.attrib.items() if key.startswith(_WORD)}


def _is_plain_link(link: Any) -> bool:
    kind, target = link.get("Type", "").rpartition("/")[2], link.get("Target")
    return kind in _LINKS and "TargetMode" not in link.attrib and _TARGETS.get(kind, target) == target


def _is_whole(root: Any) -> bool:
    """Whether there is one body, with one section that shows the page header and footer."""
    names = ("body", "sectPr", "headerReference", "footerReference")
    return all(sum(1 for _ in root.iter(f"{_WORD}{name}")) == 1 for name in names)


def _is_plain(root: Any, tags: frozenset[str]) -> bool:
    inside = ((parent, child) for parent in root.iter() for child in parent)
    return _local(root) in tags and all(_local(child) in tags and _fits(parent, child) for parent, child in inside)


def _fits(parent: Any, element: Any) -> bool:
    name, values = _local(element), _values(element)
    spacer = name == "sz" and values.get("val") == _SPACER and _local(parent) == "rPr"
    if name == "r" and _said(element) and any(_values(size).get("val") == _SPACER for size in element.iter(_SIZE)):
        return False
    if name == "bidi" and "val" not in values:
        return False
    return (
        _local(parent) in _PARENTS.get(name, (_local(parent),))
        and (name != "instrText" or (element.text or "").strip() == "PAGE")
        and values.keys() <= _WHOLE.get(name, values.keys())
        and all(values[key] in allowed for key, allowed in _ONLY.get(name, {}).items() if key in values)
        and (spacer or all(_within(values[key], *span) for key, span in _RANGES.get(name, {}).items() if key in values))
    )


def _within(text: str, least: int, most: int) -> bool:
    return re.fullmatch(r"\d{1,6}", text, re.ASCII) is not None and least <= int(text) <= most


def _said(run: Any) -> str:
    return "".join("".join(e.text or "" for e in run.iter(f"{_WORD}t")).split())


def _fonts(root: Any) -> Iterator[str]:
    for element in root.iter(f"{_WORD}rFonts"):
        values = _values(element)
        yield from (values[key] for key in ("ascii", "hAnsi", "eastAsia", "cs") if key in values)
    for element in root.iter(f"{_WORD}altName"):
        yield _values(element).get("val", "")


def _words(root: Any) -> Iterator[str]:
    """Yield the text of each paragraph that has any, and a mark where a row or a cell begins."""
    for element in root.iter():
        match _local(element):
            case "tr":
                yield "|"
            case "tc":
                yield "·"
            case "p":
                if text := "".join(_shown(element)):
                    yield text


def _shown(paragraph: Any) -> Iterator[str]:
    field = False
    for element in paragraph.iter():
        match _local(element):
            case "fldChar":
                field = _values(element).get("fldCharType") != "end"
            case "t" if not field:
                yield "".join((element.text or "").split())
