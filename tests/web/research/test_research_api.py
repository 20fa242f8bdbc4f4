"""Research over HTTP: the same rows and rights as the pages, and a pledge that is made at most once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from gongzao.research import Event as EventValue
from gongzao.research import Project as ProjectValue
from gongzao.research import Unit, fold, from_plain
from gongzao.web.accounts.tokens import issue_token
from gongzao.web.ledger.models import Entry
from gongzao.web.research import services, store
from gongzao.web.research.models import Event, Project
from tests.web.research import story

API = "/api/research/projects"


@pytest.fixture
def project(anping: Any) -> Project:
    """A campaign that runs today."""
    now, terms = timezone.now(), anping.proposal.terms
    shift = now - terms.opens
    later = {
        name: getattr(terms, name) + shift
        for name in ("opens", "withdraw_until", "deadline", "sign_by")
        if isinstance(getattr(terms, name), datetime)
    }
    row: Project = anping.open(terms=type(terms)(**later))
    return row


def ask(anping: Any, project: Project, key: str = "k1", who: int = 1, **changes: Any) -> Any:
    """Pledge 100 yuan over HTTP."""
    client = anping.client(None)
    token = issue_token(anping.members[who], "test", timezone.now() + timedelta(hours=1))
    body = {"party": anping.firms[1].uscc, "unit": "CNY", "quantity": 100_00, **changes}
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    return client.post(f"{API}/{project.pk}/pledges", body, content_type="application/json", headers=headers)


def rows() -> tuple[int, int]:
    return Event.objects.count(), Entry.objects.count()


def test_a_pledge_is_reserved_once_however_often_it_is_sent(anping: Any, project: Project) -> None:
    first, second = ask(anping, project), ask(anping, project)
    assert (first.status_code, first.json()["again"]) == (201, False)
    assert (second.status_code, second.json()["again"]) == (200, True)
    assert first.json()["pledged"] == second.json()["pledged"] == 100_00
    assert store.read(project.pk).pledged_cash == 100_00


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"quantity": 200_00, "key": "k1"}, 409, "pledge"),
        ({"who": 2, "key": "k2"}, 403, "permission"),
        ({"quantity": 0, "key": "k2"}, 422, ""),
        ({"quantity": 1.5, "key": "k2"}, 422, ""),
        ({"quantity": 10**30, "key": "k2"}, 422, ""),
        ({"unit": "GOLD", "key": "k2"}, 422, ""),
        ({"party": "\x00" * 18, "key": "k2"}, 422, ""),
        ({"more": 1, "key": "k2"}, 422, ""),
        ({"key": "no key"}, 422, ""),
    ],
)
def test_what_is_wrong_is_refused_and_leaves_nothing(
    anping: Any, project: Project, changes: dict[str, Any], status: int, code: str
) -> None:
    assert ask(anping, project).status_code == 201
    before = rows()
    answer = ask(anping, project, **changes)
    assert answer.status_code == status
    assert not code or code in answer.json()["code"]
    assert rows() == before


def test_after_the_deadline_it_is_refused_with_the_reason(anping: Any) -> None:
    project = anping.open()
    before = rows()
    answer = ask(anping, project)
    assert answer.status_code == 409
    assert "已过截止时间" in answer.json()["detail"]
    assert rows() == before


def test_a_project_is_read_with_the_ledgers_figures(anping: Any) -> None:
    project = anping.open()
    story.start(anping, project)
    story.complete(anping, project)
    client, value = anping.client(anping.members[1]), store.read(project.pk)
    shown = client.get(f"{API}/{project.pk}").json()
    assert shown["agrees"] is True
    assert shown["synthetic"] is True
    for party in shown["parties"]:
        assert party["paid"] == value.paid.get(party["uscc"], 0)
        assert party["released"] == value.released.get(party["uscc"], 0)
        assert party["earned"] == value.earned.get(party["uscc"], 0)
    assert all(step["accepted"] for step in shown["milestones"])


def test_the_events_fold_to_the_project(anping: Any) -> None:
    project = anping.open()
    story.start(anping, project)
    client = anping.client(anping.members[1])
    items: list[dict[str, Any]] = []
    more = True
    while more:
        page = client.get(f"{API}/{project.pk}/events", {"after": len(items), "per_page": 4}).json()
        items, more = items + page["items"], page["more"]
    value: ProjectValue = fold(from_plain(EventValue, item["data"]) for item in items)
    assert value == store.read(project.pk)
    assert items[1]["text"] == "河北省产业技术研究院 认缴 600,000.00 元"


def test_the_list_pages_and_filters(anping: Any) -> None:
    project = anping.open()
    services.pledge(project, "p", anping.firms[1].uscc, Unit.CASH, 1_00, story.PLEDGED, by=anping.members[1])
    client = anping.client(anping.members[1])
    assert [item["id"] for item in client.get(API).json()["items"]] == [project.pk]
    assert client.get(API, {"phase": "running"}).json() == {"items": [], "more": False}
    assert client.get(API, {"after": project.pk}).json()["items"] == []


def test_who_has_no_part_in_it_finds_nothing(anping: Any) -> None:
    project = anping.open()
    for path in ("", f"/{project.pk}", f"/{project.pk}/events"):
        assert anping.client(None).get(f"{API}{path}").status_code == 401
    stranger = anping.client(anping.stranger)
    assert stranger.get(API).json()["items"] == []
    assert stranger.get(f"{API}/{project.pk}").status_code == 404
    assert stranger.get(f"{API}/{project.pk}/events").status_code == 404
