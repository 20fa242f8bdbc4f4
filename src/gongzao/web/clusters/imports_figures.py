"""Uploads of figures: a whole file or nothing of it, every problem named with its line."""

from collections.abc import Sequence
from typing import IO

from django.db import transaction

from gongzao.kernel import InvalidInput, Problem
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import editable
from gongzao.web.clusters.checks import SUBJECTS, Fault, find_faults
from gongzao.web.clusters.intake import ObservationEntry, read_observations
from gongzao.web.clusters.latest import batches
from gongzao.web.clusters.models import Observation
from gongzao.web.clusters.services import record_observations

_CODES = {"region": "code", "cluster": "slug", "enterprise": "uscc"}
OUTSIDE = ("unknown, or outside the place you look after", "不存在，或不在您的管辖范围内")


def import_observations(file: IO[bytes], filename: str, *, by: User) -> list[Observation]:
    """Record every figure of a CSV or Excel file.

    Raises
    ------
    InvalidInput
        With every problem found; nothing is recorded then.
    """
    problems: list[Problem] = []
    entries = read_observations(file, filename, problems)
    with transaction.atomic():
        rows = _rows(entries, filename, by, problems)
        known = [place for place, row in enumerate(rows) if row is not None]
        faults = find_faults([row for row in rows if row is not None], by=by)
        problems += [_problem(fault, [entries[place] for place in known], filename) for fault in faults]
        refuse(problems)
        return record_observations([row for row in rows if row is not None], by=by)


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
        raise InvalidInput(sorted(problems, key=lambda problem: problem.line or 0))
