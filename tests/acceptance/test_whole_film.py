"""One order makes a film of 24 shots, whoever is killed on the way, and both feeds tell all of it."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import av
import httpx
import pytest

from providers.mock.ledger import Accepted
from tests.acceptance.films import Connection, ledger, most_at_once
from tests.acceptance.followers import Follower, by_socket, by_stream
from tests.acceptance.processes import Process, Processes
from tests.acceptance.waiting import until

SCENES, SHOTS_A_SCENE, SECONDS = 6, 4, 1.0
SHOTS = SCENES * SHOTS_A_SCENE
LIMIT = 3
GRANTED = 50
FRAME_SECONDS = 1 / 24
SCRIPT = {
    "title": "Twenty-four lamps",
    "scenes": [
        {
            "title": f"Street {scene}",
            "narration": "A lamp is lit.",
            "shots": [
                {"label": f"{scene}{letter}", "image_prompt": "a lamp", "duration_seconds": SECONDS}
                for letter in "ABCD"
            ],
        }
        for scene in range(1, SCENES + 1)
    ],
}


@pytest.fixture
def api(rushes: Processes) -> Iterator[httpx.Client]:
    """Give a client of an API that may be killed and comes back at the same address. Credits are on."""
    rushes.settings |= {"CREDITS": "on", "CREDITS_WELCOME": str(GRANTED)}
    process = rushes("api", API_PORT="0")
    address = process.wait_for("api_ready")["address"]
    with httpx.Client(base_url=address, timeout=60) as client:
        yield client


@pytest.mark.timeout(300)
def test_a_film_of_24_shots(rushes: Processes, table: Connection, api: httpx.Client, home: Path) -> None:
    rushes.settings |= {
        "VIDEO_CONCURRENCY": str(LIMIT),
        "IMAGE_CONCURRENCY": str(LIMIT),
        "MOCK_DELAY_SECONDS": "0.3",
    }
    crew = [rushes("executor") for _ in range(2)]
    for process in crew:
        process.wait_for("executor_ready")
    made = api.post("/api/v1/projects", json=SCRIPT).raise_for_status().json()
    path = f"/api/v1/projects/{made['id']}"
    followers = [by_stream(str(api.base_url), made["id"]), by_socket(str(api.base_url), made["id"])]

    ordered = api.post(f"{path}/generate-scenes", json={}).raise_for_status().json()
    assert Counter(job["kind"] for job in ordered["jobs"]) == {
        "image": SHOTS,
        "video": SHOTS,
        "film": SCENES + 1,
    }
    kill_everybody(rushes, crew, api, table)
    for follower in followers:
        follower.join(120)

    check_events(followers)
    check_books(ledger(home).accepted())
    check_film(api, path, home, table)
    check_account(api, path, ledger(home).accepted())
    for process in crew:
        assert process.stop() == 0, process.output()


def kill_everybody(rushes: Processes, crew: list[Process], api: httpx.Client, table: Connection) -> None:
    """Kill an executor among the images, the API among the clips, and whoever stitches the film."""
    until(lambda: completed(table, "image") >= SHOTS // 3, what="a third of the images")
    crew.pop(0).kill()
    crew.append(rushes("executor"))
    until(lambda: completed(table, "video") >= SHOTS // 3, what="a third of the clips")
    (serving,) = [process for process in rushes.started if process.arguments == ("api",)]
    serving.kill()
    rushes("api", API_PORT=str(api.base_url.port)).wait_for("api_ready")
    whole = "SELECT 1 FROM video_generation_jobs WHERE kind = 'film' AND scene_id IS NULL AND status = %s"
    until(
        lambda: table.execute(whole, ("generating",)).fetchone(),
        seconds=120,
        what="the stitching of the film",
    )
    for process in crew:
        process.kill()
    crew[:] = [rushes("executor")]


def completed(table: Connection, kind: str) -> int:
    query = "SELECT count(*) AS n FROM video_generation_jobs WHERE kind = %s AND status = 'completed'"
    row = table.execute(query, (kind,)).fetchone()
    assert row is not None
    return int(row["n"])


def is_stitched(table: Connection) -> bool:
    query = (
        "SELECT 1 FROM video_generation_jobs "
        "WHERE kind = 'film' AND scene_id IS NULL AND status = 'generating'"
    )
    return table.execute(query).fetchone() is not None


def check_events(followers: list[Follower]) -> None:
    """Hold what was told: every number once, in order, and a film that only ever goes forward."""
    for follower in followers:
        assert follower.finished, follower.messages[-3:]
        assert follower.returns >= 1, "it was there when the API was killed"
        numbers = [message["sequence"] for message in follower.messages]
        assert numbers == list(range(1, len(numbers) + 1))
    steps = [m["data"]["current_step"] for m in followers[0].messages if "current_step" in m["data"]]
    assert [step for step, _ in groupby(steps)] == ["images", "videos", "stitching", "complete"]
    first, second = ({m["sequence"]: m["type"] for m in follower.messages} for follower in followers)
    assert first == second


def check_books(accepted: list[Accepted]) -> None:
    """Hold the provider's books: one generation a job, and never more at once than the limit."""
    assert max(Counter(entry.job_id for entry in accepted).values()) == 1, "nothing was paid twice"
    assert len(accepted) == 2 * SHOTS
    for kind in ("image", "video"):
        assert most_at_once([e for e in accepted if e.request.kind == kind]) <= LIMIT


def check_account(api: httpx.Client, path: str, accepted: list[Accepted]) -> None:
    """Hold the project's account against the provider's books: to the micro-dollar, with nothing held."""
    account: dict[str, Any] = api.get(f"{path}/credits", params={"limit": 200}).raise_for_status().json()
    paid = sum(entry.cost for entry in accepted)
    assert Decimal(str(account["spent"])) == paid > 0
    assert Decimal(str(account["balance"])) == GRANTED - paid
    assert (account["held"], account["owed"]) == (0, 0)
    entries = account["ledger"]["data"]
    for figure, column in (("balance", "amount"), ("held", "held"), ("spent", "spent")):
        booked = sum(Decimal(str(entry[column])) for entry in entries)
        assert booked == Decimal(str(account[figure])), figure
    assert Counter(entry["kind"] for entry in entries)["settle"] == len(accepted)


def check_film(api: httpx.Client, path: str, home: Path, table: Connection) -> None:
    """Hold the film against its clips: as long as their sum, within a frame."""
    film: dict[str, Any] = api.get(f"{path}/film").raise_for_status().json()
    assert film["status"] == "completed"
    assert len(film["shots"]) == SHOTS
    row = table.execute(
        "SELECT storage_path FROM video_generation_jobs WHERE kind = 'film' AND scene_id IS NULL"
    ).fetchone()
    assert row is not None
    with av.open(str(home / "storage" / row["storage_path"])) as container:
        frames = sum(1 for _ in container.decode(video=0))
    assert abs(frames * FRAME_SECONDS - SHOTS * SECONDS) <= FRAME_SECONDS
    assert abs(film["duration_seconds"] - SHOTS * SECONDS) <= FRAME_SECONDS
