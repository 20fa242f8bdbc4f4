"""Drafts: written in sections, handed in, decided on, opened; and amendments of a contract."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from gongzao.kernel import InvalidValue
from gongzao.research import Exemption, Phase, Proposal, ProposalRefused, Terms, Verdict, two_round_project
from gongzao.web.ledger.models import Entry
from gongzao.web.research import consents, drafts, store
from gongzao.web.research.models import Draft, Event, Project
from gongzao.web.research.proposal_form import from_proposal
from tests.web.research.story import hand_in, start

NOW = datetime(2024, 11, 12, tzinfo=UTC)
State = Draft.State


@pytest.fixture
def open_call(anping: Any) -> None:
    """Let the call take proposals today, for pages that look at the clock."""
    call = anping.topic.call
    call.closes = timezone.now() + timedelta(days=30)
    call.save()


def write(anping: Any, data: dict[str, Any] | None = None, now: datetime = NOW) -> Draft:
    whole = from_proposal(anping.proposal) if data is None else data
    return drafts.start(anping.topic, anping.firms[1], now, by=anping.members[1], data=whole)


def current(proposal: Proposal) -> dict[str, Any]:
    """Return what is typed for a proposal whose campaign begins now."""
    now = timezone.now().replace(microsecond=0)
    days = [now + timedelta(days=n) for n in (0, 10, 20, 30)]
    return from_proposal(replace(proposal, terms=Terms(*days)))


def hand(anping: Any, data: dict[str, Any] | None = None, now: datetime = NOW) -> Draft:
    draft = write(anping, data, now)
    return agree(anping, drafts.submit(draft, draft.version, now, by=anping.members[1]), now)


def agree(anping: Any, draft: Draft, now: datetime = NOW) -> Draft:
    """Let every party named agree."""
    for firm, user in zip(anping.firms, anping.members, strict=True):
        if draft.named.filter(pk=firm.pk).exists() and firm != draft.lead:
            consents.give(draft, firm, True, "", now, by=user)
    return draft


def refused(code: str) -> Any:
    return pytest.raises(InvalidValue, check=lambda error: error.code == code)


def rows(prefix: str, *lines: dict[str, str], initial: int = 0) -> dict[str, str]:
    form = {f"{prefix}-TOTAL_FORMS": str(len(lines)), f"{prefix}-INITIAL_FORMS": str(initial)}
    return form | {f"{prefix}-{n}-{key}": value for n, line in enumerate(lines) for key, value in line.items()}


def test_a_draft_is_begun_from_the_call_and_the_second_is_refused(anping: Any, open_call: None) -> None:
    client: Client = anping.client(anping.members[1])
    address = f"/research/topics/{anping.topic.slug}/propose/"
    answer = client.post(address)
    (draft,) = Draft.objects.all()
    assert answer.headers["Location"] == draft.get_absolute_url()
    assert (draft.lead, list(draft.members.all())) == (anping.firms[1], [anping.firms[1]])
    again = client.post(address, follow=True)
    assert "已有未结束的建议书" in again.content.decode()
    assert Draft.objects.count() == 1
    assert anping.client(anping.organiser).post(address).status_code == 403


def test_a_declined_proposal_may_be_followed_by_another(anping: Any) -> None:
    first = hand(anping)
    with refused("draft.second"):
        write(anping)
    drafts.decide(first, State.DECLINED, "不符合方向", first.version, NOW, by=anping.organiser)
    assert write(anping).pk != first.pk


@pytest.mark.parametrize("now", [datetime(2024, 10, 31, tzinfo=UTC), datetime(2024, 12, 1, tzinfo=UTC)])
def test_outside_the_call_nothing_is_begun_or_handed_in(anping: Any, now: datetime) -> None:
    with refused("draft.closed"):
        write(anping, now=now)
    draft = write(anping)
    with refused("draft.closed"):
        drafts.submit(draft, draft.version, now, by=anping.members[1])
    draft.refresh_from_db()
    assert draft.state == State.WRITING


def test_a_section_is_kept_as_typed_and_says_what_is_wrong(anping: Any, open_call: None) -> None:
    draft = write(anping)
    client: Client = anping.client(anping.members[1])
    address = f"/research/drafts/{draft.slug}/budget/edit/"
    form = rows(
        "rows",
        {"category": "设备", "cash": "90", "cash_unit": "wan", "in_kind": "", "stage": "1"},
        {"category": "材料", "cash": "五十万", "cash_unit": "yuan", "in_kind": "0", "stage": "1"},
        {"category": "", "cash": "", "cash_unit": "yuan", "in_kind": "", "stage": "1"},
        {"category": "不要的", "cash": "1", "stage": "1", "DELETE": "on"},
    )
    assert client.post(address, {**form, "seen": draft.version}).status_code == 302
    draft.refresh_from_db()
    assert draft.data["budget"] == [
        {"category": "设备", "cash": "90 万元", "in_kind": "", "stage": "1"},
        {"category": "材料", "cash": "五十万", "in_kind": "0", "stage": "1"},
    ]
    assert (draft.version, draft.changed_by) == (2, anping.members[1])
    page = client.get(address).content.decode()
    assert "请填写金额，例如 600000、1,234.50、12万 或 1.2亿元，收到“五十万”" in page
    assert 'value="五十"' in page  # beside 万元
    whole = client.get(draft.get_absolute_url()).content.decode()
    assert "第2行 · 现金" in whole
    assert "900,000.00 元" in whole


def test_the_live_list_names_what_is_wrong_and_keeps_nothing(anping: Any, open_call: None) -> None:
    draft = write(anping)
    typed = [dict(row) for row in draft.data["shares"]]
    typed[0]["income"] = "29"
    form = {**rows("rows", *typed), "seen": draft.version}
    address = f"/research/drafts/{draft.slug}/shares/edit/"
    answer = anping.client(anping.members[1]).post(address, form, headers={"HX-Request": "true"})
    assert "收益分配比例合计 99%，须为100%。请调整收益分配比例。" in answer.content.decode()
    assert "<html" not in answer.content.decode()
    before = deepcopy(draft.data)
    draft.refresh_from_db()
    assert (draft.data, draft.version) == (before, 1)


@pytest.mark.parametrize("name", list(from_proposal(two_round_project())))
def test_every_section_shows_and_keeps_what_it_shows(anping: Any, open_call: None, name: str) -> None:
    draft = write(anping, from_proposal(two_round_project()))
    client: Client = anping.client(anping.members[1])
    address = f"/research/drafts/{draft.slug}/{name}/edit/"
    shown = client.get(address)
    assert shown.status_code == 200
    forms = shown.context["forms"]
    single = [forms] if not shown.context["section"].table else forms.forms
    form = {"seen": str(draft.version)}
    if shown.context["section"].table:
        form |= rows("rows", *({} for _ in single), initial=len(single))
    for one in single:
        for field in one:
            if field.name != "DELETE":
                form[field.html_name] = str(field.value() or "")
    assert client.post(address, {**form, "next": "1"}).status_code == 302
    before = deepcopy(draft.data)
    draft.refresh_from_db()
    assert draft.data == before


def test_a_stale_form_is_refused(anping: Any, open_call: None) -> None:
    draft = write(anping)
    client: Client = anping.client(anping.members[1])
    address = f"/research/drafts/{draft.slug}/rules/edit/"
    drafts.save(draft, {"rules": {"reviewers": "5"}}, 1, NOW, by=anping.members[1])
    answer = client.post(address, {"seen": "1", "f-reviewers": "7"})
    assert answer.status_code == 422
    assert "建议书已被他人修改" in answer.content.decode()
    assert 'value="7"' in answer.content.decode()
    draft.refresh_from_db()
    assert draft.data["rules"] == {"reviewers": "5"}


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"seen": "1"},
        {"seen": "x", "rows-TOTAL_FORMS": "0", "rows-INITIAL_FORMS": "0"},
        {"seen": "1", "rows-TOTAL_FORMS": "9" * 30, "rows-INITIAL_FORMS": "0"},
        {"seen": "1", "rows-TOTAL_FORMS": "x", "rows-INITIAL_FORMS": ""},
        {"seen": "1", "rows-TOTAL_FORMS": "1", "rows-INITIAL_FORMS": "0", "rows-0-category": "a\x00b"},
        {"seen": "1", "rows-TOTAL_FORMS": "1", "rows-INITIAL_FORMS": "0", "rows-0-category": "长" * 4001},
        {"seen": "1", "rows-TOTAL_FORMS": "101", "rows-INITIAL_FORMS": "0"},
    ],
)
def test_nonsense_keeps_the_draft_as_it_is(anping: Any, open_call: None, form: dict[str, str]) -> None:
    draft = write(anping)
    answer = anping.client(anping.members[1]).post(f"/research/drafts/{draft.slug}/budget/edit/", form)
    assert answer.status_code == 422
    draft.refresh_from_db()
    assert draft.version == 1


def test_who_sees_and_who_writes(anping: Any, open_call: None) -> None:
    data = from_proposal(anping.proposal)
    data["parties"] = data["parties"][:3]
    draft = write(anping, data)
    section = f"/research/drafts/{draft.slug}/basics/edit/"
    seen = {}
    for name, user in (
        ("lead", anping.members[1]), ("partner", anping.members[2]), ("outsider", anping.members[4]),
        ("organiser", anping.organiser), ("stranger", anping.stranger),
    ):  # fmt: skip
        client = anping.client(user)
        seen[name] = (client.get(draft.get_absolute_url()).status_code, client.get(section).status_code)
    assert seen == {
        "lead": (200, 200), "partner": (404, 404), "outsider": (404, 404), "organiser": (200, 403),
        "stranger": (404, 404),
    }  # fmt: skip
    with pytest.raises(PermissionDenied):
        drafts.save(draft, {"basics": {}}, 1, NOW, by=anping.members[2])
    assert anping.client(anping.members[1]).get(f"/research/drafts/{draft.slug}/nothing/edit/").status_code == 404


def test_a_draft_with_faults_is_not_handed_in(anping: Any) -> None:
    data = from_proposal(anping.proposal)
    data["milestones"][0]["amount"] = "800000.01"
    data["shares"][1]["income"] = "14"
    draft = write(anping, data)
    with pytest.raises(ProposalRefused) as error:
        drafts.submit(draft, 1, NOW, by=anping.members[1])
    assert {fault.code for fault in error.value.faults} == {
        "proposal.milestone_sum", "proposal.payee_sum", "proposal.income_split"
    }  # fmt: skip
    assert "相差 1 分" in error.value.zh
    draft.refresh_from_db()
    assert (draft.state, draft.version) == (State.WRITING, 1)


def test_one_firm_under_two_rows_is_one_firm(anping: Any, open_call: None) -> None:
    data = current(anping.proposal)
    data["parties"].append({**data["parties"][2], "role": "supplier"})
    draft = write(anping, data)
    with pytest.raises(ProposalRefused) as error:
        drafts.submit(draft, 1, timezone.now(), by=anping.members[1])
    assert [fault.code for fault in error.value.faults] == ["proposal.same_uscc"]
    page = anping.client(anping.members[1]).get(draft.get_absolute_url()).content.decode()
    assert f"同一单位重复参加：统一社会信用代码 {anping.firms[2].uscc}" in page


def test_a_campaign_that_is_over_is_not_handed_in(anping: Any, open_call: None) -> None:
    draft = write(anping)
    after = anping.proposal.terms.deadline
    with pytest.raises(ProposalRefused) as error:
        drafts.submit(draft, 1, after, by=anping.members[1])
    assert [fault.code for fault in error.value.faults] == ["draft.past"]


def test_submitting_shows_the_figures_first(anping: Any, open_call: None) -> None:
    draft = write(anping, current(anping.proposal))
    client: Client = anping.client(anping.members[1])
    address = f"/research/drafts/{draft.slug}/submit/"
    summary = client.post(address, {"seen": 1}).content.decode()
    for words in ("确认提交", "200 万元", "60 万元", anping.firms[4].uscc):
        assert words in summary
    draft.refresh_from_db()
    assert draft.state == State.WRITING
    assert client.post(address, {"seen": 1, "confirmed": 1}).status_code == 302
    draft.refresh_from_db()
    assert draft.state == State.SUBMITTED
    assert client.post(address, {"seen": 1, "confirmed": 1}).status_code == 403  # handed in: nothing to write


def test_returned_with_a_reply_mended_and_opened(anping: Any, open_call: None) -> None:
    draft = hand(anping, current(anping.proposal), timezone.now())
    organiser: Client = anping.client(anping.organiser)
    base = f"/research/drafts/{draft.slug}"
    assert organiser.post(f"{base}/return/", {"seen": draft.version, "reply": " "}).status_code == 422
    assert organiser.post(f"{base}/return/", {"seen": draft.version, "reply": "请补充指标"}).status_code == 302
    draft.refresh_from_db()
    assert (draft.state, draft.reply) == (State.RETURNED, "请补充指标")
    lead: Client = anping.client(anping.members[1])
    assert "请补充指标" in lead.get(draft.get_absolute_url()).content.decode()
    draft = agree(anping, drafts.submit(draft, draft.version, timezone.now(), by=anping.members[1]))
    assert lead.post(f"{base}/open/", {"seen": draft.version}).status_code == 403
    summary = organiser.post(f"{base}/open/", {"seen": draft.version})
    assert "hebei-2025" in summary.content.decode()
    assert not Project.objects.exists()
    answer = organiser.post(f"{base}/open/", {"seen": draft.version, "confirmed": 1})
    project = Project.objects.get()
    assert answer.headers["Location"] == project.get_absolute_url()
    assert (project.pk, project.phase, project.synthetic) == (draft.slug, Phase.CAMPAIGN, True)
    value = store.read(project.pk)
    assert value.policy.id == "hebei-2025"
    assert from_proposal(value.proposal) == draft.data
    draft.refresh_from_db()
    assert draft.state == State.OPENED
    again = organiser.post(f"{base}/open/", {"seen": draft.version, "confirmed": 1})
    assert again.status_code == 422
    assert Event.objects.count() == 1


EXEMPTION = {
    "percent": "50", "limit": "110", "limit_unit": "wan", "reason": "省重大项目", "decided_by": "示例决定文件一号",
    "decided_on": "2024-11-11",
}  # fmt: skip


def test_support_beyond_the_policy_needs_a_recorded_decision(anping: Any, open_call: None) -> None:
    """A proposal beyond the limits can be handed in, is opened with a decision only, and the decision is kept."""
    data = current(anping.proposal)
    data["support"]["support"] = "100 万元"
    draft = hand(anping, data, timezone.now())
    organiser: Client = anping.client(anping.organiser)
    address = f"/research/drafts/{draft.slug}/open/"
    without = organiser.post(address, {"seen": draft.version, "confirmed": 1})
    assert without.status_code == 422
    assert "超过总费用" in without.content.decode()
    halfway = {**EXEMPTION, "decided_by": "", "seen": draft.version, "confirmed": 1}
    assert organiser.post(address, halfway).status_code == 422
    nonsense = {**EXEMPTION, "percent": "500", "seen": draft.version, "confirmed": 1}
    assert organiser.post(address, nonsense).status_code == 422
    assert not Project.objects.exists()
    summary = organiser.post(address, {**EXEMPTION, "seen": draft.version}).content.decode()
    assert "示例决定文件一号" in summary
    carried = {**EXEMPTION, "limit": "110 万元", "seen": draft.version, "confirmed": 1}
    del carried["limit_unit"]  # as the summary carries it
    assert organiser.post(address, carried).status_code == 302
    kept = store.read(draft.slug).exemption
    assert isinstance(kept, Exemption)
    assert (kept.public_limit, kept.decided_by, kept.project) == (1_100_000_00, "示例决定文件一号", draft.slug)


def test_the_list_does_not_ask_more_for_more_rows(anping: Any, django_assert_max_num_queries: Any) -> None:
    for n in range(20):
        Draft.objects.create(
            slug=f"d{n}", topic=anping.topic, lead=anping.firms[1], state=State.DECLINED, changed_at=NOW
        )
    client = anping.client(anping.organiser)
    with django_assert_max_num_queries(10):
        assert client.get("/research/drafts/").status_code == 200


def test_the_page_of_a_draft_does_not_ask_more_for_more_parties(
    anping: Any, django_assert_max_num_queries: Any
) -> None:
    draft = write(anping)
    client = anping.client(anping.members[1])
    with django_assert_max_num_queries(14):
        assert client.get(draft.get_absolute_url()).status_code == 200


@pytest.fixture
def running(anping: Any) -> Project:
    project: Project = anping.open()
    start(anping, project)
    return project


def test_an_amendment_is_written_compared_and_put_to_the_vote(anping: Any, running: Project) -> None:
    hand_in(anping, running, "M1", Verdict.ACCEPT)
    client: Client = anping.client(anping.members[2])
    answer = client.post(f"/research/projects/{running.pk}/amend/")
    draft = Draft.objects.get(amends=running)
    assert answer.headers["Location"] == draft.get_absolute_url()
    assert "尚未改动" in client.get(draft.get_absolute_url()).content.decode()
    for locked in ("parties", "budget", "terms", "support"):
        assert client.get(f"/research/drafts/{draft.slug}/{locked}/edit/").status_code == 403
    milestones = client.get(f"/research/drafts/{draft.slug}/milestones/edit/")
    assert "方案与样机" in milestones.content.decode()
    assert [form["id"].value() for form in milestones.context["forms"].forms] == ["M2", "M3"]
    later = [dict(row) for row in draft.data["milestones"][1:]]
    later[0]["due"] = "2026-02-28"
    form = {**rows("rows", *later, initial=2), "seen": draft.version}
    assert client.post(f"/research/drafts/{draft.slug}/milestones/edit/", form).status_code == 302
    draft.refresh_from_db()
    assert [row["id"] for row in draft.data["milestones"]] == ["M1", "M2", "M3"]
    page = client.get(draft.get_absolute_url()).content.decode()
    assert "2025-12-31" in page
    assert "2026-02-28" in page
    address = f"/research/drafts/{draft.slug}/submit/"
    assert client.post(address, {"seen": draft.version, "reply": ""}).status_code == 422
    summary = client.post(address, {"seen": draft.version, "reply": "设备到货推迟"}).content.decode()
    assert "确认提请表决" in summary
    assert store.read(running.pk).motion is None
    sent = {"seen": draft.version, "reply": "设备到货推迟", "confirmed": 1}
    assert client.post(address, sent).status_code == 302
    motion = store.read(running.pk).motion
    assert motion is not None
    assert motion.proposal is not None
    assert motion.proposal.milestones[1].due.isoformat() == "2026-02-28"
    assert motion.reason == "设备到货推迟"
    draft.refresh_from_db()
    assert draft.state == State.SUBMITTED


@pytest.mark.parametrize("section", ["parties", "budget", "terms", "support", "milestones", "payees"])
def test_an_amendment_leaves_alone_what_the_contract_keeps(anping: Any, running: Project, section: str) -> None:
    hand_in(anping, running, "M1", Verdict.ACCEPT)
    draft = drafts.start_amendment(running, anping.firms[2], NOW, by=anping.members[2])
    changed = deepcopy(draft.data[section])
    first = changed if isinstance(changed, dict) else changed[0]
    first[next(iter(first))] = "X"
    with refused("draft.locked"):
        drafts.save(draft, {section: changed}, draft.version, NOW, by=anping.members[2])


def test_an_amendment_that_changes_nothing_is_not_put_to_the_vote(anping: Any, running: Project) -> None:
    draft = drafts.start_amendment(running, anping.firms[2], NOW, by=anping.members[2])
    assert drafts.start_amendment(running, anping.firms[2], NOW, by=anping.members[2]) == draft
    with refused("draft.no_change"):
        drafts.propose(draft, "无", draft.version, anping.proposal.terms.sign_by, by=anping.members[2])
    assert store.read(running.pk).motion is None


def test_only_parties_amend_and_only_a_running_contract(anping: Any) -> None:
    project = anping.open()
    with refused("draft.not_running"):
        drafts.start_amendment(project, anping.firms[2], NOW, by=anping.members[2])
    assert anping.client(anping.stranger).post(f"/research/projects/{project.pk}/amend/").status_code == 404
    assert anping.client(anping.organiser).post(f"/research/projects/{project.pk}/amend/").status_code == 403


def test_drafts_book_nothing(anping: Any) -> None:
    draft = hand(anping)
    drafts.open_project(draft, draft.version, NOW, by=anping.organiser)
    assert not Entry.objects.exclude(kind="open").exists()  # the accounts are opened
