"""Migrations: there and back, one at a time, giving way to whoever works, from a checkout or from a wheel."""

import ast
import asyncio
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from alembic.util import CommandError
from psycopg import sql
from sqlalchemy.engine import URL

from db import migrations
from db.engine import Database, parse_url
from db.migrations import LOCK_KEY, config, current, downgrade, head, upgrade
from db.queue import PostgresQueue
from domain.errors import DatabaseUnavailableError
from tests.database import eventually
from tests.factories import card, insert_job, lane

ROOT = Path(__file__).parents[2]

EVERYTHING = """
SELECT 'relation', c.relname, c.relkind::text, coalesce(array_to_string(c.reloptions, ','), '')
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'alembic%'
UNION ALL
SELECT 'column', a.attrelid::regclass::text || '.' || a.attname, format_type(a.atttypid, a.atttypmod) ||
    CASE WHEN a.attnotnull THEN ' not null' ELSE '' END, coalesce(pg_get_expr(d.adbin, d.adrelid), '')
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v') AND a.attnum > 0
  AND NOT a.attisdropped AND c.relname NOT LIKE 'alembic%'
UNION ALL
SELECT 'constraint', conname, contype::text, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conname NOT LIKE 'alembic%'
UNION ALL
SELECT 'index', indexname, tablename, indexdef
FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE 'alembic%'
UNION ALL
SELECT 'function', proname, prosecdef::text, pg_get_functiondef(oid)
FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL
SELECT 'trigger', t.tgname, c.relname, pg_get_triggerdef(t.oid)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'view', viewname, '', definition FROM pg_views WHERE schemaname = 'public'
"""


def everything(url: str) -> set[tuple[str, ...]]:
    with psycopg.connect(url) as connection:
        return {tuple(map(str, row)) for row in connection.execute(EVERYTHING)}


@pytest.fixture
def url(empty_database_url: str) -> URL:
    return parse_url(empty_database_url)


def test_up_down_and_up_again(empty_database_url: str, url: URL) -> None:
    empty = everything(empty_database_url)
    assert current(url) is None
    upgrade(url)
    assert current(url) == head()
    made = everything(empty_database_url)
    assert made > empty
    downgrade(url, "base")
    assert current(url) is None
    assert everything(empty_database_url) == empty
    upgrade(url)
    assert everything(empty_database_url) == made


def test_an_index_whose_build_was_interrupted_is_built_anew(empty_database_url: str, url: URL) -> None:
    upgrade(url)
    made = everything(empty_database_url)
    downgrade(url, "0005")
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute("CREATE INDEX ix_jobs_lane ON video_generation_jobs (id)")
    upgrade(url)
    assert everything(empty_database_url) == made


def test_upgrading_what_is_at_head_changes_nothing(database_url: str) -> None:
    before = everything(database_url)
    upgrade(parse_url(database_url))
    assert everything(database_url) == before


def test_the_migrations_make_what_the_tables_say(database_url: str) -> None:
    command.check(config(parse_url(database_url)))


def test_a_difference_would_be_noticed(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("ALTER TABLE gates DROP COLUMN probed_until")
    with pytest.raises(CommandError, match="probed_until"):
        command.check(config(parse_url(database_url)))


def test_an_sql_script_is_refused(url: URL) -> None:
    with pytest.raises(CommandError, match="--sql"):
        command.upgrade(config(url), "head", sql=True)


def run(code: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Run Python in a process of its own; Alembic keeps one context per process."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-W", "ignore:XDG_RUNTIME_DIR", "-c", code, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


UPGRADE = """
import sys
from db.engine import parse_url
from db.migrations import upgrade
upgrade(parse_url(sys.argv[1]))
"""


def test_several_processes_upgrade_at_once(empty_database_url: str, url: URL) -> None:
    processes = [run(UPGRADE, empty_database_url) for _ in range(3)]
    for process in processes:
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0, output
    assert current(url) == head()


async def test_a_second_migrator_waits_for_the_first(empty_database_url: str, url: URL) -> None:
    with psycopg.connect(empty_database_url, autocommit=True) as first:
        first.execute("SELECT pg_advisory_lock(%s)", (LOCK_KEY,))
        second = asyncio.create_task(asyncio.to_thread(upgrade, url))

        def waits() -> bool:
            # Its last word: it asked for its turn, or has just asked and waits to ask again.
            found = first.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND (query LIKE '%pg_try_advisory%' OR query = 'COMMIT')"
            )
            return found.fetchone() == (1,)

        await eventually(waits)
        assert current(url) is None
        first.execute("SELECT pg_advisory_unlock(%s)", (LOCK_KEY,))
        await second
    assert current(url) == head()


def test_a_migrator_that_never_ends_is_not_waited_for_for_ever(
    empty_database_url: str, url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "TURN_WAIT", 0.1)
    with psycopg.connect(empty_database_url, autocommit=True) as first:
        first.execute("SELECT pg_advisory_lock(%s)", (LOCK_KEY,))
        with pytest.raises(DatabaseUnavailableError, match="lock timeout"):
            upgrade(url)
    upgrade(url)


def test_a_migration_gives_way_to_a_long_transaction(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "TABLE_WAIT", "100ms")
    before = everything(database_url)
    with psycopg.connect(database_url) as somebody:
        somebody.execute("SELECT count(*) FROM video_generation_jobs")
        with pytest.raises(DatabaseUnavailableError, match="lock timeout"):
            downgrade(parse_url(database_url), "base")
    # All or nothing, and nothing is left locked.
    assert everything(database_url) == before
    assert current(parse_url(database_url)) == head()
    downgrade(parse_url(database_url), "base")


def test_a_database_that_is_away_is_said_to_be(url: URL) -> None:
    away = url.set(host="127.0.0.1", port=1, query={})
    for act in (current, upgrade):
        with pytest.raises(DatabaseUnavailableError):
            act(away)


async def test_any_schema_will_do(empty_database_url: str, url: URL) -> None:
    """Everything is made in the connection's schema, and the triggers find it from any other."""
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute('CREATE SCHEMA "My Studio"')
    there = url.update_query_dict({"options": '-csearch_path="My\\ Studio"'})
    upgrade(there)
    assert current(there) == head()
    assert current(url) is None
    assert everything(empty_database_url) == set()
    insert = (
        'INSERT INTO "My Studio".video_generation_jobs (project_id, scene_id, prompt, duration_seconds) '
        "VALUES (gen_random_uuid(), gen_random_uuid(), 'a fox', 6)"
    )
    with psycopg.connect(empty_database_url, autocommit=True) as application:
        application.execute(insert)
    database = Database(there, name="rushes-test", pool_size=1)
    assert len(await PostgresQueue(database).claim(card().id, lane(), 5)) == 1
    await database.close()
    downgrade(there, "base")


async def test_passwords_may_have_any_sign_in_them(empty_database_url: str, url: URL) -> None:
    role = f"odd_{uuid4().hex}"
    odd = url.set(username=role, password="p%40:/?#[]@ %(x)s é")
    create = sql.SQL("CREATE ROLE {} SUPERUSER LOGIN PASSWORD {}")
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute(create.format(sql.Identifier(role), sql.Literal(odd.password)))
    text = odd.render_as_string(hide_password=False)
    assert parse_url(text).password == odd.password
    upgrade(parse_url(text))
    assert current(parse_url(text)) == head()
    database = Database(parse_url(text), name="rushes-test", pool_size=1)
    await insert_job(database)
    await database.close()


def test_the_command_line_works_from_a_checkout(database_url: str) -> None:
    """As a developer runs it: settings from pyproject.toml, the address from the environment."""
    check = subprocess.run(
        [sys.executable, "-m", "alembic", "check"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == 0, check.stderr
    assert "No new upgrade operations detected" in check.stdout + check.stderr


@pytest.mark.parametrize(
    "path", sorted((ROOT / "alembic" / "versions").glob("*.py")), ids=lambda path: path.stem
)
def test_a_migration_imports_nothing_of_ours(path: Path) -> None:
    """It must do tomorrow what it does today, whatever becomes of the code."""
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).partition(".")[0])
    assert imported <= {"sqlalchemy", "alembic"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an unpacked wheel, in a folder whose name an ini file would trip over."""
    built, unpacked = tmp_path_factory.mktemp("built"), tmp_path_factory.mktemp("unpacked") / "100% %(here)s"
    build = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    process = run(build, str(built))
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    (found,) = built.glob("*.whl")
    with zipfile.ZipFile(found) as archive:
        assert not [name for name in archive.namelist() if name.endswith(".pyc")]
        archive.extractall(unpacked)
    return unpacked


def test_a_wheel_carries_its_migrations_and_statements(wheel: Path) -> None:
    shipped = {path.relative_to(wheel).as_posix() for path in wheel.rglob("*") if path.is_file()}
    wanted = {f"db/_alembic/{p.relative_to(ROOT / 'alembic')}" for p in (ROOT / "alembic").rglob("*.py")}
    wanted |= {f"db/sql/{path.name}" for path in (ROOT / "db" / "sql").glob("*.sql")}
    assert wanted <= shipped
    assert not {path for path in shipped if path.startswith(("alembic/", "tests/"))}


def test_a_wheel_migrates_by_itself(wheel: Path, empty_database_url: str, url: URL) -> None:
    code = (
        "import sys, os; from pathlib import Path; import db.migrations\n"
        "assert Path(db.migrations.__file__).is_relative_to(sys.argv[2]), db.migrations.__file__\n"
        "from db.engine import parse_url; db.migrations.upgrade(parse_url(sys.argv[1]))\n"
        "print(db.migrations.head())"
    )
    process = subprocess.run(
        [sys.executable, "-c", code, empty_database_url, str(wheel)],
        cwd=wheel.parent,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(wheel), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    assert process.stdout.strip() == head() == current(url)
