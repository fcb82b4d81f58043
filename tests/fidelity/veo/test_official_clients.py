"""Google's own clients against the simulator: what it answers is what they read, and the other way round.

They refuse the version of a library that Rushes runs on, so they are installed aside and run by a process
of their own; what they sent is read here, in the simulator's books.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.simulators.veo.script import Script
from tests.vertex import World, simulated

HERE = Path(__file__).parent
REQUIREMENTS = HERE.parents[2] / "requirements" / "fidelity.txt"
INSTALL_SECONDS = 110
CONTENT = bytes(range(256)) * 64


@pytest.fixture(scope="module")
def clients() -> Path:
    """Give a folder with the clients in it, installed once for each lock file."""
    lock = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:16]
    version = f"{sys.version_info.major}{sys.version_info.minor}"
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rushes"
    folder = caches / f"fidelity-veo-{version}-{lock}"
    if not folder.exists():
        caches.mkdir(parents=True, exist_ok=True)
        # Made aside and moved: a run that was interrupted, or that runs beside this one, leaves no half.
        made = Path(tempfile.mkdtemp(dir=caches))
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--no-input", "--disable-pip-version-check"]
        install = [*pip, "--require-hashes", "--no-deps", "--target", str(made), "-r", str(REQUIREMENTS)]
        done = subprocess.run(install, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
        if done.returncode:
            shutil.rmtree(made)
            pytest.skip(f"pip could not install Google's clients: {done.stderr[-500:]}")
        try:
            made.rename(folder)
        except OSError:
            shutil.rmtree(made)
    return folder


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with simulated(tmp_path) as world:
        yield world


def run(clients: Path, world: World, name: str) -> None:
    """Run the checks of one client, a process with that client and nothing of ours."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(clients),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "SIMULATOR_URL": world.url,
        "SIMULATOR_KEY_FILE": str(world.key_file()),
        "STORAGE_EMULATOR_HOST": world.url,
    }
    nothing = ["-c", os.devnull, "--rootdir", str(HERE), "--noconftest", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-q", *nothing, str(HERE / "official" / name)]
    done = subprocess.run(
        command, cwd=HERE, env=environment, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_google_genai(clients: Path, world: World) -> None:
    run(clients, world, "genai.py")

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


def test_google_cloud_storage(clients: Path, world: World) -> None:
    buckets = world.simulator.buckets
    buckets.put("gs://b/veo/a/1/sample_0.mp4", CONTENT, "video/mp4", Script({}))
    buckets.put("gs://b/other/sample_0.mp4", b"x", "video/mp4", Script({}))
    for number in range(5):
        buckets.put(f"gs://paged/{number}", b"x", "text/plain", Script({}))

    run(clients, world, "cloud_storage.py")

    assert buckets.objects["b", "frames/start.png"].content == b"a picture"
