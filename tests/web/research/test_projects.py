"""Home, list, overview and public page: who sees what, what is to be done, and what stays inside."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from gongzao.research import Evidence, Verdict, contract, open_project
from gongzao.web.accounts.models import Post, Role, User
from gongzao.web.research import queries, services, store
from gongzao.web.research.models import FundRound, FundVoter, Project
from tests.web.research import story
from tests.web.research.conftest import OPENING, POLICY

NOW = datetime(2024, 11, 13, tzinfo=UTC)


def another(anping: Any, name: str, title: str = "另一项目") -> Project:
    step = open_project(replace(anping.proposal, id=name, title=title), POLICY, OPENING, by="platform")
    return store.create(step, anping.topic, synthetic=True, by=None)


def texts(user: User, now: datetime) -> list[tuple[str, str]]:
    return [(todo.text, todo.until) for todo in queries.todos(user, now)]


def test_everybody_has_the_place_in_the_navigation(client: Any, anping: Any) -> None:
    page = client.get(reverse("targets:home")).content.decode()
    assert page.index(reverse("targets:home")) < page.index(f'href="{reverse("research:home")}" class="place')


def test_the_first_page_says_what_the_place_is_for_when_it_is_empty(client: Any, db: None) -> None:
    page = client.get(reverse("research:home")).content.decode()
    assert "共0个项目" in page
    assert "还没有项目" in page


def test_the_home_page_lists_what_runs_and_puts_the_visitor_first(anping: Any) -> None:
    project = anping.open()
    late = anping.proposal.terms.deadline
    story.fund(anping, project)
    services.close_round(project, late, by=anping.organiser)
    page = anping.client(None).get(reverse("research:home")).content.decode()
    assert "共1个项目：众筹中0个" in page
    assert "待办" not in page
    assert "示例数据" in page


@pytest.mark.parametrize("count", [1, 8])
def test_the_home_page_takes_as_many_queries_for_one_project_as_for_many(
    anping: Any, count: int, django_assert_max_num_queries: Any
) -> None:
    for n in range(count):
        another(anping, f"P{n}")
    member, organiser = anping.client(anping.members[1]), anping.client(anping.organiser)
    with django_assert_max_num_queries(14):
        member.get(reverse("research:home"))
    with django_assert_max_num_queries(14):
        organiser.get(reverse("research:home"))
    with django_assert_max_num_queries(6):
        organiser.get(reverse("research:projects"))


def test_a_party_is_told_to_pledge_sign_submit_and_vote_in_time(anping: Any) -> None:
    project, member, terms = anping.open(), anping.members[0], anping.proposal.terms
    assert texts(member, NOW) == [("认缴出资", "2024-12-10 08:00")]
    assert texts(member, terms.deadline) == []
    story.fund(anping, project)
    assert texts(member, NOW) == []
    value = services.close_round(project, terms.deadline, by=anping.organiser)
    assert [text for text, _until in texts(member, terms.deadline)] == ["阅读并签署合同"]
    for firm, user in zip(anping.firms, anping.members, strict=True):
        services.sign(project, firm.uscc, contract(value).sha256, terms.deadline, by=user)
    assert texts(member, story.SPRING) == [("提交里程碑 方案与样机", "2025-06-30")]


def test_an_organiser_closes_rounds_and_draws_experts_and_an_expert_reviews(anping: Any) -> None:
    project, organiser, terms = anping.open(), anping.organiser, anping.proposal.terms
    assert texts(organiser, NOW) == []
    assert [text for text, _until in texts(organiser, terms.deadline)] == ["众筹已截止，结束本轮"]
    story.start(anping, project)
    assert texts(organiser, story.SPRING) == []
    file = Evidence("报告.pdf", "0" * 64)
    member = anping.members[2]
    services.submit_milestone(project, "M1", anping.firms[2].uscc, [file], [], story.SPRING, by=member)
    assert [text for text, _until in texts(organiser, story.SPRING)] == ["等待种子公布后抽取评审专家"]
    anping.fill_fund(1_00, story.SPRING + timedelta(days=1), "head")
    later = story.SPRING + timedelta(days=2)
    assert [text for text, _until in texts(organiser, later)] == ["抽取评审专家"]
    value = services.draw_reviewers(project, "seed", story.SPRING, by=organiser)
    drawn = [expert for expert in anping.experts if expert.code in value.reviewers]
    assert [texts(expert.user, story.SPRING) for expert in drawn] == [[("评审里程碑 M1", "")]] * 3
    assert texts(member, story.SPRING) == []


def test_a_firm_is_asked_for_its_vote_on_the_fund_until_it_closes(anping: Any) -> None:
    made = FundRound.objects.create(slug="f1", cluster=anping.cluster, title="示例分配", closes=NOW, made_at=OPENING)
    FundVoter.objects.create(round=made, enterprise=anping.firms[1], budget=100_00)
    assert texts(anping.members[1], OPENING) == [("为匹配资金评分", "2024-11-13 08:00")]
    assert texts(anping.members[1], NOW) == []
    assert texts(anping.members[2], OPENING) == []


def test_the_list_shows_what_the_visitor_sees_and_finds_it(anping: Any) -> None:
    anping.open()
    another(anping, "P2")
    address = reverse("research:projects")
    client = anping.client(anping.members[1])
    assert "共2个" in client.get(address).content.decode()
    assert "共0个" in anping.client(anping.stranger).get(address).content.decode()
    for wanted in ("另一", "p2"):
        assert "共1个" in client.get(address, {"q": wanted}).content.decode()
    assert "共2个" in client.get(address, {"q": anping.firms[4].name}).content.decode()
    assert "共0个" in client.get(address, {"phase": "running"}).content.decode()
    first = client.get(address, {"sort": "title"}).content.decode()
    assert first.index("另一项目") < first.index("高目数")


@pytest.mark.parametrize(
    "query", [{"q": "\x00"}, {"phase": "nowhere"}, {"sort": "'; --"}, {"page": "x" * 50}, {"q": "长" * 1000}]
)
def test_nonsense_in_the_address_shows_the_list(anping: Any, query: dict[str, str]) -> None:
    anping.open()
    client = anping.client(anping.members[1])
    assert "共1个" in client.get(reverse("research:projects"), query).content.decode()
    assert client.get(reverse("research:projects_export", args=["csv"]), query).status_code == 200


def test_the_list_is_exported_as_filtered(anping: Any) -> None:
    anping.open()
    another(anping, "P2")
    client = anping.client(anping.members[1])
    answer = client.get(reverse("research:projects_export", args=["csv"]), {"q": "另一"})
    head, *lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert head.startswith("项目编号,项目名称")
    assert [line.split(",")[0] for line in lines] == ["P2"]
    assert "示例数据" in lines[0]


def test_the_overview_shows_the_stages_and_the_next_step(anping: Any) -> None:
    project = anping.open()
    client = anping.client(anping.members[1])
    page = client.get(project.get_absolute_url())
    assert [state for _address, _word, state in page.context["steps"]] == ["done", "here", "", "", ""]
    assert "已认缴现金 0 万元，门槛 200 万元" in page.content.decode()
    story.start(anping, project)
    story.hand_in(anping, project, "M1", Verdict.REJECT)
    page = client.get(project.get_absolute_url())
    assert [state for _address, _word, state in page.context["steps"]] == ["done", "done", "done", "broken", ""]
    assert "200 万元 已退回" in page.content.decode()


def test_a_missed_campaign_is_broken_at_its_first_stage(anping: Any) -> None:
    project = anping.open()
    services.close_round(project, anping.proposal.terms.deadline, by=anping.organiser)
    page = anping.client(anping.members[1]).get(project.get_absolute_url())
    assert [state for _address, _word, state in page.context["steps"]] == ["done", "broken", "", "", ""]
    assert "未达门槛 200 万元，全部认缴已解冻" in page.content.decode()


@pytest.mark.parametrize("name", ["project", "money", "log"])
def test_only_parties_organisers_and_auditors_get_in(anping: Any, name: str) -> None:
    project = anping.open()
    address = reverse(f"research:{name}", args=[project.pk])
    auditor = User.objects.create_user("auditor")
    Post.objects.create(user=auditor, role=Role.AUDITOR)
    for user in (*anping.members, anping.organiser, auditor):
        assert anping.client(user).get(address).status_code == 200
    assert anping.client(anping.stranger).get(address).status_code == 404
    assert anping.client(anping.experts[0].user).get(address).status_code == 404
    assert anping.client(None).get(address).status_code == 302
    assert anping.client(anping.members[0]).post(address).status_code == 405


def test_the_public_page_keeps_amounts_and_opinions_inside(anping: Any) -> None:
    project = anping.open()
    story.start(anping, project)
    story.complete(anping, project)
    page = anping.client(None).get(reverse("research:public", args=[project.pk])).content.decode()
    assert "5家单位共投 200 万元，目前已完成" in page
    for said in (*(firm.name for firm in anping.firms), "已验收", "高目数织造工艺", "示例数据"):
        assert said in page
    for kept in ("60 万元", "600,000", "30 万元", "秘密意见", "报告.pdf", "专家", anping.firms[0].uscc, "进入项目"):
        assert kept not in page
    assert (
        "进入项目"
        in anping.client(anping.members[0]).get(reverse("research:public", args=[project.pk])).content.decode()
    )


@pytest.mark.parametrize("name", ["public", "project", "money", "log"])
def test_what_is_not_there_is_not_found(anping: Any, name: str) -> None:
    assert anping.client(anping.organiser).get(reverse(f"research:{name}", args=["nothing"])).status_code == 404
