"""What commands print: text as it is, on any console."""

import sys
from io import TextIOWrapper

from rich.console import Console


def console(*, stderr: bool = False, wrap: bool = False) -> Console:
    """Return a console that prints names as they are: brackets, colons and figures in them mean nothing.

    Parameters
    ----------
    stderr
        Print to standard error.
    wrap
        Fold lines at the width of the terminal, as a table needs; else they stay whole.
    """
    return Console(stderr=stderr, soft_wrap=not wrap, markup=False, emoji=False, highlight=False)


def print_on_any_console() -> None:
    """Have characters that the console's encoding lacks come out as question marks, never as an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
