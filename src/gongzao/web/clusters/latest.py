"""The projection that tells which observation of a subject and indicator is the newest.

Newest is the latest end of period, then the higher revision, then the later publication, then what was recorded
last. A figure that somebody only aims at (basis ``goal``) is never the newest: it has not been reached.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import TypeVar

from django.db import transaction
from django.db.models import F, Window
from django.db.models.functions import RowNumber

from gongzao.kernel import Quantity
from gongzao.targets import GOAL
from gongzao.web.clusters.models import Figure, Latest, Observation, ObservationQuerySet

T = TypeVar("T")

SUBJECT_KINDS = ("region", "cluster", "enterprise")
"""Foreign keys of which an observation has exactly one."""

_BATCH = 5000  # values in one IN (...): inside what SQLite and PostgreSQL take in a statement
_SIX_PLACES = Decimal("0.000001")

Key = tuple[str, str | int, str]
"""Kind of subject, its primary key, indicator."""


def batches(items: Iterable[T], size: int = _BATCH) -> Iterator[list[T]]:
    """Yield ``items`` in lists of at most ``size``."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def subject_of(row: Figure | Latest) -> tuple[str, str | int]:
    """Return kind and primary key of what a row is about."""
    return next((kind, key) for kind in SUBJECT_KINDS if (key := getattr(row, f"{kind}_id")) is not None)


@cache
def _factor(unit: str, target: str) -> Decimal:
    return Quantity(Decimal(1), unit).to(target).value


def value_in(value: Decimal | None, unit: str, target: str) -> Decimal | None:
    """Return ``value`` [``unit``] in the unit ``target``, to six places as the column keeps it."""
    return None if value is None else in_unit(value, unit, target)


def in_unit(value: Decimal, unit: str, target: str) -> Decimal:
    """Return ``value`` [``unit``] in the unit ``target``, to six places."""
    return (value * _factor(unit, target)).quantize(_SIX_PLACES)


def _rank(row: Observation) -> tuple[date, int, date, int]:
    return row.period_end, row.revision, row.published_on or date.min, row.pk


def advance(rows: Sequence[Observation]) -> None:
    """Let the projection follow ``rows``, just inserted; call it in their transaction."""
    newest: dict[Key, Observation] = {}
    for row in rows:
        key = (*subject_of(row), row.indicator_id)
        if row.basis != GOAL and (key not in newest or _rank(newest[key]) < _rank(row)):
            newest[key] = row
    outdated = []
    for kind in SUBJECT_KINDS:
        subjects = {key[1] for key in newest if key[0] == kind}
        indicators = {key[2] for key in newest if key[0] == kind}
        for batch in batches(subjects):
            held = Latest.objects.filter(**{f"{kind}_id__in": batch}, indicator_id__in=indicators)
            for latest in held.select_related("observation"):
                key = (*subject_of(latest), latest.indicator_id)
                if key not in newest:
                    continue
                if _rank(newest[key]) > _rank(latest.observation):
                    outdated.append(latest.pk)
                else:
                    del newest[key]
    for stale in batches(outdated):
        Latest.objects.filter(pk__in=stale).delete()
    Latest.objects.bulk_create([_latest(row) for row in newest.values()])


def retreat(row: Observation) -> None:
    """Let the projection follow that the figure of ``row`` was withdrawn; call it in the transaction of that."""
    subject = {f"{kind}_id": key for kind, key in [subject_of(row)]}
    Latest.objects.filter(**subject, indicator_id=row.indicator_id).delete()
    Latest.objects.bulk_create(_expected(Observation.objects.filter(**subject, indicator_id=row.indicator_id)))


def _latest(row: Observation) -> Latest:
    return Latest(
        region_id=row.region_id,
        cluster_id=row.cluster_id,
        enterprise_id=row.enterprise_id,
        indicator_id=row.indicator_id,
        observation=row,
        value=value_in(row.value, row.unit, row.indicator.unit),
    )


def _expected(rows: ObservationQuerySet | None = None) -> Iterator[Latest]:
    # Decided by the database, so that it proves what :func:`advance` decides in Python.
    place = Window(
        RowNumber(),
        partition_by=[*(F(f"{kind}_id") for kind in SUBJECT_KINDS), F("indicator_id")],
        order_by=[
            F("period_end").desc(),
            F("revision").desc(),
            F("published_on").desc(nulls_last=True),
            F("pk").desc(),
        ],
    )
    considered = Observation.objects.all() if rows is None else rows
    ranked = considered.standing().exclude(basis=GOAL).annotate(place=place).filter(place=1)
    for row in ranked.select_related("indicator").order_by("pk").iterator(2000):
        yield _latest(row)


def rebuild_latest() -> int:
    """Make the projection anew from the observations; return how many rows it has."""
    with transaction.atomic():
        Latest.objects.all().delete()
        rows = 0
        for batch in batches(_expected(), 2000):
            rows += len(Latest.objects.bulk_create(batch))
    return rows


def latest_differences() -> tuple[str, ...]:
    """Return one line for every row in which the projection is not what the observations say; none is right."""
    expected = {(*subject_of(row), row.indicator_id): (row.observation_id, row.value) for row in _expected()}
    held = {
        (*subject_of(row), row.indicator_id): (row.observation_id, row.value) for row in Latest.objects.iterator(2000)
    }
    return tuple(
        f"{kind} {subject}, {indicator}: held {held.get(key)}, expected {expected.get(key)}"
        for key in sorted(expected.keys() | held.keys(), key=str)
        if held.get(key) != expected.get(key)
        for kind, subject, indicator in [key]
    )
