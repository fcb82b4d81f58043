"""What the tests of the API talk to it with, and hold its answers against."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
from jsonschema import Draft202012Validator
from starlette.applications import Starlette

from domain.capabilities import Capability, Seconds
from domain.ports import Lane
from domain.statuses import JobKind

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
DRAWS = Capability(
    JobKind.IMAGE,
    Seconds(),
    ("16:9",),
    price_per_image=Decimal("0.04"),
    longest_prompt=200,
)
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


MakeKey = Callable[..., Awaitable[str]]
AddAttempt = Callable[..., Awaitable[None]]
AddExecutor = Callable[..., Awaitable[UUID]]
Execute = Callable[..., Awaitable[list[Any]]]


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


async def make_project(client: httpx.AsyncClient, script: Mapping[str, Any] = SCRIPT) -> Made:
    response = await client.post("/api/v1/projects", json=script)
    assert response.status_code == 201, response.text
    body = response.json()
    return Made(body["id"], body["receipt"], body)


def lane_json(lane: Lane) -> dict[str, Any]:
    """Give a lane as executors write it into their row."""
    return asdict(lane)


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Assert that an answer is this problem, and give it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = json.loads(response.content)
    assert isinstance(body, dict)
    assert (body["code"], body["status"]) == (code, status), body
    return body
