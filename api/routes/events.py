"""A project's feed: everything that happens to it, as it happens."""

from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from api.call import Answer, Call
from api.endpoints import STREAM, WEBSOCKET, Endpoint
from api.frames import SNAPSHOT, Frame, message_of
from api.schemas.base import Queried
from api.schemas.events import EventMessage, SnapshotData, SnapshotMessage
from api.streams import EventStream, Listening, SocketStream
from domain.access import Scope
from domain.errors import InvalidRequestError, Problem
from services import projects, snapshots

_HEADER = "last-event-id"
_LARGEST = 2**63 - 1


class FeedQuery(Queried):
    """Where to go on."""

    after: Annotated[int, Field(ge=0, le=_LARGEST)] | None = Field(
        default=None,
        description="Go on after this sequence, without a snapshot. The header Last-Event-ID, which a "
        "browser sends when it comes back, says the same and counts more.",
    )


async def stream_events(call: Call) -> Answer:
    """Send a project's events as Server-Sent Events."""
    return Answer(HTTPStatus.OK, EventStream(await _listening(call)))


async def socket_events(call: Call) -> Answer:
    """Send a project's events over a WebSocket."""
    return Answer(HTTPStatus.SWITCHING_PROTOCOLS, SocketStream(await _listening(call)))


async def _listening(call: Call) -> Listening:
    """Find out where this listener begins.

    Raises:
        NotFoundError: there is no such project, or it is somebody else's.
    """
    feed, position = call.parts.feed, _position(call)
    async with call.transaction() as tx:
        project = await projects.find(tx, call.caller, call.word("project_id"))
        last = await tx.events.last(project.id)
    # Whoever is ahead of us knows another past, such as that of a database before it was restored.
    if position is not None and position <= last:
        return Listening(feed, project.id, position, newest=last)
    taken = await snapshots.take(call.parts.records, feed.log, call.caller, str(project.id))
    data = SnapshotData.of(taken)
    message = message_of(SNAPSHOT, taken.sequence, project=project.id, data=data, created_at=taken.taken_at)
    first = Frame(SNAPSHOT, taken.sequence, message)
    return Listening(feed, project.id, taken.sequence, newest=taken.sequence, first=first)


def _position(call: Call) -> int | None:
    asked = call.query(FeedQuery).after
    header = call.request.headers.get(_HEADER)
    if header is None:
        return asked
    # Not just any digits: there are more of them than ten.
    if not (header.isascii() and header.isdecimal()) or int(header[:20]) > _LARGEST:
        raise InvalidRequestError([Problem("Last-Event-ID", header, "the id of an event: a number from 0")])
    return int(header[:20])


_ABOUT = """The first message is a `snapshot` of the project with the sequence that it contains; then comes
every change, each with the next sequence. With `Last-Event-ID` (or `after`) there is no snapshot, and what
was missed comes first. A listener that falls behind by more than 1,000 events is sent `dropped` and then
hung up on; it, too, goes on where it was. Streams end after about an hour, and when the server stops."""

ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/projects/{project_id}/events",
        handler=stream_events,
        summary="Follow a project (Server-Sent Events)",
        description=_ABOUT + " Heartbeats are comments, at least every 10 s.",
        tag="Events",
        scope=Scope.READ,
        query=FeedQuery,
        answers={HTTPStatus.OK: STREAM},
        messages=(SnapshotMessage, EventMessage),
    ),
    Endpoint(
        method=WEBSOCKET,
        path="/projects/{project_id}/ws",
        handler=socket_events,
        summary="Follow a project (WebSocket)",
        description=_ABOUT + " Each message is one JSON object, the same as the data of a Server-Sent Event.",
        tag="Events",
        scope=Scope.READ,
        query=FeedQuery,
        answers={HTTPStatus.SWITCHING_PROTOCOLS: "application/json"},
        messages=(SnapshotMessage, EventMessage),
    ),
)
