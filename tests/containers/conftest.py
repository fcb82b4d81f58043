"""A container engine, the image built from this checkout, and PostgreSQL as most people run it."""

from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker.errors import BuildError
from docker.models.images import Image
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.network import Network

from tests.containers.engine import unreachable

ROOT = Path(__file__).parents[2]
TAG = "rushes:test"


@pytest.fixture(scope="session")
def engine() -> Iterator[docker.DockerClient]:
    if reason := unreachable():
        pytest.skip(reason)
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture(scope="session")
def image(engine: docker.DockerClient) -> Image:
    """Build the image. The build uses the host's network, and with it the host's way to the package index."""
    try:
        built, _ = engine.images.build(path=str(ROOT), tag=TAG, network_mode="host", rm=True, forcerm=True)
    except BuildError as error:
        log = "".join(str(line.get("stream", line)) for line in error.build_log)
        pytest.fail(f"the image does not build: {error}\n{log[-4000:]}")
    return built


@pytest.fixture(scope="module")
def network(engine: docker.DockerClient) -> Iterator[Network]:
    """Give a network of the tests' own, on which containers find each other by name."""
    assert engine.ping()
    with Network() as made:
        yield made
    # testcontainers leaves its connections to the garbage collector, which is a warning, hence an error.
    made._docker.client.close()


@pytest.fixture(scope="module")
def postgres(network: Network) -> Iterator[PostgresContainer]:
    """PostgreSQL 15; the host reaches it by its URL, containers on ``network`` as ``database``."""
    container = PostgresContainer("postgres:15", driver=None)
    with container.with_network(network).with_network_aliases("database") as started:
        yield started
    started.get_docker_client().client.close()
