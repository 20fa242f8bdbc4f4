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
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from defusedxml import ElementTree
from docxtpl import DocxTemplate

from gongzao.kernel import InvalidValue
from gongzao.research import Contract, canonical
from gongzao.web.kit.archives import BROKEN, Archive
from gongzao.web.research.contract_look import Look, look
from gongzao.web.research.contract_text import clauses

MOST_BYTES = 10 * 1024 * 1024
"""Largest file, and largest content of one, that is looked at."""

_PART = "customXml/item1.xml"
_NAMESPACE = "urn:gongzao:contract:1"
_ITEM = "{6F0B1C52-7C0E-4B0B-9C35-2B8B1F5C6A11}"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a document holds: the canonical JSON of the clauses, and what a reader sees of it."""

    clauses: bytes
    look: Look

    @property
    def words(self) -> tuple[str, ...]:
        """The words that a reader sees, by paragraphs."""
        return self.look.words

    def shows(self, original: "Opened") -> bool:
        """Whether a reader sees plainly what the original shows."""
        return self.look.plain and self.words == original.words and self.look.fonts <= original.look.fonts


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
    """Return the clauses of a .docx, and what a reader sees of it.

    Raises
    ------
    InvalidValue
        ``contract.file`` if it is no .docx of a contract.
    """
    try:
        with Archive(content, MOST_BYTES) as archive:
            items = [name for name in archive.names if re.fullmatch(r"customXml/item\d{1,3}\.xml", name)]
            seen = look(archive)
            roots = [ElementTree.fromstring(archive.read(name)) for name in items]
        ours = [root.text or "" for root in roots if root.tag == f"{{{_NAMESPACE}}}contract"]
        found = b64decode(ours[0], validate=True) if len(ours) == 1 else b""
    except (*BROKEN, ElementTree.ParseError) as error:
        raise _no_contract() from error
    if not found:
        raise _no_contract()
    return Opened(found, seen)


def _no_contract() -> InvalidValue:
    return InvalidValue(
        "contract.file",
        en="this is no .docx of a contract made by the platform, or its clauses were removed",
        zh="这不是平台生成的合同文件（.docx），或其中的条款数据已被删除",
    )
