"""Creating and reading projects, and everything that can be wrong with one."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from api import reading
from tests.api_client import SCRIPT, Execute, Made, make_project, problem


async def test_a_project_comes_back_as_it_was_sent(client: httpx.AsyncClient) -> None:
    made = await make_project(client)
    assert made.body["title"] == "The Lighthouse"
    assert [scene["position"] for scene in made.body["scenes"]] == [1, 2]
    labels = [[shot["label"] for shot in scene["shots"]] for scene in made.body["scenes"]]
    assert labels == [["1A", "1B"], ["2A"]]
    assert made.body["scenes"][0]["shots"][1]["narration"] == "Up she goes."
    assert made.body["status"] == "pending"

    by_id = await client.get(f"/api/v1/projects/{made.id}")
    by_receipt = await client.get(f"/api/projects/{made.receipt.lower()}")
    assert by_id.json() == by_receipt.json() == made.body


async def test_given_labels_stay_and_usual_ones_go_around_them(client: httpx.AsyncClient) -> None:
    script = {"title": "Labels", "scenes": [{"shots": [{"label": "1B"}, {}, {"label": "insert"}, {}]}]}
    made = await make_project(client, script)
    assert [shot["label"] for shot in made.body["scenes"][0]["shots"]] == ["1B", "1C", "insert", "1D"]


async def test_a_project_may_be_empty(client: httpx.AsyncClient) -> None:
    made = await make_project(client, {"title": "Later"})
    assert made.body["scenes"] == []
    status = (await client.get(f"/api/v1/projects/{made.id}/render-status")).json()
    assert (status["current_step"], status["step_label"], status["scenes"]) == ("script", "script", [])


async def test_everything_wrong_is_said_at_once(client: httpx.AsyncClient, execute: Execute) -> None:
    script = {
        "title": " ",
        "colour": "red",
        "scenes": [
            {
                "title": "Dusk",
                "shots": [
                    {"label": "X", "duration_seconds": -1},
                    {"label": "x", "duration_seconds": "4", "start_frame_url": "file:///etc/passwd"},
                    {"duration": 4},
                ],
            },
            {"title": "N\x00", "shots": [{"video_prompt": "v" * 8_001}]},
        ],
    }
    body = problem(await client.post("/api/v1/projects", json=script), 422, "invalid_request")
    found = {entry["field"]: entry for entry in body["problems"]}
    assert set(found) == {
        "title",
        "colour",
        "scenes[0].shots[0].duration_seconds",
        "scenes[0].shots[1].duration_seconds",
        "scenes[0].shots[1].start_frame_url",
        "scenes[0].shots[1].label",
        "scenes[0].shots[2].duration",
        "scenes[1].title",
        "scenes[1].shots[0].video_prompt",
    }
    assert found["scenes[0].shots[0].duration_seconds"] == {
        "field": "scenes[0].shots[0].duration_seconds",
        "value": -1,
        "allowed": "should be greater than 0",
        "shot": "X",
    }
    assert found["scenes[0].shots[1].label"]["shot"] == "x"
    assert found["colour"]["allowed"] == "there is no such field; allowed: title, scenes"
    assert "duration_seconds" in found["scenes[0].shots[2].duration"]["allowed"]
    assert found["scenes[0].shots[2].duration"]["shot"] == "1C"
    assert len(found["scenes[1].shots[0].video_prompt"]["value"]) < 300
    assert await execute("SELECT count(*) FROM projects") == [(0,)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("duration_seconds", 0),
        ("duration_seconds", 601),
        ("duration_seconds", "4"),
        ("duration_seconds", True),
        ("label", ""),
        ("label", "L" * 21),
        ("label", 7),
        ("narration", ["a"]),
        ("image_prompt", "a\x00b"),
        ("start_frame_url", "ftp://example.com/a.png"),
        ("start_frame_url", "http://"),
        ("start_frame_url", "https://exa mple.com/a.png"),
        ("end_frame_url", "https://example.com:99999/a.png"),
        ("end_frame_url", "https://example.com/" + "a" * 2_048),
        ("start_frame_url", "https://me:secret@example.com/a.png"),
        ("start_frame_url", "data:image/png;base64,###"),
        ("start_frame_url", "data:,\x00"),
        ("end_frame_url", "gs://bucket"),
        ("end_frame_url", "/api/v1/jobs/1/content"),
        ("end_frame_url", "../../secret.png"),
    ],
)
async def test_an_impossible_value_of_a_shot_names_it(
    client: httpx.AsyncClient, execute: Execute, field: str, value: object
) -> None:
    script = {"title": "Film", "scenes": [{"shots": [{}, {field: value}]}]}
    body = problem(await client.post("/api/v1/projects", json=script), 422, "invalid_request")
    (entry,) = body["problems"]
    assert entry["field"] == f"scenes[0].shots[1].{field}"
    assert entry["allowed"]
    assert entry["shot"]
    assert await execute("SELECT count(*) FROM projects") == [(0,)]


@pytest.mark.parametrize(
    "frame",
    [
        "http://example.com/a.png?signature=1",
        "data:image/png;base64,AAAA",
        "gs://bucket/a.png",
        f"/api/v1/jobs/{UUID(int=1)}/content",
        f"{UUID(int=1)}/{UUID(int=2)}/{UUID(int=3)}.png",
    ],
)
async def test_a_frame_is_kept_as_it_was_given(client: httpx.AsyncClient, frame: str) -> None:
    script = {"title": "Film", "scenes": [{"shots": [{"start_frame_url": frame, "end_frame_url": frame}]}]}
    made = (await client.post("/api/v1/projects", json=script)).json()
    (shot,) = made["scenes"][0]["shots"]
    assert (shot["start_frame_url"], shot["end_frame_url"]) == (frame, frame)


@pytest.mark.parametrize(
    ("script", "field"),
    [
        ([], "body"),
        ("a film", "body"),
        ({}, "title"),
        ({"title": None}, "title"),
        ({"title": "t" * 201}, "title"),
        ({"title": "Film", "scenes": {}}, "scenes"),
        ({"title": "Film", "scenes": [None]}, "scenes[0]"),
        ({"title": "Film", "scenes": [{}] * 201}, "scenes"),
        ({"title": "Film", "scenes": [{"shots": [{}] * 201}]}, "scenes[0].shots"),
        ({"title": "Film", "scenes": [{"shots": "1A"}]}, "scenes[0].shots"),
        ({"title": "Film", "scenes": [{"shots": [None]}]}, "scenes[0].shots[0]"),
    ],
)
async def test_a_body_of_the_wrong_form_names_the_place(
    client: httpx.AsyncClient, script: object, field: str
) -> None:
    body = problem(await client.post("/api/v1/projects", json=script), 422, "invalid_request")
    assert [entry["field"] for entry in body["problems"]] == [field]


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b'{"title": NaN}',
        b'{"title": "\\ud800"}',
        b"\xff\xfe",
        b'{"title": "a"} trailing',
        b"[" * 100_000,
    ],
)
async def test_a_body_that_is_not_json_says_so(client: httpx.AsyncClient, content: bytes) -> None:
    headers = {"content-type": "application/json"}
    response = await client.post("/api/v1/projects", content=content, headers=headers)
    problem(response, 400, "malformed_json")


async def test_a_body_over_the_limit_is_refused(client: httpx.AsyncClient) -> None:
    content = json.dumps({"title": "a" * 5 * 1024 * 1024}).encode()
    headers = {"content-type": "application/json"}
    problem(await client.post("/api/v1/projects", content=content, headers=headers), 413, "body_too_large")


async def test_a_body_without_end_is_not_read_for_ever(client: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while True:
            sent += 65_536
            yield b" " * 65_536

    headers = {"content-type": "application/json"}
    problem(await client.post("/api/v1/projects", content=endless(), headers=headers), 413, "body_too_large")
    assert sent <= 13 * 1024 * 1024


async def test_a_body_that_does_not_arrive_is_given_up(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_PATIENCE", 0.05)

    async def stuck() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    headers = {"content-type": "application/json"}
    problem(await client.post("/api/v1/projects", content=stuck(), headers=headers), 408, "body_too_slow")


@pytest.mark.parametrize("reference", ["nonsense", "AF83-0B6", "123", "AF83_0B6D"])
async def test_a_malformed_reference_says_what_is_allowed(client: httpx.AsyncClient, reference: str) -> None:
    body = problem(await client.get(f"/api/v1/projects/{reference}"), 422, "invalid_request")
    (entry,) = body["problems"]
    assert (entry["field"], entry["value"]) == ("project_id", reference)
    assert "AF83-0B6D" in entry["allowed"]


async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient, project: Made) -> None:
    nobody = uuid4()
    for path in (
        f"/projects/{nobody}",
        "/projects/0000-0000",
        f"/projects/{nobody}/render-status",
        f"/projects/{project.id}/scenes/{nobody}/render-status",
        f"/jobs/{nobody}",
        f"/jobs/{nobody}/why",
        f"/jobs/{nobody}/content",
        "/nothing",
    ):
        problem(await client.get(f"/api/v1{path}"), 404, "not_found")


async def test_a_scene_of_another_project_is_not_found(client: httpx.AsyncClient, project: Made) -> None:
    other = await make_project(client)
    path = f"/api/v1/projects/{other.id}/scenes/{project.scene(0)}/render-status"
    problem(await client.get(path), 404, "not_found")


async def test_the_list_is_paged_newest_first_without_gaps(client: httpx.AsyncClient) -> None:
    made = [(await make_project(client, {**SCRIPT, "title": f"Film {n}"})).id for n in range(5)]
    seen: list[str] = []
    after: dict[str, Any] = {}
    for expected in (2, 2, 1):
        page = (await client.get("/api/v1/projects", params={"limit": "2", **after})).json()
        assert len(page["data"]) == expected
        seen += [project["id"] for project in page["data"]]
        after = {"after": page["next"]}
    assert after == {"after": None}
    assert seen == made[::-1]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
        ("after=nonsense", "after"),
        ("after=WyIyMDI2Il0", "after"),
        ("after=%00", "after"),
        ("page=2", "page"),
        ("limit=1&limit=2", "limit"),
    ],
)
async def test_a_wrong_query_names_the_parameter(client: httpx.AsyncClient, query: str, field: str) -> None:
    body = problem(await client.get(f"/api/v1/projects?{query}"), 422, "invalid_request")
    assert [entry["field"] for entry in body["problems"]] == [field]


async def test_a_parameter_where_none_is_taken_is_refused(client: httpx.AsyncClient, project: Made) -> None:
    body = problem(await client.get(f"/api/v1/projects/{project.id}?expand=1"), 422, "invalid_request")
    assert body["problems"][0]["field"] == "expand"


async def test_a_method_that_does_not_exist_names_those_that_do(client: httpx.AsyncClient) -> None:
    headers = {"content-type": "application/json"}
    response = await client.delete("/api/v1/projects", headers=headers)
    problem(response, 405, "method_not_allowed")
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


async def test_a_length_that_no_model_makes_is_refused_with_everything_else(
    client: httpx.AsyncClient, execute: Execute
) -> None:
    shots = [{"duration_seconds": 9}, {"duration_seconds": 5}, {"label": "", "duration_seconds": 300.5}]
    script = {"title": "Long", "colour": "red", "scenes": [{"shots": shots}]}
    body = problem(await client.post("/api/v1/projects", json=script), 422, "invalid_request")
    found = {entry["field"]: (entry["allowed"], entry["shot"]) for entry in body["problems"]}
    made = "mock-1 4 or 6 or 8 s, mock-2 4 or 6 or 8 s, short-1 1 to 5 s; the nearest is 8 s"
    # What one of the models makes is a matter of which one is ordered.
    assert found["scenes[0].shots[0].duration_seconds"] == (made, "1A")
    assert found["scenes[0].shots[2].duration_seconds"] == (made, "1C")
    assert "scenes[0].shots[1].duration_seconds" not in found
    assert "colour" in found
    assert await execute("SELECT count(*) FROM projects") == [(0,)]
