"""A project's feed over a real server: snapshot, changes, replay from any point, and slow listeners."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import insert
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from api import feed, streams
from api.frames import Frame
from api.main import run
from api.parts import Parts
from api.settings import ApiSettings
from db import tables
from db.engine import Database
from db.queue import PostgresQueue
from domain.access import Scope
from domain.errors import DatabaseUnavailableError
from domain.statuses import JobStatus
from tests.api_client import AddJob, Made, MakeKey
from tests.database import eventually
from tests.event_stream import Told, followed
from tests.factories import Life, card, claim_all, lane

SETTINGS = ApiSettings(api_port=0, api_rate_per_second=10_000)


@asynccontextmanager
async def served(parts: Parts) -> AsyncIterator[str]:
    """Run the API and give its address; streams are ended when it stops."""
    stop, ready, said = asyncio.Event(), asyncio.Event(), list[str]()
    task = asyncio.create_task(run(parts, SETTINGS, stop, ready=ready, announce=said.append))
    async with asyncio.timeout(30):
        await ready.wait()
    try:
        yield said[0]
    finally:
        stop.set()
        async with asyncio.timeout(30):
            await task


@pytest.fixture
async def address(parts: Parts) -> AsyncIterator[str]:
    async with served(parts) as found:
        yield found


@pytest.fixture
async def browser(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address) as client:
        yield client


def events_of(project: Made) -> str:
    return f"/api/v1/projects/{project.id}/events"


async def append(database: Database, project: Made, count: int = 1) -> None:
    event = {"project_id": UUID(project.id), "type": "test.happened"}
    async with database.transaction() as connection:
        await connection.execute(insert(tables.events), [{**event, "data": {"n": n}} for n in range(count)])


def follows(told: list[Told], position: int) -> bool:
    return [event.id for event in told] == list(range(position + 1, position + 1 + len(told)))


class Page:
    """What a page makes of a feed: a snapshot, and every change on top of it."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        self.sequence = snapshot["sequence"]
        self.project = snapshot["data"]["project"]["status"]
        self.scenes = {scene["id"]: scene["render_status"] for scene in snapshot["data"]["scenes"]}
        self.jobs = {job["id"]: dict(job) for job in snapshot["data"]["jobs"]}

    def take(self, event: Told) -> None:
        message, data = event.message, event.message["data"]
        assert message["sequence"] == event.id == self.sequence + 1, "a gap, or one told twice"
        self.sequence = event.id
        if message["job_id"]:
            self.jobs.setdefault(message["job_id"], {"id": message["job_id"]}).update(data)
        elif message["scene_id"]:
            self.scenes[message["scene_id"]] = data["status"]
        else:
            self.project = data["status"]

    def shows(self) -> Any:
        names = (
            "status",
            "attempt_count",
            "video_url",
            "actual_cost",
            "provider",
            "model",
            "error_code",
            "width",
        )
        jobs = {job: {name: row.get(name) for name in names} for job, row in self.jobs.items()}
        return self.project, self.scenes, jobs


async def render(client: httpx.AsyncClient, project: Made, scene: int = 0) -> list[str]:
    response = await client.post(project.path(scene), json={})
    assert response.status_code == 202, response.text
    return [job["id"] for job in response.json()["jobs"]]


async def work(database: Database) -> None:
    queue, me = PostgresQueue(database), card()
    for claim in await claim_all(queue, me.id, lane(100)):
        await Life(queue, claim).to(JobStatus.COMPLETED)


async def test_a_snapshot_and_then_every_change(
    browser: httpx.AsyncClient, database: Database, project: Made
) -> None:
    await render(browser, project)
    async with followed(browser, events_of(project)) as stream:
        assert stream.response.headers["content-type"].startswith("text/event-stream")
        assert stream.response.headers["cache-control"] == "no-store"
        first = await stream.next()
        assert stream.retry == streams.RETRY_MILLISECONDS
        assert (first.type, first.message["type"]) == ("snapshot", "snapshot")
        assert first.id == first.message["sequence"] > 0
        page = Page(first.message)
        assert {job["status"] for job in page.jobs.values()} == {"queued"}
        await asyncio.gather(work(database), render(browser, project, 1))
        await work(database)
        for event in await stream.until("project.complete"):
            page.take(event)
    async with followed(browser, events_of(project)) as stream:
        anew = Page((await stream.next()).message)
    assert page.shows() == anew.shows()
    assert page.sequence == anew.sequence
    assert page.project == "complete"


async def test_a_snapshot_has_the_take_that_stands_for_a_shot_beside_a_newer_one(
    browser: httpx.AsyncClient, project: Made, add_job: AddJob
) -> None:
    shot = UUID(project.shot(0, 0))
    stands = str(await add_job(JobStatus.COMPLETED, shot_id=shot))
    image = str(await add_job(JobStatus.COMPLETED, shot_id=shot, kind="image"))
    failed = str(await add_job(JobStatus.FAILED, shot_id=shot))
    async with followed(browser, events_of(project)) as stream:
        jobs = (await stream.next()).message["data"]["jobs"]
    assert {job["id"]: (job["take"], job["chosen"]) for job in jobs} == {
        stands: (1, True),
        image: (1, True),
        failed: (2, False),
    }
    assert len(jobs) == 3


async def test_a_replay_from_every_point(
    browser: httpx.AsyncClient, database: Database, project: Made
) -> None:
    await append(database, project, 12)
    async with followed(browser, events_of(project)) as stream:
        assert (await stream.next()).id == 12
    for last in range(13):
        for asked in ({"last": last}, {"after": last}):
            async with followed(browser, events_of(project), **asked) as stream:
                told = [await stream.next() for _ in range(12 - last)]
                assert follows(told, last)


async def test_what_comes_while_away_is_told_after_coming_back(
    browser: httpx.AsyncClient, database: Database, project: Made
) -> None:
    async with followed(browser, events_of(project)) as stream:
        assert (await stream.next()).id == 0
        await append(database, project)
        assert (await stream.next()).id == 1
    await append(database, project, feed.PAGE + 20)
    async with followed(browser, events_of(project), last=1) as stream:
        told = [await stream.next() for _ in range(feed.PAGE + 20)]
        assert follows(told, 1)
        await append(database, project)
        assert (await stream.next()).id == told[-1].id + 1


async def test_whoever_knows_another_past_gets_a_snapshot(
    browser: httpx.AsyncClient, database: Database, project: Made
) -> None:
    await append(database, project)
    async with followed(browser, events_of(project), last=99) as stream:
        first = await stream.next()
    assert (first.type, first.id) == ("snapshot", 1)


@pytest.mark.parametrize("given", ["-1", "one", "1.5", "9" * 30, "٣"])
async def test_an_id_that_is_none_is_refused(browser: httpx.AsyncClient, project: Made, given: str) -> None:
    refused = await browser.get(events_of(project), headers={b"Last-Event-ID": given.encode()})
    assert (refused.status_code, refused.json()["problems"][0]["field"]) == (422, "Last-Event-ID")


async def test_somebody_elses_project_does_not_exist(
    browser: httpx.AsyncClient, address: str, project: Made, make_key: MakeKey
) -> None:
    missing = await browser.get(f"/api/v1/projects/{uuid4()}/events")
    assert missing.status_code == 404
    key = await make_key(Scope.READ, projects=[project.id])
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=address, headers=headers) as mine:
        async with followed(mine, events_of(project)) as stream:
            assert (await stream.next()).type == "snapshot"
        assert (await mine.get(f"/api/v1/projects/{uuid4()}/events")).status_code == 404
    assert (await browser.get(events_of(project))).status_code == 401


async def test_silence_is_broken_by_comments(
    browser: httpx.AsyncClient, database: Database, project: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert streams.SILENCE_SECONDS < 15
    monkeypatch.setattr(streams, "SILENCE_SECONDS", 0.02)
    async with followed(browser, events_of(project), last=0) as stream:
        reading = asyncio.create_task(stream.next())
        await eventually(lambda: stream.comments >= 3)
        await append(database, project)
        assert (await reading).id == 1


async def test_a_listener_that_hangs_up_is_forgotten(
    browser: httpx.AsyncClient, parts: Parts, project: Made
) -> None:
    async with followed(browser, events_of(project)) as stream:
        await stream.next()
        assert parts.feed.listeners == 1
    await eventually(lambda: parts.feed.listeners == 0)
    assert parts.feed._channels == {}


async def test_streams_end_when_the_server_stops(parts: Parts, database: Database, project: Made) -> None:
    async with httpx.AsyncClient() as client:
        async with served(parts) as address:
            client.base_url = httpx.URL(address)
            listening = asyncio.create_task(read_to_the_end(client, project))
            socket = await connect(ws(address, project))
            await eventually(lambda: parts.feed.listeners == 2)
        assert [event.type for event in await listening] == ["snapshot"]
        assert (await message(socket))["type"] == "snapshot"
        await socket.wait_closed()
        assert socket.close_code in {1001, 1012}, "it is told that the server goes, and not that it erred"
    # Another process, or the same one again: whoever comes back misses nothing.
    await append(database, project)
    async with (
        served(parts) as address,
        httpx.AsyncClient(base_url=address) as client,
        followed(client, events_of(project), last=0) as stream,
    ):
        assert (await stream.next()).id == 1


async def read_to_the_end(client: httpx.AsyncClient, project: Made) -> list[Told]:
    async with followed(client, events_of(project)) as stream:
        return [event async for event in stream.events]


async def test_a_stream_ends_after_a_while_and_goes_on(
    browser: httpx.AsyncClient, database: Database, project: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "LONGEST_SECONDS", 0.0)
    assert [event.type for event in await read_to_the_end(browser, project)] == ["snapshot"]


async def test_a_lost_database_is_waited_for(
    browser: httpx.AsyncClient, database: Database, project: Made
) -> None:
    async with followed(browser, events_of(project)) as stream:
        await stream.next()
        async with database.transaction() as connection:
            await connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

        async def appended() -> bool:
            # Connections of the pool were ended as well; each is found out once.
            with suppress(DatabaseUnavailableError):
                await append(database, project, 2)
                return True
            return False

        await eventually(appended)
        assert [(await stream.next()).id for _ in range(2)] == [1, 2]


async def test_a_slow_listener_is_told_and_dropped_and_stops_nobody(
    parts: Parts, database: Database, project: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "KEPT", 10)
    shared, sent = parts.feed, list[list[tuple[int, str]]]()
    blocked, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(frames: Sequence[Frame]) -> None:
        sent.append([(frame.sequence, frame.type) for frame in frames])
        if frames:
            blocked.set()
            await go_on.wait()

    async with shared.live(asyncio.Event()):
        with shared.follow(UUID(project.id), 0, 0) as quick:
            slow = streams.Listening(shared, UUID(project.id), 0, newest=0)
            running = asyncio.create_task(slow.run(slowly))
            await eventually(lambda: shared.listeners == 2)
            seen: list[int] = []
            while len(seen) < 30:
                await append(database, project)
                shared.wrote()
                async with asyncio.timeout(30):
                    while not (frames := await quick.next(10)):
                        assert frames is not None, "closed"
                seen += [frame.sequence for frame in frames]
            assert seen == list(range(1, 31))
            await blocked.wait()
            go_on.set()
            assert await running == "too slow"
    ((last, kind),) = sent[-1]
    assert kind == "dropped"
    assert last == sent[-2][-1][0], "it may go on after the last event that it took"


async def test_a_listener_that_takes_nothing_is_given_up(
    parts: Parts, project: Made, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "SEND_SECONDS", 0.01)
    await append(database, project)

    async def never(frames: Any) -> None:
        await asyncio.Event().wait()

    async with parts.feed.live(asyncio.Event()):
        with pytest.raises(TimeoutError):
            await streams.Listening(parts.feed, UUID(project.id), 0, newest=1).run(never)
    assert parts.feed.listeners == 0


def ws(address: str, project: Made, query: str = "") -> str:
    return f"{address.replace('http', 'ws', 1)}/api/v1/projects/{project.id}/ws{query}"


async def message(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(30):
        found = json.loads(await socket.recv())
    assert isinstance(found, dict)
    return found


async def test_a_websocket_says_the_same(
    address: str, browser: httpx.AsyncClient, database: Database, project: Made
) -> None:
    async with connect(ws(address, project)) as socket, followed(browser, events_of(project)) as stream:
        snapshot, same = await message(socket), (await stream.next()).message
        assert {**snapshot, "created_at": None} == {**same, "created_at": None}
        await append(database, project, 3)
        for _ in range(3):
            assert await message(socket) == (await stream.next()).message
        await socket.send("whatever")
        await append(database, project)
        assert (await message(socket))["sequence"] == 4
    async with connect(ws(address, project, "?after=2")) as socket:
        assert [(await message(socket))["sequence"] for _ in range(2)] == [3, 4]


@pytest.mark.parametrize(
    ("headers", "origin", "query", "status"),
    [
        ({}, "http://evil.example", "", 403),
        ({}, "null", "", 403),
        ({}, None, "?after=x", 422),
        ({"Authorization": "Bearer rsh_none"}, None, "", 401),
    ],
)
async def test_a_handshake_is_checked_like_any_call(
    address: str, project: Made, headers: dict[str, str], origin: str | None, query: str, status: int
) -> None:
    sent = {**headers, **({"Origin": origin} if origin else {})}
    with pytest.raises(InvalidStatus) as refused:
        await connect(ws(address, project, query), additional_headers=sent, origin=None)
    assert refused.value.response.status_code == status
    assert json.loads(refused.value.response.body)["status"] == status


async def test_a_handshake_under_a_foreign_name_is_refused(address: str, project: Made) -> None:
    port = httpx.URL(address).port
    with pytest.raises(InvalidStatus) as refused:
        await connect(ws("http://evil.example", project), host="127.0.0.1", port=port)
    assert json.loads(refused.value.response.body)["code"] == "host_refused"


async def test_a_page_of_our_own_may_follow(address: str, project: Made) -> None:
    async with connect(ws(address, project), additional_headers={"Origin": address}) as socket:
        assert (await message(socket))["type"] == "snapshot"


async def test_messages_are_as_described(
    app: Starlette, browser: httpx.AsyncClient, database: Database, project: Made
) -> None:
    await render(browser, project)
    await work(database)
    document = (await browser.get("/openapi.json")).json()
    content = document["paths"]["/api/v1/projects/{project_id}/events"]["get"]["responses"]["200"]["content"]
    schemas = document["components"]["schemas"]
    assert {ref["$ref"].rpartition("/")[2] for ref in content["text/event-stream"]["schema"]["anyOf"]} == {
        "SnapshotMessage",
        "EventMessage",
    }
    async with followed(browser, events_of(project)) as stream:
        first = await stream.next()
    async with followed(browser, events_of(project), last=0) as stream:
        told = await stream.until("scene.complete")
    for name, messages in (("SnapshotMessage", [first]), ("EventMessage", told)):
        validator = Draft202012Validator({**schemas[name], "components": document["components"]})
        for event in messages:
            validator.validate(event.message)
    change = Draft202012Validator({**schemas["JobChange"], "components": document["components"]})
    for event in told:
        if event.type.startswith("job."):
            change.validate(event.message["data"])


@pytest.mark.timeout(240)
async def test_thousands_listen_and_all_of_them_hear(parts: Parts, database: Database, project: Made) -> None:
    listeners, events = 3_000, 20
    parts.feed.wrote()

    async def listen() -> list[int]:
        seen: list[int] = []
        with parts.feed.follow(UUID(project.id), 0, 0) as follower:
            while len(seen) < events:
                seen += [frame.sequence for frame in await follower.next(30) or ()]
        return seen

    async with parts.feed.live(asyncio.Event()):
        listening = [asyncio.create_task(listen()) for _ in range(listeners)]
        await eventually(lambda: parts.feed.listeners == listeners, 60)
        for _ in range(events):
            await append(database, project)
            parts.feed.wrote()
        heard = await asyncio.gather(*listening)
    assert heard == [list(range(1, events + 1))] * listeners
