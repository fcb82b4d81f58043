"""A store takes as much memory for a large clip as for a small one."""

import asyncio
import json
import os
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from tests.s3_endpoint import S3Endpoint

MIB = 1024 * 1024
LARGE = 320
"""Mebibytes."""
ALLOWED = 64
"""Mebibytes above idle."""


@pytest.mark.parametrize("kind", ["folder", "s3"])
async def test_a_large_clip_takes_no_more_memory(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    settings = {"STORAGE_URL": "file:", "RUSHES_HOME": str(tmp_path / "home")}
    if kind == "s3":
        endpoint: S3Endpoint = request.getfixturevalue("s3_endpoint")
        settings = endpoint.environment(uuid4().hex)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.storage_memory",
        str(tmp_path),
        str(LARGE),
        env={**os.environ, **settings},
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    above = json.loads(output)["above_idle"] / MIB
    assert above < ALLOWED, f"{above:.0f} MiB above idle"
