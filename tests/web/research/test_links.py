"""What is offered can be had: every link that a page of research shows opens for who sees it."""

import re
from html import unescape
from typing import Any

import pytest
from django.urls import reverse

from gongzao.research import Evidence, Result, ResultKind
from gongzao.web.accounts.models import Post, Role, User
from gongzao.web.research import services
from gongzao.web.research.models import Draft, Project
from gongzao.web.research.proposal_form import from_proposal
from tests.web.research.story import PLEDGED, SPRING, complete, start
from tests.web.research.test_campaign import at

MOST_PAGES = 60
"""Pages that one visitor is followed over."""


@pytest.fixture
def everything(anping: Any) -> Any:
    """Projects in several phases, a draft handed in, an expert drawn, and somebody of every role."""
    campaign, running, done = (anping.open(id=name) for name in ("campaign", "running", "done"))
    assert campaign.phase == "campaign"
    for project in (running, done):
        start(anping, project)
    complete(anping, done)
    file, firm = [Evidence("报告.pdf", "0" * 64)], anping.firms[2]
    services.submit_milestone(running, "M1", firm.uscc, file, [], SPRING, by=anping.members[2])
    services.draw_reviewers(running, "seed", SPRING, by=anping.organiser)
    result = Result("R2", ResultKind.DATA, "数据")
    services.register_result(done, firm.uscc, result, SPRING, by=anping.members[2])
    draft = Draft.objects.create(
        slug="d1", topic=anping.topic, lead=anping.firms[1], changed_at=SPRING, data=from_proposal(anping.proposal)
    )
    draft.members.set([anping.firms[1]])
    county = anping.cluster.county
    places = {
        "province": {"role": Role.PROVINCE, "region": county.parent.parent},
        "city": {"role": Role.CITY, "region": county.parent},
        "county": {"role": Role.COUNTY, "region": county},
        "auditor": {"role": Role.AUDITOR},
    }
    people: dict[str, User | None] = {"nobody": None, "stranger": anping.stranger, "operator": anping.organiser}
    for name, place in places.items():
        people[name] = user = User.objects.create_user(name)
        Post.objects.create(user=user, **place)
    people |= {f"member{n}": user for n, user in enumerate(anping.members)}
    people |= {"drawn": anping.experts[0].user, "superuser": User.objects.create_superuser("root")}
    return anping, people


ROLES = ("nobody", "stranger", "operator", "province", "auditor", "member0", "member1", "member2", "drawn")


@pytest.mark.parametrize("role", ROLES)
def test_every_link_shown_opens(everything: Any, role: str) -> None:
    anping, people = everything
    client = anping.client(people[role])
    waiting, seen = [reverse("research:home")], set[str]()
    broken = []
    while waiting and len(seen) < MOST_PAGES:
        page = waiting.pop(0)
        if page in seen:
            continue
        seen.add(page)
        answer = client.get(page)
        if answer.status_code not in (200, 302):
            broken.append((answer.status_code, page))
        if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
            continue
        text = answer.content.decode()
        body = text[text.index("<main") : text.index("</main>")]
        for found in re.findall(r'(?:href|src)="(/research/[^"#]*)', body):
            link = unescape(found)
            if not re.search(r"/(evidence|workbook)/", link) and not re.search(r"\.(xlsx|csv|docx)(\?|$)", link):
                waiting.append(link)
    assert broken == []
    assert len(seen) > (3 if role not in ("stranger", "nobody") else 1)
    assert Project.objects.count() == 3


def test_a_page_without_posts_offers_no_tab_that_is_empty(everything: Any) -> None:
    anping, people = everything
    home = reverse("research:home")

    def tabs(role: str) -> set[str]:
        text = anping.client(people[role]).get(home).content.decode()
        names = ("projects", "needs", "drafts", "fund", "reviews")
        main = text[text.index("<main") :]
        tabs = main.split("</nav>")[0] if "ledger-tabs" in main else ""
        return {name for name in names if f'href="{reverse(f"research:{name}")}"' in tabs}

    assert tabs("stranger") == set()
    assert tabs("drawn") == {"reviews"}
    assert tabs("member1") == {"projects", "needs", "drafts", "fund"}
    assert tabs("province") == {"projects", "needs", "drafts", "fund", "reviews"}
    assert tabs("operator") == {"projects", "needs", "drafts", "fund"}
    assert tabs("auditor") == {"projects", "needs", "drafts", "fund", "reviews"}


@pytest.mark.parametrize("role", ["operator", "province", "auditor", "member1", "member0"])
def test_joining_is_not_offered_to_who_cannot(everything: Any, role: str) -> None:
    anping, people = everything
    client = anping.client(people[role])
    with at(PLEDGED):
        for page in ("campaign", "public"):
            text = client.get(reverse(f"research:{page}", args=["campaign"])).content.decode()
            assert reverse("research:join", args=["campaign"]) not in text
