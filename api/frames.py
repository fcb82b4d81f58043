"""Events as they go over the wire; each is written out once, however many listen."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from domain.events import Event

SNAPSHOT = "snapshot"
"""The type of the first message: the project as it stands."""
DROPPED = "dropped"
"""The type of the last message to a listener that was too slow."""
HEARTBEAT = b": still here\n\n"


class Frame:
    """One message, as Server-Sent Event and as JSON."""

    __slots__ = ("sequence", "sse", "text", "type")

    def __init__(self, kind: str, sequence: int, message: Mapping[str, Any]) -> None:
        self.type = kind
        self.sequence = sequence
        body = to_json(message)
        self.text = body.decode()
        """As a WebSocket's message."""
        # JSON has no line breaks of its own, and they would end the field.
        self.sse = b"id: %d\nevent: %s\ndata: %s\n\n" % (sequence, kind.encode(), body)
        """As a Server-Sent Event."""

    @classmethod
    def of(cls, event: Event) -> "Frame":
        """Write an event out."""
        message = message_of(
            event.type,
            event.sequence,
            project=event.project_id,
            scene=event.scene_id,
            job=event.job_id,
            data=event.data,
            created_at=event.created_at,
        )
        return cls(event.type, event.sequence, message)


def message_of(
    kind: str,
    sequence: int,
    *,
    project: UUID,
    data: Any,
    created_at: datetime,
    scene: UUID | None = None,
    job: UUID | None = None,
) -> Mapping[str, Any]:
    """Give a message's JSON, the same for every type."""
    return {
        "sequence": sequence,
        "type": kind,
        "project_id": project,
        "scene_id": scene,
        "job_id": job,
        "data": data,
        "created_at": created_at,
    }
