"""Prompts that are written for an order: when somebody is asked, what becomes of the answer, and of none."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from api.parts import Parts
from db.engine import Database
from db.records import PostgresRecords
from domain.access import LOCAL
from domain.credits import CreditTerms
from domain.errors import InsufficientCreditsError
from domain.failures import ErrorCode
from domain.prompts import ShotBrief, Written
from domain.provider import ProviderError
from domain.records import Transaction
from domain.statuses import JobStatus
from providers.grok.client import XaiClient
from providers.grok.prompts import GrokPrompts
from services import pipeline
from services.admission import Admission
from services.pipeline import FilmOrder
from services.prompting import Act, Patience, PromptDesk
from tests.api_client import AddJob, Execute, Made, make_project, problem
from tests.grok_server import KEY, simulating

SCRIPT: dict[str, Any] = {
    "title": "The Lighthouse",
    "scenes": [
        {
            "title": "Dusk",
            "shots": [
                {"image_prompt": "A lamp", "narration": "Up she goes.", "duration_seconds": 4},
                {"image_prompt": "A stair", "duration_seconds": 4},
                {"video_prompt": "Waves", "duration_seconds": 4},
            ],
        }
    ],
}


def film_of(*pictures: str, seconds: int = 4) -> dict[str, Any]:
    shots = [{"image_prompt": picture, "duration_seconds": seconds} for picture in pictures]
    return {"title": "The Lighthouse", "scenes": [{"shots": shots}]}


class Writer:
    """Writes what it is told to, and remembers what it was asked."""

    name = "test"
    model = "test-1"

    def __init__(self) -> None:
        self.briefs: list[ShotBrief] = []
        self.answers: dict[str, str | Exception] = {}
        self.waits: set[str] = set()
        self.meanwhile: Callable[[], Any] | None = None

    async def write(self, brief: ShotBrief) -> Written:
        self.briefs.append(brief)
        if self.meanwhile is not None:
            await self.meanwhile()
        if brief.picture in self.waits:
            await asyncio.Event().wait()
        answer = self.answers.get(brief.picture, f'"{brief.picture} in motion."')
        if isinstance(answer, Exception):
            raise answer
        return Written(answer, None if "unpriced" in brief.picture else Decimal("0.0015"))

    async def aclose(self) -> None:
        """Have nothing to close."""


@pytest.fixture
def writer() -> Writer:
    return Writer()


@pytest.fixture
def parts(parts: Parts, writer: Writer) -> Parts:
    patience = Patience(each=0.5, all=5.0)
    return replace(parts, desk=PromptDesk(parts.records, parts.catalogue, writer, patience))


def film_order(parts: Parts, film: Made) -> Act:
    """Order all that a film lacks."""

    async def act(tx: Transaction, written: Mapping[UUID, str]) -> Admission:
        return await pipeline.generate(tx, LOCAL, parts.catalogue, FilmOrder(project=film.id), written)

    return act


async def prompts(execute: Execute) -> list[str | None]:
    return [row[0] for row in await execute("SELECT video_prompt FROM shots ORDER BY position")]


async def test_shots_without_a_prompt_get_one_and_keep_it(
    client: httpx.AsyncClient, writer: Writer, execute: Execute
) -> None:
    made = await make_project(client, SCRIPT)
    path = f"/api/v1/projects/{made.id}/generate-scenes"
    assert (await client.post(path, json={"dry_run": True})).status_code == 200
    assert not writer.briefs, "a dry run costs nothing"
    response = await client.post(path, json={}, headers={"Idempotency-Key": "film"})
    assert response.status_code == 202, response.text
    body = response.json()
    assert body["prompts"] == {"writer": "test", "written": ["1A", "1B"], "composed": []}
    first, second = sorted(writer.briefs, key=lambda brief: brief.label)
    assert (first.film, first.scene, first.spoken, first.before) == (
        "The Lighthouse",
        "Dusk",
        "Up she goes.",
        "",
    )
    assert (second.before, second.seconds) == ("A lamp", 4.0)
    assert second.longest <= 200, "as much as the model takes"
    written = ["A lamp in motion.\nNarration: Up she goes.", "A stair in motion.", "Waves"]
    assert await prompts(execute) == written
    assert [job["prompt"] for job in body["jobs"] if job["kind"] == "video"] == written
    # The answer is repeated, and nobody is asked again.
    again = await client.post(path, json={}, headers={"Idempotency-Key": "film"})
    assert again.json() == body
    assert len(writer.briefs) == 2


async def test_no_film_stops_for_a_prompt(
    client: httpx.AsyncClient, writer: Writer, execute: Execute
) -> None:
    writer.answers = {
        "a": ProviderError(ErrorCode.RATE_LIMITED, "Too fast."),
        "b": " \n ",
        "c": RuntimeError("a mistake"),
    }
    writer.waits = {"d"}
    made = await make_project(client, film_of("a", "b", "c", "d", "e"))
    body = (await client.post(f"/api/v1/projects/{made.id}/generate-scenes", json={})).json()
    assert body["prompts"]["written"] == ["1E"]
    assert body["prompts"]["composed"] == [
        {"shot": "1A", "reason": "test was asked too often"},
        {"shot": "1B", "reason": "test wrote nothing"},
        {"shot": "1C", "reason": "the writer broke; see the log"},
        {"shot": "1D", "reason": "test did not answer within 0.5 s"},
    ]
    assert await prompts(execute) == ["a", "b", "c", "d", "e in motion."]


async def test_what_it_cost_is_written_down_whatever_becomes_of_the_order(
    client: httpx.AsyncClient, writer: Writer, execute: Execute
) -> None:
    made = await make_project(client, film_of("a", "b unpriced", "c", "d"))
    writer.answers = {"c": ProviderError(ErrorCode.RATE_LIMITED, "Too fast."), "d": ""}

    async def change() -> None:
        await execute("UPDATE shots SET duration_seconds = 5 WHERE label = '1A'")

    writer.meanwhile = change
    film = f"/api/v1/projects/{made.id}/generate-scenes"
    problem(await client.post(film, json={}), 422, "invalid_request")
    writer.meanwhile = None
    await execute("UPDATE shots SET duration_seconds = 4")
    assert (await client.post(film, json={})).status_code == 202
    problem(await client.post(film, json={}), 409, "nothing_to_render")
    log = f"/api/v1/projects/{made.id}/credits/prompts"
    first = (await client.get(log, params={"limit": 1})).json()
    second = (await client.get(log, params={"after": first["next"]})).json()
    told = {"project_id": made.id, "writer": "test", "model": "test-1"}
    for page in (first, second):
        (entry,) = page["data"]
        assert entry.items() >= told.items()
        assert (entry["asked"], entry["written"], entry["priced"], entry["cost"]) == (4, 2, 2, 0.003)
    assert second["next"] is None
    assert first["data"] != second["data"]


async def test_what_was_paid_for_empty_answers_is_written_down_as_well(
    client: httpx.AsyncClient, writer: Writer
) -> None:
    writer.answers = dict.fromkeys("ab", " ")
    made = await make_project(client, film_of("a", "b"))
    body = (await client.post(f"/api/v1/projects/{made.id}/generate-scenes", json={})).json()
    assert not body["prompts"]["written"]
    (entry,) = (await client.get(f"/api/v1/projects/{made.id}/credits/prompts")).json()["data"]
    assert (entry["asked"], entry["written"], entry["priced"], entry["cost"]) == (2, 0, 2, 0.003)


async def test_an_order_as_a_whole_waits_only_so_long(
    client: httpx.AsyncClient, parts: Parts, writer: Writer
) -> None:
    desk = replace(parts.desk, patience=Patience(each=60.0, all=0.2))
    writer.waits = {"A lamp", "A stair"}
    made = await make_project(client, SCRIPT)
    found = await desk.for_order(LOCAL, made.id, film_order(parts, made))
    assert [one.label for one in found.fallbacks] == ["1A", "1B"]
    assert "0.2 s of an order" in found.fallbacks[0].reason


async def test_nobody_is_asked_for_an_order_that_is_refused(
    client: httpx.AsyncClient, writer: Writer, execute: Execute
) -> None:
    script: dict[str, Any] = {
        "title": "Wrong",
        "scenes": [{"shots": [{"image_prompt": "a", "duration_seconds": 5}]}],
    }
    made = await make_project(client, script)
    problem(await client.post(f"/api/v1/projects/{made.id}/generate-scenes", json={}), 422, "invalid_request")
    problem(await client.post(made.path(0), json={}), 422, "invalid_request")
    problem(await client.post(f"/api/v1/video/{made.id}/resume", json={}), 422, "invalid_request")
    assert not writer.briefs
    assert await prompts(execute) == [None]


async def test_nothing_is_held_while_somebody_writes(
    client: httpx.AsyncClient, writer: Writer, database: Database
) -> None:
    made = await make_project(client, SCRIPT)
    busy: list[int] = []

    async def look() -> None:
        open_now = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND xact_start IS NOT NULL AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        async with database.transaction() as connection:
            busy.append((await connection.execute(text(open_now))).scalar_one())

    writer.meanwhile = look
    writer.answers = {"A stair": "One."}
    response = await client.post(made.path(0), json={"shots": ["1B"]})
    assert response.json()["prompts"]["written"] == ["1B"]
    assert busy == [0]


async def test_the_other_orders_have_prompts_written_too(
    client: httpx.AsyncClient, writer: Writer, execute: Execute
) -> None:
    made = await make_project(client, SCRIPT)
    writer.answers = {"A lamp": "It turns. " * 100}
    rendered = await client.post(made.path(0), json={"shots": ["1A"]})
    assert rendered.status_code == 202
    assert rendered.json()["prompts"]["written"] == ["1A"]
    resumed = await client.post(f"/api/v1/video/{made.id}/resume", json={})
    assert resumed.status_code == 202
    assert resumed.json()["prompts"]["written"] == ["1B"]
    first, second, _ = await prompts(execute)
    assert first is not None
    assert first.startswith("It turns. It turns.")
    assert first.endswith("It turns.\nNarration: Up she goes.")
    assert 150 < len(first) <= 200
    assert second == "A stair in motion."


async def test_a_language_model_writes_for_a_film(
    client: httpx.AsyncClient, parts: Parts, execute: Execute, tmp_path: Path
) -> None:
    made = await make_project(client, film_of("A lamp", "A lamp [chat:error]"))
    with simulating(tmp_path / "xai") as xai:
        writer = GrokPrompts(XaiClient(xai.base_url, KEY), "grok-4.3")
        desk = PromptDesk(parts.records, parts.catalogue, writer)
        found = await desk.for_order(LOCAL, made.id, film_order(parts, made))
        await writer.aclose()
        with xai.books() as books:
            assert [row.work for row in books.all()] == ["chat"]
    assert list(found.written) == ["1A"]
    assert [one.label for one in found.fallbacks] == ["1B"]
    (written,) = found.texts.values()
    assert written.startswith("The camera moves slowly in. Film: The Lighthouse")
    assert len(written) <= 200
    assert await prompts(execute) == [None, None], "kept by the order alone"


async def test_nobody_is_asked_for_an_order_that_credits_do_not_go_for(
    client: httpx.AsyncClient, database: Database, parts: Parts, writer: Writer
) -> None:
    made = await make_project(client, SCRIPT)
    order = film_order(parts, made)
    for welcome, asked in (("1.27", 0), ("1.28", 2)):
        # Its account is not opened before the first order, and has what it will be opened with.
        records = PostgresRecords(database, terms=CreditTerms(Decimal(welcome)))
        writing = replace(parts.desk, records=records).for_order(LOCAL, made.id, order)
        if asked:
            assert len((await writing).written) == asked
        else:
            with pytest.raises(InsufficientCreditsError):
                await writing
        assert len(writer.briefs) == asked


async def test_a_resume_asks_for_what_it_orders_anew_alone(
    client: httpx.AsyncClient, writer: Writer, project: Made, add_job: AddJob, execute: Execute
) -> None:
    """A clip that is made again has its prompt."""
    await execute("UPDATE shots SET video_prompt = NULL, image_prompt = label")
    await add_job(JobStatus.FAILED, shot_id=UUID(project.shot(0, 0)))
    resumed = await client.post(f"/api/v1/video/{project.id}/resume", json={})
    assert resumed.status_code == 202, resumed.text
    labels = [shot["label"] for scene in project.body["scenes"] for shot in scene["shots"]]
    assert resumed.json()["prompts"]["written"] == labels[1:]
    assert sorted(brief.label for brief in writer.briefs) == labels[1:]


async def test_a_repeated_order_asks_nobody_whatever_its_film_lacks_by_now(
    client: httpx.AsyncClient, writer: Writer, execute: Execute
) -> None:
    made = await make_project(client, SCRIPT)
    path, key = f"/api/v1/projects/{made.id}/generate-scenes", {"Idempotency-Key": "film"}
    first = await client.post(path, json={"scope": "all"}, headers=key)
    assert first.status_code == 202, first.text
    await execute("UPDATE shots SET video_prompt = NULL")
    await execute("UPDATE video_generation_jobs SET status = 'cancelled', finished_at = now()")
    writer.briefs.clear()
    again = await client.post(path, json={"scope": "all"}, headers=key)
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    other = await client.post(path, json={"scope": "missing"}, headers=key)
    problem(other, 409, "idempotency_key_reused")
    assert not writer.briefs


async def test_of_two_orders_at_once_under_one_key_one_asks(
    client: httpx.AsyncClient, writer: Writer
) -> None:
    made = await make_project(client, SCRIPT)
    asked_twice = asyncio.Event()

    async def look() -> None:
        if len(writer.briefs) > 2:
            asked_twice.set()
        # Time enough for the other one to ask as well, if it would.
        with suppress(TimeoutError):
            await asyncio.wait_for(asked_twice.wait(), 0.3)

    writer.meanwhile = look
    path, key = f"/api/v1/projects/{made.id}/generate-scenes", {"Idempotency-Key": "film"}
    answers = await asyncio.gather(*(client.post(path, json={}, headers=key) for _ in range(2)))
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert len(writer.briefs) == 2


async def test_an_order_given_up_while_somebody_writes_leaves_its_key_free(
    client: httpx.AsyncClient, writer: Writer
) -> None:
    made = await make_project(client, SCRIPT)
    asked = asyncio.Event()

    async def hang() -> None:
        asked.set()
        await asyncio.Event().wait()

    writer.meanwhile = hang
    path, key = f"/api/v1/projects/{made.id}/generate-scenes", {"Idempotency-Key": "film"}
    first = asyncio.create_task(client.post(path, json={}, headers=key))
    await asked.wait()
    first.cancel()
    await asyncio.wait([first])
    writer.meanwhile = None
    assert (await client.post(path, json={}, headers=key)).json()["prompts"]["written"] == ["1A", "1B"]
