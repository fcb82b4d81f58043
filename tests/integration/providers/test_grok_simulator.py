"""The simulated xAI by its wire: what the adapter does not ask for is held to the documents here."""

import base64
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.grok_server import KEY, Simulator, simulating

CLASSIC, LATEST, LITE = "grok-imagine-video", "grok-imagine-video-1.5", "grok-imagine-video-1.5-lite"
FRAME = {"url": "https://example.org/a.png"}


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with simulating(tmp_path_factory.mktemp("xai")) as served:
        yield served


@contextmanager
def calling(simulator: Simulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=simulator.base_url, headers={"authorization": f"Bearer {KEY}"}) as client:
        yield client


@pytest.fixture
def xai(simulator: Simulator) -> Iterator[httpx.Client]:
    with calling(simulator) as client:
        yield client


def submit(xai: httpx.Client, **body: Any) -> httpx.Response:
    return xai.post("/videos/generations", json={"model": LATEST, "prompt": "a fox", **body})


def made(xai: httpx.Client, **body: Any) -> dict[str, Any]:
    answer = submit(xai, **body)
    assert answer.status_code == 200, answer.text
    polled = xai.get(f"/videos/{answer.json()['request_id']}")
    assert polled.status_code == 200
    said: dict[str, Any] = polled.json()
    return said


def test_keys_are_asked_for(simulator: Simulator) -> None:
    without = httpx.post(f"{simulator.base_url}/videos/generations", json={})
    assert (without.status_code, without.json()["code"]) == (401, "unauthenticated:no-credentials")
    for path in ("files", "files/x/content", "videos/x", "api-key"):
        other = httpx.get(f"{simulator.base_url}/{path}", headers={"authorization": "Bearer xai-other"})
        assert other.status_code == 400, "a wrong key is 400, not 401"
        assert "Incorrect API key" in other.json()["error"]


def test_only_json_is_taken(xai: httpx.Client) -> None:
    assert xai.post("/videos/generations", data={"model": LATEST}).status_code == 415
    assert xai.post("/videos/generations", files={"image": b"x"}).status_code == 415
    json_type = {"content-type": "application/json"}
    assert xai.post("/videos/generations", content=b"{", headers=json_type).status_code == 422
    assert xai.post("/videos/generations", content=b"[]", headers=json_type).status_code == 422
    assert xai.get("/videos/generations/x").status_code == 404


@pytest.mark.parametrize("model", ["sora", "grok-imagine-image", None, 3])
def test_a_model_that_is_not_there_is_404(xai: httpx.Client, model: object) -> None:
    assert submit(xai, model=model).status_code == 404


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"prompt": ""}, "Prompt cannot be empty. Please provide a prompt."),
        ({"prompt": "x" * 4_097}, "too long"),
        ({"duration": 0}, "between 1 and 15"),
        ({"duration": 16}, "between 1 and 15"),
        ({"duration": 2.5}, "between 1 and 15"),
        ({"seconds": "soon"}, "between 1 and 15"),
        ({"aspect_ratio": "7:5"}, "aspect_ratio"),
        ({"resolution": "4k"}, "Resolution 4k"),
        ({"model": CLASSIC, "resolution": "1080p"}, "Resolution 1080p"),
        ({"model": CLASSIC, "last_frame": FRAME}, "last_frame"),
        ({"model": LITE, "last_frame": FRAME}, "last_frame"),
        ({"model": LITE, "keyframes": [{"image": FRAME, "timestamp_s": 1}]}, "last_frame and keyframes"),
        ({"last_frame": FRAME, "resolution": "1080p"}, "720p"),
        ({"model": CLASSIC, "image": FRAME, "reference_images": [FRAME]}, "cannot be combined"),
        ({"model": LITE, "reference_images": [FRAME]}, "cannot be combined"),
        ({"keyframes": [{"image": FRAME, "timestamp_s": 1}] * 5}, "At most 4"),
        ({"prompt": "[sim:nonsense]"}, "knows no fault 'nonsense'"),
    ],
)
def test_bad_requests_are_told_at_once(xai: httpx.Client, body: dict[str, Any], words: str) -> None:
    answer = submit(xai, **body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-argument")
    assert words in answer.json()["error"]


def test_bad_requests_may_also_be_told_late(tmp_path: Path) -> None:
    with simulating(tmp_path, late_validation=True) as simulator, calling(simulator) as xai:
        said = made(xai, duration=99)
        assert said["status"] == "failed"
        assert said["error"]["code"] == "invalid_argument"
        assert "between 1 and 15" in said["error"]["message"]
        assert submit(xai, model="sora").status_code == 404, "a missing model is always told at once"


@pytest.mark.parametrize(
    ("body", "dollars"),
    [
        ({}, "0.64"),  # left open: 480p and 8 s, and billed as such
        ({"duration": 1, "resolution": "1080p"}, "0.25"),
        ({"seconds": "2", "resolution": "720p", "generate_audio": False}, "0.28"),
        ({"duration": 1, "image": FRAME, "last_frame": FRAME}, "0.10"),
        ({"duration": 1, "reference_images": [FRAME] * 3}, "0.11"),
        ({"model": CLASSIC, "duration": 1, "image": FRAME}, "0.052"),
        ({"model": LITE, "duration": 10}, "0.20"),
        ({"model": f"{LATEST}-preview", "duration": 1}, "0.08"),
    ],
)
def test_the_bill(xai: httpx.Client, body: dict[str, Any], dollars: str) -> None:
    assert made(xai, **body)["usage"]["cost_in_usd_ticks"] == int(float(dollars) * 10_000) * 1_000_000


def test_a_result_is_fetched_from_another_host_until_it_expires(tmp_path: Path) -> None:
    with simulating(tmp_path, url_lifetime=60.0) as simulator, calling(simulator) as xai:
        video = made(xai, duration=1)["video"]
        assert video["url"].startswith(simulator.media_url)
        assert not simulator.base_url.startswith(simulator.media_url)
        whole = httpx.get(video["url"])
        assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
        simulator.advance(61)
        assert httpx.get(video["url"]).status_code == 403
        assert httpx.get(f"{simulator.media_url}/xai-vidgen-bucket/xai-video-1.mp4").status_code == 404


def test_files_are_listed_in_pages_newest_first(tmp_path: Path) -> None:
    with simulating(tmp_path) as simulator, calling(simulator) as xai:
        for number in range(5):
            made(xai, storage_options={"filename": f"{number}.mp4", "expires_after": 3_600}, duration=1)
            simulator.advance(10)
        made(xai, duration=1)
        made(xai, prompt="[sim:not_stored]", storage_options={"filename": "lost.mp4"}, duration=1)
        first = xai.get("/files", params={"limit": 3, "order": "desc", "sort_by": "created_at"}).json()
        rest = xai.get("/files", params={"limit": 3, "pagination_token": first["pagination_token"]}).json()
        assert [file["filename"] for file in first["data"]] == ["4.mp4", "3.mp4", "2.mp4"]
        assert [file["filename"] for file in rest["data"]] == ["1.mp4", "0.mp4"]
        assert rest["pagination_token"] is None
        wanted = first["data"][0]
        assert xai.get(f"/files/{wanted['id']}").json() == wanted
        content = xai.get(f"/files/{wanted['id']}/content").content
        assert content[4:8] == b"ftyp"
        assert xai.get(f"/files/{wanted['id']}").json()["bytes"] == len(content)
        simulator.advance(3_600)
        assert xai.get("/files").json()["data"] == []


@contextmanager
def bucket() -> Iterator[tuple[str, "queue.Queue[tuple[str, bytes]]"]]:
    """Take one PUT."""
    taken: queue.Queue[tuple[str, bytes]] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:  # http.server's name
            taken.put((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *_args: object) -> None:  # noqa: A002 # http.server's name
            """Keep quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", taken
        thread.join(20)


def test_a_result_is_put_where_the_request_says(xai: httpx.Client) -> None:
    refused = submit(xai, prompt="[sim:zero_retention] a fox", duration=1)
    assert "Zero Data Retention" in refused.json()["error"]
    with bucket() as (address, taken):
        output = {"upload_url": f"{address}/clip?signature=1"}
        said = made(xai, prompt="[sim:zero_retention] a fox", duration=1, output=output)
        path, content = taken.get(timeout=20)
    assert path == "/clip?signature=1"
    assert content[4:8] == b"ftyp"
    assert said["status"] == "done"
    assert "url" not in said["video"]


def test_requests_that_come_too_fast_are_refused_per_model(tmp_path: Path) -> None:
    with simulating(tmp_path, requests_per_second=0.5) as simulator, calling(simulator) as xai:
        assert [submit(xai, model=model).status_code for model in (LATEST, LATEST, LITE)] == [200, 429, 200]
        simulator.advance(2)
        assert submit(xai).status_code == 200


def test_edits_and_extensions_are_the_classic_models(xai: httpx.Client) -> None:
    body = {"model": CLASSIC, "prompt": "more", "video": {"url": "https://example.org/a.mp4"}}
    for path in ("edits", "extensions"):
        accepted = xai.post(f"/videos/{path}", json=body)
        said = xai.get(f"/videos/{accepted.json()['request_id']}").json()
        assert said["status"] == "done"
        assert said["usage"]["cost_in_usd_ticks"] > 0
        assert xai.post(f"/videos/{path}", json={**body, "model": LATEST}).status_code == 404
        assert xai.post(f"/videos/{path}", json={"model": CLASSIC, "prompt": "x"}).status_code == 400
    assert xai.post("/videos/extensions", json={**body, "duration": 11}).status_code == 400


def test_images_come_as_addresses_or_as_bytes(xai: httpx.Client) -> None:
    body = {"model": "grok-imagine-image-2.0", "prompt": "a fox", "n": 2, "aspect_ratio": "19.5:9"}
    said = xai.post("/images/generations", json=body).json()
    assert said["usage"]["cost_in_usd_ticks"] == 1_200_000_000
    assert len(said["data"]) == 2
    fetched = httpx.get(said["data"][0]["url"])
    assert (fetched.headers["content-type"], fetched.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    inline = xai.post("/images/generations", json={**body, "response_format": "b64_json", "quality": "low"})
    assert base64.b64decode(inline.json()["data"][0]["b64_json"])[:3] == b"\xff\xd8\xff"
    assert inline.json()["usage"]["cost_in_usd_ticks"] == 800_000_000
    for wrong in ({"n": 11}, {"n": "x"}, {"aspect_ratio": "5:4"}, {"resolution": "4k"}, {"prompt": " "}):
        assert xai.post("/images/generations", json={**body, **wrong}).status_code == 400


def test_the_books_outlive_the_simulator(tmp_path: Path) -> None:
    with simulating(tmp_path) as simulator, calling(simulator) as xai:
        accepted = submit(xai, duration=1).json()["request_id"]
    with simulating(tmp_path) as simulator, calling(simulator) as xai:
        assert xai.get(f"/videos/{accepted}").json()["status"] == "done"


def test_faults_for_everybody_can_be_set_while_it_runs(tmp_path: Path) -> None:
    with simulating(tmp_path, faults="rate_limited") as simulator, calling(simulator) as xai:
        assert submit(xai).status_code == 429
        address = simulator.base_url.removesuffix("/v1")
        for faults, status in (("failed=internal_error", 204), ("nonsense", 400)):
            answer = httpx.put(f"{address}/_simulator/faults", json={"faults": faults})
            assert answer.status_code == status
        assert made(xai)["error"]["code"] == "internal_error"
        (row,) = httpx.get(f"{address}/_simulator/submissions").json()["data"]
        assert (row["prompt"], row["cost_in_usd_ticks"]) == ("a fox", 0)
