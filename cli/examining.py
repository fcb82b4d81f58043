"""The doctor's looks at settings, this machine, the database, the storage and the providers."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from cli.every_setting import EVERY_SETTING
from cli.finding import Finding, bad, good, note
from cli.misspelling import misspellings
from cli.settings import load, wrong_in
from db.checkup import OLDEST, ServerFacts, examine_server
from db.migrations import head
from db.settings import DatabaseSettings
from domain.errors import RushesError
from domain.provider import Provider
from providers.registry import build
from providers.settings import ProviderSettings
from storage.open import open_store
from storage.settings import StorageSettings

Findings = AsyncIterator[Finding]

_GIBIBYTE = 2**30
_LOW_DISK, _NO_DISK = 5 * _GIBIBYTE, _GIBIBYTE // 2
_ODD_SECONDS, _WRONG_SECONDS = 2.0, 60.0
"""From where on a clock is odd: links to clips and signatures of S3 go by this machine's."""
_PROVIDER_SECONDS = 20.0


async def examine_settings() -> Findings:
    """Read every class of settings, whoever needs it."""
    wrong = [error for kind in EVERY_SETTING.values() for error in wrong_in(kind)]
    for error in wrong:
        yield bad("settings", f"{error.setting} is {error.value!r}", error.allowed)
    for each in misspellings():
        yield note("settings", f"{each.name} {each.place} is no setting", f"did you mean {each.likely}?")
    if not wrong:
        yield good("settings", "every setting can be read")


async def examine_home() -> Findings:
    """See whether RUSHES_HOME can be written, and how much room it has."""
    home = load(DatabaseSettings).rushes_home.absolute()
    try:
        await asyncio.to_thread(_write, home)
    except OSError as error:
        yield bad(
            "home", f"{home}: {error.strerror}", "set RUSHES_HOME to a folder that this user may write to"
        )
        return
    free = shutil.disk_usage(home).free
    room = f"{home} can be written; {free / _GIBIBYTE:.1f} GiB free"
    if free < _NO_DISK:
        yield bad("home", room, "make room: every clip on its way lies here for a moment")
    elif free < _LOW_DISK:
        yield note("home", room, "make room soon")
    else:
        yield good("home", room)


def _write(home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    probe = home / f"{uuid4()}.probe"
    probe.touch()
    probe.unlink()


async def examine_database() -> Findings:
    """Ask the database for its version, its schema and its time."""
    settings = load(DatabaseSettings)
    began = time.monotonic()
    facts = await examine_server(settings)
    where = f"PostgreSQL {facts.version} at {facts.address}, answered in {time.monotonic() - began:.2f} s"
    if facts.major < OLDEST:
        yield bad("database", where, f"Rushes needs PostgreSQL {OLDEST} or later")
    else:
        yield good("database", where)
    if facts.revision == head():
        yield good("migrations", f"at {facts.revision}, as this release needs")
    elif settings.database_url is None:
        yield note("migrations", f"at {facts.revision or 'none'}", "the next start brings it up to date")
    else:
        mend = "run: rushes migrate"
        yield bad("migrations", f"at {facts.revision or 'none'}; this release needs {head()}", mend)
    yield judge_clock(facts, datetime.now(UTC))


def judge_clock(facts: ServerFacts, now: datetime) -> Finding:
    """Compare this machine's clock, as it is right after the answer, with the database's."""
    ahead = (now - facts.now).total_seconds()
    says = f"{abs(ahead):.1f} s {'ahead of' if ahead >= 0 else 'behind'} the database's"
    mend = "set this machine's clock by the network (NTP)"
    if abs(ahead) >= _WRONG_SECONDS:
        return bad("clock", says, mend)
    return note("clock", says, mend) if abs(ahead) >= _ODD_SECONDS else good("clock", says)


async def examine_storage() -> Findings:
    """Write an object, read it back, remove it."""
    settings = load(StorageSettings)
    store = await asyncio.to_thread(open_store, settings)
    began = time.monotonic()
    try:
        await store.prepare()
        await store.check()
    finally:
        await store.aclose()
    yield good(
        "storage",
        f"{settings.storage_url} took an object and gave it back in {time.monotonic() - began:.2f} s",
    )


async def examine_providers() -> Findings:
    """Let every configured provider check its credentials; nothing is generated."""
    providers = await asyncio.to_thread(build, load(ProviderSettings))
    try:
        for (kind, name), provider in sorted(providers.made.items()):
            yield await _examine_provider(f"{name} ({kind})", provider)
        for name, reason in providers.unavailable.items():
            yield note(name, f"not configured: {reason}")
    finally:
        await providers.aclose()


async def _examine_provider(name: str, provider: Provider) -> Finding:
    try:
        async with asyncio.timeout(_PROVIDER_SECONDS):
            return good(name, await provider.check())
    except TimeoutError:
        return bad(name, f"no answer within {_PROVIDER_SECONDS:g} s", "see whether this machine reaches it")
    except RushesError as error:
        wrong, _, mend = error.message.partition("; ")
        return bad(name, wrong, mend or "look at the provider's settings, or choose another provider")
