"""The queue's index leads by provider: a lane without work does not read what waits for others.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Outside of a transaction, while everybody goes on. It waits for transactions that are older, and nobody
    # waits for it.
    with op.get_context().autocommit_block():
        wait = op.get_bind().scalar(sa.text("SHOW lock_timeout"))
        op.execute("SET lock_timeout = 0")
        # A build that was interrupted leaves an invalid index.
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_jobs_lane")
        op.create_index(
            "ix_jobs_lane",
            "video_generation_jobs",
            [
                "kind",
                sa.literal_column("coalesce(provider, '')"),
                "project_id",
                sa.literal_column("priority DESC"),
                "run_after",
                "id",
            ],
            unique=False,
            postgresql_where=sa.text("status = 'queued'"),
            postgresql_concurrently=True,
        )
        op.execute(f"SET lock_timeout = '{wait}'")


def downgrade() -> None:
    op.drop_index(
        "ix_jobs_lane", table_name="video_generation_jobs", postgresql_where=sa.text("status = 'queued'")
    )
