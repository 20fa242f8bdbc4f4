"""Cost shares on the page: private bids, the proposal beside what was pledged, and nothing to find out by trying."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from gongzao.kernel import InvalidValue
from gongzao.research import Phase, two_round_project
from gongzao.web.research import cost_shares, services, store
from gongzao.web.research.models import Bid, Project
from tests.web.research.story import PLEDGED, fund
from tests.web.research.test_campaign import look, send

# Firms 1, 2, 3 of the fixture would pay 500,000, 700,000 and 400,000 at most: the example of the tutorial.
BIDS = ((1, "50", 5), (2, "70", 6), (3, "40", 3))


def enter(anping: Any, project: Project, n: int, amount: str, weight: int = 1) -> Any:
    data = {"bid-party": anping.firms[n].uscc, "bid-amount": amount, "bid-scale": "wan", "bid-weight": str(weight)}
    return send(anping.client(anping.members[n]), "bid", project, data)


OPENED = datetime(2024, 12, 1, tzinfo=UTC)  # when no pledge can be withdrawn any more


def shares(anping: Any, project: Project, n: int, now: datetime = OPENED) -> cost_shares.Proposed | None:
    return cost_shares.proposed(project, store.read(project.pk), anping.firms[n].uscc, now)


def test_weighted_shares_stand_beside_what_was_pledged(anping: Any) -> None:
    project = anping.open()
    fund(anping, project)
    for n, amount, weight in BIDS:
        assert enter(anping, project, n, amount, weight).status_code == 302
    found = shares(anping, project, 1)
    assert found is not None
    names = [anping.firms[n].uscc for n in (1, 2, 3)]
    assert found.shares == dict(zip(names, (500_000_00, 600_000_00, 300_000_00), strict=True))
    assert sum(found.shares.values()) == found.cost == 1_400_000_00
    text = look(anping.client(anping.members[1]), project, OPENED)
    assert "询价3家，退出0家" in text
    assert "本单位应摊 500,000.00 元" in text
    assert text.count("600,000.00") >= 2  # the share and the pledge of firm 2


def test_who_leaves_is_not_named_and_the_rest_is_asked_again(anping: Any) -> None:
    project = anping.open()
    for n, amount in ((1, "70"), (2, "70"), (3, "40")):
        enter(anping, project, n, amount)
    found = shares(anping, project, 3)
    assert found is not None
    assert [(one.parties, one.left, one.stayed) for one in found.rounds] == [(3, 1, False), (2, 0, False)]
    assert anping.firms[3].uscc not in found.shares
    assert "超过本单位的最高金额，退出" in look(anping.client(anping.members[3]), project, OPENED)


def test_others_bids_are_never_shown(anping: Any) -> None:
    project = anping.open()
    enter(anping, project, 2, "71.2345", 6)
    for user in (anping.members[1], anping.members[0], anping.organiser):
        text = look(anping.client(user), project)
        assert "712,345" not in text
        assert "71.2345" not in text
    assert "712,345.00" in look(anping.client(anping.members[2]), project)
    enter(anping, project, 1, "69.9999")
    for n in (0, 3, 4):  # no bid, no result
        assert shares(anping, project, n) is None
    assert "700,000.00" not in look(anping.client(anping.organiser), project)


def test_until_they_are_opened_no_answer_depends_on_anothers_bid(anping: Any) -> None:
    """Whatever the other would pay, status, words and page are the same; trying tells nothing."""
    seen = []
    for secret in ("1", "70", "99"):
        project = anping.open(id=f"secret-{secret}") if secret != "1" else anping.open()
        enter(anping, project, 2, secret)
        found = []
        for amount, weight in (("139", 1), ("100", 3), ("69.99", 1), ("70.01", 2)):
            answer = enter(anping, project, 1, amount, weight)
            page = look(anping.client(anping.members[1]), project).replace(project.pk, "")
            shown = page[page.index('id="shares"') :].split("csrfmiddlewaretoken")[0]
            found.append((answer.status_code, shown, shares(anping, project, 1, PLEDGED)))
        seen.append(found)
    assert seen[0] == seen[1] == seen[2]
    assert all(status == 302 and proposed is None for status, _page, proposed in seen[0])


def test_a_changed_bid_is_a_further_row_and_the_last_counts(anping: Any) -> None:
    project = anping.open()
    for n, amount in ((1, "10"), (1, "80"), (2, "80")):
        assert enter(anping, project, n, amount).status_code == 302
    rows = Bid.objects.filter(enterprise=anping.firms[1])
    assert [(row.amount, row.made_by) for row in rows] == [
        (100_000_00, anping.members[1]), (800_000_00, anping.members[1])
    ]  # fmt: skip
    assert shares(anping, project, 1) is not None
    with pytest.raises(TypeError):
        rows.update(amount=1)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE research_bid SET amount = 1")


def test_once_opened_no_bid_is_taken(anping: Any) -> None:
    project = anping.open()
    for n in (1, 2):
        enter(anping, project, n, "80")
    with pytest.raises(InvalidValue, match="bids were taken until"):
        cost_shares.bid(project, anping.firms[1], 100, Decimal(1), OPENED, by=anping.members[1])
    assert "bid-amount" not in look(anping.client(anping.members[1]), project, OPENED)
    assert "没有至少两家都愿意的分摊" not in look(anping.client(anping.members[1]), project, PLEDGED)


def test_only_a_party_bids_for_itself_while_the_campaign_runs(anping: Any) -> None:
    project = anping.open()
    ten = Decimal(1)
    with pytest.raises(PermissionDenied):
        cost_shares.bid(project, anping.firms[2], 100, ten, PLEDGED, by=anping.members[1])
    with pytest.raises(InvalidValue, match="public institute"):
        cost_shares.bid(project, anping.firms[0], 100, ten, PLEDGED, by=anping.members[0])
    late = anping.proposal.terms.deadline
    with pytest.raises(InvalidValue, match="takes no pledges"):
        cost_shares.bid(project, anping.firms[1], 100, ten, late, by=anping.members[1])
    assert enter(anping, project, 0, "10").status_code == 422
    assert send(anping.client(anping.organiser), "bid", project, {}).status_code == 403
    assert send(anping.client(anping.stranger), "bid", project, {}).status_code == 404
    for amount, weight in (("x", 1), ("10", 0), ("10", -1), ("1e99", 1), ("10", 10**9)):
        assert enter(anping, project, 1, amount, weight).status_code == 422
    assert not Bid.objects.exists()


def test_the_second_round_shares_the_cost_of_the_optimum(anping: Any) -> None:
    project = anping.open(two_round_project())
    fund(anping, project)
    for n in (1, 2):
        enter(anping, project, n, "70")
    assert shares(anping, project, 1) is not None
    value = services.close_round(project, two_round_project().terms.deadline, by=None)
    assert value.phase is Phase.SECOND_ROUND
    assert cost_shares.net_cost(value) == 1_900_000_00
    assert shares(anping, project, 1) is None  # the same bids do not carry the optimum
    other = anping.open(two_round_project(), id="second")
    fund(anping, other)
    for n in (1, 2):
        enter(anping, other, n, "95")
    services.close_round(other, two_round_project().terms.deadline, by=None)
    found = shares(anping, other, 1)
    assert found is not None
    assert set(found.shares.values()) == {950_000_00}
