"""Whole executors that make films of stored clips, on a real database and a real folder."""

import asyncio
import hashlib
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import av
import pytest

from db.engine import Database
from storage.open import open_store
from storage.settings import StorageSettings
from tests.clips import make_clip
from tests.database import eventually
from tests.executing import executing
from tests.factories import attempt_rows, execute, insert_job, insert_shot, job_row, rows


@dataclass
class Footage:
    """A project whose clips are in storage."""

    database: Database
    home: Path
    project: UUID = field(default_factory=uuid4)
    scene: UUID = field(default_factory=uuid4)
    shots: list[UUID] = field(default_factory=list)

    async def add(self, *, scene: UUID | None = None, **clip: Any) -> Path:
        """Add a shot with its clip; give where the clip is."""
        scene = scene or self.scene
        label = f"1{chr(ord('A') + len(self.shots))}"
        shot = await insert_shot(self.database, self.project, scene, label)
        await execute(
            self.database, "UPDATE shots SET position = :n WHERE id = :id", n=len(self.shots), id=shot
        )
        self.shots.append(shot)
        return await self.take(shot, scene, **clip)

    async def take(self, shot: UUID | None, scene: UUID, **clip: Any) -> Path:
        """Store a new take of a shot."""
        job = uuid4()
        path = self.home / f"{job}.part"
        await asyncio.to_thread(make_clip, path, **{"shade": 100, "pix_fmt": "yuv420p", **clip})
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        key = f"{self.project}/{scene}/{job}.mp4"
        store = open_store(StorageSettings(rushes_home=self.home))
        await store.put(key, path, content_type="video/mp4", sha256=digest)
        await store.aclose()
        path.unlink()
        await execute(
            self.database,
            "INSERT INTO video_generation_jobs (id, project_id, scene_id, shot_id, status, finished_at, "
            "completed_at, storage_path, video_url, sha256, size_bytes, prompt, duration_seconds) VALUES "
            "(:id, :project, :scene, :shot, 'completed', now(), now(), :key, 'x', :digest, 1, 'x', 1)",
            id=job,
            project=self.project,
            scene=scene,
            shot=shot,
            key=key,
            digest=digest,
        )
        return self.home / "storage" / key

    async def order(self, *, scene: bool = True) -> UUID:
        return await insert_job(
            self.database,
            project_id=self.project,
            scene_id=self.scene if scene else None,
            kind="film",
            prompt="",
            duration_seconds=None,
        )


@pytest.fixture
def footage(database: Database, home: Path) -> Footage:
    home.mkdir(exist_ok=True)
    return Footage(database, home)


async def rests(database: Database, job: UUID) -> dict[str, Any]:
    async def rested() -> bool:
        return (await job_row(database, job))["status"] in {"completed", "failed", "cancelled"}

    await eventually(rested, 90)
    return await job_row(database, job)


def spooled(home: Path) -> list[str]:
    return [path.name for path in (home / "spool").iterdir()]


async def test_a_scene_becomes_a_film(
    database: Database, database_url: str, home: Path, footage: Footage
) -> None:
    for seconds in (1.0, 1.5, 1.0):
        await footage.add(seconds=seconds)

    async with executing(database_url, home):
        row = await rests(database, await footage.order())

    assert (row["status"], row["error_message"]) == ("completed", None)
    assert row["storage_path"] == f"{footage.project}/{footage.scene}/{row['id']}.mp4"
    film = home / "storage" / row["storage_path"]
    assert hashlib.sha256(film.read_bytes()).hexdigest() == row["sha256"]
    assert (row["actual_duration_seconds"], row["actual_cost"]) == (3.5, 0)
    assert [shot["shot_id"] for shot in row["film_shots"]] == [str(shot) for shot in footage.shots]
    assert [(shot["start"], shot["duration"]) for shot in row["film_shots"]] == [(0, 1), (1, 1.5), (2.5, 1)]
    assert (home / "storage" / row["poster_path"]).stat().st_size > 0
    with av.open(str(film)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 84
    (attempt,) = await attempt_rows(database, row["id"])
    assert (attempt["provider"], attempt["state"]) == ("stitch", "succeeded")
    clips = await rows(
        database, "SELECT id FROM video_generation_jobs WHERE kind = 'video' ORDER BY created_at"
    )
    frozen = ",".join(str(clip["id"]) for clip in clips)
    assert row["provider_job_id"] == hashlib.sha256(frozen.encode()).hexdigest()
    assert not spooled(home)


async def test_a_project_becomes_a_film_in_its_order(
    database: Database, database_url: str, home: Path, footage: Footage
) -> None:
    await footage.add(size=(96, 64))
    later = uuid4()
    await footage.add(scene=later, size=(96, 64))
    await execute(database, "UPDATE scenes SET position = 2 WHERE id = :id", id=later)
    await footage.take(None, footage.scene, size=(64, 96), seconds=2.0)
    await footage.take(footage.shots[0], footage.scene, size=(96, 64), seconds=0.5)

    async with executing(database_url, home):
        row = await rests(database, await footage.order(scene=False))

    assert row["error_message"] is None
    assert row["storage_path"] == f"{footage.project}/film/{row['id']}.mp4"
    shots = [(shot["shot_id"], shot["duration"]) for shot in row["film_shots"]]
    assert shots == [(str(footage.shots[0]), 0.5), (None, 2.0), (str(footage.shots[1]), 1.0)]


async def test_a_film_that_cannot_be_made_fails_alone_and_says_why(
    database: Database, database_url: str, home: Path, footage: Footage
) -> None:
    await footage.add()
    other = {name: Footage(database, home) for name in ("gone", "changed", "damaged", "missing", "empty")}
    for name in ("gone", "changed", "damaged", "missing"):
        await other[name].add()
    gone, changed, damaged = [await other[name].add() for name in ("gone", "changed", "damaged")]
    gone.unlink()
    changed.write_bytes(changed.read_bytes()[:-1] + b"?")
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[: len(whole) // 2])
    await execute(
        database,
        "UPDATE video_generation_jobs SET sha256 = :digest WHERE storage_path LIKE :key",
        digest=hashlib.sha256(damaged.read_bytes()).hexdigest(),
        key=f"%/{damaged.name}",
    )
    await insert_shot(database, other["missing"].project, other["missing"].scene, "1Z")

    async with executing(database_url, home):
        jobs = {name: await one.order() for name, one in other.items()}
        good = await footage.order()
        found = {name: await rests(database, job) for name, job in jobs.items()}
        assert (await rests(database, good))["status"] == "completed"

    said = {name: (row["status"], row["error_code"], row["error_message"]) for name, row in found.items()}
    assert said["gone"] == ("failed", "result_missing", "The clip of shot 1B is not in storage any more.")
    assert said["changed"][1] == "result_missing"
    assert "shot 1B in storage is not the one" in said["changed"][2]
    assert said["damaged"][1] == "clip_invalid"
    assert "shot 1B cannot be joined" in said["damaged"][2]
    assert said["missing"] == ("failed", "invalid_request", "These shots have no clip yet: 1Z.")
    assert said["empty"][1] == "invalid_request"
    assert not spooled(home)


async def test_each_executor_makes_one_film_at_a_time(
    database: Database, database_url: str, home: Path
) -> None:
    films = []
    for _ in range(6):
        footage = Footage(database, home)
        await footage.add()
        await footage.add(size=(96, 64))
        films.append(await footage.order())
    most: dict[UUID, int] = {}

    async def watch() -> None:
        query = (
            "SELECT claimed_by, count(*) AS n FROM video_generation_jobs WHERE in_hand GROUP BY claimed_by"
        )
        while True:
            for row in await rows(database, query):
                most[row["claimed_by"]] = max(most.get(row["claimed_by"], 0), row["n"])
            await asyncio.sleep(0)

    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(executing(database_url, home))
        watching = asyncio.create_task(watch())
        done = [await rests(database, job) for job in films]
        watching.cancel()

    assert {row["status"] for row in done} == {"completed"}
    assert {row["claim_count"] for row in done} == {1}
    assert set(most.values()) == {1}


async def test_a_film_cancelled_in_the_making_is_given_up(
    database: Database, database_url: str, home: Path, footage: Footage
) -> None:
    for size in ((1280, 720), (720, 1280), (960, 540)):
        await footage.add(size=size, seconds=4.0)

    async with executing(database_url, home):
        job = await footage.order()

        async def begun() -> bool:
            return bool((await job_row(database, job))["status"] == "generating")

        await eventually(begun, 60)
        await execute(
            database,
            "UPDATE video_generation_jobs SET status = 'cancelled', cancel_requested_at = now(), "
            "finished_at = now() WHERE id = :job",
            job=job,
        )

        async def let_go() -> bool:
            return not (await job_row(database, job))["in_hand"]

        await eventually(let_go, 60)

    assert (await job_row(database, job))["storage_path"] is None
    assert not spooled(home)
