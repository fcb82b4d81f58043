"""``rushes doctor``: look at everything that Rushes stands on, and say how to mend what is wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

from rich.console import Console
from rich.text import Text

from cli import logs
from cli.examining import (
    examine_database,
    examine_home,
    examine_providers,
    examine_settings,
    examine_storage,
)
from cli.examining_executors import examine_executors
from cli.failing import FAILED
from cli.finding import Finding, Mark, bad
from domain.errors import ConfigurationError, RushesError

_EXAMINATIONS: Mapping[str, Callable[[], AsyncIterator[Finding]]] = {
    "settings": examine_settings,
    "home": examine_home,
    "database": examine_database,
    "storage": examine_storage,
    "providers": examine_providers,
    "executors": examine_executors,
}
_STYLES = {Mark.GOOD: "green", Mark.NOTE: "yellow", Mark.BAD: "bold red"}
_NAME_WIDTH = 14


def examine() -> int:
    """Examine everything and print what is found as it is found; 1 when anything is wrong, otherwise 0."""
    logs.configure(logs.LogSettings.model_construct(log_level="error"))
    return asyncio.run(_examine(Console(highlight=False)))


async def _examine(console: Console) -> int:
    wrong = 0
    for name, examination in _EXAMINATIONS.items():
        async for finding in _guarded(name, examination()):
            wrong += finding.mark is Mark.BAD
            _print(console, finding)
    console.print()
    if wrong:
        console.print(Text(f"{wrong} to mend.", "bold red"))
        return FAILED
    console.print(Text("All is well.", "bold green"))
    return 0


async def _guarded(name: str, findings: AsyncIterator[Finding]) -> AsyncIterator[Finding]:
    """Turn what an examination could not get past into a finding, so that the others still take place."""
    try:
        async for finding in findings:
            yield finding
    except ConfigurationError as error:
        shown = "is not set" if error.value is None else f"is {error.value!r}"
        yield bad(name, f"{error.setting} {shown}", error.allowed)
    except RushesError as error:
        yield bad(name, error.message, "see whether this machine reaches it, and whether it is up")


def _print(console: Console, finding: Finding) -> None:
    line = Text.assemble(
        (finding.mark.value, _STYLES[finding.mark]),
        " ",
        (finding.what.ljust(_NAME_WIDTH), "bold"),
        finding.detail,
    )
    console.print(line, soft_wrap=True)
    if finding.mend:
        console.print(Text(f"{'':{_NAME_WIDTH + 2}}→ {finding.mend}", "dim"), soft_wrap=True)
