"""What every fetcher does, the guarded one and the stand-in of other tests."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator

import pytest

from domain.fetching import Fetcher, FetchFailedError, Reply, UrlRefusedError
from fetching.client import GuardedFetcher
from fetching.hosts import Hosts
from tests.fakes import FakeFetcher
from tests.hostile_server import Server, hostile_server, replying


class World(ABC):
    """A fetcher, and something that answers it."""

    fetcher: Fetcher

    @abstractmethod
    def answer(self, path: str, status: int, content: bytes, retry_after: int | None = None) -> str:
        """Have an answer at a path; give its URL."""

    @abstractmethod
    def received(self) -> list[bytes]:
        """Give the bodies that were posted."""

    @abstractmethod
    async def nobody(self) -> str:
        """Give a URL where nobody answers."""


class Fake(World):
    def __init__(self) -> None:
        self.fetcher = self.fake = FakeFetcher()

    def answer(self, path: str, status: int, content: bytes, retry_after: int | None = None) -> str:
        url = f"https://example.com{path}"
        self.fake.replies[url] = [Reply(status, content, retry_after)]
        return url

    def received(self) -> list[bytes]:
        return [content for _, content, _ in self.fake.posted]

    async def nobody(self) -> str:
        return "https://nobody.example/"


class Real(World):
    def __init__(self, server: Server) -> None:
        self.server = server
        self.fetcher = GuardedFetcher(Hosts.of("127.0.0.1"))

    def answer(self, path: str, status: int, content: bytes, retry_after: int | None = None) -> str:
        more = {} if retry_after is None else {"retry_after": str(retry_after)}
        self.server.answers[path] = replying(content, f"{status} Whatever", **more)
        return self.server.url(path)

    def received(self) -> list[bytes]:
        return [
            request.partition(b"\r\n\r\n")[2] for request in self.server.requests if request[:4] == b"POST"
        ]

    async def nobody(self) -> str:
        async with hostile_server() as closed:
            return closed.url()


@pytest.fixture(params=["fake", "real"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "fake":
        yield Fake()
        return
    async with hostile_server() as server:
        real = Real(server)
        yield real
        await real.fetcher.aclose()


async def test_what_is_there_is_fetched(world: World) -> None:
    url = world.answer("/a?b=c", 200, b"a picture")
    assert await world.fetcher.get(url, most=9) == Reply(200, b"a picture")


async def test_more_than_was_asked_for_is_refused(world: World) -> None:
    url = world.answer("/a", 200, b"a picture")
    with pytest.raises(UrlRefusedError, match="more than"):
        await world.fetcher.get(url, most=8)


@pytest.mark.parametrize("status", [404, 503])
async def test_a_refusal_is_an_answer(world: World, status: int) -> None:
    url = world.answer("/a", status, b"", 7)
    reply = await world.fetcher.get(url, most=9)
    assert (reply.status, reply.content, reply.retry_after, reply.is_success) == (status, b"", 7.0, False)


async def test_a_body_is_delivered_once(world: World) -> None:
    url = world.answer("/hook", 202, b"thanks")
    reply = await world.fetcher.post(url, b'{"a":1}', {"Content-Type": "application/json"})
    assert (reply.status, reply.content, reply.is_success) == (202, b"thanks", True)
    assert world.received() == [b'{"a":1}']


@pytest.mark.parametrize("url", ["file:///etc/passwd", "https://me:secret@example.com/", "https://", "x"])
async def test_what_is_no_web_address_is_refused(world: World, url: str) -> None:
    with pytest.raises(UrlRefusedError):
        await world.fetcher.get(url, most=9)
    with pytest.raises(UrlRefusedError):
        await world.fetcher.post(url, b"{}", {})


async def test_what_does_not_answer_may_be_asked_again(world: World) -> None:
    url = await world.nobody()
    with pytest.raises(FetchFailedError):
        await world.fetcher.get(url, most=9)
    with pytest.raises(FetchFailedError):
        await world.fetcher.post(url, b"{}", {})


async def test_many_may_ask_at_once(world: World) -> None:
    url = world.answer("/a", 200, b"a picture")
    replies = await asyncio.gather(*(world.fetcher.get(url, most=9) for _ in range(40)))
    assert {reply.content for reply in replies} == {b"a picture"}


async def test_a_redirect_is_no_place_to_send_a_body(world: World) -> None:
    url = world.answer("/hook", 307, b"")
    assert (await world.fetcher.post(url, b"{}", {})).status == 307
    assert len(world.received()) == 1
