"""What people do on the pages of the work, for tests."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from gongzao.research import Verdict
from gongzao.web.ledger.models import Entry
from gongzao.web.research import store
from gongzao.web.research.models import Event, Evidence, Project, Review

PDF = b"%PDF-1.7 report"


def url(name: str, project: Project, *more: str) -> str:
    """Return the address of a page of a project."""
    return reverse(f"research:{name}", args=[project.pk, *more])


def stored() -> tuple[int, ...]:
    """Return how many rows there are of everything that a step may store."""
    return tuple(model.objects.count() for model in (Event, Entry, Evidence, Review))


def send(anping: Any, project: Project, member: int = 2, **changes: Any) -> Any:
    """Send the form of the next milestone as a party; a value of ``None`` leaves the field out."""
    value = store.read(project.pk)
    data = {
        "seen": value.version,
        "milestone": value.next_milestone.id if value.next_milestone else "",
        "party": anping.firms[member].uscc,
        "evidence": [SimpleUploadedFile("报告.pdf", PDF)],
        "agreed": "on",
        **changes,
    }
    client = anping.client(anping.members[member])
    return client.post(url("submit", project), {key: part for key, part in data.items() if part is not None})


def draw(anping: Any, project: Project) -> Any:
    """Draw the reviewers as organiser, two days later: the ledger has a head of the day between."""
    handed_in = max(timezone.now(), store.read(project.pk).at)
    anping.fill_fund(1_00, handed_in + timedelta(days=1), f"head-{uuid4()}")
    with patch("django.utils.timezone.now", return_value=handed_in + timedelta(days=2)):
        seen = {"seen": store.read(project.pk).version}
        return anping.client(anping.organiser).post(url("draw", project), seen)


def judge(anping: Any, row: Review, verdict: Verdict, reason: str = "见意见", **more: Any) -> Any:
    """Confirm a verdict as the expert drawn."""
    data = {"verdict": verdict.value, "reason": reason, "confirmed": "1", **more}
    return anping.client(row.expert.user).post(reverse("research:review", args=[row.pk]), data)


def waiting(project: Project) -> list[Review]:
    """Return the experts' open work."""
    return list(Review.objects.filter(project=project, done_at=None).select_related("expert__user"))
