"""Jobs, keys and scripts from a shell."""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from tests.acceptance.films import connect, insert
from tests.integration.cli.conftest import Rushes

SAMPLE = Path(__file__).parents[3] / "cli" / "demo_film.json"


def rows(printed: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(printed), dialect=csv.excel_tab))


def film(*shots: Mapping[str, object]) -> str:
    return json.dumps({"title": "A test", "scenes": [{"title": "One", "shots": list(shots)}]})


def test_an_import_says_what_it_understood_and_queues_nothing(rushes: Rushes) -> None:
    result = rushes("import", str(SAMPLE))
    assert result.exit_code == 0, result.output
    assert "Marmalade Keeps the Light: 6 scenes, 9 shots, 50 s of film" in result.stdout
    # What generate would come to: $5.00 of clips, and a picture for each to start from.
    receipt = result.stdout.split("receipt ")[1].split(",")[0]
    assert f"quote $5.18; rushes generate {receipt} orders it" in result.stdout
    assert rows(rushes("jobs", "list").stdout) == []


def test_an_import_may_render_at_once(rushes: Rushes) -> None:
    result = rushes("import", "-", "--render", stdin=SAMPLE.read_text())
    assert result.exit_code == 0, result.output
    assert "quote $5.18: 9 images, 9 clips, 7 films" in result.stdout
    receipt = result.stdout.split("receipt ")[1].split(",")[0]
    jobs = rows(rushes("jobs", "list", "--project", receipt, "--status", "waiting").stdout)
    # Newest first; those of one transaction by their ids, which sort as the film does.
    clips = [job["seconds"] for job in jobs if job["kind"] == "video"]
    assert clips == ["8", "4", "6", "8", "4", "4", "6", "4", "6"]


def test_a_script_stays_where_its_order_is_refused(rushes: Rushes) -> None:
    result = rushes("import", str(SAMPLE), "--render", CREDITS="on", CREDITS_WELCOME="1")
    assert result.exit_code == 1
    assert "5.18" in result.stderr
    receipt = result.stdout.split("receipt ")[1].split(",")[0]
    assert rushes("generate", receipt, "--dry-run").exit_code == 0
    assert rows(rushes("jobs", "list").stdout) == []


def test_all_that_is_wrong_with_a_script_is_said_at_once_and_nothing_is_created(rushes: Rushes) -> None:
    too_long, no_prompt = {"video_prompt": "p", "duration_seconds": 90}, {"duration_seconds": 4}
    script = film(too_long, no_prompt, {"video_prompt": "p"})
    result = rushes("import", "-", "--render", stdin=script)
    assert result.exit_code == 2
    first, *problems = result.stderr.splitlines()
    assert first == "rushes: 3 problems:"
    assert [line.strip().split(":")[0] for line in problems] == ["1A", "1B", "1C"]
    assert "duration_seconds is 90.0; allowed: 0.5 to 60 s" in problems[0]
    assert rows(rushes("jobs", "list").stdout) == []


def test_a_script_of_the_wrong_form_is_told_by_shot(rushes: Rushes) -> None:
    result = rushes(
        "import",
        "-",
        stdin=film({"label": "7X", "prompt": "?"}, {"duration_seconds": "4"}, {"duration_seconds": 90}),
    )
    assert result.exit_code == 2
    assert "  7X: scenes[0].shots[0].prompt is '?'; there is no such field" in result.stderr
    assert "  1B: scenes[0].shots[1].duration_seconds is '4'; should be a valid number" in result.stderr
    assert "1C: scenes[0].shots[2].duration_seconds is 90.0; allowed: mock-1 0.5 to 60 s" in result.stderr


def test_what_is_no_script_at_all_is_one_line(rushes: Rushes, tmp_path: Path) -> None:
    assert "is not JSON" in rushes("import", "-", stdin="{").stderr
    missing = rushes("import", str(tmp_path / "none.json"))
    assert missing.exit_code == 1
    assert missing.stderr.endswith("none.json cannot be read: No such file or directory\n")


def test_jobs_are_listed_shown_and_cancelled(rushes: Rushes, database_url: str) -> None:
    with connect(database_url) as connection:
        job = insert(connection, prompt="A heron waits.", duration_seconds=4.0)
    (listed,) = rows(rushes("jobs", "list", "--kind", "video").stdout)
    assert (listed["id"], listed["status"], listed["prompt or error"]) == (
        str(job),
        "queued",
        "A heron waits.",
    )

    shown = rushes("jobs", "show", str(job)).stdout
    assert f"video job {job}" in shown
    assert "No executor is running" in shown

    assert rushes("jobs", "cancel", str(job)).stdout.startswith("cancelled; nothing had been submitted")
    assert rushes("jobs", "cancel", str(job)).stdout.startswith("nothing to cancel")
    assert rows(rushes("jobs", "list", "--status", "queued").stdout) == []


def test_only_what_failed_is_retried(rushes: Rushes, database_url: str) -> None:
    with connect(database_url) as connection:
        job = insert(connection)
        early = rushes("jobs", "retry", str(job))
        assert (early.exit_code, "only a failed job" in early.stderr) == (1, True)
        connection.execute(
            "UPDATE video_generation_jobs SET status = 'failed', finished_at = now(),"
            " error_code = 'provider_failed', error_message = 'It broke.' WHERE id = %s",
            (job,),
        )
    assert "It broke." in rushes("jobs", "list", "--status", "failed").stdout
    assert rushes("jobs", "retry", str(job)).stdout == f"{job} is queued again\n"
    assert rows(rushes("jobs", "list").stdout)[0]["status"] == "queued"


def test_a_job_that_is_not_there_is_one_line(rushes: Rushes) -> None:
    for command in ("show", "retry", "cancel"):
        result = rushes("jobs", command, str(uuid4()))
        assert (result.exit_code, result.stderr) == (1, "rushes: there is no such job\n")


def test_a_key_is_made_shown_once_and_revoked(rushes: Rushes) -> None:
    receipt = rushes("import", str(SAMPLE)).stdout.split("receipt ")[1].split(",")[0]
    made = rushes("keys", "create", "--name", "studio", "--scope", "render", "--project", receipt)
    secret = made.stdout.strip()
    assert secret.startswith("rsh_")
    assert secret not in made.stderr
    assert "from now on the API answers nobody without one" in made.stderr
    assert "from now on" not in rushes("keys", "create", "--name", "second").stderr

    listed = rushes("keys", "list").stdout
    key = rows(listed)[0]
    assert (key["name"], key["allows"], key["revoked"]) == ("studio", "render", "")
    assert secret not in listed

    assert rushes("keys", "revoke", key["id"]).exit_code == 0
    assert rows(rushes("keys", "list").stdout)[0]["revoked"]
    assert rushes("keys", "revoke", key["id"]).exit_code == 1


def test_a_script_in_plain_text_is_imported(rushes: Rushes) -> None:
    result = rushes("import", "-", stdin="Title: Snow\n\n# A lake\n\nA fox crosses the ice.\n")
    assert result.exit_code == 0
    assert "Snow: 1 scenes, 1 shots, 6 s of film" in result.stdout
    assert "1 shot names no length and gets 6 s" in result.stdout


def test_a_job_says_how_often_it_was_tried_and_what_was_wrong(rushes: Rushes, database_url: str) -> None:
    with connect(database_url) as connection:
        job = insert(connection)
        connection.execute(
            "UPDATE video_generation_jobs SET status = 'failed', finished_at = now(), attempt_count = 2,"
            " upload_count = 7, error_code = 'storage_failed', error_message = 'The bucket is full.'"
            " WHERE id = %s",
            (job,),
        )
    shown = rushes("jobs", "show", str(job)).stdout
    assert "  tries      generating 2, storing 7\n" in shown
    assert "  error      storage_failed: The bucket is full.\n" in shown


def test_credits_are_granted_once_for_their_key_and_shown(rushes: Rushes) -> None:
    made = rushes("import", "-", stdin=film({"video_prompt": "p", "duration_seconds": 4}), CREDITS="on")
    receipt = made.stdout.split("receipt ")[1].split()[0].strip(".,;")
    for _ in range(2):
        granted = rushes("credits", "grant", receipt, "2.5", "--key", "k", "--note", "a gift", CREDITS="on")
        assert "granted 2.50 USD: 2.50 USD free, 0.00 USD held" in granted.stdout
    shown = rushes("credits", "show", receipt, CREDITS="on").stdout
    figures, _, table = shown.partition("\n")
    assert figures == "2.50 USD free, 0.00 USD held, 0.00 USD spent, 0.00 USD owed"
    assert [(one["entry"], one["balance"], one["note"]) for one in rows(table)] == [
        ("grant", "2.5", "a gift")
    ]


def test_credits_cannot_be_granted_where_there_are_none(rushes: Rushes) -> None:
    made = rushes("import", "-", stdin=film({"video_prompt": "p", "duration_seconds": 4}))
    receipt = made.stdout.split("receipt ")[1].split()[0].strip(".,;")
    refused = rushes("credits", "grant", receipt, "2.5")
    assert refused.exit_code == 1
    assert "set CREDITS=on" in refused.stderr
    assert rushes("credits", "grant", receipt, "a lot", CREDITS="on").exit_code == 2
    assert "CREDITS is off here" in rushes("credits", "show", receipt).stderr
