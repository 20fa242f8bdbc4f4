"""Errors that help: every one says where, which rule, and the value that broke it."""

from collections.abc import Iterable
from dataclasses import dataclass


class GongzaoError(Exception):
    """Base of all errors that Gongzao raises on purpose.

    Attributes
    ----------
    code
        Stable identifier of the rule, such as ``money.too_large``; programs test this, never the text.
    en, zh
        The same sentence in English and Chinese, for logs and for pages.
    """

    def __init__(self, code: str, *, en: str, zh: str) -> None:
        self.code = code
        self.en = en
        self.zh = zh
        super().__init__(f"{en} / {zh}")

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.__dict__, self.args)


def _rebuild(cls: type[GongzaoError], state: dict[str, object], args: tuple[object, ...]) -> GongzaoError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error


class InvalidValue(GongzaoError):
    """A value broke a rule: wrong type, out of range, or not of the form asked for."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in an input file: where it stands, the rule it breaks and the value found.

    Parameters
    ----------
    source
        File name as the user gave it.
    code
        Stable identifier of the rule.
    en, zh
        The rule and what is wrong, in both languages.
    line
        Line number [1-based], if the format has lines.
    field
        Column, key or entry name.
    value
        The offending value as it was read.
    """

    source: str
    code: str
    en: str
    zh: str
    line: int | None = None
    field: str | None = None
    value: str | None = None

    def text(self, language: str = "en") -> str:
        """Return one line naming place, rule and value; ``language`` is ``"en"`` or ``"zh"``.

        >>> Problem("a.csv", "number", "not a number", "不是数字", line=3, field="value", value="1o").text()
        "a.csv:3: value: not a number (got '1o')"
        """
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        parts = [place, *([self.field] if self.field else []), self.zh if language == "zh" else self.en]
        got = (
            "" if self.value is None else (f"（值为“{self.value}”）" if language == "zh" else f" (got {self.value!r})")
        )
        return ": ".join(parts) + got


MAX_PROBLEMS = 200
"""Most problems of one file that are kept and shown; the rest is counted."""


class Problems(list[Problem]):
    """The first problems of a file, and how many more there are: a file wrong in every cell stays cheap.

    Attributes
    ----------
    rest
        Number of problems beyond :data:`MAX_PROBLEMS`.
    """

    rest = 0

    def append(self, problem: Problem) -> None:
        """Keep a problem, or count it."""
        if len(self) < MAX_PROBLEMS:
            super().append(problem)
        else:
            self.rest += 1

    def extend(self, problems: Iterable[Problem]) -> None:
        """Keep or count several."""
        for problem in problems:
            self.append(problem)

    def __iadd__(self, problems: Iterable[Problem]) -> "Problems":  # type: ignore[override,misc]  # narrower on purpose
        self.extend(problems)
        return self


class InvalidInput(GongzaoError):
    """A file that could not be accepted; nothing of it has been used.

    Attributes
    ----------
    problems
        The first :data:`MAX_PROBLEMS` of what was found.
    rest
        How many more there are.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        found = Problems()
        found += problems
        self.problems = tuple(found)
        self.rest = found.rest + (problems.rest if isinstance(problems, Problems) else 0)
        if not self.problems:
            raise ValueError("InvalidInput needs at least one problem")
        more = (f"\n… and {self.rest} more", f"\n……另有{self.rest}处问题") if self.rest else ("", "")
        super().__init__(
            self.problems[0].code,
            en="\n".join(p.text("en") for p in self.problems) + more[0],
            zh="\n".join(p.text("zh") for p in self.problems) + more[1],
        )

    @property
    def total(self) -> int:
        """How many problems were found."""
        return len(self.problems) + self.rest
