"""A store and a media tool that say yes at once."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from domain.errors import NotFoundError
from domain.fetching import Reply, UrlRefusedError
from domain.frames import Frame
from domain.media import MediaInfo, Previews, SpriteLayout
from domain.storage import Source, StoredObject

_CLIP = MediaInfo(width=1280, height=720, duration_seconds=8.0, codec="h264", frame_rate=24.0, has_audio=True)
_PREVIEWS = Previews(b"poster", b"sprite", SpriteLayout(160, 90, 1, (0.0,)))


class InstantStore:
    """A ``BlobStore`` that keeps nothing and counts what it is given."""

    def __init__(self) -> None:
        self.stored = 0

    async def prepare(self) -> None:
        """See the port."""

    async def put(self, key: str, source: Source, *, content_type: str, sha256: str) -> StoredObject:  # noqa: ARG002 # the port has it
        """See the port."""
        self.stored += 1
        return StoredObject(key, 1, content_type)

    async def head(self, key: str) -> StoredObject | None:  # noqa: ARG002 # the port has it
        """See the port."""
        return None

    def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:  # noqa: ARG002 # the port has it
        """See the port."""
        raise NotFoundError

    async def delete(self, key: str) -> None:
        """See the port."""

    async def url(self, key: str, *, expires: timedelta) -> str:  # noqa: ARG002 # the port has it
        """See the port."""
        return key

    async def check(self) -> None:
        """See the port."""

    async def aclose(self) -> None:
        """See the port."""


class InstantMedia:
    """A ``MediaTool`` that finds every clip to be eight seconds of 720p."""

    async def ingest_video(self, path: Path) -> MediaInfo:  # noqa: ARG002 # the port has it
        """See the port."""
        return _CLIP

    async def ingest_image(self, path: Path) -> MediaInfo:  # noqa: ARG002 # the port has it
        """See the port."""
        return _CLIP

    async def draw_previews(self, path: Path) -> Previews:  # noqa: ARG002 # the port has it
        """See the port."""
        return _PREVIEWS

    async def prepare_frame(self, content: bytes, types: Sequence[str], largest: int) -> Frame:  # noqa: ARG002 # the port has it
        """See the port."""
        return Frame.of(content, types[0])


class NoFetcher:
    """A ``Fetcher`` for films without frames: nothing may be fetched."""

    async def get(self, url: str, *, most: int) -> Reply:  # noqa: ARG002 # the port has it
        """See the port."""
        raise UrlRefusedError("nothing is fetched here")

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Reply:  # noqa: ARG002 # the port has it
        """See the port."""
        raise UrlRefusedError("nothing is sent from here")

    async def aclose(self) -> None:
        """See the port."""
