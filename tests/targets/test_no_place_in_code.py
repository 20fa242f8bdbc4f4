"""Another place is another data file: outside data and examples, no module and no page of Gongzao names one."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import gongzao

SOURCE = Path(gongzao.__file__).parent
NAME = re.compile(r"河北|hebei", re.IGNORECASE)
CODE = re.compile(r"(region:)?13\d{4}")
PAGES = [p for kind in ("html", "txt", "js", "css") for p in SOURCE.rglob(f"*.{kind}") if "vendor" not in p.parts]
# A module of that name makes made-up cases (示例数据) for demonstration: data, in the form of code.
MODULES = [p for p in SOURCE.rglob("*.py") if p.name != "example.py"]


def literals(module: str) -> Iterator[tuple[int, str]]:
    """Names and literals of a module, with their lines; docstrings are prose and may give examples."""
    tree = ast.parse(module)
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in prose:
            yield node.lineno, str(node.value)
        elif isinstance(node, ast.Name):
            yield node.lineno, node.id


def hits(module: str) -> list[tuple[int, str]]:
    return [(line, text) for line, text in literals(module) if NAME.search(text) or CODE.fullmatch(text.strip())]


def test_no_module_names_a_place() -> None:
    assert len(MODULES) > 50
    found = {str(p.relative_to(SOURCE)): hits(p.read_text(encoding="utf-8")) for p in MODULES}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_no_page_names_a_place() -> None:
    assert PAGES
    word = re.compile(NAME.pattern + r"|\b13\d{4}\b", re.IGNORECASE)
    assert [str(p.relative_to(SOURCE)) for p in PAGES if word.search(p.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    "module",
    [
        "x = '130000'",
        "x = 130100",
        "f('region:130100')",
        "t = '河北省集群'",
        "PLAN = 'hebei-2025-2027'",
        "hebei = 1",
        "f'{x}河北'",
    ],
)
def test_the_search_finds_what_it_is_for(module: str) -> None:
    assert hits(module)


def test_the_search_leaves_examples_in_docstrings_alone() -> None:
    assert hits('def f():\n    """Such as ``region:130000`` (河北省)."""\n    return "130 件"') == []
