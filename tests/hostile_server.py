"""A web server on loopback that answers with exactly the bytes that a test says, and counts who comes."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """What is served by path; everything else is a 404."""

    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[bytes] = field(default_factory=list)
    """Heads and bodies, as they came."""
    names: list[str | None] = field(default_factory=list)
    """What was asked for by SNI."""
    port: int = 0
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a client hangs up on an answer that has no end."""

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    open: dict[asyncio.Task[Any], asyncio.StreamWriter] = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.open[task] = writer
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:"), 0
            )
            self.requests.append(head + await reader.readexactly(length))
            path = head.split(b" ", 2)[1].decode()
            try:
                await self.answers.get(path, replying(b"", "404 Not Found"))(writer)
                await writer.drain()
            except ConnectionError:
                self.gone.set()
        writer.close()


@asynccontextmanager
async def hostile_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """Serve until the block ends."""
    made = Server()
    if tls is not None:
        tls.sni_callback = lambda _socket, name, _context: made.names.append(name)
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=tls)
    made.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield made
        for task, writer in made.open.items():
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*made.open, return_exceptions=True)


def replying(content: bytes, status: str = "200 OK", **headers: str) -> Answer:
    """Answer at once; underscores in names stand for dashes."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        fields = {"content_length": str(len(content)), "connection": "close", **headers}
        lines = [f"HTTP/1.1 {status}", *(f"{k.replace('_', '-')}: {v}" for k, v in fields.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode() + content)

    return answer


def redirecting(url: str) -> Answer:
    """Send people elsewhere."""
    return replying(b"", "302 Found", location=url)


async def endless(writer: asyncio.StreamWriter) -> None:
    """Never stop."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\nconnection: close\r\n\r\n")
    while True:
        writer.write(b"\x89PNG" * 16_384)
        await writer.drain()


async def silent(writer: asyncio.StreamWriter) -> None:
    """Begin, and say nothing more."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n\x89")
    await writer.drain()
    await asyncio.Event().wait()


async def dripping(writer: asyncio.StreamWriter) -> None:
    """Give a byte now and then, so that no silence is ever long."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.02)
