"""Index what failed lately, for the machine room.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # A build that was interrupted leaves an index that is not valid.
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_jobs_failed")
        op.create_index(
            "ix_jobs_failed",
            "video_generation_jobs",
            ["finished_at"],
            postgresql_where=sa.text("status = 'failed'"),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index("ix_jobs_failed", table_name="video_generation_jobs")
