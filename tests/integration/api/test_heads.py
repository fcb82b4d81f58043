"""Clients that take their time over the head of a request."""

import asyncio
from urllib.parse import urlsplit

import pytest

from api import heads
from api.parts import Parts
from tests.integration.api.test_serving import running

HEAD = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n"


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "HEAD_SECONDS", 0.5)


async def connect(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    place = urlsplit(address)
    return await asyncio.open_connection(place.hostname, place.port)


async def ended(reader: asyncio.StreamReader) -> bytes:
    """Read to the end, which has to come."""
    async with asyncio.timeout(20):
        return await reader.read()


async def answer(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(20):
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
        return head + await reader.readexactly(int(length.split(b":")[1]))


async def test_a_client_that_says_nothing_is_not_waited_for(parts: Parts) -> None:
    async with running(parts) as address:
        reader, writer = await connect(address)
        assert await ended(reader) == b""
        writer.close()


async def test_a_client_that_dribbles_is_not_waited_for(parts: Parts) -> None:
    async with running(parts) as address:
        reader, writer = await connect(address)
        writer.write(HEAD)

        async def dribble() -> None:
            while not reader.at_eof():
                writer.write(b"x-more: 1\r\n")
                await asyncio.sleep(0.05)

        dribbling = asyncio.create_task(dribble())
        try:
            assert await ended(reader) == b""
        except ConnectionResetError:
            pass  # its last bytes came after we had hung up
        finally:
            dribbling.cancel()
            writer.close()


async def test_a_later_request_has_the_same_deadline(parts: Parts) -> None:
    async with running(parts) as address:
        reader, writer = await connect(address)
        writer.write(HEAD + b"\r\n")
        assert (await answer(reader)).startswith(b"HTTP/1.1 200")
        writer.write(HEAD)
        assert await ended(reader) == b""
        writer.close()


async def test_a_whole_head_in_pieces_is_answered_however_long_the_connection_lasts(parts: Parts) -> None:
    async with running(parts) as address:
        reader, writer = await connect(address)
        for _ in range(3):
            writer.write(HEAD)
            await writer.drain()
            await asyncio.sleep(0.2)
            writer.write(b"\r\n")
            assert (await answer(reader)).startswith(b"HTTP/1.1 200")
        writer.close()
