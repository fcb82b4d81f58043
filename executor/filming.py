"""What makes films: a provider like the others, which stitches stored clips here and costs nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import partial
from typing import Any

from domain.capabilities import Capability, Seconds
from domain.failures import ErrorCode
from domain.ports import Cuts
from domain.provider import (
    Attempt,
    GenerationFailedError,
    Handle,
    NeverAccepted,
    Pending,
    Recovered,
    Result,
    ResultGoneError,
    SubmitRejectedError,
)
from domain.requests import GenerationRequest
from domain.statuses import JobKind
from executor.assembling import Assembler, Clips, Shots

NAME, MODEL = "stitch", "stitch-1"
_LOOK_SECONDS = 1.0
"""How long one poll waits for a film that is being made."""
_LONGEST_SECONDS = 6 * 3_600.0
"""Encoding a film of hundreds of odd clips takes hours."""
_CHUNK = 1024 * 1024
_ABLE = Capability(
    JobKind.FILM,
    Seconds(0.0, float("inf")),
    ("as its clips",),
    typical_seconds=0.0,
    longest_seconds=_LONGEST_SECONDS,
)


class _Making:
    """A film being made."""

    def __init__(self, make: Callable[[Callable[[int], None]], Coroutine[Any, Any, Shots]]) -> None:
        self.percent = 0
        self.task = asyncio.create_task(make(self._note))

    def _note(self, percent: int) -> None:
        self.percent = percent


class FilmMaker:
    """A ``domain.provider.Provider``: the handle is the list of clips, frozen when the attempt is accepted.

    Whoever takes a film over has the list and makes the film anew: nothing was paid, and the same clips give
    the same film.
    """

    name = NAME
    kind = JobKind.FILM
    models: Mapping[str, Capability] = {MODEL: _ABLE}

    def __init__(self, cuts: Cuts, assembler: Assembler) -> None:
        self._cuts = cuts
        self._assembler = assembler
        self._making: dict[str, _Making] = {}

    async def submit(self, request: GenerationRequest, attempt: Attempt) -> Handle:
        """Decide which clips the film is made of.

        Raises:
            SubmitRejectedError: ``invalid_request``: some shot has no clip, or there are none at all.
        """
        cut = await self._cuts.cut(request.project_id, request.scene_id)
        if cut.missing or not cut.parts:
            missing = ", ".join(part.label for part in cut.missing)
            reason = f"These shots have no clip yet: {missing}." if missing else "There are no clips to join."
            raise SubmitRejectedError(ErrorCode.INVALID_REQUEST, reason)
        clips = [
            {
                "shot_id": part.shot_id and str(part.shot_id),
                "job_id": str(part.job_id),
                "label": part.label,
                "key": part.storage_path,
                "sha256": part.sha256,
            }
            for part in cut.parts
        ]
        return Handle(cut.digest, {"film": str(attempt.id), "clips": clips})

    async def poll(self, handle: Handle) -> Pending | Result:
        """Make the film, or see how far it is.

        Raises:
            GenerationFailedError: a clip is gone or unfit (``result_missing``, ``clip_invalid``), or the
                work was broken off (``provider_failed``, tried again).
            StorageError: a clip cannot be read now; the next poll begins anew.
        """
        film, clips = handle.data["film"], handle.data["clips"]
        making = self._making.get(film)
        if making is None:
            making = self._making[film] = self._begin(film, clips)
        await asyncio.wait([making.task], timeout=_LOOK_SECONDS)
        if not making.task.done():
            return Pending(making.percent, wait=0.0)
        del self._making[film]
        if making.task.cancelled():
            raise GenerationFailedError(ErrorCode.CANCELLED)
        shots = making.task.result()
        return Result({"film": film, "clips": clips, "shots": shots}, actual_cost=Decimal(0))

    @asynccontextmanager
    async def open(self, result: Result) -> AsyncIterator[AsyncIterator[bytes]]:
        """Stream the film; whoever did not make it makes it anew."""
        try:
            yield self._stream(result.data)
        finally:
            await self._assembler.remove(result.data["film"])

    async def _stream(self, data: Mapping[str, Any]) -> AsyncIterator[bytes]:
        path = self._assembler.file(data["film"])
        if not await asyncio.to_thread(path.exists):
            making = self._begin(data["film"], data["clips"])
            try:
                while not making.task.done():
                    yield b""  # a sign of life
                    await asyncio.wait([making.task], timeout=_LOOK_SECONDS)
                _check_same(making.task, data["shots"])
            finally:
                making.task.cancel()
        with await asyncio.to_thread(path.open, "rb") as file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK):
                yield chunk

    async def cancel(self, handle: Handle) -> None:
        """Stop making a film; the next poll says so."""
        making = self._making.get(handle.data["film"])
        if making is not None:
            making.task.cancel()

    async def recover(self, attempt: Attempt) -> Recovered:  # noqa: ARG002 # the port has it
        """Say that nothing was begun: a film is begun once its handle is committed."""
        return NeverAccepted()

    async def check(self) -> str:
        """Tell what films are made with."""
        return "films are stitched by this machine"

    async def aclose(self) -> None:
        """Stop whatever is being made."""
        tasks = [making.task for making in self._making.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, film: str, clips: Clips) -> _Making:
        return _Making(partial(self._assembler.make, film, clips))


def _check_same(made: "asyncio.Task[Shots]", shots: Shots) -> None:
    try:
        again = made.result()
    except GenerationFailedError as error:
        raise ResultGoneError(error.code, error.message, raw=error.raw) from error
    if again != shots:
        raise ResultGoneError(
            ErrorCode.RESULT_MISSING, "The film was lost, and made anew its shots have other times."
        )
