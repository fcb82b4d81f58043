"""Webhooks: signed as their standard says, sent again on its schedule, never to where they must not go."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from jsonschema import Draft202012Validator
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette

from db.engine import Database
from db.events import number
from db.webhooks import PostgresDeliveries
from domain.access import Scope
from domain.fetching import FetchFailedError, Reply
from domain.webhooks import WAITS, Answered
from executor.delivering import Deliverer
from fetching.open import open_fetcher
from fetching.settings import FetchSettings
from tests.api_client import Connect, Execute, Made, MakeKey, make_project, problem
from tests.database import eventually
from tests.fakes import FakeFetcher
from tests.integration.api.test_events import append, render
from tests.stub_server import Answer, serving

URL = "https://films.example/hook"


async def register(client: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    response = await client.post("/api/v1/webhooks", json={"url": URL, **asked})
    assert response.status_code == 201, response.text
    body = response.json()
    assert isinstance(body, dict)
    return body


async def happen(database: Database, project: Made, count: int = 1) -> None:
    await append(database, project, count)
    assert await number(database)


class Desk:
    """One deliverer's work, step by step."""

    def __init__(self, database: Database) -> None:
        self.store = PostgresDeliveries(database)
        self.fetcher = FakeFetcher()
        self.fetcher.replies[URL] = [Reply(200, b"")]

    async def round(self) -> int:
        """Deliver what is due; give how many attempts that took."""
        before = len(self.fetcher.posted)
        deliverer = Deliverer(self.store, self.fetcher, interval=60, rng=Random(1))
        await deliverer._round()
        await asyncio.gather(*deliverer._under_way)
        return len(self.fetcher.posted) - before

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(content) for _, content, _ in self.fetcher.posted]


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


async def log_of(client: httpx.AsyncClient, webhook: dict[str, Any]) -> list[dict[str, Any]]:
    response = await client.get(f"/api/v1/webhooks/{webhook['id']}/deliveries")
    found = response.json()["data"]
    assert isinstance(found, list)
    return found


async def test_an_event_is_sent_signed_and_once(
    client: httpx.AsyncClient, database: Database, project: Made, desk: Desk, app: Starlette
) -> None:
    webhook = await register(client, project_id=project.receipt)
    assert webhook["secret"].startswith("whsec_")
    await happen(database, project)
    assert await desk.round() == 1
    ((_, content, headers),) = desk.fetcher.posted
    sent = Webhook(webhook["secret"]).verify(content, dict(headers))
    assert sent["type"] == "test.happened"
    assert (sent["data"]["sequence"], sent["data"]["project_id"]) == (1, project.id)
    assert sent["timestamp"] == sent["data"]["created_at"]
    with pytest.raises(WebhookVerificationError):
        Webhook(webhook["secret"]).verify(content + b" ", dict(headers))
    assert await desk.round() == 0
    ((delivery),) = await log_of(client, webhook)
    assert (delivery["state"], delivery["attempts"], delivery["status"]) == ("delivered", 1, 200)
    assert headers["webhook-id"] == f"msg_{UUID(delivery['id']).hex}"
    document = (await client.get("/openapi.json")).json()
    schema = {**document["components"]["schemas"]["EventMessage"], "components": document["components"]}
    Draft202012Validator(schema).validate(sent["data"])


async def test_the_secret_is_shown_once(client: httpx.AsyncClient) -> None:
    made = await register(client)
    listed = (await client.get("/api/v1/webhooks")).json()["data"]
    assert listed == [{name: value for name, value in made.items() if name != "secret"}]


@pytest.mark.parametrize(
    ("types", "told"),
    [
        ([], {"job.queued", "scene.rendering", "project.rendering"}),
        (["job.*"], {"job.queued"}),
        (["scene.rendering", "project.failed"], {"scene.rendering"}),
        (["job.failed"], set()),
    ],
)
async def test_only_what_was_asked_for_is_sent(
    client: httpx.AsyncClient,
    database: Database,
    project: Made,
    desk: Desk,
    types: list[str],
    told: set[str],
) -> None:
    await register(client, types=types, project_id=project.id)
    other = await make_project(client)
    await render(client, project)
    await render(client, other)
    await number(database)
    while await desk.round():
        pass
    assert {body["type"] for body in desk.bodies()} == told
    assert {body["data"]["project_id"] for body in desk.bodies()} <= {project.id}


async def test_without_a_project_all_of_them_are_sent(
    client: httpx.AsyncClient, database: Database, project: Made, desk: Desk
) -> None:
    await register(client)
    other = await make_project(client)
    for one in (project, other):
        await happen(database, one)
    await desk.round()
    assert {body["data"]["project_id"] for body in desk.bodies()} == {project.id, other.id}


async def test_it_is_tried_again_on_the_schedule_under_the_same_id(
    client: httpx.AsyncClient, database: Database, project: Made, desk: Desk, execute: Execute
) -> None:
    webhook = await register(client)
    await happen(database, project)
    answers: list[Reply | Exception] = [
        Reply(500, b""),
        FetchFailedError("it cannot be connected to"),
        Reply(302, b""),
        Reply(404, b""),
        Reply(503, b"", retry_after=60),
    ]
    for attempt in range(len(WAITS)):
        desk.fetcher.replies[URL] = [answers[attempt % len(answers)]]
        assert await desk.round() == 1
        assert await desk.round() == 0, "not before its time"
        ((waits, state),) = await execute(
            "SELECT extract(epoch FROM next_at - attempted_at)::float8, state FROM webhook_deliveries"
        )
        if attempt + 1 < len(WAITS):
            least = max(WAITS[attempt + 1], 60 if attempt % 5 == 4 else 0)
            assert (state, least <= waits <= least * 1.2 + 5) == ("pending", True), (attempt, waits)
        await execute("UPDATE webhook_deliveries SET next_at = now()")
    assert await desk.round() == 0
    (delivery,) = await log_of(client, webhook)
    assert (delivery["state"], delivery["attempts"], delivery["status"]) == ("failed", 10, 503)
    assert len({headers["webhook-id"] for _, _, headers in desk.fetcher.posted}) == 1


async def test_whoever_is_gone_gets_nothing_more_until_somebody_asks(
    client: httpx.AsyncClient, database: Database, project: Made, desk: Desk
) -> None:
    webhook = await register(client)
    desk.fetcher.replies[URL] = [Reply(410, b"")]
    await happen(database, project)
    await desk.round()
    assert (await client.get("/api/v1/webhooks")).json()["data"][0]["disabled_at"] is not None
    await happen(database, project)
    assert await desk.round() == 0
    desk.fetcher.replies[URL] = [Reply(204, b"")]
    pinged = await client.post(f"/api/v1/webhooks/{webhook['id']}/ping", json={})
    assert pinged.status_code == 202
    await desk.round()
    assert desk.bodies()[-1]["type"] == "webhook.ping"
    assert (await client.get("/api/v1/webhooks")).json()["data"][0]["disabled_at"] is None


async def test_a_message_is_sent_once_more_under_its_id(
    client: httpx.AsyncClient, database: Database, project: Made, desk: Desk
) -> None:
    webhook = await register(client)
    await happen(database, project)
    await desk.round()
    (delivery,) = await log_of(client, webhook)
    path = f"/api/v1/webhooks/{webhook['id']}/deliveries"
    again = await client.post(f"{path}/{delivery['id']}/replay", json={})
    assert (again.status_code, again.json()["state"]) == (202, "pending")
    assert await desk.round() == 1
    first, second = desk.fetcher.posted
    assert (first[1], first[2]["webhook-id"]) == (second[1], second[2]["webhook-id"])
    problem(await client.post(f"{path}/{uuid4()}/replay", json={}), 404, "not_found")


async def test_a_death_on_the_way_sends_it_again_and_a_late_answer_changes_nothing(
    client: httpx.AsyncClient, database: Database, project: Made, desk: Desk, execute: Execute
) -> None:
    webhook = await register(client)
    await happen(database, project)
    (lost,) = await desk.store.take(10)
    assert await desk.store.take(10) == []
    await execute("UPDATE webhook_deliveries SET next_at = now()")
    assert await desk.round() == 1
    await desk.store.settle(lost, Answered(gone=True))
    (delivery,) = await log_of(client, webhook)
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 2)
    assert (await client.get("/api/v1/webhooks")).json()["data"][0]["disabled_at"] is None


async def test_two_executors_never_take_the_same(
    client: httpx.AsyncClient, database: Database, project: Made, desk: Desk
) -> None:
    for _ in range(3):
        await register(client)
    await happen(database, project, 20)
    taken = await asyncio.gather(*(desk.store.take(5) for _ in range(6)))
    ids = [one.id for some in taken for one in some]
    assert len(ids) == len(set(ids)) > 5


async def test_a_slow_webhook_keeps_nobody_waiting(
    client: httpx.AsyncClient, database: Database, project: Made, desk: Desk
) -> None:
    await register(client, url="https://slow.example/")
    await register(client)
    await happen(database, project, 30)
    taken = await desk.store.take(100)
    assert {one.url: sum(other.url == one.url for other in taken) for one in taken} == {
        "https://slow.example/": 4,
        URL: 4,
    }


async def test_a_deleted_webhook_is_forgotten(
    client: httpx.AsyncClient, database: Database, project: Made, desk: Desk, execute: Execute
) -> None:
    webhook = await register(client)
    await happen(database, project)
    assert (await client.delete(f"/api/v1/webhooks/{webhook['id']}")).status_code == 204
    assert await execute("SELECT FROM webhook_deliveries") == []
    problem(await client.get(f"/api/v1/webhooks/{webhook['id']}/deliveries"), 404, "not_found")
    await happen(database, project)
    assert await desk.round() == 0


async def test_what_cannot_be_registered(client: httpx.AsyncClient) -> None:
    for asked, field in (
        ({"url": "ftp://films.example"}, "url"),
        ({"url": "https://user:secret@films.example"}, "url"),
        ({"url": URL, "types": ["job.completed", "job.exploded"]}, "types[1]"),
        ({"url": URL, "types": ["*"]}, "types[0]"),
    ):
        refused = problem(await client.post("/api/v1/webhooks", json=asked), 422, "invalid_request")
        assert [entry["field"] for entry in refused["problems"]] == [field]


async def test_a_key_for_a_project_sees_its_webhooks_alone(
    client: httpx.AsyncClient, connect: Connect, project: Made, make_key: MakeKey
) -> None:
    everybodys = await register(client)
    key = await make_key(Scope.RENDER, projects=[project.id])
    mine = connect(Authorization=f"Bearer {key}")
    problem(await mine.post("/api/v1/webhooks", json={"url": URL}), 403, "not_allowed")
    own = await register(mine, project_id=project.id)
    assert [one["id"] for one in (await mine.get("/api/v1/webhooks")).json()["data"]] == [own["id"]]
    for path in ("deliveries", f"deliveries/{uuid4()}/replay", "ping"):
        call = mine.get if path == "deliveries" else mine.post
        problem(await call(f"/api/v1/webhooks/{everybodys['id']}/{path}"), 404, "not_found")
    problem(await mine.delete(f"/api/v1/webhooks/{everybodys['id']}"), 404, "not_found")


@pytest.fixture
async def delivering(database: Database) -> AsyncIterator[Deliverer]:
    """Give a deliverer that runs, and may reach nothing but the public internet."""
    fetcher = open_fetcher(FetchSettings())
    deliverer = Deliverer(PostgresDeliveries(database), fetcher, interval=0.05, rng=Random(1))
    running = asyncio.create_task(deliverer.run())
    yield deliverer
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await fetcher.aclose()


async def test_nothing_on_this_machine_is_reached(
    client: httpx.AsyncClient, database: Database, project: Made, delivering: Deliverer
) -> None:
    came: list[str] = []

    def answer(method: str, path: str) -> Answer:
        came.append(path)
        return Answer(200)

    with serving(answer) as inside:
        webhook = await register(client, url=f"{inside}/admin")
        await happen(database, project)

        async def attempted() -> bool:
            (delivery,) = await log_of(client, webhook)
            return delivery["error"] is not None

        await eventually(attempted)
    assert came == []


async def test_it_arrives_over_a_real_connection(
    client: httpx.AsyncClient, database: Database, project: Made
) -> None:
    with serving(lambda _method, _path: Answer(200)) as receiver:
        port = httpx.URL(receiver).port
        fetcher = open_fetcher(FetchSettings(fetch_private_hosts=f"127.0.0.1:{port}"))
        webhook = await register(client, url=receiver)
        await happen(database, project)
        deliverer = Deliverer(PostgresDeliveries(database), fetcher, interval=60, rng=Random(1))
        running = asyncio.create_task(deliverer.run())

        async def delivered() -> bool:
            return [one["state"] for one in await log_of(client, webhook)] == ["delivered"]

        await eventually(delivered)
        await happen(database, project)
        deliverer.wake()

        async def both() -> bool:
            return [one["state"] for one in await log_of(client, webhook)] == ["delivered"] * 2

        await eventually(both)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await fetcher.aclose()
