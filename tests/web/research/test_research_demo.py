"""The made-up projects: every state there is, sound on the ledger, marked, and loaded once."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from gongzao.research import FUND, Phase, check
from gongzao.web.clusters.demo import demo_users
from gongzao.web.clusters.models import Enterprise, Membership
from gongzao.web.ledger import queries as ledger
from gongzao.web.ledger.models import Account, Entry
from gongzao.web.ledger.verify import verify
from gongzao.web.research import consents, store
from gongzao.web.research.demo import load_demo_research
from gongzao.web.research.models import Call, Draft, Event, Evidence, Expert, FundRound, Need, Project, Review

CODES = ("91139900MA00000448", "91139900MA0000055C", "91139900MA0000066G", "91139900MA0000077L")


@pytest.fixture
def firms(world: Any, settings: Any, tmp_path: Path) -> None:
    settings.VAR = tmp_path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # thirteen users a load
    like = world.firm_there
    for code in CODES:
        firm = Enterprise.objects.create(
            uscc=code, name=f"示例{code[-4:]}", county=like.county, industry=like.industry, synthetic=True
        )
        Membership.objects.create(enterprise=firm, cluster=world.there)


def rows() -> list[int]:
    """Return how many rows there are of everything the demonstration makes."""
    tables = (Event, Entry, Account, Call, Need, Draft, Evidence, Expert, Review, Enterprise)
    return [model.objects.count() for model in tables]


def test_every_state_is_there_and_sound(world: Any, firms: None) -> None:
    assert load_demo_research() > 100
    phases = Counter(Project.objects.values_list("phase", flat=True))
    once = dict.fromkeys([Phase.CAMPAIGN, Phase.SIGNING, Phase.COMPLETED, Phase.STOPPED, Phase.MISSED], 1)
    assert phases == {**once, Phase.RUNNING: 2}
    running = [store.read(row.pk) for row in Project.objects.filter(phase=Phase.RUNNING)]
    assert sorted(bool(value.reviewers) for value in running) == [False, True]  # one waits for its seed
    assert all(value.pool for value in running)
    (campaign,) = [store.read(row.pk) for row in Project.objects.filter(phase=Phase.CAMPAIGN)]
    assert len(campaign.asking) == 1
    waiting = Draft.objects.get(state="submitted")
    assert [answer.agreed for answer in consents.answers(waiting)].count(None) == 1
    assert set(Draft.objects.exclude(state="opened").values_list("state", flat=True)) == {"writing", "submitted"}
    assert Need.objects.filter(topic=None).exists()
    records = ledger.book().records
    for project in Project.objects.all():
        log = [row.value for row in Event.objects.filter(project=project).order_by("seq")]
        assert check(log, records) == ()
        assert "示例" in project.title
    assert not Project.objects.filter(synthetic=False).exists()
    assert not Expert.objects.filter(synthetic=False).exists()
    assert verify()[1] == ()


def test_the_figures_tell_the_stories(world: Any, firms: None) -> None:
    load_demo_research()
    values = {row.phase: store.read(row.pk) for row in Project.objects.all()}
    running, stopped, completed = values["running"], values["stopped"], values["completed"]
    assert running.accepted == ("M1",)
    assert (running.submission is not None, len(running.reviews)) == (True, 1)
    assert sum(stopped.refunded.values()) == 540_000_00
    assert completed.remaining == 0
    assert sum(completed.earned.values()) == 80_000_00
    fund = ledger.balances()[FUND]
    assert fund.credits - fund.debits > 0
    result: Any = FundRound.objects.get().result
    chosen = Draft.objects.get(slug__in=[one["draft"] for one in result["funded"]])
    assert (chosen.state, chosen.topic.projects.get().phase) == ("opened", "campaign")


def test_a_second_run_changes_nothing(world: Any, firms: None) -> None:
    load_demo_research()
    before, users = rows(), demo_users()
    assert load_demo_research() == 0
    assert (rows(), demo_users()) == (before, users)
    names = {user.username for user in users}
    assert {"organiser", "researcher", "institute", "member1", "expert1"} <= names
