"""From the addresses of a job's frames to their bytes, before anything is committed or asked."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from domain.capabilities import Capability
from domain.errors import InvalidRequestError, MediaError, NotFoundError, Problem, UnavailableError
from domain.fetching import Fetcher, FetchFailedError, UrlRefusedError
from domain.frames import (
    LARGEST,
    BucketFrame,
    Frame,
    FrameError,
    InlineFrame,
    JobFrame,
    StoredFrame,
    WebFrame,
    shown_address,
    source_of,
)
from domain.media import MediaTool
from domain.ports import JobQueue
from domain.requests import GenerationRequest
from domain.statuses import LIVE
from domain.storage import BlobStore
from executor.work import Parking

AT_ONCE = 4
"""Jobs whose frames are in memory at the same time. Two frames of 20 MiB with their base64 are 150 MB."""
_PASSING = frozenset({408, 425, 429})
"""Statuses below 500 that say: later."""


class FrameLaterError(UnavailableError):
    """A frame cannot be had now, and perhaps later; the message names the field and the address."""


@dataclass(slots=True)
class FrameReader:
    """Reads frames: from the web, from our storage, out of the address itself."""

    queue: JobQueue
    fetcher: Fetcher
    blobs: BlobStore
    media: MediaTool
    parking: Parking
    places: asyncio.Semaphore

    @asynccontextmanager
    async def given(self, request: GenerationRequest, able: Capability) -> AsyncIterator[GenerationRequest]:
        """Give the request with its frames for as long as the context is open; few jobs may hold theirs.

        Nothing is at stake until then: a draining executor ends it with ``CancelledError``.

        Raises:
            InvalidRequestError: a frame cannot be used: which field, which address, and why.
            FrameLaterError: a frame cannot be had now.
        """
        if not request.frames:
            yield request
            return
        with self.parking.parked():
            await self.places.acquire()
        try:
            with self.parking.parked():
                read = await self._read(request, able)
            yield request.with_frames(read)
        finally:
            self.places.release()

    async def _read(self, request: GenerationRequest, able: Capability) -> Mapping[str, Frame]:
        read: dict[str, Frame] = {}
        for name in request.frames:
            address = str(getattr(request, name))
            try:
                read[name] = await self._frame(address, request.project_id, able)
            except (FrameError, UrlRefusedError, MediaError, NotFoundError) as error:
                problem = Problem(name, shown_address(address), error.message, request.shot_label or None)
                raise InvalidRequestError([problem]) from error
            except UnavailableError as error:
                sentence = f"{name} {shown_address(address)!r} cannot be read now: {error.message}"
                raise FrameLaterError(sentence) from error
        return read

    async def _frame(self, address: str, project: UUID, able: Capability) -> Frame:
        source = await asyncio.to_thread(source_of, address)
        if isinstance(source, BucketFrame):
            return Frame(source.content_type, address=source.address)
        content = await self._content(source, project)
        return await self.media.prepare_frame(content, able.frame_types, able.largest_frame)

    async def _content(self, source: InlineFrame | WebFrame | StoredFrame | JobFrame, project: UUID) -> bytes:
        match source:
            case InlineFrame(content):
                return content
            case WebFrame(url):
                return await self._fetched(url)
            case StoredFrame(key, owner):
                if owner != project:
                    raise FrameError("that picture belongs to another project")
                return await self._stored(key)
            case JobFrame(job):
                return await self._stored(await self._key(job, project))

    async def _fetched(self, url: str) -> bytes:
        reply = await self.fetcher.get(url, most=LARGEST)
        if reply.status >= 500 or reply.status in _PASSING:  # noqa: PLR2004 # a server's own trouble
            raise FetchFailedError(f"it answers HTTP {reply.status}")
        if not reply.is_success:
            raise FrameError(f"it answers HTTP {reply.status}")
        return reply.content

    async def _key(self, job: UUID, project: UUID) -> str:
        found = await self.queue.stored(job, project)
        if found is None:
            raise FrameError("there is no such job in this project")
        if found.key is None and found.status in LIVE:
            raise UnavailableError(f"that job is {found.status} and has no picture yet")
        if found.key is None:
            raise FrameError(f"that job is {found.status} and has no picture")
        return found.key

    async def _stored(self, key: str) -> bytes:
        found = await self.blobs.head(key)
        if found is None:
            raise FrameError("there is no such picture in storage")
        if found.size > LARGEST:
            raise FrameError(f"it has {found.size} bytes; a frame has at most {LARGEST // 1024**2} MiB")
        return b"".join([chunk async for chunk in self.blobs.read(key, 0, LARGEST)])
