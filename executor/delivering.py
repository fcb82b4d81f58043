"""Webhooks on their way: signed, sent once per attempt, tried again as Standard Webhooks says."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random

import structlog
from standardwebhooks import Webhook

from domain.clock import boot_time
from domain.errors import DatabaseUnavailableError
from domain.fetching import Fetcher, FetchFailedError, UrlRefusedError, shown_url
from domain.webhooks import WAITS, Answered, Deliveries, DueDelivery

AT_ONCE = 16
"""Deliveries of one executor under way at the same time."""
_GONE = 410
_FORGET_SECONDS = 3_600.0
_AFTER_ERROR = 1.0

log = structlog.get_logger(__name__)


class Deliverer:
    """Delivers what is due. Every executor does, none leads, and no connection is held while one waits."""

    def __init__(self, deliveries: Deliveries, fetcher: Fetcher, *, interval: float, rng: Random) -> None:
        self._deliveries = deliveries
        self._fetcher = fetcher
        self._interval = interval
        self._rng = rng
        self._wake = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Look for deliveries now."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver for ever. Whatever is cancelled on its way is sent again, under the same id."""
        forget_at = boot_time()
        try:
            while True:
                self._wake.clear()
                try:
                    await self._round()
                    if boot_time() >= forget_at:
                        forget_at = boot_time() + _FORGET_SECONDS
                        await self._deliveries.forget()
                except DatabaseUnavailableError as error:
                    log.warning("could not take deliveries", action="deliveries_failed", error=error.message)
                    await asyncio.sleep(_AFTER_ERROR)
                try:
                    async with asyncio.timeout(self._interval):
                        await self._wake.wait()
                except TimeoutError:
                    continue
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _round(self) -> None:
        while room := AT_ONCE - len(self._under_way):
            taken = await self._deliveries.take(room)
            for delivery in taken:
                task = asyncio.create_task(self._deliver(delivery))
                self._under_way.add(task)
                task.add_done_callback(self._done)
            if not taken:
                return

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._wake.set()

    async def _deliver(self, delivery: DueDelivery) -> None:
        answered = await self._attempt(delivery)
        log.info(
            "a webhook was attempted",
            action="webhook_attempted",
            delivery=str(delivery.id),
            url=shown_url(delivery.url),
            attempt=delivery.attempts,
            delivered=answered.delivered,
            status=answered.status,
            error=answered.error,
        )
        try:
            await self._deliveries.settle(delivery, answered)
        except DatabaseUnavailableError as error:
            # It counts as lost in a minute, and is sent again.
            log.warning("an attempt was not noted", action="settle_failed", error=error.message)

    async def _attempt(self, delivery: DueDelivery) -> Answered:
        body, headers = signed(delivery, datetime.now(UTC))
        try:
            reply = await self._fetcher.post(delivery.url, body, headers)
        except (UrlRefusedError, FetchFailedError) as error:
            return Answered(wait=self._wait(delivery, 0), error=error.message)
        if reply.is_success:
            return Answered(delivered=True, status=reply.status)
        if reply.status == _GONE:
            return Answered(gone=True, status=reply.status)
        return Answered(wait=self._wait(delivery, reply.retry_after or 0), status=reply.status)

    def _wait(self, delivery: DueDelivery, asked: float) -> float | None:
        """Give the seconds until the next attempt, spread; ``None`` after the last one."""
        if delivery.attempts >= len(WAITS):
            return None
        return min(max(WAITS[delivery.attempts], asked), WAITS[-1]) * self._rng.uniform(1.0, 1.2)


def signed(delivery: DueDelivery, now: datetime) -> tuple[bytes, Mapping[str, str]]:
    """Give the body of a delivery and the headers that prove where it is from."""
    identity = f"msg_{delivery.id.hex}"
    message = {"type": delivery.type, "timestamp": delivery.message["created_at"], "data": delivery.message}
    body = json.dumps(message, default=_plain, separators=(",", ":"))
    return body.encode(), {
        "Content-Type": "application/json",
        "webhook-id": identity,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(delivery.secret).sign(identity, now, body),
    }


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
