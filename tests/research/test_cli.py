"""The commands on files, without Django."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gongzao.cli.research import app
from gongzao.kernel import InvalidInput

BIDS = """cost: 2000000
support: "600000.00"
bids:
  - {party: 丝筘, amount: 700000, weight: 6}
  - {party: 网都, amount: 500000, weight: 5}
  - {party: 良品, amount: 300000, weight: 3}
  - {party: 其他, amount: 10}
"""
PB = """META
key;value
budget;100
vote_type;approval
PROJECTS
project_id;cost
a;60
b;40
c;30
VOTES
voter_id;vote;weight
甲;a,b;3
乙;c;1
"""


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_shares(tmp_path: Path) -> None:
    path = write(tmp_path / "bids.yaml", BIDS)
    found = json.loads(run("shares", path, "--json"))
    assert found["shares_fen"] == {"丝筘": 600_000_00, "网都": 500_000_00, "良品": 300_000_00}
    assert found["rounds"][0]["left"] == ["其他"]
    assert "600,000.00" in run("shares", path)
    alone = write(tmp_path / "alone.yaml", "cost: 10\nbids:\n  - {party: a, amount: 20}\n")
    assert "No group" in run("shares", alone)


@pytest.mark.parametrize(
    ("old", "new", "line", "code"),
    [
        ("cost: 2000000", "cost: two", 1, "money.form"),
        ('"600000.00"', "2000000", 2, "shares.support"),
        ("weight: 6", "weight: -6", 4, "shares.weight"),
        ("weight: 6", "weight: x", 4, "number.form"),
        ("party: 网都", "party: 丝筘", 5, "shares.twice"),
        ("amount: 10", "amount: -10", 7, "research.amount"),
        ("amount: 10", "sum: 10", 7, "key.unknown"),
        ("bids:", "bids: none\nx:", 3, "key.list"),
        ("bids:\n", "bids:\n  - 5\n", 4, "key.mapping"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(tmp_path: Path, old: str, new: str, line: int, code: str) -> None:
    path = write(tmp_path / "bids.yaml", BIDS.replace(old, new, 1))
    with pytest.raises(InvalidInput) as caught:
        run("shares", path)
    assert (line, code) in [(p.line, p.code) for p in caught.value.problems]


def test_allocate(tmp_path: Path) -> None:
    path = write(tmp_path / "fund.pb", PB)
    found = json.loads(run("allocate", path, "--json"))
    assert [(f["project"], f["rate"], f["payments"]) for f in found["funded"]] == [
        ("a", "1", {"甲": "60"}),
        ("b", None, {}),
    ]
    assert (found["rest"], found["optimum"], found["welfare_gap"]) == ("0", ["a", "b"], "0")
    assert json.loads(run("allocate", path, "--no-complete", "--json"))["rest"] == "40"
    text = run("allocate", path, "--measure", "count")
    assert "Welfare gap" in text
    assert "strategyproof" in text


def test_django_is_not_needed(tmp_path: Path) -> None:
    code = "import sys, gongzao.cli.research; assert not {'django', 'ninja'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False).returncode == 0
