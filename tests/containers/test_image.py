"""The image as an operator meets it: what it runs as, whether it migrates, serves and stops."""

from typing import Any

import docker
import pytest
from docker.models.images import Image
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network
from testcontainers.core.wait_strategies import ExecWaitStrategy

from db.engine import parse_url
from db.migrations import current, head

pytestmark = [pytest.mark.containers, pytest.mark.timeout(600)]

MEBIBYTE = 2**20
LAYERS_LIMIT = 450 * MEBIBYTE
"""What may stand on top of the base image; PyAV, NumPy, botocore and the embedded PostgreSQL are 280 MiB."""

OWNS_HOME = """
import os
open("/data/probe", "w").close()
print(os.getuid(), os.getgid(), os.environ["RUSHES_HOME"])
"""
IMPORTABLE = """
from importlib.util import find_spec
print([name for name in ("cli", "db", "pip", "pytest", "hatchling") if find_spec(name)])
"""
HEALTHY = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"


def run(engine: docker.DockerClient, image: Image, command: list[str], **options: Any) -> str:
    output: bytes = engine.containers.run(image.id, command, remove=True, stderr=True, **options)
    return output.decode()


def test_it_says_what_it_can_do(engine: docker.DockerClient, image: Image) -> None:
    text = run(engine, image, ["--help"])
    assert all(command in text for command in ("up", "api", "executor", "migrate"))


def test_it_is_nobody_special_and_owns_its_home(engine: docker.DockerClient, image: Image) -> None:
    assert run(engine, image, ["-c", OWNS_HOME], entrypoint="python").split() == ["10001", "10001", "/data"]


def test_it_holds_the_application_and_no_installer(engine: docker.DockerClient, image: Image) -> None:
    assert run(engine, image, ["-c", IMPORTABLE], entrypoint="python").strip() == "['cli', 'db']"


def test_its_size_is_watched(
    engine: docker.DockerClient, image: Image, capsys: pytest.CaptureFixture[str]
) -> None:
    base = engine.images.get("python:3.11-slim-bookworm").attrs["Size"]
    added = image.attrs["Size"] - base
    with capsys.disabled():
        print(f"\nimage: {added / MEBIBYTE:.0f} MiB on a base of {base / MEBIBYTE:.0f} MiB")  # noqa: T201 # the figure is the point
    assert added < LAYERS_LIMIT


def test_it_migrates_a_database_to_the_head_of_this_checkout(
    engine: docker.DockerClient, image: Image, network: Network, postgres: PostgresContainer
) -> None:
    inside = f"postgresql://{postgres.username}:{postgres.password}@database:5432/{postgres.dbname}"
    outside = parse_url(postgres.get_connection_url())
    assert current(outside) is None
    # The second time there is nothing to do, which is what every restart of a deployment finds.
    for _ in range(2):
        run(engine, image, ["migrate"], network=network.name, environment={"DATABASE_URL": inside})
        assert current(outside) == head()


def test_it_serves_with_no_settings_at_all_and_stops_when_told(image: Image) -> None:
    healthy = ExecWaitStrategy(["python", "-c", HEALTHY]).with_startup_timeout(120)
    with DockerContainer(image.id).waiting_for(healthy) as container:
        process = container.get_wrapped_container()
        process.kill(signal="SIGTERM")
        assert process.wait(timeout=60)["StatusCode"] == 0
        container.get_docker_client().client.close()
