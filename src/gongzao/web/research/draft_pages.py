"""What the pages of a draft show: sections as text, faults with their place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from gongzao.kernel import InvalidValue
from gongzao.web.research import amendments, cells
from gongzao.web.research.display import in_english, yuan
from gongzao.web.research.models import Draft
from gongzao.web.research.proposal_reader import Fault
from gongzao.web.research.sections import BY_NAME, SECTIONS, Column, Kind, Row, Section, rows_of


@dataclass(frozen=True, slots=True)
class Shown:
    """A section with its content in words, what is wrong with it, and whether it was ever filled in."""

    section: Section
    rows: list[list[tuple[str, str]]]
    faults: int
    visited: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A fault in words: the section, the place in it, and what to do."""

    section: Section
    place: str
    text: str


def sections(draft: Draft, faults: Sequence[Fault], names: dict[str, str]) -> list[Shown]:
    """Return all sections of a draft."""
    return [
        Shown(
            section,
            [texts(section, row, names) for row in rows_of(draft.data, section)] if section.name in draft.data else [],
            sum(fault.section == section.name for fault in faults),
            section.name in draft.data,
        )
        for section in SECTIONS
    ]


def texts(section: Section, row: Row, names: dict[str, str]) -> list[tuple[str, str]]:
    """Return a row as labels with words."""
    return [(str(column.label), _text(column, row.get(column.name, ""), names)) for column in section.columns]


def _text(column: Column, text: str, names: dict[str, str]) -> str:
    match column.kind:
        case Kind.CHOICE:
            return str(dict(column.choices).get(text, text or "—"))
        case Kind.MONEY:
            try:
                return yuan(cells.read_money(text))
            except InvalidValue:
                return text or "—"
        case Kind.PARTY | Kind.USCC:
            return f"{names[text]}（{text}）" if text in names else text or "—"
        case Kind.TIME:
            return text.replace("T", " ") or "—"
        case _:
            return text or "—"


def told(faults: Iterable[Fault]) -> list[Told]:
    """Return faults in words."""
    found = []
    for fault in faults:
        section = BY_NAME[fault.section]
        words = [_("第%(n)s行") % {"n": fault.row + 1}] if section.table and fault.row is not None else []
        words += [str(column.label) for column in section.columns if column.name == fault.field]
        found.append(Told(section, " · ".join(words), fault.en if in_english() else fault.zh))
    return found


def differences(
    draft: Draft, names: dict[str, str]
) -> list[tuple[Section, list[tuple[list[tuple[str, str]], list[tuple[str, str]]]]]]:
    """Return what an amendment changes, section by section, row beside row."""
    if draft.amends is None:
        return []
    return [
        (section, [_beside(section, pair, names) for pair in pairs])
        for section, pairs in amendments.differences(draft.amends, draft.data)
    ]


def _beside(
    section: Section, pair: amendments.Difference, names: dict[str, str]
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return both rows; of single fields only those that differ."""
    old = texts(section, pair.old, names) if pair.old else []
    new = texts(section, pair.new, names) if pair.new else []
    if section.table or not (old and new):
        return old, new
    differ = [n for n, field in enumerate(old) if field != new[n]]
    return [old[n] for n in differ], [new[n] for n in differ]
