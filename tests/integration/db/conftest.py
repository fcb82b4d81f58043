"""One database for all of these tests in turn: emptying it is much cheaper than making the next."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.database import TEMPLATE, create, drop

EMPTY = """
SET session_replication_role = replica;
DELETE FROM credit_ledger; DELETE FROM credit_accounts; DELETE FROM credit_holds;
SET session_replication_role = DEFAULT;
DELETE FROM job_events; DELETE FROM video_generation_jobs; DELETE FROM projects; DELETE FROM gates;
DELETE FROM rates; DELETE FROM roll_ups_due; DELETE FROM executors; DELETE FROM idempotency_keys;
DELETE FROM api_keys;
"""


@pytest.fixture(scope="session")
def shared_url(database_server: str) -> Iterator[str]:
    url = create(database_server, TEMPLATE)
    yield url
    drop(url, database_server)


@pytest.fixture
def database_url(shared_url: str) -> str:
    """Address of an empty database at head, shared with the tests before and after."""
    with psycopg.connect(shared_url, autocommit=True) as connection:
        connection.execute(EMPTY)
    return shared_url
