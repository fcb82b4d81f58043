"""Run services in one process until a signal says stop."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager

import structlog

from cli import logs
from cli.checking import refuse_wrong_settings
from cli.ground import Ground, started_ground
from cli.misspelling import misspellings
from cli.settings import load

_SHOW_CURSOR = "\x1b[?25h"

log = structlog.get_logger(__name__)

Service = Callable[[Ground, asyncio.Event], Awaitable[None]]
"""Something that runs until the event is set."""


def run_together(*services: Service) -> None:
    """Run services in this process until a signal stops them; when one ends or fails, all of them stop."""
    refuse_wrong_settings()
    logs.configure(load(logs.LogSettings))
    for each in misspellings():
        log.warning(str(each), action="unknown_setting", setting=each.name, likely=each.likely)
    asyncio.run(_run_together(services))


async def _run_together(services: tuple[Service, ...]) -> None:
    stop = asyncio.Event()
    with stopped_by_signals(stop) as told:
        async with started_ground(told) as ground, asyncio.TaskGroup() as group:
            if ground.is_embedded:
                log.info("the database is ready", action="database_ready", database=ground.database_address)
            for service in services:
                group.create_task(to_the_end(service(ground, stop), stop))


async def to_the_end(service: Awaitable[None], stop: asyncio.Event) -> None:
    """Run a service, and stop the others when it ends."""
    try:
        await service
    finally:
        stop.set()


@contextmanager
def stopped_by_signals(stop: asyncio.Event) -> Iterator[Collection[signal.Signals]]:
    """Set ``stop`` on the first SIGTERM or SIGINT; the second ends the process on the spot. Gives what came.

    That is as safe as a crash, which everything here is made for.
    """
    loop = asyncio.get_running_loop()
    came = set[signal.Signals]()

    def told(number: signal.Signals) -> None:
        if stop.is_set():
            if sys.stdout.isatty():
                # A display that was being drawn had hidden it.
                sys.stdout.write(_SHOW_CURSOR)
                sys.stdout.flush()
            os._exit(128 + number)
        log.info("stopping; a second signal stops at once", action="stopping", signal=number.name)
        came.add(number)
        stop.set()

    numbers = (signal.SIGTERM, signal.SIGINT)
    for number in numbers:
        loop.add_signal_handler(number, told, number)
    try:
        yield came
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
