"""The contract as a Word document: it carries its hash, is the same every time, opens in LibreOffice, is checked."""

import base64
import os
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from gongzao.kernel import InvalidValue
from gongzao.research import Contract, Motion, Phase, VoteBy, VoteRule, canonical, contract, from_plain
from gongzao.web.ledger.models import Entry
from gongzao.web.research import contracts, services, store
from gongzao.web.research.contract_document import document, open_document
from gongzao.web.research.contracts import Finding
from gongzao.web.research.models import Contract as Kept
from gongzao.web.research.models import Event, Project
from tests.cost import cost
from tests.web.research.story import fund, start
from tests.web.research.test_campaign import at, send, state

SIGNING = datetime(2024, 12, 12, tzinfo=UTC)
OFFICE = shutil.which("soffice") or shutil.which("libreoffice")


def funded(anping: Any, **changes: Any) -> Project:
    project: Project = anping.open(**changes)
    fund(anping, project)
    services.close_round(project, anping.proposal.terms.deadline, by=None)
    return project


def agreed(project: Project) -> Contract:
    return contract(store.read(project.pk))


def clauses_of(content: bytes) -> bytes:
    """Read the clauses as the annex tells anybody to."""
    with ZipFile(BytesIO(content)) as archive:
        item = archive.read("customXml/item1.xml").decode()
    return base64.b64decode(re.sub("<[^>]*>", "", item))


def changed(content: bytes, part: str, old: str, new: str) -> bytes:
    made = BytesIO()
    with ZipFile(BytesIO(content)) as before, ZipFile(made, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            if name == part:
                assert old.encode() in data
                data = data.replace(old.encode(), new.encode())
            after.writestr(ZipInfo(name, (2025, 6, 1, 0, 0, 0)), data)
    return made.getvalue()


def upload(anping: Any, project: Project, content: bytes, n: int = 1) -> Any:
    file = SimpleUploadedFile("合同.docx", content)
    return send(anping.client(anping.members[n]), "contract_verify", project, {"file": file}, SIGNING)


def check(project: Project, content: bytes) -> Finding:
    log = [row.value for row in Event.objects.filter(project=project).order_by("seq")]
    return contracts.check_file(project, log, content).finding


def test_the_hash_is_found_in_the_file(anping: Any) -> None:
    found = agreed(funded(anping))
    made = document(found)
    clauses = clauses_of(made)
    assert clauses == canonical(found)
    assert sha256(clauses).hexdigest() == found.sha256
    assert found.sha256 in "".join(open_document(made).words)


def test_the_command_of_the_annex_gives_the_hash(anping: Any, tmp_path: Path) -> None:
    if not all(map(shutil.which, ("unzip", "sed", "base64", "sha256sum"))):
        pytest.skip("the tools of the command are missing on this machine")
    found = agreed(funded(anping))
    (tmp_path / "合同.docx").write_bytes(document(found))
    command = "unzip -p 合同.docx customXml/item1.xml | sed 's/<[^>]*>//g' | base64 -d | sha256sum"
    assert re.sub(r"\s", "", command) in "".join(open_document((tmp_path / "合同.docx").read_bytes()).words)
    answer = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert answer.stdout.split()[0] == found.sha256


def test_the_same_clauses_give_the_same_bytes_in_every_language(anping: Any) -> None:
    found = agreed(funded(anping))
    made = document(found, synthetic=True)
    with translation.override("en"):
        assert document(found, synthetic=True) == made
    with ZipFile(BytesIO(made)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_every_clause_is_printed(anping: Any) -> None:
    found = agreed(funded(anping))
    text = "\n".join(open_document(document(found, synthetic=True)).words)
    p = found.proposal
    for party in p.parties:
        assert party.name in text
        assert party.id in text
    for words in (
        p.content,
        p.goals[0],
        "设备与改造",
        "900,000.00",
        "1,000.00",
        "120.00元",
        "织造装备改造",
        "2025年1月1日至2026年6月30日",
        "样机通过现场测试",
        "800,000.00",
        "成果权属",
        "30日内以同等条件优先",
        "按缴款比例承担",
        "一致同意即生效",
        "不少于60%的票数",
        "hebei-2024",
        "河北新闻联播，2024-11-29",
        "【示例数据】",
        "签字、单位盖章",
    ):
        assert re.sub(r"\s", "", words) in text, words


def test_hostile_texts_stay_texts(anping: Any) -> None:
    found = agreed(funded(anping))
    odd = "<w:t>&lt; {{ sha256 }} {% for %} ]]> \x0b\uffff \"'"
    content = f"第一段 {odd}\n第二段"
    strange = replace(found, proposal=replace(found.proposal, title=odd, content=content))
    made = document(strange)
    assert sha256(clauses_of(made)).hexdigest() == strange.sha256
    text = "\n".join(open_document(made).words)
    assert "<w:t>&lt;{{sha256}}{%for%}]]>\"'" in text
    assert "第二段" in text


def test_the_contract_is_kept_with_the_first_signature(anping: Any) -> None:
    project = funded(anping)
    client, found = anping.client(anping.members[1]), agreed(project)
    asked = {"party": anping.firms[1].uscc, "sha256": found.sha256}
    before = state()
    text = send(client, "sign", project, asked, SIGNING).content.decode()
    assert found.sha256 in text
    assert "500,000.00 元" in text
    assert (state(), Kept.objects.count()) == (before, 0)
    assert send(client, "sign", project, asked | {"confirmed": "1"}, SIGNING).status_code == 302
    kept = Kept.objects.get()
    assert from_plain(Contract, kept.clauses) == found
    assert kept.document_sha256 == sha256(kept.document).hexdigest()
    again = send(client, "sign", project, asked | {"confirmed": "1"}, SIGNING)
    assert again.status_code == 422
    assert "已签署" in again.content.decode()
    for n in (0, 2, 3, 4):
        mine = {"party": anping.firms[n].uscc, "sha256": found.sha256, "confirmed": "1"}
        assert send(anping.client(anping.members[n]), "sign", project, mine, SIGNING).status_code == 302
    assert store.read(project.pk).phase is Phase.RUNNING
    assert Kept.objects.count() == 1
    assert set(Entry.objects.filter(purpose="缴款").values_list("reference", flat=True)) == {f"sha256:{found.sha256}"}


def test_signing_is_refused_without_a_trace(anping: Any) -> None:
    project = funded(anping)
    right = {"party": anping.firms[1].uscc, "sha256": agreed(project).sha256, "confirmed": "1"}
    mine, other, before = anping.client(anping.members[1]), anping.client(anping.members[2]), state()
    assert send(other, "sign", project, right, SIGNING).status_code == 403
    assert send(anping.client(anping.organiser), "sign", project, right, SIGNING).status_code == 403
    assert send(anping.client(anping.stranger), "sign", project, right, SIGNING).status_code == 404
    for wrong in ("0" * 64, "", "\x00"):
        assert send(mine, "sign", project, right | {"sha256": wrong}, SIGNING).status_code == 422
    late = anping.proposal.terms.sign_by
    assert send(mine, "sign", project, right, late).status_code == 422
    assert (state(), Kept.objects.count()) == (before, 0)


def test_a_document_is_checked_against_the_ledger(anping: Any) -> None:
    project = funded(anping)
    made = document(agreed(project), synthetic=True)
    assert check(project, made) is Finding.UNSIGNED
    start_signed(anping, project)
    answer = upload(anping, project, made)
    assert answer.status_code == 200
    text = answer.content.decode()
    entry = Entry.objects.get(purpose="缴款", credit=f"research:{project.pk}:stake:{anping.firms[1].uscc}")
    assert "逐字节相同" in text
    assert reverse("ledger:entry", args=[entry.seq]) in text
    assert entry.reference in text
    resaved = changed(made, "docProps/core.xml", "共造", "某人")
    assert check(project, resaved) is Finding.RESAVED
    forged = changed(made, "word/document.xml", "800,000.00", "900,000.00")
    assert check(project, forged) is Finding.ALTERED
    assert "不能作准" in upload(anping, project, forged).content.decode()
    other = document(replace(agreed(project), stage=2), synthetic=True)
    assert check(project, other) is Finding.OTHER


def start_signed(anping: Any, project: Project) -> None:
    named = agreed(project).sha256
    for firm, member in zip(anping.firms, anping.members, strict=True):
        services.sign(project, firm.uscc, named, SIGNING, by=member)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip at all", b"PK\x05\x06" + b"\x00" * 18])
def test_what_is_no_contract_is_said_so(anping: Any, content: bytes) -> None:
    project = funded(anping)
    answer = upload(anping, project, content)
    assert answer.status_code == 422


def test_hostile_files_are_refused(anping: Any) -> None:
    made = document(agreed(funded(anping)))
    entity = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><contract>&a;</contract>'
    with ZipFile(BytesIO(made)) as archive:
        item = archive.read("customXml/item1.xml").decode()
    for bad in (
        changed(made, "customXml/item1.xml", item, entity),
        changed(made, "customXml/item1.xml", item, "<contract"),
        changed(made, "customXml/item1.xml", "</contract>", "!</contract>"),
        changed(made, "word/document.xml", "<w:body>", "<w:body><w:p>"),
        made[: len(made) // 2],
    ):
        with pytest.raises(InvalidValue, match=r"no \.docx of a contract"):
            open_document(bad)
    bomb = BytesIO()
    with ZipFile(bomb, "w", 8) as archive:
        archive.writestr("word/document.xml", b" " * (11 * 1024 * 1024))
    with pytest.raises(InvalidValue, match=r"no \.docx of a contract"):
        open_document(bomb.getvalue())


def test_an_amendment_makes_a_new_document_and_the_old_one_is_replaced(anping: Any) -> None:
    rule = VoteRule(VoteBy.HEADS, anping.proposal.stopping.percent)
    project = funded(anping, amending=rule)
    first = document(agreed(project), synthetic=True)
    before = agreed(project).sha256
    start_signed(anping, project)
    contracts.keep(project)
    motion = Motion("m1", "延长优先期", replace(store.read(project.pk).proposal, priority_days=60))
    services.propose(project, anping.firms[1].uscc, motion, SIGNING, by=anping.members[1])
    for n in (1, 2, 3):
        services.vote(project, "m1", anping.firms[n].uscc, True, SIGNING, by=anping.members[n])
    contracts.keep(project)
    value = store.read(project.pk)
    assert [kept.sha256 for kept in Kept.objects.all()] == [before, value.contract]
    assert from_plain(Contract, Kept.objects.last().clauses).replaces == before  # type: ignore[union-attr]
    assert check(project, first) is Finding.REPLACED
    with at(SIGNING):
        answer = anping.client(anping.members[1]).get(reverse("research:contract_file", args=[project.pk]))
        page = anping.client(anping.members[1]).get(reverse("research:contract", args=[project.pk])).content.decode()
    assert sha256(clauses_of(answer.content)).hexdigest() == value.contract
    assert before in "".join(open_document(answer.content).words)
    assert check(project, answer.content) is Finding.SAME
    assert "60日内" in page
    assert "历次合同" in page


def test_the_download_is_the_kept_document_and_before_that_a_draft(anping: Any) -> None:
    project = anping.open()
    client = anping.client(anping.members[1])
    address = reverse("research:contract_file", args=[project.pk])
    assert "【草案】" in "".join(open_document(client.get(address).content).words)
    assert anping.client(anping.stranger).get(address).status_code == 404
    start(anping, project)
    contracts.keep(project)
    with patch("gongzao.web.research.contracts.document", side_effect=AssertionError):
        answer = client.get(address)
    assert answer.content == bytes(Kept.objects.get().document)
    assert answer["Content-Disposition"] == f'attachment; filename="contract-{project.pk}.docx"'


def test_the_page_asks_a_fixed_number_of_queries(anping: Any, django_assert_max_num_queries: Any) -> None:
    project = anping.open()
    start(anping, project)
    client = anping.client(anping.members[1])
    with at(SIGNING), django_assert_max_num_queries(14):
        assert client.get(reverse("research:contract", args=[project.pk])).status_code == 200


@pytest.fixture
def office(tmp_path: Path) -> Any:
    """Convert a file with LibreOffice."""
    if OFFICE is None:
        if os.environ.get("GONGZAO_REQUIRE_OFFICE") == "1":
            pytest.fail("the contract must be opened here, but there is no LibreOffice")
        pytest.skip("no LibreOffice on this machine: apt-get install libreoffice-writer-nogui")

    def convert(content: bytes, form: str) -> bytes:
        (tmp_path / "contract.docx").write_bytes(content)
        out = tmp_path / "out"
        profile = f"-env:UserInstallation=file://{tmp_path}/profile"
        command = [str(OFFICE), "--headless", profile, "--convert-to", form, "--outdir", str(out)]
        subprocess.run([*command, str(tmp_path / "contract.docx")], check=True, capture_output=True, timeout=180)
        return (out / f"contract.{form.split(':', maxsplit=1)[0]}").read_bytes()

    return convert


def test_libreoffice_opens_it(anping: Any, office: Any) -> None:
    found = agreed(funded(anping))
    made = document(found, synthetic=True)
    pages = re.findall(rb"/Type\s*/Page\b(?!s)", office(made, "pdf"))
    assert 4 <= len(pages) <= 7
    text = office(made, "txt:Text (encoded):UTF8").decode()
    for words in ("众筹科研项目合同", "一、签约各方", "十一、签署", found.sha256, "河北丝筘金属制品", "800,000.00"):
        assert words in text
    assert "{{" not in text
    assert "{%" not in text


def test_saved_again_by_libreoffice_it_still_is_the_contract(anping: Any, office: Any) -> None:
    project = funded(anping)
    made = document(agreed(project), synthetic=True)
    start_signed(anping, project)
    assert check(project, office(made, "docx")) is Finding.RESAVED


RUN = "<w:r><w:rPr>"
BODY_END = "<w:sectPr "
BOX = (
    '<w:p><w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml" style="position:absolute;width:400pt">'
    "<v:textbox><w:txbxContent><w:p/></w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>"
)
CHOICE = (
    '<w:p><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
    '<mc:Choice Requires="w14"/></mc:AlternateContent></w:p>'
)
FORGERIES = {
    "hidden": (RUN, RUN + "<w:vanish/>"),
    "hidden in the web view": (RUN, RUN + "<w:webHidden/>"),
    "white": (RUN, RUN + '<w:color w:val="FFFFFF"/>'),
    "nearly white": (RUN, RUN + '<w:color w:val="FEFEFE"/>'),
    "the colour of the paper": (RUN, RUN + '<w:color w:val="000000" w:themeColor="background1"/>'),
    "dark on dark": (RUN, RUN + '<w:shd w:val="clear" w:fill="000000"/>'),
    "marked in black": (RUN, RUN + '<w:highlight w:val="black"/>'),
    "tiny": ('<w:sz w:val="28"/>', '<w:sz w:val="2"/>'),
    "of the size of a line without text": ('<w:sz w:val="28"/>', '<w:sz w:val="10"/>'),
    "struck through": (RUN, RUN + "<w:strike/>"),
    "below the line": (RUN, RUN + '<w:position w:val="-300"/>'),
    "pressed together": (RUN, RUN + '<w:spacing w:val="-200"/>'),
    "narrow": (RUN, RUN + '<w:w w:val="1"/>'),
    "right to left": (RUN, RUN + "<w:rtl/>"),
    "letters of pictures": (RUN, RUN + '<w:rFonts w:ascii="Wingdings" w:hAnsi="Wingdings" w:eastAsia="Wingdings"/>'),
    "lines of no height": ('w:lineRule="atLeast" w:line="490"', 'w:lineRule="exact" w:line="1"'),
    "lines over one another": ('w:lineRule="atLeast" w:line="490"', 'w:lineRule="auto" w:line="20"'),
    "off the page": ('<w:ind w:firstLine="560"/>', '<w:ind w:left="-20000"/>'),
    "far to the right": ('<w:ind w:firstLine="560"/>', '<w:ind w:left="20000"/>'),
    "in a frame": ("<w:keepNext/>", '<w:keepNext/><w:framePr w:w="1" w:h="1" w:hRule="exact"/>'),
    "rows of no height": ("<w:cantSplit/>", '<w:cantSplit/><w:trHeight w:val="1" w:hRule="exact"/>'),
    "hidden rows": ("<w:cantSplit/>", "<w:cantSplit/><w:hidden/>"),
    "cells of no width": ('<w:tcW w:type="dxa" w:w="680"/>', '<w:tcW w:type="dxa" w:w="1"/>'),
    "merged cells": ("<w:tcPr>", "<w:tcPr><w:vMerge/>"),
    "one more cell": ("<w:tc>", '<w:tc><w:tcPr><w:tcW w:type="dxa" w:w="680"/></w:tcPr><w:p/></w:tc><w:tc>'),
    "cells moved to the row above": ("</w:tr><w:tr>", ""),
    "a floating table": ("<w:tblPr>", '<w:tblPr><w:tblpPr w:tblpX="1" w:tblpY="1"/>'),
    "a box over the text": (BODY_END, BOX + BODY_END),
    "a choice of contents": (BODY_END, CHOICE + BODY_END),
    "a field": (BODY_END, '<w:p><w:fldSimple w:instr="DATE"/></w:p>' + BODY_END),
    "a field of several parts": (BODY_END, '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r></w:p>' + BODY_END),
    "a tracked insertion": (BODY_END, '<w:p><w:ins w:id="9" w:author="x"><w:r/></w:ins></w:p>' + BODY_END),
    "a tracked deletion": (BODY_END, '<w:p><w:del w:id="9" w:author="x"><w:r/></w:del></w:p>' + BODY_END),
    "a comment": (BODY_END, '<w:p><w:commentRangeStart w:id="1"/></w:p>' + BODY_END),
    "a footnote": (BODY_END, '<w:p><w:r><w:footnoteReference w:id="1"/></w:r></w:p>' + BODY_END),
    "a symbol": (BODY_END, '<w:p><w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r></w:p>' + BODY_END),
    "a list number": ("<w:keepNext/>", '<w:keepNext/><w:numPr><w:numId w:val="1"/></w:numPr>'),
    "another chunk": (BODY_END, '<w:altChunk r:id="rId9"/>' + BODY_END),
    "a content control": (BODY_END, "<w:sdt><w:sdtContent><w:p/></w:sdtContent></w:sdt>" + BODY_END),
    "text where none is shown": ("<w:body>", "<w:body><w:t>x</w:t>"),
    "a mark of direction": ("<w:body>", "<w:body><w:p><w:r><w:t>\u202e</w:t></w:r></w:p>"),
    "another section": ("<w:keepNext/>", "<w:keepNext/><w:sectPr/>"),
    "a small page": ('<w:pgSz w:w="11906"', '<w:pgSz w:w="3000"'),
}
"""What makes a document show something else than its words, as a change of ``word/document.xml``."""


def added(content: bytes, part: str, data: bytes) -> bytes:
    made = BytesIO(content)
    with ZipFile(made, "a") as archive:
        archive.writestr(part, data)
    return made.getvalue()


def test_whatever_hides_or_covers_words_is_an_alteration(anping: Any) -> None:
    project = funded(anping)
    made = document(agreed(project), synthetic=True)
    start_signed(anping, project)
    text = "word/document.xml"
    found = {name: check(project, changed(made, text, *change)) for name, change in FORGERIES.items()}
    styles, style = "word/styles.xml", '<w:name w:val="Normal"/>'
    assert check(project, changed(made, "docProps/app.xml", "<Application>", "<Application> ")) is Finding.RESAVED
    elsewhere = {
        "hidden by its style": (styles, style, style + "<w:rPr><w:vanish/></w:rPr>"),
        "white by its style": (styles, style, style + '<w:rPr><w:color w:val="FFFFFF"/></w:rPr>'),
        "pictures by its style": (styles, style, style + '<w:rPr><w:rFonts w:ascii="Webdings"/></w:rPr>'),
        "pictures by the theme": ("word/theme/theme1.xml", 'typeface="宋体"', 'typeface="Wingdings"'),
        "pictures by the list of fonts": ("word/fontTable.xml", 'w:val="Noto Serif CJK SC"', 'w:val="Wingdings"'),
        "a watermark": ("word/header1.xml", "<w:p>", BOX + "<w:p>"),
        "other words above the page": ("word/header1.xml", "</w:t>", "作废</w:t>"),
        "a template from elsewhere": (
            "word/_rels/document.xml.rels",
            "</Relationships>",
            '<Relationship Id="x" Type="x/attachedTemplate" Target="x:" TargetMode="External"/></Relationships>',
        ),
        "another main part": ("_rels/.rels", 'Target="word/document.xml"', 'Target="customXml/item2.xml"'),
    }
    found |= {name: check(project, changed(made, *change)) for name, change in elsewhere.items()}
    for part in ("word/media/image1.png", "word/comments.xml", "word/footnotes.xml", "word/fonts/font1.odttf", "x.xml"):
        found[part] = check(project, added(made, part, b"<x/>"))
    assert {name: finding for name, finding in found.items() if finding is not Finding.ALTERED} == {}


def test_documents_that_unpack_to_much_are_refused_cheaply(anping: Any, tmp_path: Path) -> None:
    made = document(agreed(funded(anping)))
    bombs = {
        "size": added(made, "word/comments.xml", b" " * 30_000_000),
        "elements": changed(made, "word/document.xml", "<w:body>", "<w:body>" + "<w:p/>" * 1_000_000),
        "depth": changed(made, "word/document.xml", "<w:body>", "<w:body>" + "<w:p>" * 400_000),
    }
    setup = "import django, os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'tests.web.settings'\ndjango.setup()\n"
    setup += "from gongzao.kernel import GongzaoError\nfrom gongzao.web.research.contract_document import open_document"
    for name, bomb in bombs.items():
        packed = BytesIO()
        with ZipFile(BytesIO(bomb)) as old, ZipFile(packed, "w", ZIP_DEFLATED) as new:
            for part in old.namelist():
                new.writestr(part, old.read(part))
        path = tmp_path / f"{name}.docx"
        path.write_bytes(packed.getvalue())
        seconds, memory, said = cost(str(path), setup, "open_document(data)")
        assert said == "contract.file", name
        assert seconds < 3, name
        assert memory < 200, name
