"""Commands below a command, announced by another distribution or by the site."""

from importlib.metadata import EntryPoint

import pytest
import typer
from typer.testing import CliRunner

from gongzao.cli import main


def test_the_site_adds_commands_below_ledger() -> None:
    for _ in range(2):  # building again does not add them twice
        listed = CliRunner().invoke(main.build(), ["ledger", "--help"]).output
        assert [listed.count(f" {name} ") for name in ("verify", "rebuild", "expire", "check")] == [1, 1, 1, 1]


def test_a_command_whose_extra_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    points = {
        "gongzao.commands": [EntryPoint("ledger", "gongzao.cli.ledger:app", "gongzao.commands")],
        "gongzao.commands.ledger": [
            EntryPoint("gone", "no_such_package.commands:gone", "gongzao.commands.ledger"),
            EntryPoint("say", "typer:echo", "gongzao.commands.ledger"),
        ],
    }
    monkeypatch.setattr(main, "entry_points", lambda group: points.get(group, []))
    command = typer.main.get_command(main.build())
    below = command.commands["ledger"].commands  # type: ignore[attr-defined]  # both are groups
    assert "say" in below
    assert "gone" not in below


def test_a_missing_module_of_our_own_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    points = {"gongzao.commands": [EntryPoint("x", "gongzao.no_such_module:app", "gongzao.commands")]}
    monkeypatch.setattr(main, "entry_points", lambda group: points.get(group, []))
    with pytest.raises(ModuleNotFoundError):
        main.build()
