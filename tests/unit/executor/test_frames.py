"""From addresses to pictures, with everything outside scripted."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.errors import InvalidRequestError, MediaError, StorageError
from domain.fetching import FetchFailedError, Reply, UrlRefusedError
from domain.frames import LARGEST, Frame
from domain.ports import StoredResult
from domain.requests import GenerationRequest
from domain.statuses import JobKind, JobStatus
from executor.frames import FrameLaterError, FrameReader
from executor.work import Parking
from tests.fakes import ABLE, FakeBlobs, FakeFetcher, FakeMedia, FakeQueue
from tests.pictures import data_uri

BOTH = replace(ABLE, end_frame=True, frame_types=("image/png",), frame_addresses=("gs://b/",))
PROJECT, JOB = uuid4(), uuid4()
WEB = "https://example.org/a.png?sig=secret"
KEY = f"{PROJECT}/{uuid4()}/{JOB}.png"
PATH = f"/api/v1/jobs/{JOB}/content"


class Desk:
    def __init__(self, places: int = 4) -> None:
        self.queue, self.fetcher, self.blobs = FakeQueue(), FakeFetcher(), FakeBlobs()
        self.media, self.parking = FakeMedia(), Parking()
        self.reader = FrameReader(
            self.queue, self.fetcher, self.blobs, self.media, self.parking, asyncio.Semaphore(places)
        )

    async def read(self, **addresses: str) -> GenerationRequest:
        async with self.reader.given(asked(**addresses), BOTH) as request:
            return request

    async def refused(self, address: str) -> str:
        with pytest.raises(InvalidRequestError) as caught:
            await self.read(start_frame_url=address)
        return caught.value.message


def asked(**addresses: str) -> GenerationRequest:
    shot: dict[str, Any] = {"shot_label": "1A", **addresses}
    return GenerationRequest(uuid4(), PROJECT, None, None, JobKind.VIDEO, "fake-1", "p", 8.0, **shot)


async def test_nothing_is_touched_where_there_is_no_frame() -> None:
    desk = Desk(places=0)
    assert (await desk.read()).frames == {}


async def test_a_frame_from_the_web() -> None:
    desk = Desk()
    desk.fetcher.replies[WEB] = [Reply(200, b"a picture")]
    request = await desk.read(start_frame_url=WEB)
    assert request.start_frame == Frame.of(b"a picture", "image/png", 1280, 720)
    assert request.start_frame.content == b"a picture"
    assert request.start_frame_url == "https://example.org/a.png", "what is kept holds no secret"


async def test_a_frame_in_its_address() -> None:
    request = await Desk().read(start_frame_url=data_uri(b"one"), end_frame_url=data_uri(b"two"))
    assert [frame and frame.content for frame in request.frames.values()] == [b"one", b"two"]


async def test_a_frame_that_the_provider_reads() -> None:
    request = await Desk().read(start_frame_url="gs://b/a.jpg")
    assert request.start_frame == Frame("image/jpeg", address="gs://b/a.jpg")


async def test_a_frame_from_our_storage() -> None:
    desk = Desk()
    desk.blobs.objects[KEY] = b"stored"
    desk.queue.results[JOB, PROJECT] = StoredResult(JobStatus.COMPLETED, KEY)
    request = await desk.read(start_frame_url=KEY, end_frame_url=PATH)
    assert [frame and frame.content for frame in request.frames.values()] == [b"stored", b"stored"]
    assert desk.fetcher.fetched == []


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(404, b""), "HTTP 404"),
        (Reply(403, b""), "HTTP 403"),
        (UrlRefusedError("its host is not on the public internet"), "public internet"),
        (Reply(200, b"x" * (LARGEST + 1)), "more than"),
    ],
)
async def test_what_the_web_refuses_is_refused(reply: Reply | Exception, reason: str) -> None:
    desk = Desk()
    desk.fetcher.replies[WEB] = [reply]
    message = await desk.refused(WEB)
    assert message.startswith("1A: start_frame_url is 'https://example.org/a.png'; ")
    assert reason in message
    assert "secret" not in message


async def test_what_is_no_picture_is_refused() -> None:
    desk = Desk()
    desk.media.failures = [MediaError("this is not a PNG, JPEG or WebP picture")]
    assert "not a PNG" in await desk.refused(data_uri(b"GIF89a"))


@pytest.mark.parametrize("owner", [PROJECT, uuid4()])
async def test_pictures_of_other_projects_are_refused(owner: UUID) -> None:
    desk = Desk()
    other = uuid4()
    foreign = KEY.replace(str(PROJECT), str(other))
    desk.blobs.objects[foreign] = b"theirs"
    desk.queue.results[JOB, other] = StoredResult(JobStatus.COMPLETED, foreign)
    assert "another project" in await desk.refused(foreign)
    assert "no such job in this project" in await desk.refused(PATH)


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.CANCELLED])
async def test_a_job_without_a_picture_is_refused(status: JobStatus) -> None:
    desk = Desk()
    desk.queue.results[JOB, PROJECT] = StoredResult(status, None)
    assert f"is {status} and has no picture" in await desk.refused(PATH)


async def test_a_picture_that_is_gone_is_refused() -> None:
    desk = Desk()
    desk.queue.results[JOB, PROJECT] = StoredResult(JobStatus.COMPLETED, KEY)
    assert "no such picture" in await desk.refused(PATH)


@pytest.mark.parametrize(
    "reply",
    [Reply(500, b""), Reply(429, b""), Reply(408, b""), FetchFailedError("it takes too long to answer")],
)
async def test_a_passing_fault_is_told_from_a_refusal(reply: Reply | Exception) -> None:
    desk = Desk()
    desk.fetcher.replies[WEB] = [reply]
    with pytest.raises(FrameLaterError, match=r"start_frame_url 'https://example.org/a.png' cannot be read"):
        await desk.read(start_frame_url=WEB)


async def test_a_picture_in_the_making_is_waited_for() -> None:
    desk = Desk()
    desk.queue.results[JOB, PROJECT] = StoredResult(JobStatus.GENERATING, None)
    with pytest.raises(FrameLaterError, match="generating"):
        await desk.read(end_frame_url=PATH)


async def test_a_storage_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()

    async def away(_key: str) -> None:
        raise StorageError("away")

    monkeypatch.setattr(desk.blobs, "head", away)
    with pytest.raises(FrameLaterError, match="away"):
        await desk.read(start_frame_url=KEY)


async def test_few_hold_their_frames_at_once() -> None:
    desk = Desk(places=1)
    request = asked(start_frame_url=data_uri(b"one"))
    async with desk.reader.given(request, BOTH):
        second = asyncio.create_task(desk.read(start_frame_url=data_uri(b"two")))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not second.done()
    assert (await second).start_frame


async def test_a_place_is_free_again_after_a_refusal() -> None:
    desk = Desk(places=1)
    for _ in range(3):
        await desk.refused("https://nobody:knows@example.org/")
    assert not desk.reader.places.locked()


@pytest.mark.parametrize("where", ["waiting", "reading"])
async def test_a_draining_executor_waits_for_no_frame(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(places=0 if where == "waiting" else 1)
    begun = asyncio.Event()

    async def never(_url: str, *, most: int) -> Reply:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(desk.fetcher, "get", never)
    reading = asyncio.create_task(desk.read(start_frame_url=WEB))
    if where == "reading":
        await begun.wait()
    else:
        await asyncio.sleep(0)
    desk.parking.close()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert desk.reader.places.locked() is (where == "waiting")
