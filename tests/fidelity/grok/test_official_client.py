"""The AI SDK's provider for xAI, against the simulator and the adapter: all three mean the same wire."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.requests import GenerationRequest
from providers.grok.models import VIDEO_MODELS
from providers.grok.requests import video_body
from tests.generations import a_request
from tests.grok_server import KEY, Simulator, simulating
from tests.pictures import a_frame

HERE = Path(__file__).parent
LATEST = "grok-imagine-video-1.5"
INSTALL_SECONDS = 100


@pytest.fixture(scope="module")
def client() -> Path:
    """Give a folder with the client in it, installed once for each lock file."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("Node and npm are not installed; the official client needs them")
    files = ("package.json", "package-lock.json", "client.mjs")
    lock = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in files)).hexdigest()[:16]
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rushes"
    folder = caches / f"fidelity-grok-{lock}"
    if not folder.exists():
        caches.mkdir(parents=True, exist_ok=True)
        # The program lies beside its libraries, where Node looks for them. Made aside and moved: a run that
        # was interrupted, or that runs beside this one, leaves no half.
        made = Path(tempfile.mkdtemp(dir=caches))
        for name in files:
            shutil.copy(HERE / name, made)
        install = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
        done = subprocess.run(
            install, cwd=made, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
        if done.returncode:
            shutil.rmtree(made)
            pytest.skip(f"npm could not install the official client: {done.stderr[-500:]}")
        try:
            made.rename(folder)
        except OSError:
            shutil.rmtree(made)
    return folder


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with simulating(
        tmp_path_factory.mktemp("xai"), delay_seconds=1.5
    ) as served:  # longer than a busy machine takes to its first poll
        yield served


def ran(client: Path, simulator: Simulator, *asks: dict[str, Any]) -> list[dict[str, Any]]:
    """Let the client make all asks, one after the other."""
    asked = [{"kind": "video", "model": LATEST, "apiKey": KEY, "duration": 1, **ask} for ask in asks]
    done = subprocess.run(
        ["node", "client.mjs"],
        cwd=client,
        input=json.dumps({"baseURL": simulator.base_url, "asks": asked}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results: list[dict[str, Any]] = json.loads(done.stdout)
    return results


def test_a_clip_is_made(client: Path, simulator: Simulator) -> None:
    stored = {"filename": "clip.mp4", "expiresAfter": 7_200}
    plain, left_out = ran(
        client,
        simulator,
        {"prompt": "a fox", "providerOptions": {"xai": {"resolution": "480p", "storageOptions": stored}}},
        {"prompt": "a fox [sim:no_status]"},
    )

    assert plain["status"] == left_out["status"] == "completed"
    assert plain["polls"] > 1, "it was pending at first, with and without a body"
    said = plain["providerMetadata"]["xai"]
    assert said["costInUsdTicks"] == 800_000_000
    assert said["progress"] == 100
    assert said["fileOutput"]["filename"] == "clip.mp4"
    assert httpx.get(plain["videos"][0]["url"]).content[4:8] == b"ftyp"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("moderated", "blocked due to a content policy violation"),
        ("moderated_failed", "Video generation failed: Generated video rejected"),
        ("failed=invalid_argument", "Video generation failed: Prompt cannot be empty"),
        ("expired", "request expired"),
        ("no_url", "no video URL was returned"),
    ],
)
def test_a_clip_ends_badly(client: Path, simulator: Simulator, fault: str, error: str) -> None:
    (said,) = ran(client, simulator, {"prompt": f"a fox [sim:{fault}]"})
    assert said["status"] == "error"
    assert error in said["error"]


@pytest.mark.parametrize(
    ("fault", "status", "error"),
    [
        ("wrong_key", 400, "Client specified an invalid argument: Incorrect API key provided"),
        ("no_credentials", 401, "unauthenticated:no-credentials: No credentials presented."),
        ("no_credits", 403, "used all available credits"),
        ("blocked", 403, "Failed check: SAFETY_CHECK_TYPE_VIOLENCE"),
        ("invalid", 400, "Invalid image: could not be decoded."),
        ("plain_error", 400, "The image could not be fetched."),
        ("model_gone", 404, "does not exist"),
        ("rate_limited", 429, "Too many requests"),
        ("no_id_after_accept", None, "No request_id returned"),
    ],
)
def test_errors_have_shapes_that_the_client_reads(
    client: Path, simulator: Simulator, fault: str, status: int | None, error: str
) -> None:
    (said,) = ran(client, simulator, {"prompt": f"a fox [sim:{fault}]"})
    assert error in said["thrown"]
    assert said.get("statusCode") == status


def test_edits_extensions_and_images(client: Path, simulator: Simulator) -> None:
    source = {"model": "grok-imagine-video", "prompt": "a fox"}
    edit, extension, image = ran(
        client,
        simulator,
        {**source, "providerOptions": {"xai": {"mode": "edit-video", "videoUrl": "https://x.test/a.mp4"}}},
        {
            **source,
            "duration": 4,
            "providerOptions": {"xai": {"mode": "extend-video", "videoUrl": "https://x.test/a.mp4"}},
        },
        {"kind": "image", "model": "grok-imagine-image", "prompt": "a fox"},
    )
    assert edit["status"] == extension["status"] == "completed"
    assert image["base64"].startswith("/9j/"), "a JPEG"


def our_body(request: GenerationRequest, name: str) -> dict[str, Any]:
    return video_body(request, VIDEO_MODELS[request.model], name)


def test_the_adapter_says_it_in_the_same_words(client: Path, simulator: Simulator) -> None:
    options = {
        "resolution": "720p",
        "storageOptions": {"filename": "same.mp4", "expiresAfter": 172_800},
    }
    common = {"generateAudio": True, "providerOptions": {"xai": options}}
    ran(
        client,
        simulator,
        {"prompt": "words to pictures", "duration": 3, "aspectRatio": "9:16", **common},
        {
            "prompt": {"text": "picture to pictures", "image": "https://example.org/a.png"},
            "duration": 3,
            **common,
        },
    )

    words = a_request(
        "words to pictures", model=LATEST, duration_seconds=3.0, aspect_ratio="9:16", resolution="720p"
    )
    picture = a_request(
        "picture to pictures",
        model=LATEST,
        duration_seconds=3.0,
        resolution="720p",
        start_frame=a_frame(),
    )
    with simulator.books() as ledger:
        theirs = {row.prompt: row.body for row in ledger.all() if row.filename == "same.mp4"}
    assert theirs == {
        "words to pictures": our_body(words, "same.mp4"),
        # The client passes an address on; we send the picture itself, which xAI takes in the same place.
        "picture to pictures": {
            **our_body(picture, "same.mp4"),
            "image": {"url": "https://example.org/a.png"},
        },
    }
