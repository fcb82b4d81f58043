"""Acme on loopback, as far as the adapter calls it, with a failure for each name in a prompt's brackets."""

import io
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import av
import numpy as np

KEY = "acme-key"
_PRICE = 0.05


@dataclass(slots=True)
class Books:
    """What Acme accepted."""

    clips: dict[str, dict[str, Any]] = field(default_factory=dict)
    played: Counter[tuple[str, str]] = field(default_factory=Counter)

    def plays(self, clip: dict[str, Any], fault: str, times: int | None = None) -> bool:
        """Tell whether a clip's prompt asks for a fault, and count it."""
        if f"[{fault}]" not in clip["prompt"]:
            return False
        self.played[clip["id"], fault] += 1
        return times is None or self.played[clip["id"], fault] <= times


@contextmanager
def serving() -> Iterator[tuple[str, Books]]:
    """Serve Acme while the block runs; give its address and its books."""
    books = Books()
    handler = type("Handler", (_Handler,), {"books": books})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1", books
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    books: ClassVar[Books]

    def do_POST(self) -> None:
        """Accept a clip."""
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        clip = {**asked, "id": uuid4().hex, "polls": 0}
        if not self._let_in():
            return
        if self.books.plays(clip, "rejected"):
            self._answer(429, {"error": "slow down"})
            return
        self.books.clips[clip["id"]] = clip
        if self.books.plays(clip, "submit_unknown"):
            self._answer(500, {"error": "accepted, but you shall not know"})
            return
        self._answer(201, {"id": clip["id"]})

    def do_GET(self) -> None:
        """Tell of a clip, of all with a reference, or of the account."""
        url = urlsplit(self.path)
        parts = url.path.split("/")[2:]
        if not self._let_in():
            return
        if parts == ["me"]:
            self._answer(200, {"name": "simulated"})
        elif parts == ["clips"]:
            wanted = parse_qs(url.query)["reference"][0]
            found = [{"id": clip["id"]} for clip in self.books.clips.values() if clip["reference"] == wanted]
            self._answer(200, {"data": found})
        elif clip := self.books.clips.get(parts[1]):
            (self._file if parts[2:] else self._state)(clip)
        else:
            self._answer(404, {"error": "no such clip"})

    def _let_in(self) -> bool:
        let_in = self.headers["authorization"] == f"Bearer {KEY}"
        if not let_in:
            self._answer(401, {"error": "who are you?"})
        return let_in

    def _state(self, clip: dict[str, Any]) -> None:
        if self.books.plays(clip, "poll_error", times=1):
            self._answer(503, {"error": "busy"})
            return
        clip["polls"] += 1
        cost = round(_PRICE * clip["seconds"], 6)
        if clip["polls"] == 1:
            self._answer(200, {"state": "running", "percent": 40})
        elif self.books.plays(clip, "failed"):
            self._answer(200, {"state": "failed", "cost": 0})
        elif self.books.plays(clip, "blocked_late"):
            self._answer(200, {"state": "blocked", "cost": cost})
        else:
            self._answer(200, {"state": "done", "cost": cost})

    def _file(self, clip: dict[str, Any]) -> None:
        if self.books.plays(clip, "expired"):
            self._answer(410, {"error": "deleted"})
            return
        content = _drawn(clip["seconds"])
        sent = content[: len(content) // 2] if self.books.plays(clip, "download_error", times=1) else content
        self._send(200, "video/mp4", sent, announced=len(content))

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self._send(status, "application/json", content, announced=len(content))

    def _send(self, status: int, kind: str, content: bytes, *, announced: int) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(announced))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _drawn(seconds: float) -> bytes:
    """Draw a clip that gets brighter."""
    written = io.BytesIO()
    with av.open(written, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        total = round(24 * seconds)
        for number in range(total):
            picture = np.full((720, 1280, 3), 255 * number // total, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return written.getvalue()
