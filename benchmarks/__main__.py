"""``python -m benchmarks``: run the rows, print the table, keep the figures."""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from rich.console import Console

from benchmarks import (
    claim_latency,
    clips,
    fairness,
    fan_out,
    films,
    finished_rows,
    in_flight,
    lifecycles,
    long_film,
    machine,
    page,
    rates,
    report,
    streaming,
    studio,
    takeover,
)
from benchmarks.bench import Bench
from benchmarks.figures import Figure
from benchmarks.scratch import scratch
from executor.garbage import collect_less_often

Row = Callable[[Bench], Coroutine[Any, Any, Sequence[Figure]]]
_PAGE = 150
"""Columns where the report goes into a file."""
ROWS: dict[str, Row] = {
    "lifecycles": lifecycles.measure,
    "clips": clips.measure,
    "claim": claim_latency.measure,
    "in-flight": in_flight.measure,
    "rates": rates.measure,
    "finished-rows": finished_rows.measure,
    "fairness": fairness.measure,
    "streaming": streaming.measure,
    "films": films.measure,
    "fan-out": fan_out.measure,
    "takeover": takeover.measure,
    "page": page.measure,
    "long-film": long_film.measure,
}


def main(  # noqa: PLR0917 # typer passes every option by name
    only: Annotated[list[str] | None, typer.Option(help=f"Rows to run: {', '.join(ROWS)}.")] = None,
    quick: Annotated[bool, typer.Option(help="Small numbers, one round.")] = False,
    full: Annotated[bool, typer.Option(help="Ten million finished rows as well.")] = False,
    rounds: Annotated[int | None, typer.Option(help="Rounds per row.", min=1)] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here as well.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Where the scratch database goes.")] = None,
) -> None:
    """Measure the budgets beside their baselines, in the same run on the same machine."""
    for name in only or ():
        if name not in ROWS:
            raise typer.BadParameter(f"{name}; allowed: {', '.join(ROWS)}", param_hint="--only")
    # An executor's news cost time, and nobody reads them here.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    # As in an executor's own process.
    collect_less_often()
    terminal = Console()
    console = terminal if terminal.is_terminal else Console(width=_PAGE)
    with scratch(folder) as server:
        about = machine.describe(server.version)
        found: dict[str, Sequence[Figure]] = {}
        bench = Bench(server, rounds or (1 if quick else 3), quick=quick, full=full)
        for name in only or ROWS:
            with console.status(name):
                found[name] = asyncio.run(ROWS[name](bench))
    notes = [*machine.remarks(about), *([reason] if (reason := studio.missing()) else [])]
    report.show(console, found, notes)
    if json_file is not None:
        rows = {name: [figure.to_json() for figure in figures] for name, figures in found.items()}
        json_file.write_text(json.dumps({"machine": about, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    typer.run(main)
