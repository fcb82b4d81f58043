"""Plain lines for people."""

import sys

from rich.console import Console
from rich.text import Text


def say(text: str = "", style: str = "") -> None:
    """Print a line to stdout as it is: nothing in it is markup, and it is not wrapped."""
    Console(highlight=False).print(Text(text, style), soft_wrap=True)


def warn(text: str) -> None:
    """Print a line to stderr, where what a command gives is not mixed up with it."""
    print(f"rushes: {text}", file=sys.stderr)  # noqa: T201 # what stderr is for
