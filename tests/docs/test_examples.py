"""The examples in the documentation run: Python blocks as doctests, ``gongzao`` commands as they stand."""

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

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


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
