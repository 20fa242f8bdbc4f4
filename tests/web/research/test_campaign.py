"""The campaign's pages: how far, pledging with its consequence, withdrawing, joining, the end of a round."""

from datetime import datetime
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import reverse

from gongzao.ledger import Kind, Transfer
from gongzao.research import BANK, FUND, Phase, Terms, Unit, two_round_project
from gongzao.web.accounts.models import Post, Role
from gongzao.web.clusters.models import Enterprise
from gongzao.web.ledger import queries as ledger
from gongzao.web.ledger import services as books
from gongzao.web.ledger.models import Entry
from gongzao.web.research import services, store
from gongzao.web.research.campaign import expected
from gongzao.web.research.models import Event, Party, Project
from tests.web.research.story import PLEDGED, fund

KEY = "0123456789abcdef0123456789abcdef"


def at(now: datetime) -> Any:
    """Let the pages' clock show ``now``."""
    return patch("django.utils.timezone.now", return_value=now)


def send(client: Client, name: str, project: Project, data: dict[str, Any], now: datetime = PLEDGED) -> Any:
    with at(now):
        return client.post(reverse(f"research:{name}", args=[project.pk]), data)


def look(client: Client, project: Project, now: datetime = PLEDGED) -> str:
    with at(now):
        answer = client.get(reverse("research:campaign", args=[project.pk]))
    assert answer.status_code == 200
    return str(answer.content.decode())


def form(anping: Any, n: int, amount: str, unit: str = "CNY", scale: str = "wan", key: str = KEY) -> dict[str, str]:
    return {"party": anping.firms[n].uscc, "unit": unit, "amount": amount, "scale": scale, "key": key}


def state() -> tuple[int, int]:
    return Event.objects.count(), Entry.objects.count()


def test_a_pledge_is_shown_before_it_is_booked(anping: Any) -> None:
    project = anping.open()
    client, before = anping.client(anping.members[1]), state()
    answer = send(client, "pledge", project, form(anping, 1, "50"))
    assert answer.status_code == 200
    text = answer.content.decode()
    for words in ("500,000.00 元", "还差现金", "1,500,000.00 元", "2024-12-01 08:00 前可以撤回", "只冻结，不划缴"):
        assert words in text
    assert state() == before
    answer = send(client, "pledge", project, form(anping, 1, "50") | {"confirmed": "1"})
    assert answer.status_code == 302
    assert store.read(project.pk).pledged_cash == 500_000_00
    assert ledger.open_reservations().get().pending == 500_000_00


def test_a_double_click_pledges_once(anping: Any) -> None:
    project = anping.open()
    client = anping.client(anping.members[1])
    for _ in range(2):
        assert send(client, "pledge", project, form(anping, 1, "50") | {"confirmed": "1"}).status_code == 302
    assert send(client, "pledge", project, form(anping, 1, "50")).status_code == 302
    assert store.read(project.pk).pledged_cash == 500_000_00
    assert ledger.open_reservations().count() == 1
    other = send(client, "pledge", project, form(anping, 1, "60") | {"confirmed": "1"})
    assert other.status_code == 422
    assert "已用于其他内容" in other.content.decode()


def test_work_is_valued_by_the_proposals_rates(anping: Any) -> None:
    project = anping.open()
    client = anping.client(anping.members[4])
    text = send(client, "pledge", project, form(anping, 4, "1,000.5", "WORKHOUR")).content.decode()
    assert "1,000.50 工时" in text
    assert "120,060.00 元" in text
    send(client, "pledge", project, form(anping, 4, "1,000.5", "WORKHOUR") | {"confirmed": "1"})
    (made,) = store.read(project.pk).live_pledges
    assert (made.unit, made.quantity, made.value) == (Unit.WORK_HOURS, 100050, 120_060_00)


@pytest.mark.parametrize("confirmed", [{}, {"confirmed": "1"}])
def test_a_pledge_after_the_deadline_is_refused(anping: Any, confirmed: dict[str, str]) -> None:
    project = anping.open()
    before = state()
    late = anping.proposal.terms.deadline
    answer = send(anping.client(anping.members[1]), "pledge", project, form(anping, 1, "50") | confirmed, late)
    assert answer.status_code == 422
    assert "已过截止时间" in answer.content.decode()
    assert state() == before


def test_nobody_pledges_for_another(anping: Any) -> None:
    project = anping.open()
    before = state()
    wrong = form(anping, 2, "50") | {"confirmed": "1"}
    assert send(anping.client(anping.members[1]), "pledge", project, wrong).status_code == 422
    assert send(anping.client(anping.organiser), "pledge", project, wrong).status_code == 403
    assert send(anping.client(anping.stranger), "pledge", project, wrong).status_code == 404
    assert state() == before


@pytest.mark.parametrize("confirmed", [{}, {"confirmed": "1"}])
def test_the_institute_gives_no_more_than_asked(anping: Any, confirmed: dict[str, str]) -> None:
    project = anping.open()
    client, before = anping.client(anping.members[0]), state()
    for asked in (form(anping, 0, "600000.01", scale="yuan"), form(anping, 0, "10", "WORKHOUR")):
        answer = send(client, "pledge", project, asked | confirmed)
        assert answer.status_code == 422
        assert "600,000.00 元" in answer.content.decode()
    assert state() == before


def test_a_pledge_beyond_the_fund_is_refused_by_the_ledger(anping: Any) -> None:
    project = anping.open()
    books.submit([Transfer("spend", Kind.POST, FUND, BANK, 4_400_000_01, "CNY")], PLEDGED, by=None)
    before = Event.objects.count()
    answer = send(anping.client(anping.members[0]), "pledge", project, form(anping, 0, "60") | {"confirmed": "1"})
    assert answer.status_code == 422
    assert "账本拒绝记账" in answer.content.decode()
    assert Event.objects.count() == before
    assert not ledger.open_reservations().exists()


@pytest.mark.parametrize(
    "amount", ["", "-5", "0", "abc", "1e9", "1e999999999", "9" * 31, "0.001", "1.2.3", "十二", "50\x00", "NaN"]
)
def test_what_is_no_amount_is_refused_beside_the_field(anping: Any, amount: str) -> None:
    project = anping.open()
    before = state()
    asked = form(anping, 1, amount, scale="yuan") | {"confirmed": "1"}
    answer = send(anping.client(anping.members[1]), "pledge", project, asked)
    assert answer.status_code == 422
    assert state() == before


@pytest.mark.parametrize("change", [{"unit": "GOLD"}, {"scale": "x"}, {"key": "p1"}, {"key": ""}, {"party": "\x00"}])
def test_a_form_that_was_tampered_with_is_refused(anping: Any, change: dict[str, str]) -> None:
    project = anping.open()
    before = state()
    asked = form(anping, 1, "50") | {"confirmed": "1"} | change
    assert send(anping.client(anping.members[1]), "pledge", project, asked).status_code == 422
    assert state() == before


def test_a_pledge_is_withdrawn_in_time_by_its_party_only(anping: Any) -> None:
    project = anping.open()
    fund(anping, project)
    mine, other = anping.client(anping.members[1]), anping.client(anping.members[2])
    assert send(other, "withdraw", project, {"pledge": "p1", "confirmed": "1"}).status_code == 403
    assert "1,500,000.00 元" in send(mine, "withdraw", project, {"pledge": "p1"}).content.decode()
    assert store.read(project.pk).withdrawn == frozenset()
    assert send(mine, "withdraw", project, {"pledge": "p1", "confirmed": "1"}).status_code == 302
    assert store.read(project.pk).withdrawn == {"p1"}
    assert ledger.open_reservations().count() == 4
    again = send(mine, "withdraw", project, {"pledge": "p1", "confirmed": "1"})
    assert again.status_code == 422
    assert "已撤回" in again.content.decode()
    assert send(mine, "withdraw", project, {"pledge": "nothing\x00"}).status_code == 422
    late = anping.proposal.terms.withdraw_until
    refused = send(other, "withdraw", project, {"pledge": "p2", "confirmed": "1"}, late)
    assert refused.status_code == 422
    assert "撤回截止时间" in refused.content.decode()


def test_a_further_firm_joins_once(anping: Any) -> None:
    project = anping.open()
    firm = Enterprise.objects.create(
        uscc="91139900EXAMPLE068", name="示例新单位", county=anping.cluster.county, industry=anping.cluster.industry
    )
    Post.objects.create(user=anping.stranger, role=Role.MEMBER, enterprise=firm)
    client = anping.client(anping.stranger)
    with at(PLEDGED):
        assert client.get(reverse("research:campaign", args=[project.pk])).status_code == 404
        assert client.get(reverse("research:join", args=[project.pk])).status_code == 200
    data = {"party": firm.uscc, "role": "supplier"}
    assert send(client, "join", project, data | {"role": "public"}).status_code == 422
    assert send(client, "join", project, data).status_code == 302
    again = send(client, "join", project, data)
    assert again.status_code == 422
    assert "已提出加入申请" in again.content.decode()
    pledge = form(anping, 0, "10") | {"party": firm.uscc, "confirmed": "1"}
    lead, organiser = anping.client(anping.members[1]), anping.client(anping.organiser)
    for who, side in ((lead, "lead"), (organiser, "organiser")):
        assert not Party.objects.filter(project=project, enterprise=firm).exists()
        with at(PLEDGED):
            for page in ("campaign", "contract", "money", "log", "project", "work"):
                assert client.get(reverse(f"research:{page}", args=[project.pk])).status_code == 404
            assert "示例新单位" in who.get(reverse("research:campaign", args=[project.pk])).content.decode()
        assert send(client, "pledge", project, pledge).status_code == 404
        yes = {"party": firm.uscc, "side": side, "agreed": "yes"}
        for stranger in (anping.client(anping.members[2]), lead if side == "organiser" else organiser):
            assert send(stranger, "admit", project, yes).status_code == 403
        assert send(client, "admit", project, yes).status_code == 404
        assert send(who, "admit", project, yes).status_code == 302
    assert Party.objects.filter(project=project, enterprise=firm, role="supplier").exists()
    assert send(client, "pledge", project, pledge).status_code == 302
    late = anping.proposal.terms.deadline
    assert send(anping.client(anping.organiser), "join", project, data, late).status_code == 403


def test_a_refusal_is_told_with_its_reason(anping: Any) -> None:
    project = anping.open()
    firm = Enterprise.objects.create(
        uscc="91139900EXAMPLE068", name="示例新单位", county=anping.cluster.county, industry=anping.cluster.industry
    )
    Post.objects.create(user=anping.stranger, role=Role.MEMBER, enterprise=firm)
    client, organiser = anping.client(anping.stranger), anping.client(anping.organiser)
    send(client, "join", project, {"party": firm.uscc, "role": "firm"})
    no = {"party": firm.uscc, "side": "organiser", "agreed": "no", "reason": ""}
    assert send(organiser, "admit", project, no).status_code == 422
    assert send(organiser, "admit", project, no | {"reason": "与本集群无关"}).status_code == 302
    with at(PLEDGED):
        assert "与本集群无关" in client.get(reverse("research:join", args=[project.pk])).content.decode()
    assert send(client, "join", project, {"party": firm.uscc, "role": "firm"}).status_code == 422


def test_joining_after_the_deadline_is_refused(anping: Any) -> None:
    project = anping.open()
    firm = Enterprise.objects.create(
        uscc="91139900EXAMPLE068", name="示例新单位", county=anping.cluster.county, industry=anping.cluster.industry
    )
    Post.objects.create(user=anping.stranger, role=Role.MEMBER, enterprise=firm)
    late = anping.proposal.terms.deadline
    answer = send(anping.client(anping.stranger), "join", project, {"party": firm.uscc, "role": "firm"}, late)
    assert answer.status_code == 422
    assert not Party.objects.filter(enterprise=firm).exists()


def test_the_organiser_closes_a_round_that_is_over(anping: Any) -> None:
    project = anping.open()
    fund(anping, project)
    late, client = anping.proposal.terms.deadline, anping.client(anping.organiser)
    seen = {"seen": str(store.read(project.pk).version)}
    assert "结束本轮" not in look(client, project)
    assert "结束本轮" in look(client, project, late)
    assert send(client, "close", project, seen).status_code == 422
    assert send(anping.client(anping.members[1]), "close", project, seen, late).status_code == 403
    for stale in ("1", "", "x", "9" * 30):
        answer = send(client, "close", project, {"seen": stale, "confirmed": "1"}, late)
        assert answer.status_code == 422
    text = send(client, "close", project, seen, late).content.decode()
    assert "签约中" in text
    assert "600,000.00 元" in text
    assert store.read(project.pk).phase is Phase.CAMPAIGN
    assert send(client, "close", project, seen | {"confirmed": "1"}, late).status_code == 302
    assert store.read(project.pk).phase is Phase.SIGNING


def test_a_missed_threshold_voids_all(anping: Any) -> None:
    project = anping.open()
    services.pledge(project, "p1", anping.firms[1].uscc, Unit.CASH, 100_00, PLEDGED, by=anping.members[1])
    late, client = anping.proposal.terms.deadline, anping.client(anping.organiser)
    seen = {"seen": str(store.read(project.pk).version)}
    assert "全部认缴解冻" in send(client, "close", project, seen, late).content.decode()
    send(client, "close", project, seen | {"confirmed": "1"}, late)
    assert not ledger.open_reservations().exists()
    assert "未达门槛：认缴现金 0.01 万元，门槛 200 万元，全部认缴已解冻" in look(client, project, late)


def test_what_was_not_signed_in_time_lapses(anping: Any) -> None:
    project = anping.open()
    fund(anping, project)
    terms: Terms = anping.proposal.terms
    services.close_round(project, terms.deadline, by=None)
    client, seen = anping.client(anping.organiser), {"seen": str(store.read(project.pk).version), "confirmed": "1"}
    assert send(client, "close", project, seen, terms.deadline).status_code == 422
    assert send(client, "close", project, seen, terms.sign_by).status_code == 302
    assert store.read(project.pk).phase is Phase.LAPSED
    assert not ledger.open_reservations().exists()


def test_the_second_round_goes_on_to_the_optimum(anping: Any) -> None:
    project = anping.open(two_round_project())
    fund(anping, project)
    terms = two_round_project().terms
    client = anping.client(anping.members[1])
    assert "距最优目标还差现金 50 万元" in look(client, project)
    services.close_round(project, terms.deadline, by=None)
    text = send(client, "pledge", project, form(anping, 1, "50"), terms.deadline).content.decode()
    assert "2,500,000.00 元" in text
    send(client, "pledge", project, form(anping, 1, "50") | {"confirmed": "1"}, terms.deadline)
    services.close_round(project, terms.closes, by=None)
    assert sum(part.amount for part in store.read(project.pk).collected) == 2_500_000_00


def test_more_than_needed_is_taken_in_proportion(anping: Any) -> None:
    project = anping.open()
    fund(anping, project)
    services.pledge(project, "more", anping.firms[1].uscc, Unit.CASH, 333_333_33, PLEDGED, by=anping.members[1])
    before = expected(store.read(project.pk))
    assert sum(before.values()) == 2_000_000_00
    value = services.close_round(project, anping.proposal.terms.deadline, by=None)
    assert {part.pledge: part.amount for part in value.collected} == before


def test_the_page_says_how_far_it_is_and_links_to_the_ledger(anping: Any) -> None:
    project = anping.open()
    fund(anping, project)
    text = look(anping.client(anping.members[1]), project)
    assert "已达门槛：5家认缴现金 200 万元（门槛 200 万元），还剩28天" in text
    assert f"account=research%3A{project.pk}%3Astake%3A{anping.firms[1].uscc}" in text
    assert f"stake%3A{anping.firms[2].uscc}" not in text  # another firm's account is its own affair
    assert "示例数据" in text


def test_the_number_of_queries_does_not_grow_with_the_pledges(anping: Any, django_assert_max_num_queries: Any) -> None:
    project = anping.open()
    fund(anping, project)
    for n in range(20):
        services.pledge(project, f"x{n}", anping.firms[1].uscc, Unit.CASH, 100, PLEDGED, by=anping.members[1])
    client = anping.client(anping.members[1])
    with at(PLEDGED), django_assert_max_num_queries(16):
        client.get(reverse("research:campaign", args=[project.pk]))


def test_both_languages(anping: Any) -> None:
    project = anping.open()
    client = anping.client(anping.members[0])
    with at(PLEDGED):
        client.post(reverse("set_language"), {"language": "en", "next": "/"})
        answer = client.post(
            reverse("research:pledge", args=[project.pk]), form(anping, 0, "70"), HTTP_ACCEPT_LANGUAGE="en"
        )
    assert "the public institute gives cash" in answer.content.decode()
