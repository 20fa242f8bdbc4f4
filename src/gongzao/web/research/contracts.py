"""Contracts of projects: kept as documents when they come into force, and checked when somebody shows one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from django.db import transaction

from gongzao.research import Amended, Collected, Contract, Event, Phase, Signed, Unit, contract, evolve, fold, to_plain
from gongzao.research import Project as ProjectValue
from gongzao.web.research import models
from gongzao.web.research.contract_document import document, open_document


@dataclass(frozen=True, slots=True)
class Agreed:
    """A contract and since when it is agreed on: the first signature, or the vote that amended it."""

    contract: Contract
    at: datetime


class Finding(StrEnum):
    """What a document is found to be."""

    SAME = "same"
    RESAVED = "resaved"
    ALTERED = "altered"
    REPLACED = "replaced"
    UNSIGNED = "unsigned"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Check:
    """What a document was found to be, the hash of the clauses in it, and the reference under which entries name it."""

    finding: Finding
    sha256: str

    @property
    def reference(self) -> str:
        """The reference of the ledger's entries."""
        return f"sha256:{self.sha256}"


def agreed(log: Iterable[Event]) -> tuple[Agreed, ...]:
    """Return every contract of a project in order; the last one is in force."""
    found: list[Agreed] = []
    first, *rest = log
    value = fold([first])
    for event in rest:
        if isinstance(event.body, Signed) and not value.contract:
            found.append(Agreed(contract(value), event.at))
        elif isinstance(event.body, Amended):
            found.append(Agreed(contract(value, event.body.proposal), event.at))
        value = evolve(value, event)
    return tuple(found)


def current(value: ProjectValue, log: Iterable[Event]) -> Contract | None:
    """Return the contract in force, or the one that is to be signed; none before the campaign has succeeded."""
    if value.phase is Phase.SIGNING:
        return contract(value)
    found = agreed(log)
    return found[-1].contract if found else None


def preview(value: ProjectValue) -> Contract:
    """Return what the contract would be with what is pledged now and the milestones of the first stage."""
    cash = tuple(Collected(p.id, p.party, p.quantity) for p in value.live_pledges if p.unit is Unit.CASH)
    return replace(contract(value), stage=1, cash=cash)


def file_of(row: models.Project, value: ProjectValue, log: Sequence[Event]) -> bytes:
    """Return the document: as it was kept, or made anew from the log; a draft while the campaign runs."""
    found = current(value, log)
    if found is None:
        return document(preview(value), synthetic=row.synthetic, draft=True)
    kept = models.Contract.objects.filter(project=row, sha256=found.sha256).first()
    return bytes(kept.document) if kept else document(found, synthetic=row.synthetic)


def keep(row: models.Project) -> None:
    """Keep the document of every contract of a project that is not kept yet."""
    with transaction.atomic():
        log = [event.value for event in models.Event.objects.filter(project=row).order_by("seq")]
        kept = set(models.Contract.objects.filter(project=row).values_list("sha256", flat=True))
        for found in agreed(log):
            if found.contract.sha256 in kept:
                continue
            made = document(found.contract, synthetic=row.synthetic)
            models.Contract.objects.create(
                project=row,
                sha256=found.contract.sha256,
                clauses=to_plain(found.contract),
                document=made,
                document_sha256=sha256(made).hexdigest(),
                made_at=found.at,
            )


def check_file(row: models.Project, log: Sequence[Event], content: bytes) -> Check:
    """Say whether a document is the contract of a project: by the clauses in it, and by the words that it shows.

    Raises
    ------
    InvalidValue
        ``contract.file`` if it is no contract.
    """
    opened = open_document(content)
    named = sha256(opened.clauses).hexdigest()
    known = agreed(log)
    found = next((item.contract for item in known if item.contract.sha256 == named), None)
    if found is None:
        value = fold(log)
        waiting = value.phase is Phase.SIGNING and contract(value).sha256 == named
        return Check(Finding.UNSIGNED if waiting else Finding.OTHER, named)
    made = document(found, synthetic=row.synthetic)
    if not opened.shows(open_document(made)):
        return Check(Finding.ALTERED, named)
    if found is not known[-1].contract:
        return Check(Finding.REPLACED, named)
    return Check(Finding.SAME if content == made else Finding.RESAVED, named)
