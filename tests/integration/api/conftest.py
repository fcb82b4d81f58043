"""The real application on a real database and a real folder; every answer is held against openapi.json."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import insert, text
from starlette.applications import Starlette

from api.app import create_app
from api.main import make_parts
from api.parts import Parts
from api.settings import ApiSettings
from db import tables
from db.engine import Database
from domain.access import Scope
from domain.capabilities import Capability, Seconds
from domain.ports import Lane
from domain.statuses import FINAL, IN_HAND, JobKind, JobStatus
from services import keys
from services.catalogue import Catalogue, Offer
from storage.folder import FolderStore
from storage.signed_urls import SignedUrls

BASE = "http://127.0.0.1:8000"
ABLE = Capability(
    JobKind.VIDEO,
    Seconds(only=(4.0, 6.0, 8.0)),
    ("16:9",),
    {"720p": Decimal("0.10")},
    start_frame=True,
    longest_prompt=200,
)
LANE = Lane(kind=JobKind.VIDEO, provider="mock", model="mock-1", limit=2, is_default=True)
SCRIPT: dict[str, Any] = {
    "title": "The Lighthouse",
    "scenes": [
        {
            "title": "Dusk",
            "shots": [
                {"video_prompt": "The lamp turns on", "duration_seconds": 4},
                {"image_prompt": "A stair", "narration": "Up she goes.", "duration_seconds": 6},
            ],
        },
        {"title": "Night", "shots": [{"video_prompt": "Waves", "duration_seconds": 8}]},
    ],
}

Connect = Callable[..., httpx.AsyncClient]
AddJob = Callable[..., Awaitable[UUID]]


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
        ]
    )


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[FolderStore]:
    made = FolderStore(tmp_path / "storage", SignedUrls(b"s" * 32), configured="file:")
    await made.prepare()
    yield made
    await made.aclose()


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


class Documented:
    """Holds answers against the application's own description."""

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self._document: dict[str, Any] | None = None

    async def check(self, response: httpx.Response) -> None:
        """Fail unless this answer is one that the description has."""
        await response.aread()
        document = await self._described()
        operation = operation_of(document, response.request.method, response.request.url.path)
        if operation is None:
            assert response.status_code in {404, 405, 400, 403, 415}, response.text
            return
        answers = operation["responses"]
        answer = answers.get(str(response.status_code)) or answers["default"]
        if str(response.status_code) not in answers:
            assert response.status_code >= 400, (
                f"{response.request.url} is not documented to answer {response}"
            )
        content_type = response.headers.get("content-type", "").partition(";")[0]
        if "json" in content_type and content_type in answer.get("content", {}):
            schema = answer["content"][content_type].get("schema", {})
            whole = {**schema, "components": document["components"]}
            Draft202012Validator(whole).validate(response.json())
        elif "content" in answer and response.content:
            assert content_type in answer["content"] or "application/octet-stream" in answer["content"]

    async def _described(self) -> dict[str, Any]:
        if self._document is None:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url=BASE) as plain:
                self._document = (await plain.get("/openapi.json")).json()
        return self._document


def operation_of(document: Mapping[str, Any], method: str, path: str) -> Any:
    """Find the operation that a request is for; ``/api`` is another name for ``/api/v1``."""
    if path.startswith("/api/") and not path.startswith("/api/v1/"):
        path = path.replace("/api/", "/api/v1/", 1)
    for template, methods in document["paths"].items():
        pattern = re.sub(r"\\\{key\\\}", ".+", re.escape(template))
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", pattern)
        if re.fullmatch(pattern, path):
            return methods.get({"HEAD": "get"}.get(method, method.lower()))
    return None


@dataclass(frozen=True)
class Made:
    """A project made through the API."""

    id: str
    receipt: str
    body: dict[str, Any]

    def scene(self, number: int) -> str:
        return str(self.body["scenes"][number]["id"])

    def shot(self, scene: int, number: int) -> str:
        return str(self.body["scenes"][scene]["shots"][number]["id"])

    def path(self, scene: int, rest: str = "render") -> str:
        return f"/api/v1/projects/{self.id}/scenes/{self.scene(scene)}/{rest}"


@pytest.fixture
async def project(client: httpx.AsyncClient) -> Made:
    return await make_project(client)


async def make_project(client: httpx.AsyncClient, script: Mapping[str, Any] = SCRIPT) -> Made:
    response = await client.post("/api/v1/projects", json=script)
    assert response.status_code == 201, response.text
    body = response.json()
    return Made(body["id"], body["receipt"], body)


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
def execute(database: Database) -> Callable[..., Awaitable[list[Any]]]:
    """Give a function that runs one statement and gives its rows."""

    async def run(statement: str, **values: Any) -> list[Any]:
        async with database.transaction() as connection:
            found = await connection.execute(text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []

    return run


@pytest.fixture
def add_executor(database: Database) -> Callable[..., Awaitable[UUID]]:
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


def lane_json(lane: Lane) -> dict[str, Any]:
    """Give a lane as executors write it into their row."""
    return {
        "kind": lane.kind,
        "provider": lane.provider,
        "model": lane.model,
        "limit": lane.limit,
        "is_default": lane.is_default,
    }


MakeKey = Callable[..., Awaitable[str]]


@pytest.fixture
def make_key(parts: Parts) -> MakeKey:
    """Give a function that makes a key and gives its secret."""

    async def make(*scopes: Scope, projects: list[str] | None = None) -> str:
        ids = None if projects is None else [UUID(project) for project in projects]
        async with parts.records.transaction() as tx:
            secret, _ = await keys.create(tx, name="test", scopes=scopes, project_ids=ids)
        return secret

    return make


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Assert that an answer is this problem, and give it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = json.loads(response.content)
    assert isinstance(body, dict)
    assert (body["code"], body["status"]) == (code, status), body
    return body
