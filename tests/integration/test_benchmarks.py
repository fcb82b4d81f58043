"""The benchmarks run: with tiny numbers, so that the scripts do not rot. Nothing here is timed."""

import json
from collections.abc import Iterator
from io import StringIO

import pytest
from rich.console import Console

from benchmarks import claim_latency, fan_out, films, finished_rows, lifecycles, report, streaming
from benchmarks.bench import Bench
from benchmarks.machine import describe, remarks
from benchmarks.scratch import scratch

ROWS = {
    "lifecycles": lifecycles.measure,
    "claim": claim_latency.measure,
    "finished-rows": finished_rows.measure,
    "streaming": streaming.measure,
    "films": films.measure,
    "fan-out": fan_out.measure,
}


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with scratch() as server:
        yield Bench(server, rounds=1, tiny=True)


@pytest.mark.parametrize("row", ROWS)
async def test_a_row_is_measured_and_shown(bench: Bench, row: str) -> None:
    figures = await ROWS[row](bench)
    assert figures
    assert json.dumps([figure.to_json() for figure in figures])
    page = StringIO()
    report.show(Console(width=200, file=page), {row: figures}, remarks(describe(bench.server.version)))
    assert all(figure.what in page.getvalue() for figure in figures)
