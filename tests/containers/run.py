"""Run what needs a container engine: the database tests on PostgreSQL 15, then the image's own."""

import os
import subprocess
import sys

from testcontainers.community.postgres import PostgresContainer

from tests.containers.engine import unreachable

REQUIRE_ALL = "RUSHES_REQUIRE_ALL"


def main() -> int:
    if reason := unreachable():
        sys.stderr.write(f"skipped: {reason}\n")
        return 1 if os.environ.get(REQUIRE_ALL) else 0
    # Tests create databases by the dozen and survive no crash, so durability would only cost time.
    durability = "-c fsync=off -c max_connections=200"
    with PostgresContainer("postgres:15", driver=None).with_command(durability) as postgres:
        code = pytest(
            *("-n", "logical", "tests/integration/db", "tests/migration"),
            TEST_DATABASE_URL=postgres.get_connection_url(),
        )
    return code or pytest("tests/containers")


def pytest(*arguments: str, **environment: str) -> int:
    command = [sys.executable, "-m", "pytest", *arguments, *sys.argv[1:]]
    return subprocess.run(command, env=os.environ | environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
