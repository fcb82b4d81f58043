"""What every command that works stands on: settings read, providers built, a database of this release."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from cli.settings import load
from db.opening import address_at_head
from db.settings import DatabaseSettings
from providers.registry import Providers, build
from providers.settings import ProviderSettings
from services.catalogue import Catalogue, Default
from storage.settings import StorageSettings


@dataclass(frozen=True, slots=True)
class Ground:
    """Settings and providers, shared by all that runs in one process."""

    database: DatabaseSettings
    storage: StorageSettings
    providers: Providers

    @property
    def catalogue(self) -> Catalogue:
        """What can be made, and by whom by default."""
        defaults = [Default(kind, made.name, made.model) for kind, made in self.providers.defaults.items()]
        return Catalogue.of(self.providers.made.values(), defaults)


@asynccontextmanager
async def opened_ground() -> AsyncIterator[Ground]:
    """Read the settings, build the providers, and see that the database has this release's schema.

    Raises:
        ConfigurationError: a setting is wrong: its name, its value and the mend.
    """
    database, storage = load(DatabaseSettings), load(StorageSettings)
    providers = await asyncio.to_thread(build, load(ProviderSettings))
    try:
        # Before services ask for it side by side: the embedded server starts, and is migrated, only once.
        await asyncio.to_thread(address_at_head, database)
        yield Ground(database, storage, providers)
    finally:
        await providers.aclose()
