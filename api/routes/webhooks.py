"""Webhooks: where events are sent, and what became of them."""

from http import HTTPStatus

from pydantic import Field
from starlette.responses import Response

from api import cursors
from api.call import Answer, Call
from api.endpoints import Endpoint
from api.schemas.base import Queried
from api.schemas.paging import Limit
from api.schemas.webhooks import (
    DeliveryList,
    DeliveryOut,
    WebhookIn,
    WebhookList,
    WebhookMade,
    WebhookOut,
)
from domain.access import Scope
from domain.records import Transaction
from services import webhooks


class DeliveriesQuery(Queried):
    """Which page of deliveries."""

    after: str | None = Field(default=None, description="The next of an earlier page.")
    limit: Limit = 50


async def create_webhook(call: Call) -> Answer:
    """Register a webhook."""
    asked = call.read(WebhookIn)

    async def change(tx: Transaction) -> Answer:
        made = await webhooks.register(
            tx, call.caller, project=asked.project_id, url=asked.url, types=asked.types
        )
        return Answer(HTTPStatus.CREATED, WebhookMade.of(made))

    return await call.once(change)


async def list_webhooks(call: Call) -> Answer:
    """List the caller's webhooks."""
    async with call.transaction() as tx:
        found = await webhooks.every(tx, call.caller)
    return Answer(HTTPStatus.OK, WebhookList(data=[WebhookOut.model_validate(one) for one in found]))


async def delete_webhook(call: Call) -> Answer:
    """Send nothing more."""
    webhook = call.id("webhook_id")
    async with call.transaction() as tx:
        await webhooks.delete(tx, call.caller, webhook)
    return Answer(HTTPStatus.NO_CONTENT, Response(status_code=HTTPStatus.NO_CONTENT))


async def ping_webhook(call: Call) -> Answer:
    """Send a message that tells nothing."""
    webhook = call.id("webhook_id")

    async def change(tx: Transaction) -> Answer:
        made = await webhooks.ping(tx, call.caller, webhook)
        return Answer(HTTPStatus.ACCEPTED, DeliveryOut.model_validate(made))

    return await call.once(change)


async def list_deliveries(call: Call) -> Answer:
    """List what was sent to a webhook and is to be sent."""
    query, webhook = call.query(DeliveriesQuery), call.id("webhook_id")
    after = cursors.decode(query.after)
    async with call.transaction() as tx:
        page = await webhooks.deliveries(tx, call.caller, webhook, after, query.limit)
    return Answer(HTTPStatus.OK, DeliveryList.of(page, cursors.encode(page.next)))


async def replay_delivery(call: Call) -> Answer:
    """Send a message once more."""
    webhook, delivery = call.id("webhook_id"), call.id("delivery_id")

    async def change(tx: Transaction) -> Answer:
        again = await webhooks.replay(tx, call.caller, webhook, delivery)
        return Answer(HTTPStatus.ACCEPTED, DeliveryOut.model_validate(again))

    return await call.once(change)


_TAG = "Webhooks"
ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/webhooks",
        handler=create_webhook,
        summary="Send events to an address",
        description="From now on, signed as Standard Webhooks says. See docs/reference/events.md.",
        tag=_TAG,
        scope=Scope.RENDER,
        body=WebhookIn,
        answers={HTTPStatus.CREATED: WebhookMade},
        codes=("too_many_webhooks",),
    ),
    Endpoint(
        method="GET",
        path="/webhooks",
        handler=list_webhooks,
        summary="List webhooks",
        tag=_TAG,
        scope=Scope.READ,
        answers={HTTPStatus.OK: WebhookList},
    ),
    Endpoint(
        method="DELETE",
        path="/webhooks/{webhook_id}",
        handler=delete_webhook,
        summary="Forget a webhook and its deliveries",
        tag=_TAG,
        scope=Scope.RENDER,
        answers={HTTPStatus.NO_CONTENT: ""},
    ),
    Endpoint(
        method="POST",
        path="/webhooks/{webhook_id}/ping",
        handler=ping_webhook,
        summary="Send a test message",
        tag=_TAG,
        scope=Scope.RENDER,
        answers={HTTPStatus.ACCEPTED: DeliveryOut},
    ),
    Endpoint(
        method="GET",
        path="/webhooks/{webhook_id}/deliveries",
        handler=list_deliveries,
        summary="List a webhook's deliveries, newest first",
        description="They are kept for 30 days.",
        tag=_TAG,
        scope=Scope.READ,
        query=DeliveriesQuery,
        answers={HTTPStatus.OK: DeliveryList},
    ),
    Endpoint(
        method="POST",
        path="/webhooks/{webhook_id}/deliveries/{delivery_id}/replay",
        handler=replay_delivery,
        summary="Send a message once more, under the same id",
        tag=_TAG,
        scope=Scope.RENDER,
        answers={HTTPStatus.ACCEPTED: DeliveryOut},
    ),
)
