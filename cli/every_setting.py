"""All classes of settings, in the order in which people should read them."""

from collections.abc import Mapping

from pydantic_settings import BaseSettings

from api.settings import ApiSettings
from cli.logs import LogSettings
from db.settings import CreditSettings, DatabaseSettings
from executor.settings import ExecutorSettings
from fetching.settings import FetchSettings
from providers.grok.settings import GrokSettings
from providers.mock.settings import MockSettings
from providers.settings import ProviderSettings
from providers.simulators.settings import SimulatorSettings
from providers.vertex.settings import GoogleSettings
from storage.settings import StorageSettings

EVERY_SETTING: Mapping[str, type[BaseSettings]] = {
    "Providers": ProviderSettings,
    "Database": DatabaseSettings,
    "Storage": StorageSettings,
    "Executor": ExecutorSettings,
    "Frames and webhooks": FetchSettings,
    "API": ApiSettings,
    "Credits": CreditSettings,
    "Mock provider": MockSettings,
    "Grok Imagine": GrokSettings,
    "Veo and Gemini at Google": GoogleSettings,
    "Simulators": SimulatorSettings,
    "Logs": LogSettings,
}
"""By the heading that they stand under."""
