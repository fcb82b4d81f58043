"""Official clients, installed aside: they refuse versions of libraries that Rushes runs on."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parents[2] / "requirements" / "fidelity.txt"
INSTALL_SECONDS = 110


@pytest.fixture(scope="session")
def clients() -> Path:
    """Give a folder with the official clients in it, installed once for each lock file."""
    lock = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:16]
    version = f"{sys.version_info.major}{sys.version_info.minor}"
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rushes"
    folder = caches / f"fidelity-{version}-{lock}"
    if not folder.exists():
        caches.mkdir(parents=True, exist_ok=True)
        # Made aside and moved: a run that was interrupted, or that runs beside this one, leaves no half.
        made = Path(tempfile.mkdtemp(dir=caches))
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--no-input", "--disable-pip-version-check"]
        install = [*pip, "--require-hashes", "--no-deps", "--target", str(made), "-r", str(REQUIREMENTS)]
        done = subprocess.run(install, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
        if done.returncode:
            shutil.rmtree(made)
            pytest.skip(f"pip could not install the official clients: {done.stderr[-500:]}")
        try:
            made.rename(folder)
        except OSError:
            shutil.rmtree(made)
    return folder


@pytest.fixture
def run_aside(clients: Path) -> Callable[[Path, Mapping[str, str]], None]:
    """Give a function that runs a file of checks in a process with the clients and nothing of ours."""

    def run(checks: Path, settings: Mapping[str, str]) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(clients),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            **settings,
        }
        nothing = [
            "-c",
            os.devnull,
            "--rootdir",
            str(checks.parent),
            "--noconftest",
            "-p",
            "no:cacheprovider",
        ]
        command = [sys.executable, "-m", "pytest", "-q", *nothing, str(checks)]
        done = subprocess.run(
            command,
            cwd=checks.parent,
            env=environment,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]

    return run
