"""The contract as a Word document that carries its own clauses, so that anybody can check it.

``customXml/item1.xml`` holds the canonical JSON of the clauses in base64; its SHA-256 is the hash that the ledger
names. The same clauses always give the same bytes.
"""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from lzma import LZMAError
from typing import Any
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo
from zlib import error as zlib_error

from defusedxml import ElementTree
from docxtpl import DocxTemplate

from gongzao.kernel import InvalidValue
from gongzao.research import Contract, canonical
from gongzao.web.research.contract_text import clauses

MOST_BYTES = 10 * 1024 * 1024
"""Largest file, and largest part inside one, that is looked at."""

_PART = "customXml/item1.xml"
_NAMESPACE = "urn:gongzao:contract:1"
_ITEM = "{6F0B1C52-7C0E-4B0B-9C35-2B8B1F5C6A11}"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What zipfile and its decompressors raise on files that are damaged or no archives at all.
_BROKEN = (
    BadZipFile,
    KeyError,
    NotImplementedError,
    RuntimeError,
    OSError,
    EOFError,
    ValueError,
    zlib_error,
    LZMAError,
)
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a document holds: the canonical JSON of the clauses, and the words that a reader sees."""

    clauses: bytes
    words: tuple[str, ...]


def document(contract: Contract, *, synthetic: bool = False, draft: bool = False) -> bytes:
    """Return the contract as .docx.

    Parameters
    ----------
    contract
        The clauses.
    synthetic
        Whether the project is made up for demonstration; the document says so.
    draft
        Whether the campaign still runs; the document says so and names no hash.
    """
    template = DocxTemplate(BytesIO(_template()))
    template.render(_clean(clauses(contract, synthetic=synthetic, draft=draft)), autoescape=True)
    made = BytesIO()
    template.save(made)
    return _pack(made, canonical(contract))


@cache
def _template() -> bytes:
    return (files("gongzao.web.research") / "documents/contract.docx").read_bytes()


def _clean(value: Any) -> Any:
    """Leave out characters that XML cannot hold; the clauses themselves keep them."""
    if isinstance(value, str):
        return _ILLEGAL.sub("", value)
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value]


def _pack(made: BytesIO, data: bytes) -> bytes:
    """Add the clauses and write all parts in one order, uncompressed and without times."""
    with ZipFile(made) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    item = f'<contract xmlns="{_NAMESPACE}">{b64encode(data).decode()}</contract>'
    parts[_PART] = _HEAD + item.encode()
    # Word and LibreOffice keep a custom part when they save the file anew only if it has properties.
    store = f'<ds:schemaRefs><ds:schemaRef ds:uri="{_NAMESPACE}"/></ds:schemaRefs>'
    name = "http://schemas.openxmlformats.org/officeDocument/2006/customXml"
    parts["customXml/itemProps1.xml"] = (
        _HEAD + f'<ds:datastoreItem ds:itemID="{_ITEM}" xmlns:ds="{name}">{store}</ds:datastoreItem>'.encode()
    )
    link = f'<Relationship Id="rId1" Type="{_RELATIONS}/customXmlProps" Target="itemProps1.xml"/>'
    parts["customXml/_rels/item1.xml.rels"] = (
        _HEAD + f'<Relationships xmlns="{_PACKAGE}/relationships">{link}</Relationships>'.encode()
    )
    _insert(
        parts,
        "word/_rels/document.xml.rels",
        "</Relationships>",
        f'<Relationship Id="rIdContract" Type="{_RELATIONS}/customXml" Target="../{_PART}"/>',
    )
    kind = "application/vnd.openxmlformats-officedocument.customXmlProperties+xml"
    _insert(
        parts,
        "[Content_Types].xml",
        "</Types>",
        f'<Override PartName="/customXml/itemProps1.xml" ContentType="{kind}"/>',
    )
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_STORED) as archive:
        for name in sorted(parts, key=lambda name: (name != "[Content_Types].xml", name)):
            archive.writestr(ZipInfo(name, _EPOCH), parts[name])
    return packed.getvalue()


def _insert(parts: dict[str, bytes], name: str, end: str, more: str) -> None:
    parts[name] = parts[name].replace(end.encode(), f"{more}{end}".encode())


def open_document(content: bytes) -> Opened:
    """Return the clauses and the words of a .docx.

    Raises
    ------
    InvalidValue
        ``contract.file`` if it is no .docx of a contract.
    """
    try:
        with ZipFile(BytesIO(content)) as archive:
            names = archive.namelist()
            items = [name for name in names if re.fullmatch(r"customXml/item\d{1,3}\.xml", name)]
            held = [_read(archive, name) for name in items[:20]]
            body = _read(archive, "word/document.xml")
    except _BROKEN as error:
        raise _no_contract() from error
    try:
        roots = [ElementTree.fromstring(part) for part in held]
        ours = [root.text or "" for root in roots if root.tag == f"{{{_NAMESPACE}}}contract"]
        found = b64decode(ours[0], validate=True) if len(ours) == 1 else b""
        words = _words(ElementTree.fromstring(body))
    except (ElementTree.ParseError, ValueError) as error:
        raise _no_contract() from error
    if not found:
        raise _no_contract()
    return Opened(found, words)


def _read(archive: ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > MOST_BYTES:
        raise ValueError(name)
    with archive.open(name) as part:
        content = part.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(name)
    return content


def _words(root: Any) -> tuple[str, ...]:
    """Return the text of each paragraph without spaces; what was struck out and what was put in counts too."""
    found = []
    for paragraph in root.iter(f"{_WORD}p"):
        texts = (e.text or "" for e in paragraph.iter() if e.tag in (f"{_WORD}t", f"{_WORD}delText"))
        found.append("".join("".join(texts).split()))
    return tuple(text for text in found if text)


def _no_contract() -> InvalidValue:
    return InvalidValue(
        "contract.file",
        en="this is no .docx of a contract made by the platform, or its clauses were removed",
        zh="这不是平台生成的合同文件（.docx），或其中的条款数据已被删除",
    )
