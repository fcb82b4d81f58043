"""Ask the chosen providers about our credentials before anything is claimed for them."""

import asyncio
from collections.abc import Mapping

import structlog

from domain.errors import ConfigurationError
from domain.failures import ErrorCode
from domain.provider import Provider, ProviderError

_PATIENCE = 5.0
"""Seconds. A provider that is out of reach now must not keep others' clips from being resumed."""

log = structlog.get_logger(__name__)


async def vet(chosen: Mapping[str, Provider], patience: float = _PATIENCE) -> None:
    """Let each provider check its credentials, all at once; keys are the settings that chose them.

    Only what a start can never mend by waiting stops it: anything else is told, and pauses the provider as
    soon as a submit meets it.

    Raises:
        ConfigurationError: a provider does not accept our credentials; says which, and the mend.
    """
    async with asyncio.TaskGroup() as group:
        asked = {
            setting: group.create_task(_fault(provider, patience)) for setting, provider in chosen.items()
        }
    for setting, task in asked.items():
        fault, name = task.result(), chosen[setting].name
        if fault is not None and fault.code is ErrorCode.AUTH:
            raise ConfigurationError(setting, name, fault.message)
        if fault is not None:
            log.warning(
                "a provider's check failed",
                action="provider_check_failed",
                provider=name,
                error=fault.message,
            )


async def _fault(provider: Provider, patience: float) -> ProviderError | None:
    try:
        async with asyncio.timeout(patience):
            await provider.check()
    except ProviderError as error:
        return error
    # Everything, because an adapter may raise anything, and a check that breaks (no network, a bug) says
    # nothing about the credentials: only AUTH keeps the executor from starting.
    except Exception as error:  # noqa: BLE001 # adapters raise anything
        return ProviderError(ErrorCode.PROVIDER_TRANSIENT, raw=f"{type(error).__name__}: {error}")
    return None
