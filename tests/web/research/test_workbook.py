"""A draft as a workbook: what is downloaded can be uploaded; a wrong cell is named, and nothing is kept then."""

import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.translation import override
from openpyxl import Workbook, load_workbook

from gongzao.kernel import InvalidInput
from gongzao.research import first_project, two_round_project
from gongzao.web.research import drafts, workbook
from gongzao.web.research.models import Draft
from gongzao.web.research.proposal_form import from_proposal
from gongzao.web.research.proposal_reader import Registered, read

NOW = datetime(2024, 11, 12, tzinfo=UTC)
REGISTRY = {party.id: Registered(party.name, party.in_cluster) for party in first_project().parties}
Change = Callable[[Workbook], None]


def changed(data: bytes, change: Change) -> bytes:
    book = load_workbook(io.BytesIO(data))
    change(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.fixture
def draft(anping: Any) -> Draft:
    data = from_proposal(two_round_project())
    return drafts.start(anping.topic, anping.firms[1], NOW, by=anping.members[1], data=data)


def post(anping: Any, draft: Draft, content: bytes, seen: int = 1, name: str = "建议书.xlsx") -> Any:
    client: Client = anping.client(anping.members[1])
    file = SimpleUploadedFile(name, content)
    return client.post(f"/research/drafts/{draft.slug}/workbook/", {"seen": seen, "file": file})


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_what_is_written_is_read_back(language: str) -> None:
    proposal = two_round_project()
    with override(language):
        book = workbook.write(from_proposal(proposal))
    found, _places = workbook.read(book, "a.xlsx")
    reading = read(found, proposal.id, proposal.topic, REGISTRY)
    assert reading.faults == ()
    assert reading.proposal == proposal


def test_cells_as_wps_leaves_them_are_understood() -> None:
    def fill(book: Workbook) -> None:
        book["里程碑"]["C2"] = date(2025, 6, 30)
        book["众筹安排"]["B2"] = datetime(2024, 11, 10, 8, 0)  # noqa: DTZ001 - a cell knows no zone
        book["预算"]["B2"] = 900000.5
        book["权属与分配"]["B3"] = 20
        book["里程碑"]["F2"] = 1

    data = changed(workbook.write(from_proposal(first_project())), fill)
    found, _places = workbook.read(data, "a.xlsx")
    assert found["milestones"][0]["due"] == "2025-06-30"
    assert found["terms"]["opens"] == "2024-11-10 08:00"
    assert found["budget"][0]["cash"] == "900000.5"
    assert found["shares"][1]["ownership"] == "20"
    assert found["milestones"][0]["stage"] == "1"


def test_a_text_that_looks_like_a_formula_stays_text() -> None:
    data = from_proposal(first_project())
    data["tasks"][0]["title"] = "=1+1"
    found, _places = workbook.read(workbook.write(data), "a.xlsx")
    assert found["tasks"][0]["title"] == "=1+1"


def test_downloaded_changed_and_uploaded(anping: Any, draft: Draft) -> None:
    client: Client = anping.client(anping.members[1])
    answer = client.get(f"/research/drafts/{draft.slug}/workbook/")
    assert f"{draft.slug}.xlsx" in answer.headers["Content-Disposition"]

    def fill(book: Workbook) -> None:
        book["任务分工"]["B2"] = "织造装备改造（新）"
        book["里程碑"]["E2"] = "79.99 万元"

    assert post(anping, draft, changed(answer.content, fill)).status_code == 302
    before = draft.data
    draft.refresh_from_db()
    assert draft.version == 2
    assert draft.data["tasks"][0]["title"] == "织造装备改造（新）"
    assert draft.data["milestones"][0]["amount"] == "79.99 万元"  # kept although the sum is wrong now
    assert draft.data["shares"] == before["shares"]


@pytest.mark.parametrize(
    ("sheet", "cell", "value", "words"),
    [
        ("预算", "B3", "五十万", "请填写金额"),
        ("预算", "B3", 0.001, "两位小数"),
        ("参与单位", "A3", "91139900EXAMPLE02X", "校验位不符"),
        ("参与单位", "A3", "91139900MA0000001T", "未在企业库登记"),
        ("参与单位", "B3", "国王", "请填其中一项"),
        ("里程碑", "C2", "2025-02-30", "日期写作"),
        ("里程碑收款", "A2", "M9", "没有编号为 M9 的里程碑"),
        ("权属与分配", "C2", "=10+20", "不接受公式"),
        ("众筹安排", "B4", "明天", "时间（北京时间）写作"),
        ("基本情况", "B2", "长" * 4001, "超过4000个字"),
        ("基本情况", "B2", "长" * 121, "最多120个字"),
        ("任务分工", "A1", "号码", "请保留下载时的表头"),
    ],
)
def test_a_wrong_cell_is_named_and_nothing_is_kept(
    anping: Any, draft: Draft, sheet: str, cell: str, value: Any, words: str
) -> None:
    def fill(book: Workbook) -> None:
        book[sheet][cell] = value
        book["任务分工"]["B2"] = "也不保存"

    answer = post(anping, draft, changed(workbook.write(draft.data), fill))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f"{sheet}!{cell}" in page
    assert words in page
    before = draft.data
    draft.refresh_from_db()
    assert (draft.data, draft.version) == (before, 1)


def missing_sheet(book: Workbook) -> None:
    del book["预算"]


def many_rows(book: Workbook) -> None:
    for n in range(2, 120):
        book["任务分工"].cell(n, 1, f"T{n}")


@pytest.mark.parametrize(("change", "words"), [(missing_sheet, "缺少工作表“预算”"), (many_rows, "超过100行")])
def test_a_workbook_of_another_form_is_refused(anping: Any, draft: Draft, change: Change, words: str) -> None:
    answer = post(anping, draft, changed(workbook.write(draft.data), change))
    assert answer.status_code == 422
    assert words in answer.content.decode()


@pytest.mark.parametrize("content", [b"", b"no workbook", b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0old"])
def test_what_is_no_workbook_is_refused(anping: Any, draft: Draft, content: bytes) -> None:
    assert post(anping, draft, content).status_code == 422
    draft.refresh_from_db()
    assert draft.version == 1


def test_no_file_and_a_stale_page_are_refused(anping: Any, draft: Draft) -> None:
    client: Client = anping.client(anping.members[1])
    assert client.post(f"/research/drafts/{draft.slug}/workbook/", {"seen": 1}).status_code == 422
    answer = post(anping, draft, workbook.write(draft.data), seen=0)
    assert answer.status_code == 422
    assert "已被他人修改" in answer.content.decode()


def test_only_the_lead_uploads(anping: Any, draft: Draft) -> None:
    address = f"/research/drafts/{draft.slug}/workbook/"
    draft.members.add(anping.firms[2])  # a party that has agreed to be named
    for user, get, send in ((anping.members[2], 200, 403), (anping.organiser, 200, 403), (anping.stranger, 404, 404)):
        client = anping.client(user)
        assert (client.get(address).status_code, client.post(address).status_code) == (get, send)


def test_an_empty_draft_is_a_workbook_to_fill_in() -> None:
    found, places = workbook.read(workbook.write({}), "a.xlsx")
    assert found["parties"] == []
    assert found["rules"]["reviewers"] == "3"
    assert places["basics", 0, "title"] == "基本情况!B2"


def test_a_broken_workbook_says_what_it_is() -> None:
    with pytest.raises(InvalidInput) as refused:
        workbook.read(b"\xd0\xcf\x11\xe0", "旧.xls")
    assert refused.value.problems[0].code == "file.old_excel"
