"""Scripts are read over HTTP, and what is understood can be sent back as a project."""

import json

import httpx
import pytest

from domain.access import Scope
from tests.api_client import SCRIPT, Connect, Execute, MakeKey, problem

PLAIN = "Title: Night Shift\n\nINT. BAKERY - NIGHT\n\nBread leaves the oven. (6 s)\n\nSteam rises. (4 s)\n"


async def test_what_is_understood_makes_a_project(client: httpx.AsyncClient, execute: Execute) -> None:
    read = await client.post("/api/v1/scripts/read", json={"script": PLAIN})
    assert read.status_code == httpx.codes.OK
    assert read.json()["notes"] == []
    assert await execute("SELECT count(*) FROM projects") == [(0,)], "reading writes nothing"

    made = await client.post("/api/v1/projects", json=read.json()["project"])
    assert made.status_code == httpx.codes.CREATED
    (scene,) = made.json()["scenes"]
    assert [(shot["label"], shot["duration_seconds"]) for shot in scene["shots"]] == [
        ("1A", 6.0),
        ("1B", 4.0),
    ]


async def test_the_json_of_a_project_is_a_script(client: httpx.AsyncClient) -> None:
    read = await client.post("/api/v1/scripts/read", json={"script": json.dumps(SCRIPT)})
    assert read.json()["project"]["title"] == SCRIPT["title"]


async def test_what_no_project_can_have_is_listed_at_once(client: httpx.AsyncClient) -> None:
    script = f"Title: {'x' * 201}\n\n# One\n\nA: 1A. (4 s)\n\nAn hour of rain. (3600 s)\n"
    found = problem(
        await client.post("/api/v1/scripts/read", json={"script": script}), 422, "invalid_request"
    )
    assert {each["field"] for each in found["problems"]} == {"title", "scenes[0].shots[1].duration_seconds"}
    assert problem(await client.post("/api/v1/scripts/read", json={"script": "{"}), 400, "malformed_json")
    assert problem(await client.post("/api/v1/scripts/read", json={"script": ""}), 422, "invalid_request")


async def test_what_it_would_cost_is_what_its_order_would_cost(
    client: httpx.AsyncClient, execute: Execute
) -> None:
    read = await client.post("/api/v1/scripts/read", json={"script": PLAIN})
    told = read.json()["estimate"]
    assert told["quote"] == pytest.approx(1.08)
    assert told["counts"] == {"image": 2, "video": 2, "film": 2}
    for table in ("projects", "scenes", "shots", "video_generation_jobs", "job_events"):
        assert await execute(f"SELECT count(*) FROM {table}") == [(0,)], f"something is left in {table}"

    made = (await client.post("/api/v1/projects", json=read.json()["project"])).json()
    path = f"/api/v1/projects/{made['id']}/generate-scenes"
    assert (await client.post(path, json={"dry_run": True})).json() == told


async def test_what_the_model_cannot_make_is_told_before_there_is_a_project(
    client: httpx.AsyncClient,
) -> None:
    script = PLAIN.replace("(4 s)", "(5 s)")
    told = (await client.post("/api/v1/scripts/read", json={"script": script})).json()["estimate"]
    (problem_found,) = told["problems"]
    assert (problem_found["field"], problem_found["shot"]) == ("duration_seconds", "1B")
    assert told["quote"] == pytest.approx(0.68), "of what can be made"


async def test_a_key_that_may_create_nothing_is_told_no_price(
    client: httpx.AsyncClient, connect: Connect, make_key: MakeKey
) -> None:
    project = (await client.post("/api/v1/projects", json={"title": "Other", "scenes": []})).json()
    key = await make_key(Scope.RENDER, projects=[project["id"]])
    bound = connect(Authorization=f"Bearer {key}")
    read = await bound.post("/api/v1/scripts/read", json={"script": PLAIN})
    assert read.json()["project"]["title"] == "Night Shift"
    assert read.json()["estimate"] is None
