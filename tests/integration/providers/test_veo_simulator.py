"""The simulated Vertex AI where no client of ours or Google's looks: its refusals and its pace."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.auth import jwt
from google.auth.crypt import RSASigner

from providers.simulators.veo.script import Script
from providers.simulators.veo.tokens import EMAIL
from tests.vertex import LITE, World, simulated

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
MODEL = f"projects/p/locations/us-central1/publishers/google/models/{LITE}"


class Clock:
    """Seconds, moved by the test."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(tmp_path: Path, clock: Clock) -> Iterator[World]:
    with simulated(tmp_path, clock=clock, delay_seconds=10.0, token_seconds=60.0) as world:
        yield world


@pytest.fixture
def client(world: World) -> Iterator[httpx.Client]:
    token = world.simulator.tokens.issue()
    with httpx.Client(base_url=world.url, headers={"authorization": f"Bearer {token}"}) as client:
        yield client


def body(prompt: str = "a", **parameters: Any) -> dict[str, Any]:
    return {"instances": [{"prompt": prompt}], "parameters": parameters}


def submit(client: httpx.Client, given: Any) -> httpx.Response:
    return client.post(f"/v1/{MODEL}:predictLongRunning", json=given)


def poll(client: httpx.Client, name: str, version: str = "v1") -> httpx.Response:
    return client.post(f"/{version}/{MODEL}:fetchPredictOperation", json={"operationName": name})


def done(client: httpx.Client, clock: Clock, name: str) -> Any:
    clock.now += 10
    while not (answer := poll(client, name).json()).get("done"):
        pass
    return answer


def test_pending_answers_take_turns(client: httpx.Client) -> None:
    name = submit(client, body()).json()["name"]

    answers = [poll(client, name, version).json() for version in ("v1", "v1beta1", "v1")]

    assert answers == [{"name": name}, {"name": name, "done": False}, {"name": name}]


def test_operations_have_no_address(client: httpx.Client) -> None:
    name = submit(client, body()).json()["name"]

    assert client.get(f"/v1/{name}").status_code == 404
    assert client.post(f"/v1/{name}:cancel").status_code == 404
    assert poll(client, f"{name}0").json()["error"]["status"] == "NOT_FOUND"
    assert client.post(f"/v1/{MODEL}:predict", json={}).status_code == 404


@pytest.mark.parametrize(
    "given",
    [
        None,
        {},
        {"instances": []},
        {"instances": [{}, {}]},
        {"instances": [{"prompt": ""}]},
        body(durationSeconds="8"),
        body(durationSeconds=True),
        body(aspectRatio="1:1"),
        body(resolution="480p"),
        body(sampleCount=5),
        body(seed=-1),
        body(storageUri="s3://b/x"),
        body(gcsOutputDirectory="gs://b/x"),
        {**body(), "labels": {"Job": "x"}},
        {**body(), "surprise": 1},
        {"instances": [{"prompt": "a", "lastFrame": {"gcsUri": "gs://b/a.png", "mimeType": "image/png"}}]},
        {"instances": [{"prompt": "a", "image": {"gcsUri": "gs://b/a.webp", "mimeType": "image/webp"}}]},
        {"instances": [{"image": {"bytesBase64Encoded": "###", "mimeType": "image/png"}}]},
        {"instances": [{"image": {"bytesBase64Encoded": "QUJD", "mimeType": "image/png"}}]},
        {"instances": [{"image": {"mimeType": "image/png"}}]},
    ],
)
def test_what_is_refused_at_once(world: World, client: httpx.Client, given: Any) -> None:
    answer = submit(client, given)

    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert world.simulator.ledger.accepted == []


def test_a_duration_is_refused_by_the_operation(client: httpx.Client, clock: Clock) -> None:
    name = submit(client, body(durationSeconds=5)).json()["name"]

    error = done(client, clock, name)["error"]

    assert error["code"] == 3
    assert "Unsupported output video duration 5 seconds" in error["message"]


def test_two_samples_land_in_one_folder(world: World, client: httpx.Client, clock: Clock) -> None:
    given = body(durationSeconds=4, sampleCount=2, storageUri="gs://b/x/")

    videos = done(client, clock, submit(client, given).json()["name"])["response"]["videos"]

    names = [video["gcsUri"].rpartition("/") for video in videos]
    assert [name[2] for name in names] == ["sample_0.mp4", "sample_1.mp4"]
    folder = {name[0].removeprefix("gs://b/x/") for name in names}
    assert len(folder) == 1
    assert folder.pop().isdigit()
    content = world.simulator.buckets.objects["b", videos[0]["gcsUri"].removeprefix("gs://b/")].content
    assert content[4:8] == b"ftyp"


def test_tokens_lapse(world: World, client: httpx.Client, clock: Clock) -> None:
    assert submit(client, body()).status_code == 200
    clock.now += 60
    assert submit(client, body()).json()["error"]["details"][0]["reason"] == "ACCESS_TOKEN_EXPIRED"
    assert httpx.post(f"{world.url}/v1/{MODEL}:predictLongRunning", json=body()).status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "somebody@else"},
        {"scope": "https://www.googleapis.com/auth/devstorage"},
        {"exp": 0},
        {"iat": 2**40},
    ],
)
def test_assertions_are_read(world: World, change: dict[str, Any]) -> None:
    info = json.loads(world.key_file().read_text())
    claims = {"iss": EMAIL, "scope": SCOPE, "aud": info["token_uri"], "iat": 0, "exp": 2**40}

    def ask(assertion: str) -> httpx.Response:
        form = {"grant_type": GRANT, "assertion": assertion}
        return httpx.post(f"{world.url}/token", data=form)

    def signed(values: dict[str, Any]) -> str:
        signer: Any = RSASigner
        encode: Any = jwt.encode
        assertion: bytes = encode(signer.from_service_account_info(info), values)
        return assertion.decode()

    good = signed(claims)
    assert ask(good).json()["access_token"].startswith("ya29.")
    forged = ".".join([*good.split(".")[:2], base64.urlsafe_b64encode(b"x" * 256).decode()])
    for bad in (signed({**claims, **change}), forged, "a.b", ""):
        answer = ask(bad)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    wrong = httpx.post(f"{world.url}/token", data={"grant_type": "password"})
    assert wrong.json()["error"] == "unsupported_grant_type"


def test_the_bucket_knows_strangers(world: World, client: httpx.Client) -> None:
    world.simulator.buckets.put("gs://b/a/c.mp4", b"0123456789", "video/mp4", Script({}))
    media = "/download/storage/v1/b/b/o/a%2Fc.mp4"

    assert client.get(media, params={"alt": "media"}).content == b"0123456789"
    assert httpx.get(f"{world.url}{media}", headers={"authorization": "Bearer no"}).status_code == 401
    assert client.get(media, headers={"range": "bytes=4-"}).headers["content-range"] == "bytes 4-9/10"
    assert client.get(media, headers={"range": "bytes=10-"}).status_code == 416
    assert client.get("/storage/v1/b/b/o/a%2Fc.mp4").json()["size"] == "10"
    assert client.get("/storage/v1/b/b/o", params={"prefix": "c"}).json() == {"kind": "storage#objects"}
    world.simulator.buckets.missing.add("b")
    assert client.get("/storage/v1/b/b").status_code == 404


def test_an_unknown_fault_is_loud() -> None:
    with pytest.raises(ValueError, match="explode"):
        Script.read("a [sim:explode]")
