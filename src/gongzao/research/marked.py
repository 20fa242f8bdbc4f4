"""YAML with line numbers: entries that note what is wrong with them instead of stopping at the first fault."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TypeVar

import yaml

from gongzao.kernel import InvalidValue, Problem

T = TypeVar("T")


class Entry:
    """A mapping of a YAML file that knows its place; scalars stay text, so nothing becomes a float.

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
            name, line = str(key.value), key.start_mark.line + 1
            if name in self._nodes:
                self.refuse(name, _error("key.twice", "the key occurs twice", "键重复"), line=line)
            elif name not in known:
                names = ", ".join(known)
                self.refuse(
                    name, _error("key.unknown", f"unknown key; known: {names}", f"未知的键；可用：{names}"), line=line
                )
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
        node = self._find(
            key, yaml.ScalarNode, _error("key.text", "must be a text or number", "须为文字或数值"), required
        )
        return "" if node is None else str(node.value).strip()

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

    def mapping(self, key: str, known: Collection[str]) -> "Entry | None":
        """Return a mapping below this one."""
        node = self._find(key, yaml.MappingNode, _error("key.mapping", "must be a mapping", "须为“键: 值”的映射"), True)
        if node is None:
            return None
        return Entry(self.source, f"{self.where}.{key}".lstrip("."), node, known, self.problems)

    def entries(self, key: str, known: Collection[str]) -> Iterator["Entry"]:
        """Yield the mappings of a list; each is named by its ``id`` where it has one, else by its number."""
        found = self._find(key, yaml.SequenceNode, _error("key.list", "must be a list", "须为列表"), True)
        for i, node in enumerate([] if found is None else found.value, start=1):
            if not isinstance(node, yaml.MappingNode):
                self.refuse(key, _error("key.mapping", "must be a mapping", "须为“键: 值”的映射"))
                continue
            name = next((v.value for k, v in node.value if k.value == "id" and isinstance(v, yaml.ScalarNode)), str(i))
            yield Entry(self.source, f"{self.where}.{key}[{name}]".lstrip("."), node, known, self.problems)

    def _find(self, key: str, kind: type[T], wrong: InvalidValue, required: bool) -> T | None:
        node = self._nodes.get(key)
        if isinstance(node, kind) and getattr(node, "value", None) != "":
            return node
        if node is not None:
            self.refuse(key, wrong)
        elif required:
            self.refuse(key, _error("key.missing", "is missing", "缺少此项"))
        return None


def read_yaml(path: Path, known: Collection[str], problems: list[Problem]) -> Entry | None:
    """Return the mapping that a YAML file (UTF-8) holds; faults go to ``problems``."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError:
        problems.append(Problem(path.name, "file.encoding", "must be UTF-8 text", "须为 UTF-8 文本"))
        return None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or str(error)
        line = None if mark is None else mark.line + 1
        problems.append(Problem(path.name, "yaml.form", f"broken YAML: {said}", f"YAML格式有误：{said}", line))
        return None
    if not isinstance(node, yaml.MappingNode):
        problems.append(Problem(path.name, "yaml.form", "must be a mapping", "须为“键: 值”的映射", 1))
        return None
    return Entry(path.name, "", node, known, problems)


def _error(code: str, en: str, zh: str) -> InvalidValue:
    return InvalidValue(code, en=en, zh=zh)
