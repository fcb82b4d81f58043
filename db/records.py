"""The API's transactions on PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from db.api_keys import KeyStore
from db.credits import CreditStore
from db.engine import Database, Joined
from db.events import EventStore
from db.idempotency import IdempotencyStore
from db.job_moves import JobMovesStore
from db.jobs import JobStore
from db.operations import OperationStore
from db.projects import ProjectStore
from db.reviews import ReviewStore
from db.script import ScriptStore
from db.takes import TakeStore
from db.videos import VideoStore
from db.webhooks import WebhookStore
from domain.credits import CreditRecords, CreditTerms
from domain.events import EventRecords
from domain.records import (
    IdempotencyRecords,
    JobMoves,
    JobRecords,
    KeyRecords,
    OperationRecords,
    ProjectRecords,
    WebhookRecords,
)
from domain.review import ReviewRecords
from domain.script import ScriptRecords
from domain.takes import TakeRecords
from domain.videos import VideoRecords


class PostgresTransaction:
    """``domain.records.Transaction``: every store on one connection."""

    def __init__(self, connection: AsyncConnection, *, terms: CreditTerms | None) -> None:
        self.projects: ProjectRecords = ProjectStore(connection, terms=terms)
        self.jobs: JobRecords = JobStore(connection)
        self.moves: JobMoves = JobMovesStore(Joined(connection), terms=terms)
        self.keys: KeyRecords = KeyStore(connection)
        self.idempotency: IdempotencyRecords = IdempotencyStore(connection)
        self.operations: OperationRecords = OperationStore(connection)
        self.events: EventRecords = EventStore(connection)
        self.script: ScriptRecords = ScriptStore(connection)
        self.takes: TakeRecords = TakeStore(connection)
        self.videos: VideoRecords = VideoStore(connection)
        self.webhooks: WebhookRecords = WebhookStore(connection)
        self.reviews: ReviewRecords = ReviewStore(connection)
        self.credits: CreditRecords = CreditStore(connection, terms)


class PostgresRecords:
    """``domain.records.Records``; borrows the database, which its owner closes.

    With ``terms`` every order holds, and every end of a job settles.
    """

    def __init__(self, database: Database, *, terms: CreditTerms | None = None) -> None:
        self._database = database
        self._terms = terms

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresTransaction]:
        """See the port."""
        async with self._database.transaction() as connection:
            yield PostgresTransaction(connection, terms=self._terms)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[PostgresTransaction]:
        """See the port."""
        async with self._database.snapshot() as connection:
            yield PostgresTransaction(connection, terms=self._terms)
