"""The composition root of the executor: the one place that knows which adapters stand behind the ports."""

import asyncio
import os
import shutil
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from db.cuts import PostgresCuts
from db.engine import Database
from db.opening import address_at_head
from db.queue import PostgresQueue
from db.settings import DatabaseSettings
from db.webhooks import PostgresDeliveries
from domain.credits import CreditTerms, Paying
from domain.errors import ConfigurationError, StorageError
from domain.ports import ExecutorCard, Lane
from domain.statuses import JobKind
from domain.storage import BlobStore
from executor import filming
from executor.assembling import Assembler
from executor.executor import Executor
from executor.filming import FilmMaker
from executor.garbage import collect_less_often
from executor.parts import Parts
from executor.quoting import Quoter
from executor.settings import ExecutorSettings
from executor.vetting import vet
from fetching.open import open_fetcher
from fetching.settings import FetchSettings
from media.stitcher import ProcessStitcher
from media.tool import PyAVTool
from providers.registry import Providers
from storage.open import open_store
from storage.settings import StorageSettings

_CHOICES = {JobKind.VIDEO: "VIDEO_PROVIDER", JobKind.IMAGE: "IMAGE_PROVIDER"}
_NO_LIMIT = 1_000_000
_LEFT_OVER_AFTER = timedelta(days=1)
"""A spooled file this old belongs to an executor that died: results are given up after a day."""


async def work(
    settings: ExecutorSettings,
    stop: asyncio.Event,
    ready: asyncio.Event | None = None,
    *,
    database: DatabaseSettings,
    storage: StorageSettings,
    fetching: FetchSettings,
    providers: Providers,
    terms: CreditTerms | None = None,
) -> None:
    """Run an executor until ``stop`` is set, then drain. The caller closes the providers.

    With ``terms`` it claims nothing that no credits are held for, and settles what it ends.
    ``ready`` is set once jobs may be claimed.

    Raises:
        ConfigurationError: a setting stops the start: its name, its value, and the mend.
    """
    async with AsyncExitStack() as stack:
        url = await asyncio.to_thread(address_at_head, database)
        pool = Database(url, name="rushes-executor", timeout=database.database_timeout)
        stack.push_async_callback(pool.close)
        await vet(
            {_CHOICES[kind]: providers.get(kind, made.name) for kind, made in providers.defaults.items()}
        )
        fetcher = open_fetcher(fetching)
        stack.push_async_callback(fetcher.aclose)
        lanes = lanes_of(providers, settings)
        blobs = await stack.enter_async_context(_opened_store(storage))
        spool = await asyncio.to_thread(prepare_spool, storage.rushes_home)
        places = asyncio.Semaphore(max(settings.film_concurrency, 1))
        films = FilmMaker(PostgresCuts(pool), Assembler(blobs, ProcessStitcher(), spool, places))
        stack.push_async_callback(films.aclose)
        parts = Parts(
            card=_card(settings, storage, pays=terms is not None),
            settings=settings,
            providers={**providers.made, (films.kind, films.name): films},
            blobs=blobs,
            media=stack.enter_context(closing(PyAVTool())),
            spool=spool,
            fetcher=fetcher,
            deliveries=PostgresDeliveries(pool),
        )
        collect_less_often()
        paying = None if terms is None else Paying(Quoter(parts.providers), terms)
        queue = PostgresQueue(pool, paying=paying)
        await Executor(queue, lanes, parts).run(stop, ready)


def lanes_of(providers: Providers, settings: ExecutorSettings) -> Sequence[Lane]:
    """Give one lane for each kind that each configured provider makes, and one for films."""
    limits = {JobKind.VIDEO: settings.video_concurrency, JobKind.IMAGE: settings.image_concurrency}
    made = [
        Lane(
            kind=kind,
            provider=name,
            model=providers.model(kind, name),
            limit=limits[kind],
            is_default=providers.defaults[kind].name == name,
            rates=settings.rates(provider),
        )
        for (kind, name), provider in sorted(providers.made.items())
        if kind in limits
    ]
    return [*made, _film_lane(settings.film_concurrency)] if settings.film_concurrency else made


def _film_lane(places: int) -> Lane:
    """Give the lane of films, which each executor makes itself: what limits them is its own machine."""
    return Lane(JobKind.FILM, filming.NAME, filming.MODEL, _NO_LIMIT, is_default=True, most_here=places)


def prepare_spool(home: Path) -> Path:
    """Make the folder for files on their way, and clear away what dead executors left in it.

    Raises:
        ConfigurationError: RUSHES_HOME cannot be written.
    """
    spool = home.absolute() / "spool"
    oldest = time.time() - _LEFT_OVER_AFTER.total_seconds()
    try:
        spool.mkdir(parents=True, exist_ok=True)
        for path in spool.glob("*.part*"):
            if path.stat().st_mtime < oldest:
                _remove(path)
        probe = spool / f"{uuid4()}.probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        allowed = f"allowed: a folder that this user may write to ({error.strerror})"
        raise ConfigurationError("RUSHES_HOME", str(home), allowed) from error
    return spool


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@asynccontextmanager
async def _opened_store(settings: StorageSettings) -> AsyncIterator[BlobStore]:
    """Give a store that took an object and gave it back just now: better no start than no clip."""
    store = await asyncio.to_thread(open_store, settings)
    try:
        try:
            await store.prepare()
            await store.check()
        except StorageError as error:
            raise ConfigurationError("STORAGE_URL", settings.storage_url, error.message) from error
        yield store
    finally:
        await store.aclose()


def _card(settings: ExecutorSettings, storage: StorageSettings, *, pays: bool) -> ExecutorCard:
    host, pid = socket.gethostname(), os.getpid()
    says = {
        "max_retries": settings.max_retries,
        "submit_recovery_seconds": settings.submit_recovery_seconds,
        # Never with credentials in it: a URL that has any is refused.
        "storage_url": storage.storage_url,
        "credits": "on" if pays else "off",
    }
    return ExecutorCard(id=uuid4(), name=f"{host}:{pid}", host=host, pid=pid, settings=says)
