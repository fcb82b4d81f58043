"""Everything that is wrong with the settings, said at once, before anything starts."""

import asyncio
from collections.abc import Iterator

from pydantic_settings import BaseSettings

from cli.every_setting import EVERY_SETTING
from cli.settings import wrong_in
from db.engine import parse_url
from db.settings import DatabaseSettings
from domain.errors import ConfigurationError
from providers.registry import build
from providers.settings import ProviderSettings
from storage.location import parse_endpoint, parse_location
from storage.settings import StorageSettings


def refuse_wrong_settings() -> None:
    """Read every setting and build every configured provider, and let go of them again.

    Raises:
        ConfigurationError: one is wrong: its name, its value and what is allowed.
        ExceptionGroup: several are; a ConfigurationError for each.
    """
    wrong = list(every_wrong_setting())
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        raise ExceptionGroup("wrong settings", wrong)


def every_wrong_setting() -> Iterator[ConfigurationError]:
    """Give every setting that is wrong, once each."""
    said = set[str]()
    for error in _each():
        if error.setting not in said:
            said.add(error.setting)
            yield error


def _each() -> Iterator[ConfigurationError]:
    readable = set[type[BaseSettings]]()
    for kind in EVERY_SETTING.values():
        errors = wrong_in(kind)
        yield from errors
        if not errors:
            readable.add(kind)
    if DatabaseSettings in readable:
        yield from _address()
    if StorageSettings in readable:
        yield from _places(StorageSettings())
    if ProviderSettings in readable:
        yield from _providers()


def _address() -> Iterator[ConfigurationError]:
    try:
        parse_url(DatabaseSettings().database_url or "postgresql:///")
    except ConfigurationError as error:
        yield error


def _places(settings: StorageSettings) -> Iterator[ConfigurationError]:
    try:
        parse_location(settings.storage_url, settings.rushes_home)
    except ConfigurationError as error:
        yield error
    try:
        parse_endpoint(settings.s3_endpoint_url)
    except ConfigurationError as error:
        yield error


def _providers() -> Iterator[ConfigurationError]:
    """See whether the chosen providers exist and have what they need."""

    async def made() -> None:
        await build(ProviderSettings()).aclose()

    try:
        asyncio.run(made())
    except ConfigurationError as error:
        yield error
