"""Scripts are read over HTTP, and what is understood can be sent back as a project."""

import json

import httpx

from tests.api_client import SCRIPT, Execute, problem

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
