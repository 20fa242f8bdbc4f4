"""What plans make of figures. The registry knows no plan: an app above it says here which figures weigh, and how."""

from collections.abc import Sequence
from typing import Protocol

from gongzao.web.clusters.models import Figure


class Measure(Protocol):
    """Something public that is measured on figures of the registry."""

    def weighs(self, row: Figure) -> bool:
        """Whether it is measured on ``row``, so that a second person has to confirm it."""

    def effect(self, rows: Sequence[Figure], *, withdrawn: bool) -> list[str]:
        """Return a sentence for everything that recording (or withdrawing) ``rows`` changes in public."""


_measures: list[Measure] = []


def register(measure: Measure) -> None:
    """Let ``measure`` be asked about every figure that people report."""
    _measures.append(measure)


def weighs(row: Figure) -> bool:
    """Whether anything public is measured on ``row``."""
    return any(measure.weighs(row) for measure in _measures)


def effect(rows: Sequence[Figure], *, withdrawn: bool = False) -> list[str]:
    """Return what changes in public once ``rows``, sound and not stored yet, are recorded or withdrawn."""
    found = [row for row in rows if weighs(row)]
    return [text for measure in _measures for text in measure.effect(found, withdrawn=withdrawn)] if found else []
