"""The composition root of the API: the one place that knows which adapters stand behind the ports."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from api.app import create_app
from api.feed import Feed
from api.parts import Parts
from api.serving import address_of, listen, serve
from api.settings import ApiSettings
from db.engine import Database
from db.events import PostgresEvents
from db.migrations import head
from db.opening import address, address_at_head
from db.records import PostgresRecords
from db.settings import DatabaseSettings
from domain.credits import CreditTerms
from domain.errors import StorageError
from domain.prompts import PromptWriter
from domain.storage import BlobStore
from services.catalogue import Catalogue
from services.prompting import PromptDesk
from storage.folder import FolderStore
from storage.open import open_store
from storage.settings import StorageSettings

log = structlog.get_logger(__name__)


def make_parts(
    database: Database,
    store: BlobStore,
    catalogue: Catalogue,
    *,
    terms: CreditTerms | None = None,
    writer: PromptWriter | None = None,
) -> Parts:
    """Put adapters that are open already behind the ports of the API; their owner closes them."""
    records = PostgresRecords(database, terms=terms)
    return Parts(
        records=records,
        storage=store,
        catalogue=catalogue,
        desk=PromptDesk(records, catalogue, writer),
        links=store.links if isinstance(store, FolderStore) else None,
        feed=Feed(PostgresEvents(database)),
        schema_head=head(),
    )


async def _prepare(store: BlobStore) -> None:
    try:
        await store.prepare()
    except StorageError as error:
        # Everything but playing clips works without it, and /readyz says what is wrong.
        log.warning("the storage cannot be reached", action="storage_unreachable", error=error.message)


@asynccontextmanager
async def open_parts(
    database_settings: DatabaseSettings,
    storage_settings: StorageSettings,
    catalogue: Catalogue,
    *,
    terms: CreditTerms | None = None,
    writer: PromptWriter | None = None,
) -> AsyncIterator[Parts]:
    """Open what the API stands on, and close it at the end. With ``terms``, orders need credits.

    Raises:
        ConfigurationError: a setting is wrong: its name, its value and what is allowed.
    """
    # A server of somebody else's may be down or about to be migrated: then the API says so under /readyz.
    find = address if database_settings.database_url else address_at_head
    url = await asyncio.to_thread(find, database_settings)
    database = Database(url, name="rushes-api", timeout=database_settings.database_timeout)
    try:
        store = await asyncio.to_thread(open_store, storage_settings)
        try:
            await _prepare(store)
            yield make_parts(database, store, catalogue, terms=terms, writer=writer)
        finally:
            await store.aclose()
    finally:
        await database.close()


async def run(
    parts: Parts,
    settings: ApiSettings,
    stop: asyncio.Event,
    *,
    ready: asyncio.Event | None = None,
    announce: Callable[[str], None] = lambda _address: None,
) -> None:
    """Serve the API until ``stop`` is set, from a loop that may run other things too.

    ``announce`` gets the address as soon as it is taken; ``ready`` is set once requests are answered.

    Raises:
        ConfigurationError: the address is taken, or must not be served without API keys.
    """
    listener = await listen(settings, parts.records)
    announce(address_of(listener))
    async with parts.feed.live(stop):
        await serve(create_app(parts, settings), listener, stop, ready)
