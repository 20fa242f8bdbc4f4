"""Evidence: known by its content, kept by its hash, given only to whom it concerns."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from gongzao.research import Verdict
from gongzao.web.accounts.models import Post, Role, User
from gongzao.web.research import store
from gongzao.web.research.evidence import MAX_BYTES, TYPES, clean_name, kind_of
from gongzao.web.research.models import Evidence, Project, Review, StagedFile
from tests.web.research.deeds import PDF, draw, judge, send, url, waiting
from tests.web.research.story import start


def office(kind: str) -> bytes:
    """Return a document as Word or Excel writes it."""
    buffer = BytesIO()
    (Document() if kind == "docx" else Workbook()).save(buffer)
    return buffer.getvalue()


def test_kinds_are_known_by_content() -> None:
    assert kind_of(PDF) == "pdf"
    assert kind_of(b"\x89PNG\r\n\x1a\n...") == "png"
    assert kind_of(b"\xff\xd8\xff\xe0...") == "jpg"
    assert {kind: kind_of(office(kind)) for kind in ("docx", "xlsx")} == {"docx": "docx", "xlsx": "xlsx"}


def test_macros_pages_and_other_archives_are_no_evidence() -> None:
    macros = BytesIO(office("docx"))
    with ZipFile(macros, "a") as archive:
        archive.writestr("word/vbaProject.bin", b"macro")
    plain = BytesIO()
    with ZipFile(plain, "w") as archive:
        archive.writestr("word/document.xml", b"<w/>")
    for content in (macros.getvalue(), plain.getvalue(), b"<html>", b"", b"PK\x03\x04", b"MZ", b" %PDF-"):
        assert kind_of(content) is None


@given(st.binary(max_size=200), st.integers(0, 4000))
def test_no_content_is_an_error(junk: bytes, cut: int) -> None:
    word = office("docx")
    for content in (junk, word[:cut] + junk, word[cut:], junk + word):
        assert kind_of(content) in (*TYPES, None)


@given(st.text(max_size=400))
def test_names_are_harmless(name: str) -> None:
    clean = clean_name(name, "pdf")
    assert clean.endswith(".pdf")
    assert len(clean) <= 200
    assert clean.isprintable()
    assert not set(clean) & {"/", "\\"}
    assert not clean.startswith(".")


def test_a_name_takes_the_ending_of_its_content() -> None:
    assert clean_name("C:\\x\\..\\报告\x00.exe", "pdf") == "报告.pdf"
    assert clean_name("../../", "png") == "file.png"


@pytest.fixture
def under_review(anping: Any) -> Project:
    project: Project = anping.open()
    start(anping, project)
    assert send(anping, project).status_code == 302
    return project


def test_a_download_is_an_attachment(anping: Any, under_review: Project) -> None:
    row = Evidence.objects.get()
    answer = anping.client(anping.members[0]).get(url("evidence", under_review, row.sha256))
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_who_may_download(anping: Any, under_review: Project) -> None:
    file = url("evidence", under_review, Evidence.objects.get().sha256)
    auditor = User.objects.create_user("auditor")
    Post.objects.create(user=auditor, role=Role.AUDITOR)
    for user in (*anping.members, anping.organiser, auditor):
        assert anping.client(user).get(file).status_code == 200
    for user in (anping.stranger, *(expert.user for expert in anping.experts if expert.user)):
        assert anping.client(user).get(file).status_code == 404
    assert anping.client(None).get(file).status_code == 302
    draw(anping, under_review)
    drawn = {row.expert_id for row in waiting(under_review)}
    for expert in anping.experts:
        if expert.user:
            assert anping.client(expert.user).get(file).status_code == (200 if expert.pk in drawn else 404)
    assert anping.client(anping.members[0]).get(url("evidence", under_review, "0" * 64)).status_code == 404


def test_an_expert_sees_nothing_that_was_handed_in_later(anping: Any, under_review: Project) -> None:
    draw(anping, under_review)
    rows = waiting(under_review)
    for row in rows:
        judge(anping, row, Verdict.SEND_BACK)
    again = SimpleUploadedFile("改.pdf", PDF + b" again")
    assert send(anping, under_review, evidence=[again]).status_code == 302
    old, new = (url("evidence", under_review, row.sha256) for row in Evidence.objects.order_by("pk"))
    client = anping.client(rows[0].expert.user)
    assert client.get(old).status_code == 200
    assert client.get(new).status_code == 404


def test_the_same_file_is_kept_once(anping: Any, under_review: Project) -> None:
    draw(anping, under_review)
    for row in waiting(under_review):
        judge(anping, row, Verdict.SEND_BACK)
    assert send(anping, under_review).status_code == 302
    assert Evidence.objects.count() == 1
    assert Review.objects.filter(project=under_review).count() == 3


PNG = b"\x89PNG\r\n\x1a\n picture"
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"


def files(*named: tuple[str, bytes]) -> list[SimpleUploadedFile]:
    return [SimpleUploadedFile(name, content) for name, content in named]


@pytest.fixture
def running(anping: Any) -> Project:
    project: Project = anping.open()
    start(anping, project)
    return project


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("IMG_1.HEIC", HEIC, "另存为 JPEG"),
        ("photo.jpg", HEIC, "另存为 JPEG"),
        ("photo.jpg", b"no picture", "改扩展名不行"),
        ("big.png", PNG + b"\0" * MAX_BYTES, "降低分辨率"),
        ("empty.pdf", b"", "改扩展名不行"),
    ],
)
def test_a_fault_in_one_file_keeps_the_others(
    anping: Any, running: Project, name: str, content: bytes, said: str
) -> None:
    answer = send(anping, running, evidence=files(("报告.pdf", PDF), (name, content), ("照片.png", PNG)))
    assert answer.status_code == 422
    text = answer.content.decode()
    assert said in text
    assert name in text
    kept = StagedFile.objects.filter(user=anping.members[2])
    assert sorted(kept.values_list("name", flat=True)) == ["报告.pdf", "照片.png"]
    assert text.count("checked") >= 2
    assert not Evidence.objects.exists()
    hashes = list(kept.values_list("sha256", flat=True))
    assert send(anping, running, evidence=None, staged=hashes).status_code == 302
    assert sorted(Evidence.objects.values_list("name", flat=True)) == ["报告.pdf", "照片.png"]
    assert not StagedFile.objects.exists()


def test_any_other_fault_keeps_the_files_too_for_the_same_person_alone(anping: Any, running: Project) -> None:
    assert send(anping, running, evidence=files(("报告.pdf", PDF)), agreed=None).status_code == 422
    (kept,) = StagedFile.objects.all()
    for member in (1, 4):
        page = anping.client(anping.members[member]).get(url("submit", running)).content.decode()
        assert "报告.pdf" not in page
        assert send(anping, running, member=member, evidence=None, staged=[kept.sha256]).status_code == 422
    assert "报告.pdf" in anping.client(anping.members[2]).get(url("submit", running)).content.decode()
    StagedFile.objects.update(at=kept.at - timedelta(days=2))
    assert "报告.pdf" not in anping.client(anping.members[2]).get(url("submit", running)).content.decode()


def test_pictures_are_shown_safely_and_nothing_else_is(anping: Any, running: Project) -> None:
    assert send(anping, running, evidence=files(("报告.pdf", PDF), ("照片.png", PNG))).status_code == 302
    draw(anping, running)
    (row, *_others) = waiting(running)
    client = anping.client(row.expert.user)
    page = client.get(reverse("research:review", args=[row.pk])).content.decode()
    by_name = dict(Evidence.objects.values_list("name", "sha256"))
    picture, report = (url("evidence", running, by_name[name]) for name in ("照片.png", "报告.pdf"))
    assert f'src="{picture}?show=1"' in page
    assert f'src="{report}' not in page
    shown = client.get(f"{picture}?show=1")
    assert (shown["Content-Type"], shown["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert shown["Content-Disposition"].startswith("inline")
    assert "sandbox" in shown["Content-Security-Policy"]
    assert client.get(f"{report}?show=1")["Content-Disposition"].startswith("attachment")
    contract = client.get(reverse("research:review_contract", args=[row.pk]))
    assert contract.content.startswith(b"PK")
    assert running.title[:4] in page
    assert anping.proposal.goals[0] in page
    other = next(x for x in anping.experts if x.user and x.code not in store.read(running.pk).reviewers)
    assert anping.client(other.user).get(reverse("research:review_contract", args=[row.pk])).status_code == 404


def test_an_expert_reads_what_was_accepted_before(anping: Any, running: Project) -> None:
    assert send(anping, running, evidence=files(("早前.pdf", PDF + b"1"))).status_code == 302
    draw(anping, running)
    for row in waiting(running):
        judge(anping, row, Verdict.ACCEPT)
    assert send(anping, running, evidence=files(("现在.pdf", PDF + b"2"))).status_code == 302
    draw(anping, running)
    row = waiting(running)[0]
    client = anping.client(row.expert.user)
    page = client.get(reverse("research:review", args=[row.pk])).content.decode()
    for name, digest in Evidence.objects.values_list("name", "sha256"):
        assert name in page
        assert client.get(url("evidence", running, digest)).status_code == 200
