"""The public matching fund: its money is the ledger's, deposits are booked once, rounds are decided once."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from gongzao.kernel import InvalidValue, Uscc
from gongzao.research import BANK, FUND, LIMITS, Unit
from gongzao.web.accounts.models import Post, Role, User
from gongzao.web.clusters.models import Enterprise, Membership, Region
from gongzao.web.ledger import queries as ledger
from gongzao.web.ledger.models import Entry
from gongzao.web.research import fund, fund_rounds, services
from gongzao.web.research.models import Draft, FundRound, FundVoter
from gongzao.web.research.proposal_form import from_proposal
from tests.web.research.story import PLEDGED, start
from tests.web.research.test_campaign import KEY, at

CLOSES = PLEDGED + timedelta(days=7)


@pytest.fixture
def officer(anping: Any) -> User:
    user = User.objects.create_user("province")
    Post.objects.create(user=user, role=Role.PROVINCE, region=Region.objects.get(code="130000"))
    return user


def post(anping: Any, user: User, name: str, data: dict[str, Any], *args: str, now: Any = PLEDGED) -> Any:
    with at(now):
        return anping.client(user).post(reverse(f"research:{name}", args=args), data)


def read(anping: Any, user: User, name: str, *args: str, now: Any = PLEDGED) -> str:
    with at(now):
        answer = anping.client(user).get(reverse(f"research:{name}", args=args))
    assert answer.status_code == 200
    return str(answer.content.decode())


def candidate(anping: Any, slug: str, support: int, state: Draft.State = Draft.State.SUBMITTED) -> Draft:
    proposal = replace(anping.proposal, id=slug, title=f"项目{slug}", support=support)
    return Draft.objects.create(
        slug=slug,
        topic=anping.topic,
        lead=anping.firms[1],
        title=proposal.title,
        data=from_proposal(proposal),
        state=state,
        changed_at=PLEDGED,
    )


def round_of(anping: Any, *supports: int, parts: tuple[int, ...] = (600_000_00, 400_000_00)) -> FundRound:
    """Open a round in which firms 1 and 2 hold unequal parts."""
    anping.open()
    drafts = [candidate(anping, f"d{n}", support) for n, support in enumerate(supports)]
    voters = dict(zip([anping.firms[1].uscc, anping.firms[2].uscc], parts, strict=True))
    return fund_rounds.set_up(
        "r1", anping.cluster, "2025年第一轮", CLOSES, drafts, sum(parts), voters, PLEDGED, by=anping.organiser
    )


def test_a_deposit_is_shown_then_booked_once(anping: Any, officer: User) -> None:
    data = {"amount": "500", "scale": "wan", "key": KEY}
    text = post(anping, officer, "fund_deposit", data).content.decode()
    assert "5,000,000.00 元" in text
    assert not Entry.objects.exists()
    for _ in range(2):
        assert post(anping, officer, "fund_deposit", data | {"confirmed": "1"}).status_code == 302
    entry = Entry.objects.get(posted__gt=0)
    assert (entry.debit_id, entry.credit_id, entry.posted, entry.batch.by) == (BANK, FUND, 5_000_000_00, officer)
    assert fund.position().free == 5_000_000_00
    other = post(anping, officer, "fund_deposit", data | {"amount": "600", "confirmed": "1"})
    assert other.status_code == 422
    assert fund.position().booked == 5_000_000_00


def test_only_the_province_deposits(anping: Any, officer: User) -> None:
    data = {"amount": "500", "scale": "wan", "key": KEY, "confirmed": "1"}
    for user in (anping.organiser, anping.members[0], anping.stranger):
        assert post(anping, user, "fund_deposit", data).status_code == 403
        with pytest.raises(PermissionDenied):
            fund.deposit(100, KEY, PLEDGED, by=user)
    for bad in ({"amount": "0"}, {"amount": "1e9"}, {"amount": "\x00"}, {"key": "k"}, {"scale": ""}):
        assert post(anping, officer, "fund_deposit", data | bad).status_code == 422
    assert not Entry.objects.exists()


def test_the_figures_are_the_ledgers(anping: Any, officer: User) -> None:
    project = anping.open()
    services.pledge(project, "p", anping.firms[0].uscc, Unit.CASH, 600_000_00, PLEDGED, by=anping.members[0])
    held = fund.position()
    assert (held.booked, held.reserved, held.free) == (5_000_000_00, 600_000_00, 4_400_000_00)
    (row,) = fund.given(officer)
    assert (row.project, row.reserved, row.paid, row.back) == (project, 600_000_00, 0, 0)
    services.withdraw(project, "p", PLEDGED, by=anping.members[0])
    assert fund.position().reserved == 0
    start(anping, project)
    (row,) = fund.given(officer)
    balance = ledger.balances()[FUND]
    assert (row.reserved, row.paid) == (0, 600_000_00)
    assert balance.debits == row.paid
    (hidden,) = fund.given(anping.stranger)
    assert (hidden.project, hidden.paid) == (None, 600_000_00)
    text = read(anping, officer, "fund")
    assert "4,400,000.00 元" in text
    assert "登记拨入" in text
    assert "登记拨入" not in read(anping, anping.members[1], "fund")
    assert project.title not in read(anping, anping.stranger, "fund")


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"total": 1_000_000_01}, "fund.sum"),
        ({"total": 999_999_99}, "fund.sum"),
        ({"closes": PLEDGED}, "fund.closes"),
        ({"chosen": []}, "fund.candidates"),
        ({"parts": {}}, "fund.voters"),
        ({"parts": {"91139900EXAMPLE042": 1_000_000_00}}, "fund.voters"),
        ({"total": 0, "parts": {"91139900EXAMPLE02U": 0}}, "fund.voters"),
        ({"total": 6_000_000_00, "parts": {"91139900EXAMPLE02U": 6_000_000_00}}, "fund.balance"),
    ],
)
def test_a_round_with_a_fault_is_not_set_up(anping: Any, change: dict[str, Any], rule: str) -> None:
    anping.open()
    asked: dict[str, Any] = {
        "closes": CLOSES,
        "chosen": [candidate(anping, "d0", 300_000_00)],
        "total": 1_000_000_00,
        "parts": {anping.firms[1].uscc: 600_000_00, anping.firms[2].uscc: 400_000_00},
    }
    with pytest.raises(InvalidValue) as caught:
        fund_rounds.set_up("r1", anping.cluster, "x", now=PLEDGED, by=anping.organiser, **{**asked, **change})
    assert caught.value.code == rule
    assert not FundRound.objects.exists()
    assert not FundVoter.objects.exists()


def test_only_submitted_proposals_that_ask_for_support_are_candidates(anping: Any) -> None:
    anping.open()
    good = candidate(anping, "good", 300_000_00)
    for n, (support, state) in enumerate(
        ((0, Draft.State.SUBMITTED), (300_000_00, Draft.State.WRITING), (300_000_00, Draft.State.DECLINED))
    ):
        bad = candidate(anping, f"bad{n}", support, state)
        with pytest.raises(InvalidValue, match="candidates"):
            fund_rounds.set_up(
                "r1", anping.cluster, "x", CLOSES, [good, bad], 100, {anping.firms[1].uscc: 100}, PLEDGED, by=None
            )
    assert fund_rounds.candidates(anping.cluster) == [(good, 300_000_00)]


def test_a_round_from_the_form_to_its_result(anping: Any) -> None:
    anping.open()
    one, two = candidate(anping, "one", 400_000_00), candidate(anping, "two", 500_000_00)
    a, b = anping.firms[1].uscc, anping.firms[2].uscc
    text = read(anping, anping.organiser, "fund_new", anping.cluster.slug)
    assert f"{a} 2,500,000.00" in text
    data = {
        "title": "2025年第一轮",
        "closes": "2024-11-19T08:00",
        "amount": "100",
        "scale": "wan",
        "drafts": [one.pk, two.pk],
        "parts": f"{a} 600000 # 甲\n{b} 400,000.00",
        "key": KEY,
    }
    off = post(
        anping, anping.organiser, "fund_new", data | {"parts": f"{a} 600000\n{b} 400000.01"}, anping.cluster.slug
    )
    assert off.status_code == 422
    assert "多 1 分" in off.content.decode()
    for bad in ("x", f"{a} y", f"{a} 1\n{a} 1", f"{a} 1e9", ""):
        wrong = post(anping, anping.organiser, "fund_new", data | {"parts": bad}, anping.cluster.slug)
        assert wrong.status_code == 422
    assert not FundRound.objects.exists()
    assert post(anping, anping.members[1], "fund_new", data, anping.cluster.slug).status_code == 404
    assert post(anping, anping.organiser, "fund_new", data, anping.cluster.slug).status_code == 302
    twice = post(anping, anping.organiser, "fund_new", data, anping.cluster.slug)
    assert twice.status_code == 422
    row = FundRound.objects.get()
    score(anping, row, 1, {one: 5, two: 5})
    score(anping, row, 2, {one: 10})
    assert post(anping, anping.organiser, "fund_decide", {}, row.slug).status_code == 422
    after = CLOSES + timedelta(days=1)
    assert post(anping, anping.members[1], "fund_decide", {}, row.slug, now=after).status_code == 403
    assert post(anping, anping.organiser, "fund_decide", {}, row.slug, now=after).status_code == 302
    row.refresh_from_db()
    assert row.result is not None
    (first, second) = row.result["funded"]
    # 400,000 yuan for 15 points: firm 1 pays a third, firm 2 the rest. Firm 1 cannot pay the other alone.
    assert first["draft"] == "one"
    assert {p[0]: Fraction(p[1]) for p in first["payments"]} == {a: Fraction(400_000_00, 3), b: Fraction(800_000_00, 3)}
    assert second == {"draft": "two", "cost": "50000000", "rate": None, "payments": []}
    assert Fraction(row.result["rest"]) == 100_000_00
    text = read(anping, anping.members[1], "fund_round", row.slug, now=after)
    for words in ("133,333.33", "266,666.67", "每分 26,666.67 元", "总效用最大的选择与此相同", LIMITS[0]):
        assert words in text


def score(anping: Any, row: FundRound, n: int, scores: dict[Draft, int], now: Any = PLEDGED) -> Any:
    data = {f"score-{draft.pk}": 0 for draft in row.drafts.all()}
    data |= {f"score-{draft.pk}": points for draft, points in scores.items()}
    return post(anping, anping.members[n], "fund_vote", {"party": anping.firms[n].uscc, **data}, row.slug, now=now)


def test_a_result_is_kept_as_it_was_decided(anping: Any) -> None:
    row = round_of(anping, 300_000_00)
    fund_rounds.vote(row, anping.firms[1], {"d0": 3}, PLEDGED, by=anping.members[1])
    decided = fund_rounds.decide(row, CLOSES, by=anping.organiser).result
    Draft.objects.filter(slug="d0").update(state=Draft.State.DECLINED)
    FundVoter.objects.update(votes={})
    assert fund_rounds.decide(row, CLOSES, by=anping.organiser).result == decided
    with pytest.raises(InvalidValue, match="closed"):
        fund_rounds.vote(row, anping.firms[1], {"d0": 9}, PLEDGED, by=anping.members[1])


def test_a_proposal_taken_back_gets_nothing(anping: Any) -> None:
    row = round_of(anping, 300_000_00, 200_000_00)
    fund_rounds.vote(row, anping.firms[1], {"d0": 10, "d1": 1}, PLEDGED, by=anping.members[1])
    Draft.objects.filter(slug="d0").update(state=Draft.State.RETURNED)
    decided = fund_rounds.decide(row, CLOSES, by=anping.organiser)
    assert decided.result is not None
    assert [one["draft"] for one in decided.result["funded"]] == ["d1"]
    assert "项目d0" in read(anping, anping.organiser, "fund_round", row.slug, now=CLOSES)


def test_the_optimum_stands_beside_the_result(anping: Any) -> None:
    row = round_of(anping, 500_000_00, 600_000_00, parts=(500_000_00, 500_000_00))
    fund_rounds.vote(row, anping.firms[1], {"d0": 3, "d1": 10}, PLEDGED, by=anping.members[1])
    decided = fund_rounds.decide(row, CLOSES, by=anping.organiser)
    assert decided.result is not None
    assert [one["draft"] for one in decided.result["funded"]] == ["d0"]
    assert decided.result["optimum"] == ["d1"]
    assert Fraction(decided.result["gap"]) == Fraction(7, 10)
    assert "70.0%" in read(anping, anping.organiser, "fund_round", row.slug, now=CLOSES)


def test_votes_are_a_firms_own_and_in_time(anping: Any) -> None:
    row = round_of(anping, 300_000_00)
    (draft,) = row.drafts.all()
    assert score(anping, row, 1, {draft: 7}).status_code == 302
    assert score(anping, row, 1, {draft: 4}).status_code == 302
    assert FundVoter.objects.get(enterprise=anping.firms[1]).votes == {"d0": 4}
    assert "selected>4" in read(anping, anping.members[1], "fund_round", row.slug)
    assert "selected>4" not in read(anping, anping.members[2], "fund_round", row.slug)
    assert "selected>4" not in read(anping, anping.organiser, "fund_round", row.slug)
    data = {"party": anping.firms[1].uscc, f"score-{draft.pk}": "5"}
    assert post(anping, anping.members[2], "fund_vote", data, row.slug).status_code == 403
    assert post(anping, anping.members[3], "fund_vote", data, row.slug).status_code == 404
    for bad in ("11", "-1", "1.5", "x", "", "\x00"):
        sent = data | {f"score-{draft.pk}": bad}
        assert post(anping, anping.members[1], "fund_vote", sent, row.slug).status_code == 422
    assert score(anping, row, 1, {draft: 9}, now=CLOSES).status_code == 422
    assert FundVoter.objects.get(enterprise=anping.firms[1]).votes == {"d0": 4}
    with pytest.raises(InvalidValue, match="scores"):
        fund_rounds.vote(row, anping.firms[1], {"nothing": 1}, PLEDGED, by=None)


def codes(count: int) -> list[str]:
    """Make codes of the area that does not exist, with the check character that belongs to each."""
    found = []
    for n in range(count):
        for last in "0123456789ABCDEFGHJKLMNPQRTUWXY":
            with suppress(InvalidValue):
                found.append(Uscc(f"91139900EXAMPLE{n + 10}{last}").code)
    return found


def test_the_round_page_asks_a_number_of_queries_that_does_not_grow_with_voters(
    anping: Any, django_assert_max_num_queries: Any
) -> None:
    row = round_of(anping, 300_000_00)
    firms = Enterprise.objects.bulk_create(
        Enterprise(uscc=code, name=code, county=anping.cluster.county, industry=anping.cluster.industry)
        for code in codes(20)
    )
    Membership.objects.bulk_create(Membership(enterprise=firm, cluster=anping.cluster) for firm in firms)
    FundVoter.objects.bulk_create(FundVoter(round=row, enterprise=firm, budget=1) for firm in firms)
    client = anping.client(anping.members[1])
    assert len(firms) == 20
    with at(PLEDGED), django_assert_max_num_queries(14):
        assert client.get(row.get_absolute_url()).status_code == 200
