"""What every command that works stands on: settings read, providers built, the embedded database up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from cli.settings import load
from db.opening import address, address_at_head, shown
from db.settings import DatabaseSettings
from providers.registry import Providers, build
from providers.settings import ProviderSettings
from services.catalogue import Catalogue, Default
from storage.settings import StorageSettings


@dataclass(frozen=True, slots=True)
class Ground:
    """Settings and providers, shared by all that runs in one process."""

    database: DatabaseSettings
    """With the address of the embedded server in it, where that is used."""
    storage: StorageSettings
    providers: Providers
    database_address: str
    """As people may see it: what ``psql`` takes, without the password."""
    is_embedded: bool

    @property
    def catalogue(self) -> Catalogue:
        """What can be made, and by whom by default."""
        defaults = [Default(kind, made.name, made.model) for kind, made in self.providers.defaults.items()]
        return Catalogue.of(self.providers.made.values(), defaults)


@asynccontextmanager
async def opened_ground(
    chosen: ProviderSettings | None = None, allows: Callable[[str], bool] = lambda _name: True
) -> AsyncIterator[Ground]:
    """Read the settings, build the providers, and start the embedded database where it is used.

    Args:
        chosen: which providers make what, instead of what the settings say.
        allows: which of the configured providers may be used at all, by name.

    Raises:
        ConfigurationError: a setting is wrong: its name, its value and the mend.
    """
    database, storage = load(DatabaseSettings), load(StorageSettings)
    providers = await asyncio.to_thread(build, chosen or load(ProviderSettings))
    try:
        # The embedded server is started and migrated here, once: its library bears no threads side by side.
        is_embedded = database.database_url is None
        url = await asyncio.to_thread(address_at_head if is_embedded else address, database)
        resolved = database.model_copy(update={"database_url": url.render_as_string(hide_password=False)})
        yield Ground(resolved, storage, providers.only(allows), shown(url), is_embedded)
    finally:
        await providers.aclose()
