"""Events: what one API process tells how many listeners, beside a bare server that writes as much."""

import asyncio
import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psycopg

from benchmarks.bench import Bench
from benchmarks.child import Child, running
from benchmarks.figures import Baseline, Figure, Sample

_MODULE = "benchmarks.fan_out_child"
_EVENT = b"event: test.happened"
_AT_ONCE = 50
"""Listeners that arrive at the same time: each is sent a snapshot first."""
_ADD = """
INSERT INTO job_events (project_id, type, data)
SELECT %(project)s, 'test.happened', jsonb_build_object('n', n, 'text', repeat('x', 100))
FROM generate_series(1, %(count)s) n
"""


@dataclass(slots=True)
class Run:
    """What one round found."""

    rate: float
    """Events told a second, over all listeners."""
    memory: float
    """KiB for each listener."""


class Audience:
    """Listeners of one process, and when the first and the last of them heard what."""

    def __init__(self, last: int) -> None:
        self.end = b"id: %d\n" % last
        self.seated, self.told = asyncio.Event(), asyncio.Event()
        self.began = 0.0
        self.waiting = self.listening = 0

    def expect(self, count: int) -> None:
        """Wait for so many more."""
        self.seated.clear()
        self.waiting += count
        self.listening += count

    def seat(self) -> None:
        """Count one who was sent its snapshot."""
        self.waiting -= 1
        if not self.waiting:
            self.seated.set()

    def leave(self) -> None:
        """Count one who heard everything."""
        self.listening -= 1
        if not self.listening:
            self.told.set()


class Ear(asyncio.Protocol):
    """Reads one stream, and looks no closer at it than it must."""

    def __init__(self, audience: Audience, request: bytes) -> None:
        self._audience, self._request = audience, request
        self._tail = b""
        self._is_seated = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Look for the end of the snapshot, then for the last event."""
        seen = self._tail + data
        self._tail = seen[-64:]
        if not self._is_seated and b"event: snapshot" in seen:
            self._is_seated = True
            self._audience.seat()
        if not self._audience.began and _EVENT in seen:
            self._audience.began = perf_counter()
        if self._audience.end in seen:
            self._audience.leave()


async def measure(bench: Bench) -> Sequence[Figure]:
    """Tell a burst of events to everybody who follows one film."""
    listeners, events = bench.size(2_000, 300, 4), bench.size(500, 200, 10)
    _allow_files(2 * listeners + 200)
    memories: list[float] = []

    async def ours() -> float:
        run = await _ours(bench, listeners, events)
        memories.append(run.memory)
        return run.rate

    async def bare() -> float:
        async with running(_MODULE, "bare", str(events)) as child:
            return (await _run(child, uuid4(), listeners, events, lambda: None)).rate

    rates = await bench.interleaved({"ours": ours, "bare": bare})
    return [
        Figure(
            f"events told a second by one API process: a burst of {events:,} to {listeners:,} listeners",
            "events/s",
            rates["ours"],
            [Baseline("a bare server that writes as many bytes at once", rates["bare"])],
            note="from the first that anybody hears to the last that everybody has heard",
        ),
        Figure("… its memory for each listener", "KiB", Sample(tuple(memories))),
    ]


async def _ours(bench: Bench, listeners: int, events: int) -> Run:
    project = uuid4()
    async with bench.server.database() as address:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("INSERT INTO projects (id) VALUES (%s)", (project,))

            def write() -> None:
                connection.execute(_ADD, {"project": project, "count": events})

            async with running(_MODULE, "api", address, str(bench.home)) as child:
                return await _run(child, project, listeners, events, write)


async def _run(child: Child, project: UUID, listeners: int, events: int, write: Callable[[], None]) -> Run:
    address = urlsplit((await child.answer())["address"])
    before = child.resident_bytes()
    request = f"GET /api/v1/projects/{project}/events HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode()
    audience, loop = Audience(events), asyncio.get_running_loop()
    transports = []
    for seats in range(0, listeners, _AT_ONCE):
        count = min(_AT_ONCE, listeners - seats)
        audience.expect(count)
        for _ in range(count):
            transport, _ear = await loop.create_connection(
                lambda: Ear(audience, request), address.hostname, address.port
            )
            transports.append(transport)
        await audience.seated.wait()
    memory = (child.resident_bytes() - before) / 1_024 / listeners
    write()
    await child.ask()
    await audience.told.wait()
    rate = listeners * events / (perf_counter() - audience.began)
    for transport in transports:
        transport.close()
    return Run(rate, memory)


def _allow_files(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        most = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
