"""A clip's poster and strip, stored beside the clip while it is: worth a little time, never a failure."""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from domain.keys import preview_key
from domain.media import MediaTool
from domain.storage import BlobStore

_CONTENT_TYPE = "image/jpeg"
_LONGEST_SECONDS = 5.0
"""By which pictures may keep a stored clip from being completed; under heavy load clips go without."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Previewer:
    """Draws and stores previews."""

    blobs: BlobStore
    media: MediaTool

    def begin(self, clip: Path, key: str) -> "asyncio.Task[dict[str, Any]]":
        """Begin to make the previews of the clip that is being stored under ``key``."""
        return asyncio.create_task(self._make(clip, key))

    async def finish(self, making: "asyncio.Task[dict[str, Any]]") -> dict[str, Any]:
        """Give the columns that describe them; none where they could not be made, or not in time."""
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                return await making
        # Everything, because decoder, disk and store may each fail in their own way, and a paid clip without
        # a poster is still a clip: nothing that happens here may keep it from being stored.
        except Exception as error:  # noqa: BLE001 # pictures are extra
            log.warning(
                "no pictures of a clip", action="preview_failed", error=f"{type(error).__name__}: {error}"
            )
            return {}

    async def _make(self, clip: Path, key: str) -> dict[str, Any]:
        made = await self.media.draw_previews(clip)
        poster, sprite = preview_key(key, "poster"), preview_key(key, "sprite")
        await self._put(poster, made.poster)
        await self._put(sprite, made.sprite)
        return {"poster_path": poster, "sprite": {"path": sprite, **made.layout.to_json()}}

    async def _put(self, key: str, picture: bytes) -> None:
        digest = hashlib.sha256(picture).hexdigest()
        await self.blobs.put(key, picture, content_type=_CONTENT_TYPE, sha256=digest)
