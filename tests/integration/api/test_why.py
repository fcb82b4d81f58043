"""What a job says it waits for."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import insert, text

from db import tables
from db.engine import Database
from domain.ports import Lane
from domain.rates import Rate, spacing
from domain.statuses import AttemptState, JobKind, JobStatus
from tests.api_client import LANE, AddAttempt, AddExecutor, AddJob, Execute, Made, make_project

S = JobStatus


@pytest.fixture
def ask(client: httpx.AsyncClient) -> "Ask":
    return Ask(client)


class Ask:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def __call__(self, job: UUID) -> dict[str, object]:
        response = await self._client.get(f"/api/v1/jobs/{job}/why")
        assert response.status_code == 200, response.text
        body = response.json()
        assert body["job_id"] == str(job)
        assert body["sentence"]
        assert isinstance(body, dict)
        return body


@pytest.fixture
def gate(database: Database) -> "Gate":
    return Gate(database)


class Gate:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, **columns: object) -> None:
        values = {"provider": "mock", "kind": "video", **columns}
        async with self._database.transaction() as connection:
            await connection.execute(insert(tables.gates).values(values))


@pytest.mark.parametrize("status", [S.COMPLETED, S.FAILED, S.CANCELLED])
async def test_what_is_over_waits_for_nothing(ask: Ask, add_job: AddJob, status: JobStatus) -> None:
    body = await ask(await add_job(status, in_hand=False))
    assert (body["reason"], body["status"]) == ("finished", status)
    assert (status is S.FAILED) == ("It broke." in str(body["sentence"]))


async def test_a_cancelled_job_may_still_be_collected(ask: Ask, add_job: AddJob) -> None:
    body = await ask(await add_job(S.CANCELLED, in_hand=True))
    assert "may still finish" in str(body["sentence"])


async def test_a_video_waits_for_its_image(ask: Ask, add_job: AddJob, project: Made) -> None:
    shot = UUID(project.shot(0, 0))
    video = await add_job(S.WAITING, shot_id=shot)
    assert (await ask(video))["waits_for"] is None
    image = await add_job(S.FAILED, kind="image", shot_id=shot)
    body = await ask(video)
    assert (body["reason"], body["waits_for"]) == ("another_job", str(image))
    assert "retry that one" in str(body["sentence"])


async def test_without_an_executor_nothing_moves(
    ask: Ask, add_job: AddJob, add_executor: AddExecutor
) -> None:
    await add_executor(LANE, silent_for=60)
    queued, orphan = await add_job(S.QUEUED), await add_job(S.GENERATING, claimed_by=None)
    assert (await ask(queued))["reason"] == "no_executor"
    assert (await ask(orphan))["reason"] == "no_executor"


async def test_executors_may_lack_the_provider(ask: Ask, add_job: AddJob, add_executor: AddExecutor) -> None:
    await add_executor(LANE)
    assert (await ask(await add_job(S.QUEUED, provider="grok")))["reason"] == "no_executor_for_provider"
    orphan = await add_job(S.GENERATING, provider="grok")
    assert (await ask(orphan))["reason"] == "no_executor_for_provider"


async def test_no_executor_may_serve_the_default(
    ask: Ask, add_job: AddJob, add_executor: AddExecutor
) -> None:
    await add_executor(Lane(kind=JobKind.VIDEO, provider="mock", model="m", limit=1, is_default=False))
    assert (await ask(await add_job(S.QUEUED)))["reason"] == "no_executor_for_provider"


async def test_a_back_off_says_until_when(ask: Ask, add_job: AddJob, add_executor: AddExecutor) -> None:
    await add_executor(LANE)
    job = await add_job(
        S.QUEUED, run_after=text("now() + interval '60 seconds'"), error_message="It was busy."
    )
    body = await ask(job)
    assert body["reason"] == "back_off"
    assert "It was busy." in str(body["sentence"])
    assert datetime.fromisoformat(str(body["until"])).utcoffset() == timedelta(0)


async def test_a_paused_provider_says_why_and_until_when(
    ask: Ask, add_job: AddJob, add_executor: AddExecutor, gate: Gate
) -> None:
    await add_executor(LANE)
    await gate(faults=1, paused_until=text("now() + interval '60 seconds'"), paused_reason="Out of credits.")
    body = await ask(await add_job(S.QUEUED))
    assert body["reason"] == "paused_provider"
    assert "Out of credits." in str(body["sentence"])
    assert body["until"]


async def test_after_a_pause_one_job_probes_the_provider(
    ask: Ask, add_job: AddJob, add_executor: AddExecutor, gate: Gate
) -> None:
    await add_executor(LANE)
    await gate(faults=2, in_flight=1, paused_until=text("now() - interval '1 second'"))
    body = await ask(await add_job(S.QUEUED))
    assert (body["reason"], body["limit"]) == ("limit", 1)


async def test_full_places_are_a_limit(
    ask: Ask, add_job: AddJob, add_executor: AddExecutor, gate: Gate
) -> None:
    await add_executor(LANE)
    await gate(in_flight=2)
    first, second = sorted([await add_job(S.QUEUED, run_after=text("'2026-01-01'")) for _ in range(2)])
    body = await ask(second)
    assert (body["reason"], body["position"], body["limit"], body["in_flight"]) == ("limit", 2, 2, 2)
    assert (await ask(first))["position"] == 1


async def test_films_have_the_places_of_all_executors(
    ask: Ask, add_job: AddJob, add_executor: AddExecutor, gate: Gate
) -> None:
    for _ in range(2):
        await add_executor(
            Lane(JobKind.FILM, "stitch", "stitch-1", limit=1_000_000, is_default=True, most_here=1)
        )
    film = await add_job(S.QUEUED, kind=JobKind.FILM)
    free = await ask(film)
    assert (free["reason"], free["limit"]) == ("turn", 2)
    await gate(provider="stitch", kind="film", in_flight=2)
    assert (await ask(film))["sentence"] == "All 2 places at stitch are taken; 0 are likely to go first."


async def test_the_next_one_is_taken_at_once(ask: Ask, add_job: AddJob, add_executor: AddExecutor) -> None:
    await add_executor(LANE)
    body = await ask(await add_job(S.QUEUED))
    assert (body["reason"], body["position"]) == ("turn", 1)


async def test_a_rate_says_how_long_it_takes(
    ask: Ask, add_job: AddJob, add_executor: AddExecutor, database: Database
) -> None:
    await add_executor(replace(LANE, rates={"mock-1": Rate("mock-1", submits=0.5)}))
    ahead = await add_job(S.QUEUED, priority=1)
    job = await add_job(S.QUEUED)
    assert (await ask(job))["reason"] == "turn", "there is a slot at once"
    async with database.transaction() as connection:
        soon = text("now() + interval '90 seconds'")
        values = {"provider": "mock", "kind": "video", "model": "mock-1", "free_at": soon}
        await connection.execute(insert(tables.rates).values(values))
    body = await ask(job)
    assert (body["reason"], body["position"]) == ("rate", 2)
    assert "mock lets in 30 a minute of this model; 1 is likely to go first." in str(body["sentence"])
    until = [datetime.fromisoformat(str((await ask(one))["until"])) for one in (ahead, job)]
    assert until[1] - until[0] == pytest.approx(timedelta(seconds=spacing(0.5)), abs=timedelta(seconds=1))


async def test_priority_decides_within_a_project(
    ask: Ask, add_job: AddJob, add_executor: AddExecutor
) -> None:
    await add_executor(LANE)
    low = await add_job(S.QUEUED, priority=0)
    high = await add_job(S.QUEUED, priority=5)
    await add_job(S.QUEUED, run_after=text("now() + interval '1 hour'"), priority=9)
    assert ((await ask(high))["position"], (await ask(low))["position"]) == (1, 2)


async def test_projects_take_turns(
    client: httpx.AsyncClient,
    ask: Ask,
    add_job: AddJob,
    add_executor: AddExecutor,
    gate: Gate,
    project: Made,
    execute: Execute,
) -> None:
    await add_executor(LANE)
    other = await make_project(client)
    mine = await add_job(S.QUEUED)
    await execute(
        "INSERT INTO video_generation_jobs (project_id, scene_id, prompt)"
        " SELECT :project, :scene, 'flood' FROM generate_series(1, 50)",
        project=other.id,
        scene=other.scene(0),
    )
    # Served last was the flood's project, so the other one comes next; or the other way round.
    await gate(turn=UUID(other.id))
    assert (await ask(mine))["position"] == 1
    await execute("UPDATE gates SET turn = :turn", turn=project.id)
    assert (await ask(mine))["position"] == 2
    # A second job of ours lets each project have one turn first.
    later = await add_job(S.QUEUED, priority=-1)
    assert (await ask(later))["position"] == 4


async def test_a_silent_executor_holds_a_job_up(ask: Ask, add_job: AddJob, add_executor: AddExecutor) -> None:
    silent = await add_executor(LANE, silent_for=60)
    await add_executor(LANE)
    stalled = await add_job(S.GENERATING, claimed_by=silent, claim_token=uuid4())
    dropped = await add_job(S.GENERATING, claimed_by=None)
    assert (await ask(stalled))["reason"] == "executor_stalled"
    assert (await ask(dropped))["reason"] == "handover"


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        (S.PROCESSING, None, "submitting"),
        (S.PROCESSING, AttemptState.INTENT, "submitting"),
        (S.PROCESSING, AttemptState.UNKNOWN, "submit_unknown"),
        (S.GENERATING, AttemptState.ACCEPTED, "generating"),
        (S.UPLOADING, AttemptState.SUCCEEDED, "storing"),
    ],
)
async def test_a_job_in_hand_says_what_is_done_with_it(
    ask: Ask,
    add_job: AddJob,
    add_executor: AddExecutor,
    add_attempt: AddAttempt,
    status: JobStatus,
    state: AttemptState | None,
    reason: str,
) -> None:
    executor = await add_executor(LANE)
    job = await add_job(status, claimed_by=executor, claim_token=uuid4())
    if state is not None:
        await add_attempt(job, state=state)
    assert (await ask(job))["reason"] == reason


async def test_an_eta_is_given_where_the_pace_is_known(
    ask: Ask, add_job: AddJob, add_executor: AddExecutor, gate: Gate
) -> None:
    executor = await add_executor(LANE)
    await gate(in_flight=2)
    for _ in range(3):
        await add_job(S.COMPLETED, processing_started_at=text("now() - interval '20 seconds'"))
    running = await add_job(
        S.GENERATING,
        claimed_by=executor,
        claim_token=uuid4(),
        processing_started_at=text("now() - interval '5 seconds'"),
    )
    queued = await add_job(S.QUEUED)
    later = await add_job(S.QUEUED, run_after=text("now() + interval '60 seconds'"))
    assert (await ask(running))["eta_seconds"] == pytest.approx(15, abs=2)
    assert (await ask(queued))["eta_seconds"] == pytest.approx(40, abs=2)
    assert (await ask(later))["eta_seconds"] == pytest.approx(80, abs=2)
