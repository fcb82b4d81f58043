"""Review over HTTP: what is asked and answered, what is refused, and what the feed tells of it."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from jsonschema import Draft202012Validator

from db.engine import Database
from db.queue import PostgresQueue
from tests.api_client import Execute, Made, problem
from tests.factories import card, complete_all

EVENTS = "SELECT type, data FROM job_events WHERE type LIKE 'review.%' OR type = 'scene.complete' ORDER BY id"
CONTINUITY = {"type": "visual_continuity", "description": "Her coat is red."}


@pytest.fixture
async def film(client: httpx.AsyncClient, project: Made, database: Database) -> Made:
    """Give a project whose clips are all there."""
    response = await client.post(f"/api/v1/projects/{project.id}/generate-scenes", json={})
    assert response.status_code == 202, response.text
    await complete_all(PostgresQueue(database), card().id)
    return project


async def file(client: httpx.AsyncClient, film: Made, **issue: Any) -> dict[str, Any]:
    response = await client.post(film.path(0, "issues"), json={**CONTINUITY, **issue})
    assert response.status_code == 201, response.text
    return dict(response.json())


async def scene_of(client: httpx.AsyncClient, film: Made) -> dict[str, Any]:
    scene = (await client.get(f"/api/v1/projects/{film.id}")).json()["scenes"][0]
    status = (await client.get(film.path(0, "render-status"))).json()
    assert status["review_ready"] == scene["review_ready"], "told the same everywhere"
    names = ("stage", "review_status", "review_ready", "open_issues")
    return {name: scene[name] for name in names}


async def test_a_scene_goes_back_comes_back_and_is_approved(
    client: httpx.AsyncClient, film: Made, execute: Execute
) -> None:
    ready = {"stage": 12, "review_status": "video_complete", "review_ready": True, "open_issues": 0}
    assert await scene_of(client, film) == ready
    issue = {**CONTINUITY, "shot_id": film.shot(0, 1), "at_seconds": 4.5}
    response = await client.post(film.path(0, "issues"), json={**issue, "preview": True})
    assert response.status_code == 200
    foreseen = response.json()
    assert await scene_of(client, film) == ready
    filed = await file(client, film, **issue)
    returned = {"stage": 8, "review_status": "returned", "review_ready": False, "open_issues": 1}
    own = {"scene_id": film.scene(0), **returned}
    assert {"scene": filed["scene"], "reopens": filed["reopens"]} == foreseen
    assert filed["scene"] == own
    # The films of the first order are still to be made; they take the new clip.
    assert filed["reopens"] == {
        "stage": 8,
        "kinds": ["image", "video"],
        "shots": [{"shot_id": film.shot(0, 1), "label": "1B"}],
        "quote": pytest.approx(0.64),
        "counts": {"image": 1, "video": 1, "film": 0},
        "problems": [],
    }
    assert {name: filed["issue"][name] for name in issue} == issue
    assert (filed["issue"]["stage"], filed["issue"]["status"]) == (8, "open")
    assert await scene_of(client, film) == returned
    shots = (await client.get(f"/api/v1/projects/{film.id}")).json()["scenes"][0]["shots"]
    assert [shot["stale"] for shot in shots] == [False, True]
    refused = problem(await client.post(film.path(0, "approve")), 409, "not_review_ready")
    assert [(one["field"], one["value"]) for one in refused["problems"]] == [("issues", filed["issue"]["id"])]
    resolve = film.path(0, f"issues/{filed['issue']['id']}/resolve")
    resolved = (await client.post(resolve)).json()
    assert (resolved["issue"]["status"], resolved["scene"]) == (
        "resolved",
        {"scene_id": film.scene(0), **ready},
    )
    assert (await client.post(resolve)).json() == resolved, "once more is the same"
    approved = await client.post(film.path(0, "approve"))
    assert approved.status_code == 200
    assert approved.json() == own | {"stage": 12, "review_status": "approved", "open_issues": 0}
    assert (await client.post(film.path(0, "approve"))).json() == approved.json()
    await _told_as_described(client, execute, filed["issue"])


async def _told_as_described(client: httpx.AsyncClient, execute: Execute, issue: dict[str, Any]) -> None:
    told = await execute(EVENTS)
    reviewed = [kind for kind, _ in told if kind.startswith("review.")]
    assert reviewed == ["review.returned", "review.ready", "review.resolved", "review.approved"]
    document = (await client.get("/openapi.json")).json()
    for kind, data in told:
        model = "SceneChange" if kind in {"scene.complete", "review.ready"} else "ReviewChange"
        schema = {**document["components"]["schemas"][model], "components": document["components"]}
        Draft202012Validator(schema).validate(data)
    returned = next(data for kind, data in told if kind == "review.returned")
    assert {**returned["issue"], "created_at": issue["created_at"]} == issue
    assert returned["shots"] == [issue["shot_id"]]


async def test_an_issue_under_a_key_is_filed_once(
    client: httpx.AsyncClient, film: Made, execute: Execute
) -> None:
    for _ in range(2):
        answer = await client.post(
            film.path(0, "issues"), json=CONTINUITY, headers={"Idempotency-Key": "a double click"}
        )
        assert answer.status_code == 201
    assert await execute("SELECT count(*) FROM review_issues") == [(1,)]


@pytest.mark.parametrize(
    ("change", "field", "allowed"),
    [
        ({"type": "colour"}, "type", "visual_continuity"),
        ({"type": None}, "type", "visual_continuity"),
        ({"description": "  "}, "description", "must not be empty"),
        ({"description": "x" * 2_001}, "description", "2000"),
        ({"at_seconds": -1}, "at_seconds", "greater than or equal to 0"),
        ({"at_seconds": 12.5}, "at_seconds", "0 to 12"),
        ({"shot_id": "1B"}, "shot_id", ""),
        ({"shot_id": str(uuid4())}, "shot_id", "1B"),
        ({"severity": "high"}, "severity", ""),
    ],
)
async def test_what_is_wrong_with_an_issue_is_said(
    client: httpx.AsyncClient, film: Made, execute: Execute, change: dict[str, Any], field: str, allowed: str
) -> None:
    asked = {**CONTINUITY, **change}
    body = problem(await client.post(film.path(0, "issues"), json=asked), 422, "invalid_request")
    (entry,) = body["problems"]
    assert entry["field"] == field
    assert allowed in entry["allowed"]
    assert await execute("SELECT count(*) FROM review_issues") == [(0,)]


async def test_issues_are_listed_by_page_and_status(client: httpx.AsyncClient, film: Made) -> None:
    filed = [(await file(client, film, description=f"{n}"))["issue"] for n in range(3)]
    await client.post(film.path(0, f"issues/{filed[0]['id']}/resolve"))
    issues = film.path(0, "issues")
    first = (await client.get(issues, params={"limit": 2})).json()
    second = (await client.get(issues, params={"limit": 2, "after": first["next"]})).json()
    assert [one["description"] for one in first["data"] + second["data"]] == ["2", "1", "0"]
    assert second["next"] is None
    open_ones = (await client.get(issues, params={"status": "open"})).json()
    assert [one["description"] for one in open_ones["data"]] == ["2", "1"]
    problem(await client.get(issues, params={"status": "closed"}), 422, "invalid_request")


async def test_nothing_of_another_scene_is_found(client: httpx.AsyncClient, film: Made) -> None:
    issue = (await file(client, film))["issue"]["id"]
    problem(await client.post(film.path(1, f"issues/{issue}/resolve")), 404, "not_found")
    nowhere = f"/api/v1/projects/{film.id}/scenes/{uuid4()}"
    for call in (
        client.post(f"{nowhere}/issues", json=CONTINUITY),
        client.get(f"{nowhere}/issues"),
        client.post(f"{nowhere}/approve"),
    ):
        problem(await call, 404, "not_found")


async def test_what_was_sent_back_is_marked_on_its_job(client: httpx.AsyncClient, film: Made) -> None:
    await file(client, film, type="dialogue_audio")
    listed = (await client.get("/api/v1/jobs", params={"scene_id": film.scene(0)})).json()["data"]
    marked = {job["kind"] for job in listed if job["returned_at"] is not None}
    assert marked == {"video"}
    assert {job["stale"] for job in listed if job["kind"] == "video"} == {True}
    assert all(UUID(job["shot_id"]) for job in listed if job["returned_at"])
