"""A project, a draft and a call beside the small country of the tests, for the test of every address and role."""

import json
from datetime import UTC, datetime
from typing import Any

from gongzao.research import Proposal, first_project, from_plain, load_policy, open_project, shipped_policies, to_plain
from gongzao.web.clusters.models import Enterprise
from gongzao.web.research import store
from gongzao.web.research.models import Call, Draft, Expert, FundRound, FundVoter, Topic

OPENING = datetime(2024, 11, 11, tzinfo=UTC)
EVER = datetime(2999, 1, 1, tzinfo=UTC)


def furnish(world: Any) -> None:
    """Let the firm "here" take part in a project of the cluster "here", and lead a draft."""
    example = first_project()
    other = Enterprise.objects.exclude(pk__in=[world.firm_here.pk, world.firm_there.pk]).get()
    text = json.dumps(to_plain(example))
    for party, firm in zip(example.parties[1:3], (world.firm_here, other), strict=True):
        text = text.replace(party.id, firm.uscc)
    proposal: Proposal = from_plain(Proposal, json.loads(text))
    for party in (example.parties[0], *example.parties[3:]):
        Enterprise.objects.create(
            uscc=party.id, name=party.name, county=world.firm_there.county, industry=other.industry, synthetic=True
        )
    call = Call.objects.create(
        slug="c-here",
        cluster=world.here,
        title="征集",
        policy="hebei",
        opens=OPENING,
        closes=EVER,
        published_at=OPENING,
    )
    topic = Topic.objects.create(slug="t-here", cluster=world.here, title="题目", call=call, made_at=OPENING)
    policy = load_policy(shipped_policies()["hebei"])
    store.create(open_project(proposal, policy, OPENING, by="platform"), topic, synthetic=True, by=None)
    draft = Draft.objects.create(slug="d-here", topic=topic, lead=world.firm_here, changed_at=OPENING)
    draft.members.set([world.firm_here])
    Expert.objects.create(code="e-idle", name="专家", user=world.users["idle"])
    fund = FundRound.objects.create(slug="f-here", cluster=world.here, title="一轮", closes=EVER, made_at=OPENING)
    fund.drafts.set([draft])
    FundVoter.objects.create(round=fund, enterprise=world.firm_here, budget=100_00)
