"""The real application on a real database and a real folder; every answer is held against openapi.json."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import insert, text
from starlette.applications import Starlette

from api.app import create_app
from api.main import make_parts
from api.parts import Parts
from api.schemas.changes import change_of
from api.settings import ApiSettings
from db import tables
from db.engine import Database
from domain.access import Scope
from domain.capabilities import Seconds
from domain.events import EventType
from domain.ports import Lane
from domain.statuses import FINAL, IN_HAND, AttemptState, JobKind, JobStatus
from services import keys
from services.catalogue import Catalogue, Offer
from storage.folder import FolderStore
from storage.signed_urls import SignedUrls
from tests.api_client import (
    ABLE,
    BASE,
    DRAWS,
    AddAttempt,
    AddExecutor,
    AddJob,
    Connect,
    Documented,
    Execute,
    Made,
    MakeKey,
    lane_json,
    make_project,
)


@pytest.fixture
def settings() -> ApiSettings:
    return ApiSettings(api_rate_per_second=10_000)


@pytest.fixture
def catalogue() -> Catalogue:
    short = replace(ABLE, durations=Seconds(1.0, 5.0), start_frame=False)
    return Catalogue(
        [
            Offer(JobKind.VIDEO, "mock", {"mock-1": ABLE, "mock-2": ABLE}, is_default=True),
            Offer(JobKind.VIDEO, "short", {"short-1": short}),
            Offer(JobKind.IMAGE, "mock", {"mock-image": DRAWS}, is_default=True),
        ]
    )


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[FolderStore]:
    made = FolderStore(tmp_path / "storage", SignedUrls(b"s" * 32), configured="file:")
    await made.prepare()
    yield made
    await made.aclose()


@pytest.fixture
async def database(database: Database) -> AsyncIterator[Database]:
    """Hold whatever events a test made against what openapi.json says of their type."""
    yield database
    own = text("SELECT DISTINCT type, data FROM job_events WHERE type = ANY (:types)")
    async with database.transaction() as connection:
        for event in await connection.execute(own, {"types": [*EventType]}):
            change_of(EventType(event.type)).model_validate(event.data)


@pytest.fixture
def parts(database: Database, store: FolderStore, catalogue: Catalogue) -> Parts:
    return make_parts(database, store, catalogue)


@pytest.fixture
def app(parts: Parts, settings: ApiSettings) -> Starlette:
    return create_app(parts, settings)


@pytest.fixture
async def connect(app: Starlette) -> AsyncIterator[Connect]:
    """Give clients: of which address, and with which headers."""
    opened: list[httpx.AsyncClient] = []

    def make(*, address: str = "127.0.0.1", **headers: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app, client=(address, 50_000))
        client = httpx.AsyncClient(
            transport=transport,
            base_url=BASE,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            event_hooks={"response": [documented.check]},
        )
        opened.append(client)
        return client

    documented = Documented(app)
    yield make
    for client in opened:
        await client.aclose()


@pytest.fixture
def client(connect: Connect) -> httpx.AsyncClient:
    """Give a client on this machine, without a key."""
    return connect()


@pytest.fixture
async def project(client: httpx.AsyncClient) -> Made:
    return await make_project(client)


@pytest.fixture
def add_job(database: Database, project: Made) -> AddJob:
    """Give a function that writes a job into the project's first scene as an executor would have left it."""

    async def add(status: JobStatus, **columns: Any) -> UUID:
        job = uuid4()
        values: dict[str, Any] = {
            "id": job,
            "project_id": UUID(project.id),
            "scene_id": UUID(project.scene(0)),
            "status": status,
            "prompt": "a door opens",
            "duration_seconds": 4.0,
            "in_hand": status in IN_HAND,
        }
        if status in IN_HAND or status is JobStatus.COMPLETED:
            values |= {"provider": "mock", "model": "mock-1", "provider_job_id": "p-1"}
        if status in FINAL:
            values["finished_at"] = text("now()")
        if status is JobStatus.FAILED:
            values |= {"error_code": "provider_failed", "error_message": "It broke."}
        if status is JobStatus.COMPLETED:
            values |= {
                "storage_path": f"{project.id}/{project.scene(0)}/{job}.mp4",
                "video_url": f"/api/v1/jobs/{job}/content",
                "sha256": "0" * 64,
                "size_bytes": 1,
                "completed_at": text("now()"),
                "progress": 100,
            }
        async with database.transaction() as connection:
            await connection.execute(insert(tables.jobs).values({**values, **columns}))
        return job

    return add


@pytest.fixture
def add_attempt(database: Database) -> AddAttempt:
    """Give a function that writes an attempt of a job."""

    async def add(job: UUID, **columns: Any) -> None:
        values = {
            "id": uuid4(),
            "job_id": job,
            "number": 1,
            "provider": "mock",
            "model": "mock-1",
            "state": AttemptState.SUCCEEDED,
            "request": {"prompt": "a door opens"},
            "landing": "l-1",
            "provider_job_id": "p-1",
            "handle": {"secret": "inside"},
            "result": {"url": "https://provider.example/clip"},
            "estimated_cost": "0.4",
        }
        async with database.transaction() as connection:
            await connection.execute(insert(tables.attempts).values({**values, **columns}))

    return add


@pytest.fixture
def execute(database: Database) -> Execute:
    """Give a function that runs one statement and gives its rows."""

    async def run(statement: str, **values: Any) -> list[Any]:
        async with database.transaction() as connection:
            found = await connection.execute(text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []

    return run


@pytest.fixture
def add_executor(database: Database) -> AddExecutor:
    """Give a function that writes an executor's row."""

    async def add(*lanes: Lane, silent_for: int = 0) -> UUID:
        executor = uuid4()
        values = {
            "id": executor,
            "name": "test",
            "host": "here",
            "pid": 1,
            "settings": {"lanes": [lane_json(lane) for lane in lanes]},
            "heartbeat_at": text(f"now() - interval '{silent_for} seconds'"),
        }
        async with database.transaction() as connection:
            await connection.execute(insert(tables.executors).values(values))
        return executor

    return add


@pytest.fixture
def make_key(parts: Parts) -> MakeKey:
    """Give a function that makes a key and gives its secret."""

    async def make(*scopes: Scope, projects: list[str] | None = None) -> str:
        ids = None if projects is None else [UUID(project) for project in projects]
        async with parts.records.transaction() as tx:
            secret, _ = await keys.create(tx, name="test", scopes=scopes, project_ids=ids)
        return secret

    return make
