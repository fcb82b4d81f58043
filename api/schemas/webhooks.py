"""Webhooks on the wire."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from api.schemas.base import Answered, Asked, Name
from api.schemas.events import EventMessage
from domain.fetching import LONGEST_URL
from domain.paging import Page
from domain.webhooks import Delivery, DeliveryState
from services.webhooks import Registered


class WebhookIn(Asked):
    """Where to send which events."""

    url: Annotated[str, Field(min_length=1, max_length=LONGEST_URL)] = Field(
        examples=["https://films.example/hooks/rushes"]
    )
    project_id: Name | None = Field(default=None, description="Id or receipt. Default: every project.")
    types: Annotated[list[Name], Field(max_length=50)] = Field(
        default=[],
        description="Event types, or groups of them. Default: every event.",
        examples=[["job.completed", "scene.*"]],
    )


class WebhookOut(Answered):
    """A webhook."""

    id: UUID
    project_id: UUID | None
    url: str
    types: list[str]
    created_at: datetime
    disabled_at: datetime | None = Field(
        description="Since when nothing is sent: the address answered 410. A ping or a replay enables it."
    )


class WebhookMade(WebhookOut):
    """A webhook that was just made."""

    secret: str = Field(description="What its messages are signed with. Shown this once.")

    @classmethod
    def of(cls, made: Registered) -> Self:
        """Give it as it is answered."""
        return cls(**WebhookOut.model_validate(made.webhook).model_dump(), secret=made.secret)


class WebhookList(Answered):
    """All webhooks, the oldest first."""

    data: list[WebhookOut]
    next: None = Field(default=None, description="There is one page.")


class DeliveryOut(Answered):
    """A message to a webhook."""

    id: UUID = Field(description="Its webhook-id is msg_ and this without dashes, at every attempt.")
    webhook_id: UUID
    project_id: UUID | None
    sequence: int | None = Field(description="Of the event; null for a ping.")
    type: str
    state: DeliveryState
    attempts: int
    next_at: datetime = Field(description="When a pending one is attempted.")
    status: int | None = Field(description="What the last attempt was answered.")
    error: str | None = Field(description="Why the last attempt got no answer.")
    created_at: datetime
    attempted_at: datetime | None
    delivered_at: datetime | None


class DeliveryList(Answered):
    """One page of deliveries, newest first."""

    data: list[DeliveryOut]
    next: str | None = Field(description="The after of the next page; null on the last one.")

    @classmethod
    def of(cls, page: Page[Delivery], following: str | None) -> Self:
        """Give a page as it is answered."""
        return cls(data=[DeliveryOut.model_validate(one) for one in page.data], next=following)


class WebhookBody(Answered):
    """What is sent to a webhook."""

    type: str
    timestamp: datetime
    data: EventMessage
