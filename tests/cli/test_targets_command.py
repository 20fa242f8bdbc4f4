"""``gongzao targets`` as a user runs it: in a process of its own, without Django."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gongzao.targets import shipped_plan

# Django is made impossible to import: the command must do without it.
RUN = "import sys; sys.modules['django'] = None; sys.argv[0] = 'gongzao'; from gongzao.cli.main import main; main()"


def gongzao(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUN, "targets", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "COLUMNS": "200", "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1"},
    )


def answers(*words: str) -> dict[str, Any]:
    done = gongzao("status", "--json", *words)
    assert (done.returncode, done.stderr) == (0, "")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="module")
def half_year() -> dict[str, Any]:
    return answers("--as-of", "2025-06-30")


def test_json_shows_the_published_half_year(half_year: dict[str, Any]) -> None:
    targets = {target["id"]: target for target in half_year["targets"]}
    growth, total, large = (targets[key] for key in ("revenue-growth", "revenue-total", "clusters-over-100bn"))
    assert (growth["latest"], growth["required"], growth["distance"], growth["light"]) == ("5.1", "8", "-2.9", "behind")
    assert round(float(growth["remainder"]["needed_pct"]), 1) == 10.5
    assert growth["remainder"]["derived"] is True
    assert round(float(total["growth_needed_pct"]), 1) == 7.7
    assert (large["latest"], large["step"]) == ("7", {"deadline": "2025-12-31", "value": "8"})
    assert {item["source"] for item in growth["rests_on"]} <= {source["id"] for source in half_year["sources"]}


def test_json_keeps_its_documented_shape(half_year: dict[str, Any]) -> None:
    assert half_year["schema"] == 1
    assert set(half_year) == {"schema", "plan", "as_of", "targets", "sources"}
    readme = Path(str(shipped_plan("hebei-2025-2027").parent.parent / "README.md")).read_text(encoding="utf-8")
    for target in half_year["targets"]:
        assert set(target) == set(half_year["targets"][0])
        assert set(target["explanation"]) == {"zh", "en"}
    for key in {*half_year, *half_year["targets"][0]}:
        assert re.search(rf"[`.]{key}[`.\[]", readme), f"{key} is not in the README"


def test_json_is_readable_chinese() -> None:
    assert "营业收入" in gongzao("status", "--as-of", "2025-06-30", "--json").stdout


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ["▼ 滞后", "？ 无法判断", "5.1%", "约8%", "S6", "10.5%"]),
        ("en", ["▼ behind", "5.1 %", "about 8 %", "S6"]),
    ],
)
def test_the_table_has_icons_words_units_and_sources(lang: str, words: list[str]) -> None:
    done = gongzao("status", "--as-of", "2025-06-30", "--lang", lang)
    assert done.returncode == 0
    assert [word for word in words if word not in done.stdout] == []


def test_a_plan_is_named_by_id_or_file(half_year: dict[str, Any]) -> None:
    path = str(shipped_plan("hebei-2025-2027"))
    assert answers("--as-of", "2025-06-30", "--plan", "hebei-2025-2027") == half_year
    assert answers("--as-of", "2025-06-30", "--plan", path) == half_year
    assert path in gongzao("plans").stdout.replace("\n", "")


def test_own_figures_replace_the_shipped_ones(tmp_path: Path) -> None:
    figures, sources = tmp_path / "figures.csv", tmp_path / "sources.csv"
    figures.write_bytes(
        "subject,indicator,period,value,unit,scope,source,growth_pct\n"
        "region:130000,revenue,2025-H1,20000,亿元,key107,自填,12\n".encode("gbk")
    )
    sources.write_text(
        "id,title,publisher,published,confidence,note\nS1,方案,甲,2025,A,\nS5,年报,甲,2025,A,\n自填,示例数据,乙,2025,K,\n",
        encoding="utf-8",
    )
    options = ("--observations", str(figures), "--sources", str(sources))
    got = answers("--as-of", "2025-06-30", *options)["targets"][0]
    assert (got["latest"], got["light"]) == ("12", "ahead")


def test_every_fault_is_printed_in_both_languages_and_nothing_else(tmp_path: Path) -> None:
    figures = tmp_path / "figures.csv"
    figures.write_text(
        "subject,indicator,period,value,unit,scope,source\n"
        "region:130000,revenue,2025-H1,1o0,亿元,key107,S6\n"
        "region:130000,revenue,2025-H1,100,个,key107,S6\n",
        encoding="utf-8",
    )
    done = gongzao("status", "--as-of", "2025-06-30", "--json", "--observations", str(figures))
    assert (done.returncode, done.stdout) == (2, "")
    for word in (f"{figures}:2: value", "not a number", "不是数字", f"{figures}:3: unit", "1o0"):
        assert word in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--as-of", "2025-06-31"), "须真实存在"),
        (("--as-of", "2025-06-30", "--plan", "atlantis"), "atlantis"),
        (("--as-of", "2025-06-30", "--plan", "no-such.yaml"), "无法读取"),
        (("--as-of", "2025-06-30", "--observations", "no-such.csv"), "no-such.csv"),
        (("--as-of", "2025-06-30", "--lang", "fr"), "--lang"),
        ((), "--as-of"),
    ],
)
def test_bad_use_ends_with_status_2_and_says_why(words: tuple[str, ...], said: str) -> None:
    done = gongzao("status", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_status_is_a_subcommand() -> None:
    assert "status" in gongzao("--help").stdout
