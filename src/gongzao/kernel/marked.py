"""YAML with line numbers: mappings that note what is wrong with them instead of stopping at the first fault."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml

from gongzao.kernel.errors import InvalidInput, InvalidValue, Problem
from gongzao.kernel.text import read_text

T = TypeVar("T")

_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MOST_BYTES = 1024 * 1024
_MOST_DEPTH = 20
_MOST_PARTS = 100_000


class Marked:
    """A mapping of a YAML file that knows its place; every scalar is read as text, so nothing becomes a float.

    Parameters
    ----------
    source, where
        File name, and the entry's name shown before the key.
    node
        The parsed mapping.
    known
        Keys it may have.
    problems
        Where faults are noted.
    """

    def __init__(
        self, source: str, where: str, node: yaml.MappingNode, known: Collection[str], problems: list[Problem]
    ) -> None:
        self.source = source
        self.where = where
        self.line = node.start_mark.line + 1
        self.problems = problems
        self._nodes: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in self._nodes:
                self.refuse(name, _error("key.twice", "the key occurs twice", "键重复"), line=key.start_mark.line + 1)
            elif name not in known:
                error = _error(
                    "key.unknown", f"unknown key; known: {', '.join(known)}", f"未知的键；可用：{'、'.join(known)}"
                )
                self.refuse(name, error, line=key.start_mark.line + 1)
            self._nodes[name] = value

    def refuse(self, key: str, error: InvalidValue, value: str | None = None, line: int | None = None) -> None:
        """Note a problem with a key (or, with an empty key, with the whole entry)."""
        place = ".".join(part for part in (self.where, key) if part)
        if line is None:
            node = self._nodes.get(key)
            line = self.line if node is None else node.start_mark.line + 1
        self.problems.append(Problem(self.source, error.code, error.en, error.zh, line, place or None, value))

    def text(self, key: str, *, required: bool = True) -> str:
        """Return a scalar as it was written."""
        node = self._nodes.get(key)
        if isinstance(node, yaml.ScalarNode) and node.value.strip():
            return str(node.value).strip()
        if node is not None:
            self.refuse(key, _error("key.text", "must be a text or number", "须为文字或数值"))
        elif required:
            self.refuse(key, _error("key.missing", "is missing", "缺少此项"))
        return ""

    def read(self, key: str, reader: Callable[[str], T], *, required: bool = True) -> T | None:
        """Return a scalar as ``reader`` understands it; ``None`` if it is missing or wrong (then noted)."""
        text = self.text(key, required=required)
        if not text:
            return None
        try:
            return reader(text)
        except InvalidValue as error:
            self.refuse(key, error, text)
            return None

    def mapping(self, key: str, known: Collection[str], *, required: bool = True) -> "Marked | None":
        """Return a mapping below this one."""
        node = self._nodes.get(key)
        if isinstance(node, yaml.MappingNode):
            return Marked(self.source, f"{self.where}.{key}".lstrip("."), node, known, self.problems)
        if node is not None:
            self.refuse(key, _error("key.mapping", "must be a mapping", "须为“键: 值”的映射"))
        elif required:
            self.refuse(key, _error("key.missing", "is missing", "缺少此项"))
        return None

    def words(self, key: str, *, required: bool = True) -> tuple[str, str] | None:
        """Return a text in Chinese and English (``{zh: …, en: …}``)."""
        entry = self.mapping(key, ("zh", "en"), required=required)
        if entry is None:
            return None
        zh, en = entry.text("zh"), entry.text("en")
        return (zh, en) if zh and en else None

    def entries(self, key: str, known: Collection[str], *, required: bool = True) -> Iterator["Marked"]:
        """Yield the mappings of a list; each is named by its ``id`` where it has one, else by its number."""
        for i, node in enumerate(self._sequence(key, required=required), start=1):
            if not isinstance(node, yaml.MappingNode):
                self.refuse(key, _error("key.mapping", "must be a mapping", "须为“键: 值”的映射"))
                continue
            name = next((v.value for k, v in node.value if k.value == "id" and isinstance(v, yaml.ScalarNode)), str(i))
            yield Marked(self.source, f"{self.where}.{key}[{name}]".lstrip("."), node, known, self.problems)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of scalars; empty if the key is absent."""
        nodes = self._sequence(key, required=False)
        if any(not isinstance(node, yaml.ScalarNode) for node in nodes):
            self.refuse(key, _error("key.text", "must be a list of texts", "须为文字列表"))
            return ()
        return tuple(str(node.value) for node in nodes)

    def _sequence(self, key: str, *, required: bool) -> list[yaml.Node]:
        node = self._nodes.get(key)
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        if node is not None:
            self.refuse(key, _error("key.list", "must be a list", "须为列表"))
        elif required:
            self.refuse(key, _error("key.missing", "is missing", "缺少此项"))
        return []


def read_yaml(path: Path, known: Collection[str], problems: list[Problem]) -> Marked | None:
    """Return the mapping that a YAML file holds; faults go to ``problems``.

    The file is at most 1 MB, nested 20 deep and made of 100,000 parts.
    """
    source = str(path)
    try:
        text = read_text(path, most=_MOST_BYTES, gb18030=False)
        _check_size(text, source)
        node = yaml.compose(text, Loader=_LOADER)
    except InvalidInput as error:
        problems += error.problems
        return None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or str(error)
        line = None if mark is None else mark.line + 1
        problems.append(Problem(source, "yaml.form", f"broken YAML: {said}", f"YAML格式有误：{said}", line))
        return None
    if not isinstance(node, yaml.MappingNode):
        problems.append(Problem(source, "yaml.form", "must be a mapping", "须为“键: 值”的映射", 1))
        return None
    return Marked(source, "", node, known, problems)


def _check_size(text: str, source: str) -> None:
    """Refuse what is nested too deep or made of too many parts, each reference (*name) counted as all it stands for."""
    parts = 0
    named: dict[str, int] = {}
    open_since: list[tuple[str | None, int]] = []
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            parts += named.get(event.anchor or "", _MOST_PARTS)  # inside itself it has no end
        elif isinstance(event, yaml.CollectionStartEvent):
            parts += 1
            open_since.append((event.anchor, parts))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, since = open_since.pop()
            named |= {anchor: parts - since + 1} if anchor else {}
        elif isinstance(event, yaml.ScalarEvent):
            parts += 1
            named |= {event.anchor: 1} if event.anchor else {}
        if len(open_since) > _MOST_DEPTH or parts > _MOST_PARTS:
            en = f"nested deeper than {_MOST_DEPTH}, or more than {_MOST_PARTS} parts"
            zh = f"嵌套超过{_MOST_DEPTH}层，或超过{_MOST_PARTS}项"
            line = event.start_mark.line + 1 if event.start_mark else None
            raise InvalidInput([Problem(source, "yaml.size", en, zh, line)])


def _error(code: str, en: str, zh: str) -> InvalidValue:
    return InvalidValue(code, en=en, zh=zh)
