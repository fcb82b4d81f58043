"""The fetcher that the settings ask for."""

from domain.fetching import Fetcher
from fetching.client import GuardedFetcher
from fetching.hosts import Hosts
from fetching.settings import FetchSettings


def open_fetcher(settings: FetchSettings) -> Fetcher:
    """Give the guarded client; the caller closes it."""
    return GuardedFetcher(Hosts.of(settings.fetch_private_hosts))
