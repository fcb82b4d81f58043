"""Alembic's entry: hand over to ``db.migrations``, which has the tests."""

from alembic import context

from db.migrations import run

run(context)
