"""From a list of stored clips to a film in the spool."""

import asyncio
import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import structlog

from domain.errors import MediaError, NotFoundError, UnfitClipError
from domain.failures import ErrorCode
from domain.media import Stitched, Stitcher
from domain.provider import GenerationFailedError
from domain.storage import BlobStore

_DOWNLOADS = 4
Clips = Sequence[Mapping[str, Any]]
"""Of each clip ``shot_id``, ``job_id``, ``label``, ``key`` and ``sha256``."""
Shots = list[dict[str, Any]]
"""Of each clip in the film ``shot_id``, ``job_id``, ``start`` and ``duration``, in seconds."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Assembler:
    """Fetches clips and has them stitched, a few films at a time. Everything of a film is in one folder."""

    blobs: BlobStore
    stitcher: Stitcher
    spool: Path
    places: asyncio.Semaphore

    def folder(self, film: str) -> Path:
        """Give the folder of a film."""
        return self.spool / f"{film}.film.part"

    def file(self, film: str) -> Path:
        """Give where a film is once it is made."""
        return self.folder(film) / "film.part"

    async def remove(self, film: str) -> None:
        """Remove whatever there is of a film."""
        await asyncio.to_thread(shutil.rmtree, self.folder(film), ignore_errors=True)

    async def make(self, film: str, clips: Clips, note: Callable[[int], None]) -> Shots:
        """Make a film; only a whole and checked one is ever left under ``file``.

        Raises:
            GenerationFailedError: ``result_missing`` or ``clip_invalid`` name the clip; ``provider_failed``
                where the work was broken off.
            StorageError: a clip cannot be read now.
        """
        async with self.places:
            folder = self.folder(film)
            await self.remove(film)
            await asyncio.to_thread(folder.mkdir)
            made = folder / "making.part"
            try:
                paths = await self._fetch_all(folder, clips)
                stitched = await self._stitch(clips, paths, made, note)
                for path in paths:
                    path.unlink()
                made.replace(self.file(film))
            except BaseException:
                await asyncio.shield(self.remove(film))
                raise
        log.info("stitched", action="film_stitched", clips=len(clips), reencoded=stitched.reencoded)
        starts = accumulate(stitched.durations, initial=0.0)
        return [
            {"shot_id": clip["shot_id"], "job_id": clip["job_id"], "start": start, "duration": duration}
            for clip, start, duration in zip(
                clips, starts, stitched.durations, strict=False
            )  # starts has the end too
        ]

    async def _fetch_all(self, folder: Path, clips: Clips) -> list[Path]:
        turns = asyncio.Semaphore(_DOWNLOADS)
        paths = [folder / f"{number}.part" for number in range(len(clips))]
        try:
            async with asyncio.TaskGroup() as group:
                for clip, path in zip(clips, paths, strict=True):
                    group.create_task(self._fetch(clip, path, turns))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from errors
        return paths

    async def _fetch(self, clip: Mapping[str, Any], path: Path, turns: asyncio.Semaphore) -> None:
        seen = hashlib.sha256()
        async with turns:
            with await asyncio.to_thread(path.open, "wb") as file:

                def take(chunk: bytes) -> None:
                    file.write(chunk)
                    seen.update(chunk)

                try:
                    async for chunk in self.blobs.read(clip["key"]):
                        await asyncio.to_thread(take, chunk)
                except NotFoundError as error:
                    reason = f"The clip of {_name(clip)} is not in storage any more."
                    raise GenerationFailedError(ErrorCode.RESULT_MISSING, reason) from error
        if seen.hexdigest() != clip["sha256"]:
            reason = f"The clip of {_name(clip)} in storage is not the one that was put there."
            raise GenerationFailedError(ErrorCode.RESULT_MISSING, reason)

    async def _stitch(
        self, clips: Clips, paths: Sequence[Path], into: Path, note: Callable[[int], None]
    ) -> Stitched:
        try:
            return await self.stitcher.stitch(paths, into, note)
        except UnfitClipError as error:
            reason = f"The clip of {_name(clips[error.number])} cannot be joined. {error.message}"
            raise GenerationFailedError(ErrorCode.CLIP_INVALID, reason) from error
        except MediaError as error:
            raise GenerationFailedError(ErrorCode.CLIP_INVALID, error.message) from error
        except OSError as error:
            reason = "Stitching the film was broken off."
            raise GenerationFailedError(ErrorCode.PROVIDER_FAILED, reason, raw=str(error)) from error


def _name(clip: Mapping[str, Any]) -> str:
    return f"shot {clip['label']}" if clip["label"] else f"job {clip['job_id']}"
