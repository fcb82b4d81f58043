"""Who is paid for what is rendered, and whether the person agreed to it."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

import typer

from api.auth import is_loopback
from cli.sample import sample_film
from cli.settings import load
from domain.errors import ConfigurationError
from domain.statuses import JobKind
from providers.grok.settings import GrokSettings
from providers.registry import Default, build
from providers.settings import ProviderSettings
from providers.vertex.settings import GoogleSettings
from services.feasibility import imagined

Ask = Callable[[str], bool]
"""Asks a person a question that yes or no answers."""


def _google() -> str | None:
    return load(GoogleSettings).veo_base_url


_ADDRESSES: Mapping[str, Callable[[], str | None]] = {
    "grok": lambda: load(GrokSettings).xai_base_url,
    "veo3": _google,
    "gemini": _google,
}
"""Where the providers that charge are reached; ``None`` for their own address."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the demo may use."""

    settings: ProviderSettings
    allows: Callable[[str], bool]
    """Whether the provider of this name may be asked for anything."""


def is_free(name: str) -> bool:
    """Tell whether nothing is paid there: the mock, and whatever is simulated on this machine.

    A plug-in counts as paid: nobody knows where it leads.
    """
    if name == "mock":
        return True
    address = _ADDRESSES[name]() if name in _ADDRESSES else None
    return is_loopback(urlsplit(address or "").hostname or "")


def terms(*, paid: bool, ask: Ask | None = None) -> Terms:
    """Settle what the demo may use: what is free, and what is paid only with a yes.

    Args:
        paid: the person said yes already.
        ask: how to ask them; ``None`` where nobody sits at a terminal.

    Raises:
        ConfigurationError: the chosen provider is paid, nobody agreed and nobody can be asked.
    """
    settings = load(ProviderSettings)
    if paid:
        return Terms(settings, lambda _name: True)
    if not is_free(settings.video_provider):
        chosen, price = asyncio.run(_price(settings))
        costs = f"this film costs about ${price:.2f} with {chosen.model} there"
        if ask is None:
            mend = "say --paid to spend that, or set VIDEO_PROVIDER=mock, which is free"
            raise ConfigurationError("VIDEO_PROVIDER", chosen.name, f"{costs}; {mend}")
        otherwise = "(If not, the mock renders it for nothing.)"
        if ask(f"VIDEO_PROVIDER is {chosen.name}, and {costs}. Spend that? {otherwise}"):
            return Terms(settings, lambda _name: True)
        settings = settings.model_copy(update={"video_provider": "mock", "video_model": None})
    if settings.image_provider is not None and not is_free(settings.image_provider):
        settings = settings.model_copy(update={"image_provider": "mock", "image_model": None})
    return Terms(settings, is_free)


async def _price(settings: ProviderSettings) -> tuple[Default, Decimal]:
    """Quote the film; nobody is asked for anything.

    Raises:
        ConfigurationError: a setting is wrong, or the provider's account is not configured.
    """
    providers = await asyncio.to_thread(build, settings)
    try:
        chosen = providers.defaults[JobKind.VIDEO]
        able = providers.get(JobKind.VIDEO, chosen.name).models[chosen.model]
        return chosen, sum(map(able.quote, imagined(sample_film(), chosen.model)), Decimal(0))
    finally:
        await providers.aclose()


def agree(costs: Mapping[str, Decimal], *, writer: str | None, paid: bool, ask: Ask | None) -> bool:
    """Tell whether an order may be placed: it is free, or somebody said yes.

    Args:
        costs: what each provider would charge, by name.
        writer: who would write prompts for it, whose price nobody knows before.
        paid: the person said yes already.
        ask: how to ask them; ``None`` where nobody sits at a terminal.

    Raises:
        ConfigurationError: it is paid, nobody agreed and nobody can be asked.
    """
    charged = {name: cost for name, cost in sorted(costs.items()) if not is_free(name)}
    parts = [f"about ${sum(charged.values()):.2f} with {' and '.join(charged)}"] if charged else []
    if writer is not None and not is_free(writer):
        parts.append(f"what {writer} takes for writing prompts")
    if paid or not parts:
        return True
    total = f"costs {', and '.join(parts)}"
    if ask is None:
        raise ConfigurationError("--paid", None, f"this {total}; say --paid to spend that")
    return ask(f"This {total}. Spend that?")


def terminal() -> Ask | None:
    """Give a way to ask whoever sits at the terminal; ``None`` where there is none."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    return lambda question: typer.confirm(question, default=False)
