"""The worked example is a package like anybody's: built as a wheel, installed aside, and tested as it is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "rushes-acme"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the example into a folder; nothing is downloaded for it."""
    target = tmp_path_factory.mktemp("site")
    quietly = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--no-index")
    run("-m", "pip", "install", *quietly, "--target", str(target), str(EXAMPLE))
    return target


def run(*arguments: str, cwd: Path = ROOT, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_the_example_passes_the_contract(installed: Path) -> None:
    said = run(
        "-m", "pytest", "-p", "no:cacheprovider", "-o", "pythonpath=", "-n", "0", "-q", "-rs",
        str(EXAMPLE / "tests"), PYTHONPATH=str(installed), PYTEST_ADDOPTS="", PYTEST_XDIST_WORKER="",
    )  # fmt: skip
    assert "skipped" not in said, "every failure of the contract is played"
    assert "passed" in said
