"""WebKitGTK as the machine has it, driven by WebDriver: Playwright drives only a build of its own."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

SCREEN = "1440x900x24"
SECONDS = 60
ATTEMPTS = 7
"""How often a connection is tried, each time after twice as long: half a minute in all."""
# The driver tells nothing of the console.
LISTEN = """(() => {
  window.complaints = [];
  const note = (...words) => complaints.push(words.join(" "));
  addEventListener("error", (event) => note(event.message ?? event.target.outerHTML), true);
  addEventListener("unhandledrejection", (event) => note(event.reason));
  addEventListener("securitypolicyviolation", (event) => note(event.violatedDirective, event.blockedURI));
  console.error = note;
  console.warn = note;
})()"""


@contextmanager
def opened(driver: str, screen: str, home: Path) -> Iterator["WebKit"]:
    """Run a WebKit on a screen that nobody sees, with nothing at home."""
    with _shown(screen) as display, _driven(driver, display, home) as address:
        # It tells nobody when it listens, and a connection is made again as often as it is refused.
        transport = httpx.HTTPTransport(retries=ATTEMPTS)
        with httpx.Client(base_url=address, timeout=2 * SECONDS, transport=transport) as client:
            yield WebKit(client)


@contextmanager
def _shown(command: str) -> Iterator[str]:
    """Run an X server without a screen; give the name of its display."""
    with subprocess.Popen(
        [command, "-displayfd", "1", "-screen", "0", SCREEN, "-nolisten", "tcp"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            number = process.stdout.readline().strip()
            assert number, "the X server ended before it had a display"
            yield f":{number}"
        finally:
            process.terminate()


@contextmanager
def _driven(command: str, display: str, home: Path) -> Iterator[str]:
    """Run a driver, which starts the browser; give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    bare = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    with subprocess.Popen(
        [command, f"--port={port}"],
        env={**bare, "DISPLAY": display, "GDK_BACKEND": "x11", "HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # The browser and all of its processes are in it.
        process_group=0,
    ) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGKILL)


class WebKit:
    """One window."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._path = "/session"
        session = self.call("", capabilities={"alwaysMatch": {"timeouts": {"script": SECONDS * 1000}}})
        self._path = f"/session/{session['sessionId']}"
        self.call("/window/rect", x=0, y=0, width=1440, height=900)

    def call(self, path: str, **parameters: object) -> Any:
        """Send a command; give its result."""
        answer = self._client.post(f"{self._path}{path}", json=parameters)
        assert answer.is_success, answer.text
        return answer.json()["value"]

    def open(self, address: str) -> None:
        """Go to an address, wait until it is loaded, and hear from then on what the page complains of."""
        self.call("/url", url=address)
        self.run(LISTEN)

    @property
    def errors(self) -> list[str]:
        """What scripts, files that do not load and the console complained of since the page was loaded."""
        complaints: list[str] = self.run("complaints")
        return complaints

    def run(self, script: str) -> Any:
        """Run an expression; wait for its promise and give a simple value."""
        return self.call("/execute/sync", script=f"return {script}", args=[])

    def press(self, key: str) -> None:
        """Press a key and let go of it."""
        strokes = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        self.call("/actions", actions=[{"type": "key", "id": "keyboard", "actions": strokes}])

    def click(self, selector: str) -> None:
        """Click on an element, where it is in sight."""
        (element,) = self.call("/element", using="css selector", value=selector).values()
        self.call(f"/element/{element}/click")
