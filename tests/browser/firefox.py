"""Firefox as the machine has it, driven by WebDriver BiDi: Playwright drives only a build of its own."""

import itertools
import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PREFERENCES = """user_pref("media.autoplay.default", 0);
user_pref("app.update.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
"""
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
SECONDS = 60.0


@contextmanager
def opened(command: str, profile: Path) -> Iterator["Firefox"]:
    """Run a Firefox without a screen, in an empty profile."""
    (profile / "user.js").write_text(PREFERENCES)
    arguments = ["--headless", "--no-remote", "--remote-debugging-port=0", "--profile", str(profile)]
    with subprocess.Popen(
        [command, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            with connect(f"{_address(process)}/session", max_size=None) as socket:
                yield Firefox(socket)
        finally:
            process.terminate()
            process.communicate(timeout=SECONDS)


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stderr is not None
    for line in process.stderr:
        if found := LISTENING.search(line):
            return found[1]
    raise AssertionError("Firefox ended before it listened")


class Firefox:
    """One window."""

    def __init__(self, socket: ClientConnection) -> None:
        self.errors: list[str] = []
        """What scripts and the console complained of."""
        self._numbers = itertools.count(1)
        self._socket = socket
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded"])
        self._window = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def call(self, method: str, **parameters: object) -> Any:
        """Send a command; give its result. What is told meanwhile is noted."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(SECONDS))
            if message.get("id") == number:
                assert message["type"] == "success", message
                return message["result"]
            if message.get("method") == "log.entryAdded" and message["params"]["level"] == "error":
                self.errors.append(message["params"]["text"])

    def open(self, address: str) -> None:
        """Go to an address and wait until it is loaded."""
        self.call("browsingContext.navigate", context=self._window, url=address, wait="complete")

    def run(self, script: str) -> Any:
        """Run a script as if a person had pressed a key; wait for its promise and give a simple value."""
        result = self.call(
            "script.evaluate",
            expression=script,
            target={"context": self._window},
            awaitPromise=True,
            userActivation=True,
        )
        assert result["type"] == "success", result
        return result["result"].get("value")
