"""An API process, or a bare server that sends as much without any work: see ``fan_out``."""

import asyncio
import logging
import sys
from pathlib import Path

import structlog

from api.main import open_parts, run
from api.settings import ApiSettings
from benchmarks.child import asked, tell
from db.settings import DatabaseSettings
from executor.garbage import collect_less_often
from services.catalogue import Catalogue
from storage.settings import StorageSettings

_FRAME = (
    b'id: %d\nevent: test.happened\ndata: {"sequence":%d,"data":{"n":%d,"text":"' + b"x" * 250 + b'"}}\n\n'
)


async def serve_api(address: str, home: str) -> None:
    """Serve the API of a database until the parent is gone."""
    stop = asyncio.Event()
    storage = StorageSettings(rushes_home=Path(home))
    database = DatabaseSettings(database_url=address)
    async with open_parts(database, storage, Catalogue.of((), ())) as parts, asyncio.TaskGroup() as group:
        settings = ApiSettings(api_port=0)
        group.create_task(run(parts, settings, stop, announce=lambda found: tell(address=found)))
        async for _ in asked():
            tell()
        stop.set()


async def serve_bare(events: int) -> None:
    """Write the same bytes to everybody as soon as the parent asks."""
    writers: list[asyncio.StreamWriter] = []

    async def seat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"id: 0\nevent: snapshot\ndata: {}\n\n")
        writers.append(writer)

    server = await asyncio.start_server(seat, "127.0.0.1", 0, backlog=1_000)
    port = server.sockets[0].getsockname()[1]
    tell(address=f"http://127.0.0.1:{port}")
    frames = b"".join(_FRAME % (n, n, n) for n in range(1, events + 1))
    async for _ in asked():
        for writer in writers:
            writer.write(frames)
        tell()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    collect_less_often()
    if sys.argv[1] == "api":
        asyncio.run(serve_api(sys.argv[2], sys.argv[3]))
    else:
        asyncio.run(serve_bare(int(sys.argv[2])))
