"""The command finds its sub-commands by entry point, and turns our errors into text."""

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gongzao.cli import main as command
from gongzao.kernel import InvalidInput, Problem

# Django is made impossible to import, as where the extra "web" is not installed.
WITHOUT_DJANGO = (
    "import sys; sys.modules['django'] = None; sys.argv[0] = 'gongzao'; from gongzao.cli.main import main; main()"
)


def without_django(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-X", "utf8", "-c", WITHOUT_DJANGO, *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def announce(monkeypatch: pytest.MonkeyPatch, **points: str) -> None:
    """Let ``points`` be the only commands installed."""

    def installed(*, group: str) -> list[EntryPoint]:
        return [EntryPoint(k, v, group) for k, v in points.items()] if group == "gongzao.commands" else []

    monkeypatch.setattr(command, "entry_points", installed)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plugin_fine.py").write_text("def go() -> None:\n    print('gone')\n")
    (tmp_path / "plugin_bare.py").write_text("import an_extra_that_is_missing\n\ndef go() -> None: ...\n")
    (tmp_path / "plugin_ours.py").write_text("import gongzao.no_such_module\n\ndef go() -> None: ...\n")
    monkeypatch.syspath_prepend(str(tmp_path))


def test_the_engines_commands_need_no_django() -> None:
    done = without_django("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert " targets " in done.stdout
    assert without_django("no-such-command").returncode == 2


@pytest.mark.usefixtures("package")
def test_a_command_whose_extra_is_missing_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    announce(monkeypatch, fine="plugin_fine:go", bare="plugin_bare:go")
    shown = CliRunner().invoke(command.build(), ["--help"]).output
    assert "fine" in shown
    assert "bare" not in shown
    assert "gone" in CliRunner().invoke(command.build(), ["fine"]).output


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize("point", ["gongzao.no_such_package:app", "plugin_ours:go"])
def test_a_missing_module_of_our_own_is_an_error(monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    announce(monkeypatch, broken=point)
    with pytest.raises(ModuleNotFoundError, match="gongzao"):
        command.build()


def test_an_error_of_ours_is_text_in_both_languages_and_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plugin_error.py").write_text(
        "from gongzao.kernel import InvalidInput, Problem\n\n"
        "def go() -> None:\n"
        "    raise InvalidInput([Problem('a[b].csv', 'rule', 'is [red] wrong', '有误', 3, 'value', '1o')])\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    announce(monkeypatch, fails="plugin_error:go")
    monkeypatch.setattr(sys, "argv", ["gongzao", "fails"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    printed = capsys.readouterr()
    wanted = InvalidInput([Problem("a[b].csv", "rule", "is [red] wrong", "有误", 3, "value", "1o")])
    assert ended.value.code == 2
    assert printed.out == ""
    assert printed.err == f"{wanted.en}\n{wanted.zh}\n"
