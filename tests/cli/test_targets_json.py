"""What ``gongzao targets status --json`` prints is what the engine's README documents, field by field."""

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import gongzao.targets
from gongzao.cli.targets import JSON_SCHEMA, status_json
from gongzao.targets import attain, load, shipped_plan

README = Path(gongzao.targets.__file__).with_name("README.md")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
FIGURE = re.compile(r"-?\d+(\.\d+)?")
NUMBERS = {"value", "latest", "required", "distance", "to_step", "amount_needed", "rest_required"}
DAYS = {"as_of", "deadline", "on", "published_on"}


@pytest.fixture(scope="module", params=["2024-12-31", "2025-06-30", "2026-11-23"])
def printed(request: pytest.FixtureRequest) -> dict[str, Any]:
    dossier = load(shipped_plan("hebei-2025-2027"))
    answers = attain(dossier.plan, dossier.observations, date.fromisoformat(request.param))
    plain: dict[str, Any] = json.loads(json.dumps(status_json(dossier, answers)))
    return plain


def fields(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield key, below
            yield from fields(below)
    elif isinstance(value, list):
        for item in value:
            yield from fields(item)


def documented() -> set[str]:
    section = README.read_text(encoding="utf-8").partition("## What `status --json` prints")[2].partition("\n## ")[0]
    return set(re.findall(r"`(\w+)`", section))


def test_every_field_is_documented_and_every_documented_field_is_printed() -> None:
    dossier = load(shipped_plan("hebei-2025-2027"))
    plain = status_json(dossier, attain(dossier.plan, dossier.observations, date(2025, 6, 30)))
    keys = {key for key, _ in fields(plain)}
    words = {"true", "null", "ahead", "on_track", "behind", "far_behind", "no_data", "cannot_be_said"}
    assert keys - documented() == set()
    assert documented() - keys - words == set()


def test_every_target_has_the_same_fields(printed: dict[str, Any]) -> None:
    assert printed["schema"] == JSON_SCHEMA == 1
    assert len({tuple(target) for target in printed["targets"]}) == 1
    assert len({tuple(item) for t in printed["targets"] for item in (*t["rests_on"], *t["evidence"])}) <= 1


def test_figures_are_decimal_strings_and_days_are_days(printed: dict[str, Any]) -> None:
    for key, value in fields(printed):
        if value is None:
            continue
        if key in NUMBERS or key.endswith("_pct"):
            assert isinstance(value, str), key
            assert FIGURE.fullmatch(value), (key, value)
        elif key in DAYS:
            assert DAY.fullmatch(value), (key, value)
        elif key in {"zh", "en"}:
            assert isinstance(value, str), key
            assert value, key
        else:
            assert not isinstance(value, float), key


def test_sources_are_listed_once_and_are_those_that_are_named(printed: dict[str, Any]) -> None:
    listed = [source["id"] for source in printed["sources"]]
    named = {t["citation"]["source"] for t in printed["targets"]}
    named |= {item["source"] for t in printed["targets"] for item in (*t["rests_on"], *t["evidence"])}
    assert len(listed) == len(set(listed))
    assert set(listed) == named
