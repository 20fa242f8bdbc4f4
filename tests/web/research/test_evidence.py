"""Evidence: known by its content, kept by its hash, given only to whom it concerns."""

from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from gongzao.research import Verdict
from gongzao.web.accounts.models import Post, Role, User
from gongzao.web.research.evidence import TYPES, clean_name, kind_of
from gongzao.web.research.models import Evidence, Project, Review
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
