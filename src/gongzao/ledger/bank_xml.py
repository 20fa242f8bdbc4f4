"""XML as a small tree with line numbers: no entity is resolved, depth and size are bounded."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces

from defusedxml.common import DefusedXmlException

from gongzao.kernel import InvalidInput, InvalidValue, Problem

MAX_ELEMENTS = 500_000
"""Most XML elements in a file: a small file can hold very many."""

MAX_DEPTH = 60
"""Deepest nesting of elements."""

_LONG_TAG = re.compile(rb"<[^<>]{20000}")
_ENCODING = re.compile(rb"""^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["'][^>]*\?>""")
_CHINESE = re.compile(r"gb[_-]?2312(?:-80)?|gbk|gb18030|cp936|x-gbk|hz-gb-2312", re.IGNORECASE)


class Element:
    """An element with its line, its children and its text."""

    __slots__ = ("attributes", "children", "line", "parts", "tag")

    def __init__(self, tag: str, line: int, attributes: dict[str, str] | None = None) -> None:
        self.tag = tag
        self.line = line
        self.attributes = attributes
        self.children: list[Element] | None = None
        self.parts: list[str] | None = None

    @property
    def text(self) -> str:
        """The text directly inside, without blanks around it."""
        return "".join(self.parts).strip() if self.parts else ""

    def all(self, path: str) -> list["Element"]:
        """Return the elements at ``A/B/C`` below this one."""
        found = [self]
        for tag in path.split("/"):
            found = [child for element in found for child in element.children or () if child.tag == tag]
        return found

    def first(self, *paths: str) -> "Element | None":
        """Return the first element at any of the paths that holds something."""
        return next((e for path in paths for e in self.all(path) if e.text or e.children), None)

    def word(self, *paths: str) -> str:
        """Return the text at the first of the paths that has one."""
        return next((e.text for path in paths for e in self.all(path) if e.text), "")


class _Builder(ContentHandler):
    """Keeps the tree below each ``Document``; elements of foreign namespaces keep their namespace in the tag.

    What ``take`` says it has read, with the element around it, is not kept.
    """

    def __init__(self, take: Callable[[Element, Element], bool]) -> None:
        super().__init__()
        self.take = take
        self.top = Element("", 0)
        self.stack = [self.top]
        self.space = ""
        self.spaces: list[tuple[Element, str]] = []
        self.count = 0

    def setDocumentLocator(self, locator: Any) -> None:  # noqa: N802 - the name that SAX calls
        self.locator = locator

    def startElementNS(self, name: tuple[str | None, str], _: str | None, attrs: Any) -> None:  # noqa: N802
        space, local = name[0] or "", name[1]
        self.count += 1
        if self.count > MAX_ELEMENTS:
            raise InvalidValue(
                "bank.too_long", en=f"more than {MAX_ELEMENTS} elements", zh=f"XML元素超过{MAX_ELEMENTS}个"
            )
        if len(self.stack) > MAX_DEPTH:
            raise InvalidValue("bank.too_deep", en=f"nested deeper than {MAX_DEPTH}", zh=f"XML嵌套超过{MAX_DEPTH}层")
        begins = local == "Document" or (len(self.stack) == 1)
        if begins:
            self.space = space
        given = {key[1]: value for key, value in attrs.items()} if len(attrs) else None
        element = Element(local if space == self.space else f"{{{space}}}{local}", self.locator.getLineNumber(), given)
        if begins:
            self.spaces.append((element, space))
        parent = self.stack[-1]
        if parent.children is None:
            parent.children = []
        parent.children.append(element)
        self.stack.append(element)

    def endElementNS(self, _: tuple[str | None, str], __: str | None) -> None:  # noqa: N802
        element = self.stack.pop()
        parent = self.stack[-1]
        if self.take(parent, element) and parent.children:
            parent.children.pop()

    def characters(self, content: str) -> None:
        element = self.stack[-1]
        if element.parts is None:
            element.parts = []
        element.parts.append(content)


def parse(data: bytes, name: str, take: Callable[[Element, Element], bool]) -> list[tuple[Element, str]]:
    """Return the root and every ``Document`` inside it, each with its namespace.

    Parameters
    ----------
    data
        The file; in UTF-8, UTF-16, GB2312, GBK or GB18030, or what else expat knows.
    name
        Its name, for messages.
    take
        Called with an element and its parent's first (parent, element) when the element ends; true drops it.

    Raises
    ------
    InvalidInput
        ``bank.xml``, ``bank.xml_unsafe``, ``bank.too_long`` or ``bank.too_deep``.
    """
    from defusedxml.sax import make_parser  # loads the standard library's network modules, which nobody else needs

    if _LONG_TAG.search(data):
        en, zh = "a tag of more than 20000 bytes", "XML标签超过20000字节"
        raise InvalidInput([Problem(name, "bank.xml", en, zh)])
    builder = _Builder(take)
    parser = make_parser()
    parser.forbid_dtd = True
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(builder)
    try:
        parser.parse(BytesIO(_readable(data)))
    except DefusedXmlException:
        en, zh = "document types and entities are not accepted", "不接受文档类型声明或实体"
        raise InvalidInput([Problem(name, "bank.xml_unsafe", en, zh)]) from None
    except InvalidValue as error:
        raise InvalidInput([Problem(name, error.code, error.en, error.zh)]) from None
    except SAXParseException as error:
        en = f"not well-formed XML: {error.getMessage()}; cut short, or in another encoding than it declares"
        zh = "XML格式有误：文件不完整，或编码与声明不符"
        raise InvalidInput([Problem(name, "bank.xml", en, zh, error.getLineNumber())]) from None
    except (LookupError, ValueError):  # an encoding that Python or expat does not know
        en, zh = (
            "unknown encoding, or text in another encoding than declared",
            "XML编码无法识别，或内容与声明的编码不符",
        )
        raise InvalidInput([Problem(name, "bank.xml", en, zh, 1)]) from None
    return builder.spaces


def _readable(data: bytes) -> bytes:
    """Return XML in China's encodings, which expat does not know, as UTF-8."""
    declared = _ENCODING.match(data[:200])
    if not declared or not _CHINESE.fullmatch(declared[1].decode("ascii")):
        return data
    text = data.decode("gb18030")
    return text.partition("?>")[2].encode()
