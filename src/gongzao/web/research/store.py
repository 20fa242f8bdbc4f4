"""Reads projects from their events, and stores a step: events, bookings and projections in one transaction."""

from datetime import datetime

from django.db import transaction

from gongzao.kernel import InvalidValue
from gongzao.ledger import Outcome, Status
from gongzao.research import (
    SHARED,
    Amended,
    Drawn,
    Event,
    Reviewed,
    Signed,
    Step,
    accounts,
    fold,
    to_plain,
)
from gongzao.research import Project as ProjectValue
from gongzao.web.accounts.models import User
from gongzao.web.clusters.models import Cluster, Enterprise, Region
from gongzao.web.ledger import services as ledger
from gongzao.web.ledger.models import Account
from gongzao.web.research import contracts, models


def read(project_id: str) -> ProjectValue:
    """Return the project that the stored events describe."""
    return fold(row.value for row in models.Event.objects.filter(project=project_id).order_by("seq"))


def read_locked(project_id: str) -> ProjectValue:
    """Return the project and let no other step of it run before this transaction ends."""
    models.Project.objects.select_for_update().get(pk=project_id)
    return read(project_id)


def create(step: Step, topic: models.Topic, *, synthetic: bool, by: User | None) -> models.Project:
    """Store a project that was just opened."""
    value = step.project
    with transaction.atomic():
        row = models.Project.objects.create(
            pk=value.id,
            cluster=topic.cluster,
            topic=topic,
            title=value.proposal.title,
            phase=value.phase,
            version=value.version,
            opened_at=value.at,
            changed_at=value.at,
            synthetic=synthetic,
        )
        open_shared(topic.cluster, value.at)
        write(step, by)
    return row


def write(step: Step, by: User | None) -> None:
    """Store what a step intends, or nothing of it.

    Raises
    ------
    InvalidValue
        ``research.booking`` if the ledger refuses a transfer, such as a pledge of the fund beyond what is in it.
    """
    if not step.events:
        return
    value = step.project
    with transaction.atomic():
        row = models.Project.objects.select_related("cluster").get(pk=value.id)
        for event in step.events:
            models.Event.objects.create(
                project=row,
                seq=event.seq,
                at=event.at,
                by=by,
                kind=type(event.body).__name__,
                data=to_plain(event),
            )
        _place_parties(row, value)
        for event in step.events:
            _note_review(row, event)
        if step.transfers:
            _book(step)
        row.title, row.phase, row.version, row.changed_at = value.proposal.title, value.phase, value.version, value.at
        row.save(update_fields=["title", "phase", "version", "changed_at"])
        if any(isinstance(event.body, Signed | Amended) for event in step.events):
            contracts.keep(row)


def _book(step: Step) -> None:
    for outcome in ledger.submit(step.transfers, step.events[-1].at, by=None):
        if outcome.status is not Status.APPLIED:
            raise _refused(outcome)


def _refused(outcome: Outcome) -> InvalidValue:
    refused, asked = outcome.record.refusal, outcome.record.transfer.id
    return InvalidValue(
        "research.booking",
        en=f"the ledger refused {asked}: {refused.en if refused else outcome.status}",
        zh=f"账本拒绝记账 {asked}：{refused.zh if refused else outcome.status}",
    )


def open_shared(cluster: Cluster, now: datetime) -> None:
    """Open the accounts all projects share; they belong to the highest region, the province."""
    region: Region = cluster.county
    while region.parent is not None:
        region = region.parent
    for account in SHARED:
        if not Account.objects.filter(pk=account.id).exists():
            ledger.open_account(account, now, place=region, by=None)


def _place_parties(row: models.Project, value: ProjectValue) -> None:
    """Keep the projection of the parties and open their accounts, where some are new."""
    known = set(row.parties.values_list("enterprise__uscc", flat=True))
    wanted = {party.id: party for party in value.proposal.parties}
    row.parties.exclude(enterprise__uscc__in=list(wanted)).delete()
    new = [party for code, party in wanted.items() if code not in known]
    if not new:
        return
    firms = {firm.uscc: firm for firm in Enterprise.objects.filter(uscc__in=[party.id for party in new])}
    for party in new:
        models.Party.objects.create(project=row, enterprise=firms[party.id], role=party.role)
    places = {f"firm:{code}": firm for code, firm in firms.items()}
    for account in accounts(value):
        place = places.get(account.owner) if account.owner.startswith("firm:") else row.cluster
        if place is not None:
            ledger.open_account(account, value.at, place=place, by=None)


def _note_review(row: models.Project, event: Event) -> None:
    match event.body:
        case Drawn(milestone, _, reviewers):
            experts = {expert.code: expert for expert in models.Expert.objects.filter(code__in=reviewers)}
            for code in reviewers:
                models.Review.objects.create(project=row, expert=experts[code], milestone=milestone, drawn_at=event.at)
        case Reviewed(milestone, reviewer):
            models.Review.objects.filter(
                project=row, milestone=milestone, expert__code=reviewer, done_at__isnull=True
            ).update(done_at=event.at)
        case _:
            pass
