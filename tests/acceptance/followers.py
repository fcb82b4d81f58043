"""Listeners of a project's events that come back when the API goes away, as a browser and a program do."""

import json
import threading
from collections.abc import Callable
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed, InvalidMessage
from websockets.sync.client import connect

Message = dict[str, Any]
_PAUSE_SECONDS = 0.1


class Follower:
    """Reads a feed in a thread and keeps every message; told to come back, it names the last one."""

    def __init__(self, read: Callable[["Follower"], None]) -> None:
        self.messages: list[Message] = []
        self.returns = 0
        """How many times it lost its connection."""
        self._over = threading.Event()
        self._read = read
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    @property
    def last(self) -> int:
        """Number of the last message."""
        return int(self.messages[-1]["sequence"]) if self.messages else 0

    @property
    def finished(self) -> bool:
        """Whether the project's film is told to be complete."""
        return any(_ends(message) for message in self.messages)

    def take(self, text: str) -> bool:
        """Keep a message; tell whether to go on."""
        self.messages.append(json.loads(text))
        return not (self._over.is_set() or _ends(self.messages[-1]))

    def join(self, seconds: float) -> None:
        """Wait until the end of the film was told."""
        self._thread.join(seconds)
        self._over.set()

    def _follow(self) -> None:
        while not (self.finished or self._over.is_set()):
            try:
                self._read(self)
            except (httpx.HTTPError, ConnectionClosed, InvalidMessage, OSError):
                self.returns += 1
                # The API is down, and nothing tells when it is back.
                self._over.wait(_PAUSE_SECONDS)


def by_stream(address: str, project: str) -> Follower:
    """Follow by Server-Sent Events."""

    def read(follower: Follower) -> None:
        headers = {"Last-Event-ID": str(follower.last)}
        url = f"{address}/api/v1/projects/{project}/events"
        with httpx.stream("GET", url, headers=headers, timeout=30) as response:
            response.raise_for_status()
            for line in response.iter_lines():
                name, _, value = line.partition(": ")
                if name == "data" and not follower.take(value):
                    return

    return Follower(read)


def by_socket(address: str, project: str) -> Follower:
    """Follow by WebSocket."""

    def read(follower: Follower) -> None:
        url = f"{address.replace('http', 'ws', 1)}/api/v1/projects/{project}/ws?after={follower.last}"
        with connect(url) as socket:
            for message in socket:
                if not follower.take(str(message)):
                    return

    return Follower(read)


def _ends(message: Message) -> bool:
    return bool(message["data"].get("current_step") == "complete")
