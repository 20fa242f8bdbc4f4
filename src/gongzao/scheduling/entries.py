"""The one strict reader of the project's JSON: every fault names where it stands, nothing is guessed."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from types import MappingProxyType
from typing import Any, TypeVar

from gongzao.kernel import InvalidInput
from gongzao.kernel import Problem as Fault
from gongzao.scheduling.errors import InvalidProblem
from gongzao.scheduling.model import MAX_TOTAL

VERSION = 1

T = TypeVar("T")
_shown = reprlib.Repr()
_shown.maxstring = _shown.maxother = 80


class _Pairs(dict[str, Any]):
    """An object as read, with a key that stood in it twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        seen: set[str] = set()
        self.twice = next((k for k, _ in pairs if k in seen or seen.add(k)), None)  # type: ignore[func-returns-value]


class At:
    """A value of the document and where it stands, such as ``jobs[3].tasks[0].modes[1]``."""

    def __init__(self, source: str, path: str, value: Any) -> None:
        self.source, self.path, self.value = source, path, value

    def fault(self, code: str, en: str, zh: str) -> InvalidInput:
        """Return the error that names this place and its value."""
        place = self.path or "document"
        return InvalidInput(
            [Fault(self.source, f"schedule.{code}", en, zh, field=place, value=_shown.repr(self.value))]
        )

    def broken(self, error: InvalidProblem) -> InvalidInput:
        """Return the error of a rule of the model that this entry breaks."""
        return InvalidInput([Fault(self.source, error.code, error.en, error.zh, field=self.path or "document")])

    def _need(self, kind: type[T], en: str, zh: str) -> T:
        if not isinstance(self.value, kind):
            raise self.fault("kind", f"must be {en}", f"必须是{zh}")
        return self.value

    def text(self) -> str:
        """Return the value, which must be text."""
        value = self._need(str, "text", "文字")
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise self.fault("text", "holds half a character", "含有不完整的字符") from error
        return value

    def flag(self) -> bool:
        """Return the value, which must be true or false."""
        return self._need(bool, "true or false", " true 或 false")

    def whole(self, low: int = -MAX_TOTAL, high: int = MAX_TOTAL) -> int:
        """Return the value, which must be a whole number of the range."""
        if type(self.value) is not int:
            raise self.fault("not_integer", "must be a whole number", "必须是整数")
        if not low <= self.value <= high:
            raise self.fault("range", f"must be {low} to {high}", f"须在 {low} 到 {high} 之间")
        return self.value

    def items(self) -> list[At]:
        """Return the entries of the value, which must be a list."""
        values = self._need(list, "a list", "列表")
        return [At(self.source, f"{self.path}[{i}]", v) for i, v in enumerate(values)]

    def entries(self) -> dict[str, At]:
        """Return the entries of the value, which must be an object, without those that are null."""
        values = self._need(_Pairs, "an object", "对象")
        path = f"{self.path}." if self.path else ""
        if values.twice is not None:
            key = At(self.source, f"{path}{values.twice}", values[values.twice])
            raise key.fault("twice", "stands twice in one object", "在同一对象中出现两次")
        return {k: At(self.source, f"{path}{k}", v) for k, v in values.items() if v is not None}

    def known(self, names: frozenset[str]) -> dict[str, At]:
        """Return :meth:`entries`, none of which may have any other name."""
        found = self.entries()
        for key, inner in found.items():
            if key not in names:
                raise inner.fault("unknown_field", "unknown entry", "未知项")
        return found


Reader = Callable[[At], Any]


def load(text: str, source: str, kind: str) -> At:
    """Return the document without its head, which must name ``kind`` and the version.

    Raises
    ------
    InvalidInput
        ``schedule.json`` with the line, or ``schedule.format``.
    """
    try:
        data = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_Pairs)
    except json.JSONDecodeError as error:
        fault = Fault(source, "schedule.json", f"not JSON: {error.msg}", "不是合法的 JSON", line=error.lineno)
        raise InvalidInput([fault]) from error
    except (RecursionError, ValueError) as error:  # ValueError: a number of thousands of digits
        fault = Fault(source, "schedule.json", "nested too deeply, or a number is too long", "嵌套过深或数字过长")
        raise InvalidInput([fault]) from error
    at = At(source, "", data)
    head = at.entries()
    form, version = (head[key].value if key in head else None for key in ("format", "version"))
    if form != kind or type(version) is not int or version != VERSION:
        raise at.fault("format", f"must have format {kind!r} and version {VERSION}", "格式或版本不符")
    at.value = _Pairs([(k, v) for k, v in data.items() if k not in ("format", "version")])
    return at


def whole(at: At) -> int:
    """Return a whole number; the model knows its range."""
    return at.whole()


def many(reader: Reader) -> Reader:
    """Return the reader of a list of entries."""
    return lambda at: tuple(reader(item) for item in at.items())


def record(cls: type, readers: Mapping[str, Reader]) -> Reader:
    """Return the reader of an object with the fields of ``cls``: whole numbers unless ``readers`` says otherwise."""
    known = frozenset(f.name for f in fields(cls))
    return lambda at: _make(at, cls, {k: readers.get(k, whole)(inner) for k, inner in at.known(known).items()})


def row(cls: type, readers: Mapping[str, Reader] = MappingProxyType({})) -> Reader:
    """Return the reader of a list of the fields of ``cls``; null and what is left out: the default.

    They are whole numbers unless ``readers`` says otherwise. For what is short and frequent, such as ``[resource,
    duration, cost]``.
    """
    names = [f.name for f in fields(cls)]

    def build(at: At) -> Any:
        values = at.items()
        if not 1 <= len(values) <= len(names):
            raise at.fault("row", f"must list {', '.join(names)}", f"须依次列出 {', '.join(names)}")
        found = {
            name: readers.get(name, whole)(v) for name, v in zip(names, values, strict=False) if v.value is not None
        }
        return _make(at, cls, found)

    return build


def pair(at: At) -> tuple[int, int]:
    """Return two whole numbers from 0."""
    values = at.items()
    if len(values) != 2:
        raise at.fault("pair", "must be a pair", "必须是一对数")
    return values[0].whole(0), values[1].whole(0)


def _make(at: At, cls: type, values: Mapping[str, Any]) -> Any:
    missing = [f.name for f in fields(cls) if f.default is f.default_factory is MISSING and f.name not in values]
    if missing:
        raise at.fault("missing_field", f"lacks {', '.join(missing)}", f"缺少 {', '.join(missing)}")
    try:
        return cls(**values)
    except InvalidProblem as error:
        raise at.broken(error) from error
