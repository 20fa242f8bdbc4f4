"""XML of uploaded files read as a stream: no document type, no entities, and an end to elements, depth and text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat

_CHUNK = 64 * 1024
_MOST_DEPTH = 40
_MOST_UNREAD = 1024 * 1024


class TooMuch(ValueError):
    """More than a reader takes; the file may be sound."""


class Budget:
    """What may still be read of one file, whatever parts it is spread over.

    Parameters
    ----------
    elements
        Elements that are begun.
    characters
        Characters that are kept.
    """

    def __init__(self, elements: int = 1_000_000, characters: int = 10_000_000) -> None:
        self.elements = elements
        self.characters = characters

    def keep(self, text: str) -> str:
        """Return a text that is kept, and count it.

        Raises
        ------
        TooMuch
            No more may be kept.
        """
        self.characters -= len(text)
        if self.characters < 0:
            raise TooMuch
        return text


@dataclass(frozen=True, slots=True)
class Handler:
    """Who is told of a part as it is read.

    Parameters
    ----------
    starts, ends
        What is called when an element begins, with its attributes, and when it ends; by ``namespace name``.
    text
        What is called with text.
    """

    starts: Mapping[str, Callable[[dict[str, str]], object]]
    ends: Mapping[str, Callable[[], object]] = field(default_factory=dict)
    text: Callable[[str], object] | None = None


def read(part: IO[bytes], handler: Handler, budget: Budget) -> None:
    """Tell ``handler`` what a part holds.

    Raises
    ------
    TooMuch
        The budget is spent, or it is nested deeper than 40.
    ValueError
        It is no well-formed XML, or has a document type.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    depth = 0
    starts, ends = handler.starts.get, handler.ends.get

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        budget.elements -= 1
        if budget.elements < 0 or depth > _MOST_DEPTH:
            raise TooMuch
        if told := starts(name):
            told(attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        if told := ends(name):
            told()

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = _refuse
    fed = 0
    try:
        while chunk := part.read(_CHUNK):
            parser.Parse(chunk)
            fed += len(chunk)
            if fed - max(parser.CurrentByteIndex, 0) > _MOST_UNREAD:  # one tag that never ends
                raise TooMuch
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise ValueError(str(error)) from None


def _refuse(*_: object) -> None:
    raise ValueError
