"""Generations under way: accepted, played out by the script, polled."""

import asyncio
import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from providers.mock.dissolve import is_picture
from providers.simulators.veo import clips
from providers.simulators.veo.answers import BLOCKED_LATE, FILTERED
from providers.simulators.veo.buckets import Buckets
from providers.simulators.veo.script import Fault, Script, without_tags
from providers.simulators.veo.validation import DURATIONS, late_fault

_TYPE = "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"
_INTERNAL, _INVALID = 13, 3


@dataclass(slots=True)
class Operation:
    """One generation."""

    name: str
    model: str
    labels: Mapping[str, str]
    prompt: str
    feature: str
    parameters: Mapping[str, Any]
    script: Script
    ready_at: float
    frames: Mapping[str, bytes] = field(default_factory=dict)
    """Pictures that came with the request, by their field."""
    task: "asyncio.Task[dict[str, Any]] | None" = None
    polls: int = 0
    told_inline: bool = False
    """Whether its clip was given, inline, at least once."""

    @property
    def samples(self) -> int:
        """How many clips were asked for."""
        return int(self.parameters.get("sampleCount", 1))


@dataclass(slots=True)
class Operations:
    """The generations of one simulator."""

    clock: Callable[[], float]
    delay: float
    resolution: str | None
    buckets: Buckets
    running: dict[str, Operation] = field(default_factory=dict)

    def accept(self, parent: str, body: Mapping[str, Any], script: Script) -> Operation:
        """Start a generation; from here on it is paid if it succeeds."""
        instance, parameters = body["instances"][0], body.get("parameters") or {}
        feature = "image_to_video" if instance.get("image") else "text_to_video"
        operation = Operation(
            name=f"{parent}/operations/{uuid4()}",
            model=parent.rpartition("/")[2],
            labels=body.get("labels") or {},
            prompt=instance.get("prompt", ""),
            feature=feature,
            parameters=parameters,
            script=script,
            ready_at=self.clock() + script.number(Fault.DELAY, self.delay),
            frames=_frames(instance),
        )
        operation.task = asyncio.create_task(self._play(operation))
        self.running[operation.name] = operation
        return operation

    def done(self, operation: Operation) -> bool:
        """Tell whether a generation is over."""
        assert operation.task is not None
        over = operation.task.done() and self.clock() >= operation.ready_at
        return over and Fault.NEVER not in operation.script

    def made(self, operation: Operation) -> int | None:
        """Count the clips that an operation made, which are what is billed; ``None`` before it is over."""
        if not self.done(operation):
            return None
        assert operation.task is not None
        response = operation.task.result().get("response") or {}
        return len(response.get("videos") or response.get("generatedSamples") or ())

    def poll(self, operation: Operation) -> dict[str, Any]:
        """Give the body of a poll. Pending ones have ``done: false`` every other time, nothing otherwise."""
        assert operation.task is not None
        operation.polls += 1
        if self.done(operation):
            operation.told_inline = "storageUri" not in operation.parameters
            return {"name": operation.name, "done": True, **operation.task.result()}
        return {"name": operation.name} if operation.polls % 2 else {"name": operation.name, "done": False}

    async def _play(self, operation: Operation) -> dict[str, Any]:
        """Make what the operation ends with."""
        script, late = operation.script, late_fault(operation.parameters, operation.feature)
        if late:
            return _error(_INVALID, late)
        if Fault.FAIL in script:
            code = int(script.number(Fault.FAIL, _INTERNAL))
            return _error(code, "Internal error. Please try again. If you see it again, contact support.")
        if Fault.BLOCKED_LATE in script:
            return _error(_INVALID, BLOCKED_LATE)
        if Fault.NO_VIDEO in script:
            return {"response": {"@type": _TYPE}}
        filtered = operation.samples if Fault.FILTERED in script else int(Fault.PARTIAL in script)
        response: dict[str, Any] = {"@type": _TYPE, "raiMediaFilteredCount": filtered}
        if filtered:
            response["raiMediaFilteredReasons"] = [FILTERED] * filtered
        videos = [await self._video(operation, index) for index in range(operation.samples - filtered)]
        if videos and Fault.OLD_SCHEMA in script:
            response["generatedSamples"] = [{"video": _old(video)} for video in videos]
        elif videos:
            response["videos"] = videos
        return {"response": response}

    async def _video(self, operation: Operation, index: int) -> dict[str, str]:
        given = operation.parameters
        content = await asyncio.to_thread(
            clips.clip,
            without_tags(operation.prompt),
            given.get("durationSeconds", DURATIONS[0]),
            given.get("aspectRatio", "16:9"),
            self.resolution or given.get("resolution", "720p"),
            audio=given.get("generateAudio", True),
            start=operation.frames.get("image"),
            end=operation.frames.get("lastFrame"),
        )
        folder = given.get("storageUri")
        if not folder:
            return {"bytesBase64Encoded": base64.b64encode(content).decode(), "mimeType": "video/mp4"}
        visible_at = max(operation.ready_at, self.clock()) + operation.script.number(Fault.SLOW_BUCKET, 0.0)
        # Digits, then the sample: the real service's own naming.
        number = int(operation.name.rpartition("/")[2].replace("-", "")[:15], 16)
        uri = f"{folder.rstrip('/')}/{number}/sample_{index}.mp4"
        self.buckets.put(uri, content, "video/mp4", operation.script, visible_at=visible_at)
        return {"gcsUri": uri, "mimeType": "video/mp4"}


def _frames(instance: Mapping[str, Any]) -> dict[str, bytes]:
    """Give the pictures of a request that were sent themselves; what is in a bucket is not fetched."""
    sent = {name: (instance.get(name) or {}).get("bytesBase64Encoded") for name in ("image", "lastFrame")}
    pictures = {name: base64.b64decode(data) for name, data in sent.items() if data}
    return {name: content for name, content in pictures.items() if is_picture(content)}


def _error(code: int, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "details": []}}


def _old(video: Mapping[str, str]) -> dict[str, str]:
    if "gcsUri" in video:
        return {"uri": video["gcsUri"]}
    return {"encodedVideo": video["bytesBase64Encoded"], "encoding": "video/mp4"}
