"""Plain lines for people."""

from rich.console import Console
from rich.text import Text


def say(text: str = "", style: str = "") -> None:
    """Print a line to stdout as it is: nothing in it is markup, and it is not wrapped."""
    Console(highlight=False).print(Text(text, style), soft_wrap=True)
