"""Whether a container engine is there."""

import os
import socket


def unreachable() -> str | None:
    """Say why no engine can be used, or nothing where one listens.

    The client library itself leaves a socket open when it cannot connect, and warnings are errors here.
    """
    address = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    scheme, _, path = address.partition("://")
    if scheme != "unix":
        return None
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except OSError as error:
            return f"no container engine at {address} ({error.strerror}): start one, or set DOCKER_HOST"
    return None
