"""Google's own clients against the simulator: what it answers is what they read, and the other way round.

They refuse the version of a library that Rushes runs on, so they are installed aside and run by a process
of their own; what they sent is read here, in the simulator's books.
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from providers.simulators.veo.script import Script
from tests.vertex import World, simulated

HERE = Path(__file__).parent
Aside = Callable[[Path, Mapping[str, str]], None]
CONTENT = bytes(range(256)) * 64


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with simulated(tmp_path) as world:
        yield world


def run(aside: Aside, world: World, name: str) -> None:
    """Run the checks of one client against the simulator."""
    settings = {
        "SIMULATOR_URL": world.url,
        "SIMULATOR_KEY_FILE": str(world.key_file()),
        "STORAGE_EMULATOR_HOST": world.url,
    }
    aside(HERE / "official" / name, settings)


def test_google_genai(run_aside: Aside, world: World) -> None:
    run(run_aside, world, "genai.py")

    ledger = world.simulator.ledger
    # Once in each version of the API, and never more often.
    assert ledger.paid_by_label("attempt")["official"] == 2
    assert ledger.paid_by_storage_uri()["gs://rushes-clips/official/"] == 2
    assert {submit.path.split("/")[1] for submit in ledger.submits} == {"v1", "v1beta1"}
    with_frames = [s.body["instances"][0] for s in ledger.accepted if "instances" in s.body]
    frames = [instance for instance in with_frames if "lastFrame" in instance]
    assert len(frames) == 2
    assert base64.b64decode(frames[0]["image"]["bytesBase64Encoded"]).startswith(b"\x89PNG")
    assert frames[0]["lastFrame"]["mimeType"] == "image/png"
    refused = [s for s in ledger.submits if s not in ledger.accepted]
    assert len(refused) == 20, "five errors, in two shapes and two versions"


def test_google_cloud_storage(run_aside: Aside, world: World) -> None:
    buckets = world.simulator.buckets
    buckets.put("gs://b/veo/a/1/sample_0.mp4", CONTENT, "video/mp4", Script({}))
    buckets.put("gs://b/other/sample_0.mp4", b"x", "video/mp4", Script({}))
    for number in range(5):
        buckets.put(f"gs://paged/{number}", b"x", "text/plain", Script({}))

    run(run_aside, world, "cloud_storage.py")

    assert buckets.objects["b", "frames/start.png"].content == b"a picture"
