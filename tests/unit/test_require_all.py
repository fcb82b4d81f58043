"""The guard against silent skips, run on a suite of its own: it must fail where it should and only there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SUITE = """
import pytest

def test_runs():
    pass

def test_skips_inside():
    pytest.skip("no browser here")

@pytest.mark.skip(reason="no engine here")
def test_is_marked():
    pass

@pytest.mark.xfail(reason="known", strict=True)
def test_is_expected_to_fail():
    assert False
"""

MODULE_SKIP = """
import pytest

pytest.importorskip("no_such_module_anywhere")
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (tmp_path / "test_some.py").write_text(SUITE)
    (tmp_path / "test_module.py").write_text(MODULE_SKIP)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def run(suite: Path, require_all: str) -> str:
    options = ["-p", "tests.require_all", "-p", "no:randomly", "-rA"]
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(suite)],
        cwd=ROOT,
        env=os.environ | {"RUSHES_REQUIRE_ALL": require_all},
        capture_output=True,
        text=True,
        check=False,
    )
    return finished.stdout


def test_skips_stay_skips_without_the_setting(suite: Path) -> None:
    assert "1 passed, 3 skipped, 1 xfailed" in run(suite, "")


def test_every_skip_fails_with_its_reason(suite: Path) -> None:
    output = run(suite, "1")
    # A module that skips itself is an error of collection, and pytest runs nothing after one.
    assert "no_such_module_anywhere" in output
    assert "1 error" in output
    (suite / "test_module.py").unlink()
    output = run(suite, "1")
    assert "no browser here" in output
    assert "no engine here" in output
    assert "1 xfailed" in output
    assert "1 passed" in output
    assert "skipped," not in output
