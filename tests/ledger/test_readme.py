import doctest
import importlib
from pathlib import Path

import pytest

import gongzao.ledger


def test_the_example_of_the_readme_runs() -> None:
    path = Path(gongzao.ledger.__file__).with_name("README.md")
    result = doctest.testfile(str(path), module_relative=False, encoding="utf-8")
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("name", ["split", "export", "errors"])
def test_the_examples_of_the_docstrings_run(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"gongzao.ledger.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
