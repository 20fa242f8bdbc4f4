"""One request that succeeds for every operation of the API: who sends it and what; a new operation has to be added.

The world holds what they need: books with their accounts, a campaign that runs today, figures of a real source.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from gongzao.research import Proposal, first_project, from_plain, load_policy, open_project, shipped_policies, to_plain
from gongzao.web.clusters.models import Enterprise, Observation
from gongzao.web.research import store
from gongzao.web.research.models import Call, Topic
from tests.web.ledger.books import make_books


@dataclass(frozen=True)
class Good:
    """A request that succeeds."""

    role: str = "superuser"
    path: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    key: str = ""


def furnish(world: Any) -> None:
    """Let the world hold what the requests ask for."""
    make_books(world)
    _campaign(world)


def _campaign(world: Any) -> None:
    example, now = first_project(), timezone.now()
    text = json.dumps(to_plain(example)).replace(example.parties[1].id, world.firm_here.uscc)
    proposal: Proposal = from_plain(Proposal, json.loads(text))
    for party in proposal.parties:
        if party.id != world.firm_here.uscc:
            Enterprise.objects.create(
                uscc=party.id,
                name=party.name,
                county=world.firm_there.county,
                industry=world.firm_there.industry,
                synthetic=True,
            )
    terms = proposal.terms
    shift = now - terms.opens
    moved = {
        name: getattr(terms, name) + shift
        for name in ("opens", "withdraw_until", "deadline", "sign_by")
        if isinstance(getattr(terms, name), datetime)
    }
    proposal = type(proposal)(
        **{
            **{name: getattr(proposal, name) for name in proposal.__dataclass_fields__},
            "terms": type(terms)(**{**{name: getattr(terms, name) for name in terms.__dataclass_fields__}, **moved}),
        }
    )
    call = Call.objects.create(
        slug="c-here", cluster=world.here, title="征集", policy="hebei", opens=now, closes=now, published_at=now
    )
    topic = Topic.objects.create(slug="t-here", cluster=world.here, title="题目", call=call, made_at=now)
    policy = load_policy(shipped_policies()["hebei"])
    store.create(open_project(proposal, policy, now, by="platform"), topic, synthetic=True, by=None)


def good(world: Any) -> dict[str, Good]:
    """Return a request by the name of its operation, as ``GET /api/ledger/entries``."""
    firm, other = world.firm_here.uscc, f"firm:{world.firm_there.uscc}:deposit"
    deposit, project = f"firm:{firm}:deposit", first_project().id
    figure = {"subject": f"cluster:{world.here.slug}", "indicator": "revenue", "period": "2023", "value": "300.5"}
    figure |= {"unit": "亿元", "scope": "cluster", "source": "S5"}
    transfer = {"kind": "post", "debit": deposit, "credit": other, "amount": 100, "unit": "CNY"}
    return {
        "GET /api/plans": Good(),
        "GET /api/plans/{plan}": Good(path={"plan": "hebei-2025-2027"}, query={"as_of": "2025-12-31"}),
        "GET /api/clusters": Good(),
        "GET /api/clusters/{slug}": Good(path={"slug": world.here.slug}),
        "GET /api/enterprises": Good(),
        "GET /api/enterprises/{uscc}": Good(path={"uscc": firm}),
        "GET /api/observations": Good(),
        "GET /api/observations/{id}/history": Good(path={"id": Observation.objects.latest("pk").pk}),
        "POST /api/observations": Good(role="county", body=figure),
        "GET /api/ledger/accounts": Good(),
        "GET /api/ledger/statement": Good(query={"account": deposit, "since": "2026-01-01"}),
        "GET /api/ledger/entries": Good(),
        "GET /api/ledger/entries/{seq}": Good(path={"seq": 1}),
        "GET /api/ledger/heads": Good(query={"month": "2026-01"}),
        "POST /api/ledger/transfers": Good(body=transfer, key="good"),
        "GET /api/research/projects": Good(),
        "GET /api/research/projects/{project}": Good(path={"project": project}),
        "GET /api/research/projects/{project}/events": Good(path={"project": project}),
        "POST /api/research/projects/{project}/pledges": Good(
            role="member",
            path={"project": project},
            body={"party": firm, "unit": "CNY", "quantity": 10_000_00},
            key="good",
        ),
    }
