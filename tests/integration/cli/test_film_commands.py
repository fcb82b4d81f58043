"""A whole film from a shell: order it, stop it, go on with it, review it."""

import asyncio
import re
from pathlib import Path

import pytest

from db.engine import Database, parse_url
from db.queue import PostgresQueue
from tests.acceptance.films import connect
from tests.factories import card, complete_all
from tests.grok_server import KEY, simulating
from tests.integration.cli.conftest import Rushes
from tests.integration.cli.test_commands import rows

SCRIPT = """\
Title: The Lighthouse

INT. TOWER - DUSK

Image: A lamp.
Video: It turns on. (4 s)

Image: A stair.
Video: Up she goes. (6 s)
"""
STATUSES = "SELECT kind, status, count(*) AS n FROM video_generation_jobs GROUP BY 1, 2 ORDER BY 1, 2"


@pytest.fixture
def film(rushes: Rushes) -> str:
    """Give the receipt of a film that nothing was ordered for."""
    found = re.search(r"receipt (\S+),", rushes("import", "-", stdin=SCRIPT).stdout)
    assert found
    return found[1]


def standing(database_url: str) -> list[tuple[str, str, int]]:
    with connect(database_url) as table:
        return [(row["kind"], row["status"], row["n"]) for row in table.execute(STATUSES)]


def make(database_url: str) -> None:
    """Make everything that is queued."""

    async def act() -> None:
        database = Database(parse_url(database_url), name="rushes-test", pool_size=1)
        await complete_all(PostgresQueue(database), card().id)
        await database.close()

    asyncio.run(act())


def test_a_film_is_quoted_and_ordered(rushes: Rushes, film: str, database_url: str) -> None:
    dry = rushes("generate", film, "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "quote $1.04: 2 images, 2 clips, 2 films" in dry.stdout
    assert standing(database_url) == []
    one = rushes("generate", film, "--scope", "1b")
    assert "1 image, 1 clip queued" in one.stdout
    rest = rushes("generate", film)
    assert "1 image, 1 clip, 2 films queued" in rest.stdout
    wanted = [("film", "waiting", 2), ("image", "queued", 2), ("video", "waiting", 2)]
    assert standing(database_url) == wanted
    again = rushes("generate", film, "--scope", "missing")
    assert (again.exit_code, again.stderr.count("\n")) == (1, 1)
    assert "every shot has its clip or one on its way" in again.stderr
    unknown = rushes("generate", film, "--scope", "1a", "--scope", "9z", "--dry-run")
    assert unknown.exit_code == 2
    assert "'9z'" in unknown.stderr
    assert standing(database_url) == wanted


def test_what_is_paid_takes_a_yes(rushes: Rushes, film: str, database_url: str) -> None:
    grok = {"VIDEO_PROVIDER": "grok", "XAI_API_KEY": "xai-test"}
    refused = rushes("generate", film, **grok)
    assert refused.exit_code == 2
    assert re.search(r"this costs about \$\d+\.\d\d with grok; say --paid", refused.stderr)
    assert "quote $" in refused.stdout
    assert standing(database_url) == []
    assert rushes("generate", film, "--paid", **grok).exit_code == 0
    assert ("video", "waiting", 2) in standing(database_url)


def test_a_film_is_stopped_and_goes_on(rushes: Rushes, film: str, database_url: str) -> None:
    nothing = rushes("cancel", film)
    assert (nothing.exit_code, nothing.stdout.strip()) == (0, "nothing to cancel: nothing is on its way")
    rushes("generate", film)
    with connect(database_url) as table:
        table.execute(
            "UPDATE video_generation_jobs SET status = 'failed', error_code = 'provider_failed', "
            "finished_at = now() WHERE id = (SELECT id FROM video_generation_jobs WHERE kind = 'image' "
            "ORDER BY id LIMIT 1)"
        )
        table.commit()
    dry = rushes("retry-failed", film, "--dry-run")
    assert "quote $0.02: 1 image" in dry.stdout
    assert ("image", "failed", 1) in standing(database_url)
    retried = rushes("retry-failed", film)
    assert retried.exit_code == 0, retried.output
    assert "1 image queued" in retried.stdout
    assert ("image", "queued", 2) in standing(database_url)
    none = rushes("retry-failed", film)
    assert (none.exit_code, none.stderr) == (1, "rushes: nothing has failed that could be made again\n")
    cancelled = rows(rushes("cancel", film).stdout)
    assert {one["what became of it"] for one in cancelled} == {"cancelled, and free"}
    assert len(cancelled) == 6
    resumed = rushes("resume", film)
    assert "2 images, 2 clips, 2 films queued" in resumed.stdout


def test_what_may_be_billed_already_is_not_retried_without_consent(
    rushes: Rushes, film: str, database_url: str
) -> None:
    rushes("generate", film, "--scope", "1A")
    with connect(database_url) as table:
        table.execute(
            "WITH lost AS (UPDATE video_generation_jobs SET status = 'failed', provider = 'mock', "
            "error_code = 'submit_unknown', finished_at = now() WHERE kind = 'image' RETURNING id) "
            "INSERT INTO job_attempts (id, job_id, number, provider, model, state, request, landing) "
            "SELECT gen_random_uuid(), id, 1, 'mock', 'mock-image', 'unknown', '{}', 'l' FROM lost"
        )
        table.commit()
    refused = rushes("retry-failed", film)
    assert refused.exit_code == 1
    assert "--accept-possible-duplicate" in refused.stdout
    assert "nothing was queued" in refused.stdout
    assert ("image", "failed", 1) in standing(database_url)
    assert rushes("retry-failed", film, "--accept-possible-duplicate").exit_code == 0
    assert ("image", "queued", 1) in standing(database_url)


def test_a_scene_is_reviewed(rushes: Rushes, film: str, database_url: str) -> None:
    early = rushes("review", "approve", film, "1")
    assert early.exit_code == 1
    assert "1A" in early.stderr
    rushes("generate", film)
    make(database_url)
    (scene,) = rows(rushes("review", "list", film).stdout)
    assert (scene["review"], scene["stage"], scene["open issues"]) == ("video_complete", "12", "0")
    order = ("review", "issue", film, "1", "visual_continuity", "Her coat is red.", "--shot", "1b")
    foreseen = rushes(*order, "--at-seconds", "5", "--preview")
    assert "would go back to stage 8; stale then: images and clips of 1B" in foreseen.stdout
    assert "would cost $0.62 today" in foreseen.stdout
    assert rows(rushes("review", "list", film, "1").stdout) == []
    filed = rushes(*order, "--at-seconds", "5")
    assert "is back at stage 8; stale are the images and clips of 1B" in filed.stdout
    (issue,) = rows(rushes("review", "list", film, scene["id"], "--status", "open").stdout)
    assert issue["id"] in filed.stdout
    assert (issue["type"], issue["shot"], issue["at"]) == ("visual_continuity", "1B", "5.0")
    refused = rushes("review", "approve", film, "1")
    assert refused.exit_code == 1
    assert "1 of its issues are open" in refused.stderr
    resolved = rushes("review", "resolve", film, "1", issue["id"])
    assert resolved.stdout.strip() == "'INT. TOWER - DUSK' is review ready, at stage 12"
    assert "is approved, at stage 12" in rushes("review", "approve", film, "1").stdout


def test_an_issue_of_nothing_is_refused(rushes: Rushes, film: str) -> None:
    for arguments, named in (
        (("2", "timing", "Too long."), "SCENE is '2'; 1 to 1"),
        (("1", "timing", "Too long.", "--shot", "9Z"), "--shot is '9Z'; the id or label"),
        (("1", "timing", "  "), "description is ''; 1 to 2000 characters"),
        (("1", "timing", "Too long.", "--at-seconds", "11"), "at_seconds is 11.0; 0 to 10"),
    ):
        result = rushes("review", "issue", film, *arguments)
        assert result.exit_code == 2
        assert named in result.stderr


def test_prompts_are_written_first(rushes: Rushes, database_url: str, tmp_path: Path) -> None:
    script = "INT. TOWER - DUSK\n\nA lamp in the fog. (4 s)\n"
    receipt = re.search(r"receipt (\S+),", rushes("import", "-", stdin=script).stdout)
    assert receipt
    with simulating(tmp_path) as xai:
        writer = {"PROMPT_WRITER": "grok", "XAI_API_KEY": KEY, "XAI_BASE_URL": xai.base_url}
        assert rushes("generate", receipt[1], "--dry-run", **writer).exit_code == 0
        ordered = rushes("generate", receipt[1], **writer)
    assert ordered.exit_code == 0, ordered.output
    assert "prompts were written by grok for 1A" in ordered.stdout
    with connect(database_url) as table:
        (clip,) = table.execute("SELECT prompt FROM video_generation_jobs WHERE kind = 'video'").fetchall()
        (shot,) = table.execute("SELECT video_prompt FROM shots").fetchall()
    assert clip["prompt"] == shot["video_prompt"] != "A lamp in the fog."


def test_an_order_beyond_the_credits_is_refused(rushes: Rushes, film: str, database_url: str) -> None:
    refused = rushes("generate", film, CREDITS="on")
    assert refused.exit_code == 1
    assert "1.04" in refused.stderr
    assert standing(database_url) == []
