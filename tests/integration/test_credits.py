"""A whole executor that pays: its ledger against the provider's own."""

from collections import Counter
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

from db.engine import Database
from domain.credits import CreditTerms
from domain.statuses import JobKind
from providers.mock.adapter import MockProvider
from providers.mock.ledger import Ledger
from providers.mock.settings import MockSettings
from tests.executing import executing, rests
from tests.factories import insert_job, job_row, row, rows
from tests.integration.db.books import assert_books_add_up

_WAYS = {
    "a fox": "completed",
    "a fox [mock:reject=1]": "completed",
    "a fox [mock:fail=1]": "completed",
    "a fox [mock:submit_unknown]": "completed",
    "a fox [mock:blocked]": "failed",
    "a fox [mock:blocked_late]": "failed",
    "a fox [mock:missing]": "failed",
    "a fox [mock:fail=9]": "failed",
}


async def test_the_ledger_is_the_providers(database_url: str, database: Database, home: Path) -> None:
    settings = MockSettings(mock_delay_seconds="0", rushes_home=home)
    made = [MockProvider(settings, kind) for kind in (JobKind.IMAGE, JobKind.VIDEO)]
    project, scene, poor = uuid4(), uuid4(), uuid4()
    terms = CreditTerms(Decimal("1.5"))
    async with executing(database_url, home, *made, terms=terms, max_retries=1):
        where = {"project_id": project, "scene_id": scene, "kind": "image", "duration_seconds": None}
        jobs = {await insert_job(database, **where, prompt=way): way for way in _WAYS}
        clip = await insert_job(database, project_id=project, scene_id=scene, duration_seconds=1.0)
        # More than anybody is welcomed with: it waits, and the others do not wait for it.
        dear = await insert_job(database, project_id=poor, duration_seconds=60.0)
        for job, way in jobs.items():
            assert (await rests(database, job))["status"] == _WAYS[way], way
        assert (await rests(database, clip))["status"] == "completed"
    assert (await job_row(database, dear))["status"] == "queued"
    await assert_books_add_up(database)
    ledger = Ledger(settings.ledger_path)
    try:
        billed = Counter({one.attempt_id: one.cost for one in ledger.accepted() if one.cost})
    finally:
        ledger.close()
    settled = await rows(database, "SELECT * FROM credit_ledger WHERE kind = 'settle'")
    assert {one["attempt_id"]: Decimal(one["spent"]) / 1_000_000 for one in settled} == billed
    assert len(billed) == 7
    account = await row(database, "SELECT * FROM credit_accounts WHERE project_id = :id", id=project)
    assert (account["held"], account["owed"]) == (0, 0)
    assert account["balance"] == 1_500_000 - sum(one["spent"] for one in settled)
