"""The examples in the documentation run: Python blocks as doctests, ``gongzao`` commands as they stand."""

import doctest
import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from gongzao.ledger import example_year, write_book

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("src/**/README.md")])
BLOCK = re.compile(r"^ *```(\w+)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
NEEDS_FILES_OF_THE_READER = re.compile(r"my-|规划\.yaml")


def commands() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for language, text in BLOCK.findall(page.read_text("utf-8")):
            if language == "sh":
                lines = (line.split("#")[0].strip() for line in text.splitlines())
                found += [(str(page.relative_to(ROOT)), line) for line in lines if line.startswith("gongzao ")]
    return [(page, line) for page, line in found if not NEEDS_FILES_OF_THE_READER.search(line)]


@pytest.mark.parametrize(("page", "line"), commands())
def test_command_runs(page: str, line: str, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("gongzao")), *shlex.split(line)[1:]]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{page}: {line}\n{done.stdout}{done.stderr}"
    assert done.stdout.strip()


@pytest.mark.parametrize("page", [str(p.relative_to(ROOT)) for p in PAGES if ">>>" in p.read_text("utf-8")])
def test_python_examples_hold(page: str) -> None:
    failed, tried = doctest.testfile(str(ROOT / page), module_relative=False, encoding="utf-8")
    assert tried
    assert not failed


def test_the_auditors_program_needs_nothing_of_ours(tmp_path: Path) -> None:
    """The page's own program, without our packages, on a sound book and on spoilt ones; see also tests/web/ledger."""
    book, heads = example_year(2), tmp_path / "heads.csv"
    write_book(tmp_path / "book.jsonl", book)
    heads.write_text("day,seq,hash\n" + "".join(f"{h.day},{h.seq},{h.hash}\n" for h in book.heads), "utf-8")
    sound = (tmp_path / "book.jsonl").read_text("utf-8")
    assert f"{len(book.records)} lines, {len(book.accounts)} accounts, {len(book.heads)} heads: sound" in audit(
        tmp_path
    )
    for old, new, said in (
        ('"posted": 8000000', '"posted": 8000001', "is not what it was"),
        ('"owner": "firm:01"', '"owner": "firm:02"', "an account is not what it was opened as"),
    ):
        (tmp_path / "book.jsonl").write_text(sound.replace(old, new, 1), "utf-8")
        assert said in audit(tmp_path)
    (tmp_path / "book.jsonl").write_text(sound, "utf-8")
    heads.write_text(f"day,seq,hash\n{book.heads[0].day},1,{'0' * 64}\n", "utf-8")
    assert "is another" in audit(tmp_path)


def audit(folder: Path) -> str:
    page = (ROOT / "docs/how-to/audit-the-books.md").read_text("utf-8")
    ((_, program),) = [found for found in BLOCK.findall(page) if found[0] == "python"]
    command = [sys.executable, "-I", "-S", "-c", textwrap.dedent(program), "book.jsonl", "heads.csv"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout + done.stderr


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
