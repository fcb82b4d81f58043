"""Whole executors that start clips from pictures: of image jobs, of storage, of the web."""

import base64
import hashlib
import io
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from db.engine import Database
from domain.statuses import JobKind
from providers.mock.adapter import MockProvider
from providers.mock.ledger import Ledger
from providers.mock.settings import MockSettings
from tests.database import eventually
from tests.executing import executing, rests
from tests.factories import attempt_rows, insert_job, job_row
from tests.grok_server import simulating
from tests.hostile_server import Server, endless, hostile_server, redirecting, replying
from tests.pictures import a_picture, data_uri
from tests.vertex import LITE, simulated

Pixels = NDArray[np.int16]


class World:
    """One provider of clips with its pictures, and what it was sent."""

    def __init__(self, home: Path, made: tuple[Any, ...], seconds: float, model: str | None = None) -> None:
        self.home, self.made, self.seconds, self.model = home, made, seconds, model

    def running(self, database_url: str, **options: Any) -> AbstractAsyncContextManager[None]:
        models = {JobKind.VIDEO: self.model} if self.model else {}
        return executing(database_url, self.home, *self.made, models=models, **options)

    def sent(self) -> list[bytes]:
        """Give the start frames that were sent, in order."""
        raise NotImplementedError

    def submits(self) -> int:
        """Count the clips that were asked for."""
        return len(self.sent())

    async def clip(self, database: Database, **columns: Any) -> UUID:
        return await insert_job(
            database, **{"duration_seconds": self.seconds, "resolution": "720p", "prompt": "a fox", **columns}
        )

    def stored(self, row: dict[str, Any]) -> bytes:
        return Path(self.home, "storage", row["storage_path"]).read_bytes()


class Mock(World):
    def __init__(self, home: Path) -> None:
        settings = MockSettings(mock_delay_seconds="0", rushes_home=home)
        made = tuple(MockProvider(settings, kind) for kind in (JobKind.VIDEO, JobKind.IMAGE))
        super().__init__(home, made, 1.0)

    def sent(self) -> list[bytes]:
        ledger = Ledger(self.home / "mock" / "ledger.sqlite3")
        try:
            requests = [ledger.with_frames(row).request for row in ledger.accepted()]
        finally:
            ledger.close()
        return [request.start_frame.content for request in requests if request.start_frame]


@pytest.fixture(params=["mock", "grok", "veo3"])
def world(request: pytest.FixtureRequest, home: Path, tmp_path: Path) -> Iterator[World]:
    if request.param == "mock":
        yield Mock(home)
    elif request.param == "grok":
        yield from _grok(home, tmp_path)
    else:
        yield from _veo(home, tmp_path)


def _grok(home: Path, folder: Path) -> Iterator[World]:
    with simulating(folder) as simulator:

        class Grok(World):
            def sent(self) -> list[bytes]:
                with simulator.books() as ledger:
                    urls = [row.body["image"]["url"] for row in ledger.all() if row.body.get("image")]
                return [base64.b64decode(url.partition(",")[2]) for url in urls]

        yield Grok(home, (simulator.videos(), simulator.images()), 1.0)


def _veo(home: Path, folder: Path) -> Iterator[World]:
    with simulated(folder) as simulator:

        class Veo(World):
            def sent(self) -> list[bytes]:
                bodies = [
                    s.body["instances"][0]
                    for s in simulator.simulator.ledger.accepted
                    if "instances" in s.body
                ]
                return [base64.b64decode(b["image"]["bytesBase64Encoded"]) for b in bodies if b.get("image")]

        yield Veo(home, (simulator.veo(), simulator.gemini()), 4.0, LITE)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with hostile_server() as served:
        yield served


def first_picture(clip: bytes) -> Pixels:
    with av.open(io.BytesIO(clip), "r") as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24").astype(np.int16)


def fitted(picture: bytes, clip: Pixels) -> Pixels:
    with Image.open(io.BytesIO(picture)) as image:
        return np.asarray(image.convert("RGB").resize((clip.shape[1], clip.shape[0]))).astype(np.int16)


@pytest.mark.parametrize("by", ["path", "key"])
async def test_the_picture_of_an_image_job_starts_a_clip(
    world: World, database: Database, database_url: str, by: str
) -> None:
    project, scene = uuid4(), uuid4()
    async with world.running(database_url):
        image = await insert_job(
            database,
            kind="image",
            duration_seconds=None,
            project_id=project,
            scene_id=scene,
            prompt="a red fox",
        )
        made = await rests(database, image)
        address = made["video_url"] if by == "path" else made["storage_path"]
        row = await rests(
            database, await world.clip(database, project_id=project, scene_id=scene, start_frame_url=address)
        )

    assert (made["status"], row["status"], row["error_message"]) == ("completed", "completed", None)
    picture = world.stored(made)
    assert world.sent() == [picture], "byte for byte what is stored"
    (attempt,) = await attempt_rows(database, row["id"])
    assert (
        attempt["request"]["start_frame"]["sha256"] == made["sha256"] == hashlib.sha256(picture).hexdigest()
    )
    start = first_picture(world.stored(row))
    assert np.abs(start - fitted(picture, start)).mean() < 12, "and the clip begins with it"


async def test_a_frame_of_the_web_is_fetched_converted_and_kept_as_its_digest(
    world: World, server: Server, database: Database, database_url: str
) -> None:
    server.answers["/moved?sig=secret"] = redirecting("/a.webp")
    server.answers["/a.webp"] = replying(a_picture("WEBP", (640, 360)), content_type="text/html")
    async with world.running(database_url, private_hosts=f"127.0.0.1:{server.port}"):
        job = await world.clip(database, start_frame_url=server.url("/moved?sig=secret"))
        row = await rests(database, job)

    assert (row["status"], row["error_message"]) == ("completed", None)
    assert len(server.requests) == 2
    (sent,) = world.sent()
    kind = "PNG" if world.made[0].name == "veo3" else "WEBP"
    with Image.open(io.BytesIO(sent)) as image:
        assert (image.format, image.size) == (kind, (640, 360))
    (attempt,) = await attempt_rows(database, job)
    assert attempt["request"]["start_frame_url"] == server.url("/moved")
    assert attempt["request"]["start_frame"]["sha256"] == hashlib.sha256(sent).hexdigest()


async def test_a_bad_frame_fails_alone_and_costs_nothing(
    world: World, server: Server, database: Database, database_url: str
) -> None:
    server.answers["/inwards"] = redirecting("http://169.254.169.254/latest/meta-data/")
    server.answers["/endless"] = endless
    server.answers["/page"] = replying(b"<html>" * 100, content_type="image/png")
    bad = {
        f"http://localhost:{server.port}/page": "not on the public internet",
        server.url("/inwards"): "not on the public internet",
        server.url("/endless"): "more than 21 MB",
        server.url("/page"): "not a PNG, JPEG or WebP",
        server.url("/nothing"): "HTTP 404",
        data_uri(b"GIF89a"): "not a PNG, JPEG or WebP",
        f"/api/v1/jobs/{uuid4()}/content": "no such job in this project",
        f"{uuid4()}/{uuid4()}/{uuid4()}.png": "another project",
        "/etc/passwd": "allowed: an http or https URL",
    }
    async with world.running(database_url, private_hosts=f"127.0.0.1:{server.port}"):
        jobs = {await world.clip(database, start_frame_url=url): reason for url, reason in bad.items()}
        good = await world.clip(database, start_frame_url=data_uri(a_picture()))
        rows = [await rests(database, job) for job in (*jobs, good)]

    for row, reason in zip(rows, jobs.values(), strict=False):
        assert (row["status"], row["error_code"]) == ("failed", "invalid_request"), row["error_message"]
        assert reason in row["error_message"]
        assert "start_frame_url is " in row["error_message"]
        assert row["attempt_count"] == 0
        assert await attempt_rows(database, row["id"]) == []
    assert rows[-1]["status"] == "completed"
    assert world.submits() == 1
    assert not any(b"localhost" in request for request in server.requests)


async def test_a_fault_of_the_network_is_no_generation(
    home: Path, server: Server, database: Database, database_url: str
) -> None:
    world = Mock(home)
    server.answers["/a.png"] = replying(b"", "503 Service Unavailable")

    async def said_why() -> bool:
        return (await job_row(database, job))["error_code"] is not None

    async with world.running(database_url, private_hosts=f"127.0.0.1:{server.port}"):
        job = await world.clip(database, start_frame_url=server.url("/a.png"), max_retries=0)
        await eventually(said_why, 30)
        waiting = await job_row(database, job)
        server.answers["/a.png"] = replying(a_picture())
        row = await rests(database, job)

    assert (waiting["status"], waiting["error_code"]) == ("queued", "download_failed")
    assert "HTTP 503" in waiting["error_message"]
    assert (row["status"], row["error_code"], row["attempt_count"]) == ("completed", None, 1)
    assert len(await attempt_rows(database, job)) == 1
    assert world.sent() == [a_picture()]


async def test_a_picture_in_the_making_is_waited_for(
    home: Path, database: Database, database_url: str
) -> None:
    world, project = Mock(home), uuid4()
    async with world.running(database_url):
        image = await insert_job(
            database, kind="image", duration_seconds=None, project_id=project, prompt="a fox [mock:delay=1]"
        )
        clip = await world.clip(database, project_id=project, start_frame_url=f"/api/v1/jobs/{image}/content")
        row, made = await rests(database, clip), await job_row(database, image)

    assert row["status"] == made["status"] == "completed"
    assert world.sent() == [world.stored(made)]
