"""Stand-ins for what the executor talks to, which do as they are told and remember what they were told."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, cast
from uuid import UUID, uuid4

from domain.capabilities import Capability, Seconds
from domain.clock import boot_time
from domain.errors import NotFoundError
from domain.fetching import FetchFailedError, Reply, UrlRefusedError, url_problem
from domain.frames import Frame
from domain.job import AttemptRecord, Claim, Job
from domain.media import MediaInfo, Previews, SpriteLayout
from domain.moves import Move, Outcome
from domain.ports import ExecutorCard, Lane, LaneKey, Pulse, StoredResult
from domain.provider import (
    Attempt,
    Handle,
    Pending,
    ProviderError,
    Recovered,
    Result,
    SubmitRejectedError,
)
from domain.rates import Rate, Slot
from domain.requests import GenerationRequest
from domain.statuses import AttemptState, JobKind, JobStatus
from domain.storage import Source, StoredObject

ABLE = Capability(
    JobKind.VIDEO,
    Seconds(only=(4.0, 6.0, 8.0)),
    ("16:9", "9:16"),
    {"720p": Decimal("0.10"), "1080p": Decimal("0.20")},
    start_frame=True,
    typical_seconds=0.0,
    longest_seconds=100.0,
)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def make_job(**changes: Any) -> Job:
    """Give a claimed job that the fake provider can make."""
    job = Job(
        id=uuid4(), project_id=uuid4(), scene_id=uuid4(), shot_id=None, kind=JobKind.VIDEO,
        status=JobStatus.PROCESSING, priority=0, provider="fake", model="fake-1", prompt="a door opens",
        negative_prompt=None, start_frame_url=None, end_frame_url=None, duration_seconds=8.0,
        aspect_ratio=None, resolution=None, seed=None, generate_audio=None, run_after=NOW, attempt_count=1,
        claim_count=1, upload_count=0, max_retries=None, claimed_by=uuid4(), claim_token=uuid4(),
        in_hand=True, slot_held=True, cancel_requested_at=None, provider_job_id=None,
        provider_metadata={}, progress=0, video_url=None, storage_path=None, sha256=None, size_bytes=None,
        width=None, height=None, actual_duration_seconds=None, estimated_cost=None, actual_cost=None,
        error_code=None, error_message=None, created_at=NOW, queued_at=NOW, processing_started_at=NOW,
        submitted_at=None, generated_at=None, completed_at=None, finished_at=None,
        poster_path=None, sprite=None, film_shots=None,
        start_image_job_id=None, input_digest=None, returned_at=None,
    )  # fmt: skip
    return replace(job, **changes)


def make_claim(attempt: AttemptRecord | None = None, **changes: Any) -> Claim:
    """Give a fresh claim, or with ``attempt`` one that was taken over."""
    job = make_job(**changes)
    assert job.claim_token is not None
    return Claim(
        job=job,
        token=job.claim_token,
        attempt=attempt and replace(attempt, job_id=job.id),
        attempts=1 if attempt else 0,
        project_title="The door",
        scene_title="Hall",
        shot_label="1A",
        adopted=attempt is not None,
    )


def make_attempt(state: AttemptState, **changes: Any) -> AttemptRecord:
    """Give an attempt as the database has it."""
    job = make_job()
    request = GenerationRequest(
        job.id, job.project_id, None, None, JobKind.VIDEO, "fake-1", "a door opens", 8.0
    )
    made = AttemptRecord(
        id=uuid4(), job_id=job.id, number=1, provider="fake", model="fake-1", state=state,
        request=request.to_json(), landing="landing", executor_id=None, provider_job_id=None, handle=None,
        result=None, estimated_cost=Decimal("0.8"), actual_cost=None, error_code=None, error_message=None,
        raw_error=None, storage_path=None, created_at=NOW, submitted_at=None, finished_at=None,
    )  # fmt: skip
    return replace(made, **changes)


class FakeQueue:
    """A queue that applies nothing and answers as scripted, by the move's name."""

    def __init__(self, **outcomes: Outcome) -> None:
        self.outcomes = outcomes
        self.moves: list[Move] = []
        self.answers: list[tuple[UUID, Handle | ProviderError]] = []
        self.results: dict[tuple[UUID, UUID], StoredResult] = {}
        """By job and project."""
        self.late_answer: Handle | SubmitRejectedError | None = None
        self.pulse = Pulse()
        self.beats = 0
        self.booked: list[tuple[LaneKey, Rate, int]] = []
        self.rolled_up = 0
        self.failures: list[Exception] = []
        """Raised by the next calls, one each."""

    @property
    def names(self) -> list[str]:
        """Give the names of the moves so far."""
        return [move.name for move in self.moves]

    async def apply(self, moves: Sequence[Move]) -> Sequence[Outcome]:
        """Answer ``APPLIED`` unless the move's name is scripted otherwise."""
        self._fail()
        self.moves += moves
        return [self.outcomes.get(move.name, Outcome.APPLIED) for move in moves]

    async def write(self, move: Move) -> Outcome:
        """Apply a single move, as the writer would."""
        return (await self.apply([move]))[0]

    async def claim(self, executor: UUID, lane: Lane, room: int) -> Sequence[Claim]:
        """Have nothing to claim."""
        return []

    def held_back(self, lane: Lane) -> float:
        """Hold nothing back."""
        return 0.0

    async def book(self, lane: LaneKey, rate: Rate, slots: int) -> Sequence[Slot]:
        """Have slots that are open now."""
        self._fail()
        self.booked.append((lane, rate, slots))
        return [Slot(boot_time(), boot_time() + 60)] * slots

    async def adopt(
        self,
        executor: UUID,
        providers: Sequence[str],
        *,
        dead_too: bool,
        limit: int,
        kind: JobKind = JobKind.VIDEO,
    ) -> Sequence[Claim]:
        """Have nothing to adopt."""
        return []

    async def record_answer(self, attempt: UUID, answer: Handle | ProviderError) -> None:
        """Remember the answer."""
        self._fail()
        self.answers.append((attempt, answer))

    async def answer_of(self, attempt: UUID) -> Handle | SubmitRejectedError | None:
        """Give the scripted late answer."""
        self._fail()
        return self.late_answer

    async def stored(self, job: UUID, project: UUID) -> StoredResult | None:
        """Give the scripted result."""
        self._fail()
        return self.results.get((job, project))

    async def beat(self, card: ExecutorCard) -> Pulse:
        """Count beats."""
        self._fail()
        self.beats += 1
        return self.pulse

    async def promote_overdue(self) -> None:
        """Have nothing that waits."""

    async def forget_executors(self) -> None:
        """Forget nobody."""

    async def roll_up_due(self) -> None:
        """Count."""
        self.rolled_up += 1

    async def end_stranded(self) -> int:
        """End nothing."""
        return 0

    async def settle_overdue(self) -> int:
        """Settle nothing."""
        return 0

    async def hand_over(self, executor: UUID) -> int:
        """Have nothing to hand over."""
        return 0

    async def number_events(self) -> int | None:
        """Have nothing to number."""
        return 0

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[AsyncIterator[None]]:
        """Hear nothing."""

        async def silence() -> AsyncIterator[None]:
            return
            yield

        yield silence()

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)


T = TypeVar("T")


@dataclass
class FakeProvider:
    """A provider whose every answer is scripted: values are returned, exceptions raised, in order."""

    name: str = "fake"
    kind: JobKind = JobKind.VIDEO
    models: Mapping[str, Capability] = field(default_factory=lambda: MappingProxyType({"fake-1": ABLE}))
    submits: list[object] = field(default_factory=list)
    polls: list[object] = field(default_factory=list)
    opens: list[object] = field(default_factory=list)
    recoveries: list[object] = field(default_factory=list)
    asked: list[Attempt] = field(default_factory=list)
    requests: list[GenerationRequest] = field(default_factory=list)
    cancelled: list[Handle] = field(default_factory=list)

    async def submit(self, request: GenerationRequest, attempt: Attempt) -> Handle:
        """Give the next scripted answer, a handle by default."""
        self.asked.append(attempt)
        self.requests.append(request)
        return _next(self.submits, Handle("h-1", {"region": "here"}))

    async def poll(self, handle: Handle) -> Pending | Result:
        """Give the next scripted answer, a result by default."""
        return _next(self.polls, Result({"where": handle.id}))

    @asynccontextmanager
    async def open(self, result: Result) -> AsyncIterator[AsyncIterator[bytes]]:
        """Stream the next scripted bytes."""
        content = _next(self.opens, b"a clip")

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        yield chunks()

    async def cancel(self, handle: Handle) -> None:
        """Remember it."""
        self.cancelled.append(handle)

    async def recover(self, attempt: Attempt) -> Recovered:
        """Give the next scripted answer, nothing by default."""
        return _next(self.recoveries, None)

    async def check(self) -> str:
        """Be well."""
        return "fine"

    async def aclose(self) -> None:
        """Hold nothing."""


def _next(script: list[object], default: T) -> T:
    answer = script.pop(0) if script else default
    if isinstance(answer, BaseException):
        raise answer
    return cast("T", answer)


class FakeMedia:
    """Takes every file for the clip it is told."""

    def __init__(self, *, seconds: float | None = 8.0) -> None:
        self.seconds = seconds
        self.failures: list[Exception] = []
        self.preview_failures: list[Exception] = []

    async def ingest_video(self, path: Path) -> MediaInfo:
        """Give the scripted description."""
        if self.failures:
            raise self.failures.pop(0)
        return MediaInfo(1280, 720, self.seconds, "h264", 24.0, has_audio=True)

    async def ingest_image(self, path: Path) -> MediaInfo:
        """Give the scripted description."""
        return MediaInfo(1280, 720, None, "png", None, has_audio=False)

    async def draw_previews(self, path: Path) -> Previews:
        """Give pictures of nothing."""
        if self.preview_failures:
            raise self.preview_failures.pop(0)
        return Previews(b"a poster", b"a strip", SpriteLayout(160, 90, 2, (0.0, 1.0)))

    async def prepare_frame(self, content: bytes, types: Sequence[str], largest: int) -> Frame:
        """Take the bytes for a picture of the first type."""
        if self.failures:
            raise self.failures.pop(0)
        return Frame.of(content, types[0], 1280, 720)


class FakeFetcher:
    """Answers by URL what it is told; of what it does not know there is nothing to be had."""

    def __init__(self) -> None:
        self.replies: dict[str, list[Reply | Exception]] = {}
        """By URL, one after the other; the last one again and again."""
        self.fetched: list[str] = []
        self.posted: list[tuple[str, bytes, Mapping[str, str]]] = []

    async def get(self, url: str, *, most: int) -> Reply:
        """Give the next scripted reply."""
        self.fetched.append(url)
        reply = self._next(url)
        if len(reply.content) > most:
            raise UrlRefusedError(f"there are more than {most / 1e6:.0f} MB")
        return reply

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Reply:
        """Remember what was sent; give the next scripted reply."""
        self.posted.append((url, content, headers))
        return self._next(url)

    async def aclose(self) -> None:
        """Hold nothing."""

    def _next(self, url: str) -> Reply:
        if wrong := url_problem(url):
            raise UrlRefusedError(wrong)
        script = self.replies.get(url, [FetchFailedError("it cannot be connected to")])
        reply = script[0] if len(script) == 1 else script.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


class FakeBlobs:
    """Keeps objects in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.failures: list[Exception] = []

    async def prepare(self) -> None:
        """Be ready."""

    async def put(self, key: str, source: Source, *, content_type: str, sha256: str) -> StoredObject:
        """Keep the bytes."""
        if self.failures:
            raise self.failures.pop(0)
        self.objects[key] = source if isinstance(source, bytes) else source.read_bytes()
        return StoredObject(key, len(self.objects[key]), content_type)

    async def head(self, key: str) -> StoredObject | None:
        """Describe what was kept."""
        found = self.objects.get(key)
        return None if found is None else StoredObject(key, len(found), "video/mp4")

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Stream what was kept."""
        if key not in self.objects:
            raise NotFoundError
        yield self.objects[key][start:end]

    async def delete(self, key: str) -> None:
        """Forget it."""
        self.objects.pop(key, None)

    async def url(self, key: str, *, expires: object) -> str:
        """Give a path."""
        return f"/media/{key}"

    async def check(self) -> None:
        """Be well."""

    async def aclose(self) -> None:
        """Hold nothing."""
