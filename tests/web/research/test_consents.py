"""A party named in a proposal takes part only by its own word, and until then nobody learns its name from a form."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from gongzao.kernel import InvalidValue
from gongzao.web.accounts.models import Post, Role, User
from gongzao.web.clusters.models import Cluster, Enterprise, Region
from gongzao.web.research import consents, drafts, queries
from gongzao.web.research.models import Draft, DraftConsent, DraftReply, Project
from gongzao.web.research.proposal_form import from_proposal
from tests.web.research.test_drafts import NOW, agree, current, refused, write

State = Draft.State


@pytest.fixture
def open_call(anping: Any) -> None:
    call = anping.topic.call
    call.closes = timezone.now() + timedelta(days=30)
    call.save()


def handed_in(anping: Any) -> Draft:
    draft = write(anping, current(anping.proposal), timezone.now())
    return drafts.submit(draft, draft.version, timezone.now(), by=anping.members[1])


def test_nobody_is_member_of_a_draft_before_he_agrees(anping: Any, open_call: None) -> None:
    draft = handed_in(anping)
    assert [firm.pk for firm in draft.members.all()] == [anping.firms[1].pk]
    with refused("draft.consent"):
        drafts.open_project(draft, draft.version, timezone.now(), by=anping.organiser)
    for n in (0, 2, 3):
        consents.give(draft, anping.firms[n], True, "", timezone.now(), by=anping.members[n])
    with pytest.raises(InvalidValue, match=anping.firms[4].uscc):
        drafts.open_project(draft, draft.version, timezone.now(), by=anping.organiser)
    assert not Project.objects.exists()
    consents.give(draft, anping.firms[4], True, "", timezone.now(), by=anping.members[4])
    drafts.open_project(draft, draft.version, timezone.now(), by=anping.organiser)
    assert Project.objects.get().title == anping.proposal.title


def test_a_firm_answers_on_the_page_and_is_told_in_its_list_of_things_to_do(anping: Any, open_call: None) -> None:
    draft = handed_in(anping)
    user, firm = anping.members[2], anping.firms[2]
    assert f"确认{firm.name}是否参加" in [todo.text for todo in queries.todos(user, timezone.now())]
    client = anping.client(user)
    page = client.get(draft.get_absolute_url()).content.decode()
    assert "同意参加，并同意以上全部条款" in page
    address = reverse("research:draft_consent", args=[draft.slug])
    for data, status in (
        ({"firm": firm.uscc}, 422),
        ({"firm": firm.uscc, "agreed": "no"}, 422),
        ({"firm": anping.firms[3].uscc, "agreed": "yes"}, 403),
        ({"firm": firm.uscc, "agreed": "no", "reason": "条件不合"}, 302),
        ({"firm": firm.uscc, "agreed": "yes"}, 302),
    ):
        assert client.post(address, data).status_code == status
    assert [row.agreed for row in DraftConsent.objects.filter(enterprise=firm)] == [False, True]  # both stay
    assert not [todo for todo in queries.todos(user, timezone.now()) if "是否参加" in todo.text]
    for outsider in (anping.organiser, anping.members[1]):
        assert anping.client(outsider).post(address, {"firm": firm.uscc, "agreed": "yes"}).status_code == 403
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE research_draftconsent SET agreed = NOT agreed")


def test_what_was_agreed_to_is_what_is_opened(anping: Any, open_call: None) -> None:
    draft = agree(anping, handed_in(anping))
    draft = drafts.decide(draft, State.RETURNED, "请改", draft.version, timezone.now(), by=anping.organiser)
    with refused("draft.not_asked"):
        consents.give(draft, anping.firms[2], True, "", timezone.now(), by=anping.members[2])
    changed = {"basics": {**draft.data["basics"], "title": "另一题目"}}
    draft = drafts.save(draft, changed, draft.version, timezone.now(), by=anping.members[1])
    draft = drafts.submit(draft, draft.version, timezone.now(), by=anping.members[1])
    with refused("draft.consent"):
        drafts.open_project(draft, draft.version, timezone.now(), by=anping.organiser)
    drafts.decide(draft, State.RETURNED, "再改", draft.version, timezone.now(), by=anping.organiser)
    assert [row.text for row in DraftReply.objects.filter(draft=draft)] == ["请改", "再改"]


def test_only_who_is_named_answers(anping: Any, open_call: None) -> None:
    data = current(anping.proposal)
    draft = write(anping, data, timezone.now())
    Draft.objects.filter(pk=draft.pk).update(state=State.SUBMITTED)
    with refused("draft.not_named"):
        consents.give(draft, anping.firms[2], True, "", timezone.now(), by=anping.members[2])


@pytest.fixture
def far(anping: Any) -> tuple[Any, list[Enterprise]]:
    """A member and a cluster of another city, and firms there that do not exist for the first project's people."""
    city = Region.objects.create(
        code="130500", name_zh="邢台市", name_en="Xingtai", level="city", parent=anping.cluster.county.parent.parent
    )
    county = Region.objects.create(code="130528", name_zh="宁晋县", name_en="Ningjin", level="county", parent=city)
    Cluster.objects.create(slug="far", name_zh="远方集群", county=county, industry=anping.cluster.industry)
    codes = ["91139900EXAMPLE068", "91139900EXAMPLE07B"]
    firms = [
        Enterprise.objects.create(uscc=code, name=f"隐名{n}号公司", county=county, industry=anping.cluster.industry)
        for n, code in enumerate(codes)
    ]
    user = User.objects.create_user("far")
    Post.objects.create(user=user, role=Role.MEMBER, enterprise=firms[0])
    return user, firms


def test_no_form_tells_the_name_of_a_firm_that_does_not_exist_for_one(
    anping: Any, open_call: None, far: tuple[Any, list[Enterprise]]
) -> None:
    """Typed once, typed twice, named in a task, in the workbook, in the page of faults: the code stays a code."""
    _user, firms = far
    client = anping.client(anping.members[1])
    assert client.get(f"/clusters/enterprises/{firms[0].uscc}/").status_code == 404
    data = current(anping.proposal)
    extra = [{"uscc": firm.uscc, "role": "firm", "applicant": "no"} for firm in (*firms, firms[0])]
    data["parties"] = [*data["parties"], *extra]
    draft = write(anping, data, timezone.now())
    address = draft.get_absolute_url()
    pages = [address, f"{address}parties/edit/", f"{address}tasks/edit/", f"{address}workbook/"]
    texts = [client.get(page).content for page in pages]
    texts.append(client.post(f"{address}submit/", {"seen": draft.version}).content)
    data["parties"] = data["parties"][:-1]
    draft = drafts.save(draft, {"parties": data["parties"]}, draft.version, timezone.now(), by=anping.members[1])
    texts.append(client.post(f"{address}submit/", {"seen": draft.version}).content)
    draft = drafts.submit(draft, draft.version, timezone.now(), by=anping.members[1])
    texts.append(client.get(address).content)
    texts.append(anping.client(anping.organiser).post(f"{address}open/", {"seen": draft.version}).content)
    for text in texts:
        for firm in firms:
            assert firm.name.encode() not in text
    assert firms[0].uscc.encode() in texts[0]
    assert not draft.members.filter(pk__in=[firm.pk for firm in firms]).exists()
    consents.give(draft, firms[0], True, "", timezone.now(), by=far[0])
    page = client.get(address).content.decode()
    assert firms[0].name in page  # now it takes part, by its own word
    assert firms[1].name not in page


def test_a_form_that_names_a_foreign_firm_does_nothing(anping: Any, open_call: None) -> None:
    client = anping.client(anping.members[1])
    foreign = {"firm": anping.firms[2].uscc}
    assert client.post(reverse("research:draft_start", args=[anping.topic.slug]), foreign).status_code == 403
    assert not Draft.objects.exists()
    project = anping.open()
    assert client.post(reverse("research:amend", args=[project.pk]), foreign).status_code == 403
    draft = write(anping, from_proposal(anping.proposal), NOW)
    Draft.objects.filter(pk=draft.pk).update(state=State.SUBMITTED)
    draft.named.set(anping.firms)
    answer = {**foreign, "agreed": "yes"}
    assert client.post(reverse("research:draft_consent", args=[draft.slug]), answer).status_code == 403
    party = {"party": anping.firms[2].uscc}
    for name, more in (("join", {"role": "firm"}), ("pledge", {"unit": "CNY"}), ("sign", {}), ("bid", {})):
        status = client.post(reverse(f"research:{name}", args=[project.pk]), party | more).status_code
        assert status in (403, 422), name
    assert not DraftConsent.objects.exists()
