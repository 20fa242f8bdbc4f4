import doctest
import importlib
from pathlib import Path

import pytest

import gongzao.research
from gongzao.research import load_policy

ROOT = Path(__file__).resolve().parents[2]
HOW_TO = ROOT / "docs/how-to/add-a-policy.md"


@pytest.mark.parametrize(
    "path", [Path(gongzao.research.__file__).with_name("README.md"), ROOT / "docs/tutorials/crowd-funded-research.md"]
)
def test_the_text_runs(path: Path) -> None:
    result = doctest.testfile(str(path), module_relative=False, encoding="utf-8")
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("name", ["model", "shares", "equal_shares", "execution", "policy"])
def test_the_examples_of_the_docstrings_run(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"gongzao.research.{name}"))
    assert result.attempted > 0
    assert result.failed == 0


def test_the_version_shown_in_the_how_to_can_be_loaded(tmp_path: Path) -> None:
    block = HOW_TO.read_text(encoding="utf-8").split("```yaml")[1].split("```")[0]
    new = block.split("# … unchanged")[1]
    shipped = gongzao.research.shipped_policies()["hebei"].read_text(encoding="utf-8")
    path = tmp_path / "hebei.yaml"
    path.write_text(shipped + "\n".join(line[3:] for line in new.splitlines()), encoding="utf-8")
    assert [version.id for version in load_policy(path).versions] == ["hebei-2024", "hebei-2025", "hebei-2027"]
