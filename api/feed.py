"""All feeds of this process: one reader of the database, any number of listeners."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from uuid import UUID

import structlog

from api.frames import Frame
from domain.errors import DatabaseUnavailableError, RushesError
from domain.events import EventLog
from services.numbering import Numberer

KEPT = 1_000
"""Events of a project that are kept in memory while somebody listens. A listener further behind is dropped:
it comes back with the last id that it has, and reads the rest from the database."""
PAGE = 500
"""Events of a project that are read at once."""
_TOGETHER = 500
"""Projects that are looked at in one statement."""
_LOOK_SECONDS = 10.0
"""How often to look for events and to number them when nothing was heard."""
_RECONNECT_SECONDS = 1.0

log = structlog.get_logger(__name__)


class LaggingError(RushesError):
    """This listener is slower than the events."""


class Channel:
    """The latest events of one project that somebody listens to."""

    __slots__ = ("changed", "frames", "last", "listeners")

    def __init__(self, last: int) -> None:
        self.last = last
        """Everything up to here was read."""
        self.frames: deque[Frame] = deque(maxlen=KEPT)
        self.changed = asyncio.Event()
        self.listeners = 0

    def push(self, frames: Iterable[Frame]) -> None:
        """Add what follows, and wake every listener."""
        for frame in frames:
            self.frames.append(frame)
            self.last = frame.sequence
        self.stir()

    def stir(self) -> None:
        """Wake every listener; each waits for the event that it found."""
        self.changed.set()
        self.changed = asyncio.Event()

    def since(self, position: int) -> Sequence[Frame] | None:
        """Give what is kept after a position; ``None`` when that is more than is kept."""
        if position >= self.last:
            return ()
        if not self.frames or position < self.frames[0].sequence - 1:
            return None
        missing = self.last - position
        return tuple(self.frames)[-missing:] if missing < len(self.frames) else tuple(self.frames)


class Feed:
    """Follows the events of the projects that somebody listens to, and hands them on.

    A listener keeps nothing but its position: a slow one holds nobody up and fills no queue.
    """

    def __init__(self, events: EventLog) -> None:
        self.log = events
        self.closed = False
        self._numberer = Numberer(events.number, interval=_LOOK_SECONDS)
        self._channels: dict[UUID, Channel] = {}
        self._due: set[UUID] = set()
        self._some = asyncio.Event()

    @property
    def listeners(self) -> int:
        """How many there are in this process."""
        return sum(channel.listeners for channel in self._channels.values())

    def wrote(self) -> None:
        """Say that this process committed something, which is to be numbered."""
        self._numberer.wake()

    @asynccontextmanager
    async def live(self, stop: asyncio.Event) -> AsyncIterator[None]:
        """Follow the database inside the block; listeners are let go as soon as ``stop`` is set."""
        self.closed = False
        loops = (self._listen(), self._read(), self._numberer.run(), self._close_when(stop))
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            yield
        finally:
            self._close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _close_when(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._close()

    def _close(self) -> None:
        """End every listener; they come back to whoever serves then."""
        self.closed = True
        for channel in self._channels.values():
            channel.stir()

    @contextmanager
    def follow(self, project: UUID, position: int, newest: int) -> Iterator["Follower"]:
        """Listen to a project from after ``position`` on; ``newest`` is its latest event as far as known."""
        channel = self._channels.setdefault(project, Channel(newest))
        channel.listeners += 1
        # Whatever was numbered since, and before anybody knew that this project is listened to.
        self._look_at([project])
        try:
            yield Follower(self, channel, project, position)
        finally:
            channel.listeners -= 1
            if not channel.listeners:
                self._channels.pop(project, None)

    def _look_at(self, projects: Iterable[UUID]) -> None:
        self._due.update(projects)
        self._some.set()

    async def _listen(self) -> None:
        while True:
            try:
                async with self.log.listen() as heard:
                    async for stirred in heard:
                        if stirred.written:
                            self._numberer.wake()
                        self._look_at(self._channels if stirred.numbered is None else stirred.numbered)
            except DatabaseUnavailableError as error:
                log.warning("not listening for events", action="feed_listen_failed", error=error.message)
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _read(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._some.wait()
            if not self._some.is_set():
                self._due.update(self._channels)
            self._some.clear()
            due, self._due = [one for one in self._due if one in self._channels], set()
            try:
                for start in range(0, len(due), _TOGETHER):
                    await self._pass_on(due[start : start + _TOGETHER])
            except DatabaseUnavailableError as error:
                log.warning("could not read events", action="feed_read_failed", error=error.message)
                self._look_at(due)
                await asyncio.sleep(_RECONNECT_SECONDS)

    async def _pass_on(self, projects: Sequence[UUID]) -> None:
        channels = {one: self._channels[one] for one in projects if one in self._channels}
        found = await self.log.after({one: channel.last for one, channel in channels.items()}, PAGE)
        new: dict[UUID, list[Frame]] = {}
        for event in found:
            new.setdefault(event.project_id, []).append(Frame.of(event))
        for project, frames in new.items():
            channels[project].push(frames)
            if len(frames) == PAGE:
                self._look_at([project])


class Follower:
    """One listener's place in a project's feed."""

    __slots__ = ("_channel", "_feed", "_joined", "_project", "position")

    def __init__(self, feed: Feed, channel: Channel, project: UUID, position: int) -> None:
        self._feed = feed
        self._channel = channel
        self._project = project
        self._joined = False
        self.position = position

    async def next(self, patience: float) -> Sequence[Frame] | None:
        """Give what follows, nothing after ``patience`` seconds of silence, ``None`` when the feed is closed.

        Raises:
            LaggingError: the events went by faster than this listener took them.
            DatabaseUnavailableError: what it missed before it came cannot be read.
        """
        changed = self._channel.changed
        frames = await self._frames()
        if not frames and not self._feed.closed:
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await changed.wait()
            frames = await self._frames()
        if not frames and self._feed.closed:
            return None
        if frames:
            self.position = frames[-1].sequence
        return frames

    async def _frames(self) -> Sequence[Frame]:
        kept = self._channel.since(self.position)
        if kept is not None:
            self._joined = True
            return kept
        if self._joined:
            raise LaggingError
        found = await self._feed.log.after({self._project: self.position}, PAGE)
        return [Frame.of(event) for event in found]
