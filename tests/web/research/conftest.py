"""The first known project on the site: its parties in the registry, a user for each, an organiser, experts."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from gongzao.ledger import Kind, Transfer
from gongzao.research import BANK, FUND, Proposal, first_project, load_policy, open_project, shipped_policies
from gongzao.web.accounts.models import Post, Role, User
from gongzao.web.clusters.models import Cluster, Enterprise, Industry, Membership, Region
from gongzao.web.ledger import services as ledger
from gongzao.web.research import store
from gongzao.web.research.models import Call, Expert, Project, Topic

OPENING = datetime(2024, 11, 11, tzinfo=UTC)
POLICY = load_policy(shipped_policies()["hebei"])


@dataclass
class Anping:
    """The cluster, the proposal, the firms in the order of the parties, and who acts for them."""

    cluster: Cluster
    topic: Topic
    proposal: Proposal
    firms: list[Enterprise]
    members: list[User]
    organiser: User
    stranger: User
    experts: list[Expert]

    def client(self, user: User | None) -> Client:
        """Return a browser signed in as ``user``."""
        client = Client(HTTP_ACCEPT_LANGUAGE="zh-hans")
        if user is not None:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    def fill_fund(self, amount: int = 5_000_000_00, now: datetime = OPENING, name: str = "fill") -> None:
        """Let public money come to the fund [fen]."""
        store.open_shared(self.cluster, now)
        ledger.submit([Transfer(name, Kind.POST, BANK, FUND, amount, "CNY")], now, by=None)

    def open(self, proposal: Proposal | None = None, **changes: Any) -> Project:
        """Put the proposal, or another, into its campaign, and fill the fund."""
        step = open_project(replace(proposal or self.proposal, **changes), POLICY, OPENING, by="platform")
        row = store.create(step, self.topic, synthetic=True, by=None)
        self.fill_fund()
        return row


@pytest.fixture
def anping(db: None) -> Anping:
    return make_anping()


def make_anping() -> Anping:
    """Store the cluster, its firms and all who act for them."""
    province = Region.objects.create(code="130000", name_zh="河北省", name_en="Hebei", level="province")
    city = Region.objects.create(code="131100", name_zh="衡水市", name_en="Hengshui", level="city", parent=province)
    county = Region.objects.create(code="131125", name_zh="安平县", name_en="Anping", level="county", parent=city)
    industry = Industry.objects.create(code="33", name_zh="金属制品业", name_en="Metal products")
    cluster = Cluster.objects.create(
        slug="demo-mesh", name_zh="示例丝网集群", county=county, industry=industry, synthetic=True
    )
    proposal = first_project()
    firms, members = [], []
    for n, party in enumerate(proposal.parties):
        firm = Enterprise.objects.create(
            uscc=party.id, name=party.name, county=county, industry=industry, synthetic=True
        )
        if party.in_cluster:
            Membership.objects.create(enterprise=firm, cluster=cluster)
        user = User.objects.create_user(f"member{n}")
        Post.objects.create(user=user, role=Role.MEMBER, enterprise=firm)
        firms.append(firm)
        members.append(user)
    organiser = User.objects.create_user("organiser")
    Post.objects.create(user=organiser, role=Role.OPERATOR, cluster=cluster)
    call = Call.objects.create(
        slug="call-2024",
        cluster=cluster,
        title="示例征集",
        policy="hebei",
        opens=datetime(2024, 11, 1, tzinfo=UTC),
        closes=datetime(2024, 12, 1, tzinfo=UTC),
        published_at=datetime(2024, 11, 1, tzinfo=UTC),
        synthetic=True,
    )
    topic = Topic.objects.create(
        slug=proposal.topic, cluster=cluster, title="高目数高精度丝网制造", call=call, made_at=OPENING
    )
    experts = [
        Expert.objects.create(
            code=f"e{n}", name=f"专家{n}", user=User.objects.create_user(f"expert{n}"), synthetic=True
        )
        for n in range(6)
    ]
    experts.append(Expert.objects.create(code="own", name="本校专家", employer=firms[4], synthetic=True))
    stranger = User.objects.create_user("stranger")
    return Anping(cluster, topic, proposal, firms, members, organiser, stranger, experts)
