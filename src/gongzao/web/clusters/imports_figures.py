"""Uploads of figures: a whole file or nothing of it, every problem named with its line."""

from collections.abc import Sequence
from copy import copy
from functools import partial
from typing import IO

from django.db import transaction

from gongzao.kernel import InvalidInput, Problem, Problems
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import editable
from gongzao.web.clusters.checks import SUBJECTS, Fault, find_faults
from gongzao.web.clusters.intake import ObservationEntry, read_observations
from gongzao.web.clusters.latest import batches
from gongzao.web.clusters.models import Figure, Observation
from gongzao.web.clusters.reporting import Review, report, review
from gongzao.web.kit.patience import patiently

_CODES = {"region": "code", "cluster": "slug", "enterprise": "uscc"}
OUTSIDE = ("unknown, or outside the place you look after", "不存在，或不在您的管辖范围内")


class UnlikelyInput(InvalidInput):
    """A file without a fault, of which something is unlikely or changes what everybody sees.

    Attributes
    ----------
    review
        What is to be seen; its signature confirms it.
    """

    def __init__(self, problems: list[Problem], review: Review) -> None:
        super().__init__(problems)
        self.review = review


def import_observations(file: IO[bytes], filename: str, *, by: User, sure: str = "") -> list[Figure]:
    """Record every figure of a CSV or Excel file; those that a plan is measured on wait for a second person.

    Parameters
    ----------
    file, filename
        The file.
    by
        Who uploads it.
    sure
        Signature of the review that ``by`` has seen and confirmed.

    Returns
    -------
    list
        What was recorded (:class:`Observation`) and what waits (:class:`Draft`).

    Raises
    ------
    UnlikelyInput
        If something is unlikely, or changes what everybody sees, and was not confirmed; nothing is recorded then.
    InvalidInput
        With every problem found; nothing is recorded then.
    InvalidValue
        ``busy`` if others were writing the same figures again and again, ``observation.waiting``.
    """
    problems = Problems()
    entries = read_observations(file, filename, problems)
    return patiently(partial(_import, entries, filename, problems, by, sure))


def _import(entries: list[ObservationEntry], filename: str, of_form: Problems, by: User, sure: str) -> list[Figure]:
    problems = copy(of_form)
    with transaction.atomic():
        rows = _rows(entries, filename, by, problems)
        known = [place for place, row in enumerate(rows) if row is not None]
        sound = [row for row in rows if row is not None]
        faults = find_faults(sound, by=by)
        problems += [_problem(fault, [entries[place] for place in known], filename) for fault in faults]
        refuse(problems)
        found = review(sound)
        if found.signature != sure:
            doubted = (Fault(doubt.row, doubt.field, doubt.error) for doubt in found.doubts)
            told = [Problem(filename, "observation.effect", text, text) for text in found.effects]
            raise UnlikelyInput([*(_problem(fault, entries, filename) for fault in doubted), *told], found)
        reported = report(sound, by=by)
        return [*reported.recorded, *reported.drafts]


def _rows(
    entries: Sequence[ObservationEntry], filename: str, by: User, problems: list[Problem]
) -> list[Observation | None]:
    found: dict[tuple[str, str], object] = {}
    for kind, model in SUBJECTS.items():
        codes = {entry.subject for entry in entries if entry.kind == kind}
        for batch in batches(codes):
            here = editable(model._default_manager.filter(**{f"{_CODES[kind]}__in": batch}), by)
            found.update(((kind, code), pk) for code, pk in here.values_list(_CODES[kind], "pk"))
    rows: list[Observation | None] = []
    for entry in entries:
        subject = found.get((entry.kind, entry.subject))
        if subject is None:
            value = f"{entry.kind}:{entry.subject}"
            problems.append(Problem(filename, "observation.subject", *OUTSIDE, entry.line, "subject", value))
            rows.append(None)
            continue
        rows.append(
            Observation(
                **{f"{entry.kind}_id": subject},
                indicator_id=entry.indicator,
                period=entry.period,
                value=entry.value,
                unit=entry.unit,
                qualifier=entry.qualifier,
                growth_pct=entry.growth_pct,
                scope=entry.scope,
                basis=entry.basis,
                source_id=entry.source,
                published_on=entry.published_on,
                confidence=entry.confidence,
                revision=entry.revision,
                note=entry.note,
            )
        )
    return rows


def _problem(fault: Fault, entries: Sequence[ObservationEntry], filename: str) -> Problem:
    entry = entries[fault.row]
    if fault.error is None:
        value = f"{entry.kind}:{entry.subject}"
        return Problem(filename, "observation.subject", *OUTSIDE, entry.line, "subject", value)
    en, zh = fault.error.en, fault.error.zh
    if fault.earlier is not None:
        line = entries[fault.earlier].line
        en, zh = f"{en} (line {line} of this file)", f"{zh}（见本文件第{line}行）"
    given = str(getattr(entry, fault.field, ""))
    return Problem(filename, fault.error.code, en, zh, entry.line, fault.field or None, given or None)


def refuse(problems: list[Problem]) -> None:
    """Raise if there are any problems, in the order of their lines."""
    if problems:
        problems.sort(key=lambda problem: problem.line or 0)
        raise InvalidInput(problems)
