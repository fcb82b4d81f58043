"""From a result at the provider to a verified object in our storage."""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import structlog
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_delay,
    wait_exponential_jitter,
)

from domain.errors import MediaError, StorageError
from domain.failures import ErrorCode
from domain.keys import Format, format_of, object_key
from domain.media import MediaInfo, MediaTool
from domain.provider import Attempt, ProviderError, Result, ResultGoneError
from domain.statuses import JobKind
from domain.storage import BlobStore
from executor.previewing import Previewer
from executor.work import Parking, Work

LONGEST_SECONDS = 24 * 3_600.0
"""How long a download or upload is tried again: providers keep results for a day (xAI) or more."""
_BAD_CLIPS = 3
"""A clip that does not play may have been cut on the way; after this many downloads it is the provider's."""
_WRITE_IN_THREAD = 256 * 1024
"""From where on a write to the spool may hold the event loop up for longer than a thread costs."""
_SILENCE = 120.0
"""A stream that brings nothing for this long is broken off and begun again."""

log = structlog.get_logger(__name__)


class ClipInvalidError(ProviderError):
    """The provider's clip is not what was asked for, however often it is fetched."""


@dataclass(slots=True)
class Storer:
    """Downloads, verifies and uploads results; a few at a time, each in constant memory."""

    blobs: BlobStore
    media: MediaTool
    spool: Path
    """Folder for files on their way; nothing in it ever ends in ``.mp4``."""
    parking: Parking
    places: asyncio.Semaphore
    previewer: Previewer

    async def store(self, work: Work, result: Result) -> tuple[dict[str, Any], int]:
        """Store a result; give the columns that describe it, and how many times it was tried.

        A failed download or upload is tried again as that, for as long as the provider keeps the result.

        Raises:
            ResultGoneError: the provider does not have it any more.
            ClipInvalidError: it has, but it cannot be played or is not as long as asked.
            ProviderError: ``download_failed`` or ``storage_failed``, after a day of trying.
        """
        try:
            return await self._until_stored(work, result)
        except MediaError as error:
            raise ClipInvalidError(ErrorCode.CLIP_INVALID, error.message) from error
        except ProviderError:
            raise
        except StorageError as error:
            raise ProviderError(ErrorCode.STORAGE_FAILED, raw=error.message) from error
        # Everything else came out of an adapter's stream, which may raise anything, and ends as a code that
        # lets a person fetch the paid clip again.
        except Exception as error:  # a stream raises anything
            raise ProviderError(ErrorCode.DOWNLOAD_FAILED, raw=f"{type(error).__name__}: {error}") from error

    async def _until_stored(self, work: Work, result: Result) -> tuple[dict[str, Any], int]:
        bad = 0

        def again(error: BaseException) -> bool:
            nonlocal bad
            bad += isinstance(error, MediaError)
            gone = isinstance(error, ResultGoneError | ClipInvalidError)
            return isinstance(error, Exception) and not gone and bad < _BAD_CLIPS

        # The first try is nearly always the only one, and what repeats it takes as long to set up as the rest
        # of the step.
        try:
            return await self._in_turn(work, result), 1
        # Everything, because `again` judges it, by the same rule as every later try below.
        except Exception as error:  # `again` judges it
            if not again(error):
                raise
            _log_retry(error, 1)
        async for attempt in AsyncRetrying(
            wait=wait_exponential_jitter(multiplier=0.5, max=60.0),
            stop=stop_after_delay(LONGEST_SECONDS),
            retry=retry_if_exception(again),
            sleep=self.parking.wait,
            before_sleep=_note,
            reraise=True,
        ):
            with attempt:
                return await self._in_turn(work, result), 1 + attempt.retry_state.attempt_number
        raise AssertionError("the loop returns or raises")

    async def _in_turn(self, work: Work, result: Result) -> dict[str, Any]:
        async with self.places:
            return await self._once(work, result)

    async def _once(self, work: Work, result: Result) -> dict[str, Any]:
        attempt, job = work.submitted, work.claim.job
        path = self.spool / f"{attempt.id}-{uuid4().hex}.part"
        try:
            digest, size = await _download(work, result, path)
            info = await self._verify(attempt, path)
            if info.rewritten:
                digest, size = await asyncio.to_thread(_digest, path)
            form = format_of(job.kind, info.codec)
            key = object_key(form, job.project_id, job.scene_id, job.id, attempt.number)
            pictures = await self._put(key, path, form, digest)
        finally:
            path.unlink(missing_ok=True)
        cost = result.actual_cost if result.actual_cost is not None else attempt.estimated_cost
        return {
            "video_url": f"/api/v1/jobs/{job.id}/content",
            "storage_path": key,
            "sha256": digest,
            "size_bytes": size,
            "width": info.width,
            "height": info.height,
            "actual_duration_seconds": info.duration_seconds,
            "actual_cost": cost,
            **pictures,
            **({"film_shots": result.data["shots"]} if job.kind is JobKind.FILM else {}),
        }

    async def _put(self, key: str, path: Path, form: Format, digest: str) -> dict[str, Any]:
        """Upload the result, and beside it the pictures of a clip; give the columns that describe these."""
        if form.is_still:
            await self.blobs.put(key, path, content_type=form.content_type, sha256=digest)
            return {}
        drawing = self.previewer.begin(path, key)
        try:
            await self.blobs.put(key, path, content_type=form.content_type, sha256=digest)
            return await self.previewer.finish(drawing)
        finally:
            drawing.cancel()

    async def _verify(self, attempt: Attempt, path: Path) -> MediaInfo:
        request = attempt.request
        if request.kind is JobKind.IMAGE:
            return await self.media.ingest_image(path)
        info = await self.media.ingest_video(path)
        # A film is as long as its clips, whatever its row says.
        asked = request.duration_seconds if request.kind is JobKind.VIDEO else None
        made = info.duration_seconds
        if asked is not None and (made is None or abs(made - asked) > max(0.5, 0.05 * asked)):
            raise ClipInvalidError(
                ErrorCode.CLIP_INVALID, f"The clip is {made:.2f} s long; {asked:g} s were asked for."
            )
        return info


async def _download(work: Work, result: Result, path: Path) -> tuple[str, int]:
    """Write the result to ``path``; give its SHA-256 and its size, counted on the way."""
    seen, size = hashlib.sha256(), 0

    def take(chunk: bytes) -> None:
        file.write(chunk)
        seen.update(chunk)

    with path.open("wb") as file:
        async with asyncio.timeout(_SILENCE) as silence, work.provider.open(result) as chunks:
            async for chunk in chunks:
                silence.reschedule(asyncio.get_running_loop().time() + _SILENCE)
                size += len(chunk)
                if len(chunk) > _WRITE_IN_THREAD:
                    await asyncio.to_thread(take, chunk)
                else:
                    take(chunk)
    return seen.hexdigest(), size


def _digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()


def _note(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    _log_retry(error, 1 + state.attempt_number)


def _log_retry(error: BaseException | None, tries: int) -> None:
    log.warning(
        "storing failed and is tried again",
        action="store_retried",
        error=f"{type(error).__name__}: {error}",
        tries=tries,
    )
