"""The ``gongzao`` command.

Each sub-command is announced by an entry point in the group ``gongzao.commands``, so the site can add its own
without this package importing it. The group ``gongzao.commands.<name>`` adds commands below the sub-command ``name``.
"""

import sys
from copy import copy
from importlib.metadata import entry_points

import typer

from gongzao.cli.output import console, print_on_any_console
from gongzao.kernel import GongzaoError


def build() -> typer.Typer:
    """Return the command with every installed sub-command; one whose extra is not installed is left out."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, help="Gongzao 共造: run any engine on files.")

    @app.callback()
    def top() -> None:
        """Gongzao 共造."""

    _attach(app, "gongzao.commands")
    return app


def _attach(app: typer.Typer, group: str) -> None:
    for point in sorted(entry_points(group=group), key=lambda p: p.name):
        try:
            command = point.load()
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("gongzao"):
                raise
            continue
        if isinstance(command, typer.Typer):
            below = copy(command)  # its module keeps it as it is, however often the command is built
            below.registered_commands = [*command.registered_commands]
            _attach(below, f"{group}.{point.name}")
            app.add_typer(below, name=point.name)
        else:
            app.command(point.name)(command)


def main() -> None:
    """Run the command; an error of ours is printed as text and ends with status 2, never as a traceback."""
    print_on_any_console()
    try:
        build()()
    except GongzaoError as error:
        console(stderr=True).print(f"{error.en}\n{error.zh}")
        sys.exit(2)
