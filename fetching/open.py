"""The fetcher that the settings ask for."""

from domain.fetching import Fetcher
from fetching.client import GuardedFetcher
from fetching.hosts import Hosts
from fetching.settings import FetchSettings


def open_fetcher(settings: FetchSettings) -> Fetcher:
    """Give the guarded client; the caller closes it.

    Raises:
        ConfigurationError: FETCH_PRIVATE_HOSTS is no list of hosts.
    """
    return GuardedFetcher(Hosts.of(settings.fetch_private_hosts))
