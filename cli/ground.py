"""What every command that works stands on: settings read, providers built, the embedded database up."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from subprocess import SubprocessError

import structlog

from cli.settings import load
from db.embedded import revive
from db.opening import address, address_at_head, shown
from db.settings import CreditSettings, DatabaseSettings
from domain.credits import CreditTerms
from domain.errors import ConfigurationError
from providers.registry import Providers, build
from providers.settings import ProviderSettings
from services.catalogue import Catalogue, Default
from storage.settings import StorageSettings

_LOOK_SECONDS = 1.0
"""How often the embedded server is looked at: a fraction of the time that its users wait for an answer."""

log = structlog.get_logger(__name__)


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
    terms: CreditTerms | None
    """On which credits are held, if they are."""

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
        keeper = asyncio.create_task(_keep_alive(database.rushes_home)) if is_embedded else None
        try:
            yield Ground(
                resolved, storage, providers.only(allows), shown(url), is_embedded, load(CreditSettings).terms
            )
        finally:
            if keeper is not None:
                keeper.cancel()
                await asyncio.wait([keeper])
    finally:
        await providers.aclose()


async def _keep_alive(home: Path) -> None:
    """Start the embedded server again whenever it has died; who waits for it tries again by itself."""
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        try:
            if await asyncio.to_thread(revive, home):
                log.warning("the embedded database had died and runs again", action="database_revived")
        except (OSError, RuntimeError, SubprocessError) as error:
            log.warning("the embedded database does not start", action="database_dead", error=str(error))


@asynccontextmanager
async def started_ground(
    told: Collection[Signals],
    chosen: ProviderSettings | None = None,
    allows: Callable[[str], bool] = lambda _name: True,
) -> AsyncIterator[Ground]:
    """Open the ground, unless Ctrl-C is told meanwhile.

    Raises:
        KeyboardInterrupt: it was; what went wrong is its doing, the terminal sends it to all that we start.
    """
    async with AsyncExitStack() as stack:
        try:
            ground = await stack.enter_async_context(opened_ground(chosen, allows))
        except ConfigurationError as error:
            if Signals.SIGINT in told:
                raise KeyboardInterrupt from error
            raise
        if Signals.SIGINT in told:
            raise KeyboardInterrupt
        yield ground
